//! Atomic state: a handler that fails has changed nothing and sent nothing, whatever it had done before it failed.

use throng::{Actor, Address, Atomic, Context, Fault, Reply, System, Transaction, Transactional};

/// What was moved, told to the auditor in two halves.
enum Entry {
    From(usize, i64),
    To(usize, i64),
}

struct Auditor;

impl Actor for Auditor {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match entry {
            Entry::From(account, amount) => println!("audited: {amount} from {account}"),
            Entry::To(account, amount) => println!("audited: {amount} to {account}"),
        }
        Ok(())
    }
}

#[derive(Clone)]
struct Bank {
    accounts: [i64; 2],
    auditor: Address<Entry>,
}

struct Move {
    from: usize,
    to: usize,
    amount: i64,
    reply: Reply<[i64; 2]>,
}

impl Transactional for Bank {
    type Msg = Move;

    fn handle(&mut self, order: Move, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        let Move { from, to, amount, reply } = order;
        // One half is done and told before the other is looked at.
        self.accounts[to] += amount;
        tx.send(self.auditor, Entry::To(to, amount));
        self.accounts[from] -= amount;
        tx.send(self.auditor, Entry::From(from, amount));
        if self.accounts[from] < 0 {
            return Err(Fault::msg("not enough money"));
        }
        tx.reply(reply, self.accounts);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let auditor = system.spawn(Auditor);
    let bank = system.spawn(Atomic::new(Bank { accounts: [10, 0], auditor }));
    for (from, to, amount) in [(0, 1, 7), (0, 1, 7), (1, 0, 2)] {
        let outcome = bank.ask(|reply| Move { from, to, amount, reply }).wait();
        // What was sent before the answer has been handled.
        auditor.barrier().wait()?;
        match outcome {
            Ok(accounts) => println!("moved {amount}: {accounts:?}"),
            Err(failed) => println!("{amount} not moved: {failed}"),
        }
    }
    Ok(())
}

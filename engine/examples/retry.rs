//! Asking again with back-off, in a handler: one result comes back, however many attempts it took. The answerer loses its first
//! answers after the work is done; a window of keys sees to it that the work is done once all the same.

use std::time::Duration;
use throng::{Actor, Address, Backoff, Context, Dedup, Fault, GaveUp, Reply, Retry, Sight, System};

struct Account {
    balance: u32,
    paid: Dedup<u32>,
    answers_to_lose: u32,
}

struct Pay {
    key: u32,
    amount: u32,
    receipt: Reply<u32>,
}

impl Actor for Account {
    type Msg = Pay;

    fn handle(&mut self, pay: Pay, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let sight = self.paid.look(cx, pay.key);
        if sight == Sight::New {
            self.balance += pay.amount;
        }
        println!("payment {} is {sight:?}: the balance is {}", pay.key, self.balance);
        if self.answers_to_lose == 0 {
            pay.receipt.send(self.balance);
        } else {
            self.answers_to_lose -= 1;
        }
        Ok(())
    }
}

struct Customer {
    account: Address<Pay>,
    retry: Retry,
}

enum Told {
    Receipt(Result<u32, GaveUp>),
}

impl Actor for Customer {
    type Msg = Told;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let payment = |receipt| Pay { key: 1, amount: 30, receipt };
        self.retry.ask(cx, self.account, payment, Told::Receipt);
        Ok(())
    }

    fn handle(&mut self, Told::Receipt(receipt): Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("the receipt says {}", receipt?);
        cx.stop();
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let paid = Dedup::new(1_000, Duration::from_secs(60))?;
    let account = system.spawn(Account { balance: 0, paid, answers_to_lose: 2 });
    let backoff = Backoff::new(Duration::from_millis(5), Duration::from_millis(100)).jitter(0.5);
    system.spawn(Customer { account, retry: Retry::new(5, backoff)? });
    system.shutdown(Duration::from_secs(10))?.check()?;
    Ok(())
}

//! An error kernel: what must not be lost is with an actor that does nothing dangerous, and what is dangerous is done by others, below
//! a supervisor of their own. They fail as often as they like; when it is too often their supervisor gives up and is made anew
//! with them; the accounts above never notice.

use std::time::Duration;
use throng::{Actor, Address, Child, Context, Directory, Fault, Happened, Supervisor, System, TreeEvent};

/// The kernel: balances. It only adds.
struct Accounts {
    balance: i64,
}

enum Booking {
    Book(i64),
    Print,
}

impl Actor for Accounts {
    type Msg = Booking;

    fn handle(&mut self, booking: Booking, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match booking {
            Booking::Book(amount) => self.balance += amount,
            Booking::Print => println!("the balance is {}", self.balance),
        }
        Ok(())
    }
}

/// Reads what comes from outside, which may be anything.
struct Reader {
    accounts: Address<Booking>,
}

impl Actor for Reader {
    type Msg = &'static str;

    fn handle(&mut self, line: &'static str, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let amount = line.strip_prefix("book ").ok_or_else(|| Fault::msg(format!("what is {line:?}?")))?;
        cx.send(self.accounts, Booking::Book(amount.parse()?))?;
        Ok(())
    }
}

struct Watcher;

impl Actor for Watcher {
    type Msg = TreeEvent;

    fn handle(&mut self, event: TreeEvent, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match event.what {
            Happened::Failed(why) => println!("{} has failed: {why}", event.path),
            Happened::Restarted => println!("{} is back", event.path),
            _ => {}
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let watcher = inline.spawn(Watcher);
    let directory = Directory::new();
    let known = directory.clone();
    let readers = move || {
        let known = known.clone();
        // A reader is made when the accounts are there: they are started before it.
        let reader = move || Reader { accounts: known.child("accounts").expect("it is started first") };
        Supervisor::new().intensity(1, Duration::from_secs(60)).child(Child::new("reader", reader))
    };
    let root = Supervisor::new()
        .directory(&directory)
        .events_to(watcher.recipient())
        .child(Child::new("accounts", || Accounts { balance: 0 }))
        .child(Child::supervisor("readers", readers));
    let tree = inline.system().supervise(root)?;
    inline.run_until_idle();
    for line in ["book 10", "book ten", "book 5", "steal 100", "book 7"] {
        let reader = tree.child::<&'static str>("readers/reader").ok_or("it has started")?;
        reader.try_send(line)?;
        inline.run_until_idle();
    }
    tree.child::<Booking>("accounts").ok_or("it never failed")?.try_send(Booking::Print)?;
    inline.run_until_idle();
    println!("restarts: {}", tree.restarts());
    tree.begin_stop();
    inline.run_until_idle();
    Ok(())
}

//! A mailbox that drops what comes while it is full: for readings that are of use only if there is time for them. Whoever
//! sends is never held up and never refused; the ledger says what was dropped, and an actor can watch it.

use throng::{Actor, Context, DropCause, Fault, MessageDropped, Options, Overflow, System};

struct Meter;

impl Actor for Meter {
    type Msg = u32;

    fn handle(&mut self, reading: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("reading {reading}");
        Ok(())
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().capacity(4).overflow(Overflow::DropNewest).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

/// Counts what is dropped anywhere in the system.
struct Watcher {
    newest: u64,
}

impl Actor for Watcher {
    type Msg = MessageDropped;

    fn handle(&mut self, news: MessageDropped, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if news.cause == DropCause::Newest {
            // News for which the watcher itself had no place are told as a number.
            self.newest += 1 + news.missed;
            println!("dropped {} so far", self.newest);
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Nothing runs before it is told to: the mailbox fills.
    let mut inline = System::builder().inline();
    let watcher = inline.spawn(Watcher { newest: 0 });
    inline.system().watch_drops(watcher.recipient());
    let meter = inline.spawn(Meter);
    for reading in 1..=6_u32 {
        meter.send(reading)?;
    }
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check()?;
    println!("in the ledger: {} dropped, {} refused", ledger.dropped.total(), ledger.refused.total());
    Ok(())
}

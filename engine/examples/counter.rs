//! State behind messages, and asking for it: from outside, and from another actor.

use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

struct Counter(u64);

enum Msg {
    Add(u64),
    Get(Reply<u64>),
}

impl Actor for Counter {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Add(n) => self.0 += n,
            Msg::Get(reply) => reply.send(self.0),
        }
        Ok(())
    }
}

/// Asks the counter and prints what it hears.
struct Reader(Address<Msg>);

enum Read {
    Now,
    Heard(Outcome<u64>),
}

impl Actor for Reader {
    type Msg = Read;

    fn handle(&mut self, message: Read, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Read::Now => cx.ask(self.0, Msg::Get, Read::Heard)?,
            Read::Heard(outcome) => println!("the reader heard {}", outcome?),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let counter = system.spawn(Counter(0));
    for n in 1..=10 {
        counter.try_send(Msg::Add(n))?;
    }
    println!("the count is {}", counter.ask(Msg::Get).wait()?);
    system.spawn(Reader(counter)).try_send(Read::Now)?;
    system.shutdown(Duration::from_secs(5))?;
    Ok(())
}

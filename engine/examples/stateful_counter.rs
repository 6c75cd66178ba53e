//! A stateful counter: the same question three times, and three answers. What it counts is seen by messages alone, and each
//! question is answered before the next one is looked at.

use std::time::Duration;
use throng::{Actor, Context, Fault, Reply, System};

#[derive(Default)]
struct Counter {
    count: u64,
}

/// What's my count?
struct MyCount(Reply<u64>);

impl Actor for Counter {
    type Msg = MyCount;

    fn handle(&mut self, MyCount(reply): MyCount, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(self.count);
        self.count += 1;
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let counter = system.spawn(Counter::default());
    for _ in 0..3 {
        println!("Your count is {}", counter.ask(MyCount).wait()?);
    }
    system.shutdown(Duration::from_secs(5))?;
    Ok(())
}

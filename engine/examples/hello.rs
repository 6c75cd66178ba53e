//! The smallest program: one actor, one question, one answer.

use std::time::Duration;
use throng::{Actor, Asking, Context, Fault, Reply, System};

struct Hello;

impl Actor for Hello {
    type Msg = Reply<&'static str>;

    fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send("Hello, World!");
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let hello = system.spawn(Hello);
    println!("{}", hello.ask(|reply| reply).within(Duration::from_secs(1)).wait()?);
    system.shutdown(Duration::from_secs(5))?;
    Ok(())
}

//! The smallest program: one actor, one message.

use std::time::Duration;
use throng::{Actor, Context, Fault, System};

struct Greeter;

impl Actor for Greeter {
    type Msg = String;

    fn handle(&mut self, name: String, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("Hello, {name}!");
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let greeter = system.spawn(Greeter);
    greeter.try_send("world")?;
    system.shutdown(Duration::from_secs(5))?;
    Ok(())
}

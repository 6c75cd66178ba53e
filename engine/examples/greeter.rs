//! A greeter that is asked: the answer is a value to be had later, which one waits for with a limit of time. After its end nobody
//! answers, and whoever asks is told so at once.

use std::time::Duration;
use throng::{Actor, Asking, Context, Fault, Reply, System};

const SOON: Duration = Duration::from_secs(5);

struct Greeter {
    greeting: &'static str,
}

struct Greet {
    name: Option<&'static str>,
    reply: Reply<String>,
}

impl Actor for Greeter {
    type Msg = Greet;

    fn handle(&mut self, Greet { name, reply }: Greet, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(format!("{}, {}!", self.greeting, name.unwrap_or("stranger")));
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let greeter = system.spawn(Greeter { greeting: "Hi" });
    let greet = |name| greeter.ask(move |reply| Greet { name, reply }).within(SOON);
    println!("{}", greet(Some("Alice")).wait()?);
    println!("{}", greet(None).wait()?);
    let _told = greeter.stop();
    system.quiesce(SOON)?;
    println!("{}", greet(Some("Bob")).wait().unwrap_err());
    system.shutdown(SOON)?;
    Ok(())
}

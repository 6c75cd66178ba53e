//! A chain: whoever is greeted is answered by an actor made for that one greeting. The question's [`Reply`] travels along, and
//! whoever holds it last answers. Both stop themselves once they have done their part, and nothing is left.

use std::time::Duration;
use throng::{Actor, Context, Fault, Reply, System};

/// Understands greetings, and leaves the answer to another.
struct Hello;

struct Greeting(&'static str, Reply<String>);

impl Actor for Hello {
    type Msg = Greeting;

    fn handle(&mut self, Greeting(words, reply): Greeting, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // Anything else is dropped here, and who asked hears that.
        if let Some(name) = words.strip_prefix("Hello! My name is ") {
            let your_name = cx.spawn(YourName);
            cx.send(your_name, (name, reply))?;
            cx.stop();
        }
        Ok(())
    }
}

/// Answers one greeting.
struct YourName;

impl Actor for YourName {
    type Msg = (&'static str, Reply<String>);

    fn handle(&mut self, (name, reply): Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(format!("Hello, {name}"));
        cx.stop();
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let hello = system.spawn(Hello);
    for words in ["Good evening", "Hello! My name is Ying"] {
        match hello.ask(|reply| Greeting(words, reply)).wait() {
            Ok(answer) => println!("{words:?}: {answer}"),
            Err(error) => println!("{words:?}: {error}"),
        }
    }
    system.quiesce(Duration::from_secs(5))?;
    let status = system.status();
    println!("{} actors were made, {} are left", status.ledger.spawned, status.living);
    println!("once more: {}", hello.ask(|reply| Greeting("", reply)).wait().unwrap_err());
    Ok(())
}

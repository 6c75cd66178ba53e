//! Let it crash: a parser that does not defend itself. What it cannot read takes its state down and nothing else: who asked hears
//! that there is no answer, the questions behind it are answered by the next state, and after too many the supervisor says why.

use std::time::Duration;
use throng::{Actor, AskError, Child, Context, Exit, Fault, Reply, Supervisor, System};

/// Adds up what it reads.
#[derive(Default)]
struct Parser {
    sum: i64,
}

struct Add(&'static str, Reply<i64>);

impl Actor for Parser {
    type Msg = Add;

    fn handle(&mut self, Add(text, reply): Add, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        // No check, and no answer that says "error".
        self.sum += text.parse::<i64>()?;
        reply.send(self.sum);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let root =
        Supervisor::new().intensity(2, Duration::from_secs(60)).child(Child::new("parser", Parser::default));
    let tree = system.supervise(root)?;
    system.quiesce(Duration::from_secs(10))?;
    let parser = tree.child::<Add>("parser").ok_or("it has started")?;
    for text in ["1", "20", "three", "4", "", "6", "7.5"] {
        match parser.ask(|reply| Add(text, reply)).wait() {
            Ok(sum) => println!("{text:?}: the sum is {sum}"),
            Err(AskError::Dropped) => println!("{text:?}: no answer"),
            Err(error) => return Err(error.into()),
        }
    }
    system.quiesce(Duration::from_secs(10))?;
    println!("restarts: {}", tree.restarts());
    match tree.exit() {
        Some(Exit::Failed(why)) => println!("given up: {why}"),
        other => println!("{other:?}"),
    }
    Ok(())
}

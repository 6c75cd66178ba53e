//! An actor on a thread of its own: it blocks on a channel of somebody else's, while the one worker of the system goes on with
//! all the others. Sends to it are ordinary, and it ends as any actor does.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Reply, System};

/// Takes lines from a source that blocks, and passes them on.
struct Source {
    lines: Receiver<&'static str>,
    to: Address<Line>,
}

/// Take so many lines.
struct Take(u32);

impl Actor for Source {
    type Msg = Take;

    fn handle(&mut self, Take(lines): Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..lines {
            // Here it stands, and nobody else.
            let line = self.lines.recv()?;
            cx.send(self.to, Line::Read(line))?;
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("{} has stopped", std::thread::current().name().unwrap_or("no name"));
    }
}

/// Counts letters, on a worker.
struct Counter(usize);

enum Line {
    Read(&'static str),
    Count(Reply<usize>),
}

impl Actor for Counter {
    type Msg = Line;

    fn handle(&mut self, line: Line, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match line {
            Line::Read(line) => self.0 += line.len(),
            Line::Count(reply) => reply.send(self.0),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let counter = system.spawn(Counter(0));
    let (writer, lines) = channel();
    let source = system.spawn_on_own_thread(Source { lines, to: counter })?;
    source.try_send(Take(2))?;
    // The source blocks, or is about to; the worker answers.
    println!("{} letters so far", counter.ask(Line::Count).wait()?);
    writer.send("hello")?;
    writer.send("world")?;
    system.quiesce(Duration::from_secs(10))?;
    println!("{} letters", counter.ask(Line::Count).wait()?);
    let ledger = system.shutdown(Duration::from_secs(10))?;
    println!("{} messages handled, {} dead", ledger.handled, ledger.dead.total());
    Ok(())
}

//! A ring of 10,000 actors passes a token around a hundred times, and then some words once, after which each of them stops: so the
//! last has nobody to pass them to, has them back, and brings them home.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, SendError, System};

const ACTORS: u64 = 10_000;
const HOPS: u64 = 100 * ACTORS;

struct Node {
    next: Option<Address<Msg>>,
    done: Sender<Msg>,
}

enum Msg {
    Next(Address<Msg>),
    Token(u64),
    Last(&'static str),
}

impl Actor for Node {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (message, self.next) {
            (Msg::Next(next), _) => self.next = Some(next),
            (Msg::Token(HOPS), _) => self.done.send(Msg::Token(HOPS))?,
            (Msg::Token(hops), Some(next)) => cx.send(next, Msg::Token(hops + 1))?,
            (Msg::Last(words), Some(next)) => {
                match cx.send(next, Msg::Last(words)) {
                    Err(SendError::Closed(home) | SendError::Stale(home)) => self.done.send(home)?,
                    passed => passed?,
                }
                cx.stop();
            }
            (_, None) => return Err(Fault::msg("something came before the ring was closed")),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let (done, finished) = channel();
    let nodes: Vec<_> = (0..ACTORS).map(|_| system.spawn(Node { next: None, done: done.clone() })).collect();
    for (n, node) in nodes.iter().enumerate() {
        node.try_send(Msg::Next(nodes[(n + 1) % nodes.len()]))?;
    }
    system.quiesce(Duration::from_secs(10))?;
    let start = Instant::now();
    nodes[0].try_send(Msg::Token(0))?;
    if let Msg::Token(hops) = finished.recv()? {
        eprintln!("{:.0} ns a hop", start.elapsed().as_nanos() as f64 / hops as f64);
        println!("{ACTORS} actors, {hops} hops");
    }
    nodes[0].try_send(Msg::Last("hello around the ring"))?;
    if let Msg::Last(words) = finished.recv()? {
        println!("{words}");
    }
    system.quiesce(Duration::from_secs(10))?;
    println!("{} are left", system.status().living);
    system.shutdown(Duration::from_secs(10))?;
    Ok(())
}

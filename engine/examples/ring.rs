//! A ring of 10,000 actors passes a token around a hundred times.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, System};

const ACTORS: u64 = 10_000;
const HOPS: u64 = 100 * ACTORS;

struct Node {
    next: Option<Address<Msg>>,
    done: Sender<u64>,
}

enum Msg {
    Next(Address<Msg>),
    Token(u64),
}

impl Actor for Node {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (message, self.next) {
            (Msg::Next(next), _) => self.next = Some(next),
            (Msg::Token(HOPS), _) => self.done.send(HOPS)?,
            (Msg::Token(hops), Some(next)) => cx.send(next, Msg::Token(hops + 1))?,
            (Msg::Token(_), None) => return Err(Fault::msg("a token came before the ring was closed")),
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
    let hops = finished.recv()?;
    eprintln!("{:.0} ns a hop", start.elapsed().as_nanos() as f64 / hops as f64);
    println!("{ACTORS} actors, {hops} hops");
    system.shutdown(Duration::from_secs(10))?;
    Ok(())
}

//! The ring of 10,000 made of functions: one function makes all the others, each of which waits for one message, passes it on, and ends;
//! what it sends into the ring comes back to it, and is its result.

use std::time::Duration;
use throng::{Address, Fault, Inbox, System};

const ACTORS: usize = 10_000;

type Words = &'static str;

async fn forward(mut inbox: Inbox<Words>, to: Address<Words>) -> Result<(), Fault> {
    to.try_send(inbox.recv().await?)?;
    Ok(())
}

async fn build(mut inbox: Inbox<Words>, n: usize) -> Result<Words, Fault> {
    let mut next = inbox.me();
    for _ in 0..n {
        let to = next;
        (next, _) = inbox.spawn_fn(move |inbox| forward(inbox, to));
    }
    next.try_send("hello around the ring")?;
    Ok(inbox.recv().await?)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let (_, home) = system.spawn_fn(|inbox| build(inbox, ACTORS));
    println!("{}", home.wait()?.map_err(|fault| fault.to_string())?);
    system.quiesce(Duration::from_secs(10))?;
    let status = system.status();
    // Without the one that built it.
    println!("{} were there, {} are left", status.ledger.spawned - 1, status.living);
    Ok(())
}

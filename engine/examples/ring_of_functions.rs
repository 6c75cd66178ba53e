//! The ring of 10,000 made of functions: each waits for one message, passes it on, and ends; the first of them, where the ring
//! closes, has the words as its result.

use std::time::Duration;
use throng::{Fault, Inbox, System};

const ACTORS: usize = 10_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let (mut next, home) = system.spawn_fn(async |mut inbox: Inbox<&'static str>| inbox.recv().await);
    for _ in 1..ACTORS {
        let to = next;
        let forward = async move |mut inbox: Inbox<&'static str>| {
            to.try_send(inbox.recv().await?)?;
            Ok::<_, Fault>(())
        };
        (next, _) = system.spawn_fn(forward);
    }
    next.try_send("hello around the ring")?;
    println!("{}", home.wait()??);
    system.quiesce(Duration::from_secs(10))?;
    println!("{} were there, {} are left", system.status().ledger.spawned, system.status().living);
    Ok(())
}

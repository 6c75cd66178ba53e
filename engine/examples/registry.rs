//! Actors found by name: threads that ask for it at once get the same one, which is made once; it can be found in handlers too;
//! its name is free as soon as it has ended. A group is stopped in reverse order.

use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Group, Options, Reply, StopAll, System};

struct Counter(u64);

enum Msg {
    Add(u64),
    Get(Reply<u64>),
}

impl Actor for Counter {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Add(n) => self.0 += n,
            Msg::Get(reply) => reply.send(self.0),
        }
        Ok(())
    }
}

/// Finds the counter by its name.
struct Clerk(&'static str);

impl Actor for Clerk {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match cx.registry().whereis::<Msg>("counter")? {
            Some(counter) => cx.send(counter, Msg::Add(n))?,
            None => println!("{}: no counter", self.0),
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("{} stops", self.0);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(2).build()?;
    let registry = system.registry();
    let got: Vec<Address<Msg>> = std::thread::scope(|scope| {
        let ask = || registry.get_or_spawn("counter", &Options::default(), || Counter(100));
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()?.ok()).collect()
    });
    println!(
        "8 threads got {} actor",
        if got.iter().all(|one| *one == got[0]) { "one" } else { "more than one" }
    );
    println!("names: {:?}", registry.names());
    if let Err(wrong) = registry.whereis::<String>("counter") {
        println!("{wrong}");
    }

    let clerks: Group<u64> = registry.group("clerks")?;
    for name in ["Ada", "Ben", "Cleo"] {
        clerks.join(system.spawn(Clerk(name)))?;
    }
    let delivery = clerks.broadcast(7);
    println!("{delivery}");
    system.quiesce(Duration::from_secs(10))?;
    println!("the counter is at {}", got[0].ask(Msg::Get).wait()?);

    let _ = StopAll::reverse([got[0]]).wait(Duration::from_secs(10));
    println!("names: {:?}", registry.names());
    // The last that came goes first, and has ended before the one before it is told.
    let _ = clerks.stop_all().wait(Duration::from_secs(10));
    println!("{} clerks are left", clerks.len());
    system.shutdown(Duration::from_secs(10))?;
    Ok(())
}

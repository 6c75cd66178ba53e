//! An elastic pool: it grows while all its workers have something to do, replaces one that fails, and shrinks when they have had
//! nothing to do for a while. In virtual time, so that each moment is exact.

use std::time::Duration;
use throng::{Actor, Context, Fault, Inline, Pool, System};

struct Worker;

impl Actor for Worker {
    type Msg = Result<u32, String>;
    fn handle(&mut self, job: Result<u32, String>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        job.map(|_| ()).map_err(Fault::msg)
    }
}

/// But for the pool, and the actor that keeps the time for it.
fn workers(inline: &Inline, others: u64) -> u64 {
    let ledger = inline.system().ledger();
    ledger.spawned - ledger.stopped - others
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline_virtual();
    let pool = inline.spawn(Pool::new(1, 4, Duration::from_secs(30), || Worker)?);
    inline.run_until_idle();
    println!("at first: {}", workers(&inline, 1));
    for n in 0..100 {
        pool.try_send(Ok(n))?;
    }
    inline.run_until_idle();
    println!("under load: {}", workers(&inline, 2));
    pool.try_send(Err("as told".to_string()))?;
    inline.run_until_idle();
    println!("after a failure: {}", workers(&inline, 2));
    for (seconds, when) in [(29, "after 29 s"), (1, "after 30 s"), (3_600, "an hour later")] {
        inline.advance(Duration::from_secs(seconds));
        println!("{when}: {}", workers(&inline, 2));
    }
    let ledger = inline.system().ledger();
    println!("dead letters: {}", ledger.dead.stopped + ledger.dead.failed);
    Ok(())
}

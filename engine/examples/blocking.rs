//! Work that blocks, off the workers: reading files and waiting, on threads of their own, while the one worker goes on. What
//! comes of each piece is a message, also if it panics.

use std::time::Duration;
use throng::{Actor, BlockingError, Context, Fault, System};

/// Adds up numbers that are slow to come.
struct Clerk {
    sum: u64,
    open: u32,
}

enum Msg {
    Fetch(u64),
    Came(Result<u64, BlockingError>),
    /// Handled while the others are fetched.
    Remark,
}

/// Stands for a disk, a database, a lock: the thread that calls it waits.
fn slow(n: u64) -> u64 {
    if n == 3 {
        panic!("there is no three");
    }
    std::thread::sleep(Duration::from_millis(50));
    n
}

impl Actor for Clerk {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Fetch(n) => {
                self.open += 1;
                cx.blocking(move || slow(n), Msg::Came);
                return Ok(());
            }
            Msg::Remark => println!("{} numbers are being fetched, and the worker is free", self.open),
            Msg::Came(outcome) => {
                self.open -= 1;
                match outcome {
                    Ok(n) => self.sum += n,
                    Err(error) => println!("{error}"),
                }
                if self.open == 0 {
                    println!("the sum is {}", self.sum);
                }
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The hook prints every panic on stderr, also one that is told as a message.
    std::panic::set_hook(Box::new(|_| {}));
    let system = System::builder().workers(1).blocking_threads(8).build()?;
    let clerk = system.spawn(Clerk { sum: 0, open: 0 });
    // One turn handles all of these: it is suspended until they are there.
    clerk.suspend();
    for n in [1, 2, 4] {
        clerk.try_send(Msg::Fetch(n))?;
    }
    clerk.try_send(Msg::Remark)?;
    clerk.try_send(Msg::Fetch(3))?;
    clerk.resume();
    // Waits for what is fetched, too.
    let ledger = system.shutdown(Duration::from_secs(10))?;
    println!("{} messages handled", ledger.handled);
    Ok(())
}

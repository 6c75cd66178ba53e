//! A fast producer, a slow consumer and a small mailbox between them: the producer is suspended, nothing is lost, and no
//! thread waits. A producer that would rather not wait is refused, and gets its messages back.

use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, SendError, System};

struct Slow {
    handled: u64,
}

impl Actor for Slow {
    type Msg = u64;

    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled += 1;
        for _ in 0..1_000 {
            std::hint::spin_loop();
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("the consumer handled {} messages", self.handled);
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().capacity(16).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

/// Sends one message a turn; where that fills the mailbox, its next turn waits.
struct Patient {
    to: Address<u64>,
    left: u64,
}

impl Actor for Patient {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.left > 0 {
            self.left -= 1;
            cx.send(self.to, self.left)?;
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// Sends all at once, and counts what comes back.
struct Hasty {
    to: Address<u64>,
}

impl Actor for Hasty {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let mut refused = 0;
        for n in 0..100_u64 {
            match cx.try_send(self.to, n) {
                Ok(()) => {}
                Err(SendError::Full(_)) => refused += 1,
                Err(other) => return Err(other.into()),
            }
        }
        println!("the hasty producer was {}", if refused > 0 { "refused and knows it" } else { "lucky" });
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let slow = system.spawn(Slow { handled: 0 });
    system.spawn(Patient { to: slow, left: 10_000 }).try_send(())?;
    system.quiesce(Duration::from_secs(10))?;
    let suspended = system.activity().muted;
    println!("the patient producer was suspended {}", if suspended > 0 { "many times" } else { "never" });
    system.spawn(Hasty { to: slow }).try_send(())?;
    system.shutdown(Duration::from_secs(10))?.check()?;
    Ok(())
}

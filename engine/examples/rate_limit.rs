//! A producer that keeps to a rate: five at once, then a thousand a second, by a token bucket on the engine's clock. Where there
//! is no token it is told how long until there is one, and lets a timer wait: no worker does.

use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, RateLimit, RateRefused, System};

struct Service {
    calls: u32,
}

impl Actor for Service {
    type Msg = ();

    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.calls += 1;
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("the service had {} calls", self.calls);
    }
}

struct Caller {
    to: Address<()>,
    limit: RateLimit,
    left: u32,
}

struct Go;

impl Actor for Caller {
    type Msg = Go;

    fn handle(&mut self, _: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while self.left > 0 {
            match self.limit.take(cx, 1) {
                Ok(()) => {
                    cx.send(self.to, ())?;
                    self.left -= 1;
                }
                Err(RateRefused::NotYet(wait)) => {
                    cx.after(wait, Go);
                    return Ok(());
                }
                // More than a burst at once, which no time gives.
                Err(never) => return Err(never.into()),
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let service = system.spawn(Service { calls: 0 });
    let caller = system.spawn(Caller { to: service, limit: RateLimit::new(1_000, 5)?, left: 20 });
    let start = Instant::now();
    caller.try_send(Go)?;
    // An armed timer holds up rest: all calls are made then.
    system.quiesce(Duration::from_secs(10))?;
    let least = Duration::from_millis(15);
    println!("it took {} than {least:?}", if start.elapsed() >= least { "no less" } else { "LESS" });
    system.shutdown(Duration::from_secs(10))?.check()?;
    Ok(())
}

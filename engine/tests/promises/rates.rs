//! A rate limit inside an actor, on the engine's clock.

use crate::watchdog::watch;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, RateLimit, RateRefused, System};

const SOON: Duration = Duration::from_secs(100);
const PER_SECOND: u32 = 2_000;
const BURST: u32 = 5;

/// Takes as fast as it may, and says at the end how many that were.
struct Taker {
    limit: RateLimit,
    left: u32,
    taken: u32,
    done: Sender<u32>,
}

enum Go {
    Begin,
    /// So many tokens must be there by now.
    Waited(u32),
}

impl Actor for Taker {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // What would never come is refused as such, and costs nothing.
        let never = RateRefused::Never { given: BURST + 1, burst: BURST };
        assert_eq!(self.limit.take(cx, BURST + 1), Err(never));
        if let Go::Waited(n) = go {
            assert_eq!(self.limit.take(cx, n), Ok(()), "it waited as long as it was told");
            self.taken += n;
            self.left -= n;
        }
        while self.left > 0 {
            // Several at once, too.
            let n = (self.left % 3 + 1).min(self.left);
            match self.limit.take(cx, n) {
                Ok(()) => {
                    self.taken += n;
                    self.left -= n;
                }
                Err(RateRefused::NotYet(wait)) => {
                    cx.after(wait, Go::Waited(n));
                    return Ok(());
                }
                Err(never) => return Err(never.into()),
            }
        }
        self.done.send(self.taken)?;
        Ok(())
    }
}

/// Never more than the burst and what the time gives, and never longer to wait than was said.
#[test]
fn an_actor_keeps_to_its_rate_and_waits_no_longer_than_it_is_told() {
    let _dog = watch("an_actor_keeps_to_its_rate_and_waits_no_longer_than_it_is_told");
    let system = System::builder().workers(1).build().expect("a system");
    let (done, taken) = channel();
    let limit = RateLimit::new(PER_SECOND, BURST).expect("in range");
    let taker = system.spawn(Taker { limit, left: 200, taken: 0, done });
    let began = Instant::now();
    taker.try_send(Go::Begin).expect("room");
    let taken = taken.recv_timeout(SOON).expect("it gets to its end");
    let allowed = f64::from(BURST) + began.elapsed().as_secs_f64() * f64::from(PER_SECOND);
    assert!(taken == 200 && f64::from(taken) <= allowed, "{taken} of {allowed}");
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.faults, 0);
}

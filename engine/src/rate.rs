//! A limit to how fast a producer goes.

use crate::actor::behavior::{Actor, Context};
use crate::error::{OptionsError, RateRefused};
use crate::time::Nanos;
use std::time::Duration;

/// A token's worth of level: a level grows by the rate, in tokens a second, with each nanosecond.
const TOKEN: u128 = 1_000_000_000;

/// A token bucket on the engine's clock: so many messages a second on the long run, and so many at once at most.
///
/// It belongs to the producer's state and costs one reading of the clock (about 25 ns) each time it is asked. Nothing is
/// rounded: over any time the tokens given are at most `burst + per_second x time`.
///
/// The algorithm is the token bucket of J. S. Turner, "New directions in communications", IEEE Communications Magazine 24
/// (10), 1986.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Context, Fault, RateLimit, RateRefused, System};
///
/// /// Counts to a hundred, at a thousand a second.
/// struct Ticker {
///     limit: RateLimit,
///     left: u32,
/// }
///
/// struct Go;
///
/// impl Actor for Ticker {
///     type Msg = Go;
///     fn handle(&mut self, _: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
///         while self.left > 0 {
///             match self.limit.take(cx, 1) {
///                 Ok(()) => self.left -= 1,
///                 Err(RateRefused::NotYet(wait)) => {
///                     cx.after(wait, Go);
///                     return Ok(());
///                 }
///                 // No time would help: it is a fault of this actor.
///                 Err(never) => return Err(never.into()),
///             }
///         }
///         cx.stop();
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let ticker = system.spawn(Ticker { limit: RateLimit::new(1_000, 50)?, left: 100 });
/// ticker.try_send(Go)?;
/// let ledger = system.shutdown(Duration::from_secs(10))?;
/// assert!(ledger.handled > 1, "it had to wait");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RateLimit {
    per_second: u32,
    burst: u32,
    level: u128,
    /// When the level was reckoned; none before it is asked for the first time.
    at: Option<Nanos>,
}

impl RateLimit {
    /// So many a second, and up to `burst` at once after a pause. It begins full.
    ///
    /// # Errors
    /// [`OptionsError`] if either is zero.
    pub fn new(per_second: u32, burst: u32) -> Result<Self, OptionsError> {
        for (option, given) in [("per_second", per_second), ("burst", burst)] {
            if given == 0 {
                return Err(OptionsError::new(option, 0, 1, u32::MAX, "or nothing would ever pass"));
            }
        }
        Ok(Self { per_second, burst, level: u128::from(burst) * TOKEN, at: None })
    }

    /// Takes `n` tokens if they are there: one for each message to be sent, say.
    ///
    /// # Errors
    /// Nothing is taken then. [`RateRefused::NotYet`] says how long it takes until they are there, if nobody takes any
    /// meanwhile; [`RateRefused::Never`] that they never will be, as they are more than the burst.
    pub fn take<A: Actor>(&mut self, cx: &Context<'_, A>, n: u32) -> Result<(), RateRefused> {
        self.take_at(cx.now(), n)
    }

    fn take_at(&mut self, now: Nanos, n: u32) -> Result<(), RateRefused> {
        if n > self.burst {
            return Err(RateRefused::Never { given: n, burst: self.burst });
        }
        // Never back: what a time has given it does not give again.
        let at = self.at.unwrap_or(now);
        let since = now.saturating_sub(at);
        let most = u128::from(self.burst) * TOKEN;
        self.level = (self.level + u128::from(since) * u128::from(self.per_second)).min(most);
        self.at = Some(now.max(at));
        let wanted = u128::from(n) * TOKEN;
        match self.level.checked_sub(wanted) {
            Some(left) => {
                self.level = left;
                Ok(())
            }
            None => {
                let nanos = (wanted - self.level).div_ceil(u128::from(self.per_second));
                Err(RateRefused::NotYet(Duration::from_nanos(nanos as u64)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_the_rate() {
        let mut limit = RateLimit::new(3, 5).expect("in range");
        let start = 1_000;
        assert_eq!((0..10).filter(|_| limit.take_at(start, 1).is_ok()).count(), 5);
        // A third of a second, and not a nanosecond less.
        let third = Duration::from_nanos(333_333_334);
        assert_eq!(limit.take_at(start, 1), Err(RateRefused::NotYet(third)));
        assert!(limit.take_at(start + 333_333_333, 1).is_err());
        assert_eq!(limit.take_at(start + 333_333_334, 1), Ok(()));
    }

    #[test]
    fn never_more_than_burst_and_rate_allow_and_no_less_when_asked_often() {
        let mut limit = RateLimit::new(1_000_003, 7).expect("in range");
        let taken = (0..3_000_000_u64).filter(|step| limit.take_at(step * 333, 1).is_ok()).count() as u128;
        let time = u128::from(3_000_000_u64 - 1) * 333;
        let allowed = 7 + time * 1_000_003 / 1_000_000_000;
        assert!(taken <= allowed && taken + 1 >= allowed, "{taken} of {allowed}");
    }

    #[test]
    fn what_is_full_stays_full_and_what_is_too_much_is_never_there() {
        let mut limit = RateLimit::new(u32::MAX, 2).expect("in range");
        assert_eq!(limit.take_at(0, 3), Err(RateRefused::Never { given: 3, burst: 2 }));
        assert_eq!(limit.take_at(u64::MAX, 2), Ok(()));
        assert!(limit.take_at(u64::MAX, 1).is_err());
        // A clock that stands still, or is asked for an earlier time, gives nothing.
        assert!(limit.take_at(0, 1).is_err());
        assert!(RateLimit::new(0, 1).is_err() && RateLimit::new(1, 0).is_err());
    }

    /// A time that has given its tokens does not give them again, however often a clock goes back to before it.
    #[test]
    fn a_clock_that_goes_back_gives_nothing_twice() {
        let mut limit = RateLimit::new(1, 1).expect("in range");
        let second = 1_000_000_000;
        assert_eq!(limit.take_at(second, 1), Ok(()));
        for _ in 0..10 {
            assert!(limit.take_at(0, 1).is_err());
            assert!(limit.take_at(second, 1).is_err());
        }
        assert_eq!(limit.take_at(2 * second, 1), Ok(()));
    }
}

//! How long to wait before the next attempt.

#[cfg(feature = "sim")]
use crate::scheduler::director;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

/// Exponential back-off with jitter: a wait that grows from attempt to attempt up to a bound, and is not the same for
/// everybody who failed at the same moment.
///
/// Before attempt `n` (the first repetition is 0) the wait is at most [`bound(n)`](Backoff::bound), which never shrinks:
/// `first x factor^n`, rounded up to nanoseconds step by step, and `most` at most. Jitter takes off up to its share of that,
/// drawn evenly. The same seed draws the same waits; without one each back-off draws its own.
///
/// "Full jitter" (share 1) and "equal jitter" (a half) are M. Brooker's, "Exponential Backoff And Jitter", AWS Architecture
/// Blog, 2015; the draw is SplitMix64 of G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::Backoff;
///
/// let millis = Duration::from_millis;
/// let backoff = Backoff::new(millis(10), millis(100));
/// let waits: Vec<_> = (0..5).map(|attempt| backoff.bound(attempt)).collect();
/// assert_eq!(waits, [10, 20, 40, 80, 100].map(millis));
///
/// let drawn = backoff.jitter(0.5).seed(7);
/// assert!(drawn.delay(2) >= millis(20) && drawn.delay(2) <= millis(40));
/// assert_eq!(drawn.delay(2), drawn.clone().delay(2));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Backoff {
    first: u64,
    most: u64,
    factor: f64,
    jitter: f64,
    seed: u64,
}

/// What the factor may be, unless it is 1: below, a bound would take for ever to grow.
const FACTOR_LEAST: f64 = 1.01;
const FACTOR_MOST: f64 = 1_000.0;

impl Backoff {
    /// Waits `first` and then twice as long each time, up to `most`, without jitter. A `first` above `most` is `most`.
    /// Durations beyond 584 years are cut there.
    pub fn new(first: Duration, most: Duration) -> Self {
        let most = whole(most);
        let seed = drawn().unwrap_or_else(|| RandomState::new().hash_one(0_u64));
        Self { first: whole(first).min(most), most, factor: 2.0, jitter: 0.0, seed }
    }

    /// By what the wait grows from one attempt to the next: 1 (or less, or no number) for a wait that stays, 1.01 to 1000
    /// otherwise, to which other factors are cut.
    pub fn factor(mut self, factor: f64) -> Self {
        self.factor = if factor > 1.0 { factor.clamp(FACTOR_LEAST, FACTOR_MOST) } else { 1.0 };
        self
    }

    /// Which share of the wait is left to chance, from 0 (none; also what is no number) to 1 (all of it).
    pub fn jitter(mut self, share: f64) -> Self {
        self.jitter = if share > 0.0 { share.min(1.0) } else { 0.0 };
        self
    }

    /// Draws the same waits each time.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The longest that [`Backoff::delay`] can be before this attempt, counted from 0. Takes as many multiplications as the
    /// attempts until the bound stands.
    pub fn bound(&self, attempt: u32) -> Duration {
        let mut bound = self.first;
        let steps = if self.factor > 1.0 { attempt } else { 0 };
        for _ in 0..steps {
            // The factor is large enough that no rounding of a float makes it shrink, and rounding up that a nanosecond grows.
            // Too much is cut to what fits.
            let next = ((bound as f64 * self.factor).ceil() as u64).min(self.most);
            if next == bound {
                break;
            }
            bound = next;
        }
        Duration::from_nanos(bound)
    }

    /// The wait before this attempt, counted from 0: the same each time it is asked for.
    pub fn delay(&self, attempt: u32) -> Duration {
        let bound = self.bound(attempt).as_nanos() as u64;
        let random = mix(self.seed ^ mix(u64::from(attempt)));
        // 53 bits, which a float holds exactly: below 1.
        let drawn = (random >> 11) as f64 / (1_u64 << 53) as f64;
        let off = (bound as f64 * self.jitter * drawn) as u64;
        Duration::from_nanos(bound.saturating_sub(off))
    }

    /// The same back-off with draws of its own, for the `n`th user of it.
    pub(crate) fn of_user(&self, n: u64) -> Self {
        Self { seed: mix(self.seed.wrapping_add(mix(n))), ..self.clone() }
    }
}

/// In a simulation each back-off draws from its seed.
fn drawn() -> Option<u64> {
    #[cfg(feature = "sim")]
    return director::current().map(|director| director.draw(u64::MAX));
    #[cfg(not(feature = "sim"))]
    None
}

fn whole(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// SplitMix64.
pub(crate) fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

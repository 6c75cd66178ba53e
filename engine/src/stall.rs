//! How long actors were suspended on full mailboxes: a histogram that many threads add to and anybody may read.
//!
//! Buckets are log-linear, as in G. Tene's HdrHistogram: 16 to an octave, so a bucket is at most 1/16 wide of what it holds.

use crate::sync::{AtomicU64, Ordering};
use std::time::Duration;

/// Steps of an octave, as a power of two.
const STEP_BITS: u32 = 4;
const STEPS: u64 = 1 << STEP_BITS;
/// All 64-bit values: one linear octave, then one for each further bit.
const BUCKETS: usize = (64 - STEP_BITS as usize + 1) << STEP_BITS;

/// The stalls of one type of actor, as they are counted.
#[derive(Debug)]
pub(crate) struct Stalls {
    buckets: Box<[AtomicU64]>,
    total: AtomicU64,
    longest: AtomicU64,
}

impl Stalls {
    pub(crate) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            total: AtomicU64::new(0),
            longest: AtomicU64::new(0),
        }
    }

    /// Adds one, in nanoseconds.
    pub(crate) fn add(&self, nanos: u64) {
        // Relaxed throughout: each number stands by itself.
        self.buckets[bucket(nanos)].fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(nanos, Ordering::Relaxed);
        self.longest.fetch_max(nanos, Ordering::Relaxed);
    }

    /// What was counted so far, under this type's name.
    pub(crate) fn read(&self, actor: &'static str) -> StallTimes {
        StallTimes {
            actor,
            buckets: self.buckets.iter().map(|n| n.load(Ordering::Relaxed)).collect(),
            total: self.total.load(Ordering::Relaxed),
            longest: self.longest.load(Ordering::Relaxed),
        }
    }
}

/// How long actors of one type were suspended on full mailboxes: each stall from the handler that went over somebody's
/// capacity until the actor was made runnable again. Of stalls that are over; [`System::stalls`](crate::System::stalls) tells
/// of those that last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StallTimes {
    actor: &'static str,
    buckets: Vec<u64>,
    total: u64,
    longest: u64,
}

impl StallTimes {
    /// The actors' type.
    pub fn actor(&self) -> &'static str {
        self.actor
    }

    /// How many there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// All together.
    pub fn total(&self) -> Duration {
        Duration::from_nanos(self.total)
    }

    /// The longest.
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// The time that a share `q` of the stalls did not exceed, from 0 to 1; a sixteenth too long at most, and never longer
    /// than the longest. Zero where there was none.
    ///
    /// # Panics
    /// If `q` is not from 0 to 1.
    pub fn quantile(&self, q: f64) -> Duration {
        assert!((0.0..=1.0).contains(&q), "a quantile is from 0 to 1, not {q}");
        let rank = ((self.count() as f64 * q).ceil() as u64).max(1);
        let mut seen = 0;
        let at = self.buckets.iter().position(|n| {
            seen += n;
            seen >= rank
        });
        Duration::from_nanos(at.map_or(0, |at| highest(at).min(self.longest)))
    }

    /// Adds those of another type, under this one's name: for the quantiles of several together.
    pub fn merge(&mut self, other: &StallTimes) {
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, more)| *mine += more);
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }
}

fn bucket(nanos: u64) -> usize {
    let octave = (nanos | (STEPS - 1)).ilog2() - (STEP_BITS - 1);
    // In octave 0 as it is; in the others the leading bit is left out, as it is the octave's.
    let shift = octave.saturating_sub(1);
    ((u64::from(octave.saturating_sub(1)) << STEP_BITS) + (nanos >> shift)) as usize
}

/// The largest value in a bucket.
fn highest(bucket: usize) -> u64 {
    let octave = (bucket as u64 >> STEP_BITS).saturating_sub(1);
    let step = bucket as u64 - (octave << STEP_BITS);
    // In 128 bits, as the last one ends with the last value there is.
    ((u128::from(step + 1) << octave) - 1) as u64
}

#[cfg(all(test, not(any(throng_loom, throng_shuttle))))]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gap() {
        let mut last = 0;
        for exponent in 0..64 {
            for value in [1_u64 << exponent, (1 << exponent) + (1 << exponent >> 1), (1 << exponent) - 1] {
                let at = bucket(value);
                assert!(at < BUCKETS);
                assert!(value <= highest(at), "{value} in bucket {at} up to {}", highest(at));
                assert!(at == 0 || highest(at - 1) < value, "{value} in bucket {at}");
                assert!(highest(at) - value <= value / STEPS, "{value} is reported as {}", highest(at));
            }
            let at = bucket(1 << exponent);
            assert!(at >= last);
            last = at;
        }
        assert_eq!((bucket(u64::MAX), highest(BUCKETS - 1)), (BUCKETS - 1, u64::MAX));
    }

    #[test]
    fn quantiles_are_of_what_was_added() {
        let stalls = Stalls::new();
        assert_eq!(stalls.read("none").quantile(0.5), Duration::ZERO);
        (1..=1_000).for_each(|n| stalls.add(n * 1_000));
        let times = stalls.read("some");
        assert_eq!((times.count(), times.longest()), (1_000, Duration::from_millis(1)));
        assert_eq!(times.total(), Duration::from_micros(500_500));
        let median = times.quantile(0.5).as_nanos();
        assert!((500_000..=500_000 * 17 / 16).contains(&median), "{median}");
        assert_eq!(times.quantile(1.0), times.longest());
        let mut twice = times.clone();
        twice.merge(&times);
        assert_eq!((twice.count(), twice.quantile(0.5)), (2_000, times.quantile(0.5)));
    }
}

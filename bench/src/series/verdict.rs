//! When two are called different: never by the size of a figure alone.

use crate::statistics::Estimate;
use serde::{Deserialize, Serialize};

/// No effect is told that is not larger: 1 %.
pub const LEAST_EFFECT: f64 = 0.01;

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// The interval of the ratio excludes 1, and the effect is larger than 1 % and than the band of A against itself.
    #[serde(rename = "different")]
    Different,
    /// All else: at most so much smaller than the interval and the band tell.
    #[serde(rename = "no difference")]
    NoDifference,
    /// A run does not hold, or it was not finished.
    #[serde(rename = "not valid")]
    NotValid,
}

impl Verdict {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Different => "different",
            Verdict::NoDifference => "no difference",
            Verdict::NotValid => "not valid",
        }
    }

    /// Of valid pairs.
    pub fn of(ratio: &Estimate, band: f64) -> Self {
        if ratio.excludes(1.0) && off(ratio.median) > LEAST_EFFECT.max(band) {
            Verdict::Different
        } else {
            Verdict::NoDifference
        }
    }
}

/// How far from 1 the interval of A against itself reaches.
pub fn band(aa: &Estimate) -> f64 {
    off(aa.low).max(off(aa.high))
}

/// How far from 1 a ratio is, the same whichever of the two is the larger: 0.5 is as far as 2.
fn off(ratio: f64) -> f64 {
    ratio.max(1.0 / ratio) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::Seeded;
    use crate::statistics::Interval;
    use std::time::{SystemTime, UNIX_EPOCH};

    fn ratio(median: f64, low: f64, high: f64) -> Estimate {
        Estimate { median, low, high, runs: 10, interval: Interval::Bootstrap95 }
    }

    #[test]
    fn all_three_conditions_are_needed() {
        for (of, band, verdict) in [
            (ratio(1.05, 1.03, 1.07), 0.004, Verdict::Different),
            (ratio(0.95, 0.93, 0.97), 0.004, Verdict::Different),
            (ratio(1.05, 0.99, 1.07), 0.004, Verdict::NoDifference),
            (ratio(1.05, 1.03, 1.07), 0.06, Verdict::NoDifference),
            (ratio(1.009, 1.005, 1.012), 0.001, Verdict::NoDifference),
            (ratio(1.0, 1.0, 1.0), 0.0, Verdict::NoDifference),
        ] {
            assert_eq!(Verdict::of(&of, band), verdict, "{of:?} {band}");
        }
        assert!((band(&ratio(1.0, 1.0 / 1.02, 1.005)) - 0.02).abs() < 1e-12);
        assert!((band(&ratio(1.02, 1.01, 1.03)) - 0.03).abs() < 1e-12);
    }

    #[test]
    fn who_is_ahead_does_not_matter() {
        // A against itself was once four times as slow: three times as fast is as little as three times as slow.
        let band = band(&ratio(1.0, 0.9, 4.0));
        for (by, verdict) in [(3.0, Verdict::NoDifference), (10.0, Verdict::Different)] {
            assert_eq!(Verdict::of(&ratio(by, 0.9 * by, 1.1 * by), band), verdict, "{by}");
            assert_eq!(Verdict::of(&ratio(1.0 / by, 0.9 / by, 1.1 / by), band), verdict, "1 / {by}");
        }
    }

    /// A ratio of two runs with noise of 0.7 % each, of which one in 50 is wild.
    fn noisy(seeded: &mut Seeded, true_ratio: f64) -> f64 {
        let mut one = || {
            // Twelve uniform numbers make nearly a normal one.
            let sum: f64 = (0..12).map(|_| seeded.below(1 << 32) as f64 / (1_u64 << 32) as f64).sum();
            let wild = if seeded.below(50) == 0 { 1.3 } else { 1.0 };
            (1.0 + 0.007 * (sum - 6.0)) * wild
        };
        true_ratio * one() / one()
    }

    #[test]
    fn a_planted_difference_is_found_and_none_is_not() {
        let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_nanos() as u64)
        });
        println!("SEED={seed}");
        let mut seeded = Seeded::new(seed);
        let mut found = |true_ratio| {
            let different = (0..30).filter(|_| {
                let mut pairs = |ratio| (0..10).map(|_| noisy(&mut seeded, ratio)).collect::<Vec<_>>();
                let (ab, aa) = (pairs(true_ratio), pairs(1.0));
                let (ab, aa) = (Estimate::of(&ab).expect("ten"), Estimate::of(&aa).expect("ten"));
                Verdict::of(&ab, band(&aa)) == Verdict::Different
            });
            different.count()
        };
        let (same, slower) = (found(1.0), found(1.05));
        // Expected are none or one and 29: these bounds are missed less than once in a million.
        assert!(same <= 6, "{same} of 30 comparisons of A with itself called a difference");
        assert!(slower >= 20, "{slower} of 30 found what is 5 % slower");
    }
}

//! When iterations count: once their times drift no more; and whether they drift afterwards.

use crate::statistics::median;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Iterations that are looked at together.
const WINDOW: usize = 5;
/// Fewer say nothing of a drift.
pub const LEAST: usize = 2 * WINDOW;
/// A warm-up lasts so long at least where figures are to go by: ten short iterations may agree before the processor's clock and its
/// caches are what they will be.
pub const SHORTEST: Duration = Duration::from_millis(500);
/// By how much two medians may differ, as a share of the earlier.
const DRIFT: f64 = 0.05;

/// What is to be said of the times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Settled {
    /// They drifted no more when the warm-up ended, nor afterwards.
    #[serde(rename = "steady")]
    Steady,
    /// They did.
    #[serde(rename = "drifting")]
    Drifting,
    /// There were too few iterations in the time that they had.
    #[serde(rename = "too few")]
    TooFew,
}

/// Whether the last ten times are steady: the median of the later five within a twentieth of that of the earlier. Fewer are not.
///
/// It looks at medians, as one iteration in which the machine did something else says nothing of the others. A slow drift, of less than
/// a hundredth an iteration, is none to it: that is seen over all that count, by [`of`].
pub fn is_over(times: &[f64]) -> bool {
    times.len().checked_sub(LEAST).is_some_and(|from| are_alike(&times[from..]))
}

/// Whether times that count drift, where there are enough of them to tell.
pub fn drift(counted: &[f64]) -> bool {
    counted.len() >= LEAST && !are_alike(counted)
}

/// The later half beside the earlier.
fn are_alike(times: &[f64]) -> bool {
    let (earlier, later) = times.split_at(times.len() / 2);
    let both = median(earlier).zip(median(later));
    both.is_some_and(|(earlier, later)| (later - earlier).abs() <= DRIFT * earlier)
}

/// Of the times of a warm-up and of those that count.
pub fn of(warm_up: &[f64], counted: &[f64]) -> Settled {
    if warm_up.len() < LEAST || counted.len() < LEAST {
        return Settled::TooFew;
    }
    if is_over(warm_up) && are_alike(counted) { Settled::Steady } else { Settled::Drifting }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_over_when_the_medians_of_five_agree() {
        assert!(!is_over(&[]));
        assert!(!is_over(&[100.0; 9]), "too few");
        assert!(is_over(&[100.0; 10]));
        // Cold first, and one that was disturbed.
        let mut times = vec![900.0, 400.0, 200.0, 100.0, 101.0, 99.0, 5_000.0, 100.0, 102.0, 100.0];
        assert!(!is_over(&times), "the median of the first five is 200");
        times.extend([100.0, 103.0]);
        assert!(is_over(&times), "of five from 200 on it is 101");
        let falling: Vec<f64> = (0..40).map(|n| 1_000.0 * 0.98_f64.powi(n)).collect();
        assert!(!is_over(&falling), "two in a hundred each time come to a tenth over five");
    }

    #[test]
    fn what_falls_slowly_is_seen_over_all_that_count() {
        let steady = [100.0; 20];
        let falling: Vec<f64> = (0..100).map(|n| 100.0 * 0.998_f64.powi(n)).collect();
        assert!(is_over(&falling), "five at a time it is a hundredth");
        assert_eq!(of(&steady, &falling), Settled::Drifting);
        assert_eq!(of(&falling, &steady), Settled::Steady);
        assert_eq!(of(&steady[..9], &steady), Settled::TooFew);
        assert_eq!(of(&steady, &steady[..9]), Settled::TooFew);
        assert!(
            Settled::Steady < Settled::Drifting && Settled::Drifting < Settled::TooFew,
            "the worst is the last"
        );
    }
}

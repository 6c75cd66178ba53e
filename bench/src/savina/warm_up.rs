//! When iterations count: once their times drift no more.

/// Iterations that are looked at together.
const WINDOW: usize = 5;
/// By how much the medians of two windows in a row may differ, as a share of the earlier.
const DRIFT: f64 = 0.05;

/// Whether the last ten times are steady: the median of the later five within a twentieth of that of the earlier. Fewer are not.
///
/// It looks at medians, as one iteration in which the machine did something else says nothing of the others.
pub(super) fn is_over(times: &[f64]) -> bool {
    let Some(from) = times.len().checked_sub(2 * WINDOW) else { return false };
    let (earlier, later) = times[from..].split_at(WINDOW);
    let (Some(earlier), Some(later)) = (crate::statistics::median(earlier), crate::statistics::median(later))
    else {
        return false;
    };
    (later - earlier).abs() <= DRIFT * earlier
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
}

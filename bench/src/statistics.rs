//! What a handful of runs says: their median, how far it can be trusted, and which of them stand apart.

use crate::seeded::Seeded;
use serde::{Deserialize, Serialize};

/// Fewer values than this have no bootstrap interval worth the name: their smallest and largest are told instead.
pub const BOOTSTRAP_FROM: usize = 5;
/// Resamples of one interval; Efron and Tibshirani ask for a thousand or more.
const RESAMPLES: usize = 5_000;
/// The resamples of the same values are the same.
const SEED: u64 = 1;
/// What an interval leaves out at each end: 95 % are within.
const TAIL: f64 = 0.025;
/// Scaled deviations from the median above which a value counts as an outlier.
const OUTLIER_FROM: f64 = 3.5;
/// The median absolute deviation of a normal distribution, in its standard deviations.
const MAD_OF_NORMAL: f64 = 0.6745;

/// How an [`Estimate`]'s bounds were had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interval {
    /// 95 % of the medians of resamples lie within.
    #[serde(rename = "bootstrap95")]
    Bootstrap95,
    /// The smallest and the largest value: there are fewer than [`BOOTSTRAP_FROM`].
    #[serde(rename = "min-max")]
    MinMax,
}

/// The median over runs, in the unit of the values, and where the true one may lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The median.
    pub median: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
    /// How many values there were.
    pub runs: usize,
    /// What the bounds are.
    pub interval: Interval,
}

impl Estimate {
    /// Of `values`, in any order; `None` where there is none. The interval is the percentile bootstrap of the median
    /// (B. Efron, R. Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), with a fixed seed.
    pub fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values);
        let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else { return None };
        let (low, high, interval) = if sorted.len() < BOOTSTRAP_FROM {
            (least, most, Interval::MinMax)
        } else {
            let (low, high) = bootstrap(&sorted);
            (low, high, Interval::Bootstrap95)
        };
        Some(Self { median: middle(&sorted), low, high, runs: sorted.len(), interval })
    }

    /// Whether `value` lies outside the interval.
    pub fn excludes(&self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}

/// The middle value, or the mean of the two; `None` where there is none.
pub fn median(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| middle(&sorted(values)))
}

/// Which of `values` stand apart: farther from the median than 3.5 MAD / 0.6745, where MAD is the median of all
/// distances from the median (B. Iglewicz, D. Hoaglin, How to Detect and Handle Outliers, 1993). They are to be told,
/// never to be left out. Of fewer than [`BOOTSTRAP_FROM`] none does.
pub fn outliers(values: &[f64]) -> Vec<bool> {
    let centre = median(values).filter(|_| values.len() >= BOOTSTRAP_FROM);
    let Some(centre) = centre else { return vec![false; values.len()] };
    let distances: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    let most = OUTLIER_FROM * middle(&sorted(&distances)) / MAD_OF_NORMAL;
    distances.into_iter().map(|distance| distance > most).collect()
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn middle(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { f64::midpoint(sorted[half - 1], sorted[half]) } else { sorted[half] }
}

/// The bounds of the resamples' medians.
fn bootstrap(values: &[f64]) -> (f64, f64) {
    let mut seeded = Seeded::new(SEED);
    let mut resample = vec![0.0; values.len()];
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for place in &mut resample {
                *place = values[seeded.below(values.len() as u64) as usize];
            }
            resample.sort_unstable_by(f64::total_cmp);
            middle(&resample)
        })
        .collect();
    medians.sort_unstable_by(f64::total_cmp);
    let left_out = (TAIL * RESAMPLES as f64) as usize;
    (medians[left_out], medians[RESAMPLES - 1 - left_out])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle_whatever_the_order() {
        for (values, expected) in [
            (&[][..], None),
            (&[3.0], Some(3.0)),
            (&[9.0, 1.0], Some(5.0)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
            (&[4.0, 1.0, 100.0, 2.0], Some(3.0)),
        ] {
            assert_eq!(median(values), expected, "{values:?}");
        }
    }

    #[test]
    fn few_values_have_their_ends_for_bounds() {
        assert_eq!(Estimate::of(&[]), None);
        let few = Estimate::of(&[7.0, 1.0, 3.0, 2.0]).expect("four values");
        let (median, low, high, runs, interval) = (2.5, 1.0, 7.0, 4, Interval::MinMax);
        assert_eq!(few, Estimate { median, low, high, runs, interval });
        let json = serde_json::to_value(few).expect("plain");
        let told =
            serde_json::json!({"median": 2.5, "low": 1.0, "high": 7.0, "runs": 4, "interval": "min-max"});
        assert_eq!(json, told);
    }

    #[test]
    fn the_interval_is_that_of_the_binomial() {
        // Of 25 distinct values the resamples' median is the k-th with a chance that Efron (1982) gives in closed
        // form: P(median > k-th) = P(Binomial(25, k/25) <= 12). 2.5 % lie below the 8th, as many above the 18th.
        let values: Vec<f64> = (1..=25).rev().map(f64::from).collect();
        let many = Estimate::of(&values).expect("25 values");
        assert_eq!((many.median, many.low, many.high), (13.0, 8.0, 18.0));
        assert_eq!((many.runs, many.interval), (25, Interval::Bootstrap95));
        assert_eq!(Estimate::of(&values), Some(many), "the same values have the same interval");
        assert!(many.excludes(7.9) && many.excludes(18.1) && !many.excludes(8.0) && !many.excludes(18.0));
    }

    #[test]
    fn one_wild_value_moves_neither_median_nor_goes_unnoticed() {
        let mut values = vec![10.0, 10.1, 9.9, 10.2, 9.8, 10.0, 10.1];
        assert_eq!(outliers(&values), [false; 7]);
        values[3] = 20.0;
        assert_eq!(outliers(&values), [false, false, false, true, false, false, false]);
        let estimate = Estimate::of(&values).expect("seven");
        assert_eq!(estimate.median, 10.0);
        assert!(estimate.high < 20.0);
        assert_eq!(outliers(&[1.0, 1.0, 1.0, 50.0]), [false; 4], "four say nothing of a fifth");
    }

    #[test]
    fn the_border_is_where_the_rule_has_it() {
        // Distances 0, 1, 1, 2, d: their median is 1, the border 3.5 / 0.6745 = 5.189.
        let with = |far: f64| outliers(&[0.0, -1.0, 1.0, -2.0, far]);
        assert!(!with(5.18)[4]);
        assert!(with(5.20)[4]);
    }
}

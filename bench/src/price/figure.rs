//! What the rounds say of one figure, and of it beside the base of the same round.

use crate::json_bounds::few;
use crate::statistics::{BOOTSTRAP_FROM, Estimate};
use serde::{Deserialize, Serialize};

/// A figure over the rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Of each round that was begun; `None` where it was ended before this.
    #[serde(deserialize_with = "few")]
    pub each: Vec<Option<f64>>,
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// The median and its interval.
    pub over_rounds: Estimate,
}

impl Figure {
    /// Of the rounds' values; `None` where there is none.
    pub fn of(each: Vec<Option<f64>>) -> Option<Self> {
        let values: Vec<f64> = each.iter().copied().flatten().collect();
        let over_rounds = Estimate::of(&values)?;
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(Self { each, least, most, over_rounds })
    }

    /// Beside the `base` of the same round each: `by` is what the two come to. What has no base in its round is left out,
    /// as is what comes to nothing finite.
    pub fn beside(each: &[Option<f64>], base: &[Option<f64>], by: impl Fn(f64, f64) -> f64) -> Option<Self> {
        let pairs = each.iter().zip(base);
        let come = pairs.map(|(value, base)| {
            let come = by((*value)?, (*base)?);
            come.is_finite().then_some(come)
        });
        Self::of(come.collect())
    }

    /// The median, and the smallest and the largest where there are several.
    pub fn ranged(&self, told: impl Fn(f64) -> String) -> String {
        let median = told(self.over_rounds.median);
        match self.over_rounds.runs {
            1 => median,
            _ => format!("{median} ({} to {})", told(self.least), told(self.most)),
        }
    }

    /// The median, and its interval where the rounds are enough for one.
    pub fn with_interval(&self, told: impl Fn(f64) -> String) -> String {
        let over = &self.over_rounds;
        let median = told(over.median);
        if over.runs < BOOTSTRAP_FROM {
            return median;
        }
        format!("{median} ({} to {})", told(over.low), told(over.high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Interval;

    fn whole(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn a_ratio_is_to_the_base_of_its_own_round() {
        // Twice as dear in each round, while the machine became four times slower: of the medians it would be 2.5.
        let (base, with) = ([10.0, 16.0, 40.0], [20.0, 40.0, 80.0]);
        let ratio = Figure::beside(&whole(&with), &whole(&base), |a, b| a / b).expect("three rounds");
        assert_eq!(ratio.each, whole(&[2.0, 2.5, 2.0]));
        assert_eq!((ratio.over_rounds.median, ratio.least, ratio.most), (2.0, 2.0, 2.5));
        assert_eq!(ratio.over_rounds.interval, Interval::MinMax);
        let more = Figure::beside(&whole(&[70.0]), &whole(&[63.5]), |a, b| a - b).expect("one round");
        assert_eq!((more.over_rounds.median, more.over_rounds.runs), (6.5, 1));
    }

    #[test]
    fn what_has_no_base_has_no_ratio() {
        let ratio = |a: f64, b: f64| a / b;
        let (base, with) = ([Some(10.0), None, Some(0.0), None], [Some(5.0), Some(9.0), Some(1.0), None]);
        let figure = Figure::beside(&with, &base, ratio).expect("one pair");
        assert_eq!(figure.each, [Some(0.5), None, None, None]);
        assert_eq!(Figure::beside(&with[1..], &base[1..], ratio), None);
        assert_eq!(Figure::of(vec![None, None]), None);
        // A round that has begun and has no base yet: the one is there, the other not.
        assert_eq!(Figure::beside(&with, &base[..1], ratio).map(|figure| figure.each.len()), Some(1));
    }

    #[test]
    fn five_rounds_have_an_interval_within_their_ends() {
        let figure = Figure::of(whole(&[5.0, 1.0, 2.0, 3.0, 4.0, 100.0, 2.5])).expect("seven");
        let over = figure.over_rounds;
        assert_eq!((over.interval, over.median, over.runs), (Interval::Bootstrap95, 3.0, 7));
        assert_eq!((figure.least, figure.most), (1.0, 100.0));
        assert!(figure.least <= over.low && over.low < over.high && over.high <= figure.most);
    }
}

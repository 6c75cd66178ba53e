//! The two states of a virtual machine: what crossing between its cores costs flips between two prices, and with it
//! what more than one worker does. Pairs are comparable within one state.

use super::load::CrossCore;
use crate::statistics::Estimate;
use serde::{Deserialize, Serialize};

/// Two prices that differ by less are one: those seen differ by 2 to 4, what is seen of one by some per cent.
const APART: f64 = 1.5;

/// In which state a run was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Crossing was cheap before and after it.
    Low,
    /// Crossing was dear before and after it.
    High,
    /// The state changed meanwhile, or nobody knows.
    Mixed,
}

/// The pairs of a comparison by the machine's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clusters {
    /// What parts the two prices, in nanoseconds; `None` where all runs had one.
    pub border_ns: Option<f64>,
    /// Pairs both of whose runs were in one state throughout.
    pub pairs_in_one: usize,
    /// Those in the cheap one, which is every pair where there is no other.
    pub low: Cluster,
    /// Those in the dear one.
    pub high: Cluster,
}

/// The pairs of one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// How many.
    pub pairs: usize,
    /// Their ratio.
    pub ratio: Option<Estimate>,
}

/// The price that parts the two states among `prices`: in the middle of the widest step between neighbours, as a
/// factor. `None` where no step is as wide as that between two states.
pub fn border(prices: &[f64]) -> Option<f64> {
    let mut sorted: Vec<f64> = prices.iter().copied().filter(|price| *price > 0.0).collect();
    sorted.sort_by(f64::total_cmp);
    let steps = sorted.windows(2).map(|pair| (pair[1] / pair[0], (pair[0] * pair[1]).sqrt()));
    let widest = steps.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (widest.0 >= APART).then_some(widest.1)
}

/// The state of a run.
pub fn state(border: Option<f64>, cross: CrossCore) -> State {
    let (Some(before), Some(after)) = (cross.before, cross.after) else { return State::Mixed };
    match border {
        None => State::Low,
        Some(border) if before < border && after < border => State::Low,
        Some(border) if before >= border && after >= border => State::High,
        Some(_) => State::Mixed,
    }
}

impl Clusters {
    /// Of pairs, each with its ratio and what crossing cost around its two runs. `None` where that was never measured.
    pub fn of(pairs: &[(f64, CrossCore, CrossCore)]) -> Option<Self> {
        let prices: Vec<f64> =
            pairs.iter().flat_map(|(_, a, b)| [a.before, a.after, b.before, b.after]).flatten().collect();
        if prices.is_empty() {
            return None;
        }
        let border = border(&prices);
        let within = |wanted| {
            let ratios: Vec<f64> = pairs
                .iter()
                .filter(|(_, a, b)| state(border, *a) == wanted && state(border, *b) == wanted)
                .map(|(ratio, ..)| *ratio)
                .collect();
            Cluster { pairs: ratios.len(), ratio: Estimate::of(&ratios) }
        };
        let (low, high) = (within(State::Low), within(State::High));
        Some(Self { border_ns: border, pairs_in_one: low.pairs + high.pairs, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross(before: f64, after: f64) -> CrossCore {
        CrossCore { before: Some(before), after: Some(after) }
    }

    #[test]
    fn pairs_are_told_apart_by_what_crossing_cost() {
        let (low, high) = (cross(31.0, 33.5), cross(110.0, 118.0));
        let pairs = [
            (1.0, low, low),
            (3.5, low, high),
            (1.2, high, high),
            (1.1, low, cross(32.0, 30.0)),
            (0.9, cross(31.0, 112.0), low),
        ];
        let clusters = Clusters::of(&pairs).expect("measured");
        let border = clusters.border_ns.expect("two states");
        assert!((33.5..110.0).contains(&border), "{border}");
        assert_eq!((clusters.low.pairs, clusters.high.pairs, clusters.pairs_in_one), (2, 1, 3));
        let median = |cluster: &Cluster| cluster.ratio.map(|ratio| ratio.median);
        assert!((median(&clusters.low).expect("two") - 1.05).abs() < 1e-12);
        assert_eq!(median(&clusters.high), Some(1.2));
    }

    #[test]
    fn noise_within_one_state_is_no_second() {
        let pairs =
            [(1.0, cross(100.0, 120.0), cross(140.0, 110.0)), (1.1, cross(100.0, 100.0), cross(105.0, 99.0))];
        let clusters = Clusters::of(&pairs).expect("measured");
        assert_eq!((clusters.border_ns, clusters.pairs_in_one, clusters.high.pairs), (None, 2, 0));
        let nothing = CrossCore::default();
        assert_eq!(Clusters::of(&[(1.0, nothing, nothing)]), None);
        let half = [(1.0, nothing, cross(100.0, 100.0))];
        assert_eq!(Clusters::of(&half).expect("measured once").pairs_in_one, 0);
    }
}

//! A figure of the floor, and how it is taken.

use serde::Serialize;
use std::time::Instant;

/// Batches of which a figure is the median.
const BATCHES: usize = 31;

/// One operation and what it costs here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The operation.
    pub name: &'static str,
    /// Nanoseconds for one, the median; `None` where it could not be measured.
    pub ns: Option<f64>,
    /// Why not, or what else there is to know.
    pub note: &'static str,
}

impl Figure {
    /// A figure.
    pub fn new(name: &'static str, ns: f64) -> Self {
        Self { name, ns: Some(ns), note: "" }
    }

    /// A figure that may not be had.
    pub fn of(name: &'static str, ns: Option<f64>, note: &'static str) -> Self {
        Self { name, ns, note: if ns.is_none() { note } else { "" } }
    }
}

/// Nanoseconds for one of the `each` operations that `batch` does: the median of batches, the first left out.
pub fn median_ns(each: u32, mut batch: impl FnMut()) -> f64 {
    batch();
    let all = (0..BATCHES).map(|_| {
        let start = Instant::now();
        batch();
        start.elapsed().as_nanos() as f64 / f64::from(each)
    });
    median(all.collect())
}

/// The one in the middle.
///
/// # Panics
/// Of none.
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_not_the_mean() {
        assert_eq!(median(vec![1e9, 3.0, 1.0]), 3.0);
    }

    #[test]
    fn more_work_takes_longer() {
        let spin = |n: u64| {
            move || {
                for i in 0..n {
                    std::hint::black_box(i);
                }
            }
        };
        let (little, much) = (median_ns(1, spin(1_000)), median_ns(1, spin(100_000)));
        assert!(much > 5.0 * little, "{little} and {much} ns");
    }
}

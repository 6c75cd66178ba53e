//! What workloads share whose answer is a sequence: the numbers that they begin with, and how an oracle looks at what came back.

use crate::savina::oracle::same;
use crate::seeded::Seeded;
use std::cell::OnceCell;
use std::fmt::Display;
use std::sync::Arc;

/// The numbers that a workload begins with: drawn once, and not while time is taken.
pub(super) struct Drawn {
    count: u64,
    bound: u64,
    seed: u64,
    values: OnceCell<Arc<[u64]>>,
}

impl Drawn {
    /// So many numbers below `bound`.
    pub(super) fn new(count: u64, bound: u64, seed: u64) -> Self {
        Self { count, bound, seed, values: OnceCell::new() }
    }

    /// How many.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The numbers.
    pub(super) fn values(&self) -> &Arc<[u64]> {
        self.values.get_or_init(|| {
            let mut seeded = Seeded::new(self.seed);
            (0..self.count).map(|_| seeded.below(self.bound)).collect()
        })
    }

    /// As the standard library sorts them.
    pub(super) fn sorted(&self) -> Vec<u64> {
        let mut values = self.values().to_vec();
        values.sort_unstable();
        values
    }
}

/// Refuses a sequence that differs from the expected one, by the first place where it does.
pub(super) fn same_sequence<T: PartialEq + Display>(
    what: impl Display,
    expected: &[T],
    got: &[T],
) -> Result<(), String> {
    same(format_args!("{what}, how many"), expected.len(), got.len())?;
    let mut pairs = expected.iter().zip(got).enumerate();
    pairs.try_for_each(|(at, (expected, got))| same(format_args!("{what}, at {at}"), expected, got))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_that_differs_is_named() {
        assert_eq!(same_sequence("values", &[1, 2, 3], &[1, 2, 3]), Ok(()));
        let swapped = same_sequence("values", &[1, 2, 3], &[1, 3, 2]);
        assert_eq!(swapped, Err("values, at 1: 2 was to be, 3 is".into()));
        let lost = same_sequence("values", &[1, 2, 3], &[1, 2]);
        assert_eq!(lost, Err("values, how many: 3 was to be, 2 is".into()));
    }

    #[test]
    fn the_same_seed_draws_the_same_values() {
        let values = Drawn::new(1_000, 50, 7);
        assert_eq!((values.values().len(), values.sorted().last()), (1_000, Some(&49)));
        assert_eq!(values.values(), Drawn::new(1_000, 50, 7).values());
        assert_ne!(values.values(), Drawn::new(1_000, 50, 8).values());
    }
}

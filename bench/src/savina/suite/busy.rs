//! Work that takes time and nothing else: what the suite has for a haircut, a smoke, or an item.

use crate::seeded::Seeded;

/// The sum of so many draws: a nanosecond or so for each, whatever the draws begin with.
pub(super) fn busy(from: u64, rounds: u32) -> u64 {
    let mut seeded = Seeded::new(from);
    (0..rounds).fold(0, |sum, _| sum.wrapping_add(seeded.number()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_sum_of_the_draws() {
        let mut seeded = Seeded::new(7);
        let (one, other) = (seeded.number(), seeded.number());
        assert_eq!([0, 1, 2].map(|rounds| busy(7, rounds)), [0, one, one.wrapping_add(other)]);
    }
}

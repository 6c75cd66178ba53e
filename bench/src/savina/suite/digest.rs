//! What workloads share whose things come in any order: a digest of them.

use crate::seeded::Seeded;
use std::fmt::{self, Display, Formatter};

/// The sum of what numbers are mixed to: the same in any order of theirs, another where one is lost, doubled or changed, though another
/// makes up for it in their sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest(u64);

impl Digest {
    /// With one number more.
    pub(super) fn add(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(mixed(number));
    }

    /// With all that another is of.
    pub(super) fn merge(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A number that says nothing of this one's neighbours.
pub(super) fn mixed(number: u64) -> u64 {
    Seeded::new(number).number()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[u64]) -> Digest {
        let mut digest = Digest::default();
        numbers.iter().for_each(|number| digest.add(*number));
        digest
    }

    #[test]
    fn the_order_is_all_the_same_and_the_numbers_are_not() {
        let right = of(&[1, 2, 3, 4]);
        assert_eq!(right, of(&[3, 1, 4, 2]));
        let mut both = of(&[4, 1]);
        both.merge(of(&[2, 3]));
        assert_eq!(right, both);
        // Of the same sum, and of the same sum of squares.
        for other in [&[1, 2, 2, 5][..], &[0, 3, 3, 4], &[1, 2, 3], &[1, 2, 3, 4, 4], &[1, 2, 3, 4, 0]] {
            assert_ne!(right, of(other), "{other:?}");
        }
        assert_ne!(of(&[1, 5, 8, 12]), of(&[2, 3, 10, 11]));
    }

    #[test]
    fn it_is_shown_with_all_its_digits() {
        assert_eq!(Digest(0xab).to_string(), "00000000000000ab");
    }
}

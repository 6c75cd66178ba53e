//! Work that takes time and nothing else: what the suite has for a haircut, a smoke, or a message of a fork-join.

use crate::seeded::Seeded;
use std::hint::black_box;

/// The sum of so many draws: a nanosecond or so for each, whatever the draws begin with.
pub(super) fn busy(from: u64, rounds: u32) -> u64 {
    let mut seeded = Seeded::new(from);
    (0..rounds).fold(0, |sum, _| sum.wrapping_add(seeded.number()))
}

/// The square of the sine of 37.2, which is found anew each time.
pub(super) fn squared_sine() -> f64 {
    black_box(37.2_f64).sin().powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_square_of_a_sine_is_half_of_one_less_the_cosine_of_twice_the_angle() {
        assert!((squared_sine() - (1.0 - 74.4_f64.cos()) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn it_is_the_sum_of_the_draws() {
        let mut seeded = Seeded::new(7);
        let (one, other) = (seeded.number(), seeded.number());
        assert_eq!([0, 1, 2].map(|rounds| busy(7, rounds)), [0, one, one.wrapping_add(other)]);
    }
}

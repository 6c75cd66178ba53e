//! Where a simulation's choices come from: a seed, or a list of those that another run made.

use crate::backoff::mix;
use std::io::Write;

/// The step of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of choices that remembers what it gave.
pub(super) struct Choices {
    source: Source,
    made: Vec<u64>,
    /// So many it was given.
    given: Option<usize>,
    /// Where each is written as it is drawn.
    copy: Option<Box<dyn Write>>,
}

#[derive(Debug)]
enum Source {
    Seed(u64),
    /// These, and then nothing but zeros.
    Given(std::vec::IntoIter<u64>),
}

impl Choices {
    pub(super) fn of_seed(seed: u64) -> Self {
        Self { source: Source::Seed(mix(seed)), made: Vec::new(), given: None, copy: None }
    }

    pub(super) fn given(choices: Vec<u64>) -> Self {
        let given = Some(choices.len());
        Self { source: Source::Given(choices.into_iter()), made: Vec::new(), given, copy: None }
    }

    /// Of how many it was made, unless it is of a seed.
    pub(super) fn length_given(&self) -> Option<usize> {
        self.given
    }

    /// A choice below `bound`; zero where there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        if bound <= 1 {
            return 0;
        }
        let chosen = match &mut self.source {
            Source::Seed(state) => {
                *state = state.wrapping_add(GAMMA);
                // The upper half of the product: as even as 64 bits allow, and no division.
                ((u128::from(mix(*state)) * u128::from(bound)) >> 64) as u64
            }
            Source::Given(choices) => choices.next().unwrap_or(0).min(bound - 1),
        };
        self.made.push(chosen);
        if let Some(copy) = &mut self.copy {
            // Who cannot be written to is nobody's business here.
            let _lost = writeln!(copy, "{chosen}").and_then(|()| copy.flush());
        }
        chosen
    }

    pub(super) fn copy_to(&mut self, to: Box<dyn Write>) {
        self.copy = Some(to);
    }

    pub(super) fn made(&self) -> &[u64] {
        &self.made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_the_same_list_give_the_same() {
        let bounds = [2, 10, 1, 1_000, u64::MAX, 3, 0];
        let run = |mut choices: Choices| {
            let drawn: Vec<_> = bounds.iter().map(|bound| choices.below(*bound)).collect();
            (drawn, choices.made().to_vec())
        };
        let (drawn, made) = run(Choices::of_seed(7));
        assert_eq!(run(Choices::of_seed(7)).0, drawn);
        assert_ne!(run(Choices::of_seed(8)).0, drawn);
        assert_eq!(run(Choices::given(made.clone())), (drawn, made));
        assert_eq!(run(Choices::given(vec![5])).0, [1, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn every_choice_is_made_about_as_often() {
        let mut choices = Choices::of_seed(1);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[choices.below(6) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }
}

//! Numbers that look random and are the same for the same seed.

/// SplitMix64: one addition and a mix, good enough to choose targets and to shuffle.
#[derive(Debug, Clone, Copy)]
pub struct Seeded(u64);

impl Seeded {
    /// The sequence of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own of the same seed: what draws from different streams draws nothing alike. A seed plus a step would
    /// not do, as it is the same sequence a step later.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let apart = Self::new(stream ^ 0x5851_f42d_4c95_7f2d).number();
        Self(Self::new(seed).number().wrapping_add(apart.rotate_left(29)))
    }

    /// The next number.
    #[inline(always)]
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    #[inline(always)]
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(bound)) >> 64) as u64
    }

    /// Puts `items` into an order of its own.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence() {
        // From the reference implementation, seed 1234567.
        let mut seeded = Seeded::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| seeded.number()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn streams_have_nothing_in_common() {
        for seed in [0, 1, u64::MAX] {
            let mut all: Vec<u64> = Vec::new();
            for stream in 0..16 {
                let mut seeded = Seeded::stream(seed, stream);
                all.extend((0..1_000).map(|_| seeded.number()));
            }
            let mut plain = Seeded::new(seed);
            all.extend((0..1_000).map(|_| plain.number()));
            all.sort_unstable();
            all.dedup();
            assert_eq!(all.len(), 17_000, "a sequence that is another one later has its numbers");
        }
    }

    #[test]
    fn a_shuffle_keeps_everything_and_its_seed_decides() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..1_000).collect();
            Seeded::new(seed).shuffle(&mut items);
            items
        };
        let mut sorted = shuffled(1);
        assert_ne!(sorted, (0..1_000).collect::<Vec<_>>());
        assert_eq!(sorted, shuffled(1));
        assert_ne!(sorted, shuffled(2));
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1_000).collect::<Vec<_>>());
    }
}

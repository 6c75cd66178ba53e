//! Where chance comes from. Everything that a scenario is made of is drawn so that zero is the simplest choice: a run whose
//! draws are fewer or smaller is a simpler run, and that is all that a shrinker has to know.

/// A source of choices.
pub(crate) trait Draw {
    /// A number below `bound`, which is not zero. Zero is the simplest.
    fn below(&mut self, bound: u64) -> u64;

    /// Yes once in so many times; no is the simpler answer.
    fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == times - 1
    }

    /// From `least` to `most`; the least is the simplest.
    fn within(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// An index below `bound`.
    fn index(&mut self, bound: usize) -> usize {
        self.below(bound as u64) as usize
    }

    /// One of these; the first is the simplest.
    fn pick<T: Copy>(&mut self, of: &[T]) -> T
    where
        Self: Sized,
    {
        of[self.index(of.len())]
    }
}

/// SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug, Clone)]
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl Draw for SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        // The upper half of a product: nothing here is so large that its bias would be seen.
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }
}

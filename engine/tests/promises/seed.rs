//! Random numbers whose seed is printed, and read from `SEED`, so that a failure can be run again.

/// An xorshift generator.
#[derive(Clone)]
pub(crate) struct Random(u64);

/// Starts from `SEED`, or from the time.
pub(crate) fn random() -> Random {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given.unwrap_or_else(|| {
        let since = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
        since.as_nanos() as u64
    });
    println!("SEED={seed}");
    Random(seed | 1)
}

impl Random {
    /// Drawn from another.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }
}

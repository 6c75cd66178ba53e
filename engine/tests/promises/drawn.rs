//! Properties whose cases are drawn from a seed that is printed, and read from `SEED`.

use crate::seed::random;
use proptest::test_runner::{Config, RngSeed};

/// So many cases. Those that are written down in `tests/proptest-regressions` come before them.
pub(crate) fn cases(cases: u32) -> Config {
    Config { cases, rng_seed: RngSeed::Fixed(random().below(u64::MAX)), ..Config::default() }
}

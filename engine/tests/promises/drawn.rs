//! Properties whose cases are drawn from a seed that is printed, and read from `SEED`.

use crate::seed::random;
use proptest::test_runner::{Config, RngSeed};

/// So many cases, and an eighth of them where a sanitizer looks on: each looks at every slot that actors of any test have had. Those
/// that are written down in `tests/proptest-regressions` come before them.
pub(crate) fn cases(cases: u32) -> Config {
    let cases = if cfg!(throng_sanitize) { cases.div_ceil(8) } else { cases };
    Config { cases, rng_seed: RngSeed::Fixed(random().below(u64::MAX)), ..Config::default() }
}

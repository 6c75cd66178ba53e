//! One target of `throng_bench::fuzz` under libFuzzer, the one that `THRONG_FUZZ` names; `canary` panics on an input that
//! only a fuzzer finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use throng_bench::fuzz::TARGETS;

static TARGET: LazyLock<fn(&[u8])> = LazyLock::new(|| {
    let name = std::env::var("THRONG_FUZZ").unwrap_or_default();
    let all = TARGETS.iter().map(|(name, target)| (*name, *target)).chain([("canary", canary as fn(&[u8]))]);
    let named = all.clone().find(|(known, _)| *known == name).map(|(_, target)| target);
    named.unwrap_or_else(|| {
        let names: Vec<_> = all.map(|(name, _)| name).collect();
        eprintln!("THRONG_FUZZ got {name:?}: takes one of {}", names.join(", "));
        std::process::exit(2)
    })
});

fn canary(bytes: &[u8]) {
    assert!(!matches!(bytes, [b'm', b'u', b't', b'e', ..]), "the canary");
}

fuzz_target!(|bytes: &[u8]| TARGET(bytes));

//! Plans that have nothing to send.

use super::*;

#[test]
fn a_plan_without_an_arrival_is_refused_before_it_begins() {
    for line in [
        "counting --rate 1 --duration 1us --warmup 0 --seed 1",
        "counting --rate 1 --arrival constant --duration 500ms --warmup 10ms",
    ] {
        let (code, out) = run(line);
        let (code, why) = code.expect_err(line);
        assert_eq!((code, &*out), (USAGE, ""), "{why}");
        assert!(why.starts_with(NO_ARRIVAL) && why.contains("takes a longer --duration"), "{why}");
    }
    let (code, out) =
        run("counting --rate 1 --arrival constant --duration 1ms --warmup 0 --workers 1 --pin none");
    assert_eq!(code, Ok(0), "{out}");
    assert!(out.contains("1 arrival in ") && !out.contains("drained 0.00"), "{out}");
}

//! Plans of open load that cannot be.

use super::refused;
use std::fmt::Display;
use std::path::PathBuf;

/// A file of a test's own, removed in the end, however the test ends.
pub(in super::super) struct Scratch(PathBuf);

impl Scratch {
    pub(in super::super) fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throng-{name}-{}", std::process::id()));
        // Before there is anything to remove.
        let scratch = Self(path);
        std::fs::write(&scratch.0, text).expect("a scratch file");
        scratch
    }

    pub(in super::super) fn path(&self) -> impl Display {
        self.0.display()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn a_plan_that_cannot_be_is_refused() {
    let unsorted = Scratch::new("unsorted", "5\n4\n");
    let file = unsorted.path();
    for (line, says) in [
        ("mesh --mode open", "--rate is missing: open load takes arrivals a second"),
        ("mesh --rate 0", "--rate got \"0\": takes arrivals a second, a whole number from 1 to"),
        ("mesh --rate 11G", "--rate got \"11G\": takes"),
        ("mesh --rate 5 --mode closed", "--rate is not for closed load: mesh takes it with --mode open"),
        (
            "mesh --rate 5 --tokens 3",
            "--tokens is not for open load, which --rate makes it: mesh takes it with --mode closed",
        ),
        (
            "mesh --rate 5 --messages 3",
            "--messages is not for open load, which --rate makes it: mesh takes it with --mode saturate or closed; open load takes --duration",
        ),
        (
            "ring --rate 5",
            "--rate got \"5\": ring has no open load, it takes --mode closed without --rate; open load is for ",
        ),
        ("ring --arrival poisson", "--arrival got \"poisson\": ring has no open load"),
        ("ring --mode open", "--mode got \"open\": ring takes closed"),
        ("mesh --mode fast", "--mode got \"fast\": takes open, closed or saturate"),
        ("mesh --arrival often --rate 5", "--arrival got \"often\": takes constant, poisson"),
        ("mesh --arrival ramp:1..2 --rate 5", "--rate got \"5\": --arrival ramp:1..2 has its own"),
        ("mesh --arrival ramp:1..2 --warmup 1s", "--warmup is not for --arrival ramp:1..2"),
        (
            "mesh --arrival burst:50 --rate 1 --duration 1s",
            "--arrival got \"burst:50\": burst:50 is more than",
        ),
        (&format!("mesh --arrival replay:{file}"), ":2: got 4 after 5: takes arrivals in their order"),
        ("mesh --arrival replay:/nonexistent/plan", "/nonexistent/plan"),
        ("mesh --rate 5 --sample off", "--sample got \"off\": open load"),
        ("mesh --rate 5 --overflow signal", "--overflow signal is not for mesh: bounded takes it"),
        ("mesh --freeze 1s", "--freeze wants a --duration"),
        ("mesh --warmup 1s", "--warmup wants a --duration"),
        ("mesh --rate 5 --freeze 6s", "--freeze got \"6s\": takes"),
        ("mesh --rate 5 --warmup long", "--warmup got \"long\": takes auto, 0, or"),
        ("mesh --hops 0", "--hops got \"0\": takes"),
        ("pipeline --actors 2M", "--actors got \"2M\": pipeline takes 1 to 1000000"),
        ("ask --assert p99", "--assert got \"p99\": \"p99\" at column 1: takes METRIC OPERATOR VALUE"),
        ("ask --profile long", "--profile got \"long\": takes one of smoke, default, paper"),
    ] {
        let text = refused(line);
        assert!(text.contains(says), "{line}: {text}");
    }
}

//! Tests of `explore` itself, which need the seeds that they name.

use std::process::Command;

/// Whether the seeds that a test names are played: what the environment has is played in their place. If so the test runs in a
/// process without it.
pub(crate) fn plays_its_own(test: &str) -> bool {
    const GIVEN: [&str; 2] = ["SEED", "CHOICES"];
    if GIVEN.iter().all(|name| std::env::var_os(name).is_none()) {
        return true;
    }
    let mut alone = Command::new(std::env::current_exe().expect("the test's own path"));
    for name in GIVEN {
        alone.env_remove(name);
    }
    let output = alone.args(["--exact", test]).output().expect("a process");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    false
}

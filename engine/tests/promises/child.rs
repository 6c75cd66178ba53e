//! Runs the body of a test alone in a process of its own: for what is measured or broken process-wide.

use std::process::{Command, Output};

const NAME: &str = "THRONG_TEST_CHILD";

/// Runs `body` and ends, if this process is the child for the test `name`; otherwise starts it and gives its output.
pub(crate) fn alone(name: &str, body: fn()) -> Output {
    alone_with(name, &[], body)
}

/// As [`alone`], with these variables in the environment of the child.
pub(crate) fn alone_with(name: &str, variables: &[(&str, &str)], body: fn()) -> Output {
    if std::env::var(NAME).is_ok_and(|chosen| chosen == name) {
        body();
        std::process::exit(0);
    }
    let me = std::env::current_exe().expect("the test's own path");
    let output = Command::new(me)
        .args([name, "--nocapture", "--test-threads=1", "--include-ignored"])
        .env(NAME, name)
        .envs(variables.iter().copied())
        .output()
        .expect("a child process");
    // A name that matches no test would run nothing and succeed; one that matches two would run the other one, too.
    assert!(words(&output).contains("running 1 test"), "not one test is called {name}: {}", words(&output));
    output
}

/// Its standard error and output, as text.
pub(crate) fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

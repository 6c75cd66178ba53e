//! The program as the conductor runs it, open load among what is asked.

use std::process::Command;

#[test]
fn everything_that_is_asked_has_figures() {
    let asked = ["open:4:10000", "ping-pong:2:10000", "fan-in:8:10000", "memory:1000:1", "open:1:50000"];
    for workers in ["1", "2"] {
        let words = [workers, "100", "20", "50"];
        let output =
            Command::new(env!("CARGO_BIN_EXE_xtra")).args(words).args(asked).output().expect("it runs");
        let answer = String::from_utf8(output.stdout).expect("JSON");
        assert!(output.status.success(), "{:?}", output.stderr);
        assert_eq!(answer.matches(r#""why":null"#).count(), asked.len(), "{answer}");
    }
}

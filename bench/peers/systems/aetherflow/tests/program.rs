//! The built program answers for everything it is asked.

use std::process::Command;
use throng_bench::peers::answer::Answer;

#[test]
fn everything_that_is_asked_has_an_answer() {
    let asked = [
        "open:4:10000",
        "ping-pong:2:10000",
        "counting:2:10000",
        "fork-join:60:60000",
        "create:1:1000",
        "ring:100:1000",
        "ring-shuffled:100:1000",
        "big:120:24000",
        "fan-in:8:8000",
        "memory:1000:1",
        "open:4:10000",
        "ask:2:1000",
    ];
    for workers in ["1", "2"] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_aetherflow"));
        let output = program.args([workers, "100", "0", "20"]).args(asked).output().expect("starts");
        let stdout = String::from_utf8(output.stdout).expect("text");
        let line = stdout.lines().last().expect("an answer");
        let answer: Answer = serde_json::from_str(line).expect("an answer");
        assert!(output.status.success());
        assert_eq!((answer.peer.as_str(), answer.version.as_str()), ("aetherflow", "0.1.0"));
        assert_eq!(answer.rows.len(), asked.len());
        for row in answer.rows {
            let cannot = workers == "1" && row.asked.starts_with("ask");
            assert_eq!(row.why.is_some(), cannot, "{workers} workers: {row:?}");
            assert!(!row.wrong, "{row:?}");
        }
    }
}

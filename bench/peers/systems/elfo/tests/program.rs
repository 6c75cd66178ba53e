//! The built program, asked for everything that it can be asked for.

use std::process::Command;

fn answered(workers: &str) {
    let asked = "ping-pong:2:10000 counting:2:10000 fork-join:60:60000 create:1:1000 ring:100:10000 ring-shuffled:1000:10000 \
                 big:120:24000 fan-in:8:80000 ask:2:1000 memory:1000:1 open:4:10000 open:1:100000";
    let mut program = Command::new(env!("CARGO_BIN_EXE_elfo"));
    let output = program.args([workers, "100", "50", "20"]).args(asked.split_whitespace()).output();
    let output = output.expect("it was built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    assert_eq!(answer["peer"], "elfo");
    let rows = answer["rows"].as_array().expect("a row for each");
    assert_eq!(rows.len(), asked.split_whitespace().count());
    for row in rows {
        assert!(row["why"].is_null(), "{row}");
    }
}

#[test]
fn with_one_worker() {
    answered("1");
}

#[test]
fn with_two_workers() {
    answered("2");
}

//! A load that never becomes steady: alone in its file, as it keeps a processor busy for half a minute.

use serde_json::Value;
use std::process::Command;

/// One token, and 33 stations that each work for a second on it: where nothing has come out for as long as a warm-up waits,
/// nothing can be steady, on however quick a machine.
#[test]
fn a_load_of_which_nothing_comes_out_is_never_steady() {
    let folder = std::env::temp_dir().join(format!("throng-unsteady-{}", std::process::id()));
    let line = "pipeline --mode closed --actors 33 --tokens 1 --service 1s --batch 4 --workers 1 --pin none --warmup auto --duration 100ms";
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(line.split_whitespace()).args(["--format", "json", "--out"]).arg(&folder);
    let output = command.output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("loadgen: the load never became steady within 30 s; name a --warmup"), "{said}");
    let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let validity = &run["validity"];
    let told = (&validity["valid"], &validity["never_steady"], &validity["wrong"]);
    assert_eq!(told, (&false.into(), &true.into(), &Value::Array(Vec::new())), "{validity}");
    let names =
        std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.contains(&"run.json.FAIL".into()), "{names:?}");
    assert!(names.iter().all(|name| name.ends_with(".FAIL")), "{names:?}");
    std::fs::remove_dir_all(&folder).expect("this test's own");
}

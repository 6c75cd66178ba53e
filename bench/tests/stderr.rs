//! What cannot be told on stderr costs no run and changes no exit code.

use std::fs::OpenOptions;
use std::process::{Command, Stdio};

/// The exit code of `program` with a stderr that takes nothing.
fn code(program: &str, line: &str) -> Option<i32> {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(full);
    command.status().expect("it runs").code()
}

/// The same with a stderr that nobody reads: a closed pipe.
fn unread(program: &str, line: &str) -> Option<i32> {
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stderr.take());
    child.wait().expect("it ends").code()
}

#[test]
fn a_stderr_that_is_gone_leaves_the_exit_code_what_it_is() {
    let (loadgen, throng) = (env!("CARGO_BIN_EXE_loadgen"), env!("CARGO_BIN_EXE_throng"));
    let folder = std::env::temp_dir().join(format!("throng-stderr-{}", std::process::id()));
    let table =
        format!("table --profile smoke --only throng --out {0}/run --target {0}/target", folder.display());
    for (program, line, expected) in [
        (loadgen, "nosuch", 2),
        (throng, "nosuch", 2),
        (throng, "--profile nonsense", 2),
        (throng, "limits --nosuch", 2),
        (throng, "row nosuch", 2),
        // Long enough to tell of its progress.
        (loadgen, "ping-pong --duration 2500ms --workers 1 --pin none", 0),
        (throng, &table, 0),
    ] {
        assert_eq!(code(program, line), Some(expected), "{line}, onto a full device");
        if line == table {
            assert!(folder.join("run/table.json").is_file(), "the run is kept");
            // No run is written beside another.
            std::fs::remove_dir_all(folder.join("run")).expect("this test's own");
        }
        assert_eq!(unread(program, line), Some(expected), "{line}, into a closed pipe");
    }
    assert!(folder.join("run/table.json").is_file(), "the run is kept");
    std::fs::remove_dir_all(&folder).expect("this test's own");
}

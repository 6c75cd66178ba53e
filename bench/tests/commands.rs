//! What `throng` does where its output or its folders are not to be had.

use std::fs::OpenOptions;
use std::process::{Command, Output, Stdio};

fn throng(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_throng"));
    command.args(line.split_whitespace()).stderr(Stdio::piped());
    command
}

/// What was said, in one line.
fn said(output: &Output) -> String {
    let said = String::from_utf8(output.stderr.clone()).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn a_target_that_cannot_be_written_is_told_before_anything_is_measured() {
    let folder = std::env::temp_dir().join(format!("throng-commands-{}", std::process::id()));
    for target in ["/proc/x", "/proc", "/dev/null", "/dev/null/x"] {
        let line = format!("--profile smoke --only asyncio --target {target} --out {}", folder.display());
        let output = throng(&line).output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(said(&output).contains("--target"), "{line}");
        assert!(output.stdout.is_empty() && !folder.exists(), "{line}");
    }
}

#[test]
fn a_row_that_cannot_be_written_is_one_line() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let child = throng("row ask --seconds 0.02").stdout(full).spawn().expect("it starts");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("stdout"));

    let mut child = throng("row ask --seconds 0.02").stdout(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_row_longer_than_a_day_is_refused() {
    let output = throng("row actors --seconds 1e300").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("1e300"));
}

//! What needs a process of its own: memory, signals, exit codes.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

fn loadgen(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(line.split_whitespace());
    command
}

#[test]
fn idle_actors_cost_what_their_cells_take() {
    let output =
        loadgen("idle --actors 200k --workers 1 --pin none --format json").output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bytes = run["bytes_per_actor"].as_f64().expect("Linux tells what is resident");
    // A cell with its state is a line of 64, less what was resident before and is counted as the baseline's; a second
    // line and a few bytes are the most the design allows.
    assert!((48.0..=136.0).contains(&bytes), "{bytes} B an actor");
    assert!(run["facts"]["cpu_ms_per_idle_s"].as_f64() >= Some(0.0), "{run}");
    assert_eq!((&run["messages"], &run["validity"]["valid"]), (&200_000.into(), &true.into()));
}

#[test]
fn usage_is_one_line_and_nothing_on_stdout() {
    let output = loadgen("ring --workers none").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("loadgen: --workers got \"none\": takes"), "{said}");
}

#[test]
fn an_interrupt_ends_the_load_and_gives_what_was_measured() {
    let mut child = loadgen("ping-pong --duration 10m --workers 2 --pin none --format json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // The first line of progress comes while the load runs.
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let first = said.next().expect("progress").expect("text");
    assert!(first.contains("turns"), "{first}");
    let pid = i32::try_from(child.id()).expect("a pid");
    // SAFETY: a signal to a child that has not been waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGINT) }, 0);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&run["validity"]["interrupted"], &run["validity"]["valid"]), (&true.into(), &true.into()));
    assert!(run["messages"].as_u64() > Some(0));
}

#[test]
fn a_closed_pipe_is_no_panic() {
    let mut child = loadgen("ask --messages 1000 --workers 1 --pin none")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

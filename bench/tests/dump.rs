//! SIGUSR1 to a running process: it says on stderr what it is at, and goes on as if nothing had been asked.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command, Stdio};

fn start(program: &str, line: &str) -> (Child, BufReader<ChildStderr>) {
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    while !catches(&child, libc::SIGUSR1) {
        std::thread::yield_now();
    }
    (child, stderr)
}

fn catches(child: &Child, number: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a child");
    assert!(!status.contains("State:\tZ"), "it ended before it could be asked");
    has(&status, "SigCgt:", number)
}

/// Whether a mask of signals in a thread's status has this one.
fn has(status: &str, mask: &str, number: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix(mask)).expect("Linux tells");
    u64::from_str_radix(mask.trim(), 16).expect("a mask") >> (number - 1) & 1 == 1
}

/// Asks the process, and reads what it says.
fn dump(child: &Child, stderr: &mut impl BufRead, program: &str) -> String {
    let pid = i32::try_from(child.id()).expect("a pid");
    // SAFETY: a signal to a child of this process that has not been waited for.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGUSR1) }, 0);
    let (mut text, last) = (String::new(), format!("{program}: goes on\n"));
    while !text.ends_with(&last) {
        assert_ne!(stderr.read_line(&mut text).expect("text"), 0, "it ended, and said: {text}");
    }
    assert!(text.contains(&format!("{program}: SIGUSR1: ")), "{text}");
    text
}

/// What is left to be read, and how it ended.
fn end(mut child: Child, mut stderr: impl BufRead) -> (String, String, Option<i32>) {
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().expect("a pipe").read_to_string(&mut out).expect("text");
    stderr.read_to_string(&mut err).expect("text");
    (out, err, child.wait().expect("it ends").code())
}

#[test]
fn a_load_says_who_waits_for_whom_and_its_run_holds() {
    const LOAD: &str =
        "bounded --messages 40k --producers 4 --service 50us --workers 1 --pin none --seed 7 --format json";
    let (child, mut stderr) = start(env!("CARGO_BIN_EXE_loadgen"), LOAD);
    // Asked until everything that is looked for has been seen: before the load is on there is nothing to see.
    let parts = [
        "1 actor system\n",
        "workers at work",
        "\nworker 0 ",
        " waits for a place with ",
        "\nwithout kin: ",
        "messages: ",
    ];
    let mut asked = 0;
    loop {
        let text = dump(&child, &mut stderr, "loadgen");
        asked += 1;
        if parts.iter().all(|part| text.contains(part)) {
            break;
        }
    }
    dump(&child, &mut stderr, "loadgen");
    let (out, err, code) = end(child, stderr);
    assert_eq!(code, Some(0), "asked {asked} times: {err}");
    // It tells how far it is, and of no fault.
    assert!(err.lines().all(|line| line.contains(" 0 lost")), "{err}");
    // Nothing but the result, whole.
    let run: Value = serde_json::from_str(&out).expect("JSON alone");
    assert_eq!(run["validity"]["valid"], true, "{}", run["validity"]);
    assert_eq!(run["validity"]["interrupted"], false, "{}", run["validity"]);
    // As one that nobody has asked.
    let left_alone =
        Command::new(env!("CARGO_BIN_EXE_loadgen")).args(LOAD.split_whitespace()).output().expect("it runs");
    let left_alone: Value = serde_json::from_slice(&left_alone.stdout).expect("JSON alone");
    for same in ["messages", "ledger", "options", "command", "validity"] {
        assert_eq!(run[same], left_alone[same], "{same}");
    }
    assert_eq!(run["messages"], 40_000);
}

/// A thread that works is not held up by who asks again and again: only the one that looks has the signal.
#[test]
fn only_the_thread_that_looks_gets_the_signal() {
    for program in [env!("CARGO_BIN_EXE_throng"), env!("CARGO_BIN_EXE_loadgen")] {
        let line =
            if program.ends_with("loadgen") { "counting --messages 10" } else { "jitter --duration 1ms" };
        let (child, mut stderr) = start(program, line);
        // What it is at, if it has not ended by now: a thread may come and go while it is looked at.
        let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten().flatten();
        let statuses = tasks
            .filter_map(|task| std::fs::read_to_string(task.path().join("status")).ok())
            .collect::<Vec<_>>();
        for status in &statuses {
            let looks = status.starts_with("Name:\tdump\n");
            assert!(looks || has(status, "SigBlk:", libc::SIGUSR1), "{status}");
        }
        let mut said = String::new();
        stderr.read_to_string(&mut said).expect("text");
        assert_eq!(end(child, stderr).2, Some(0), "{said}");
    }
}

/// Who looks at the signal has two of its own. A file that this test was started with is in nobody's way.
#[test]
fn too_few_open_files_for_it_are_told_with_what_to_do() {
    for (program, path) in
        [("throng", env!("CARGO_BIN_EXE_throng")), ("loadgen", env!("CARGO_BIN_EXE_loadgen"))]
    {
        let mut command = Command::new("sh");
        let output = command
            .args(["-c", "exec 3>&-; ulimit -n 4; exec \"$0\" --version", path])
            .output()
            .expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(0), "{said}");
        let told = format!("{program}: SIGUSR1 cannot be listened for: Too many open files");
        assert!(said.starts_with(&told), "{said}");
        assert!(said.trim_end().ends_with("; it may have more where ulimit -n is larger"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn the_conductor_says_so_too_and_the_help_of_both_tells_of_it() {
    let (throng, loadgen) = (env!("CARGO_BIN_EXE_throng"), env!("CARGO_BIN_EXE_loadgen"));
    let (child, mut stderr) = start(throng, "jitter --duration 1s --format json");
    let text = dump(&child, &mut stderr, "throng");
    assert!(text.contains("no actor system in this process"), "{text}");
    let (out, _, code) = end(child, stderr);
    assert_eq!(code, Some(0));
    serde_json::from_str::<Value>(&out).expect("JSON alone");
    for program in [throng, loadgen] {
        let help = Command::new(program).arg("--help").output().expect("it runs").stdout;
        assert!(String::from_utf8(help).expect("text").contains("SIGUSR1"), "{program}");
    }
}

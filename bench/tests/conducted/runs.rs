//! The runs of a load: each has its own seed, and one that is dropped is told.

use super::scratch::{Scratch, THRONG, said};
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, Stdio};

/// A load that was told to end, and what it says.
struct Interrupted {
    scratch: Scratch,
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    /// The run that does not listen, and what it bears in its environment.
    deaf: (i32, String),
}

impl Interrupted {
    /// Whether a signal waits for the run that does not listen.
    fn is_told((pid, _): &(i32, String)) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let pending = status.lines().find_map(|line| line.strip_prefix("ShdPnd:")).unwrap_or("0");
        u64::from_str_radix(pending.trim(), 16).expect("a mask") != 0
    }

    /// Ends the run that nobody waited for.
    fn end_the_deaf(deaf: &(i32, String)) {
        let (pid, mark) = deaf;
        let environ = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        if environ.split(|byte| *byte == 0).any(|entry| entry.starts_with(mark.as_bytes())) {
            // SAFETY: a signal to a process of this test, known by its mark.
            unsafe { libc::kill(*pid, libc::SIGKILL) };
        }
    }
}

/// A load whose second run stands still, so that it does not listen: a signal has been sent to the load.
fn interrupted_while_a_run_does_not_listen(name: &str) -> Interrupted {
    let scratch = Scratch::new(name);
    let line = "load ping-pong --duration 2s --workers 1 --pin none --seed 7 --runs 9 --out kept";
    let mut command = Command::new(THRONG);
    command.args(line.split_whitespace()).current_dir(&scratch.0);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("piped")).lines();
    let whole = said.find(|line| line.as_ref().expect("text").starts_with("[1/9] time a message "));
    assert!(whole.is_some(), "the first run did not come to its end");
    // The one process that bears its mark; it has just been started, or will be. It listens, or it would not be deaf.
    let mark = format!("THRONG_CHILD={}-", child.id());
    let second = loop {
        let pids = std::fs::read_dir("/proc").expect("Linux has it");
        let pids = pids.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let marked = |pid: &i32| {
            std::fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|environ| environ.split(|byte| *byte == 0).any(|e| e.starts_with(mark.as_bytes())))
        };
        let listens = |pid: &i32| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0");
            u64::from_str_radix(mask.trim(), 16).expect("a mask") >> (libc::SIGINT - 1) & 1 == 1
        };
        if let Some(pid) = { pids }.find(|pid| marked(pid) && listens(pid)) {
            break pid;
        }
        assert_eq!(child.try_wait().expect("a child"), None);
    };
    // SAFETY: a signal to the child's own child, which it does not reap before it ends.
    assert_eq!(unsafe { libc::kill(second, libc::SIGSTOP) }, 0);
    // Until it stands: a signal that comes before is taken first, and heard.
    let stands = || {
        let status = std::fs::read_to_string(format!("/proc/{second}/status")).unwrap_or_default();
        status.contains("\nState:\tT")
    };
    while !stands() {
        assert_eq!(child.try_wait().expect("a child"), None);
    }
    // SAFETY: a signal to a child that is not reaped.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    Interrupted { scratch, child, said, deaf: (second, mark) }
}

#[test]
fn a_run_that_does_not_end_in_time_is_dropped_and_that_is_told() {
    let Interrupted { scratch, child, said, .. } = interrupted_while_a_run_does_not_listen("deaf");
    let rest: Vec<_> = said.map_while(Result::ok).collect();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{rest:?}");
    let dropped = "run-2: interrupted and dropped: it did not end within 2 s";
    assert!(rest.iter().any(|line| line == &format!("throng: {dropped}")), "{rest:?}");
    let load = scratch.json("kept/run.json");
    assert_eq!(load["runs"][0]["valid"], true);
    assert!(load["over_runs"]["ns_per_msg"]["median"].as_f64() > Some(0.0), "{load}");
    assert_eq!(load["runs"][1]["why"], "interrupted and dropped: it did not end within 2 s");
    for text in [
        String::from_utf8(output.stdout).expect("text"),
        std::fs::read_to_string(scratch.0.join("kept/summary.md")).expect("kept"),
    ] {
        assert!(text.contains(dropped), "{text}");
    }
}

#[test]
fn r20_a_second_signal_ends_a_load_at_once_and_says_so() {
    let Interrupted { scratch, mut child, said, deaf } = interrupted_while_a_run_does_not_listen("twice");
    // Two signals at once are one: the first has been heard when it was handed on to the run, where it waits.
    while !Interrupted::is_told(&deaf) {
        assert_eq!(child.try_wait().expect("a child"), None, "it ended at the first signal");
    }
    // SAFETY: the child is not reaped yet, so its number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let code = child.wait().expect("it ends").code();
    Interrupted::end_the_deaf(&deaf);
    let rest: Vec<_> = said.map_while(Result::ok).collect();
    assert_eq!(code, Some(130), "{rest:?}");
    let line = "interrupted twice: ended at once; files that are there are whole, nothing else is kept";
    assert!(rest.iter().any(|said| said == line), "{rest:?}");
    assert!(scratch.0.join("kept/run-1/run.json").exists(), "what was whole stays");
}

#[test]
fn each_run_of_a_load_has_the_next_seed() {
    let scratch = Scratch::new("seeds");
    for (line, folder, first) in [
        ("load mesh --messages 2k --workers 1 --pin none --seed 7 --runs 3 --out a", "a", 7),
        ("load mesh --seed=18446744073709551615 --messages 2k --workers 1 --runs 2 --out b", "b", u64::MAX),
        ("load mesh --messages 2k --workers 1 --pin none --runs 2 --out c", "c", 1),
        ("sweep mesh --over workers=1,2 --messages 2k --pin none --seed=9 --runs 2 --out d", "d/point-2", 9),
    ] {
        let output = scratch.throng(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output));
        let load = scratch.json(&format!("{folder}/run.json"));
        let runs = load["runs"].as_array().expect("runs").len() as u64;
        for n in 0..runs {
            let run = scratch.json(&format!("{folder}/run-{}/run.json", n + 1));
            assert_eq!(run["env"]["seed"].as_u64(), Some(first.wrapping_add(n)), "{line}");
        }
        assert_eq!(load["env"]["seed"].as_u64(), Some(first), "{line}");
        let text = std::fs::read_to_string(scratch.0.join(folder).join("summary.md")).expect("kept");
        let last = first.wrapping_add(runs - 1);
        let told = format!("- seeds: {first} in run-1, each next run has the next one, up to {last}\n");
        assert!(text.contains(&told), "{line}: {text}");
    }
}

//! R20: whichever command is interrupted, by Ctrl-C or by `kill`: what it has is saved and marked, and it ends within two seconds.

use super::others::Ending;
use super::scratch::{Scratch, THRONG, names};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// Each works for minutes if nobody ends it; and the words, or their beginning, with which it says that it is at work.
const LINES: [(&str, &str); 8] = [
    ("load counting --duration 10m --workers 1 --pin none --runs 2 --out run", "measuring"),
    ("sweep counting --duration 10m --pin none --over workers=1,2 --runs 1 --out run", "measuring"),
    ("compare --a= --b= --pairs 5 --out run -- counting --duration 10m --workers 1 --pin none", "measuring"),
    ("prices --quick --only base --rounds 999 --out run", "round 1 of 999"),
    ("savina ping-pong --size small --rounds 999 --out run", "round 1 of 999"),
    ("peers throng --profile smoke --used 0ms --rounds 999 --out run", "round 1 of 999"),
    ("jitter --duration 60m --out run", ""),
    ("table --profile paper --only throng --target target --out run", "throng"),
];

/// Waits until it says that it is at work; one that says nothing is when it has threads for it.
fn is_at_work(pid: u32, lines: &mut impl Iterator<Item = String>, words: &str) {
    if !words.is_empty() {
        let all: Vec<_> = lines.take_while(|line| !line.contains(words)).collect();
        assert!(std::fs::exists(format!("/proc/{pid}/fd")).is_ok_and(|is| is), "it has ended: {all:?}");
        return;
    }
    let looks = |task: std::io::Result<std::fs::DirEntry>| {
        let name = task.and_then(|task| std::fs::read_to_string(task.path().join("comm")));
        name.is_ok_and(|name| name.trim() == "jitter")
    };
    while !std::fs::read_dir(format!("/proc/{pid}/task")).expect("a child").any(looks) {
        std::thread::yield_now();
    }
}

#[test]
fn r20_every_command_is_saved_and_ends_within_two_seconds() {
    for (n, (line, words)) in LINES.into_iter().enumerate() {
        // By the one and by the other in turns.
        let number = [libc::SIGTERM, libc::SIGINT][n % 2];
        let scratch = Scratch::new("interrupted");
        let mut command = scratch.command(THRONG, line);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        is_at_work(child.id(), &mut lines, words);
        let ending = Ending::of(&child);
        // SAFETY: a signal to a child of this process; its number is not another's before it is waited for.
        assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).expect("a pid"), number) }, 0);
        let rest: Vec<_> = lines.collect();
        let took = ending.took(&child);
        let code = child.wait().expect("it ends").code();
        assert_eq!(code, Some(130), "{line}: {rest:?}");
        assert!(took < Duration::from_secs(2), "{line}: {took:?}: {rest:?}");
        let kept = names(&scratch.0.join("run"));
        let result = ["run.json", "run.json.FAIL", "table.json", "table.json.FAIL"]
            .into_iter()
            .find(|name| kept.iter().any(|kept| kept == name))
            .unwrap_or_else(|| panic!("{line}: nothing is kept: {kept:?}: {rest:?}"));
        let saved: Value = scratch.json(&format!("run/{result}"));
        let marked = saved["validity"]["interrupted"] == true || saved["env"]["interrupted"] == true;
        assert!(marked, "{line}: {result} does not say so: {}", saved["validity"]);
    }
}

//! A folder that has files is left as it is: two runs are never mixed.

use super::scratch::{LOADGEN, Scratch, THRONG, names, said};
use std::process::{Command, Stdio};

/// The exit code, and what was said.
fn run(scratch: &Scratch, program: &str, line: &str) -> (Option<i32>, String) {
    let output = scratch.command(program, line).output().expect("it runs");
    (output.status.code(), said(&output))
}

#[test]
fn r19_no_command_writes_where_another_has_written() {
    let scratch = Scratch::new("taken");
    let taken = scratch.0.join("taken");
    std::fs::create_dir(&taken).expect("a new folder");
    std::fs::write(taken.join("run.json"), "another's").expect("a file");
    for (program, line) in [
        (LOADGEN, "ask --messages 9"),
        (THRONG, "loadgen ask --messages 9"),
        (THRONG, "jitter --duration 1ms"),
        (THRONG, "table --profile smoke --only asyncio --target target"),
        (THRONG, "load ask --messages 9 --runs 1"),
        (THRONG, "sweep ask --messages 9 --over workers=1,2 --runs 1"),
        (THRONG, "prices --quick --only base --rounds 1"),
        (THRONG, "savina ping-pong --size small --time 1ms"),
        (THRONG, "peers throng --workloads ask:2:9 --used 0ms --idle 0 --time 1ms --rounds 1"),
    ] {
        let (code, said) = run(&scratch, program, &format!("{line} --out taken"));
        assert_eq!(code, Some(2), "{line}: {said}");
        let takes = "--out got \"taken\": takes a folder that is new or empty; this one has files\n";
        assert!(said.ends_with(takes) && said.lines().count() == 1, "{line}: {said}");
        assert_eq!(names(&taken), ["run.json"], "{line}");
        assert_eq!(names(&scratch.0), ["taken"], "{line}");
    }
    // What is empty is as good as new.
    std::fs::remove_file(taken.join("run.json")).expect("its own");
    let (code, said) = run(&scratch, LOADGEN, "ask --messages 9 --workers 1 --pin none --out taken");
    assert_eq!(code, Some(0), "{said}");
    assert!(names(&taken).contains(&"run.json".to_owned()));
}

/// The page cannot take its place: there is a folder. That was no file before anything was measured.
#[test]
fn r19_a_page_of_jitter_that_cannot_be_had_is_an_error_and_the_raw_files_stay() {
    let scratch = Scratch::new("page");
    let mut command = Command::new(THRONG);
    command.args(["jitter", "--duration", "60m", "--out", "idle"]).current_dir(&scratch.0);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // Each processor has a thread when the folder has been looked at.
    let threads = format!("/proc/{}/task", child.id());
    let looks = |thread: std::io::Result<std::fs::DirEntry>| {
        let name = thread.and_then(|thread| std::fs::read_to_string(thread.path().join("comm")));
        name.is_ok_and(|name| name.trim() == "jitter")
    };
    while !std::fs::read_dir(&threads).expect("a child").any(looks) {
        std::thread::yield_now();
    }
    std::fs::create_dir_all(scratch.0.join("idle/report.html")).expect("a new folder");
    // SAFETY: a signal to a child of this process; its number is not another's before it is waited for.
    assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).expect("a pid"), libc::SIGINT) }, 0);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(130), "{said}");
    let told = said.lines().find(|line| line.starts_with("throng: no page: "));
    assert!(told.is_some_and(|line| line.contains("idle/report.html")), "{said}");
    assert!(!output.stdout.is_empty(), "the result is told all the same");
    let run = std::fs::read(scratch.0.join("idle/run.json")).expect("kept");
    let run: serde_json::Value = serde_json::from_slice(&run).expect("JSON");
    assert_eq!(run["validity"]["valid"], true);
}

#[test]
fn no_command_writes_where_another_is_at_work() {
    let scratch = Scratch::new("at-work");
    let claimed = scratch.0.join("claimed");
    std::fs::create_dir(&claimed).expect("a new folder");
    let others = std::fs::File::open(&claimed).expect("it is there");
    others.try_lock().expect("nobody has it");
    for (program, line) in [
        (LOADGEN, "ask --messages 9"),
        (THRONG, "jitter --duration 1ms"),
        (THRONG, "table --profile smoke --only asyncio --target target"),
        (THRONG, "load ask --messages 9 --runs 1"),
        (THRONG, "load --profile-file quick.toml"),
        (THRONG, "sweep ask --messages 9 --over workers=1,2 --runs 1"),
        (THRONG, "compare --a= --b= --pairs 5 -- ask --messages 9"),
        (THRONG, "prices --quick --only base --rounds 1"),
        (THRONG, "savina ping-pong --size small --time 1ms"),
        (THRONG, "peers throng --workloads ask:2:9 --used 0ms --idle 0 --time 1ms --rounds 1"),
    ] {
        std::fs::write(
            scratch.0.join("quick.toml"),
            "version = 1\n[[load]]\nname = \"a\"\nworkload = \"ask\"\nmessages = \"9\"\n",
        )
        .expect("writable");
        let line = if line.contains(" -- ") {
            line.replace(" -- ", " --out claimed -- ")
        } else {
            format!("{line} --out claimed")
        };
        let (code, said) = run(&scratch, program, &line);
        assert_eq!(code, Some(2), "{line}: {said}");
        let takes =
            "--out got \"claimed\": takes a folder of its own; another command writes into this one\n";
        assert!(said.ends_with(takes) && said.lines().count() == 1, "{line}: {said}");
        assert!(names(&claimed).is_empty(), "{line}");
    }
    drop(others);
    let (code, said) = run(&scratch, LOADGEN, "ask --messages 9 --out claimed");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn commands_of_the_same_second_have_folders_of_their_own() {
    let scratch = Scratch::new("same-second");
    let started: Vec<_> = (1..=3)
        .map(|seed| {
            let mut command = Command::new(THRONG);
            let line = format!("load counting --messages 1k --runs 1 --seed {seed}");
            command.args(line.split_whitespace()).current_dir(&scratch.0);
            command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    for child in started {
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let runs = scratch.0.join("reports/runs");
    let folders = names(&runs);
    assert_eq!(folders.len(), 3, "{folders:?}");
    for folder in folders {
        assert!(runs.join(&folder).join("run.json").is_file(), "{folder}");
    }
}

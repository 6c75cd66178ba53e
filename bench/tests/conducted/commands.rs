//! What `throng` does where its output or its folders are not to be had.

use super::others::Ending;
use super::scratch::{Scratch, THRONG, names};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn throng(line: &str) -> Command {
    let mut command = Command::new(THRONG);
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
fn r19_a_target_that_cannot_be_written_is_told_before_anything_is_measured() {
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
fn r19_a_row_that_cannot_be_written_is_one_line() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let child = throng("row ask --seconds 0.02").stdout(full).spawn().expect("it starts");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("stdout"));
}

#[test]
fn a_row_longer_than_a_day_is_refused() {
    let output = throng("row actors --seconds 1e300").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("1e300"));
}

#[test]
fn where_nothing_could_be_measured_the_table_is_kept_and_the_code_is_1() {
    let scratch = Scratch::new("nothing");
    let line = "--profile smoke --only asyncio,beam --format json --out run --target target";
    // Neither python3 nor erl is to be found.
    let output = throng(line).current_dir(&scratch.0).env("PATH", "/nowhere").output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.ends_with("throng: no system could be measured: each row's note says why\n"), "{said}");
    let table: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(scratch.json("run/table.json.FAIL"), table);
    assert_eq!(names(&scratch.0.join("run")), ["index.html", "table.json.FAIL", "table.md.FAIL"]);
    for (row, why) in [(0, "python3 not found"), (1, "erl not found")] {
        let row = &table["rows"][row];
        assert_eq!((&row["measured"], &row["note"]), (&Value::Null, &why.into()));
    }
    assert_eq!(
        table["env"]["versions"],
        json!({"python": null, "otp": null, "pykka": null, "thespian": null})
    );
}

/// An interrupt alone makes nothing invalid, but what has no figure is no result.
#[test]
fn r20_a_table_that_was_interrupted_before_it_had_a_figure_does_not_hold() {
    let scratch = Scratch::new("no-row");
    let mut command = throng("--profile smoke --only throng,asyncio --out run --target target");
    let child = command.current_dir(&scratch.0).stdout(Stdio::piped()).spawn().expect("it starts");
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let all = names(&scratch.0.join("run"));
    assert_eq!(all, ["index.html", "table.json.FAIL", "table.md.FAIL"]);
    let says = "Not valid: interrupted before a system was measured.";
    let page = scratch.text("run/index.html");
    assert!(page.contains(says), "{page}");
    let output = scratch.throng("report run");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((names(&scratch.0.join("run")), scratch.text("run/index.html")), (all, page));
}

#[test]
fn the_page_says_how_to_repeat_the_run_so_that_a_shell_can() {
    let scratch = Scratch::new("repeat");
    let target = "it's a \"target\" & more";
    let run = |command: &mut Command| {
        let output = command.current_dir(&scratch.0).env_remove("CARGO").output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(0), "{said}");
        let path = said.lines().last().and_then(|line| line.strip_prefix("files of this run: "));
        scratch.text(&format!("{}/index.html", path.expect("where they are"))).replace("&#39;", "'")
    };
    std::os::unix::fs::symlink(THRONG, scratch.0.join("a throng")).expect("a new link");
    let mut command = Command::new("./a throng");
    command.args(["--profile", "smoke", "--only", "throng", "--format=markdown", "--target", target]);
    let repeat = |page: &str| {
        let (_, rest) = page.split_once("<pre><code>").expect("the command");
        let (line, _) = rest.split_once("</code>").expect("its end");
        line.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    let first = repeat(&run(&mut command));
    assert!(first.starts_with("'./a throng' table --profile smoke --only throng"), "{first}");
    let mut shell = Command::new("sh");
    let second = repeat(&run(shell.args(["-c", &first])));
    assert_eq!(second, first);
}

/// Sends the signal as soon as it is listened for.
fn interrupt(child: &Child) {
    let catches = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a child");
        assert!(!status.contains("State:\tZ"), "it ended before it could be interrupted");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).expect("Linux tells");
        u64::from_str_radix(mask.trim(), 16).expect("a mask") >> (libc::SIGINT - 1) & 1 == 1
    };
    while !catches() {
        std::thread::yield_now();
    }
    // SAFETY: a signal to a child of this process; its number is not another's before it is waited for.
    assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).expect("a pid"), libc::SIGINT) }, 0);
}

/// There is nothing to keep: half a floor is none.
#[test]
fn r20_interrupted_limits_end_at_once() {
    let child = throng("limits --format json").stdout(Stdio::piped()).spawn().expect("it starts");
    let ending = Ending::of(&child);
    interrupt(&child);
    let took = ending.took(&child);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(output.stdout.is_empty() && took < Duration::from_secs(2), "{took:?}: {said}");
}

#[test]
fn r20_an_interrupted_jitter_keeps_what_was_measured() {
    let scratch = Scratch::new("jitter");
    let mut command = throng("jitter --duration 60m --format json --out run");
    let child = command.current_dir(&scratch.0).stdout(Stdio::piped()).spawn().expect("it starts");
    interrupt(&child);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let jitter: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(jitter["validity"], json!({"valid": true, "interrupted": true, "wrong": []}));
    assert_eq!(scratch.json("run/run.json"), jitter);
}

#[test]
fn r20_an_interrupted_price_list_keeps_what_was_measured() {
    let scratch = Scratch::new("prices");
    let mut command = throng("prices --quick --only base --rounds 999 --format json --out run");
    let mut child = command.current_dir(&scratch.0).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("it was piped")).lines();
    let second = said.find(|line| line.as_ref().expect("text").starts_with("round 2 of 999: base, stream"));
    assert!(second.is_some(), "it ended before it could be interrupted");
    // SAFETY: a signal to a child of this process; its number is not another's before it is waited for.
    assert_eq!(unsafe { libc::kill(i32::try_from(child.id()).expect("a pid"), libc::SIGINT) }, 0);
    let rest: Vec<String> = said.map(|line| line.expect("text")).collect();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{rest:?}");
    let prices: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(prices["validity"], json!({"valid": true, "interrupted": true, "wrong": []}));
    let base = &prices["features"][0];
    for measure in ["stream", "ping_pong"] {
        let figure = &base[measure]["ns_per_message"];
        assert!(figure["each"][0].is_number(), "the first round is whole: {measure}: {figure}");
    }
    // What its actors take may have been there already: there is no figure of them then.
    let actor = &base["actor"]["bytes_per_actor"];
    assert!(actor.is_null() || actor["each"][0].is_number(), "the first round is whole: {actor}");
    assert_eq!(scratch.json("run/run.json"), prices);
    assert!(scratch.text("run/report.html").contains("What each feature costs"));
    assert!(scratch.text("run/summary.md").contains(" of 999 rounds, 1 feature, interrupted\n"));
}

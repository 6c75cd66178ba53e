//! What series come to where they end early, cannot tell, or find no end.

use super::scratch::{Scratch, THRONG, said};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

#[test]
fn r20_a_load_that_was_interrupted_before_anything_was_measured_is_not_valid() {
    let scratch = Scratch::new("nothing");
    let args = [
        "load",
        "mesh",
        "--rate",
        "1k",
        "--warmup",
        "60s",
        "--workers",
        "1",
        "--pin",
        "none",
        "--out",
        "kept",
    ];
    let mut command = Command::new(THRONG);
    command.args(args).current_dir(&scratch.0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let first = lines.next().expect("its progress is told").expect("text");
    assert!(first.contains("warm-up"), "{first}");
    // SAFETY: the child is not reaped yet, so its number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{rest:?}");
    let mut text = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut text).expect("text");
    assert!(text.contains("interrupted after 0 of 5 runs") && !text.contains("OVERLOADED"), "{text}");
    let load = scratch.json("kept/run.json.FAIL");
    assert_eq!((&load["validity"]["valid"], &load["validity"]["interrupted"]), (&json!(false), &json!(true)));
    assert_eq!(load["runs_asked"], 5);
}

#[test]
fn what_is_no_loadgen_is_refused_in_one_line() {
    let scratch = Scratch::new("stranger");
    for (name, deed) in [("silent", "exit 0"), ("loud", "echo one >&2; echo two >&2; exit 2")] {
        let path = scratch.0.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{deed}\n")).expect("writable");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its own");
        let output = scratch.throng(&format!("compare --a=./{name} --b= --out kept -- ring"));
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        let said = said(&output);
        let starts = format!("throng: A got \"./{name}\": is no loadgen, it left no run.json");
        assert!(said.starts_with(&starts) && said.ends_with("takes the path of a loadgen\n"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(!scratch.0.join("kept").exists());
    }
}

#[test]
fn what_the_plan_of_an_open_load_sets_is_not_compared() {
    let scratch = Scratch::new("planned");
    let load = "-- mesh --rate 2k --duration 30ms --warmup 0 --workers 1 --pin none";
    let output =
        scratch.throng(&format!("compare --a= --b= --pairs 5 --out kept --metric throughput {load}"));
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("the plan of an open load sets it") && !scratch.0.join("kept").exists());
    scratch.throng(&format!("compare --a= --b= --pairs 5 --out kept {load}"));
    let name = if scratch.0.join("kept/run.json").exists() { "kept/run.json" } else { "kept/run.json.FAIL" };
    assert_eq!(scratch.json(name)["metric"], "response.p50");
}

#[test]
fn the_largest_is_looked_for_between_the_values_of_a_list_too() {
    let scratch = Scratch::new("list");
    let line = "sweep counting --messages 2k --workers 1 --pin none --runs 1 --format json --out";
    let of = |out: &str, more: &str| {
        let output = scratch.throng(&format!("{line} {out} {more}"));
        assert_eq!(output.status.code(), Some(0), "{more}: {}", said(&output));
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")
    };
    // Nothing takes a second a message.
    let held = &of("held", "--over mailbox=64,1k --find-max ns_per_msg<1s")["find_max"];
    assert_eq!(
        (&held["at_end"], &held["found_label"], &held["tried"]),
        (&json!(true), &json!("1k"), &json!(2))
    );
    let text = std::fs::read_to_string(scratch.0.join("held/summary.md")).expect("it is there");
    assert!(text.contains("1k, the end of the range: more was not tried"), "{text}");
    let line = "sweep bounded --messages 20 --workers 1 --pin none --runs 1 --format json --out";
    let output = scratch.throng(&format!("{line} halved --over service=1us,20ms --find-max ns_per_msg<5ms"));
    let halved: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let find = &halved["find_max"];
    assert!(find["tried"].as_u64() > Some(4) && find["at_end"] == false, "{halved}");
    let (found, fails) =
        (find["found"].as_u64().expect("held at 1 us"), find["fails_at"].as_str().expect("not"));
    let fails: u64 = fails.strip_suffix("ns").expect("between the two").parse().expect("a number");
    assert!(found < fails && fails < 20_000_000, "{halved}");
    // Between two payloads there is none: that is no mistake.
    let output = scratch.throng("sweep counting --messages 2k --workers 1 --pin none --runs 1 --format json --out none --over payload=8,64 --find-max ns_per_msg<1ns");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}

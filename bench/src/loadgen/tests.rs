mod asks;
mod faults;
mod people;
mod plans;
mod services;

use super::*;
use serde_json::Value;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn run(line: &str) -> (Result<u8, (u8, String)>, String) {
    let mut out = Vec::new();
    let code = command(line.split_whitespace().map(OsString::from), &mut out);
    (code, String::from_utf8(out).expect("text"))
}

fn json(line: &str) -> Value {
    let (code, out) = run(&format!("{line} --format json"));
    assert_eq!(code, Ok(0), "{line}: {out}");
    assert_eq!(out.lines().count(), 1, "{line}: {out}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{line}: {error}: {out}"))
}

/// Small, yet long enough that mailboxes fill, samples are taken and workers steal.
const SMALL: [(&str, u64); 30] = [
    ("ping-pong --messages 20k", 20_000),
    ("ping-pong --messages 1", 1),
    ("ping-pong --messages 3 --sample all", 3),
    ("ping-pong --messages 5k --payload 4096 --mailbox 1", 5_000),
    ("crowd --actors 3000 --messages 10k", 10_000),
    ("counting --messages 50k", 50_000),
    ("counting --messages 1", 1),
    ("counting --messages 128 --sample all", 128),
    ("counting --messages 20k --mailbox 1 --payload 64", 20_000),
    ("counting --messages 20k --mailbox 100 --overflow fail", 20_000),
    ("fan-in --messages 40k --batch 1", 40_000),
    ("fan-in --messages 40k --mailbox 16 --overflow fail --sample all", 40_000),
    ("ring --messages 20k", 20_000),
    ("ring --messages 20k --tokens 100 --sample all", 20_000),
    ("ring --actors 1 --messages 500", 500),
    ("ring --actors 5000 --order shuffled --tokens 64 --messages 64k --sample off", 64_000),
    ("big --messages 24k", 24_000),
    ("big --actors 2 --messages 400 --sample all", 400),
    ("pairs --messages 20k --payload 48", 20_000),
    ("directory --actors 500 --messages 30k", 30_000),
    ("directory --actors 1 --messages 3 --tokens 7", 3),
    ("create --actors 5000", 5_000),
    ("ask --messages 5000", 5_000),
    ("ask --messages 100 --sample all", 100),
    ("skynet --actors 1000", 1_111),
    ("timers --messages 3000 --period 1ms", 3_000),
    ("timers --actors 1 --messages 1 --sample all", 1),
    ("supervise --messages 5k --crash 1/100 --sample all", 5_000),
    ("pools --messages 500 --burst 100 --pause 1ms --leave 5ms --sample all", 500),
    ("pubsub --messages 500 --sample all", 500),
];

#[test]
fn every_workload_runs_and_adds_up() {
    for (line, messages) in SMALL {
        for workers in [1, 2] {
            let run = json(&format!("{line} --workers {workers} --pin none"));
            assert_eq!(run["messages"], messages, "{line}");
            let ledger = &run["ledger"];
            assert!(ledger["handled"].as_u64() >= Some(messages), "{line}: {ledger}");
            assert_eq!(ledger["handled"], run["validity"]["expected_handled"], "{line}");
            assert_eq!(ledger["queued"], 0, "{line}");
            assert_eq!(run["validity"]["valid"], true, "{line}");
            assert!(run["ns_per_msg"].as_f64() > Some(0.0), "{line}");
            assert_eq!(run["engine"]["workers"], workers, "{line}");
            if line.contains("--sample all") {
                assert!(run["latency_ns"]["response"]["count"].as_u64() > Some(0), "{line}: {run}");
            }
            if line.contains("--sample off") {
                assert_eq!(run["latency_ns"]["response"], Value::Null, "{line}");
            }
        }
    }
}

#[test]
fn all_and_one_in_64_round_trips_are_sampled() {
    let count = |line: &str| json(line)["latency_ns"]["response"]["count"].as_u64().expect("a count");
    // The first stamp is made by the first message: one round trip fewer than there are.
    assert_eq!(count("ping-pong --messages 2000 --sample all"), 999);
    assert_eq!(count("counting --messages 6400 --sample all"), 6_400);
    assert_eq!(count("counting --messages 6400"), 100);
    assert_eq!(count("fan-in --messages 6400"), 8 * 13);
    let sampled = count("ring --messages 6400");
    assert!((99..=100).contains(&sampled), "{sampled}");
}

#[test]
fn every_policy_keeps_what_it_promises() {
    for policy in ["mute", "fail", "drop-newest", "drop-oldest", "drop-oldest-exact", "signal"] {
        for (mailbox, service, workers) in [(1, "1us", 1), (1, "0", 2), (16, "5us", 2), (1_024, "2us", 1)] {
            let line = format!(
                "bounded --overflow {policy} --mailbox {mailbox} --service {service} --messages 20k --producers 5 --workers {workers} --pin none"
            );
            let run = json(&line);
            let (ledger, facts) = (&run["ledger"], &run["facts"]);
            let of = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{line}: {value}"));
            assert_eq!(
                (&run["messages"], &run["producers"], &run["counts"]),
                (&20_000.into(), &5.into(), &"attempt".into())
            );
            let (newest, oldest) = (of(&ledger["dropped"]["newest"]), of(&ledger["dropped"]["oldest"]));
            let (refused, consumed) = (of(&ledger["refused"]["full"]), of(&facts["consumed"]));
            assert_eq!(of(&facts["accepted"]) + refused, 20_000, "{line}");
            assert_eq!(consumed + newest + oldest, of(&facts["accepted"]), "{line}");
            assert!(consumed > 0 && of(&ledger["attempts"]) >= 20_000, "{line}");
            let limit = match policy {
                "mute" => mailbox + 5 * of(&run["sends_per_handler"]),
                "drop-oldest" => 2 * mailbox,
                _ => mailbox,
            };
            assert_eq!(of(&facts["occupancy_limit"]), limit, "{line}");
            assert!((1..=limit).contains(&of(&run["occupancy_max"])), "{line}: {}", run["occupancy_max"]);
            // One worker: five producers have a turn each before the consumer's next.
            let pressed = workers == 1 && mailbox == 1;
            match policy {
                "mute" => assert!(run["stall_ns"].is_object() || !pressed, "{line}: {run}"),
                "fail" => assert!(refused > 0 || !pressed, "{line}"),
                "drop-newest" => assert!(newest > 0 || !pressed, "{line}"),
                "signal" => {
                    assert!(refused > 0 || !pressed, "{line}");
                    assert_eq!(facts["news"]["high"], facts["news"]["low"], "{line}");
                    assert!(of(&facts["news"]["high"]) > 0 || !pressed, "{line}");
                }
                _ => assert!(oldest > 0 || !pressed, "{line}"),
            }
            if let Some(stalls) = run["stall_ns"].as_object() {
                assert_eq!(stalls["count"], run["engine"]["muted"], "{line}");
                assert!(of(&stalls["total"]) >= of(&stalls["max"]), "{line}");
            }
        }
    }
}

#[test]
fn credit_is_whole_whatever_the_window() {
    for (mailbox, producers, window, service) in [
        (1, 1, None, "0"),
        (5, 5, None, "1us"),
        (16, 5, None, "5us"),
        (64, 5, Some(12), "0"),
        (1_024, 5, None, "0"),
        (1_024, 1, Some(2), "0"),
        (1_024, 8, Some(3), "0"),
    ] {
        for workers in [1, 2] {
            let given = window.map_or(String::new(), |window| format!("--window {window}"));
            let line = format!(
                "flow --mailbox {mailbox} --producers {producers} {given} --service {service} --messages 20k --workers {workers} --pin none"
            );
            let run = json(&line);
            let of = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("{line}: {value}"));
            let window = window.unwrap_or(mailbox / producers);
            assert_eq!(
                (&run["messages"], &run["window"], &run["producers"], &run["sends_per_handler"]),
                (&20_000.into(), &window.into(), &producers.into(), &16.into()),
                "{line}"
            );
            let (ledger, credit) = (&run["ledger"], &run["facts"]["credit"]);
            assert_eq!(ledger["attempts"], ledger["handled"], "{line}");
            assert_eq!(
                of(&credit["free"]) + of(&credit["held"]) + of(&credit["in_flight"]),
                producers * window,
                "{line}: {credit}"
            );
            assert_eq!((of(&credit["in_flight"]), of(&credit["windows"])), (0, producers * window), "{line}");
            let limit = (producers * window).max(2);
            assert_eq!(of(&run["facts"]["occupancy_limit"]), limit, "{line}");
            // One worker: a producer sends what one handler may before the consumer's next turn.
            let least = if workers == 1 { window.min(16) } else { 1 };
            assert!((least..=limit).contains(&of(&run["occupancy_max"])), "{line}: {}", run["occupancy_max"]);
            // Each producer has more to send than its window.
            let stalls = &run["stall_ns"];
            assert!(
                of(&stalls["count"]) > 0 && of(&stalls["total"]) >= of(&stalls["max"]),
                "{line}: {stalls}"
            );
        }
    }
    // The time ends with the last item consumed: a consumer cannot be quicker than its service.
    let run = json("flow --messages 50 --producers 2 --service 1ms --workers 2 --pin none");
    assert!(run["elapsed_ns"].as_u64() >= Some(50_000_000), "{run}");
    let run = json("flow --messages 8 --workers 1 --pin none");
    assert_eq!(run["stall_ns"], Value::Null, "a window is enough");
    assert_eq!(run["notes"]["stall_ns"], "no producer was out of credit");
}

/// Also where the number does not divide, and where some producers have nothing to send.
#[test]
fn producers_send_as_many_as_were_asked_for() {
    for workload in ["bounded", "bounded --overflow fail", "flow"] {
        for (messages, producers) in [(7, 8), (1, 3), (1_001, 8), (8_000, 7)] {
            let run = json(&format!(
                "{workload} --messages {messages} --producers {producers} --service 0 --workers 2 --pin none"
            ));
            assert_eq!(run["messages"], messages, "{workload}, {producers} producers");
        }
    }
}

#[test]
fn a_duration_ends_what_has_no_number() {
    for workload in [
        "ping-pong",
        "counting",
        "fan-in",
        "bounded",
        "flow",
        "ring --tokens 3",
        "pairs",
        "ask",
        "crowd --actors 10",
        "chat --users 20",
        "timers --actors 20 --cancel 20%",
        "timers --actors 20 --period 1ms --repeat 50%",
        "supervise --crash 1/50",
        "pubsub --overflow fail",
    ] {
        let run = json(&format!("{workload} --duration 30ms --workers 2 --pin none"));
        let elapsed = run["elapsed_ns"].as_u64().expect("a time");
        assert!(elapsed >= 30_000_000, "{workload}: {elapsed} ns");
        assert!(run["messages"].as_u64() > Some(0), "{workload}");
    }
}

#[test]
fn processor_time_is_told_where_it_can_be() {
    let short = json("counting --messages 1 --workers 1 --pin none");
    assert_eq!(short["cpu_ns"], Value::Null);
    assert!(short["notes"]["cpu_ns"].is_string(), "{short}");
    let run = json("ping-pong --duration 50ms --workers 1 --pin none");
    assert_eq!(run["notes"]["cpu_ns"], Value::Null);
    let told = |name: &str| run[name].as_u64().expect("a time");
    // No more than all processors can give; the stamps are not taken at the very same moment.
    let most = told("elapsed_ns") * run["env"]["processors"].as_u64().expect("a number") * 3 / 2;
    assert!(told("cpu_ns") > 0 && told("cpu_ns") <= most, "{run}");
}

#[test]
fn both_paces_of_injection_are_stamped() {
    let run = json("inject --workers 1 --pin none");
    assert_eq!(run["latency_ns"]["response"]["count"], 20_000);
    let facts = &run["facts"];
    assert_eq!(facts["parked"]["response_ns"]["count"], 500);
    // On a busy machine the worker may not come to sleep each time.
    assert!(facts["parked"]["parks"].as_u64() > Some(100), "{run}");
    // What is called spinning spun.
    let spun = facts["spinning"]["parks"].as_u64().is_some_and(|parks| parks <= 200);
    let slept = facts["not_always_spinning"]["parks"].as_u64() > Some(200);
    assert!(spun != slept, "{facts}");
    assert_eq!(facts["note"].is_null(), facts["spinning"]["parks"] == 0, "{facts}");
}

#[test]
fn a_run_has_the_fields_of_its_schema() {
    let run = json("counting --messages 10k --workers 1 --seed 7");
    let names =
        |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    for field in [
        "schema",
        "workload",
        "mode",
        "counts",
        "messages",
        "elapsed_ns",
        "cpu_ns",
        "ns_per_msg",
        "msgs_per_s",
        "bytes_per_actor",
        "ledger",
        "latency_ns",
        "stall_ns",
        "occupancy_max",
        "producers",
        "sends_per_handler",
        "window",
        "rss_peak_bytes",
        "validity",
        "engine",
        "notes",
        "options",
        "facts",
        "env",
    ] {
        assert!(names(&run).iter().any(|name| name == field), "{field}");
    }
    assert_eq!((&run["schema"], &run["workload"]), (&"run/1".into(), &"counting".into()));
    assert_eq!(
        names(&run["ledger"]),
        ["accepted", "attempts", "dead", "dropped", "handled", "queued", "refused", "returned"]
    );
    assert_eq!(names(&run["ledger"]["refused"]), ["closed", "full", "stale"]);
    assert_eq!(names(&run["latency_ns"]), ["response", "schedule_lag", "service"]);
    assert_eq!(
        names(&run["latency_ns"]["response"]),
        ["count", "max", "p50", "p90", "p99", "p99_9", "saturated"]
    );
    for (count, field) in [("steals", "engine"), ("before", "cross_core_ns"), ("seed", "env")] {
        let holder = if field == "cross_core_ns" { &run["env"][field] } else { &run[field] };
        assert!(names(holder).iter().any(|name| name == count), "{count} in {field}");
    }
    assert_eq!(run["bytes_per_actor"], Value::Null);
    assert_eq!((&run["producers"], &run["sends_per_handler"]), (&1.into(), &128.into()));
    assert_eq!(names(&run["ledger"]["dropped"]), ["newest", "oldest"]);
    let muted = run["engine"]["muted"].as_u64().expect("a number");
    assert_eq!(run["stall_ns"].is_object(), muted > 0, "{run}");
    assert_eq!(run["notes"]["stall_ns"].is_string(), muted == 0, "{run}");
    // Under mute: the capacity, and what one producer sends in a handler.
    let beyond = run["facts"]["sends_per_handler"].as_u64().expect("a number") + 1_024;
    assert!((1..=beyond).contains(&run["occupancy_max"].as_u64().expect("a number")), "{run}");
    assert_eq!(run["env"]["seed"], 7);
    assert!(run["facts"]["sends_per_handler"].as_u64() > Some(0));
}

/// A fresh path, removed with what is there at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("throng-loadgen-{name}-{}", std::process::id())))
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("the folder is there");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_files_of_a_run_agree_with_what_it_says() {
    let scratch = Scratch::new("files");
    let run = json(&format!("ping-pong --messages 20k --workers 1 --out {}", scratch.0.display()));
    assert_eq!(
        scratch.names(),
        ["env.json", "intervals.csv", "latency.hlog", "response.hgrm", "run.json", "summary.md"]
    );
    let text = |name: &str| std::fs::read_to_string(scratch.0.join(name)).expect("written");
    assert_eq!(serde_json::from_str::<Value>(&text("run.json")).expect("JSON"), run);
    assert_eq!(serde_json::from_str::<Value>(&text("env.json")).expect("JSON"), run["env"]);
    assert!(text("summary.md").starts_with("# ping-pong, closed, 1 worker: "));
    let log = crate::export::hlog::Reader::new(std::io::Cursor::new(text("latency.hlog")));
    let intervals: Vec<_> = log.map(|interval| interval.expect("what was written")).collect();
    assert_eq!(intervals.len(), 1);
    let response = &run["latency_ns"]["response"];
    assert_eq!(response["count"].as_u64(), Some(intervals[0].histogram.len()));
    assert_eq!(response["p50"].as_u64(), Some(intervals[0].histogram.value_at_quantile(0.5)));
    let distribution = hgrm::read(text("response.hgrm").as_bytes()).expect("what was written");
    let p50 = distribution.value_at_quantile(0.5).expect("samples") * hgrm::NS_PER_US;
    assert_eq!(response["p50"].as_u64(), Some(p50.round() as u64));
}

#[test]
fn a_run_that_does_not_hold_is_written_as_such() {
    let scratch = Scratch::new("fail");
    std::fs::create_dir_all(&scratch.0).expect("a new folder");
    let options = Options::read(["counting", "--messages", "100"].map(OsString::from)).expect("fits");
    let mut finished = run::execute(&options, &Arc::default()).expect("a run");
    assert!(finished.valid());
    finished.sound = false;
    save(&scratch.0, &finished, &run_json(&finished)).expect("a writable folder");
    assert!(scratch.names().iter().all(|name| name.ends_with(".FAIL")), "{:?}", scratch.names());
    assert!(scratch.names().contains(&"latency.hlog.FAIL".into()));

    // A later one that has no samples leaves none of them behind.
    let options = Options::read(["create", "--actors", "100"].map(OsString::from)).expect("fits");
    let finished = run::execute(&options, &Arc::default()).expect("a run");
    save(&scratch.0, &finished, &run_json(&finished)).expect("a writable folder");
    assert_eq!(scratch.names(), ["env.json", "run.json", "summary.md"]);
}

#[test]
fn r20_an_interrupted_run_gives_what_it_has() {
    for line in [
        "ping-pong",
        "counting",
        "bounded",
        "bounded --overflow drop-oldest-exact",
        "flow",
        "ring",
        "ring --tokens 4",
        "big",
        "directory --actors 100",
        "create",
        "ask",
        "inject",
        "skynet",
        "chat",
        "timers",
        "timers --repeat 50%",
    ] {
        let args = line.split_whitespace().chain(["--workers", "2", "--pin", "none"]).map(OsString::from);
        let options = Options::read(args).expect("fits");
        let interrupted = Arc::new(AtomicBool::new(true));
        let finished = run::execute(&options, &interrupted).expect("a run");
        assert!(finished.interrupted, "{line}");
        assert!(finished.valid(), "{line}: {}", finished.run.validity);
        assert!(finished.run.messages < 1_000_000, "{line}: {}", finished.run.messages);
    }
}

#[test]
fn a_run_tells_the_words_that_repeat_it() {
    let words =
        |line: &str| command_line(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>()).join(" ");
    assert_eq!(words("ring --out a/b --tokens 3 --format=json"), "loadgen ring --tokens 3");
    assert_eq!(words("mesh --rate 5 --out=x --format text --seed 2"), "loadgen mesh --rate 5 --seed 2");
    let words = serde_json::json!(["loadgen", "counting", "--messages", "100"]);
    assert_eq!(json("counting --messages 100")["command"], words);
}

#[test]
fn usage_and_failures_have_their_codes() {
    assert!(matches!(run("ring --workers x").0, Err((2, _))));
    assert!(matches!(run("--help"), (Ok(0), text) if text.contains("Usage: loadgen")));
    let (code, out) = run("ask --messages 10 --out /proc/nowhere");
    assert!(
        matches!(&code, Err((2, line)) if line.contains("--out got \"/proc/nowhere\": takes a folder")),
        "{code:?}"
    );
    assert!(out.is_empty());
    for taken in ["/dev/null", "/dev/null/nowhere"] {
        let (code, out) = run(&format!("ask --messages 10 --out {taken}"));
        assert!(
            matches!(&code, Err((2, line)) if line.contains(taken) && line.contains("takes a folder")),
            "{code:?}"
        );
        assert!(out.is_empty());
    }
}

#[test]
fn what_this_machine_does_not_have_is_refused_with_what_it_has() {
    let tried = |line: &str| {
        let options = Options::read(line.split_whitespace().map(OsString::from)).expect("it can be read");
        can_be_had(&options, Some(6_553_600), &[0, 1, 2, 5])
    };
    for line in [
        "idle --actors 96k",
        "directory --actors 85k",
        "ring --actors 66k",
        "big --actors 21k",
        "create --actors 1G",
        "idle",
        "ask",
        "ask --pin 5,0",
        "ask --pin spread",
    ] {
        assert_eq!(tried(line), Ok(()), "{line}");
    }
    let crowd = "--actors got \"96001\": takes up to 96000 for crowd here, by 64 B an actor and 6.25 MiB of memory that this process may take";
    let pin = "--pin got \"0,3,77\": takes processors that this process may use here: 0-2,5";
    for (line, why) in [
        ("crowd --actors 96001", crowd),
        ("directory --actors 86k", "--actors got \"86k\": takes up to 85333 for directory"),
        ("ring --actors 67k", "takes up to 66782"),
        ("big --actors 1G", "takes up to 21186"),
        ("ask --pin 0,3,77", pin),
    ] {
        let told = tried(line).expect_err(line);
        assert!(told.contains(why), "{line}: {told}");
    }
    let options = Options::read(["ask", "--pin", "9"].map(OsString::from)).expect("it can be read");
    assert_eq!(can_be_had(&options, None, &[]), Ok(()), "where nothing is told nothing is refused");
}

#[test]
fn r19_a_reader_that_left_is_a_failure_as_a_full_disk_is() {
    struct Failing(io::ErrorKind);
    impl Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
        assert!(matches!(print(&mut Failing(kind), "x"), Err((1, _))), "{kind}");
    }
}

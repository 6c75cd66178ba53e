//! What open load shows and closed load hides, and that its figures are those of the load.

#[expect(dead_code, reason = "other tests have use for all of it")]
mod others;

use others::Since;
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use throng_bench::clock::Clock;
use throng_bench::export::hlog;
use throng_bench::latency::Recorder;
use throng_bench::{jitter, probe};

/// Loads run alone: what they measure is each other otherwise.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The share of the processors' time that somebody else has, above which a figure says nothing of the load.
const BUSY: f64 = 0.06;

/// How much of the processors others have just now.
fn taken_by_others() -> f64 {
    let (clock, over) = (Clock::calibrated(), AtomicBool::new(false));
    let probed = jitter::probe(&probe::processors(), Duration::from_millis(100), &clock, &over);
    probed.expect("there is a processor").figures().stolen_share
}

/// Looks until it has held twice. What was looked at while other programs had the processors counts for nothing, and says so;
/// what must hold however busy they are is for `look` to demand by itself.
fn in_two_of_ten(mut look: impl FnMut() -> Result<(), String>) {
    let _alone = alone();
    let (mut held, mut seen) = (0, Vec::new());
    for _ in 0..10 {
        let before = taken_by_others();
        let found = look();
        let busy = before.max(taken_by_others());
        match found {
            Ok(()) => held += 1,
            Err(why) if busy > BUSY => {
                eprintln!("counts for nothing, others had {:.0} %: {why}", busy * 100.0);
            }
            Err(why) => seen.push(why),
        }
        if held == 2 {
            return;
        }
    }
    assert!(seen.is_empty(), "{seen:?}");
    throng_bench::stderr::line(
        "open_load: not run: other programs had the processors each time that it was looked at",
    );
}

/// What this process and those that it has waited for have had of the processors.
fn own() -> Duration {
    let of = |who| {
        // SAFETY: plain words, for all of which zero is a value, and the kernel writes them.
        let used = unsafe {
            let mut used: libc::rusage = std::mem::zeroed();
            assert_eq!(libc::getrusage(who, &raw mut used), 0);
            used
        };
        let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1_000);
        time(used.ru_utime) + time(used.ru_stime)
    };
    of(libc::RUSAGE_SELF) + of(libc::RUSAGE_CHILDREN)
}

/// Looks until it has looked twice undisturbed, ten times at most. Each of these looks must hold; while others had more than
/// [`BUSY`] of the processors nothing is judged but what `look` demands by itself.
fn undisturbed(mut look: impl FnMut() -> Result<(), String>) {
    let _alone = alone();
    let mut held = 0;
    for _ in 0..10 {
        let (since, before) = (Since::now(), own());
        let found = look();
        let busy = since.share_of_others(own() - before);
        match found {
            found if busy > BUSY => eprintln!("not judged, others had {:.0} %: {found:?}", busy * 100.0),
            Ok(()) => held += 1,
            Err(why) => panic!("{why}, and others had {:.1} % of the processors alone", busy * 100.0),
        }
        if held == 2 {
            return;
        }
    }
    throng_bench::stderr::line("open_load: not run: other programs had the processors when it was looked at");
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("throng-open-{name}-{}", std::process::id())))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs it with its files in `folder`; gives the exit code and `run.json`.
fn run(line: &str, folder: &Path) -> (i32, Value) {
    // Of a run before, where a test does several.
    let _ = std::fs::remove_dir_all(folder);
    let words = line.split_whitespace();
    let output = Command::new(env!("CARGO_BIN_EXE_loadgen"))
        .args(words)
        .args(["--format", "json", "--out"])
        .arg(folder)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {said}"));
    (output.status.code().expect("an exit"), json)
}

/// All samples of a latency in the log of a run.
fn logged(folder: &Path, tag: Option<&str>) -> hdrhistogram::Histogram<u64> {
    let file = File::open(folder.join("latency.hlog")).expect("the log");
    let mut all = Recorder::new().histogram().clone();
    for interval in hlog::Reader::new(BufReader::new(file)) {
        let interval = interval.expect("what was written");
        if interval.tag.as_deref() == tag {
            all.add(&interval.histogram).expect("the same bounds");
        }
    }
    all
}

const LATE_NS: u64 = 100_000_000;
/// What a build without optimisation handles in a hundredth of its time: what has been held up is soon done, and those behind it
/// are not late for that.
const RATE: u64 = 10_000;

#[test]
fn r21_open_load_sees_a_worker_that_stands_still() {
    undisturbed(|| {
        let scratch = Scratch::new("frozen");
        let line = format!(
            "counting --rate {RATE} --arrival constant --duration 1s --warmup 0 --freeze 200ms --workers 1"
        );
        let (code, json) = run(&line, &scratch.0);
        if code != 0 {
            return Err(json["validity"].to_string());
        }
        let frozen = json["facts"]["frozen_ns"].as_u64().expect("it stood still");
        let response = logged(&scratch.0, None);
        assert!(frozen >= 2 * LATE_NS && response.max() >= frozen - frozen / 100, "{response:?}");
        assert_eq!(response.len(), json["load"]["sent"].as_u64().expect("a number"));
        // What was planned while the handler stood still waits the shorter the later it was planned: so many wait for 100 ms
        // and more.
        let expected = (frozen - LATE_NS) * RATE / 1_000_000_000;
        let late = response.count_between(LATE_NS, u64::MAX);
        // Fewer would be omitted, however busy the machine is.
        assert!(late >= expected - expected / 20, "{late} responses of 100 ms and more, {expected} expected");
        if late > expected + expected / 20 {
            return Err(format!("{late} responses of 100 ms and more, {expected} expected"));
        }
        Ok(())
    });
}

#[test]
fn r21_closed_load_does_not_see_it() {
    // One message at a time: the next is sent when the one before was handled.
    undisturbed(|| {
        let scratch = Scratch::new("coordinated");
        let line = "fan-out --actors 1 --mode closed --tokens 1 --sample all --duration 1s --freeze 200ms --workers 1";
        let (code, json) = run(line, &scratch.0);
        assert_eq!(code, 0, "{}", json["validity"]);
        let late = logged(&scratch.0, None).count_between(LATE_NS, u64::MAX);
        if late == 1 { Ok(()) } else { Err(format!("{late} responses of 100 ms and more")) }
    });
}

#[test]
fn what_is_merged_from_the_intervals_is_what_the_run_says() {
    let _alone = alone();
    let scratch = Scratch::new("merged");
    let (code, json) = run("mesh --rate 20k --duration 500ms --warmup 200ms", &scratch.0);
    assert_eq!(code, 0, "{}", json["validity"]);
    for (tag, name) in
        [(None, "response"), (Some("service"), "service"), (Some("schedule_lag"), "schedule_lag")]
    {
        let (all, told) = (logged(&scratch.0, tag), &json["latency_ns"][name]);
        assert_eq!(told["count"].as_u64(), Some(all.len()), "{name}");
        assert_eq!(told["count"], json["load"]["sent"], "{name}");
        assert_eq!(told["p50"].as_u64(), Some(all.value_at_quantile(0.5)), "{name}");
        assert_eq!(told["p99"].as_u64(), Some(all.value_at_quantile(0.99)), "{name}");
        assert_eq!(told["max"].as_u64(), Some(all.max()), "{name}");
    }
    let csv = std::fs::read_to_string(scratch.0.join("intervals.csv")).expect("the intervals");
    let column = |phase: &str, nth: usize| -> u64 {
        let rows = csv.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
        rows.filter(|row| row[2] == phase).filter_map(|row| row[nth].parse::<u64>().ok()).sum()
    };
    let measured = column("measure", 5) + column("drain", 5);
    assert_eq!(Some(measured), json["load"]["sent"].as_u64());
    assert!(column("warmup", 3) > 2_000, "{csv}");
}

#[test]
fn service_times_that_are_known_are_found_again() {
    for us in [10_000, 20_000] {
        in_two_of_ten(|| {
            let scratch = Scratch::new("service");
            let line = format!(
                "counting --rate 40 --arrival constant --duration 1s --warmup 0 --service {us}us --workers 1"
            );
            let (code, json) = run(&line, &scratch.0);
            assert_eq!(code, 0, "{}", json["validity"]);
            let p50 = json["latency_ns"]["service"]["p50"].as_u64().expect("40 samples");
            // The way there is in it too, and that a worker that sleeps takes some 50 us to wake: beside other programs, also such that
            // have too little to count as busy, half of 40 took more than 260 us.
            assert!(p50 >= us * 1_000, "{p50} ns for {us} us of work");
            let close = p50 <= us * 1_000 + 500_000;
            if close { Ok(()) } else { Err(format!("{p50} ns for {us} us of work")) }
        });
    }
}

#[test]
fn a_probe_tells_where_the_time_of_a_hop_goes() {
    let _alone = alone();
    let scratch = Scratch::new("probe");
    let line = "pipeline --actors 3 --rate 50 --duration 1s --warmup 0 --service 2ms --workers 1 --probe";
    let (code, json) = run(line, &scratch.0);
    assert_eq!(code, 0, "{}", json["validity"]);
    let (hops, sent) = (&json["facts"]["hop_ns"], json["load"]["sent"].as_u64().expect("a number"));
    assert_eq!(hops["queued"]["count"].as_u64(), Some(3 * sent));
    assert_eq!(hops["handled"]["count"].as_u64(), Some(3 * sent));
    let handled = hops["handled"]["p50"].as_u64().expect("150 samples");
    assert!(handled >= 2_000_000, "{handled} ns, of which 2 ms are work");
    // One worker: the next stage waits until this one's handler has ended, and no longer unless something else comes first.
    assert!(hops["queued"]["p50"].as_u64() < Some(handled), "{hops}");
}

#[test]
fn what_is_sampled_does_not_change_how_long_a_load_lasted() {
    // One at a time, 10 ms each: of 40 messages one alone is stamped by itself.
    let scratch = Scratch::new("seldom");
    let line = "fan-out --mode closed --tokens 1 --service 10ms --messages 40 --workers 1";
    in_two_of_ten(|| {
        let (code, json) = run(line, &scratch.0);
        assert_eq!(code, 0, "{}", json["validity"]);
        let elapsed = json["elapsed_ns"].as_u64().expect("it was timed");
        assert!(elapsed >= 400_000_000, "{elapsed} ns for 40 times 10 ms");
        if elapsed <= 480_000_000 { Ok(()) } else { Err(format!("{elapsed} ns for 40 times 10 ms")) }
    });
    let (_, json) = run("mesh --messages 40k --sample off --workers 1", &scratch.0);
    assert!(json["elapsed_ns"].as_u64() > Some(0) && json["latency_ns"]["response"].is_null(), "{json}");
}

#[test]
fn an_overload_is_measured_and_said_to_have_missed_its_rate() {
    let _alone = alone();
    let scratch = Scratch::new("overload");
    let line = "counting --rate 1M --service 20us --duration 300ms --warmup 200ms --workers 1";
    let (code, json) = run(line, &scratch.0);
    assert_eq!((code, &json["validity"]["rate_missed"]), (3, &true.into()));
    let load = &json["load"];
    let (actual, behind) = (load["rate_actual"].as_f64().expect("some"), load["behind_ns"].as_u64());
    assert!((1_000.0..100_000.0).contains(&actual) && behind > Some(100_000_000), "{load}");
    assert!(json["latency_ns"]["response"]["p50"].as_u64() > Some(100_000_000), "{}", json["latency_ns"]);

    // Those that no mailbox takes were offered all the same.
    let line = "counting --rate 20k --service 200us --overflow fail --mailbox 1 --duration 300ms --warmup 0 --workers 1";
    let (code, json) = run(line, &scratch.0.join("b"));
    assert_eq!(code, 0, "{}", json["validity"]);
    let load = &json["load"];
    let offered = load["sent"].as_u64().expect("some") + load["refused"].as_u64().expect("most");
    assert!((5_000..7_000).contains(&offered) && load["refused"].as_u64() > Some(3_000), "{load}");
    assert!(load["rate_actual"].as_f64() > Some(17_000.0), "{load}");
}

#[test]
fn a_rate_that_cannot_be_kept_is_said_and_exits_3() {
    let _alone = alone();
    let scratch = Scratch::new("missed");
    let (code, json) = run("mesh --rate 10G --duration 200ms --warmup 0", &scratch.0);
    assert_eq!((code, &json["validity"]["rate_missed"]), (3, &true.into()));
    assert!(json["load"]["rate_actual"].as_f64() < Some(1e10));
    let names =
        std::fs::read_dir(&scratch.0).expect("its folder").map(|file| file.expect("a file").file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    assert!(names.len() > 5 && names.iter().all(|name| name.ends_with(".FAIL")), "{names:?}");

    let (code, json) =
        run("mesh --rate 10k --duration 200ms --warmup 0 --assert p50<1ns,lost==0", &scratch.0.join("b"));
    assert_eq!(code, 4);
    let failed = json["validity"]["failed_assertions"].as_array().expect("a list");
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert_eq!(json["validity"]["valid"], true);
}

#[test]
fn what_was_recorded_is_replayed() {
    let _alone = alone();
    let scratch = Scratch::new("replay");
    std::fs::create_dir_all(&scratch.0).expect("a new folder");
    let plan = scratch.0.join("plan.txt");
    std::fs::write(&plan, "# three at once, and one\n1000000\n1000000\n1000000\n30000000\n")
        .expect("written");
    let line = format!("counting --arrival replay:{}", plan.display());
    let (code, json) = run(&line, &scratch.0.join("run"));
    assert_eq!(code, 0, "{}", json["validity"]);
    assert_eq!((&json["load"]["sent"], &json["load"]["planned"]), (&4.into(), &4.into()));
    assert!(json["load"]["measured_ns"].as_u64() >= Some(30_000_000), "{}", json["load"]);
    // All at the beginning: a plan of a nanosecond, and sent all the same.
    std::fs::write(&plan, "0\n0\n0\n").expect("written");
    let (code, json) = run(&line, &scratch.0.join("b"));
    assert_eq!((code, &json["load"]["sent"]), (0, &3.into()), "{}", json["validity"]);
}

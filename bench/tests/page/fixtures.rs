//! Folders as the commands write them, made up: what a page shows is known beforehand.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use serde_json::{Value, json};
use throng_bench::export::hlog::{self, Interval};
use throng_bench::latency::Summary;
use throng_bench::seeded::Seeded;

/// A folder of this test's own, kept below Cargo's target folder for whoever wants to look at the pages.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page").join(name);
    if path.exists() {
        fs::remove_dir_all(&path).expect("this test's own");
    }
    fs::create_dir_all(&path).expect("a folder");
    path
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
}

pub(crate) fn write_json(path: &Path, value: &Value) {
    write(path, &serde_json::to_string_pretty(value).expect("JSON"));
}

fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("good bounds")
}

/// Latencies as they are: most near the median, a few far out.
fn samples(random: &mut Seeded, n: u64, median: u64) -> Histogram<u64> {
    let mut h = histogram();
    for _ in 0..n {
        let body = median / 2 + random.below(median);
        let tail = match random.below(1_000) {
            0 => random.below(9_000_000),
            1..=9 => random.below(200_000),
            10..=99 => random.below(8 * median),
            _ => 0,
        };
        h.record(body + tail).expect("in range");
    }
    h
}

/// A log of intervals of 100 ms; of each tag its histograms.
fn write_log(path: &Path, tags: &[(Option<&str>, Vec<Histogram<u64>>)]) {
    let mut intervals = Vec::new();
    for (tag, histograms) in tags {
        for (n, histogram) in histograms.iter().enumerate() {
            let (start, duration) = (Duration::from_millis(100 * n as u64), Duration::from_millis(100));
            intervals.push(Interval { tag: *tag, start, duration, histogram });
        }
    }
    let mut file = fs::File::create(path).expect("a file");
    hlog::write(&mut file, SystemTime::UNIX_EPOCH, &intervals).expect("written");
    file.flush().expect("written");
}

fn merged(histograms: &[Histogram<u64>]) -> Histogram<u64> {
    let mut all = histogram();
    histograms.iter().for_each(|h| all.add(h).expect("the same bounds"));
    all
}

fn summary(h: &Histogram<u64>) -> Value {
    json!(Summary::of(h, 0))
}

/// What was recorded once, as the commands write it.
const RUN: &str = include_str!("../../../reports/first-run/mesh-open/run-1/run.json");
const LOAD: &str = include_str!("../../../reports/first-run/mesh-open/run.json");
const SWEEP: &str = include_str!("../../../reports/first-run/mesh-rates/run.json");
const JITTER: &str = include_str!("../../../reports/first-run/jitter/run.json");
const TABLE: &str = include_str!("../../../reports/first-run/table/table.json");

/// The recorded document with what is made up in its place: the rest is there as it would be.
fn like(recorded: &str, made_up: Value) -> Value {
    fn put(into: &mut Value, more: Value) {
        match (into, more) {
            (Value::Object(into), Value::Object(more)) => {
                for (name, value) in more {
                    put(into.entry(name).or_insert(Value::Null), value);
                }
            }
            (into, more) => *into = more,
        }
    }
    let mut all: Value = serde_json::from_str(recorded).expect("JSON");
    put(&mut all, made_up);
    put(&mut all["env"], json!({"cpu": "Made-up 9000 <fast>"}));
    all
}

/// The certificate of a command of several runs.
fn env() -> Value {
    like(LOAD, json!({}))["env"].take()
}

fn estimate(median: f64, spread: f64) -> Value {
    let (low, high) = (median * (1.0 - spread), median * (1.0 + spread));
    json!({"median": median, "low": low, "high": high, "runs": 5, "interval": "bootstrap95"})
}

fn validity() -> Value {
    json!({"valid": true, "interrupted": false, "wrong": []})
}

/// The histograms of one run: response, service, lag.
type Recorded = [Vec<Histogram<u64>>; 3];

/// One open run of 3 s at 50 k/s: `run.json`, `latency.hlog` and `intervals.csv`, their names with `suffix`.
fn write_one(folder: &Path, seed: u64, suffix: &str) -> (Value, Recorded) {
    fs::create_dir_all(folder).expect("a folder");
    let mut random = Seeded::new(seed);
    let recorded = [2_400, 1_100, 300].map(|median| {
        let intervals =
            (0..30).map(|n| samples(&mut random, 5_000, if n == 17 { 4 * median } else { median }));
        intervals.collect::<Vec<_>>()
    });
    let [response, service, lag] = &recorded;
    write_log(
        &folder.join(format!("latency.hlog{suffix}")),
        &[(None, response.clone()), (Some("service"), service.clone()), (Some("schedule_lag"), lag.clone())],
    );
    let mut csv = String::from(
        "start_ns,end_ns,phase,sent,handled,response_count,response_p50_ns,response_p90_ns,response_p99_ns,\
         response_max_ns,service_p50_ns,service_p99_ns,service_max_ns,lag_p50_ns,lag_p99_ns,lag_max_ns\n",
    );
    for n in 0..30_u64 {
        let phase = if n < 6 {
            "warmup"
        } else if n < 29 {
            "measure"
        } else {
            "drain"
        };
        let (sent, handled) = (4_900 + random.below(200), 4_900 + random.below(200));
        csv += &format!(
            "{},{},{phase},{sent},{handled},5000,2400,4000,,9000000,,,,,,\n",
            n * 100_000_000,
            (n + 1) * 100_000_000
        );
    }
    write(&folder.join(format!("intervals.csv{suffix}")), &csv);
    let latency = json!({
        "response": summary(&merged(response)), "service": summary(&merged(service)), "schedule_lag": summary(&merged(lag)),
    });
    let run = like(
        RUN,
        json!({
            "schema": "run/1", "workload": "ping-pong", "mode": "open", "counts": "message", "messages": 150_000,
            "elapsed_ns": 3_000_000_000_u64, "ns_per_msg": 20_000.0, "msgs_per_s": 50_000.0, "bytes_per_actor": null,
            "latency_ns": latency, "response_is": "from its planned time until it was handled",
            "validity": validity(), "options": {"seed": seed},
            "load": {"arrival": "poisson", "rate_target": 50_000, "rate_actual": 49_990.0, "planned": 150_000,
                "sent": 150_000, "warmup_ns": 600_000_000, "measured_ns": 2_300_000_000_u64, "drain_ns": 100_000_000, "steady": true},
        }),
    );
    write_json(&folder.join(format!("run.json{suffix}")), &run);
    (latency, recorded)
}

/// The folder of one run.
pub(crate) fn run(folder: &Path) {
    write_one(folder, 1, "");
}

fn gaps(h: &Histogram<u64>) -> Value {
    json!({"lasted_ns": 1_000_000_000_u64, "processors": 2, "stolen_share": 0.031, "gaps": h.len(), "gap_ns": summary(h)})
}

fn write_gaps(path: &Path) -> Histogram<u64> {
    let mut random = Seeded::new(9);
    let intervals: Vec<_> = (0..20).map(|_| samples(&mut random, 300, 800)).collect();
    let all = merged(&intervals);
    let halves = [intervals[..10].to_vec(), intervals[10..].to_vec()];
    let [first, second] = halves;
    write_log(path, &[(None, intervals), (Some("processor-0"), first), (Some("processor-1"), second)]);
    all
}

/// The folder of five runs, one of which does not hold.
pub(crate) fn load(folder: &Path) {
    let mut all: Recorded = Default::default();
    let mut runs = Vec::new();
    for n in 1..=5 {
        let failed = n == 3;
        let name = format!("run-{n}");
        let (latency, recorded) = write_one(&folder.join(&name), n, if failed { ".FAIL" } else { "" });
        if !failed {
            all.iter_mut().zip(recorded).for_each(|(all, one)| all.push(merged(&one)));
        }
        runs.push(json!({
            "folder": name, "exit": if failed { 3 } else { 0 }, "valid": !failed,
            "why": failed.then_some("sent 48,100 /s, more than 1 % below 50,000 /s"),
            "msgs_per_s": 50_000.0 - n as f64, "ns_per_msg": 20_000.0 + n as f64, "bytes_per_actor": null,
            "cross_core_ns": {"before": 64.0 + n as f64, "after": if n == 4 { 227.0 } else { 66.0 }}, "latency_ns": latency,
        }));
    }
    let [response, service, lag] = all.map(|tag| merged(&tag));
    write_log(
        &folder.join("combined.hlog"),
        &[
            (None, vec![response.clone()]),
            (Some("service"), vec![service.clone()]),
            (Some("schedule_lag"), vec![lag.clone()]),
        ],
    );
    let jitter = write_gaps(&folder.join("jitter.hlog"));
    let p50 = response.value_at_quantile(0.5) as f64;
    let p99 = response.value_at_quantile(0.99) as f64;
    write_json(
        &folder.join("run.json"),
        &like(
            LOAD,
            json!({
                "schema": "load/1", "workload": "ping-pong", "mode": "open", "started": "2026-11-21 10:00:00 UTC",
                "command": ["load", "ping-pong", "--rate", "50k", "--assert", "response.p99<1ms", "--runs", "5"], "load": {"arrival": "poisson", "rate_target": 50_000, "rate_actual": estimate(49_990.0, 0.001), "steady": true}, "runs": runs,
                "merged": {"latency_ns": {"response": summary(&response), "service": summary(&service), "schedule_lag": summary(&lag)}},
                "over_runs": {"msgs_per_s": estimate(50_000.0, 0.001), "ns_per_msg": estimate(20_000.0, 0.001), "bytes_per_actor": null,
                    "response.p50": estimate(p50, 0.02), "response.p99": estimate(p99, 0.2)},
                "validity": {"valid": false, "interrupted": false, "wrong": ["run-3: the rate was missed"]},
                "jitter": {"before": gaps(&jitter), "after": gaps(&jitter)},
                "tail": {"above_ns": 1_000_000, "later_than": 480, "explained": 0.62},
            }),
        ),
    );
}

/// The folder of a sweep over `over`: the values, one of which does not hold where there are more than six.
pub(crate) fn sweep(folder: &Path, over: &str, values: &[f64]) {
    let mut random = Seeded::new(4);
    let point = |(n, x): (usize, &f64)| {
        let (per_worker, rate) = (11e6 * x / (1.0 + 0.05 * (x - 1.0) + 0.004 * x * (x - 1.0)), *x);
        let msgs = if over == "workers" { per_worker } else { rate.min(9e6) };
        let latency = summary(&samples(&mut random, 50_000, 500 + (n as u64).pow(3) * 40));
        let valid = n != 7;
        json!({
            "x": *x as u64, "label": if over == "rate" { format!("{}k", x / 1e3) } else { x.to_string() }, "folder": format!("point-{}", n + 1),
            "runs": 5, "exit": if valid { 0 } else { 3 }, "valid": valid, "why": (!valid).then_some("the rate was missed"),
            "msgs_per_s": estimate(msgs, 0.03), "ns_per_msg": estimate(1e9 / msgs, 0.03),
            "bytes_per_actor": if over == "actors" { estimate(64.0 + 4_000.0 / x, 0.01) } else { Value::Null },
            "latency_ns": {"response": latency, "service": null, "schedule_lag": null},
        })
    };
    let points: Vec<Value> = values.iter().enumerate().map(point).collect();
    let usl = json!({"lambda": 11e6, "sigma": 0.05, "kappa": 0.004, "peak": 15.4});
    write_json(
        &folder.join("run.json"),
        &like(
            SWEEP,
            json!({
                "schema": "sweep/1", "workload": "counting", "over": over, "started": "2026-11-21 10:00:00 UTC",
                "command": ["sweep", "counting", "--over", format!("{over}=a..b")], "points": points,
                "find_max": if over == "rate" { json!({"condition": "p99<100us", "found": 6_000_000, "found_label": "6M", "tried": 9}) } else { Value::Null },
                "usl": if over == "workers" { usl } else { Value::Null }, "validity": validity(), "reference": null,
            }),
        ),
    );
}

/// The folder of a comparison that found 5 %.
pub(crate) fn compare(folder: &Path) {
    let mut random = Seeded::new(5);
    let mut pair = |effect: f64, outlier: bool| {
        let a = 100.0 + random.below(100) as f64 / 100.0;
        let b = a
            * effect
            * (1.0 + (random.below(100) as f64 - 50.0) / 8_000.0)
            * if outlier { 1.04 } else { 1.0 };
        json!({"a": a, "b": b, "ratio": b / a, "seed": 7, "cross_core_ns": {"a": {"before": 64, "after": 65}, "b": {"before": 64, "after": 66}}, "outlier": outlier})
    };
    let pairs: Vec<Value> = (0..10).map(|n| pair(1.05, n == 6)).collect();
    let against_itself = |_| {
        let mut pair = pair(1.0, false);
        let fields = pair.as_object_mut().expect("an object");
        fields.retain(|name, _| !["cross_core_ns", "outlier"].contains(&name.as_str()));
        pair
    };
    let aa: Vec<Value> = (0..10).map(against_itself).collect();
    let ratio = |median: f64| json!({"median": median, "low": median - 0.003, "high": median + 0.003, "runs": 10, "interval": "bootstrap95"});
    write_json(
        &folder.join("run.json"),
        &json!({
            "schema": "compare/1", "command": ["compare", "--a", "", "--b", "--service 10500ns"], "started": "2026-11-21 10:00:00",
            "metric": "ns_per_msg", "workload": "counting", "a": {"label": "as it is", "kind": "settings", "given": "--service 10us"},
            "b": {"label": "5 % slower", "kind": "settings", "given": "--service 10500ns"}, "pairs": pairs, "aa_pairs": aa,
            "ratio": ratio(1.05), "aa_ratio": ratio(1.0), "clusters": null, "notes": [],
            "band": 0.004, "verdict": "different", "effect": 0.05, "validity": validity(), "env": env(),
        }),
    );
}

/// The folder of a look at the idle machine.
pub(crate) fn jitter(folder: &Path) {
    let all = write_gaps(&folder.join("jitter.hlog"));
    let one = |processor: u64| {
        let mut gaps = gaps(&all);
        gaps["processor"] = json!(processor);
        gaps["processors"] = json!(1);
        gaps
    };
    write_json(
        &folder.join("run.json"),
        &like(
            JITTER,
            json!({
                "schema": "jitter/1", "command": ["jitter", "--duration", "2s"], "started": "2026-11-21 10:00:00", "threshold_ns": 200,
                "all": gaps(&all), "per_processor": [one(0), one(1)], "validity": validity(),
            }),
        ),
    );
}

/// The folder of a price list.
pub(crate) fn prices(folder: &Path) {
    let timed =
        |ns: f64, ratio: f64| json!({"ns_per_message": figure(ns, 0.5), "ratio": figure(ratio, 0.05)});
    let price = |feature: &str, words: &str, ns: f64, ratio: f64, more: f64| {
        json!({"feature": feature, "words": words, "stream": timed(ns, ratio), "ping_pong": timed(ns, ratio),
            "actor": {"bytes_per_actor": figure(64.0 + more, 1.0), "more": figure(more, 1.0)}})
    };
    write_json(
        &folder.join("run.json"),
        &json!({
            "schema": "prices/1", "command": ["prices", "--rounds", "5"], "started": "2026-11-21 10:00:00", "rounds": 5,
            "work": {"items": 10_000_000, "chunk": 64, "actors": 1_000_000, "message_bytes": 8, "quick": false},
            "features": [price("base", "nothing", 10.0, 1.0, 0.0), price("fail", "`Overflow::Fail`", 12.0, 1.2, 8.0)],
            "validity": {"valid": true, "interrupted": false, "wrong": []}, "env": of_rounds(),
        }),
    );
}

/// The folder of a suite of three workloads: as it should be, wrong, and not run.
pub(crate) fn savina(folder: &Path) {
    let speed = |ns: f64| {
        json!({"ns_per_iteration": figure(1_000.0 * ns, 0.5), "msgs_per_s": figure(1e9 / ns, 0.5),
            "ns_per_msg": figure(ns, 0.5)})
    };
    let row = |name: &str, why: Option<&str>, ns: Option<f64>| {
        json!({"name": name, "words": "1,000 messages", "verified": ns.is_some(), "why": why, "wrong": why.is_some(),
            "differs": if name == "big" { "none pings itself" } else { "" }, "messages": ns.map(|_| 1_000.0), "mutes": ns.map(|_| 12.0),
            "all": ns.map(speed), "one": ns.map(|ns| speed(1.5 * ns)), "speed_up": ns.map(|_| figure(1.5, 0.05)),
            "iterations": ns.map_or(0, |_| 40), "warm_up": ns.map_or(0, |_| 20), "settled": ns.map(|_| "drifting"), "ledger": null})
    };
    let rows = [
        row("ping-pong", None, Some(20.0)),
        row("counting", Some("total: 9 was to be, 8 is"), None),
        row("big", None, None),
    ];
    write_json(
        &folder.join("run.json.FAIL"),
        &json!({
            "schema": "savina/1", "command": ["savina", "--size", "default"], "started": "2026-11-21 10:00:00", "size": "default",
            "workers": 2, "rounds": 5, "time_ns": 2_000_000_000, "rows": rows,
            "validity": {"valid": false, "interrupted": true, "wrong": ["round 1 of 5: counting, workers 2: total: 9 was to be, 8 is"]},
            "env": of_rounds(),
        }),
    );
}

/// A figure of five rounds.
pub(crate) fn figure(median: f64, apart: f64) -> Value {
    json!({"each": [median], "least": median - 2.0 * apart, "most": median + 2.0 * apart, "over_rounds":
        {"median": median, "low": median - apart, "high": median + apart, "runs": 5, "interval": "bootstrap95"}})
}

/// The certificate of all rounds; nothing is drawn in it.
pub(crate) fn of_rounds() -> Value {
    let mut env = env();
    env.as_object_mut().expect("a certificate").remove("seed");
    env["cross_core_ns"] = json!({"before": 101.0, "after": 103.0});
    env
}

/// The folder of a table with one system's latency, each sample of which is a batch.
pub(crate) fn table(folder: &Path) {
    let mut random = Seeded::new(6);
    let stamped = samples(&mut random, 5_000, 20_000);
    let mut file = fs::File::create(folder.join("throng-one_way.hlog")).expect("a file");
    let interval =
        Interval { tag: None, start: Duration::ZERO, duration: Duration::from_secs(1), histogram: &stamped };
    hlog::write_of_batches(&mut file, SystemTime::UNIX_EPOCH, 1_000, interval).expect("written");
    let claim = json!({"actors": "millions", "latency": "below 1 us", "parallelism": "all cores"});
    write_json(
        &folder.join("table.json"),
        &like(
            TABLE,
            json!({"schema": "table/1", "env": {"profile": "smoke", "started": "2026-11-21 10:00:00", "command": "throng table"}, "rows": [
                {"name": "throng", "claim": claim, "note": "", "measured": {"actors": 10_000_000, "actors_limit": "target",
                    "one_way_ns": {"p50": 20.0, "p99": 90.0, "max": 9_000.0, "batch": 1_000, "count": 5_000}, "ask_ns": null,
                    "msgs_per_s": 94.5e6, "bytes_per_actor": 64.2, "speedup": 1.93}},
                {"name": "beam", "claim": claim, "note": "erl is not installed", "measured": null},
            ]}),
        ),
    );
}

/// What the loads of a series are called.
pub(crate) const SERIES: [&str; 2] = ["open", "closed"];

/// The folder of two loads of a file, each in its own folder with its page.
pub(crate) fn series(folder: &Path) {
    let loads = SERIES.map(|name| {
        let own = folder.join(name);
        fs::create_dir_all(&own).expect("a folder");
        load(&own);
        let page = throng_bench::report::folder::render(&own).expect("a load");
        throng_bench::report::folder::write(&own, &page).expect("written");
        json!({
            "name": name, "folder": name, "valid": name != "closed", "exit": if name == "closed" { 5 } else { 0 },
            "why": (name == "closed").then_some("run-3: lost 3"), "workload": "ping-pong",
            "msgs_per_s": estimate(50_000.0, 0.001), "ns_per_msg": estimate(20_000.0, 0.001),
            "latency_ns": {"response": summary(&samples(&mut Seeded::new(7), 50_000, 2_400)), "service": null, "schedule_lag": null},
        })
    });
    let wrong = ["closed: run-3: lost 3"];
    write_json(
        &folder.join("run.json"),
        &json!({
            "schema": "series/1", "command": ["load", "--profile-file=two.toml"], "started": "2026-11-21 10:00:00 UTC",
            "profile_file": "two.toml", "loads": loads, "validity": {"valid": false, "interrupted": false, "wrong": wrong},
            "env": env(),
        }),
    );
}

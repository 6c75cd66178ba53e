//! What the commands write that start several runs.

use crate::schema::Schema;
use crate::written::{Scratch, damaged, written};
use serde_json::{Value, json};
use std::fs::File;
use std::io::BufReader;
use std::process::Command;
use throng_bench::export::hlog::Reader;

#[test]
fn a_load_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/load-1.json")).expect("JSON"));
    let scratch = Scratch::new("load");
    let line = format!(
        "load ping-pong --messages 20k --workers 1 --pin none --runs 5 --format json --out {}",
        scratch.0.display()
    );
    let load = written(env!("CARGO_BIN_EXE_throng"), &line);
    assert_eq!(schema.wrong(&load), [""; 0]);
    assert_eq!(scratch.json("run.json"), load);
    assert_eq!(scratch.json("env.json"), load["env"]);
    // What is told of the runs is what they wrote, and together they have the samples of all.
    let mut samples = 0;
    for n in 0..5 {
        let run = scratch.json(&format!("run-{}/run.json", n + 1));
        assert_eq!(Schema::run().wrong(&run), [""; 0]);
        assert_eq!(load["runs"][n]["ns_per_msg"], run["ns_per_msg"]);
        assert_eq!(load["runs"][n]["latency_ns"], run["latency_ns"]);
        samples += run["latency_ns"]["response"]["count"].as_u64().expect("sampled");
    }
    assert_eq!(load["merged"]["latency_ns"]["response"]["count"], samples);
    let over = &load["over_runs"]["ns_per_msg"];
    assert_eq!((&over["runs"], &over["interval"]), (&json!(5), &json!("bootstrap95")));
    let mut all: Vec<_> = (0..5).map(|n| load["runs"][n]["ns_per_msg"].as_f64().expect("timed")).collect();
    all.sort_by(f64::total_cmp);
    assert_eq!(over["median"], all[2]);
    for file in ["combined.hlog", "response.hgrm", "summary.md"] {
        assert!(scratch.0.join(file).exists(), "{file}");
    }
    damaged(
        &schema,
        &load,
        &[
            "/schema",
            "/workload",
            "/mode",
            "/command",
            "/started",
            "/runs",
            "/runs/0/folder",
            "/runs/4/latency_ns/response/p50",
            "/runs/0/cross_core_ns/after",
            "/merged/latency_ns/response",
            "/over_runs/response.p99",
            "/over_runs/ns_per_msg/interval",
            "/validity/wrong",
            "/jitter",
            "/env/load_per_minute/after",
        ],
    );
}

#[test]
fn a_comparison_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/compare-1.json")).expect("JSON"));
    let scratch = Scratch::new("compare");
    let compare = |workers: u32, out: &str| {
        let line = format!(
            "compare --a= --b=--payload=64 --pairs 5 --format json --out {}/{out} -- counting --messages 2k --pin none --workers {workers}",
            scratch.0.display()
        );
        let compare = written(env!("CARGO_BIN_EXE_throng"), &line);
        assert_eq!(schema.wrong(&compare), [""; 0]);
        assert_eq!(scratch.json(&format!("{out}/run.json")), compare);
        compare
    };
    let one = compare(1, "one");
    assert_eq!((&one["clusters"], &one["validity"]["valid"]), (&Value::Null, &json!(true)));
    assert_eq!((&one["a"]["label"], &one["b"]["label"]), (&json!("as given"), &json!("--payload=64")));
    damaged(
        &schema,
        &one,
        &[
            "/schema",
            "/command",
            "/metric",
            "/a/kind",
            "/b/given",
            "/pairs/0/ratio",
            "/pairs/4/outlier",
            "/pairs/0/cross_core_ns/b/after",
            "/aa_pairs/4/seed",
            "/ratio/low",
            "/aa_ratio",
            "/band",
            "/clusters",
            "/verdict",
            "/effect",
            "/notes",
            "/validity/interrupted",
            "/env/cpu",
        ],
    );
    let two = compare(2, "two");
    if std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1) {
        damaged(&schema, &two, &["/clusters/pairs_in_one", "/clusters/low/pairs", "/clusters/high/ratio"]);
    }
}

#[test]
fn a_sweep_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/sweep-1.json")).expect("JSON"));
    let load =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/load-1.json")).expect("JSON"));
    let scratch = Scratch::new("sweep");
    let sweep = |line: &str, out: &str| {
        let line =
            format!("sweep {line} --runs 1 --pin none --format json --out {}/{out}", scratch.0.display());
        let sweep = written(env!("CARGO_BIN_EXE_throng"), &line);
        assert_eq!(schema.wrong(&sweep), [""; 0]);
        assert_eq!(scratch.json(&format!("{out}/run.json")), sweep);
        for point in sweep["points"].as_array().expect("points") {
            let folder = point["folder"].as_str().expect("a folder");
            let suffix = if point["valid"] == true { "" } else { ".FAIL" };
            let whole = scratch.json(&format!("{out}/{folder}/run.json{suffix}"));
            assert_eq!(load.wrong(&whole), [""; 0]);
            assert_eq!(whole["over_runs"]["ns_per_msg"], point["ns_per_msg"]);
            let over = format!(
                "--{}={}",
                sweep["over"].as_str().expect("a flag"),
                point["label"].as_str().expect("text")
            );
            assert!(whole["command"].as_array().expect("words").contains(&json!(over)), "{whole}");
        }
        sweep
    };
    let workers = sweep("counting --messages 2k --over workers=1..6", "workers");
    assert!(workers["usl"].is_object(), "six points are enough: {workers}");
    damaged(
        &schema,
        &workers,
        &[
            "/schema",
            "/over",
            "/points",
            "/points/0/x",
            "/points/5/label",
            "/points/0/ns_per_msg/low",
            "/points/0/latency_ns/response/count",
            "/find_max",
            "/usl/lambda",
            "/usl/peak",
            "/validity/valid",
            "/env/seed",
        ],
    );
    assert_eq!(workers["reference"], Value::Null);
    assert_eq!(sweep("counting --messages 2k --over workers=1..5", "few")["usl"], Value::Null);

    // A rate in parts of what the workload does at most, whether or not the machine keeps it just now.
    for (workload, mode, messages) in [("mesh", "saturate", 4), ("ping-pong", "closed", 3)] {
        let line = format!("{workload} --duration 50ms --warmup 0 --workers 1 --over rate=10%..20%/2");
        let parts = sweep(&line, workload);
        let reference = &parts["reference"];
        assert_eq!(
            (&reference["mode"], &reference["messages_per_arrival"]),
            (&json!(mode), &json!(messages))
        );
        let whole = scratch.json(&format!("{workload}/saturate/run.json"));
        assert_eq!(load.wrong(&whole), [""; 0]);
        assert_eq!(whole["over_runs"]["msgs_per_s"], reference["msgs_per_s"]);
        let all = whole["over_runs"]["msgs_per_s"]["median"].as_f64().expect("timed") / f64::from(messages);
        assert_eq!(reference["rate"], all);
        let rates: Vec<_> =
            parts["points"].as_array().expect("points").iter().map(|point| point["x"].as_u64()).collect();
        assert_eq!(rates, [0.1, 0.2].map(|part| Some((all * part).round() as u64)));
        let fields = ["/reference/folder", "/reference/mode", "/reference/rate", "/reference/msgs_per_s/low"];
        damaged(&schema, &parts, &fields);
    }

    let line = "bounded --messages 500 --workers 1 --over service=1us..50us/3 --find-max ns_per_msg<30us";
    let found = sweep(line, "found");
    let points = found["points"].as_array().expect("points");
    let find = &found["find_max"];
    assert_eq!((&find["condition"], &find["tried"]), (&json!("ns_per_msg<30us"), &json!(points.len())));
    // Up to what was found it holds, at the next one it does not.
    let holds = |point: &Value| point["ns_per_msg"]["median"].as_f64().expect("timed") < 30_000.0;
    let held = points.iter().take_while(|point| holds(point)).last();
    assert_eq!(held.map_or(&Value::Null, |point| &point["x"]), &find["found"]);
    assert_eq!(held.map_or(&Value::Null, |point| &point["label"]), &find["found_label"]);
    assert!(points.len() > 3 || held.is_none() || points.iter().all(holds), "it was looked for: {found}");
    damaged(&schema, &found, &["/find_max/condition", "/find_max/found_label", "/find_max/tried"]);
}

#[test]
fn a_price_list_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/prices-1.json")).expect("JSON"));
    let scratch = Scratch::new("prices");
    let prices = |line: &str, out: &str| {
        let line = format!("prices --quick {line} --format json --out {}/{out}", scratch.0.display());
        let prices = written(env!("CARGO_BIN_EXE_throng"), &line);
        assert_eq!(schema.wrong(&prices), [""; 0]);
        assert_eq!(scratch.json(&format!("{out}/run.json")), prices);
        assert_eq!(scratch.json(&format!("{out}/env.json")), prices["env"]);
        prices
    };
    let five = prices("--only flow --rounds 5", "five");
    let summary = std::fs::read_to_string(scratch.0.join("five/summary.md")).expect("it is there");
    assert!(summary.starts_with("# prices, 5 rounds, 2 features\n"), "{summary}");
    for (row, name) in ["base", "flow"].into_iter().enumerate() {
        let price = &five["features"][row];
        assert_eq!(price["feature"], name);
        for (measure, field, beside) in [
            ("stream", "ns_per_message", "ratio"),
            ("ping_pong", "ns_per_message", "ratio"),
            ("actor", "bytes_per_actor", "more"),
        ] {
            let (figure, beside) = (&price[measure][field], &price[measure][beside]);
            let interval = &figure["over_rounds"]["interval"];
            assert_eq!((interval, &figure["over_rounds"]["runs"]), (&json!("bootstrap95"), &json!(5)));
            for round in 0..5 {
                let of = |figure: &Value| figure["each"][round].as_f64().expect("taken");
                let base = of(&five["features"][0][measure][field]);
                let by = if measure == "actor" { of(figure) - base } else { of(figure) / base };
                // What is read is the same to the last digit but one.
                let close = (of(beside) - by).abs() <= 1e-9;
                assert!(close, "{name}, {measure}, {round}: {beside}, not {by}");
            }
        }
    }
    damaged(
        &schema,
        &five,
        &[
            "/schema",
            "/command",
            "/started",
            "/rounds",
            "/work/quick",
            "/work/message_bytes",
            "/features",
            "/features/0/feature",
            "/features/1/words",
            "/features/1/stream/ratio",
            "/features/1/ping_pong/ns_per_message/each",
            "/features/0/actor/more/over_rounds",
            "/features/0/actor/bytes_per_actor/least",
            "/validity/interrupted",
            "/env/cross_core_ns/before",
            "/env/clock/cost_ns",
        ],
    );
    let one = prices("--only base", "one");
    assert_eq!(one["features"][0]["stream"]["ratio"]["each"], json!([1.0]));
}

#[test]
fn a_suite_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/savina-1.json")).expect("JSON"));
    let scratch = Scratch::new("savina");
    let line = format!(
        "savina ping-pong --size small --rounds 2 --time 1ms --workers 2 --format json --out {}/kept",
        scratch.0.display()
    );
    let suite = written(env!("CARGO_BIN_EXE_throng"), &line);
    assert_eq!(schema.wrong(&suite), [""; 0]);
    assert_eq!(scratch.json("kept/run.json"), suite);
    assert_eq!(scratch.json("kept/env.json"), suite["env"]);
    let row = &suite["rows"][0];
    assert_eq!((&row["name"], &row["verified"]), (&json!("ping-pong"), &json!(true)));
    // Both ways in both rounds, and each of what came of it.
    for round in 0..2 {
        let of = |figure: &Value| figure["each"][round].as_f64().expect("taken");
        let [all, one] = ["all", "one"].map(|workers| of(&row[workers]["ns_per_iteration"]));
        assert!((of(&row["speed_up"]) - one / all).abs() <= 1e-9, "{row}");
        let each = all / row["messages"].as_f64().expect("counted");
        assert!((of(&row["all"]["ns_per_msg"]) - each).abs() <= 1e-9 * each, "{row}");
    }
    let iterations = std::fs::read_to_string(scratch.0.join("kept/iterations.csv")).expect("it is there");
    assert_eq!(iterations.lines().count() as u64, 1 + row["iterations"].as_u64().expect("counted"));
    damaged(
        &schema,
        &suite,
        &[
            "/schema",
            "/size",
            "/rows/0/verified",
            "/rows/0/all/msgs_per_s",
            "/rows/0/ledger/dead",
            "/time_ns",
        ],
    );
}

#[test]
fn systems_side_by_side_are_what_their_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/peers-1.json")).expect("JSON"));
    let scratch = Scratch::new("peers");
    let line = format!(
        "peers throng go --workloads ask:2:99,memory:100000:1,open:2:10000 --idle 50 --used 1ms --time 5ms --rounds 2 --workers 2 --seed 7 \
         --programs {0}/none --format json --out {0}/kept",
        scratch.0.display()
    );
    let peers = written(env!("CARGO_BIN_EXE_throng"), &line);
    assert_eq!(schema.wrong(&peers), [""; 0]);
    assert_eq!(scratch.json("kept/run.json"), peers);
    assert_eq!(scratch.json("kept/env.json"), peers["env"]);
    let why = peers["systems"][1]["why"].as_str().expect("nobody built it");
    assert!(why.contains("scripts/peers.sh"), "{why}");
    // All three alone, ask with one worker, ask and open beside idle actors, and in a used heap.
    let contests = peers["contests"].as_array().expect("a list");
    assert_eq!(contests.len(), 3 + 1 + 2 + 2);
    let mut iterations = 1;
    for contest in contests {
        let own = &contest["standings"][0];
        assert_eq!((own["name"].as_str(), own["why"].as_str()), (Some("throng"), None), "{contest}");
        assert_eq!(own["value"]["each"].as_array().map(Vec::len), Some(2), "{own}");
        assert_eq!(own["ratio"]["each"], json!([1.0, 1.0]), "{own}");
        assert!(contest["again"]["over_rounds"]["median"].as_f64().is_some_and(|by| by > 0.0), "{contest}");
        assert_eq!(contest["standings"][1]["value"], Value::Null);
        iterations += own["iterations"].as_u64().expect("a number");
    }
    let csv = std::fs::read_to_string(scratch.0.join("kept/iterations.csv")).expect("it is there");
    assert_eq!(csv.lines().count() as u64, iterations);
    // An open load's intervals together are its latencies.
    for (at, setting) in [(2, ""), (5, "-idle-50"), (7, "-used")] {
        let path = scratch.0.join(format!("kept/open-2-10000-workers-2{setting}.hlog"));
        let mut counts = Vec::new();
        for interval in Reader::new(BufReader::new(File::open(path).expect("it is there"))) {
            let interval = interval.expect("whole");
            assert_eq!(interval.tag, None, "throng alone was measured");
            counts.push(interval.histogram.len());
        }
        let latency = &peers["contests"][at]["standings"][0]["latency"];
        assert_eq!((counts.len(), Some(counts.iter().sum())), (2, latency["count"].as_u64()), "{setting}");
    }
    damaged(
        &schema,
        &peers,
        &[
            "/schema",
            "/seed",
            "/systems/0/bounded",
            "/contests/0/unit",
            "/contests/0/standings/0/value/least",
            "/contests/2/standings/0/latency/p90",
            "/contests/2/standings/0/late",
            "/env/cross_core_ns/before",
        ],
    );
}

#[test]
fn a_series_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/series-1.json")).expect("JSON"));
    let load =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/load-1.json")).expect("JSON"));
    let scratch = Scratch::new("series");
    let file = scratch.0.join("short.toml");
    let text = "version = 1\n[[load]]\nname = \"fan\"\nworkload = \"fan-in\"\nmessages = 20_000\n[[load]]\nname = \"open\"\n\
                workload = \"counting\"\nrate = \"20k\"\nduration = \"200ms\"\nwarmup = 0\n";
    std::fs::write(&file, text).expect("writable");
    let line = format!(
        "load --profile-file {} --runs 1 --format json --out {}/kept",
        file.display(),
        scratch.0.display()
    );
    let output =
        Command::new(env!("CARGO_BIN_EXE_throng")).args(line.split_whitespace()).output().expect("it runs");
    // A busy machine may miss the rate: that is a finding, and told in the same shape.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", String::from_utf8_lossy(&output.stderr));
    let series: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(schema.wrong(&series), [""; 0]);
    assert_eq!(
        (&series["profile_file"], &series["loads"][0]["folder"]),
        (&json!("short.toml"), &json!("fan"))
    );
    let suffix = |valid: &Value| if valid == true { "" } else { ".FAIL" };
    assert_eq!(scratch.json(&format!("kept/run.json{}", suffix(&series["validity"]["valid"]))), series);
    for entry in series["loads"].as_array().expect("loads") {
        let folder = entry["folder"].as_str().expect("a folder");
        let whole = scratch.json(&format!("kept/{folder}/run.json{}", suffix(&entry["valid"])));
        assert_eq!(load.wrong(&whole), [""; 0]);
        assert_eq!(whole["over_runs"]["ns_per_msg"], entry["ns_per_msg"]);
    }
    let open = scratch.json(&format!("kept/open/run.json{}", suffix(&series["loads"][1]["valid"])));
    // 4,000 responses, more or less: enough for a p99.
    assert_eq!(open["tail"]["above_ns"], open["merged"]["latency_ns"]["response"]["p99"]);
    let fields = [
        "/load/rate_target",
        "/load/rate_actual/median",
        "/load/steady",
        "/tail/explained",
        "/jitter/after/gaps",
    ];
    damaged(&load, &open, &fields);
    damaged(
        &schema,
        &series,
        &[
            "/schema",
            "/command",
            "/started",
            "/profile_file",
            "/loads",
            "/loads/0/name",
            "/loads/1/folder",
            "/loads/0/why",
            "/loads/0/workload",
            "/loads/1/ns_per_msg/median",
            "/loads/1/latency_ns/response/p50",
            "/validity/valid",
            "/env/seed",
        ],
    );
}

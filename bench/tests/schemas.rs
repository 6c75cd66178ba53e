//! What the commands write, held against the schemas of `reports/schema/`.

use serde_json::{Value, json};
use std::process::Command;

/// The part of JSON Schema that these schemas use: a whole implementation takes minutes to compile.
struct Schema(Value);

impl Schema {
    fn run() -> Self {
        Self(serde_json::from_str(include_str!("../../reports/schema/run-1.json")).expect("JSON"))
    }

    fn table() -> Self {
        Self(serde_json::from_str(include_str!("../../reports/schema/table-1.json")).expect("JSON"))
    }

    fn jitter() -> Self {
        Self(serde_json::from_str(include_str!("../../reports/schema/jitter-1.json")).expect("JSON"))
    }

    /// What is wrong with `document`, in words.
    fn wrong(&self, document: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        self.check(&self.0, document, "", &mut wrong);
        wrong
    }

    fn is_valid(&self, document: &Value) -> bool {
        self.wrong(document).is_empty()
    }

    fn holds(&self, schema: &Value, value: &Value) -> bool {
        let mut wrong = Vec::new();
        self.check(schema, value, "", &mut wrong);
        wrong.is_empty()
    }

    fn check(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
        let has_type = |name: &Value| match name.as_str().expect("the name of a type") {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{other:?} is no type"),
        };
        for (keyword, wanted) in schema.as_object().expect("a schema") {
            let empty = serde_json::Map::new();
            let object = value.as_object();
            let holds = match keyword.as_str() {
                "$schema" | "$defs" | "title" | "description" | "then" => true,
                "type" => wanted.as_array().map_or_else(|| has_type(wanted), |all| all.iter().any(has_type)),
                "const" => value == wanted,
                "enum" => wanted.as_array().expect("values").contains(value),
                "minimum" => value.as_f64().is_none_or(|n| n >= wanted.as_f64().expect("a number")),
                "minLength" => {
                    value.as_str().is_none_or(|s| s.len() as u64 >= wanted.as_u64().expect("a length"))
                }
                "minItems" => {
                    value.as_array().is_none_or(|a| a.len() as u64 >= wanted.as_u64().expect("a number"))
                }
                "maxProperties" => {
                    object.is_none_or(|o| o.len() as u64 <= wanted.as_u64().expect("a number"))
                }
                "required" => wanted.as_array().expect("names").iter().all(|name| {
                    object.is_none_or(|object| object.contains_key(name.as_str().expect("a name")))
                }),
                "anyOf" => wanted.as_array().expect("schemas").iter().any(|schema| self.holds(schema, value)),
                "if" => !self.holds(wanted, value) || self.holds(&schema["then"], value),
                "$ref" => {
                    let place =
                        wanted.as_str().and_then(|place| place.strip_prefix('#')).expect("a place here");
                    self.check(self.0.pointer(place).expect("it is there"), value, at, wrong);
                    true
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.check(wanted, item, &format!("{at}/{n}"), wrong);
                    }
                    true
                }
                "properties" => {
                    for (name, schema) in wanted.as_object().expect("schemas") {
                        if let Some(value) = object.and_then(|object| object.get(name)) {
                            self.check(schema, value, &format!("{at}/{name}"), wrong);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = schema["properties"].as_object().unwrap_or(&empty);
                    object.into_iter().flatten().filter(|(name, _)| !known.contains_key(*name)).all(
                        |(_, value)| match wanted {
                            Value::Bool(allowed) => *allowed,
                            schema => self.holds(schema, value),
                        },
                    )
                }
                // Silence about a word that is not understood would be consent.
                other => panic!("{at}: this test does not know the keyword {other:?}"),
            };
            if !holds {
                wrong.push(format!("{at}: {keyword} {wanted} does not hold for {value}"));
            }
        }
    }
}

/// What a command writes to stdout.
fn written(program: &str, line: &str) -> Value {
    let output = Command::new(program).args(line.split_whitespace()).output().expect("it runs");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// Every place of `document` that `required` or `type` could speak of is damaged in turn: the schema must see each.
fn damaged(schema: &Schema, whole: &Value, fields: &[&str]) {
    for field in fields {
        let mut missing = whole.clone();
        let parent = missing.pointer_mut(&field[..field.rfind('/').expect("a pointer")]).expect(field);
        let name = field.rsplit('/').next().expect("a name");
        parent.as_object_mut().expect("an object").remove(name);
        assert!(!schema.is_valid(&missing), "{field} is missing and nothing says so");

        let mut other = whole.clone();
        *other.pointer_mut(field).expect(field) = json!([["nonsense"]]);
        assert!(!schema.is_valid(&other), "{field} is nonsense and nothing says so");
    }
    let mut more = whole.clone();
    more["more"] = json!(1);
    assert!(!schema.is_valid(&more), "a field that the schema does not know");
}

#[test]
fn every_workload_writes_what_the_schema_says() {
    let schema = Schema::run();
    for load in [
        "ping-pong --messages 20k",
        "pairs --messages 2k",
        "counting --messages 2k --sample off",
        "fan-in --messages 2k",
        "create --actors 2k",
        "crowd --actors 1k",
        "bounded --messages 4k --mailbox 4",
        "bounded --messages 4k --mailbox 4 --overflow drop-oldest --service 0",
        "bounded --messages 4k --mailbox 4 --overflow signal",
        "flow --messages 4k --mailbox 16",
        "flow --messages 4k --producers 1 --window 1 --service 0",
        "ring --messages 2k --tokens 4",
        "big --messages 2k",
        "directory --messages 2k --actors 100",
        "ask --messages 2k",
        "inject",
        "idle --actors 1k",
        "skynet --actors 1k",
        "chat --users 50 --turns 10 --sample all",
        "chat --users 50 --rooms 3 --duration 20ms --mix post:9,join:1",
        "timers --actors 100 --messages 1k --period 2ms --cancel 50%",
        "timers --actors 10 --messages 10 --cancel 100%",
        "ask --rate 1k --duration 50ms --warmup 0",
        "ping-pong --duration 20ms",
        "mesh --messages 4k --hops 2",
        "mesh --mode closed --messages 4k",
        "pipeline --messages 4k --probe",
        "fan-out --messages 4k --sample all",
        "fan-out --mode closed --tokens 1 --duration 50ms --freeze 1ms",
        "no-op --messages 4k",
        "no-op --rate 1k --duration 50ms --warmup 0",
        "counting --rate 1k --duration 50ms --warmup 10ms",
        "ping-pong --arrival ramp:1k..2k --duration 50ms",
        "fan-in --rate 1k --arrival burst:5 --duration 50ms --warmup 0 --assert lost==0",
    ] {
        let line = format!("{load} --workers 1 --pin none --format json");
        let run = written(env!("CARGO_BIN_EXE_loadgen"), &line);
        assert_eq!(schema.wrong(&run), [""; 0], "{line}");
    }
}

#[test]
fn the_table_is_what_its_schema_says() {
    let folder = std::env::temp_dir().join(format!("throng-schemas-{}", std::process::id()));
    let line = format!(
        "table --profile smoke --only asyncio,throng --format json --out {0}/run --target {0}/target",
        folder.display()
    );
    let table = written(env!("CARGO_BIN_EXE_throng"), &line);
    let kept = std::fs::read_to_string(folder.join("run/table.json")).expect("the run's file");
    let page = std::fs::read_to_string(folder.join("run/index.html")).expect("the page");
    std::fs::remove_dir_all(&folder).expect("this test's own");
    let schema = Schema::table();
    assert_eq!(schema.wrong(&table), [""; 0]);
    assert_eq!(serde_json::from_str::<Value>(&kept).expect("JSON"), table);

    assert_eq!(table["rows"][1]["name"], "throng");
    let env = &table["env"];
    // Cargo builds tests' binaries with its profile `dev`, whose folder is this, or with one that was asked for.
    let built = std::path::Path::new(env!("CARGO_BIN_EXE_throng")).parent().and_then(|p| p.file_name());
    assert_eq!(
        (env["profile"].as_str(), env["build_profile"].as_str()),
        (Some("smoke"), built.and_then(|n| n.to_str()))
    );
    assert!(
        env["load_per_minute"]["before"].is_number() && env["load_per_minute"]["after"].is_number(),
        "{env}"
    );
    let python = env["versions"]["python"].as_str();
    assert_eq!(python.is_some(), table["rows"][0]["measured"].is_object(), "{env}");
    for version in ["python", "otp", "pykka", "thespian"] {
        assert!(page.contains(&format!(r#"<tr><th scope="row">{version}</th><td>"#)), "{version}: {page}");
    }
    assert!(python.is_none_or(|version| page.contains(&format!("<td>{version}</td>"))), "{page}");
    for name in ["build_profile", "before", "after", "rustc"] {
        assert!(page.contains(&format!(r#"<th scope="row">{name}</th>"#)), "{name}");
    }
    damaged(
        &schema,
        &table,
        &[
            "/schema",
            "/env",
            "/env/cpu_flags",
            "/env/seconds",
            "/env/profile",
            "/env/build_profile",
            "/env/versions/python",
            "/env/versions/otp",
            "/env/versions/pykka",
            "/env/versions/thespian",
            "/env/load_per_minute/before",
            "/env/load_per_minute/after",
            "/rows",
            "/rows/1/name",
            "/rows/1/measured/actors",
            "/rows/1/measured/one_way_ns/batch",
            "/rows/1/measured/ask_ns/p99",
            "/rows/1/note",
        ],
    );
    let mut silent = table;
    silent["rows"][0]["measured"] = Value::Null;
    silent["rows"][0]["note"] = json!("");
    assert!(!schema.is_valid(&silent), "a row that is not measured says why");
}

#[test]
fn a_damaged_run_is_refused() {
    let line = "ping-pong --messages 20k --workers 1 --pin none --format json";
    let run = written(env!("CARGO_BIN_EXE_loadgen"), line);
    let schema = Schema::run();
    damaged(
        &schema,
        &run,
        &[
            "/schema",
            "/messages",
            "/ledger/refused/full",
            "/ledger/handled",
            "/ledger/dropped/oldest",
            "/producers",
            "/latency_ns/response/p50",
            "/validity/valid",
            "/engine/turns",
            "/options/seed",
            "/env/cross_core_ns/after",
        ],
    );
    let stalled = written(
        env!("CARGO_BIN_EXE_loadgen"),
        "bounded --messages 20k --mailbox 4 --workers 1 --pin none --format json",
    );
    let times =
        ["/stall_ns/count", "/stall_ns/total", "/stall_ns/p50", "/stall_ns/max", "/sends_per_handler"];
    damaged(&schema, &stalled, &times);
    let flow = written(
        env!("CARGO_BIN_EXE_loadgen"),
        "flow --messages 4k --mailbox 8 --workers 1 --pin none --format json",
    );
    damaged(&schema, &flow, &["/window", "/stall_ns/total", "/producers", "/options/service_ns"]);
    let open = written(
        env!("CARGO_BIN_EXE_loadgen"),
        "mesh --rate 1k --duration 50ms --warmup 0 --pin none --format json",
    );
    let fields = [
        "/load/rate_target",
        "/load/sent",
        "/load/steady",
        "/latency_ns/service/p50",
        "/validity/rate_missed",
    ];
    damaged(&schema, &open, &fields);
    for (field, value) in [("/schema", json!("run/2")), ("/messages", json!(-1)), ("/workload", json!("x"))] {
        let mut other = run.clone();
        *other.pointer_mut(field).expect(field) = value;
        assert!(!schema.is_valid(&other), "{field}");
    }
}

#[test]
fn jitter_is_what_its_schema_says() {
    let folder = std::env::temp_dir().join(format!("throng-schemas-jitter-{}", std::process::id()));
    let line = format!("jitter --duration 20ms --format json --out {}", folder.display());
    let jitter = written(env!("CARGO_BIN_EXE_throng"), &line);
    let kept = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let [run, env, summary, log] = ["run.json", "env.json", "summary.md", "jitter.hlog"].map(kept);
    std::fs::remove_dir_all(&folder).expect("this test's own");
    let schema = Schema::jitter();
    assert_eq!(schema.wrong(&jitter), [""; 0]);
    assert_eq!(serde_json::from_str::<Value>(&run).expect("JSON"), jitter);
    assert_eq!(serde_json::from_str::<Value>(&env).expect("JSON"), jitter["env"]);
    assert!(summary.starts_with("# jitter, ") && log.contains("\nTag=processor-"), "{summary}{log}");
    let each = jitter["per_processor"].as_array().map(Vec::len);
    assert_eq!(each.map(|n| n as u64), jitter["all"]["processors"].as_u64());
    damaged(
        &schema,
        &jitter,
        &[
            "/schema",
            "/command",
            "/started",
            "/threshold_ns",
            "/all/lasted_ns",
            "/all/stolen_share",
            "/all/gaps",
            "/all/gap_ns/p99_9",
            "/per_processor",
            "/per_processor/0/processor",
            "/per_processor/0/processors",
            "/per_processor/0/gap_ns/max",
            "/validity/interrupted",
            "/env/cross_core_ns/before",
            "/env/clock/cost_ns",
        ],
    );
}
/// A folder of its own, removed with what is in it.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throng-schemas-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    fn json(&self, name: &str) -> Value {
        let text = std::fs::read(self.0.join(name)).expect(name);
        serde_json::from_slice(&text).expect(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_load_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../reports/schema/load-1.json")).expect("JSON"));
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
        Schema(serde_json::from_str(include_str!("../../reports/schema/compare-1.json")).expect("JSON"));
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
        Schema(serde_json::from_str(include_str!("../../reports/schema/sweep-1.json")).expect("JSON"));
    let load = Schema(serde_json::from_str(include_str!("../../reports/schema/load-1.json")).expect("JSON"));
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
        Schema(serde_json::from_str(include_str!("../../reports/schema/prices-1.json")).expect("JSON"));
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
fn a_series_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../reports/schema/series-1.json")).expect("JSON"));
    let load = Schema(serde_json::from_str(include_str!("../../reports/schema/load-1.json")).expect("JSON"));
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

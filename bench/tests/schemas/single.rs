//! What one run, the table and a look at the idle machine write.

use crate::schema::Schema;
use crate::written::{damaged, written};
use serde_json::{Value, json};

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
        "supervise --messages 4k --crash 1/100 --mail return --sample all",
        "supervise --messages 2k --crash 5/s --backoff 1ms..2ms --strategy rest-for-one --crash-by error",
        "pools --messages 300 --burst 100 --pause 1ms --leave 2ms",
        "pubsub --messages 2k --overflow fail --mailbox 8",
        "pubsub --messages 300 --topics 30 --subscribers 10",
        "ask --rate 1k --duration 50ms --warmup 0",
        "ping-pong --duration 20ms",
        "ping-pong --profile smoke --messages 2k",
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
    let supervise = written(
        env!("CARGO_BIN_EXE_loadgen"),
        "supervise --messages 2k --crash 1/100 --backoff 100us --workers 1 --pin none --format json",
    );
    let facts =
        ["/facts/faults", "/facts/strategy", "/facts/mail", "/facts/backoff/first_ns", "/facts/restarts"];
    for (field, value) in facts.into_iter().zip([json!(-1), json!("all"), json!("x"), json!("1"), json!(1.5)])
    {
        let mut other = supervise.clone();
        *other.pointer_mut(field).expect(field) = value;
        assert!(!schema.is_valid(&other), "{field}");
    }
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

#[test]
fn the_floor_is_what_its_schema_says() {
    let schema =
        Schema(serde_json::from_str(include_str!("../../../reports/schema/limits-1.json")).expect("JSON"));
    let floor = written(env!("CARGO_BIN_EXE_throng"), "limits --format json");
    assert_eq!(schema.wrong(&floor), [""; 0]);
    assert!(floor["figures"].as_array().is_some_and(|figures| figures.len() > 5), "{floor}");
    damaged(
        &schema,
        &floor,
        &["/schema", "/env/cpu", "/figures", "/figures/0/name", "/figures/0/ns", "/figures/0/note"],
    );
}

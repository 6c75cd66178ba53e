use super::*;

fn figure(name: &'static str, ns: Option<f64>) -> Figure {
    Figure::of(name, ns, "needs two processors")
}

const NAMES: [&str; 22] = [
    "uncontended exchange",
    "uncontended fetch_add",
    "uncontended compare-and-exchange",
    "push and pop on one thread, node used again",
    "64 B from mimalloc and back",
    "64 B from libc's malloc and back",
    "64 B from a free list and back",
    "Instant::now",
    "time stamp counter",
    "deque push and pop",
    "deque push and pop, one thief spinning",
    "touch of one of 1M cold lines",
    "touch of one of 1M cold lines on huge pages",
    "indirect call, predicted",
    "indirect call, one of eight at random",
    "64 B of mimalloc allocated on one core, freed on another",
    "64 B of libc's malloc allocated on one core, freed on another",
    "core to core, one way",
    "one to one across cores, nodes back in chains of 64",
    "futex: cost to the waker",
    "futex: until the sleeper runs",
    "futex: until the sleeper runs, p99",
];

#[test]
fn every_operation_takes_time_or_says_why_not() {
    let figures = measure(1);
    // Every row of the architecture's table of what physics allows, by name.
    let names: Vec<_> = figures.iter().map(|figure| figure.name).collect();
    assert_eq!(names, NAMES);
    for figure in &figures {
        match figure.ns {
            Some(ns) => assert!(ns > 0.0 && ns < 1e9, "{figure:?}"),
            None => assert!(!figure.note.is_empty(), "{figure:?}"),
        }
    }
    let of = |name: &str| figures.iter().find(|f| f.name == name).and_then(|f| f.ns).expect("measured");
    assert!(of("touch of one of 1M cold lines") > of("64 B from a free list and back"));
}

#[test]
fn text_and_json_tell_the_same() {
    let figures = [figure("first", Some(2.25)), figure("the second", None)];
    let mut env = machine::certificate();
    env.insert("cpu".into(), json!("A processor"));
    env.insert("processors".into(), json!(2));
    env.insert("load_per_minute".into(), json!({"before": 0.5, "after": 1.5}));
    env.insert("stolen_ns".into(), json!(2_000_000));
    let text = render(&figures, &env, Format::Text);
    let machine = "A processor, 2 processors; load average 0.50 before, 1.50 after; the hypervisor gave 2.00 ms of the \
                   processors' time to others";
    assert_eq!(
        text,
        format!("first             2.2 ns\nthe second not run: needs two processors\nmachine: {machine}\n")
    );
    let json: serde_json::Value = serde_json::from_str(&render(&figures, &env, Format::Json)).expect("JSON");
    assert_eq!(json["env"]["load_per_minute"], json!({"before": 0.5, "after": 1.5}));
    assert_eq!(json["schema"], SCHEMA);
    assert_eq!(json["figures"][0], json!({"name": "first", "ns": 2.25, "note": ""}));
    assert_eq!(json["figures"][1]["ns"], serde_json::Value::Null);
    assert!(json["env"]["cpu_flags"].is_array());
}

#[test]
fn a_wrong_flag_is_one_line() {
    for (args, line) in [
        (["--format", "html"], "--format got \"html\": takes text or json"),
        (["--what", "1"], "--what is no flag or argument of throng limits: takes --format and --seed"),
    ] {
        let error = Command::try_parse_from(["limits"].into_iter().chain(args)).expect_err("refused");
        assert_eq!(one_line(&error, &[]), line);
    }
}

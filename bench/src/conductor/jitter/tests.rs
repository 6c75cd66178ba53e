use super::*;
use crate::jitter::OnProcessor;
use crate::latency::Recorder;
use std::time::SystemTime;

fn probed(refused: Vec<usize>) -> Probed {
    let one = |processor, gaps: &[u64]| {
        let mut recorder = Recorder::new();
        gaps.iter().for_each(|gap| recorder.record(*gap));
        let stolen_ns = gaps.iter().sum();
        OnProcessor { processor, lasted_ns: 1_000_000_000, stolen_ns, gaps: recorder }
    };
    let began = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let each = vec![one(0, &[400; 30]), one(2, &[20_000_000])];
    Probed { began, threshold_ns: 200, each, refused }
}

fn run(probed: &Probed, interrupted: bool) -> Value {
    let Ok(command) = Command::try_parse_from(["jitter", "--duration", "1s"]) else { panic!("refused") };
    run_json(probed, &command, &[0, 2], interrupted, json!({"cpu": null}))
}

#[test]
fn text_and_markdown_tell_what_the_json_tells() {
    let probed = probed(Vec::new());
    let run = run(&probed, false);
    assert_eq!(
        rendered(&probed, &run, Format::Text),
        "jitter, 2 processors, 1.00 s: 1.00 % of the time is in gaps above 200 ns
 processor   in gaps   gaps      p50   p90   p99   p99.9       max
───────────────────────────────────────────────────────────────────
       all   1.001 %     31   400 ns     -     -       -   20.0 ms
         0   0.001 %     30   400 ns     -     -       -    400 ns
         2   2.000 %      1        -     -     -       -   20.0 ms
"
    );
    assert_eq!(
        rendered(&probed, &run, Format::Markdown),
        "# jitter, 2 processors, 1.00 s: 1.00 % of the time is in gaps above 200 ns

| processor | in gaps | gaps | p50 | p90 | p99 | p99.9 | max |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| all | 1.001 % | 31 | 400 ns | - | - | - | 20.0 ms |
| 0 | 0.001 % | 30 | 400 ns | - | - | - | 400 ns |
| 2 | 2.000 % | 1 | - | - | - | - | 20.0 ms |
"
    );
    let json: Value = serde_json::from_str(&rendered(&probed, &run, Format::Json)).expect("JSON");
    assert_eq!((&json["schema"], &json["started"]), (&json!("jitter/1"), &json!("2023-11-14 22:13:20")));
    let command = json["command"].as_array().expect("words");
    assert_eq!(
        command[1..],
        [json!("jitter"), json!("--duration"), json!("1000000000ns"), json!("--processors"), json!("0,2")]
    );
    assert_eq!((&json["all"]["gaps"], &json["all"]["stolen_share"]), (&json!(31), &json!(0.010006)));
    let second = &json["per_processor"][1];
    assert_eq!(
        (&second["processor"], &second["gaps"], &second["processors"]),
        (&json!(2), &json!(1), &json!(1))
    );
    assert_eq!(json["validity"], json!({"valid": true, "interrupted": false, "wrong": []}));
}

#[test]
fn the_files_hold_every_gap() {
    let folder = std::env::temp_dir().join(format!("throng-jitter-{}", std::process::id()));
    std::fs::create_dir(&folder).expect("a new folder");
    let whole = probed(Vec::new());
    save(&folder, &whole, &run(&whole, false), true).expect("writable");
    let missing = probed(vec![3]);
    let failed = run(&missing, false);
    save(&folder, &missing, &failed, false).expect("writable");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let log = read("jitter.hlog");
    let intervals: Vec<_> =
        hlog::Reader::new(log.as_bytes()).map(|interval| interval.expect("whole")).collect();
    let names = ["env.json", "summary.md", "jitter.hlog", "run.json"];
    let there = names.map(|name| (read(name), read(&format!("{name}.FAIL"))));
    std::fs::remove_dir_all(&folder).expect("this test's own");
    let told: Vec<_> =
        intervals.iter().map(|i| (i.tag.as_deref(), i.histogram.len(), i.duration.as_millis())).collect();
    assert_eq!(told, [(None, 31, 1_000), (Some("processor-0"), 30, 1_000), (Some("processor-2"), 1, 1_000)]);
    assert_eq!(intervals[0].histogram.value_at_quantile(0.5), 400);
    let runs = [&there[3].0, &there[3].1].map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
    assert_eq!(runs, [run(&whole, false), failed]);
    assert_eq!(
        runs[1]["validity"],
        json!({"valid": false, "interrupted": false, "wrong": ["processor 3 was not looked at: no thread could be pinned to it"]})
    );
    assert!(there[1].1.starts_with("# jitter, ") && there[1].1.contains("NOT VALID\n"), "{}", there[1].1);
    assert_eq!(there[0].0, "{\n  \"cpu\": null\n}\n");
}

#[test]
fn an_interrupted_probe_says_so() {
    let probed = probed(Vec::new());
    let run = run(&probed, true);
    assert!(rendered(&probed, &run, Format::Text).contains("200 ns, interrupted\n"));
    assert_eq!(run["validity"], json!({"valid": true, "interrupted": true, "wrong": []}));
}

#[test]
fn lists_of_processors_are_read() {
    let here = processors::usable();
    let (first, last) = (here[0], here[here.len() - 1]);
    for text in [format!("{first}"), format!("{first}-{first}")] {
        assert_eq!(list(&text).map(|chosen| chosen.0), Ok(vec![first]), "{text}");
    }
    assert_eq!(list(&processors::ranges(&here)).map(|chosen| chosen.0), Ok(here.clone()));
    let mut ends = vec![first, last];
    ends.dedup();
    assert_eq!(list(&format!("{last},{first}")).map(|chosen| chosen.0), Ok(ends));
    assert!(last == first || list(&format!("{last}-{first}")).is_err());
    for text in [format!("{first},{first}"), format!("{first}-{last},{last}")] {
        let why = list(&text).map(|chosen| chosen.0).expect_err("twice");
        assert!(why.contains(", each once, of those"), "{text}: {why}");
    }
    for text in ["", ",", "-", "0-", "-0", "x", "0 ", "+0", "0-1-2", "4095", "18446744073709551616"] {
        let why = list(text).map(|chosen| chosen.0).expect_err(text);
        assert!(why.starts_with("takes processors like 0,2 or 0-3"), "{text}: {why}");
    }
}

//! Files that are not where `run.json` says: each is told, none is looked for elsewhere, and nothing old stays on the page.

use crate::{fixtures, report};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// What `throng report` says of the folder, line by line, and its exit code.
fn told(folder: &Path) -> (Option<i32>, Vec<String>) {
    let output = report(&[folder.to_str().expect("a text")]);
    let said = String::from_utf8(output.stderr).expect("text");
    (output.status.code(), said.lines().map(str::to_owned).collect())
}

fn drawings(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder.join("svg")) else { return Vec::new() };
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn change(folder: &Path, deed: impl FnOnce(&mut Value)) {
    let path = folder.join("run.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&path).expect("written")).expect("JSON");
    deed(&mut value);
    fixtures::write(&path, &value.to_string());
}

#[test]
fn what_is_missing_is_told_with_what_is_not_drawn() {
    let folder = fixtures::folder("missing/load");
    fixtures::load(&folder);
    assert_eq!(told(&folder).1.len(), 1, "nothing is missing: {:?}", told(&folder));
    fs::remove_file(folder.join("combined.hlog")).expect("it was there");
    fs::remove_file(folder.join("jitter.hlog")).expect("it was there");
    for run in ["run-1", "run-4"] {
        fs::remove_dir_all(folder.join(run)).expect("it was there");
    }
    let (code, said) = told(&folder);
    assert_eq!((code, said.len()), (Some(0), 5), "{said:?}");
    for (line, (file, lost)) in said.iter().zip([
        ("combined.hlog", "the percentiles of all runs together"),
        ("jitter.hlog", "the machine's own gaps"),
        ("run-1", "the course of this run"),
        ("run-4", "the course of this run"),
        ("report.html", ""),
    ]) {
        assert!(line.contains(file) && line.contains(lost), "{line}");
        assert_eq!(line.contains("is missing: "), file != "report.html", "{line}");
    }
    // The course is that of a run that is there.
    let page = fs::read_to_string(folder.join("report.html")).expect("the page");
    assert!(page.contains("Response of run-2"));

    let folder = fixtures::folder("missing/run");
    fixtures::run(&folder);
    for (file, lost) in [("intervals.csv", "the rate over time"), ("latency.hlog", "the percentiles")] {
        fs::remove_file(folder.join(file)).expect("it was there");
        let (code, said) = told(&folder);
        let line = said.iter().find(|line| line.contains(&format!("{file}\" is missing: ")));
        assert_eq!(code, Some(0), "{said:?}");
        assert!(line.is_some_and(|line| line.contains(lost)), "{said:?}");
    }
    // A run that has no latency misses no log of it.
    change(&folder, |run| {
        run["latency_ns"] = json!({"response": null, "service": null, "schedule_lag": null});
    });
    assert_eq!(told(&folder).1.len(), 1, "{:?}", told(&folder));

    let folder = fixtures::folder("missing/jitter");
    fixtures::jitter(&folder);
    fs::remove_file(folder.join("jitter.hlog")).expect("it was there");
    let (code, said) = told(&folder);
    assert_eq!((code, said.len()), (Some(0), 2), "{said:?}");
    assert!(said[0].contains("jitter.hlog\" is missing: "), "{said:?}");

    let folder = fixtures::folder("missing/table");
    fixtures::table(&folder);
    fs::remove_file(folder.join("throng-one_way.hlog")).expect("it was there");
    let (code, said) = told(&folder);
    assert_eq!((code, said.len()), (Some(0), 2), "{said:?}");
    assert!(said[0].contains("throng-one_way.hlog\" is missing: "), "{said:?}");
}

/// A run that left nothing has no folder, and none is missed.
#[test]
fn what_never_was_is_not_missing() {
    let folder = fixtures::folder("missing/never");
    fixtures::load(&folder);
    fs::remove_dir_all(folder.join("run-3")).expect("it was there");
    change(&folder, |load| {
        for field in ["msgs_per_s", "ns_per_msg", "bytes_per_actor"] {
            load["runs"][2][field] = Value::Null;
        }
        load["runs"][2]["latency_ns"] = json!({"response": null, "service": null, "schedule_lag": null});
    });
    assert_eq!(told(&folder).1.len(), 1, "{:?}", told(&folder));
}

#[test]
fn a_folder_that_is_not_beside_its_file_is_refused_wherever_it_is_named() {
    type Named = (&'static str, fn(&Path), fn(&mut Value) -> &mut Value);
    let kinds: [Named; 3] = [
        ("load", fixtures::load, |load| &mut load["runs"][4]["folder"]),
        (
            "sweep",
            |folder| fixtures::sweep(folder, "actors", &[1e3, 1e4]),
            |sweep| &mut sweep["points"][1]["folder"],
        ),
        ("table", fixtures::table, |table| &mut table["rows"][0]["name"]),
    ];
    for (kind, fill, place) in kinds {
        for given in ["../../etc", "..", ".", "", "/etc", "run-1/../../etc", "a/b"] {
            let folder = fixtures::folder(&format!("missing/elsewhere-{kind}"));
            fill(&folder);
            let file = folder.join(if kind == "table" { "table.json" } else { "run.json" });
            let mut value: Value = serde_json::from_slice(&fs::read(&file).expect("written")).expect("JSON");
            *place(&mut value) = json!(given);
            fixtures::write(&file, &value.to_string());
            let (code, said) = told(&folder);
            assert_eq!((code, said.len()), (Some(2), 1), "{kind}, {given:?}: {said:?}");
            assert!(said[0].contains(&format!("{given:?}: takes ")), "{said:?}");
            assert!(drawings(&folder).is_empty(), "{kind}, {given:?}");
        }
    }
}

#[test]
fn no_drawing_of_an_older_page_stays() {
    let folder = fixtures::folder("missing/stale");
    fixtures::load(&folder);
    assert_eq!(told(&folder).0, Some(0));
    assert_eq!(drawings(&folder).len(), 6);
    fixtures::write(&folder.join("svg/notes.txt"), "mine");
    fs::remove_file(folder.join("combined.hlog")).expect("it was there");
    fs::remove_file(folder.join("jitter.hlog")).expect("it was there");
    fs::remove_file(folder.join("run-1/latency.hlog")).expect("it was there");
    assert_eq!(told(&folder).0, Some(0));
    assert_eq!(drawings(&folder), ["notes.txt", "rate-over-time.svg", "runs.svg"]);
}

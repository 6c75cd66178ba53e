//! Series of runs, with generators that do what a test wants of them.

use super::scratch::{Scratch, THRONG, said};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// The runs and the times that are not given; what is given stands.
#[test]
fn a_profile_says_how_often_and_for_how_long() {
    let scratch = Scratch::new("profile");
    for (line, runs, duration_ns) in
        [("--profile smoke", 2, 1_000_000_000), ("--profile smoke --duration 20ms --runs 1", 1, 20_000_000)]
    {
        let out = format!("{runs}");
        let line = format!("load ping-pong {line} --workers 1 --pin none --format json --out {out}");
        let output = scratch.throng(&line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output));
        let load: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(load["runs"].as_array().map(Vec::len), Some(runs), "{line}");
        let command: Vec<_> = load["command"].as_array().into_iter().flatten().collect();
        assert!(command.contains(&&json!("smoke")) && command.contains(&&json!(runs.to_string())), "{load}");
        let options = &scratch.json(&format!("{out}/run-1/run.json"))["options"];
        assert_eq!((&options["profile"], &options["duration_ns"]), (&json!("smoke"), &json!(duration_ns)));
    }
    std::fs::write(scratch.0.join("both.toml"), "version = 1\n[defaults]\nworkers = 1\npin = \"none\"\nduration = \"5ms\"\n[[load]]\nname = \"short\"\nworkload = \"ring\"\nprofile = \"smoke\"\n[[load]]\nname = \"usual\"\nworkload = \"ring\"\n").expect("writable");
    let output = scratch.throng("load --profile-file both.toml --out both --format json");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    for (name, runs) in [("short", 2), ("usual", 5)] {
        let load = scratch.json(&format!("both/{name}/run.json"));
        assert_eq!(load["runs"].as_array().map(Vec::len), Some(runs), "{name}");
    }
}

/// What is typed goes before what a file says of all its loads, and a load's own word before both.
#[test]
fn runs_that_are_asked_for_go_before_those_of_a_files_defaults() {
    let scratch = Scratch::new("file-runs");
    let head = "version = 1\n[defaults]\nruns = 3\nworkers = 1\npin = \"none\"\nmessages = 100\n";
    let load = |name: &str, own: &str| format!("[[load]]\nname = \"{name}\"\nworkload = \"ask\"\n{own}");
    let file = format!("{head}{}{}", load("any", ""), load("own", "runs = 2\n"));
    std::fs::write(scratch.0.join("two.toml"), file).expect("writable");
    for (flags, any, out) in [("", 3, "as-said"), ("--runs 1", 1, "asked")] {
        let output =
            scratch.throng(&format!("load --profile-file two.toml {flags} --out {out} --format json"));
        assert_eq!(output.status.code(), Some(0), "{flags}: {}", said(&output));
        for (name, runs) in [("any", any), ("own", 2)] {
            let load = scratch.json(&format!("{out}/{name}/run.json"));
            assert_eq!(load["runs"].as_array().map(Vec::len), Some(runs), "{flags}: {name}");
        }
    }
    // Where each has its own, the flag would do nothing.
    std::fs::write(scratch.0.join("own.toml"), format!("{head}{}", load("own", "runs = 2\n")))
        .expect("writable");
    let output = scratch.throng("load --profile-file own.toml --runs 1 --out nowhere");
    let said = said(&output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
    let says = "throng: --runs got \"1\": each load of own.toml says itself how many runs it has: leave one of the two off";
    assert_eq!(said.trim_end(), says);
    assert!(!scratch.0.join("nowhere").exists());
}

/// As of a load or a sweep, the time and the pairs that are not given; it is for both sides.
#[test]
fn a_comparison_takes_a_profile() {
    let scratch = Scratch::new("compare-profile");
    scratch.generator("a", "run 1000");
    scratch.generator("b", "run 1100");
    let output = scratch.throng("compare ./a ./b --profile smoke --out kept --format json -- ring");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(compare["pairs"].as_array().map(Vec::len), Some(5));
    let command: Vec<_> = compare["command"].as_array().into_iter().flatten().collect();
    let place = |word: &str| command.iter().position(|told| **told == word);
    assert!(place("--profile=smoke") > place("ring") && place("ring") > place("--"), "{command:?}");
}

#[test]
fn pairs_are_run_in_turns_and_have_the_same_seed() {
    let scratch = Scratch::new("turns");
    scratch.generator("a", "run $((1000 + runs))");
    scratch.generator("b", "run $((1100 + runs))");
    let output = scratch.throng("compare ./a ./b --pairs 5 --out kept --format json -- ring --seed 7");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(scratch.json("kept/run.json"), compare);
    let (straight, turned) = (["a", "b", "a", "a"], ["b", "a", "a", "a"]);
    assert_eq!(scratch.order(), [straight, turned, straight, turned, straight].concat());
    for n in 0..5 {
        let pair = &compare["pairs"][n];
        assert_eq!((&pair["seed"], &compare["aa_pairs"][n]["seed"]), (&json!(7 + n), &json!(7 + n)));
        for place in ["a", "b"] {
            let run = scratch.json(&format!("kept/pair-{}/{place}/run.json", n + 1));
            assert_eq!((&run["seed"], run["ns_per_msg"].as_f64()), (&json!(7 + n), pair[place].as_f64()));
        }
        let (a, b) = (pair["a"].as_f64().expect("a figure"), pair["b"].as_f64().expect("a figure"));
        assert_eq!(pair["ratio"], b / a);
    }
    assert_eq!(compare["verdict"], "different");
    let effect = compare["effect"].as_f64().expect("told");
    assert!((0.09..0.1).contains(&effect), "{effect}");
    assert!(compare["band"].as_f64().expect("told") < 0.01, "{compare}");
    assert_eq!((&compare["a"]["kind"], &compare["a"]["given"]), (&json!("binary"), &json!("./a")));
    assert_eq!(compare["clusters"]["pairs_in_one"], 5);
}

#[test]
fn a_comparison_that_is_no_more_than_a_look_takes_the_fewest_pairs() {
    let scratch = Scratch::new("fewest");
    for name in ["a", "b"] {
        scratch.generator(name, "run $((1000 + runs))");
    }
    for (given, behind, pairs) in [
        ("", "ring --profile smoke", 5),
        ("--pairs 6", "ring --profile smoke", 6),
        ("", "ring --profile paper", 10),
        ("", "ring", 10),
    ] {
        let output = scratch.throng(&format!(
            "compare ./a ./b {given} --out {pairs}{} --format json -- {behind}",
            behind.len()
        ));
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(compare["pairs"].as_array().map(Vec::len), Some(pairs), "{given} {behind}");
        let command = compare["command"].as_array().expect("words");
        assert!(command.contains(&json!(format!("--pairs={pairs}"))), "{command:?}");
    }
}

#[test]
fn what_is_no_more_than_a_from_itself_is_no_difference() {
    let scratch = Scratch::new("same");
    // As wide as what is seen between two runs of A.
    scratch.generator("a", "run $((1000 + 100 * (runs % 4)))");
    scratch.generator("b", "run $((1010 + 100 * (runs % 4)))");
    let output = scratch.throng("compare ./a ./b --pairs 6 --out kept --format json -- ring");
    let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((output.status.code(), &compare["verdict"]), (Some(0), &json!("no difference")));
    assert!(compare["band"].as_f64().expect("told") > 0.05, "{compare}");
}

#[test]
fn both_states_of_the_machine_are_told() {
    let scratch = Scratch::new("states");
    // The state flips after every second pair; in the dear one B is slower.
    let state = "cross=$((30 + 80 * ((runs - 1) / 8 % 2)));";
    scratch.generator("a", &format!("{state} run 1000"));
    scratch.generator("b", &format!("{state} run $((1000 + cross))"));
    let output = scratch.throng("compare ./a ./b --pairs 8 --out kept --format json -- ring");
    let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let clusters = &compare["clusters"];
    assert_eq!(clusters["pairs_in_one"], 8);
    assert_eq!((&clusters["low"]["pairs"], &clusters["high"]["pairs"]), (&json!(4), &json!(4)));
    assert_eq!(clusters["low"]["ratio"]["median"], 1.03);
    assert_eq!(clusters["high"]["ratio"]["median"], 1.11);
    let text = std::fs::read_to_string(scratch.0.join("kept/summary.md")).expect("it is there");
    assert!(text.contains("in two states") && text.contains("8 of 8 pairs lie in one"), "{text}");
}

#[test]
fn a_run_that_does_not_hold_makes_the_comparison_not_valid() {
    let scratch = Scratch::new("lost");
    scratch.generator("a", "run 1000");
    scratch.generator(
        "b",
        "[ $runs -gt 4 ] && file=run.json.FAIL && run 1000 false && echo 'loadgen: lost one' >&2 && exit 5; run 1000",
    );
    let output = scratch.throng("compare ./a ./b --pairs 5 --out kept --format json -- ring");
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let compare = scratch.json("kept/run.json.FAIL");
    assert!(!scratch.0.join("kept/run.json").exists());
    assert!(scratch.0.join("kept/pair-2/b/run.json.FAIL").exists(), "the run's own file is kept");
    assert_eq!(compare["verdict"], "not valid");
    assert_eq!(compare["validity"]["wrong"], json!(["pair-2/b: lost one"]));
    assert_eq!(compare["pairs"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_a_generator_refuses_leaves_nothing() {
    let scratch = Scratch::new("refused");
    scratch.generator("a", "run 1000");
    scratch.generator("b", "echo 'loadgen: --rate is not there yet' >&2; exit 2");
    let output = scratch.throng("compare ./a ./b --out kept -- ring --rate 1k");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(said(&output).lines().last(), Some("throng: ./b: --rate is not there yet"));
    assert!(!scratch.0.join("kept").exists());
}

#[test]
fn progress_is_passed_on_and_the_last_words_are_the_reason() {
    let scratch = Scratch::new("words");
    let words = ["loadgen: 1 s", "half", "loadgen: 2 s", "loadgen: a full disk"];
    let deed = words.map(|words| format!("echo '{words}' >&2;")).concat();
    scratch.generator("a", &format!("{deed} exit 1"));
    let output = scratch.throng("compare ./a ./a --out kept -- ring");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    let lines: Vec<_> = said.lines().collect();
    let place = "[1/10] pair-1/a:";
    let expected = [
        format!("{place} 1 s"),
        format!("{place} half"),
        format!("{place} 2 s"),
        "throng: pair-1/a: a full disk".to_owned(),
        "files of this comparison: kept".to_owned(),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_figure_that_no_run_has_is_told() {
    let scratch = Scratch::new("figure");
    scratch.generator("a", "run 1000");
    let output = scratch.throng("compare ./a ./a --metric response.p99 --out kept -- ring");
    assert_eq!(output.status.code(), Some(1));
    let wrong = "pair-1/a: ring has no response.p99 above 0 here: compare another figure";
    assert_eq!(scratch.json("kept/run.json.FAIL")["validity"]["wrong"], json!([wrong]));
}

#[test]
fn r20_an_interrupted_comparison_keeps_its_pairs() {
    let scratch = Scratch::new("interrupt");
    scratch.generator("a", "[ $runs = 7 ] && kill -INT $PPID && exec tail -f /dev/null; run 1000");
    let output = scratch.throng("compare ./a ./a --pairs 5 --out kept -- ring");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    let compare = scratch.json("kept/run.json.FAIL");
    assert_eq!(
        (&compare["verdict"], &compare["validity"]["interrupted"]),
        (&json!("not valid"), &json!(true))
    );
    assert_eq!(compare["pairs"].as_array().map(Vec::len), Some(2));
    let dropped = "aa-2/b: interrupted before it had anything to keep";
    assert_eq!(compare["validity"]["wrong"], json!(["interrupted after 1 of 5 pairs", dropped]));
}

#[test]
fn a_run_of_a_comparison_that_does_not_end_in_time_is_dropped_and_that_is_told() {
    let scratch = Scratch::new("deaf-pair");
    // What is ignored stays so in the program that takes its place.
    scratch.generator(
        "a",
        "[ $runs = 7 ] && trap '' TERM && kill -INT $PPID && exec tail -f /dev/null; run 1000",
    );
    let output = scratch.throng("compare ./a ./a --pairs 5 --out kept -- ring");
    assert_eq!(output.status.code(), Some(130), "{}", said(&output));
    let wrong = &scratch.json("kept/run.json.FAIL")["validity"]["wrong"];
    let dropped = "aa-2/b: interrupted and dropped: it did not end within 2 s";
    assert_eq!(wrong, &json!(["interrupted after 1 of 5 pairs", dropped]));
    assert!(said(&output).contains(&format!("throng: {dropped}\n")), "{}", said(&output));
}

#[test]
fn r20_an_interrupted_load_keeps_its_runs() {
    let scratch = Scratch::new("load");
    let args =
        ["load", "ping-pong", "--messages", "20k", "--workers", "1", "--runs", "1000", "--out", "kept"];
    let mut command = Command::new(THRONG);
    command.args(args).current_dir(&scratch.0).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let first = lines.next().expect("a run is told").expect("text");
    assert!(first.starts_with("[1/1000] time a message"), "{first}");
    // SAFETY: the child is not reaped yet, so its number is its own.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
    let rest: Vec<_> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{rest:?}");
    let load = scratch.json("kept/run.json");
    assert_eq!((&load["validity"]["valid"], &load["validity"]["interrupted"]), (&json!(true), &json!(true)));
    let runs = load["runs"].as_array().expect("runs");
    assert!((1..1000).contains(&runs.len()));
    assert_eq!(load["over_runs"]["ns_per_msg"]["low"].as_f64() > Some(0.0), runs[0]["valid"] == true);
}

fn git(folder: &Path, line: &str) -> String {
    let me = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"];
    let output = Command::new("git").args(me).args(line.split_whitespace()).current_dir(folder).output();
    let output = output.expect("git is there, as for every clone");
    assert!(output.status.success(), "{line}: {}", said(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn two_revisions_are_built_and_their_worktrees_gone() {
    let scratch = Scratch::new("revisions");
    let write = |name: &str, text: String| std::fs::write(scratch.0.join(name), text).expect("writable");
    write("Cargo.toml", "[package]\nname = \"loadgen\"\nedition = \"2024\"\n[workspace]\n".into());
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"loadgen\"\nversion = \"0.0.0\"\n".into());
    std::fs::create_dir(scratch.0.join("src")).expect("a new folder");
    git(&scratch.0, "init --quiet");
    for ns in [1000, 1100] {
        let json = format!(
            r##"r#"{{"schema":"run/1","workload":"ring","ns_per_msg":{ns},"validity":{{"valid":true}}}}"#"##
        );
        write(
            "src/main.rs",
            format!(
                "fn main() {{
                    let out = std::env::args().skip_while(|arg| arg != \"--out\").nth(1).expect(\"a folder\");
                    std::fs::create_dir_all(&out).expect(\"writable\");
                    std::fs::write(out + \"/run.json\", {json}).expect(\"writable\");
                }}"
            ),
        );
        git(&scratch.0, "add .");
        git(&scratch.0, "commit --quiet --message step");
    }
    let output =
        scratch.throng("compare HEAD~1 HEAD --pairs 5 --target built --out kept --format json -- ring");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let compare: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&compare["verdict"], &compare["ratio"]["low"]), (&json!("different"), &json!(1.1)));
    assert_eq!((&compare["a"]["kind"], &compare["b"]["given"]), (&json!("revision"), &json!("HEAD")));
    assert_eq!(git(&scratch.0, "worktree list").lines().count(), 1);
    let left = std::fs::read_dir(scratch.0.join("built/compare")).expect("it is there");
    let left = left.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    assert_eq!(left.filter(|name| name.starts_with("source")).count(), 0);
}

/// The page of a folder is there, and a drawing of it.
fn has_page(folder: &Path) {
    let page =
        std::fs::read_to_string(folder.join("report.html")).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    assert!(page.contains("class=\"verdict good\"") && page.contains("<svg"), "{folder:?}");
    let drawings = std::fs::read_dir(folder.join("svg")).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
    assert!(drawings.count() > 0, "{folder:?}");
}

#[test]
fn what_was_measured_is_shown_on_a_page() {
    let scratch = Scratch::new("page");
    scratch.generator("a", "run 1000");
    for line in [
        "load ping-pong --messages 20k --workers 1 --pin none --runs 2 --out load",
        "sweep counting --messages 2k --pin none --over workers=1..2 --runs 1 --out sweep",
        "compare ./a ./a --pairs 5 --out compare -- ring",
        "jitter --duration 50ms --out jitter",
    ] {
        let output = scratch.throng(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", said(&output));
    }
    for folder in ["load", "sweep", "sweep/point-1", "sweep/point-2", "compare", "jitter"] {
        has_page(&scratch.0.join(folder));
    }
}

#[test]
fn r19_a_page_that_cannot_be_had_is_an_error_and_the_raw_files_stay() {
    let scratch = Scratch::new("no-page");
    // A folder where the page is to be.
    scratch.generator("a", "mkdir -p kept/report.html; run 1000");
    let output = scratch.throng("compare ./a ./a --pairs 5 --out kept -- ring");
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    let said = said(&output);
    let told = said.lines().find(|line| line.starts_with("throng: no page: "));
    assert!(told.is_some_and(|line| line.contains("kept/report.html")), "{said}");
    assert!(!output.stdout.is_empty(), "the result is told all the same");
    assert_eq!(scratch.json("kept/run.json")["validity"]["valid"], true);
}

#[test]
fn the_loads_of_a_file_are_run_one_after_the_other_and_the_worst_decides() {
    let scratch = Scratch::new("suite");
    let file = r#"
        version = 1
        [defaults]
        pin = "none"
        workers = 1
        runs = 1
        [[load]]
        name = "asserted"
        workload = "ping-pong"
        messages = "20k"
        assert = "response.p50<1ns"
        [[load]]
        name = "sound"
        workload = "ping-pong"
        messages = "20k"
        runs = 2
    "#;
    std::fs::write(scratch.0.join("two.toml"), file).expect("writable");
    let output = scratch.throng("load --profile-file two.toml --out kept --format markdown");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let suite = scratch.json("kept/run.json.FAIL");
    let told: Vec<_> = suite["loads"].as_array().expect("loads").iter().map(|load| &load["exit"]).collect();
    assert_eq!(told, [4, 0]);
    let why = suite["loads"][0]["why"].as_str().expect("told");
    assert!(why.contains("response.p50<1ns"), "{why}");
    assert!(!scratch.0.join("kept/run.json").exists());
    let sound = scratch.json("kept/sound/run.json");
    assert_eq!((sound["runs"].as_array().map(Vec::len), &sound["tail"]), (Some(2), &Value::Null));
    assert_eq!(suite["loads"][1]["latency_ns"], sound["merged"]["latency_ns"]);
    // What the machine took was looked for around the load, and is a curve on its page.
    assert!(sound["jitter"]["after"]["lasted_ns"].as_u64() > Some(400_000_000), "{}", sound["jitter"]);
    assert!(scratch.0.join("kept/sound/jitter.hlog").exists());
    has_page(&scratch.0.join("kept/sound"));
    let page = std::fs::read_to_string(scratch.0.join("kept/report.html")).expect("the page");
    for text in ["Not valid.", "1 of 2 loads hold.", "sound/report.html", "two.toml", "response.p50&lt;1ns"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let markdown = String::from_utf8(output.stdout).expect("text");
    assert!(markdown.starts_with("# two.toml: 1 of 2 loads hold, NOT VALID"), "{markdown}");
    assert_eq!(std::fs::read_to_string(scratch.0.join("kept/summary.md.FAIL")).expect("kept"), markdown);
}

#[test]
fn r18_a_bad_file_of_loads_is_refused_with_its_place_and_nothing_is_written() {
    let scratch = Scratch::new("bad-file");
    let load = "version = 1\n[[load]]\nname = \"a\"\nworkload = \"ring\"\n";
    for (text, place) in [
        (String::new(), ":1:1: "),
        ("version = 1\n".to_owned(), ":2:1: "),
        ("version = 2\n".to_owned(), ":1:11: "),
        ("version = 1\n[[load]\n".to_owned(), ":2:"),
        (format!("{load}nosuch = 1\n"), ":5:1: "),
        (format!("{load}rate = 5\n"), ":5:8: "),
        (format!("{load}messages = \"x\"\n"), ":5:12: "),
        (load.replace("\"a\"", "\"../a\""), ":3:8: "),
        (load.replace("\"a\"", "\"run.json\""), ":3:8: "),
        (format!("{load}[[load]]\nname = \"a\"\nworkload = \"ring\"\n"), ":6:8: "),
        (format!("version = 1\nx = {}", "[".repeat(1_000)), ":2:"),
    ] {
        std::fs::write(scratch.0.join("bad.toml"), &text).expect("writable");
        let output = scratch.throng("load --profile-file bad.toml --out kept");
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{text:?}: {said}");
        assert!(said.starts_with(&format!("throng: bad.toml{place}")), "{text:?}: {said}");
        assert_eq!(said.lines().count(), 1, "{text:?}: {said}");
        assert!(output.stdout.is_empty() && !scratch.0.join("kept").exists(), "{text:?}");
    }
    for (bytes, says) in [(vec![0xff; 9], "bad.toml:1:1: "), (vec![b' '; 1 << 20], "bad.toml: is too large")]
    {
        std::fs::write(scratch.0.join("bad.toml"), bytes).expect("writable");
        let said = said(&scratch.throng("load --profile-file bad.toml --out kept"));
        assert!(said.starts_with(&format!("throng: {says}")) && said.lines().count() == 1, "{said}");
    }
}

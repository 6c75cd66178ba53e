use super::*;

/// A file of its own, removed in the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(bytes: &[u8]) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let n = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("throng-profile-{}-{n}", std::process::id()));
        std::fs::write(&path, bytes).expect("writable");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn read(text: &str) -> Result<Vec<Load>, String> {
    let file = Scratch::new(text.as_bytes());
    let read = ProfileFile::read(&file.0).map_err(|error| error.to_string());
    read.map(|profile| profile.loads).map_err(|line| {
        assert_eq!(line.lines().count(), 1, "{line}");
        line.strip_prefix(&file.0.display().to_string()).expect("it begins with the file").to_owned()
    })
}

#[test]
fn the_example_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/profiles/quick.toml");
    let profile = ProfileFile::read(&path).unwrap_or_else(|error| panic!("{error}"));
    let names: Vec<_> = profile.loads.iter().map(|load| load.name.as_str()).collect();
    assert_eq!(names, ["ping-pong", "counting", "ring", "bounded-drops", "ask", "mesh-open"]);
    assert!(profile.loads.iter().all(|load| (load.runs, load.default_runs) == (None, Some(3))));
    assert_eq!(
        profile.loads[2].args,
        [
            "ring",
            "--seed=1",
            "--pin=compact",
            "--actors=1000",
            "--tokens=8",
            "--order=shuffled",
            "--messages=2M"
        ]
    );
}

#[test]
fn a_load_has_its_own_flags_and_those_of_all() {
    let loads = read(
        "version = 1\ndefaults = { seed = 0xffff_ffff_ffff_ffff, messages = 9, runs = 7 }\n\
         [[load]]\nworkload = 'ask'\nname = 'a'\n\
         [[load]]\nname = 'b.2_-'\nworkload = \"ring\"\nmessages = '5k'\nruns = 1\nbatch = 1_0\n",
    );
    let args = |args: &[&str]| args.iter().map(ToString::to_string).collect::<Vec<_>>();
    let seed = "--seed=18446744073709551615";
    assert_eq!(
        loads,
        Ok(vec![
            Load {
                name: "a".into(),
                runs: None,
                default_runs: Some(7),
                args: args(&["ask", seed, "--messages=9"])
            },
            Load {
                name: "b.2_-".into(),
                runs: Some(1),
                default_runs: Some(7),
                args: args(&["ring", seed, "--messages=5k", "--batch=10"])
            },
        ])
    );
    let without = "version = 1\ndefaults = { seed = 5, batch = 2 }\n[[load]]\nname = 'a'\nworkload = 'ask'\nseed = false";
    let loads_without = read(without).expect("false is a flag left out");
    assert_eq!(loads_without[0].args, args(&["ask", "--batch=2"]));
    let loads = read("version = 1\nload = [{ name = 'a', workload = 'idle' }]").expect("as good as a table");
    assert_eq!((loads[0].runs, loads[0].default_runs), (None, None));
    assert_eq!(loads[0].args, args(&["idle"]));
}

#[test]
fn r18_what_is_wrong_is_named_with_its_line_and_column() {
    const LOAD: &str = "version = 1\n[[load]]\nname = 'a'\nworkload = 'ask'\n";
    for (text, says) in [
        ("", ":1:1: has no version: takes version = 1 before anything else"),
        ("[[load]]\nname = 'a'", ":1:1: has no version"),
        ("version = 2", ":1:11: version got 2: takes 1"),
        ("version = '1'", ":1:11: version got \"1\": takes 1"),
        ("\n version = 1.0", ":2:12: version got 1.0: takes 1"),
        ("version = 1", ":1:12: has no load: takes one or more [[load]]"),
        ("version = 1\nload = []", ":2:10: has no load"),
        ("version = 1\nload = 3", ":2:8: load takes tables: [[load]]"),
        ("version = 1\nload = [3]", ":2:9: load takes tables"),
        ("version = 1\n[load]", ":2:1: load takes tables"),
        ("version = 1\nloads = 1", ":2:1: no key \"loads\": takes version, defaults, load"),
        ("version = 1\ndefaults = 1\n", ":2:12: defaults takes a table"),
        ("version = 1\n[defaults]\nname = 'a'", ":3:1: no key \"name\": takes runs, "),
        ("version = 1\n[defaults]\nseed = 1\n  out = 'x'", ":4:3: no key \"out\": takes runs, "),
        (&format!("{LOAD}format = 'json'"), ":5:1: no key \"format\": takes name, workload, runs, "),
        (&format!("{LOAD}'mess\\nages' = 1"), ":5:1: no key \"mess\\\\nages\": takes name"),
        (&format!("{LOAD}\"mess\\nages\" = 1"), ":5:1: no key \"mess\\nages\": takes name"),
        (&format!("{LOAD}tokens = 5"), ":5:10: load \"a\": --tokens is not for ask: "),
        (
            &format!("{LOAD}messages = -1"),
            ":5:12: load \"a\": --messages got \"-1\": takes a whole number from 1",
        ),
        (&format!("{LOAD}messages = 1e6"), ":5:12: load \"a\": --messages got \"1e6\": takes a whole number"),
        (
            &format!("{LOAD}messages = true"),
            ":5:12: load \"a\": --messages got nothing: takes a whole number",
        ),
        (&format!("{LOAD}µ = 1\n"), ":5:"),
        (&format!("{LOAD}seed = 3; # µ"), ":5:8: "),
        (&format!("{LOAD}pin = '--help'"), ":5:7: load \"a\": --pin got \"--help\": takes compact, spread"),
        (
            &format!("{LOAD}duration = '1s'\nmessages = 5"),
            ":5:12: load \"a\": --duration and --messages exclude",
        ),
        (
            &format!("{LOAD}messages = [1]"),
            ":5:12: messages got an array: takes a number, a string, true or false",
        ),
        (&format!("{LOAD}messages = {{ a = 1 }}"), ":5:12: messages got a table: takes"),
        (&format!("{LOAD}messages = 1979-05-27"), ":5:12: messages got a date: takes"),
        (&format!("{LOAD}seed = {}", "9".repeat(99)), ":5:8: seed got 9999"),
        (&format!("{LOAD}runs = 0"), ":5:8: runs got 0: takes a whole number from 1 to 1000"),
        (&format!("{LOAD}runs = '5'"), ":5:8: runs got \"5\": takes"),
        (&format!("{LOAD}runs = 5\n[defaults]\nruns = 0"), ":7:8: runs got 0: takes a whole number from 1"),
        (&format!("{LOAD}seed = 1\nseed = 2"), ":6:1: "),
        (
            &format!("{LOAD}[[load]]\nworkload = 'idle'\nname = \"a\""),
            ":7:8: name got \"a\", as in line 3: takes a name",
        ),
        (&format!("{LOAD}[[load]]\nworkload = 'idle'"), ":5:1: this load has no name: takes 1 to 64 letters"),
        (&format!("{LOAD}[[load]]\nname = 'b'"), ":5:1: load \"b\" has no workload: takes ping-pong, "),
        (
            "version = 1\n[[load]]\nname = 'a'\nworkload = 'help'",
            ":4:12: workload got \"help\": takes ping-pong, ",
        ),
        ("version = 1\n[[load]]\nname = 'a'\nworkload = 7", ":4:12: workload got 7: takes ping-pong, "),
        ("version = 1\n[[load]]\nname = '../a'", ":3:8: name got \"../a\": takes 1 to 64 letters"),
        ("version = 1\n[[load]]\nname = '.a'", ":3:8: name got \".a\": takes"),
        ("version = 1\n[[load]]\nname = ''", ":3:8: name got \"\": takes"),
        ("version = 1\n[[load]]\nname = 5", ":3:8: name got 5: takes"),
        (
            "version = 1\n[defaults]\nmessages = 0\n[[load]]\nname = 'a'\nworkload = 'ask'",
            ":3:12: load \"a\": --messages got \"0\"",
        ),
        ("version = ", ":1:11: "),
        ("version = 1\n[[load", ":2:7: "),
    ] {
        let why = read(text).expect_err(says);
        assert!(why.starts_with(says), "{text}: {why}");
    }
}

#[test]
fn r18_no_file_and_a_hostile_one_are_refused() {
    let of = |path: &str| ProfileFile::read(Path::new(path)).expect_err(path).to_string();
    assert!(of("/no/such.toml").starts_with("/no/such.toml: cannot be read: No such file"));
    assert_eq!(of("/"), "/: is no regular file: takes one");
    assert_eq!(of("/dev/zero"), "/dev/zero: is no regular file: takes one");
    let file = Scratch::new(b"version = 1\n# \xc2\xb5\xff");
    let why = ProfileFile::read(&file.0).expect_err("no text").to_string();
    assert!(why.ends_with(":2:4: takes UTF-8 text"), "{why}");
    let deep = format!("version = 1\nload = {}", "[".repeat(100_000));
    assert!(read(&deep).expect_err("too deep").starts_with(":2:"));
    let tables = format!("version = 1\n{}", "[[load]]\nname='a'\nworkload='idle'\n".repeat(3_000));
    assert!(read(&tables).expect_err("one name").starts_with(":6:6: name got \"a\", as in line 3"));
    let many: String =
        (0..=LOADS_MAX).map(|n| format!("[[load]]\nname = 'l{n}'\nworkload = 'idle'\n")).collect();
    let why = read(&format!("version = 1\n{many}")).expect_err("too many");
    assert_eq!(why, ":1502:1: is one too many: a file takes up to 500 loads");
}

#[test]
fn a_name_that_a_file_of_the_series_has_is_refused() {
    for name in ["run.json", "run.json.FAIL", "svg", "report.html", "env.json", "summary.md.FAIL"] {
        let text = format!("version = 1\n[[load]]\nname = \"{name}\"\nworkload = \"ring\"\n");
        let why = format!(":3:8: name got {name:?}: takes another one, the series has a file of this name");
        assert_eq!(read(&text).expect_err(name), why);
    }
}

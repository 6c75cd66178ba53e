//! One run in a fresh process, and what it left in its folder.

use super::samples::Samples;
use crate::interrupt::INTERRUPTED;
use crate::process::{self, Failure, GRACE, Job};
use crate::regular_file;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Longer than the longest load, which is a day.
const DEADLINE: Duration = Duration::from_secs(26 * 3_600);
/// No run's JSON is so long: as values it takes up to a hundred times as much.
const RUN_LONGEST: u64 = 320 << 10;
/// How `loadgen` begins what it says itself.
const SAID: &str = "loadgen: ";
/// So many lines wait until one sees whether a program is a `loadgen`.
const FOREIGN_MOST: usize = 64;
/// The exit code of a process that could not do what it was asked.
const FAILED: i32 = 1;

/// A program that is a `loadgen`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generator {
    program: PathBuf,
    first: Vec<OsString>,
}

impl Generator {
    /// This very program, which is one when its first argument says so.
    ///
    /// # Errors
    /// Where it cannot find itself.
    pub fn own() -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, first: vec!["loadgen".into()] })
    }

    fn is_own(&self) -> bool {
        !self.first.is_empty()
    }

    /// Another build of `loadgen`.
    pub fn at(program: PathBuf) -> Self {
        Self { program, first: Vec::new() }
    }
}

/// What came of one run.
#[derive(Debug, Clone)]
pub struct Ran {
    /// The exit code of its process; 128 and the number where a signal ended it.
    pub exit: i32,
    /// Whether its figures hold: one that was interrupted may be valid.
    pub valid: bool,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// What is wrong.
    pub why: Option<String>,
    /// Whether it is no loadgen, as far as one can see: another program that left no run, and never spoke as one.
    pub stranger: bool,
    /// Its JSON, where it left one.
    pub run: Option<Value>,
    /// Its latency samples.
    pub samples: Samples,
}

/// Runs `generator` with `args` and has it leave its files in `folder`. `told` gets what it tells of its progress.
/// Raising `stop` ends it early.
pub fn run(
    generator: &Generator,
    args: &[OsString],
    folder: &Path,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str),
) -> Ran {
    let mut all = generator.first.clone();
    all.extend_from_slice(args);
    all.extend(["--format".into(), "json".into(), "--out".into(), folder.as_os_str().to_owned()]);
    let job = Job { program: generator.program.clone(), args: all, env: Vec::new(), deadline: DEADLINE };
    // Its last words may be the reason why it ends, which is told with the run: they wait for what follows.
    let mut last: Option<String> = None;
    let (mut spoke, mut foreign) = (generator.is_own(), Vec::new());
    let ended = process::run(&job, stop, &mut |line| {
        if let Some(before) = last.take() {
            told(&before);
        }
        match line.strip_prefix(SAID) {
            Some(words) => {
                spoke = true;
                last = Some(words.to_owned());
            }
            // What a program says that is no loadgen is no progress: it waits until one sees what it is.
            None if !spoke && foreign.len() < FOREIGN_MOST => foreign.push(line.to_owned()),
            None => told(line),
        }
    });
    let (exit, words) = match ended {
        Ok(_) => (0, None),
        Err(Failure::Interrupted { in_time }) => {
            let dropped = || format!("interrupted and dropped: it did not end within {} s", GRACE.as_secs());
            (i32::from(INTERRUPTED), (!in_time).then(dropped))
        }
        Err(Failure::Exit(status, words)) => {
            use std::os::unix::process::ExitStatusExt;
            let code = status.code().or(status.signal().map(|n| 128 + n)).unwrap_or(FAILED);
            let words = last.unwrap_or_else(|| Failure::Exit(status, words).to_string());
            (code, Some(words))
        }
        Err(failure) => (FAILED, Some(failure.to_string())),
    };
    let mut ran = left(folder, exit, words);
    ran.stranger = !spoke && ran.run.is_none() && !ran.interrupted;
    if !ran.stranger {
        foreign.iter().for_each(|line| told(line));
    }
    ran
}

/// What a process that ended with `exit` and these last words left in `folder`.
fn left(folder: &Path, exit: i32, words: Option<String>) -> Ran {
    let interrupted = exit == i32::from(INTERRUPTED);
    let none = Ran {
        exit,
        valid: false,
        interrupted,
        why: None,
        stranger: false,
        run: None,
        samples: Samples::default(),
    };
    // What left no figures has failed, whatever its exit code says.
    let failed =
        |why: String| Ran { exit: if exit == 0 { FAILED } else { exit }, why: Some(why), ..none.clone() };
    let (run, suffix) = match read(folder) {
        Ok(Some(found)) => found,
        Ok(None) if interrupted => {
            return failed(words.unwrap_or_else(|| "interrupted before it had anything to keep".into()));
        }
        Ok(None) => return failed(words.unwrap_or_else(|| "it left no run.json".into())),
        Err(why) => return failed(why),
    };
    let samples = match Samples::read(&folder.join(format!("latency.hlog{suffix}")), &run["latency_ns"]) {
        Ok(samples) => samples,
        Err(why) => return failed(why),
    };
    let valid = run["validity"]["valid"] == true && (exit == 0 || interrupted);
    let why =
        (!valid).then(|| wrong(&run).or(words).unwrap_or_else(|| "it says that it is not valid".into()));
    let exit = if exit == 0 && !valid { FAILED } else { exit };
    Ran { exit, valid, why, run: Some(run), samples, ..none }
}

/// What a run says is wrong with it.
fn wrong(run: &Value) -> Option<String> {
    let validity = &run["validity"];
    let texts = |field: &str| validity[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut wrong: Vec<String> = texts("wrong").map(str::to_owned).collect();
    wrong.extend(texts("failed_assertions").map(str::to_owned));
    // In words of its own, where it has none for them.
    for (field, words) in [("rate_missed", "missed its rate"), ("never_steady", "was never steady")] {
        if validity[field] == true && wrong.is_empty() {
            wrong.push(words.to_owned());
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// The run's JSON, and what the names of its files end in.
pub(crate) fn read(folder: &Path) -> Result<Option<(Value, &'static str)>, String> {
    for suffix in ["", ".FAIL"] {
        let name = format!("run.json{suffix}");
        let mut text = Vec::new();
        match regular_file::open(&folder.join(&name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("{name}: {}", regular_file::reason(&error))),
            Ok(file) => file
                .take(RUN_LONGEST + 1)
                .read_to_end(&mut text)
                .map_err(|error| format!("{name}: {error}"))?,
        };
        if text.len() as u64 > RUN_LONGEST {
            return Err(format!("{name}: is longer than {RUN_LONGEST} bytes"));
        }
        let run: Value = serde_json::from_slice(&text).map_err(|error| format!("{name}: {error}"))?;
        if run["schema"] != "run/1" {
            return Err(format!("{name}: has schema {}: run/1 is read", run["schema"]));
        }
        return Ok(Some((run, suffix)));
    }
    Ok(None)
}

/// The exit code of a series: that of its worst run, where messages lost come before a rate missed, a load that was
/// never steady, an assertion that failed and everything else; then that it was interrupted; or 0.
pub fn worst(exits: impl IntoIterator<Item = i32>) -> u8 {
    const ORDER: [i32; 4] = [5, 3, 6, 4];
    let rank = |exit: i32| match exit {
        0 => 0,
        130 => 1,
        other => ORDER.iter().position(|known| *known == other).map_or(2, |at| 6 - at),
    };
    match exits.into_iter().max_by_key(|exit| rank(*exit)).unwrap_or(0) {
        exit if rank(exit) == 2 => FAILED as u8,
        exit => exit as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_worst_run_decides() {
        for (exits, code) in [
            (&[][..], 0),
            (&[0, 0], 0),
            (&[0, 130], 130),
            (&[1, 130], 1),
            (&[0, 137, 0], 1),
            (&[2], 1),
            (&[1, 4], 4),
            (&[4, 6], 6),
            (&[6, 3, 4], 3),
            (&[3, 5, 1, 130], 5),
        ] {
            assert_eq!(worst(exits.iter().copied()), code, "{exits:?}");
        }
    }

    #[test]
    fn a_run_that_left_nothing_or_nonsense_is_not_valid() {
        let folder = std::env::temp_dir().join(format!("throng-fresh-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        let none = left(&folder, 0, None);
        assert_eq!((none.exit, none.valid, none.why.as_deref()), (1, false, Some("it left no run.json")));
        let none = left(&folder, 130, None);
        assert_eq!((none.exit, none.valid, none.interrupted), (130, false, true));
        for (name, text, why) in [
            (
                "run.json.FAIL",
                r#"{"schema":"run/1","validity":{"valid":false,"wrong":["lost 3"]}}"#,
                "lost 3",
            ),
            ("run.json", "{", "run.json: EOF"),
            ("run.json", r#"{"schema":"run/2"}"#, "run.json: has schema \"run/2\""),
            (
                "run.json",
                r#"{"schema":"run/1","validity":{"valid":true},"latency_ns":{"response":{"count":1}}}"#,
                "latency.hlog: has 0 samples",
            ),
        ] {
            fs::write(folder.join(name), text).expect("writable");
            let ran = left(&folder, 0, None);
            assert!(!ran.valid, "{text}");
            assert!(ran.why.as_deref().is_some_and(|said| said.starts_with(why)), "{text}: {:?}", ran.why);
        }
        fs::write(folder.join("run.json"), r#"{"schema":"run/1","validity":{"valid":true}}"#)
            .expect("writable");
        assert!(left(&folder, 0, None).valid && left(&folder, 130, None).valid);
        assert!(!left(&folder, 4, Some("p99".into())).valid);
        for (validity, why) in [
            (
                r#"{"valid":true,"wrong":[],"failed_assertions":["p99<1us does not hold: found 2 us"]}"#,
                "p99<1us does not hold: found 2 us",
            ),
            (r#"{"valid":false,"wrong":["sent 9 of 10"],"rate_missed":true}"#, "sent 9 of 10"),
            (r#"{"valid":false,"rate_missed":true}"#, "missed its rate"),
            (r#"{"valid":false}"#, "last words"),
        ] {
            let text = format!(r#"{{"schema":"run/1","validity":{validity}}}"#);
            fs::write(folder.join("run.json"), text).expect("writable");
            assert_eq!(left(&folder, 4, Some("last words".into())).why.as_deref(), Some(why));
        }
        fs::remove_dir_all(&folder).expect("this test's own");
    }
}

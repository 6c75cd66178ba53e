use super::*;
use crate::table::answer::{self, Figure};
use std::fs;
use std::sync::atomic::Ordering;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throng-baseline-{name}-{}", std::process::id()));
        fs::create_dir(&path).expect("a new directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn nobody() -> Invocation {
    Invocation { program: "/nowhere/throng".into(), args: Vec::new(), env: Vec::new() }
}

/// How `system` is asked here; `None`, and said, where Python is not to be had.
fn found(system: System, target: &Scratch) -> Option<Invocation> {
    match Finder::new(&target.0, nobody()).find(system, &AtomicBool::new(false), &mut |_| {}) {
        Ok(invocation) => Some(invocation),
        Err(missing) => {
            crate::stderr::line(format_args!("baselines: not run: {missing:?}"));
            None
        }
    }
}

fn tiny(invocation: &Invocation, measure: Measure, options: &[&str]) -> Job {
    let mut args = invocation.args.clone();
    args.push(measure.name().into());
    args.extend(options.iter().map(OsString::from));
    let (program, env) = (invocation.program.clone(), invocation.env.clone());
    Job { program, args, env, deadline: Duration::from_secs(120) }
}

/// Every measure of a real program of the standard library, at sizes that take no time.
///
/// `enough` actors take more memory than what the interpreter itself gets and gives back meanwhile.
fn every_measure(system: System, name: &str, enough: &str) {
    let target = Scratch::new(name);
    let Some(invocation) = found(system, &target) else { return };
    for measure in Measure::ALL {
        let options = match measure {
            Measure::Bytes => ["--seconds", "30", "--target", enough],
            // Over when there are three, however long a busy machine needs for them.
            Measure::Actors => ["--seconds", "30", "--target", "3"],
            _ => ["--seconds", "0.3", "--target", "3"],
        };
        let job = tiny(&invocation, measure, &options);
        let line = match process::run(&job, &AtomicBool::new(false), &mut |_| {}) {
            Ok(line) => line,
            Err(failure) => panic!("{}: {failure}", measure.name()),
        };
        let (figure, _) = match answer::parse(measure, &line) {
            Ok(answer) => answer,
            Err(refused) => panic!("{}: {refused}: {line}", measure.name()),
        };
        match figure {
            Figure::Actors(actors, limit) => assert_eq!((actors, limit.as_str()), (3, "target")),
            Figure::Latency(latency, samples) => {
                assert_eq!(samples.histogram.len(), latency.count);
                assert!(latency.p50 <= latency.p99.or(latency.p50), "{latency:?}");
                assert!(latency.p99.or(latency.p50) <= Some(latency.max), "{latency:?}");
            }
            Figure::Rate(figure) | Figure::Bytes(figure) | Figure::Speedup(figure) => {
                assert!(figure > 0.0, "{measure:?} {figure}");
            }
        }
    }
}

#[test]
fn asyncio_answers_every_measure() {
    every_measure(System::Asyncio, "asyncio", "3000");
}

#[test]
fn multiprocessing_answers_every_measure() {
    every_measure(System::Multiprocessing, "multiprocessing", "3");
}

#[test]
fn a_program_refuses_what_is_no_measure() {
    let target = Scratch::new("refuses");
    let Some(invocation) = found(System::Asyncio, &target) else { return };
    for options in [&["--seconds", "0"][..], &["--seconds", "soon"], &[]] {
        let job = tiny(&invocation, Measure::Ask, options);
        let failure = process::run(&job, &AtomicBool::new(false), &mut |_| {}).expect_err("no time budget");
        assert!(failure.to_string().contains("exit status: 2"), "{options:?}: {failure}");
    }
}

#[test]
fn an_interrupted_program_leaves_no_process() {
    let target = Scratch::new("interrupted");
    let Some(invocation) = found(System::Multiprocessing, &target) else { return };
    let job = tiny(&invocation, Measure::Actors, &["--seconds", "600"]);
    let stop = AtomicBool::new(false);
    // Its first progress comes when there are processes below it. That none is left is what `run` promises: it
    // returns StillThere otherwise.
    let outcome = process::run(&job, &stop, &mut |_| stop.store(true, Ordering::Relaxed));
    assert!(matches!(outcome, Err(Failure::Interrupted { .. })), "{outcome:?}");
}

#[test]
fn a_job_carries_the_measure_and_its_budget() {
    let throng = Invocation { program: "throng".into(), args: vec!["baseline".into()], env: Vec::new() };
    let job = throng.job(Measure::OneWay, Profile::Paper, 1 << 30);
    assert_eq!(job.args, ["baseline", "one_way", "--seconds", "10", "--memory-bytes", "1073741824"]);
    assert!(job.deadline > Profile::Paper.budget(Measure::OneWay));
}

#[test]
fn programs_are_written_once() {
    let target = Scratch::new("written");
    let mut finder = Finder::new(&target.0, nobody());
    let folder = finder.programs().expect("a writable directory");
    let protocol = folder.join("protocol.py");
    let first =
        fs::metadata(&protocol).expect("it was written").modified().expect("a file system with times");
    Finder::new(&target.0, nobody()).programs().expect("a writable directory");
    assert_eq!(fs::metadata(&protocol).expect("it is there").modified().expect("times"), first);

    fs::write(&protocol, "changed by somebody").expect("a writable file");
    Finder::new(&target.0, nobody()).programs().expect("a writable directory");
    assert_ne!(fs::read_to_string(&protocol).expect("it is there"), "changed by somebody");
}

#[test]
fn a_folder_that_cannot_be_made_is_a_reason() {
    let target = Scratch::new("no-folder");
    let file = target.0.join("file");
    fs::write(&file, "").expect("a writable directory");
    let missing = Finder::new(&file, nobody())
        .find(System::Asyncio, &AtomicBool::new(false), &mut |_| {})
        .expect_err("a file is in the way");
    let Missing::Because(why) = missing else { panic!("nobody interrupted it") };
    assert!(why.contains("file/baselines"), "{why}");
}

#[test]
fn the_versions_of_what_was_found_are_told_and_no_others() {
    let target = Scratch::new("versions");
    let mut finder = Finder::new(&target.0, nobody());
    assert_eq!(finder.versions(), &Versions::default());
    let mut find = |system| finder.find(system, &AtomicBool::new(false), &mut |_| {}).is_ok();
    let found = [System::Throng, System::Asyncio, System::Beam].map(&mut find);
    println!("python3 is here: {}, erl is here: {}", found[1], found[2]);
    let Versions { python, otp, pykka, thespian } = finder.versions();
    let is_version = |text: &String| text.split('.').all(|part| part.parse::<u32>().is_ok());
    assert_eq!((python.is_some(), otp.is_some()), (found[1], found[2]));
    assert!(python.iter().chain(otp).all(is_version), "{python:?} {otp:?}");
    assert_eq!((pykka, thespian), (&None, &None), "nobody asked for them");
}

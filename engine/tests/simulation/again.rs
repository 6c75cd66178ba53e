//! What is told of a failure can be pasted: the command runs that test alone, and it fails again.

use std::fs::read_to_string;
use std::process::{Command, Output};
use throng::{Actor, Context, Fault, System, sim};

struct Sink;

impl Actor for Sink {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// So many of its draws are needed.
const DRAWS: usize = 2_000;

#[test]
#[ignore = "for another process, by what_is_told_can_be_pasted"]
fn fails_by_many_choices() {
    sim::explore(3..1_000, |sim| {
        sim.spawn(Sink).try_send(()).expect("there is room");
        sim.run_until_idle();
        let drawn = (0..DRAWS).filter(|_| sim.below(4) > 0).count();
        assert!(drawn < DRAWS / 2, "too many");
    });
}

const NAME: &str = "again::fails_by_many_choices";

#[test]
#[ignore = "for another process, by of_another_thread_the_name_is_to_be_put_in"]
fn fails_on_another_thread() {
    let explore = || sim::explore(3..4, |sim| assert!(sim.below(1) > 0, "it never is"));
    let named = std::thread::Builder::new().name("driver".to_owned());
    named.spawn(explore).expect("a thread").join().expect("it has said why not");
}

/// So many draws of one kind are too many, of four times as many.
const ALIKE: usize = 1_200;

/// It draws and does nothing, so that the trace is the same whatever it draws.
fn draws_too_many(of: u64) {
    sim::explore(3..1_000, |sim| {
        let alike = (0..ALIKE * 5).filter(|_| sim.below(4) == of).count();
        assert!(alike < ALIKE, "too many of {of}");
    });
}

#[test]
#[ignore = "for another process, by no_two_lists_have_one_file"]
fn few_are_one() {
    draws_too_many(1);
}

#[test]
#[ignore = "for another process, by no_two_lists_have_one_file"]
fn few_are_three() {
    draws_too_many(3);
}

/// The file that a list is told to be in.
fn file(told: &str) -> &str {
    let file = told.split_once("CHOICES=@").and_then(|(_, rest)| rest.split(' ').next());
    file.unwrap_or_else(|| panic!("a list of thousands in a file:\n{told}"))
}

/// Of two that fail at the same seed, and have done the same, either can be played again when both have failed.
#[test]
fn no_two_lists_have_one_file() {
    let tests = ["again::few_are_one", "again::few_are_three"];
    let all = tests.map(|test| run(&[test, "--exact"], &[]));
    let hash = |told: &str| told.lines().find(|line| line.starts_with("trace hash ")).map(str::to_owned);
    assert_eq!(hash(&all[0]), hash(&all[1]), "it would be another case");
    let files = all.each_ref().map(|told| file(told));
    for (test, (file, words)) in tests.iter().zip(files.iter().zip(["too many of 1", "too many of 3"])) {
        assert!(file.contains(&test.replace("::", ".")), "{file} tells whose it is");
        let told = run(&[test, "--exact"], &[("CHOICES", &format!("@{file}"))]);
        assert!(told.contains(" choices fail ") && told.contains(words), "{told}");
    }
    files.iter().for_each(|file| std::fs::remove_file(file).expect("each has its own"));
}

#[test]
#[ignore = "for another process, by who_tries_one_alone_says_so"]
fn holds() {
    let test = |sim: &mut sim::Simulation| {
        sim.spawn(Sink).try_send(()).expect("there is room");
        sim.run_until_idle();
    };
    sim::explore(0..300, test);
    // Of which nobody knows how many they are before they are tried.
    sim::explore((0..9).filter(|seed| seed % 2 > 0), test);
}

/// Also of a test that passes, of which the harness shows nothing.
#[test]
fn who_tries_one_alone_says_so() {
    let told = |variables: &[(&str, &str)]| {
        let output = in_a_process(&["again::holds", "--exact", "--include-ignored"], variables);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert_eq!(told(&[]), "");
    let said = [
        ("SEED", "7", "SEED=7 is set: that seed alone is tried, in place of "),
        ("CHOICES", "0,1", "CHOICES is set: the run of its 2 numbers alone is tried, in place of "),
    ];
    for (name, value, words) in said {
        let told = told(&[(name, value)]);
        let lines: Vec<_> = told.lines().collect();
        let [first, second] = lines[..] else { panic!("a line of each `explore`:\n{told}") };
        assert!(first.contains("simulation/again.rs:"), "{told}");
        assert!(first.ends_with(&format!(": {words}the test's 300 seeds")), "{told}");
        assert!(second.ends_with(&format!(": {words}the test's own seeds")), "{told}");
    }
}

/// A name that is no test's would have a command run nothing, and say that all is well.
#[test]
fn of_another_thread_the_name_is_to_be_put_in() {
    let told = run(&["again::fails_on_another_thread", "--exact", "--test-threads=2"], &[]);
    let again = told.lines().filter_map(|line| line.strip_prefix("again: "));
    let command = "cargo test -p throng --test simulation <name of the test> -- --exact --include-ignored";
    let wanted = [format!("SEED=3 {command}"), format!("CHOICES=0 {command}")];
    assert_eq!(again.collect::<Vec<_>>(), wanted, "{told}");
    assert_eq!(told.matches("\nput the test's name in for <name of the test>: ").count(), 1, "{told}");
    assert_eq!(told.matches("\nwith the --features of this run").count(), 1, "{told}");
    // On its first thread the harness has it named where one is asked for.
    let told = run(&[NAME, "--exact", "--test-threads", "1"], &[("SEED", "5")]);
    assert!(
        told.contains(&format!("again: SEED=5 cargo test -p throng --test simulation {NAME} -- --exact")),
        "{told}"
    );
    std::fs::remove_file(file(&told)).expect("it is there");
}

/// As the harness runs it in a process of its own.
fn in_a_process(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let me = std::env::current_exe().expect("the test's own path");
    let mut command = Command::new(me);
    command.args(arguments);
    command.env("CARGO_PKG_NAME", "throng").env("CARGO_MANIFEST_DIR", env!("CARGO_MANIFEST_DIR"));
    command.env_remove("SEED").env_remove("CHOICES").envs(variables.iter().copied());
    command.output().expect("a child process")
}

/// What it says of its failure.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let child = in_a_process(&[arguments, &["--include-ignored", "--nocapture"]].concat(), variables);
    assert!(!child.status.success(), "it fails: {}", String::from_utf8_lossy(&child.stdout));
    String::from_utf8_lossy(&child.stderr).into_owned()
}

#[test]
fn what_is_told_can_be_pasted() {
    let told = run(&[NAME, "--exact", "--test-threads=2"], &[]);
    let again: Vec<_> = told.lines().filter_map(|line| line.strip_prefix("again: ")).collect();
    let command = format!("cargo test -p throng --test simulation {NAME} -- --exact --include-ignored");
    let [seed, choices] = again[..] else { panic!("two commands are told of:\n{told}") };
    assert_eq!(seed, format!("SEED=3 {command}"), "{told}");
    let choices = choices.strip_suffix(&format!(" {command}")).expect("the same command");
    let choices = choices.strip_prefix("CHOICES=").expect("a variable");
    let file = file(&told);
    let list = read_to_string(file).expect("it is there");
    assert!(list.split(',').filter(|one| *one != "0").count() >= DRAWS / 2, "{list}");
    // Each of the two fails again, and nothing else is tried.
    let told = run(&[NAME, "--exact", "--test-threads=2"], &[("CHOICES", choices)]);
    assert!(told.contains(" choices fail ") && told.contains("too many"), "{told}");
    assert!(told.contains("handles a message: ()"), "{told}");
    std::fs::remove_file(file).expect("it is there");
    let told = run(&[NAME, "--exact", "--test-threads=2"], &[("SEED", "17")]);
    assert!(told.contains("seed 17 fails at ") && told.contains("too many"), "{told}");
    std::fs::remove_file(self::file(&told)).expect("it is there");
}

#[test]
fn variables_that_are_wrong_are_told() {
    let told = run(&[NAME, "--exact"], &[("CHOICES", "1,two")]);
    assert!(told.contains("CHOICES: `two` is no number from 0 to 18446744073709551615"), "{told}");
    let told = run(&[NAME, "--exact"], &[("CHOICES", "@/no such file")]);
    assert!(told.contains("CHOICES=@/no such file: "), "{told}");
    let told = run(&[NAME, "--exact"], &[("CHOICES", "")]);
    assert!(
        told.contains("CHOICES: `` has no number: give numbers from 0 to 18446744073709551615, "),
        "{told}"
    );
    let told = run(&[NAME, "--exact"], &[("CHOICES", "1,,2")]);
    assert!(told.contains("CHOICES: `1,,2` has no number behind comma 1: give numbers from 0 to "), "{told}");
    let told = run(&[NAME, "--exact"], &[("CHOICES", "@/dev/zero")]);
    assert!(told.contains("CHOICES=@/dev/zero: it has more than 67108864 bytes: "), "{told}");
    let told = run(&[NAME, "--exact"], &[("SEED", "")]);
    assert!(told.contains("SEED: `` is no number from 0 to"), "{told}");
    let told = run(&[NAME, "--exact"], &[("SEED", "-1")]);
    assert!(told.contains("SEED: `-1` is no number from 0 to"), "{told}");
}

/// What nobody gave is none of what was given.
#[test]
fn a_failure_is_told_in_one_line() {
    let told = |given: &[u64]| {
        let failed = sim::run_one(System::builder().replayed(given.to_vec()), |sim| {
            assert!(sim.below(2) + sim.below(2) > 2, "it never is {}", "that");
        });
        failed.expect("it fails").to_string()
    };
    let after = "the others are the first of each, 0";
    for (given, counts) in [
        (&[][..], format!("0 given, 2 drawn: {after}")),
        (&[0], format!("1 given, 2 drawn: {after}")),
        (&[0, 1], "2 given, 2 drawn".to_owned()),
        (&[1, 1, 1], "3 given, 2 drawn".to_owned()),
    ] {
        let told = told(given);
        let head = format!("these choices fail ({counts}): ");
        assert!(told.starts_with(&head) && told.ends_with(": it never is that"), "{told}");
    }
}

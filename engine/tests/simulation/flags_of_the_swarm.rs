//! What the swarm does not take it refuses in one line: which flag, what was given, what is accepted. It has no test harness; its flags
//! are tried here.

#[path = "../swarm/flags.rs"]
#[expect(dead_code, reason = "what the swarm alone makes of them")]
mod flags;

use flags::{Flags, choices};
use std::ffi::OsString;

const ALL: &str = "18446744073709551615";

fn refused(given: &str) -> String {
    // Two quotes are an empty word.
    let words = given.split(' ').map(|word| if word == "''" { "" } else { word });
    let wrong = Flags::of(std::iter::once("swarm").chain(words)).expect_err(given);
    assert!(!wrong.contains('\n'), "{given}: {wrong}");
    wrong
}

#[test]
fn each_flag_that_is_wrong_is_named_with_what_is_accepted() {
    let all = format!("give a whole number from 0 to {ALL}");
    let some = format!("give a whole number from 1 to {ALL}");
    let rows = [
        ("--nope", vec!["'--nope'", "--help tells"]),
        ("--seeds -1", vec!["'-1' for '--seeds", &some]),
        ("--seeds 0", vec!["'0' for '--seeds", &some]),
        ("--seeds 18446744073709551616", vec!["'18446744073709551616' for '--seeds", &some]),
        ("--seeds", vec!["'--seeds", "--help tells"]),
        ("--seed abc", vec!["'abc' for '--seed ", &all]),
        ("--seed ''", vec!["'' for '--seed ", &all]),
        ("--seed -1", vec!["'-1' for '--seed ", &all]),
        ("--seed 1.5", vec!["'1.5' for '--seed ", &all]),
        ("--from -7", vec!["'-7' for '--from", &all]),
        ("--test-threads 0", vec!["'0' for '--test-threads", &some]),
        ("--threads --minutes 0", vec!["'0' for '--minutes", "from 1 to 10000"]),
        ("--threads --seconds 600001", vec!["'600001' for '--seconds", "from 1 to 600000"]),
        ("--seconds 5", vec!["--seconds 5 without --threads", "give --threads"]),
        ("--minutes 5", vec!["--minutes 5 without --threads", "give --threads"]),
        ("--shrink", vec!["--shrink without --seed", "from 0 to"]),
        ("--replay 1,2", vec!["--replay without --seed", "from 0 to"]),
        ("--seed 1 --seeds 2", vec!["'--seed ", "'--seeds ", "--help tells"]),
    ];
    for (given, wanted) in rows {
        let told = refused(given);
        assert!(wanted.iter().all(|words| told.contains(words)), "{given}: {told}");
    }
}

#[test]
fn a_replay_of_no_choices_is_refused() {
    let read = |list: &str, input: &'static str| choices(list, input.as_bytes());
    for empty in ["", " ", ",", ",\n,"] {
        let told = read(empty, "7").expect_err("there is none");
        assert!(
            told.starts_with(&format!("--replay `{empty}` has no choice: give numbers from 0 to {ALL} ")),
            "{told}"
        );
        let told = read("-", empty).expect_err("there is none");
        assert!(told.starts_with("--replay -: standard input has no choice: give numbers"), "{told}");
    }
    let told = read("1,-2", "").expect_err("it is no number");
    assert!(told.starts_with("--replay: `-2` is no choice: give numbers from 0 to"), "{told}");
    assert_eq!(read("0", ""), Ok(vec![0]));
    assert_eq!(read("-", "1\n2\n"), Ok(vec![1, 2]));
}

#[test]
fn so_many_seeds_must_be_left() {
    let flags = |words: &[&str]| Flags::of([&["swarm"], words].concat()).expect("they are right");
    let seed = |of: &str| Some(OsString::from(of));
    let from = flags(&["--from", "18446744073709551613"]);
    assert_eq!(from.first(2, seed("7")), Ok(u64::MAX - 2));
    let told = from.first(3, seed("7")).expect_err("there are two");
    let wanted = "--from 18446744073709551613: 2 seeds are left from there, and 3 are to be played: give at most 18446744073709551612, ";
    assert!(told.starts_with(wanted), "{told}");
    let told = flags(&[]).first(2_000, seed(ALL)).expect_err("there is none");
    assert!(told.starts_with(&format!("SEED={ALL}: 0 seeds are left from there, and 2000 are")), "{told}");
    for wrong in ["", "abc", "-1", "18446744073709551616"] {
        let told = flags(&[]).first(1, seed(wrong)).expect_err("it is no number");
        assert_eq!(told, format!("SEED={wrong}: give a whole number from 0 to {ALL}"));
    }
    assert_eq!(flags(&[]).first(1, seed("12")), Ok(12));
}

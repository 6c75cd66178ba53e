//! Trees, chats and timers.

use super::*;

/// A run with this planted into it: its exit code, and what it says is wrong.
pub(super) fn planted(line: &str, fault: Planted) -> (u8, Vec<String>) {
    let mut out = Vec::new();
    let line = format!("{line} --pin none --format json");
    let code = command_with(line.split_whitespace().map(OsString::from), Some(fault), &mut out);
    let run: Value = serde_json::from_slice(&out).expect("JSON");
    let wrong = run["validity"]["wrong"].as_array().expect("what is wrong");
    let wrong = wrong.iter().map(|line| line.as_str().expect("text").to_owned()).collect();
    (code.expect("it runs"), wrong)
}

/// Each of these lines, with one worker and with two, with this planted into it says so. Side by side, as most of their time they wait.
pub(super) fn each_is_found(cases: &[(&str, Planted, &str)]) {
    std::thread::scope(|scope| {
        for &(line, fault, said) in cases {
            for workers in [1, 2] {
                scope.spawn(move || {
                    let (code, wrong) = planted(&format!("{line} --workers {workers}"), fault);
                    assert_eq!(code, LOST, "{fault:?} in {line}");
                    assert!(
                        wrong.iter().any(|line| line.starts_with(said)),
                        "{fault:?} in {line}: {wrong:?}"
                    );
                });
            }
        }
    });
}

pub(super) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn what_is_planted_is_found() {
    let chat = "chat --users 6 --rooms 2 --turns 50 --mix post:1";
    let timers = "timers --actors 3 --messages 30 --period 4ms";
    let repeating = "timers --actors 1 --messages 3 --period 2s --repeat 100%";
    // It comes a second early: a busy machine is not as late as that.
    let slow = "timers --actors 3 --messages 3 --period 2s";
    each_is_found(&[
        ("skynet --actors 1000", Planted::Duplicated, "child 0 of the actor above leaf 0 answered twice"),
        ("skynet --actors 10", Planted::Lost, "stuck: no actor had a turn for 10 s"),
        ("skynet --actors 100", Planted::Overlap, "an actor ran twice at once"),
        (chat, Planted::Lost, "out of order: sender 0, message 0 expected, 1 came"),
        (chat, Planted::Duplicated, "out of order: sender 0, message 1 expected, 0 came"),
        (chat, Planted::Astray, "post 0 of room 0 came to user 1, who is not in it"),
        (chat, Planted::Overlap, "an actor ran twice at once"),
        (timers, Planted::Lost, "31 timers were set, 30 fired, 0 were cancelled and 0 still set"),
        (timers, Planted::Duplicated, "timer 1 of actor 0 fired, which had fired before or was cancelled"),
        (slow, Planted::Early, "timer 1 of actor 0 fired "),
        (timers, Planted::Overlap, "an actor ran twice at once"),
        (repeating, Planted::Lost, "stuck: no actor had a turn for 10 s"),
        (repeating, Planted::Duplicated, "firing 2 of the timer of actor 0 came "),
        (repeating, Planted::Early, "firing 1 of the timer of actor 0 came "),
        (repeating, Planted::Overlap, "an actor ran twice at once"),
    ]);
}

#[test]
fn a_tree_adds_its_leaves_up() {
    for (leaves, actors) in [(10, 11), (100, 111), (10_000, 11_111)] {
        for workers in [1, 2] {
            let run = json(&format!("skynet --actors {leaves} --workers {workers} --pin none"));
            assert_eq!((&run["messages"], &run["counts"]), (&actors.into(), &"actor".into()));
            assert_eq!(run["facts"]["sum"], leaves * (leaves - 1) / 2);
            assert_eq!(run["ledger"]["handled"], 2 * actors - 1);
            assert_eq!(run["engine"]["stopped"], actors, "all of them stop");
        }
    }
}

#[test]
fn a_chat_does_what_the_mix_says() {
    for (line, users, turns) in [
        ("chat --users 40 --rooms 4 --turns 20 --sample all", 40, 20),
        ("chat --users 40 --rooms 4 --turns 20 --mailbox 1", 40, 20),
        ("chat --users 1 --rooms 1 --turns 7 --mix post:3,leave:1,join:1", 1, 7),
        ("chat --users 30 --rooms 90 --turns 9 --mix join:1 --batch 1", 30, 9),
        ("chat --users 300 --rooms 2 --turns 3 --mailbox 5", 300, 3),
    ] {
        for workers in [1, 2] {
            let run = json(&format!("{line} --service 0 --workers {workers} --pin none"));
            let facts = &run["facts"];
            let [posts, joins, leaves, computed] =
                ["posts", "joins", "leaves", "computed"].map(|name| number(&facts[name]));
            assert_eq!(posts + joins + leaves + computed, users * turns, "{line}: {facts}");
            let (messages, delivered) = (number(&run["messages"]), number(&facts["deliveries"]));
            assert_eq!(messages, posts + 2 * (joins + leaves) + delivered, "{line}");
            // The author at the least.
            assert!(delivered >= posts, "{line}: {facts}");
            if line.contains("--sample all") {
                assert_eq!(run["latency_ns"]["response"]["count"], delivered, "{line}");
            }
            if line.contains("--mix join:1 ") {
                assert_eq!((joins, posts), (users * turns, 0), "{line}");
            }
        }
    }
    // The same seed, the same deeds, whoever comes first.
    let deeds =
        |line: &str| json(&format!("chat --users 50 --turns 9 --pin none {line}"))["facts"]["posts"].clone();
    assert_eq!(deeds("--workers 1 --seed 5"), deeds("--workers 2 --seed 5"));
    assert_ne!(deeds("--seed 5"), deeds("--seed 6"));
}

#[test]
fn every_timer_fires_or_is_cancelled() {
    for (line, set) in [
        ("timers --messages 2k --actors 500 --period 2ms", 2_000),
        ("timers --messages 1003 --actors 500 --period 1us", 1_003),
        ("timers --messages 7 --actors 500", 7),
        ("timers --actors 20k --messages 20k --cancel 50% --mailbox 1", 20_000),
        ("timers --actors 10 --messages 2k --cancel 90% --period 3ms", 2_000),
        ("timers --actors 10 --messages 100 --cancel 100%", 100),
    ] {
        for workers in [1, 2] {
            let run = json(&format!("{line} --workers {workers} --sample all --pin none"));
            let (fired, cancelled) = (number(&run["messages"]), number(&run["facts"]["timers_cancelled"]));
            assert_eq!((&run["facts"]["timers_set"], fired + cancelled), (&set.into(), set), "{line}");
            // What fires before the word to cancel it comes is cancelled no more.
            let asked = if line.contains("50%") { set * 45 / 100..=set * 55 / 100 } else { 0..=set };
            assert!(asked.contains(&cancelled) || workers == 2, "{line}: {cancelled}");
            match run["latency_ns"]["response"].as_object() {
                Some(response) => assert_eq!(response["count"], fired, "{line}"),
                None => assert_eq!(fired, 0, "{line}"),
            }
        }
    }
}

#[test]
fn a_timer_that_repeats_fires_as_often_as_it_is_to() {
    for (line, fired) in [
        ("--messages 2k --actors 500 --period 2ms --repeat 100%", 2_000),
        ("--messages 1003 --actors 500 --period 1ms --repeat 100%", 1_003),
        ("--messages 7 --actors 500 --repeat 100%", 7),
        ("--messages 2k --actors 500 --period 1ms --repeat 100% --mailbox 1", 2_000),
        ("--messages 2k --actors 100 --period 1ms --repeat 50% --cancel 50%", 2_000),
        ("--messages 2k --actors 100 --period 1us --repeat 0", 2_000),
    ] {
        for workers in [1, 2] {
            let run = json(&format!("timers {line} --workers {workers} --sample all --pin none"));
            let [set, cancelled, repeating, ticks] =
                ["timers_set", "timers_cancelled", "timers_repeating", "ticks"]
                    .map(|fact| number(&run["facts"][fact]));
            let messages = number(&run["messages"]);
            assert_eq!((set + ticks, messages + cancelled), (fired, fired), "{line}: {run}");
            let share = if line.contains("50%") { 30..=70 } else { 0..=500 };
            assert!(share.contains(&repeating), "{line}: {repeating}");
            assert_eq!((repeating > 0, set == 0), (ticks > 0, line.contains("100%")), "{line}");
            assert_eq!(run["latency_ns"]["response"]["count"], messages, "{line}");
        }
    }
}

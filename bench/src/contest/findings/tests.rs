//! Findings of comparisons that are made up.

use super::*;
use crate::contest::tables::{cell, crossing, fewer, peak, ratio, tail as tail_of};
use crate::contest::{BASE, Unit, outcome, ran, settings};
use crate::latency::Recorder;
use crate::price::figure::Figure;

fn standing(name: &str, ratio: f64, differs: bool) -> Standing {
    Standing {
        name: name.into(),
        value: Figure::of(vec![Some(10.0 * ratio)]),
        ratio: Figure::of(vec![Some(ratio)]),
        differs: Some(differs),
        peak_bytes: Figure::of(vec![Some(4_096.0)]),
        ..Standing::default()
    }
}

/// One that had a figure in an earlier round.
fn failed(name: &str, why: &str, wrong: bool) -> Standing {
    Standing { why: Some(why.into()), wrong, ..standing(name, 9.0, true) }
}

fn contestant(name: &str, bounded: bool) -> Contestant {
    let (name, language) = (name.to_owned(), "Rust".into());
    let (threads, actors, ordered) = (true, true, false);
    Contestant { name, language, bounded, threads, actors, ordered, version: None, how: None, why: None }
}

fn contest(asked: &str, workers: u64, standings: Vec<Standing>) -> Contest {
    Contest { asked: asked.into(), unit: Unit::Time, workers, idle: 0, used: false, standings, again: None }
}

#[test]
fn who_is_better_is_told_first() {
    let ended = |name: &str, why: &str| Standing { why: Some(why.into()), ..standing(name, 0.5, true) };
    let standings = vec![
        standing(BASE, 1.0, false),
        standing("quick", 0.5, true),
        standing("same", 0.9, false),
        standing("bounded", 3.0, true),
        Standing { wrong: true, ..ended("bad", "3 are missing") },
        ended("brief", "it hangs"),
    ];
    let mut contest = contest("ring-shuffled:1000000:5", 2, standings);
    contest.idle = 1_000;
    let systems =
        ["quick", "same", "bounded", "bad", "brief"].map(|name| contestant(name, name == "bounded"));
    let mut away = contestant("away", false);
    away.why = Some("not built".into());
    let systems = [&systems[..], &[away]].concat();
    let setting = "2 workers, 1,000 idle actors beside";
    assert_eq!(
        findings(&systems, std::slice::from_ref(&contest)),
        [
            format!("quick is better than throng: {setting}: ring-shuffled 1,000,000 0.50 of throng's"),
            format!(
                "brief was better than throng before it failed: {setting}: ring-shuffled 1,000,000 0.50 of throng's"
            ),
            format!(
                "throng is not ahead: {setting}: ring-shuffled 1,000,000 (same takes 0.90 times as much)"
            ),
            format!(
                "throng is ahead by less than 5: {setting}: ring-shuffled 1,000,000 (bounded takes 3.00 times as much)"
            ),
            format!("WRONG: bad, ring-shuffled 1,000,000, {setting}: 3 are missing"),
            format!("no figure: brief, ring-shuffled 1,000,000, {setting}: it hangs"),
            "not run: away: not built".into(),
        ]
    );
    let cells: Vec<_> =
        contest.standings.iter().map(|one| (cell(&contest, one), ratio(&contest, one))).collect();
    assert_eq!(cells[2], (Some("9.00 ns".into()), Some("~ 0.90".into())));
    assert_eq!(cells[4].0.as_deref(), Some("WRONG"));
    assert_eq!(settings(&[contest.clone(), contest]), [(2, 1_000, false)]);
}

#[test]
fn one_that_is_ahead_by_chance_is_told() {
    let close = |by, differs| {
        let standings = vec![standing(BASE, 1.0, false), standing("even", by, differs)];
        findings(&[contestant("even", true)], &[contest("ask:2:2", 2, standings)])
    };
    assert_eq!(close(0.93, false), ["throng is not ahead: 2 workers: ask (even takes 0.93 times as much)"]);
    assert_eq!(close(0.5, true), ["even is better than throng: 2 workers: ask 0.50 of throng's"]);
    assert_eq!(close(5.0, true), [""; 0]);
}

#[test]
fn what_a_system_is_better_in_is_told_together_the_farthest_first() {
    let all = |asked: &str, workers, quick, slim| {
        contest(
            asked,
            workers,
            vec![standing(BASE, 1.0, false), standing("quick", quick, true), standing("slim", slim, true)],
        )
    };
    let contests = [all("ask:2:2", 2, 0.9, 9.0), all("big:2:8", 2, 0.7, 0.2), all("ask:2:2", 1, 0.6, 9.0)];
    let slim = Contestant { threads: false, ..contestant("slim", false) };
    assert_eq!(
        findings(&[contestant("quick", true), slim], &contests),
        [
            "slim is better than throng: 2 workers, on its one thread: big 0.20 of throng's",
            "quick is better than throng: 1 worker: ask 0.60 of throng's",
            "quick is better than throng: 2 workers: big 0.70, ask 0.90 of throng's",
        ]
    );
    assert_eq!(outcome(5, &contests), "4 of others' 6 figures are better than throng's");
    assert_eq!(outcome(5, &contests[..0]), "No other system has a figure");
    let one = [contest("ask:2:2", 2, vec![standing(BASE, 1.0, false), standing("quick", 3.0, true)])];
    assert_eq!(
        outcome(1, &one),
        "None of others' 1 figure is better than throng's by the protocol, by 1 round: the protocol asks for 5"
    );
}

#[test]
fn who_needs_less_memory_or_has_a_shorter_tail_is_told() {
    let tail = |name: &str, peaks: [f64; 2], late: u64| {
        let mut recorder = Recorder::new();
        recorder.record_n(250, 900);
        recorder.record_n(late, 100);
        let peak_bytes = Figure::of(peaks.map(Some).to_vec());
        Standing { peak_bytes, latency: Some(recorder.summary()), ..standing(name, 9.0, true) }
    };
    let lean = Standing { disorder: 7, ..tail("lean", [1_000.0, 1_999.0], 5_000) };
    let overlapping = Standing { disorder: 1_234, ..tail("overlapping", [1_000.0, 2_001.0], 20_000) };
    let standings = vec![tail(BASE, [2_000.0, 3_000.0], 10_000), lean, overlapping];
    let contest = contest("open:8:1000", 2, standings);
    let promises = Contestant { ordered: true, ..contestant("lean", false) };
    let systems = [promises, contestant("overlapping", false)];
    assert_eq!(
        findings(&systems, std::slice::from_ref(&contest)),
        [
            "lean had less memory in use than throng: 2 workers: open 1,000/s 0.60 of throng's",
            "lower than throng's beyond the median, and not judged: 2 workers: open 1,000/s (lean: p99 0.50, largest 0.50 of it)",
            "breaks the order that its documentation promises: 2 workers: open 1,000/s (lean: 7)",
            "messages were overtaken by later ones: 2 workers: open 1,000/s (overlapping: 1,234)",
        ]
    );
    assert_eq!(tail_of(&contest.standings[1]).as_deref(), Some("250 ns, 5.00 µs, -, 5.00 µs"));
}

#[test]
fn a_machine_that_changed_its_state_is_told() {
    let far = |name: &str, crossings: [f64; 2]| Standing {
        cross_core_ns: Figure::of(crossings.map(Some).to_vec()),
        ..standing(name, 9.0, true)
    };
    let all = |workers, most| {
        contest("ask:2:2", workers, vec![far(BASE, [60.0, 65.0]), far("other", [64.0, most])])
    };
    assert_eq!(findings(&[], &[all(2, 85.0), all(1, 227.0)]), [""; 0], "one worker crosses nothing");
    assert_eq!(
        findings(&[], &[all(2, 227.0), all(2, 66.0)]),
        [
            "the machine changed its state: crossing between the processors took 60.0 ns to 227 ns before the processes of one figure, in 1 figure"
        ]
    );
    assert_eq!(crossing(&far("far", [64.0, 227.0])).as_deref(), Some("146 ns (64.0 ns to 227 ns)"));
}

#[test]
fn who_did_fewer_messages_than_asked_is_told() {
    let did = |messages| Standing { messages, ..standing("one", 9.0, true) };
    let contest = contest("ring:100:5000", 2, Vec::new());
    assert_eq!(fewer(&contest, &did(5_000)), None);
    assert_eq!(fewer(&contest, &did(78)).as_deref(), Some("78"));
    assert_eq!(fewer(&contest, &failed("one", "it hangs", false)), None);
}

#[test]
fn what_failed_has_no_figure_and_says_why() {
    let all = |asked: &str, workers: u64, idle: bool| {
        let ask = asked.starts_with("ask");
        let odd = if ask { failed("odd", "it cannot ask", false) } else { standing("odd", 9.0, true) };
        let late = if idle { failed("late", "it hangs", false) } else { standing("late", 9.0, true) };
        let standings = vec![standing(BASE, 1.0, false), failed("dead", "exit status: 1", false), odd, late];
        contest(asked, workers, standings)
    };
    let contests = [
        all("ping-pong:2:2", 2, false),
        all("ask:2:2", 2, false),
        all("ask:2:2", 1, true),
        all("big:2:8", 1, true),
    ];
    let systems = [BASE, "dead", "odd", "late"].map(|name| contestant(name, true));
    assert_eq!(
        findings(&systems, &contests),
        [
            "no figure: dead, all 4 figures: exit status: 1",
            "no figure: odd, ask, 2 workers; ask, 1 worker: it cannot ask",
            "no figure: late, all with 1 worker: it hangs",
        ]
    );
    let dead = &contests[0].standings[1];
    assert_eq!(
        (cell(&contests[0], dead), ratio(&contests[0], dead), peak(dead)),
        (Some("failed".into()), None, None)
    );
    assert_eq!(ran(&systems, &contests), 3, "dead has none");
}

#[test]
fn a_generator_that_was_late_is_told() {
    let late = |name: &str, late: u64| {
        let mut recorder = Recorder::new();
        recorder.record_n(250, 1_000);
        Standing { latency: Some(recorder.summary()), late, ..standing(name, 9.0, true) }
    };
    let hangs = Standing { why: Some("it hangs".into()), ..late("hangs", 900) };
    let standings = vec![late(BASE, 10), late("slow", 11), late("slower", 500), hangs];
    assert_eq!(
        findings(&[], &[contest("open:8:1000", 2, standings)]),
        [
            "the generator was late for messages: open 1,000/s, 2 workers: 1.1 % of those to slow, 50.0 % of those to slower",
            "no figure: hangs, open 1,000/s, 2 workers: it hangs",
        ]
    );
}

#[test]
fn what_is_not_in_a_ratio_is_told() {
    let values = |of: &[Option<f64>]| Figure::of(of.to_vec());
    let two = values(&[Some(10.0), Some(10.0)]);
    let standings = vec![
        Standing { value: two.clone(), ..standing(BASE, 1.0, false) },
        Standing {
            value: two.clone(),
            ratio: values(&[None, Some(9.0)]),
            unlike: 1,
            ..standing("half", 9.0, true)
        },
        Standing { value: two.clone(), ratio: None, unlike: 2, ..standing("none", 9.0, true) },
        Standing { value: two, ratio: values(&[Some(8.0), Some(8.0)]), ..standing("whole", 8.0, true) },
    ];
    let contest = contest("ask:2:2", 2, standings);
    let ratios: Vec<_> = contest.standings[1..].iter().map(|one| ratio(&contest, one)).collect();
    assert_eq!(ratios, [Some("9.00 (1 of 2)".to_owned()), None, Some("8.00".to_owned())]);
    assert_eq!(
        findings(&[], &[contest]),
        [
            "left out of ratios, as the machine was in one state for throng and in another for the other: 3 pairs; without a ratio for it: 1 figure"
        ]
    );
}

#[test]
fn who_drifts_in_most_rounds_is_told() {
    let drifting = |name: &str, drifting| Standing {
        value: Figure::of(vec![Some(10.0); 4]),
        drifting,
        ..standing(name, 9.0, true)
    };
    let standings = vec![drifting(BASE, 3), drifting("even", 2), drifting("other", 4)];
    assert_eq!(
        findings(&[], &[contest("ask:2:2", 2, standings)]),
        ["drifted by more than a twentieth in most rounds: 2 workers: ask (throng, other)"]
    );
}

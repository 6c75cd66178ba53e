//! Findings of comparisons that are made up.

use super::*;
use crate::contest::{BASE, Unit, cell, peak, ran, ratio, settings};
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
    Standing { why: Some(why.into()), wrong, ..standing(name, 0.5, true) }
}

fn contestant(name: &str, bounded: bool) -> Contestant {
    let (name, language) = (name.to_owned(), "Rust".into());
    Contestant { name, language, bounded, threads: true, actors: true, version: None, how: None, why: None }
}

fn contest(asked: &str, workers: u64, standings: Vec<Standing>) -> Contest {
    Contest {
        asked: asked.into(),
        unit: Unit::Time,
        workers,
        idle: 0,
        used: false,
        standings,
        again: None,
        cross_core_ns: Vec::new(),
    }
}

#[test]
fn who_is_better_is_told_first() {
    let standings = vec![
        standing(BASE, 1.0, false),
        standing("quick", 0.5, true),
        standing("same", 0.9, false),
        standing("bounded", 3.0, true),
        failed("bad", "3 are missing", true),
    ];
    let mut contest = contest("ring-shuffled:1000000:5", 2, standings);
    contest.idle = 1_000;
    let systems = ["quick", "same", "bounded", "bad"].map(|name| contestant(name, name == "bounded"));
    let mut away = contestant("away", false);
    away.why = Some("not built".into());
    let systems = [&systems[..], &[away]].concat();
    let setting = "ring-shuffled 1,000,000, 2 workers, 1,000 idle actors beside";
    assert_eq!(
        findings(&systems, std::slice::from_ref(&contest)),
        [
            format!("quick is better than throng: {setting}: 0.50 of throng's"),
            format!("throng is ahead by less than 5: {setting}: bounded takes 3.00 times as much"),
            format!("WRONG: bad, {setting}: 3 are missing"),
            "not run: away: not built".into(),
        ]
    );
    let cells: Vec<_> = contest.standings.iter().map(|one| (cell(&contest, one), ratio(one))).collect();
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
    assert_eq!(close(0.93, false), ["throng is not ahead: ask, 2 workers: even takes 0.93 times as much"]);
    assert_eq!(close(0.5, true), ["even is better than throng: ask, 2 workers: 0.50 of throng's"]);
    assert_eq!(close(5.0, true), [""; 0]);
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
    assert_eq!((cell(&contests[0], dead), ratio(dead), peak(dead)), (Some("failed".into()), None, None));
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

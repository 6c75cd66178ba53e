//! The table of the strategies: what a supervisor does x what befalls a leaf x its kind x the depth at which it lies x how far up it
//! goes, by decision or because it comes too often. Each row is played on the engine beside the oracle; and some are spelled out.

use super::Stage;
use super::beside::Beside;
use super::blueprint::{Broken, Floor, KINDS, MS, Manner, Node, STRATEGIES, below};
use super::oracle::{Blow, Line};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use throng::{Decision, Restart, Shutdown, Strategy};

const LONG: Duration = Duration::from_secs(60);

/// What is answered where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upward {
    /// This is decided where it happens.
    Not(Decision),
    /// So many floors decide to escalate.
    Decided(usize),
    /// So many floors allow no restart.
    TooOften(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// A blow to the leaf while it runs.
    Blow(Blow),
    /// So many starts fail, first of all.
    First(Manner, u32),
    /// A blow, and so many starts after it fail.
    Then(Manner, u32),
}

/// One line of three: a leaf, the next floor (or the leaf that it is about), a leaf. The root first.
fn tree(strategies: &[Strategy], kind: Restart, upward: Upward) -> Arc<Floor> {
    let leaf = |name| Node {
        name,
        kind: Restart::Permanent,
        verdict: Decision::Restart,
        shutdown: Shutdown::default(),
        floor: None,
    };
    let depth = strategies.len();
    let mut inner: Option<Arc<Floor>> = None;
    for (n, strategy) in strategies.iter().enumerate().rev() {
        // From below.
        let height = depth - n;
        let verdict = match upward {
            Upward::Not(decision) if height == 1 => decision,
            Upward::Decided(floors) if height <= floors => Decision::Escalate,
            _ => Decision::Restart,
        };
        let most = match upward {
            Upward::TooOften(floors) if height <= floors => 0,
            _ => 2,
        };
        let kind = if height == 1 { kind } else { Restart::Permanent };
        let middle = Node { kind, verdict, floor: inner, ..leaf("m") };
        let first = MS * 10_u32.pow(n as u32);
        inner = Some(Arc::new(Floor {
            strategy: *strategy,
            most,
            within: LONG,
            pauses: Some((first, first * 3)),
            quiet: LONG,
            children: vec![leaf("a"), middle, leaf("c")],
        }));
    }
    inner.expect("a depth of one at least")
}

/// Three times, unless it has gone before; and the end of all.
fn play(
    stage: Option<Stage>,
    strategies: &[Strategy],
    (fault, kind, upward): (Fault, Restart, Upward),
) -> Beside {
    let floor = tree(strategies, kind, upward);
    let path = strategies.iter().fold(String::new(), |path, _| below(&path, "m"));
    let mut broken = Broken::new();
    if let Fault::First(manner, times) = fault {
        broken.insert(path.clone(), (manner, times));
    }
    let mut both = Beside::new(stage, &floor, &broken);
    let blow = match fault {
        Fault::Blow(blow) => blow,
        Fault::Then(..) => Blow::Fail,
        Fault::First(..) => return both,
    };
    for n in 0..3 {
        if !both.oracle.living().iter().any(|who| who.0 == path) {
            break;
        }
        if let Fault::Then(manner, times) = fault {
            both.script.break_starts(&path, manner, times);
            both.oracle.fate.broken.insert(path.clone(), (manner, times));
        }
        both.strike(&path, blow);
        // Once with no time between.
        both.wait(MS * 7 * n);
    }
    both
}

/// All lines of strategies, from the root down.
fn lines(depth: u32) -> Vec<Vec<Strategy>> {
    let line = |n: usize| (0..depth).map(|floor| STRATEGIES[n / 3_usize.pow(floor) % 3]).collect();
    (0..3_usize.pow(depth)).map(line).collect()
}

const FAULTS: [Fault; 8] = [
    Fault::Blow(Blow::Fail),
    Fault::Blow(Blow::Panic),
    Fault::Blow(Blow::Leave),
    Fault::Blow(Blow::Stop),
    Fault::Blow(Blow::Kill),
    Fault::First(Manner::Make, 2),
    Fault::Then(Manner::Error, 1),
    Fault::Then(Manner::Panic, 9),
];

/// All rows of one line of strategies.
fn rows(depth: usize) -> Vec<(Fault, Restart, Upward)> {
    let here = [Decision::Restart, Decision::Resume, Decision::Stop].map(Upward::Not);
    let further = (1..=depth).flat_map(|floors| [Upward::Decided(floors), Upward::TooOften(floors)]);
    let upward: Vec<_> = here.into_iter().chain(further).collect();
    let kinds = |fault| KINDS.map(|kind| (fault, kind));
    let with = |(fault, kind)| upward.iter().map(move |upward| (fault, kind, *upward));
    FAULTS.into_iter().flat_map(kinds).flat_map(with).collect()
}

#[test]
fn every_strategy_fault_kind_and_depth_on_the_engine() {
    let (mut count, begun) = (0, std::time::Instant::now());
    for strategies in (1..=3).flat_map(lines) {
        let (mut stage, mut faults, mut ends, mut roots) = (None, 0, 0, 0);
        for row in rows(strategies.len()) {
            let played = AssertUnwindSafe(|| play(stage.take(), &strategies, row).stop());
            let Ok((left, failed, ended)) = catch_unwind(played) else { panic!("{strategies:?} {row:?}") };
            (faults, ends, roots) = (faults + failed, ends + ended.0 + ended.1, roots + 1);
            stage = Some(left);
        }
        // All is told, and nobody is left but the listener.
        let inline = stage.expect("a row at least").inline;
        let ledger = inline.system().quiesce(Duration::ZERO).expect("no timer is left");
        ledger.check().expect("it adds up");
        assert_eq!(ledger.spawned - ledger.stopped, 1, "{strategies:?}");
        assert_eq!((ledger.faults, ledger.spawned), (faults, ends + roots + 1), "{strategies:?}");
        count += roots;
    }
    println!("{count} rows in {:?}", begun.elapsed());
    assert_eq!(count, 8 * 3 * (3 * 5 + 9 * 7 + 27 * 9));
}

/// Rows written out, for who would rather not believe an oracle: who was asked, stopped and started, and what was told, from the
/// fault until all is at rest; a bar is the pause.
#[test]
fn rows_as_the_documents_have_them() {
    use Decision::Restart as Again;
    use Restart::{Permanent, Temporary, Transient};
    use Strategy::{OneForAll, OneForOne, RestForOne};
    use Upward::{Decided, Not, TooOften};
    type Row = (&'static [Strategy], Blow, Restart, Upward, &'static str, &'static str);
    let table: [Row; 9] = [
        (
            &[OneForOne],
            Blow::Fail,
            Permanent,
            Not(Again),
            "ask m | start m",
            "m failed (fault 1), m down for 1ms | m back",
        ),
        (&[OneForOne], Blow::Fail, Permanent, Not(Decision::Resume), "ask m", "m failed (fault 1)"),
        (
            &[OneForAll],
            Blow::Panic,
            Permanent,
            Not(Again),
            "ask m, stop c, stop a | start a, start m, start c",
            "m failed (panicked: fault 1), a down for 1ms, m down for 1ms, c down for 1ms | a back, m back, c back",
        ),
        (
            &[RestForOne],
            Blow::Kill,
            Transient,
            Not(Again),
            "stop c | start m, start c",
            "m ended (killed), m down for 1ms, c down for 1ms | m back, c back",
        ),
        (&[RestForOne], Blow::Leave, Transient, Not(Again), "stop m", "m ended (stopped)"),
        (&[OneForAll], Blow::Kill, Temporary, Not(Again), "", "m ended (killed)"),
        (
            &[OneForOne, OneForAll],
            Blow::Fail,
            Permanent,
            Decided(1),
            "ask m/m, stop m/c, stop m/a, ask m | start m/a, start m/m, start m/c",
            "m/m failed (fault 1), m/c ended (stopped), m/m ended (killed), m/a ended (stopped), \
             m failed (child \"m\" failed: fault 1), m down for 1ms | m/a started, m/m started, m/c started, m back",
        ),
        (
            &[RestForOne, OneForOne, OneForOne],
            Blow::Fail,
            Permanent,
            TooOften(2),
            "ask m/m/m, stop m/m/c, stop m/m/a, ask m/m, stop m/c, stop m/a, ask m, stop c | \
             start m/a, start m/m/a, start m/m/m, start m/m/c, start m/c, start c",
            "m/m/m failed (fault 1), m/m/c ended (stopped), m/m/m ended (killed), m/m/a ended (stopped), \
             m/m failed (child \"m\" failed: fault 1 (restarts allowed: 0 within 60s)), \
             m/c ended (stopped), m/m ended (killed), m/a ended (stopped), \
             m failed (child \"m\" failed: child \"m\" failed: fault 1 (restarts allowed: 0 within 60s) \
             (restarts allowed: 0 within 60s)), m down for 1ms, c down for 1ms | \
             m/a started, m/m/a started, m/m/m started, m/m/c started, m/m started, m/c started, m back, c back",
        ),
        (
            &[OneForAll, OneForOne],
            Blow::Fail,
            Permanent,
            Decided(2),
            "ask m/m, stop m/c, stop m/a, ask m, stop c, stop a",
            "m/m failed (fault 1), m/c ended (stopped), m/m ended (killed), m/a ended (stopped), \
             m failed (child \"m\" failed: fault 1), c ended (stopped), m ended (killed), a ended (stopped), \
             root gives up",
        ),
    ];
    for (strategies, blow, kind, upward, said, told) in table {
        let mut both = Beside::new(None, &tree(strategies, kind, upward), &Broken::new());
        let path = vec!["m"; strategies.len()].join("/");
        let (before, fate) = (both.oracle.fate.said.len(), &both.oracle.fate);
        let (begun, told_before) = (fate.now, fate.told.len());
        both.strike(&path, blow);
        let fate = &both.oracle.fate;
        assert_eq!(in_words(&fate.said[before..], begun), said, "{strategies:?} {blow:?}");
        assert_eq!(in_words(&fate.told[told_before..], begun), told, "{strategies:?} {blow:?}");
        both.stop();
    }
}

/// What happened at once, a bar, and what happened later, which is the root's first pause.
fn in_words(lines: &[Line], begun: Duration) -> String {
    let at = |wanted: bool| {
        let those = lines.iter().filter(|line| (line.0 == begun) == wanted);
        those.map(|line| line.1.as_str()).collect::<Vec<_>>().join(", ")
    };
    assert!(lines.iter().all(|line| line.0 == begun || line.0 == begun + MS), "{lines:?}");
    let (first, then) = (at(true), at(false));
    if then.is_empty() { first } else { format!("{first} | {then}") }
}

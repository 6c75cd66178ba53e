//! One that fails on every start, floor upon floor (R4); the window at its edge; pauses that are drawn.

use super::beside::Beside;
use super::blueprint::{Broken, Floor, MS, Manner, Node, STRATEGIES};
use super::oracle::Blow;
use super::{Msg, Stage, Worker};
use std::sync::Arc;
use std::time::Duration;
use throng::{Backoff, Decision, Happened, Restart, Shutdown, Strategy};

const LONG: Duration = Duration::from_secs(60);

/// Floors from the root down, each with its strategy, its restarts and its first pause; and at the bottom the one that fails.
fn floors(floors: &[(Strategy, u32, Duration)]) -> Arc<Floor> {
    let node = |name, floor| Node {
        name,
        kind: Restart::Permanent,
        verdict: Decision::Restart,
        shutdown: Shutdown::default(),
        floor,
    };
    let below = floors.iter().rev().fold(None, |below, (strategy, most, first)| {
        Some(Arc::new(Floor {
            strategy: *strategy,
            most: *most,
            within: LONG,
            pauses: Some((*first, *first * 4)),
            quiet: LONG,
            children: vec![node("a", None), node("m", below), node("z", None)],
        }))
    });
    below.expect("a floor at least")
}

fn never_starts(depth: usize) -> Broken {
    Broken::from([(vec!["m"; depth].join("/"), (Manner::Error, u32::MAX))])
}

/// When this was told of this one.
fn times(both: &Beside, path: &str, what: &str) -> Vec<u128> {
    let wanted = format!("{path} {what}");
    let told = both.oracle.fate.told.iter();
    told.filter(|line| line.1.starts_with(&wanted)).map(|line| line.0.as_millis()).collect()
}

/// R4: each floor gives up after so many restarts and no more, up to the root, whatever the strategies; and every line of it on the
/// engine as foretold.
#[test]
fn r04_one_that_never_starts_exhausts_floor_upon_floor_up_to_the_root() {
    for n in 0..27 {
        let strategy = |floor: u32| STRATEGIES[n / 3_usize.pow(floor) % 3];
        for most in [[0, 0, 0], [1, 1, 2], [2, 0, 1], [0, 3, 0], [3, 2, 1]] {
            let [first, second, third] = [0, 1, 2].map(|floor| (strategy(floor), most[floor as usize]));
            let root = floors(&[
                (first.0, first.1, MS * 100),
                (second.0, second.1, MS * 50),
                (third.0, third.1, MS * 10),
            ]);
            let both = Beside::new(None, &root, &never_starts(3));
            let fails = |path| times(&both, path, "failed").len() as u32;
            let [top, middle, low] = most.map(|most| most + 1);
            assert_eq!([fails("m"), fails("m/m"), fails("m/m/m")], [top, top * middle, top * middle * low]);
            let why = both.oracle.over.as_ref().expect("the root has given up");
            let limits = most.iter().rev().map(|most| format!(" (restarts allowed: {most} within 60s)"));
            let child = "child \"m\" failed: ".repeat(3);
            let last = top * middle * low;
            assert_eq!(*why, format!("{child}fault {last}{}", limits.collect::<String>()));
            // Those behind never start: they wait for it. Those before it start with each try that takes them along.
            assert!(times(&both, "z", "started").is_empty() && times(&both, "m/m/z", "started").is_empty());
            both.look_around();
            both.stop();
        }
    }
}

/// The same in figures: ten and twenty milliseconds below, fifty in the middle, a hundred at the root, each anew with each new state.
#[test]
fn r04_the_times_of_an_exhaustion_are_those_of_the_pauses() {
    let one = Strategy::OneForOne;
    let root = floors(&[(one, 1, MS * 100), (one, 1, MS * 50), (one, 2, MS * 10)]);
    let both = Beside::new(None, &root, &never_starts(3));
    assert_eq!(times(&both, "m/m/m", "failed"), [0, 10, 30, 80, 90, 110, 210, 220, 240, 290, 300, 320]);
    assert_eq!(times(&both, "m/m", "failed"), [30, 110, 240, 320]);
    assert_eq!(times(&both, "m", "failed"), [110, 320]);
    assert_eq!(times(&both, "root", "gives up"), [320]);
    assert_eq!(both.oracle.fate.restarts, 1 + 2 + 4 * 2);
    // On one floor: twice as long each time, to four times the first, and never shorter.
    let both = Beside::new(None, &floors(&[(Strategy::RestForOne, 6, MS * 10)]), &never_starts(1));
    assert_eq!(times(&both, "m", "failed"), [0, 10, 30, 70, 110, 150, 190]);
}

/// Two restarts within a tenth of a second, its last nanosecond included.
#[test]
fn r04_a_window_ends_a_nanosecond_after_its_time() {
    for (late, gives_up) in [(Duration::ZERO, true), (Duration::from_nanos(1), false)] {
        for strategy in STRATEGIES {
            let mut root = (*floors(&[(strategy, 2, MS)])).clone();
            (root.within, root.pauses) = (MS * 100, None);
            let mut both = Beside::new(None, &Arc::new(root), &Broken::new());
            both.strike("m", Blow::Fail);
            both.wait(MS * 60);
            both.strike("m", Blow::Kill);
            both.wait(MS * 40 + late);
            both.strike("m", Blow::Panic);
            assert_eq!(both.oracle.over.is_some(), gives_up, "{strategy:?}");
            both.stop();
        }
    }
}

/// The pauses before the restarts of two children that fail five times each.
fn drawn(seed: u64) -> [Vec<Duration>; 2] {
    let backoff = Backoff::new(MS * 10, MS * 80).jitter(0.5).seed(seed);
    let mut stage = Stage::new(|root, log| {
        let root = root.intensity(100, LONG).quiet(LONG).backoff(backoff);
        root.child(Worker::child("a", log)).child(Worker::child("b", log))
    });
    let _ = stage.happened();
    ["a", "b"].map(|name| {
        let mut pauses = Vec::new();
        for _ in 0..5 {
            stage.send(name, Msg::Fail);
            let told: Vec<_> = stage.events.try_iter().map(|event| event.what).collect();
            let [Happened::Failed(_), Happened::Restarting { after }] = told[..] else { panic!("{told:?}") };
            // It comes back when it was said, and not a moment before.
            stage.inline.advance(after - Duration::from_nanos(1));
            assert_eq!(stage.happened(), "");
            stage.inline.advance(Duration::from_nanos(1));
            assert_eq!(stage.happened(), format!("{name} back"));
            pauses.push(after);
        }
        pauses
    })
}

#[test]
fn r04_drawn_pauses_lie_in_their_bounds_and_are_those_of_their_seed() {
    let longest = [10, 20, 40, 80, 80].map(|millis| MS * millis);
    for seed in 0..20 {
        let [a, b] = drawn(seed);
        for (pause, longest) in a.iter().chain(&b).zip(longest.iter().chain(&longest)) {
            assert!(*longest / 2 <= *pause && pause <= longest, "SEED {seed}: {pause:?} of {longest:?}");
        }
        assert_ne!(a, b, "those who fail at one time do not come back at one time");
        assert_eq!([a, b], drawn(seed));
        assert_ne!(drawn(seed), drawn(seed + 1));
    }
}

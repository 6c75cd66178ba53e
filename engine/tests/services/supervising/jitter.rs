//! The pauses of many children that fail at the same moment: within their bounds, each its own, and the same for the same seed.

use super::{Msg, Stage, Worker, diary};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use throng::{Backoff, Happened, Recipient, Strategy, Supervisor, System, TreeEvent};

const MS: Duration = Duration::from_millis(1);
const NANO: Duration = Duration::from_nanos(1);
const MANY: usize = 100;
const ATTEMPTS: usize = 4;

/// At most 100, 200, 400 and 400 milliseconds, of which a half is left to chance.
fn backoff() -> Backoff {
    Backoff::new(100 * MS, 400 * MS).jitter(0.5)
}

/// The pauses of each child, which fails again as soon as it is back; each is held to the nanosecond.
fn pauses(backoff: &Backoff) -> Vec<Vec<Duration>> {
    let mut stage = Stage::new(|root, log| {
        let root = root.intensity(1_000, 3_600_000 * MS).quiet(3_600_000 * MS).backoff(backoff.clone());
        (0..MANY).fold(root, |root, n| root.child(Worker::child(&n.to_string(), log)))
    });
    let _ = stage.happened();
    let mut pauses = vec![Vec::new(); MANY];
    // When which of them is to be back.
    let mut due = BTreeMap::<Duration, BTreeSet<usize>>::new();
    for n in 0..MANY {
        stage.send(&n.to_string(), Msg::Fail);
    }
    loop {
        let now = stage.inline.now();
        let mut back = BTreeSet::new();
        for event in stage.events.try_iter() {
            let child: usize = event.path.parse().expect("a number");
            match event.what {
                Happened::Restarting { after } => {
                    pauses[child].push(after);
                    due.entry(now + after).or_default().insert(child);
                }
                Happened::Restarted => assert!(back.insert(child)),
                _ => {}
            }
        }
        assert!(back.is_empty(), "{back:?} at {now:?}, before their time");
        let Some((at, children)) = due.pop_first() else { break };
        stage.inline.advance(at - now - NANO);
        assert_eq!(stage.events.try_iter().count(), 0, "before {at:?}");
        stage.inline.advance(NANO);
        assert_eq!(stage.events.try_iter().count(), children.len(), "at {at:?}");
        for child in children {
            assert!(stage.child(&child.to_string()).is_alive());
            if pauses[child].len() < ATTEMPTS {
                stage.send(&child.to_string(), Msg::Fail);
            }
        }
    }
    stage.tree.begin_stop();
    stage.assert_over();
    pauses
}

#[test]
fn each_draws_its_own_within_its_bounds_and_the_same_for_the_same_seed() {
    let one = pauses(&backoff().seed(7));
    for attempt in 0..ATTEMPTS {
        let bound = backoff().bound(attempt as u32);
        let mut drawn: Vec<_> = one.iter().map(|pauses| pauses[attempt]).collect();
        drawn.sort_unstable();
        assert!(drawn[0] >= bound / 2 && drawn[MANY - 1] <= bound, "{drawn:?} of {bound:?}");
        // Spread evenly: of a hundred each quarter has its share, and no two are the same.
        for quarter in 0..4 {
            let (from, to) = (bound / 2 + bound / 8 * quarter, bound / 2 + bound / 8 * (quarter + 1));
            let share = drawn.iter().filter(|pause| (from..to).contains(pause)).count();
            assert!((10..45).contains(&share), "{share} from {from:?} to {to:?}");
        }
        drawn.dedup();
        assert_eq!(drawn.len(), MANY, "two children wait the same");
    }
    assert_eq!(one, pauses(&backoff().seed(7)));
    let other = pauses(&backoff().seed(8));
    assert!((0..MANY).all(|child| one[child] != other[child]));
    // Without jitter all wait the same, whatever the seed.
    let plain = pauses(&Backoff::new(100 * MS, 400 * MS).seed(7));
    assert!(plain.iter().all(|pauses| *pauses == [100, 200, 400, 400].map(|n| n * MS)));
}

/// Where all share a restart there is one pause, and each of a number of trees draws its own if its seed is its own.
#[test]
fn trees_that_fail_together_do_not_come_back_together() {
    let mut inline = System::builder().inline_virtual();
    let (diary, events) = diary();
    let to: Recipient<TreeEvent> = inline.spawn(diary).recipient();
    let log = super::Log::default();
    // Each back-off that is given no seed draws one.
    let trees: Vec<_> = (0..20)
        .map(|_| {
            let root = Supervisor::new().strategy(Strategy::OneForAll).backoff(backoff()).events_to(to);
            let root = root.child(Worker::child("a", &log)).child(Worker::child("b", &log));
            inline.system().supervise(root).expect("names that differ")
        })
        .collect();
    inline.run_until_idle();
    for tree in &trees {
        tree.child::<Msg>("b").expect("it has started").try_send(Msg::Fail).expect("room");
    }
    inline.run_until_idle();
    let pauses: Vec<_> = events
        .try_iter()
        .filter_map(|event| match event.what {
            Happened::Restarting { after } => Some(after),
            _ => None,
        })
        .collect();
    assert_eq!(pauses.len(), 40, "of both children of each");
    let differ: BTreeSet<_> = pauses.iter().collect();
    assert_eq!(differ.len(), 20, "one pause each tree, and no two the same");
    assert!(pauses.iter().all(|pause| (50 * MS..=100 * MS).contains(pause)));
}

use super::*;
use crate::clock::Clock;
use crate::options::Options as Line;
use std::sync::Arc;

/// A hall for bursts of four, and the plan of its run.
fn hall() -> (System, &'static Hall) {
    let system = System::builder().workers(1).build().expect("a worker");
    let line = Line::read(["pools"].map(Into::into)).expect("fits");
    let plan = crate::run::plan(&line, Clock::calibrated(), &Arc::default()).expect("fits");
    let tally = Tally::new(&system, &plan, 1);
    let hall = Box::leak(Box::new(Hall {
        since: tally.clock.ticks(),
        handled_in: (0..4).map(|_| AtomicU64::new(0)).collect(),
        left: AtomicU64::new(4),
        handled: AtomicU64::new(0),
        members: Mutex::default(),
        tally,
    }));
    (system, hall)
}

fn item(burst: u64, place: u32) -> Item {
    Item { burst, place, sent: 0 }
}

#[test]
fn the_last_of_a_burst_is_known_and_one_that_comes_twice_or_late_is_found() {
    let (_system, hall) = hall();
    let ends: Vec<bool> = [2, 0, 3, 1].map(|place| hall.note(item(1, place))).into();
    assert_eq!((ends, hall.tally.wrong_count()), (vec![false, false, false, true], 0));
    hall.left.store(4, Ordering::Relaxed);
    assert!(!hall.note(item(2, 0)) && hall.tally.wrong_count() == 0);
    let _again = hall.note(item(2, 0));
    assert_eq!(hall.tally.wrong_count(), 1, "twice");
    let _late = hall.note(item(1, 3));
    assert_eq!(hall.tally.wrong_count(), 2, "of the burst before");
    let _lost_before = hall.note(item(3, 1));
    assert_eq!(hall.tally.wrong_count(), 3, "that of burst 2 never came");
}

#[test]
fn members_are_counted_as_they_come_and_go() {
    let (_system, hall) = hall();
    for came in [true, true, false, true, true, false, false] {
        hall.changed(came);
        hall.look();
    }
    let members = hall.members();
    assert_eq!((members.now, members.most, members.hired, members.fewest), (1, 3, 4, Some(1)));
    let numbers: Vec<u64> = members.changes.iter().map(|(_, now)| *now).collect();
    assert_eq!(numbers, [1, 2, 1, 2, 3, 2, 1]);
    drop(members);
    assert_eq!(left(hall, 1, Duration::ZERO), None);
    let said = left(hall, 0, Duration::ZERO).expect("one too many");
    assert!(said.starts_with("1 members are left 0ns after the load"), "{said}");
}

//! Topics: nobody is detached but by the handle or by its end, and each refusal is told and counted.

use crate::watchdog::watch;
use crate::worker::{Notes, Worker, noted, small, workers};
use std::sync::Arc;
use std::time::Duration;
use throng::{Actor, Context, Fault, JoinError, Options, Overflow, Reason, System, Topic};

#[test]
fn who_subscribes_gets_it_until_its_handle_or_its_end() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 3);
    let topic = inline.system().registry().topic_of::<u64>();
    let on: Vec<_> = all.iter().map(|one| topic.subscribe(one.recipient()).expect("lives")).collect();
    assert_eq!(topic.publish(1).taken, 3);
    assert!(on[0].cancel() && !on[0].cancel());
    // A handle that is dropped ends nothing.
    drop(on);
    assert_eq!(topic.publish(2).taken, 2);
    let _ = all[1].stop();
    inline.run_until_idle();
    assert_eq!(inline.system().registry().topic_of::<u64>().publish(3).taken, 1);
    inline.run_until_idle();
    assert_eq!(noted(&notes), [(0, 1), (1, 1), (1, 2), (2, 1), (2, 2), (2, 3)]);
    let ended = topic.subscribe(all[1].recipient()).expect_err("it has ended");
    assert_eq!(ended, JoinError::Ended(all[1].id()));
    assert_eq!(topic.subscribers().len(), 1);
}

#[test]
fn twice_is_twice_and_types_and_names_are_apart() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 1);
    let registry = inline.system().registry();
    let (named, typed) = (registry.topic::<u64>("t").expect("new"), registry.topic_of::<u64>());
    let first = named.subscribe(all[0].recipient()).expect("lives");
    let second = named.subscribe(all[0].recipient()).expect("lives");
    assert_eq!((named.publish(1).taken, typed.publish(2).taken), (2, 0));
    assert!(first.cancel());
    assert_eq!(named.publish(3).taken, 1);
    assert!(second.cancel());
    assert_eq!(registry.topic::<u8>("t").expect_err("of another type").found, "u64");
    assert!(registry.forget_topic("t") && registry.topic::<u8>("t").is_ok());
    inline.run_until_idle();
    assert_eq!(noted(&notes), [(0, 1), (0, 1), (0, 3)]);
}

#[test]
fn a_full_subscriber_stays_and_its_refusals_are_told_and_counted() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 1);
    let slow = small(inline.system(), 9, 2, &notes);
    let newest = Options::builder().capacity(2).overflow(Overflow::DropNewest).build().expect("in range");
    let drops = inline.system().try_spawn(Worker(5, Arc::clone(&notes)), &newest).expect("memory");
    let topic = Topic::new();
    for to in [slow, all[0], drops] {
        topic.subscribe(to.recipient()).expect("lives");
    }
    let mut refused = Vec::new();
    for n in 0..5_u64 {
        let delivery = topic.publish(n);
        assert_eq!(delivery.taken + delivery.refused.len(), 3);
        refused.extend(
            delivery.refused.into_iter().map(|(who, error)| (who, error.reason(), error.into_inner())),
        );
    }
    let expected = [2, 3, 4].map(|n| (slow.id(), Reason::Full, n));
    assert_eq!(refused, expected);
    let figures: Vec<_> = topic.subscribers().iter().map(|s| (s.actor, s.taken, s.refused)).collect();
    // What a policy drops was taken, and is in the ledger.
    assert_eq!(figures, [(slow.id(), 2, 3), (all[0].id(), 5, 0), (drops.id(), 5, 0)]);
    assert_eq!(inline.system().ledger().dropped.newest, 3);
    inline.run_until_idle();
    assert!(topic.publish(5).is_whole(), "with room again everybody gets it");
    inline.run_until_idle();
    assert_eq!(
        noted(&notes).iter().filter(|(who, _)| *who == 9).map(|(_, n)| *n).collect::<Vec<_>>(),
        [0, 1, 5]
    );
    inline.system().ledger().check().expect("it adds up");
}

/// Publishes so many numbers, one a message.
struct Publisher(Topic<u64>, u64);

impl Actor for Publisher {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1 += 1;
        if !cx.publish(&self.0, self.1).is_whole() {
            return Err(Fault::msg("somebody refused"));
        }
        Ok(())
    }
}

/// Each of several publishers is heard whole and in order, however slow a subscriber is.
#[test]
fn publishers_on_workers_are_held_up_and_heard_in_order() {
    let _watchdog = watch("publishers_on_workers_are_held_up_and_heard_in_order");
    let system = System::builder().workers(3).build().expect("workers");
    let narrow = Options::builder().capacity(4).build().expect("in range");
    let topic = system.registry().topic::<u64>("t").expect("new");
    let all: Vec<Notes> = (0..3).map(|_| Notes::default()).collect();
    for notes in &all {
        let to = system.try_spawn(Worker(0, Arc::clone(notes)), &narrow).expect("memory");
        topic.subscribe(to.recipient()).expect("lives");
    }
    let (publishers, each) = (4_u64, 500_u64);
    for n in 0..publishers {
        let one = system.spawn(Publisher(topic.clone(), n * 1_000_000));
        (0..each).for_each(|_| one.try_send(()).expect("room"));
    }
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.faults, 0);
    for notes in &all {
        for n in 0..publishers {
            let heard = noted(notes).into_iter().map(|(_, n)| n).filter(|heard| heard / 1_000_000 == n);
            let expected = (1..=each).map(|k| n * 1_000_000 + k);
            assert!(heard.eq(expected), "publisher {n}");
        }
    }
}

//! Groups: who ends leaves, and a broadcast says who got it and hands the rest back.

use crate::seed;
use crate::watchdog::watch;
use crate::worker::{Bomb, Job, Notes, Worker, noted, small, workers};
use std::sync::Arc;
use std::time::Duration;
use throng::{Actor, Context, Fault, Group, JoinError, Options, Reason, Reply, Stopping, System, Topic};

#[test]
fn join_leave_and_end() {
    let mut inline = System::builder().inline();
    let (all, _) = workers(inline.system(), 4);
    let group = inline.system().registry().group::<Job>("g").expect("new");
    for worker in &all {
        group.join(*worker).expect("lives");
    }
    assert_eq!(group.join(all[1]), Err(JoinError::Already(all[1].id())));
    assert!(group.leave(all[2]) && !group.leave(all[2]));
    let _ = all[0].kill();
    inline.run_until_idle();
    // By name it is the same group.
    let again = inline.system().registry().group::<Job>("g").expect("of this type");
    assert_eq!(*again.members(), [all[1], all[3]]);
    assert_eq!(group.join(all[0]), Err(JoinError::Ended(all[0].id())));
    group.join(all[2]).expect("it may come again, behind the others");
    assert_eq!(*group.members(), [all[1], all[3], all[2]]);
    let wrong = inline.system().registry().group::<u8>("g").expect_err("of another type");
    assert_eq!((wrong.wanted, wrong.found), ("u8", "services::worker::Job"));
    assert!(inline.system().registry().forget_group("g") && !inline.system().registry().forget_group("g"));
    assert!(inline.system().registry().group::<u8>("g").expect("new").is_empty());
}

#[test]
fn a_broadcast_hands_back_what_was_refused() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 2);
    let group = Group::new();
    let (full, gone) = (small(inline.system(), 7, 1, &notes), all[1]);
    for worker in [all[0], full, gone] {
        group.join(worker).expect("lives");
    }
    full.try_send(1_u64).expect("room");
    let _ = gone.stop();
    let delivery = group.broadcast(Job::Note(2));
    assert_eq!(delivery.taken, 1);
    let reasons: Vec<_> = delivery.refused.iter().map(|(who, error)| (*who, error.reason())).collect();
    assert_eq!(reasons, [(full.id(), Reason::Full), (gone.id(), Reason::Closed)]);
    assert!(delivery.refused.into_iter().all(|(_, error)| matches!(error.into_inner(), Job::Note(2))));
    inline.run_until_idle();
    assert_eq!(noted(&notes), [(0, 2), (7, 1)]);
    assert_eq!(group.broadcast(Job::Note(3)).taken, 2);
    assert_eq!(Group::new().broadcast(Job::Note(4)).taken, 0);
    inline.run_until_idle();
    inline.system().ledger().check().expect("it adds up");
}

struct Herald(Group<Job>, u64);

impl Actor for Herald {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1 += 1;
        assert!(cx.broadcast(&self.0, Job::Note(self.1)).is_whole());
        Ok(())
    }
}

#[test]
fn a_handlers_broadcast_is_held_up_by_a_full_member_and_loses_nothing() {
    let mut inline = System::builder().inline();
    let notes = Notes::default();
    let group = Group::new();
    let narrow = Options::builder().capacity(1).build().expect("in range");
    for n in 0..2 {
        let one = inline.system().try_spawn(Worker(n, Arc::clone(&notes)), &narrow).expect("memory");
        group.join(one).expect("lives");
    }
    let herald = inline.spawn(Herald(group, 0));
    for _ in 0..50 {
        herald.try_send(()).expect("room");
    }
    inline.run_until_idle();
    assert_eq!(noted(&notes).len(), 100);
    assert!(inline.system().activity().muted > 0, "nobody was held up");
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.handled), (0, 150));
}

#[test]
fn a_copy_that_panics_harms_its_sender_alone() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 3);
    let group = Group::new();
    all.iter().for_each(|worker| group.join(*worker).expect("lives"));
    let bombed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        drop(group.broadcast(Job::Uncloned(Bomb)));
    }));
    assert!(bombed.is_err());
    assert_eq!(group.broadcast(Job::Note(1)).taken, 3);
    inline.run_until_idle();
    assert_eq!(noted(&notes).len(), 3);
}

/// Says how many look out for its end.
struct Looked;

impl Actor for Looked {
    type Msg = Reply<usize>;
    fn handle(&mut self, reply: Reply<usize>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(cx.watchers());
        Ok(())
    }
}

#[test]
fn who_has_left_is_looked_after_no_more() {
    let system = System::builder().workers(1).build().expect("a worker");
    let one = system.spawn(Looked);
    let (group, topic) = (Group::new(), Topic::new());
    let registry = system.registry();
    for _ in 0..100 {
        group.join(one).expect("lives");
        assert!(group.leave(one));
        assert!(topic.subscribe(one.recipient::<Reply<usize>>()).expect("lives").cancel());
        registry.register("a", one).expect("free");
        assert_eq!(registry.unregister("a"), Some(one.id()));
    }
    assert_eq!(one.ask(|reply| reply).wait().expect("it answers"), 0);
    group.join(one).expect("lives");
    assert_eq!(one.ask(|reply| reply).wait().expect("it answers"), 1);
}

/// Members come, go and end on several threads: at rest the group has nobody that has ended, and everybody that lives and did not
/// leave.
#[test]
fn coming_and_going_beside_ends() {
    let _watchdog = watch("coming_and_going_beside_ends");
    let system = System::builder().workers(3).build().expect("workers");
    let group: Group<Job> = Group::new();
    let random = seed::random();
    let stay: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4_u64)
            .map(|thread| {
                let (system, group, mut random) = (&system, &group, random.clone());
                scope.spawn(move || {
                    (0..thread * 1_000).for_each(|_| _ = random.below(2));
                    let (all, _) = workers(system, 2_000);
                    let mut stay = 0;
                    for worker in all {
                        let ends = random.below(3);
                        if ends == 0 {
                            worker.try_send(Job::Stop).expect("room");
                        }
                        let joined = group.join(worker).is_ok();
                        assert!(joined || ends == 0);
                        match ends {
                            1 => assert_eq!(worker.stop(), Stopping::Told),
                            2 if random.below(2) == 0 => assert!(group.leave(worker)),
                            2 => stay += 1,
                            _ => {}
                        }
                    }
                    stay
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    system.quiesce(Duration::from_secs(60)).expect("at rest");
    assert_eq!(group.len(), stay);
    assert!(group.members().iter().all(|member| member.is_alive()));
    assert_eq!(group.broadcast(Job::Note(1)).taken, stay);
    system.shutdown(Duration::from_secs(60)).expect("down").check().expect("it adds up");
    assert!(group.is_empty(), "all have ended with their system");
}

//! Routers: by which rule, who is left out, and that nothing gets lost on the way.

use crate::seed;
use crate::watchdog::watch;
use crate::worker::{Job, Notes, Worker, noted, small, workers};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Address, Dispatcher, JoinError, Options, Reason, RouteError, Router, SendError, Stopping, System,
};

fn over(router: Router<Job>, members: &[Address<Job>]) -> Router<Job> {
    members.iter().for_each(|member| router.add(*member).expect("lives"));
    router
}

fn counts(notes: &Notes, members: usize) -> Vec<usize> {
    let all = noted(notes);
    (0..members).map(|member| all.iter().filter(|(who, _)| *who == member).count()).collect()
}

fn key(job: &Job) -> u64 {
    if let Job::Note(n) = job { *n } else { 0 }
}

#[test]
fn round_robin_is_one_round_for_all_clones() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 3);
    let mut router = over(Router::round_robin(), &all);
    let mut clone = router.clone();
    for n in 0..6_u64 {
        if n % 2 == 0 { router.send(n) } else { clone.send(n) }.expect("there are members");
    }
    inline.run_until_idle();
    let mut got = noted(&notes);
    got.sort_by_key(|(_, n)| *n);
    assert_eq!(got, [(0, 0), (1, 1), (2, 2), (0, 3), (1, 4), (2, 5)]);
    assert_eq!(router.add(all[0]), Err(JoinError::Already(all[0].id())));
}

#[test]
fn who_stops_is_passed_over_and_who_has_ended_is_no_member() {
    for make in [Router::round_robin, Router::least_loaded, || Router::by_key(key)] {
        let mut inline = System::builder().inline();
        let (all, notes) = workers(inline.system(), 3);
        let mut router = over(make(), &all);
        let _ = all[1].stop();
        (0..9_u64).for_each(|n| router.send(n).expect("others are there"));
        assert_eq!(router.members().len(), 3, "it has not ended");
        inline.run_until_idle();
        assert_eq!(*router.members(), [all[0], all[2]]);
        let _ = all[0].kill();
        inline.run_until_idle();
        (0..9_u64).for_each(|n| router.send(n).expect("one is there"));
        inline.run_until_idle();
        let counts = counts(&notes, 3);
        assert_eq!((counts[1], counts.iter().sum::<usize>()), (0, 18), "{router:?}");
        assert!(router.remove(all[2]) && !router.remove(all[2]));
        assert!(matches!(router.send(7_u64), Err(RouteError::Empty(Job::Note(7)))));
        assert_eq!(router.add(all[0]), Err(JoinError::Ended(all[0].id())));
        inline.system().ledger().check().expect("it adds up");
    }
}

#[test]
fn what_all_members_refuse_as_they_stop_comes_back() {
    let inline = System::builder().inline();
    let (all, _) = workers(inline.system(), 3);
    let mut router = over(Router::round_robin(), &all);
    all.iter().for_each(|one| assert_eq!(one.stop(), Stopping::Told));
    assert!(matches!(router.send(7_u64), Err(RouteError::Empty(Job::Note(7)))));
}

#[test]
fn a_full_member_hands_back() {
    let inline = System::builder().inline();
    let notes = Notes::default();
    let one = small(inline.system(), 0, 1, &notes);
    let mut router = over(Router::round_robin(), &[one]);
    router.send(1_u64).expect("room");
    match router.send(2_u64) {
        Err(RouteError::Refused(by, SendError::Full(Job::Note(2)))) => assert_eq!(by, one.id()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn least_loaded_fills_from_below() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 3);
    for (member, load) in [(0, 5), (1, 2), (2, 3)] {
        (0..load).for_each(|_| all[member].try_send(100_u64).expect("room"));
    }
    let mut router = over(Router::least_loaded(), &all);
    (0..5_u64).for_each(|n| router.send(n).expect("there are members"));
    inline.run_until_idle();
    // To the first of equals: 1, then 1 and 2 in turn, until all have five.
    let order =
        |who| noted(&notes).into_iter().filter(move |(n, job)| *n == who && *job < 100).map(|(_, n)| n);
    assert_eq!(order(0).count(), 0);
    assert_eq!(order(1).collect::<Vec<_>>(), [0, 1, 3]);
    assert_eq!(order(2).collect::<Vec<_>>(), [2, 4]);
}

/// Where each of many keys goes.
fn homes(
    router: &mut Router<Job>,
    inline: &mut throng::Inline,
    notes: &Notes,
    keys: u64,
) -> HashMap<u64, usize> {
    notes.lock().expect("no panic").clear();
    for n in 0..keys {
        router.send(n).expect("there are members");
        inline.run_until_idle();
    }
    noted(notes).into_iter().map(|(who, n)| (n, who)).collect()
}

#[test]
fn a_key_keeps_its_member_and_a_lost_one_moves_only_its_keys() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 10);
    let mut router = over(Router::by_key(key), &all[..9]);
    let keys = 3_000;
    let first = homes(&mut router, &mut inline, &notes, keys);
    assert_eq!(first.len() as u64, keys);
    assert_eq!(homes(&mut router, &mut inline, &notes, keys), first);
    for member in 0..9 {
        // 333 expected; six standard deviations are 103.
        let its = first.values().filter(|who| **who == member).count();
        assert!((230..=436).contains(&its), "{its} of {keys} keys for member {member}");
    }
    let _ = all[4].kill();
    inline.run_until_idle();
    let fewer = homes(&mut router, &mut inline, &notes, keys);
    assert!(first.iter().all(|(key, home)| if *home == 4 { fewer[key] != 4 } else { fewer[key] == *home }));
    router.add(all[9]).expect("lives");
    let more = homes(&mut router, &mut inline, &notes, keys);
    assert!(fewer.iter().all(|(key, home)| more[key] == *home || more[key] == 9));
    assert!(more.values().any(|home| *home == 9));
}

/// Its addresses are others.
#[test]
fn keys_go_to_the_same_places_in_every_system() {
    let mut homes_of_all = (0..3).map(|others| {
        let mut inline = System::builder().inline();
        let (_others, _) = workers(inline.system(), others * 7);
        let (all, notes) = workers(inline.system(), 8);
        let mut router = over(Router::by_key(key), &all[..7]);
        // One comes for one that has gone, and then another.
        assert!(router.remove(all[2]));
        router.add(all[7]).expect("lives");
        router.add(all[2]).expect("lives");
        homes(&mut router, &mut inline, &notes, 300)
    });
    let first = homes_of_all.next().expect("three");
    assert!(homes_of_all.all(|others| others == first));
}

/// Who goes leaves its keys to others, who comes takes its own from them, whoever else came and went before; and all have about as many.
#[test]
fn shares_are_even_and_move_as_little_as_they_can() {
    let mut random = seed::random();
    let keys = 1_500;
    for _ in 0..6 {
        let mut inline = System::builder().inline();
        let (all, notes) = workers(inline.system(), 14);
        let mut router = over(Router::by_key(key), &all[..3]);
        let mut present: Vec<usize> = (0..3).collect();
        let mut before = homes(&mut router, &mut inline, &notes, keys);
        for _ in 0..15 {
            let who = random.below(14) as usize;
            let comes = !present.contains(&who);
            if comes {
                router.add(all[who]).expect("lives");
                present.push(who);
            } else if present.len() > 1 {
                assert!(router.remove(all[who]));
                present.retain(|one| *one != who);
            }
            let after = homes(&mut router, &mut inline, &notes, keys);
            for (key, home) in &before {
                let moved = after[key] != *home;
                assert!(!moved || *home == who || after[key] == who, "key {key} went from {home} at {who}");
                assert!(present.contains(&after[key]), "key {key} is with one that has left");
            }
            // A share of `keys / n` on the average, and no more than six standard deviations from it.
            let share = keys as f64 / present.len() as f64;
            for member in &present {
                let its = after.values().filter(|home| *home == member).count() as f64;
                assert!(
                    (its - share).abs() <= 6.0 * share.sqrt(),
                    "{its} of {keys}, {} members",
                    present.len()
                );
            }
            before = after;
        }
    }
}

#[test]
fn a_broadcast_says_who_refused() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 2);
    let full = small(inline.system(), 2, 1, &notes);
    let mut router = over(Router::broadcast(), &[all[0], full, all[1]]);
    router.send(1_u64).expect("all have room");
    match router.send(2_u64) {
        Err(RouteError::Partly(delivery)) => {
            assert_eq!((delivery.taken, delivery.refused.len()), (2, 1));
            assert_eq!((delivery.refused[0].0, delivery.refused[0].1.reason()), (full.id(), Reason::Full));
        }
        other => panic!("{other:?}"),
    }
    inline.run_until_idle();
    assert_eq!(counts(&notes, 3), [2, 2, 1]);
    let mut none = Router::<Job>::broadcast();
    assert!(matches!(none.send(3_u64), Err(RouteError::Empty(Job::Note(3)))));
}

#[test]
fn as_an_actor_it_is_held_up_by_full_members_and_loses_nothing() {
    let mut inline = System::builder().inline();
    let notes = Notes::default();
    let narrow = Options::builder().capacity(2).build().expect("in range");
    let members: Vec<_> = (0..2)
        .map(|n| inline.system().try_spawn(Worker(n, Arc::clone(&notes)), &narrow).expect("memory"))
        .collect();
    let front = inline.spawn(Dispatcher::new(over(Router::round_robin(), &members)));
    (0..100_u64).for_each(|n| front.try_send(n).expect("room"));
    inline.run_until_idle();
    assert_eq!(counts(&notes, 2), [50, 50]);
    assert!(inline.system().activity().muted > 0, "nobody was held up");
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn what_a_dispatcher_cannot_route_is_a_fault_or_handed_on() {
    let mut inline = System::builder().inline();
    let bare = inline.spawn(Dispatcher::new(Router::<Job>::round_robin()));
    let back = Arc::new(Mutex::new(Vec::new()));
    let to = Arc::clone(&back);
    let careful = Dispatcher::new(Router::<Job>::round_robin()).on_refused(move |error| {
        let RouteError::Empty(Job::Note(n)) = error else { panic!("{error:?}") };
        to.lock().expect("no panic").push(n);
    });
    let careful = inline.spawn(careful);
    for n in 0..3_u64 {
        bare.try_send(n).expect("room");
        careful.try_send(n).expect("room");
    }
    inline.run_until_idle();
    assert!(bare.is_alive() && careful.is_alive());
    assert_eq!(*back.lock().expect("no panic"), [0, 1, 2]);
    assert_eq!(inline.system().ledger().faults, 3);
}

/// Clones route from several threads while members come and end: each message is handled, dead with its member, or back.
#[test]
fn routing_beside_ends() {
    let _watchdog = watch("routing_beside_ends");
    let random = seed::random();
    for make in [Router::round_robin, Router::least_loaded, || Router::by_key(key)] {
        let system = System::builder().workers(3).build().expect("workers");
        let (router, notes, back) = (make(), Notes::default(), AtomicU64::new(0));
        let (threads, each) = (4_u64, 1_500_u64);
        std::thread::scope(|scope| {
            for thread in 0..threads {
                let (mut router, mut random, back) = (router.clone(), random.clone(), &back);
                let (system, notes) = (&system, &notes);
                scope.spawn(move || {
                    (0..thread * 1_000).for_each(|_| _ = random.below(2));
                    for n in 0..each {
                        if random.below(20) == 0 {
                            // Another thread may have found it and ended it already.
                            let added = router.add(system.spawn(Worker(0, Arc::clone(notes))));
                            assert!(matches!(added, Ok(()) | Err(JoinError::Ended(_))), "{added:?}");
                        }
                        if random.below(25) == 0 {
                            let members = router.members();
                            if let Some(member) = members.get(random.below(8) as usize) {
                                let _ = if random.below(2) == 0 { member.stop() } else { member.kill() };
                            }
                        }
                        if router.send(thread * 1_000_000 + n).is_err() {
                            back.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        system.quiesce(Duration::from_secs(60)).expect("at rest");
        assert!(router.members().iter().all(|member| member.is_alive()));
        let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
        ledger.check().expect("it adds up");
        let handled = noted(&notes).len() as u64;
        let dead = ledger.dead.stopped + ledger.dead.closed;
        assert_eq!(handled + dead + back.load(Ordering::Relaxed), threads * each, "{router:?}: {ledger:?}");
        let mut numbers: Vec<_> = noted(&notes).into_iter().map(|(_, n)| n).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len() as u64, handled, "one was handled twice");
    }
}

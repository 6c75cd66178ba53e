//! R2: wherever an actor panics, whoever watches it is told once, and its slot serves others.

use crate::child::{alone, words};
use crate::contained_panics::{Bomb, Msg, Patient, SOON, Where, send};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Actor, ActorId, Address, Context, Fault, Reply, Stopping, System};

/// So many that free slots come from the workers, which keep a few hundred each, to the thread that spawns.
const PATIENTS: usize = 5_000;
const ROUNDS: usize = 6;

enum News {
    Watch(ActorId, usize),
    Ended(usize, ActorId),
    /// Everybody is watched by now.
    Ready(Reply<()>),
}

/// Counts what it is told, by patient.
struct Watcher {
    told: Arc<Vec<AtomicU64>>,
    of: Vec<ActorId>,
}

impl Actor for Watcher {
    type Msg = News;
    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match news {
            News::Watch(id, n) => {
                self.of.push(id);
                cx.watch(id, move |ended| News::Ended(n, ended.actor));
            }
            News::Ended(n, id) => {
                assert_eq!(self.of[n], id, "the news of another");
                self.told[n].fetch_add(1, Ordering::Relaxed);
            }
            News::Ready(reply) => reply.send(()),
        }
        Ok(())
    }
}

/// So many patients, watched; then what befalls them.
fn round(system: &System, at: Where, messages: fn(&Address<Msg>)) -> Vec<Address<Msg>> {
    let told: Arc<Vec<_>> = Arc::new((0..PATIENTS).map(|_| AtomicU64::new(0)).collect());
    let watcher = system.spawn(Watcher { told: Arc::clone(&told), of: Vec::new() });
    let dropped = Arc::new(AtomicU64::new(0));
    let before = system.ledger();
    let patients: Vec<_> = (0..PATIENTS)
        .map(|n| {
            let patient = system.spawn(Patient { at, dropped: Arc::clone(&dropped) });
            watcher.send_timeout(News::Watch(patient.id(), n), SOON).expect("room in time");
            patient
        })
        .collect();
    // One that panics as it starts has ended, it may be, before it was watched: that is told too.
    watcher.ask(News::Ready).wait().expect("an answer");
    patients.iter().for_each(messages);
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let odd: Vec<_> =
        told.iter().map(|told| told.load(Ordering::Relaxed)).filter(|told| *told != 1).collect();
    assert!(odd.is_empty(), "{at:?}: {} of {PATIENTS} were told {odd:?} times", odd.len());
    assert_eq!(ledger.stopped - before.stopped, PATIENTS as u64, "{at:?}");
    // Of messages that are left, none may be, if it is stopped before they come.
    let panicked = ledger.faults > before.faults || at == Where::DropLeftMessage;
    assert!(panicked, "{at:?}: nobody panicked");
    assert_eq!(dropped.load(Ordering::Relaxed), PATIENTS as u64, "{at:?}: each state is dropped once");
    assert_eq!(watcher.stop(), Stopping::Told);
    system.quiesce(SOON).expect("rest");
    patients
}

/// Alone: a long handler anywhere in the process holds back what is free to be used again.
fn every_place() {
    let mut most = 0;
    for (at, messages) in [
        (Where::Started, (|to| send(to, Msg::Work)) as fn(&Address<Msg>)),
        (Where::Handle, |to| send(to, Msg::Work)),
        (Where::Stopped, |to| send(to, Msg::Stop)),
        (Where::Failed, |to| send(to, Msg::Fail)),
        (Where::DropState, |to| send(to, Msg::Stop)),
        (Where::DropMessage, |to| send(to, Msg::Bomb(Bomb))),
        (Where::DropLeftMessage, |to| {
            send(to, Msg::StopNow);
            send(to, Msg::Bomb(Bomb));
        }),
    ] {
        let system = System::builder().workers(2).build().expect("a system");
        let cells: HashSet<String> = (0..ROUNDS)
            .flat_map(|_| round(&system, at, messages))
            .map(|patient| patient.to_string().split('.').next().expect("a number").to_string())
            .collect();
        println!("{at:?}: {} slots for {} patients", cells.len(), ROUNDS * PATIENTS);
        most = most.max(cells.len());
        system.shutdown(SOON).expect("both workers live").check().expect("the ledger adds up");
    }
    assert!(most <= ROUNDS * PATIENTS / 2, "{most} slots for {} patients", ROUNDS * PATIENTS);
    println!("each told once");
}

#[test]
fn r02_one_notice_and_the_slot_is_free_wherever_it_panics() {
    let _dog = watch("r02_one_notice_and_the_slot_is_free_wherever_it_panics");
    let output = alone("r02_one_notice_and_the_slot_is_free_wherever_it_panics", every_place);
    let words = words(&output);
    assert!(output.status.success() && words.contains("each told once"), "{words}");
}

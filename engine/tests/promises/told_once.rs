//! R2: wherever an actor panics, whoever watches it is told once, and its slot serves others.

use crate::child::{alone, words};
use crate::contained_panics::{Bomb, Msg, Patient, SOON, Where, send};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use throng::{Actor, ActorId, Address, Context, Fault, Reply, Stopping, System};

/// Fewer than a worker keeps free for itself: what it spawns takes the slots of those that have ended.
const PATIENTS: usize = 300;
const ROUNDS: usize = 20;

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

/// Spawns them on its worker, where they end too.
struct Mother;

type Birth = (Where, Arc<AtomicU64>, Sender<Vec<Address<Msg>>>);

impl Actor for Mother {
    type Msg = Birth;
    fn handle(&mut self, (at, dropped, born): Birth, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let patient = |_| cx.spawn(Patient { at, dropped: Arc::clone(&dropped) });
        born.send((0..PATIENTS).map(patient).collect())?;
        Ok(())
    }
}

/// So many patients, watched; then what befalls them.
fn round(
    system: &System,
    mother: Address<Birth>,
    at: Where,
    messages: fn(&Address<Msg>),
) -> Vec<Address<Msg>> {
    let told: Arc<Vec<_>> = Arc::new((0..PATIENTS).map(|_| AtomicU64::new(0)).collect());
    let watcher = system.spawn(Watcher { told: Arc::clone(&told), of: Vec::new() });
    let dropped = Arc::new(AtomicU64::new(0));
    let before = system.ledger();
    let (born, birth) = channel();
    mother.try_send((at, Arc::clone(&dropped), born)).expect("room");
    let patients = birth.recv().expect("they are born");
    for (n, patient) in patients.iter().enumerate() {
        watcher.send_timeout(News::Watch(patient.id(), n), SOON).expect("room in time");
    }
    // One that panics as it starts has ended, it may be, before it was watched: that is told too.
    watcher.ask(News::Ready).wait().expect("an answer");
    patients.iter().for_each(messages);
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let odd: Vec<_> =
        told.iter().map(|told| told.load(Ordering::Relaxed)).filter(|told| *told != 1).collect();
    assert!(
        odd.is_empty(),
        "{at:?}: {} of {PATIENTS} were not told once but {:?} times",
        odd.len(),
        odd.first()
    );
    assert_eq!(ledger.stopped - before.stopped, PATIENTS as u64, "{at:?}");
    // A hook that is told of a fault panics beside it.
    let each = 1 + u64::from(at == Where::Failed);
    assert_eq!(ledger.faults - before.faults, each * PATIENTS as u64, "{at:?}");
    assert_eq!(dropped.load(Ordering::Relaxed), PATIENTS as u64, "{at:?}: each state is dropped once");
    assert_eq!(watcher.stop(), Stopping::Told);
    system.quiesce(SOON).expect("rest");
    patients
}

/// Alone: a long handler anywhere in the process holds back what is free to be used again.
fn every_place() {
    for (at, messages) in [
        (Where::Started, (|to| send(to, Msg::Work)) as fn(&Address<Msg>)),
        (Where::Handle, |to| send(to, Msg::Work)),
        (Where::Stopped, |to| send(to, Msg::Stop)),
        (Where::Failed, |to| send(to, Msg::Fail)),
        (Where::DropState, |to| send(to, Msg::Stop)),
        (Where::DropMessage, |to| send(to, Msg::Bomb(Bomb))),
        (Where::DropLeftMessage, |to| {
            assert!(to.suspend());
            send(to, Msg::Bomb(Bomb));
            assert_eq!(to.stop_now(), Stopping::Told);
        }),
    ] {
        let system = System::builder().workers(1).build().expect("a system");
        let mother = system.spawn(Mother);
        let cells: HashSet<String> = (0..ROUNDS)
            .flat_map(|_| round(&system, mother, at, messages))
            .map(|patient| patient.to_string().split('.').next().expect("a number").to_string())
            .collect();
        println!("{at:?}: {} slots for {} patients", cells.len(), ROUNDS * PATIENTS);
        // Of one round, and as many again that wait for their grace period.
        assert!(cells.len() <= 4 * PATIENTS, "{at:?}: {} slots for {ROUNDS} rounds", cells.len());
        system.shutdown(SOON).expect("the only worker lives").check().expect("the ledger adds up");
    }
    println!("each told once");
}

#[test]
fn r02_one_notice_and_the_slot_is_free_wherever_it_panics() {
    let _dog = watch("r02_one_notice_and_the_slot_is_free_wherever_it_panics");
    let output = alone("r02_one_notice_and_the_slot_is_free_wherever_it_panics", every_place);
    let words = words(&output);
    assert!(output.status.success() && words.contains("each told once"), "{words}");
}

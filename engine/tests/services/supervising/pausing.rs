//! A system that comes down while a supervisor is in a back-off.

use super::{Log, Msg, Stage, Worker, diary};
use crate::watchdog::watch;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use throng::{
    Actor, Address, Backoff, Child, Context, Exit, Fault, Happened, Recipient, Supervisor, System, TreeEvent,
};

/// Longer than a watchdog waits.
const LONG: Duration = Duration::from_secs(600);

/// For all that is to be done in good order.
const TIME: Duration = Duration::from_secs(60);

/// Never starts.
struct Broken;

impl Actor for Broken {
    type Msg = ();
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("broken"))
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

fn system() -> (System, Recipient<TreeEvent>, Receiver<TreeEvent>) {
    let system = System::builder().workers(2).build().expect("two workers can be had");
    let (diary, events) = diary();
    let to = system.spawn(diary).recipient();
    (system, to, events)
}

fn until(path: &str, events: &Receiver<TreeEvent>, what: impl Fn(&Happened) -> bool) {
    while !events.recv().is_ok_and(|event| &*event.path == path && what(&event.what)) {}
}

fn pauses(happened: &Happened) -> bool {
    matches!(happened, Happened::Restarting { after } if *after == LONG)
}

fn patient() -> Supervisor {
    Supervisor::new().backoff(Backoff::new(LONG, LONG))
}

#[test]
fn a_shutdown_does_not_wait_for_a_pause_and_the_tree_comes_down_in_order() {
    let _dog = watch("a shutdown in a pause");
    let (system, to, events) = system();
    let log = Log::default();
    let root = patient()
        .events_to(to)
        .child(Worker::child("a", &log))
        .child(Worker::child("b", &log))
        .child(Child::new("broken", || Broken));
    let tree = system.supervise(root).expect("names that differ");
    until("broken", &events, pauses);
    let ledger = system.shutdown(TIME).expect("no pause is waited for");
    assert_eq!(log.words(), "start a, start b, stop b, stop a");
    assert!(matches!(tree.exit(), Some(Exit::Stopped)), "{:?}", tree.exit());
    assert_eq!((ledger.check(), ledger.spawned), (Ok(()), ledger.stopped));
}

#[test]
fn a_tree_that_is_stopped_in_a_pause_waits_for_no_clock() {
    let mut stage = Stage::new(|root, log| {
        root.backoff(Backoff::new(LONG, LONG))
            .child(Worker::child("a", log))
            .child(Child::new("broken", || Broken))
    });
    assert!(stage.happened().ends_with("broken down for 600s"));
    stage.tree.begin_stop();
    stage.assert_over();
    assert_eq!((stage.log.words(), stage.inline.now()), ("start a, stop a".into(), Duration::ZERO));
    assert!(matches!(stage.tree.exit(), Some(Exit::Stopped)));
    stage.inline.system().quiesce(Duration::ZERO).expect("no timer is left");
}

#[test]
fn a_pause_below_takes_its_tree_down_and_what_waits_for_the_child_is_dead_letters() {
    let _dog = watch("a shutdown in a pause below");
    let (system, to, events) = system();
    let (log, inner) = (Log::default(), Log::default());
    let below = inner.clone();
    let storage = Child::supervisor("storage", move || patient().child(Worker::child("disk", &below)));
    let root = Supervisor::new().events_to(to).child(Worker::child("a", &log)).child(storage);
    let tree = system.supervise(root).expect("names that differ");
    until("storage/disk", &events, |what| matches!(what, Happened::Started));
    let disk: Address<Msg> = tree.child("storage/disk").expect("it has started");
    for message in [Msg::Fail, Msg::Add(1), Msg::Add(2)] {
        assert!(disk.try_send(message).is_ok());
    }
    until("storage/disk", &events, pauses);
    let ledger = system.shutdown(TIME).expect("no pause is waited for");
    assert_eq!((inner.words(), log.words()), ("start disk".into(), "start a, stop a".into()));
    assert!(matches!(tree.exit(), Some(Exit::Stopped)), "{:?}", tree.exit());
    assert_eq!((ledger.check(), ledger.dead.total()), (Ok(()), 2), "{ledger:?}");
}

/// Sends to a child of the tree when its timer fires.
struct Late(Address<Msg>);

impl Actor for Late {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.after(Duration::from_millis(100), ());
        Ok(())
    }
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(cx.send(self.0, Msg::Add(1))?)
    }
}

#[test]
fn other_timers_are_waited_for_and_the_tree_is_there_for_what_they_start() {
    let _dog = watch("a shutdown in a pause, with another timer");
    let (system, to, events) = system();
    let log = Log::default();
    let root = patient().events_to(to).child(Worker::child("a", &log)).child(Child::new("broken", || Broken));
    let tree = system.supervise(root).expect("names that differ");
    until("broken", &events, pauses);
    system.spawn(Late(tree.child("a").expect("it has started")));
    let ledger = system.shutdown(TIME).expect("no pause is waited for");
    assert_eq!((ledger.refused.total(), ledger.dead.total()), (0, 0), "{ledger:?}");
    assert_eq!(log.words(), "start a, stop a");
}

/// Hears of an end while it is suspended.
struct Patient(std::sync::mpsc::Sender<bool>);

enum News {
    Watch(Address<Msg>),
    Ended(bool),
}

impl Actor for Patient {
    type Msg = News;
    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match news {
            News::Watch(whom) => drop(cx.watch(whom, |end| News::Ended(end.exit.is_normal()))),
            News::Ended(well) => self.0.send(well)?,
        }
        Ok(())
    }
}

/// There was no rest before the tree came down, and nothing to handle either.
#[test]
fn who_is_suspended_beside_a_pause_hears_of_the_tree_s_end() {
    let _dog = watch("a shutdown in a pause, beside one who is suspended");
    let (system, to, events) = system();
    let log = Log::default();
    let root = patient().events_to(to).child(Worker::child("a", &log)).child(Child::new("broken", || Broken));
    let tree = system.supervise(root).expect("names that differ");
    until("broken", &events, pauses);
    let (heard, hears) = std::sync::mpsc::channel();
    let watcher = system.spawn(Patient(heard));
    watcher.try_send(News::Watch(tree.child("a").expect("it has started"))).expect("there is room");
    watcher.barrier().wait().expect("it watches by now");
    assert!(watcher.suspend());
    let ledger = system.shutdown(Duration::from_secs(10)).expect("nobody need resume it");
    assert_eq!((hears.try_recv(), ledger.dead.total()), (Ok(true), 0));
}

/// What waits for a child in a pause holds up nobody who is suspended: it is no message of his.
#[test]
fn mail_for_a_child_in_a_pause_is_no_work_beside_one_who_is_suspended() {
    let _dog = watch("a shutdown in a pause with mail, beside one who is suspended");
    let (system, to, events) = system();
    let log = Log::default();
    let root = patient().events_to(to).child(Worker::child("a", &log)).child(Worker::child("b", &log));
    let tree = system.supervise(root).expect("names that differ");
    until("b", &events, |what| matches!(what, Happened::Started));
    let (heard, hears) = std::sync::mpsc::channel();
    let watcher = system.spawn(Patient(heard));
    watcher.try_send(News::Watch(tree.child("a").expect("it has started"))).expect("there is room");
    watcher.barrier().wait().expect("it watches by now");
    assert!(watcher.suspend());
    let broken: Address<Msg> = tree.child("b").expect("it has started");
    assert!(broken.try_send(Msg::Fail).is_ok() && broken.try_send(Msg::Add(1)).is_ok());
    until("b", &events, pauses);
    let ledger = system.shutdown(Duration::from_secs(10)).expect("nobody need resume it");
    assert_eq!((hears.try_recv(), ledger.dead.total()), (Ok(true), 1));
}

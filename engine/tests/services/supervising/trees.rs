//! Supervisors of supervisors: escalation, order over whole trees, coming down with the system, names from anywhere.

use super::{Log, Msg, Stage, Worker, diary, happened};
use crate::gate::{Gate, Key, gate};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use throng::{
    Actor, Backoff, Child, Context, Decision, Directory, Exit, Fault, Happened, Order, Recipient, Restart,
    Shutdown, Strategy, Supervisor, System, Tree, TreeError, TreeEvent,
};

const SOON: Duration = Duration::from_secs(60);
const MS: Duration = Duration::from_millis(1);

/// a, then storage with disk and cache in it, then z.
fn storage(root: Supervisor, log: &Log, strategy: Strategy) -> Supervisor {
    let inner = log.clone();
    let storage = Child::supervisor("storage", move || {
        Supervisor::new()
            .strategy(strategy)
            .intensity(1, SOON)
            .child(Worker::child("disk", &inner))
            .child(Worker::child("cache", &inner))
    });
    root.child(Worker::child("a", log)).child(storage).child(Worker::child("z", log))
}

#[test]
fn a_tree_starts_in_order_and_comes_down_in_reverse() {
    let mut stage = Stage::new(|root, log| storage(root, log, Strategy::OneForOne));
    assert_eq!(stage.log.words(), "start a, start disk, start cache, start z");
    assert_eq!(
        stage.happened(),
        "a started, storage/disk started, storage/cache started, storage started, z started"
    );
    assert_eq!(stage.tree.directory().paths(), ["a", "storage", "storage/cache", "storage/disk", "z"]);
    assert!(stage.tree.child::<Order>("storage").is_some());
    assert!(stage.tree.child::<u32>("a").is_none() && stage.tree.child::<Msg>("b").is_none());
    stage.tree.begin_stop();
    stage.tree.begin_stop();
    stage.assert_over();
    assert_eq!(stage.log.words(), "stop z, stop cache, stop disk, stop a");
    assert_eq!(
        stage.happened(),
        "z ended (stopped), storage/cache ended (stopped), storage/disk ended (stopped), \
         storage ended (stopped), a ended (stopped)"
    );
}

#[test]
fn a_restart_above_takes_the_tree_below_along_in_order() {
    let mut stage =
        Stage::new(|root, log| storage(root.strategy(Strategy::RestForOne), log, Strategy::OneForOne));
    let before = (stage.child("storage/disk"), stage.tree.child::<Order>("storage"));
    let _ = (stage.log.read(), stage.happened());
    stage.send("a", Msg::Fail);
    assert_eq!(stage.log.words(), "stop z, stop cache, stop disk, start a, start disk, start cache, start z");
    assert_eq!(
        stage.happened(),
        "a failed (told to), storage/cache ended (stopped), storage/disk ended (stopped), a down, storage down, \
         z down, a back, storage/disk started, storage/cache started, storage back, z back"
    );
    // The supervisor was restarted in its place; its children are others.
    assert_ne!(before.0, stage.child("storage/disk"));
    assert_eq!(before.1, stage.tree.child::<Order>("storage"));
    assert_eq!(stage.tree.restarts(), 1);
    stage.tree.begin_stop();
    stage.assert_over();
}

#[test]
fn an_escalation_is_told_once_and_restarts_the_supervisor_that_gave_up() {
    let mut stage = Stage::new(|root, log| storage(root, log, Strategy::OneForAll));
    let _ = (stage.log.read(), stage.happened());
    stage.send("storage/cache", Msg::Fail);
    assert_eq!(stage.log.words(), "stop disk, start disk, start cache");
    let _ = stage.happened();
    stage.send("storage/cache", Msg::Panic);
    assert_eq!(stage.log.words(), "stop disk, start disk, start cache");
    let given_up = "child \"cache\" failed: panicked: told to (restarts allowed: 1 within 60s)";
    assert_eq!(
        stage.happened(),
        format!(
            "storage/cache failed (panicked: told to), storage/cache ended (killed), storage/disk ended (stopped), \
             storage failed ({given_up}), storage down, storage/disk started, storage/cache started, storage back"
        )
    );
    // The one above counts it as one of its own; the one that was restarted counts anew.
    assert_eq!(stage.tree.restarts(), 2);
    stage.send("storage/cache", Msg::Fail);
    assert_eq!(stage.tree.restarts(), 3);
    assert!(stage.tree.exit().is_none());
    stage.tree.begin_stop();
    stage.assert_over();
}

#[test]
fn what_nobody_decides_on_ends_the_tree_up_to_the_root() {
    let mut stage =
        Stage::new(|root, log| storage(root.on_fault(|_, _| Decision::Escalate), log, Strategy::OneForOne));
    stage.send("storage/disk", Msg::Fail);
    let _ = stage.log.read();
    stage.send("storage/disk", Msg::Fail);
    assert_eq!(stage.log.words(), "stop cache, stop z, stop a");
    let Some(Exit::Failed(why)) = stage.tree.exit() else { panic!("it has given up") };
    assert_eq!(
        why.to_string(),
        "child \"storage\" failed: child \"disk\" failed: told to (restarts allowed: 1 within 60s)"
    );
    assert!(stage.happened().ends_with("a ended (stopped), root gives up"));
    stage.assert_over();
}

/// Names below the root are looked at when they are made: then it is a fault like others.
#[test]
fn a_supervisor_below_whose_names_are_one_cannot_start() {
    let mut stage = Stage::new(|root, log| {
        let inner = log.clone();
        let twice =
            move || Supervisor::new().child(Worker::child("a", &inner)).child(Worker::child("a", &inner));
        root.intensity(2, SOON).child(Child::supervisor("below", twice))
    });
    let Some(Exit::Failed(why)) = stage.tree.exit() else { panic!("{}", stage.happened()) };
    assert!(why.to_string().contains("two children are named \"a\""), "{why}");
    assert_eq!(stage.tree.restarts(), 2);
    stage.assert_over();
}

#[test]
fn a_supervisor_that_is_killed_takes_all_below_along_and_comes_back() {
    let mut stage = Stage::new(|root, log| storage(root, log, Strategy::OneForOne));
    let before = stage.child("storage/disk");
    let below = stage.tree.child::<Order>("storage").expect("it runs");
    let _ = below.kill();
    stage.inline.run_until_idle();
    assert!(!before.is_alive() && !below.is_alive());
    assert_ne!(stage.tree.child::<Order>("storage"), None, "it is made anew");
    assert!(stage.child("storage/disk").is_alive());
    // By anybody, at its own level too: a stop of the root's address is no order to the tree.
    let _ = stage.tree.address().kill();
    stage.assert_over();
    assert!(matches!(stage.tree.exit(), Some(Exit::Killed)));
    assert!(stage.tree.directory().paths().is_empty());
}

/// It is told to clear just when it gives up: that word is not for its next incarnation, which finds it in its mailbox.
#[test]
fn a_word_to_a_supervisor_is_void_once_it_has_failed() {
    let directory = Directory::new();
    let known = directory.clone();
    let mut stage = Stage::new(|root, log| {
        let inner = log.clone();
        let below = move || {
            let known = known.clone();
            // The first time it decides, it is suspended after that, before it hears that its child has ended.
            Supervisor::new().child(Worker::child("w", &inner)).on_fault(move |_, _| {
                assert!(known.child::<Order>("below").expect("itself").suspend());
                Decision::Escalate
            })
        };
        root.strategy(Strategy::OneForAll)
            .directory(&directory)
            .child(Worker::child("a", log))
            .child(Child::supervisor("below", below))
    });
    let _ = (stage.happened(), stage.log.read());
    stage.send("below/w", Msg::Fail);
    assert_eq!(stage.happened(), "below/w failed (told to)");
    // Now its own supervisor wants it to clear; it will give up first.
    stage.send("a", Msg::Fail);
    assert_eq!(stage.happened(), "a failed (told to)");
    assert!(directory.child::<Order>("below").expect("it is suspended").resume());
    stage.inline.run_until_idle();
    assert_eq!(
        stage.happened(),
        "below/w ended (killed), below failed (child \"w\" failed: told to), a down, below down, a back, \
         below/w started, below back"
    );
    assert_eq!((stage.tree.restarts(), stage.log.words().as_str()), (1, "start a, start w"));
    assert!(stage.child("below/w").is_alive());
    stage.tree.begin_stop();
    stage.assert_over();
    assert_eq!(stage.log.words(), "stop w, stop a");
}

/// What it waited for is of no use to anybody, and holds nobody up.
#[test]
fn a_supervisor_that_is_killed_leaves_no_timer_armed() {
    let mut stage =
        Stage::new(|root, log| root.backoff(Backoff::new(SOON, SOON)).child(Worker::child("a", log)));
    stage.send("a", Msg::Fail);
    let busy = stage.inline.system().quiesce(Duration::ZERO).expect_err("it is in a pause");
    assert_eq!(busy.timers, 1);
    let _ = stage.tree.address().kill();
    stage.assert_over();
    stage.inline.system().quiesce(Duration::ZERO).expect("nothing is left to do");
}

/// Starts a tree from its handler, and finds a child of it in another.
struct Founder(Directory);

impl Actor for Founder {
    type Msg = (bool, Log);
    fn handle(&mut self, (begin, log): (bool, Log), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if begin {
            let root = Supervisor::new().directory(&self.0).child(Worker::child("a", &log));
            let tree: Tree = cx.supervise(root)?;
            assert_eq!(tree.stop(Duration::ZERO), Err(TreeError::WouldBlock));
        } else {
            let a = self.0.child::<Msg>("a").ok_or_else(|| Fault::msg("nobody is there"))?;
            cx.send(a, Msg::Stop)?;
        }
        Ok(())
    }
}

#[test]
fn a_handler_can_found_a_tree_and_look_into_it() {
    let mut inline = System::builder().inline();
    let log = Log::default();
    let founder = inline.spawn(Founder(Directory::new()));
    for begin in [true, false] {
        founder.try_send((begin, log.clone())).expect("there is room");
        inline.run_until_idle();
    }
    assert_eq!(log.words(), "start a, stop a, start a");
    assert_eq!(inline.system().ledger().faults, 0);
}

#[test]
fn a_shutdown_brings_trees_down_in_order_and_starts_nobody_again() {
    let _dog = watch("a_shutdown_brings_trees_down_in_order");
    for workers in [1, 2] {
        let system = System::builder().workers(workers).build().expect("threads");
        let log = Log::default();
        for _ in 0..50 {
            let tree =
                system.supervise(storage(Supervisor::new(), &log, Strategy::OneForAll)).expect("names");
            drop(tree);
        }
        let ledger = system.shutdown(SOON).expect("in time");
        ledger.check().expect("it adds up");
        assert_eq!(ledger.spawned, ledger.stopped);
        let words = log.read();
        assert_eq!(words.len(), 50 * 8, "each starts and stops once");
        for (up, down) in [("start disk", "stop disk"), ("start a", "stop a")] {
            let count = |word: &str| words.iter().filter(|it| *it == word).count();
            assert_eq!((count(up), count(down)), (50, 50));
        }
    }
}

/// Waits at a gate with its first message.
struct Slow(Arc<Gate>, Log);

impl Actor for Slow {
    type Msg = u32;
    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if n == 0 {
            self.0.pass();
        }
        self.1.note(format!("{n}"));
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.1.note("stopped");
    }
}

/// One that is inside its first message, with a second waiting.
struct Inside {
    system: System,
    tree: Tree,
    key: Key,
    log: Log,
    events: Receiver<TreeEvent>,
}

impl Inside {
    fn new(shutdown: Shutdown) -> Self {
        let system = System::builder().workers(2).build().expect("threads");
        let (diary, events) = diary();
        let to: Recipient<TreeEvent> = system.spawn(diary).recipient();
        let ((gate, key), log) = (gate(), Log::default());
        let (shared, own) = (Arc::new(gate), log.clone());
        let child = Child::new("slow", move || Slow(Arc::clone(&shared), own.clone())).shutdown(shutdown);
        let root = Supervisor::new().events_to(to).child(child);
        let tree = system.supervise(root).expect("a name");
        system.quiesce(SOON).expect("it starts");
        assert_eq!(happened(&events), "slow started");
        let it = tree.child::<u32>("slow").expect("it has started");
        it.try_send(0_u32).expect("there is room");
        key.wait();
        it.try_send(1_u32).expect("there is room");
        Inside { system, tree, key, log, events }
    }

    /// Messages that are not handled, and pending timers, once nobody but the slow one does anything.
    fn at_rest(&self) -> (u64, u64) {
        loop {
            let busy = self.system.quiesce(Duration::ZERO).expect_err("one is inside");
            if busy.workers.len() == 1 {
                return (busy.unhandled, busy.timers);
            }
            std::thread::yield_now();
        }
    }

    /// Lets the slow one go on; what it and its tree said.
    fn end(self) -> String {
        self.key.open();
        self.tree.stop(SOON).expect("it ends");
        self.system.quiesce(SOON).expect("all is said");
        let words = format!("{}, {}", self.log.words(), happened(&self.events));
        self.system.shutdown(SOON).expect("in time");
        words
    }
}

#[test]
fn how_a_child_is_ended_is_its_own() {
    let _dog = watch("how_a_child_is_ended_is_its_own");
    for (shutdown, expected) in [
        (Shutdown::Drain(SOON), "0, 1, stopped, slow ended (stopped)"),
        (Shutdown::Drain(Duration::MAX), "0, 1, stopped, slow ended (stopped)"),
        (Shutdown::Drain(Duration::from_millis(1)), "0, slow ended (killed)"),
        (Shutdown::Now, "0, stopped, slow ended (stopped)"),
        (Shutdown::Kill, "0, slow ended (killed)"),
    ] {
        let inside = Inside::new(shutdown);
        let (waiting, _) = inside.at_rest();
        inside.tree.begin_stop();
        // Its supervisor has done what there is to do now, and if the time to drain is short, after that too.
        let short = shutdown == Shutdown::Drain(Duration::from_millis(1));
        loop {
            let (unhandled, timers) = inside.at_rest();
            if unhandled == waiting && (timers == 0 || !short) {
                break;
            }
            std::thread::yield_now();
        }
        assert_eq!(inside.end(), expected, "{shutdown:?}");
    }
}

#[test]
fn a_tree_that_is_not_down_in_time_names_who_is_left() {
    let _dog = watch("a_tree_that_is_not_down_in_time_names_who_is_left");
    let inside = Inside::new(Shutdown::Drain(SOON));
    let late = inside.tree.stop(Duration::from_millis(20));
    assert!(matches!(&late, Err(TreeError::Busy { left, .. }) if left == &["slow"]), "{late:?}");
    assert!(inside.end().starts_with("0, "));
}

#[test]
fn temporary_supervisors_are_not_started_again() {
    let mut stage = Stage::new(|root, log| {
        let inner = log.clone();
        let below = move || Supervisor::new().intensity(0, SOON).child(Worker::child("a", &inner));
        root.child(Child::supervisor("below", below).restart(Restart::Temporary))
    });
    let _ = stage.happened();
    stage.send("below/a", Msg::Fail);
    let given_up = "child \"a\" failed: told to (restarts allowed: 0 within 60s)";
    assert_eq!(
        stage.happened(),
        format!(
            "below/a failed (told to), below/a ended (killed), below failed ({given_up}), below ended (killed)"
        )
    );
    assert!(stage.tree.directory().paths().is_empty());
    assert_eq!(stage.tree.restarts(), 0);
    stage.tree.begin_stop();
    stage.assert_over();
}

/// Never starts.
struct Broken;

impl Actor for Broken {
    type Msg = ();
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("no start"))
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// R4: on each floor two restarts and no more, at pauses that grow, and then the floor above decides, up to the root.
#[test]
fn r04_one_that_never_starts_takes_floor_after_floor_down() {
    let floor = || Supervisor::new().intensity(2, SOON).backoff(Backoff::new(10 * MS, 100 * MS));
    let mut stage = Stage::new(|root, _| {
        let low = move || floor().child(Child::new("leaf", || Broken));
        let middle = move || floor().child(Child::supervisor("low", low));
        root.intensity(2, SOON)
            .backoff(Backoff::new(10 * MS, 100 * MS))
            .child(Child::supervisor("middle", middle))
    });
    stage.inline.advance(SOON);
    let events: Vec<_> = stage.events.try_iter().collect();
    // Each is made three times by each of those above: so many faults, told once, and restarts after their pauses.
    for (path, made) in [("middle/low/leaf", 27), ("middle/low", 9), ("middle", 3)] {
        let here = || events.iter().filter(|event| &*event.path == path);
        assert_eq!(here().filter(|event| matches!(event.what, Happened::Failed(_))).count(), made, "{path}");
        let pauses: Vec<_> = here()
            .filter_map(|event| match event.what {
                Happened::Restarting { after } => Some(after),
                _ => None,
            })
            .collect();
        assert_eq!(pauses, [10 * MS, 20 * MS].repeat(made / 3), "{path}");
    }
    assert_eq!(stage.tree.restarts(), 18 + 6 + 2);
    let given_up = events.iter().filter(|event| matches!(event.what, Happened::Escalated)).count();
    assert_eq!(given_up, 1, "by the root");
    let Some(Exit::Failed(why)) = stage.tree.exit() else { panic!("it has given up") };
    assert!(
        why.to_string().starts_with("child \"middle\" failed: child \"low\" failed: child \"leaf\""),
        "{why}"
    );
    assert!(stage.tree.directory().paths().is_empty());
    stage.assert_over();
}

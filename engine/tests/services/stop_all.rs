//! Stopping in reverse: each has handled what it had and has ended before the one before it is told.

use crate::gate::gate;
use crate::watchdog::watch;
use crate::worker::{Job, noted, workers};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, ActorId, Context, Ended, Exit, Fault, Group, StopAll, System};

const SOON: Duration = Duration::from_secs(60);

/// Writes its messages and its end into a book that all share.
struct Stage(usize, Arc<Mutex<Vec<String>>>);

impl Actor for Stage {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.lock().expect("no panic").push(format!("{} works", self.0));
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.1.lock().expect("no panic").push(format!("{} ends", self.0));
    }
}

#[test]
fn the_last_first_and_each_drains_before_the_next_is_told() {
    let mut inline = System::builder().inline();
    let book = Arc::default();
    let stages: Vec<_> = (0..3).map(|n| inline.spawn(Stage(n, Arc::clone(&book)))).collect();
    for stage in &stages {
        stage.try_send(()).expect("room");
    }
    let all = StopAll::reverse(stages.iter().copied());
    // Those before the last one have not been told.
    stages[0].try_send(()).expect("it is open");
    assert!(stages[2].try_send(()).is_err(), "the last is closed");
    inline.run_until_idle();
    let ends = all.wait(Duration::ZERO).expect("all have ended");
    assert!(ends.iter().all(|end| end.exit.is_normal()));
    assert_eq!(
        ends.iter().map(|end| end.actor).collect::<Vec<_>>(),
        [2, 1, 0].map(|n: usize| stages[n].id())
    );
    let lines = book.lock().expect("no panic").clone();
    let ends: Vec<_> = lines.iter().filter(|line| line.ends_with("ends")).collect();
    assert_eq!(ends, ["2 ends", "1 ends", "0 ends"]);
    assert_eq!(lines.len(), 7);
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn those_that_have_ended_are_passed_and_a_set_may_be_empty() {
    let mut inline = System::builder().inline();
    let (all, _) = workers(inline.system(), 3);
    let _ = all[1].kill();
    inline.run_until_idle();
    let stopping = StopAll::reverse([all[0], all[1], all[2], all[2]]);
    inline.run_until_idle();
    let exits: Vec<_> = stopping.wait(SOON).expect("done").iter().map(|end| end.exit.to_string()).collect();
    assert_eq!(exits, ["stopped", "ended before it was watched", "ended before it was watched", "stopped"]);
    assert!(StopAll::reverse([] as [ActorId; 0]).wait(Duration::ZERO).expect("at once").is_empty());
    // Very many that have ended are no deep call.
    assert_eq!(StopAll::reverse(vec![all[1]; 200_000]).wait(SOON).expect("at once").len(), 200_000);
}

#[test]
fn one_that_fails_while_it_drains_holds_nothing_up() {
    let mut inline = System::builder().inline();
    let (all, notes) = workers(inline.system(), 3);
    let group = Group::new();
    all.iter().for_each(|one| group.join(*one).expect("lives"));
    all[2].try_send(Job::Fail).expect("room");
    all[1].try_send(Job::Note(4)).expect("room");
    let stopping = group.stop_all();
    inline.run_until_idle();
    let exits: Vec<_> = stopping.wait(SOON).expect("done").iter().map(|end| end.exit.to_string()).collect();
    assert_eq!(exits, ["failed: as told", "stopped", "stopped"]);
    assert_eq!(noted(&notes), [(1, 4)]);
}

#[test]
fn one_that_does_not_end_holds_up_those_before_it_and_can_be_waited_for_again() {
    let _watchdog = watch("one_that_does_not_end_holds_up_those_before_it_and_can_be_waited_for_again");
    let system = System::builder().workers(2).build().expect("workers");
    let (all, notes) = workers(&system, 2);
    let (gate, key) = gate();
    all[1].try_send(Job::Pass(1, Arc::new(gate))).expect("room");
    key.wait();
    let stopping = StopAll::reverse(all.clone());
    let stopping = stopping.wait(Duration::from_millis(1)).expect_err("it is in its handler");
    all[0].try_send(Job::Note(2)).expect("it has not been told");
    key.open();
    assert_eq!(stopping.wait(SOON).expect("done").len(), 2);
    assert_eq!(noted(&notes).len(), 2);
    system.shutdown(SOON).expect("down").check().expect("it adds up");
}

struct Owner(Sender<Vec<Ended>>);

enum Msg {
    Go(Vec<ActorId>),
    Done(Vec<Ended>),
}

impl Actor for Owner {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Go(all) => cx.stop_all(all, Msg::Done),
            Msg::Done(ended) => self.0.send(ended)?,
        }
        Ok(())
    }
}

#[test]
fn a_handler_is_told_by_a_message() {
    let mut inline = System::builder().inline();
    let (all, _) = workers(inline.system(), 5);
    let (to, told) = channel();
    let owner = inline.spawn(Owner(to));
    owner.try_send(Msg::Go(all.iter().map(|one| one.id()).collect())).expect("room");
    inline.run_until_idle();
    let ended = told.try_recv().expect("told");
    assert_eq!((ended.len(), ended[0].actor), (5, all[4].id()));
    // Being one of them it stops like the others, and is not told.
    let (next, _) = workers(inline.system(), 2);
    owner.try_send(Msg::Go(vec![next[0].id(), owner.id(), next[1].id()])).expect("room");
    inline.run_until_idle();
    assert!(told.try_recv().is_err(), "once");
    assert!(!owner.is_alive() && !next[0].is_alive() && !next[1].is_alive());
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn a_system_that_comes_down_ends_the_chain() {
    let system = System::builder().workers(2).build().expect("workers");
    let (all, _) = workers(&system, 3);
    assert!(all[2].suspend());
    all[2].try_send(Job::Note(1)).expect("room");
    let (gate, key) = gate();
    all[1].try_send(Job::Pass(1, Arc::new(gate))).expect("room");
    key.wait();
    let stopping = StopAll::reverse([all[0], all[1]]);
    drop(key);
    let ledger = system.abort();
    assert_eq!(ledger.spawned, ledger.stopped);
    let ends = stopping.wait(SOON).expect("told");
    assert_eq!(ends.len(), 2);
    assert!(ends.iter().all(|end| matches!(end.exit, Exit::Aborted | Exit::Stopped | Exit::Unknown)));
}

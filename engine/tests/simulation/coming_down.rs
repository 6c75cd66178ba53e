//! How a system comes down, step by step: what it waits for and what not, who is told when, and what its deadline holds. It is the same
//! procedure on threads.

use crate::own_seeds::plays_its_own;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::{self, Faults, Simulation};
use throng::{Actor, ActorId, Address, Backoff, Child, Context, Ended, Fault, Supervisor};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

type Log = Arc<Mutex<Vec<&'static str>>>;

fn take(log: &Log) -> Vec<&'static str> {
    std::mem::take(&mut *log.lock().expect("nobody panics over it"))
}

/// Says when it begins and ends.
struct Named(&'static str, Log);

impl Named {
    fn says(&self, what: &'static str) {
        self.1.lock().expect("nobody panics over it").extend([self.0, what]);
    }
}

impl Actor for Named {
    type Msg = ();
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.says("starts");
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.says("stops");
    }
}

fn child(name: &'static str, log: &Log) -> Child<Named> {
    let log = Arc::clone(log);
    Child::new(name, move || Named(name, Arc::clone(&log)))
}

/// The tree comes down in its order, without the child that it would have started in an hour.
#[test]
fn no_back_off_is_waited_for() {
    if !plays_its_own("coming_down::no_back_off_is_waited_for") {
        return;
    }
    sim::explore(0..200, |sim| {
        let log = Log::default();
        let root = Supervisor::new().backoff(Backoff::new(HOUR, HOUR).seed(sim.below(9)));
        let root = root.child(child("a", &log)).child(child("b", &log)).child(child("c", &log));
        let tree = sim.system().supervise(root).expect("its names differ");
        sim.run_until_idle();
        let failing: Address<()> = tree.child("b").expect("it is there");
        sim.fail_at(failing, 1);
        failing.try_send(()).expect("there is room");
        if sim.below(2) == 0 {
            sim.run_until_idle();
        }
        let ledger = sim.shutdown(2 * HOUR).expect("it comes down");
        assert!(sim.now() < SECOND, "it has waited until {:?}", sim.now());
        assert_eq!((ledger.check(), ledger.spawned), (Ok(()), ledger.stopped));
        assert_eq!(take(&log), ["a", "starts", "b", "starts", "c", "starts", "c", "stops", "a", "stops"]);
        assert!(tree.exit().is_some_and(|exit| exit.is_normal()));
    });
}

/// Hears of the ends of others.
struct Watcher(Log);

enum News {
    Watch(ActorId),
    Ended(Ended),
}

impl Actor for Watcher {
    type Msg = News;
    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match news {
            News::Watch(whom) => drop(cx.watch(whom, News::Ended)),
            News::Ended(end) => {
                let word = if end.exit.is_normal() { "hears" } else { "wonders" };
                self.0.lock().expect("nobody panics over it").push(word);
            }
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.0.lock().expect("nobody panics over it").push("ends");
    }
}

/// What it has to handle was brought upon it by the others' end: nobody is there to resume it. Also where the others are in a back-off, so
/// that there was no rest before.
#[test]
fn who_is_suspended_handles_what_the_end_of_others_brings() {
    if !plays_its_own("coming_down::who_is_suspended_handles_what_the_end_of_others_brings") {
        return;
    }
    sim::explore(0..200, |sim| {
        let (log, watched) = (Log::default(), Log::default());
        let root = Supervisor::new().backoff(Backoff::new(HOUR, HOUR).seed(1));
        let root = root.child(child("a", &watched)).child(child("b", &watched));
        let tree = sim.system().supervise(root).expect("its names differ");
        let watcher = sim.spawn(Watcher(Arc::clone(&log)));
        sim.run_until_idle();
        let [a, b] = ["a", "b"].map(|name| tree.child::<()>(name).expect("it is there"));
        watcher.try_send(News::Watch(a.id())).expect("there is room");
        sim.run_until_idle();
        assert!(watcher.suspend());
        if sim.below(2) == 1 {
            sim.fail_at(b, 1);
            b.try_send(()).expect("there is room");
        }
        // With messages of before it is not at rest, and nobody takes them from it.
        let busy = sim.below(4) == 3;
        if busy {
            watcher.try_send(News::Watch(a.id())).expect("there is room");
        }
        let down = sim.shutdown(SECOND);
        assert_eq!(sim.now(), Duration::ZERO);
        if busy {
            let busy = down.expect_err("nobody resumes it");
            assert_eq!((busy.suspended, busy.ledger.check()), (1, Ok(())));
            assert_eq!(take(&log), Vec::<&str>::new());
            return;
        }
        let ledger = down.expect("it comes down");
        assert_eq!((ledger.check(), ledger.dead.total()), (Ok(()), 0));
        assert_eq!((take(&log), take(&watched).last()), (vec!["hears", "ends"], Some(&"stops")));
    });
}

/// Has others come when it ends, so many deep.
struct Last(u32, Log);

impl Actor for Last {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn stopped(&mut self, cx: &mut Context<'_, Self>) {
        self.1.lock().expect("nobody panics over it").push("stops");
        if self.0 > 0 {
            cx.spawn(Last(self.0 - 1, Arc::clone(&self.1)));
        }
    }
}

#[test]
fn who_comes_of_last_words_is_told_too() {
    if !plays_its_own("coming_down::who_comes_of_last_words_is_told_too") {
        return;
    }
    sim::explore(0..200, |sim| {
        let (log, deep) = (Log::default(), sim.below(5));
        sim.spawn(Last(deep as u32, Arc::clone(&log)));
        let ledger = sim.shutdown(SECOND).expect("it comes down");
        let all = deep + 1;
        assert_eq!((take(&log).len() as u64, ledger.spawned, ledger.stopped), (all, all, all));
    });
}

/// As on threads: what is done when time is over was too late, although nothing holds it up any more.
#[test]
fn what_takes_longer_than_the_deadline_is_late() {
    let slow = |sim: &mut Simulation, within: Duration| {
        let log = Log::default();
        let one = sim.spawn(Named("one", Arc::clone(&log)));
        sim.run_until_idle();
        sim.faults(Faults::none().slow_handlers(1, SECOND));
        one.try_send(()).expect("there is room");
        let down = sim.shutdown(within);
        (down.map_err(|busy| (busy.waited, busy.lasting, busy.ledger.stopped)), take(&log))
    };
    for seed in 0..50 {
        let mut sim = throng::System::simulated(seed);
        let (down, log) = slow(&mut sim, Duration::from_nanos(0));
        assert_eq!(down.expect_err("it takes a while"), (Duration::ZERO, 1, 1));
        assert_eq!(log, ["one", "starts"], "seed {seed}: no hook runs");
        let mut sim = throng::System::simulated(seed);
        let (down, log) = slow(&mut sim, SECOND);
        assert_eq!(down.expect("that is time enough").stopped, 1);
        assert_eq!(log, ["one", "starts", "one", "stops"], "seed {seed}");
    }
}

/// All of it at once, for hashes that are written down: what is left, with faults, when nothing but a back-off is waited for.
pub(crate) fn partings(sim: &mut Simulation) {
    sim.faults(Faults::some().panics(0).stops(0));
    let log = Log::default();
    let root = Supervisor::new().backoff(Backoff::new(HOUR, HOUR).seed(sim.below(9)));
    let root = root.child(child("a", &log)).child(child("b", &log)).child(child("c", &log));
    let tree = sim.system().supervise(root).expect("its names differ");
    let watchers = [(); 3].map(|()| sim.spawn(Watcher(Arc::clone(&log))));
    (0..4).for_each(|deep| _ = sim.spawn(Last(deep, Arc::clone(&log))));
    sim.run_until_idle();
    let [a, b] = ["a", "b"].map(|name| tree.child::<()>(name).expect("it is there"));
    for watcher in watchers {
        watcher.try_send(News::Watch(a.id())).expect("there is room");
    }
    sim.run_until_idle();
    assert!(watchers[..2].iter().all(|watcher| watcher.suspend()));
    sim.fail_at(b, 1);
    b.try_send(()).expect("there is room");
}

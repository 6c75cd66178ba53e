//! How a simulation ends: in order or at its deadline, under `explore` too; and what is left of it, which is words alone.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::sim::{self, Faults, Simulation};
use throng::{
    Actor, Address, AskError, Child, Context, Fault, Inbox, Options, Reply, StopAll, Supervisor, System,
};

const SOON: Duration = Duration::from_secs(5);

/// Says when it ends, and holds something of the test's for as long as it is there.
struct Room {
    name: &'static str,
    log: Arc<Mutex<Vec<&'static str>>>,
}

impl Actor for Room {
    type Msg = Reply<&'static str>;
    fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(self.name);
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.log.lock().expect("nobody panics over it").push(self.name);
    }
}

type Log = Arc<Mutex<Vec<&'static str>>>;

fn rooms(log: &Log, names: [&'static str; 3]) -> Supervisor {
    names.into_iter().fold(Supervisor::new(), |rooms, name| {
        let log = Arc::clone(log);
        rooms.child(Child::new(name, move || Room { name, log: Arc::clone(&log) }))
    })
}

#[test]
fn under_explore_it_comes_down_in_order_and_nothing_is_left() {
    if !plays_its_own("ending::under_explore_it_comes_down_in_order_and_nothing_is_left") {
        return;
    }
    sim::explore(0..300, |sim| {
        sim.faults(Faults::none().late_wakeups(4).slow_handlers(8, Duration::from_millis(50)));
        let log = Log::default();
        let tree = sim.system().supervise(rooms(&log, ["cellar", "hall", "attic"])).expect("names differ");
        let (hut, _) = (sim.spawn(Room { name: "hut", log: Arc::clone(&log) }), sim.step());
        let asks: Vec<_> = (0..10).map(|_| hut.ask(|reply| reply)).collect();
        for _ in 0..sim.below(20) {
            sim.step();
        }
        drop(asks);
        let ledger = sim.shutdown(SOON).expect("it comes down");
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.queued, ledger.spawned, ledger.faults), (0, ledger.stopped, 0));
        assert!(tree.exit().is_some_and(|exit| exit.is_normal()) && !hut.is_alive());
        // The tree in its order, before the others.
        let order = std::mem::take(&mut *log.lock().expect("nobody panics over it"));
        assert_eq!(order, ["attic", "hall", "cellar", "hut"]);
        drop(tree);
        assert_eq!(Arc::strong_count(&log), 1, "a state is left");
    });
}

/// Has something to say at a later time.
struct Late;

impl Actor for Late {
    type Msg = Duration;
    fn handle(&mut self, after: Duration, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !after.is_zero() {
            cx.after(after, Duration::ZERO);
        }
        Ok(())
    }
}

#[test]
fn under_explore_its_deadline_is_one_of_virtual_time() {
    if !plays_its_own("ending::under_explore_its_deadline_is_one_of_virtual_time") {
        return;
    }
    let late = |sim: &mut Simulation, least: u64| {
        let late = sim.spawn(Late);
        let after = Duration::from_millis(least + sim.below(1_000));
        late.try_send(after).expect("there is room");
        let came_down = sim.shutdown(Duration::from_secs(1));
        // The timer sits on its tick, no more than a microsecond late; what is left goes at once.
        assert!(sim.now() <= Duration::from_micros(1_000_001), "{:?}", sim.now());
        assert!(!late.is_alive());
        came_down.map_err(|busy| (busy.timers, busy.waited, busy.ledger))
    };
    sim::explore(0..100, |sim| {
        let ledger = late(sim, 1).expect("there was time");
        assert_eq!((ledger.handled, ledger.stopped), (2, 1));
    });
    sim::explore(0..100, |sim| {
        let (timers, waited, ledger) = late(sim, 1_001).expect_err("there was none");
        assert_eq!((timers, waited, ledger.handled), (1, Duration::from_secs(1), 1));
        assert_eq!((ledger.spawned, ledger.stopped), (1, 1));
        ledger.check().expect("the ledger adds up");
    });
    // One that does not do as it is told is named.
    sim::explore(0..20, |sim| {
        let (_, never) = sim.spawn_fn(async |_: Inbox<u32>| std::future::pending::<()>().await);
        let busy = sim.shutdown(SOON).expect_err("it goes on for ever");
        assert_eq!((busy.lasting, busy.unhandled, busy.ledger.stopped), (1, 0, 1), "{busy}");
        assert!(matches!(sim.block_on(never), Some(Err(throng::Exit::Aborted))));
    });
}

/// Two that end side by side, in either order: a test that knows only one of them.
#[test]
fn what_goes_wrong_as_it_comes_down_is_made_small() {
    if !plays_its_own("ending::what_goes_wrong_as_it_comes_down_is_made_small") {
        return;
    }
    let test = |sim: &mut Simulation| {
        let log = Log::default();
        for name in ["left", "right"] {
            sim.spawn(Room { name, log: Arc::clone(&log) });
        }
        sim.run_until_idle();
        sim.shutdown(SOON).expect("it comes down");
        assert_eq!(*log.lock().expect("nobody panics over it"), ["left", "right"], "the wrong way round");
    };
    let told = panics(|| sim::explore(0..100, test));
    assert!(told.contains("the wrong way round") && told.contains("made small, from "), "{told}");
    let list = told.split("CHOICES=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a list");
    let choices: Vec<u64> = list.split(',').filter_map(|choice| choice.parse().ok()).collect();
    let again = sim::run_one(System::builder().replayed(choices), test).expect("it fails again");
    assert!(again.words.contains("the wrong way round") && again.trace.contains("has a turn"), "{again:?}");
}

#[test]
fn when_it_is_over_it_takes_no_step_and_can_be_read() {
    type Verb = (&'static str, fn(&mut Simulation, Address<Reply<&'static str>>));
    const VERBS: [Verb; 14] = [
        ("step", |sim, _| _ = sim.step()),
        ("run_until_idle", |sim, _| _ = sim.run_until_idle()),
        ("advance", |sim, _| _ = sim.advance(SOON)),
        ("quiesce", |sim, _| _ = sim.quiesce(SOON)),
        ("shutdown", |sim, _| _ = sim.shutdown(SOON)),
        ("block_on", |sim, _| _ = sim.block_on(std::future::pending::<()>())),
        ("expect", |sim, room| sim.expect(room, |_| true)),
        ("allow", |sim, room| _ = sim.allow(room, |_| true)),
        ("disallow", |sim, room| sim.disallow(room, |_| true)),
        ("spawn", |sim, _| _ = sim.spawn(Late)),
        ("try_spawn", |sim, _| _ = sim.system().try_spawn(Late, &Options::default())),
        ("spawn_fn", |sim, _| drop(sim.spawn_fn(async |_: Inbox<u32>| ()))),
        ("supervise", |sim, _| _ = sim.system().supervise(Supervisor::new().child(Child::new("a", || Late)))),
        ("get_or_spawn", |sim, _| {
            _ = sim.system().registry().get_or_spawn("late", &Options::default(), || Late);
        }),
    ];
    for end in [|sim: &mut Simulation| sim.shutdown(SOON).expect("it comes down"), Simulation::abort] {
        let mut sim = System::simulated(3);
        sim.faults(Faults::none().stops(4));
        let log = Log::default();
        let room = sim.spawn(Room { name: "room", log: Arc::clone(&log) });
        let (_, done) = sim.spawn_fn(async |_: Inbox<u32>| 7);
        let ask = room.ask(|reply| reply);
        let answer = sim.block_on(ask);
        sim.run_until_idle();
        let ledger = end(&mut sim);
        ledger.check().expect("the ledger adds up");
        let looks = |sim: &Simulation| {
            let (choices, trace, hash) = (sim.choices(), sim.trace(), sim.trace_hash());
            // Where a worker was last is told by the cell, in which somebody of another test may be by now.
            let described: Vec<_> =
                sim.describe().lines().filter(|line| !line.starts_with("worker")).map(String::from).collect();
            (choices, trace, hash, sim.now(), sim.stopped(), sim.killed(), described, sim.system().ledger())
        };
        let before = looks(&sim);
        assert!(answer.is_some() && !before.0.is_empty() && before.1.contains("has a turn"), "{before:?}");
        assert_eq!((before.7, sim.pending(room), sim.seed()), (ledger, 0, Some(3)));
        for (verb, call) in VERBS {
            let words = panics(|| call(&mut sim, room));
            assert!(words.starts_with("this simulation is over: "), "{verb}: {words}");
        }
        assert_eq!(looks(&sim), before, "nothing has happened");
        // What is over can be had, and what is sent is refused.
        assert!(matches!(sim.block_on(done), Some(Ok(7))));
        assert_eq!(sim.block_on(StopAll::reverse([room])).expect("it has ended").len(), 1);
        let ask = room.ask(|reply| reply);
        assert!(matches!(sim.block_on(ask), Some(Err(AskError::Refused(throng::Reason::Stale)))));
        assert_eq!(sim.abort(), sim.system().ledger());
        assert_eq!(Arc::strong_count(&log), 1, "a state is left");
    }
}

//! Who waits on the thread that takes the steps waits for himself: he is told so, and of what there is instead.

use crate::panicking::panics;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use throng::sim::{self, Simulation};
use throng::{
    Actor, Address, AskError, Asking, Backoff, BlockingError, Breaker, Child, Context, Fault, Guard, Inbox,
    Options, Overflow, Reason, Reply, Retry, SendError, StopAll, Supervisor, System, first, join_all,
};

/// What would be waited for in vain: far more than a test takes that does not wait.
const LONG: Duration = Duration::from_secs(60);

struct Clerk;

enum Msg {
    Ask(Reply<u32>),
    Note,
}

impl Actor for Clerk {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Msg::Ask(reply) = message {
            reply.send(7);
        }
        Ok(())
    }
}

fn clerk(sim: &Simulation, capacity: u32) -> Address<Msg> {
    let options = Options::builder().capacity(capacity).overflow(Overflow::Mute).build().expect("in range");
    sim.system().try_spawn(Clerk, &options).expect("there is room")
}

/// A wait, what it is to tell of, and whether the same is there by the way that it tells of.
type Row = (&'static str, fn(&Simulation), &'static str, fn(&mut Simulation) -> bool);

fn ask(sim: &Simulation) -> throng::Ask<Msg, u32> {
    clerk(sim, 8).ask(Msg::Ask).deadline(LONG)
}

fn full(sim: &Simulation) -> Address<Msg> {
    let clerk = clerk(sim, 1);
    clerk.try_send(Msg::Note).expect("there is room");
    clerk
}

fn retrying(to: Address<Msg>) -> impl Asking<Output = Result<u32, throng::GaveUp>> {
    let backoff = Backoff::new(Duration::from_secs(1), LONG).seed(1);
    Retry::new(9, backoff).expect("in range").deadline(LONG).ask_outside(to, Msg::Ask)
}

/// Drops every question for as long as it holds a message.
fn dropping(sim: &Simulation) -> Address<Msg> {
    let options = Options::builder().capacity(1).overflow(Overflow::DropNewest).build().expect("in range");
    let clerk = sim.system().try_spawn(Clerk, &options).expect("there is room");
    clerk.try_send(Msg::Note).expect("there is room");
    clerk
}

fn guarded(sim: &Simulation) -> throng::GuardedAsk<Msg, u32> {
    let breaker = Breaker::new(1, LONG, LONG).expect("in range");
    let Ok(ask) = Guard::new(clerk(sim, 8), breaker).ask(Msg::Ask) else { unreachable!("it is closed") };
    ask.deadline(LONG)
}

fn tree(sim: &Simulation) -> throng::Tree {
    sim.system().supervise(Supervisor::new().child(Child::new("clerk", || Clerk))).expect("in order")
}

const ROWS: [Row; 14] = [
    (
        "Ask::wait",
        |sim| _ = ask(sim).wait(),
        "block_on",
        |sim| {
            let ask = ask(sim);
            sim.block_on(ask) == Some(Ok(7))
        },
    ),
    (
        "Ask::wait for ever",
        |sim| _ = ask(sim).deadline(Duration::MAX).wait(),
        "block_on",
        |sim| {
            let ask = ask(sim).deadline(Duration::MAX);
            sim.block_on(ask) == Some(Ok(7))
        },
    ),
    (
        "a barrier",
        |sim| _ = clerk(sim, 8).barrier().wait(),
        "block_on",
        |sim| {
            let barrier = clerk(sim, 8).barrier();
            sim.block_on(barrier) == Some(Ok(()))
        },
    ),
    (
        "Asking::wait of two",
        |sim| _ = ask(sim).map(|n| n + 1).join(ask(sim)).within(LONG).wait(),
        "block_on",
        |sim| {
            let both = ask(sim).map(|n| n + 1).join(ask(sim));
            sim.block_on(both) == Some(Ok((8, 7)))
        },
    ),
    (
        "of many",
        |sim| _ = join_all([ask(sim), ask(sim)]).wait(),
        "block_on",
        |sim| {
            let all = join_all([ask(sim), ask(sim)]);
            sim.block_on(all) == Some(Ok(vec![7, 7]))
        },
    ),
    (
        "of the first",
        |sim| drop(first([Box::new(ask(sim))]).wait()),
        "block_on",
        |sim| {
            let first = first([ask(sim), ask(sim)]);
            sim.block_on(first).is_some_and(|first| first == Ok(7))
        },
    ),
    (
        "of one that is guarded",
        |sim| _ = guarded(sim).wait(),
        "block_on",
        |sim| {
            let ask = guarded(sim);
            sim.block_on(ask) == Some(Ok(7))
        },
    ),
    (
        "of one that is asked again",
        |sim| _ = retrying(clerk(sim, 8)).wait(),
        "block_on",
        |sim| {
            let ask = retrying(clerk(sim, 8));
            sim.block_on(ask) == Some(Ok(7))
        },
    ),
    (
        "between two attempts",
        |sim| _ = retrying(dropping(sim)).wait(),
        "block_on",
        |sim| {
            let ask = retrying(dropping(sim));
            sim.block_on(ask) == Some(Ok(7))
        },
    ),
    (
        "send_timeout",
        |sim| _ = full(sim).send_timeout(Msg::Note, LONG),
        "block_on",
        |sim| {
            let send = full(sim).send_async(Msg::Note);
            matches!(sim.block_on(send), Some(Ok(())))
        },
    ),
    (
        "Join::wait",
        |sim| _ = sim.spawn_fn(async |_: Inbox<u32>| 7).1.wait(),
        "block_on",
        |sim| {
            let join = sim.spawn_fn(async |_: Inbox<u32>| 7).1;
            sim.block_on(join).is_some_and(|joined| matches!(joined, Ok(7)))
        },
    ),
    (
        "StopAll::wait",
        |sim| drop(StopAll::reverse([clerk(sim, 8)]).wait(LONG)),
        "block_on",
        |sim| {
            let stop_all = StopAll::reverse([clerk(sim, 8)]);
            sim.block_on(stop_all).is_some_and(|ends| ends.len() == 1)
        },
    ),
    (
        "System::quiesce",
        |sim| {
            clerk(sim, 8).try_send(Msg::Note).expect("there is room");
            let _ = sim.system().quiesce(LONG);
        },
        "Simulation::quiesce",
        |sim| {
            clerk(sim, 8).try_send(Msg::Note).expect("there is room");
            sim.quiesce(LONG).is_ok_and(|ledger| ledger.handled == 1)
        },
    ),
    (
        "Tree::stop",
        |sim| _ = tree(sim).stop(LONG),
        "Tree::begin_stop",
        |sim| {
            let tree = tree(sim);
            tree.begin_stop();
            sim.quiesce(LONG).is_ok() && tree.exit().is_some_and(|exit| exit.is_normal())
        },
    ),
];

#[test]
fn a_wait_on_the_thread_that_steps_says_at_once_what_there_is_instead() {
    for (wait, waits, instead, works) in ROWS {
        let started = Instant::now();
        let words = panics(|| waits(&System::simulated(1)));
        assert!(
            words.contains("on the thread that steps a simulation would wait for itself"),
            "{wait}: {words}"
        );
        assert!(words.contains(instead), "{wait}: {words}");
        // The caller's own line.
        let place = sim::run_one(System::simulated(1), |sim| waits(sim)).and_then(|failed| failed.place);
        assert!(place.as_ref().is_some_and(|place| place.starts_with(file!())), "{wait}: {place:?}");
        assert!(works(&mut System::simulated(1)), "{wait}: by the other way it works");
        assert!(started.elapsed() < LONG, "{wait}: it waited");
    }
}

#[test]
fn what_does_not_wait_is_as_ever() {
    let mut sim = System::simulated(2);
    let clerk = clerk(&sim, 1);
    clerk.send_timeout(Msg::Note, LONG).expect("there is room");
    // No time to wait is no wait.
    let refused = clerk.send_timeout(Msg::Note, Duration::ZERO).err();
    assert!(matches!(refused, Some(SendError::Timeout(Msg::Note))));
    assert!(matches!(clerk.ask(Msg::Ask).deadline(Duration::ZERO).wait(), Err(AskError::Timeout)));
    assert_eq!(sim.system().quiesce(Duration::ZERO).expect_err("a message waits").unhandled, 1);
    let (_, done) = sim.spawn_fn(async |_: Inbox<u32>| 7);
    let stopping = StopAll::reverse([clerk]);
    let tree = tree(&sim);
    tree.begin_stop();
    sim.run_until_idle();
    // It is there.
    assert!(matches!(done.wait(), Ok(7)));
    assert!(stopping.wait(LONG).is_ok() && tree.stop(LONG).is_ok());
    assert!(sim.system().quiesce(LONG).is_ok());
    assert!(matches!(clerk.ask(Msg::Ask).wait(), Err(AskError::Refused(Reason::Stale))));
    // Nor is a wait for a system with threads, while this one has a simulation too.
    let system = System::builder().workers(1).build().expect("threads");
    assert_eq!(system.spawn(Clerk).ask(Msg::Ask).wait(), Ok(7));
    assert!(system.quiesce(LONG).is_ok());
}

#[test]
fn a_wait_in_blocking_work_is_told_as_its_panic() {
    struct Blocker(Address<Msg>, std::sync::mpsc::Sender<String>);
    enum Doing {
        Begin,
        Done(Result<Result<u32, AskError>, BlockingError>),
    }
    impl Actor for Blocker {
        type Msg = Doing;
        fn handle(&mut self, doing: Doing, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match doing {
                Doing::Begin => {
                    let clerk = self.0;
                    cx.blocking(move || clerk.ask(Msg::Ask).wait(), Doing::Done);
                }
                Doing::Done(done) => self.1.send(done.expect_err("it would wait").to_string())?,
            }
            Ok(())
        }
    }
    let mut sim = System::simulated(3);
    let (tell, told) = channel();
    sim.spawn(Blocker(clerk(&sim, 8), tell)).try_send(Doing::Begin).expect("there is room");
    sim.run_until_idle();
    let words = told.try_recv().expect("it is told");
    assert!(words.contains("would wait for itself"), "{words}");
}

#[test]
fn another_thread_may_wait_while_this_one_steps() {
    let mut sim = System::simulated(4);
    let clerk = clerk(&sim, 1);
    let (go, gone) = channel();
    let asker = std::thread::spawn(move || {
        let answer = clerk.ask(Msg::Ask).deadline(LONG).wait();
        go.send(()).expect("it is waited for");
        answer
    });
    while gone.try_recv().is_err() {
        sim.step();
        std::thread::yield_now();
    }
    assert_eq!(asker.join().expect("it does not panic"), Ok(7));
}

//! What is begun is driven to the end: a run is over when no actor can take a step, and nothing that was begun is woken.

use crate::own_seeds::plays_its_own;
use crate::yielding::yields;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;
use throng::sim::{self, Begun, Simulation};
use throng::{Actor, Address, Context, Fault, Reply, System};

/// How a chain takes its steps; whether it comes to rest.
type Verb = fn(&mut Simulation) -> bool;

const SECOND: Duration = Duration::from_secs(1);

/// Answers by how many it was asked before.
#[derive(Default)]
struct Desk(u32);

impl Actor for Desk {
    type Msg = Reply<u32>;
    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0 += 1;
        reply.send(self.0);
        Ok(())
    }
}

/// Given once, and waited for by one.
#[derive(Default)]
struct Signal {
    is_given: Cell<bool>,
    waiting: RefCell<Option<Waker>>,
}

impl Signal {
    fn give(&self) {
        self.is_given.set(true);
        self.waiting.take().into_iter().for_each(Waker::wake);
    }

    async fn wait(self: Rc<Self>) {
        poll_fn(|cx| {
            if self.is_given.get() {
                return Poll::Ready(());
            }
            self.waiting.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
    }
}

/// So many futures, each of which waits for the one that is begun behind it, and wakes the one before; the last waits for an answer. What
/// the first one gives.
fn chain(sim: &mut Simulation, desk: Address<Reply<u32>>, links: usize) -> (Rc<Signal>, Vec<Begun<()>>) {
    let signals: Vec<Rc<Signal>> = (0..=links).map(|_| Rc::default()).collect();
    let link = |sim: &mut Simulation, (to, from): (&Rc<Signal>, &Rc<Signal>)| {
        let (to, from) = (Rc::clone(to), Rc::clone(from));
        sim.begin(async move {
            from.wait().await;
            to.give();
        })
    };
    let mut begun: Vec<_> = signals.iter().zip(&signals[1..]).map(|pair| link(sim, pair)).collect();
    let last = Rc::clone(&signals[links]);
    begun.push(sim.begin(async move {
        desk.ask(|reply| reply).await.expect("an answer");
        last.give();
    }));
    (Rc::clone(&signals[0]), begun)
}

/// However long it is, and by whatever verb: what its first link asks is asked, and answered.
#[test]
fn a_run_is_over_when_nothing_that_was_begun_is_woken() {
    let verbs: [(&str, Verb); 5] = [
        ("step", |sim| {
            while sim.step() {}
            true
        }),
        ("run_until_idle", |sim| sim.run_until_idle() > 0),
        ("advance", |sim| sim.advance(SECOND) > 0),
        ("quiesce", |sim| sim.quiesce(SECOND).is_ok()),
        ("shutdown", |sim| sim.shutdown(SECOND).is_ok()),
    ];
    for (name, verb) in verbs {
        for (links, seed) in (0..12).flat_map(|links| [(links, 1), (links, 2)]) {
            let mut sim = System::simulated(seed);
            let desk = sim.spawn(Desk::default());
            // The very first, so that it is behind all when it is woken.
            let woken = Rc::new(Signal::default());
            let from = Rc::clone(&woken);
            let mut first = sim.begin(async move {
                from.wait().await;
                desk.ask(|reply| reply).await
            });
            let (given, _begun) = chain(&mut sim, desk, links);
            let _between = sim.begin(async move {
                given.wait().await;
                woken.give();
            });
            assert!(verb(&mut sim), "{name}, {links} links: it comes to rest");
            assert_eq!(sim.pending(desk), 0, "{name}, {links} links");
            assert_eq!(first.take(), Some(Ok(2)), "{name}, {links} links");
            assert_eq!(sim.system().ledger().handled, 2, "{name}, {links} links");
        }
    }
}

/// Also where it waits for what is begun, and for itself.
#[test]
fn block_on_gives_what_becomes_ready() {
    for links in 0..12 {
        let mut sim = System::simulated(1);
        let desk = sim.spawn(Desk::default());
        let (given, _begun) = chain(&mut sim, desk, links);
        assert_eq!(sim.block_on(given.wait()), Some(()), "{links} links");
    }
    for times in 0..12 {
        let mut sim = System::simulated(1);
        assert_eq!(sim.block_on(yields(times)), Some(()), "{times} times");
        let begun = sim.begin(yields(times));
        assert_eq!(sim.block_on(begun), Some(()), "{times} times, begun");
    }
    // No time passes for it.
    let mut sim = System::simulated(1);
    let mut late = sim.begin(sim.spawn(Desk::default()).ask(|reply| reply).deadline(SECOND));
    assert_eq!((sim.block_on(yields(3)), sim.now()), (Some(()), Duration::ZERO));
    assert_eq!(late.take(), Some(Ok(1)));
}

/// And None is None.
#[test]
fn block_on_gives_none_of_what_nobody_makes_ready() {
    let mut sim = System::simulated(1);
    let desk = sim.spawn(Desk::default());
    let (given, _begun) = chain(&mut sim, desk, 3);
    let never = Rc::new(Signal::default());
    assert_eq!(sim.block_on(Rc::clone(&never).wait()), None);
    assert!(given.is_given.get(), "what is begun has gone on meanwhile");
    never.give();
    assert_eq!(sim.block_on(never.wait()), Some(()));
}

/// As by an executor of another's, where a future lets others go first.
#[test]
fn one_that_wakes_itself_is_polled_again() {
    let verbs: [Verb; 2] = [Simulation::step, |sim| sim.run_until_idle() > 0];
    for verb in verbs {
        let mut sim = System::simulated(1);
        let desk = sim.spawn(Desk::default());
        assert_eq!(sim.run_until_idle(), 1, "it starts");
        let mut begun = sim.begin(async move {
            yields(5).await;
            desk.ask(|reply| reply).await
        });
        assert!(verb(&mut sim), "there is a step to take, when it has asked");
        assert_eq!(begun.take(), Some(Ok(1)));
    }
}

/// One that looks again and again for what steps bring does not keep them from being taken.
#[test]
fn one_that_wakes_itself_lets_the_actors_go_on() {
    if !plays_its_own("driving::one_that_wakes_itself_lets_the_actors_go_on") {
        return;
    }
    sim::explore(0..20, |sim| {
        // Fewer rounds than this would not fail it, and it looks far less often.
        sim.limit(2_000);
        let desk = sim.spawn(Desk::default());
        let mut asks: Vec<_> = (0..50).map(|_| sim.begin(desk.ask(|reply| reply))).collect();
        let (done, looks) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0_u64)));
        let (is_done, looked) = (Rc::clone(&done), Rc::clone(&looks));
        let _looking = sim.begin(poll_fn(move |cx| {
            looked.set(looked.get() + 1);
            cx.waker().wake_by_ref();
            if is_done.get() { Poll::Ready(()) } else { Poll::Pending }
        }));
        let mut steps = 0;
        while asks.iter_mut().filter_map(Begun::take).count() == 0 {
            assert!(sim.step(), "{steps} steps");
            steps += 1;
        }
        assert!(looks.get() <= 1 + 2 * steps, "{} looks in {steps} steps", looks.get());
        done.set(true);
        sim.run_until_idle();
        assert_eq!(sim.pending(desk), 0);
    });
}

/// In whatever order they were begun, by a verb that takes but one step.
#[test]
fn what_follows_an_answer_is_done_when_the_verb_is_over() {
    type Verb = fn(&mut Simulation, Address<Reply<u32>>);
    let verbs: [Verb; 2] = [
        |sim, desk| sim.expect(desk, |_| true),
        |sim, _| {
            while sim.system().ledger().handled == 0 {
                assert!(sim.step(), "it answers in one of them");
            }
        },
    ];
    for (links, verb) in (0..12).flat_map(|links| verbs.map(|verb| (links, verb))) {
        let mut sim = System::simulated(1);
        let desk = sim.spawn(Desk::default());
        let (given, _begun) = chain(&mut sim, desk, links);
        verb(&mut sim, desk);
        assert!(given.is_given.get(), "{links} links");
    }
}

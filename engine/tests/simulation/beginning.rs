//! A question that is begun is asked at once, and goes on while the test does other things.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;
use throng::sim::{self, Simulation};
use throng::{Actor, Address, AskError, Context, Fault, Options, Overflow, Reason, Reply, System, join_all};

/// Answers by how many it was asked before; keeps the way back of who wants it kept.
#[derive(Default)]
struct Clerk {
    asked: u32,
    kept: Vec<Reply<u32>>,
}

enum Msg {
    Ask(Reply<u32>),
    Keep(Reply<u32>),
}

impl Actor for Clerk {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Ask(reply) => {
                self.asked += 1;
                reply.send(self.asked);
            }
            Msg::Keep(reply) => self.kept.push(reply),
        }
        Ok(())
    }
}

fn clerk(sim: &Simulation, capacity: u32) -> Address<Msg> {
    let options = Options::builder().capacity(capacity).overflow(Overflow::Mute).build().expect("in range");
    sim.system().try_spawn(Clerk::default(), &options).expect("there is room")
}

/// An ask that nobody polls is none; one that is begun is there.
#[test]
fn it_is_asked_at_once_and_answered_in_the_steps_of_others() {
    let mut sim = System::simulated(1);
    let clerk = clerk(&sim, 8);
    let unasked = clerk.ask(Msg::Ask);
    let mut begun = sim.begin(clerk.ask(Msg::Ask));
    assert_eq!((sim.pending(clerk), begun.take(), sim.trace().lines().count()), (1, None, 0));
    sim.expect(clerk, |message| matches!(message, Msg::Ask(_)));
    assert_eq!(begun.take(), Some(Ok(1)));
    assert_eq!(begun.take(), None, "it is told once");
    assert_eq!(sim.block_on(unasked), Some(Ok(2)));
    assert!(panics(|| _ = sim.block_on(begun)).starts_with("what came of a `Begun` was taken before"));
}

/// Each waits for a place and is given one in its turn, whatever the test does meanwhile; as by threads that wait.
#[test]
fn many_wait_for_a_place_at_once() {
    if !plays_its_own("beginning::many_wait_for_a_place_at_once") {
        return;
    }
    sim::explore(0..50, |sim| {
        let clerk = clerk(sim, 2);
        let mut all: Vec<_> = (0..20).map(|_| sim.begin(clerk.ask(Msg::Ask))).collect();
        assert_eq!(sim.pending(clerk), 2);
        sim.run_until_idle();
        let mut answers: Vec<_> = all.iter_mut().map(|begun| begun.take().expect("no time passes")).collect();
        answers.sort_by_key(|answer| answer.unwrap_or_default());
        assert_eq!(answers, (1..=20).map(Ok).collect::<Vec<_>>());
    });
}

/// The same run, whoever has asked how.
#[test]
fn a_place_that_comes_free_is_taken_before_the_next_message_is_looked_at() {
    let mut sim = System::simulated(2);
    let clerk = clerk(&sim, 1);
    let mut kept = sim.begin(clerk.ask(Msg::Keep).deadline(Duration::from_secs(3)));
    let mut other = sim.begin(clerk.ask(Msg::Ask));
    for _ in 0..2 {
        assert_eq!(sim.pending(clerk), 1);
        sim.expect(clerk, |_| true);
    }
    assert_eq!((kept.take(), other.take()), (None, Some(Ok(1))));
    sim.advance(Duration::from_secs(2));
    assert_eq!(kept.take(), None);
    sim.advance(Duration::from_secs(1));
    assert_eq!(kept.take(), Some(Err(AskError::Timeout)), "its deadline is virtual time");
}

/// By whatever verb the step is taken, and at once.
#[test]
fn what_follows_the_answer_is_done_when_the_verb_is_over() {
    let verbs: [fn(&mut Simulation, Address<Msg>); 4] = [
        |sim, _| while sim.step() {},
        |sim, _| _ = sim.run_until_idle(),
        |sim, clerk| sim.expect(clerk, |_| true),
        |sim, clerk| assert!(sim.allow(clerk, |_| true)),
    ];
    for verb in verbs {
        let mut sim = System::builder().workers(1).simulated(6);
        let clerk = clerk(&sim, 8);
        let seen = Rc::new(Cell::new(false));
        let ask = clerk.ask(Msg::Ask);
        let see = Rc::clone(&seen);
        let _begun = sim.begin(async move { see.set(ask.await.is_ok()) });
        assert!(!seen.get());
        verb(&mut sim, clerk);
        assert!(seen.get());
    }
}

#[test]
fn dropping_it_withdraws_it() {
    let mut sim = System::simulated(3);
    let clerk = clerk(&sim, 1);
    let mut first = sim.begin(clerk.ask(Msg::Ask));
    let withdrawn = sim.begin(clerk.ask(Msg::Ask));
    let mut last = sim.begin(clerk.ask(Msg::Ask));
    drop(withdrawn);
    sim.run_until_idle();
    assert_eq!((first.take(), last.take()), (Some(Ok(1)), Some(Ok(2))));
    assert_eq!(sim.system().ledger().handled, 2);
}

/// Beside others, inside others, and when the simulation is over.
#[test]
fn it_is_a_future_itself() {
    let mut sim = System::simulated(4);
    let clerk = clerk(&sim, 8);
    let one = sim.begin(clerk.ask(Msg::Ask));
    let both = sim.begin(join_all([clerk.ask(Msg::Ask), clerk.ask(Msg::Ask)]));
    let sum = sim.begin(async move {
        let many: u32 = both.await.expect("answers").into_iter().sum();
        many + one.await.expect("an answer")
    });
    assert_eq!(sim.block_on(sum), Some(6));
    let mut late = sim.begin(clerk.ask(Msg::Ask));
    sim.abort();
    assert!(matches!(late.take(), Some(Err(AskError::Dropped))), "nobody answers any more");
    let mut refused = sim.begin(clerk.ask(Msg::Ask));
    assert_eq!(refused.take(), Some(Err(AskError::Refused(Reason::Stale))));
}

/// What a future panics with comes out of the verb that polls it.
#[test]
fn what_it_panics_with_is_the_test_s() {
    let mut sim = System::simulated(5);
    let ask = clerk(&sim, 8).ask(Msg::Ask);
    let begun = sim.begin(async { panic!("it was {:?}", ask.await) });
    assert_eq!(panics(|| _ = sim.run_until_idle()), "it was Ok(1)");
    assert_eq!((sim.system().ledger().faults, sim.run_until_idle()), (0, 0));
    assert_eq!(format!("{begun:?}"), "Begun { over: true, .. }");
    let _: &dyn Future<Output = ()> = &begun;
}

/// It is polled by its handle, with the simulation free, and takes steps in that: it is neither lost nor deaf when it is polled again.
#[test]
fn one_that_takes_steps_itself_goes_on() {
    for wakes_itself in [false, true] {
        let sim = Rc::new(RefCell::new(System::simulated(1)));
        let clerk = clerk(&sim.borrow(), 8);
        let (go, kick) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(None::<Waker>)));
        let (inner, going, kicked) = (Rc::clone(&sim), Rc::clone(&go), Rc::clone(&kick));
        let mut ask = Box::pin(async move { clerk.ask(Msg::Ask).await });
        let mut has_run = false;
        let seen = Rc::new(Cell::new(None));
        let see = Rc::clone(&seen);
        let mut begun = sim.borrow_mut().begin(poll_fn(move |cx| {
            kicked.replace(Some(cx.waker().clone()));
            let polled = ask.as_mut().poll(cx);
            if let Poll::Ready(answer) = &polled {
                see.set(Some(*answer));
            } else if going.get() && !has_run {
                has_run = true;
                if wakes_itself {
                    cx.waker().wake_by_ref();
                }
                let _answers = inner.borrow_mut().run_until_idle();
            }
            polled
        }));
        go.set(true);
        kick.take().into_iter().for_each(Waker::wake);
        assert_eq!(begun.take(), None, "it is polled, and takes the step that answers it");
        assert_eq!(sim.borrow().system().ledger().handled, 1);
        assert_eq!(seen.take(), None);
        // By the simulation's own verbs.
        sim.borrow_mut().run_until_idle();
        assert_eq!(seen.take(), Some(Ok(1)), "wakes itself: {wakes_itself}");
        assert_eq!(begun.take(), Some(Ok(1)), "wakes itself: {wakes_itself}");
    }
}

/// Woken before it takes steps, and by nobody after that.
#[test]
fn a_ring_while_it_is_polled_is_not_lost() {
    let sim = Rc::new(RefCell::new(System::simulated(1)));
    let (inner, kick) = (Rc::clone(&sim), Rc::new(RefCell::new(None::<Waker>)));
    let kicked = Rc::clone(&kick);
    let mut polls = 0;
    let mut begun = sim.borrow_mut().begin(poll_fn(move |cx| {
        polls += 1;
        match polls {
            1 => _ = kicked.replace(Some(cx.waker().clone())),
            2 => {
                cx.waker().wake_by_ref();
                inner.borrow_mut().step();
            }
            _ => return Poll::Ready(polls),
        }
        Poll::Pending
    }));
    kick.take().into_iter().for_each(Waker::wake);
    assert_eq!(begun.take(), None);
    assert_eq!(begun.take(), Some(3), "woken while it was polled");
}

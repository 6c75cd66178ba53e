//! Asks of a state that was restarted in place: given up with it, so that they do not count against those of the next; what is
//! answered already comes, and is for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use throng::{
    Actor, Address, Child, Context, DeadCause, DeadLetter, Fault, Inline, Options, Outcome, Reply,
    Supervisor, System,
};

/// Asks at most two at once; panics where its closures are dropped, if told so.
struct Asker(Arc<AtomicU32>);

enum Msg {
    Ask(Address<Question>, Option<Grenade>, Sender<bool>),
    Heard(#[expect(dead_code, reason = "that it comes is enough")] Outcome<u32>),
    Fail,
}

struct Grenade;

impl Drop for Grenade {
    fn drop(&mut self) {
        // As `panic!` does, without a line on stderr.
        std::panic::resume_unwind(Box::new("dropped"));
    }
}

impl Actor for Asker {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Ask(to, grenade, told) => {
                let then = move |outcome| {
                    std::mem::forget(grenade);
                    Msg::Heard(outcome)
                };
                told.send(cx.ask(to, Question, then).is_ok())?;
            }
            Msg::Heard(_) => _ = self.0.fetch_add(1, Ordering::Relaxed),
            Msg::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }
}

struct Question(Reply<u32>);

/// Keeps the replies.
struct Slow(Sender<Reply<u32>>);

impl Actor for Slow {
    type Msg = Question;
    fn handle(&mut self, Question(reply): Question, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(reply)?;
        Ok(())
    }
}

/// Answers, on a worker.
struct Answerer;

impl Actor for Answerer {
    type Msg = Reply<u32>;
    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(1);
        Ok(())
    }
}

struct Stage {
    inline: Inline,
    asker: Address<Msg>,
    slow: Address<Question>,
    replies: Receiver<Reply<u32>>,
    heard: Arc<AtomicU32>,
}

impl Stage {
    fn new() -> Self {
        let mut inline = System::builder().inline();
        let heard = Arc::new(AtomicU32::new(0));
        let counts = Arc::clone(&heard);
        let two = Options::builder().max_asks(2).build().expect("in range");
        let child = Child::new("asker", move || Asker(Arc::clone(&counts))).options(two);
        let tree = inline.system().supervise(Supervisor::new().child(child)).expect("a tree");
        let (keep, replies) = channel();
        let slow = inline.spawn(Slow(keep));
        inline.run_until_idle();
        let asker = tree.child("asker").expect("it has started");
        Stage { inline, asker, slow, replies, heard }
    }

    fn send(&mut self, message: Msg) {
        self.asker.try_send(message).expect("room");
        self.inline.run_until_idle();
    }

    fn ask(&mut self, grenade: Option<Grenade>) -> bool {
        let (tell, told) = channel();
        self.send(Msg::Ask(self.slow, grenade, tell));
        told.recv().expect("told")
    }

    /// The oldest question is answered.
    fn answer(&mut self) {
        let reply = self.replies.try_recv().expect("it was asked");
        self.inline.spawn(Answerer).try_send(reply).expect("room");
        self.inline.run_until_idle();
    }

    fn asks(&self) -> u32 {
        self.asker.status().expect("it lives").asks
    }
}

#[test]
fn r10_the_next_state_has_all_its_asks() {
    let mut stage = Stage::new();
    assert_eq!([stage.ask(None), stage.ask(None), stage.ask(None)], [true, true, false]);
    assert_eq!(stage.asks(), 2);
    stage.send(Msg::Fail);
    assert_eq!(stage.asks(), 0);
    assert_eq!([stage.ask(None), stage.ask(None), stage.ask(None)], [true, true, false]);
    // All four are answered: two for nobody.
    let before = stage.inline.system().ledger();
    (0..4).for_each(|_| stage.answer());
    let ledger = stage.inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!(stage.heard.load(Ordering::Relaxed), 2);
    // The answerers' own messages, and the outcomes of two.
    assert_eq!((ledger.handled - before.handled, ledger.accepted - before.accepted), (6, 6));
    assert_eq!((ledger.late_replies, ledger.dead.restarted), (2, 0));
    assert_eq!(stage.asks(), 0);
}

/// Its answer lies behind the fault: it is accepted, and dead.
#[test]
fn r10_one_that_is_answered_already_is_dead_and_told_of() {
    let mut stage = Stage::new();
    let (tell, letters) = channel();
    let undertaker = stage.inline.spawn(Undertaker(tell));
    stage.inline.system().watch_dead_letters(undertaker.recipient());
    assert_eq!([stage.ask(None), stage.ask(None)], [true, true]);
    // Its mailbox is in this order; the second ask stays open.
    stage.asker.try_send(Msg::Fail).expect("room");
    stage.replies.recv().expect("it was asked").send(1);
    stage.inline.run_until_idle();
    let ledger = stage.inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.dead.restarted, ledger.late_replies, stage.asks()), (1, 0, 0));
    let told: Vec<_> = letters.try_iter().map(|letter: DeadLetter| (letter.actor, letter.cause)).collect();
    assert_eq!(told, [(stage.asker.id(), DeadCause::Restarted)]);
    stage.answer();
    assert_eq!(stage.inline.system().ledger().late_replies, 1);
    assert_eq!(stage.heard.load(Ordering::Relaxed), 0);
}

/// What the closure of an ask holds is the user's, and so is its `Drop`: one that panics is a fault, and no more.
#[test]
fn r10_a_closure_that_panics_as_it_is_dropped_costs_nobody_else() {
    let mut stage = Stage::new();
    assert_eq!([stage.ask(Some(Grenade)), stage.ask(Some(Grenade))], [true, true]);
    stage.send(Msg::Fail);
    assert_eq!(stage.asks(), 0);
    assert_eq!([stage.ask(None), stage.ask(None)], [true, true]);
    (0..4).for_each(|_| stage.answer());
    let ledger = stage.inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.late_replies), (3, 2));
    assert_eq!(stage.heard.load(Ordering::Relaxed), 2);
}

struct Undertaker(Sender<DeadLetter>);

impl Actor for Undertaker {
    type Msg = DeadLetter;
    fn handle(&mut self, letter: DeadLetter, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(letter)?;
        Ok(())
    }
}

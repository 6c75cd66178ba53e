//! Tracked messages: one that makes its receiver fail comes back to its sender once, with the reason; one that does not, does not.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use throng::{
    Actor, Address, Attempts, Context, Directive, Fault, Inline, Ledger, Options, Overflow, Poison, Reason,
    System,
};

/// What the receiver is to do.
#[derive(Debug)]
enum Do {
    Well(u32),
    Fail(u32),
    Panic(u32),
    /// Fails so often.
    Times(u32, Arc<AtomicU32>),
    /// Cannot be copied.
    Uncopied(u32),
    Stop(u32),
}

impl Do {
    fn number(&self) -> u32 {
        match self {
            Do::Well(n) | Do::Fail(n) | Do::Panic(n) | Do::Times(n, _) | Do::Uncopied(n) | Do::Stop(n) => *n,
        }
    }
}

impl Clone for Do {
    fn clone(&self) -> Self {
        match self {
            Do::Well(n) => Do::Well(*n),
            Do::Fail(n) => Do::Fail(*n),
            Do::Panic(n) => Do::Panic(*n),
            Do::Times(n, left) => Do::Times(*n, Arc::clone(left)),
            Do::Uncopied(n) => panic!("{n} cannot be copied"),
            Do::Stop(n) => Do::Stop(*n),
        }
    }
}

type Seen = Arc<Mutex<Vec<String>>>;

struct Receiver {
    seen: Seen,
    directive: Directive,
}

impl Actor for Receiver {
    type Msg = Do;
    fn handle(&mut self, what: Do, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let n = what.number();
        self.seen.lock().expect("no panic").push(format!("handles {n}"));
        match what {
            Do::Well(_) | Do::Uncopied(_) => Ok(()),
            Do::Fail(_) => Err(Fault::msg(format!("cannot do {n}"))),
            Do::Panic(_) => panic!("cannot do {n}"),
            Do::Times(_, left) if left.load(Ordering::SeqCst) == 0 => Ok(()),
            Do::Times(_, left) => {
                left.fetch_sub(1, Ordering::SeqCst);
                Err(Fault::msg("not this time"))
            }
            Do::Stop(_) => {
                cx.stop_now();
                Ok(())
            }
        }
    }
    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        self.seen.lock().expect("no panic").push(format!("fails: {fault}"));
        self.directive
    }
}

enum Msg {
    Send(Do, Attempts),
    Back(Poison<Do>),
}

struct Sender {
    to: Address<Do>,
    seen: Seen,
}

impl Actor for Sender {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let words = match message {
            Msg::Send(what, attempts) => match cx.send_tracked(self.to, what, attempts, Msg::Back) {
                Ok(()) => return Ok(()),
                Err(refused) => {
                    let (reason, message) = refused.into_parts();
                    format!("{} refused: {reason:?}", message.number())
                }
            },
            Msg::Back(poison) => {
                assert_eq!(poison.by, self.to.id());
                format!("{} back: {}", poison.message.number(), poison.failure)
            }
        };
        self.seen.lock().expect("no panic").push(words);
        Ok(())
    }
}

struct Pair {
    inline: Inline,
    to: Address<Do>,
    sender: Address<Msg>,
    seen: Seen,
}

impl Pair {
    fn new(directive: Directive, options: &Options) -> Pair {
        let seen = Seen::default();
        let inline = System::builder().inline();
        let receiver = Receiver { seen: Arc::clone(&seen), directive };
        let to = inline.system().try_spawn(receiver, options).expect("there is memory");
        let sender = inline.spawn(Sender { to, seen: Arc::clone(&seen) });
        Pair { inline, to, sender, seen }
    }

    /// Sends these, one after the other before any is handled, and runs; gives what was seen.
    fn run(&mut self, messages: Vec<(Do, Attempts)>) -> Vec<String> {
        for (what, attempts) in messages {
            self.sender.try_send(Msg::Send(what, attempts)).expect("room");
        }
        self.inline.run_until_idle();
        std::mem::take(&mut *self.seen.lock().expect("no panic"))
    }

    fn ledger(&self) -> Ledger {
        let ledger = self.inline.system().ledger();
        ledger.check().expect("it adds up");
        ledger
    }
}

use Attempts::{Once, Twice};

#[test]
fn who_fails_gives_it_back_once_and_who_does_not_keeps_it() {
    let mut pair = Pair::new(Directive::Resume, &Options::default());
    let seen =
        pair.run(vec![(Do::Well(1), Once), (Do::Fail(2), Once), (Do::Panic(3), Once), (Do::Well(4), Twice)]);
    assert_eq!(
        seen,
        [
            "handles 1",
            "handles 2",
            "fails: cannot do 2",
            "handles 3",
            "fails: panicked: cannot do 3",
            "handles 4",
            "2 back: cannot do 2",
            "3 back: panicked: cannot do 3",
        ]
    );
    let ledger = pair.ledger();
    // Four questions to the sender, two of the messages, and the two that came back.
    assert_eq!((ledger.returned.poison, ledger.handled, ledger.faults), (2, 8, 2));
}

#[test]
fn a_second_attempt_comes_before_all_else_and_the_hook_hears_of_the_second_fault_alone() {
    let mut pair = Pair::new(Directive::Resume, &Options::default());
    let left = |n| Arc::new(AtomicU32::new(n));
    let seen =
        pair.run(vec![(Do::Times(1, left(1)), Twice), (Do::Well(2), Once), (Do::Times(3, left(2)), Twice)]);
    assert_eq!(
        seen,
        [
            "handles 1",
            "handles 1",
            "handles 2",
            "handles 3",
            "handles 3",
            "fails: not this time",
            "3 back: not this time"
        ]
    );
    let ledger = pair.ledger();
    assert_eq!((ledger.returned.poison, ledger.faults), (1, 3));
}

#[test]
fn it_comes_back_from_one_that_ends_by_it() {
    let mut pair = Pair::new(Directive::Stop, &Options::default());
    let seen = pair.run(vec![(Do::Fail(1), Once), (Do::Well(2), Once)]);
    assert_eq!(seen, ["handles 1", "fails: cannot do 1", "1 back: cannot do 1"]);
    let ledger = pair.ledger();
    // The other one is a dead letter, of which nobody hears.
    assert_eq!((ledger.returned.poison, ledger.dead.failed), (1, 1));
    assert_eq!(pair.run(vec![(Do::Well(3), Once)]), [format!("3 refused: {:?}", Reason::Stale)]);
}

#[test]
fn one_that_cannot_be_copied_comes_back_unhandled() {
    let mut pair = Pair::new(Directive::Resume, &Options::default());
    let seen = pair.run(vec![(Do::Uncopied(7), Twice), (Do::Well(8), Once)]);
    assert_eq!(
        seen,
        ["fails: panicked: 7 cannot be copied", "handles 8", "7 back: panicked: 7 cannot be copied",]
    );
    pair.ledger();
}

#[test]
fn it_is_handled_well_by_one_that_stops_in_it() {
    let mut pair = Pair::new(Directive::Resume, &Options::default());
    let seen = pair.run(vec![(Do::Stop(1), Once), (Do::Fail(2), Once)]);
    assert_eq!(seen, ["handles 1"]);
    let ledger = pair.ledger();
    assert_eq!((ledger.returned.poison, ledger.dead.stopped), (0, 1));
}

#[test]
fn every_policy_keeps_it_or_refuses_it() {
    for overflow in [
        Overflow::Mute,
        Overflow::Fail,
        Overflow::DropNewest,
        Overflow::DropOldest,
        Overflow::DropOldestExact,
    ] {
        let options = Options::builder().capacity(2).low(1).overflow(overflow).hard(4).build();
        let mut pair = Pair::new(Directive::Resume, &options.expect("in range"));
        assert!(pair.to.suspend());
        let seen = pair.run((1..=8).map(|n| (Do::Fail(n), Twice)).collect());
        let refused = seen.len() as u32;
        assert!(seen.iter().all(|words| words.ends_with("refused: Full")), "{overflow:?}: {seen:?}");
        assert!(refused >= 3, "{overflow:?} took {}", 8 - refused);
        assert!(pair.to.resume());
        let seen = pair.run(vec![]);
        let count = |end: &str| seen.iter().filter(|words| words.contains(end)).count() as u32;
        assert_eq!((count("handles"), count("back")), (2 * (8 - refused), 8 - refused), "{overflow:?}");
        let ledger = pair.ledger();
        assert_eq!(ledger.dropped.total(), 0, "{overflow:?}");
        assert_eq!(ledger.returned.poison, u64::from(8 - refused), "{overflow:?}");
    }
}

/// Over its capacity, who sends so is suspended, as by any send.
#[test]
fn it_mutes_its_sender() {
    let options = Options::builder().capacity(1).build().expect("in range");
    let mut pair = Pair::new(Directive::Resume, &options);
    let seen = pair.run((1..=6).map(|n| (Do::Fail(n), Once)).collect());
    assert_eq!(seen.iter().filter(|words| words.contains("back")).count(), 6);
    assert!(pair.ledger().mutes > 0);
}

/// Two lanes, so that messages are sorted.
#[test]
fn an_actor_that_sorts_tries_it_again_at_once_too() {
    let options = Options::builder().lanes().build().expect("in range");
    let mut pair = Pair::new(Directive::Resume, &options);
    let left = Arc::new(AtomicU32::new(1));
    let seen = pair.run(vec![(Do::Times(1, left), Twice), (Do::Well(2), Once)]);
    assert_eq!(seen, ["handles 1", "handles 1", "handles 2"]);
    pair.ledger();
}

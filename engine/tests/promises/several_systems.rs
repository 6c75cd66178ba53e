//! More than one system in a process, systems without threads, and options that are refused.

use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{
    Actor, Address, Context, Fault, Inline, Options, OptionsBuilder, Overflow, Pressed, Reply, SendError,
    System,
};

const SOON: Duration = Duration::from_secs(60);

enum Ball {
    Meet(Address<Ball>),
    Fly(u64),
}

/// Plays with somebody in another system, who may have room or not.
struct Player {
    other: Option<Address<Ball>>,
    missed: Option<u64>,
    done: Sender<()>,
}

impl Actor for Player {
    type Msg = Ball;
    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ball {
            Ball::Meet(other) => self.other = Some(other),
            Ball::Fly(0) => self.done.send(())?,
            Ball::Fly(n) => self.missed = Some(n - 1),
        }
        if let (Some(n), Some(other)) = (self.missed.take(), self.other)
            && let Err(SendError::Full(_)) = cx.send(other, Ball::Fly(n))
        {
            // A foreign mailbox does not mute: try again.
            let me = cx.me();
            cx.send(me, Ball::Fly(n + 1))?;
        }
        Ok(())
    }
}

#[test]
fn systems_send_to_each_other() {
    const PAIRS: usize = 50;
    const RALLY: u64 = 2_000;
    let _dog = watch("systems_send_to_each_other");
    for capacity in [1, 64] {
        let build = |workers| System::builder().workers(workers).build().expect("a system");
        let (one, two) = (build(2), build(1));
        let options = Options::builder().capacity(capacity).build().expect("in range");
        let (done, is_done) = channel();
        let player = |system: &System, other| {
            let player = Player { other, missed: None, done: done.clone() };
            system.try_spawn(player, &options).expect("memory")
        };
        for _ in 0..PAIRS {
            let (here, there) = (player(&one, None), player(&two, None));
            here.send_timeout(Ball::Meet(there), SOON).expect("room in time");
            there.send_timeout(Ball::Meet(here), SOON).expect("room in time");
            here.send_timeout(Ball::Fly(RALLY), SOON).expect("room in time");
        }
        (0..PAIRS).for_each(|_| is_done.recv().expect("each rally ends"));
        let ledgers = [&one, &two].map(|system| system.quiesce(SOON).expect("rest"));
        ledgers.iter().for_each(|ledger| ledger.check().expect("each ledger adds up"));
        let handled = ledgers[0].handled + ledgers[1].handled;
        let expected = PAIRS as u64 * (2 + RALLY + 1);
        assert!(handled >= expected && (capacity == 1 || handled == expected), "{handled}, {ledgers:?}");
        one.shutdown(SOON).expect("rest");
        two.shutdown(SOON).expect("rest");
    }
}

enum Question {
    Ask(Address<Reply<u64>>, Reply<u64>),
}

/// Asks across systems, and hands the answer on.
struct Between(Option<Reply<u64>>, Arc<AtomicU64>);

struct Knowing(u64);

impl Actor for Knowing {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(self.0);
        Ok(())
    }
}

enum Heard {
    Question(Question),
    Answer(throng::Outcome<u64>),
}

impl Actor for Between {
    type Msg = Heard;
    fn handle(&mut self, heard: Heard, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match heard {
            Heard::Question(Question::Ask(to, reply)) => {
                self.0 = Some(reply);
                cx.ask(to, |reply| reply, Heard::Answer)?;
            }
            Heard::Answer(answer) => {
                self.1.fetch_add(1, Ordering::SeqCst);
                let answer = answer?;
                if let Some(reply) = self.0.take() {
                    reply.send(answer);
                }
            }
        }
        Ok(())
    }
}

#[test]
fn actors_ask_across_systems() {
    let _dog = watch("actors_ask_across_systems");
    let build = || System::builder().workers(1).build().expect("a system");
    let (here, there) = (build(), build());
    let answers = Arc::new(AtomicU64::new(0));
    for n in 0..200 {
        let knowing = there.spawn(Knowing(n));
        let between = here.spawn(Between(None, Arc::clone(&answers)));
        let answer = between.ask(|reply| Heard::Question(Question::Ask(knowing, reply))).wait();
        assert_eq!(answer, Ok(n));
    }
    drop(there);
    assert_eq!(answers.load(Ordering::SeqCst), 200);
    here.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn the_end_of_one_system_is_refused_in_the_other() {
    let _dog = watch("the_end_of_one_system_is_refused_in_the_other");
    struct Asking(Address<Reply<u64>>, Sender<throng::Outcome<u64>>);
    impl Actor for Asking {
        type Msg = Option<throng::Outcome<u64>>;
        fn handle(&mut self, outcome: Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match outcome {
                None => cx.ask(self.0, |reply| reply, Some)?,
                Some(outcome) => self.1.send(outcome)?,
            }
            Ok(())
        }
    }
    let build = || System::builder().workers(1).build().expect("a system");
    let (here, there) = (build(), build());
    let knowing = there.spawn(Knowing(1));
    drop(there);
    let (out, refused) = channel();
    here.spawn(Asking(knowing, out)).try_send(None).expect("room");
    assert_eq!(refused.recv(), Ok(Err(throng::AskError::Refused(throng::Reason::Stale))));
    let ledger = here.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.refused.stale, 1);
}

/// Notes in which order it was run.
struct Noting(u64, Arc<std::sync::Mutex<Vec<u64>>>);

impl Actor for Noting {
    type Msg = u64;
    fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.lock().expect("no panic while it was held").push(self.0 * 1_000 + n);
        if n % 7 == 3 {
            let child = cx.spawn(Noting(self.0 + 100, Arc::clone(&self.1)));
            cx.send(child, n + 1)?;
        }
        if n % 5 == 4 {
            let me = cx.me();
            cx.send(me, n + 1)?;
        }
        Ok(())
    }
}

fn inline_run() -> (Vec<u64>, u64) {
    let mut inline: Inline = System::builder().inline();
    let notes = Arc::default();
    let actors: Vec<_> = (0..10).map(|n| inline.spawn(Noting(n, Arc::clone(&notes)))).collect();
    assert!(inline.run_until_idle() >= 10);
    for n in 0..20_u64 {
        for actor in &actors {
            actor.try_send(n).expect("room");
        }
    }
    let turns = inline.run_until_idle();
    assert_eq!(inline.run_until_idle(), 0, "nothing was left to do");
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.queued, ledger.faults), (0, 0));
    assert_eq!(ledger.handled, notes.lock().expect("no panic while it was held").len() as u64);
    assert!(inline.system().quiesce(SOON).is_ok());
    drop(inline);
    assert!(actors.iter().all(|actor| !actor.is_alive()));
    let notes = Arc::into_inner(notes).expect("all states are dropped");
    (notes.into_inner().expect("no panic while it was held"), turns)
}

#[test]
fn inline_runs_the_same_way_each_time() {
    let _dog = watch("inline_runs_the_same_way_each_time");
    let first = inline_run();
    assert!(first.0.len() > 200);
    for _ in 0..20 {
        assert!(inline_run() == first);
    }
}

#[test]
fn inline_contains_panics_and_mutes() {
    let _dog = watch("inline_contains_panics_and_mutes");
    struct Filling(Address<u64>, u64);
    impl Actor for Filling {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            for n in 0..10_u64 {
                cx.send(self.0, n)?;
            }
            self.1 -= 1;
            if self.1 == 0 {
                std::panic::resume_unwind(Box::new("as told"));
            }
            let me = cx.me();
            cx.send(me, ())?;
            Ok(())
        }
    }
    let mut inline = System::builder().inline();
    let options = Options::builder().capacity(2).build().expect("in range");
    let notes = Arc::default();
    let noting = inline.system().try_spawn(Noting(1, Arc::clone(&notes)), &options).expect("memory");
    let filling: Vec<_> = (0..5).map(|_| inline.spawn(Filling(noting, 20))).collect();
    filling.iter().for_each(|filling| filling.try_send(()).expect("room"));
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.queued, ledger.faults), (0, 5));
    assert!(inline.system().activity().muted > 0);
    assert!(filling.iter().all(|filling| !filling.is_alive()));
}

struct Told;

impl Actor for Told {
    type Msg = Pressed;
    fn handle(&mut self, _: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn options_that_make_no_sense_are_refused() {
    const MOST: u32 = Options::CAPACITY_MAX;
    let base = Options::builder();
    let inline = System::builder().inline();
    let upstream = inline.spawn(Told).recipient();
    let signal = base.overflow(Overflow::Signal).upstream(upstream);
    let refused: [(OptionsBuilder, &str); 20] = [
        (base.capacity(0), "capacity = 0 is out of range: give 1 to "),
        (base.capacity(MOST + 1), "is out of range: give 1 to "),
        (base.capacity(u32::MAX), "capacity = 4294967295 is out of range"),
        (base.capacity(10).hard(9), "hard = 9 is out of range: give 10 to "),
        (base.hard(u32::MAX), "hard = 4294967295 is out of range"),
        (base.turn(0), "turn = 0 is out of range: give 1 to 65536"),
        (base.turn(65_537), "turn = 65537 is out of range"),
        (base.max_asks(u32::MAX), "max_asks = 4294967295 is out of range: give 0 to "),
        (base.capacity(MOST).max_asks(2), "max_asks = 2 is out of range"),
        (base.capacity(10).low(10), "low = 10 is out of range: give 0 to 9, which is below the capacity"),
        (
            signal.high(1),
            "high = 1 is out of range: give 257 to 1024, above `low`, which is a quarter of the capacity unless given",
        ),
        (signal.capacity(10).low(5).high(5), "high = 5 is out of range: give 6 to 10, above `low`"),
        (signal.capacity(10).high(11), "high = 11 is out of range: give 3 to 10"),
        (base.high(600), "`high` is a mark under overflow = Signal alone: choose that, or leave `high` out"),
        (base.upstream(upstream), "`upstream` is told of pressure under overflow = Signal alone"),
        (base.overflow(Overflow::Signal), "overflow = Signal needs `upstream`"),
        (base.flows(1_025), "flows = 1025 is out of range: give 0 to 1024, up to the capacity"),
        (base.capacity(200_000).flows(100_000), "as each takes three places beside what the capacity takes"),
        (
            base.capacity(MOST).overflow(Overflow::DropOldestExact),
            "as overflow = DropOldestExact takes a place",
        ),
        (
            base.capacity(MOST).overflow(Overflow::DropOldest),
            "as a mailbox under overflow = DropOldest holds",
        ),
    ];
    let exact = base.capacity(MOST).overflow(Overflow::DropOldestExact).build().expect_err("too much");
    assert!(
        exact.to_string().starts_with(&format!("capacity = {MOST} is out of range: give 1 to ")),
        "{exact}"
    );
    signal.capacity(10).low(0).high(1).build().expect("in range");
    for (builder, words) in refused {
        let error = builder.build().expect_err(words);
        assert!(error.to_string().contains(words), "{error}");
    }
    for capacity in [1, 2, 1_024, MOST / 2, MOST] {
        let options = base.capacity(capacity).build().expect("in range");
        assert_eq!(options.capacity(), capacity);
    }
}

#[test]
fn the_largest_capacity_is_served() {
    let _dog = watch("the_largest_capacity_is_served");
    let mut inline = System::builder().inline();
    let options = Options::builder().capacity(Options::CAPACITY_MAX).build().expect("in range");
    let notes: Arc<std::sync::Mutex<Vec<u64>>> = Arc::default();
    let noting = inline.system().try_spawn(Noting(0, Arc::clone(&notes)), &options).expect("memory");
    // Nobody runs meanwhile; 7 spawns and sends nothing.
    for _ in 0..Options::CAPACITY_MAX {
        noting.try_send(7_u64).expect("room up to the capacity");
    }
    assert!(matches!(noting.try_send(7_u64), Err(SendError::Full(7))));
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.handled, u64::from(Options::CAPACITY_MAX));
}

/// Systems that come and go use the slots again that those before have left, and not one fresh slot after the other: memory, and
/// what a ledger has to walk over, would grow with each of them.
#[test]
fn systems_that_come_and_go_use_the_same_slots() {
    let _dog = watch("systems_that_come_and_go_use_the_same_slots");
    const SYSTEMS: usize = 400;
    let mut again = 0;
    for n in 0..SYSTEMS {
        let mut inline = System::builder().inline();
        for _ in 0..10 {
            let idler = inline.spawn(Idler).to_string();
            let (_, generation) = idler.split_once('.').expect("a number and a generation");
            // The first are fresh; and other tests take slots, too.
            again += usize::from(n >= SYSTEMS / 2 && generation != "0");
        }
        inline.run_until_idle();
    }
    assert!(again > SYSTEMS / 2 * 10 / 2, "{again} of {} slots were used before", SYSTEMS / 2 * 10);
}

/// Does nothing.
struct Idler;

impl Actor for Idler {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

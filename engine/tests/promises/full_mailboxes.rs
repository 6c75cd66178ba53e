//! R10, R11: at a mailbox that is as full as it gets, asks still end, deadlines are kept, and timers stay due.

use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, AskError, Context, Fault, Notice, Options, Outcome, Reply, System, Timer, TooManyAsks,
};

const SOON: Duration = Duration::from_secs(if cfg!(throng_sanitize) { 600 } else { 60 });
const TICK: Duration = Duration::from_millis(1);
/// What a mailbox's word can count: one ask, the news of its deadline, that of a batch and a notice beyond the largest capacity.
const COUNT_MAX: u64 = Options::CAPACITY_MAX as u64 + 4;

/// Waits for something that must come.
fn until(what: &str, mut there: impl FnMut() -> bool) {
    let began = Instant::now();
    while !there() {
        assert!(began.elapsed() < SOON, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// Where a handler waits until the test has done something.
struct Gate(Sender<()>, Receiver<()>);

impl Gate {
    fn pass(&self) {
        self.0.send(()).expect("the test is there");
        let _ = self.1.recv();
    }
}

/// The test's side of a gate.
struct Key(Receiver<()>, Sender<()>);

fn gate() -> (Gate, Key) {
    let ((inside, is_inside), (go, may_go)) = (channel(), channel());
    (Gate(inside, may_go), Key(is_inside, go))
}

impl Key {
    fn wait(&self) {
        self.0.recv_timeout(SOON).expect("the actor comes to the gate");
    }
    fn open(&self) {
        self.1.send(()).expect("the actor waits");
    }
}

/// Hands every reply to the test.
struct Keeper(Sender<Reply<u64>>);

impl Actor for Keeper {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(reply)?;
        Ok(())
    }
}

fn keeper(system: &System) -> (Address<Reply<u64>>, Receiver<Reply<u64>>) {
    let (out, replies) = channel();
    let options = Options::builder().capacity(Options::CAPACITY_MAX).build().expect("in range");
    (system.try_spawn(Keeper(out), &options).expect("memory"), replies)
}

#[derive(Clone)]
enum Msg {
    /// Fill the own mailbox, arm three timers, ask the keeper within this time, and wait at the gate.
    Fill(Duration),
    Filler,
    Outcome(Outcome<u64>),
    Tick(usize),
    /// Ask the keeper within this time, wait at the gate, then send yourself `Again`.
    Hold(Duration),
    /// Ask once more.
    Again(Duration),
}

/// Fills its own mailbox up to the hard limit.
struct Stuffed {
    keeper: Address<Reply<u64>>,
    gate: Gate,
    ticks: Arc<[AtomicU64; 3]>,
    timers: Vec<Timer>,
    outcomes: Sender<Result<Outcome<u64>, TooManyAsks>>,
}

impl Stuffed {
    fn ask(&self, within: Duration, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Err(refused) = cx.ask_within(within, self.keeper, |reply| reply, Msg::Outcome) {
            self.outcomes.send(Err(refused))?;
        }
        Ok(())
    }
}

impl Actor for Stuffed {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            Msg::Again(within) => self.ask(within, cx)?,
            Msg::Fill(within) => {
                while cx.send(me, Msg::Filler).is_ok() {}
                self.timers.drain(..).for_each(|timer| assert!(timer.cancel()));
                self.timers = (0..3).map(|n| cx.every(TICK, move || Msg::Tick(n))).collect();
                self.ask(within, cx)?;
                self.gate.pass();
            }
            Msg::Hold(within) => {
                self.ask(within, cx)?;
                self.gate.pass();
                cx.send(me, Msg::Again(within))?;
            }
            Msg::Filler => {}
            Msg::Outcome(outcome) => self.outcomes.send(Ok(outcome))?,
            Msg::Tick(n) => _ = self.ticks[n].fetch_add(1, Ordering::SeqCst),
        }
        Ok(())
    }
}

#[test]
fn r10_r11_an_actor_at_its_hard_limit_hears_of_its_asks_and_timers() {
    let _dog = watch("r10_r11_an_actor_at_its_hard_limit_hears_of_its_asks_and_timers");
    let system = System::builder().workers(2).build().expect("a system");
    let (keeper, replies) = keeper(&system);
    let (gate, key) = gate();
    let (out, outcomes) = channel();
    let ticks = Arc::new([const { AtomicU64::new(0) }; 3]);
    let options = Options::builder().max_asks(1).build().expect("in range");
    let stuffed = Stuffed { keeper, gate, ticks: Arc::clone(&ticks), timers: Vec::new(), outcomes: out };
    let stuffed = system.try_spawn(stuffed, &options).expect("memory");
    for answered in [true, false, true] {
        // Far beyond the patience of `until`, so that no deadline of an answered ask comes to its help.
        let within = if answered { 10 * SOON } else { TICK };
        let news = system.activity().news;
        stuffed.send_timeout(Msg::Fill(within), SOON).expect("room");
        key.wait();
        let reply = replies.recv_timeout(SOON).expect("the question");
        let late = system.activity().timers_late;
        until("each timer has found the mailbox full", || system.activity().timers_late >= late + 6);
        // Dropped only now, so that an ask that is not answered here is out of time.
        let reply = if answered {
            reply.send(7);
            None
        } else {
            until("the news of the deadline is in", || system.activity().news > news);
            Some(reply)
        };
        key.open();
        let expected = if answered { Ok(7) } else { Err(AskError::Timeout) };
        assert_eq!(outcomes.recv_timeout(SOON), Ok(Ok(expected)));
        let before: Vec<u64> = ticks.iter().map(|n| n.load(Ordering::SeqCst)).collect();
        until("each timer goes on", || {
            ticks.iter().zip(&before).all(|(now, before)| now.load(Ordering::SeqCst) > before + 2)
        });
        assert!(outcomes.try_recv().is_err(), "an ask has ended twice");
        drop(reply);
    }
    drop(replies);
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r10_an_ask_that_timed_out_is_outstanding_until_it_is_handled() {
    let _dog = watch("r10_an_ask_that_timed_out_is_outstanding_until_it_is_handled");
    let system = System::builder().workers(2).build().expect("a system");
    let (keeper, replies) = keeper(&system);
    let (gate, key) = gate();
    let (out, outcomes) = channel();
    let options = Options::builder().max_asks(1).build().expect("in range");
    let stuffed = Stuffed { keeper, gate, ticks: Arc::default(), timers: Vec::new(), outcomes: out };
    let stuffed = system.try_spawn(stuffed, &options).expect("memory");
    stuffed.send_timeout(Msg::Hold(TICK), SOON).expect("room");
    key.wait();
    until("the news of the deadline is in, behind `Hold`", || system.activity().news == 1);
    key.open();
    // The news comes before `Again`, and the outcome after it.
    let heard = [(); 2].map(|()| outcomes.recv_timeout(SOON).expect("an outcome or a refusal"));
    assert_eq!(heard, [Err(TooManyAsks { limit: 1 }), Ok(Err(AskError::Timeout))]);
    drop(replies);
    system.shutdown(SOON).expect("rest");
}

/// What fills the word of a mailbox to the last: asks as many as it may, then does as told.
struct Brimful {
    keeper: Address<Reply<u64>>,
    gate: Gate,
    outcomes: Sender<(u64, Outcome<u64>)>,
    handled: u64,
    within: Duration,
    notices: Sender<Notice<u64>>,
    /// Each ask keeps one.
    held: Arc<()>,
}

struct Answered(u64, Outcome<u64>);

/// What stands for a place that somebody outside has been given.
struct Place(Gate);

impl From<Place> for Answered {
    fn from(place: Place) -> Self {
        place.0.pass();
        Answered(0, Ok(0))
    }
}

/// The capacity, and the hard limit too. Of so many the credit of two is out before it goes back.
const CAPACITY: u64 = 8;
/// Asks that such an actor can have outstanding.
const ASKS: u64 = COUNT_MAX - 3 - CAPACITY;

impl Brimful {
    fn ask(&self, cx: &mut Context<'_, Self>, n: u64, within: Duration) -> Result<(), Fault> {
        let held = Arc::clone(&self.held);
        cx.ask_within(
            within,
            self.keeper,
            |reply| reply,
            move |outcome| {
                drop(held);
                Answered(n, outcome)
            },
        )?;
        Ok(())
    }
}

impl Actor for Brimful {
    type Msg = Answered;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for n in 1..=ASKS {
            self.ask(cx, n, SOON)?;
        }
        self.notices.send(cx.notice(|n| Answered(n, Ok(0))))?;
        self.gate.pass();
        Ok(())
    }
    fn handle(&mut self, Answered(n, outcome): Answered, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled += 1;
        // Two are handled, their credit still out, and the mailbox holds all other outcomes.
        if self.handled == 1 {
            self.ask(cx, ASKS + 1, SOON)?;
        }
        if self.handled == 2 {
            self.ask(cx, ASKS + 2, self.within)?;
            self.gate.pass();
        }
        if n > ASKS {
            self.outcomes.send((n, outcome))?;
        }
        if n == ASKS + 2 {
            self.ask(cx, ASKS + 3, TICK)?;
        }
        Ok(())
    }
}

/// What becomes of the actor while an outcome or the news waits for a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    None,
    Stop,
    Abort,
}

/// Fills the word of a mailbox, so that it is the news or the answer that finds no place.
fn brimful(news_first: bool, end: End) {
    let system = System::builder().workers(2).build().expect("a system");
    let (keeper, replies) = keeper(&system);
    let (gate_of_actor, actor) = gate();
    let (out, outcomes) = channel();
    let options =
        Options::builder().capacity(CAPACITY as u32).max_asks(ASKS as u32).build().expect("in range");
    let (notices, notice) = channel();
    // Where the news is to come last, the answer is there before: under a sanitizer, beside others, that takes longer.
    let later = if cfg!(throng_sanitize) { 5_000 } else { 50 };
    let within = if news_first { TICK } else { TICK * later };
    let held = Arc::new(());
    let brimful = Brimful {
        keeper,
        gate: gate_of_actor,
        outcomes: out,
        handled: 0,
        within,
        notices,
        held: Arc::clone(&held),
    };
    let brimful = system.try_spawn(brimful, &options).expect("memory");
    actor.wait();
    let (gates, places): (Vec<_>, Vec<_>) = (0..CAPACITY).map(|_| gate()).unzip();
    std::thread::scope(|scope| {
        // Gone with the closure if it fails, so that nobody waits at a gate for ever.
        let places = places;
        for gate in gates {
            scope.spawn(move || brimful.recipient().try_send(Place(gate)).expect("a place"));
        }
        places.iter().for_each(Key::wait);
        notice.recv_timeout(SOON).expect("a notice").send(0).expect("it lives");
        for _ in 0..ASKS {
            replies.recv_timeout(SOON).expect("a question").send(1);
        }
        // The keeper may still be at the end of the turn in which it handed out the last question.
        until("the places, the notice and all outcomes are what is queued", || {
            system.ledger().queued == COUNT_MAX - 2
        });
        actor.open();
        actor.wait();
        replies.recv_timeout(SOON).expect("the last question but one").send(1);
        until("its answer took the last place but one", || system.ledger().queued == COUNT_MAX - 1);
        let last = replies.recv_timeout(SOON).expect("the last question");
        if news_first {
            until("the news is in", || system.activity().news > 0);
            // There is no place for the answer.
            last.send(2);
        } else {
            last.send(2);
            until("the answer took the last place", || system.ledger().queued == COUNT_MAX);
            until("the news found no place", || system.activity().timers_late > 0);
        }
        if end != End::None {
            until("the outcome or the news is tried in vain", || system.activity().timers_late > 0);
            if end == End::Stop {
                assert_eq!(brimful.stop_now(), throng::Stopping::Told);
                actor.open();
                until("the actor has ended", || !brimful.is_alive());
            }
            places.iter().for_each(Key::open);
            return;
        }
        actor.open();
        assert_eq!(outcomes.recv_timeout(SOON), Ok((ASKS + 1, Ok(1))));
        assert_eq!(outcomes.recv_timeout(SOON), Ok((ASKS + 2, Ok(2))));
        let _unanswered = replies.recv_timeout(SOON).expect("another question");
        assert_eq!(outcomes.recv_timeout(SOON), Ok((ASKS + 3, Err(AskError::Timeout))));
        places.iter().for_each(Key::open);
    });
    drop(replies);
    match end {
        End::None => {
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            let expected = (ASKS + 3) * 2 + CAPACITY + 1;
            assert_eq!(ledger.handled, expected, "questions, their outcomes, what had places, the notice");
            assert!(outcomes.try_recv().is_err(), "an ask has ended twice");
            drop(outcomes);
            system.shutdown(SOON).expect("rest");
        }
        End::Stop => {
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!((ledger.stopped, ledger.faults), (1, 0));
        }
        End::Abort => {
            // The actor leaves its handler while the workers are sent home.
            let gone = std::thread::spawn(move || drop(system));
            actor.open();
            gone.join().expect("the system goes in peace");
        }
    }
    assert_eq!(Arc::strong_count(&held), 1, "what the asks kept is dropped");
}

#[test]
fn r10_an_outcome_that_finds_no_place_is_kept() {
    let _dog = watch("r10_an_outcome_that_finds_no_place_is_kept");
    brimful(true, End::None);
}

#[test]
fn r10_the_news_of_a_deadline_that_finds_no_place_is_kept() {
    let _dog = watch("r10_the_news_of_a_deadline_that_finds_no_place_is_kept");
    brimful(false, End::None);
}

#[test]
fn r10_what_finds_no_place_ends_with_its_actor() {
    let _dog = watch("r10_what_finds_no_place_ends_with_its_actor");
    for end in [End::Stop, End::Abort] {
        brimful(true, end);
        brimful(false, end);
    }
}

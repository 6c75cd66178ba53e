//! R10: an ask from a handler ends exactly once, too: answered, dropped, refused or out of time, whoever dies meanwhile.

use crate::asks::{Course, Msg, Replier, SOON, two_workers};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{Actor, Address, AskError, Context, Fault, Options, Outcome, Overflow, System};

/// The outcome of each question of an actor.
struct Outcomes(Vec<AtomicU8>);

const ANSWERED: u8 = 1;
const DROPPED: u8 = 2;
const LATE: u8 = 3;
const REFUSED: u8 = 4;
/// Added for a second outcome, which must not be.
const AGAIN: u8 = 16;

/// Counted while it lives: a closure that waits for an outcome holds one.
struct Token(Arc<AtomicU64>);

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Asker {
    repliers: Vec<Address<Msg>>,
    course: fn(u64) -> Course,
    deadline: Duration,
    questions: std::ops::Range<u64>,
    outcomes: Arc<Outcomes>,
    tokens: Arc<AtomicU64>,
    /// Ends after this many questions, with the rest of them open.
    end_after: u64,
}

enum Told {
    Go,
    Outcome(u64, Outcome<u64>),
}

impl Actor for Asker {
    type Msg = Told;
    fn handle(&mut self, message: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Told::Go => {
                for _ in 0..10 {
                    if self.end_after == 0 {
                        cx.stop_now();
                        return Ok(());
                    }
                    let Some(n) = self.questions.next() else { return Ok(()) };
                    self.end_after -= 1;
                    let to = self.repliers[n as usize % self.repliers.len()];
                    let course = (self.course)(n);
                    self.tokens.fetch_add(1, Ordering::SeqCst);
                    let token = Token(Arc::clone(&self.tokens));
                    cx.ask_within(
                        self.deadline,
                        to,
                        |reply| Msg::Question(course, n, reply),
                        move |outcome| {
                            drop(token);
                            Told::Outcome(n, outcome)
                        },
                    )?;
                }
                let me = cx.me();
                cx.send(me, Told::Go)?;
            }
            Told::Outcome(n, outcome) => {
                let mark = match outcome {
                    Ok(answer) => {
                        assert_eq!(answer, n + 1);
                        ANSWERED
                    }
                    Err(AskError::Dropped) => DROPPED,
                    Err(AskError::Timeout) => LATE,
                    Err(_) => REFUSED,
                };
                let before = self.outcomes.0[n as usize].fetch_add(mark, Ordering::SeqCst);
                if before != 0 {
                    self.outcomes.0[n as usize].fetch_add(AGAIN, Ordering::SeqCst);
                }
            }
        }
        Ok(())
    }
}

/// Lets ten actors ask a thousand questions each; gives how often each outcome came.
fn ten_askers(
    system: &System,
    course: fn(u64) -> Course,
    deadline: Duration,
    end_after: u64,
) -> ([u64; 5], u64) {
    const QUESTIONS: u64 = 10_000;
    let options = Options::builder().capacity(2_048).build().expect("in range");
    let repliers: Vec<_> = (0..4).map(|_| system.spawn(Replier::default())).collect();
    let outcomes = Arc::new(Outcomes((0..QUESTIONS).map(|_| AtomicU8::new(0)).collect()));
    let tokens = Arc::new(AtomicU64::new(0));
    for n in 0..10 {
        let asker = Asker {
            repliers: repliers.clone(),
            course,
            deadline,
            questions: n * 1_000..(n + 1) * 1_000,
            outcomes: Arc::clone(&outcomes),
            tokens: Arc::clone(&tokens),
            end_after,
        };
        system.try_spawn(asker, &options).expect("memory").try_send(Told::Go).expect("room");
    }
    // Asks that wait for an answer hold up nobody, so all outcomes are waited for here.
    loop {
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        if tokens.load(Ordering::SeqCst) == 0 {
            break;
        }
        std::thread::yield_now();
    }
    let late = system.quiesce(SOON).expect("rest").late_replies;
    let mut counts = [0; 5];
    for (n, outcome) in outcomes.0.iter().enumerate() {
        let outcome = outcome.load(Ordering::SeqCst);
        assert!(outcome < AGAIN, "question {n} had more than one outcome");
        counts[outcome as usize] += 1;
    }
    (counts, late)
}

#[test]
fn r10_from_handlers_each_way() {
    let _dog = watch("r10_from_handlers_each_way");
    fn course(n: u64) -> Course {
        match n % 4 {
            0 => Course::Answer,
            1 => Course::Drop,
            2 => Course::Fail,
            _ => Course::Later(n % 3_000),
        }
    }
    let system = two_workers();
    let (counts, late) = ten_askers(&system, course, SOON, u64::MAX);
    assert_eq!(counts, [0, 5_000, 5_000, 0, 0]);
    assert_eq!(late, 0);
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r10_from_handlers_at_the_deadline() {
    let _dog = watch("r10_from_handlers_at_the_deadline");
    fn course(n: u64) -> Course {
        if n.is_multiple_of(10) { Course::Keep } else { Course::Later(10_000 + n % 20_000) }
    }
    let system = two_workers();
    let (counts, late) = ten_askers(&system, course, Duration::from_millis(15), u64::MAX);
    assert_eq!((counts[0], counts[DROPPED as usize], counts[REFUSED as usize]), (0, 0, 0), "{counts:?}");
    assert!(counts[LATE as usize] >= 1_000, "what is kept is out of time: {counts:?}");
    assert_eq!(late, counts[LATE as usize] - 1_000, "all but the kept ones were answered late: {counts:?}");
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r10_the_asker_dies() {
    let _dog = watch("r10_the_asker_dies");
    fn course(n: u64) -> Course {
        match n % 4 {
            0 => Course::Answer,
            1 => Course::Drop,
            2 => Course::Later(n % 3_000),
            _ => Course::Keep,
        }
    }
    for end_after in [1, 15, 500] {
        let system = two_workers();
        let (counts, _) = ten_askers(&system, course, Duration::from_millis(5), end_after);
        // What it waited for has ended with it: every closure is gone, which `ten_askers` waits for.
        assert!(counts[0] >= 10 * (1_000 - end_after), "{counts:?}");
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
    }
}

#[test]
fn r10_the_replier_dies() {
    let _dog = watch("r10_the_replier_dies");
    fn course(n: u64) -> Course {
        if n < 100 { Course::Answer } else { Course::Die }
    }
    let system = two_workers();
    let (counts, _) = ten_askers(&system, course, SOON, u64::MAX);
    assert_eq!((counts[0], counts[LATE as usize]), (0, 0), "{counts:?}");
    assert!(counts[DROPPED as usize] >= 4 && counts[REFUSED as usize] > 0, "{counts:?}");
    assert_eq!(counts.iter().sum::<u64>(), 10_000);
    system.shutdown(SOON).expect("rest");
}

/// Asks as often as it may, and tells how often that was.
struct Eager(Address<Msg>, Sender<Result<u64, u32>>);

impl Actor for Eager {
    type Msg = Told;
    fn handle(&mut self, message: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Told::Outcome(n, _) = message {
            let _ = self.1.send(Ok(n));
            return Ok(());
        }
        for n in 0.. {
            let question = |reply| Msg::Question(Course::Answer, n, reply);
            if let Err(refused) = cx.ask(self.0, question, move |outcome| Told::Outcome(n, outcome)) {
                assert_eq!(u64::from(refused.limit), n);
                let _ = self.1.send(Err(refused.limit));
                return Ok(());
            }
        }
        Ok(())
    }
}

#[test]
fn r10_outcomes_come_in_above_capacity_and_their_number_is_limited() {
    let _dog = watch("r10_outcomes_come_in_above_capacity_and_their_number_is_limited");
    let system = two_workers();
    let replier = system.spawn(Replier::default());
    let base = Options::builder().overflow(Overflow::Fail);
    for (options, limit) in
        [(base.capacity(1), 1), (base.capacity(3).max_asks(50), 50), (base.max_asks(0), 0)]
    {
        let (out, results) = channel();
        let options = options.build().expect("in range");
        let eager = system.try_spawn(Eager(replier, out), &options).expect("memory");
        for _ in 0..3 {
            eager.try_send(Told::Go).expect("room");
            let all: Vec<_> = (0..=limit).map(|_| results.recv().expect("an outcome")).collect();
            assert_eq!(all.iter().filter(|result| **result == Err(limit)).count(), 1);
            assert_eq!(all.iter().filter(|result| result.is_ok()).count(), limit as usize);
            system.quiesce(SOON).expect("rest");
        }
    }
}

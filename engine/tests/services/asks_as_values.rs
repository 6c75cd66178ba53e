//! R10 for asks that are put together: each ends once, whoever dies meanwhile, and what is withdrawn stays withdrawn.

use crate::executor::{block_on, poll};
use crate::keeper::{Keeper, LONGER, Msg, SHORT, SOON, ask, run_until, tell};
use crate::seed;
use crate::watchdog::watch;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context as Poll0, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, AskError, Asking, Context, Fault, Inline, Options, Outcome, Reason, Reply, System, first,
    join_all, outcomes,
};

fn inline() -> (Inline, Address<Msg>) {
    let inline = System::builder().inline();
    let keeper = inline.spawn(Keeper::default());
    (inline, keeper)
}

fn late(inline: &Inline) -> u64 {
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    ledger.late_replies
}

const DROPPED: Outcome<u64> = Err(AskError::Dropped);
const TIMEOUT: Outcome<u64> = Err(AskError::Timeout);

/// What becomes of a question, and its outcome.
type Row = (&'static str, fn(u64) -> Option<Msg>, fn(u64) -> Outcome<u64>);

const TABLE: [Row; 5] = [
    ("answered before the deadline", |n| Some(Msg::Answer(n)), |n| Ok(n * 10)),
    ("dropped", |n| Some(Msg::Drop(n)), |_| DROPPED),
    ("failed over it", |n| Some(Msg::Fail(n)), |_| DROPPED),
    ("ended with it", |_| Some(Msg::Die), |_| DROPPED),
    ("kept beyond the deadline", |_| None, |_| TIMEOUT),
];

/// Any combination of two questions.
type Any = Box<dyn Asking<Output = Outcome<Vec<u64>>>>;

/// A combination of question 1, which goes the way of the table, and question 2, which is answered with 20; and its outcome, by
/// that of question 1 and whether question 2 was answered before.
type Combination = (
    &'static str,
    fn(Address<Msg>, Address<Msg>, Duration) -> Any,
    fn(Outcome<u64>, bool) -> Outcome<Vec<u64>>,
);

const COMBINATIONS: [Combination; 4] = [
    (
        "map",
        |one, _, deadline| Box::new(ask(one, 1).deadline(deadline).map(|answer| vec![answer, 7])),
        |one, _| one.map(|one| vec![one, 7]),
    ),
    (
        "join",
        |one, two, deadline| {
            Box::new(ask(one, 1).deadline(deadline).join(ask(two, 2)).map(|(one, two)| vec![one, two]))
        },
        |one, _| one.map(|one| vec![one, 20]),
    ),
    (
        "join_all",
        |one, two, deadline| Box::new(join_all([ask(one, 1).deadline(deadline), ask(two, 2)])),
        |one, _| one.map(|one| vec![one, 20]),
    ),
    (
        "first",
        |one, two, deadline| {
            let quick = first([ask(one, 1).deadline(deadline), ask(two, 2)]);
            Box::new(quick.map(|answer| vec![answer]).map_err(|none| none.last.expect("two were asked")))
        },
        |one, second_came| Ok(vec![if second_came { 20 } else { one.unwrap_or(20) }]),
    ),
];

#[test]
fn r10_each_way_through_each_combination() {
    let _dog = watch("r10_each_way_through_each_combination");
    for (way, course, wanted) in TABLE {
        for (name, combine, expected) in COMBINATIONS {
            for second_first in [true, false] {
                let (mut inline, keeper) = inline();
                let other = inline.spawn(Keeper::default());
                let deadline = if course(1).is_none() { SHORT } else { SOON };
                let began = Instant::now();
                let mut future = combine(keeper, other, deadline);
                assert!(poll(&mut future).is_pending(), "{name}, {way}");
                inline.run_until_idle();
                let mut orders = vec![(keeper, course(1)), (other, Some(Msg::Answer(2)))];
                if second_first {
                    orders.reverse();
                }
                for (to, order) in orders {
                    tell(&mut inline, to, order);
                }
                // Whoever waits out the deadline has heard the second by then.
                let second_came = second_first || course(1).is_none();
                let outcome = run_until(&mut inline, &mut future);
                assert_eq!(outcome, expected(wanted(1), second_came), "{name}, {way}");
                let late_at_all = outcome == Err(AskError::Timeout);
                assert!(!late_at_all || began.elapsed() >= deadline, "{name}, {way}: too early");
                assert!(late(&inline) <= 1);
            }
        }
    }
}

#[test]
fn all_outcomes_stand_in_the_order_of_the_asks() {
    let (mut inline, keeper) = inline();
    let (dies, ended) = (inline.spawn(Keeper::default()), inline.spawn(Keeper::default()));
    tell(&mut inline, ended, [Msg::Die]);
    let asks = [
        ask(keeper, 1),
        ask(dies, 2),
        ask(ended, 3),
        ask(keeper, 4).deadline(LONGER),
        ask(keeper, 5),
        ask(keeper, 6),
    ];
    let mut all = outcomes(asks);
    assert!(poll(&mut all).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(6), Msg::Fail(5), Msg::Answer(1)]);
    tell(&mut inline, dies, [Msg::Die]);
    assert!(poll(&mut all).is_pending(), "one is left");
    let stale = Err(AskError::Refused(Reason::Stale));
    assert_eq!(run_until(&mut inline, &mut all), [Ok(10), DROPPED, stale, TIMEOUT, DROPPED, Ok(60)]);
    tell(&mut inline, keeper, [Msg::Answer(4)]);
    assert_eq!(late(&inline), 1);
    assert_eq!(poll(&mut outcomes(Vec::<throng::Ask<Msg, u64>>::new())), Poll::Ready(Vec::new()));
    assert_eq!(poll(&mut join_all(Vec::<throng::Ask<Msg, u64>>::new())), Poll::Ready(Ok(Vec::new())));
}

/// The first failure is told, and whatever is left is withdrawn: its answers are late.
#[test]
fn join_all_ends_with_the_first_failure() {
    let (mut inline, keeper) = inline();
    let mut all = join_all((0..5).map(|n| ask(keeper, n)));
    assert!(poll(&mut all).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(3), Msg::Drop(2)]);
    assert_eq!(poll(&mut all), Poll::Ready(Err(AskError::Dropped)));
    tell(&mut inline, keeper, [Msg::AnswerAll]);
    assert_eq!(late(&inline), 3, "0, 1 and 4");
    // Of two it is the other one.
    for (fails, left) in [(1, 2), (2, 1)] {
        let before = late(&inline);
        let mut joined = ask(keeper, 1).join(ask(keeper, 2));
        assert!(poll(&mut joined).is_pending());
        inline.run_until_idle();
        tell(&mut inline, keeper, [Msg::Fail(fails)]);
        assert_eq!(poll(&mut joined), Poll::Ready(Err(AskError::Dropped)));
        tell(&mut inline, keeper, [Msg::Answer(left)]);
        assert_eq!(late(&inline) - before, 1);
    }
}

#[test]
fn the_first_answer_withdraws_the_rest_and_no_answer_tells_every_failure() {
    let (mut inline, keeper) = inline();
    let mut quick = first((0..4).map(|n| ask(keeper, n)));
    assert!(poll(&mut quick).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Drop(0), Msg::Answer(2)]);
    assert_eq!(poll(&mut quick), Poll::Ready(Ok(20)));
    tell(&mut inline, keeper, [Msg::AnswerAll]);
    assert_eq!(late(&inline), 2, "1 and 3");

    let mut none = first([ask(keeper, 1).deadline(LONGER), ask(keeper, 2)]);
    assert!(poll(&mut none).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Drop(2)]);
    let failed = run_until(&mut inline, &mut none).expect_err("nobody answers");
    assert_eq!(failed.failures, [AskError::Timeout, AskError::Dropped]);
    assert_eq!(failed.last, Some(AskError::Timeout));
    assert!(failed.to_string().contains("none of 2 answered"), "{failed}");
    let nobody = first(Vec::<throng::Ask<Msg, u64>>::new()).wait().expect_err("nobody was asked");
    assert_eq!((nobody.failures.len(), nobody.last), (0, None));
}

/// Dropped half way: what was answered is gone, what was asked is late, what waits for a place is not asked; and the slots
/// that the late answers know are nobody else's.
#[test]
fn r10_a_combination_dropped_half_way_withdraws_what_is_left() {
    let _dog = watch("r10_a_combination_dropped_half_way_withdraws_what_is_left");
    let (mut inline, keeper) = inline();
    let small = Options::builder().capacity(2).build().expect("in range");
    let narrow = inline.system().try_spawn(Keeper::default(), &small).expect("memory");
    for polled in [false, true] {
        let (late_before, handled) = (late(&inline), inline.system().ledger().handled);
        let asked = join_all((0..6).map(|n| ask(keeper, n)));
        // Two have a place, and four wait for one.
        let mut waiting = asked.join(join_all((0..6).map(|n| ask(narrow, n))));
        if polled {
            assert!(poll(&mut waiting).is_pending());
            assert!(poll(&mut waiting).is_pending());
            tell(&mut inline, keeper, [Msg::Answer(1)]);
        }
        drop(waiting);
        inline.run_until_idle();
        // These use memory again, if anything does.
        let mut after = join_all((10..16).map(|n| ask(keeper, n)));
        assert!(poll(&mut after).is_pending());
        inline.run_until_idle();
        tell(&mut inline, keeper, (0..6).map(Msg::Answer));
        tell(&mut inline, narrow, [Msg::AnswerAll]);
        assert!(poll(&mut after).is_pending(), "late answers are nobody's");
        tell(&mut inline, keeper, (10..16).map(Msg::Answer));
        assert_eq!(poll(&mut after), Poll::Ready(Ok(vec![100, 110, 120, 130, 140, 150])));
        let asked = if polled { 6 + 2 } else { 0 };
        let (late_now, ledger) = (late(&inline), inline.system().ledger());
        // Each of the eight but the one that was answered before.
        assert_eq!(late_now - late_before, if polled { 7 } else { 0 });
        let told = 6 + 6 + 6 + 1 + u64::from(polled);
        assert_eq!(ledger.handled - handled, asked + told, "polled: {polled}");
    }
}

#[test]
fn a_deadline_over_all_shortens_and_does_not_lengthen() {
    let _dog = watch("a_deadline_over_all_shortens_and_does_not_lengthen");
    let (mut inline, keeper) = inline();
    let own = |n| keeper.ask(move |reply| Msg::Ask(n, reply));
    // A long one is cut, one that names none gets it.
    let began = Instant::now();
    let mut all = outcomes([ask(keeper, 1), own(2)]).within(SHORT);
    assert_eq!(run_until(&mut inline, &mut all), [TIMEOUT, TIMEOUT]);
    let took = began.elapsed();
    assert!(took >= SHORT && took < Duration::from_secs(4), "{took:?}");
    // A short one stays.
    let began = Instant::now();
    let mut all = first([own(1).deadline(SHORT)]).within(SOON);
    assert!(run_until(&mut inline, &mut all).is_err());
    assert!(began.elapsed() >= SHORT && began.elapsed() < SOON / 2);
    // Through every combination, on a thread whose system has no clock of its own running: the thread's keeps it.
    let began = Instant::now();
    let deep = join_all([ask(keeper, 3), ask(keeper, 4)]).join(own(5).map(|n| n).map_err(|error| error));
    assert_eq!(deep.within(SHORT).wait(), Err(AskError::Timeout));
    assert!(began.elapsed() >= SHORT && began.elapsed() < SOON / 2);
}

#[test]
fn a_wait_on_a_worker_is_refused_and_asks_nothing() {
    struct Waits(Address<Msg>);
    impl Actor for Waits {
        type Msg = Reply<Vec<Outcome<u64>>>;
        fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let joined = ask(self.0, 3).join(ask(self.0, 4)).wait();
            assert_eq!(joined, Err(AskError::Refused(Reason::WouldBlock)));
            reply.send(outcomes([ask(self.0, 1), ask(self.0, 2)]).wait());
            Ok(())
        }
    }
    let (mut inline, keeper) = inline();
    let waits = inline.spawn(Waits(keeper));
    let mut asked = waits.ask(|reply| reply).deadline(SOON);
    let refused = Err(AskError::Refused(Reason::WouldBlock));
    assert_eq!(run_until(&mut inline, &mut asked), Ok(vec![refused, refused]));
    assert_eq!(inline.system().ledger().handled, 1);
}

/// A waker that counts.
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Whoever waits is woken at each answer, and may be somebody else each time.
#[test]
fn the_last_waker_is_the_one_that_is_told() {
    let (mut inline, keeper) = inline();
    let mut all = Box::pin(outcomes((0..3).map(|n| ask(keeper, n))));
    let wakers = [0, 1].map(|_| Arc::new(Counts(AtomicUsize::new(0))));
    let counts = || wakers.each_ref().map(|waker| waker.0.load(Ordering::SeqCst));
    for waker in &wakers {
        let waker = Waker::from(Arc::clone(waker));
        assert!(all.as_mut().poll(&mut Poll0::from_waker(&waker)).is_pending());
    }
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(0), Msg::Answer(1)]);
    assert_eq!(counts(), [0, 1], "once, until it polls again");
    let waker = Waker::from(Arc::clone(&wakers[0]));
    assert!(all.as_mut().poll(&mut Poll0::from_waker(&waker)).is_pending());
    tell(&mut inline, keeper, [Msg::Answer(2)]);
    assert_eq!(counts(), [1, 1]);
    assert_eq!(poll(&mut all), Poll::Ready(vec![Ok(0), Ok(10), Ok(20)]));
}

/// Answers come from other threads, at the deadline, before and after: each part ends once.
#[test]
fn r10_at_the_deadline_on_threads() {
    let _dog = watch("r10_at_the_deadline_on_threads");
    const ROUNDS: u64 = 300;
    const PARTS: u64 = 6;
    let mut random = seed::random();
    let system = System::builder().workers(2).build().expect("a system");
    let answerers: Vec<_> = (0..PARTS).map(|_| system.spawn(After)).collect();
    let (mut answered, mut timed_out) = (0, 0);
    for round in 0..ROUNDS {
        let deadline = Duration::from_micros(1_000 + random.below(3_000));
        let asks = answerers.iter().map(|to| {
            let delay = Duration::from_micros(random.below(6_000));
            to.ask(move |reply| Later(delay, Some(reply), round))
        });
        let all = outcomes(asks).within(deadline);
        let began = Instant::now();
        let all = if round % 2 == 0 { block_on(all) } else { all.wait() };
        for outcome in all {
            match outcome {
                Ok(answer) => {
                    assert_eq!(answer, round);
                    answered += 1;
                }
                Err(error) => {
                    assert_eq!(error, AskError::Timeout);
                    assert!(began.elapsed() >= deadline, "too early");
                    timed_out += 1;
                }
            }
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    println!("{answered} answered, {timed_out} not in time");
    assert_eq!((answered + timed_out, ledger.late_replies), (ROUNDS * PARTS, timed_out));
}

/// Answers after a time.
struct After;

struct Later(Duration, Option<Reply<u64>>, u64);

impl Actor for After {
    type Msg = Later;
    fn handle(&mut self, later: Later, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match later {
            Later(Duration::ZERO, Some(reply), n) => reply.send(n),
            Later(delay, reply, n) => drop(cx.after(delay, Later(Duration::ZERO, reply, n))),
        }
        Ok(())
    }
}

/// So many at once that polling all of them at each answer would take minutes.
#[test]
fn ten_thousand_at_once() {
    let _dog = watch("ten_thousand_at_once");
    let system = System::builder().workers(2).build().expect("a system");
    let answerers: Vec<_> = (0..100).map(|_| system.spawn(After)).collect();
    let asks = (0..10_000)
        .map(|n| answerers[n % 100].ask(move |reply| Later(Duration::ZERO, Some(reply), n as u64)));
    let all = join_all(asks).within(SOON).wait().expect("all answer");
    assert!(all.into_iter().eq(0..10_000));
}

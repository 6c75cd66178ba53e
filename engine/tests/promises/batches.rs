//! Messages handled together: how many, for how long, and what becomes of the rest of a batch that is left early.

use crate::payload::{Book, Entry};
use crate::policies::{ALL, under};
use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Batch, Context, Directive, Fault, OptionsBuilder, Overflow, Reply, System};

const SOON: Duration = Duration::from_secs(100);
/// Longer than any test takes: a batch that waits for this waits for something else.
const NEVER: Duration = Duration::from_secs(3_600);

enum Msg {
    Entry(Entry),
    /// Take no more of this batch.
    Enough,
    Panic,
    Fail,
    Stop,
    StopNow,
    Ask(Address<Reply<u64>>),
    Outcome,
}

/// What was handled: entries by number, in batches; what was handled by itself stands alone, and marked.
type Batches = Arc<Mutex<Vec<Vec<usize>>>>;

const ALONE: usize = 1_000_000;
const OUTCOME: usize = 3_000_000;

struct Gatherer {
    batches: Batches,
    /// Takes nothing of a batch.
    idle: bool,
    resumes: bool,
}

impl Gatherer {
    fn one(&mut self, message: Msg, cx: &mut Context<'_, Self>, mark: usize) -> Result<bool, Fault> {
        let add = |n| {
            let mut batches = self.batches.lock().expect("nobody panics");
            match batches.last_mut() {
                Some(last) if mark == 0 => last.push(n),
                _ => batches.push(vec![n + mark]),
            }
        };
        match message {
            Msg::Entry(entry) => {
                entry.handled();
                add(entry.id);
            }
            Msg::Enough => return Ok(false),
            Msg::Panic => resume_unwind(Box::new("as told")),
            Msg::Fail => return Err(Fault::msg("as told")),
            Msg::Stop => cx.stop(),
            Msg::StopNow => cx.stop_now(),
            Msg::Ask(to) => cx.ask(to, |reply| reply, |_| Msg::Outcome)?,
            Msg::Outcome => add(OUTCOME),
        }
        Ok(true)
    }
}

impl Actor for Gatherer {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.one(message, cx, ALONE).map(|_| ())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, Msg>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.idle {
            return Ok(());
        }
        self.batches.lock().expect("nobody panics").push(Vec::new());
        for message in batch.by_ref() {
            if !self.one(message, cx, 0)? {
                break;
            }
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

struct Oracle;

impl Actor for Oracle {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(7);
        Ok(())
    }
}

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

fn gatherer(system: &System, options: OptionsBuilder, idle: bool, resumes: bool) -> (Address<Msg>, Batches) {
    let batches = Batches::default();
    let actor = Gatherer { batches: Arc::clone(&batches), idle, resumes };
    (system.try_spawn(actor, &options.build().expect("in range")).expect("memory"), batches)
}

fn take(batches: &Batches) -> Vec<Vec<usize>> {
    let mut all = std::mem::take(&mut *batches.lock().expect("nobody panics"));
    all.retain(|batch| !batch.is_empty());
    all
}

/// Fills the mailbox while the actor is suspended, then lets it have all of it at once.
fn at_once(system: &System, to: Address<Msg>, messages: impl IntoIterator<Item = Msg>) {
    assert!(to.suspend());
    messages.into_iter().for_each(|message| to.try_send(message).expect("room"));
    assert!(to.resume());
    system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn a_batch_is_as_large_as_it_may_be_or_what_is_there() {
    let _dog = watch("a_batch_is_as_large_as_it_may_be_or_what_is_there");
    for overflow in ALL {
        for (capacity, most) in [(1_usize, 1_u32), (20, 1), (20, 7), (20, 20), (1_024, 100)] {
            let system = system(1);
            let options = under(&system, overflow, capacity as u32).gather(most, Duration::ZERO);
            let (to, batches) = gatherer(&system, options, false, false);
            let book = Book::new(capacity);
            at_once(&system, to, (0..capacity).map(|id| Msg::Entry(book.entry(id))));
            let expected: Vec<_> =
                (0..capacity).collect::<Vec<_>>().chunks(most as usize).map(<[_]>::to_vec).collect();
            assert_eq!(take(&batches), expected, "{overflow:?}, {most} of {capacity}");
            let ledger = system.shutdown(SOON).expect("rest");
            assert_eq!((ledger.refused.total(), ledger.dropped.total()), (0, 0), "{overflow:?}");
        }
    }
}

/// With time to wait only a full batch is handled; or at once what is there, when the actor is to end.
#[test]
fn a_batch_waits_until_it_is_full_and_a_stop_waits_for_nothing() {
    let _dog = watch("a_batch_waits_until_it_is_full_and_a_stop_waits_for_nothing");
    for overflow in ALL {
        for order in ["stop", "stop_now", "kill", "abort", "suspend"] {
            let system = system(2);
            let (to, batches) = gatherer(&system, under(&system, overflow, 8).gather(4, NEVER), false, false);
            let book = Book::new(100);
            (0..5).for_each(|id| to.try_send(Msg::Entry(book.entry(id))).expect("room"));
            while system.ledger().handled < 4 {
                std::thread::yield_now();
            }
            assert_eq!(take(&batches), [[0, 1, 2, 3]], "{overflow:?}");
            let busy = system.quiesce(Duration::from_millis(5)).expect_err("one waits for three more");
            assert_eq!((busy.unhandled, busy.ledger.queued), (1, 1), "{overflow:?}");
            let (handled, dead) = match order {
                "stop" => {
                    let _told = to.stop();
                    (5, 0)
                }
                "stop_now" => {
                    let _told = to.stop_now();
                    (4, 1)
                }
                "kill" => {
                    let _told = to.kill();
                    (4, 1)
                }
                "abort" => {
                    let ledger = system.abort();
                    ledger.check().expect("the ledger adds up");
                    assert_eq!((ledger.handled, ledger.dead.aborted), (4, 1), "{overflow:?}");
                    assert_eq!(book.fate(4), (0, 1));
                    continue;
                }
                _ => {
                    assert!(to.suspend());
                    (5..8).for_each(|id| to.try_send(Msg::Entry(book.entry(id))).expect("room"));
                    assert!(take(&batches).is_empty());
                    assert!(to.resume());
                    (8, 0)
                }
            };
            let ledger = system.quiesce(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!((ledger.handled, ledger.dead.total()), (handled, dead), "{overflow:?}, {order}");
            assert_eq!(book.fate(4).1, 1);
        }
    }
}

/// The time runs from the first message of a batch, and the timer of an earlier batch does not cut it short.
#[test]
fn a_batch_waits_its_own_time() {
    let _dog = watch("a_batch_waits_its_own_time");
    const WITHIN: Duration = Duration::from_millis(150);
    // A machine that stalls may need more than one attempt.
    const ATTEMPTS: usize = 20;
    let attempt = |overflow| {
        let system = system(2);
        let (to, batches) = gatherer(&system, under(&system, overflow, 8).gather(3, WITHIN), false, false);
        let book = Book::new(100);
        let began = Instant::now();
        to.try_send(Msg::Entry(book.entry(0))).expect("room");
        // It waits, with a timer, until it is full.
        if system.quiesce(Duration::from_millis(5)).is_ok() {
            assert!(began.elapsed() >= WITHIN, "it waits");
            return false;
        }
        (1..3).for_each(|id| to.try_send(Msg::Entry(book.entry(id))).expect("room"));
        system.quiesce(SOON).expect("rest");
        if began.elapsed() >= WITHIN {
            return false;
        }
        while began.elapsed() < WITHIN / 2 {
            std::thread::yield_now();
        }
        let began = Instant::now();
        to.try_send(Msg::Entry(book.entry(3))).expect("room");
        system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
        assert!(began.elapsed() >= WITHIN, "{overflow:?}: after {:?}", began.elapsed());
        assert_eq!(take(&batches), [vec![0, 1, 2], vec![3]]);
        true
    };
    for overflow in [Overflow::Mute, Overflow::DropOldestExact] {
        assert!((0..ATTEMPTS).any(|_| attempt(overflow)), "{overflow:?}: never full within {WITHIN:?}");
    }
}

#[test]
fn r03_what_is_left_of_a_batch_comes_first_in_the_next() {
    let _dog = watch("r03_what_is_left_of_a_batch_comes_first_in_the_next");
    for overflow in ALL {
        let system = system(1);
        let (to, batches) =
            gatherer(&system, under(&system, overflow, 64).gather(4, Duration::ZERO), false, true);
        let book = Book::new(100);
        let entry = |id| Msg::Entry(book.entry(id));
        at_once(&system, to, [entry(0), Msg::Enough, entry(1), entry(2), entry(3), entry(4)]);
        assert_eq!(take(&batches), [vec![0], vec![1, 2, 3, 4]], "{overflow:?}");
        at_once(&system, to, [entry(0), Msg::Panic, entry(1), entry(2), entry(3), Msg::Fail, entry(4)]);
        assert_eq!(take(&batches), [vec![0], vec![1, 2, 3], vec![4]], "{overflow:?}");
        at_once(&system, to, (0..9).map(|id| if id % 2 == 0 { Msg::Panic } else { entry(id) }));
        assert_eq!(take(&batches), [[1], [3], [5], [7]], "{overflow:?}");
        let ledger = system.shutdown(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.faults, ledger.dead.total(), ledger.handled), (7, 0, 22), "{overflow:?}");
    }
}

#[test]
fn r03_what_is_left_of_a_batch_is_dead_if_the_actor_ends() {
    let _dog = watch("r03_what_is_left_of_a_batch_is_dead_if_the_actor_ends");
    for overflow in ALL {
        for (how, handled, dead) in
            [(Msg::Panic, 2, 6), (Msg::Fail, 2, 6), (Msg::StopNow, 4, 4), (Msg::Stop, 8, 0)]
        {
            let system = system(1);
            let options = under(&system, overflow, 64).gather(4, NEVER);
            let (to, batches) = gatherer(&system, options, false, false);
            let book = Book::new(8);
            let mut how = Some(how);
            let messages =
                (0..8).filter_map(|id| if id == 1 { how.take() } else { Some(Msg::Entry(book.entry(id))) });
            at_once(&system, to, messages.collect::<Vec<_>>());
            let ledger = system.shutdown(SOON).expect("rest");
            ledger.check().expect("the ledger adds up");
            assert_eq!((ledger.handled, ledger.dead.total()), (handled, dead), "{overflow:?}");
            assert_eq!(
                take(&batches).concat().len() as u64,
                handled - 1,
                "the one that ended it is no entry"
            );
            assert!((0..8).filter(|id| *id != 1).all(|id| book.fate(id).1 == 1), "{overflow:?}");
        }
    }
}

#[test]
fn a_batch_of_which_nothing_is_taken_is_handled_one_by_one() {
    let _dog = watch("a_batch_of_which_nothing_is_taken_is_handled_one_by_one");
    for overflow in ALL {
        let system = system(1);
        let options = under(&system, overflow, 64).gather(4, Duration::ZERO);
        let (to, batches) = gatherer(&system, options, true, true);
        let book = Book::new(100);
        at_once(&system, to, (0..10).map(|id| if id == 5 { Msg::Panic } else { Msg::Entry(book.entry(id)) }));
        let expected: Vec<_> = (0..10).filter(|id| *id != 5).map(|id| vec![ALONE + id]).collect();
        assert_eq!(take(&batches), expected, "{overflow:?}");
        let ledger = system.shutdown(SOON).expect("rest");
        assert_eq!((ledger.handled, ledger.faults), (10, 1));
    }
}

/// By default a batch is gathered, and goes to `handle`: all of it at once, without another wait.
#[test]
fn by_default_a_batch_goes_to_handle() {
    let _dog = watch("by_default_a_batch_goes_to_handle");
    struct Plain(Batches);
    impl Actor for Plain {
        type Msg = Entry;
        fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            entry.handled();
            self.0.lock().expect("nobody panics").push(vec![entry.id]);
            Ok(())
        }
    }
    for overflow in ALL {
        let (system, batches, book) = (system(2), Batches::default(), Book::new(6));
        let options = under(&system, overflow, 8).gather(4, NEVER).build().expect("in range");
        let to = system.try_spawn(Plain(Arc::clone(&batches)), &options).expect("memory");
        (0..6).for_each(|id| to.try_send(book.entry(id)).expect("room"));
        while system.ledger().handled < 4 {
            std::thread::yield_now();
        }
        let busy = system.quiesce(Duration::from_millis(5)).expect_err("two wait for two more");
        assert_eq!(
            (busy.unhandled, take(&batches)),
            (2, (0..4).map(|id| vec![id]).collect()),
            "{overflow:?}"
        );
        assert_eq!(to.stop(), throng::Stopping::Told);
        system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
        assert_eq!(take(&batches), [[4], [5]], "{overflow:?}");
    }
}

/// What is the engine's own comes by itself, after what came before it and before what came after.
#[test]
fn outcomes_and_barriers_part_batches() {
    let _dog = watch("outcomes_and_barriers_part_batches");
    for overflow in ALL {
        for within in [Duration::ZERO, NEVER] {
            let system = system(1);
            let (to, batches) =
                gatherer(&system, under(&system, overflow, 64).gather(6, within), false, false);
            let oracle = system.spawn(Oracle);
            let book = Book::new(100);
            let entry = |id| Msg::Entry(book.entry(id));
            // One full batch, in which it asks; the outcome finds two entries gathered.
            assert!(to.suspend());
            (0..5).for_each(|id| to.try_send(entry(id)).expect("room"));
            to.try_send(Msg::Ask(oracle)).expect("room");
            (5..7).for_each(|id| to.try_send(entry(id)).expect("room"));
            assert!(to.resume());
            let ledger = system.quiesce(SOON).expect("the outcome parts them");
            ledger.check().expect("the ledger adds up");
            let all = take(&batches);
            assert_eq!(all[..2], [vec![0, 1, 2, 3, 4], vec![5, 6]], "{overflow:?}, {within:?}");
            assert_eq!(all[2..], [[OUTCOME + ALONE]], "{overflow:?}");
            // A barrier is told after what was sent before it, though the batch is not full.
            (7..9).for_each(|id| to.try_send(entry(id)).expect("room"));
            to.barrier().deadline(SOON).wait().expect("told");
            assert_eq!(take(&batches).concat(), [7, 8], "{overflow:?}, {within:?}");
            system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
        }
    }
}

/// Timers are messages like others.
#[test]
fn timers_are_gathered_too() {
    let _dog = watch("timers_are_gathered_too");
    struct Ticking(Gatherer);
    impl Actor for Ticking {
        type Msg = usize;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            (0..4_usize).for_each(|n| _ = cx.after(Duration::from_millis(1), n));
            Ok(())
        }
        fn handle(&mut self, _: usize, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Err(Fault::msg("not in a batch"))
        }
        fn handle_batch(
            &mut self,
            batch: &mut Batch<'_, usize>,
            _: &mut Context<'_, Self>,
        ) -> Result<(), Fault> {
            assert_eq!(batch.len(), 4);
            self.0.batches.lock().expect("nobody panics").push(batch.collect());
            Ok(())
        }
    }
    for overflow in ALL {
        let system = system(1);
        let batches = Batches::default();
        let options = under(&system, overflow, 4).gather(4, NEVER).build().expect("in range");
        let inner = Gatherer { batches: Arc::clone(&batches), idle: false, resumes: false };
        let to = system.try_spawn(Ticking(inner), &options).expect("memory");
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        assert_eq!((ledger.faults, to.is_alive()), (0, true), "{overflow:?}");
        let mut got = take(&batches).concat();
        got.sort_unstable();
        assert_eq!(got, [0, 1, 2, 3], "{overflow:?}");
    }
}

/// A batch that is gathered counts against the bound, and is what the oldest are dropped from.
#[test]
fn what_is_gathered_counts() {
    let _dog = watch("what_is_gathered_counts");
    for overflow in [Overflow::Fail, Overflow::DropNewest, Overflow::DropOldest] {
        let system = system(2);
        let options = under(&system, overflow, 4).gather(4, NEVER);
        let (to, batches) = gatherer(&system, options, false, false);
        let book = Book::new(100);
        let entry = |id| Msg::Entry(book.entry(id));
        (0..3).for_each(|id| to.try_send(entry(id)).expect("room"));
        system.quiesce(Duration::from_millis(5)).expect_err("they wait");
        assert!(to.suspend());
        to.try_send(entry(3)).expect("room for the fourth");
        assert!(to.try_send(entry(4)).is_err(), "{overflow:?}");
        if overflow == Overflow::DropOldest {
            (5..9).for_each(|id| to.send(entry(id)).expect("accepted"));
        }
        assert!(to.resume());
        system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
        let expected: Vec<usize> =
            if overflow == Overflow::DropOldest { (5..9).collect() } else { (0..4).collect() };
        assert_eq!(take(&batches), [expected], "{overflow:?}");
        system.shutdown(SOON).expect("rest");
    }
}

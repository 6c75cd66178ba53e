//! Messages that an actor keeps for later: in order, within the bound, and in the ledger.

use crate::gate::{Gate, gate};
use crate::payload::{Book, Entry};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{
    Actor, Address, Batch, Context, Directive, Fault, Inline, Lane, Level, Options, OptionsBuilder, Overflow,
    Pressed, Reply, Stopping, System,
};

const SOON: Duration = Duration::from_secs(60);

/// Does what its messages say.
struct Keeper {
    told: Sender<String>,
    /// Keeps every plain message.
    keeps: bool,
    resumes: bool,
    unstashes_when_failed: bool,
}

enum Msg {
    Plain(u32),
    Urgent(u32),
    Keep(bool),
    /// Gives back so many, and then no more is kept.
    GiveBack(usize),
    GiveAllBack,
    GiveAllBackAndStop,
    GiveAllBackAndStopNow,
    StopKeeping,
    Fail,
    Panic,
    /// Keeps two messages of its own.
    Make,
    Count,
}

impl Keeper {
    fn new() -> (Keeper, Receiver<String>) {
        let (told, tells) = channel();
        (Keeper { told, keeps: true, resumes: true, unstashes_when_failed: false }, tells)
    }

    fn say(&self, words: impl Into<String>) {
        self.told.send(words.into()).expect("the test listens");
    }

    fn keep(&mut self, message: Msg, cx: &mut Context<'_, Self>) {
        if let Err(full) = cx.stash(message) {
            let (Msg::Plain(n) | Msg::Urgent(n)) = full.message else { panic!("only these are kept") };
            self.say(format!("{n} found {} kept", full.most));
        }
    }
}

impl Actor for Keeper {
    type Msg = Msg;

    fn lane(&self, message: &Msg) -> Lane {
        if matches!(message, Msg::Urgent(_) | Msg::GiveAllBack) { Lane::Urgent } else { Lane::Normal }
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Plain(_) | Msg::Urgent(_) if self.keeps => self.keep(message, cx),
            Msg::Plain(n) | Msg::Urgent(n) => self.say(n.to_string()),
            Msg::Keep(keeps) => self.keeps = keeps,
            Msg::GiveBack(n) => {
                self.keeps = false;
                let given = (0..n).filter(|_| cx.unstash()).count();
                self.say(format!("{given} back"));
            }
            Msg::GiveAllBack => {
                self.keeps = false;
                let given = cx.unstash_all();
                self.say(format!("{given} back"));
            }
            Msg::GiveAllBackAndStop => {
                self.keeps = false;
                cx.unstash_all();
                cx.stop();
            }
            Msg::GiveAllBackAndStopNow => {
                cx.unstash_all();
                cx.stop_now();
            }
            Msg::StopKeeping => cx.stop(),
            Msg::Fail => {
                self.keep(Msg::Plain(99), cx);
                return Err(Fault::msg("as asked"));
            }
            Msg::Panic => {
                self.keeps = false;
                cx.unstash_all();
                panic!("as asked");
            }
            Msg::Make => {
                self.keep(Msg::Plain(100), cx);
                self.keep(Msg::Plain(101), cx);
            }
            Msg::Count => self.say(format!("{} kept", cx.stashed())),
        }
        Ok(())
    }

    fn failed(&mut self, _: &Fault, cx: &mut Context<'_, Self>) -> Directive {
        if self.unstashes_when_failed {
            self.keeps = false;
            cx.unstash_all();
        }
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

fn with(options: OptionsBuilder) -> (Inline, Address<Msg>, Receiver<String>) {
    let (keeper, tells) = Keeper::new();
    let inline = System::builder().inline();
    let options = options.build().expect("in range");
    let address = inline.system().try_spawn(keeper, &options).expect("room");
    (inline, address, tells)
}

fn keeping(capacity: u32) -> (Inline, Address<Msg>, Receiver<String>) {
    with(Options::builder().capacity(capacity))
}

fn send(to: Address<Msg>, messages: impl IntoIterator<Item = Msg>) {
    for message in messages {
        to.try_send(message).expect("room");
    }
}

fn told(tells: &Receiver<String>) -> Vec<String> {
    tells.try_iter().collect()
}

/// At rest, with so many kept.
fn settled(inline: &Inline, kept: u64) {
    let ledger = inline.system().quiesce(Duration::ZERO).expect("what is kept is no work");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.queued, kept, "{ledger:?}");
}

#[test]
fn what_is_given_back_comes_in_order_and_before_what_came_later() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
    inline.run_until_idle();
    settled(&inline, 2);
    send(keeper, [Msg::Plain(3), Msg::GiveAllBack, Msg::Plain(4), Msg::Plain(5)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "1", "2", "3", "4", "5"]);
    settled(&inline, 0);
}

/// The message that gives back is handled in place, with nothing behind it.
#[test]
fn what_is_given_back_from_in_place_is_handled_at_once() {
    let (mut inline, keeper, tells) = keeping(16);
    for message in [Msg::Plain(1), Msg::Plain(2), Msg::GiveAllBack] {
        send(keeper, [message]);
        inline.run_until_idle();
    }
    assert_eq!(told(&tells), ["2 back", "1", "2"]);
    settled(&inline, 0);
}

#[test]
fn one_is_the_oldest() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::Plain(3), Msg::GiveBack(2), Msg::Plain(4)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["2 back", "1", "2", "4"]);
    settled(&inline, 1);
    send(keeper, [Msg::GiveBack(5)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 back", "3"]);
    settled(&inline, 0);
}

#[test]
fn what_is_given_back_may_be_kept_again() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::GiveAllBack, Msg::Keep(true), Msg::Plain(3)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["2 back", "1", "2"]);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 back", "3"]);
    settled(&inline, 0);
}

#[test]
fn what_is_kept_takes_a_place_and_one_is_left() {
    let (mut inline, keeper, tells) = keeping(4);
    for n in 1..=3 {
        send(keeper, [Msg::Plain(n)]);
        inline.run_until_idle();
    }
    // One place: a second message finds it full, and the first no place in the stash.
    send(keeper, [Msg::Plain(4)]);
    assert!(keeper.try_send(Msg::Plain(5)).is_err(), "beyond the capacity");
    inline.run_until_idle();
    assert_eq!(told(&tells), ["4 found 3 kept"]);
    send(keeper, [Msg::Count]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 kept"]);
    settled(&inline, 3);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    send(keeper, (6..=9).map(Msg::Plain));
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "1", "2", "3", "6", "7", "8", "9"]);
    settled(&inline, 0);
}

#[test]
fn with_one_place_nothing_is_kept() {
    let (mut inline, keeper, tells) = keeping(1);
    send(keeper, [Msg::Plain(1)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 found 0 kept"]);
    settled(&inline, 0);
}

#[test]
fn words_say_what_to_do() {
    let full = throng::StashFull { message: (), most: 3 };
    assert_eq!(
        full.to_string(),
        "the stash keeps 3 messages, the capacity of its mailbox less one, and no more: handle this one, drop it, or spawn the \
         actor with a larger capacity"
    );
}

#[test]
fn what_is_kept_at_the_end_is_dead() {
    type End = fn(Address<Msg>);
    let ends: [(End, u64); 5] = [
        (|keeper| assert_eq!(keeper.stop(), Stopping::Told), 2),
        (|keeper| assert_eq!(keeper.stop_now(), Stopping::Told), 2),
        (|keeper| assert_eq!(keeper.kill(), Stopping::Told), 2),
        (|keeper| send(keeper, [Msg::StopKeeping]), 2),
        (|keeper| send(keeper, [Msg::GiveAllBackAndStopNow]), 2),
    ];
    for (n, (end, dead)) in ends.into_iter().enumerate() {
        let (mut inline, keeper, _tells) = keeping(16);
        send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
        inline.run_until_idle();
        end(keeper);
        inline.run_until_idle();
        settled(&inline, 0);
        let ledger = inline.system().ledger();
        assert_eq!((ledger.dead.stopped, ledger.stopped), (dead, 1), "{n}");
    }
    // One that fails, and keeps one more before that.
    let (mut keeper, _tells) = Keeper::new();
    keeper.resumes = false;
    let mut inline = System::builder().inline();
    let keeper = inline.spawn(keeper);
    send(keeper, [Msg::Plain(1), Msg::Fail, Msg::Plain(2)]);
    inline.run_until_idle();
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().dead.failed, 3);
}

#[test]
fn what_is_kept_when_the_system_ends_is_dropped_once() {
    let book = Book::new(10);
    struct Hoard;
    impl Actor for Hoard {
        type Msg = Entry;
        fn handle(&mut self, entry: Entry, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            entry.handled();
            Ok(cx.stash(entry)?)
        }
    }
    let mut inline = System::builder().inline();
    let hoard = inline.spawn(Hoard);
    for id in 0..book.len() {
        hoard.try_send(book.entry(id)).expect("room");
    }
    inline.run_until_idle();
    settled(&inline, 10);
    drop(inline);
    assert!((0..book.len()).all(|id| book.fate(id) == (1, 1)), "each handled once and dropped once");
}

#[test]
fn a_stop_comes_after_what_was_given_back_with_it() {
    let (mut inline, keeper, tells) = keeping(16);
    // In place, and not.
    for others in [vec![], vec![Msg::Plain(3)]] {
        let (told_by, keeper) = if others.is_empty() {
            (None, keeper)
        } else {
            let (other, tells) = Keeper::new();
            (Some(tells), inline.spawn(other))
        };
        send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
        inline.run_until_idle();
        let expected: &[&str] = if others.is_empty() { &["1", "2"] } else { &["1", "2", "3"] };
        send(keeper, [Msg::GiveAllBackAndStop]);
        send(keeper, others);
        inline.run_until_idle();
        assert_eq!(told(told_by.as_ref().unwrap_or(&tells)), expected);
    }
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().stopped, 2);
}

#[test]
fn a_failure_after_giving_back_loses_nothing() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::Panic, Msg::Plain(3)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1", "2", "3"]);
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().faults, 1);
}

/// The hook that hears of the failure gives back, and nothing comes after it.
#[test]
fn what_the_hook_of_a_failure_gives_back_is_handled() {
    let (mut keeper, tells) = Keeper::new();
    keeper.unstashes_when_failed = true;
    let mut inline = System::builder().inline();
    let keeper = inline.spawn(keeper);
    send(keeper, [Msg::Plain(1), Msg::Fail]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1", "99"]);
    settled(&inline, 0);
}

#[test]
fn what_it_made_itself_is_kept_too() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Make, Msg::Plain(1), Msg::GiveAllBack]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "100", "101", "1"]);
    settled(&inline, 0);
}

/// In a mailbox with lanes what is given back goes before both; in one that drops its oldest it is not dropped.
#[test]
fn where_messages_are_sorted_it_comes_first_too() {
    let (mut inline, keeper, tells) = with(Options::builder().lanes().capacity(16));
    send(keeper, [Msg::Plain(1), Msg::Urgent(2), Msg::Plain(3)]);
    inline.run_until_idle();
    settled(&inline, 3);
    send(keeper, [Msg::Plain(4), Msg::Urgent(5), Msg::GiveAllBack, Msg::Urgent(6)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["4 back", "2", "1", "3", "5", "6", "4"]);
    settled(&inline, 0);

    for overflow in [Overflow::DropOldest, Overflow::DropOldestExact] {
        let (mut inline, keeper, tells) = with(Options::builder().overflow(overflow).capacity(4));
        for n in 1..=3 {
            send(keeper, [Msg::Plain(n)]);
            inline.run_until_idle();
        }
        settled(&inline, 3);
        for n in 4..=9 {
            let _ = keeper.try_send(Msg::Plain(n));
        }
        let ledger = inline.system().ledger();
        assert!(ledger.dropped.total() + ledger.refused.full > 0);
        inline.run_until_idle();
        send(keeper, [Msg::GiveAllBack]);
        inline.run_until_idle();
        let handled = told(&tells);
        let back = handled.iter().position(|words| words.ends_with("back")).expect("it said so");
        assert_eq!(handled[back..], ["3 back", "1", "2", "3"], "{overflow:?}: {handled:?}");
        settled(&inline, 0);
    }
}

/// Keeps what comes in its first batch, and gives it back in the second.
struct Table(Vec<Vec<u32>>, Sender<Vec<Vec<u32>>>);

impl Actor for Table {
    type Msg = u32;
    fn handle(&mut self, row: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.push(vec![row]);
        if row == 9 {
            cx.stop();
        }
        Ok(())
    }
    fn handle_batch(&mut self, rows: &mut Batch<'_, u32>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let rows: Vec<u32> = rows.collect();
        if rows.contains(&1) {
            for row in rows {
                cx.stash(row)?;
            }
            return Ok(());
        }
        cx.unstash_all();
        self.0.push(rows);
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.1.send(std::mem::take(&mut self.0)).expect("the test listens");
    }
}

#[test]
fn what_is_kept_of_a_batch_comes_back_one_by_one() {
    let (tell, told) = channel();
    let mut inline = System::builder().inline();
    let options = Options::builder().gather(2, Duration::ZERO).build().expect("in range");
    let table = inline.system().try_spawn(Table(Vec::new(), tell), &options).expect("room");
    for row in 1..=6_u32 {
        table.try_send(row).expect("room");
    }
    inline.run_until_idle();
    settled(&inline, 0);
    let _ = table.stop();
    inline.run_until_idle();
    assert_eq!(told.try_recv(), Ok(vec![vec![3, 4], vec![1], vec![2], vec![5, 6]]));
}

/// Sends numbers to one that keeps them, and is muted by that.
struct Producer(Address<Msg>, u32);

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..3 {
            self.1 += 1;
            cx.send(self.0, Msg::Plain(self.1))?;
        }
        Ok(())
    }
}

/// Who is muted waits for what comes before its turn, not for what is kept.
#[test]
fn nobody_is_muted_for_ever_on_what_is_kept() {
    let _dog = watch("nobody_is_muted_for_ever_on_what_is_kept");
    let (mut inline, keeper, tells) = with(Options::builder().capacity(4).low(1));
    let producer = inline.spawn(Producer(keeper, 0));
    for _ in 0..10 {
        producer.try_send(()).expect("room");
        inline.run_until_idle();
    }
    assert!(inline.system().activity().muted > 0, "nobody was muted");
    settled(&inline, 3);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    let told = told(&tells);
    assert_eq!(told[told.len() - 4..], ["3 back", "1", "2", "3"]);
    assert_eq!(told.iter().collect::<HashSet<_>>().len(), 31, "each of thirty once");
    settled(&inline, 0);
}

/// A thread outside waits for a place, and gets the one that is left, again and again.
#[test]
fn a_thread_outside_gets_the_place_that_is_left() {
    let _dog = watch("a_thread_outside_gets_the_place_that_is_left");
    let (keeper, tells) = Keeper::new();
    let system = System::builder().workers(2).build().expect("threads");
    let options = Options::builder().capacity(4).low(1).build().expect("in range");
    let keeper = system.try_spawn(keeper, &options).expect("room");
    let threads: Vec<_> = (0..2)
        .map(|_| {
            std::thread::spawn(move || {
                for n in 0..500 {
                    keeper.send_timeout(Msg::Plain(n), SOON).expect("a place comes free");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.queued, 3);
    assert_eq!(tells.try_iter().filter(|words| words.ends_with("found 3 kept")).count(), 997);
    let ledger = system.shutdown(SOON).expect("comes down");
    assert_eq!(ledger.dead.stopped, 3);
}

/// Hears of pressure.
struct Upstream(Sender<Level>);

impl Actor for Upstream {
    type Msg = Pressed;
    fn handle(&mut self, pressed: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(pressed.level)?;
        Ok(())
    }
}

/// The last news is that the pressure is low, though almost all places are taken by what is kept.
#[test]
fn what_is_kept_is_no_pressure() {
    let _dog = watch("what_is_kept_is_no_pressure");
    let (tell, told) = channel();
    let mut inline = System::builder().inline();
    let upstream = inline.spawn(Upstream(tell));
    let (keeper, _tells) = Keeper::new();
    let options = Options::builder().overflow(Overflow::Signal).capacity(8).low(2).high(6);
    let options = options.upstream(upstream.recipient()).build().expect("in range");
    let keeper = inline.system().try_spawn(keeper, &options).expect("room");
    for n in 0..20 {
        let _ = keeper.try_send(Msg::Plain(n));
        let _ = keeper.try_send(Msg::Plain(n));
        inline.run_until_idle();
    }
    settled(&inline, 7);
    assert_eq!(told.try_iter().last(), Some(Level::Low));
}

/// Keeps what it cannot handle before its gate was opened, on a system with threads: each sender's messages stay in order.
struct Sluice {
    gate: Option<Gate>,
    is_open: bool,
    last: Vec<u32>,
    handled: u32,
}

enum Flow {
    Item(usize, u32),
    Open,
    Shut,
    Handled(Reply<u32>),
}

impl Actor for Sluice {
    type Msg = Flow;
    fn handle(&mut self, message: Flow, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(gate) = self.gate.take() {
            gate.pass();
        }
        match message {
            Flow::Open => {
                self.is_open = true;
                cx.unstash_all();
            }
            Flow::Shut => self.is_open = false,
            Flow::Item(from, n) => {
                // With the stash full it goes on as it is.
                if !self.is_open && cx.stashed() < 60 {
                    cx.stash(Flow::Item(from, n))?;
                    return Ok(());
                }
                if !self.is_open {
                    self.is_open = true;
                    cx.stash(Flow::Item(from, n))?;
                    cx.unstash_all();
                    return Ok(());
                }
                if n != self.last[from] {
                    return Err(Fault::msg(format!("{n} of {from} after {}", self.last[from])));
                }
                self.last[from] += 1;
                self.handled += 1;
            }
            Flow::Handled(reply) => reply.send(self.handled),
        }
        Ok(())
    }
}

#[test]
fn each_senders_messages_stay_in_order() {
    let _dog = watch("each_senders_messages_stay_in_order");
    const EACH: u32 = 5_000;
    let (held, key) = gate();
    let system = System::builder().workers(2).build().expect("threads");
    let options = Options::builder().capacity(64).build().expect("in range");
    let sluice = Sluice { gate: Some(held), is_open: false, last: vec![0; 3], handled: 0 };
    let sluice = system.try_spawn(sluice, &options).expect("room");
    let senders: Vec<_> = (0..3)
        .map(|from| {
            std::thread::spawn(move || {
                for n in 0..EACH {
                    sluice.send_timeout(Flow::Item(from, n), SOON).expect("a place");
                    if n % 97 == 0 {
                        sluice.send_timeout(Flow::Shut, SOON).expect("a place");
                    }
                }
            })
        })
        .collect();
    key.wait();
    key.open();
    senders.into_iter().for_each(|thread| thread.join().expect("no panic"));
    sluice.send_timeout(Flow::Open, SOON).expect("a place");
    assert_eq!(sluice.ask(Flow::Handled).wait(), Ok(3 * EACH));
    let ledger = system.shutdown(SOON).expect("comes down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.faults, ledger.dead.total()), (0, 0));
}

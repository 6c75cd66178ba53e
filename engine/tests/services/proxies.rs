//! Typed proxies do what the messages they stand for do: the same order, the same refusals, the same ends of an ask, and they
//! cost the same.

use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::mem::size_of;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;
use throng::{
    Address, AskError, Context, Directive, Fault, Options, Outcome, Reason, Reply, SendError, System,
};

const SOON: Duration = Duration::from_secs(60);

/// Writes down what it is told.
struct Book {
    lines: Vec<(u8, u32)>,
    kept: Vec<Reply<usize>>,
    news: Sender<&'static str>,
    gate: Option<Gate>,
}

#[throng::proxy]
impl Book {
    pub(crate) fn write(&mut self, who: u8, n: u32) {
        self.lines.push((who, n));
    }

    fn lines(&self) -> Vec<(u8, u32)> {
        self.lines.clone()
    }

    fn checked(&mut self, n: u32) -> Result<u32, Fault> {
        match n {
            0 => Err(Fault::msg("zero is no line")),
            1 => panic!("nor is one"),
            n => Ok(n * 2),
        }
    }

    /// Its error is an answer, and no failure.
    fn parsed(&self, text: String) -> Result<u32, std::num::ParseIntError> {
        text.parse()
    }

    fn strict(&mut self, n: u32) -> Result<(), Fault> {
        if n == 0 {
            return Err(Fault::msg("strictly not"));
        }
        self.write(0, n);
        Ok(())
    }

    #[ask]
    fn flushed(&mut self) -> Result<(), Fault> {
        if self.lines.is_empty() {
            return Err(Fault::msg("there is nothing to flush"));
        }
        self.lines.clear();
        Ok(())
    }

    fn later(&mut self, reply: Reply<usize>) {
        self.kept.push(reply);
    }

    fn now(&mut self) {
        self.kept.drain(..).enumerate().for_each(|(n, reply)| reply.send(n));
    }

    /// Three messages of its own, behind what is in the mailbox.
    fn again(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me().proxy();
        (100..103).try_for_each(|n| me.write_from(cx, 9, n))?;
        self.write(9, 99);
        Ok(())
    }

    fn wait(&mut self) {
        self.gate.take().expect("it waits once").pass();
    }

    #[hook]
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.news.send("started");
        Ok(())
    }

    #[hook]
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        let _ = self.news.send("stopped");
    }

    #[hook]
    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        let _ = self.news.send("failed");
        if fault.is_panic() { Directive::Stop } else { Directive::Resume }
    }

    #[hook]
    fn options() -> Options {
        Options::builder().capacity(8).hard(16).low(2).build().expect("they go together")
    }
}

/// What the attribute writes for a book, by hand.
#[allow(dead_code, reason = "only its size is looked at")]
enum ByHand {
    Write(u8, u32),
    Lines(Reply<Vec<(u8, u32)>>),
    Checked(u32, Reply<u32>),
    Parsed(String, Reply<Result<u32, std::num::ParseIntError>>),
    Strict(u32),
    Flushed(Reply<()>),
    Later(Reply<usize>),
    Now,
    Again,
    Wait,
}

fn book() -> (Book, Receiver<&'static str>) {
    let (news, heard) = channel();
    (Book { lines: Vec::new(), kept: Vec::new(), news, gate: None }, heard)
}

fn system() -> System {
    System::builder().workers(2).build().expect("two workers")
}

fn polled<T>(ask: std::pin::Pin<&mut impl Future<Output = T>>) -> Option<T> {
    match ask.poll(&mut Poll0::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Talks to a book from its handlers.
struct Reader {
    book: BookAddress,
    heard: Sender<Outcome<u32>>,
}

#[throng::proxy]
impl Reader {
    fn check(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(self.book.checked_from(cx, n, ReaderMsg::Heard)?)
    }

    fn heard(&mut self, outcome: Outcome<u32>) {
        let _ = self.heard.send(outcome);
    }

    /// How many go in, strictly and then with back-pressure.
    fn fill(&mut self, cx: &mut Context<'_, Self>) -> (usize, usize) {
        let strictly = (0..20).filter(|n| self.book.write(0, *n).is_ok()).count();
        let patiently = (0..20).filter(|n| self.book.write_from(cx, 1, *n).is_ok()).count();
        (strictly, patiently)
    }
}

#[test]
fn each_sender_s_messages_come_in_order() {
    let _watch = watch("each_sender_s_messages_come_in_order");
    const EACH: u32 = 1_000;
    let system = system();
    let options = Options::builder().capacity(4_096).build().expect("it is in range");
    let book = system.try_spawn(book().0, &options).expect("there is memory").proxy();
    std::thread::scope(|threads| {
        for who in 0..2 {
            threads.spawn(move || (0..EACH).for_each(|n| book.write(who, n).expect("there is room for all")));
        }
    });
    let lines = book.lines().wait().expect("it answers");
    assert_eq!(lines.len(), 2 * EACH as usize);
    for who in 0..2 {
        let of_one = lines.iter().filter(|line| line.0 == who).map(|line| line.1);
        assert!(of_one.eq(0..EACH), "of {who}");
    }
    let ledger = system.shutdown(SOON).expect("it comes to rest");
    assert_eq!((ledger.handled, ledger.faults, ledger.refused.total()), (u64::from(2 * EACH) + 1, 0, 0));
}

#[test]
fn an_ask_that_fails_ends_and_one_that_answers_an_error_does_not_fail() {
    let _watch = watch("an_ask_that_fails_ends_and_one_that_answers_an_error_does_not_fail");
    let system = system();
    let (book, news) = book();
    let book = system.spawn(book).proxy();
    assert_eq!(book.checked(5).wait(), Ok(10));
    assert_eq!(book.parsed("7".into()).wait(), Ok(Ok(7)));
    assert!(matches!(book.parsed("seven".into()).wait(), Ok(Err(_))));
    assert_eq!(system.ledger().faults, 0);
    assert_eq!(book.checked(0).wait(), Err(AskError::Dropped));
    assert_eq!(book.flushed().wait(), Err(AskError::Dropped), "of no lines");
    book.strict(0).expect("it is heard of in the handler alone");
    book.strict(3).expect("there is room");
    assert_eq!(book.flushed().wait(), Ok(()));
    assert_eq!(book.lines().wait(), Ok(vec![]));
    // A panic, after which it does not go on.
    assert_eq!(book.checked(1).wait(), Err(AskError::Dropped));
    let ledger = system.shutdown(SOON).expect("it comes to rest");
    assert_eq!(ledger.faults, 4);
    assert_eq!(news.try_iter().collect::<Vec<_>>(), ["started", "failed", "failed", "failed", "failed"]);
}

#[test]
fn an_address_whose_actor_has_ended_refuses_and_hands_back() {
    let _watch = watch("an_address_whose_actor_has_ended_refuses_and_hands_back");
    let system = system();
    let (state, news) = book();
    let book = system.spawn(state).proxy();
    assert!(book.is_alive());
    let _ = book.stop();
    system.quiesce(SOON).expect("it comes to rest");
    assert_eq!(news.try_iter().collect::<Vec<_>>(), ["started", "stopped"]);
    // Whoever uses the memory next is somebody else.
    let next = system.spawn(self::book().0).proxy();
    assert!(!book.is_alive());
    match book.write(3, 4) {
        Err(SendError::Stale(BookMsg::Write(3, 4))) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(book.checked(5).wait(), Err(AskError::Refused(Reason::Stale)));
    let (heard, hears) = channel();
    system.spawn(Reader { book, heard }).proxy().check(5).expect("the reader is there");
    assert_eq!(hears.recv_timeout(SOON), Ok(Err(AskError::Refused(Reason::Stale))));
    assert_eq!(next.lines().wait(), Ok(vec![]));
    system.shutdown(SOON).expect("it comes to rest");
}

#[test]
fn a_reply_may_be_kept() {
    let mut inline = System::builder().inline();
    let book = inline.spawn(book().0).proxy();
    let (mut first, mut second) = (pin!(book.later()), pin!(book.later()));
    assert!(polled(first.as_mut()).is_none() && polled(second.as_mut()).is_none());
    inline.run_until_idle();
    assert!(polled(first.as_mut()).is_none() && polled(second.as_mut()).is_none());
    book.now().expect("there is room");
    inline.run_until_idle();
    assert_eq!((polled(first), polled(second)), (Some(Ok(0)), Some(Ok(1))));
}

#[test]
fn what_an_actor_tells_itself_comes_behind_what_waits() {
    let mut inline = System::builder().inline();
    let book = inline.spawn(book().0).proxy();
    book.again().expect("there is room");
    book.write(1, 1).expect("there is room");
    inline.run_until_idle();
    let mut lines = pin!(book.lines());
    assert!(polled(lines.as_mut()).is_none());
    inline.run_until_idle();
    assert_eq!(polled(lines), Some(Ok(vec![(9, 99), (1, 1), (9, 100), (9, 101), (9, 102)])));
}

#[test]
fn the_two_forms_keep_the_bounds_of_what_they_stand_for() {
    let mut inline = System::builder().inline();
    let book = inline.spawn(book().0).proxy();
    for n in 0..8 {
        book.write(0, n).expect("there is room for eight");
    }
    match book.write(0, 8) {
        Err(SendError::Full(BookMsg::Write(0, 8))) => {}
        other => panic!("{other:?}"),
    }
    inline.run_until_idle();
    // Asked in one handler: strictly up to the capacity, patiently up to the hard limit.
    let reader = inline.spawn(Reader { book, heard: channel().0 }).proxy();
    let mut filled = pin!(reader.fill());
    assert!(polled(filled.as_mut()).is_none());
    inline.run_until_idle();
    assert_eq!(polled(filled), Some(Ok((8, 8))));
    assert_eq!(inline.system().ledger().queued, 0);
}

#[test]
fn a_handler_asks_and_hears_of_it_as_a_message() {
    let _watch = watch("a_handler_asks_and_hears_of_it_as_a_message");
    let system = system();
    let (mut state, _news) = book();
    let (gate, key) = gate();
    state.gate = Some(gate);
    let book = system.spawn(state).proxy();
    let (heard, hears) = channel();
    let reader = system.spawn(Reader { book, heard }).proxy();
    book.wait().expect("there is room");
    key.wait();
    reader.check(4).expect("there is room");
    reader.check(0).expect("there is room");
    // The reader goes on while its questions wait.
    assert_eq!(reader.barrier().wait(), Ok(()));
    assert!(hears.try_recv().is_err());
    key.open();
    assert_eq!(hears.recv_timeout(SOON), Ok(Ok(8)));
    assert_eq!(hears.recv_timeout(SOON), Ok(Err(AskError::Dropped)));
    system.shutdown(SOON).expect("it comes to rest");
}

#[test]
fn it_is_as_large_as_by_hand() {
    assert_eq!(size_of::<BookMsg>(), size_of::<ByHand>());
    assert_eq!(align_of::<BookMsg>(), align_of::<ByHand>());
    assert_eq!((size_of::<BookAddress>(), size_of::<Option<BookAddress>>()), (8, 8));
    assert_eq!(size_of::<BookAddress>(), size_of::<Address<BookMsg>>());
}

#[test]
fn an_address_with_methods_is_the_address() {
    let mut inline = System::builder().inline();
    let (one, other) = (inline.spawn(book().0), inline.spawn(book().0));
    let (a, b) = (one.proxy(), BookAddress::from(other));
    assert_eq!((a.address(), Address::from(b)), (one, other));
    assert!(a == one.proxy() && a != b);
    assert_eq!(HashSet::from([a, b, one.proxy()]).len(), 2);
    assert_eq!((format!("{a}"), format!("{a:?}")), (one.to_string(), format!("{one:?}")));
    assert_eq!(a.id(), one.id());
    inline.run_until_idle();
}

//! Threads and futures outside the engine that wait for a place: nothing is lost, and whoever goes away leaves neither a
//! waiter nor a place behind.

use crate::executor::block_on;
use crate::payload::{Book, Entry};
use crate::seed;
use crate::watchdog::watch;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as Poll0, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, Reason, SendError, System};

const SOON: Duration = Duration::from_secs(60);

enum Msg {
    Entry(Entry),
    Hold(Sender<()>, Receiver<()>),
}

struct Sink;

impl Actor for Sink {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Entry(entry) => entry.handled(),
            Msg::Hold(inside, go) => {
                let _ = inside.send(());
                let _ = go.recv();
            }
        }
        Ok(())
    }
}

fn sink(system: &System, capacity: u32) -> Address<Msg> {
    let options = Options::builder().capacity(capacity).build().expect("in range");
    system.try_spawn(Sink, &options).expect("memory")
}

/// Keeps the sink in a handler until the answer is dropped.
fn hold(sink: Address<Msg>) -> Sender<()> {
    let (inside, is_inside) = channel();
    let (go, gate) = channel();
    sink.send_timeout(Msg::Hold(inside, gate), SOON).expect("room in time");
    is_inside.recv().expect("it is handled");
    go
}

/// Counts how often it was woken.
#[derive(Default)]
struct Woken(AtomicU64);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Poll0::from_waker(waker))
}

/// Sends that find room, in a sink that is held: its places, less the one in hand.
fn places(sink: Address<Msg>) -> u32 {
    let go = hold(sink);
    let book = Book::new(1);
    let mut free = 0;
    while sink.try_send(Msg::Entry(book.entry(0))).is_ok() {
        free += 1;
    }
    drop(go);
    free
}

#[test]
fn a_dropped_send_leaves_no_waiter_and_no_place() {
    let _dog = watch("a_dropped_send_leaves_no_waiter_and_no_place");
    for capacity in [1, 2, 8] {
        let system = System::builder().workers(2).build().expect("a system");
        let sink = sink(&system, capacity);
        let book = Book::new(1_000);
        let go = hold(sink);
        let filled =
            (0..capacity as usize - 1).filter(|id| sink.try_send(Msg::Entry(book.entry(*id))).is_ok());
        assert_eq!(filled.count(), capacity as usize - 1);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut sends: Vec<_> = (100..200).map(|id| sink.send_async(Msg::Entry(book.entry(id)))).collect();
        assert!(sends.iter_mut().all(|send| poll(send, &waker).is_pending()));
        // Some go away while they wait ...
        sends.drain(..50).for_each(drop);
        assert!((100..150).all(|id| book.fate(id) == (0, 1)));
        drop(go);
        // ... and the others when they have been promised a place, without taking it.
        while woken.0.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        let kept: Vec<_> = sends.drain(..25).map(|send| send.cancel().expect("not sent")).collect();
        drop(sends);
        system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
        assert!((150..175).all(|id| book.fate(id) == (0, 0)), "handed back");
        assert!(kept.into_iter().zip(150..).all(|(message, id)| message == Msg::Entry(book.entry(id))));
        assert!((100..150).chain(175..200).all(|id| book.fate(id) == (0, 1)));
        assert_eq!(places(sink), capacity - 1, "all places are free again");
        let mut send = sink.send_async(Msg::Entry(book.entry(999)));
        assert_eq!(block_on(&mut send), Ok(()));
        assert!(send.cancel().is_none(), "it has been sent");
        system.shutdown(SOON).expect("rest");
        assert_eq!(book.fate(999), (1, 1));
    }
}

impl PartialEq for Msg {
    fn eq(&self, other: &Self) -> bool {
        matches!((self, other), (Msg::Entry(one), Msg::Entry(two)) if one.id == two.id)
    }
}

#[test]
fn waiting_sends_that_come_and_go_lose_nothing() {
    const THREADS: usize = 4;
    const EACH: usize = 10_000;
    let _dog = watch("waiting_sends_that_come_and_go_lose_nothing");
    let random = seed::random();
    for capacity in [1, 2, 16] {
        let system = System::builder().workers(2).build().expect("a system");
        let sink = sink(&system, capacity);
        let book = Book::new(THREADS * EACH);
        let sent: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| {
                    let (book, mut random) = (&book, random.clone());
                    (0..=thread).for_each(|_| _ = random.below(2));
                    scope.spawn(move || {
                        let mut sent = 0;
                        for id in thread * EACH..(thread + 1) * EACH {
                            let message = Msg::Entry(book.entry(id));
                            sent += match random.below(4) {
                                0 => u64::from(block_on(sink.send_async(message)).is_ok()),
                                1 => u64::from(sink.send_timeout(message, SOON).is_ok()),
                                2 => {
                                    let wait = Duration::from_micros(random.below(20));
                                    u64::from(sink.send_timeout(message, wait).is_ok())
                                }
                                _ => {
                                    // Polled a few times, then dropped.
                                    let mut send = sink.send_async(message);
                                    let done = (0..=random.below(3))
                                        .any(|_| poll(&mut send, Waker::noop()) == Poll::Ready(Ok(())));
                                    u64::from(done)
                                }
                            };
                        }
                        sent
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        let ledger = system.quiesce(SOON).expect("rest");
        ledger.check().expect("the ledger adds up");
        let mut handled = 0;
        for id in 0..THREADS * EACH {
            let (times, drops) = book.fate(id);
            assert!(times <= 1 && drops == 1, "message {id}: handled {times} times, dropped {drops} times");
            handled += u64::from(times);
        }
        assert_eq!(handled, sent);
        assert_eq!(places(sink), capacity - 1, "all places are free again");
        system.shutdown(SOON).expect("rest");
    }
}

#[test]
fn a_timed_send_comes_back_with_its_message() {
    let _dog = watch("a_timed_send_comes_back_with_its_message");
    let system = System::builder().workers(2).build().expect("a system");
    let (sink, book) = (sink(&system, 1), Book::new(10));
    let go = hold(sink);
    let wait = Duration::from_millis(5);
    let began = Instant::now();
    let refused = sink.send_timeout(Msg::Entry(book.entry(1)), wait).expect_err("it is full");
    assert!(began.elapsed() >= wait);
    let (reason, message) = refused.into_parts();
    assert!(reason == Reason::Timeout && matches!(message, Msg::Entry(entry) if entry.id == 1));
    // A thread that waits without a limit gets its place.
    let waiting = std::thread::spawn({
        let message = Msg::Entry(book.entry(2));
        move || sink.send_timeout(message, Duration::MAX).is_ok()
    });
    drop(go);
    assert!(waiting.join().expect("no panic"));
    system.shutdown(SOON).expect("rest");
    assert_eq!((book.fate(1), book.fate(2)), ((0, 1), (1, 1)));
}

#[test]
fn whoever_waits_hears_of_the_end() {
    let _dog = watch("whoever_waits_hears_of_the_end");
    for how in 0..3 {
        let system = System::builder().workers(2).build().expect("a system");
        let (sink, book) = (sink(&system, 1), Book::new(10));
        let go = hold(sink);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut sends: Vec<_> = (0..10).map(|id| sink.send_async(Msg::Entry(book.entry(id)))).collect();
        assert!(sends.iter_mut().all(|send| poll(send, &waker).is_pending()));
        match how {
            0 => _ = sink.stop(),
            1 => _ = sink.stop_now(),
            _ => {}
        }
        drop(go);
        if how < 2 {
            system.quiesce(SOON).expect("rest").check().expect("the ledger adds up");
            assert_eq!(woken.0.load(Ordering::SeqCst), 10, "each is woken once");
        } else {
            drop(system);
        }
        for send in sends {
            match block_on(send) {
                Ok(()) if how == 2 => {}
                Err(SendError::Stale(_) | SendError::Closed(_)) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!((0..10).all(|id| book.fate(id).1 == 1));
    }
}

#[test]
fn blocking_calls_on_a_worker_are_refused() {
    let _dog = watch("blocking_calls_on_a_worker_are_refused");
    struct Blocking(Address<Msg>, Book, Sender<Reason>);
    impl Actor for Blocking {
        type Msg = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let refused = self.0.send_timeout(Msg::Entry(self.1.entry(0)), SOON).expect_err("refused");
            self.2.send(refused.reason())?;
            Ok(())
        }
    }
    let system = System::builder().workers(1).build().expect("a system");
    let (out, reasons) = channel();
    let (sink, book) = (sink(&system, 1), Book::new(1));
    system.spawn(Blocking(sink, book.clone(), out)).try_send(()).expect("room");
    assert_eq!(reasons.recv(), Ok(Reason::WouldBlock));
    system.shutdown(SOON).expect("rest");
    assert_eq!(book.fate(0), (0, 1));
}

/// Panics when it is woken, after noting that.
struct Fragile(Arc<Woken>);

impl Wake for Fragile {
    fn wake(self: Arc<Self>) {
        self.0.0.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("as told"));
    }
}

#[test]
fn a_waker_that_panics_keeps_no_other_asleep() {
    let _dog = watch("a_waker_that_panics_keeps_no_other_asleep");
    let system = System::builder().workers(1).build().expect("a system");
    let sink = sink(&system, 2);
    let book = Book::new(6);
    let go = hold(sink);
    sink.try_send(Msg::Entry(book.entry(0))).expect("room for one");
    let woken = Arc::new(Woken::default());
    let wakers = [true, false, true, false, true].map(|fragile| {
        if fragile {
            Waker::from(Arc::new(Fragile(Arc::clone(&woken))))
        } else {
            Waker::from(Arc::clone(&woken))
        }
    });
    let mut sends: Vec<_> = (1..6).map(|id| sink.send_async(Msg::Entry(book.entry(id)))).collect();
    for (send, waker) in sends.iter_mut().zip(&wakers) {
        assert!(poll(send, waker).is_pending());
    }
    drop(go);
    system.quiesce(SOON).expect("rest");
    assert_eq!(woken.0.load(Ordering::SeqCst), 2, "two places, and the waker of the first panics");
    // Both places go back unused: on this thread, to the next two.
    drop(sends.drain(..2));
    assert_eq!(woken.0.load(Ordering::SeqCst), 4, "two more");
    for send in &mut sends[..2] {
        assert_eq!(poll(send, Waker::noop()), Poll::Ready(Ok(())));
    }
    system.quiesce(SOON).expect("rest");
    assert_eq!(woken.0.load(Ordering::SeqCst), 5);
    assert_eq!(poll(&mut sends[2], Waker::noop()), Poll::Ready(Ok(())));
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.faults, ledger.handled), (0, 5));
}

thread_local! {
    static KEPT: std::cell::RefCell<Vec<Box<dyn std::any::Any>>> = const { std::cell::RefCell::new(Vec::new()) };
}

#[test]
fn what_a_thread_keeps_to_its_end_is_let_go_of() {
    let _dog = watch("what_a_thread_keeps_to_its_end_is_let_go_of");
    struct Handing(Sender<throng::Reply<u64>>);
    impl Actor for Handing {
        type Msg = throng::Reply<u64>;
        fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.send(reply)?;
            Ok(())
        }
    }
    struct Asking(Address<throng::Reply<u64>>, Sender<throng::Outcome<u64>>);
    impl Actor for Asking {
        type Msg = throng::Outcome<u64>;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.ask_within(SOON, self.0, |reply| reply, |outcome| outcome)?;
            Ok(())
        }
        fn handle(&mut self, outcome: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.1.send(outcome)?;
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let ((out, replies), (told, outcomes)) = (channel(), channel());
    let handing = system.spawn(Handing(out));
    system.spawn(Asking(handing, told));
    let reply = replies.recv().expect("the question");
    let sink = sink(&system, 1);
    let book = Book::new(2);
    let go = hold(sink);
    let entries = [book.entry(0), book.entry(1)];
    std::thread::spawn(move || {
        KEPT.with_borrow_mut(|kept| {
            kept.push(Box::new(reply));
            for entry in entries {
                // Only now the engine keeps something for this thread, which is gone before what was kept first.
                let mut send = sink.send_async(Msg::Entry(entry));
                assert!(poll(&mut send, Waker::noop()).is_pending());
                kept.push(Box::new(send));
            }
        });
    })
    .join()
    .expect("the thread ends in peace");
    assert_eq!(outcomes.recv(), Ok(Err(throng::AskError::Dropped)));
    drop(go);
    system.quiesce(SOON).expect("rest");
    assert_eq!(places(sink), 0, "one place, and the one in hand takes it");
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
}

//! R5: a receiver that stops under fire. What was accepted is handled or dead; after `Closed` nothing is accepted.

use crate::payload::{Book, Entry};
use crate::seed;
use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Reason, SendError, Stopping, System};

const SOON: Duration = Duration::from_secs(60);
/// Messages that each sender has for each receiver.
const EACH: usize = 400;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Drained,
    Now,
    OutsideDrained,
    OutsideNow,
}

struct Target {
    how: How,
    after: u64,
    stopped: Arc<AtomicU64>,
}

impl Actor for Target {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        entry.handled();
        self.after = self.after.saturating_sub(1);
        if self.after == 0 {
            match self.how {
                How::Drained => cx.stop(),
                How::Now => cx.stop_now(),
                How::OutsideDrained | How::OutsideNow => {}
            }
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.stopped.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a sender has seen of its receiver.
#[derive(Default)]
struct Seen {
    accepted: u64,
    ended: bool,
}

impl Seen {
    fn note(&mut self, sent: Result<(), SendError<Entry>>) {
        match sent.map_err(|refused| refused.reason()) {
            Ok(()) => {
                assert!(!self.ended, "accepted after it was closed");
                self.accepted += 1;
            }
            Err(Reason::Closed | Reason::Stale) => self.ended = true,
            Err(Reason::Full) => {}
            Err(other) => panic!("refused: {other}"),
        }
    }
}

struct Shooter {
    to: Address<Entry>,
    book: Book,
    next: usize,
    end: usize,
    seen: Seen,
    accepted: Arc<AtomicU64>,
    faults: Arc<AtomicBool>,
}

impl Actor for Shooter {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..3 {
            if self.next == self.end {
                cx.stop();
                return Ok(());
            }
            let sent = cx.send(self.to, self.book.entry(self.next));
            self.seen.note(sent);
            self.next += 1;
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.accepted.fetch_add(self.seen.accepted, Ordering::SeqCst);
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> throng::Directive {
        self.faults.store(true, Ordering::SeqCst);
        throng::Directive::Stop
    }
}

fn under_fire(how: How, capacity: u32, rounds: usize) {
    const SENDERS: usize = 4;
    let mut random = seed::random();
    let system = System::builder().workers(2).build().expect("a system");
    let options = Options::builder().capacity(capacity).build().expect("in range");
    let (stopped, accepted) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let faults = Arc::new(AtomicBool::new(false));
    let mut handled = 0;
    let mut rest = system.ledger();
    for _ in 0..rounds {
        let book = Book::new(SENDERS * EACH);
        let after = 1 + random.below(EACH as u64);
        let target = Target { how, after, stopped: Arc::clone(&stopped) };
        let to = system.try_spawn(target, &options).expect("memory");
        for sender in 0..2 {
            let shooter = Shooter {
                to,
                book: book.clone(),
                next: sender * EACH,
                end: (sender + 1) * EACH,
                seen: Seen::default(),
                accepted: Arc::clone(&accepted),
                faults: Arc::clone(&faults),
            };
            system.spawn(shooter).try_send(()).expect("room");
        }
        let start = Barrier::new(3);
        let pause = random.below(20_000);
        let stop = || -> Stopping {
            if how == How::OutsideNow || how == How::Now { to.stop_now() } else { to.stop() }
        };
        std::thread::scope(|scope| {
            for sender in 2..SENDERS {
                let (book, start, accepted) = (&book, &start, &accepted);
                scope.spawn(move || {
                    start.wait();
                    let mut seen = Seen::default();
                    for id in sender * EACH..(sender + 1) * EACH {
                        seen.note(to.try_send(book.entry(id)));
                    }
                    accepted.fetch_add(seen.accepted, Ordering::SeqCst);
                });
            }
            start.wait();
            if matches!(how, How::OutsideDrained | How::OutsideNow) {
                (0..pause).for_each(|_| std::hint::spin_loop());
                let _: Stopping = stop();
            }
        });
        // For those that were not sent as many as they wait for.
        let _: Stopping = stop();
        rest = system.quiesce(SOON).expect("rest");
        rest.check().expect("the ledger adds up");
        assert!(!to.is_alive());
        for id in 0..SENDERS * EACH {
            let (times, drops) = book.fate(id);
            assert!(times <= 1 && drops == 1, "message {id}: handled {times} times, dropped {drops} times");
            handled += u64::from(times);
        }
    }
    assert!(!faults.load(Ordering::SeqCst), "a send succeeded after Closed");
    let (accepted, dead) = (accepted.load(Ordering::SeqCst), rest.dead.total());
    assert_eq!(accepted, handled + dead, "{how:?}: {rest:?}");
    assert_eq!(stopped.load(Ordering::SeqCst), rounds as u64, "the hook ran once each");
    if matches!(how, How::Drained | How::OutsideDrained) {
        assert_eq!(dead, 0, "who drains leaves nothing");
    }
}

#[test]
fn r05_receiver_stops_under_fire() {
    let _dog = watch("r05_receiver_stops_under_fire");
    for capacity in [1, 16, 1_024] {
        under_fire(How::Drained, capacity, 40);
        under_fire(How::Now, capacity, 40);
    }
}

#[test]
fn r05_receiver_is_stopped_from_outside_under_fire() {
    let _dog = watch("r05_receiver_is_stopped_from_outside_under_fire");
    for capacity in [1, 16, 1_024] {
        under_fire(How::OutsideDrained, capacity, 40);
        under_fire(How::OutsideNow, capacity, 40);
    }
}

#[test]
fn r05_stopping_a_muted_actor_reaches_it() {
    let _dog = watch("r05_stopping_a_muted_actor_reaches_it");
    struct Stuck(std::sync::mpsc::Receiver<()>);
    impl Actor for Stuck {
        type Msg = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let _ = self.0.recv();
            Ok(())
        }
    }
    struct Pusher(Address<()>, std::sync::mpsc::Sender<()>);
    impl Actor for Pusher {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            for _ in 0..4 {
                cx.send(self.0, ())?;
            }
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            let _ = self.1.send(());
        }
    }
    for at_once in [false, true] {
        let system = System::builder().workers(2).build().expect("a system");
        let options = Options::builder().capacity(1).build().expect("in range");
        let (go, gate) = std::sync::mpsc::channel();
        let stuck = system.try_spawn(Stuck(gate), &options).expect("memory");
        let (told, ended) = std::sync::mpsc::channel();
        let pusher = system.spawn(Pusher(stuck, told));
        pusher.try_send(()).expect("room");
        while system.activity().muted == 0 {
            std::thread::yield_now();
        }
        assert_eq!(if at_once { pusher.stop_now() } else { pusher.stop() }, Stopping::Told);
        // The receiver is still stuck; the muted actor ends all the same.
        ended.recv().expect("its hook runs");
        drop(go);
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

//! R9: whatever ends either side of a flow, credit is conserved: each item is handled or dropped once, and the other side hears of it.

use crate::flows::{Consumer, Go, Producer, SOON, Seen, Take, stage, system, taking};
use crate::payload::{Book, Entry};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Actor, Address, Context, Demand, Fault, Outlet, Stopping, System};

/// Whatever ends either side: the other hears of it, the ledger adds up, nothing is alive that should not be.
#[test]
fn r03_r09_either_end_stops_fails_or_is_killed() {
    let _dog = watch("r03_r09_either_end_stops_fails_or_is_killed");
    for round in 0..if cfg!(throng_sanitize) { 40 } else { 200_u64 } {
        // Without end: so whoever is left does not come to his own. The flow is open once something is sent.
        let stage = stage(2, Demand::Automatic, 4, u64::MAX);
        while stage.seen.sent() <= round * 10 {
            std::thread::yield_now();
        }
        let (consumer, producer) = (stage.consumer, stage.producer);
        let mut faults = 0;
        let mut failing = |sent: bool| {
            faults = 1;
            assert!(sent, "it has not ended yet");
        };
        match round % 8 {
            0 => _ = consumer.stop(),
            1 => _ = consumer.stop_now(),
            2 => _ = consumer.kill(),
            3 => failing(consumer.send_timeout(Take::Fail, SOON).is_ok()),
            4 => failing(consumer.send_timeout(Take::Panic, SOON).is_ok()),
            5 => _ = producer.stop_now(),
            6 => _ = producer.kill(),
            _ => failing(producer.send_timeout(Go::Panic, SOON).is_ok()),
        }
        stage.system.quiesce(SOON).expect("rest").check().expect("it adds up");
        let got = stage.seen.got();
        assert!(got.iter().copied().eq(0..got.len() as u64), "in order, without a gap");
        if consumer.is_alive() {
            // The whole window is open again.
            assert!(!producer.is_alive(), "round {round}");
            let left = got.len() as u64..got.len() as u64 + 10;
            let next =
                Producer { to: consumer, window: 4, left, seen: Arc::clone(&stage.seen), outlet: None };
            stage.system.spawn(next).try_send(Go::Open).expect("room");
            stage.system.quiesce(SOON).expect("rest").check().expect("it adds up");
            assert_eq!(stage.seen.got().len(), got.len() + 10, "round {round}");
        } else {
            let ended = stage.seen.ended();
            assert_eq!(ended, Some("closed"), "round {round}: what the producer heard");
            assert!(producer.is_alive(), "round {round}");
        }
        let ledger = stage.system.shutdown(SOON).expect("rest");
        ledger.check().expect("it adds up");
        assert_eq!(ledger.faults, faults, "round {round}");
        assert_eq!(Arc::strong_count(&stage.seen), 1, "an end is still alive");
    }
}

/// A consumer that ends before it has heard of the flow: the producer is told all the same that nothing will come.
#[test]
fn r09_the_consumer_ends_before_it_has_heard_of_the_flow() {
    let _dog = watch("r09_the_consumer_ends_before_it_has_heard_of_the_flow");
    for end in [Address::<Take>::stop_now, Address::kill] {
        let mut inline = System::builder().inline();
        let seen = Arc::<Seen>::default();
        let consumer = Consumer::new(Demand::Automatic, &seen);
        let to = inline.system().try_spawn(consumer, &taking(4)).expect("memory");
        assert!(to.suspend());
        let (left, outlet) = (0..10, None);
        let producer = Producer { to, window: 4, left, seen: Arc::clone(&seen), outlet };
        inline.spawn(producer).try_send(Go::Open).expect("room");
        inline.run_until_idle();
        assert_eq!((seen.sent(), seen.ended()), (0, None));
        assert_eq!(end(to), Stopping::Told);
        inline.run_until_idle();
        assert_eq!((seen.sent(), seen.ended()), (0, Some("closed")));
        inline.system().ledger().check().expect("it adds up");
    }
}

/// Opens a flow, and lets it go at once, or when it has heard of something else.
struct Fickle {
    to: Address<Take>,
    keeps: bool,
    outlet: Option<Outlet<Take>>,
    told: Arc<AtomicU64>,
}

impl Actor for Fickle {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Go::Ready = go {
            self.told.fetch_add(1, Ordering::SeqCst);
            return Ok(());
        }
        self.outlet = Some(cx.open_flow(self.to, 1, || Go::Ready)?);
        self.outlet.take_if(|_| !self.keeps);
        Ok(())
    }
}

/// Nobody is told of the credit of a flow that he has let go of: that would lie in his mailbox beside its bound, one more for each.
#[test]
fn a_producer_is_told_nothing_of_a_flow_that_it_has_dropped() {
    for (keeps, expected) in [(true, 1), (false, 0)] {
        let mut inline = System::builder().inline();
        let (seen, told) = (Arc::<Seen>::default(), Arc::<AtomicU64>::default());
        let consumer = Consumer::new(Demand::Automatic, &seen);
        let to = inline.system().try_spawn(consumer, &taking(4)).expect("memory");
        let fickle = inline.spawn(Fickle { to, keeps, outlet: None, told: Arc::clone(&told) });
        for round in 1..=3 {
            fickle.try_send(Go::Open).expect("room");
            inline.run_until_idle();
            assert_eq!(told.load(Ordering::SeqCst), round * expected, "keeps {keeps}");
        }
        // Each window is free again.
        fickle.try_send(Go::Open).expect("room");
        inline.run_until_idle();
        inline.system().ledger().check().expect("it adds up");
        assert_eq!(inline.system().ledger().faults, 0, "keeps {keeps}");
    }
}

/// Sends entries of a book.
struct Sends {
    to: Address<Entry>,
    book: Book,
    next: usize,
    outlet: Option<Outlet<Entry>>,
    made: Arc<AtomicU64>,
}

impl Actor for Sends {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Go::Open = go {
            self.outlet = Some(cx.open_flow(self.to, 16, || Go::Ready)?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.next < ENTRIES {
            let entry = self.book.entry(self.next);
            self.made.fetch_max(self.next as u64 + 1, Ordering::SeqCst);
            match outlet.send(cx, entry) {
                Ok(()) => self.next += 1,
                Err(refused) => {
                    // Handed back: it is not sent, and must not be counted as dropped by the engine.
                    std::mem::forget(refused);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Enough that none of them gets to the end.
const ENTRIES: usize = 1_000_000;

struct Takes;

impl Actor for Takes {
    type Msg = Entry;
    fn handle(&mut self, entry: Entry, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        entry.handled();
        Ok(())
    }
}

/// Over aborts in the midst of it: what was sent is dropped once, handled at most once, and what was handled was first.
#[test]
fn r09_items_over_an_abort() {
    let _dog = watch("r09_items_over_an_abort");
    for round in 1..=if cfg!(throng_sanitize) { 5_u64 } else { 20 } {
        let (system, book, made) = (system(2), Book::new(ENTRIES), Arc::<AtomicU64>::default());
        let to = system.try_spawn(Takes, &taking(16)).expect("memory");
        let sends = Sends { to, book: book.clone(), next: 0, outlet: None, made: Arc::clone(&made) };
        system.spawn(sends).try_send(Go::Open).expect("room");
        while made.load(Ordering::SeqCst) < round * 50 {
            std::thread::yield_now();
        }
        system.abort().check().expect("it adds up");
        let made = made.load(Ordering::SeqCst) as usize;
        let fates: Vec<_> = (0..made).map(|id| book.fate(id)).collect();
        let handled = fates.iter().take_while(|(handled, _)| *handled == 1).count();
        assert!(
            fates[handled..].iter().all(|(handled, _)| *handled == 0),
            "in order, once: {handled} of {made}"
        );
        // The last one may have been handed back.
        assert!(fates[..made - 1].iter().all(|(_, dropped)| *dropped == 1), "each is dropped once");
    }
}

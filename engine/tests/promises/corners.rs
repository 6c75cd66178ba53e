//! Promises in odd corners: batches that panic at once or wait for who waits for them, long chains of upstreams, ends under
//! pressure, barriers that wait for a place.

use crate::child::{alone, words};
use crate::watchdog::watch;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;
use throng::{
    Actor, Address, Batch, Context, Demand, Directive, Fault, Inlet, Level, MessageDropped, Options,
    Overflow, Pressed, System,
};

/// Longer than any test takes: what waits for this waits for something else.
const NEVER: Duration = Duration::from_secs(3_600);

/// Takes items.
#[derive(Default)]
pub(crate) struct Taker {
    pub(crate) got: Arc<AtomicU64>,
    /// Panics as it hears of a flow.
    pub(crate) bad_start: bool,
    /// Ends when it fails.
    pub(crate) frail: bool,
}

impl Actor for Taker {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.got.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    fn flow_opened(&mut self, _: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        if self.bad_start {
            std::panic::resume_unwind(Box::new("as told"));
        }
        Demand::Automatic
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.frail { Directive::Stop } else { Directive::Resume }
    }
    fn options() -> Options {
        Options::builder().capacity(16).flows(16).build().expect("in range")
    }
}

/// Gathers, and panics before it has taken any.
struct Fumbles {
    calls: Arc<AtomicU64>,
    alone: Arc<AtomicU64>,
}

impl Actor for Fumbles {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.alone.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        // So that the test ends in any case.
        if self.calls.fetch_add(1, Ordering::SeqCst) > 1_000 {
            batch.for_each(drop);
            return Ok(());
        }
        std::panic::resume_unwind(Box::new("as told"));
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
    fn options() -> Options {
        Options::builder().capacity(8).gather(4, Duration::ZERO).build().expect("in range")
    }
}

/// A panic before anything was taken is no reason to be given the same batch for ever, on a worker that does nothing else.
#[test]
fn r03_a_batch_that_panics_at_once_is_handled_message_by_message() {
    let _dog = watch("r03_a_batch_that_panics_at_once_is_handled_message_by_message");
    let mut inline = System::builder().inline();
    let (calls, alone) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let fumbles = inline.spawn(Fumbles { calls: Arc::clone(&calls), alone: Arc::clone(&alone) });
    (0..8_u64).for_each(|n| fumbles.try_send(n).expect("room"));
    inline.run_until_idle();
    assert_eq!((calls.load(Ordering::SeqCst), alone.load(Ordering::SeqCst)), (2, 8));
    inline.system().ledger().check().expect("it adds up");
}

/// Takes one of a batch at a time, and panics.
struct Nibbles(Arc<AtomicU64>);

impl Actor for Nibbles {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        batch.next();
        self.0.fetch_add(1, Ordering::SeqCst);
        std::panic::resume_unwind(Box::new("as told"));
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
    fn options() -> Options {
        Options::builder().capacity(64).gather(4, Duration::ZERO).turn(4).build().expect("in range")
    }
}

/// Notes how far another has come.
struct Looks(Arc<AtomicU64>, Arc<AtomicU64>);

impl Actor for Looks {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.store(self.0.load(Ordering::SeqCst), Ordering::SeqCst);
        Ok(())
    }
}

/// What a batch takes before it panics counts for the turn.
#[test]
fn r03_a_turn_of_batches_that_panic_ends() {
    let mut inline = System::builder().inline();
    let (taken, seen) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let nibbles = inline.spawn(Nibbles(Arc::clone(&taken)));
    let looks = inline.spawn(Looks(Arc::clone(&taken), Arc::clone(&seen)));
    (0..64_u64).for_each(|n| nibbles.try_send(n).expect("room"));
    looks.try_send(()).expect("room");
    inline.run_until_idle();
    assert_eq!((seen.load(Ordering::SeqCst), taken.load(Ordering::SeqCst)), (4, 64));
}

/// Gathers up to eight, and has all the time.
struct Patient(Arc<AtomicU64>);

impl Actor for Patient {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        unreachable!("batches are taken whole");
    }
    fn handle_batch(&mut self, batch: &mut Batch<'_, u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(batch.len() as u64, Ordering::SeqCst);
        batch.for_each(drop);
        Ok(())
    }
}

/// Sends this many with each message.
struct Bursts(Address<u64>, u64);

impl Actor for Bursts {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        (0..self.1).try_for_each(|n| cx.send(self.0, n)).map_err(|_| Fault::msg("refused"))
    }
}

/// A batch does not wait for those who wait for it: who was suspended on its mailbox goes on before it waits for more.
#[test]
fn a_batch_does_not_wait_for_who_is_suspended_on_it() {
    let _dog = watch("a_batch_does_not_wait_for_who_is_suspended_on_it");
    {
        let mut inline = System::builder().inline();
        let options = Options::builder().capacity(8).gather(8, NEVER).build().expect("in range");
        let got = Arc::<AtomicU64>::default();
        let to = inline.system().try_spawn(Patient(Arc::clone(&got)), &options).expect("memory");
        let bursts = inline.spawn(Bursts(to, 12));
        bursts.try_send(()).expect("room");
        bursts.try_send(()).expect("room");
        inline.run_until_idle();
        assert_eq!((got.load(Ordering::SeqCst), inline.system().stalls().len()), (24, 0));
    }
}

/// Each tells the next of its pressure.
struct Rung;

enum Step {
    Press,
    News,
}

impl From<Pressed> for Step {
    fn from(_: Pressed) -> Self {
        Step::News
    }
}

impl Actor for Rung {
    type Msg = Step;
    fn handle(&mut self, _: Step, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// The news of pressure goes up a chain of upstreams of any length.
#[test]
fn news_of_pressure_climb_a_long_chain() {
    let _dog = watch("news_of_pressure_climb_a_long_chain");
    let output = alone("corners::news_of_pressure_climb_a_long_chain", || {
        let mut inline = System::builder().inline();
        let mut last = inline.spawn(Rung);
        for _ in 0..20_000 {
            let options = Options::builder()
                .capacity(1)
                .overflow(Overflow::Signal)
                .upstream(last.recipient())
                .build()
                .expect("in range");
            last = inline.system().try_spawn(Rung, &options).expect("memory");
        }
        inline.run_until_idle();
        last.try_send(Step::Press).expect("room");
        inline.run_until_idle();
        inline.system().ledger().check().expect("it adds up");
    });
    assert!(output.status.success(), "{}", words(&output));
}

/// Notes the levels that it is told of.
struct Hears(Arc<Mutex<Vec<Level>>>);

impl Actor for Hears {
    type Msg = Pressed;
    fn handle(&mut self, news: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.lock().expect("no panic").push(news.level);
        Ok(())
    }
}

/// Who ends under pressure, in whatever way, is not for ever the one that its upstream holds back for.
#[test]
fn whoever_ends_under_pressure_leaves_none() {
    for end in [Address::<u64>::stop, Address::stop_now, Address::kill] {
        let mut inline = System::builder().inline();
        let levels = Arc::<Mutex<Vec<Level>>>::default();
        let upstream = inline.spawn(Hears(Arc::clone(&levels)));
        let options =
            Options::builder().capacity(4).overflow(Overflow::Signal).upstream(upstream.recipient());
        let options = options.build().expect("in range");
        let to = inline.system().try_spawn(Taker::default(), &options).expect("memory");
        assert!(to.suspend());
        inline.run_until_idle();
        (0..4_u64).for_each(|n| to.try_send(n).expect("room"));
        inline.run_until_idle();
        assert_eq!(*levels.lock().expect("no panic"), [Level::High]);
        let _told = end(to);
        inline.run_until_idle();
        assert_eq!(*levels.lock().expect("no panic"), [Level::High, Level::Low]);
    }
}

/// A barrier that waits for a place in a small mailbox that drops its oldest exactly gets it.
#[test]
fn a_barrier_that_waits_for_a_place_gets_it() {
    let _dog = watch("a_barrier_that_waits_for_a_place_gets_it");
    for capacity in 1..=4 {
        let mut inline = System::builder().inline();
        let options = Options::builder()
            .capacity(capacity)
            .hard(capacity)
            .low(0)
            .max_asks(0)
            .overflow(Overflow::DropOldestExact)
            .build()
            .expect("in range");
        let to = inline.system().try_spawn(Taker::default(), &options).expect("memory");
        inline.run_until_idle();
        assert!(to.suspend());
        inline.run_until_idle();
        let mut barriers: Vec<_> =
            (0..2 * capacity).map(|_| Box::pin(to.barrier().deadline(NEVER))).collect();
        let mut cx = Poll0::from_waker(Waker::noop());
        for barrier in &mut barriers {
            assert!(barrier.as_mut().poll(&mut cx).is_pending());
        }
        assert!(to.resume());
        for round in 0.. {
            inline.run_until_idle();
            barriers.retain_mut(|barrier| match barrier.as_mut().poll(&mut cx) {
                Poll::Ready(done) => {
                    done.expect("it was handled");
                    false
                }
                Poll::Pending => true,
            });
            if barriers.is_empty() {
                break;
            }
            assert!(round < 100, "{} of {} barriers wait for ever", barriers.len(), 2 * capacity);
        }
    }
}

/// As many barriers as there are places leave those of a batch free: no message is lost, and the ledger adds up.
#[test]
fn barriers_leave_the_places_of_a_batch_free() {
    let _dog = watch("barriers_leave_the_places_of_a_batch_free");
    let mut inline = System::builder().inline();
    let options = Options::builder().capacity(64).max_asks(0).overflow(Overflow::DropOldestExact);
    let options = options.gather(16, Duration::ZERO).build().expect("in range");
    let got = Arc::<AtomicU64>::default();
    let to = inline.system().try_spawn(Patient(Arc::clone(&got)), &options).expect("memory");
    inline.run_until_idle();
    assert!(to.suspend());
    inline.run_until_idle();
    let mut cx = Poll0::from_waker(Waker::noop());
    let barriers = u64::from(Options::CAPACITY_MAX) + 2;
    let mut barriers: Vec<_> = (0..barriers).map(|_| Box::pin(to.barrier().deadline(NEVER))).collect();
    barriers.iter_mut().for_each(|barrier| assert!(barrier.as_mut().poll(&mut cx).is_pending()));
    (0..64_u64).for_each(|n| to.send(n).expect("accepted"));
    assert!(to.resume());
    inline.run_until_idle();
    assert_eq!(got.load(Ordering::SeqCst), 64, "a message was lost");
    drop(barriers);
    let ledger = inline.system().ledger();
    assert_eq!((ledger.accepted, ledger.faults), (ledger.handled, 0), "{ledger:?}");
}

/// News of drops; the first three cannot be told.
struct Told(u64);

impl From<MessageDropped> for Told {
    fn from(news: MessageDropped) -> Self {
        static TRIED: AtomicU64 = AtomicU64::new(0);
        if TRIED.fetch_add(1, Ordering::SeqCst) < 3 {
            std::panic::resume_unwind(Box::new("as told"));
        }
        Told(news.missed)
    }
}

struct Watcher(Arc<Mutex<Vec<u64>>>);

impl Actor for Watcher {
    type Msg = Told;
    fn handle(&mut self, Told(missed): Told, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.lock().expect("no panic").push(missed);
        Ok(())
    }
}

/// News of a drop whose conversion panics is told with the next.
#[test]
fn drops_that_could_not_be_told_of_are_told_with_the_next() {
    let mut inline = System::builder().inline();
    let told = Arc::<Mutex<Vec<u64>>>::default();
    let watcher = inline.spawn(Watcher(Arc::clone(&told)));
    inline.system().watch_drops(watcher.recipient());
    let options = Options::builder().capacity(1).overflow(Overflow::DropNewest).build().expect("in range");
    let to = inline.system().try_spawn(Taker::default(), &options).expect("memory");
    inline.run_until_idle();
    (0..6_u64).for_each(|n| to.send(n).expect("accepted"));
    inline.run_until_idle();
    assert_eq!(*told.lock().expect("no panic"), [3, 0]);
}

//! Flows whose other end has gone before it hears, panics as it hears, or holds what panics when it is dropped.

use crate::child::{alone, words};
use crate::corners::Taker;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, FlowError, Options, Outlet, Overflow, System};

/// Longer than any test takes.
const NEVER: Duration = Duration::from_secs(3_600);

/// Opens a flow, with what its news hold, and ends at once.
struct Glimpse<D> {
    to: Address<u64>,
    held: Option<D>,
}

impl<D: Send + Sync + 'static> Actor for Glimpse<D> {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let held = self.held.take();
        let _ended = cx.open_flow(self.to, 1, move || {
            let _held = &held;
        })?;
        cx.stop();
        Ok(())
    }
}

fn rss() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the kernel's own figures");
    statm.split(' ').nth(1).and_then(|n| n.parse::<u64>().ok()).expect("a number of pages") * 4
}

/// The news of credit for a producer that has ended takes no memory with it.
#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer keeps memory of its own")]
fn r09_producers_that_end_before_they_hear_of_credit_leave_nothing() {
    let _dog = watch("r09_producers_that_end_before_they_hear_of_credit_leave_nothing");
    let output = alone("unheard::r09_producers_that_end_before_they_hear_of_credit_leave_nothing", || {
        let mut inline = System::builder().inline();
        let to = inline.spawn(Taker::default());
        let mut rounds = |n: u32| {
            for _ in 0..n {
                inline.spawn(Glimpse::<()> { to, held: None }).try_send(()).expect("room");
                inline.run_until_idle();
            }
        };
        rounds(20_000);
        let before = rss();
        rounds(200_000);
        let grown = rss().saturating_sub(before);
        assert!(grown < 4_096, "{grown} KiB more after 200,000 producers");
    });
    assert!(output.status.success(), "{}", words(&output));
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::resume_unwind(Box::new("as told"));
        }
    }
}

/// What a producer's news hold panics when the consumer's end drops it: that takes neither a worker nor the consumer down.
#[test]
fn r02_r09_what_a_flow_holds_panics_when_it_is_dropped() {
    let _dog = watch("r02_r09_what_a_flow_holds_panics_when_it_is_dropped");
    let output = alone("unheard::r02_r09_what_a_flow_holds_panics_when_it_is_dropped", || {
        for kill in [false, true] {
            let mut inline = System::builder().inline();
            let taker = Taker { frail: true, ..Taker::default() };
            let got = Arc::clone(&taker.got);
            let to = inline.spawn(taker);
            inline.spawn(Glimpse { to, held: Some(Bomb) }).try_send(()).expect("room");
            inline.spawn(Glimpse { to, held: Some(Bomb) }).try_send(()).expect("room");
            if kill {
                // Both have begun; of neither the end has been heard.
                to.suspend();
                inline.run_until_idle();
                let _told = to.kill();
            }
            inline.run_until_idle();
            let sent = to.try_send(1_u64);
            inline.run_until_idle();
            assert_eq!((sent.is_err(), got.load(Ordering::SeqCst)), (kill, u64::from(!kill)));
            inline.system().ledger().check().expect("it adds up");
        }
    });
    assert!(output.status.success(), "{}", words(&output));
}

/// The same on a worker, of a consumer that has listed the flow when it is killed.
#[test]
fn r02_r09_a_worker_outlives_what_a_flow_holds() {
    let _dog = watch("r02_r09_a_worker_outlives_what_a_flow_holds");
    let output = alone("unheard::r02_r09_a_worker_outlives_what_a_flow_holds", || {
        let system = System::builder().workers(1).build().expect("a system");
        let to = system.spawn(Taker::default());
        let holds = system.spawn(Holds { to, outlet: None });
        holds.try_send(()).expect("room");
        holds.barrier().wait().expect("alive");
        to.barrier().wait().expect("alive");
        assert!(to.suspend());
        let _told = holds.stop_now();
        while holds.is_alive() {
            std::thread::yield_now();
        }
        let _told = to.kill();
        while to.is_alive() {
            std::thread::yield_now();
        }
        let next = system.spawn(Taker::default());
        next.barrier().wait().expect("the worker is there");
        system.shutdown(NEVER).expect("rest").check().expect("it adds up");
    });
    assert!(output.status.success(), "{}", words(&output));
}

/// Opens a flow whose news hold a bomb, and keeps it.
struct Holds {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
}

impl Actor for Holds {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let bomb = Bomb;
        self.outlet = Some(cx.open_flow(self.to, 1, move || {
            let _held = &bomb;
        })?);
        Ok(())
    }
}

/// Opens a flow and notes what a send is told.
struct Tries {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    told: Arc<AtomicU64>,
}

enum Try {
    Open,
    Ready,
}

impl Actor for Tries {
    type Msg = Try;
    fn handle(&mut self, message: Try, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Try::Open = message {
            self.outlet = Some(cx.open_flow(self.to, 4, || Try::Ready)?);
            return Ok(());
        }
        let sent = self.outlet.as_mut().expect("it was opened").send(cx, 1_u64);
        let told = match sent {
            Ok(()) => 1,
            Err(FlowError::NoCredit(_)) => 2,
            Err(FlowError::Cancelled(_)) => 3,
            Err(_) => 4,
        };
        self.told.store(told, Ordering::SeqCst);
        Ok(())
    }
}

/// A consumer that panics as it hears of a flow, and goes on: nobody has its inlet, so nothing will come, and the producer
/// hears that.
#[test]
fn r09_a_consumer_panics_as_it_hears_of_a_flow() {
    let _dog = watch("r09_a_consumer_panics_as_it_hears_of_a_flow");
    let mut inline = System::builder().inline();
    let told = Arc::<AtomicU64>::default();
    let to = inline.spawn(Taker { bad_start: true, ..Taker::default() });
    let tries = Tries { to, outlet: None, told: Arc::clone(&told) };
    inline.spawn(tries).try_send(Try::Open).expect("room");
    inline.run_until_idle();
    assert_eq!(told.load(Ordering::SeqCst), 3, "it was not told that nothing will come");
}

/// Opens flows of a window of one to an actor that drops its oldest.
struct Opens {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    opened: Arc<AtomicU64>,
}

impl Actor for Opens {
    type Msg = Try;
    fn handle(&mut self, message: Try, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (message, &mut self.outlet) {
            (Try::Open, None) => {
                self.outlet = Some(cx.open_flow(self.to, 1, || Try::Ready)?);
                self.opened.fetch_add(1, Ordering::SeqCst);
            }
            (Try::Open, Some(outlet)) => outlet.send(cx, 1_u64).map_err(|_| Fault::msg("refused"))?,
            (Try::Ready, _) => {}
        }
        Ok(())
    }
}

/// A flow into a mailbox that drops its oldest has its places, however large the capacity: its end is heard of.
#[test]
fn r09_the_end_of_a_flow_into_the_largest_mailbox_that_drops_is_heard_of() {
    let _dog = watch("r09_the_end_of_a_flow_into_the_largest_mailbox_that_drops_is_heard_of");
    let mut inline = System::builder().inline();
    // The largest for which there is room.
    let options = (1..=Options::CAPACITY_MAX / 2 + 1)
        .rev()
        .find_map(|capacity| {
            let options = Options::builder().capacity(capacity).overflow(Overflow::DropOldest).max_asks(0);
            options.flows(1).build().ok()
        })
        .expect("one of them");
    let to = inline.system().try_spawn(Taker::default(), &options).expect("memory");
    let opened = Arc::<AtomicU64>::default();
    let opens = inline.spawn(Opens { to, outlet: None, opened: Arc::clone(&opened) });
    opens.try_send(Try::Open).expect("room");
    inline.run_until_idle();
    assert!(to.suspend());
    inline.run_until_idle();
    (0..3 * u64::from(options.capacity())).for_each(|n| to.send(n).expect("accepted"));
    opens.try_send(Try::Open).expect("room");
    inline.run_until_idle();
    let _told = opens.stop_now();
    inline.run_until_idle();
    assert!(to.resume());
    inline.run_until_idle();
    let again = inline.spawn(Opens { to, outlet: None, opened: Arc::clone(&opened) });
    again.try_send(Try::Open).expect("room");
    inline.run_until_idle();
    assert_eq!(opened.load(Ordering::SeqCst), 2, "the window was not freed");
}

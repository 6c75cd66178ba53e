//! R11: a timer fires once or was cancelled, never both, never early; a full mailbox does not lose it.

use crate::seed;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, Options, Overflow, System, Timer};

const SOON: Duration = Duration::from_secs(100);

struct Fates {
    fired: Vec<AtomicU8>,
    cancelled: Vec<AtomicU8>,
    early: AtomicU64,
}

enum Msg {
    Arm(Vec<(usize, Duration)>),
    Fired(usize, Instant),
}

struct Armed {
    fates: Arc<Fates>,
    timers: Sender<(usize, Timer)>,
}

impl Actor for Armed {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Arm(delays) => {
                for (id, delay) in delays {
                    let due = Instant::now() + delay;
                    let timer = cx.after(delay, Msg::Fired(id, due));
                    self.timers.send((id, timer))?;
                }
            }
            Msg::Fired(id, due) => {
                self.fates.fired[id].fetch_add(1, Ordering::SeqCst);
                if Instant::now() < due {
                    self.fates.early.fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        Ok(())
    }
}

fn once_or_cancelled(options: &Options, actors: usize, all: usize) -> System {
    let mut random = seed::random();
    // Always three microseconds apart, so that the small run meets full mailboxes too.
    let spread = all as u64 * 3;
    let system = System::builder().workers(2).build().expect("a system");
    let zeros = || (0..all).map(|_| AtomicU8::new(0)).collect();
    let fates = Arc::new(Fates { fired: zeros(), cancelled: zeros(), early: AtomicU64::new(0) });
    let (out, timers) = channel();
    for actor in 0..actors {
        let armed = Armed { fates: Arc::clone(&fates), timers: out.clone() };
        let each = all / actors;
        let delays = (actor * each..(actor + 1) * each)
            .map(|id| (id, Duration::from_micros(random.below(spread))))
            .collect();
        let to = system.try_spawn(armed, options).expect("memory");
        to.try_send(Msg::Arm(delays)).expect("room");
    }
    drop(out);
    let mut asked = 0;
    for (id, timer) in timers.iter().take(all) {
        if random.below(2) == 0 {
            asked += 1;
            fates.cancelled[id].fetch_add(u8::from(timer.cancel()), Ordering::SeqCst);
            assert!(!timer.cancel(), "cancelled twice");
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    let mut cancelled = 0;
    for id in 0..all {
        let (fired, stopped) =
            (fates.fired[id].load(Ordering::SeqCst), fates.cancelled[id].load(Ordering::SeqCst));
        assert_eq!(fired + stopped, 1, "timer {id} fired {fired} times and was cancelled {stopped} times");
        cancelled += usize::from(stopped);
    }
    assert!(cancelled > 0 && cancelled <= asked, "{cancelled} of {asked} cancelled");
    assert_eq!(fates.early.load(Ordering::SeqCst), 0, "timers came early");
    system
}

#[test]
fn r11_once_or_cancelled_and_never_early() {
    let _dog = watch("r11_once_or_cancelled_and_never_early");
    let system =
        once_or_cancelled(&Options::default(), 10, if cfg!(throng_sanitize) { 10_000 } else { 100_000 });
    system.shutdown(SOON).expect("rest");
}

#[test]
#[ignore = "ten times the one above: run by scripts/faults.sh"]
fn r11_a_million_on_threads() {
    let _dog = watch("r11_a_million_on_threads");
    let system = once_or_cancelled(&Options::default(), 10, 1_000_000);
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r11_into_full_mailboxes() {
    let _dog = watch("r11_into_full_mailboxes");
    for overflow in [Overflow::Mute, Overflow::Fail] {
        let options = Options::builder().capacity(2).hard(3).overflow(overflow).build().expect("in range");
        let system = once_or_cancelled(&options, 5, 3_000);
        assert!(system.activity().timers_late > 0, "no timer ever met a full mailbox");
        system.shutdown(SOON).expect("rest");
    }
}

/// Ticks; the first one is held up from outside.
struct Ticking {
    period: Duration,
    hold: Option<(Sender<()>, Receiver<()>)>,
    ticks: Sender<Instant>,
    timer: Option<Timer>,
}

impl Actor for Ticking {
    type Msg = bool;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.timer = Some(cx.every(self.period, || true));
        Ok(())
    }
    fn handle(&mut self, tick: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !tick {
            let first = self.timer.as_ref().is_some_and(Timer::cancel);
            let second = self.timer.as_ref().is_some_and(Timer::cancel);
            assert!(first && !second);
            cx.stop();
            return Ok(());
        }
        if let Some((inside, go)) = self.hold.take() {
            inside.send(())?;
            let _ = go.recv();
        }
        let _ = self.ticks.send(Instant::now());
        Ok(())
    }
}

#[test]
fn r11_every_leaves_out_what_was_missed() {
    let _dog = watch("r11_every_leaves_out_what_was_missed");
    let system = System::builder().workers(2).build().expect("a system");
    let (inside, is_inside) = channel();
    let (go, gate) = channel::<()>();
    let (out, ticks) = channel();
    let period = Duration::from_millis(2);
    let ticking = system.spawn(Ticking { period, hold: Some((inside, gate)), ticks: out, timer: None });
    is_inside.recv().expect("a first tick");
    // While the first is being handled, one more enters the mailbox, and the others are missed. Some may have been before it.
    let before = system.activity().ticks_missed;
    while system.activity().ticks_missed < before + 5 {
        std::thread::yield_now();
    }
    assert_eq!(system.ledger().queued, 1 + 1, "the tick in hand and one more");
    drop(go);
    let times: Vec<_> = (0..10).map(|_| ticks.recv().expect("a tick")).collect();
    // The two that were held up come at once; the others a period apart, one of them left out at most.
    assert!(times[9] - times[1] >= period * 6, "{times:?}");
    ticking.try_send(false).expect("room");
    let ledger = system.quiesce(SOON).expect("a periodic timer does not hold up rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.stopped, 1);
    assert!(ticks.iter().count() < 100, "no tick after the end");
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r11_a_timer_of_an_actor_that_ended_reaches_nobody() {
    let _dog = watch("r11_a_timer_of_an_actor_that_ended_reaches_nobody");
    struct Leaving;
    impl Actor for Leaving {
        type Msg = Option<Duration>;
        fn handle(&mut self, delay: Option<Duration>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let delay = delay.ok_or_else(|| Fault::msg("fired after the end"))?;
            cx.after(delay, None);
            cx.stop_now();
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    for n in 0..1_000 {
        system.spawn(Leaving).try_send(Some(Duration::from_micros(n * 20))).expect("room");
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.stopped, ledger.faults, ledger.handled), (1_000, 0, 1_000));
    assert_eq!(ledger.refused.total() + ledger.dead.total(), 1_000);
    system.shutdown(SOON).expect("rest");
}

#[test]
fn r11_many_timers_into_one_full_mailbox_are_not_all_tried_each_tick() {
    let _dog = watch("r11_many_timers_into_one_full_mailbox_are_not_all_tried_each_tick");
    const TIMERS: u64 = 2_000;
    /// Fills its own mailbox, arms them all, and stays in the handler.
    struct Full(Sender<()>, Receiver<()>, u64);
    impl Actor for Full {
        type Msg = u64;
        fn handle(&mut self, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.2 += n;
            if n == 0 && self.2 == 0 {
                let me = cx.me();
                while cx.send(me, 0_u64).is_ok() {}
                (0..TIMERS).for_each(|_| _ = cx.after(Duration::from_millis(1), 1_u64));
                self.0.send(())?;
                let _ = self.1.recv();
                self.2 = 1;
            }
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            assert_eq!(self.2, TIMERS + 1);
            let _ = self.0.send(());
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let ((inside, is_inside), (go, gate)) = (channel(), channel());
    let options = Options::builder().capacity(100).hard(200).build().expect("in range");
    let full = system.try_spawn(Full(inside, gate, 0), &options).expect("memory");
    full.try_send(0_u64).expect("room");
    is_inside.recv().expect("inside");
    let began = Instant::now();
    while system.activity().timers_late < 10 || began.elapsed() < Duration::from_millis(20) {
        std::thread::yield_now();
    }
    // One of them is tried with each tick, and tells for all; however long the machine takes.
    let late = system.activity().timers_late;
    let ticks = began.elapsed().as_millis() as u64 + 1;
    assert!(late < ticks * 4 + 100, "{late} tries in {ticks} ticks");
    drop(go);
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.handled, 200 + TIMERS);
    system.shutdown(SOON).expect("rest");
    is_inside.recv().expect("each came once");
}

#[test]
fn r11_a_cancelled_timer_holds_up_nobody() {
    let _dog = watch("r11_a_cancelled_timer_holds_up_nobody");
    struct Wavering(Sender<Timer>);
    impl Actor for Wavering {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            assert!(cx.after(Duration::from_secs(3_600), ()).cancel());
            let timer = cx.after(Duration::from_secs(3_600), ());
            self.0.send(timer)?;
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let (out, timers) = channel();
    (0..10).for_each(|_| _ = system.spawn(Wavering(out.clone())));
    let timers: Vec<_> = timers.iter().take(10).collect();
    let (last, others) = timers.split_first().expect("ten");
    others.iter().for_each(|timer| assert!(timer.cancel()));
    let busy = system.quiesce(Duration::from_millis(20)).expect_err("one is armed");
    assert_eq!(busy.timers, 1, "{busy}");
    assert!(last.cancel());
    let ledger = system.quiesce(Duration::from_secs(10)).expect("nothing is armed");
    assert_eq!(ledger.attempts, 0);
    system.shutdown(SOON).expect("rest");
    assert!(!last.cancel(), "a handle may outlive its system");
}

#[test]
fn r11_timers_end_with_their_system() {
    let _dog = watch("r11_timers_end_with_their_system");
    struct Waiting(Arc<()>);
    impl Actor for Waiting {
        type Msg = Arc<()>;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.after(Duration::from_secs(3_600), Arc::clone(&self.0));
            let held = Arc::clone(&self.0);
            cx.every(Duration::from_secs(3_600), move || Arc::clone(&held));
            Ok(())
        }
        fn handle(&mut self, _: Arc<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let held = Arc::new(());
    let system = System::builder().workers(2).build().expect("a system");
    (0..100).for_each(|_| _ = system.spawn(Waiting(Arc::clone(&held))));
    let busy = system.quiesce(Duration::from_millis(50)).expect_err("a one-shot timer holds up rest");
    assert_eq!(busy.timers, 100, "{busy}");
    drop(system);
    assert_eq!(Arc::strong_count(&held), 1, "messages of timers are dropped with the system");
}

/// Counts what it is told.
struct Told(Arc<[AtomicU64; 2]>);

#[derive(Clone, Copy)]
enum Tick {
    Arm,
    Often,
    Once,
}

impl Actor for Told {
    type Msg = Tick;
    fn handle(&mut self, tick: Tick, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match tick {
            Tick::Arm => {
                for _ in 0..4 {
                    let _: Timer = cx.every(Duration::from_millis(1), || Tick::Often);
                }
                for _ in 0..20 {
                    let _: Timer = cx.after(Duration::from_millis(1), Tick::Once);
                }
            }
            Tick::Often => _ = self.0[0].fetch_add(1, Ordering::SeqCst),
            Tick::Once => _ = self.0[1].fetch_add(1, Ordering::SeqCst),
        }
        Ok(())
    }
}

/// One place, and periodic timers that want it each tick: those who have waited longest get it.
#[test]
fn r11_periodic_timers_starve_no_others() {
    let _dog = watch("r11_periodic_timers_starve_no_others");
    for workers in [1, 2] {
        let system = System::builder().workers(workers).build().expect("a system");
        let told = Arc::new([const { AtomicU64::new(0) }; 2]);
        let options = Options::builder().capacity(1).hard(1).build().expect("in range");
        let actor = system.try_spawn(Told(Arc::clone(&told)), &options).expect("memory");
        actor.try_send(Tick::Arm).expect("room");
        let ledger = system.quiesce(SOON).expect("the one-shot timers fire");
        assert_eq!((ledger.check(), told[1].load(Ordering::SeqCst)), (Ok(()), 20));
        // A tick that found no place is left out, and the one-shots that have waited since then went before the next.
        while told[0].load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        system.abort();
    }
}

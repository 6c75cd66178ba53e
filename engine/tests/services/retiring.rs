//! Actors that end by the clock: to the nanosecond in virtual time.

use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Inline, System, Timer};

const MS: Duration = Duration::from_millis(1);
const NS: Duration = Duration::from_nanos(1);
const SOON: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Guest {
    told: Option<Sender<&'static str>>,
    timer: Option<Timer>,
}

enum Msg {
    ExitAfter(Duration),
    ExitWhenIdle(Duration),
    Cancel,
    Plain,
    Keep,
    /// Sends so many more to itself, one each `Duration`.
    Beat(u32, Duration),
    /// Busy until the gate opens.
    Long(Gate),
    /// Something to handle after so long.
    Later(Duration),
}

impl Actor for Guest {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::ExitAfter(after) => self.timer = Some(cx.exit_after(after)),
            Msg::ExitWhenIdle(time) => self.timer = Some(cx.exit_when_idle(time)),
            Msg::Cancel => {
                let cancelled = self.timer.as_ref().is_some_and(Timer::cancel);
                self.say(if cancelled { "cancelled" } else { "too late" });
            }
            Msg::Plain => self.say("handled"),
            Msg::Keep => cx.stash(Msg::Plain)?,
            Msg::Beat(0, _) => {}
            Msg::Beat(left, every) => drop(cx.after(every, Msg::Beat(left - 1, every))),
            Msg::Long(gate) => gate.pass(),
            Msg::Later(after) => drop(cx.after(after, Msg::Plain)),
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.say("stopped");
    }
}

impl Guest {
    fn say(&self, word: &'static str) {
        if let Some(told) = &self.told {
            let _ = told.send(word);
        }
    }
}

fn guest() -> (Inline, Address<Msg>, Receiver<&'static str>) {
    let (tell, told) = channel();
    let inline = System::builder().inline_virtual();
    let guest = inline.spawn(Guest { told: Some(tell), timer: None });
    (inline, guest, told)
}

fn send(inline: &mut Inline, to: Address<Msg>, message: Msg) {
    to.try_send(message).expect("it lives");
    inline.run_until_idle();
}

fn words(told: &Receiver<&'static str>) -> Vec<&'static str> {
    told.try_iter().collect()
}

#[test]
fn exit_after_ends_it_at_that_time_whatever_it_does() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitAfter(100 * MS));
    send(&mut inline, guest, Msg::Beat(1_000, MS / 2));
    inline.advance(100 * MS - NS);
    assert_eq!(words(&told), [] as [&str; 0]);
    inline.advance(NS);
    assert_eq!(words(&told), ["stopped"]);
    assert!(guest.try_send(Msg::Plain).is_err());
}

#[test]
fn what_is_in_the_mailbox_then_is_handled() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitAfter(10 * MS));
    assert!(guest.suspend());
    guest.try_send(Msg::Plain).expect("room");
    inline.advance(10 * MS);
    assert_eq!(words(&told), ["handled", "stopped"]);
}

#[test]
fn a_cancelled_exit_is_none() {
    let (mut inline, guest, told) = guest();
    for exit in [Msg::ExitAfter(10 * MS), Msg::ExitWhenIdle(10 * MS)] {
        send(&mut inline, guest, exit);
        send(&mut inline, guest, Msg::Cancel);
        send(&mut inline, guest, Msg::Cancel);
        inline.advance(SOON);
        assert_eq!(words(&told), ["cancelled", "too late"]);
    }
}

#[test]
fn exit_when_idle_is_exact() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitWhenIdle(10 * MS));
    // Again and again just before the time is up, and at odd times.
    for wait in [9 * MS, 10 * MS - NS, MS, 3 * MS, 10 * MS - NS, NS, Duration::ZERO, 7 * MS] {
        inline.advance(wait);
        send(&mut inline, guest, Msg::Plain);
        assert_eq!(words(&told), ["handled"]);
    }
    inline.advance(10 * MS - NS);
    assert_eq!(words(&told), [] as [&str; 0]);
    inline.advance(NS);
    assert_eq!(words(&told), ["stopped"]);
    assert_eq!(inline.system().ledger().stopped, 1);
}

#[test]
fn idle_from_the_beginning_ends_it_too() {
    struct Idle;
    impl Actor for Idle {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.exit_when_idle(10 * MS);
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let mut inline = System::builder().inline_virtual();
    inline.spawn(Idle);
    inline.advance(10 * MS - NS);
    assert_eq!(inline.system().ledger().stopped, 0);
    inline.advance(NS);
    assert_eq!(inline.system().ledger().stopped, 1);
}

#[test]
fn its_own_ticks_keep_it_at_work() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitWhenIdle(10 * MS));
    send(&mut inline, guest, Msg::Beat(10, 9 * MS));
    inline.advance(100 * MS - NS);
    assert_eq!(words(&told), [] as [&str; 0]);
    inline.advance(NS);
    assert_eq!(words(&told), ["stopped"]);
}

/// Suspended with a message it is not idle; resumed, it has handled that and is from then on.
#[test]
fn one_that_is_suspended_is_not_idle() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitWhenIdle(10 * MS));
    assert!(guest.suspend());
    inline.advance(95 * MS);
    assert_eq!(inline.system().ledger().stopped, 0);
    guest.try_send(Msg::Plain).expect("room");
    assert!(guest.resume());
    inline.run_until_idle();
    assert_eq!(words(&told), ["handled"]);
    inline.advance(10 * MS - NS);
    assert_eq!(words(&told), [] as [&str; 0]);
    inline.advance(10 * MS);
    assert_eq!(words(&told), ["stopped"]);
}

#[test]
fn what_it_keeps_does_not_keep_it() {
    let (mut inline, guest, told) = guest();
    send(&mut inline, guest, Msg::ExitWhenIdle(10 * MS));
    send(&mut inline, guest, Msg::Keep);
    inline.advance(10 * MS);
    assert_eq!(words(&told), ["stopped"]);
    let ledger = inline.system().quiesce(Duration::ZERO).expect("rest");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.dead.stopped, ledger.queued), (1, 0));
}

/// Gives birth.
struct Host(Sender<Address<Msg>>);

impl Actor for Host {
    type Msg = u32;
    fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..n {
            self.0.send(cx.spawn(Guest::default()))?;
        }
        Ok(())
    }
}

/// Its slot serves another by the time the timer comes, who is none of its business.
#[test]
fn one_that_has_ended_before_takes_nobody_along() {
    let _dog = watch("one_that_has_ended_before_takes_nobody_along");
    for exit in [Msg::ExitAfter(SOON), Msg::ExitWhenIdle(SOON)] {
        let mut inline = System::builder().inline_virtual();
        let (born, births) = channel();
        let host = inline.spawn(Host(born));
        let spawn = |inline: &mut Inline, n: u32| -> Vec<Address<Msg>> {
            host.try_send(n).expect("room");
            inline.run_until_idle();
            births.try_iter().collect()
        };
        let slot = |address: &Address<Msg>| format!("{address}").split('.').next().map(String::from);
        let guest = spawn(&mut inline, 1)[0];
        send(&mut inline, guest, exit);
        let _ = guest.stop();
        inline.run_until_idle();
        assert_eq!(inline.system().ledger().stopped, 1);
        let mut others = Vec::new();
        while !others.iter().any(|other| slot(other) == slot(&guest)) {
            others.extend(spawn(&mut inline, 1_000));
        }
        inline.advance(2 * SOON);
        assert_eq!(inline.system().ledger().stopped, 1, "of {} others one has ended", others.len());
    }
}

/// With threads, and a handler that is longer than the time: it handled nothing only after that.
#[test]
fn a_long_handler_is_work() {
    let _dog = watch("a_long_handler_is_work");
    let ((tell, told), (strike, struck)) = (channel(), channel());
    let (gate, key) = gate();
    let system = System::builder().workers(2).build().expect("threads");
    let guest = system.spawn(Guest { told: Some(tell), timer: None });
    let clock = system.spawn(Guest { told: Some(strike), timer: None });
    guest.try_send(Msg::ExitWhenIdle(40 * MS)).expect("room");
    guest.try_send(Msg::Long(gate)).expect("room");
    key.wait();
    // By the engine's clock more than its time passes while it is inside.
    clock.try_send(Msg::Later(100 * MS)).expect("room");
    assert_eq!(struck.recv_timeout(SOON), Ok("handled"));
    guest.try_send(Msg::Plain).expect("it lives");
    let opened = Instant::now();
    key.open();
    assert_eq!(told.recv_timeout(SOON), Ok("handled"));
    assert_eq!(told.recv_timeout(SOON), Ok("stopped"));
    let took = opened.elapsed();
    assert!(took >= 40 * MS, "after {took:?}");
    let _ = clock.stop();
    let ledger = system.shutdown(SOON).expect("comes down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.stopped, ledger.spawned), (2, 2));
}

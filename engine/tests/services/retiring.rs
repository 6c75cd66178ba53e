//! Actors that end by the clock: to the nanosecond in virtual time.

use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, Child, Context, Decision, Fault, Inline, Restart, Strategy, Supervisor, System, Timer,
};

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

/// Exits by the clock if it is the first of its kind, and fails as told.
struct Kept(Option<(Exits, Duration)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exits {
    After,
    WhenIdle,
}

enum Do {
    Fail,
    Plain,
}

impl Actor for Kept {
    type Msg = Do;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _timer = self.0.map(|(exits, time)| match exits {
            Exits::After => cx.exit_after(time),
            Exits::WhenIdle => cx.exit_when_idle(time),
        });
        Ok(())
    }
    fn handle(&mut self, message: Do, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Do::Fail => Err(Fault::msg("told to")),
            Do::Plain => Ok(()),
        }
    }
}

/// A child whose first state exits.
fn kept(exits: Exits, time: Duration) -> Child<Kept> {
    let first = AtomicBool::new(true);
    let make = move || Kept(first.swap(false, Ordering::Relaxed).then_some((exits, time)));
    Child::new("kept", make).restart(Restart::Transient)
}

fn send_do(inline: &mut Inline, to: Address<Do>, message: Do) {
    to.try_send(message).expect("it lives");
    inline.run_until_idle();
}

/// The time is up while the actor is held and its guard has not decided: it is that of the state that failed, if that goes on.
#[test]
fn a_time_that_is_up_while_it_is_held_waits_for_the_decision() {
    for (exits, decision) in [
        (Exits::After, Decision::Restart),
        (Exits::WhenIdle, Decision::Restart),
        (Exits::After, Decision::Resume),
        (Exits::WhenIdle, Decision::Resume),
    ] {
        let mut inline = System::builder().inline_virtual();
        let supervisor = Supervisor::new().on_fault(move |_, _| decision).child(kept(exits, 20 * MS));
        let tree = inline.system().supervise(supervisor).expect("a tree");
        inline.run_until_idle();
        let kept: Address<Do> = tree.child("kept").expect("it has started");
        assert!(tree.address().suspend());
        send_do(&mut inline, kept, Do::Fail);
        inline.advance(30 * MS);
        assert!(kept.is_alive(), "it is held");
        // Its mailbox is open, as nothing is decided.
        kept.try_send(Do::Plain).expect("it may live on");
        assert!(tree.address().resume());
        inline.run_until_idle();
        inline.advance(30 * MS);
        let case = format!("{exits:?}, {decision:?}");
        assert_eq!(kept.is_alive(), decision == Decision::Restart, "{case}");
        let ledger = inline.system().ledger();
        ledger.check().expect("it adds up");
        assert_eq!((ledger.faults, ledger.dead.restarted), (1, 0), "{case}");
        if decision == Decision::Restart {
            send_do(&mut inline, kept, Do::Plain);
            assert_eq!(inline.system().ledger().handled - ledger.handled, 1, "{case}");
        }
    }
}

/// The time is up after the actor was told to make room for its next state, and before it has.
#[test]
fn the_time_of_one_state_never_ends_the_next() {
    let _dog = watch("the_time_of_one_state_never_ends_the_next");
    // Longer if this machine was too slow, so that the state itself was ended by its time.
    for time in (4..10).map(|n| MS * (1 << n)) {
        let mut inline = System::builder().inline();
        let supervisor = Supervisor::new()
            .strategy(Strategy::OneForAll)
            .on_fault(move |_, _| {
                // In the supervisor's turn, where nothing fires; its orders come after.
                let begun = Instant::now();
                while begun.elapsed() < time + 2 * MS {
                    std::hint::spin_loop();
                }
                Decision::Restart
            })
            // The last is told first.
            .child(Child::new("fails", || Kept(None)))
            .child(kept(Exits::After, time));
        let tree = inline.system().supervise(supervisor).expect("a tree");
        inline.run_until_idle();
        let kept: Address<Do> = tree.child("kept").expect("it has started");
        send_do(&mut inline, tree.child("fails").expect("it has started"), Do::Fail);
        if tree.restarts() == 1 && inline.system().ledger().stopped == 0 {
            // The timer has fired: what is left of it has no say.
            inline.run_until_idle();
            assert_eq!(tree.child("kept"), Some(kept));
            let handled = inline.system().ledger().handled;
            send_do(&mut inline, kept, Do::Plain);
            assert_eq!(inline.system().ledger().handled, handled + 1);
            return;
        }
    }
    panic!("it was ended each time");
}

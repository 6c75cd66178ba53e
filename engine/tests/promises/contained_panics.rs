//! R2: a panic anywhere in an actor harms that actor alone, is counted once, and frees the slot.

use crate::child;
use crate::watchdog::watch;
use std::panic::{panic_any, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Directive, Fault, Reply, System};

pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Unwinds without the words on stderr.
fn give_up() -> ! {
    resume_unwind(Box::new("as told"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Where {
    Nowhere,
    Started,
    Handle,
    Stopped,
    Failed,
    DropState,
    DropMessage,
    DropLeftMessage,
}

pub(crate) struct Patient {
    pub(crate) at: Where,
    pub(crate) dropped: Arc<AtomicU64>,
}

pub(crate) enum Msg {
    Work,
    Fail,
    Stop,
    StopNow,
    Bomb(Bomb),
    Ping(Reply<()>),
}

pub(crate) struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            give_up();
        }
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if self.at == Where::DropState {
            give_up();
        }
    }
}

impl Actor for Patient {
    type Msg = Msg;
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.at == Where::Started {
            give_up();
        }
        Ok(())
    }
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Work if self.at == Where::Handle => give_up(),
            Msg::Work => {}
            Msg::Fail => return Err(Fault::msg("as told")),
            Msg::Stop => cx.stop(),
            Msg::StopNow => cx.stop_now(),
            Msg::Bomb(bomb) => drop(bomb),
            Msg::Ping(reply) => reply.send(()),
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        if self.at == Where::Stopped {
            give_up();
        }
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.at == Where::Failed {
            give_up();
        }
        Directive::Stop
    }
}

/// Spawns a thousand patients that panic at one place, and a healthy one beside them.
fn suffer(at: Where, messages: impl Fn(&Address<Msg>), faults_each: u64) {
    const PATIENTS: u64 = 1_000;
    let system = System::builder().workers(2).build().expect("a system");
    let dropped = Arc::new(AtomicU64::new(0));
    let healthy = system.spawn(Patient { at: Where::Nowhere, dropped: Arc::new(AtomicU64::new(0)) });
    let patients: Vec<_> = (0..PATIENTS)
        .map(|_| {
            let patient = system.spawn(Patient { at, dropped: Arc::clone(&dropped) });
            messages(&patient);
            patient
        })
        .collect();
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.stopped, PATIENTS, "{at:?}");
    assert_eq!(ledger.faults, PATIENTS * faults_each, "{at:?}");
    assert_eq!(dropped.load(Ordering::SeqCst), PATIENTS, "{at:?}: each state is dropped once");
    assert!(patients.iter().all(|patient| !patient.is_alive()), "{at:?}");
    for _ in 0..10 {
        assert_eq!(healthy.ask(Msg::Ping).wait(), Ok(()), "{at:?}");
    }
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.spawned, ledger.stopped), (PATIENTS + 1, PATIENTS + 1), "{at:?}: all workers live");
}

/// Sends what may be refused because the actor is ending.
pub(crate) fn send(to: &Address<Msg>, message: Msg) {
    if let Err(refused) = to.try_send(message) {
        let message = refused.into_inner();
        // Outside an actor nobody contains a bomb.
        if matches!(message, Msg::Bomb(_)) {
            std::mem::forget(message);
        }
    }
}

#[test]
fn r02_panic_in_started() {
    let _dog = watch("r02_panic_in_started");
    suffer(Where::Started, |patient| send(patient, Msg::Work), 1);
}

#[test]
fn r02_panic_and_error_in_handle() {
    let _dog = watch("r02_panic_and_error_in_handle");
    suffer(Where::Handle, |patient| send(patient, Msg::Work), 1);
    suffer(Where::Nowhere, |patient| send(patient, Msg::Fail), 1);
}

#[test]
fn r02_panic_in_stopped() {
    let _dog = watch("r02_panic_in_stopped");
    suffer(Where::Stopped, |patient| send(patient, Msg::Stop), 1);
    suffer(Where::Stopped, |patient| send(patient, Msg::StopNow), 1);
}

#[test]
fn r02_panic_in_failed_counts_beside_the_fault() {
    let _dog = watch("r02_panic_in_failed_counts_beside_the_fault");
    suffer(Where::Failed, |patient| send(patient, Msg::Fail), 2);
}

#[test]
fn r02_panic_in_drop_of_state() {
    let _dog = watch("r02_panic_in_drop_of_state");
    suffer(Where::DropState, |patient| send(patient, Msg::Stop), 1);
}

#[test]
fn r02_panic_in_drop_of_message_in_the_handler() {
    let _dog = watch("r02_panic_in_drop_of_message_in_the_handler");
    suffer(Where::DropMessage, |patient| send(patient, Msg::Bomb(Bomb)), 1);
}

#[test]
fn r02_panic_in_drop_of_dead_letters() {
    let _dog = watch("r02_panic_in_drop_of_dead_letters");
    const PATIENTS: u64 = 300;
    let system = System::builder().workers(2).build().expect("a system");
    let dropped = Arc::new(AtomicU64::new(0));
    for _ in 0..PATIENTS {
        let patient = system.spawn(Patient { at: Where::DropLeftMessage, dropped: Arc::clone(&dropped) });
        send(&patient, Msg::StopNow);
        send(&patient, Msg::Bomb(Bomb));
        send(&patient, Msg::Work);
        send(&patient, Msg::Bomb(Bomb));
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.stopped, dropped.load(Ordering::SeqCst)), (PATIENTS, PATIENTS));
    assert!(ledger.faults <= ledger.dead.stopped, "one fault for each bomb that was left");
    system.shutdown(SOON).expect("both workers live");
}

/// A panic payload whose own Drop panics.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        give_up();
    }
}

#[derive(Clone, Copy)]
enum Nasty {
    Handle,
    Started,
    Stopped,
    Failed,
    DropState,
}

struct NastyPayload(Nasty);

impl Drop for NastyPayload {
    fn drop(&mut self) {
        if matches!(self.0, Nasty::DropState) {
            panic_any(Payload);
        }
    }
}

impl Actor for NastyPayload {
    type Msg = ();
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if matches!(self.0, Nasty::Started) {
            panic_any(Payload);
        }
        Ok(())
    }
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.0 {
            Nasty::Handle => panic_any(Payload),
            Nasty::Failed => return Err(Fault::msg("as told")),
            _ => cx.stop(),
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        if matches!(self.0, Nasty::Stopped) {
            panic_any(Payload);
        }
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if matches!(self.0, Nasty::Failed) {
            panic_any(Payload);
        }
        Directive::Stop
    }
}

#[test]
fn r02_a_payload_that_panics_when_dropped_kills_no_worker() {
    let _dog = watch("r02_a_payload_that_panics_when_dropped_kills_no_worker");
    for nasty in [Nasty::Handle, Nasty::Started, Nasty::Stopped, Nasty::Failed, Nasty::DropState] {
        let system = System::builder().workers(1).build().expect("a system");
        let patient = system.spawn(NastyPayload(nasty));
        // It may have ended already.
        let _ = patient.try_send(());
        let ledger = system.quiesce(SOON).expect("the only worker lives");
        assert_eq!((ledger.spawned, ledger.stopped), (1, 1));
        assert!(ledger.faults > 0, "it is counted");
        system.shutdown(SOON).expect("the only worker lives");
    }
}

/// Asks, and ends before the answer; the closure that waits for the answer panics when it is dropped.
struct Asker(Address<Msg>);

impl Actor for Asker {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let bomb = Bomb;
        cx.ask(self.0, Msg::Ping, move |_| drop(bomb))?;
        cx.stop_now();
        Ok(())
    }
}

#[test]
fn r02_panic_in_drop_of_an_abandoned_ask() {
    let _dog = watch("r02_panic_in_drop_of_an_abandoned_ask");
    let system = System::builder().workers(1).build().expect("a system");
    let dropped = Arc::new(AtomicU64::new(0));
    let healthy = system.spawn(Patient { at: Where::Nowhere, dropped: Arc::clone(&dropped) });
    for _ in 0..100 {
        let asker = system.spawn(Asker(healthy));
        asker.try_send(()).expect("room");
    }
    let ledger = system.quiesce(SOON).expect("the only worker lives");
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.stopped, ledger.faults), (100, 100), "each closure's Drop is counted");
    assert_eq!(healthy.ask(Msg::Ping).wait(), Ok(()));
    system.shutdown(SOON).expect("the only worker lives");
}

/// Arms a timer for long after the test: half of them drop quietly.
struct Arming(Arc<()>);

impl Actor for Arming {
    type Msg = (Arc<()>, Option<Bomb>);
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for n in 0..10 {
            let held = Arc::clone(&self.0);
            cx.after(Duration::from_secs(3_600), (Arc::clone(&self.0), (n % 2 == 0).then(|| Bomb)));
            let bomb = Bomb;
            cx.every(Duration::from_secs(3_600), move || {
                let _captured = &bomb;
                (Arc::clone(&held), None)
            });
        }
        Ok(())
    }
    fn handle(&mut self, _: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn r02_panic_in_drop_of_armed_timers_when_the_system_goes() {
    let _dog = watch("r02_panic_in_drop_of_armed_timers_when_the_system_goes");
    let system = System::builder().workers(2).build().expect("a system");
    let held = Arc::new(());
    system.spawn(Arming(Arc::clone(&held)));
    while Arc::strong_count(&held) < 22 {
        std::thread::yield_now();
    }
    let gone = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(system)));
    assert!(gone.is_ok(), "dropping a system runs the Drop of messages, and must not panic");
    assert_eq!(Arc::strong_count(&held), 1, "each timer is dropped, whatever the others do");
}

#[test]
fn r02_panic_in_drop_of_a_cancelled_or_refused_message_of_a_timer() {
    let _dog = watch("r02_panic_in_drop_of_a_cancelled_or_refused_message_of_a_timer");
    struct Leaving;
    impl Actor for Leaving {
        type Msg = Bomb;
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            assert!(cx.after(Duration::from_millis(1), Bomb).cancel());
            cx.after(Duration::from_millis(1), Bomb);
            cx.stop_now();
            Ok(())
        }
        fn handle(&mut self, bomb: Bomb, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            std::mem::forget(bomb);
            Ok(())
        }
    }
    let system = System::builder().workers(1).build().expect("a system");
    for _ in 0..100 {
        system.spawn(Leaving);
    }
    system.quiesce(SOON).expect("the only worker lives");
    // What was cancelled lies in the wheel until it was due, and counts when it is dropped.
    while system.ledger().faults < 200 {
        std::thread::yield_now();
    }
    let ledger = system.shutdown(SOON).expect("the only worker lives");
    assert_eq!((ledger.stopped, ledger.faults, ledger.refused.stale), (100, 200, 100));
}

/// Answers with a bomb when told to.
struct Bomber(std::sync::mpsc::Sender<Reply<Bomb>>);

enum Order {
    Hand(Reply<Bomb>),
    Answer(Reply<Bomb>),
}

impl Actor for Bomber {
    type Msg = Order;
    fn handle(&mut self, order: Order, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match order {
            Order::Hand(reply) => self.0.send(reply)?,
            Order::Answer(reply) => reply.send(Bomb),
        }
        Ok(())
    }
}

struct Impatient(Address<Order>, std::sync::mpsc::Sender<bool>);

impl Actor for Impatient {
    type Msg = bool;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.ask_within(Duration::from_millis(1), self.0, Order::Hand, |outcome| outcome.is_err())?;
        Ok(())
    }
    fn handle(&mut self, in_vain: bool, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.send(in_vain)?;
        Ok(())
    }
}

#[test]
fn r02_panic_in_drop_of_a_late_answer_does_not_harm_the_answerer() {
    let _dog = watch("r02_panic_in_drop_of_a_late_answer_does_not_harm_the_answerer");
    let system = System::builder().workers(1).build().expect("a system");
    let ((out, replies), (ended, is_ended)) = (std::sync::mpsc::channel(), std::sync::mpsc::channel());
    let bomber = system.spawn(Bomber(out));
    system.spawn(Impatient(bomber, ended));
    assert_eq!(is_ended.recv(), Ok(true), "out of time");
    bomber.try_send(Order::Answer(replies.recv().expect("the question"))).expect("room");
    let outcome = bomber.ask(Order::Hand).deadline(Duration::from_millis(1)).wait();
    assert!(outcome.is_err(), "out of time");
    bomber.try_send(Order::Answer(replies.recv().expect("the question"))).expect("room");
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.faults, ledger.late_replies, ledger.handled), (0, 2, 5));
}

/// Panics while a panic unwinds.
struct Second;

impl Drop for Second {
    fn drop(&mut self) {
        panic!("the second panic");
    }
}

struct Twice;

impl Actor for Twice {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _second = Second;
        panic!("the first panic");
    }
}

#[test]
fn r02_a_second_panic_while_unwinding_aborts() {
    let _dog = watch("r02_a_second_panic_while_unwinding_aborts");
    let output = child::alone("r02_a_second_panic_while_unwinding_aborts", || {
        let system = System::builder().workers(2).build().expect("a system");
        system.spawn(Twice).try_send(()).expect("room");
        let _ = system.quiesce(SOON);
    });
    let words = child::words(&output);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output.status.signal(), Some(6), "{words}");
    assert!(words.contains("the first panic") && words.contains("the second panic"), "{words}");
}

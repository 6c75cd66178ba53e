//! The system lane: suspend, resume, stop and kill act at once, whatever lies in the mailbox.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, ActorId, Address, Child, Context, Fault, Options, Overflow, Reason, Stopping, Supervisor, System,
};

const SOON: Duration = Duration::from_secs(60);

/// Keeps what it gets.
#[derive(Clone, Default)]
struct Log {
    got: Arc<Mutex<Vec<u64>>>,
    stopped: Arc<AtomicBool>,
}

impl Log {
    fn got(&self) -> Vec<u64> {
        self.got.lock().expect("nobody panics").clone()
    }
    fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }
}

impl Actor for Log {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.got.lock().expect("nobody panics").push(n);
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}

fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

fn of_capacity(capacity: u32) -> Options {
    Options::builder().capacity(capacity).build().expect("in range")
}

/// Sends its numbers on, one for each message of its own.
struct Sender {
    to: Address<u64>,
    next: u64,
    refused: Arc<AtomicU64>,
}

impl Actor for Sender {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.next += 1;
        if let Err(refused) = cx.send(self.to, self.next) {
            assert_eq!(refused.reason(), Reason::Full);
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

#[test]
fn what_is_sent_while_suspended_is_handled_once_in_order_after_it_resumes() {
    let _dog = watch("what_is_sent_while_suspended_is_handled_once_in_order_after_it_resumes");
    let system = system(2);
    let log = Log::default();
    let to = system.try_spawn(log.clone(), &of_capacity(1_000)).expect("room");
    for round in 0..200_u64 {
        to.try_send(10 * round).expect("room");
        assert!(to.suspend());
        assert!(!to.suspend(), "it is suspended already");
        for n in 1..5 {
            to.try_send(10 * round + n).expect("room");
        }
        assert!(to.resume());
        assert!(!to.resume(), "it is not suspended any more");
    }
    let ledger = system.shutdown(SOON).expect("rest");
    let expected: Vec<u64> = (0..200).flat_map(|round| (0..5).map(move |n| 10 * round + n)).collect();
    assert_eq!(log.got(), expected);
    assert_eq!((ledger.handled, ledger.queued), (1_000, 0));
    ledger.check().expect("it adds up");
}

#[test]
fn a_suspended_actor_handles_nothing() {
    let _dog = watch("a_suspended_actor_handles_nothing");
    let system = system(1);
    let (log, other) = (Log::default(), Log::default());
    let to = system.spawn(log.clone());
    assert!(to.suspend());
    to.try_send(1_u64).expect("room");
    // Whatever is runnable has been run when this one has been answered, on the one worker there is.
    let witness = system.spawn(other.clone());
    for _ in 0..100 {
        witness.barrier().wait().expect("told");
    }
    assert_eq!(log.got(), []);
    let busy = system.quiesce(Duration::from_millis(50)).expect_err("a message waits");
    assert_eq!((busy.unhandled, busy.suspended), (1, 1));
    assert!(to.resume());
    system.quiesce(SOON).expect("rest");
    assert_eq!(log.got(), [1]);
}

#[test]
fn a_full_mailbox_does_not_hold_orders_up() {
    let _dog = watch("a_full_mailbox_does_not_hold_orders_up");
    let system = system(2);
    let log = Log::default();
    let to = system.try_spawn(log.clone(), &of_capacity(2)).expect("room");
    assert!(to.suspend());
    to.try_send(1_u64).expect("room");
    to.try_send(2_u64).expect("room");
    assert_eq!(to.try_send(3_u64).expect_err("full").reason(), Reason::Full);
    assert!(to.resume() && to.suspend() && to.resume());
    system.quiesce(SOON).expect("rest");
    assert_eq!(log.got(), [1, 2]);
    assert!(to.suspend());
    to.try_send(4_u64).expect("room");
    to.try_send(5_u64).expect("room");
    assert_eq!(to.stop_now(), Stopping::Told);
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((log.got(), log.has_stopped()), (vec![1, 2], true));
    assert_eq!((ledger.handled, ledger.dead.stopped), (2, 2));
    ledger.check().expect("it adds up");
}

/// Not draining: nobody is muted on it, who is goes on, and beyond the capacity a send is refused.
#[test]
fn nobody_is_muted_on_a_suspended_actor() {
    let _dog = watch("nobody_is_muted_on_a_suspended_actor");
    let system = system(2);
    let log = Log::default();
    let options = Options::builder().capacity(4).overflow(Overflow::Mute).build().expect("in range");
    let to = system.try_spawn(log.clone(), &options).expect("room");
    assert!(to.suspend());
    let refused = Arc::new(AtomicU64::new(0));
    let sender = system.spawn(Sender { to, next: 0, refused: Arc::clone(&refused) });
    for _ in 0..100 {
        sender.try_send(()).expect("room");
    }
    // It comes to rest, muted on nobody, although the other holds all it can.
    sender.barrier().wait().expect("told");
    let got_in = 100 - refused.load(Ordering::SeqCst);
    // One may have entered above capacity before the receiver saw its order.
    assert!((4..=5).contains(&got_in), "{got_in} got in");
    assert!(to.resume());
    system.quiesce(SOON).expect("rest");
    assert_eq!(log.got(), (1..=got_in).collect::<Vec<_>>());
    // It drains again, and mutes.
    for _ in 0..100 {
        sender.try_send(()).expect("room");
    }
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!(refused.load(Ordering::SeqCst), 100 - got_in, "after it was resumed nothing was refused");
    ledger.check().expect("it adds up");
}

/// Waits at its first message until it may go on.
struct Gated {
    open: Arc<AtomicBool>,
}

impl Actor for Gated {
    type Msg = u64;
    fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        while !self.open.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        Ok(())
    }
}

#[test]
fn who_is_muted_on_it_goes_on_when_it_is_suspended() {
    let _dog = watch("who_is_muted_on_it_goes_on_when_it_is_suspended");
    let system = system(2);
    let open = Arc::new(AtomicBool::new(false));
    let to = system.try_spawn(Gated { open: Arc::clone(&open) }, &of_capacity(1)).expect("room");
    let refused = Arc::new(AtomicU64::new(0));
    let sender = system.spawn(Sender { to, next: 0, refused: Arc::clone(&refused) });
    for _ in 0..10 {
        sender.try_send(()).expect("room");
    }
    while system.activity().muted == 0 {
        std::thread::yield_now();
    }
    assert!(to.suspend());
    open.store(true, Ordering::SeqCst);
    // Held by the muted sender, if it did not go on.
    sender.barrier().wait().expect("told");
    assert!(refused.load(Ordering::SeqCst) > 0);
    assert!(to.resume());
    system.shutdown(SOON).expect("rest").check().expect("it adds up");
}

#[test]
fn a_stop_lifts_a_suspension() {
    let _dog = watch("a_stop_lifts_a_suspension");
    let system = system(2);
    for _ in 0..500 {
        let log = Log::default();
        let to = system.spawn(log.clone());
        to.try_send(1_u64).expect("room");
        assert!(to.suspend());
        to.try_send(2_u64).expect("room");
        assert_eq!(to.stop(), Stopping::Told);
        assert!(!to.suspend(), "it is stopping");
        system.quiesce(SOON).expect("rest");
        assert_eq!((log.got(), log.has_stopped()), (vec![1, 2], true));
        assert_eq!(to.stop(), Stopping::Already);
        assert!(!to.suspend() && !to.resume(), "it has ended");
    }
}

#[test]
fn a_system_comes_down_over_suspended_actors() {
    let _dog = watch("a_system_comes_down_over_suspended_actors");
    let system = system(2);
    let logs: Vec<Log> = (0..100).map(|_| Log::default()).collect();
    for log in &logs {
        assert!(system.spawn(log.clone()).suspend());
    }
    system.shutdown(SOON).expect("rest").check().expect("it adds up");
    assert!(logs.iter().all(Log::has_stopped));
}

/// A tree that comes down brings news upon one who is suspended, who is stopped like all then and has it.
#[test]
fn a_system_comes_down_over_who_is_suspended_and_watches_a_child() {
    struct Watcher(ActorId, Log);
    impl Actor for Watcher {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.watch(self.0, |_| ());
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.1.got.lock().expect("nobody panics").push(1);
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            self.1.stopped.store(true, Ordering::SeqCst);
        }
    }
    let _dog = watch("a_system_comes_down_over_who_is_suspended_and_watches_a_child");
    for supervisor_too in [false, true] {
        let system = system(2);
        let tree = system.supervise(Supervisor::new().child(Child::new("log", Log::default))).expect("one");
        system.quiesce(SOON).expect("rest");
        let child = tree.child::<u64>("log").expect("it has started").id();
        let (log, last) = (Log::default(), Log::default());
        let watcher = system.spawn(Watcher(child, log.clone()));
        system.quiesce(SOON).expect("rest");
        assert!(watcher.suspend() && (!supervisor_too || tree.address().suspend()));
        // It has nothing to handle, and is none of those who are suspended over something.
        assert!(system.spawn(last.clone()).suspend());
        let ledger = system.shutdown(Duration::from_secs(20)).expect("it comes down");
        ledger.check().expect("it adds up");
        assert_eq!((log.got(), log.has_stopped(), last.has_stopped()), (vec![1], true, true));
    }
    // What it has to handle before, it has to be resumed for.
    let system = system(1);
    let to = system.spawn(Log::default());
    assert!(to.suspend());
    to.try_send(1_u64).expect("room");
    let busy = system.shutdown(Duration::from_millis(50)).expect_err("a message waits");
    assert_eq!((busy.unhandled, busy.suspended), (1, 1));
}

#[test]
fn the_killed_have_no_last_words() {
    let _dog = watch("the_killed_have_no_last_words");
    let system = system(2);
    for suspended in [false, true] {
        let log = Log::default();
        let to = system.spawn(log.clone());
        assert!(!suspended || to.suspend());
        assert_eq!(to.kill(), Stopping::Told);
        system.quiesce(SOON).expect("rest");
        assert!(!log.has_stopped());
        assert_eq!(to.kill(), Stopping::Already);
        assert_eq!(to.try_send(1_u64).expect_err("it has ended").reason(), Reason::Stale);
    }
    let ledger = system.shutdown(SOON).expect("rest");
    assert_eq!((ledger.spawned, ledger.stopped), (2, 2));
}

/// Everybody gives it orders at once, and sends: at the end every message has been handled once, in order per sender.
#[test]
fn orders_from_everywhere() {
    let _dog = watch("orders_from_everywhere");
    let system = system(2);
    let log = Log::default();
    let to = system.try_spawn(log.clone(), &of_capacity(100_000)).expect("room");
    std::thread::scope(|scope| {
        for sender in 0..2_u64 {
            scope.spawn(move || {
                for n in 0..5_000 {
                    to.try_send(sender * 1_000_000 + n).expect("room");
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..5_000 {
                    to.suspend();
                    to.resume();
                }
            });
        }
    });
    to.resume();
    let ledger = system.shutdown(SOON).expect("rest");
    let got = log.got();
    for sender in 0..2_u64 {
        let of: Vec<u64> = got.iter().copied().filter(|n| n / 1_000_000 == sender).collect();
        assert_eq!(of, (0..5_000).map(|n| sender * 1_000_000 + n).collect::<Vec<_>>());
    }
    assert_eq!(ledger.handled, 10_000);
    ledger.check().expect("it adds up");
}

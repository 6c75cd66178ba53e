//! Function actors: a future takes the messages of its actor, and gives a result.

use super::watchdog::watch;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context as Poll0, Poll, Waker};
use std::time::Duration;
use throng::{
    Actor, Address, Context, Exit, Fault, Inbox, Inline, Join, Joined, Options, RecvError, Reply, System,
};

const LONG: Duration = Duration::from_secs(30);

fn inline() -> Inline {
    System::builder().inline_virtual()
}

fn bounded(capacity: u32) -> Options {
    Options::builder().capacity(capacity).build().expect("in range")
}

/// The result of one that has ended.
fn joined<T>(join: Join<T>) -> Joined<T> {
    let mut join = join;
    match Pin::new(&mut join).poll(&mut Poll0::from_waker(Waker::noop())) {
        Poll::Ready(joined) => joined,
        Poll::Pending => panic!("it has not ended"),
    }
}

fn runs<T>(join: &mut Join<T>) -> bool {
    Pin::new(join).poll(&mut Poll0::from_waker(Waker::noop())).is_pending()
}

/// Ready once it has been opened, by hand.
#[derive(Clone, Default)]
struct Latch(Arc<Mutex<(bool, Option<Waker>)>>);

impl Latch {
    fn open(&self) {
        let waker = {
            let mut latch = self.0.lock().expect("no panic inside");
            latch.0 = true;
            latch.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes whoever waits, for nothing.
    fn nudge(&self) {
        let waker = self.0.lock().expect("no panic inside").1.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    async fn opened(&self) {
        poll_fn(|cx| {
            let mut latch = self.0.lock().expect("no panic inside");
            if latch.0 {
                return Poll::Ready(());
            }
            latch.1 = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Counts its own drop.
struct Dropped(Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn messages_come_in_order_and_the_result_is_joined() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(inbox.recv().await.expect("five come"));
        }
        all
    });
    for n in 0..5_u32 {
        to.try_send(n).expect("there is a place");
    }
    inline.run_until_idle();
    assert_eq!(joined(join).expect("it has given a result"), [0, 1, 2, 3, 4]);
    let ledger = inline.system().ledger();
    assert_eq!((ledger.handled, ledger.stopped, ledger.faults), (5, 1, 0));
    assert!(to.try_send(9_u32).is_err(), "it has ended");
}

#[test]
fn what_is_left_when_it_returns_is_dead() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv().await);
    for n in 0..3_u32 {
        to.try_send(n).expect("there is a place");
    }
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), Ok(0));
    let ledger = inline.system().ledger();
    assert_eq!((ledger.handled, ledger.dead.stopped, ledger.queued), (1, 2, 0));
    ledger.check().expect("it adds up");
}

#[test]
fn a_closure_that_makes_a_future_does_too_and_knows_its_address() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(move |mut inbox: Inbox<u32>| async move {
        let me = inbox.me();
        me.try_send(7_u32).expect("there is a place");
        (me, inbox.recv().await)
    });
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), (to, Ok(7)));
}

#[test]
fn stopped_it_takes_what_is_there_and_then_hears_of_it() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let mut sum = 0;
        let error = loop {
            match inbox.recv().await {
                Ok(n) => sum += n,
                Err(error) => break error,
            }
        };
        (sum, error, inbox.recv().await, inbox.recv_within(LONG).await)
    });
    to.try_send(3_u32).expect("there is a place");
    to.try_send(4_u32).expect("there is a place");
    let _ = to.stop();
    assert!(to.try_send(5_u32).is_err(), "closed");
    inline.run_until_idle();
    let stopped = Err(RecvError::Stopped);
    assert_eq!(joined(join).expect("a result"), (7, RecvError::Stopped, stopped, stopped));
    assert_eq!(inline.system().ledger().stopped, 1);
}

#[test]
fn stopped_it_may_finish_in_its_own_time() {
    let mut inline = inline();
    let latch = Latch::default();
    let held = latch.clone();
    let (to, mut join) = inline.spawn_fn(async move |mut inbox: Inbox<u32>| {
        let first = inbox.recv().await;
        held.opened().await;
        (first, inbox.recv().await)
    });
    let _ = to.stop();
    inline.run_until_idle();
    latch.nudge();
    inline.run_until_idle();
    assert!(runs(&mut join) && to.is_alive(), "it waits for the latch");
    latch.open();
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), (Err(RecvError::Stopped), Err(RecvError::Stopped)));
    assert!(!to.is_alive());
}

#[test]
fn held_when_it_is_stopped_it_takes_what_is_there_afterwards() {
    let mut inline = inline();
    let latch = Latch::default();
    let held = latch.clone();
    let (to, join) = inline.spawn_fn(async move |mut inbox: Inbox<u32>| {
        held.opened().await;
        [inbox.recv().await, inbox.recv().await, inbox.recv().await]
    });
    inline.run_until_idle();
    to.try_send(1_u32).expect("there is a place");
    to.try_send(2_u32).expect("there is a place");
    let _ = to.stop();
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().queued, 2);
    latch.open();
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), [Ok(1), Ok(2), Err(RecvError::Stopped)]);
}

/// How it ends without a result, by what is done to one that waits for a message, or for something else.
#[test]
fn every_way_to_end_is_joined_and_drops_the_future_once() {
    type Deed = fn(Address<u32>);
    type Check = fn(&Exit) -> bool;
    let table: [(Deed, Check); 2] = [
        (
            |to| {
                let _ = to.stop_now();
            },
            |exit| matches!(exit, Exit::Stopped),
        ),
        (
            |to| {
                let _ = to.kill();
            },
            |exit| matches!(exit, Exit::Killed),
        ),
    ];
    for waits_for_message in [true, false] {
        for stopped_before in [true, false] {
            for (deed, is_right) in table {
                let mut inline = inline();
                let drops = Arc::new(AtomicU32::new(0));
                let dropped = Dropped(Arc::clone(&drops));
                let (to, mut join) = inline.spawn_fn(async move |mut inbox: Inbox<u32>| {
                    let _dropped = dropped;
                    if waits_for_message {
                        let _ = inbox.recv().await;
                    }
                    std::future::pending::<()>().await;
                });
                inline.run_until_idle();
                if stopped_before {
                    let _ = to.stop();
                    inline.run_until_idle();
                }
                assert!(runs(&mut join) && drops.load(Ordering::SeqCst) == 0);
                deed(to);
                inline.run_until_idle();
                let exit = joined(join).expect_err("it was ended");
                assert!(is_right(&exit), "{exit:?}");
                assert_eq!(drops.load(Ordering::SeqCst), 1);
                assert!(!to.is_alive());
            }
        }
    }
}

#[test]
fn a_system_that_goes_aborts_it() {
    let drops = Arc::new(AtomicU32::new(0));
    let dropped = Dropped(Arc::clone(&drops));
    let mut inline = inline();
    let (_, join) = inline.spawn_fn(async move |mut inbox: Inbox<u32>| {
        let _dropped = dropped;
        inbox.recv().await
    });
    inline.run_until_idle();
    drop(inline);
    assert!(matches!(joined(join), Err(Exit::Aborted)));
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_is_its_failure_wherever_it_happens() {
    for moment in 0..4 {
        let mut inline = inline();
        let latch = Latch::default();
        let held = latch.clone();
        let (to, join) = inline.spawn_fn(move |mut inbox: Inbox<u32>| {
            assert!(moment != 0, "moment 0");
            async move {
                assert!(moment != 1, "moment 1");
                let first = inbox.recv().await;
                assert!(moment != 2, "moment 2");
                held.opened().await;
                assert!(moment != 3, "moment 3");
                first
            }
        });
        to.try_send(1_u32).expect("there is a place");
        inline.run_until_idle();
        latch.open();
        inline.run_until_idle();
        match joined(join) {
            Err(Exit::Failed(failure)) => {
                assert!(failure.is_panic());
                assert_eq!(failure.to_string(), format!("panicked: moment {moment}"));
            }
            other => panic!("moment {moment}: {other:?}"),
        }
        let ledger = inline.system().ledger();
        assert_eq!((ledger.faults, ledger.stopped), (1, 1));
        ledger.check().expect("it adds up");
    }
}

#[test]
fn a_future_whose_drop_panics_still_tells() {
    struct Bad;
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("bad");
        }
    }
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let _bad = Bad;
        inbox.recv().await
    });
    inline.run_until_idle();
    let _ = to.kill();
    inline.run_until_idle();
    assert!(matches!(joined(join), Err(Exit::Killed)));
    assert_eq!(inline.system().ledger().faults, 1);
}

#[test]
fn while_it_waits_for_something_else_it_takes_nothing() {
    let mut inline = inline();
    let latch = Latch::default();
    let held = latch.clone();
    let (to, join) = inline.system().spawn_fn_with(
        async move |mut inbox: Inbox<u32>| {
            let first = inbox.recv().await;
            held.opened().await;
            [first, inbox.recv().await, inbox.recv().await, inbox.recv().await]
        },
        &bounded(2),
    );
    to.try_send(1_u32).expect("there is a place");
    inline.run_until_idle();
    to.try_send(2_u32).expect("the first place");
    to.try_send(3_u32).expect("the second");
    assert!(to.try_send(4_u32).is_err(), "full");
    inline.run_until_idle();
    latch.nudge();
    inline.run_until_idle();
    assert!(to.try_send(4_u32).is_err(), "full: it has taken none");
    assert_eq!(inline.system().ledger().queued, 2);
    latch.open();
    inline.run_until_idle();
    to.try_send(4_u32).expect("it goes on");
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), [Ok(1), Ok(2), Ok(3), Ok(4)]);
}

/// Whoever would be suspended on it is refused, and who is suspended goes on, while it waits for something else: it might wait for
/// them.
#[test]
fn nobody_is_suspended_on_one_that_waits_for_something_else() {
    struct Sender(Address<u32>, mpsc::Sender<usize>);
    impl Actor for Sender {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let refused = (0..10_u32).filter(|n| cx.send(self.0, *n).is_err()).count();
            self.1.send(refused)?;
            Ok(())
        }
    }
    let mut inline = inline();
    let (to, _join) = inline
        .system()
        .spawn_fn_with(async |_inbox: Inbox<u32>| std::future::pending::<()>().await, &bounded(4));
    inline.run_until_idle();
    let (told, refused) = mpsc::channel();
    let sender = inline.spawn(Sender(to, told));
    sender.try_send(()).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(refused.try_recv(), Ok(6));
    assert_eq!(inline.system().ledger().mutes, 0);
}

#[test]
fn timeouts_are_exact_and_zero_takes_what_is_there() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let mut got = Vec::new();
        // Nothing there.
        got.push(inbox.recv_within(Duration::ZERO).await);
        got.push(inbox.recv_within(Duration::from_secs(5)).await);
        got.push(inbox.recv().await);
        // Two are there, and no third.
        for _ in 0..3 {
            got.push(inbox.recv_within(Duration::ZERO).await);
        }
        got.push(inbox.recv_within(Duration::from_secs(1)).await);
        got
    });
    inline.run_until_idle();
    inline.advance(Duration::from_nanos(4_999_999_999));
    let late = inline.now();
    inline.advance(Duration::from_nanos(2));
    for n in 1..=3_u32 {
        to.try_send(n).expect("there is a place");
    }
    inline.run_until_idle();
    inline.advance(Duration::from_millis(999));
    to.try_send(4_u32).expect("there is a place");
    inline.run_until_idle();
    let up = Err(RecvError::Timeout);
    assert_eq!(joined(join).expect("a result"), [up, up, Ok(1), Ok(2), Ok(3), up, Ok(4)]);
    assert_eq!(late, Duration::from_nanos(4_999_999_999));
    inline.system().ledger().check().expect("it adds up");
}

/// One alarm serves many receives, also when a later one is to end earlier.
#[test]
fn a_shorter_time_after_a_longer_one_is_kept() {
    let mut inline = inline();
    let (to, mut join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let first = inbox.recv_within(Duration::from_secs(60)).await;
        let second = inbox.recv_within(Duration::from_secs(1)).await;
        let third = inbox.recv_within(Duration::from_secs(120)).await;
        [first, second, third]
    });
    to.try_send(1_u32).expect("there is a place");
    inline.run_until_idle();
    inline.advance(Duration::from_secs(1));
    inline.advance(Duration::from_secs(119));
    assert!(runs(&mut join));
    inline.advance(Duration::from_secs(2));
    let up = Err(RecvError::Timeout);
    assert_eq!(joined(join).expect("a result"), [Ok(1), up, up]);
}

#[test]
fn what_came_before_the_time_was_up_is_taken_though_the_actor_was_suspended() {
    let mut inline = inline();
    let (to, join) =
        inline.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv_within(Duration::from_secs(1)).await);
    inline.run_until_idle();
    assert!(to.suspend());
    inline.run_until_idle();
    to.try_send(1_u32).expect("there is a place");
    inline.advance(Duration::from_secs(2));
    assert!(to.resume());
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), Ok(1));
}

#[test]
fn a_time_that_is_waited_for_is_no_work() {
    let _watchdog = watch("a_time_that_is_waited_for_is_no_work");
    let system = System::builder().workers(1).build().expect("a system");
    let (to, join) =
        system.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv_within(Duration::from_secs(3_600)).await);
    system.quiesce(LONG).expect("at rest");
    let _ = to.stop();
    assert_eq!(join.wait().expect("a result"), Err(RecvError::Stopped));
    let ledger = system.shutdown(LONG).expect("down");
    ledger.check().expect("it adds up");
}

#[test]
fn real_time_goes_by_too() {
    let _watchdog = watch("real_time_goes_by_too");
    let system = System::builder().workers(1).build().expect("a system");
    let (_, join) =
        system.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv_within(Duration::from_millis(5)).await);
    assert_eq!(join.wait().expect("a result"), Err(RecvError::Timeout));
}

#[test]
fn a_receive_that_is_dropped_takes_nothing() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        {
            let mut receive = inbox.recv_within(Duration::from_secs(1));
            let polled = poll_fn(|cx| Poll::Ready(Pin::new(&mut receive).poll(cx))).await;
            assert!(polled.is_pending());
        }
        inbox.recv().await
    });
    inline.advance(Duration::from_secs(2));
    to.try_send(5_u32).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), Ok(5));
}

#[test]
fn an_inbox_that_is_dropped_gets_nothing_more() {
    let mut inline = inline();
    let (to, _join) = inline.system().spawn_fn_with(
        async |inbox: Inbox<u32>| {
            drop(inbox);
            std::future::pending::<()>().await;
        },
        &bounded(1),
    );
    inline.run_until_idle();
    to.try_send(1_u32).expect("the one place");
    inline.run_until_idle();
    assert!(to.try_send(2_u32).is_err());
    let _ = to.kill();
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().dead.stopped, 1);
}

/// The inbox may be anywhere: on a thread outside it is given what comes all the same.
#[test]
fn an_inbox_on_another_thread() {
    let _watchdog = watch("an_inbox_on_another_thread");
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let system = System::builder().workers(1).build().expect("a system");
    let (give, given) = mpsc::channel();
    let (to, _join) = system.spawn_fn_with(
        async move |inbox: Inbox<u32>| {
            give.send(inbox).expect("the test waits");
            std::future::pending::<()>().await;
        },
        &bounded(2),
    );
    let mut inbox: Inbox<u32> = given.recv().expect("it gives it away");
    let sender = std::thread::spawn(move || {
        for n in 0..1_000_u32 {
            to.send_timeout(n, LONG).expect("it is taken");
        }
    });
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    for n in 0..1_000 {
        let mut receive = inbox.recv();
        let got = loop {
            match Pin::new(&mut receive).poll(&mut Poll0::from_waker(&waker)) {
                Poll::Ready(got) => break got,
                Poll::Pending => std::thread::park(),
            }
        };
        assert_eq!(got, Ok(n));
    }
    sender.join().expect("all are sent");
    let _ = to.kill();
}

#[test]
fn a_waker_works_from_any_thread_and_after_the_end() {
    let _watchdog = watch("a_waker_works_from_any_thread_and_after_the_end");
    let system = System::builder().workers(2).build().expect("a system");
    let latch = Latch::default();
    let held = latch.clone();
    let (to, join) = system.spawn_fn(async move |mut inbox: Inbox<u32>| {
        held.opened().await;
        inbox.recv().await
    });
    to.try_send(1_u32).expect("there is a place");
    let wakers: Vec<_> = (0..4)
        .map(|_| {
            let latch = latch.clone();
            std::thread::spawn(move || (0..1_000).for_each(|_| latch.nudge()))
        })
        .collect();
    for waker in wakers {
        waker.join().expect("it wakes");
    }
    latch.open();
    assert_eq!(join.wait().expect("a result"), Ok(1));
    // One that outlives its actor.
    let held = latch.clone();
    latch.0.lock().expect("no panic inside").0 = false;
    let (waiting, waits) = mpsc::channel();
    let (to, join) = system.spawn_fn(async move |_: Inbox<u32>| {
        let mut opened = std::pin::pin!(held.opened());
        poll_fn(|cx| Poll::Ready(opened.as_mut().poll(cx).is_pending())).await;
        waiting.send(()).expect("the test waits");
        std::future::pending::<()>().await;
    });
    waits.recv().expect("it waits");
    let _ = to.kill();
    assert!(matches!(join.wait(), Err(Exit::Killed)));
    latch.nudge();
    let waker = latch.0.lock().expect("no panic inside").1.take().expect("it was registered");
    drop(system);
    waker.wake();
}

/// One that wakes itself all the time holds nobody up.
#[test]
fn one_that_wakes_itself_lets_others_run() {
    let _watchdog = watch("one_that_wakes_itself_lets_others_run");
    let system = System::builder().workers(1).build().expect("a system");
    let (to, spinning) = system.spawn_fn(async |_: Inbox<u32>| {
        poll_fn::<(), _>(|cx| {
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    });
    let (other, join) = system.spawn_fn(async |mut inbox: Inbox<u32>| inbox.recv().await);
    other.try_send(1_u32).expect("there is a place");
    assert_eq!(join.wait().expect("a result"), Ok(1));
    let _ = to.kill();
    assert!(matches!(spinning.wait(), Err(Exit::Killed)));
}

#[test]
fn functions_ask_actors_and_await_each_other() {
    struct Doubler;
    impl Actor for Doubler {
        type Msg = (u32, Reply<u32>);
        fn handle(&mut self, (n, reply): Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            reply.send(2 * n);
            Ok(())
        }
    }
    let _watchdog = watch("functions_ask_actors_and_await_each_other");
    let system = System::builder().workers(2).build().expect("a system");
    let doubler = system.spawn(Doubler);
    let (to, inner) = system.spawn_fn(async move |mut inbox: Inbox<u32>| {
        let mut sum = 0;
        while let Ok(n) = inbox.recv().await {
            sum += doubler.ask(|reply| (n, reply)).await.expect("an answer");
        }
        sum
    });
    let (_, outer) = system.spawn_fn(async move |_: Inbox<()>| inner.await.expect("a result") + 1);
    for n in 1..=100_u32 {
        to.send_timeout(n, LONG).expect("it is taken");
    }
    let _ = to.stop();
    assert_eq!(outer.wait().expect("a result"), 10_101);
    system.shutdown(LONG).expect("down").check().expect("it adds up");
}

#[test]
fn a_join_comes_as_a_message_once() {
    struct Parent(Vec<Joined<u32>>, mpsc::Sender<Vec<String>>);
    enum Msg {
        Spawn(bool),
        Joined(Joined<u32>),
    }
    impl Actor for Parent {
        type Msg = Msg;
        fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match message {
                Msg::Spawn(fails) => {
                    let (_, join) = cx.spawn_fn(async move |_: Inbox<()>| {
                        assert!(!fails, "as told");
                        7_u32
                    });
                    cx.join(join, Msg::Joined);
                }
                Msg::Joined(joined) => self.0.push(joined),
            }
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            let words = self.0.iter().map(|joined| match joined {
                Ok(n) => n.to_string(),
                Err(exit) => exit.to_string(),
            });
            let _ = self.1.send(words.collect());
        }
    }
    let mut inline = inline();
    let (told, words) = mpsc::channel();
    let parent = inline.spawn(Parent(Vec::new(), told));
    for fails in [false, true] {
        parent.try_send(Msg::Spawn(fails)).expect("there is a place");
        inline.run_until_idle();
    }
    let _ = parent.stop();
    inline.run_until_idle();
    assert_eq!(words.try_recv().expect("it has stopped"), ["7", "failed: panicked: as told"]);
}

/// Told at once of one that has ended before.
#[test]
fn a_join_of_one_that_has_ended_is_told_at_once() {
    struct Reader(mpsc::Sender<u32>);
    enum Msg {
        Read(Join<u32>),
        Got(Joined<u32>),
    }
    impl Actor for Reader {
        type Msg = Msg;
        fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match message {
                Msg::Read(join) => cx.join(join, Msg::Got),
                Msg::Got(joined) => self.0.send(joined?)?,
            }
            Ok(())
        }
    }
    let mut inline = inline();
    let (_, join) = inline.spawn_fn(async |_: Inbox<()>| 5_u32);
    inline.run_until_idle();
    let (tell, told) = mpsc::channel();
    let reader = inline.spawn(Reader(tell));
    reader.try_send(Msg::Read(join)).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(told.try_recv(), Ok(5));
}

#[test]
fn a_join_that_is_dropped_detaches() {
    let mut inline = inline();
    let counted = Arc::new(AtomicU32::new(0));
    let result = Dropped(Arc::clone(&counted));
    let (to, join) = inline.spawn_fn(async move |mut inbox: Inbox<()>| {
        let _ = inbox.recv().await;
        result
    });
    drop(join);
    inline.run_until_idle();
    assert!(to.is_alive());
    to.try_send(()).expect("there is a place");
    inline.run_until_idle();
    assert!(!to.is_alive());
    assert_eq!(counted.load(Ordering::SeqCst), 1);
    assert_eq!(inline.system().ledger().faults, 0);
}

#[test]
#[should_panic(expected = "would hold up other actors")]
fn to_wait_on_a_worker_is_refused() {
    let mut inline = inline();
    let (_, join) = inline.spawn_fn(async |_: Inbox<()>| ());
    let (_, outer) = inline.spawn_fn(async move |_: Inbox<()>| join.wait());
    inline.run_until_idle();
    match joined(outer) {
        Err(Exit::Failed(failure)) => panic!("{failure}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_ring_of_ten_thousand() {
    const PLACES: usize = 10_000;
    let _watchdog = watch("a_ring_of_ten_thousand");
    let system = System::builder().workers(2).build().expect("a system");
    let (first, done) = system.spawn_fn(async |mut inbox: Inbox<Msg>| {
        let mut next = None;
        let mut rounds = 0;
        while let Ok(message) = inbox.recv().await {
            match (message, next) {
                (Msg::Next(to), _) => next = Some(to),
                (Msg::Token(0), _) => return rounds,
                (Msg::Token(n), Some(to)) => {
                    rounds += 1;
                    let to: Address<Msg> = to;
                    to.try_send(Msg::Token(n - 1)).expect("one token");
                }
                (Msg::Token(_), None) => panic!("nobody to pass it on to"),
            }
        }
        rounds
    });
    enum Msg {
        Next(Address<Msg>),
        Token(u32),
    }
    let mut next = first;
    for _ in 1..PLACES {
        let (to, join) = system.spawn_fn(async move |mut inbox: Inbox<Msg>| {
            while let Ok(message) = inbox.recv().await {
                next.try_send(message).expect("one token");
            }
        });
        drop(join);
        next = to;
    }
    first.try_send(Msg::Next(next)).expect("there is a place");
    first.try_send(Msg::Token(3)).expect("there is a place");
    assert_eq!(done.wait().expect("a result"), 3);
    let ledger = system.shutdown(LONG).expect("down");
    assert_eq!(ledger.spawned, PLACES as u64);
    assert!(ledger.handled >= 3 * PLACES as u64);
    ledger.check().expect("it adds up");
}

#[test]
fn ping_pong() {
    let _watchdog = watch("ping_pong");
    let system = System::builder().workers(2).build().expect("a system");
    struct Ball(u32, Address<Ball>);
    async fn play(mut inbox: Inbox<Ball>) -> u32 {
        let me = inbox.me();
        let mut hits = 0;
        while let Ok(Ball(n, from)) = inbox.recv().await {
            hits += 1;
            let _ = from.try_send(Ball(n.saturating_sub(1), me));
            if n <= 1 {
                break;
            }
        }
        hits
    }
    let (ping, one) = system.spawn_fn(play);
    let (pong, other) = system.spawn_fn(play);
    ping.try_send(Ball(10_000, pong)).expect("there is a place");
    assert_eq!(one.wait().expect("a result") + other.wait().expect("a result"), 10_001);
}

//! What it takes of its mailbox, when, and in which time.

use super::{LONG, Latch, bounded, inline, joined, runs};
use crate::watchdog::watch;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Inbox, RecvError, System};

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

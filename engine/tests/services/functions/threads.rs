//! On a system with threads: wakers and inboxes on any of them, and many functions at once.

use super::{LONG, Latch, bounded};
use crate::executor::block_on;
use crate::watchdog::watch;
use std::future::{Future, poll_fn};
use std::sync::mpsc;
use std::task::Poll;
use throng::{Actor, Address, Context, Exit, Fault, Inbox, Reply, System};

/// The inbox may be anywhere: on a thread outside it is given what comes all the same.
#[test]
fn an_inbox_on_another_thread() {
    let _watchdog = watch("an_inbox_on_another_thread");
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
    for n in 0..1_000 {
        assert_eq!(block_on(inbox.recv()), Ok(n));
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

//! Who rouses himself again and again, and what comes beside the end of one that waits: nothing is lost by it.

use crate::executor::{block_on, poll};
use crate::watchdog::watch;
use crate::yielding::yields;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::time::Duration;
use throng::{Exit, Inbox, RecvError, System};

/// A function that panics once it hears that it shall stop has failed.
#[test]
fn a_panic_at_the_stop_is_a_failure() {
    let mut inline = System::builder().inline();
    let (to, mut join) =
        inline.spawn_fn(async |mut inbox: Inbox<u32>| while inbox.recv().await.expect("more") < u32::MAX {});
    inline.run_until_idle();
    let _ = to.stop();
    inline.run_until_idle();
    let joined = poll(&mut join);
    assert!(matches!(joined, Poll::Ready(Err(Exit::Failed(_)))), "{joined:?}");
}

/// Who waits at an inbox elsewhere hears of the actor's end.
#[test]
fn an_inbox_elsewhere_hears_of_the_end() {
    let system = System::builder().workers(1).build().expect("a system");
    let (give, given) = mpsc::channel();
    let (to, _join) = system.spawn_fn(async move |inbox: Inbox<u32>| {
        give.send(inbox).expect("the test waits");
        std::future::pending::<()>().await;
    });
    let mut inbox: Inbox<u32> = given.recv().expect("it gives it away");
    let (tell, told) = mpsc::channel();
    let (began, begins) = mpsc::channel();
    std::thread::spawn(move || {
        let mut receive = inbox.recv();
        let got = block_on(poll_fn(|cx| {
            let polled = Pin::new(&mut receive).poll(cx);
            assert!(polled.is_ready() || began.send(()).is_ok());
            polled
        }));
        assert!(tell.send(got).is_ok());
    });
    // Its waker is there, and an unpark that comes before the park is not lost.
    begins.recv().expect("it waits");
    let _ = to.kill();
    assert_eq!(told.recv_timeout(Duration::from_secs(5)), Ok(Err(RecvError::Stopped)));
}

/// One that looks again and again until a message comes gets it.
#[test]
fn one_that_wakes_itself_gets_its_messages() {
    let _watchdog = watch("one_that_wakes_itself_gets_its_messages");
    let system = System::builder().workers(1).build().expect("a system");
    let (tell, told) = mpsc::channel();
    let (began, begins) = mpsc::channel();
    let (to, _join) = system.spawn_fn(async move |mut inbox: Inbox<u32>| {
        let mut receive = pin!(inbox.recv());
        let mut looks = 0;
        let got = poll_fn(|cx| match receive.as_mut().poll(cx) {
            Poll::Ready(got) => Poll::Ready(got),
            Poll::Pending => {
                looks += 1;
                // More than a turn does.
                if looks == 1_000 {
                    assert!(began.send(()).is_ok());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
        assert!(tell.send(got).is_ok());
    });
    begins.recv().expect("it looks again and again");
    to.try_send(7_u32).expect("there is a place");
    let got = told.recv_timeout(Duration::from_secs(5));
    let stopped = to.kill();
    assert_eq!(got, Ok(Ok(7)), "{stopped:?}");
}

/// However often a future wakes itself before it is done, its actor ends.
#[test]
fn however_often_it_wakes_itself_it_ends() {
    let mut lost = Vec::new();
    for times in 0..200_u32 {
        let mut inline = System::builder().inline();
        let (_, mut join) = inline.spawn_fn(async move |_: Inbox<u32>| yields(times).await);
        inline.run_until_idle();
        let joined = poll(&mut join);
        if !matches!(joined, Poll::Ready(Ok(()))) {
            lost.push((times, inline.system().ledger().stopped));
        }
    }
    assert_eq!(lost, []);
}

/// The same of a piped one.
#[test]
fn however_often_a_piped_one_wakes_itself_its_actor_ends() {
    struct Piper(u32);
    impl throng::Actor for Piper {
        type Msg = ();
        fn started(&mut self, cx: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
            let mut left = self.0;
            cx.pipe(
                poll_fn(move |cx| {
                    if left == 0 {
                        return Poll::Ready(());
                    }
                    left -= 1;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }),
                |_| (),
            );
            Ok(())
        }
        fn handle(&mut self, (): (), cx: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
            cx.stop();
            Ok(())
        }
    }
    let mut lost = Vec::new();
    for times in 0..200_u32 {
        let mut inline = System::builder().inline();
        inline.spawn(Piper(times));
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        if ledger.spawned != ledger.stopped {
            lost.push((times, ledger.spawned, ledger.stopped));
        }
    }
    assert_eq!(lost, []);
}

/// What a state has said of draining goes with it.
#[test]
fn a_new_state_drains() {
    use throng::{Actor, Address, Child, Context, Fault, Options, Supervisor};
    struct Full;
    impl Actor for Full {
        type Msg = bool;
        fn handle(&mut self, fail: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if fail {
                cx.set_draining(false);
                return Err(Fault::msg("told to"));
            }
            Ok(())
        }
    }
    struct Sender(Address<bool>, Arc<std::sync::atomic::AtomicU32>);
    impl Actor for Sender {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            for _ in 0..4 {
                if cx.send(self.0, false).is_err() {
                    self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
            Ok(())
        }
    }
    for first in [false, true] {
        let mut inline = System::builder().inline();
        let options = Options::builder().capacity(2).build().expect("in range");
        let tree = inline
            .system()
            .supervise(Supervisor::new().child(Child::new("full", || Full).options(options)))
            .expect("a name");
        inline.run_until_idle();
        let full = tree.child::<bool>("full").expect("it has started");
        if first {
            full.try_send(true).expect("room");
            inline.run_until_idle();
            assert_eq!(tree.restarts(), 1);
        }
        let refused = Arc::default();
        inline.spawn(Sender(full, Arc::clone(&refused))).try_send(()).expect("room");
        inline.run_until_idle();
        assert_eq!(refused.load(std::sync::atomic::Ordering::Relaxed), 0, "after a restart: {first}");
    }
}

/// A function that is done while it is suspended leaves what is in its mailbox, as one that is not.
#[test]
fn one_that_is_done_while_suspended_handles_nothing_more() {
    let mut seen = Vec::new();
    for suspended in [false, true] {
        let mut inline = System::builder().inline();
        let done = Arc::new(std::sync::Mutex::new((false, None::<Waker>)));
        let theirs = Arc::clone(&done);
        let (to, mut join) = inline.spawn_fn(async move |_: Inbox<u32>| {
            poll_fn(|cx| {
                let mut theirs = theirs.lock().expect("no panic");
                theirs.1 = Some(cx.waker().clone());
                if theirs.0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        });
        inline.run_until_idle();
        if suspended {
            assert!(to.suspend());
            inline.run_until_idle();
        }
        for n in [1_u32, 2] {
            to.try_send(n).expect("room");
        }
        done.lock().expect("no panic").0 = true;
        let waker = done.lock().expect("no panic").1.take().expect("it waits");
        waker.wake();
        inline.run_until_idle();
        let joined = poll(&mut join).is_ready();
        let ledger = inline.system().ledger();
        seen.push((joined, ledger.handled, ledger.dead.stopped));
    }
    assert_eq!(seen, [(true, 0, 2), (true, 0, 2)]);
}

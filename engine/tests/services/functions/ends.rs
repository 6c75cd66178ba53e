//! How it ends: with its result, stopped, killed, aborted or failed; its future is dropped once.

use super::{Dropped, LONG, Latch, inline, joined, runs};
use crate::gate::gate;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use throng::{Address, Exit, Inbox, Reason, RecvError, System};

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

/// On threads, where an abort tells whoever runs to end: that is no kill.
#[test]
fn a_system_that_goes_aborts_it_on_threads() {
    let _dog = watch("a_system_that_goes_aborts_it_on_threads");
    for polled in [false, true] {
        let system = System::builder().workers(1).build().expect("a system");
        let (gate, key) = gate();
        let (to, join) = system.spawn_fn(async move |mut inbox: Inbox<u32>| {
            if polled {
                gate.pass();
            }
            while inbox.recv().await.is_ok() {}
        });
        if polled {
            key.wait();
        } else {
            system.quiesce(LONG).expect("at rest");
        }
        let aborting = thread::spawn(move || system.abort());
        while to.try_send(1_u32).map_or_else(|refused| refused.reason() == Reason::Full, |()| true) {
            thread::yield_now();
        }
        key.open();
        let _ledger = aborting.join().expect("no panic");
        let exit = join.wait().expect_err("it gives nothing");
        assert!(matches!(exit, Exit::Aborted), "polled {polled}: {exit:?}");
    }
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

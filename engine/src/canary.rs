//! Faults that a sanitizer must report: one that does not know of the engine's own memory finds none in it. Each runs alone in
//! a process that `scripts/sanitizers.sh` starts and that must not end well.
//!
//! A second thread touches what is gone, and nothing orders the two: a use after free, and a race. And a block of the pool's own
//! that nobody has any more: a leak.

use crate::actor::behavior::{Actor, Context};
use crate::actor::fault::Fault;
use crate::cell::pool::{EnvelopeClass, Pool};
use crate::sync::{AtomicBool, AtomicPtr, Ordering};
use crate::system::System;
use std::ptr;
use std::thread;
use std::time::Duration;

/// Has another thread read the word at `at`, after `deed` and in no order with it.
fn read_behind(at: *mut u64, deed: impl FnOnce()) -> u64 {
    let (at, done) = (AtomicPtr::new(at), AtomicBool::new(false));
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            // Relaxed orders nothing.
            while !done.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            // SAFETY: there is none: what is there is gone, as a sanitizer shall find.
            unsafe { at.load(Ordering::Relaxed).read_volatile() }
        });
        deed();
        done.store(true, Ordering::Relaxed);
        reader.join().expect("a number")
    })
}

#[test]
#[ignore = "must be reported: by scripts/sanitizers.sh"]
fn an_envelope_is_used_after_it_was_freed() {
    let class = EnvelopeClass::fitting(64).expect("a class");
    let mut pool = Pool::new();
    let block = pool.take(class);
    // SAFETY: a block of 64 bytes, which is this test's.
    unsafe { block.as_ptr().cast::<u64>().write(7) };
    // SAFETY: taken above, with this class.
    let read = read_behind(block.as_ptr().cast(), || unsafe { pool.give(class, block) });
    println!("read {read}");
}

/// On a thread of its own, whose stack, with what was on it, is gone when the leaks are looked for.
#[cfg(throng_sanitize = "address")]
#[test]
#[ignore = "must be reported: by scripts/sanitizers.sh"]
fn an_envelope_is_never_given_back() {
    let taken =
        thread::spawn(|| Pool::new().take(EnvelopeClass::fitting(64).expect("a class")).as_ptr().is_null());
    println!("taken: {}", !taken.join().expect("a block"));
}

/// An actor that tells where its state lies.
struct Resident(u64);

static STATE: AtomicPtr<u64> = AtomicPtr::new(ptr::null_mut());

impl Actor for Resident {
    type Msg = ();

    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        STATE.store(&raw mut self.0, Ordering::Relaxed);
        Ok(())
    }
}

#[test]
#[ignore = "must be reported: by scripts/sanitizers.sh"]
fn a_cell_is_used_after_its_actor_ended() {
    const SOON: Duration = Duration::from_secs(60);
    let system = System::builder().workers(1).build().expect("a system");
    let resident = system.spawn(Resident(7));
    resident.try_send(()).expect("room for one");
    system.quiesce(SOON).expect("one message");
    let read = read_behind(STATE.load(Ordering::Relaxed), || {
        let _ = resident.stop();
        system.quiesce(SOON).expect("one end");
    });
    println!("read {read}");
}

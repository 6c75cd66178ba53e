//! A thread that waits in the shipped [`Lobby`](crate::mailbox::lobby::Lobby), blocked as `block_on` blocks one.

use crate::mailbox::lobby::{Wait, Waiter};
use crate::sync::{Condvar, Mutex};
use std::sync::Arc;
use std::task::{Wake, Waker};

/// A blocked thread.
pub(super) struct Blocked {
    told: Mutex<bool>,
    // Not `park`: loom's `unpark` frees a thread that is blocked on a lock, too.
    woken: Condvar,
}

impl Wake for Blocked {
    fn wake(self: Arc<Self>) {
        *self.told.lock().expect("no panic") = true;
        self.woken.notify_one();
    }
}

impl Blocked {
    pub(super) fn new() -> (Arc<Self>, Waker) {
        let blocked = Arc::new(Self { told: Mutex::new(false), woken: Condvar::new() });
        (Arc::clone(&blocked), Waker::from(blocked))
    }

    /// Blocks until the wait is over.
    pub(super) fn wait(&self, waiter: &Waiter, waker: &Waker) -> Wait {
        loop {
            match waiter.poll(waker) {
                Wait::Pending => {}
                over => return over,
            }
            self.sleep();
        }
    }

    /// Blocks until it is woken.
    pub(super) fn sleep(&self) {
        let mut told = self.told.lock().expect("no panic");
        while !*told {
            told = self.woken.wait(told).expect("no panic");
        }
        *told = false;
    }
}

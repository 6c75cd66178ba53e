//! Futures that a test has begun and goes on beside, as a client outside does that waits for an answer: polled between two steps, when
//! they have been woken.

use crate::sync::{AtomicBool, Ordering};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Poll0, Poll, Wake, Waker};

/// A future that has been begun: an ask that is asked, say. Made by [`Simulation::begin`](crate::sim::Simulation::begin).
///
/// It goes on with the steps of its simulation; dropping it withdraws it, as dropping the future would. It is a future itself, for
/// [`Simulation::block_on`](crate::sim::Simulation::block_on).
#[must_use = "dropping it withdraws what it has begun"]
pub struct Begun<T> {
    task: Rc<Task>,
    outcome: Rc<RefCell<Outcome<T>>>,
}

/// What comes of it, and who waits for that.
struct Outcome<T> {
    came: Option<T>,
    waiting: Option<Waker>,
}

/// What there is to poll.
pub(super) struct Task {
    /// None once it is over, and while it is polled.
    future: RefCell<Option<Pin<Box<dyn Future<Output = ()>>>>>,
    polled: Cell<bool>,
    bell: std::sync::Arc<Bell>,
    /// The round in which it was polled last.
    round: Cell<u64>,
    /// Where it was begun.
    pub(super) place: &'static Location<'static>,
}

/// Rung when there is something to poll for, by any thread.
pub(super) struct Bell(AtomicBool);

impl Bell {
    pub(super) fn new(rung: bool) -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self(AtomicBool::new(rung)))
    }

    /// Whether it was rung since this was asked last.
    pub(super) fn was_rung(&self) -> bool {
        // With the store in `wake`: what was done before is seen by the poll.
        self.0.swap(false, Ordering::Acquire)
    }
}

impl Wake for Bell {
    fn wake(self: std::sync::Arc<Self>) {
        // With the swap in `was_rung`.
        self.0.store(true, Ordering::Release);
    }
}

impl Task {
    /// Polls it, if it was rung for, and says whether it has. Runs user code, which may take steps, and so come here again: what is rung
    /// then is for the next poll.
    pub(super) fn go_on(&self) -> bool {
        /// Also where it panics.
        struct Polled<'t>(&'t Cell<bool>);
        impl Drop for Polled<'_> {
            fn drop(&mut self) {
                self.0.set(false);
            }
        }
        if self.polled.get() || !self.bell.was_rung() {
            return false;
        }
        let Some(mut future) = self.future.take() else { return false };
        self.polled.set(true);
        let _polled = Polled(&self.polled);
        let waker = Waker::from(std::sync::Arc::clone(&self.bell));
        if future.as_mut().poll(&mut Poll0::from_waker(&waker)).is_pending() {
            self.future.replace(Some(future));
        }
        true
    }

    /// As [`Task::go_on`], if this round has not polled it before.
    pub(super) fn go_on_in(&self, round: u64) -> bool {
        if self.was_polled_in(round) {
            return false;
        }
        // Before it is polled, which may panic.
        let before = self.round.replace(round);
        let polled = self.go_on();
        if !polled {
            self.round.set(before);
        }
        polled
    }

    pub(super) fn was_polled_in(&self, round: u64) -> bool {
        self.round.get() == round
    }

    pub(super) fn is_over(&self) -> bool {
        self.future.borrow().is_none() && !self.polled.get()
    }
}

impl<T: 'static> Begun<T> {
    /// Polls it for the first time.
    pub(super) fn new(
        future: impl Future<Output = T> + 'static,
        place: &'static Location<'static>,
    ) -> (Self, Rc<Task>) {
        let outcome = Rc::new(RefCell::new(Outcome { came: None, waiting: None }));
        let to = Rc::clone(&outcome);
        let future = async move {
            let came = future.await;
            let waiting = {
                let mut outcome = to.borrow_mut();
                outcome.came = Some(came);
                outcome.waiting.take()
            };
            waiting.into_iter().for_each(Waker::wake);
        };
        let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
        let task = Rc::new(Task {
            future: RefCell::new(Some(future)),
            polled: Cell::new(false),
            bell: Bell::new(true),
            round: Cell::new(0),
            place,
        });
        task.go_on();
        (Self { task: Rc::clone(&task), outcome }, task)
    }
}

impl<T> Begun<T> {
    /// What came of it, if it has come: once, and then never again.
    pub fn take(&mut self) -> Option<T> {
        self.task.go_on();
        self.outcome.borrow_mut().came.take()
    }
}

impl<T> Future for Begun<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<T> {
        if let Some(came) = self.take() {
            return Poll::Ready(came);
        }
        assert!(!self.task.is_over(), "what came of a `Begun` was taken before, or it has panicked");
        let waker = Some(cx.waker().clone());
        let before = std::mem::replace(&mut self.outcome.borrow_mut().waiting, waker);
        // User code.
        drop(before);
        Poll::Pending
    }
}

impl<T> fmt::Debug for Begun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("over", &self.task.is_over()).finish_non_exhaustive()
    }
}

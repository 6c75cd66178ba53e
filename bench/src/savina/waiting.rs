//! Waiting for an answer, or for the end of somebody who was to take part in it.

use crate::alone::spoiled::{Spoiled, same};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use throng::System;

/// When it is first looked whether an actor has failed, whose part would then be missing for ever; then after twice as long each time,
/// up to [`LATEST`], as a look visits every actor there is.
const FIRST: Duration = Duration::from_millis(200);
const LATEST: Duration = Duration::from_secs(10);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits on this thread for what actors of `system` give.
///
/// # Errors
/// [`Spoiled::Wrong`] once one of them has failed.
pub(super) fn answer<F: Future>(system: &System, future: F) -> Result<F::Output, Spoiled> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let (mut next, mut pause) = (Instant::now() + FIRST, FIRST);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Ok(output);
        }
        // Wakes early for no reason too: the future is polled once more then.
        thread::park_timeout(next.saturating_duration_since(Instant::now()));
        if Instant::now() >= next {
            same("actors that failed", 0, system.ledger().faults)?;
            pause = LATEST.min(2 * pause);
            next = Instant::now() + pause;
        }
    }
}

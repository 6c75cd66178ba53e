//! Waiting for an answer, or for the end of hope for it.

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
/// Nobody is so long in one handler, and so nothing handled in so long a time is nothing to come.
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
/// [`Spoiled::Wrong`] once one of them has failed, or none does anything any more.
pub(super) fn answer<F: Future>(system: &System, future: F) -> Result<F::Output, Spoiled> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    let (mut next, mut pause) = (Instant::now() + FIRST, FIRST);
    let mut handled = 0;
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Ok(output);
        }
        // Wakes early for no reason too: the future is polled once more then.
        thread::park_timeout(next.saturating_duration_since(Instant::now()));
        if Instant::now() < next {
            continue;
        }
        let ledger = system.ledger();
        same("actors that failed", 0, ledger.faults)?;
        if pause == LATEST && ledger.handled == handled {
            let why =
                format!("no answer, and nothing handled for {} s: a message is missing", LATEST.as_secs());
            return Err(Spoiled::Wrong(why));
        }
        handled = ledger.handled;
        pause = LATEST.min(2 * pause);
        next = Instant::now() + pause;
    }
}

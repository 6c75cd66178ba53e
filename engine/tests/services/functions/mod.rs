//! Function actors: a future takes the messages of its actor, and gives a result.

mod ends;
mod joins;
mod messages;
mod spawning;
mod threads;

use crate::executor::poll;
use std::future::poll_fn;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;
use throng::{Inline, Join, Joined, Options, System};

pub(crate) const LONG: Duration = Duration::from_secs(30);

pub(crate) fn inline() -> Inline {
    System::builder().inline_virtual()
}

pub(crate) fn bounded(capacity: u32) -> Options {
    Options::builder().capacity(capacity).build().expect("in range")
}

/// The result of one that has ended.
pub(crate) fn joined<T>(mut join: Join<T>) -> Joined<T> {
    match poll(&mut join) {
        Poll::Ready(joined) => joined,
        Poll::Pending => panic!("it has not ended"),
    }
}

pub(crate) fn runs<T>(join: &mut Join<T>) -> bool {
    poll(join).is_pending()
}

/// Ready once it has been opened, by hand.
#[derive(Clone, Default)]
pub(crate) struct Latch(Arc<Mutex<(bool, Option<Waker>)>>);

impl Latch {
    pub(crate) fn open(&self) {
        let waker = {
            let mut latch = self.0.lock().expect("no panic inside");
            latch.0 = true;
            latch.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes whoever waits, for nothing.
    pub(crate) fn nudge(&self) {
        let waker = self.0.lock().expect("no panic inside").1.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    pub(crate) async fn opened(&self) {
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
pub(crate) struct Dropped(pub(crate) Arc<AtomicU32>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

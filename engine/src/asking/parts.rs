//! Many parts of one wait, of which only those are polled that have something new.

use super::part::Part;
use crate::error::AskError;
use crate::mailbox::bell::Bell;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Poll0, Poll, Wake, Waker};
use std::time::Duration;

/// The parts that are not ready yet, each at its place.
pub(crate) struct Parts<A> {
    open: Vec<Option<A>>,
    bell: Arc<Bell>,
    /// One for each part; none before the first poll.
    chimes: Vec<Waker>,
}

/// The waker of one part.
struct Chime {
    bell: Arc<Bell>,
    part: usize,
}

impl Wake for Chime {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.bell.ring(self.part).into_iter().for_each(Waker::wake);
    }
}

impl<A> Parts<A> {
    pub(super) fn new(parts: impl IntoIterator<Item = A>) -> Self {
        let open = parts.into_iter().map(Some).collect();
        Self { open, bell: Arc::new(Bell::new()), chimes: Vec::new() }
    }

    /// How many there were at first.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Withdraws those that are left.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }
}

impl<A: Future + Unpin> Parts<A> {
    /// Polls those that rang, all of them at first, and hands out who is ready, until `ready` breaks off.
    pub(super) fn poll(
        &mut self,
        cx: &mut Poll0<'_>,
        mut ready: impl FnMut(usize, A::Output) -> ControlFlow<()>,
    ) {
        let mut rung = self.bell.listen(cx.waker());
        if self.chimes.len() < self.open.len() {
            rung = (0..self.open.len()).collect();
            let chime = |part| Waker::from(Arc::new(Chime { bell: Arc::clone(&self.bell), part }));
            self.chimes = rung.iter().copied().map(chime).collect();
        }
        for part in rung {
            // One that has been withdrawn may still ring.
            let Some(place) = self.open.get_mut(part) else { continue };
            let Some(open) = place else { continue };
            let polled = Pin::new(open).poll(&mut Poll0::from_waker(&self.chimes[part]));
            if let Poll::Ready(output) = polled {
                *place = None;
                if ready(part, output).is_break() {
                    return;
                }
            }
        }
    }
}

impl<A: Part> Part for Parts<A> {
    fn limit(&mut self, within: Duration) {
        self.open.iter_mut().flatten().for_each(|part| part.limit(within));
    }

    fn latest(&mut self) -> Duration {
        self.open.iter_mut().flatten().map(Part::latest).max().unwrap_or_default()
    }

    fn cut(&mut self, error: AskError) {
        for (place, part) in self.open.iter_mut().enumerate() {
            if let Some(part) = part {
                part.cut(error);
                // It is ready, and nobody else tells so.
                drop(self.bell.ring(place));
            }
        }
    }

    fn is_stepped_here(&mut self) -> bool {
        self.open.iter_mut().flatten().any(Part::is_stepped_here)
    }
}

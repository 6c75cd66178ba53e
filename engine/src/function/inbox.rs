//! The function's side: receiving, the first that matches or the first there is.

use super::desk::{Desk, Found};
use crate::actor::address::Address;
use crate::panics::drop_each;
use crate::sync::Arc;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll};
use std::time::Duration;

/// Why a function actor received no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecvError {
    /// The actor has been told to stop, and there is nothing left in its mailbox that it would take.
    Stopped,
    /// No message matches, and as many are kept as the mailbox may hold.
    SavedFull,
    /// None came in time.
    Timeout,
}

impl fmt::Display for RecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecvError::Stopped => "the actor has been told to stop, and nothing is left that it would take",
            RecvError::SavedFull => {
                "none of the messages kept matches, and there is no place for another: take some by `recv`, or give \
                 the actor a larger capacity"
            }
            RecvError::Timeout => "no message came in time",
        })
    }
}

impl std::error::Error for RecvError {}

/// Where a function actor takes its messages from: what `spawn_fn` gives it.
///
/// It takes messages, and [spawns](Inbox::spawn). What else a [`Context`](crate::Context) does is done for a function by others, or by
/// values that it is given:
///
/// | to | in a function |
/// |---|---|
/// | send, ask | [`Address::try_send`], [`Address::send_async`], [`Address::ask`], awaited; a function is never suspended on a full mailbox |
/// | hear of the end of a function | await its [`Join`](crate::Join) |
/// | watch, or link to, another actor | an actor that [watches](crate::Context::watch) for it and sends what it hears to [`Inbox::me`]; who is to end with others, by [`StopAll`](crate::StopAll) or [`Address::stop`] |
/// | names, groups, topics, a tree's children | a [`Directory`](crate::Directory), a [`Group`](crate::Group), a [`Topic`](crate::Topic), a [`Recipient`](crate::Recipient), given to the closure |
/// | timers | [`Inbox::recv_within`], `after` in [`receive!`](crate::receive) |
///
/// Whoever drops it, or keeps it without receiving, gets nothing more: the mailbox fills up, and sends are refused as full.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Inbox, RecvError, System};
///
/// let mut inline = System::builder().inline_virtual();
/// let (to, sum) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
///     let mut sum = 0;
///     // Until nothing has come for a second.
///     let over = loop {
///         match inbox.recv_within(Duration::from_secs(1)).await {
///             Ok(n) => sum += n,
///             Err(over) => break over,
///         }
///     };
///     (sum, over)
/// });
/// assert!([3_u32, 4].into_iter().all(|n| to.try_send(n).is_ok()));
/// inline.advance(Duration::from_secs(1));
/// assert_eq!(sum.wait().unwrap(), (7, RecvError::Timeout));
/// ```
pub struct Inbox<M: Send + 'static> {
    pub(super) desk: Arc<Desk<M>>,
    pub(super) me: Address<M>,
    pub(super) capacity: usize,
    /// Those that selective receives have left, in order; a hole for one whose test panicked.
    pub(super) kept: VecDeque<Option<M>>,
}

impl<M: Send + 'static> Inbox<M> {
    /// The actor's own address.
    pub fn me(&self) -> Address<M> {
        self.me
    }

    /// Messages that selective receives have left here.
    pub fn saved(&self) -> usize {
        self.kept.len()
    }

    /// The next message: the oldest of those that were left by selective receives, or the next from the mailbox.
    ///
    /// # Errors
    /// [`RecvError::Stopped`] once there are no more and the actor has been told to stop; and from then on, at once.
    pub fn recv(&mut self) -> Recv<'_, M> {
        Recv(Select::new(self, None, first::<M> as Test<M>))
    }

    /// As [`Inbox::recv`], and waits for so long at most. What has come in time is taken first, so that zero takes what there is
    /// and does not wait.
    ///
    /// The timer is the engine's: never early, about a millisecond late on an idle system; it is no work that
    /// [`System::quiesce`](crate::System::quiesce) waits for.
    ///
    /// # Errors
    /// [`RecvError::Timeout`], and as for [`Inbox::recv`].
    pub fn recv_within(&mut self, within: Duration) -> Recv<'_, M> {
        Recv(Select::new(self, Some(within), first::<M> as Test<M>))
    }

    /// The first message that a test takes; see [`receive!`](crate::receive), which this is for. The test gives each message back, with a
    /// number if it is the one.
    #[doc(hidden)]
    pub fn select<F>(&mut self, within: Option<Duration>, test: F) -> Select<'_, M, F>
    where
        F: FnMut(M) -> (M, Option<usize>),
    {
        Select::new(self, within, test)
    }
}

/// Gives a message back, with the number of the arm that takes it.
type Test<M> = fn(M) -> (M, Option<usize>);

fn first<M>(message: M) -> (M, Option<usize>) {
    (message, Some(0))
}

impl<M: Send + 'static> Drop for Inbox<M> {
    fn drop(&mut self) {
        // Those are dead letters when the actor ends.
        let kept = std::mem::take(&mut self.kept);
        let n = kept.len();
        self.desk.gone(n, drop_each(kept));
    }
}

impl<M: Send + 'static> std::fmt::Debug for Inbox<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("me", &self.me).field("saved", &self.saved()).finish_non_exhaustive()
    }
}

/// The next message, as a future: made by [`Inbox::recv`] and [`Inbox::recv_within`]. Dropped early it takes nothing.
#[must_use = "a message is received when this is awaited"]
pub struct Recv<'a, M: Send + 'static>(Select<'a, M, Test<M>>);

impl<M: Send + 'static> Future for Recv<'_, M> {
    type Output = Result<M, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|received| received.map(|(_, message)| message))
    }
}

impl<M: Send + 'static> std::fmt::Debug for Recv<'_, M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recv")
    }
}

/// The first message that matches, as a future.
#[doc(hidden)]
#[must_use = "a message is received when this is awaited"]
pub struct Select<'a, M: Send + 'static, F> {
    inbox: &'a mut Inbox<M>,
    within: Option<Duration>,
    test: F,
    /// So many of those that are kept have been looked at by this receive.
    looked: usize,
}

impl<M: Send + 'static, F> Unpin for Select<'_, M, F> {}

impl<'a, M: Send + 'static, F> Select<'a, M, F> {
    fn new(inbox: &'a mut Inbox<M>, within: Option<Duration>, test: F) -> Self {
        Self { inbox, within, test, looked: 0 }
    }
}

impl<M: Send + 'static, F: FnMut(M) -> (M, Option<usize>)> Future for Select<'_, M, F> {
    type Output = Result<(usize, M), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Inbox { desk, kept, capacity, .. } = &mut *this.inbox;
        loop {
            while this.looked < kept.len() {
                // Out of its place while user code has it.
                let Some(message) = kept[this.looked].take() else {
                    kept.remove(this.looked);
                    continue;
                };
                match (this.test)(message) {
                    (message, Some(arm)) => {
                        kept.remove(this.looked);
                        return Poll::Ready(Ok((arm, message)));
                    }
                    (message, None) => kept[this.looked] = Some(message),
                }
                this.looked += 1;
            }
            if kept.len() >= *capacity {
                return Poll::Ready(Err(RecvError::SavedFull));
            }
            match desk.find(kept, this.within, cx.waker()) {
                Found::More => {}
                Found::Nothing => return Poll::Pending,
                Found::TimeUp => return Poll::Ready(Err(RecvError::Timeout)),
                Found::Stopped => return Poll::Ready(Err(RecvError::Stopped)),
            }
        }
    }
}

impl<M: Send + 'static, F> Drop for Select<'_, M, F> {
    fn drop(&mut self) {
        self.inbox.desk.leave(self.inbox.kept.len());
    }
}

impl<M: Send + 'static, F> std::fmt::Debug for Select<'_, M, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Select").field("looked", &self.looked).finish_non_exhaustive()
    }
}

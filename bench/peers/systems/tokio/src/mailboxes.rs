//! The two channels that are an actor's mailbox, behind one face.

use std::fmt::Debug;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

/// How many wait in a bounded mailbox at most.
const CAPACITY: usize = 1_024;
/// As many messages are taken from a mailbox at once, if there are so many; also what tokio lets a task take before it is another's turn.
const AT_ONCE: usize = 128;

/// Either kind.
pub trait Mailboxes: Debug + Send + Sync + 'static {
    /// The system's name in the list.
    const NAME: &'static str;
    /// How it is used, in a line.
    const HOW: &'static str;

    /// What others send to.
    type Address<T: Send + 'static>: Address<T>;
    /// What the actor owns.
    type Mailbox<T: Send + 'static>: Mailbox<T>;

    /// One of each.
    fn mailbox<T: Send + 'static>() -> (Self::Address<T>, Self::Mailbox<T>);
}

/// Where an actor's messages are sent to.
pub trait Address<T>: Clone + Debug + Send + Sync + 'static {
    /// Sends to it; waits where the mailbox is full.
    fn send(&self, message: T) -> impl Future<Output = Result<(), SendError<T>>> + Send;

    /// The same from a thread that is none of the runtime's.
    ///
    /// # Errors
    /// Where the actor is no more.
    fn send_from_outside(&self, message: T) -> Result<(), SendError<T>>;
}

/// An actor's own end.
pub trait Mailbox<T>: Debug + Send + 'static {
    /// The next message; none when nobody is left who could send one.
    fn next(&mut self) -> impl Future<Output = Option<T>> + Send;

    /// Puts what has come, one message or more, into `batch`; none when nobody is left who could send one.
    fn batch(&mut self, batch: &mut Vec<T>) -> impl Future<Output = usize> + Send;
}

/// Channels that hold so many messages.
#[derive(Debug)]
pub struct Bounded;

/// Channels that hold any number.
#[derive(Debug)]
pub struct Unbounded;

impl Mailboxes for Bounded {
    const NAME: &'static str = "tokio-bounded";
    const HOW: &'static str = "each actor a task with an mpsc::channel(1024); try_send, and send().await where it is full; \
         recv_many of up to 128 where many come; the many who send to one yield after 128, who sends alone does not; ask by oneshot; with \
         one worker a current_thread runtime on a thread of its own; idle actors' messages have 8 bytes";

    type Address<T: Send + 'static> = mpsc::Sender<T>;
    type Mailbox<T: Send + 'static> = mpsc::Receiver<T>;

    fn mailbox<T: Send + 'static>() -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
        mpsc::channel(CAPACITY)
    }
}

impl<T: Send + 'static> Address<T> for mpsc::Sender<T> {
    /// To wait is only prepared where there is no room: what is sent at once costs a third less so.
    #[inline]
    async fn send(&self, message: T) -> Result<(), SendError<T>> {
        match self.try_send(message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message)) => self.send(message).await,
            Err(TrySendError::Closed(message)) => Err(SendError(message)),
        }
    }

    fn send_from_outside(&self, message: T) -> Result<(), SendError<T>> {
        match self.try_send(message) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message)) => self.blocking_send(message),
            Err(TrySendError::Closed(message)) => Err(SendError(message)),
        }
    }
}

impl<T: Send + 'static> Mailbox<T> for mpsc::Receiver<T> {
    #[inline]
    async fn next(&mut self) -> Option<T> {
        self.recv().await
    }

    #[inline]
    async fn batch(&mut self, batch: &mut Vec<T>) -> usize {
        self.recv_many(batch, AT_ONCE).await
    }
}

impl Mailboxes for Unbounded {
    const NAME: &'static str = "tokio-unbounded";
    const HOW: &'static str = "each actor a task with an mpsc::unbounded_channel; recv_many of up to 128 where many come; \
         the many who send to one yield after 128, who sends alone does not; ask by oneshot; with one worker a current_thread runtime on a \
         thread of its own; idle actors' messages have 8 bytes";

    type Address<T: Send + 'static> = mpsc::UnboundedSender<T>;
    type Mailbox<T: Send + 'static> = mpsc::UnboundedReceiver<T>;

    fn mailbox<T: Send + 'static>() -> (mpsc::UnboundedSender<T>, mpsc::UnboundedReceiver<T>) {
        mpsc::unbounded_channel()
    }
}

impl<T: Send + 'static> Address<T> for mpsc::UnboundedSender<T> {
    #[inline]
    async fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.send(message)
    }

    fn send_from_outside(&self, message: T) -> Result<(), SendError<T>> {
        self.send(message)
    }
}

impl<T: Send + 'static> Mailbox<T> for mpsc::UnboundedReceiver<T> {
    #[inline]
    async fn next(&mut self) -> Option<T> {
        self.recv().await
    }

    #[inline]
    async fn batch(&mut self, batch: &mut Vec<T>) -> usize {
        self.recv_many(batch, AT_ONCE).await
    }
}

//! Notices: a message that was paid for beforehand, so that nothing can refuse it while its receiver lives. What happens when
//! is the mailbox floor's ([`crate::mailbox::notices`]).

use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::parcel::Record;
use super::post::Raw;
use super::{pending, telling};
use crate::error::{Reason, SendError};
use crate::scheduler::shared::Shared;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// The right to tell an actor something, once, from anywhere: made by [`Context::notice`]. Dropped, it tells nothing.
///
/// No full mailbox refuses a notice: it comes through the system lane, and everything that it needs was made when it was asked
/// for. It is handled *after* whatever was in the mailbox when the receiver saw it, of which it takes one place, together with all
/// other notices: so the news that something is over does not overtake the last results. In an actor with two
/// [`lanes`](crate::OptionsBuilder::lanes) it is a normal message.
///
/// [`Notice::send`] may be called anywhere, also in a `Drop`: a worker that holds a notice of its owner in its state, and sends
/// it when that is dropped, tells of every way to end, where [`Actor::stopped`] runs only for those in good order.
#[must_use = "a notice that is dropped tells nothing"]
pub struct Notice<T: 'static> {
    to: Raw,
    record: NonNull<Record>,
    contents: &'static Contents<T>,
}

/// What is known of the closure in a notice.
struct Contents<T> {
    complete: unsafe fn(NonNull<Record>, T),
    give_back: unsafe fn(NonNull<Record>) -> T,
    give_up: unsafe fn(NonNull<Record>),
}

// SAFETY: the closure is `Send`, and the value comes with the call; the block is the notice's alone.
unsafe impl<T: Send> Send for Notice<T> {}
// SAFETY: a shared reference to a notice can do nothing.
unsafe impl<T: Send> Sync for Notice<T> {}

impl<T: 'static> fmt::Debug for Notice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notice").field("to", &self.to).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Notice<T> {
    /// Tells: an exchange on the list of notices and one on the mailbox's word. Allocates nothing.
    ///
    /// # Errors
    /// `Closed` or `Stale`, with the value, once the actor has ended; never `Full`. What was taken is a dead letter if the actor
    /// ends before its turn has come; one that is stopping handles what has come by the time its mailbox is empty.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        // SAFETY: given away complete, and the caller's.
        self.tell(value, |to, record| unsafe { telling::tell(to, record) })
    }

    /// As [`Notice::send`], what the actor's system owes to it: a dead letter there if the actor has ended.
    ///
    /// # Errors
    /// The value, of which the actor would have been told.
    pub(crate) fn pay(self, value: T, home: &Shared) -> Result<(), SendError<T>> {
        // SAFETY: as in `send`.
        self.tell(value, |to, record| unsafe { telling::pay(to, record, home) })
    }

    /// Gives the complete record away by `give`.
    fn tell(
        self,
        value: T,
        give: impl FnOnce(Raw, NonNull<Record>) -> Result<(), Reason>,
    ) -> Result<(), SendError<T>> {
        let Self { to, record, contents } = *ManuallyDrop::new(self);
        // SAFETY: the notice's own, and used up.
        unsafe { (contents.complete)(record, value) };
        let Err(reason) = give(to, record) else { return Ok(()) };
        // SAFETY: refused, so it is still ours.
        let value = unsafe { (contents.give_back)(record) };
        Err(SendError::new(reason, value))
    }
}

impl<T: 'static> Drop for Notice<T> {
    fn drop(&mut self) {
        // SAFETY: the notice's own, and not used.
        unsafe { (self.contents.give_up)(self.record) };
    }
}

impl<A: Actor> Context<'_, A> {
    /// The right to tell this actor something, once, later and from anywhere, however full its mailbox is by then: `then` makes the
    /// message, in this actor's turn. A block of 128 bytes or more until it is used or dropped, and an allocation for an
    /// actor's first.
    ///
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Context, Fault, Notice, Options, System};
    ///
    /// /// Gives away the right to tell it of an end.
    /// struct Heir(std::sync::mpsc::Sender<Notice<u64>>, Vec<u64>);
    ///
    /// enum Msg {
    ///     Result(u64),
    ///     Over(u64),
    /// }
    ///
    /// impl Actor for Heir {
    ///     type Msg = Msg;
    ///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         let notice = cx.notice(Msg::Over);
    ///         self.0.send(notice)?;
    ///         Ok(())
    ///     }
    ///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Result(n) => self.1.push(n),
    ///             // All results were there before.
    ///             Msg::Over(of) => {
    ///                 assert_eq!(self.1.len() as u64, of);
    ///                 cx.stop();
    ///             }
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let (notices, notice) = std::sync::mpsc::channel();
    /// let system = System::builder().workers(1).build()?;
    /// let options = Options::builder().capacity(2).build()?;
    /// let heir = system.try_spawn(Heir(notices, Vec::new()), &options)?;
    /// let over = notice.recv()?;
    /// let mut results = 0;
    /// // Until the mailbox is full.
    /// while results < 2 && heir.try_send(Msg::Result(7)).is_ok() {
    ///     results += 1;
    /// }
    /// over.send(results)?;
    /// let ledger = system.shutdown(Duration::from_secs(1))?;
    /// assert_eq!((ledger.handled, ledger.faults), (results + 1, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn notice<T, F>(&mut self, then: F) -> Notice<T>
    where
        T: Send + 'static,
        F: FnOnce(T) -> A::Msg + Send + 'static,
    {
        // Here and not when it is used, which shall allocate nothing.
        // SAFETY: the turn owns the actor.
        let ext = Ext::of_or_new(unsafe { self.cell.as_ref() });
        let record = pending::record::<A::Msg, T, F>(&mut self.worker().pool, ext.epoch.get(), then);
        let contents = const {
            &Contents {
                complete: pending::complete::<A::Msg, T, F>,
                give_back: telling::give_back::<A::Msg, T, F>,
                give_up: telling::give_up::<A::Msg, T, F>,
            }
        };
        Notice { to: self.raw(), record, contents }
    }

    /// What was told through the system lane comes into the mailbox.
    pub(super) fn admit_notices(&mut self) {
        // SAFETY: the turn owns the actor, and has cleared the signal.
        unsafe {
            let header = self.cell.as_ref();
            let Some(ext) = Ext::of(header) else { return };
            self.worker().counters().admitted.add(u64::from(ext.notices.admit(&header.mailbox)));
        }
    }

    /// A notice is handled: the next one comes into the mailbox.
    pub(super) fn admit_next_notice(&mut self) {
        // SAFETY: the turn owns the actor.
        unsafe {
            let header = self.cell.as_ref();
            let Some(ext) = Ext::of(header) else { return };
            self.worker().counters().admitted.add(u64::from(ext.notices.handled(&header.mailbox)));
        }
    }
}

//! Messages whose sender hears of it if they make their receiver fail: poison messages.
//!
//! A tracked message travels under a tag of its own, with a right to tell its sender ([`Notice`](super::notice::Notice)). Its
//! receiver keeps it, and gives its handler a copy, until the handler has returned; that is seen to in
//! [`Tenant::settled`](crate::mailbox::tenant::Tenant::settled), for which such a message wishes, or where the fault is. A second
//! attempt goes to the front of the private queue, by way of the stash, and counts there until it is handled.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::exit::Failure;
use super::ext::Ext;
use super::fault::Fault;
use super::parcel::Packing;
use super::post::{ActorId, Entered};
use super::tagged::{self, Given};
use crate::error::{Reason, SendError};
use crate::mailbox::envelope::{Envelope, TRACKED};
use crate::panics::contained;
use std::ptr::NonNull;

/// How often a tracked message is handled, if it makes its receiver fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attempts {
    /// It comes back after the first fault.
    #[default]
    Once,
    /// After a first fault the same receiver, in the state in which the fault has left it, gets it again at once; it comes back
    /// after a second one. Its [`failed`](Actor::failed) hook hears of the second alone.
    Twice,
}

/// A message that made its receiver fail, back with its sender; see [`Context::send_tracked`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Poison<M> {
    /// The message.
    pub message: M,
    /// Why the receiver failed.
    pub failure: Failure,
    /// The receiver.
    pub by: ActorId,
}

/// A message on its way, and with its receiver until that has handled it.
pub(super) struct Tracked<M> {
    message: M,
    copy: fn(&M) -> M,
    /// It may be tried once more.
    again: bool,
    back: Box<dyn FnOnce(Poison<M>) + Send>,
}

impl<A: Actor> Context<'_, A> {
    /// Sends a message, and hears of it if it makes its receiver fail, by an error or a panic: then it comes back, once, as a
    /// message of this actor, which no full mailbox refuses. If it is handled well, or its receiver ends before its turn comes,
    /// nothing comes.
    ///
    /// Goes in as [`Context::send`] does, but that no policy drops it: where a message would be dropped for it, or it for one, it is
    /// refused as `Full` at the capacity. Costs a [`Notice`](crate::Notice), a box, and a copy of the message; in the ledger one that
    /// comes back has been accepted and [returned](crate::Returned).
    ///
    /// # Errors
    /// As for [`Context::send`].
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Address, Attempts, Context, Fault, Poison, System};
    ///
    /// struct Divider;
    ///
    /// impl Actor for Divider {
    ///     type Msg = u32;
    ///     fn handle(&mut self, by: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         let _quotient = 100_u32.checked_div(by).ok_or_else(|| Fault::msg("by nothing"))?;
    ///         Ok(())
    ///     }
    ///     fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> throng::Directive {
    ///         throng::Directive::Resume
    ///     }
    /// }
    ///
    /// struct Asker(Address<u32>);
    ///
    /// impl Actor for Asker {
    ///     type Msg = Poison<u32>;
    ///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         for by in [5_u32, 0] {
    ///             cx.send_tracked(self.0, by, Attempts::Once, |poison| poison)?;
    ///         }
    ///         Ok(())
    ///     }
    ///     fn handle(&mut self, poison: Poison<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         assert_eq!((poison.message, poison.failure.to_string().as_str()), (0, "by nothing"));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline();
    /// let divider = inline.spawn(Divider);
    /// inline.spawn(Asker(divider));
    /// inline.run_until_idle();
    /// let ledger = inline.system().ledger();
    /// assert_eq!((ledger.returned.poison, ledger.faults, ledger.handled), (1, 1, 2));
    /// ```
    pub fn send_tracked<M, F>(
        &mut self,
        to: Address<M>,
        message: impl Into<M>,
        attempts: Attempts,
        then: F,
    ) -> Result<(), SendError<M>>
    where
        M: Clone + Send + 'static,
        F: FnOnce(Poison<M>) -> A::Msg + Send + 'static,
    {
        // User code, and so before the worker is borrowed.
        let message = message.into();
        // Boxed, so that a large message does not make the notice too large.
        let notice = self.notice(move |poison: Box<Poison<M>>| then(*poison));
        let tracked = Tracked {
            message,
            copy: M::clone,
            again: attempts == Attempts::Twice,
            // Refused only where nobody is left to be told.
            back: Box::new(move |poison| drop(notice.send(Box::new(poison)))),
        };
        let envelope = Packing::seal(&mut self.worker().pool, tracked);
        let given = tagged::push_tracked(self.worker(), to.raw, envelope);
        let reason = match given {
            Given::In => {
                // SAFETY: cells are never unmapped, and this worker has been online since the push that found the tenant.
                let entered = unsafe {
                    let header = to.raw.cell().as_ref();
                    let home = header.kind().home == self.worker().home;
                    let (count, mark) = (header.mailbox.peek().count(), header.kind().limits.mark);
                    if home { Entered { count, mark } } else { Entered::WITHIN }
                };
                self.mind(to.raw, entered);
                return Ok(());
            }
            Given::Full => Reason::Full,
            Given::Ended if to.is_alive() => Reason::Closed,
            Given::Ended => Reason::Stale,
        };
        // SAFETY: refused, so the envelope is still ours, with the message in it.
        let Tracked { message, back, .. } = unsafe {
            let tracked = Packing::<Tracked<M>>::open(envelope);
            Packing::<Tracked<M>>::free(&mut self.worker().pool, envelope);
            tracked
        };
        // It holds user code.
        contained(|| drop(back));
        Err(SendError::new(reason, message))
    }

    /// A tracked message has come: it is kept, and the handler gets a copy, whose making may panic.
    pub(super) fn track(&mut self, tracked: Tracked<A::Msg>) -> A::Msg {
        self.wish.settle();
        let copy = tracked.copy;
        // SAFETY: the turn owns the actor; copying is user code, which cannot come here.
        let kept = unsafe { self.kin_or_new().own() }.tracked.insert(Box::new(tracked));
        match kept.downcast_ref::<Tracked<A::Msg>>() {
            Some(tracked) => copy(&tracked.message),
            None => unreachable!("put there above"),
        }
    }

    fn take_tracked(&mut self) -> Option<Box<Tracked<A::Msg>>> {
        // SAFETY: the turn owns the actor.
        let tracked = unsafe { self.kin()?.own() }.tracked.take()?;
        // What is kept here came to this actor.
        tracked.downcast().ok()
    }

    /// A tracked message has been handled well, if one was.
    pub(super) fn end_tracked(&mut self) {
        if let Some(tracked) = self.take_tracked() {
            self.worker().counters().handled.add(1);
            contained(|| drop(tracked));
        }
    }

    /// A handler has failed. If its message was tracked, it comes again, which is the answer, or goes back.
    pub(super) fn fail_tracked(&mut self, fault: &Fault) -> bool {
        let Some(mut tracked) = self.take_tracked() else { return false };
        if std::mem::take(&mut tracked.again) {
            match self.put_first(*tracked) {
                Ok(()) => return true,
                // The word can count no more.
                Err(refused) => *tracked = refused,
            }
        }
        self.worker().counters().returned_poison.add(1);
        let failure = Failure::of(fault, std::any::type_name::<A>());
        let Tracked { message, back, .. } = *tracked;
        let by = ActorId(self.raw());
        if !contained(|| back(Poison { message, failure, by })) {
            self.worker().counters().faults.add(1);
        }
        false
    }

    /// Puts a message before all that lies in the mailbox.
    fn put_first(&mut self, tracked: Tracked<A::Msg>) -> Result<(), Tracked<A::Msg>> {
        let envelope = Packing::seal(&mut self.worker().pool, tracked);
        // SAFETY: the turn owns the actor, whose cursor is settled; the envelope was just made, and is still ours if it is not
        // taken.
        unsafe {
            Envelope::link(envelope, std::ptr::null_mut(), TRACKED);
            let header = self.cell.as_ref();
            let mut stash = Ext::of_or_new(header).stash_or_new();
            if !stash.as_mut().put_first(&header.mailbox, envelope) {
                let tracked = Packing::<Tracked<A::Msg>>::open(envelope);
                Packing::<Tracked<A::Msg>>::free(&mut self.worker().pool, envelope);
                return Err(tracked);
            }
        }
        self.return_unstashed();
        Ok(())
    }
}

/// Takes the message out of a tracked envelope: nobody will hear of it.
///
/// # Safety
/// The envelope is the caller's, and holds a tracked `M`.
pub(super) unsafe fn open<M>(envelope: NonNull<Envelope>) -> M {
    // SAFETY: by the caller's promise.
    let Tracked { message, back, .. } = unsafe { Packing::<Tracked<M>>::open(envelope) };
    contained(|| drop(back));
    message
}

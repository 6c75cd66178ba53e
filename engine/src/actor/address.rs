//! Addresses: 8 bytes, `Copy`, valid for ever and refused once their actor has ended.

use super::deliver;
use super::outside::{self, Send as SendLater};
use super::post::{ActorId, Bound, Entered, Raw, Way};
use crate::error::SendError;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::time::Duration;

/// Where to send messages of type `M`.
///
/// An address is a number and a generation in 8 bytes; it keeps nothing alive. A send to an actor that has ended is
/// refused and hands the message back; it never reaches whoever uses the memory next. `Option<Address<M>>` is 8 bytes
/// too.
///
/// Messages from one sender to one receiver, and in one [lane](crate::OptionsBuilder::lanes) of it, are handled in the order in
/// which they were sent.
pub struct Address<M> {
    pub(crate) raw: Raw,
    // Of `M` and of no subtype of it: who finds the mailbox full may be handed another's message to open, which is the receiver's `M`.
    message: PhantomData<fn(M) -> M>,
}

impl<M: Send + 'static> Address<M> {
    pub(crate) fn new(raw: Raw) -> Self {
        Self { raw, message: PhantomData }
    }

    /// Sends, from any thread. On a worker as quick as [`Context::send`](crate::Context::send); elsewhere four
    /// exchanges and a fence more, and what waking a sleeping worker costs.
    ///
    /// What is sent may be anything that becomes the receiver's message by `Into`; so a number says its type, as nothing else does: to an
    /// `Address<u32>` goes `3_u32`, where a 3 alone would be an `i32`.
    ///
    /// # Errors
    /// `Full` at the receiver's capacity, strictly; `Closed` and `Stale` when it is stopping or has ended. Each hands
    /// the message back.
    #[inline]
    pub fn try_send(self, message: impl Into<M>) -> Result<(), SendError<M>> {
        deliver::from_anywhere(self.raw, message.into(), Bound::Capacity)
    }

    /// Which actor it is, without what it understands.
    pub fn id(self) -> ActorId {
        ActorId(self.raw)
    }

    /// Sends as the receiver's overflow policy says, from any thread: where that is to drop, a message for a full mailbox
    /// is accepted, dropped and counted. Nobody is suspended; in a handler [`Context::send`](crate::Context::send) is the
    /// one that lets back-pressure travel.
    ///
    /// # Errors
    /// As for [`Address::try_send`]; never `Full` under a policy that drops.
    pub fn send(self, message: impl Into<M>) -> Result<(), SendError<M>> {
        deliver::from_anywhere(self.raw, message.into(), Bound::Outside)
    }

    /// Sends from a thread outside the engine, and waits on it until there is a place, for `timeout` at most.
    ///
    /// # Errors
    /// `Timeout`; `WouldBlock` on a worker thread; `Closed` and `Stale`. Each hands the message back.
    ///
    /// # Panics
    /// On the thread that steps the actor's simulation, if there is no place: none comes free meanwhile.
    #[track_caller]
    pub fn send_timeout(self, message: impl Into<M>, timeout: Duration) -> Result<(), SendError<M>> {
        outside::send_timeout(self.raw, message.into(), timeout)
    }

    /// Sends as a future, which is ready when there is a place. It runs under any executor; dropped early, it takes the
    /// message with it and leaves no trace.
    ///
    /// # Errors
    /// `Closed` and `Stale`, with the message.
    pub fn send_async(self, message: impl Into<M>) -> SendLater<M> {
        SendLater::new(self.raw, message.into())
    }

    /// Whether the actor has not ended yet. The answer may be old when it arrives.
    pub fn is_alive(self) -> bool {
        // SAFETY: cells are never unmapped.
        unsafe { self.raw.cell().as_ref() }.generation() == self.raw.generation()
    }

    /// The address of a narrower protocol: whoever has it can send `N`, and nothing else.
    pub fn recipient<N: Send + 'static>(self) -> Recipient<N>
    where
        M: From<N>,
    {
        Recipient { raw: self.raw, send: super::recipient::convert_and_send::<M, N> }
    }
}

impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<M> Copy for Address<M> {}
impl<M> PartialEq for Address<M> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<M> Eq for Address<M> {}
impl<M> Hash for Address<M> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<M> fmt::Debug for Address<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}.{})", self.raw.number(), self.raw.generation())
    }
}
impl<M> fmt::Display for Address<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.raw.number(), self.raw.generation())
    }
}

/// An address that accepts only messages of type `N`, whatever else its actor understands. Made by
/// [`Address::recipient`]; 16 bytes, `Copy`.
pub struct Recipient<N> {
    pub(super) raw: Raw,
    pub(super) send: fn(Raw, N, Way) -> Result<Entered, SendError<N>>,
}

impl<N: Send + 'static> Recipient<N> {
    /// Sends, from any thread. One more exchange on the mailbox than [`Address::try_send`]: a place is reserved before
    /// the message is converted, so that a refusal can hand it back as it was.
    ///
    /// # Errors
    /// As for [`Address::try_send`]. If the actor stops between the two steps, the message becomes a dead letter, counted
    /// as sent into a reserved place.
    pub fn try_send(self, message: N) -> Result<(), SendError<N>> {
        (self.send)(self.raw, message, Way::Within(Bound::Capacity)).map(|_| ())
    }

    /// Tells, from any thread, through the system lane: no full mailbox refuses it.
    ///
    /// # Errors
    /// `Closed` and `Stale`, with the message.
    pub(crate) fn tell(self, message: N) -> Result<(), SendError<N>> {
        (self.send)(self.raw, message, Way::Notice(Box::new(|| ()))).map(|_| ())
    }

    /// Sends as the receiver's overflow policy says, from any thread, as [`Address::send`] does; in a handler
    /// [`Context::send_to`](crate::Context::send_to) is the one that lets back-pressure travel.
    ///
    /// # Errors
    /// As for [`Recipient::try_send`]; never `Full` under a policy that drops.
    pub fn send(self, message: N) -> Result<(), SendError<N>> {
        (self.send)(self.raw, message, Way::Within(Bound::Outside)).map(|_| ())
    }

    /// Which actor it leads to.
    pub fn id(self) -> ActorId {
        ActorId(self.raw)
    }
}

impl<N> Clone for Recipient<N> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<N> Copy for Recipient<N> {}
impl<N> PartialEq for Recipient<N> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}
impl<N> Eq for Recipient<N> {}
impl<N> Hash for Recipient<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}
impl<N> fmt::Debug for Recipient<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({}.{})", self.raw.number(), self.raw.generation())
    }
}

const _: () = {
    assert!(std::mem::size_of::<Option<Address<String>>>() == 8);
    assert!(std::mem::size_of::<Recipient<String>>() == 16);
};

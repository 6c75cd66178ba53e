//! Sending from outside the engine with waiting for a place: as a future, or blocking the thread. The list of who waits
//! and its protocol are the mailbox floor's [`lobby`](crate::mailbox::lobby).

use super::deliver;
use super::ext::Ext;
use super::parcel::{Packing, tag_of};
use super::post::{self, Bound, Raw, at_tenant};
use super::pressing;
use crate::cell::arena::Lookup;
use crate::cell::header::{Header, Kind};
use crate::error::{Reason, SendError};
use crate::mailbox::credit;
use crate::mailbox::lobby::{Listed, Wait, Waiter};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Step;
use crate::mailbox::queue::{Pushed, Waiters};
use crate::panics::contained;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker;
use crate::sync::Arc;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll, Wake, Waker};
use std::time::{Duration, Instant};

/// A message on its way into a mailbox that may be full. Made by [`Address::send_async`](crate::Address::send_async).
///
/// Dropped before it is ready, it takes the message with it and leaves no waiter and no place behind; [`Send::cancel`] hands
/// the message back.
#[must_use = "a future does nothing until it is polled"]
pub struct Send<M> {
    to: Raw,
    message: Option<M>,
    waiter: Option<Arc<Waiter>>,
}

// The message is never pinned.
impl<M> Unpin for Send<M> {}

impl<M> std::fmt::Debug for Send<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Send").field("waiting", &self.waiter.is_some()).finish_non_exhaustive()
    }
}

impl<M: 'static> Send<M> {
    pub(super) fn new(to: Raw, message: M) -> Self {
        Self { to, message: Some(message), waiter: None }
    }

    /// Sends no more: hands the message back, and leaves no waiter and no place behind. None if the send is over.
    #[must_use = "the message is dropped with it"]
    pub fn cancel(mut self) -> Option<M> {
        self.message.take()
    }

    fn step(&mut self, waker: &Waker) -> Poll<Result<(), SendError<M>>> {
        loop {
            if let Some(waiter) = &self.waiter {
                match waiter.poll(waker) {
                    Wait::Pending => return Poll::Pending,
                    Wait::Granted => {
                        self.waiter = None;
                        let Some(message) = self.message.take() else { return finished() };
                        return Poll::Ready(push_reserved(self.to, message));
                    }
                    Wait::Closed => self.waiter = None,
                }
            }
            let Some(message) = self.message.take() else { return finished() };
            // Where a full mailbox drops, nobody waits.
            match deliver::from_anywhere(self.to, message, Bound::Outside) {
                Err(SendError::Full(message)) => self.message = Some(message),
                done => return Poll::Ready(done),
            }
            let waiter = Waiter::new(waker);
            let listed = at_tenant(self.to, |header, kind| {
                Ext::of_or_new(header).outside.enlist(
                    &header.mailbox,
                    || kind.limits.low_mark().with(header.kept()),
                    &waiter,
                )
            });
            // Granted between listing and here: the loop finds it. Stale: the next attempt says so.
            if listed == Some(Listed::Yes) {
                self.waiter = Some(waiter);
            }
        }
    }
}

fn finished<T>() -> Poll<T> {
    panic!("a finished `Send` was polled again");
}

impl<M: 'static> Future for Send<M> {
    type Output = Result<(), SendError<M>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<Self::Output> {
        self.step(cx.waker())
    }
}

impl<M> Drop for Send<M> {
    fn drop(&mut self) {
        let Some(waiter) = self.waiter.take() else { return };
        at_tenant(self.to, |header, _| {
            if let Some(ext) = Ext::of(header) {
                ext.outside.leave(&waiter);
            }
        });
        // Off the list, nobody changes the state any more.
        if waiter.has_place() {
            give_back(self.to);
        }
    }
}

/// Gives a reserved place back unused, which may wake others.
pub(super) fn give_back(to: Raw) {
    let woken = at_tenant(to, |header, kind| {
        match header.mailbox.unreserve(|| kind.limits.low_mark().with(header.kept())) {
            Waiters::Wake => Some(wake_all(to, header, kind)),
            Waiters::None => None,
        }
    });
    let Some(wakers) = woken.flatten() else { return };
    for waker in wakers {
        // A foreign executor's code: outside the online section, and none keeps the others from being woken.
        contained(|| waker.wake());
    }
    pressing::turn(to, Step::Fall);
}

fn push_reserved<M: 'static>(to: Raw, message: M) -> Result<(), SendError<M>> {
    let mut message = Some(message);
    let sent = post::as_stranger(|stranger| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            return Err(Reason::Stale);
        }
        // SAFETY: the generation was checked and we are online.
        let (kind, shared) = unsafe { (header.kind(), Shared::of(header.kind())) };
        let counters = shared.outside();
        counters.attempts.add_shared(1);
        let Some(sealed) = message.take() else { return Ok(false) };
        let envelope = Packing::seal(&mut stranger.pool, sealed);
        // SAFETY: just made; the place is ours.
        match unsafe { header.mailbox.push_reserved(envelope, tag_of::<M>()) } {
            pushed @ (Pushed::First { count } | Pushed::Queued { count }) => {
                counters.accepted.add_shared(1);
                counters.fullest.raise_shared(u64::from(count));
                if matches!(pushed, Pushed::First { .. }) {
                    shared.inject(cell);
                }
                Ok(count > kind.limits.mark)
            }
            Pushed::Full | Pushed::Closed => {
                post::count_refusal(counters, Reason::Closed, true);
                // SAFETY: refused, so the envelope is still ours, with the message in it.
                unsafe {
                    message = Some(Packing::open(envelope));
                    Packing::<M>::free(&mut stranger.pool, envelope);
                }
                Err(Reason::Closed)
            }
        }
    });
    match (sent, message) {
        (Err(reason), Some(message)) => Err(SendError::new(reason, message)),
        (Ok(true), _) => {
            pressing::turn(to, Step::Rise);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// After the flag was cleared: resumes the actors that wait for `header`, and hands out places to those outside, whom
/// the caller shall wake.
#[must_use]
fn wake_all(to: Raw, header: &Header, kind: &'static Kind) -> Vec<Waker> {
    super::resume::from_anywhere(credit::wake(&Lookup, to.number(), kind.limits.low_mark()));
    grant(header, kind)
}

/// Hands out free places to waiters outside, and gives their wakers.
#[must_use]
pub(super) fn grant(header: &Header, kind: &'static Kind) -> Vec<Waker> {
    let limits = &kind.limits;
    // Where messages lie in a line of their own nobody waits but for what is the engine's own.
    let exact = limits.overflow == Overflow::DropOldestExact;
    let most = if exact { limits.hard } else { limits.capacity };
    Ext::of(header).map_or_else(Vec::new, |ext| {
        ext.outside.grant(&header.mailbox, most, || limits.low_mark().with(header.kept()))
    })
}

/// Tells everybody outside that the mailbox is closed. By the owner, after the mailbox has ended.
pub(super) fn dismiss(ext: &Ext) {
    for waker in ext.outside.dismiss() {
        // A foreign executor's code: it must not take the worker down.
        contained(|| waker.wake());
    }
}

/// Wakes a thread that waits in [`block_on`].
struct Unpark(std::thread::Thread);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

/// Whether this actor is one of a simulation whose steps this thread takes: whoever waits here for what it does waits for himself.
pub(crate) fn is_stepped_here(actor: Raw) -> bool {
    // SAFETY: online since the kind was found.
    cfg!(feature = "sim")
        && at_tenant(actor, |_, kind| unsafe { Shared::of(kind) }.is_stepped_here()) == Some(true)
}

/// Instead of a wait for himself, with what there is in place of `what`.
///
/// # Panics
/// Always.
#[cold]
#[track_caller]
pub(crate) fn wait_in_vain(what: &str, instead: &str) -> ! {
    panic!(
        "`{what}` on the thread that steps a simulation would wait for itself: nothing runs there but in steps; use {instead}"
    )
}

/// Polls `future` on this thread until it is ready or the time is over. Before it waits it asks whether it would in vain: then `vain` tells
/// what that wait is called, and what there is instead.
///
/// # Panics
/// If it would wait in vain.
#[track_caller]
pub(crate) fn block_on<F: Future + Unpin>(
    future: &mut F,
    timeout: Duration,
    vain: impl Fn(&mut F) -> Option<(&'static str, &'static str)>,
) -> Option<F::Output> {
    let waker = Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let mut cx = Poll0::from_waker(&waker);
    // A time too far to be reckoned with is no limit.
    let until = Instant::now().checked_add(timeout);
    loop {
        if let Poll::Ready(output) = Pin::new(&mut *future).poll(&mut cx) {
            return Some(output);
        }
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return None;
        }
        if let Some((what, instead)) = vain(future) {
            wait_in_vain(what, instead);
        }
        match left {
            None => std::thread::park(),
            Some(left) => std::thread::park_timeout(left),
        }
    }
}

/// Sends and waits for a place on this thread; see [`Address::send_timeout`](crate::Address::send_timeout).
#[track_caller]
pub(super) fn send_timeout<M: 'static>(to: Raw, message: M, timeout: Duration) -> Result<(), SendError<M>> {
    if worker::current().is_some() {
        return Err(SendError::WouldBlock(message));
    }
    let mut send = Send::new(to, message);
    let instead = "`Simulation::block_on(address.send_async(message))`, or `try_send` and `step`";
    let vain = |_: &mut Send<M>| is_stepped_here(to).then_some(("send_timeout", instead));
    match block_on(&mut send, timeout, vain) {
        Some(result) => result,
        None => match send.cancel() {
            Some(message) => Err(SendError::Timeout(message)),
            None => Ok(()),
        },
    }
}

//! Asking: a question that carries its answer's way back, and ends exactly once.
//!
//! *From a handler.* The asker allocates a recorded envelope (see [`super::parcel`]) that holds what turns the outcome
//! into a message of its own, links it into the list of its outstanding asks, and sends a [`Reply`] that points to it.
//! The [`Pledge`] decides who ends the ask and owns the contents: the answerer by `answer`, or the asker by `take` (its
//! deadline, or its own end). An answerer that wins stores the outcome and pushes the envelope into the asker's mailbox,
//! above capacity: a reply is never refused while the asker accepts anything. The asker takes the block off its list
//! and frees it when it handles the outcome.
//!
//! Beyond the hard limit of a mailbox there is a place for each ask that is outstanding, and one for the news that some
//! have expired. An ask is outstanding until its outcome is handled, and one that timed out goes on being listed, as a
//! fresh block that nobody answers. Should places that others have reserved leave none all the same, the outcome is
//! kept and tried again with the next tick ([`Owed`]).
//!
//! In every other course (the asker won, or the push was refused because the asker is closed) both sides *let go* of the
//! block, and the second to do so frees it. So no block is used again while a late reply, or the asker's list, can
//! reach it.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::parcel::{Record, Take};
use super::pending::{self, Pending};
use super::post::{self, Bound, Raw};
use super::stock;
use super::tagged::{self, Given};
use crate::error::{AskError, Reason, SendError, TooManyAsks};
use crate::mailbox::pledge::{Claim, LetGo, Pledge};
use crate::panics::contained;
use crate::scheduler::shared::{Fire, Fired, Shared};
use crate::scheduler::worker::{self, Worker};
use crate::sync::{Mutant, mutant};
use crate::time::{Nanos, TICK, nanos};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;
use std::time::Duration;

/// The deadline of an ask that names none.
pub const DEFAULT_DEADLINE: Duration = Duration::from_secs(5);

/// How an ask ends: the answer, or why there is none.
pub type Outcome<T> = Result<T, AskError>;

/// The way back of an answer. Answers once; dropped unanswered, the asker is told [`AskError::Dropped`].
#[must_use = "dropping a reply tells the asker that there is no answer"]
pub struct Reply<T> {
    to: NonNull<()>,
    complete: unsafe fn(NonNull<()>, Outcome<T>),
    answer: PhantomData<T>,
}

// SAFETY: completing moves a `T` to the asker and synchronises by itself.
unsafe impl<T: Send> std::marker::Send for Reply<T> {}
// SAFETY: a shared reference to a reply can do nothing.
unsafe impl<T: Send> Sync for Reply<T> {}

impl<T> Reply<T> {
    pub(super) fn new(to: NonNull<()>, complete: unsafe fn(NonNull<()>, Outcome<T>)) -> Self {
        Self { to, complete, answer: PhantomData }
    }

    /// Answers. An answer that comes after the ask has ended is counted as late and dropped.
    pub fn send(self, answer: T) {
        if mutant(Mutant::AnswerLost) {
            return drop(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: called once, as the reply is consumed.
        unsafe { (this.complete)(this.to, Ok(answer)) };
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        // SAFETY: called once: `send` forgets the reply.
        unsafe { (self.complete)(self.to, Err(AskError::Dropped)) };
    }
}

impl<T> std::fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reply")
    }
}

impl<A: Actor> Context<'_, A> {
    /// Asks `to` and goes on: the outcome comes back as a message of this actor, exactly once, within five seconds.
    ///
    /// `question` makes the message from the way back; `then` makes a message of this actor from the outcome, and runs
    /// in this actor's turn. About two messages' time and a block of 128 bytes while it is outstanding.
    ///
    /// # Errors
    /// [`TooManyAsks`] when as many are outstanding as the options allow; nothing was asked then. A refused question is
    /// an outcome: [`AskError::Refused`].
    pub fn ask<M, T, F>(
        &mut self,
        to: Address<M>,
        question: impl FnOnce(Reply<T>) -> M,
        then: F,
    ) -> Result<(), TooManyAsks>
    where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Outcome<T>) -> A::Msg + Send + 'static,
    {
        self.ask_within(DEFAULT_DEADLINE, to, question, then)
    }

    /// As [`Context::ask`], with a deadline. It is kept to about 12 ms, and never early.
    ///
    /// # Errors
    /// As [`Context::ask`].
    pub fn ask_within<M, T, F>(
        &mut self,
        deadline: Duration,
        to: Address<M>,
        question: impl FnOnce(Reply<T>) -> M,
        then: F,
    ) -> Result<(), TooManyAsks>
    where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Outcome<T>) -> A::Msg + Send + 'static,
    {
        let limit = self.limits().asks;
        // SAFETY: a turn owns its cell.
        let ext = Ext::of_or_new(unsafe { self.cell.as_ref() });
        let outstanding = ext.asks_outstanding();
        if outstanding >= limit {
            return Err(TooManyAsks { limit });
        }
        let worker = self.worker();
        let due = worker.shared.clock.coarse_after(nanos(deadline));
        let record = Record::take_block(
            &mut worker.pool,
            const {
                match Record::class_for::<Pending<A::Msg, Outcome<T>, F>>() {
                    Some(class) => class,
                    None => {
                        panic!("the closure and the answer of an ask are over 900 bytes: box what is large")
                    }
                }
            },
            Record {
                pledge: Pledge::open(),
                class: const { Record::class_for::<Pending<A::Msg, Outcome<T>, F>>().expect("checked above") },
                listed: false,
                epoch: ext.epoch.get(),
                prev: std::ptr::null_mut(),
                next: std::ptr::null_mut(),
                deadline: due,
                asker: self.raw().0.get(),
                take: pending::take::<A::Msg, Outcome<T>, F>,
                expire: store_timeout::<A::Msg, T, F>,
            },
        );
        // SAFETY: the block has room for the contents, as its class was chosen for them. The list is the owner's.
        unsafe {
            Record::contents(record).write(Pending::<A::Msg, Outcome<T>, F>::new(then));
            ext.asks.with_mut(|asks| {
                (*asks).link(record);
                self.watch_asks(&mut *asks, due);
            });
            ext.count_asks(outstanding + 1);
        }
        let message = question(Reply::new(record.cast(), answer::<A::Msg, T, F>));
        if let Err(refused) = self.send(to, message) {
            drop_refused(refused, record.as_ptr().cast());
        }
        Ok(())
    }
}

/// Why a question was refused, and the way back of its answer.
type Refusal = Option<(Reason, *const ())>;

std::thread_local! {
    /// Of the question that is being dropped.
    static REFUSED: std::cell::Cell<Refusal> = const { std::cell::Cell::new(None) };
}

/// Drops a refused question; its asker hears of the reason instead of [`AskError::Dropped`]. `way` is the way back of the
/// answer: a question may carry others' replies, which are merely dropped.
pub(super) fn drop_refused<M>(refused: SendError<M>, way: *const ()) {
    /// Also when dropping the message panics. One refusal may lie within another.
    struct Restore(Refusal);
    impl Drop for Restore {
        fn drop(&mut self) {
            REFUSED.with(|refusal| refusal.set(self.0));
        }
    }
    let _restore = Restore(REFUSED.with(|refusal| refusal.replace(Some((refused.reason(), way)))));
    drop(refused);
}

pub(super) fn name_refusal(error: AskError, way: NonNull<()>) -> AskError {
    match REFUSED.with(std::cell::Cell::get) {
        Some((reason, of)) if error == AskError::Dropped && std::ptr::eq(of, way.as_ptr()) => {
            AskError::Refused(reason)
        }
        _ => error,
    }
}

/// The answerer's end of an actor's ask.
///
/// # Safety
/// `to` is the record of an ask with these types, and this is called once for it.
unsafe fn answer<M, T, F>(to: NonNull<()>, outcome: Outcome<T>)
where
    F: FnOnce(Outcome<T>) -> M,
{
    let record: NonNull<Record> = to.cast();
    let outcome = outcome.map_err(|error| name_refusal(error, to));
    // SAFETY: the block is alive until its answerer, this call, gives it away or frees it.
    if unsafe { Record::pledge(record) }.answer() == Claim::Lost {
        #[cfg(throng_planted)]
        // SAFETY: the block is alive, as above.
        let outcome = match unsafe { misplant::<M, T, F>(record, outcome) } {
            Some(outcome) => outcome,
            None => return,
        };
        count_late();
        // SAFETY: this side is done with the block.
        unsafe { let_go(record) };
        // User code: an answer that nobody gets must not take the answerer down.
        contained(|| drop(outcome));
        return;
    }
    // SAFETY: won, so the contents are ours; `asker` does not change.
    let asker = unsafe {
        pending::complete::<M, Outcome<T>, F>(record, outcome);
        (*record.as_ptr()).asker
    };
    let Some(asker) = std::num::NonZeroU64::new(asker).map(Raw) else { return };
    // SAFETY: won, and the outcome is stored.
    if unsafe { give(asker, record) } == Given::Ended {
        count_late();
    }
}

/// [`Mutant::LateAnswerNext`](crate::sync::Mutant): ends another question of the same asker, made by the same code, with an answer that
/// has come late. Gives it back if there is none, or if the fault is not planted.
///
/// # Safety
/// The record is alive, of these types, and this side's.
#[cfg(throng_planted)]
unsafe fn misplant<M, T, F>(record: NonNull<Record>, outcome: Outcome<T>) -> Option<Outcome<T>>
where
    F: FnOnce(Outcome<T>) -> M,
{
    if !crate::sync::mutant(crate::sync::Mutant::LateAnswerNext) || outcome.is_err() {
        return Some(outcome);
    }
    // SAFETY: neither changes.
    let (asker, take) = unsafe { ((*record.as_ptr()).asker, (*record.as_ptr()).take) };
    let Some(asker) = std::num::NonZeroU64::new(asker).map(Raw) else { return Some(outcome) };
    let next = post::at_tenant(asker, |header, _| {
        // SAFETY: planted on one thread alone, so the list is nobody else's now; what is on it is alive.
        Ext::of(header)?.asks.with_mut(|asks| unsafe {
            let mut at = (*asks).first;
            while let Some(other) = NonNull::new(at) {
                at = (*other.as_ptr()).next;
                if std::ptr::fn_addr_eq((*other.as_ptr()).take, take)
                    && Record::pledge(other).answer() == Claim::Won
                {
                    return Some(other);
                }
            }
            None
        })
    });
    let Some(next) = next.flatten() else { return Some(outcome) };
    // SAFETY: won, and of the same code, so of the same types.
    unsafe {
        pending::complete::<M, Outcome<T>, F>(next, outcome);
        let _: Given = give(asker, next);
        let_go(record);
    }
    None
}

/// Gives an outcome to the asker: into its mailbox, or to a timer that tries again, or to nobody if it has ended.
///
/// # Safety
/// The record's pledge is answered, its outcome is stored, and its contents are the caller's, who gives them up.
#[inline]
pub(super) unsafe fn give(asker: Raw, record: NonNull<Record>) -> Given {
    // SAFETY: the current worker of this thread; no user code runs in the borrow.
    let worker = worker::current().map(|worker| unsafe { &mut *worker.as_ptr() });
    let given = tagged::push_recorded(worker, asker, Record::envelope(record), Bound::Owed);
    match given {
        Given::In => {}
        Given::Full => owe(asker, record),
        // SAFETY: refused, so the contents are still ours.
        Given::Ended => unsafe { give_up(record) },
    }
    given
}

/// Leaves an outcome that found no place to a timer.
#[cold]
#[inline(never)]
fn owe(asker: Raw, record: NonNull<Record>) {
    let mut owed: Option<Box<dyn Fire>> = Some(Box::new(Owed { asker, record: Some(record) }));
    post::at_tenant(asker, |_, kind| {
        // SAFETY: online since the kind was found.
        let shared = unsafe { Shared::of(kind) };
        let at = shared.clock.now() + TICK;
        shared.outside().timers_armed.add_shared(1);
        owed = owed.take().and_then(|owed| shared.arm(at, owed).err());
    });
    // Dropped here if the asker has ended meanwhile.
    drop(owed);
}

/// Drops an outcome that reaches nobody.
///
/// # Safety
/// As for [`give`]; the block did not travel.
#[cold]
#[inline(never)]
unsafe fn give_up(record: NonNull<Record>) {
    // SAFETY: the contents are ours; then this side is done. The asker's side lets go when it ends.
    unsafe {
        let take = (*record.as_ptr()).take;
        // The asker's user code: it must not take anybody else down.
        contained(|| take(record, Take::Drop));
        let_go(record);
    }
}

/// An outcome that found no place: tried again with each tick until it is delivered, or the asker has ended. Quiescence
/// waits for it.
struct Owed {
    asker: Raw,
    record: Option<NonNull<Record>>,
}

// SAFETY: the contents of a record are `Send`, and it is reached from one place at a time.
unsafe impl std::marker::Send for Owed {}

impl Fire for Owed {
    unsafe fn fire(&mut self, worker: NonNull<()>, _: Nanos) -> Fired {
        // SAFETY: by the caller's promise.
        let worker = unsafe { worker.cast::<Worker>().as_mut() };
        let Some(record) = self.record else { return Fired::Done };
        match tagged::push_recorded(Some(&mut *worker), self.asker, Record::envelope(record), Bound::Owed) {
            Given::In => self.record = None,
            Given::Full => return Fired::Full,
            // Given up when dropped.
            Given::Ended => {}
        }
        worker.counters().timers_done.add(1);
        Fired::Done
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        if let Some(record) = self.record.take() {
            // SAFETY: not delivered, so the contents are still ours.
            unsafe { give_up(record) };
        }
    }
}

/// One side is done with a block that did not travel; the second side frees it.
///
/// # Safety
/// The contents are gone, and the caller's side does not touch the block again.
pub(super) unsafe fn let_go(record: NonNull<Record>) {
    // SAFETY: the block is freed only by the second of us.
    if unsafe { Record::pledge(record) }.let_go() == LetGo::Last {
        // SAFETY: both sides are done.
        unsafe { stock::free_recorded(record) };
    }
}

pub(super) fn count_late() {
    if let Some(mut worker) = worker::current() {
        // SAFETY: the current worker of this thread; no user code runs in the borrow.
        unsafe { worker.as_mut() }.counters().late.add(1);
    }
}

/// Stores the outcome of an ask that expired.
///
/// # Safety
/// The record is of these types and its contents are the caller's; no outcome is stored yet.
unsafe fn store_timeout<M, T, F>(record: NonNull<Record>)
where
    F: FnOnce(Outcome<T>) -> M,
{
    // SAFETY: by the caller's promise.
    unsafe { pending::complete::<M, Outcome<T>, F>(record, Err(AskError::Timeout)) };
}

/// The asker takes an answered ask off its list: before its outcome is handled or dropped.
///
/// # Safety
/// The caller owns the actor, and the record came out of its mailbox.
pub(super) unsafe fn unlist(ext: Option<&Ext>, record: NonNull<Record>) {
    // SAFETY: `listed` and the list are the owner's.
    unsafe {
        if let (true, Some(ext)) = ((*record.as_ptr()).listed, ext) {
            ext.asks.with_mut(|asks| (*asks).unlink(record));
            ext.count_asks(ext.asks_outstanding() - 1);
        }
    }
}

/// The state that asked is gone: what is open is withdrawn, and counts no more. What has its outcome already is on its way, and is taken
/// off the list when it comes. Gives the number of closures whose Drop panicked.
///
/// # Safety
/// The caller owns the actor.
pub(super) unsafe fn withdraw_all(ext: &Ext) -> u64 {
    let mut open = Vec::new();
    // SAFETY: the list is the owner's, and a listed block is not freed before its asker lets go.
    unsafe {
        ext.asks.with_mut(|asks| {
            let mut at = (*asks).first;
            while let Some(record) = NonNull::new(at) {
                at = (*record.as_ptr()).next;
                if Record::pledge(record).take() == Claim::Won {
                    (*asks).unlink(record);
                    open.push(record);
                }
            }
        });
    }
    ext.count_asks(ext.asks_outstanding() - open.len() as u32);
    // SAFETY: won above, and off the list.
    open.into_iter().map(|record| u64::from(!unsafe { withdraw(record) })).sum()
}

/// Drops what an ask holds, and lets go of its block. False if a Drop panicked.
///
/// # Safety
/// The pledge was won for the asker, whose list the record is not on any more.
unsafe fn withdraw(record: NonNull<Record>) -> bool {
    // SAFETY: the contents are the caller's; then this side is done.
    unsafe {
        ((*record.as_ptr()).expire)(record);
        let take = (*record.as_ptr()).take;
        let whole = contained(|| take(record, Take::Drop));
        let_go(record);
        whole
    }
}

/// The asker has ended: nobody waits for its answers any more. Gives the number of closures whose Drop panicked.
///
/// # Safety
/// The caller owns the actor, has ended its mailbox and unlisted what was in it: so whatever is answered and still
/// listed was refused, or will be.
pub(super) unsafe fn abandon_all(ext: &Ext) -> u64 {
    let mut faults = 0;
    // SAFETY: the list is the owner's, and a listed block is not freed before its asker lets go.
    unsafe {
        let mut at = ext.asks.with_mut(|asks| std::mem::replace(&mut (*asks).first, std::ptr::null_mut()));
        while let Some(record) = NonNull::new(at) {
            at = (*record.as_ptr()).next;
            if Record::pledge(record).take() == Claim::Won {
                faults += u64::from(!withdraw(record));
            } else {
                let_go(record);
            }
        }
    }
    faults
}

//! Ending a send that did not simply go in: what is dropped, and who is told.

use super::post::{self, Bound, Entered, Lost, Out, Raw};
use super::pressing;
use crate::error::SendError;
use crate::mailbox::pressure::Step;
use crate::panics::contained;
use crate::scheduler::drops::Loss;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker;
use crate::sync::{Mutant, mutant};

/// Ends a send that did not go in where it looked first. Runs user code: no worker may be borrowed.
///
/// # Errors
/// The refusal, if it is one.
#[cold]
pub(super) fn resolve<M>(to: Raw, out: Out<M>) -> Result<Entered, SendError<M>> {
    match out {
        Out::In(entered) => return Ok(entered),
        Out::Refused(refused) => return Err(refused),
        Out::Pressed(message) => {
            pressing::turn(to, Step::Rise);
            return Err(SendError::Full(message));
        }
        Out::Dropped(lost) => lose(to, lost),
    }
    Ok(Entered::WITHIN)
}

/// Drops a message and tells of it. Runs user code, as [`resolve`].
pub(super) fn lose<M>(to: Raw, lost: Lost<M>) {
    lost.watchers.tell(Loss { receiver: to.0.get(), actor: lost.actor, cause: lost.cause });
    if mutant(Mutant::PayloadLeaked) {
        return std::mem::forget(lost.message);
    }
    if mutant(Mutant::PayloadTwice) {
        // SAFETY: there is none: this is the fault.
        drop(unsafe { std::ptr::read(&raw const lost.message) });
    }
    if !contained(|| drop(lost.message)) {
        // SAFETY: online since the kind was found.
        post::at_tenant(to, |_, kind| unsafe { Shared::of(kind) }.outside().faults.add_shared(1));
    }
}

/// Sends from wherever the caller is.
#[inline]
pub(super) fn from_anywhere<M: 'static>(to: Raw, message: M, bound: Bound) -> Result<(), SendError<M>> {
    let sent = match worker::current() {
        // SAFETY: the current worker of this thread; the borrow ends with the call, which runs no user code.
        Some(mut worker) => post::from_worker(unsafe { worker.as_mut() }, to, message, bound),
        None => post::from_stranger(to, message, bound),
    };
    let entered = sent.or_else(|out| resolve(to, out))?;
    if entered.count > entered.mark {
        // Nobody is suspended here: it is pressure that is to be told of.
        pressing::turn(to, Step::Rise);
    }
    Ok(())
}

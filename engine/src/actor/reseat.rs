//! Replacing the state in a cell, by its owner, while the address, the mailbox and who watches stay.
//!
//! What the old state has asked, armed and watched goes with it. Asks that are open are withdrawn, so that they take no place of the
//! next state's; what is answered from then on is late. All else bears the number of its state
//! ([`Epoch`](super::ext::Epoch)), outcomes that are on their way too, and what comes for one that is past is dropped. Flows into the actor go on, but for those whose
//! credit the old state granted by hand.

use super::behavior::{Actor, Context};
use super::ending;
use super::exit::{Exit, Report};
use super::ext::Ext;
use super::farewell::unwatch;
use super::fault::Fault;
use super::link::Item;
use super::order::order;
use super::parcel::Packing;
use super::post::Raw;
use super::tracked::{self, Tracked};
use super::{ask, seat, stock};
use crate::mailbox::control::{Away, Ordered};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::{Envelope, ITEM, OBITUARY, TRACKED};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::queue::Waiters;
use crate::mailbox::sift::{put_back, sift};
use crate::mailbox::tenant::{Tenant, Wish};
use crate::mailbox::turn::take_up;
use crate::panics::contained;
use crate::scheduler::drops::DeadCause;
use crate::scheduler::upsets::Aftermath;
use crate::sync::{Arc, Mutant, mutant};
use std::ptr::NonNull;

/// What becomes of the messages that wait in a mailbox while its actor is restarted. Those of the engine's own, such as notices, stay.
#[non_exhaustive]
pub enum Mail<M> {
    /// They are for the new state.
    Keep,
    /// They are dead letters; what is asked in them resolves as [`Dropped`](crate::AskError::Dropped).
    Drop,
    /// They are handed to this, oldest first, in the actor's turn; a panic of it loses the message it was given.
    Return(Arc<dyn Fn(M) + Send + Sync>),
}

impl<M> Clone for Mail<M> {
    fn clone(&self) -> Self {
        match self {
            Mail::Keep => Mail::Keep,
            Mail::Drop => Mail::Drop,
            Mail::Return(to) => Mail::Return(Arc::clone(to)),
        }
    }
}

impl<M> std::fmt::Debug for Mail<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Mail::Keep => "Keep",
            Mail::Drop => "Drop",
            Mail::Return(_) => "Return(..)",
        })
    }
}

impl<A: Actor> Context<'_, A> {
    /// The state goes, with its last hook unless it has failed. The actor is held from here on.
    pub(super) fn vacate(&mut self) {
        let kin = self.kin_or_new();
        // SAFETY: the turn owns the actor, here and below; no borrow lasts over user code.
        unsafe {
            (*self.cell.as_ptr()).control.hold();
            if kin.own().vacant {
                return;
            }
            if !kin.own().failed {
                self.last_hook(Aftermath::Supervised);
            }
            // What the hook wanted, and what the state asked for before, is void.
            self.wish = Wish::NOTHING;
            let own = kin.own();
            own.vacant = true;
            own.started = false;
            own.exits = false;
            let exit = match own.failure.take() {
                Some(failure) if own.failed => Exit::Failed(failure),
                _ => Exit::Stopped,
            };
            let (wards, watching) = (std::mem::take(&mut own.wards), own.watching.take());
            let ext = Ext::of_or_new(self.cell.as_ref());
            // Before anybody hears of the end, so that what comes of that finds it past.
            let linked = kin.take_linked(|| ext.epoch.raise());
            // The places of what it asked are for the next one.
            self.worker().counters().faults.add(ask::withdraw_all(ext));
            // The next one drains until it says otherwise.
            take_up(self, &(*self.cell.as_ptr()).control, Away::Waiting);
            for linked in linked {
                contained(|| linked(&exit));
            }
            for ward in wards.into_iter().rev() {
                let _: Ordered = order(Raw(ward), |control, mailbox| control.end_now(mailbox, true));
            }
            for (target, number) in watching {
                unwatch(Raw(target), number);
            }
            if let Some(drop_state) = seat::drop_of::<A>()
                && !contained(|| drop_state(self.cell))
            {
                self.worker().counters().faults.add(1);
            }
        }
    }

    /// A new state comes in, made by `make`, and begins.
    ///
    /// # Errors
    /// What its first hook fails with. A panic of `make` leaves the cell vacant.
    pub(super) fn occupy(&mut self, make: &dyn Fn() -> A, mail: &Mail<A::Msg>) -> Result<(), Fault> {
        self.vacate();
        self.empty(mail);
        let state = make();
        // SAFETY: the turn owns the actor, whose cell is vacant.
        unsafe {
            seat::write(self.cell, state);
            let own = self.kin_or_new().own();
            (own.vacant, own.failed) = (false, false);
            (*self.cell.as_ptr()).control.release();
        }
        if !mutant(Mutant::ChildUnbegun) {
            self.begin().or_else(|fault| if mutant(Mutant::HookSwallowed) { Ok(()) } else { Err(fault) })?;
        }
        self.report_start();
        Ok(())
    }

    /// The state that has failed goes on.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn go_on(&mut self) -> Result<(), Fault> {
        // SAFETY: the turn owns the actor.
        unsafe {
            let own = self.kin_or_new().own();
            if own.vacant {
                return Err(Fault::msg("there is no state that could go on: restart the actor"));
            }
            own.failed = false;
            own.failure = None;
            if std::mem::take(&mut own.exits) {
                self.stop();
            }
            (*self.cell.as_ptr()).control.release();
        }
        self.report_start();
        Ok(())
    }

    /// The state has gone, as ordered.
    pub(super) fn report_vacant(&self) {
        // SAFETY: the turn owns the actor.
        if let Some(guard) = self.kin().and_then(|kin| unsafe { kin.own() }.guard.clone()) {
            guard(Report::Vacated);
        }
    }

    /// Takes the messages out of the mailbox, if they are not to be kept, and gives their credit back.
    fn empty(&mut self, mail: &Mail<A::Msg>) {
        let to = match mail {
            Mail::Keep => {
                // What the old state kept for later is for the new one too, in its place.
                self.unstash_all();
                self.return_unstashed();
                return;
            }
            Mail::Drop => None,
            Mail::Return(to) => Some(&**to),
        };
        // SAFETY: the turn owns the actor, and the envelopes are its own.
        unsafe {
            let header = &*self.cell.as_ptr();
            let limits = self.limits();
            let goes = |envelope| matches!(Envelope::tag(envelope), 0 | ITEM | OBITUARY | TRACKED);
            let (mut gone, kept) = sift(&header.mailbox, goes);
            let mut counted = gone.len;
            let mut rest = Vec::new();
            let ext = Ext::of_or_new(header);
            if let Some(mut stash) = ext.take_stash() {
                self.worker().counters().unstashed.add(u64::from(stash.len()));
                rest.extend(stash.drain(ext.kept()));
                counted += rest.len() as u32;
            }
            if !limits.sorted {
                put_back(&header.mailbox, kept);
            } else {
                let lanes = &mut *ext.lanes().as_ptr();
                let mut sorted = lanes.sift(goes);
                lanes.keep(kept);
                counted += sorted.len;
                rest.extend(std::iter::from_fn(|| sorted.pop()));
                if limits.overflow == Overflow::DropOldestExact {
                    // Of these the word knows nothing.
                    rest.extend(ext.latest(limits).take_all());
                }
            }
            rest.extend(std::iter::from_fn(|| gone.pop()));
            for envelope in rest {
                self.put_out(envelope, to);
            }
            let mut drain = Drain::new();
            drain.handled_more(counted);
            let marked = (limits.low_mark(), ext.kept());
            if drain.settle(&header.mailbox, || marked.0.with(marked.1.get())) == Waiters::Wake {
                self.wake();
            }
        }
        self.grant_due();
    }

    /// Hands a message to `to`, or drops it.
    ///
    /// # Safety
    /// The envelope is this actor's, alone, and a message or an item.
    unsafe fn put_out(&mut self, envelope: NonNull<Envelope>, to: Option<&(dyn Fn(A::Msg) + Send + Sync)>) {
        // SAFETY: by the caller's promise.
        let tag = unsafe { Envelope::tag(envelope) };
        // SAFETY: as above.
        let message = unsafe {
            if tag == ITEM {
                let item = Packing::<Item<A::Msg>>::open(envelope);
                stock::free_plain::<Item<A::Msg>>(envelope);
                let (message, due) = item.consume();
                if let Some(due) = due {
                    self.grant_once_settled(due);
                }
                message
            } else if tag == TRACKED {
                let message = tracked::open::<A::Msg>(envelope);
                stock::free_plain::<Tracked<A::Msg>>(envelope);
                message
            } else {
                let message = Packing::<A::Msg>::open(envelope);
                stock::free_plain::<A::Msg>(envelope);
                message
            }
        };
        let counters = self.worker().counters();
        let whole = match to {
            Some(to) => {
                counters.returned_restart.add(1);
                contained(|| to(message))
            }
            None => {
                counters.dead_restarted.add(1);
                contained(|| drop(message))
            }
        };
        if !whole {
            self.worker().counters().faults.add(1);
        }
        if to.is_none() {
            // SAFETY: the turn owns the actor, which is of its kind.
            unsafe {
                let header = &*self.cell.as_ptr();
                ending::tell_dead(header, header.kind(), tag, DeadCause::Restarted);
            }
        }
    }
}

//! Guarding: spawning an actor whose faults are one's own to decide on. What supervision stands on.
//!
//! A ward is spawned without a state, and makes one in its own turn. When it fails, and its own [`Actor::failed`] does not let it go on, it
//! is *held*: it handles nothing, its address and its mailbox stay, and its guard, which was told, gives an order. The
//! orders are errands, so a full mailbox holds none up; the reports are notices, so none is refused. A ward whose guard ends, or
//! is replaced, is killed.

use super::address::Address;
use super::behavior::{Actor, Context};
use super::exit::{Exit, Report};
use super::ext::Ext;
use super::kin::{Errand, Guard, Parent};
use super::options::Options;
use super::order::rouse;
use super::reseat::Mail;
use super::spawn;
use super::telling;
use super::watch::enlist;
use crate::error::NoSeat;
use crate::sync::Arc;
use std::ptr::NonNull;

/// What makes the state of a ward.
pub(crate) type Make<B> = Arc<dyn Fn() -> B + Send + Sync>;

/// An actor that is guarded, in its guard's hand. Dropping it ends nothing.
pub(crate) struct Ward<M: Send + 'static> {
    address: Address<M>,
    orders: Arc<dyn Orders<M>>,
}

impl<M: Send + 'static> Clone for Ward<M> {
    fn clone(&self) -> Self {
        Self { address: self.address, orders: Arc::clone(&self.orders) }
    }
}

impl<M: Send + 'static> std::fmt::Debug for Ward<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ward({})", self.address)
    }
}

/// What a guard may order, made for one type of actor.
trait Orders<M>: Send + Sync {
    fn resume(&self) -> Errand;
    fn vacate(&self) -> Errand;
    fn occupy(&self, mail: Mail<M>) -> Errand;
}

struct Seat<B>(Make<B>);

impl<B: Actor> Orders<B::Msg> for Seat<B> {
    fn resume(&self) -> Errand {
        // SAFETY: put to an actor of this type.
        Box::new(|cx| unsafe { context::<B>(cx) }.go_on())
    }

    fn vacate(&self) -> Errand {
        Box::new(|cx| {
            // SAFETY: as above.
            let cx = unsafe { context::<B>(cx) };
            cx.vacate();
            cx.report_vacant();
            Ok(())
        })
    }

    fn occupy(&self, mail: Mail<B::Msg>) -> Errand {
        let make = Arc::clone(&self.0);
        // SAFETY: as above.
        Box::new(move |cx| unsafe { context::<B>(cx) }.occupy(&*make, &mail))
    }
}

/// The context that an errand is given.
///
/// # Safety
/// It is that of a turn of an actor of this type, which is alive and not borrowed while the answer is used.
pub(super) unsafe fn context<'c, B: Actor>(cx: NonNull<()>) -> &'c mut Context<'c, B> {
    // SAFETY: by the caller's promise.
    unsafe { cx.cast::<Context<'c, B>>().as_mut() }
}

impl<M: Send + 'static> Ward<M> {
    pub(crate) fn address(&self) -> Address<M> {
        self.address
    }

    /// After a fault: it goes on with the state as it is. Reports [`Report::Started`] if it had failed before it had started,
    /// and that it has failed if there is no state. False if it has ended.
    pub(crate) fn resume(&self) -> bool {
        rouse(self.address.raw, self.orders.resume())
    }

    /// Its state goes, with its last hook unless it has failed, and it is held: [`Report::Vacated`]. False if it has ended.
    pub(crate) fn vacate(&self) -> bool {
        rouse(self.address.raw, self.orders.vacate())
    }

    /// A new state takes the place of the old one, and begins: [`Report::Started`], or [`Report::Failed`]. False if it has ended.
    pub(crate) fn occupy(&self, mail: Mail<M>) -> bool {
        rouse(self.address.raw, self.orders.occupy(mail))
    }
}

impl<A: Actor> Context<'_, A> {
    /// Spawns an actor that this one guards. Its reports come as messages of this one, by notices, for as long as this state of it
    /// lives.
    ///
    /// # Errors
    /// What was missing for it.
    pub(crate) fn guard<B, F>(
        &mut self,
        name: &str,
        make: Make<B>,
        options: &Options,
        report: F,
    ) -> Result<Ward<B::Msg>, NoSeat>
    where
        B: Actor,
        F: Fn(Report) -> A::Msg + Send + Sync + 'static,
    {
        let (to, epoch, report) = (self.raw(), self.epoch(), Arc::new(report));
        let tell: Guard = Arc::new(move |said| {
            let report = Arc::clone(&report);
            // Nobody is left to be told where it is refused.
            drop(telling::tell_seat::<A::Msg, _, _>(to, epoch, said, move |said| report(said)));
        });
        let (cell, raw) = spawn::vacant::<B>(self.worker(), options)?;
        // SAFETY: just made, and ours until it is scheduled.
        let header = unsafe { &*cell.as_ptr() };
        let kin = Ext::of_or_new(header).kin_or_new();
        // SAFETY: as above. What is written here is published by the scheduling below.
        unsafe {
            let begun = header.mailbox.take_fresh();
            debug_assert!(begun, "a fresh actor has not begun");
            let own = kin.own();
            (own.vacant, own.guard) = (true, Some(Arc::clone(&tell)));
        }
        header.control.hold();
        let named = kin.parent.set(Parent { raw: to.0, name: name.into(), guards: true });
        debug_assert!(named.is_ok(), "a fresh actor has no parent");
        let ended = enlist(raw, Box::new(move |exit: &Exit| tell(Report::Ended(exit.clone()))));
        debug_assert!(ended.is_ok(), "it has not ended");
        let seat = Seat(make);
        let first = rouse(raw, seat.occupy(Mail::Keep));
        debug_assert!(first, "it has not ended");
        // SAFETY: the turn owns its own actor.
        unsafe { self.kin_or_new().own() }.wards.push(raw.0);
        self.worker().reschedule(cell);
        Ok(Ward { address: Address::new(raw), orders: Arc::new(seat) })
    }

    /// A ward has ended: it is no longer on the list of those that end with this one.
    pub(crate) fn unguard<M: Send + 'static>(&mut self, ward: &Ward<M>) {
        // SAFETY: the turn owns the actor.
        let wards = &mut unsafe { self.kin_or_new().own() }.wards;
        // From behind: as a rule the youngest end first, and they may be many.
        if let Some(at) = wards.iter().rposition(|raw| *raw == ward.address.raw.0) {
            wards.remove(at);
        }
    }
}

//! Actors whose address is there before their state: it is made in their own first turn, by their own worker.
//!
//! So whoever wants the address waits for nobody, and no user code runs where it is given out. A `make` that panics is a fault of
//! the actor, which ends: what was sent to it is dead letters.

use super::address::Address;
use super::behavior::Actor;
use super::ext::Ext;
use super::guard::context;
use super::kin::Onlooker;
use super::options::Options;
use super::order::rouse;
use super::reseat::Mail;
use super::spawn;
use crate::error::NoSeat;
use crate::scheduler::shared::Shared;
use std::cell::Cell;

/// Spawns from anywhere; `ended` hears of the end. Runs no user code.
///
/// # Errors
/// What was given, and what was missing.
pub(crate) fn promise<B, F>(
    shared: &Shared,
    options: &Options,
    make: F,
    ended: impl FnOnce(Address<B::Msg>) -> Onlooker,
) -> Result<Address<B::Msg>, (F, NoSeat)>
where
    B: Actor,
    F: FnOnce() -> B + Send + 'static,
{
    let (cell, raw) = match spawn::vacant_from_outside::<B>(shared, options) {
        Ok(settled) => settled,
        Err(why) => return Err((make, why)),
    };
    let address = Address::new(raw);
    // SAFETY: just made, and ours until it is scheduled.
    let header = unsafe { &*cell.as_ptr() };
    let kin = Ext::of_or_new(header).kin_or_new();
    // SAFETY: as above. What is written here is published by the scheduling below.
    unsafe {
        let begun = header.mailbox.take_fresh();
        debug_assert!(begun, "a fresh actor has not begun");
        kin.own().vacant = true;
    }
    header.control.hold();
    let watched = kin.watch(ended(address));
    debug_assert!(watched.is_ok(), "it has not ended");
    let first = rouse(
        raw,
        Box::new(move |cx| {
            let make = Cell::new(Some(make));
            let once = || match make.take() {
                Some(make) => make(),
                None => unreachable!("a state is made once"),
            };
            // SAFETY: put to an actor of this type.
            unsafe { context::<B>(cx) }.occupy(&once, &Mail::Keep)
        }),
    );
    debug_assert!(first, "it has not ended");
    shared.inject(cell);
    Ok(address)
}

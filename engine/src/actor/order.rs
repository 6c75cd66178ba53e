//! Orders and errands, from wherever the caller is; see [`crate::mailbox::control`].

use super::ext::Ext;
use super::kin::Errand;
use super::post::{self, Raw, at_tenant};
use super::resume;
use crate::cell::arena::Lookup;
use crate::cell::header::Extension;
use crate::mailbox::control::{Control, Ordered, Roused};
use crate::mailbox::credit;
use crate::mailbox::queue::Mailbox;
use crate::scheduler::shared::Shared;

/// Gives an order from outside the actor's turn, and sees to it that the actor notices.
pub(super) fn order(to: Raw, give: impl FnOnce(&Control<Extension>, &Mailbox) -> Ordered) -> Ordered {
    post::as_stranger(|_| {
        let cell = to.cell();
        // SAFETY: cells are never unmapped; we are online.
        let header = unsafe { cell.as_ref() };
        if header.generation() != to.generation() {
            return Ordered::Already;
        }
        // SAFETY: the generation was checked and we are online.
        let shared = unsafe { Shared::of(header.kind()) };
        let ordered = give(&header.control, &header.mailbox);
        match ordered {
            Ordered::Already => {}
            // SAFETY: the order made us the owner; online.
            Ordered::Ours => unsafe { post::schedule_from_anywhere(shared, cell) },
            // It may be muted: then whoever it waits for has it on a list.
            Ordered::Told => resume::from_anywhere(credit::signalled(&Lookup, to.number())),
        }
        ordered
    })
}

/// Has the actor's owner do something, at once and before anything else. False if the actor has ended: then it will not be
/// done. An errand that is taken over is done or dropped.
pub(super) fn rouse(to: Raw, errand: Errand) -> bool {
    let mut errand = Some(errand);
    let mut left = Vec::new();
    let roused = at_tenant(to, |header, kind| {
        let kin = Ext::of_or_new(header).kin_or_new();
        let mut put = false;
        let roused = header.control.rouse(&header.mailbox, || {
            if let Some(given) = errand.take() {
                match kin.errands.put(given) {
                    Ok(()) => put = true,
                    Err(given) => errand = Some(given),
                }
            }
        });
        match roused {
            // SAFETY: rousing made us the owner; online since the kind was found.
            Roused::Ours => unsafe { post::schedule_from_anywhere(Shared::of(kind), to.cell()) },
            // It may be muted: then whoever it waits for has it on a list.
            Roused::Told => resume::from_anywhere(credit::signalled(&Lookup, to.number())),
            Roused::Ended => left.extend(kin.errands.end()),
        }
        put
    });
    // Errands are user data.
    for errand in left.drain(..).chain(errand) {
        crate::panics::contained(|| drop(errand));
    }
    roused == Some(true)
}

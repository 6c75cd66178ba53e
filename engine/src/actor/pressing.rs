//! Telling of pressure: who tells what is the mailbox floor's ([`protocol`]), whom to tell is the actor's upstream.

use super::ext::Ext;
use super::post::{ActorId, Raw, at_tenant};
use crate::mailbox::pressure::{self as protocol, Level, Step};
use crate::sync::{Arc, Mutant, mutant};

/// The news that the pressure of a mailbox has turned; see [`Overflow::Signal`](crate::Overflow::Signal).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pressed {
    /// Whose mailbox.
    pub actor: ActorId,
    /// Which way.
    pub level: Level,
}

/// Takes this step of the actor's pressure, if it has an upstream, and tells what is to be told.
#[cold]
pub(super) fn turn(of: Raw, first: Step) {
    if mutant(Mutant::PressureMute) {
        return;
    }
    let tell = at_tenant(of, |header, _| Some(Arc::clone(&Ext::of(header)?.pressing.get()?.tell)));
    let Some(tell) = tell.flatten() else { return };
    let take = |step| {
        let taken = at_tenant(of, |header, kind| {
            let pressing = Ext::of(header)?.pressing.get()?;
            // Both marks are raised by what is kept: low stays below high.
            let low = || kind.limits.low_mark().with(header.kept());
            let high = kind.limits.high + header.kept();
            Some(pressing.pressure.step(step, &header.mailbox, low, high))
        });
        taken.flatten() == Some(true)
    };
    protocol::turn_over(first, take, |level| tell(level));
}

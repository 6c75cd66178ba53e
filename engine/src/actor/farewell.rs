//! What an actor's end is called, and who hears of it.

use super::exit::{Exit, Failure};
use super::ext::Ext;
use super::kin::{Errand, Onlooker};
use super::order::order;
use super::post::{Raw, at_tenant};
use crate::cell::header::Kind;
use crate::mailbox::control::Ordered;
use crate::mailbox::tenant::Death;
use crate::panics::contained;
use crate::scheduler::counter::Counter;
use crate::scheduler::drops::DeadCause;
use crate::scheduler::shared::Shared;
use crate::scheduler::stats::Counters;
use crate::sync::{Mutant, mutant};
use std::num::NonZeroU64;

/// How an actor ends, as it is told and counted.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Stopped,
    Killed,
    Failed,
    /// With its system.
    Aborted,
}

impl Way {
    /// # Safety
    /// The caller owns an actor of this kind.
    pub(super) unsafe fn of(death: Death, kind: &Kind) -> Way {
        match death {
            Death::Empty | Death::Stopped => Way::Stopped,
            Death::Failed => Way::Failed,
            // SAFETY: by the caller's promise.
            Death::Killed if unsafe { Shared::of(kind) }.is_ending() => Way::Aborted,
            Death::Killed => Way::Killed,
        }
    }

    /// What is told of its messages, if that is told.
    pub(super) fn cause(self) -> Option<DeadCause> {
        match self {
            Way::Stopped | Way::Killed => Some(DeadCause::Stopped),
            Way::Failed => Some(DeadCause::Failed),
            Way::Aborted => None,
        }
    }

    /// Where its messages are counted.
    pub(super) fn dead(self, counters: &Counters) -> &Counter {
        match self {
            Way::Stopped | Way::Killed => &counters.dead_stopped,
            Way::Failed => &counters.dead_failed,
            Way::Aborted => &counters.dead_aborted,
        }
    }

    pub(super) fn exit(self, failure: Option<Failure>) -> Exit {
        match self {
            Way::Stopped => Exit::Stopped,
            Way::Killed if mutant(Mutant::ExitUntrue) => Exit::Unknown,
            Way::Killed => Exit::Killed,
            Way::Failed => failure.map_or(Exit::Unknown, Exit::Failed),
            Way::Aborted => Exit::Aborted,
        }
    }
}

/// Who is to hear of an actor's end, once nothing is left of it.
pub(super) struct Farewell {
    pub(super) exit: Exit,
    pub(super) onlookers: Vec<Onlooker>,
    pub(super) wards: Vec<NonZeroU64>,
    pub(super) watching: Vec<(NonZeroU64, u64)>,
    pub(super) errands: Vec<Errand>,
}

impl Farewell {
    #[cold]
    pub(super) fn tell(self) {
        // Those it guarded first, the youngest before the others.
        for ward in self.wards.into_iter().rev() {
            let _: Ordered = order(Raw(ward), |control, mailbox| control.end_now(mailbox, true));
        }
        for (target, number) in self.watching {
            unwatch(Raw(target), number);
        }
        for errand in self.errands {
            contained(|| drop(errand));
        }
        for onlooker in self.onlookers {
            contained(|| onlooker(&self.exit));
        }
    }
}

/// Takes a watch back; says whether it was on. Dropping it is user code.
pub(crate) fn unwatch(target: Raw, number: u64) -> bool {
    let onlooker = at_tenant(target, |header, _| Ext::of(header)?.kin()?.unwatch(number)).flatten();
    let was_on = onlooker.is_some();
    contained(|| drop(onlooker));
    was_on
}

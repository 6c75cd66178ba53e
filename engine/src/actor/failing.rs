//! The news of faults. Told where a fault is counted, which is a cold way; where nobody watches, for a load.

use super::address::Recipient;
use super::behavior::{Actor, Context, Directive};
use super::exit::Failure;
use super::fault::Fault;
use super::outlook::{id, teller};
use super::post::ActorId;
use super::seat;
use crate::panics::{caught, contained};
#[cfg(feature = "sim")]
use crate::scheduler::director;
use crate::scheduler::upsets::{Aftermath, Upset};
use crate::scheduler::watchers::{Watch, Watcher};
use crate::sync::Arc;
use std::any::Any;

/// The news that an actor has failed; see [`System::watch_faults`](crate::System::watch_faults).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActorFailed {
    /// Who.
    pub actor: ActorId,
    /// Its type.
    pub of: &'static str,
    /// The words of its [`Fault`].
    pub cause: Arc<str>,
    /// Whether it panicked.
    pub panicked: bool,
    /// What becomes of it.
    pub then: Aftermath,
    /// Faults before this one, and after the last that was told of, for which the watcher's mailbox had no place.
    pub missed: u64,
}

/// A watcher that sends the news of faults to this actor, but for its own.
pub(crate) fn watcher(to: Recipient<ActorFailed>) -> Watcher<Upset> {
    let tell = teller(to, |Upset { who, actor, cause, panicked, then }, missed| {
        Some(ActorFailed { actor: id(who)?, of: actor, cause, panicked, then, missed })
    });
    // It might fail of that again, and so on.
    Arc::new(move |upset| if id(upset.who) == Some(to.id()) { Watch::On } else { tell(upset) })
}

impl<A: Actor> Context<'_, A> {
    /// Runs the hook of a state that goes in good order.
    pub(super) fn last_hook(&mut self, then: Aftermath) {
        // SAFETY: the state is the turn's.
        let hook = caught(|| unsafe { seat::state::<A>(self.cell).as_mut().stopped(self) });
        if let Err(payload) = hook {
            self.hook_panicked(payload, then);
        }
    }

    /// What the state itself says to a fault of it.
    pub(super) fn ask_directive(&mut self, fault: &Fault) -> Directive {
        // SAFETY: the state is the turn's.
        let asked = caught(|| unsafe { seat::state::<A>(self.cell).as_mut().failed(fault, self) });
        asked.unwrap_or_else(|payload| {
            // SAFETY: the turn owns the actor.
            let guarded = self.kin().is_some_and(|kin| unsafe { kin.own() }.guard.is_some());
            self.hook_panicked(payload, if guarded { Aftermath::Supervised } else { Aftermath::Ends });
            Directive::Stop
        })
    }

    /// Tells whoever directs the simulation that this turn is in, if it is in one. Before the actor itself is asked what follows.
    #[cfg(feature = "sim")]
    #[cold]
    pub(super) fn tell_director(&self, fault: &Fault) {
        if self.shared().stepper.get().is_some()
            && let Some(director) = director::current()
        {
            // An error is user data, and so are its words.
            contained(|| director.failed(self.cell, fault));
        }
    }

    /// Counts a panic of a hook that decides on nothing, and tells of it.
    #[cold]
    fn hook_panicked(&mut self, payload: Box<dyn Any + Send>, then: Aftermath) {
        self.worker().counters().faults.add(1);
        let fault = Fault::from_panic(payload);
        #[cfg(feature = "sim")]
        self.tell_director(&fault);
        self.tell_of_fault(&fault, then);
        // A payload is user data, and so is its Drop.
        contained(|| drop(fault));
    }

    /// Tells of a fault of this actor. Runs user code.
    #[cold]
    pub(super) fn tell_of_fault(&mut self, fault: &Fault, then: Aftermath) {
        if !self.shared().faults.is_watched() {
            return;
        }
        let (who, actor) = (self.raw().0.get(), std::any::type_name::<A>());
        let cause = Failure::of(fault, actor).to_string().into();
        let watchers = self.shared().faults.watchers();
        watchers.tell(Upset { who, actor, cause, panicked: fault.is_panic(), then });
    }
}

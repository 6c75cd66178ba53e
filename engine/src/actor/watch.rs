//! Watching and linking: hearing of an actor's end, or sharing it.

use super::behavior::{Actor, Context};
use super::exit::Exit;
use super::ext::Ext;
use super::farewell::unwatch;
use super::kin::{Kin, Onlooker};
use super::order::{order, rouse};
use super::post::{ActorId, Raw, at_tenant};
use super::timer::is_past;
use crate::cell::header::Header;
use crate::mailbox::control::Ordered;
use crate::sync::{Arc, Mutant, mutant};
use std::sync::OnceLock;

/// The news that an actor has ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Ended {
    /// Which one.
    pub actor: ActorId,
    /// How.
    pub exit: Exit,
}

/// A watch that is on; see [`Context::watch`]. Dropping it leaves it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    on: Raw,
    /// Its number there; none if there was nobody to watch.
    number: Option<u64>,
}

impl Watch {
    /// Ends the watch, from anywhere. True means that its news will not come; false that it has come, is on its way, or was
    /// cancelled before.
    pub fn cancel(self) -> bool {
        self.number.is_some_and(|number| unwatch(self.on, number))
    }

    /// Whom it is on.
    pub fn on(self) -> ActorId {
        ActorId(self.on)
    }
}

/// A link that is on; see [`Context::link`]. Dropping it leaves it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    theirs: Watch,
    ours: Watch,
}

impl Link {
    /// Ends the link, from anywhere: neither's end touches the other any more. False if one of them has ended, or the link has.
    pub fn cancel(self) -> bool {
        let theirs = self.theirs.cancel();
        self.ours.cancel() && theirs
    }
}

impl<M: Send + 'static> From<super::address::Address<M>> for ActorId {
    fn from(address: super::address::Address<M>) -> Self {
        address.id()
    }
}

impl<A: Actor> Context<'_, A> {
    /// Watches an actor: when it has ended, however that comes about, and its state and its mailbox are gone, this actor is told
    /// once. Of one that has ended already, or whose address never was anybody's, at once, with [`Exit::Unknown`]. The news takes no
    /// place in the mailbox that anything could fill (as a [`Notice`](crate::Notice)), and is handled after what was in it.
    ///
    /// A restart by a supervisor is no end: the address lives on. What this state watches, it alone is told of; a state that
    /// replaces it watches nobody. Costs a few allocations here and there, once for each of the two actors and once a watch.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Ended, Exit, Fault, System};
    ///
    /// struct Worker;
    ///
    /// impl Actor for Worker {
    ///     type Msg = u32;
    ///     fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Err(Fault::msg(format!("cannot do {n}")))
    ///     }
    /// }
    ///
    /// struct Boss;
    ///
    /// impl Actor for Boss {
    ///     type Msg = Ended;
    ///     fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         let worker = cx.spawn(Worker);
    ///         cx.watch(worker, |ended| ended);
    ///         worker.try_send(7_u32)?;
    ///         Ok(())
    ///     }
    ///     fn handle(&mut self, ended: Ended, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         assert!(matches!(&ended.exit, Exit::Failed(why) if why.to_string() == "cannot do 7"));
    ///         cx.stop();
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline();
    /// inline.spawn(Boss);
    /// inline.run_until_idle();
    /// assert_eq!((inline.system().ledger().stopped, inline.system().ledger().faults), (2, 1));
    /// ```
    pub fn watch<F>(&mut self, actor: impl Into<ActorId>, then: F) -> Watch
    where
        F: FnOnce(Ended) -> A::Msg + Send + 'static,
    {
        let actor: ActorId = actor.into();
        let notice = self.notice(then);
        self.look_on(
            actor.0,
            Box::new(move |exit| {
                if mutant(Mutant::NoticeLost) {
                    return;
                }
                // Refused only where nobody is left to be told.
                drop(notice.send(Ended { actor, exit: exit.clone() }));
            }),
        )
    }

    /// Links this actor and another: if one of them ends in any way but good order, the other is
    /// [killed](crate::Address::kill), which in turn those hear that are linked to it. Linking to one that has ended already
    /// kills this one. Two links to the same actor are two.
    ///
    /// A failure counts also where a supervisor restarts the actor in place: whoever is linked to it is killed, and the next state
    /// is linked to nobody. So what a state spawns and links to goes with it.
    ///
    /// Costs four allocations (what is called at either end, and the number of each for the other), a place on the list of
    /// each of the two, which is a tree behind a lock of that actor's own, and for either one the ties that it has not yet. The end
    /// of one takes that lock of the other; messages cost what they did.
    pub fn link(&mut self, actor: impl Into<ActorId>) -> Link {
        let (me, other) = (self.raw(), actor.into().0);
        let (epoch, guarded) = (self.epoch(), self.kin_or_new().is_guarded());
        self.bind(other, move |exit| share(me, epoch, guarded, exit))
    }

    /// As [`Context::link`], but traps the other's exit: its end is not shared but told, as to one that
    /// [watches](Context::watch). The other is killed all the same if this one ends in any way but good order.
    ///
    /// Costs what [`Context::link`] does, and a [notice](Context::notice).
    pub fn link_trapped<F>(&mut self, actor: impl Into<ActorId>, then: F) -> Link
    where
        F: FnOnce(Ended) -> A::Msg + Send + 'static,
    {
        let actor: ActorId = actor.into();
        let notice = self.notice(then);
        self.bind(actor.0, move |exit| {
            // Refused only where nobody is left to be told.
            drop(notice.send(Ended { actor, exit: exit.clone() }));
        })
    }

    /// Puts an onlooker on the list of each of the two; each takes the other's off when it runs.
    fn bind(&mut self, other: Raw, told: impl FnOnce(&Exit) + Send + 'static) -> Link {
        let (me, epoch) = (self.raw(), self.epoch());
        let (at_theirs, our_number) = (Arc::new(OnceLock::new()), Arc::new(OnceLock::new()));
        let (theirs, ours) = (Arc::clone(&at_theirs), Arc::clone(&our_number));
        // This one first: so that the other's end, which may be now, finds it linked. The owner has not closed its list.
        let number = self.kin_or_new().link(
            Box::new(move |exit| {
                // If it is not known there was nobody to be linked to.
                if let Some((number, epoch, guarded)) = theirs.get() {
                    unwatch(other, *number);
                    share(other, *epoch, *guarded, exit);
                }
            }),
            || epoch,
        );
        let number = number.ok().map(|(number, _)| number);
        number.map(|number| our_number.set(number));
        let mut there = (0, false);
        let theirs = self.look_on_as(
            other,
            Box::new(move |exit| {
                ours.get().map(|number| unwatch(me, *number));
                told(exit);
            }),
            |header, kin, onlooker| {
                let (number, epoch) = kin.link(onlooker, || Ext::epoch_of(header))?;
                there = (epoch, kin.is_guarded());
                Ok(number)
            },
        );
        theirs.number.map(|number| at_theirs.set((number, there.0, there.1)));
        Link { theirs, ours: Watch { on: me, number } }
    }

    /// How many watch this actor or are linked to it.
    pub fn watchers(&self) -> usize {
        self.kin().map_or(0, Kin::watched_by)
    }

    /// Puts an onlooker on another's list, and notes that; or runs it at once if there is nobody any more.
    pub(super) fn look_on(&mut self, target: Raw, onlooker: Onlooker) -> Watch {
        self.look_on_as(target, onlooker, |_, kin, onlooker| kin.watch(onlooker))
    }

    fn look_on_as(
        &mut self,
        target: Raw,
        onlooker: Onlooker,
        list: impl FnOnce(&Header, &Kin, Onlooker) -> Result<u64, Onlooker>,
    ) -> Watch {
        match enlist_as(target, onlooker, list) {
            Ok(number) => {
                let is_on = |target, number| {
                    let at = |header: &_| Some(Ext::of(header)?.kin()?.is_watched_by(number));
                    at_tenant(Raw(target), |header, _| at(header)).flatten() == Some(true)
                };
                // SAFETY: the turn owns the actor; looking at another's list runs no user code.
                unsafe { self.kin_or_new().own() }.watching.note(target.0, number, is_on);
                Watch { on: target, number: Some(number) }
            }
            Err(onlooker) => {
                onlooker(&Exit::Unknown);
                Watch { on: target, number: None }
            }
        }
    }

    /// Puts an onlooker on this actor's own list.
    pub(crate) fn own_end(&mut self, onlooker: impl FnOnce(&Exit) + Send + 'static) -> Watch {
        // The owner has not closed its list.
        let number = self.kin_or_new().watch(Box::new(onlooker)).ok();
        Watch { on: self.raw(), number }
    }

    /// What ties this actor to others, made if there is nothing yet.
    pub(super) fn kin_or_new<'k>(&self) -> &'k Kin {
        // SAFETY: the turn owns the actor.
        unsafe { Ext::of_or_new(&*self.cell.as_ptr()) }.kin_or_new()
    }
}

/// Puts an onlooker on the list of an actor; gives its number there.
///
/// # Errors
/// The onlooker, if the actor has ended.
pub(crate) fn enlist(target: Raw, onlooker: Onlooker) -> Result<u64, Onlooker> {
    enlist_as(target, onlooker, |_, kin, onlooker| kin.watch(onlooker))
}

fn enlist_as(
    target: Raw,
    onlooker: Onlooker,
    list: impl FnOnce(&Header, &Kin, Onlooker) -> Result<u64, Onlooker>,
) -> Result<u64, Onlooker> {
    let mut onlooker = Some(onlooker);
    let number = at_tenant(target, |header, _| {
        let kin = Ext::of_or_new(header).kin_or_new();
        let number = match list(header, kin, onlooker.take()?) {
            Ok(number) => number,
            Err(given) => {
                onlooker = Some(given);
                return None;
            }
        };
        if header.mailbox.lives() {
            return Some(number);
        }
        // Its owner may not have known of the list. If it did, it tells.
        onlooker = kin.unwatch(number);
        onlooker.is_none().then_some(number)
    });
    match (number.flatten(), onlooker) {
        (Some(number), _) => Ok(number),
        (None, Some(onlooker)) => Err(onlooker),
        (None, None) => unreachable!("an onlooker is on the list, or here"),
    }
}

/// Kills the state that was linked, unless the other's end was in good order.
fn share(whom: Raw, epoch: u16, guarded: bool, exit: &Exit) {
    if exit.is_normal() || mutant(Mutant::LinkUntold) {
        return;
    }
    let kill = move || {
        let _: Ordered = order(whom, |control, mailbox| control.end_now(mailbox, true));
    };
    if !guarded {
        return kill();
    }
    // By its owner, who alone replaces it.
    let errand = move |_| {
        if !is_past(whom, epoch) {
            kill();
        }
        Ok(())
    };
    let _has_ended = !rouse(whom, Box::new(errand));
}

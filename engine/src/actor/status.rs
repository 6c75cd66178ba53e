//! What an actor is at, as anybody may see it: glances, of which none need agree with the next, and none of which costs a
//! message anything.

use super::address::Address;
use super::ext::Ext;
use super::outlook::{self, Stall};
use super::post::{ActorId, at_tenant};
use crate::mailbox::word::CLOSED;
use crate::scheduler::shared::Shared;
use std::fmt;
use std::num::NonZeroU64;

/// What an actor is at; see [`System::status_of`](crate::System::status_of).
///
/// [`Display`](fmt::Display) has it in one line, for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ActorStatus {
    /// Which actor.
    pub id: ActorId,
    /// Its type.
    pub actor: &'static str,
    /// The type of its messages.
    pub message: &'static str,
    /// Messages in its mailbox, with those that are handled and whose credit has not come back yet, and with places that are reserved.
    pub pending: u64,
    /// Where its mailbox counts as full.
    pub capacity: u32,
    /// It is [suspended](crate::Address::suspend).
    pub suspended: bool,
    /// It accepts nothing more. One that stops itself ([`Context::stop`](crate::Context::stop)) does so from the end of its handler on.
    pub stopping: bool,
    /// On whose full mailbox it is muted, and for how long.
    pub muted: Option<Stall>,
    /// Questions of its whose outcome it has not handled.
    pub asks: u32,
    /// Its timers, one-shot and periodic, that are armed.
    pub timers: u64,
    /// Messages that it has handled in turns that are over, if that is counted: from the start for one with the option
    /// [`count_handled`](crate::OptionsBuilder::count_handled) or a thread of its own, from then on for one that
    /// [exits when idle](crate::Context::exit_when_idle).
    pub handled: Option<u64>,
    /// Actors whose parent it is.
    pub children: u64,
    /// It has a [thread of its own](crate::OptionsBuilder::own_thread).
    pub own_thread: bool,
}

impl fmt::Display for ActorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}: {} of {} pending, {} asks, {} timers",
            self.actor, self.id, self.pending, self.capacity, self.asks, self.timers
        )?;
        for (is, word) in [
            (self.own_thread, "on its own thread"),
            (self.suspended, "suspended"),
            (self.stopping, "stopping"),
        ] {
            if is {
                write!(f, ", {word}")?;
            }
        }
        if let Some(handled) = self.handled {
            write!(f, ", {handled} handled")?;
        }
        if self.children > 0 {
            write!(f, ", {} children", self.children)?;
        }
        match &self.muted {
            Some(stall) => write!(f, ", muted on {} {} for {:?}", stall.on_actor, stall.on, stall.waited),
            None => Ok(()),
        }
    }
}

/// What the actor is at; none if it has ended, or lives in another system than `home`, if one is given.
pub(crate) fn status(id: ActorId, home: Option<&Shared>) -> Option<ActorStatus> {
    let raw = id.0;
    let seen = at_tenant(raw, |header, kind| {
        // SAFETY: online since the kind was found.
        let shared = unsafe { Shared::of(kind) };
        if home.is_some_and(|home| !std::ptr::eq(home, shared)) {
            return None;
        }
        let ext = Ext::of(header);
        let status = ActorStatus {
            id,
            actor: (kind.table.type_name)(),
            message: (kind.table.message_name)(),
            pending: 0,
            capacity: kind.limits.capacity,
            suspended: header.control.is_suspended(),
            stopping: header.mailbox.peek().has(CLOSED),
            muted: None,
            asks: ext.map_or(0, Ext::asks_outstanding),
            timers: 0,
            handled: ext
                .filter(|ext| kind.limits.noted || ext.own_thread.get().is_some())
                .map(|ext| ext.turns.handled()),
            children: 0,
            own_thread: ext.is_some_and(|ext| ext.own_thread.get().is_some()),
        };
        Some((status, shared.hold()?))
    });
    let (status, shared) = seen??;
    // Outside the online section: walking over timers and cells takes its time.
    let mut children = 0;
    outlook::for_each_actor(&shared, |cell, generation| {
        let parent = outlook::relation(cell, generation).and_then(|(.., parent)| parent);
        children += u64::from(parent.is_some_and(|(parent, _)| parent == id));
    });
    Some(ActorStatus {
        children,
        pending: outlook::queued(raw.cell(), raw.generation()),
        muted: outlook::stall(&shared, raw.cell(), raw.generation()),
        timers: shared.timers_of(NonZeroU64::get(raw.0)),
        ..status
    })
}

impl<M: Send + 'static> Address<M> {
    /// How many messages its mailbox holds, the one that is being handled among them; none once it has ended. From any thread, by a
    /// glance: about as dear as a look whether it lives, and an online section more. [`Address::status`] tells the rest.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Idler;
    ///
    /// impl Actor for Idler {
    ///     type Msg = u64;
    ///     fn handle(&mut self, _: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         assert_eq!(cx.me().pending(), 1);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline();
    /// let idler = inline.spawn(Idler);
    /// idler.try_send(1_u64).unwrap();
    /// assert_eq!(idler.pending(), 1);
    /// inline.run_until_idle();
    /// assert_eq!((idler.pending(), inline.system().ledger().faults), (0, 0));
    /// ```
    pub fn pending(self) -> u64 {
        outlook::queued(self.raw.cell(), self.raw.generation())
    }

    /// What the actor is at; none if it has ended. From any thread.
    ///
    /// A glance at every cell, and at every timer of its system: each worker waits while those of its own are looked
    /// through (a million of them take milliseconds).
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Idler;
    ///
    /// impl Actor for Idler {
    ///     type Msg = u64;
    ///     fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let idler = inline.spawn(Idler);
    /// idler.try_send(1_u64)?;
    /// let status = idler.status().ok_or("it has ended")?;
    /// assert_eq!((status.pending, status.suspended), (1, false));
    /// assert!(status.to_string().ends_with("1 of 1024 pending, 0 asks, 0 timers"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn status(self) -> Option<ActorStatus> {
        status(self.id(), None)
    }
}

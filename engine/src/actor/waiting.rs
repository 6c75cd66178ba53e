//! What an actor does that waits for something else than its next message: who may be suspended on it meanwhile.

use super::behavior::{Actor, Context};
use crate::mailbox::control::Away;
use crate::mailbox::turn::{leave_off, take_up};

impl<A: Actor> Context<'_, A> {
    /// Says whether this actor drains its mailbox. One that waits for something else than its next message (an answer, the end of a
    /// child) and puts everything else aside until then does not, and says so: who is suspended on its full mailbox goes on at
    /// once, and until it says that it drains again nobody is suspended on it: beyond its capacity sends are refused as
    /// `Full`. Otherwise those that it waits for might wait for it. It still handles whatever comes.
    ///
    /// Saying it twice is saying it once; a suspension that comes and goes meanwhile changes nothing. A few atomic exchanges, and
    /// an allocation for an actor's first time; under another policy than `Mute` it changes nothing that can be seen.
    pub fn set_draining(&mut self, drains: bool) {
        // SAFETY: the turn owns the actor.
        let control = unsafe { &(*self.cell.as_ptr()).control };
        if drains {
            take_up(self, control, Away::Waiting);
        } else {
            leave_off(self, control, Away::Waiting);
        }
    }
}

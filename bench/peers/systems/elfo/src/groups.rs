//! What the actors of each group do.

use crate::node::Part;
use crate::parts::group;
use crate::{big, idle, outside, pairs, ring, spawned, spread};
use elfo::{Addr, Blueprint};

/// Of this group; `made` is that of those who are made.
pub(crate) fn blueprint(part: Part, made: Addr) -> Blueprint {
    match part {
        Part::Ping => group(pairs::ping),
        Part::Pong => group(pairs::pong),
        Part::Producer => group(pairs::producer),
        Part::Counter => group(pairs::counter),
        Part::Asker => group(pairs::asker),
        Part::Knows => group(pairs::knows),
        Part::Fork => group(spread::fork),
        Part::Join => group(spread::join),
        Part::Feeder => group(spread::feeder),
        Part::Receiver => group(spread::receiver),
        Part::Maker => group(move |actor| spawned::maker(actor, made)),
        Part::Made => spawned::made(),
        Part::Seat => group(ring::seat),
        Part::Player => group(big::player),
        Part::Idle => group(idle::idle),
        Part::Records => group(outside::records),
    }
}

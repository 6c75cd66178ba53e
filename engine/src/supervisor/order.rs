//! What a supervisor is told: by its children, its timers, its own supervisor and who holds its tree. All but the timers come
//! through the system lane, so that no full mailbox refuses them.

use super::command::Alarm;
use crate::actor::address::Address;
use crate::actor::exit::Report;
use crate::actor::telling;

/// What a supervisor understands: nothing that could be made outside of it.
#[derive(Debug)]
pub struct Order(pub(super) Word);

#[derive(Debug)]
pub(super) enum Word {
    /// A child's report, or its end.
    Report(usize, Report),
    /// A child that is a supervisor itself has something to say to this incarnation of its own.
    Below {
        child: usize,
        to: u64,
        said: Said,
    },
    Alarm(Alarm),
    /// For this incarnation, by its own supervisor: see `courier.rs`.
    Clear(u64),
    Abort(u64),
    /// The root is to come down, in order.
    Stop,
    /// Whoever is left is to be killed.
    Force,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    /// Its children have started for the first time.
    Ready,
    /// Its children have ended, as ordered.
    Cleared,
}

/// Tells a supervisor, unless it has ended.
pub(super) fn tell(to: Address<Order>, word: Word) {
    // Refused only where nobody is left to do it.
    drop(telling::tell_value(to.raw, Box::new(word), |word: Box<Word>| Order(*word)));
}

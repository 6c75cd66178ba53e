//! The ledger: where every message went.

use std::fmt;

/// Where every message of a system went, by counters that each count where it happens.
///
/// `attempts = accepted + refused`, and `accepted = handled + dropped + dead + returned + queued`: [`Ledger::check`] says whether both hold,
/// which they do whenever the system is at rest. [`Display`](fmt::Display) has all of it in one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ledger {
    /// Sends tried. One from a thread outside the engine to an address that was stale counts nowhere: it belongs to no
    /// system. One that waits for a place (`send_timeout`, `send_async`) counts each time it tries: as refused when it finds
    /// none and begins to wait, and once more when it goes in. A message that an actor stashes counts as one.
    pub attempts: u64,
    /// Sends that entered a mailbox, and messages that an actor has put into its [stash](crate::Context::stash): each of them was
    /// handled when it came, and is accepted anew.
    pub accepted: u64,
    /// Sends that did not; each handed its message back, or kept it to wait for a place.
    pub refused: Refused,
    /// Messages given to a handler, whether or not it failed.
    pub handled: u64,
    /// Accepted messages that an overflow policy dropped.
    pub dropped: Dropped,
    /// Accepted messages without a receiver.
    pub dead: Dead,
    /// Accepted messages that were handed back to somebody.
    pub returned: Returned,
    /// Messages in mailboxes, and in stashes.
    pub queued: u64,
    /// Actors begun.
    pub spawned: u64,
    /// Actors ended.
    pub stopped: u64,
    /// Handlers, hooks and destructors that failed.
    pub faults: u64,
    /// Times an actor was suspended on a full mailbox.
    pub mutes: u64,
    /// How long all that took together, of what is over.
    pub stalled: std::time::Duration,
    /// Answers that came after their ask had ended.
    pub late_replies: u64,
}

/// Refused sends by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Refused {
    /// The mailbox was full.
    pub full: u64,
    /// The actor was stopping.
    pub closed: u64,
    /// The actor had ended.
    pub stale: u64,
}

/// Dropped messages by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dropped {
    /// The mailbox was full, and this one came.
    pub newest: u64,
    /// It was the oldest, and there was no place for newer ones.
    pub oldest: u64,
}

/// Dead letters by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Dead {
    /// Left when the actor was stopped at once.
    pub stopped: u64,
    /// Left when the actor failed.
    pub failed: u64,
    /// Sent into a reserved place of an actor that was closed meanwhile.
    pub closed: u64,
    /// Left when the system was aborted.
    pub aborted: u64,
    /// Left when the actor was restarted with an empty mailbox, or meant for the state before that.
    pub restarted: u64,
}

/// Returned messages by cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Returned {
    /// In the mailbox of an actor that was restarted.
    pub restart: u64,
    /// [Tracked](crate::Context::send_tracked), and with their sender again, as they made their receiver fail.
    pub poison: u64,
}

impl Refused {
    /// All causes together.
    pub fn total(&self) -> u64 {
        self.full + self.closed + self.stale
    }
}

impl Dropped {
    /// All causes together.
    pub fn total(&self) -> u64 {
        self.newest + self.oldest
    }
}

impl Dead {
    /// All causes together.
    pub fn total(&self) -> u64 {
        self.stopped + self.failed + self.closed + self.aborted + self.restarted
    }
}

impl Returned {
    /// All causes together.
    pub fn total(&self) -> u64 {
        self.restart + self.poison
    }
}

impl Ledger {
    /// Whether the two sums agree.
    ///
    /// # Errors
    /// Names the sum that does not, with its parts.
    pub fn check(&self) -> Result<(), String> {
        if self.attempts != self.accepted + self.refused.total() {
            return Err(format!(
                "attempts {} != accepted {} + refused {}",
                self.attempts,
                self.accepted,
                self.refused.total()
            ));
        }
        let gone = self.dropped.total() + self.dead.total() + self.returned.total();
        if self.accepted != self.handled + gone + self.queued {
            return Err(format!(
                "accepted {} != handled {} + dropped {} + dead {} + returned {} + queued {}",
                self.accepted,
                self.handled,
                self.dropped.total(),
                self.dead.total(),
                self.returned.total(),
                self.queued
            ));
        }
        Ok(())
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { refused, dropped, dead, returned, .. } = self;
        write!(
            f,
            "{} attempts: {} accepted, {} refused ({} full, {} closed, {} stale); of those accepted {} handled, ",
            self.attempts,
            self.accepted,
            refused.total(),
            refused.full,
            refused.closed,
            refused.stale,
            self.handled
        )?;
        write!(f, "{} dropped ({} newest, {} oldest), ", dropped.total(), dropped.newest, dropped.oldest)?;
        write!(
            f,
            "{} dead ({} stopped, {} failed, {} closed, {} aborted, {} restarted), ",
            dead.total(),
            dead.stopped,
            dead.failed,
            dead.closed,
            dead.aborted,
            dead.restarted
        )?;
        write!(
            f,
            "{} returned ({} restart, {} poison), {} queued; ",
            returned.total(),
            returned.restart,
            returned.poison,
            self.queued
        )?;
        write!(
            f,
            "{} actors spawned, {} stopped, {} faults, {} mutes for {:?}, {} late replies",
            self.spawned, self.stopped, self.faults, self.mutes, self.stalled, self.late_replies
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_has_every_number() {
        let ledger = Ledger {
            attempts: 1,
            accepted: 2,
            refused: Refused { full: 10, closed: 200, stale: 3_000 },
            handled: 4,
            dropped: Dropped { newest: 50, oldest: 600 },
            dead: Dead { stopped: 7, failed: 80, closed: 900, aborted: 1_000, restarted: 20_000 },
            returned: Returned { restart: 30, poison: 400 },
            queued: 5,
            spawned: 60,
            stopped: 70,
            faults: 8,
            mutes: 9,
            stalled: std::time::Duration::from_millis(11),
            late_replies: 12,
        };
        assert_eq!(
            ledger.to_string(),
            "1 attempts: 2 accepted, 3210 refused (10 full, 200 closed, 3000 stale); of those accepted 4 handled, \
             650 dropped (50 newest, 600 oldest), \
             21987 dead (7 stopped, 80 failed, 900 closed, 1000 aborted, 20000 restarted), \
             430 returned (30 restart, 400 poison), 5 queued; \
             60 actors spawned, 70 stopped, 8 faults, 9 mutes for 11ms, 12 late replies"
        );
    }
}

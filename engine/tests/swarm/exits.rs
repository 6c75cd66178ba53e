//! The reason in the news of an end, held against what the one that has ended has written down of it.

use crate::book::{Book, Tie, locked};
use std::sync::atomic::Ordering;
use throng::Exit;

impl Book {
    /// Whoever has this tie is told that the other has ended so. All that this one has written down is written by then.
    pub(crate) fn judge_exit(&self, tie: &Tie, exit: &Exit) {
        let slot = self.slot(tie.on);
        let (bye, ward) = (slot.bye.load(Ordering::Acquire), slot.ward.load(Ordering::Acquire));
        let fallen = &*locked(&slot.fallen);
        // Whoever has said good-bye has stopped, and whoever has failed and does not go on has failed: so neither was killed. But a supervisor
        // ends whom it holds as it will, and a state that it replaces says good-bye too, or has failed.
        let broken_off = ward || !(bye || fallen.is_some());
        let comes_down = self.closed.load(Ordering::Acquire) || self.aborted.load(Ordering::Acquire);
        let is_so = match exit {
            // On threads it may have been at its end when it was tied; but for its parent, who was to be told before it began.
            Exit::Unknown => tie.late.is_some_and(|late| late || !self.simulated),
            _ if tie.late == Some(true) => false,
            Exit::Stopped => bye || (ward && fallen.is_some()),
            Exit::Failed(failure) => fallen.as_ref().is_some_and(|words| {
                *words == failure.to_string() && words.starts_with("panicked: ") == failure.is_panic()
            }),
            Exit::Killed => broken_off,
            // Nothing is handled any more in a simulation that comes down.
            Exit::Aborted => broken_off && comes_down && !self.simulated,
            _ => false,
        };
        if !is_so {
            let (on, by, late) = (tie.on, tie.by, tie.late);
            self.wrong(|| {
                format!(
                    "notices: the end of {on} is told to {by:?} as `{exit}`, and was another: said good-bye {bye}, failed {fallen:?}, \
                     had ended before {late:?}, a supervisor's {ward}"
                )
            });
        }
    }
}

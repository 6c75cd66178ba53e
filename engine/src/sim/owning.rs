//! Whether an actor that is made runnable can have been owned by whoever did that. If not, to run it would be to use its state twice at
//! once, or what is left of it; so a simulation ends instead.

use crate::cell::header::CellPtr;

/// Why it cannot, if that is so: `in_turn` and `runnable` say where the actor is already.
pub(super) fn not_owned(cell: CellPtr, in_turn: bool, runnable: bool) -> Option<&'static str> {
    // SAFETY: cells are never unmapped.
    let header = unsafe { cell.as_ref() };
    match () {
        () if in_turn => Some("is made runnable in its own turn"),
        () if runnable => Some("is runnable twice"),
        () if header.mailbox.has_ended() => Some("is made runnable and has ended"),
        () if !header.mailbox.is_scheduled() => Some("is made runnable by one that has not scheduled it"),
        () => None,
    }
}

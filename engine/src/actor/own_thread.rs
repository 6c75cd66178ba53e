//! An actor with a thread of its own.
//!
//! What makes it one is its kind: the turn in its table is [`hand_over`]. So whoever schedules it does as for any other, a worker
//! picks it up as any other, and in what would be its turn gives it to its thread, which runs the real one: no test on anybody
//! else's way. It may block there; see [`crate::scheduler::apart`] for how that thread is a worker, and
//! [`crate::scheduler::own_thread`] for how it ends.

use super::ext::Ext;
use crate::cell::header::CellPtr;
use crate::scheduler::apart::{self, Turn};
use crate::scheduler::own_thread::OwnThread;
use crate::scheduler::run_queue::Task;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use crate::sync::Arc;
use std::io;
use std::ptr::NonNull;

/// Gives an actor to its thread; the `turn` of its kind's table.
///
/// # Safety
/// `worker` is the worker of this thread, and `cell` has a tenant of such a kind that the caller owns.
pub(super) unsafe fn hand_over(worker: NonNull<()>, cell: CellPtr) {
    // SAFETY: by the caller's promise; the borrow ends with the call, which runs no user code. The owner may look at its cell.
    let (worker, header) = unsafe { (worker.cast::<Worker>().as_ref(), cell.as_ref()) };
    let Some(own) = Ext::of(header).and_then(|ext| ext.own_thread.get()) else {
        unreachable!("set before the actor was first scheduled")
    };
    // From here on the actor may be running there, and be gone, and its extension with it once this thread has passed a
    // quiescent state, which it does not in here.
    worker.shared.own.hand_over(own, Task(cell));
}

/// Starts a thread for an actor of this type, whose turns are these.
///
/// # Errors
/// The system gives none, or is coming down.
pub(super) fn start(shared: &Shared, type_name: &str, turn: Turn) -> io::Result<Arc<OwnThread>> {
    let coming_down = || io::Error::other("the system is coming down");
    let held = shared.hold().ok_or_else(coming_down)?;
    let own = shared.own.enlist(&shared.stats).ok_or_else(coming_down)?;
    let its = Arc::clone(&own);
    // SAFETY: only the actor that it is started for is handed to it, and has such turns.
    let life = move || unsafe { apart::live(held, its, turn) };
    match std::thread::Builder::new().name(short(type_name).into()).spawn(life) {
        Ok(thread) => {
            own.started(thread.thread());
            Ok(own)
        }
        Err(error) => {
            shared.own.leave(&own, &shared.stats);
            Err(error)
        }
    }
}

/// A type's name without the modules it lies in and what it is generic over.
fn short(type_name: &str) -> &str {
    let plain = type_name.split('<').next().unwrap_or(type_name);
    plain.rsplit("::").next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn names_of_types_are_short() {
        let names = [("Plain", "Plain"), ("a::b::Deep", "Deep"), ("a::Of<b::C, d::E<f::G>>", "Of")];
        for (long, name) in names {
            assert_eq!(short(long), name);
        }
    }
}

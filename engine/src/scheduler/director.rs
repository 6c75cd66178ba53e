//! Who directs the turns of a simulated system: says how many messages a turn may handle, what runs between two of them, and
//! what goes wrong. Simulated turns ask the director of their thread; all else of the engine does not know that there are any.
//!
//! A director is there while a simulation steps, and for the thread that steps it alone. One simulation that is stepped in the
//! handler of another takes its place, and gives it back.

use crate::cell::header::CellPtr;
use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// What becomes of a message whose turn has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Cue {
    /// Its handler runs.
    Handle,
    /// It does not: as if it had failed at once.
    Fail(How),
    /// It runs, and fails where it would have ended well.
    FailAfter(How),
}

/// How a handler is made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// As if it had panicked ...
    Panics,
    /// ... or had returned a fault.
    Returns,
}

/// The director of a simulation.
pub(crate) trait Direct {
    /// How many of at most `batch` messages a turn handles that begins.
    fn budget(&self, batch: u32) -> u32;

    /// A turn is `before` or behind a handler: others may run now. No worker is borrowed.
    fn pause(&self, cell: CellPtr, before: bool);

    /// This message of the actor is handled next.
    fn cue(&self, cell: CellPtr, message: &dyn Any) -> Cue;

    /// The actor has failed, of that cue or by itself; what with is one of the floors above. Runs user code.
    fn failed(&self, cell: CellPtr, fault: &dyn Any);

    /// A number below `bound` from the simulation's source.
    fn draw(&self, bound: u64) -> u64;
}

thread_local! {
    static DIRECTOR: RefCell<Option<Rc<dyn Direct>>> = const { RefCell::new(None) };
}

/// Has `director` direct what runs in `scene`.
pub(crate) fn directing<R>(director: Rc<dyn Direct>, scene: impl FnOnce() -> R) -> R {
    struct Before(Option<Rc<dyn Direct>>);
    impl Drop for Before {
        fn drop(&mut self) {
            let mine = DIRECTOR.with(|director| director.replace(self.0.take()));
            drop(mine);
        }
    }
    let _before = Before(DIRECTOR.with(|current| current.replace(Some(director))));
    scene()
}

/// The director of this thread, if a simulation is stepped on it.
pub(crate) fn current() -> Option<Rc<dyn Direct>> {
    // None too where the thread is so far gone that it has none any more.
    DIRECTOR.try_with(|director| director.borrow().clone()).ok().flatten()
}

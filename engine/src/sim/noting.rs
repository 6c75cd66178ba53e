//! Notes from within a step: a handler knows what its message is, and who has sent it.

use super::state::State;
use crate::scheduler::shared::Shared;
use crate::sync::Arc;
use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

/// The simulation that this thread takes a step of.
struct Here {
    state: Rc<RefCell<State>>,
    shared: Arc<Shared>,
}

thread_local! {
    static HERE: RefCell<Option<Here>> = const { RefCell::new(None) };
}

/// Has what is noted in `step` be of this simulation.
pub(super) fn noting<R>(state: &Rc<RefCell<State>>, shared: &Arc<Shared>, step: impl FnOnce() -> R) -> R {
    /// One simulation may be stepped in a handler of another.
    struct Before(Option<Here>);
    impl Drop for Before {
        fn drop(&mut self) {
            HERE.set(self.0.take());
        }
    }
    let here = Here { state: Rc::clone(state), shared: Arc::clone(shared) };
    let _before = Before(HERE.replace(Some(here)));
    step()
}

/// Puts words into the [trace](crate::sim::Simulation::trace) of the simulation that this thread takes a step of, a line for each of
/// theirs, as [`Simulation::note`](crate::sim::Simulation::note) does between two steps: for handlers, which know what a message is and
/// whom it is from. Where no simulation is stepped it does nothing, and forms no words.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, System, sim};
///
/// #[derive(Debug)]
/// enum Lamp {
///     On { by: &'static str },
/// }
///
/// struct Hall;
///
/// impl Actor for Hall {
///     type Msg = Lamp;
///     fn handle(&mut self, lamp: Lamp, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         // In an actor of a program, where `sim` is a feature of tests: #[cfg(test)]
///         sim::note(format_args!("{lamp:?}"));
///         let Lamp::On { by: _ } = lamp;
///         Ok(())
///     }
/// }
///
/// let mut sim = System::simulated(1);
/// sim.spawn(Hall).try_send(Lamp::On { by: "the porter" }).expect("there is room");
/// sim.run_until_idle();
/// assert!(sim.trace().ends_with("note: On { by: \"the porter\" }\n"), "{}", sim.trace());
/// ```
pub fn note(words: impl Display) {
    // None too where the thread is so far gone that it has none any more.
    let here = HERE.try_with(|here| {
        here.borrow().as_ref().map(|here| (Rc::clone(&here.state), here.shared.clock.now()))
    });
    let Some((state, at)) = here.ok().flatten() else { return };
    // User code forms them.
    let words = format!("note: {words}");
    let state = &mut *state.borrow_mut();
    state.trace.remark(at, state.steps, words);
}

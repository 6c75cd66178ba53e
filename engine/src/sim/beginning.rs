//! What a test begins, and goes on beside.

use super::begun::{Begun, Task};
use super::simulation::Simulation;
use std::future::Future;
use std::rc::{Rc, Weak};

impl Simulation {
    /// Begins a future and goes on: polls it now, so that an [`Ask`](crate::Ask) is asked, and then between the steps that other verbs take,
    /// whenever it has been woken; takes none itself. Where [`Simulation::block_on`] takes steps until the answer is there, here the test
    /// says which. So several clients ask at the same time, or the test looks at what is meanwhile.
    ///
    /// What the future panics with comes out of the verb that polls it. A box for it, and a poll for each time that it is woken.
    ///
    /// # Examples
    /// ```
    /// use throng::sim;
    /// use throng::{Actor, Context, Fault, Reply};
    ///
    /// /// Gives numbers, each once.
    /// struct Desk(u32);
    ///
    /// impl Actor for Desk {
    ///     type Msg = Reply<u32>;
    ///     fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0 += 1;
    ///         reply.send(self.0);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// sim::explore(0..50, |sim| {
    ///     let desk = sim.spawn(Desk(0));
    ///     let mut one = sim.begin(desk.ask(|reply| reply));
    ///     let other = sim.begin(desk.ask(|reply| reply));
    ///     assert_eq!((sim.pending(desk), one.take()), (2, None));
    ///     sim.run_until_idle();
    ///     assert_eq!(one.take(), Some(Ok(1)));
    ///     assert_eq!(sim.block_on(other), Some(Ok(2)));
    /// });
    /// ```
    pub fn begin<F: Future + 'static>(&mut self, future: F) -> Begun<F::Output> {
        let (begun, task) = Begun::new(future);
        if !task.is_over() {
            self.begun.push(Rc::downgrade(&task));
        }
        begun
    }

    /// Polls what is begun and was woken. Runs user code.
    pub(super) fn go_on_with_begun(&mut self) {
        if self.begun.is_empty() {
            return;
        }
        let is_open = |task: &Weak<Task>| {
            let task = task.upgrade();
            task.is_some_and(|task| {
                task.go_on();
                !task.is_over()
            })
        };
        self.begun.retain(is_open);
    }
}

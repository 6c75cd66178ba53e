//! Futures outside: what a test begins, and goes on beside, and what it waits for.

use super::begun::{Begun, Bell};
use super::simulation::Simulation;
use crate::time::Nanos;
use std::future::Future;
use std::panic::Location;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

impl Simulation {
    /// Begins a future and goes on: polls it now, so that an [`Ask`](crate::Ask) is asked, and then between the steps that other verbs take,
    /// if it has been woken; takes none itself. Where [`Simulation::block_on`] takes steps until the answer is there, here the test
    /// says which. So several clients ask at the same time, or the test looks at what is meanwhile.
    ///
    /// Before a step and behind it there is a round of polls: each that is woken is polled once, also if it is woken by another in that
    /// round, begun before it or behind it. One that is woken again after that, as by itself, is polled in the next round. Where there is no
    /// step to take there is round after round, until none is woken, and no time passes meanwhile: a verb that takes steps until there is
    /// none left leaves nothing woken. One that wakes itself without end fails the test, as it is the [limit](Simulation::limit) of such
    /// rounds too.
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
    #[track_caller]
    pub fn begin<F: Future + 'static>(&mut self, future: F) -> Begun<F::Output> {
        let (begun, task) = Begun::new(future, Location::caller());
        if !task.is_over() {
            self.begun.push(Rc::downgrade(&task));
        }
        begun
    }

    /// Takes steps, and lets time pass, until a future is ready: an [`Ask`](crate::Ask), a [`SendFuture`](crate::SendFuture), a
    /// [`Join`](crate::Join). It is polled after each step. None if nothing is left that could make it so: there is no step to take, no
    /// timer is armed, and neither it nor anything that was [begun](Simulation::begin) is woken; no time passes as long as any of them is.
    /// [`Simulation::begin`] goes on beside it instead.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub fn block_on<F: Future>(&mut self, future: F) -> Option<F::Output> {
        let place = Location::caller();
        let mut future = pin!(future);
        let bell = Bell::new(false);
        let waker = Waker::from(Arc::clone(&bell));
        let mut cx = Context::from_waker(&waker);
        let mut rounds = 0;
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Some(output);
            }
            let others = self.go_on_with_begun();
            let stepped = self.take_step();
            let woken = bell.was_rung();
            if stepped {
                rounds = 0;
            } else if others || woken {
                self.count_round(&mut rounds, woken.then_some(place));
            } else if !self.go_to_next(Nanos::MAX) {
                return None;
            }
        }
    }

    /// A round: polls what is begun and was woken, each once, until nobody else is. Whether anything was polled. Runs user code.
    pub(super) fn go_on_with_begun(&mut self) -> bool {
        if self.begun.is_empty() {
            return false;
        }
        self.round += 1;
        let mut any = false;
        // A poll may wake one that was passed over.
        while self.pass_over_begun() {
            any = true;
        }
        any
    }

    fn pass_over_begun(&mut self) -> bool {
        let round = self.round;
        let mut any = false;
        self.begun.retain(|task| {
            let task = task.upgrade();
            task.is_some_and(|task| {
                any |= task.go_on_in(round);
                !task.is_over()
            })
        });
        any
    }
}

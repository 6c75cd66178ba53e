//! Stopping several actors one after the other, the last one first, each when the one before has ended.
//!
//! Nobody waits in a thread: what is left to do is handed on. It lies in the onlooker on the actor that is stopping, which that
//! one's end calls; there is one of them at a time, so the steps are ordered by the ends themselves.

use crate::actor::behavior::{Actor, Context};
use crate::actor::ending::stop_raw;
use crate::actor::exit::Exit;
use crate::actor::outside::block_on;
#[cfg(feature = "sim")]
use crate::actor::outside::is_stepped_here;
use crate::actor::post::ActorId;
use crate::actor::watch::{Ended, enlist};
use crate::oneshot::{self, Receiver};
use crate::panics::contained;
use crate::scheduler::worker;
use crate::sync::{Arc, Mutex};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context as PollContext, Poll};
use std::time::Duration;

/// A set of actors that are being stopped in reverse order; made by [`StopAll::reverse`]. A future of their ends, in the order in
/// which they were stopped. Dropping it does not end the stopping.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, StopAll, System};
/// use std::time::Duration;
///
/// struct Stage(&'static str);
///
/// impl Actor for Stage {
///     type Msg = ();
///     fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
///         println!("{} stopped", self.0);
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(2).build()?;
/// let stages = ["database", "cache", "front"].map(|name| system.spawn(Stage(name)));
/// // The front first, the database last.
/// let ends = StopAll::reverse(stages).wait(Duration::from_secs(10)).expect("they stop");
/// assert_eq!(ends.iter().map(|end| end.actor).collect::<Vec<_>>(), [2, 1, 0].map(|n: usize| stages[n].id()));
/// assert!(ends.iter().all(|end| end.exit.is_normal()));
/// # Ok(())
/// # }
/// ```
#[must_use = "they stop all the same; this says when they have"]
pub struct StopAll {
    done: Receiver<Vec<Ended>>,
    /// Who was to be stopped.
    #[cfg(feature = "sim")]
    whom: Vec<ActorId>,
}

impl fmt::Debug for StopAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopAll").finish_non_exhaustive()
    }
}

impl StopAll {
    /// Stops these, which are given in the order in which they were spawned, the last one first. Each is told to
    /// [stop](crate::Address::stop), handles what is in its mailbox, and has ended before the one before it is told. Of one
    /// that has ended already the exit is [`Exit::Unknown`]. One that does not end holds up those before it.
    ///
    /// Costs an allocation or two for each, and no thread.
    pub fn reverse<I>(actors: impl IntoIterator<Item = I>) -> Self
    where
        I: Into<ActorId>,
    {
        let (done, outcome) = oneshot::channel();
        let whom: Vec<ActorId> = actors.into_iter().map(Into::into).collect();
        let this = Self {
            done: outcome,
            #[cfg(feature = "sim")]
            whom: whom.clone(),
        };
        start(whom, move |ended| done.send(ended));
        this
    }

    /// Waits for the last end, on this thread.
    ///
    /// # Errors
    /// This, to wait again, if the time was over first.
    ///
    /// # Panics
    /// On a worker thread, which would hold up those it waits for: there is [`Context::stop_all`] for handlers. On the thread that steps
    /// the simulation of one of them, if they have not ended: there is `Simulation::block_on`.
    #[track_caller]
    pub fn wait(mut self, timeout: Duration) -> Result<Vec<Ended>, StopAll> {
        assert!(
            worker::current().is_none(),
            "`wait` on a worker would hold up whom it waits for: use `cx.stop_all`"
        );
        block_on(&mut self, timeout, Self::vain).ok_or(self)
    }

    #[cfg(feature = "sim")]
    fn vain(&mut self) -> Option<(&'static str, &'static str)> {
        let is_stepped = self.whom.iter().any(|actor| is_stepped_here(actor.0));
        is_stepped.then_some(("StopAll::wait", "`Simulation::block_on(stop_all)`"))
    }

    #[cfg(not(feature = "sim"))]
    fn vain(&mut self) -> Option<(&'static str, &'static str)> {
        None
    }
}

impl Future for StopAll {
    type Output = Vec<Ended>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut PollContext<'_>) -> Poll<Vec<Ended>> {
        self.done.poll(cx)
    }
}

impl<A: Actor> Context<'_, A> {
    /// As [`StopAll::reverse`]; this actor is told when all have ended, by a message that no full mailbox refuses. Should it be
    /// one of them, it stops like the others, and is not told.
    pub fn stop_all<I, F>(&mut self, actors: impl IntoIterator<Item = I>, then: F)
    where
        I: Into<ActorId>,
        F: FnOnce(Vec<Ended>) -> A::Msg + Send + 'static,
    {
        let notice = self.notice(then);
        start(actors, move |ended| {
            // Refused only where nobody is left to be told.
            drop(notice.send(ended));
        });
    }
}

fn start<I: Into<ActorId>>(
    actors: impl IntoIterator<Item = I>,
    done: impl FnOnce(Vec<Ended>) + Send + 'static,
) {
    let left: Vec<_> = actors.into_iter().map(Into::into).collect();
    let ended = Vec::with_capacity(left.len());
    Chain { left, ended, done: Box::new(done) }.go_on();
}

/// What is left to do.
struct Chain {
    left: Vec<ActorId>,
    ended: Vec<Ended>,
    done: Box<dyn FnOnce(Vec<Ended>) + Send>,
}

impl Chain {
    fn go_on(mut self) {
        while let Some(actor) = self.left.pop() {
            // Taken by the actor's end, or, if that has been, back by us.
            let parked = Arc::new(Mutex::new(Some(self)));
            let take =
                |parked: &Mutex<Option<Chain>>| parked.lock().unwrap_or_else(PoisonError::into_inner).take();
            let its = Arc::clone(&parked);
            let onlooker = move |exit: &Exit| {
                if let Some(mut chain) = take(&its) {
                    chain.ended.push(Ended { actor, exit: exit.clone() });
                    chain.go_on();
                }
            };
            if enlist(actor.0, Box::new(onlooker)).is_ok() {
                // Only now: its end finds the onlooker.
                stop_raw(actor.0.number(), actor.0.generation());
                return;
            }
            let Some(chain) = take(&parked) else { return };
            self = chain;
            self.ended.push(Ended { actor, exit: Exit::Unknown });
        }
        let Chain { ended, done, .. } = self;
        // It may wake a foreign executor.
        contained(|| done(ended));
    }
}

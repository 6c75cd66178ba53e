//! What can be done with every ask.

use super::join::Both;
use super::map::{Map, MapErr};
use super::part::Part;
use crate::actor::outside;
use crate::error::{AskError, Reason};
use crate::scheduler::worker;
use std::future::Future;
use std::time::Duration;

/// An ask as a value: an [`Ask`](crate::Ask), or several that were put together. A future for any executor; or wait for
/// it. Nothing is asked before the first poll, and then everything at once; dropped, it withdraws what is left: what has not
/// been asked yet will not be, and later answers are late, counted, and reach nobody.
///
/// With [`join_all`](crate::join_all), [`outcomes`](crate::outcomes) and [`first`](crate::first) there are many at once. Asks
/// of different types are put together as `Box<dyn Asking<Output = ..>>`. In a handler nobody waits:
/// [`Context::ask`](crate::Context::ask), [`Context::ask_all`](crate::Context::ask_all) and
/// [`Context::ask_first`](crate::Context::ask_first) bring the outcome as a message.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Asking, Context, Fault, Reply, System};
///
/// struct Stock(u32);
///
/// impl Actor for Stock {
///     type Msg = Reply<u32>;
///     fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         reply.send(self.0);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let (apples, pears) = (system.spawn(Stock(3)), system.spawn(Stock(4)));
/// let both = apples.ask(|reply| reply).join(pears.ask(|reply| reply));
/// let total = both.map(|(apples, pears)| apples + pears).within(Duration::from_secs(1));
/// assert_eq!(total.wait()?, 7);
/// # Ok(())
/// # }
/// ```
pub trait Asking: Future + Part + Unpin {
    /// Changes the answer, if one comes; in the poll or wait that receives it.
    fn map<T, E, U, F: FnOnce(T) -> U>(self, change: F) -> Map<Self, F>
    where
        Self: Future<Output = Result<T, E>> + Sized,
    {
        Map::new(self, change)
    }

    /// Changes the failure, if there is one.
    fn map_err<T, E, U, F: FnOnce(E) -> U>(self, change: F) -> MapErr<Self, F>
    where
        Self: Future<Output = Result<T, E>> + Sized,
    {
        MapErr::new(self, change)
    }

    /// Asks this and another at once: both answers, or the first failure, which withdraws the other.
    fn join<B, T, U, E>(self, other: B) -> Both<Self, B, T, U>
    where
        Self: Future<Output = Result<T, E>> + Sized,
        B: Future<Output = Result<U, E>> + Part + Unpin,
    {
        Both::new(self, other)
    }

    /// A deadline over all of it, which begins with the first poll: whatever is open then ends with
    /// [`AskError::Timeout`]. It shortens what an ask in it has for a [deadline](crate::Ask::deadline) of its own, and stands in
    /// place of the five seconds of those that name none. Kept by the clock of the system that was asked, as any.
    fn within(mut self, deadline: Duration) -> Self
    where
        Self: Sized,
    {
        self.limit(deadline);
        self
    }

    /// Waits on this thread until it is over; on a worker thread everything in it ends at once as `Refused(WouldBlock)`.
    ///
    /// # Panics
    /// On the thread that steps a simulation, if one of its actors was asked, which would not answer meanwhile.
    #[track_caller]
    fn wait(mut self) -> Self::Output
    where
        Self: Sized,
    {
        if worker::current().is_some() {
            self.cut(AskError::Refused(Reason::WouldBlock));
        }
        let vain =
            |this: &mut Self| this.is_stepped_here().then_some(("wait", "`Simulation::block_on(ask)`"));
        let latest = self.latest();
        loop {
            if let Some(output) = outside::block_on(&mut self, latest, vain) {
                return output;
            }
            // The system's clock has not kept the deadline: it has no thread that runs, say.
            self.cut(AskError::Timeout);
        }
    }
}

impl<A: Future + Part + Unpin + ?Sized> Asking for A {}

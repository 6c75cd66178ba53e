//! What a user writes: the trait, what a handler may fail with, and what a handler is given.

use crate::actor::fault::Fault;
use crate::actor::link::{Demand, Inlet};
use crate::actor::options::Options;
#[cfg(feature = "sim")]
use crate::actor::scene::Scene;
use crate::cell::header::CellPtr;
use crate::mailbox::lanes::{Lane, Lanes};
use crate::mailbox::tenant::Wish;
use crate::scheduler::worker::Worker;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// An actor: private state that handles one message at a time.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault};
///
/// struct Counter(u64);
///
/// impl Actor for Counter {
///     type Msg = u64;
///     fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.0 += n;
///         Ok(())
///     }
/// }
/// ```
pub trait Actor: Send + Sized + 'static {
    /// What the actor understands: usually one enum.
    type Msg: Send + 'static;

    /// Handles one message. Never runs on two workers at once.
    ///
    /// # Errors
    /// An error, or a panic, is contained: [`Actor::failed`] decides whether the actor goes on.
    fn handle(&mut self, message: Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault>;

    /// The lane of a message; asked once, when it is taken from the mailbox, of an actor that is spawned with two
    /// [`lanes`](crate::OptionsBuilder::lanes). A panic in here counts as a fault, and the message as a normal one.
    fn lane(&self, _: &Self::Msg) -> Lane {
        Lane::Normal
    }

    /// Handles messages together, if the actor is spawned to [`gather`](crate::OptionsBuilder::gather) them; otherwise, and for
    /// outcomes of asks, items of flows, ticks and news, [`Actor::handle`] is called.
    ///
    /// What is not taken from the batch, because this returns early, fails or panics, is not lost: it comes first in the next
    /// batch, or is a dead letter if the actor ends. What has been taken is not given again. A batch of which nothing was taken
    /// goes to [`Actor::handle`], message by message, which is what happens by default.
    ///
    /// # Errors
    /// As for [`Actor::handle`].
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Batch, Context, Fault, Options, System};
    ///
    /// /// Writes rows together.
    /// struct Table {
    ///     written: Vec<Vec<u32>>,
    /// }
    ///
    /// impl Actor for Table {
    ///     type Msg = u32;
    ///     fn handle(&mut self, row: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.written.push(vec![row]);
    ///         Ok(())
    ///     }
    ///     fn handle_batch(&mut self, rows: &mut Batch<'_, u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.written.push(rows.collect());
    ///         Ok(())
    ///     }
    ///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
    ///         assert_eq!(self.written, [vec![1, 2], vec![3]]);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let pairs = Options::builder().gather(2, Duration::ZERO).build()?;
    /// let table = inline.system().try_spawn(Table { written: Vec::new() }, &pairs)?;
    /// for row in 1..=3_u32 {
    ///     table.try_send(row)?;
    /// }
    /// let _ = table.stop();
    /// inline.run_until_idle();
    /// assert_eq!((inline.system().ledger().handled, inline.system().ledger().faults), (3, 0));
    /// # Ok(())
    /// # }
    /// ```
    fn handle_batch(&mut self, _: &mut Batch<'_, Self::Msg>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }

    /// A flow into this actor begins ([`Context::open_flow`]): who grants its credit. A consumer that means to grant by hand, or to
    /// cancel, keeps the inlet. By default the engine grants. A panic in here cancels the flow.
    fn flow_opened(&mut self, _: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        Demand::Automatic
    }

    /// Runs before the first message, on a worker.
    ///
    /// # Errors
    /// As for [`Actor::handle`]. If the actor ends here, what was sent to it becomes dead letters.
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }

    /// Runs when the actor ends in good order: stopped, whether or not its messages were left. Not after a failure and
    /// not when the system is aborted. Sends still work; a panic here is contained and counted.
    fn stopped(&mut self, _: &mut Context<'_, Self>) {}

    /// Runs after `handle` or `started` failed, with the state as it was left. Its answer decides what follows; a
    /// panic in here counts as [`Directive::Stop`]. By default the actor stops. The engine counts a fault in the ledger and
    /// prints nothing: who wants to read of it writes it down here.
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Stop
    }

    /// The options of actors of this type that are spawned without any.
    fn options() -> Options {
        Options::default()
    }
}

/// What a batch is to the borrow checker: the lanes, on loan, that give messages.
type Borrowed<'a, M> = (&'a mut Lanes, fn() -> M);

/// Messages that are handled together, in the order in which their turn came: what [`Actor::handle_batch`] is given. Taking one
/// makes it the handler's.
#[derive(Debug)]
pub struct Batch<'a, M> {
    pub(super) lanes: NonNull<Lanes>,
    pub(super) worker: NonNull<Worker>,
    /// Of a simulated turn.
    #[cfg(feature = "sim")]
    pub(super) scene: Option<Scene<M>>,
    pub(super) messages: PhantomData<Borrowed<'a, M>>,
}

/// What becomes of an actor that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Directive {
    /// It ends; what is left in its mailbox becomes dead letters.
    Stop,
    /// It goes on with the next message. The one that failed is not handled again.
    Resume,
}

/// What a handler is given: its own address, sending, spawning, asking, timers, stopping.
///
/// It lives for one turn and stays on its worker.
#[derive(Debug)]
pub struct Context<'a, A: ?Sized> {
    pub(super) worker: NonNull<Worker>,
    pub(super) cell: CellPtr,
    /// To stop, or to be muted on the fullest mailbox over its capacity that this handler has sent to.
    pub(super) wish: Wish,
    /// Its messages are sorted when they are taken.
    pub(super) sorted: bool,
    /// What its thread's handlers had sent when the turn began.
    pub(super) sent: u64,
    pub(super) lifetime: PhantomData<(&'a mut Worker, *mut A)>,
}

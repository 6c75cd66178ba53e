//! What a handler can do.

use super::address::{Address, Recipient};
use super::behavior::{Actor, Context};
use super::deliver;
use super::post::{self, Bound, Entered, Raw, Way};
use super::pressing;
use crate::cell::arena;
use crate::cell::header::Limits;
use crate::error::SendError;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::Step;
use crate::mailbox::tenant::Stop;
use crate::mailbox::word::CLOSED;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use crate::sync::{Arc, Mutant, mutant};
use std::time::Duration;

impl<A: Actor> Context<'_, A> {
    /// The worker that runs this turn. The borrow must end before user code runs.
    #[inline(always)]
    pub(super) fn worker<'w>(&self) -> &'w mut Worker {
        // SAFETY: a context is used on its worker's thread alone, and each borrow is as short as one call.
        unsafe { &mut *self.worker.as_ptr() }
    }

    /// What the workers of this actor's system share.
    pub(crate) fn home<'w>(&self) -> &'w Arc<Shared> {
        &self.worker().shared
    }

    /// This actor's address as a number.
    pub(crate) fn number(&self) -> u64 {
        self.raw().0.get()
    }

    /// The bounds of this actor.
    #[inline(always)]
    pub(super) fn limits(&self) -> &'static Limits {
        // SAFETY: the turn owns the actor, and so may look at its kind.
        unsafe { &self.cell.as_ref().kind().limits }
    }

    #[inline(always)]
    pub(super) fn raw(&self) -> Raw {
        // SAFETY: the turn owns the cell.
        Raw::new(arena::number(self.cell), unsafe { self.cell.as_ref() }.generation())
    }

    /// This actor's own address: to send to itself, and for whoever is to answer.
    #[inline]
    pub fn me(&self) -> Address<A::Msg> {
        Address::new(self.raw())
    }

    /// Sends. If that fills the receiver beyond its capacity and its policy is [`Overflow::Mute`](crate::Overflow), the
    /// message enters all the same (up to the hard limit), and *this actor* is suspended after the handler until the
    /// receiver has drained to its [`low`](crate::OptionsBuilder::low) mark. One atomic exchange, and no allocation once the
    /// pools are warm.
    ///
    /// # Errors
    /// `Full` at the hard limit under [`Overflow::Mute`](crate::Overflow); at the capacity under
    /// [`Overflow::Fail`](crate::Overflow) and [`Overflow::Signal`](crate::Overflow), and under `Mute` too where nobody can be
    /// suspended on the receiver: it lives in another system, or is [suspended](Address::suspend) itself. `Closed` and `Stale`.
    /// Each hands the message back.
    #[inline(always)]
    pub fn send<M: Send + 'static>(
        &mut self,
        to: Address<M>,
        message: impl Into<M>,
    ) -> Result<(), SendError<M>> {
        // User code, and so before the worker is borrowed.
        let message = message.into();
        match post::from_worker(self.worker(), to.raw, message, Bound::Policy) {
            Ok(entered) => self.mind(to.raw, entered),
            Err(out) => {
                let entered = deliver::resolve(to.raw, out)?;
                self.mind(to.raw, entered);
            }
        }
        Ok(())
    }

    /// Sends if the receiver is below its capacity, strictly. Never suspends anybody.
    ///
    /// # Errors
    /// `Full`, `Closed` and `Stale`, with the message.
    #[inline(always)]
    pub fn try_send<M: Send + 'static>(
        &mut self,
        to: Address<M>,
        message: impl Into<M>,
    ) -> Result<(), SendError<M>> {
        // User code, and so before the worker is borrowed.
        let message = message.into();
        match post::from_worker(self.worker(), to.raw, message, Bound::Capacity) {
            Ok(entered) => self.mind(to.raw, entered),
            Err(out) => {
                let entered = deliver::resolve(to.raw, out)?;
                self.mind(to.raw, entered);
            }
        }
        Ok(())
    }

    /// Sends through a narrower address, as [`Context::send`] does: beyond the receiver's capacity this actor is
    /// suspended after the handler. Costs an exchange more, as [`Recipient::try_send`].
    ///
    /// # Errors
    /// As [`Context::send`].
    pub fn send_to<N: Send + 'static>(&mut self, to: Recipient<N>, message: N) -> Result<(), SendError<N>> {
        let entered = (to.send)(to.raw, message, Way::Within(Bound::Policy))?;
        self.mind(to.raw, entered);
        Ok(())
    }

    #[inline(always)]
    pub(super) fn mind(&mut self, to: Raw, entered: Entered) {
        if entered.count > entered.mark {
            let excess = entered.count - entered.mark;
            if !self.wish.exceeds_more(to.number(), excess) {
                self.over(to, excess);
            }
        }
    }

    #[cold]
    fn over(&mut self, to: Raw, excess: u32) {
        // SAFETY: cells are never unmapped, and this worker has been online since the send.
        if unsafe { to.cell().as_ref().kind() }.limits.overflow == Overflow::Signal {
            pressing::turn(to, Step::Rise);
            return;
        }
        let number = to.number();
        // A stopping actor must get to its end, and nobody waits for himself.
        // SAFETY: the turn owns the cell.
        let stopping =
            self.wish.stop() != Stop::No || unsafe { self.cell.as_ref() }.mailbox.peek().has(CLOSED);
        if !stopping && !mutant(Mutant::MuteForgotten) && number != arena::number(self.cell) {
            self.wish.exceed(number, excess);
        }
    }

    /// Stops this actor once what is in its mailbox at the end of this handler has been handled. Until the handler returns its
    /// mailbox takes messages, also from itself; from then on nothing more is accepted. To shut it at once, and yet handle what
    /// is there: `cx.me().stop()`.
    #[inline]
    pub fn stop(&mut self) {
        self.wish.stop_once(Stop::Drained);
    }

    /// Stops this actor after this handler; what is in its mailbox by then becomes dead letters. Until the handler returns its
    /// mailbox takes messages, which become dead letters too; from then on nothing more is accepted.
    pub fn stop_now(&mut self) {
        self.wish.stop_once(Stop::Now);
    }

    /// How long the system's clock has gone: what timers and deadlines go by, and virtual where that is. About 25 ns.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// /// Keeps when it was told.
    /// struct Diary(Vec<Duration>);
    ///
    /// impl Actor for Diary {
    ///     type Msg = ();
    ///     fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0.push(cx.time());
    ///         if self.0.len() < 3 {
    ///             cx.after(Duration::from_secs(60), ());
    ///         } else {
    ///             assert_eq!(self.0, [0, 60, 120].map(Duration::from_secs));
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline_virtual();
    /// inline.spawn(Diary(Vec::new())).try_send(()).unwrap();
    /// inline.advance(Duration::from_secs(120));
    /// assert_eq!((inline.system().ledger().handled, inline.system().ledger().faults), (3, 0));
    /// ```
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.now())
    }

    /// Nanoseconds since the system was started, by its clock. About 25 ns.
    pub(crate) fn now(&self) -> crate::time::Nanos {
        self.worker().shared.clock.now()
    }

    /// The system of this actor.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.worker().shared
    }

    /// The number of the worker that runs this turn, from 0; the number of workers on a [thread of the actor's
    /// own](crate::OptionsBuilder::own_thread).
    pub fn worker_index(&self) -> usize {
        self.worker().index
    }
}

//! Messages that an actor keeps for later. What lies where, and how it counts, is the mailbox floor's
//! ([`stash`](crate::mailbox::stash)).

use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::parcel::Packing;
use crate::error::StashFull;

impl<A: Actor> Context<'_, A> {
    /// Keeps a message for later, behind those that are kept already, until it is given back by [`Context::unstash`] or
    /// [`Context::unstash_all`]: one that this actor cannot handle in the state that it is in.
    ///
    /// What is kept takes a place in the mailbox, so that the bound holds for both together; one place is left for what comes,
    /// and so at most capacity - 1 messages can be kept. Who is suspended on this actor waits until what is *not* kept has sunk to the
    /// low mark. In the ledger the message that came has been handled, and the one that is kept was accepted anew, as if it
    /// had been sent here: it counts as queued, which is no work left to do, and is a dead letter if the actor ends.
    ///
    /// Costs an envelope and one atomic exchange. An actor that drops its oldest exactly
    /// ([`Overflow::DropOldestExact`](crate::Overflow::DropOldestExact)) keeps messages beside its line, and no policy drops what is kept.
    ///
    /// # Errors
    /// [`StashFull`] with the message.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// /// Handles nothing before it is opened.
    /// struct Shop {
    ///     is_open: bool,
    ///     served: Vec<u32>,
    /// }
    ///
    /// enum Msg {
    ///     Open,
    ///     Serve(u32),
    /// }
    ///
    /// impl Actor for Shop {
    ///     type Msg = Msg;
    ///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Open => {
    ///                 self.is_open = true;
    ///                 cx.unstash_all();
    ///             }
    ///             Msg::Serve(_) if !self.is_open => cx.stash(message)?,
    ///             Msg::Serve(customer) => self.served.push(customer),
    ///         }
    ///         Ok(())
    ///     }
    ///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
    ///         assert_eq!(self.served, [1, 2, 3]);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let shop = inline.spawn(Shop { is_open: false, served: Vec::new() });
    /// for message in [Msg::Serve(1), Msg::Serve(2), Msg::Open, Msg::Serve(3)] {
    ///     shop.try_send(message)?;
    /// }
    /// let _ = shop.stop();
    /// inline.run_until_idle();
    /// assert_eq!(inline.system().ledger().faults, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn stash(&mut self, message: A::Msg) -> Result<(), StashFull<A::Msg>> {
        let most = self.limits().capacity - 1;
        // SAFETY: the turn owns the actor.
        let (header, stash) = unsafe {
            let header = self.cell.as_ref();
            (header, &mut *Ext::of_or_new(header).stash_or_new().as_ptr())
        };
        if stash.len() >= most {
            return Err(StashFull { message, most });
        }
        let worker = self.worker();
        let envelope = Packing::seal(&mut worker.pool, message);
        // SAFETY: the turn owns the actor, and the envelope was just made.
        if !unsafe { stash.keep(&header.mailbox, Ext::of_or_new(header).kept(), envelope) } {
            // SAFETY: still ours, with the message in it.
            let message = unsafe {
                let message = Packing::open(envelope);
                Packing::<A::Msg>::free(&mut worker.pool, envelope);
                message
            };
            return Err(StashFull { message, most: stash.len() });
        }
        let counters = worker.counters();
        counters.attempts.add(1);
        counters.accepted.add(1);
        counters.stashed.add(1);
        Ok(())
    }

    /// Gives the oldest message that is kept back to the mailbox, before all that lies there: it is handled next, unless another
    /// was given back before it in this handler. False if none is kept.
    pub fn unstash(&mut self) -> bool {
        self.give_back(1) > 0
    }

    /// Gives all messages that are kept back to the mailbox, in the order in which they were put away, and before all that lies
    /// there: they are handled next. Gives their number. A stop in the same handler comes after them, a stop now before.
    pub fn unstash_all(&mut self) -> usize {
        self.give_back(u32::MAX) as usize
    }

    /// Messages that are kept.
    pub fn stashed(&self) -> usize {
        // SAFETY: the turn owns the actor.
        unsafe { self.cell.as_ref() }.kept() as usize
    }

    fn give_back(&mut self, most: u32) -> u32 {
        // SAFETY: the turn owns the actor.
        let Some(ext) = Ext::of(unsafe { self.cell.as_ref() }) else { return 0 };
        // SAFETY: as above; the borrow ends here, and no user code runs in it.
        let Some(stash) = (unsafe { ext.stash() }) else { return 0 };
        // SAFETY: as above.
        let given = unsafe { (*stash.as_ptr()).give_back(ext.kept(), most, &mut self.wish) };
        self.worker().counters().unstashed.add(u64::from(given));
        given
    }

    /// Credit has gone back: what was given back goes to the front of the private queue. Where messages are sorted there is
    /// none, and it is taken from the stash.
    pub(super) fn return_unstashed(&mut self) {
        // SAFETY: the turn owns the actor.
        let header = unsafe { self.cell.as_ref() };
        // SAFETY: as above; nothing is in place, as the cursor is settled.
        unsafe {
            let Some(mut stash) = Ext::of(header).and_then(|ext| ext.stash()) else { return };
            if self.sorted {
                stash.as_mut().make_ready();
            } else {
                stash.as_mut().return_to(&header.mailbox);
            }
        }
    }
}

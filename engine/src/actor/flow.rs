//! Credit flow: a typed link from one producer to one consumer, on which demand is never exceeded.
//!
//! The consumer grants, the producer counts down. What lies between them is one word ([`Grants`]) and the consumer's mailbox:
//!
//! ```text
//! open    --OPEN------------------------> the consumer lists the link, and grants its window
//! send    --ITEM, one credit less-------> consumed when its turn comes; granted again at half a window
//! hungry  <--ready, a message of its own-- with the next grant
//! drop    --FINISH----------------------> after every item: the link is off the list, and its window free
//! ```
//! All of it goes through mailboxes, in order; nothing but the word is shared. The windows of all links into an actor never
//! exceed what its options allow, and there are places for them beside the hard limit.
//!
//! Who may touch what: an [`Outlet`] and its credit are the producer's. `intake` and the list of links belong to the consumer's
//! owner. A link is kept alive by its outlet, by inlets, and by the consumer's list while anything of it is on its way; so the
//! pointer in an item is good until its FINISH.

use super::ask;
use super::behavior::{Actor, Context};
use super::ext::Ext;
use super::flow_error::{FlowError, FlowRefused};
use super::link::{Demand, Due, Inlet, Intake, Item, Link};
use super::parcel::Packing;
use super::pending;
use super::post::{self, Raw, at_tenant};
use super::pressing;
use super::stock;
use super::tagged::{self, Given};
use crate::error::Reason;
use crate::mailbox::envelope::{Envelope, FINISH, OPEN};
use crate::mailbox::grants::{Fetched, Grants, Look};
use crate::mailbox::pressure::Step;
use crate::mailbox::word::CLOSED;
use crate::panics::contained;
use crate::scheduler::worker;
use crate::sync::{Arc, AtomicBool, Ordering, UnsafeCell};
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::NonNull;

/// The producer's end of a flow: made by [`Context::open_flow`]. Dropping it ends the flow, after what was sent.
///
/// It belongs to the state of the actor that opened it, which is the one that is told of new credit. One that outlives that state, as
/// the next one was given it, serves to send what credit it has fetched, and no more: the next state opens one of its own.
pub struct Outlet<M> {
    to: Raw,
    /// Who opened it.
    from: Raw,
    /// ... and which state of it.
    epoch: u16,
    link: Arc<Link>,
    /// Fetched, and not used up.
    credit: u32,
    // As an address is.
    messages: PhantomData<fn(M) -> M>,
}

impl<M> fmt::Debug for Outlet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").field("to", &self.to).field("credit", &self.credit).finish_non_exhaustive()
    }
}

impl<M: Send + 'static> Outlet<M> {
    /// Sends one item for one credit. The credit is counted down without an atomic; once it is used up, what was granted
    /// meanwhile is fetched by one.
    ///
    /// # Errors
    /// Each hands the message back: `NoCredit` when there is none, and then the news that was given to
    /// [`Context::open_flow`] comes as soon as there is; `Cancelled` when none will come; `Closed` when the consumer is
    /// stopping or has ended; `NotYours` in the turn of another actor than that which opened the flow, and which is the one
    /// that is told of credit, and in that of a later state of it once the credit is used up that was fetched by then.
    pub fn send<A: Actor>(
        &mut self,
        cx: &mut Context<'_, A>,
        message: impl Into<M>,
    ) -> Result<(), FlowError<M>> {
        let message = message.into();
        if cx.raw() != self.from {
            return Err(FlowError::NotYours(message));
        }
        if self.credit == 0 {
            // Only here, where there may be news to wait for.
            if cx.epoch() != self.epoch {
                return Err(FlowError::NotYours(message));
            }
            match self.link.grants.fetch() {
                Fetched::Some { credit } => self.credit = credit,
                Fetched::None => return Err(FlowError::NoCredit(message)),
                // An end that was not drained cancels too.
                Fetched::Cancelled if has_ended(self.to) => return Err(FlowError::Closed(message)),
                Fetched::Cancelled => return Err(FlowError::Cancelled(message)),
            }
        }
        let worker = cx.worker();
        let envelope = Packing::seal(&mut worker.pool, Item { link: link_of(&self.link), message });
        match tagged::push_item(worker, self.to, envelope) {
            (Given::In, is_high) => {
                self.credit -= 1;
                if is_high {
                    pressing::turn(self.to, Step::Rise);
                }
                Ok(())
            }
            (refused, _) => {
                // SAFETY: refused, so the envelope is still ours, with the item in it.
                let message = unsafe {
                    let item = Packing::<Item<M>>::open(envelope);
                    Packing::<Item<M>>::free(&mut cx.worker().pool, envelope);
                    item.message
                };
                Err(if refused == Given::Full && cx.epoch() != self.epoch {
                    FlowError::NotYours(message)
                } else if refused == Given::Full {
                    // There is a place for each credit beside the hard limit. Should what is owed to others have taken it, it
                    // comes back; and the news that it is worth trying comes by way of others' turns.
                    self.link.tell_producer();
                    FlowError::NoCredit(message)
                } else {
                    FlowError::Closed(message)
                })
            }
        }
    }

    /// Items that can be sent now without another grant.
    pub fn credit(&self) -> u32 {
        self.credit + self.link.grants.waiting()
    }
}

impl<M> Drop for Outlet<M> {
    fn drop(&mut self) {
        self.link.look.close();
        // Behind every item that was sent.
        tagged::push_news_from_anywhere(self.to, FINISH, |pool| Packing::seal(pool, link_of(&self.link)));
    }
}

impl Inlet {
    /// Grants the producer `n` items more, on top of what was granted before: under [`Demand::ByHand`].
    ///
    /// # Errors
    /// [`FlowRefused`]: zero is an error; so is more than is left of the window, whatever was granted and has not been
    /// consumed taken off; and so is granting another actor's flow, or one that grants by itself.
    pub fn grant<A: Actor>(&self, cx: &mut Context<'_, A>, n: u32) -> Result<(), FlowRefused> {
        if cx.raw().0.get() != self.hand.link.consumer {
            return Err(FlowRefused::NotYours);
        }
        // SAFETY: the consumer's own turn.
        let granted = self.hand.link.intake.with_mut(|intake| unsafe {
            let intake = &mut *intake;
            if intake.demand == Demand::Automatic {
                return Err(FlowRefused::Automatic);
            }
            if intake.cancelled {
                return Err(FlowRefused::Cancelled);
            }
            if n == 0 || n > intake.spent {
                return Err(FlowRefused::Demand { given: n, most: intake.spent });
            }
            intake.spent -= n;
            Ok(())
        });
        granted.map(|()| self.hand.link.grant(n))
    }

    /// Wants no more: at most what was granted still comes, and then the producer is told.
    ///
    /// # Errors
    /// [`FlowRefused::NotYours`] in another actor's turn.
    pub fn cancel<A: Actor>(&self, cx: &mut Context<'_, A>) -> Result<(), FlowRefused> {
        if cx.raw().0.get() != self.hand.link.consumer {
            return Err(FlowRefused::NotYours);
        }
        // SAFETY: the consumer's own turn.
        unsafe { self.hand.link.cancel() };
        Ok(())
    }

    /// The window: items that are granted, on their way, or consumed and not granted again, all together.
    pub fn window(&self) -> u32 {
        self.hand.link.window
    }
}

/// Whether the consumer is stopping or has ended.
fn has_ended(to: Raw) -> bool {
    at_tenant(to, |header, _| header.mailbox.peek().has(CLOSED)).unwrap_or(true)
}

/// The link, for an item.
fn link_of(link: &Arc<Link>) -> NonNull<Link> {
    // SAFETY: an Arc's pointer is not null.
    unsafe { NonNull::new_unchecked(Arc::as_ptr(link).cast_mut()) }
}

impl<A: Actor> Context<'_, A> {
    /// Opens a flow to `to` with this window, of which the consumer must have so much left
    /// ([`OptionsBuilder::flows`](crate::OptionsBuilder::flows), which is none by default). Credit comes once the consumer has
    /// heard of it: `ready` makes the message that tells this actor so, then and whenever an [`Outlet::send`] has found no
    /// credit and there is some again, or never will be.
    ///
    /// There is one such message of a flow at a time, and it comes in beside the capacity of this actor's mailbox. Of a flow whose
    /// outlet is dropped no more is sent; one that was on its way still comes.
    ///
    /// # Errors
    /// [`FlowRefused`] says why not.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Address, Context, Fault, FlowError, Options, Outlet, System};
    ///
    /// struct Sink;
    ///
    /// impl Actor for Sink {
    ///     type Msg = u64;
    ///     fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Source {
    ///     to: Address<u64>,
    ///     outlet: Option<Outlet<u64>>,
    ///     next: u64,
    /// }
    ///
    /// enum Go {
    ///     Open,
    ///     /// There is credit again, or never will be.
    ///     Ready,
    /// }
    ///
    /// impl Actor for Source {
    ///     type Msg = Go;
    ///     fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         if let Go::Open = go {
    ///             self.outlet = Some(cx.open_flow(self.to, 4, || Go::Ready)?);
    ///         }
    ///         let Some(outlet) = &mut self.outlet else { return Ok(()) };
    ///         while self.next < 100 {
    ///             match outlet.send(cx, self.next) {
    ///                 Ok(()) => self.next += 1,
    ///                 Err(FlowError::NoCredit(_)) => return Ok(()),
    ///                 Err(over) => return Err(over.into()),
    ///             }
    ///         }
    ///         self.outlet = None;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let to = inline.system().try_spawn(Sink, &Options::builder().flows(4).build()?)?;
    /// inline.spawn(Source { to, outlet: None, next: 0 }).try_send(Go::Open)?;
    /// inline.run_until_idle();
    /// let ledger = inline.system().ledger();
    /// assert!(ledger.handled > 100 && ledger.refused.total() == 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_flow<M: Send + 'static>(
        &mut self,
        to: super::address::Address<M>,
        window: u32,
        ready: impl Fn() -> A::Msg + Send + Sync + 'static,
    ) -> Result<Outlet<M>, FlowRefused> {
        let (raw, home) = (to.raw, self.worker().home);
        let taken = at_tenant(raw, |header, kind| {
            if kind.home != home {
                return Err(FlowRefused::Abroad);
            }
            let most = kind.limits.flows;
            let windows = &Ext::of_or_new(header).windows;
            let add = |sum: u32| sum.checked_add(window).filter(|sum| window > 0 && *sum <= most);
            // Relaxed: a number by itself.
            let taken = windows.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
            taken.map(|_| ()).map_err(|sum| FlowRefused::Window { given: window, most: most - sum })
        });
        taken.unwrap_or(Err(FlowRefused::Consumer(Reason::Stale)))?;
        let (producer, epoch, ready) = (self.raw(), self.epoch(), Arc::new(ready));
        let link = Arc::new(Link {
            // The producer has nothing: the first grant is told.
            grants: Grants::hungry(),
            window,
            consumer: raw.0.get(),
            // By hand until `flow_opened` has answered: it may grant itself.
            intake: UnsafeCell::new(Intake { spent: window, demand: Demand::ByHand, cancelled: false }),
            look: Look::new(),
            finished: AtomicBool::new(false),
            tell: Box::new(move |link| send_ready::<A::Msg, _>(producer, epoch, link, Arc::clone(&ready))),
        });
        let envelope = Packing::seal(&mut self.worker().pool, Arc::clone(&link));
        let given = tagged::push_news(self.worker(), raw, envelope, OPEN);
        if given == Given::In {
            return Ok(Outlet { to: raw, from: producer, epoch, link, credit: 0, messages: PhantomData });
        }
        // SAFETY: refused, so the envelope is still ours.
        unsafe { stock::discard::<Arc<Link>>(envelope) };
        at_tenant(raw, |header, _| Ext::of_or_new(header).windows.fetch_sub(window, Ordering::Relaxed));
        Err(FlowRefused::Consumer(if given == Given::Full { Reason::Full } else { Reason::Closed }))
    }

    /// A flow into this actor begins.
    ///
    /// # Safety
    /// The envelope is this actor's, with the tag OPEN, and is not opened again.
    pub(super) unsafe fn open_link(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise.
        let link = unsafe { Packing::<Arc<Link>>::open(envelope) };
        // SAFETY: the turn owns the actor. On the list before user code runs.
        unsafe {
            Ext::of_or_new(self.cell.as_ref()).links.with_mut(|links| (*links).push(Arc::clone(&link)));
        };
        // SAFETY: the turn owns the actor.
        let state = unsafe { super::seat::state::<A>(self.cell) }.as_ptr();
        let unheard = Unheard(&link);
        let inlet = Inlet::new(&link);
        // SAFETY: as above.
        let demand = unsafe { &mut *state }.flow_opened(&inlet, self);
        std::mem::forget(unheard);
        if demand == Demand::ByHand {
            inlet.grants_alone();
        }
        // SAFETY: the consumer's own turn.
        let first = link.intake.with_mut(|intake| unsafe {
            (*intake).demand = demand;
            let all = demand == Demand::Automatic && !(*intake).cancelled;
            if all { std::mem::take(&mut (*intake).spent) } else { 0 }
        });
        if first > 0 {
            link.grant(first);
        }
    }

    /// A flow into this actor has ended: all its items have been handled.
    ///
    /// # Safety
    /// As for [`Context::open_link`], with the tag FINISH.
    pub(super) unsafe fn finish_link(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: by the caller's promise.
        let link = unsafe { Packing::<NonNull<Link>>::open(envelope) };
        // SAFETY: the turn owns the actor.
        let Some(ext) = Ext::of(unsafe { self.cell.as_ref() }) else { return };
        // SAFETY: as above.
        let ended = ext.links.with_mut(|links| unsafe {
            let at = (*links).iter().position(|other| std::ptr::eq(&raw const **other, link.as_ptr()))?;
            Some((*links).swap_remove(at))
        });
        if let Some(ended) = ended {
            ext.windows.fetch_sub(ended.window, Ordering::Relaxed);
            // Relaxed: told at the wrong moment a producer only looks in vain.
            ended.finished.store(true, Ordering::Relaxed);
        }
    }
}

/// A flow that its consumer is just hearing of. Should that panic nobody may be left who grants, and it is cancelled.
struct Unheard<'l>(&'l Arc<Link>);

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        // SAFETY: made and dropped in the consumer's own turn.
        unsafe { self.0.cancel() };
    }
}

impl<A: Actor> Context<'_, A> {
    /// Grants this after the handler, when the credit of the items has gone back to the mailbox: so items, and those that are
    /// granted for them, never count there together.
    #[cold]
    pub(super) fn grant_once_settled(&mut self, due: Due) {
        self.wish.settle();
        // SAFETY: the turn owns the actor.
        unsafe { Ext::of_or_new(self.cell.as_ref()).due.with_mut(|all| (*all).push(due)) };
    }

    /// The credit has gone back.
    pub(super) fn grant_due(&mut self) {
        // SAFETY: the turn owns the actor; granting runs no user code, and so pushes nothing to the list.
        unsafe {
            let Some(ext) = Ext::of(self.cell.as_ref()) else { return };
            ext.due.with_mut(|all| (*all).drain(..).for_each(|(link, n)| link.grant(n)));
        }
    }
}

impl<M> Item<M> {
    /// An item's turn has come: its credit goes back at half a window, once the mailbox has got that of all those items back.
    ///
    /// # Safety
    /// The caller is the turn of the consumer, whose item this is.
    pub(super) unsafe fn consume(self) -> (M, Option<Due>) {
        // SAFETY: the consumer's list keeps the link until its FINISH, which comes after this.
        let link = ManuallyDrop::new(unsafe { Arc::from_raw(self.link.as_ptr().cast_const()) });
        // SAFETY: the consumer's own turn.
        let again = link.intake.with_mut(|intake| unsafe {
            let intake = &mut *intake;
            intake.spent += 1;
            let due = intake.demand == Demand::Automatic
                && !intake.cancelled
                && intake.spent >= link.window.div_ceil(2);
            if due { std::mem::take(&mut intake.spent) } else { 0 }
        });
        (self.message, (again > 0).then(|| (Arc::clone(&link), again)))
    }
}

/// Sends a producer the news that it need not wait any longer.
fn send_ready<P: Send + 'static, F: Fn() -> P + Send + Sync + 'static>(
    to: Raw,
    epoch: u16,
    link: Arc<Link>,
    ready: Arc<F>,
) {
    let then = move |()| {
        // Before the producer looks for credit.
        link.look.heard();
        let message = ready();
        // What they hold may panic as it is dropped: the message is not lost by that.
        contained(|| drop((link, ready)));
        message
    };
    let record = match worker::current() {
        Some(mut worker) => {
            // SAFETY: the worker of this thread; the borrow ends with the call, which runs no user code.
            pending::completed::<P, (), _>(&mut unsafe { worker.as_mut() }.pool, epoch, (), then)
        }
        None => {
            post::as_stranger(|stranger| pending::completed::<P, (), _>(&mut stranger.pool, epoch, (), then))
        }
    };
    // SAFETY: a fresh record that is complete; its contents are given up.
    let _: Given = unsafe { ask::give(to, record) };
}

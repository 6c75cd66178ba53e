//! Atomic state: a handler that fails has changed nothing, and sent nothing.
//!
//! The state is copied before each message. What a handler would send goes into an outbox, made to the last byte: whatever is user code
//! (conversions, questions) runs when it is put there. If the handler is well, the outbox is sent, in order, in the same turn, and
//! nothing in that can fail any more; if it fails, the copy takes the state's place and the outbox is dropped, and with it every
//! reply in it.

use crate::actor::address::Address;
use crate::actor::ask::{DEFAULT_DEADLINE, Outcome, Reply};
use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::fault::Fault;
use crate::actor::options::Options;
use crate::actor::post::ActorId;
use crate::actor::timer::Timer;
use crate::actor::watch::Ended;
use crate::error::{AskError, SendError, SpawnError};
use crate::mailbox::lanes::Lane;
use crate::panics::{caught, contained};
use std::fmt;
use std::time::Duration;

/// State that changes by whole messages: what [`Atomic`] makes an actor of.
pub trait Transactional: Clone + Send + 'static {
    /// What it understands.
    type Msg: Send + 'static;

    /// Runs before the first message, on a worker.
    ///
    /// # Errors
    /// As for [`Transactional::handle`].
    fn started(&mut self, _: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        Ok(())
    }

    /// Handles one message. What it does by `tx` is done when it has ended well, in order.
    ///
    /// # Errors
    /// An error, or a panic, leaves the state as it was, and nothing is done.
    fn handle(&mut self, message: Self::Msg, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault>;

    /// The lane of a message, in an actor with two: [`Actor::lane`].
    fn lane(&self, _: &Self::Msg) -> Lane {
        Lane::Normal
    }

    /// Runs after a failure, with the state as it was before the message: whether the actor goes on, which it does by default.
    fn failed(&mut self, _: &Fault) -> Directive {
        Directive::Resume
    }

    /// The options of actors of this type that are spawned without any.
    fn options() -> Options {
        Options::default()
    }
}

/// An actor with atomic state: a handler that fails, or panics, leaves the state equal to the copy that was taken before the
/// message, and none of that turn's messages is sent.
///
/// Each message costs a `Clone` of the state, and an allocation for each thing the handler does. What is not done by the
/// [`Transaction`] is not held back: neither what the state shares with others (an `Arc`, a file), nor an
/// [`Address::try_send`](crate::Address::try_send) or [`Reply::send`](crate::Reply::send) of the handler's own. A message that its
/// handler has taken is gone in either case; a reply in it is dropped with it, so that its asker hears of the failure.
///
/// # Examples
/// ```
/// use throng::{Address, Atomic, Fault, Reply, System, Transaction, Transactional};
///
/// /// Moves money, and tells an auditor of each half.
/// #[derive(Clone)]
/// struct Bank {
///     accounts: [i64; 2],
/// }
///
/// enum Msg {
///     Move(i64, Reply<[i64; 2]>),
///     Look(Reply<[i64; 2]>),
/// }
///
/// impl Transactional for Bank {
///     type Msg = Msg;
///     fn handle(&mut self, message: Msg, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
///         match message {
///             Msg::Move(amount, reply) => {
///                 self.accounts[1] += amount;
///                 self.accounts[0] -= amount;
///                 tx.reply(reply, self.accounts);
///                 if self.accounts[0] < 0 {
///                     return Err(Fault::msg("not enough money"));
///                 }
///             }
///             Msg::Look(reply) => tx.reply(reply, self.accounts),
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let bank = system.spawn(Atomic::new(Bank { accounts: [10, 0] }));
/// assert_eq!(bank.ask(|reply| Msg::Move(7, reply)).wait()?, [3, 7]);
/// assert!(bank.ask(|reply| Msg::Move(7, reply)).wait().is_err());
/// assert_eq!(bank.ask(Msg::Look).wait()?, [3, 7]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Atomic<S> {
    state: S,
}

impl<S: Transactional> Atomic<S> {
    /// An actor that begins with this state.
    pub fn new(state: S) -> Self {
        Self { state }
    }

    /// Runs user code on the state, and does what it wants if it ends well; or leaves everything as it was.
    fn attempt(
        &mut self,
        cx: &mut Context<'_, Self>,
        step: impl FnOnce(&mut S, &mut Transaction<'_, '_, S>) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let before = self.state.clone();
        let mut tx = Transaction { cx, outbox: Vec::new(), stop: false };
        let done = match caught(|| step(&mut self.state, &mut tx)) {
            Ok(done) => done,
            Err(payload) => Err(Fault::from_panic(payload)),
        };
        let Transaction { cx, outbox, stop } = tx;
        let undone = match done {
            Ok(()) => before,
            Err(_) => std::mem::replace(&mut self.state, before),
        };
        // The state is what it shall be: from here on no Drop of the user's may interfere.
        contained(|| drop(undone));
        for held in outbox {
            contained(|| if done.is_ok() { held(cx) } else { drop(held) });
        }
        if stop && done.is_ok() {
            cx.stop();
        }
        done
    }
}

impl<S: Transactional> Actor for Atomic<S> {
    type Msg = S::Msg;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.attempt(cx, S::started)
    }

    fn handle(&mut self, message: S::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.attempt(cx, |state, tx| state.handle(message, tx))
    }

    fn lane(&self, message: &S::Msg) -> Lane {
        self.state.lane(message)
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        self.state.failed(fault)
    }

    fn options() -> Options {
        S::options()
    }
}

/// What is done once the handler has ended well.
type Held<S> = Box<dyn FnOnce(&mut Context<'_, Atomic<S>>)>;

/// What a handler of a [`Transactional`] is given: whatever it does by this is held back until it has ended well, and done then in
/// the same order; or never.
///
/// Of what a [`Context`] can do, that is here which can be held back. Absent is what a handler needs the result of at once, or what
/// cannot be taken back: flows, whose producer counts credit while it sends; [`Context::try_send`], whose answer is whether there
/// was a place ([`Transaction::send_or`] hears of a refusal later); the stash, which would keep a message that the failed handler has
/// taken; links and children, which tie ends together that the state's copy knows nothing of; blocking work and futures, which nobody
/// can undo once they have begun. What needs one of these is done by another actor, which is sent a message; or by an [`Actor`]
/// whose state need not be atomic.
pub struct Transaction<'t, 'a, S: Transactional> {
    cx: &'t mut Context<'a, Atomic<S>>,
    outbox: Vec<Held<S>>,
    stop: bool,
}

impl<S: Transactional> Transaction<'_, '_, S> {
    fn hold(&mut self, held: impl FnOnce(&mut Context<'_, Atomic<S>>) + 'static) {
        self.outbox.push(Box::new(held));
    }

    /// This actor's own address.
    pub fn me(&self) -> Address<S::Msg> {
        self.cx.me()
    }

    /// Sends as [`Context::send`] does, and suspends this actor on a full mailbox as that does. What is refused is counted in
    /// the ledger and dropped: [`Transaction::send_or`] hears of it.
    pub fn send<M: Send + 'static>(&mut self, to: Address<M>, message: impl Into<M>) {
        let message = message.into();
        self.hold(move |cx| {
            if let Err(refused) = cx.send(to, message) {
                contained(|| drop(refused));
            }
        });
    }

    /// Sends as [`Transaction::send`] does. A refusal comes back as a message of this actor, which `otherwise` makes of it.
    pub fn send_or<M, F>(&mut self, to: Address<M>, message: impl Into<M>, otherwise: F)
    where
        M: Send + 'static,
        F: FnOnce(SendError<M>) -> S::Msg + Send + 'static,
    {
        let message = message.into();
        let both = Both::of(message, self.cx.notice(otherwise));
        self.hold(move |cx| {
            let Some((message, notice)) = both.open() else { return };
            if let Err(refused) = cx.send(to, message) {
                // It is this actor's own, which lives.
                let told = notice.send(refused);
                contained(|| drop(told));
            } else {
                contained(|| drop(notice));
            }
        });
    }

    /// Answers.
    pub fn reply<T: Send + 'static>(&mut self, reply: Reply<T>, answer: T) {
        self.hold(move |_| reply.send(answer));
    }

    /// Asks, and brings the outcome as a message of this actor, within five seconds from the end of this handler. `question`
    /// makes the message now, and `then` that of this actor when there is an outcome. Costs what [`Context::ask_all`] does.
    pub fn ask<M, T, F>(&mut self, to: Address<M>, question: impl FnOnce(Reply<T>) -> M, then: F)
    where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Outcome<T>) -> S::Msg + Send + 'static,
    {
        self.ask_within(DEFAULT_DEADLINE, to, question, then);
    }

    /// As [`Transaction::ask`], with a deadline.
    pub fn ask_within<M, T, F>(
        &mut self,
        deadline: Duration,
        to: Address<M>,
        question: impl FnOnce(Reply<T>) -> M,
        then: F,
    ) where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Outcome<T>) -> S::Msg + Send + 'static,
    {
        let mut once = Some(question);
        let question = |reply| match once.take() {
            Some(question) => question(reply),
            None => unreachable!("one is asked"),
        };
        let only = move |mut all: Vec<Outcome<T>>| then(all.pop().unwrap_or(Err(AskError::Dropped)));
        let prepared = self.cx.prepare_all(deadline, [to], question, only);
        self.hold(move |cx| prepared.launch(cx));
    }

    /// Sends `message` to this actor after `delay`, which begins with the end of this handler: [`Context::after`].
    pub fn after(&mut self, delay: Duration, message: impl Into<S::Msg>) {
        let message: S::Msg = message.into();
        self.hold(move |cx| drop(cx.after(delay, message)));
    }

    /// Sends `message()` to this actor every `period`, first one period from the end of this handler: [`Context::every`]. The timer
    /// can be kept in the state: if the handler fails nothing is armed, and the state forgets it. Cancelled in the same handler
    /// it never fires.
    pub fn every(&mut self, period: Duration, message: impl Fn() -> S::Msg + Send + Sync + 'static) -> Timer {
        let timer = Timer::periodic();
        let armed = timer.clone();
        self.hold(move |cx| cx.every_by(&armed, period, message));
        timer
    }

    /// Spawns an actor, as [`Context::try_spawn`] does. It is not there before this handler has ended well: so its address comes
    /// as a message of this actor, which `then` makes of it, and which no full mailbox refuses. Costs a
    /// [notice](Context::notice) besides.
    pub fn spawn<B, F>(&mut self, actor: B, options: Options, then: F)
    where
        B: Actor,
        F: FnOnce(Result<Address<B::Msg>, SpawnError<B>>) -> S::Msg + Send + 'static,
    {
        let both = Both::of(actor, self.cx.notice(then));
        self.hold(move |cx| {
            let Some((actor, notice)) = both.open() else { return };
            // It is this actor's own, which lives.
            let told = notice.send(cx.try_spawn(actor, &options));
            contained(|| drop(told));
        });
    }

    /// Has an actor's end told to this one as a message, which `then` makes of it: [`Context::watch`]. It is watched from the
    /// end of this handler on, and for as long as this actor lives.
    pub fn watch<F>(&mut self, actor: impl Into<ActorId>, then: F)
    where
        F: FnOnce(Ended) -> S::Msg + Send + 'static,
    {
        let actor = actor.into();
        self.hold(move |cx| _ = cx.watch(actor, then));
    }

    /// Stops this actor as [`Context::stop`] does, after everything else.
    pub fn stop(&mut self) {
        self.stop = true;
    }
}

/// Two values of the user's that wait together and are dropped each by itself: else a panic of both ends the process.
struct Both<A, B>(Option<(A, B)>);

impl<A, B> Both<A, B> {
    fn of(one: A, other: B) -> Self {
        Self(Some((one, other)))
    }

    fn open(mut self) -> Option<(A, B)> {
        self.0.take()
    }
}

impl<A, B> Drop for Both<A, B> {
    fn drop(&mut self) {
        if let Some((one, other)) = self.0.take() {
            contained(|| drop(one));
            contained(|| drop(other));
        }
    }
}

impl<S: Transactional> fmt::Debug for Transaction<'_, '_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("held", &self.outbox.len())
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

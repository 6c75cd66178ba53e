//! Every public error. A send that is refused hands the message back.

use crate::ledger::Ledger;
use std::fmt;
use std::time::Duration;

/// Why a message was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The mailbox is full.
    Full,
    /// The actor is stopping or has just ended.
    Closed,
    /// The actor that the address names has ended.
    Stale,
    /// The call would have blocked a worker.
    WouldBlock,
    /// No place came free in time.
    Timeout,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Full => "the mailbox is full",
            Reason::Closed => "the actor is stopping",
            Reason::Stale => "the actor has ended",
            Reason::WouldBlock => {
                "a blocking call on a worker thread would hold up other actors; use `cx.send` or `cx.ask` there"
            }
            Reason::Timeout => "no place in the mailbox came free in time",
        })
    }
}

impl Reason {
    /// What to do about it; nothing where the reason says that itself.
    fn advice(self) -> &'static str {
        match self {
            Reason::Full => {
                "; try again later, wait for a place by `send_timeout` or `send_async`, or choose another `Overflow`"
            }
            Reason::Closed => "; it takes nothing more: send to whoever takes its place",
            Reason::Stale => "; look up who has taken its place, in a `Registry` or a `Directory`",
            Reason::Timeout => "; allow more time, or send less",
            Reason::WouldBlock => "",
        }
    }
}

/// A message that did not enter its mailbox, and why.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<M> {
    /// The mailbox is full.
    Full(M),
    /// The actor is stopping or has just ended.
    Closed(M),
    /// The actor that the address names has ended.
    Stale(M),
    /// The call would have blocked a worker.
    WouldBlock(M),
    /// No place came free in time.
    Timeout(M),
}

impl<M> SendError<M> {
    /// The reason and the message.
    pub fn into_parts(self) -> (Reason, M) {
        match self {
            SendError::Full(m) => (Reason::Full, m),
            SendError::Closed(m) => (Reason::Closed, m),
            SendError::Stale(m) => (Reason::Stale, m),
            SendError::WouldBlock(m) => (Reason::WouldBlock, m),
            SendError::Timeout(m) => (Reason::Timeout, m),
        }
    }

    /// The message.
    pub fn into_inner(self) -> M {
        self.into_parts().1
    }

    /// Why it was refused.
    pub fn reason(&self) -> Reason {
        match self {
            SendError::Full(_) => Reason::Full,
            SendError::Closed(_) => Reason::Closed,
            SendError::Stale(_) => Reason::Stale,
            SendError::WouldBlock(_) => Reason::WouldBlock,
            SendError::Timeout(_) => Reason::Timeout,
        }
    }

    pub(crate) fn new(reason: Reason, message: M) -> Self {
        match reason {
            Reason::Full => SendError::Full(message),
            Reason::Closed => SendError::Closed(message),
            Reason::Stale => SendError::Stale(message),
            Reason::WouldBlock => SendError::WouldBlock(message),
            Reason::Timeout => SendError::Timeout(message),
        }
    }

    /// The same refusal with the message changed.
    pub fn map<N>(self, change: impl FnOnce(M) -> N) -> SendError<N> {
        let (reason, message) = self.into_parts();
        SendError::new(reason, change(message))
    }
}

impl<M> fmt::Debug for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SendError::{:?}", self.reason())
    }
}

impl<M> fmt::Display for SendError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        write!(f, "message refused: {reason}{}", reason.advice())
    }
}

impl<M> std::error::Error for SendError<M> {}

/// The stash keeps as many messages as it can; see [`Context::stash`](crate::Context::stash). Hands the message back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StashFull<M> {
    /// The message.
    pub message: M,
    /// How many it keeps at most.
    pub most: u32,
}

impl<M> fmt::Debug for StashFull<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StashFull").field("most", &self.most).finish_non_exhaustive()
    }
}

impl<M> fmt::Display for StashFull<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the stash keeps {} messages, the capacity of its mailbox less one, and no more: handle this one, \
             drop it, or spawn the actor with a larger capacity",
            self.most
        )
    }
}

impl<M> std::error::Error for StashFull<M> {}

/// Why an ask ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AskError {
    /// The deadline passed first.
    Timeout,
    /// The answerer dropped the [`Reply`](crate::Reply) unanswered: it failed, stopped, or forgot.
    Dropped,
    /// The question was refused.
    Refused(Reason),
}

impl fmt::Display for AskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AskError::Timeout => f.write_str(
                "no answer before the deadline; allow more time, or see what the answerer is at by `Address::status`",
            ),
            AskError::Dropped => f.write_str(
                "the answerer ended or dropped the question without an answer; `System::watch_faults` tells whether it failed",
            ),
            AskError::Refused(reason) => {
                write!(f, "the question was refused: {reason}{}", reason.advice())
            }
        }
    }
}

impl std::error::Error for AskError {}

/// The actor has as many asks outstanding as its options allow; the question was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAsks {
    /// The limit that was reached: [`Options::max_asks`](crate::OptionsBuilder::max_asks).
    pub limit: u32,
}

impl fmt::Display for TooManyAsks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} asks are outstanding, which is this actor's limit; wait for outcomes or raise max_asks in its options",
            self.limit
        )
    }
}

impl std::error::Error for TooManyAsks {}

/// Tokens that a [`RateLimit`](crate::RateLimit) did not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RateRefused {
    /// They will be there after this time, if nobody takes any meanwhile.
    NotYet(Duration),
    /// They never will be.
    Never {
        /// What was asked for.
        given: u32,
        /// What can be had at once.
        burst: u32,
    },
}

impl fmt::Display for RateRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RateRefused::NotYet(wait) => write!(f, "too fast by {wait:?}: take again after that"),
            RateRefused::Never { given, burst } => write!(
                f,
                "{given} tokens at once: this limit gives 1 to {burst}; take fewer, or make it with a larger burst"
            ),
        }
    }
}

impl std::error::Error for RateRefused {}

/// Options that contradict each other or the engine's limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsError(Wrong);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    Range { option: &'static str, given: u32, least: u32, most: u32, why: &'static str },
    Rule(&'static str),
}

impl OptionsError {
    /// An option that is out of its range, and why it has that one.
    pub(crate) const fn new(
        option: &'static str,
        given: u32,
        least: u32,
        most: u32,
        why: &'static str,
    ) -> Self {
        Self(Wrong::Range { option, given, least, most, why })
    }

    /// Options that do not go together, and what to do.
    pub(crate) const fn rule(words: &'static str) -> Self {
        Self(Wrong::Rule(words))
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Wrong::Range { option, given, least, most, why } => {
                write!(f, "{option} = {given} is out of range: give {least} to {most}, {why}")
            }
            Wrong::Rule(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for OptionsError {}

/// A system that could not be started.
#[derive(Debug)]
#[non_exhaustive]
pub enum BuildError {
    /// The number of workers is out of range.
    Workers {
        /// What was asked for.
        given: usize,
        /// The most that can be had.
        most: usize,
    },
    /// The number of blocking threads is out of range.
    BlockingThreads {
        /// What was asked for.
        given: usize,
        /// The most that can be had.
        most: usize,
    },
    /// The system gave no thread.
    Thread(std::io::Error),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Workers { given, most } => {
                write!(f, "workers = {given} is out of range: give 1 to {most}")
            }
            BuildError::BlockingThreads { given, most } => {
                write!(f, "blocking_threads = {given} is out of range: give 1 to {most}")
            }
            BuildError::Thread(error) => write!(f, "no thread for a worker: {error}"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BuildError::Thread(error) => Some(error),
            BuildError::Workers { .. } | BuildError::BlockingThreads { .. } => None,
        }
    }
}

/// An actor that could not be spawned because no memory, or no address range, was left for it; or no thread, where it is to
/// have one [of its own](crate::OptionsBuilder::own_thread). Or [an inbox](crate::Inbox::try_spawn) was asked where it cannot spawn.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SpawnError<A> {
    actor: A,
    why: Unspawned,
}

/// Why an actor was not spawned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unspawned {
    NoSeat(NoSeat),
    /// An inbox was asked on a thread that is no worker of its actor's system, or after its actor's end.
    Elsewhere,
}

/// What was missing for an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSeat {
    /// Memory, or address range.
    Memory,
    /// The thread that it is to have of its own.
    Thread(std::io::ErrorKind),
}

impl fmt::Display for NoSeat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoSeat::Memory => f.write_str("no memory or address range left for another actor")?,
            NoSeat::Thread(why) => write!(f, "no thread for an actor that is to have its own: {why}")?,
        }
        f.write_str("; stop some, or raise the process's limits")
    }
}

impl<A> SpawnError<A> {
    pub(crate) fn new(actor: A, why: NoSeat) -> Self {
        Self { actor, why: Unspawned::NoSeat(why) }
    }

    /// Whoever was asked is not in a turn of a living system that it belongs to.
    pub(crate) fn elsewhere(actor: A) -> Self {
        Self { actor, why: Unspawned::Elsewhere }
    }

    /// The actor.
    pub fn into_inner(self) -> A {
        self.actor
    }

    /// Why no thread could be had, if that is what was missing.
    pub fn thread(&self) -> Option<std::io::ErrorKind> {
        match self.why {
            Unspawned::NoSeat(NoSeat::Thread(why)) => Some(why),
            Unspawned::NoSeat(NoSeat::Memory) | Unspawned::Elsewhere => None,
        }
    }

    /// Whether an [`Inbox`](crate::Inbox) was asked on a thread that is no worker of its actor's system, or after the end of its
    /// actor: nothing was missing, and the same actor can be spawned by the system.
    pub fn is_elsewhere(&self) -> bool {
        self.why == Unspawned::Elsewhere
    }
}

impl<A> fmt::Debug for SpawnError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SpawnError")
    }
}

impl<A> fmt::Display for SpawnError<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.why {
            Unspawned::NoSeat(why) => why.fmt(f),
            Unspawned::Elsewhere => f.write_str(
                "an inbox spawns only on a worker of its actor's system and while its actor lives; spawn by the `System` instead",
            ),
        }
    }
}

impl<A> std::error::Error for SpawnError<A> {}

/// The system did not come to rest within the deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Busy {
    /// How long was waited.
    pub waited: Duration,
    /// Messages accepted and neither handled nor dead.
    pub unhandled: u64,
    /// One-shot timers that are still to fire.
    pub timers: u64,
    /// Actors muted on a full mailbox.
    pub muted: u64,
    /// [Piped](crate::Context::pipe) futures that are not over.
    pub pipes: u64,
    /// [Suspended](crate::Address::suspend) actors with something in their mailbox, which nothing else keeps from it.
    pub suspended: u64,
    /// [Blocking work](crate::Context::blocking) that runs or waits for a thread.
    pub blocking: u64,
    /// Workers that were not idle, each with the actor whose turn it was; and actors in a turn on a
    /// [thread of their own](crate::OptionsBuilder::own_thread).
    pub workers: Vec<Running>,
    /// Actors that were told to stop and have not ended, when [`System::shutdown`](crate::System::shutdown) waits for nothing else:
    /// [functions](crate::System::spawn_fn) whose futures are not over, and what comes as fast as it is stopped.
    pub lasting: u64,
    /// Of those, and of the actors with messages in their mailboxes, up to 16, each by its type and the parts of its address.
    pub actors: Box<[String]>,
    /// The ledger: of [`System::quiesce`](crate::System::quiesce) as it stood, so that it need not add up; of
    /// [`System::shutdown`](crate::System::shutdown) after the abort.
    pub ledger: Box<Ledger>,
}

/// Which actor a worker is at, or was at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Running {
    /// The worker, from 0; the number of workers for an actor with a thread of its own.
    pub worker: usize,
    /// The actor's type.
    pub actor: &'static str,
    /// The parts of its [`Address`](crate::Address), as that prints them; zero before the first turn.
    pub number: u32,
    /// See `number`.
    pub generation: u32,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {} {}.{}", self.worker, self.actor, self.number, self.generation)
    }
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "not at rest after {:?}: {} messages unhandled, {} timers to fire, {} actors muted, {} suspended over messages, \
             {} pieces of blocking work, {} piped futures, {} actors told to stop that have not ended, busy workers:",
            self.waited,
            self.unhandled,
            self.timers,
            self.muted,
            self.suspended,
            self.blocking,
            self.pipes,
            self.lasting
        )?;
        if self.workers.is_empty() {
            f.write_str(" none")?;
        }
        self.workers.iter().try_for_each(|running| write!(f, " [{running}]"))?;
        if !self.actors.is_empty() {
            f.write_str("; among them:")?;
        }
        self.actors.iter().try_for_each(|actor| write!(f, " [{actor}]"))
    }
}

impl std::error::Error for Busy {}

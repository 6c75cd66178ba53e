//! Asking many from a handler: all their outcomes, or the first answer, come back as one message.
//!
//! Each question carries a ticket of its own, which points to what they have in common: a place for each outcome, and the
//! [`Notice`] that tells the asker. Who tells, and when, is the mailbox floor's ([`crate::mailbox::tally`]): whoever brings the last
//! outcome, or the first answer, once all questions are out; or the deadline.
//!
//! A ticket is its reply's, and lives until that answers or is dropped: so nothing that a late answer could reach is used again.
//! Where the asker has ended, its notice is refused.

use super::address::Address;
use super::ask::{self, DEFAULT_DEADLINE, Outcome, Reply};
use super::behavior::{Actor, Context};
use super::notice::Notice;
use crate::error::AskError;
use crate::mailbox::tally::{Tally, Told};
use crate::panics::contained;
use crate::scheduler::shared::{Fire, Fired};
use crate::sync::Arc;
use crate::time::{Nanos, nanos};
use std::fmt;
use std::ptr::NonNull;
use std::sync::Weak;
use std::time::Duration;

/// Nobody of many gave an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NoneAnswered {
    /// Why each did not, in the order in which they were asked.
    pub failures: Vec<AskError>,
    /// The failure that came last; none if nobody was asked.
    pub last: Option<AskError>,
}

impl fmt::Display for NoneAnswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.last {
            Some(last) => write!(f, "none of {} answered; the last failure: {last}", self.failures.len()),
            None => f.write_str("nobody was asked, so that nobody answered: ask one at least"),
        }
    }
}

impl std::error::Error for NoneAnswered {}

/// What the asker is told, and so when.
enum Teller<T: 'static> {
    All(Notice<Vec<Outcome<T>>>),
    First(Notice<Result<T, NoneAnswered>>),
}

/// What the tickets have in common.
struct Gathering<T: 'static> {
    tally: Tally<Outcome<T>, Teller<T>>,
    /// The first answer decides.
    first: bool,
}

/// Tells the asker.
fn tell<T: Send + 'static>(told: Told<Outcome<T>, Teller<T>>) {
    let Told { right, mut outcomes, decided, last } = told;
    match right {
        Teller::All(notice) => drop_untold(notice.send(outcomes.into_iter().flatten().collect())),
        Teller::First(notice) => {
            let answer = decided.and_then(|place| outcomes[place].take()).and_then(Result::ok);
            let result = answer.ok_or_else(|| {
                let failures: Vec<_> = outcomes.into_iter().flatten().filter_map(Result::err).collect();
                NoneAnswered { last: last.map(|place| failures[place]), failures }
            });
            drop_untold(notice.send(result));
        }
    }
}

/// What nobody is there for is user data, as is its Drop: it must not take the answerer down.
fn drop_untold<V>(told: Result<(), V>) {
    if let Err(untold) = told {
        ask::count_late();
        contained(|| drop(untold));
    }
}

impl<T: Send + 'static> Gathering<T> {
    fn new(asked: usize, teller: Teller<T>) -> Arc<Self> {
        let first = matches!(teller, Teller::First(_));
        Arc::new(Self { tally: Tally::new(asked, teller), first })
    }

    /// Takes the outcome of one; gives it back if it comes too late.
    fn take_in(&self, place: usize, outcome: Outcome<T>) -> Result<(), Outcome<T>> {
        let decides = self.first && outcome.is_ok();
        self.tally.put(place, outcome, decides)?.into_iter().for_each(tell);
        Ok(())
    }

    /// The deadline.
    fn lapse(&self) {
        self.tally.fill(|| Err(AskError::Timeout)).into_iter().for_each(tell);
    }

    /// Tells the asker nothing.
    fn abandon(&self) {
        let left = self.tally.give_up();
        contained(|| drop(left));
    }
}

/// What one reply points to.
struct Ticket<T: 'static> {
    gathering: Arc<Gathering<T>>,
    place: usize,
}

/// The answerer's end.
///
/// # Safety
/// `to` is a ticket of this type that was leaked for this call.
unsafe fn answer<T: Send + 'static>(to: NonNull<()>, outcome: Outcome<T>) {
    // SAFETY: by the caller's promise.
    let ticket = unsafe { Box::from_raw(to.cast::<Ticket<T>>().as_ptr()) };
    let outcome = outcome.map_err(|error| ask::name_refusal(error, to));
    if let Err(late) = ticket.gathering.take_in(ticket.place, outcome) {
        ask::count_late();
        // User code: an answer that nobody gets must not take the answerer down.
        contained(|| drop(late));
    }
}

/// The deadline of them all. Fired, or swept away with its system, it is dropped; and that ends what is open.
struct Lapse<T: Send + 'static>(Weak<Gathering<T>>);

impl<T: Send + 'static> Fire for Lapse<T> {
    unsafe fn fire(&mut self, _: NonNull<()>, _: Nanos) -> Fired {
        Fired::Done
    }

    fn is_cancelled(&self) -> bool {
        self.0.strong_count() == 0
    }
}

impl<T: Send + 'static> Drop for Lapse<T> {
    fn drop(&mut self) {
        if let Some(gathering) = self.0.upgrade() {
            gathering.lapse();
        }
    }
}

/// A question with its receiver, and the way back of its answer.
struct Question<M> {
    to: Address<M>,
    way: NonNull<()>,
    message: M,
}

/// Questions that are made, and not out yet. Dropped, also by one that panics while it is made, they are given up: nobody
/// hears of them, and neither does the asker.
pub(crate) struct Prepared<M: Send + 'static, T: Send + 'static> {
    gathering: Option<Arc<Gathering<T>>>,
    questions: Vec<Question<M>>,
    deadline: Duration,
}

impl<M: Send + 'static, T: Send + 'static> Drop for Prepared<M, T> {
    fn drop(&mut self) {
        // While nothing is told yet: their replies go with them, and are not late.
        contained(|| self.questions.clear());
        if let Some(gathering) = self.gathering.take() {
            gathering.abandon();
        }
    }
}

impl<M: Send + 'static, T: Send + 'static> Prepared<M, T> {
    fn new(
        deadline: Duration,
        targets: impl IntoIterator<Item = Address<M>>,
        mut question: impl FnMut(Reply<T>) -> M,
        teller: Teller<T>,
    ) -> Self {
        let targets: Vec<_> = targets.into_iter().collect();
        let gathering = Gathering::new(targets.len(), teller);
        let questions = Vec::with_capacity(targets.len());
        let mut prepared = Self { gathering: Some(Arc::clone(&gathering)), questions, deadline };
        for (place, to) in targets.into_iter().enumerate() {
            let ticket = Box::new(Ticket { gathering: Arc::clone(&gathering), place });
            let way = NonNull::from(Box::leak(ticket)).cast();
            let message = question(Reply::new(way, answer::<T>));
            prepared.questions.push(Question { to, way, message });
        }
        prepared
    }

    /// Asks. The deadline runs from here.
    pub(crate) fn launch<A: Actor>(mut self, cx: &mut Context<'_, A>) {
        let Some(gathering) = self.gathering.take() else { return };
        if !self.questions.is_empty() {
            let worker = cx.worker();
            let due = worker.shared.clock.now().saturating_add(nanos(self.deadline));
            worker.arm(due, Box::new(Lapse(Arc::downgrade(&gathering))));
        }
        for Question { to, way, message } in std::mem::take(&mut self.questions) {
            if let Err(refused) = cx.send(to, message) {
                ask::drop_refused(refused, way.as_ptr());
            }
        }
        gathering.tally.open().into_iter().for_each(tell);
    }
}

impl<A: Actor> Context<'_, A> {
    /// Asks each of `targets`, and goes on: all outcomes come back as one message of this actor, exactly once, within five
    /// seconds, in the order of the targets. `question` makes each message from its way back; `then` makes a message of this
    /// actor from all outcomes, and runs in this actor's turn. Of no targets there are no outcomes, which are told all the
    /// same.
    ///
    /// The message comes as a [`Notice`] does: no full mailbox refuses it. It does not count against
    /// [`max_asks`](crate::OptionsBuilder::max_asks). All questions are made before the first is sent: if one panics, nobody is
    /// asked. A few allocations, and one for each question; a lock for each outcome.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};
    ///
    /// struct Stock(u32);
    ///
    /// impl Actor for Stock {
    ///     type Msg = Reply<u32>;
    ///     fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         reply.send(self.0);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Clerk(Vec<Address<Reply<u32>>>);
    ///
    /// enum Told {
    ///     Count(Reply<u32>),
    ///     Counted(Reply<u32>, Vec<Outcome<u32>>),
    /// }
    ///
    /// impl Actor for Clerk {
    ///     type Msg = Told;
    ///     fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match told {
    ///             Told::Count(to) => {
    ///                 cx.ask_all(self.0.clone(), |reply| reply, |counts| Told::Counted(to, counts));
    ///             }
    ///             Told::Counted(to, counts) => to.send(counts.into_iter().flatten().sum()),
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().workers(1).build()?;
    /// let clerk = system.spawn(Clerk([3, 4, 5].map(|n| system.spawn(Stock(n))).to_vec()));
    /// assert_eq!(clerk.ask(Told::Count).wait()?, 12);
    /// # Ok(())
    /// # }
    /// ```
    pub fn ask_all<M, T, F>(
        &mut self,
        targets: impl IntoIterator<Item = Address<M>>,
        question: impl FnMut(Reply<T>) -> M,
        then: F,
    ) where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Vec<Outcome<T>>) -> A::Msg + Send + 'static,
    {
        self.ask_all_within(DEFAULT_DEADLINE, targets, question, then);
    }

    /// As [`Context::ask_all`], with a deadline: whoever has not answered by then is a [`AskError::Timeout`] among the outcomes.
    /// Kept to about a millisecond, and never early.
    pub fn ask_all_within<M, T, F>(
        &mut self,
        deadline: Duration,
        targets: impl IntoIterator<Item = Address<M>>,
        question: impl FnMut(Reply<T>) -> M,
        then: F,
    ) where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Vec<Outcome<T>>) -> A::Msg + Send + 'static,
    {
        self.prepare_all(deadline, targets, question, then).launch(self);
    }

    /// As [`Context::ask_all_within`], but for the asking.
    pub(crate) fn prepare_all<M, T, F>(
        &mut self,
        deadline: Duration,
        targets: impl IntoIterator<Item = Address<M>>,
        question: impl FnMut(Reply<T>) -> M,
        then: F,
    ) -> Prepared<M, T>
    where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Vec<Outcome<T>>) -> A::Msg + Send + 'static,
    {
        Prepared::new(deadline, targets, question, Teller::All(self.notice(then)))
    }

    /// Asks each of `targets`, and goes on: the first answer comes back as a message of this actor; or the failures of them all
    /// do, within five seconds. Answers after the first are late, counted, and reach nobody. Otherwise as [`Context::ask_all`].
    pub fn ask_first<M, T, F>(
        &mut self,
        targets: impl IntoIterator<Item = Address<M>>,
        question: impl FnMut(Reply<T>) -> M,
        then: F,
    ) where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Result<T, NoneAnswered>) -> A::Msg + Send + 'static,
    {
        self.ask_first_within(DEFAULT_DEADLINE, targets, question, then);
    }

    /// As [`Context::ask_first`], with a deadline.
    pub fn ask_first_within<M, T, F>(
        &mut self,
        deadline: Duration,
        targets: impl IntoIterator<Item = Address<M>>,
        question: impl FnMut(Reply<T>) -> M,
        then: F,
    ) where
        M: Send + 'static,
        T: Send + 'static,
        F: FnOnce(Result<T, NoneAnswered>) -> A::Msg + Send + 'static,
    {
        let teller = Teller::First(self.notice(then));
        Prepared::new(deadline, targets, question, teller).launch(self);
    }
}

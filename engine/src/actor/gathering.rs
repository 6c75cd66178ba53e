//! Asking many from a handler: all their outcomes, or the first answer, come back as one message.
//!
//! Each question carries a ticket of its own, which points to what they have in common: a place for each outcome, and the
//! [`Notice`] that tells the asker. Whoever brings the last outcome, or the first answer, takes the notice and tells, once all
//! questions are out; so does the deadline, which fills the places that are empty. Taking the notice is what ends it: once, whoever comes; everybody who
//! comes later is late.
//!
//! Who may touch what: everything is behind one lock, under which no user code runs. A ticket is its reply's, and lives until
//! that answers or is dropped: so nothing that a late answer could reach is used again. Where the asker has ended, its notice
//! is refused.

use super::address::Address;
use super::ask::{self, DEFAULT_DEADLINE, Outcome, Reply};
use super::behavior::{Actor, Context};
use super::notice::Notice;
use crate::error::AskError;
use crate::panics::contained;
use crate::scheduler::shared::{Fire, Fired};
use crate::sync::{Arc, Mutex};
use crate::time::{Nanos, nanos};
use std::fmt;
use std::ptr::NonNull;
use std::sync::{PoisonError, Weak};
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
struct Gathering<T: 'static>(Mutex<State<T>>);

struct State<T: 'static> {
    outcomes: Vec<Option<Outcome<T>>>,
    missing: usize,
    last: Option<AskError>,
    /// Whose answer came first, where the first is what is asked for.
    first: Option<usize>,
    /// Questions are still being asked: nothing is told before the last of them.
    opening: bool,
    /// None once the asker has been told, or shall not be.
    teller: Option<Teller<T>>,
}

/// The news for an asker, which is told outside the lock.
enum News<T: 'static> {
    All(Notice<Vec<Outcome<T>>>, Vec<Outcome<T>>),
    First(Notice<Result<T, NoneAnswered>>, Result<T, NoneAnswered>),
}

impl<T: Send + 'static> News<T> {
    /// Tells the asker; what it does not take any more is dropped.
    fn tell(self) {
        match self {
            News::All(notice, outcomes) => drop_untold(notice.send(outcomes)),
            News::First(notice, outcome) => drop_untold(notice.send(outcome)),
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

impl<T> State<T> {
    /// The news, if it is time for any.
    fn complete(&mut self) -> Option<News<T>> {
        let is_complete = self.missing == 0 || self.first.is_some();
        if self.opening || !is_complete {
            return None;
        }
        let mut outcomes = std::mem::take(&mut self.outcomes);
        Some(match self.teller.take()? {
            Teller::All(notice) => News::All(notice, outcomes.into_iter().flatten().collect()),
            Teller::First(notice) => match self.first.and_then(|place| outcomes[place].take()) {
                Some(Ok(answer)) => News::First(notice, Ok(answer)),
                _ => {
                    let failures = outcomes.into_iter().flatten().filter_map(Result::err).collect();
                    News::First(notice, Err(NoneAnswered { failures, last: self.last }))
                }
            },
        })
    }

    fn put(&mut self, place: usize, outcome: Outcome<T>) {
        self.last = outcome.as_ref().err().copied().or(self.last);
        if outcome.is_ok() && matches!(self.teller, Some(Teller::First(_))) {
            self.first = Some(place);
        }
        self.outcomes[place] = Some(outcome);
        self.missing -= 1;
    }
}

impl<T: Send + 'static> Gathering<T> {
    fn new(asked: usize, teller: Teller<T>) -> Arc<Self> {
        let outcomes = (0..asked).map(|_| None).collect();
        let (missing, teller) = (asked, Some(teller));
        Arc::new(Self(Mutex::new(State {
            outcomes,
            missing,
            last: None,
            first: None,
            opening: true,
            teller,
        })))
    }

    /// All questions are asked: what has come meanwhile counts.
    fn opened(&self) {
        self.change(|state| state.opening = false);
    }

    /// Changes the state, and tells the asker if that was what it waits for.
    fn change(&self, change: impl FnOnce(&mut State<T>)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        let news = state.complete();
        drop(state);
        news.into_iter().for_each(News::tell);
    }

    /// Takes the outcome of one; gives it back if it comes too late.
    fn take_in(&self, place: usize, outcome: Outcome<T>) -> Result<(), Outcome<T>> {
        let mut late = Some(outcome);
        self.change(|state| {
            // Filled already where the deadline has passed before the last question was out.
            if state.teller.is_some()
                && state.first.is_none()
                && state.outcomes[place].is_none()
                && let Some(outcome) = late.take()
            {
                state.put(place, outcome);
            }
        });
        late.map_or(Ok(()), Err)
    }

    /// The deadline: who has not answered will not any more.
    fn lapse(&self) {
        self.change(|state| {
            if state.teller.is_none() || state.first.is_some() {
                return;
            }
            for place in 0..state.outcomes.len() {
                if state.outcomes[place].is_none() {
                    state.put(place, Err(AskError::Timeout));
                }
            }
        });
    }

    /// Tells the asker nothing. What has come is dropped outside the lock.
    fn abandon(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = (state.teller.take(), std::mem::take(&mut state.outcomes));
        drop(state);
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
        gathering.opened();
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

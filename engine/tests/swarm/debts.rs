//! What is owed to who has asked: the answer, if one was given in time; and nothing but what has become of the way back.

use crate::book::{Book, locked};
use crate::deeds::Whom;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{AskError, Outcome, Reason, Reply};

/// Of a way back: when it was used, or dropped, at the latest.
const UNDER_WAY: Duration = Duration::MAX;

/// A question, whoever asks it. Times are the system's where they are virtual, and else the machine's.
pub(crate) struct Debt {
    due: Duration,
    /// It is being asked: what is dropped now may have been refused.
    asking: bool,
    answered: Option<Duration>,
    dropped: Option<Duration>,
    /// ... and while it was asked; and whether the mailbox was full then, where that can be seen.
    refused: bool,
    full: bool,
}

/// The way back of an answer, which is written down.
pub(crate) struct Owed {
    debt: u32,
    /// The answer.
    number: u32,
    reply: Option<Reply<u32>>,
    book: Arc<Book>,
}

impl Owed {
    pub(crate) fn new(book: &Arc<Book>, debt: u32, number: u32, reply: Reply<u32>) -> Owed {
        Owed { debt, number, reply: Some(reply), book: Arc::clone(book) }
    }

    /// Answers.
    pub(crate) fn pay(mut self, now: Duration) {
        let Some(reply) = self.reply.take() else { return };
        self.book.note(|| format!("question {} is answered", self.number));
        // Begun: on threads it may be heard before the next line.
        locked(&self.book.lists).debts[self.debt as usize].answered = Some(UNDER_WAY);
        reply.send(self.number);
        locked(&self.book.lists).debts[self.debt as usize].answered = Some(self.book.clock(now));
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        let Some(reply) = self.reply.take() else { return };
        {
            let debt = &mut locked(&self.book.lists).debts[self.debt as usize];
            debt.dropped = Some(UNDER_WAY);
            debt.refused = debt.asking;
        }
        drop(reply);
        if self.book.simulated {
            // Nobody knows the time here: whoever handles something next does, and it is no earlier.
            locked(&self.book.lists).undated.push(self.debt);
            self.book.undated.store(true, Ordering::Release);
        } else {
            let now = self.book.clock(Duration::ZERO);
            locked(&self.book.lists).debts[self.debt as usize].dropped = Some(now);
        }
    }
}

impl Book {
    /// The time by which debts are judged; `now` is the system's.
    pub(crate) fn clock(&self, now: Duration) -> Duration {
        if self.simulated { now } else { self.begun.elapsed() }
    }

    /// A question is about to be asked, at `now`.
    pub(crate) fn owe(&self, now: Duration, deadline: Duration) -> u32 {
        let due = self.clock(now) + deadline;
        let debts = &mut locked(&self.lists).debts;
        debts.push(Debt { due, asking: true, answered: None, dropped: None, refused: false, full: true });
        debts.len() as u32 - 1
    }

    /// It is being asked, again.
    pub(crate) fn asking(&self, debt: u32) {
        locked(&self.lists).debts[debt as usize].asking = true;
    }

    /// That one was asked it, or may have been.
    pub(crate) fn asked(&self, debt: u32, (to, address): Whom) {
        let debt = &mut locked(&self.lists).debts[debt as usize];
        debt.asking = false;
        if self.simulated && debt.refused {
            debt.full = address.pending() >= u64::from(self.cast_of(to).capacity);
        }
    }

    /// It is `now`: what was dropped since somebody knew the time was so by then.
    pub(crate) fn date(&self, now: Duration) {
        if self.undated.load(Ordering::Acquire) {
            self.undated.store(false, Ordering::Release);
            let lists = &mut *locked(&self.lists);
            for debt in lists.undated.drain(..) {
                lists.debts[debt as usize].dropped = Some(now);
            }
        }
    }

    /// How a question has ended: that must follow from what became of its way back.
    pub(crate) fn settle(&self, debt: u32, number: u32, outcome: &Outcome<u32>) {
        let lists = &*locked(&self.lists);
        let debt = &lists.debts[debt as usize];
        let (answered, dropped, due) = (debt.answered, debt.dropped, debt.due);
        let in_time = |at: Option<Duration>| at.is_some_and(|at| at < due);
        let well = match outcome {
            // Another's is told by whoever hears it.
            Ok(answer) => answered.is_some() || *answer != number,
            Err(AskError::Timeout) => !in_time(answered) && !in_time(dropped),
            Err(AskError::Dropped) => dropped.is_some(),
            Err(AskError::Refused(why)) => debt.refused && (*why != Reason::Full || debt.full),
            Err(_) => true,
        };
        if !well {
            let (refused, full) = (debt.refused, debt.full);
            self.wrong(|| {
                format!(
                    "asks: question {number} ended as {outcome:?}, and was answered {answered:?}, dropped {dropped:?}, refused {refused} (full {full}), due {due:?}"
                )
            });
        }
    }
}

//! What an actor of a scenario is told: outcomes, alarms, and ends. Each is judged as it comes.

use crate::book::locked;
use crate::node::Node;
use std::time::Duration;
use throng::{AskError, Ended, Outcome};

impl Node {
    pub(crate) fn hear(&mut self, number: u32, outcome: Outcome<u32>, now: Duration) {
        let (book, who) = (&self.book, self.who());
        book.note(|| format!("{} hears of its question {number}: {outcome:?}", who.0));
        let (by, told, due, debt) = {
            let asked = &mut locked(&book.lists).asks[number as usize];
            asked.told += 1;
            (asked.by, asked.told, asked.due, asked.debt)
        };
        if now > due || matches!(outcome, Err(AskError::Timeout)) {
            book.timed("asks: the outcome of question", number, who.0, due, now);
        }
        book.settle(debt, number, &outcome);
        match outcome {
            Ok(answer) if answer != number => {
                book.wrong(|| {
                    format!("asks: the answer to question {answer} reached question {number} of {}", who.0)
                });
            }
            Err(AskError::Timeout | AskError::Dropped | AskError::Refused(_)) | Ok(_) => {}
            Err(other) => book.wrong(|| format!("asks: question {number} ended as {other:?}")),
        }
        if told != 1 || by != who {
            book.wrong(|| {
                format!("asks: question {number} of {by:?} has ended {told} times, now at {who:?}")
            });
        }
    }

    pub(crate) fn ring(&mut self, number: u32, now: Duration) {
        self.alarms.retain(|(other, _)| *other != number);
        let sorted = self.is().is_sorted();
        let (book, who) = (&self.book, self.who());
        book.note(|| format!("{}: alarm {number}", who.0));
        let lists = &mut *locked(&book.lists);
        let alarm = &mut lists.alarms[number as usize];
        alarm.told += 1;
        book.timed("timers: alarm", number, who.0, alarm.due, now);
        // In a mailbox that sorts, what a state before has armed is mail.
        let mine = alarm.by == who || (sorted && alarm.by.0 == who.0);
        if alarm.told != 1 || alarm.cancelled || !mine {
            let (by, told, cancelled) = (alarm.by, alarm.told, alarm.cancelled);
            book.wrong(|| {
                format!("timers: alarm {number} of {by:?} came for the {told}. time to {who:?}, cancelled {cancelled}")
            });
        }
    }

    pub(crate) fn learn(&mut self, tie: u32, ended: &Ended) {
        self.watches.retain(|(other, _)| *other != tie);
        let (book, who) = (&self.book, self.who());
        book.note(|| format!("{} learns by tie {tie} that {} has ended: {}", who.0, ended.actor, ended.exit));
        let lists = &mut *locked(&book.lists);
        let tied = &mut lists.ties[tie as usize];
        tied.told += 1;
        let right = book.slot(tied.on).address.get().is_some_and(|address| address.id() == ended.actor);
        if tied.told != 1 || tied.cancelled || tied.by != who || !right {
            let (by, on, told, cancelled) = (tied.by, tied.on, tied.told, tied.cancelled);
            book.wrong(|| {
                format!("notices: the end of {on} was told {told} times by tie {tie} of {by:?}, now to {who:?}, cancelled {cancelled}")
            });
        }
        book.judge_exit(tied, &ended.exit);
    }
}

//! What a supervisor decides: a machine without actors, clocks or chance. It is told what happened and when, and answers with a
//! queue of commands. README.md beside this file has the protocol; whoever carries the commands out is in `desk.rs`.
//!
//! Children are numbers, in the order in which they are started. A *round* is one restart under way: its children are taken down
//! in reverse order, each awaiting its report, then there is a pause, then they are brought up in order. Under one-for-one each
//! child has rounds of its own; otherwise there is one round at most, from its first child to the last there is.

use super::command::{Alarm, Command, Outcome, Plan, Role};
use super::round::{Lot, Phase, Post, Round, Step, Winding};
use super::strategy::{Decision, Restart, Shutdown, Strategy, Window};
use crate::sync::{Mutant, mutant};
use crate::time::{Nanos, nanos};
use std::collections::VecDeque;
use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub(super) struct Keeper {
    plan: Plan,
    posts: Vec<Post>,
    /// One for each child under one-for-one, otherwise one.
    lots: Vec<Lot>,
    window: Window,
    /// So many have been made for the first time; none before `start`.
    opened: Option<usize>,
    ready: bool,
    winding: Option<Winding>,
    down: bool,
    serial: u64,
    restarts: u64,
    merged: u64,
    out: VecDeque<Command>,
}

impl Keeper {
    pub(super) fn new(plan: Plan, roles: impl IntoIterator<Item = Role>) -> Self {
        let post = |role| Post {
            role,
            phase: Phase::Gone,
            removed: false,
            killed: false,
            known: false,
            deadline: None,
        };
        let posts: Vec<_> = roles.into_iter().map(post).collect();
        let lots = if plan.strategy == Strategy::OneForOne { posts.len() } else { 1 };
        Self {
            window: Window::new(plan.intensity),
            lots: (0..lots).map(|_| Lot::default()).collect(),
            posts,
            plan,
            opened: None,
            ready: false,
            winding: None,
            down: false,
            serial: 0,
            restarts: 0,
            merged: 0,
            out: VecDeque::new(),
        }
    }

    /// What is to be done next.
    pub(super) fn command(&mut self) -> Option<Command> {
        self.out.pop_front()
    }

    /// What lies there to be done.
    #[cfg(test)]
    pub(super) fn peek(&self) -> impl Iterator<Item = &Command> {
        self.out.iter()
    }

    /// Restarts so far, each counted once however many children it took along.
    pub(super) fn restarts(&self) -> u64 {
        self.restarts
    }

    /// Faults and ends that needed no answer of their own: what was under way already covers them.
    #[cfg(test)]
    pub(super) fn merged(&self) -> u64 {
        self.merged
    }

    #[cfg(test)]
    /// Everything is being taken down, or is down.
    pub(super) fn is_winding(&self) -> bool {
        self.winding.is_some()
    }

    /// Whether a failure of this child, now, is something to decide on.
    pub(super) fn decides(&self, child: usize) -> bool {
        let up = matches!(self.posts[child].phase, Phase::Starting | Phase::Running);
        up && self.winding.is_none() && !self.is_taken_down(child)
    }

    /// Children that are not gone.
    #[cfg(test)]
    pub(super) fn left(&self) -> impl DoubleEndedIterator<Item = usize> + '_ {
        (0..self.posts.len()).filter(|child| self.posts[*child].phase != Phase::Gone)
    }

    pub(super) fn start(&mut self) {
        if self.opened.is_none() {
            self.opened = Some(0);
            self.open();
        }
    }

    pub(super) fn started(&mut self, child: usize, now: Nanos) {
        let post = &mut self.posts[child];
        // Otherwise it is on its way down already.
        if post.phase == Phase::Starting {
            post.phase = Phase::Running;
            let first = !std::mem::replace(&mut post.known, true);
            self.out.push_back(Command::Up { child, first });
            self.go_on(child, now);
        }
    }

    pub(super) fn failed(&mut self, child: usize, decision: Decision, now: Nanos) {
        let decides = self.decides(child);
        let post = &mut self.posts[child];
        match post.phase {
            Phase::Starting | Phase::Running if !decides => {
                post.phase = Phase::Held;
                self.merged += 1;
            }
            Phase::Starting | Phase::Running => {
                let was = std::mem::replace(&mut post.phase, Phase::Held);
                let decision = match decision {
                    Decision::Resume if was == Phase::Starting || !post.role.resumes => Decision::Restart,
                    other => other,
                };
                match decision {
                    Decision::Resume => {
                        post.phase = Phase::Running;
                        self.out.push_back(Command::Resume(child));
                    }
                    Decision::Restart if post.role.restart != Restart::Temporary => self.restart(child, now),
                    Decision::Restart | Decision::Stop => {
                        post.removed = true;
                        self.end(child);
                    }
                    Decision::Escalate => self.wind(Outcome::Escalated { child, too_often: false }),
                }
            }
            Phase::Ending => {
                // Held, it would not end by itself.
                self.merged += 1;
                self.kill(child);
            }
            Phase::Vacating => self.merged += 1,
            Phase::Gone | Phase::Held | Phase::Vacant => {}
        }
        self.go_on(child, now);
    }

    pub(super) fn vacated(&mut self, child: usize, now: Nanos) {
        if self.posts[child].phase == Phase::Vacating {
            self.posts[child].phase = Phase::Vacant;
            self.go_on(child, now);
        }
    }

    /// The child has ended, in good order or not.
    pub(super) fn ended(&mut self, child: usize, good: bool, now: Nanos) {
        let decides = self.decides(child);
        let post = &mut self.posts[child];
        let was = std::mem::replace(&mut post.phase, Phase::Gone);
        match was {
            Phase::Gone => return,
            Phase::Ending => {
                if let Some(serial) = post.deadline.take() {
                    self.out.push_back(Command::Disarm(Alarm::Deadline { child, serial }));
                }
            }
            _ if !decides => self.merged += u64::from(matches!(was, Phase::Starting | Phase::Running)),
            Phase::Starting | Phase::Running => match post.role.restart {
                Restart::Permanent => self.restart(child, now),
                Restart::Transient if !good => self.restart(child, now),
                Restart::Transient => self.pass_over(child),
                Restart::Temporary => post.removed = true,
            },
            Phase::Held | Phase::Vacating | Phase::Vacant => {}
        }
        self.go_on(child, now);
    }

    pub(super) fn alarm(&mut self, alarm: Alarm, now: Nanos) {
        match alarm {
            Alarm::Pause { lot, serial: rung } => {
                if let Some(round) = &mut self.lots[lot].round
                    && let Step::Pause { serial } = round.step
                    && serial == rung
                {
                    let first = round.first;
                    round.step = Step::Up(first);
                    self.go_on(first, now);
                }
            }
            Alarm::Deadline { child, serial } => {
                if self.posts[child].deadline == Some(serial) {
                    self.posts[child].deadline = None;
                    self.kill(child);
                }
            }
        }
    }

    /// All children are to be ended, in reverse order.
    pub(super) fn stop(&mut self) {
        self.wind(Outcome::Stopped);
        self.wind_on();
    }

    /// All that are left are to be killed, one waiting for no other.
    pub(super) fn abort(&mut self) {
        self.wind(Outcome::Stopped);
        for child in (0..self.posts.len()).rev() {
            if self.posts[child].phase != Phase::Gone {
                self.posts[child].phase = Phase::Ending;
                self.kill(child);
            }
        }
        self.wind_on();
    }

    fn lot_of(&self, child: usize) -> usize {
        if self.plan.strategy == Strategy::OneForOne { child } else { 0 }
    }

    /// Behind the last child of a round from `first`.
    fn end_of(&self, first: usize) -> usize {
        if self.plan.strategy == Strategy::OneForOne { first + 1 } else { self.posts.len() }
    }

    /// A round is taking the child down, or has done so.
    fn is_taken_down(&self, child: usize) -> bool {
        self.lots[self.lot_of(child)]
            .round
            .is_some_and(|round| child >= round.first && !matches!(round.step, Step::Up(_)))
    }

    /// It has ended in good order; a round that was bringing it up goes on with the next.
    fn pass_over(&mut self, child: usize) {
        let lot = self.lot_of(child);
        if let Some(Round { step: Step::Up(cursor), .. }) = &mut self.lots[lot].round
            && *cursor == child
        {
            *cursor += 1;
        }
    }

    fn restart(&mut self, child: usize, now: Nanos) {
        if !self.window.admit(now) {
            return self.wind(Outcome::Escalated { child, too_often: true });
        }
        self.restarts += 1;
        let first = if self.plan.strategy == Strategy::OneForAll { 0 } else { child };
        let (lot, end) = (self.lot_of(child), self.end_of(child));
        if self.plan.strategy != Strategy::OneForOne {
            // What has not been made yet comes up with the round.
            self.opened = Some(self.posts.len());
        }
        let Lot { round, attempts, settled } = &mut self.lots[lot];
        if settled.take().is_some_and(|at| now.saturating_sub(at) >= self.plan.quiet) {
            *attempts = 0;
        }
        let (first, cursor) = match round {
            None if self.plan.strategy == Strategy::RestForOne && mutant(Mutant::RestLeftOut) => {
                (first, first + 1)
            }
            None => (first, end),
            Some(round) => match round.step {
                Step::Down(cursor) => (round.first.min(first), cursor),
                Step::Pause { serial } => {
                    self.out.push_back(Command::Disarm(Alarm::Pause { lot, serial }));
                    (round.first.min(first), round.first)
                }
                // Those behind the one that is coming up are down still.
                Step::Up(cursor) => (first, (cursor + 1).min(end)),
            },
        };
        *round = Some(Round { first, step: Step::Down(cursor) });
    }

    /// Does what follows from a change of this child.
    fn go_on(&mut self, child: usize, now: Nanos) {
        if self.winding.is_some() {
            return self.wind_on();
        }
        self.turn_round(self.lot_of(child), now);
        self.open();
    }

    /// Makes the children for the first time, each when the one before has started or is settled otherwise.
    fn open(&mut self) {
        let Some(mut opened) = self.opened else { return };
        while self.winding.is_none() {
            let before = opened.checked_sub(1);
            let waits = before.is_some_and(|before| {
                self.posts[before].phase == Phase::Starting || self.lots[self.lot_of(before)].round.is_some()
            });
            if waits {
                break;
            }
            if opened == self.posts.len() {
                if !std::mem::replace(&mut self.ready, true) {
                    self.out.push_back(Command::Ready);
                }
                break;
            }
            self.bring_up(opened, Command::Make(opened));
            opened += 1;
        }
        self.opened = Some(opened);
    }

    /// Has a child made, or its place filled.
    fn bring_up(&mut self, child: usize, command: Command) {
        self.posts[child].phase = Phase::Starting;
        self.posts[child].killed = false;
        self.out.push_back(command);
    }

    fn turn_round(&mut self, lot: usize, now: Nanos) {
        while let Some(Round { first, step }) = self.lots[lot].round {
            let next = match step {
                Step::Down(cursor) if cursor > first => {
                    let child = cursor - 1;
                    let post = &mut self.posts[child];
                    match post.phase {
                        Phase::Gone | Phase::Vacant => {}
                        Phase::Vacating | Phase::Ending => return,
                        Phase::Starting | Phase::Running | Phase::Held
                            if post.role.restart == Restart::Temporary =>
                        {
                            post.removed = true;
                            return self.end(child);
                        }
                        Phase::Starting | Phase::Running | Phase::Held => {
                            post.phase = Phase::Vacating;
                            return self.out.push_back(Command::Vacate(child));
                        }
                    }
                    Step::Down(child)
                }
                Step::Down(_) => self.pause(lot, first),
                Step::Pause { .. } => return,
                Step::Up(cursor) if cursor < self.end_of(first) => {
                    let post = &self.posts[cursor];
                    match post.phase {
                        Phase::Starting => return,
                        Phase::Gone if !post.removed => {
                            return self.bring_up(cursor, Command::Make(cursor));
                        }
                        Phase::Vacant => return self.bring_up(cursor, Command::Occupy(cursor)),
                        // Up, or not to come up any more.
                        _ => Step::Up(cursor + 1),
                    }
                }
                Step::Up(_) => {
                    self.lots[lot].round = None;
                    self.lots[lot].settled = Some(now);
                    return;
                }
            };
            self.lots[lot].round = Some(Round { first, step: next });
        }
    }

    /// All of a round are down.
    fn pause(&mut self, lot: usize, first: usize) -> Step {
        let attempt = self.lots[lot].attempts;
        self.lots[lot].attempts = attempt.saturating_add(1);
        let backoff = self.plan.backoff.as_ref().map(|backoff| backoff.of_user(lot as u64));
        let delay = backoff.map_or(0, |backoff| nanos(backoff.delay(attempt)));
        for child in first..self.end_of(first) {
            if !self.posts[child].removed {
                self.out.push_back(Command::Restarting(child, delay));
            }
        }
        if delay == 0 {
            return Step::Up(first);
        }
        self.serial += 1;
        let serial = self.serial;
        self.out.push_back(Command::Arm(Alarm::Pause { lot, serial }, delay));
        Step::Pause { serial }
    }

    fn wind(&mut self, outcome: Outcome) {
        if self.winding.is_some() {
            return;
        }
        self.winding = Some(Winding { outcome, cursor: self.posts.len() });
        for (n, lot) in self.lots.iter_mut().enumerate() {
            if let Some(Round { step: Step::Pause { serial }, .. }) = lot.round.take() {
                self.out.push_back(Command::Disarm(Alarm::Pause { lot: n, serial }));
            }
        }
    }

    fn wind_on(&mut self) {
        let Some(Winding { outcome, mut cursor }) = self.winding else { return };
        while cursor > 0 && self.posts[cursor - 1].phase == Phase::Gone {
            cursor -= 1;
        }
        self.winding = Some(Winding { outcome, cursor });
        if cursor == 0 {
            if !std::mem::replace(&mut self.down, true) {
                self.out.push_back(Command::Down(outcome));
            }
        } else if !matches!(self.posts[cursor - 1].phase, Phase::Vacating | Phase::Ending) {
            self.end(cursor - 1);
        }
    }

    /// Ends a child as it is to be ended.
    fn end(&mut self, child: usize) {
        let post = &mut self.posts[child];
        let is_up = matches!(post.phase, Phase::Starting | Phase::Running);
        post.phase = Phase::Ending;
        match post.role.shutdown {
            Shutdown::Drain(time) if is_up => {
                self.out.push_back(Command::Drain(child));
                if time < Duration::MAX {
                    self.serial += 1;
                    let serial = self.serial;
                    post.deadline = Some(serial);
                    self.out.push_back(Command::Arm(Alarm::Deadline { child, serial }, nanos(time)));
                }
            }
            Shutdown::Now if is_up => self.out.push_back(Command::StopNow(child)),
            // Held it has nothing to say, and vacant nobody to say it.
            _ => self.kill(child),
        }
    }

    fn kill(&mut self, child: usize) {
        let post = &mut self.posts[child];
        if let Some(serial) = post.deadline.take() {
            self.out.push_back(Command::Disarm(Alarm::Deadline { child, serial }));
        }
        if !std::mem::replace(&mut post.killed, true) {
            self.out.push_back(Command::Kill(child));
        }
    }
}

//! Supervisors: who is made anew, with whom, and how often.

use crate::book::{Book, locked};
use crate::node::Node;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{Exit, Restart, Strategy, Tree};

/// What a supervisor's child has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A state has begun.
    Begun,
    /// It has failed, and its supervisor is to decide.
    Fallen,
}

/// That it has, when, and which state of whom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turned {
    pub(crate) cast: usize,
    pub(crate) slot: u32,
    pub(crate) state: u32,
    pub(crate) at: Duration,
    pub(crate) what: Turn,
}

impl Node {
    /// Writes down what this child of a supervisor has come to.
    pub(crate) fn turned(&self, what: Turn, at: Duration) {
        if self.ward {
            let (cast, slot, state) = (self.cast, self.slot, self.state);
            locked(&self.book.lists).wards.push(Turned { cast, slot, state, at, what });
        }
    }
}

/// One supervisor's.
struct Ward<'b> {
    book: &'b Book,
    which: usize,
    casts: Vec<usize>,
    turns: Vec<Turned>,
    gave_up: bool,
}

/// Each tree by its strategy and its intensity.
pub(crate) fn judge(book: &Book, trees: &[Tree]) {
    // Whoever found no place has written nothing down.
    if book.crowded.load(Ordering::Acquire) {
        return;
    }
    for (which, tree) in trees.iter().enumerate() {
        let is_of = |cast: usize| book.plan.casts[cast].tree == Some(which);
        let turns = locked(&book.lists).wards.iter().filter(|turn| is_of(turn.cast)).copied().collect();
        let casts = (0..book.plan.casts.len()).filter(|cast| is_of(*cast)).collect();
        let exit = tree.exit();
        let ward = Ward { book, which, casts, turns, gave_up: exit.is_some() };
        ward.nobody_without_a_cause();
        ward.nobody_too_often();
        if exit.is_none() {
            ward.nobody_left_out();
        }
        if matches!(exit, Some(Exit::Failed(_))) {
            ward.gave_up_in_need();
        }
    }
}

impl Ward<'_> {
    fn strategy(&self) -> Strategy {
        self.book.plan.trees[self.which].strategy
    }

    /// Whether a restart of `of` takes `other` along.
    fn reaches(&self, of: usize, other: usize) -> bool {
        match self.strategy() {
            Strategy::OneForOne => of == other,
            Strategy::OneForAll => true,
            _ => of <= other,
        }
    }

    fn lives(&self, slot: u32) -> bool {
        self.book.slot(slot).address.get().is_some_and(|address| address.is_alive())
    }

    /// Places of these that have been left by one that has ended.
    fn ended(&self, is_of: impl Fn(usize) -> bool) -> usize {
        let of =
            self.turns.iter().filter(|turn| turn.state == 0 && turn.what == Turn::Begun && is_of(turn.cast));
        of.filter(|turn| !self.lives(turn.slot)).count()
    }

    /// Who was made anew in its place has failed; or, where others are taken along, has been no oftener than one has failed or ended that
    /// takes it along.
    fn nobody_without_a_cause(&self) {
        for (at, turn) in self.turns.iter().enumerate() {
            if turn.what != Turn::Begun || turn.state == 0 {
                continue;
            }
            let own = |other: &&Turned| other.slot == turn.slot && other.state + 1 == turn.state;
            let reaching = |other: &&Turned| self.reaches(other.cast, turn.cast);
            let fallen = || self.turns[..at].iter().filter(|other| other.what == Turn::Fallen);
            let well = if self.strategy() == Strategy::OneForOne {
                fallen().any(|other| own(&other))
            } else {
                // One that was killed before it began may have been anybody.
                let unseen = self.book.unseen.load(Ordering::Acquire);
                let ended = unseen + self.ended(|cast| self.reaches(cast, turn.cast));
                fallen().filter(reaching).count() + ended >= turn.state as usize
            };
            if !well {
                self.wrong(|| {
                    format!(
                        "child {} was made anew in place {}, state {}, and nobody had failed",
                        turn.cast, turn.slot, turn.state
                    )
                });
            }
        }
    }

    /// When the supervisor must have decided on each start of these that was not the first: not before the one, nor after the other.
    fn decisions(&self, casts: &[usize]) -> Vec<Range<Duration>> {
        let mut all = Vec::new();
        for cast in casts {
            let mut last: Option<Duration> = None;
            for turn in self.turns.iter().filter(|turn| turn.cast == *cast) {
                match (turn.what, last) {
                    (Turn::Begun, Some(from)) => {
                        all.push(from..turn.at);
                        last = Some(turn.at);
                    }
                    (Turn::Begun, None) => last = Some(turn.at),
                    // Under one-for-one it is this that was decided on.
                    (Turn::Fallen, Some(_)) if self.strategy() == Strategy::OneForOne => last = Some(turn.at),
                    (Turn::Fallen, _) => {}
                }
            }
        }
        all
    }

    /// Within no time of the window there are more restarts than are allowed.
    fn nobody_too_often(&self) {
        let plan = &self.book.plan.trees[self.which];
        // Of others than one-for-one, a restart takes several along: those of each are counted by themselves.
        let together: Vec<Vec<usize>> = match self.strategy() {
            Strategy::OneForOne => vec![self.casts.clone()],
            _ => self.casts.iter().map(|cast| vec![*cast]).collect(),
        };
        for casts in together {
            let decisions = self.decisions(&casts);
            for first in &decisions {
                let until = first.start + plan.within;
                let within = |other: &&Range<Duration>| other.start >= first.start && other.end <= until;
                let many = decisions.iter().filter(within).count();
                if many > plan.most as usize {
                    let most = plan.most;
                    return self.wrong(|| {
                        format!(
                            "{many} restarts of {casts:?} from {:?} to {until:?}, and {most} are allowed",
                            first.start
                        )
                    });
                }
            }
        }
    }

    /// Who takes others along does so; and nobody is left as it fell.
    fn nobody_left_out(&self) {
        for (at, turn) in self.turns.iter().enumerate() {
            if turn.what != Turn::Fallen {
                continue;
            }
            let begun = |other: &Turned| other.what == Turn::Begun && other.cast == turn.cast;
            let came_back = self.turns[at..].iter().any(begun);
            let states = self.book.slot(turn.slot).states.load(Ordering::Acquire);
            if !came_back && self.lives(turn.slot) && states == turn.state + 1 {
                self.wrong(|| format!("child {} has failed, and nothing came of it at rest", turn.cast));
            }
            if !came_back || self.strategy() == Strategy::OneForOne {
                continue;
            }
            let along = |cast: &&usize| **cast != turn.cast && self.reaches(turn.cast, **cast);
            for cast in self.casts.iter().filter(along) {
                let mine = |other: &&Turned| other.what == Turn::Begun && other.cast == *cast;
                let Some(last) = self.turns.iter().rfind(mine) else { continue };
                let since = self.turns[at..].iter().any(|other| mine(&other));
                if !since && self.lives(last.slot) {
                    self.wrong(|| {
                        format!("child {} has failed and was made anew, and child {cast}, which goes with it, was not", turn.cast)
                    });
                }
            }
        }
    }

    /// It has given up over one restart more than there may be.
    fn gave_up_in_need(&self) {
        let plan = &self.book.plan.trees[self.which];
        let features = self.book.plan.features;
        // Otherwise some have ended that nobody has written down.
        if features.ends || features.leaves || features.links || features.stops || features.hooks {
            return;
        }
        let punctual = self.book.punctual.load(Ordering::Acquire);
        let of = self.turns.iter().filter(|turn| {
            turn.what == Turn::Fallen && self.book.plan.casts[turn.cast].restart != Restart::Temporary
        });
        let fallen: Vec<_> = of.map(|turn| turn.at).collect();
        let most = plan.most as usize;
        let is_due = |times: &[Duration]| !punctual || times[most] - times[0] <= plan.within;
        if !fallen.windows(most + 1).any(is_due) {
            self.wrong(|| {
                format!(
                    "it has given up, and {most} restarts within {:?} are allowed: {fallen:?}",
                    plan.within
                )
            });
        }
    }

    fn wrong(&self, what: impl FnOnce() -> String) {
        let which = self.which;
        self.book.wrong(|| {
            let words = what();
            format!("supervision: tree {which} ({:?}, given up {}): {words}", self.strategy(), self.gave_up)
        });
    }
}

//! What the documents say becomes of a tree, foretold without machines, queues or reports: each rule is carried out to its end
//! before the next one, as if nothing ever happened beside anything else. So it holds for one fault at a time, each after the one
//! before has come to rest.

use super::blueprint::{Broken, Floor, Manner, Node, below, fails};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use throng::{Decision, Restart, Shutdown, Strategy};

/// Something, and when.
pub(super) type Line = (Duration, String);

/// What befalls an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blow {
    /// Its handler gives an error, or panics. Of leaves alone.
    Fail,
    Panic,
    /// It stops itself. Of leaves alone.
    Leave,
    /// Somebody else stops it, or kills it: a supervisor too, and its children are killed with it.
    Stop,
    Kill,
}

/// The whole tree, and what has come of it.
#[derive(Debug)]
pub(super) struct Oracle {
    root: Crew,
    pub(super) fate: Fate,
    /// Why the root gave up.
    pub(super) over: Option<String>,
}

/// What is written down, and what chance there is.
#[derive(Debug, Default)]
pub(super) struct Fate {
    pub(super) now: Duration,
    /// Hooks of leaves, and questions to `on_fault`.
    pub(super) said: Vec<Line>,
    /// Events.
    pub(super) told: Vec<Line>,
    /// Which of the events nobody waits for: of a child that is given up before it has started, while the next is made already.
    pub(super) loose: HashSet<usize>,
    pub(super) restarts: u64,
    /// Ends of those whose supervisor was ended by somebody else.
    pub(super) untold: u64,
    pub(super) broken: Broken,
    faults: u64,
}

impl Fate {
    fn say(&mut self, words: String) {
        self.said.push((self.now, words));
    }

    fn tell(&mut self, path: &str, what: &str) {
        self.told.push((self.now, format!("{path} {what}")));
    }

    fn fault(&mut self, is_panic: bool) -> String {
        self.faults += 1;
        format!("{}fault {}", if is_panic { "panicked: " } else { "" }, self.faults)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not made yet, or ended.
    Gone,
    Up,
    /// It failed; `true` if it had started.
    Held(bool),
    /// Its state has gone, and its place is kept.
    Vacant,
}

#[derive(Debug)]
struct Member {
    path: String,
    node: Node,
    state: State,
    /// It has been up under this supervisor.
    known: bool,
    /// Nothing brings it back.
    removed: bool,
    crew: Option<Crew>,
}

/// A supervisor with its children.
#[derive(Debug)]
struct Crew {
    floor: Arc<Floor>,
    members: Vec<Member>,
    /// When it has restarted.
    window: Vec<Duration>,
    /// Pauses since it was quiet, and when the last restart was over: of each member under one-for-one, else of all.
    pauses: Vec<(u32, Option<Duration>)>,
}

/// What is the matter with a member.
#[derive(Debug, Clone)]
enum Cause {
    Failed(String),
    Ended(&'static str),
}

/// It gives up, with these words, and has no children left.
struct GaveUp(String);

impl Crew {
    fn new(floor: &Arc<Floor>, path: &str) -> Crew {
        let member = |node: &Node| Member {
            path: below(path, node.name),
            node: node.clone(),
            state: State::Gone,
            known: false,
            removed: false,
            crew: None,
        };
        let members: Vec<_> = floor.children.iter().map(member).collect();
        let pauses = vec![(0, None); members.len()];
        Crew { floor: Arc::clone(floor), members, window: Vec::new(), pauses }
    }

    /// Children are started in order, each when the one before has started.
    fn begin(&mut self, fate: &mut Fate) -> Result<(), GaveUp> {
        (0..self.members.len()).try_for_each(|n| self.bring_up(n, fate))
    }

    fn bring_up(&mut self, n: usize, fate: &mut Fate) -> Result<(), GaveUp> {
        let member = &mut self.members[n];
        if member.removed || member.state == State::Up {
            return Ok(());
        }
        match member.begin(fate) {
            Ok(()) => {
                member.state = State::Up;
                let first = !std::mem::replace(&mut member.known, true);
                fate.tell(&member.path, if first { "started" } else { "back" });
                Ok(())
            }
            Err(why) => self.failed(n, false, why, fate),
        }
    }

    fn failed(&mut self, n: usize, had_started: bool, why: String, fate: &mut Fate) -> Result<(), GaveUp> {
        let member = &mut self.members[n];
        member.state = State::Held(had_started);
        member.crew = None;
        fate.tell(&member.path, &format!("failed ({why})"));
        fate.say(format!("ask {}", member.path));
        match member.node.verdict {
            Decision::Resume if had_started && member.node.floor.is_none() => {
                member.state = State::Up;
                Ok(())
            }
            Decision::Stop => {
                member.give_up(had_started, fate);
                Ok(())
            }
            Decision::Escalate => Err(self.give_up(n, &Cause::Failed(why), "", fate)),
            _ if member.node.kind == Restart::Temporary => {
                member.give_up(had_started, fate);
                Ok(())
            }
            _ => self.restart(n, &Cause::Failed(why), fate),
        }
    }

    fn ended(&mut self, n: usize, how: &'static str, fate: &mut Fate) -> Result<(), GaveUp> {
        let member = &mut self.members[n];
        member.state = State::Gone;
        if let Some(crew) = member.crew.take() {
            let mut below = Vec::new();
            crew.list(&mut below);
            fate.untold += below.len() as u64;
        }
        fate.tell(&member.path, &format!("ended ({how})"));
        match (member.node.kind, how) {
            (Restart::Permanent, _) | (Restart::Transient, "killed") => {
                self.restart(n, &Cause::Ended(how), fate)
            }
            (Restart::Temporary, _) => {
                member.removed = true;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn restart(&mut self, n: usize, cause: &Cause, fate: &mut Fate) -> Result<(), GaveUp> {
        let Floor { strategy, most, within, quiet, .. } = *self.floor;
        self.window.retain(|at| fate.now - *at <= within);
        if self.window.len() == most as usize {
            let limit = format!(" (restarts allowed: {most} within {within:?})");
            return Err(self.give_up(n, cause, &limit, fate));
        }
        self.window.push(fate.now);
        fate.restarts += 1;
        let all = self.members.len();
        let (whom, clock) = match strategy {
            Strategy::OneForOne => (n..n + 1, n),
            Strategy::OneForAll => (0..all, 0),
            _ => (n..all, 0),
        };
        for n in whom.clone().rev() {
            self.members[n].take_down(fate);
        }
        let (attempts, settled) = &mut self.pauses[clock];
        if settled.take().is_some_and(|at| fate.now - at >= quiet) {
            *attempts = 0;
        }
        // Twice as long each time.
        let pause = self.floor.pauses.map_or(Duration::ZERO, |(first, most)| {
            (0..*attempts).fold(first, |pause, _| (pause * 2).min(most)).min(most)
        });
        *attempts += 1;
        for member in self.members[whom.clone()].iter().filter(|member| !member.removed) {
            let pause = if pause.is_zero() { "down".into() } else { format!("down for {pause:?}") };
            fate.tell(&member.path, &pause);
        }
        fate.now += pause;
        for n in whom {
            self.bring_up(n, fate)?;
        }
        self.pauses[clock].1 = Some(fate.now);
        Ok(())
    }

    fn give_up(&mut self, n: usize, cause: &Cause, limit: &str, fate: &mut Fate) -> GaveUp {
        let name = self.members[n].node.name;
        self.end(fate);
        GaveUp(match cause {
            Cause::Failed(why) => format!("child {name:?} failed: {why}{limit}"),
            Cause::Ended(how) => format!("child {name:?} has ended: {how}{limit}"),
        })
    }

    /// All are ended, in reverse order.
    fn end(&mut self, fate: &mut Fate) {
        self.members.iter_mut().rev().for_each(|member| member.end(fate));
    }

    fn strike(&mut self, path: &[&str], blow: Blow, fate: &mut Fate) -> Result<(), GaveUp> {
        let n = self.members.iter().position(|member| member.node.name == path[0]).expect("a child of it");
        let member = &mut self.members[n];
        if path.len() > 1 {
            let crew = member.crew.as_mut().expect("it is a supervisor, and there");
            return match crew.strike(&path[1..], blow, fate) {
                Ok(()) => Ok(()),
                Err(GaveUp(why)) => self.failed(n, true, why, fate),
            };
        }
        match blow {
            Blow::Fail | Blow::Panic => {
                let why = fate.fault(blow == Blow::Panic);
                self.failed(n, true, why, fate)
            }
            Blow::Leave | Blow::Stop => {
                if member.crew.is_none() {
                    fate.say(format!("stop {}", member.path));
                }
                self.ended(n, "stopped", fate)
            }
            Blow::Kill => self.ended(n, "killed", fate),
        }
    }

    /// The paths of those that are there, with whether it is a leaf.
    fn list(&self, to: &mut Vec<(String, bool)>) {
        for member in self.members.iter().filter(|member| member.state == State::Up) {
            to.push((member.path.clone(), member.crew.is_none()));
            member.crew.iter().for_each(|crew| crew.list(to));
        }
    }
}

impl Member {
    fn begin(&mut self, fate: &mut Fate) -> Result<(), String> {
        if let Some(floor) = &self.node.floor {
            return self.crew.insert(Crew::new(floor, &self.path)).begin(fate).map_err(|GaveUp(why)| why);
        }
        match fails(&mut fate.broken, &self.path, &[Manner::Make, Manner::Panic, Manner::Error]) {
            Some(manner) => Err(fate.fault(manner != Manner::Error)),
            None => {
                fate.say(format!("start {}", self.path));
                Ok(())
            }
        }
    }

    fn give_up(&mut self, had_started: bool, fate: &mut Fate) {
        self.remove(fate);
        if !had_started {
            fate.loose.insert(fate.told.len() - 1);
        }
    }

    fn remove(&mut self, fate: &mut Fate) {
        self.removed = true;
        self.end(fate);
    }

    /// For a restart: its place is kept, unless it is temporary.
    fn take_down(&mut self, fate: &mut Fate) {
        match self.state {
            State::Gone | State::Vacant => {}
            _ if self.node.kind == Restart::Temporary => self.remove(fate),
            was => {
                match &mut self.crew {
                    Some(crew) => crew.end(fate),
                    None if was == State::Up => fate.say(format!("stop {}", self.path)),
                    None => {}
                }
                (self.state, self.crew) = (State::Vacant, None);
            }
        }
    }

    fn end(&mut self, fate: &mut Fate) {
        let good = match self.state {
            State::Gone => return,
            State::Up => self.node.floor.is_some() || self.node.shutdown != Shutdown::Kill,
            State::Held(_) | State::Vacant => false,
        };
        match &mut self.crew {
            Some(crew) => crew.end(fate),
            None if good => fate.say(format!("stop {}", self.path)),
            None => {}
        }
        fate.tell(&self.path, if good { "ended (stopped)" } else { "ended (killed)" });
        (self.state, self.crew) = (State::Gone, None);
    }
}

impl Oracle {
    pub(super) fn new(floor: &Arc<Floor>, broken: Broken, now: Duration) -> Oracle {
        let root = Crew::new(floor, "");
        let mut oracle = Oracle { root, fate: Fate { broken, now, ..Fate::default() }, over: None };
        let begun = oracle.root.begin(&mut oracle.fate);
        oracle.settle(begun);
        oracle
    }

    fn settle(&mut self, result: Result<(), GaveUp>) {
        if let Err(GaveUp(why)) = result {
            self.fate.tell("root", "gives up");
            self.over = Some(why);
        }
    }

    /// One that is there, by its path.
    pub(super) fn strike(&mut self, path: &str, blow: Blow) {
        let path: Vec<_> = path.split('/').collect();
        let struck = self.root.strike(&path, blow, &mut self.fate);
        self.settle(struck);
    }

    pub(super) fn stop(&mut self) {
        self.root.end(&mut self.fate);
    }

    /// Who is there, with whether it is a leaf; in order of starting.
    pub(super) fn living(&self) -> Vec<(String, bool)> {
        let mut living = Vec::new();
        self.root.list(&mut living);
        living
    }
}

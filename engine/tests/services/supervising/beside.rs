//! The engine beside the oracle: the same tree, the same faults, and every hook, question and event of both compared one by one,
//! in their order and at their very times.

use super::blueprint::{Act, Broken, Floor, Script};
use super::oracle::{Blow, Line, Oracle};
use super::{Stage, in_short};
use std::sync::Arc;
use std::time::Duration;
use throng::{Address, Exit, Order};

pub(super) struct Beside {
    pub(super) stage: Stage,
    pub(super) oracle: Oracle,
    pub(super) script: Script,
    /// Of what the oracle has said and told, compared already.
    compared: (usize, usize),
}

const TICK: Duration = Duration::from_nanos(1);

impl Beside {
    /// Both from the beginning, until they are at rest.
    pub(super) fn new(stage: Option<Stage>, floor: &Arc<Floor>, broken: &Broken) -> Beside {
        let script = Script::default();
        broken.iter().for_each(|(path, (manner, times))| script.break_starts(path, *manner, *times));
        let now = stage.as_ref().map_or(Duration::ZERO, |stage| stage.inline.now());
        let oracle = Oracle::new(floor, broken.clone(), now);
        let stage = Stage::next(stage, |_, _| floor.supervisor("", &script));
        let mut both = Beside { stage, oracle, script, compared: (0, 0) };
        both.compare("begins");
        both
    }

    /// Somebody who is there.
    pub(super) fn strike(&mut self, path: &str, blow: Blow) {
        let tree = &self.stage.tree;
        if let Some(leaf) = tree.child::<Act>(path) {
            match blow {
                Blow::Fail => leaf.try_send(Act::Fail).expect("room"),
                Blow::Panic => leaf.try_send(Act::Panic).expect("room"),
                Blow::Leave => leaf.try_send(Act::Stop).expect("room"),
                Blow::Stop => _ = leaf.stop(),
                Blow::Kill => _ = leaf.kill(),
            }
        } else {
            let below: Address<Order> = tree.child(path).unwrap_or_else(|| panic!("{path} is there"));
            match blow {
                Blow::Stop => _ = below.stop(),
                _ => _ = below.kill(),
            }
        }
        self.oracle.strike(path, blow);
        self.compare(&format!("{path}: {blow:?}"));
    }

    /// Nothing happens for a while.
    pub(super) fn wait(&mut self, time: Duration) {
        self.oracle.fate.now += time;
        self.compare("waits");
    }

    /// Nothing is left to come, and nobody is left behind. Looks at every cell of the system, so not after every blow.
    pub(super) fn look_around(&self) {
        let Stage { inline, tree, .. } = &self.stage;
        let ledger = inline.system().quiesce(Duration::ZERO).unwrap_or_else(|busy| panic!("{busy}"));
        // Beside them the listener, and the root.
        let root = u64::from(tree.exit().is_none());
        assert_eq!(ledger.spawned - ledger.stopped, self.oracle.living().len() as u64 + 1 + root);
    }

    /// All comes down, in order. Gives how many failed, the root too, how many ends were told, and of how many it was not, as their
    /// supervisor was gone.
    pub(super) fn stop(mut self) -> (Stage, u64, (u64, u64)) {
        if self.oracle.over.is_none() {
            self.stage.tree.begin_stop();
            self.oracle.stop();
            self.compare("stops");
            assert!(matches!(self.stage.tree.exit(), Some(Exit::Stopped)));
        }
        assert!(self.stage.tree.directory().paths().is_empty());
        let fate = &self.oracle.fate;
        let count = |what| fate.told.iter().filter(|line| line.1.contains(what)).count() as u64;
        let failures = count(" failed (") + u64::from(self.oracle.over.is_some());
        (self.stage, failures, (count(" ended ("), fate.untold))
    }

    fn compare(&mut self, what: &str) {
        let fate = &self.oracle.fate;
        let (want_said, want_told) = (&fate.said[self.compared.0..], &fate.told[self.compared.1..]);
        let mut times: Vec<_> = want_said.iter().chain(want_told).map(|line| line.0).collect();
        times.push(fate.now);
        times.sort_unstable();
        times.dedup();
        let (mut said, mut told): (Vec<Line>, Vec<Line>) = (Vec::new(), Vec::new());
        let Stage { inline, events, tree, .. } = &mut self.stage;
        let mut note = |now| {
            said.extend(self.script.log.read().into_iter().map(|words| (now, words)));
            told.extend(events.try_iter().map(|event| (now, in_short(&event))));
        };
        for time in times {
            if time > inline.now() {
                // Nothing comes a moment too early.
                inline.advance(time - inline.now() - TICK);
                note(inline.now());
                inline.advance(TICK);
            } else {
                inline.run_until_idle();
            }
            note(inline.now());
        }
        assert_eq!(said, want_said, "{what}: what the actors say");
        // Told at the same time, but after others perhaps.
        let (mut next, mut late) = (0, Vec::new());
        for line in &told {
            if let Some(n) = late.iter().position(|late| *late == line) {
                late.remove(n);
                continue;
            }
            while want_told.get(next).is_some_and(|want| want != line)
                && fate.loose.contains(&(self.compared.1 + next))
            {
                late.push(&want_told[next]);
                next += 1;
            }
            assert_eq!(
                Some(line),
                want_told.get(next),
                "{what}: supervisors tell {told:?}, not {want_told:?}"
            );
            next += 1;
        }
        assert!(late.is_empty() && next == want_told.len(), "{what}: {told:?}, not {want_told:?}");
        assert_eq!(inline.now(), fate.now);
        assert_eq!(tree.restarts(), fate.restarts, "{what}");
        let mut living: Vec<_> = self.oracle.living().into_iter().map(|who| who.0).collect();
        living.sort_unstable();
        assert_eq!(tree.directory().paths(), living, "{what}");
        let gave_up = match tree.exit() {
            Some(Exit::Failed(why)) => Some(why.to_string()),
            _ => None,
        };
        assert_eq!(gave_up, self.oracle.over, "{what}");
        self.compared = (fate.said.len(), fate.told.len());
    }
}

//! The actors of a simulation, numbered as they are first seen: their addresses depend on what else the process has done, and these
//! numbers do not.

use super::choices::Choices;
use super::faults::Faults;
use crate::actor::post::Raw;
use std::collections::HashMap;

/// An actor that fails does so at one of its next messages.
const MESSAGES: u64 = 16;

/// When a handler is made to fail: in place of handling its message, or when it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

pub(super) const WHENS: [When; 2] = [When::Before, When::After];

/// Which of its messages it is made to fail at.
#[derive(Debug, Default)]
struct Failing {
    /// Messages until then; zero for never.
    in_messages: u64,
    /// That was said, and not drawn.
    named: bool,
}

/// One actor.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) raw: Raw,
    pub(super) type_name: &'static str,
    /// Of its messages.
    message_name: &'static str,
    /// At its place for each [`When`].
    fails: [Failing; 2],
    /// Faults are for the actors of the program.
    is_engine: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Cast {
    numbers: HashMap<Raw, u32>,
    known: Vec<Known>,
}

impl Cast {
    /// An actor's number; it is given one if it has none. `names` has the types of the actor and of its messages.
    pub(super) fn number(&mut self, raw: Raw, names: impl FnOnce() -> (&'static str, &'static str)) -> u32 {
        if let Some(number) = self.numbers.get(&raw) {
            return *number;
        }
        let number = self.known.len() as u32;
        let (type_name, message_name) = names();
        // `throng::function` runs a closure of the program, `throng::becoming` and the like its states.
        let is_engine = [
            "throng::supervisor",
            "throng::pool",
            "throng::router",
            "throng::pattern",
            "throng::piping",
            "throng::log",
        ]
        .iter()
        .any(|engine| type_name.starts_with(engine));
        self.numbers.insert(raw, number);
        self.known.push(Known { raw, type_name, message_name, fails: Default::default(), is_engine });
        number
    }

    /// The number of one that was seen.
    pub(super) fn find(&self, raw: Raw) -> Option<u32> {
        self.numbers.get(&raw).copied()
    }

    /// Draws whether an actor that has just been seen, or has failed, is to fail, and when.
    pub(super) fn draw_failure(&mut self, number: u32, when: When, faults: Faults, choices: &mut Choices) {
        let can_fail = self.can_fail(number, when);
        let fails = &mut self.known[number as usize].fails[when as usize];
        *fails = Failing::default();
        let one_in = match when {
            When::Before => faults.panics,
            When::After => faults.panics_after,
        };
        if one_in == 0 || !can_fail {
            return;
        }
        let strikes = choices.below(u64::from(one_in)) + 1 == u64::from(one_in);
        fails.in_messages = if strikes { 1 + choices.below(MESSAGES) } else { 0 };
    }

    /// Other faults are to strike: draws anew for all, but those of whom it was said.
    pub(super) fn draw_failures(&mut self, faults: Faults, choices: &mut Choices) {
        for number in 0..self.known.len() {
            for when in WHENS {
                if !self.known[number].fails[when as usize].named {
                    self.draw_failure(number as u32, when, faults, choices);
                }
            }
        }
    }

    /// Whether it is the program's to bear that. What wraps a handler of the program's does more when that has ended well (keeps the state
    /// of an `Atomic`, goes over to the next behaviour, gives the result of a function): a failure after that would be no handler's.
    pub(super) fn can_fail(&self, number: u32, when: When) -> bool {
        let actor = &self.known[number as usize];
        !actor.is_engine && (when == When::Before || !actor.type_name.starts_with("throng::"))
    }

    /// Has an actor fail at its `nth` message from here on.
    pub(super) fn fail_at(&mut self, number: u32, when: When, nth: u64) {
        self.known[number as usize].fails[when as usize] = Failing { in_messages: nth, named: true };
    }

    /// Counts a message; whether it is the one, and when it strikes. What fails before it is handled is not handled. In a turn that a test has
    /// asked for only what was said counts.
    pub(super) fn fails_now(&mut self, number: u32, scripted: bool) -> Option<When> {
        WHENS.into_iter().find(|when| {
            let fails = &mut self.known[number as usize].fails[*when as usize];
            if scripted && !fails.named {
                return false;
            }
            let before = fails.in_messages;
            fails.in_messages = before.saturating_sub(1);
            before == 1
        })
    }

    /// One of the program's actors, drawn among all that were seen, also of those that have ended.
    pub(super) fn draw(&self, choices: &mut Choices) -> Option<(u32, Raw)> {
        let number = choices.below(self.known.len() as u64) as u32;
        let actor = self.known.get(number as usize)?;
        (!actor.is_engine).then_some((number, actor.raw))
    }

    /// Whether it is one of the engine's own.
    pub(super) fn is_engine(&self, number: u32) -> bool {
        self.known[number as usize].is_engine
    }

    /// The type of an actor's messages.
    pub(super) fn message_name(&self, number: u32) -> &'static str {
        self.known.get(number as usize).map_or("?", |actor| actor.message_name)
    }

    /// An actor in words.
    pub(super) fn name(&self, number: u32) -> String {
        let of = self.known.get(number as usize).map_or("?", |actor| actor.type_name);
        format!("{of} #{number}")
    }
}

//! The actors of a simulation, numbered as they are first seen: their addresses depend on what else the process has done, and these
//! numbers do not.

use super::choices::Choices;
use super::faults::Faults;
use crate::actor::post::Raw;
use std::collections::HashMap;

/// An actor that fails does so at one of its next messages.
const MESSAGES: u64 = 16;

/// One actor.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) raw: Raw,
    pub(super) type_name: &'static str,
    /// Of its messages.
    message_name: &'static str,
    /// Messages until it is made to fail; zero for never.
    fails_in: u64,
    /// That was said, and not drawn.
    named: bool,
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
        self.known.push(Known { raw, type_name, message_name, fails_in: 0, named: false, is_engine });
        number
    }

    /// The number of one that was seen.
    pub(super) fn find(&self, raw: Raw) -> Option<u32> {
        self.numbers.get(&raw).copied()
    }

    /// Draws whether an actor that has just been seen, or has failed, is to fail, and when.
    pub(super) fn draw_failure(&mut self, number: u32, faults: Faults, choices: &mut Choices) {
        let actor = &mut self.known[number as usize];
        actor.named = false;
        actor.fails_in = 0;
        if faults.panics == 0 || actor.is_engine {
            return;
        }
        let strikes = choices.below(u64::from(faults.panics)) + 1 == u64::from(faults.panics);
        actor.fails_in = if strikes { 1 + choices.below(MESSAGES) } else { 0 };
    }

    /// Other faults are to strike: draws anew for all, but those of whom it was said.
    pub(super) fn draw_failures(&mut self, faults: Faults, choices: &mut Choices) {
        for number in 0..self.known.len() {
            if !self.known[number].named {
                self.draw_failure(number as u32, faults, choices);
            }
        }
    }

    /// Has an actor fail at its `nth` message from here on.
    pub(super) fn fail_at(&mut self, number: u32, nth: u64) {
        let actor = &mut self.known[number as usize];
        (actor.fails_in, actor.named) = (nth, true);
    }

    /// Counts a message; whether it is the one. In a turn that a test has asked for only what was said counts.
    pub(super) fn fails_now(&mut self, number: u32, scripted: bool) -> bool {
        let actor = &mut self.known[number as usize];
        if scripted && !actor.named {
            return false;
        }
        let left = &mut actor.fails_in;
        let before = *left;
        *left = before.saturating_sub(1);
        before == 1
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

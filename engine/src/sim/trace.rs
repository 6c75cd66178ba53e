//! What a simulation did: a hash of all of it, and the last of it in words.

use crate::time::Nanos;
use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

/// So many events are kept in words.
const KEPT: usize = 4_096;

/// Nobody in particular.
pub(super) const NOBODY: u32 = u32::MAX;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A turn of an actor began.
    Turn,
    /// It handles a message.
    Message,
    /// The same, and it is made to panic, or to return a fault.
    Panic,
    Fail,
    /// It handles a message, and is made to panic, or to return a fault, when it has.
    PanicAfter,
    FailAfter,
    /// Timers of the worker were fired.
    Timers,
    /// Blocking work was done.
    Blocking,
    /// The handler takes so long.
    Slow(Nanos),
    /// The actor is told to stop, or killed.
    Stop,
    Kill,
    /// The worker takes up nothing before this time.
    Freeze(Nanos),
    /// The actor is not taken up for so many steps.
    Late(u64),
    /// Time has been let pass.
    Time,
}

/// What is told beside the events, and is no part of the hash.
#[derive(Debug)]
struct Remark {
    /// How many events were before it.
    after: u64,
    at: Nanos,
    step: u64,
    words: String,
}

/// What an actor had among the events that are kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Had {
    pub(super) actor: u32,
    pub(super) turns: u64,
    pub(super) messages: u64,
}

/// One event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) at: Nanos,
    /// Steps so far, and turns that it is in the middle of, for whoever reads it: they are no part of the hash.
    pub(super) step: u64,
    pub(super) inside: u16,
    pub(super) worker: u16,
    pub(super) actor: u32,
    pub(super) what: What,
}

impl What {
    /// Whether it is the first of a step.
    pub(super) fn begins(self) -> bool {
        matches!(self, What::Turn | What::Timers | What::Blocking)
    }

    /// Whether a message has come to its turn.
    fn is_of_message(self) -> bool {
        matches!(self, What::Message | What::Panic | What::Fail | What::PanicAfter | What::FailAfter)
    }

    /// Two numbers that tell it from every other.
    fn numbers(self) -> (u64, u64) {
        match self {
            What::Turn => (1, 0),
            What::Message => (2, 0),
            What::Panic => (3, 0),
            What::Fail => (4, 0),
            What::Timers => (5, 0),
            What::Blocking => (6, 0),
            What::Slow(time) => (7, time),
            What::Stop => (8, 0),
            What::Kill => (9, 0),
            What::Freeze(until) => (10, until),
            What::Late(steps) => (11, steps),
            What::Time => (12, 0),
            What::PanicAfter => (13, 0),
            What::FailAfter => (14, 0),
        }
    }
}

/// The events of a simulation.
#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    events: u64,
    last: VecDeque<Event>,
    remarks: VecDeque<Remark>,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, events: 0, last: VecDeque::new(), remarks: VecDeque::new() }
    }

    pub(super) fn add(&mut self, event: Event) {
        let (what, more) = event.what.numbers();
        // FNV-1a (Fowler, Noll, Vo), by words: the same on every machine.
        for word in [event.at, u64::from(event.worker), u64::from(event.actor), what, more] {
            self.hash = (self.hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            self.hash ^= self.hash >> 32;
        }
        self.events += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(event);
    }

    /// Tells this too, and leaves the hash as it is.
    pub(super) fn remark(&mut self, at: Nanos, step: u64, words: String) {
        if self.remarks.len() == KEPT {
            self.remarks.pop_front();
        }
        self.remarks.push_back(Remark { after: self.events, at, step, words });
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// Who had turns among the last events, those with the most first.
    pub(super) fn turns(&self) -> Vec<Had> {
        let mut all = BTreeMap::<u32, Had>::new();
        for event in &self.last {
            let turns = u64::from(event.what == What::Turn);
            let messages = u64::from(event.what.is_of_message());
            if turns + messages > 0 {
                let had = all.entry(event.actor).or_insert(Had { actor: event.actor, turns: 0, messages: 0 });
                had.turns += turns;
                had.messages += messages;
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by_key(|had| Reverse((had.turns, had.messages)));
        all
    }

    /// The last events in words, one a line; `name` names an actor, and `message` the type of its messages.
    pub(super) fn text(&self, name: impl Fn(u32) -> String, message: impl Fn(u32) -> &'static str) -> String {
        let mut text = String::new();
        let mut remarks = self.remarks.iter().peekable();
        let left_out = self.events - self.last.len() as u64;
        if left_out > 0 {
            text += &format!("({left_out} events before)\n");
        }
        let tell = |text: &mut String, remark: &Remark| {
            let at = Duration::from_nanos(remark.at);
            for line in remark.words.lines() {
                *text += &format!("{at:>12.3?} {:>5} {line}\n", remark.step);
            }
        };
        for (n, event) in (left_out..).zip(&self.last) {
            while let Some(remark) = remarks.next_if(|remark| remark.after <= n) {
                // Those from before the first event that is kept are as old.
                if remark.after >= left_out {
                    tell(&mut text, remark);
                }
            }
            let who = if event.actor == NOBODY { String::new() } else { format!(" {}", name(event.actor)) };
            let at = Duration::from_nanos(event.at);
            let inside = 2 * usize::from(event.inside);
            let Event { step, worker, what, .. } = event;
            text += &format!("{at:>12.3?} {step:>5} {:inside$}worker {worker}:{who} {what}", "");
            if what.is_of_message() {
                text += &format!(": {}", message(event.actor));
            }
            text.push('\n');
        }
        remarks.for_each(|remark| tell(&mut text, remark));
        text
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Turn => f.write_str("has a turn"),
            What::Message => f.write_str("handles a message"),
            What::Panic => f.write_str("is made to panic at a message"),
            What::Fail => f.write_str("is made to fail at a message"),
            What::PanicAfter => f.write_str("handles a message, and is made to panic after that"),
            What::FailAfter => f.write_str("handles a message, and is made to fail after that"),
            What::Timers => f.write_str("timers are looked at"),
            What::Blocking => f.write_str("blocking work is done"),
            What::Slow(time) => write!(f, "takes {:?} for it", Duration::from_nanos(*time)),
            What::Stop => f.write_str("is told to stop"),
            What::Kill => f.write_str("is killed"),
            What::Freeze(until) => write!(f, "stands still until {:?}", Duration::from_nanos(*until)),
            What::Late(steps) => write!(f, "is left waiting for {steps} steps"),
            What::Time => f.write_str("time has passed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: Event = Event { at: 1, step: 9, inside: 1, worker: 2, actor: 3, what: What::Slow(4) };

    fn hash(events: &[Event]) -> u64 {
        let mut trace = Trace::new();
        events.iter().for_each(|event| trace.add(*event));
        trace.hash()
    }

    #[test]
    fn what_is_told_for_readers_is_no_part_of_the_hash() {
        assert_eq!(hash(&[Event { step: 1, inside: 0, ..EVENT }]), hash(&[EVENT]));
        let mut trace = Trace::new();
        trace.remark(0, 0, "first".to_owned());
        trace.add(EVENT);
        trace.add(Event { what: What::Panic, inside: 0, ..EVENT });
        trace.remark(1, 9, "two\nlines".to_owned());
        assert_eq!(trace.hash(), hash(&[EVENT, Event { what: What::Panic, ..EVENT }]));
        let text = trace.text(|actor| format!("actor {actor}"), |_| "u32");
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        let wanted = [
            "0.000ns     0 first",
            "1.000ns     9   worker 2: actor 3 takes 4ns for it",
            "1.000ns     9 worker 2: actor 3 is made to panic at a message: u32",
            "1.000ns     9 two",
            "1.000ns     9 lines",
        ];
        assert_eq!(lines, wanted);
    }

    /// A change here changes every hash that anybody has written down.
    #[test]
    fn the_hash_is_the_same_everywhere() {
        assert_eq!(hash(&[EVENT]), 0x286c_2f28_dcee_e7a2);
    }

    #[test]
    fn each_part_of_an_event_changes_the_hash() {
        let others = [
            Event { at: 2, ..EVENT },
            Event { worker: 3, ..EVENT },
            Event { actor: 4, ..EVENT },
            Event { what: What::Slow(5), ..EVENT },
            Event { what: What::Turn, ..EVENT },
        ];
        for other in others {
            assert_ne!(hash(&[other]), hash(&[EVENT]), "{other:?}");
            assert_ne!(hash(&[EVENT, other]), hash(&[other, EVENT]), "{other:?}");
        }
    }

    #[test]
    fn who_had_the_last_turns_is_told_by_their_number() {
        let mut trace = Trace::new();
        trace.add(Event { actor: 7, what: What::Turn, ..EVENT });
        for at in 0..KEPT as u64 / 4 {
            let actor = u32::from(at % 4 == 0);
            trace.add(Event { at, actor, what: What::Turn, ..EVENT });
            trace.add(Event { at, actor, what: What::Message, ..EVENT });
            trace.add(Event { at, actor: 1 - actor, what: What::Stop, ..EVENT });
            trace.add(Event { at, actor: NOBODY, what: What::Timers, ..EVENT });
        }
        let had = |actor, n| Had { actor, turns: n, messages: n };
        assert_eq!(trace.turns(), [had(0, 768), had(1, 256)], "the first event is not kept");
    }

    #[test]
    fn only_the_last_events_are_kept_in_words() {
        let mut trace = Trace::new();
        trace.remark(0, 0, "the first".to_owned());
        for at in 0..KEPT as u64 + 2 {
            trace.add(Event { at, ..EVENT });
        }
        let text = trace.text(|actor| format!("actor {actor}"), |_| "u32");
        assert!(text.starts_with("(2 events before)\n"), "{text:.60}");
        assert_eq!(text.lines().count(), KEPT + 1, "the remark that was told before is left out too");
        assert!(text.lines().last().is_some_and(|line| line.ends_with("worker 2: actor 3 takes 4ns for it")));
    }
}

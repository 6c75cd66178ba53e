//! What a simulation did: a hash of all of it, and the last of it in words.

use crate::time::Nanos;
use std::collections::VecDeque;
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

/// One event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) at: Nanos,
    pub(super) worker: usize,
    pub(super) actor: u32,
    pub(super) what: What,
}

impl What {
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
        }
    }
}

/// The events of a simulation.
#[derive(Debug)]
pub(super) struct Trace {
    hash: u64,
    events: u64,
    last: VecDeque<Event>,
}

impl Trace {
    pub(super) fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, events: 0, last: VecDeque::new() }
    }

    pub(super) fn add(&mut self, event: Event) {
        let (what, more) = event.what.numbers();
        // FNV-1a (Fowler, Noll, Vo), by words: the same on every machine.
        for word in [event.at, event.worker as u64, u64::from(event.actor), what, more] {
            self.hash = (self.hash ^ word).wrapping_mul(0x0000_0100_0000_01b3);
            self.hash ^= self.hash >> 32;
        }
        self.events += 1;
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back(event);
    }

    pub(super) fn hash(&self) -> u64 {
        self.hash
    }

    /// The last events in words, one a line; `name` names an actor.
    pub(super) fn text(&self, name: impl Fn(u32) -> String) -> String {
        let mut text = String::new();
        let left_out = self.events - self.last.len() as u64;
        if left_out > 0 {
            text += &format!("({left_out} events before)\n");
        }
        for event in &self.last {
            let who = if event.actor == NOBODY { String::new() } else { format!(" {}", name(event.actor)) };
            let at = Duration::from_nanos(event.at);
            text += &format!("{at:>12.3?} worker {}:{who} {}\n", event.worker, event.what);
        }
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

    const EVENT: Event = Event { at: 1, worker: 2, actor: 3, what: What::Slow(4) };

    fn hash(events: &[Event]) -> u64 {
        let mut trace = Trace::new();
        events.iter().for_each(|event| trace.add(*event));
        trace.hash()
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
    fn only_the_last_events_are_kept_in_words() {
        let mut trace = Trace::new();
        for at in 0..KEPT as u64 + 2 {
            trace.add(Event { at, ..EVENT });
        }
        let text = trace.text(|actor| format!("actor {actor}"));
        assert!(text.starts_with("(2 events before)\n"), "{text:.60}");
        assert_eq!(text.lines().count(), KEPT + 1);
        assert!(text.lines().last().is_some_and(|line| line.ends_with("worker 2: actor 3 takes 4ns for it")));
    }
}

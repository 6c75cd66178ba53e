//! What the loads of the engine's services take: supervision, pools, topics.

use super::values::{period, size_within};
use crate::units::{read_size, read_time};
use std::fmt;
use std::time::Duration;
use throng::Strategy;

/// The longest pause before a restart: actors of which none has had a turn for 10 s count as stuck.
const BACKOFF_MAX: Duration = Duration::from_secs(1);
/// The most members of a pool: it looks at each of them for every message.
const MEMBERS_MAX: u64 = 1_024;
/// The largest burst: what each message of it came to is written down.
const BURST_MAX: u64 = 10_000_000;
/// The most topics, and the most subscribers of each.
const TOPICS_MAX: u64 = 1_000;
const SUBSCRIBERS_MAX: u64 = 1_000;
/// Strategies by their names on the command line.
const STRATEGIES: [(&str, Strategy); 3] = [
    ("one-for-one", Strategy::OneForOne),
    ("one-for-all", Strategy::OneForAll),
    ("rest-for-one", Strategy::RestForOne),
];

/// How often a child fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Of all messages one in so many, drawn.
    OneIn(u64),
    /// So often a second, all children together: with the first message after each time.
    PerSecond(u64),
}

impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Crash::OneIn(n) => write!(f, "1/{n}"),
            Crash::PerSecond(n) => write!(f, "{n}/s"),
        }
    }
}

/// How it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CrashBy {
    /// Its handler panics.
    #[default]
    Panic,
    /// Its handler returns an error.
    Error,
}

impl CrashBy {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            CrashBy::Panic => "panic",
            CrashBy::Error => "error",
        }
    }
}

/// What a restart does with the messages that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kept {
    /// They are for the new state.
    #[default]
    Keep,
    /// They are dead letters.
    Drop,
    /// They are handed back.
    Return,
}

impl Kept {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Kept::Keep => "keep",
            Kept::Drop => "drop",
            Kept::Return => "return",
        }
    }
}

/// The pauses before restarts; both 0 for none, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// The first.
    pub first: Duration,
    /// The longest.
    pub most: Duration,
}

/// How children fail, and what their supervisor does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Upkeep {
    /// Whom a restart takes along.
    pub strategy: Strategy,
    /// How often a child fails.
    pub crash: Crash,
    /// How.
    pub by: CrashBy,
    /// The pauses before restarts; `None` for none.
    pub pauses: Option<Pauses>,
    /// What becomes of the messages that wait.
    pub mail: Kept,
}

impl Default for Upkeep {
    fn default() -> Self {
        Self {
            strategy: Strategy::OneForOne,
            crash: Crash::OneIn(1_000),
            by: CrashBy::default(),
            pauses: None,
            mail: Kept::default(),
        }
    }
}

/// How many members a pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Members {
    /// The fewest.
    pub min: u32,
    /// The most.
    pub max: u32,
}

/// A pool, and the bursts that come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Troupe {
    /// How many members it has.
    pub members: Members,
    /// After how long without work one leaves.
    pub leave: Duration,
    /// Messages of a burst.
    pub burst: u64,
    /// From the end of a burst until the next one begins.
    pub pause: Duration,
}

impl Default for Troupe {
    fn default() -> Self {
        let millis = Duration::from_millis;
        Self { members: Members { min: 1, max: 8 }, leave: millis(20), burst: 1_000, pause: millis(50) }
    }
}

/// Topics and their subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// How many topics there are.
    pub topics: u64,
    /// How many have subscribed to each.
    pub subscribers: u64,
}

impl Default for Audience {
    fn default() -> Self {
        Self { topics: 4, subscribers: 8 }
    }
}

/// The strategy's name on the command line.
pub fn strategy_name(strategy: Strategy) -> &'static str {
    STRATEGIES.into_iter().find(|(_, known)| *known == strategy).map_or("unnamed", |(name, _)| name)
}

pub(super) fn strategy(given: &str) -> Result<Strategy, String> {
    let named = STRATEGIES.into_iter().find(|(name, _)| *name == given);
    named.map(|(_, strategy)| strategy).ok_or_else(|| "takes one-for-one, one-for-all or rest-for-one".into())
}

pub(super) fn crash(given: &str) -> Result<Crash, String> {
    let number = |text: &str| read_size(text).filter(|n| (1..=1_000_000_000).contains(n));
    let read = match (given.strip_prefix("1/"), given.strip_suffix("/s")) {
        (_, Some(times)) => number(times).map(Crash::PerSecond),
        (Some(messages), None) => number(messages).map(Crash::OneIn),
        (None, None) => None,
    };
    read.ok_or_else(|| {
        "takes 1/N, one message in N, or N/s, N a whole number from 1 to 1000000000 (k, M or G may stand behind it)"
            .into()
    })
}

pub(super) fn crash_by(given: &str) -> Result<CrashBy, String> {
    let all = [CrashBy::Panic, CrashBy::Error];
    all.into_iter().find(|by| by.name() == given).ok_or_else(|| "takes panic or error".into())
}

pub(super) fn kept(given: &str) -> Result<Kept, String> {
    let all = [Kept::Keep, Kept::Drop, Kept::Return];
    all.into_iter().find(|kept| kept.name() == given).ok_or_else(|| "takes keep, drop or return".into())
}

pub(super) fn pauses(given: &str) -> Result<Pauses, String> {
    let time = |text: &str| match text {
        "0" => Some(Duration::ZERO),
        _ => read_time(text).filter(|time| *time <= BACKOFF_MAX),
    };
    let (first, most) = given.split_once("..").unwrap_or((given, given));
    time(first)
        .zip(time(most))
        // What begins at nothing stays there, however often it is doubled.
        .filter(|(first, most)| first <= most && first.is_zero() == most.is_zero())
        .map(|(first, most)| Pauses { first, most })
        .ok_or_else(|| {
            "takes 0 for none, or a time or two from 1ns to 1s, as 1ms or 1ms..100ms, the longer one last"
                .into()
        })
}

pub(super) fn members(given: &str) -> Result<Members, String> {
    let number = |text: &str, least| size_within(text, least, MEMBERS_MAX).ok().map(|n| n as u32);
    let read = given.split_once("..").and_then(|(min, max)| number(min, 0).zip(number(max, 1)));
    read.filter(|(min, max)| min <= max)
        .map(|(min, max)| Members { min, max })
        .ok_or_else(|| format!("takes the fewest and the most, as 1..8, the most from 1 to {MEMBERS_MAX}"))
}

pub(super) fn leave(given: &str) -> Result<Duration, String> {
    read_time(given)
        .filter(|time| (Duration::from_millis(1)..=Duration::from_secs(5)).contains(time))
        .ok_or_else(|| "takes a whole number and ms or s, from 1ms to 5s".into())
}

pub(super) fn burst(given: &str) -> Result<u64, String> {
    size_within(given, 1, BURST_MAX)
}

pub(super) fn pause(given: &str) -> Result<Duration, String> {
    period(given)
}

pub(super) fn topics(given: &str) -> Result<u64, String> {
    size_within(given, 1, TOPICS_MAX)
}

pub(super) fn subscribers(given: &str) -> Result<u64, String> {
    size_within(given, 1, SUBSCRIBERS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_read_and_written_alike() {
        for (given, crash_is) in
            [("1/1k", Crash::OneIn(1_000)), ("1/1", Crash::OneIn(1)), ("5/s", Crash::PerSecond(5))]
        {
            assert_eq!(crash(given), Ok(crash_is));
            assert_eq!(crash(&crash_is.to_string()), Ok(crash_is));
        }
        for wrong in ["", "5", "2/5", "1/0", "0/s", "1/", "/s", "1/2/s", "1/-3", "+1/s", "1/2G"] {
            assert!(crash(wrong).is_err_and(|why| why.starts_with("takes 1/N")), "{wrong}");
        }
        for (name, of) in STRATEGIES {
            assert_eq!((strategy(name), strategy_name(of)), (Ok(of), name));
        }
        assert!(strategy("all").is_err() && crash_by("abort").is_err() && kept("lose").is_err());
    }

    #[test]
    fn ranges_have_the_larger_end_last() {
        let millis = Duration::from_millis;
        assert_eq!(pauses("2ms"), Ok(Pauses { first: millis(2), most: millis(2) }));
        assert_eq!(pauses("2ms..1s"), Ok(Pauses { first: millis(2), most: millis(1_000) }));
        for wrong in ["", "2", "2s", "2ms..1ms", "..", "1ms..", "0..1ms", "1ms..2ms..3ms"] {
            assert!(pauses(wrong).is_err(), "{wrong}");
        }
        assert_eq!(members("0..3"), Ok(Members { min: 0, max: 3 }));
        for wrong in ["", "3", "3..2", "0..0", "1..1025", "-1..2", "1..2..3"] {
            assert!(members(wrong).is_err_and(|why| why.starts_with("takes the fewest")), "{wrong}");
        }
    }
}

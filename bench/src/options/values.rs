//! What the flags take: each value by itself.

use super::profile::Profile;
use super::workload::Mode;
use crate::arrival::RATE_MAX;
use crate::assertion::{self, Assertion};
use crate::units::{read_size, read_time};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use throng::{Overflow, Pin};

/// How large numbers are given.
const SUFFIXES: &str = "k, M or G may stand behind it";

/// The payloads that messages are compiled for, in bytes.
pub const PAYLOADS: [usize; 9] = [8, 16, 32, 48, 64, 128, 256, 1_024, 4_096];

/// The most actors of one run: what ids of 32 bits can tell apart, with room.
const ACTORS_MAX: u64 = 1_000_000_000;
/// The most workers: more than processors are in any machine that this is for.
const WORKERS_MAX: u64 = 1_024;
/// The longest service.
const SERVICE_MAX: Duration = Duration::from_secs(1);
/// The longest warm-up.
const WARMUP_MAX: Duration = Duration::from_secs(3_600);
/// The longest that a handler may stand still: one that takes 10 s counts as stuck.
const FREEZE_MAX: Duration = Duration::from_secs(5);
/// The most users of a chat: a room has a place for each of them.
const USERS_MAX: u64 = 262_000;
const _: () = assert!(USERS_MAX <= throng::Options::CAPACITY_MAX as u64);
/// The most rooms.
const ROOMS_MAX: u64 = 1_000_000;
/// The longest that a timer is set for: actors of which none has had a turn for 10 s count as stuck.
const PERIOD_MAX: Duration = Duration::from_secs(5);
/// The most producers: their numbers have 16 bits.
const PRODUCERS_MAX: u64 = 1 << 16;

/// What a full mailbox does, by its name on the command line.
pub(super) const OVERFLOWS: [(&str, Overflow); 6] = [
    ("mute", Overflow::Mute),
    ("fail", Overflow::Fail),
    ("drop-newest", Overflow::DropNewest),
    ("drop-oldest", Overflow::DropOldest),
    ("drop-oldest-exact", Overflow::DropOldestExact),
    ("signal", Overflow::Signal),
];

/// The policy's name on the command line.
pub fn overflow_name(overflow: Overflow) -> &'static str {
    OVERFLOWS.into_iter().find(|(_, known)| *known == overflow).map_or("unnamed", |(name, _)| name)
}

/// Where a ring's next actor lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Beside it, as they were spawned.
    #[default]
    In,
    /// Anywhere.
    Shuffled,
}

/// Which round trips are stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sample {
    /// None.
    Off,
    /// Every one.
    All,
    /// Every one in open load, one in 64 elsewhere.
    #[default]
    Auto,
}

/// How the result is written to stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For a reader.
    #[default]
    Text,
    /// For a document.
    Markdown,
    /// For a program: `run/1`.
    Json,
}

/// What goes before the measured time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warmup {
    /// As long as it takes until the load is steady.
    Auto,
    /// This long.
    For(Duration),
}

/// What a run must show.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertions(pub Vec<Assertion>);

pub(super) fn size_within(given: &str, least: u64, most: u64) -> Result<u64, String> {
    read_size(given)
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| format!("takes a whole number from {least} to {most} ({SUFFIXES})"))
}

pub(super) fn users(given: &str) -> Result<u64, String> {
    size_within(given, 1, USERS_MAX)
}

pub(super) fn rooms(given: &str) -> Result<u64, String> {
    size_within(given, 1, ROOMS_MAX)
}

pub(super) fn turns(given: &str) -> Result<u64, String> {
    size_within(given, 1, 1_000_000_000)
}

pub(super) fn period(given: &str) -> Result<Duration, String> {
    read_time(given)
        .filter(|time| (Duration::from_micros(1)..=PERIOD_MAX).contains(time))
        .ok_or_else(|| "takes a whole number and us, ms or s, from 1us to 5s".into())
}

pub(super) fn percent(given: &str) -> Result<u32, String> {
    let digits = given.strip_suffix('%').unwrap_or(given);
    let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| "takes a whole number from 0% to 100%".into())
}

pub(super) fn actors(given: &str) -> Result<u64, String> {
    size_within(given, 1, ACTORS_MAX)
}

pub(super) fn messages(given: &str) -> Result<u64, String> {
    size_within(given, 1, 1_000_000_000_000)
}

pub(super) fn tokens(given: &str) -> Result<u64, String> {
    size_within(given, 1, 1_000_000)
}

/// A seed, as every command takes it.
///
/// # Errors
/// What it takes.
pub(crate) fn seed(given: &str) -> Result<u64, String> {
    size_within(given, 0, u64::MAX)
}

pub(super) fn workers(given: &str) -> Result<usize, String> {
    read_size(given).filter(|n| (1..=WORKERS_MAX).contains(n)).map(|n| n as usize).ok_or_else(|| {
        format!("takes a whole number from 1 to {WORKERS_MAX}; left out, there is one for each processor, in open load one fewer")
    })
}

pub(super) fn mailbox(given: &str) -> Result<u32, String> {
    size_within(given, 1, u64::from(throng::Options::CAPACITY_MAX)).map(|n| n as u32)
}

pub(super) fn batch(given: &str) -> Result<u32, String> {
    size_within(given, 1, 65_536).map(|n| n as u32)
}

/// A folder's name, for a flag.
pub(crate) fn folder(given: OsString) -> Result<PathBuf, String> {
    if given.is_empty() { Err("takes a folder, new or empty".into()) } else { Ok(given.into()) }
}

pub(super) fn runs(given: &str) -> Result<u32, String> {
    match given {
        "1" => Ok(1),
        _ => Err("takes 1: one loadgen is one run".into()),
    }
}

pub(super) fn payload(given: &str) -> Result<usize, String> {
    let accepted = || format!("takes {}", PAYLOADS.map(|n| n.to_string()).join(", "));
    read_size(given).map(|n| n as usize).filter(|n| PAYLOADS.contains(n)).ok_or_else(accepted)
}

pub(super) fn window(given: &str) -> Result<u32, String> {
    size_within(given, 1, u64::from(throng::Options::CAPACITY_MAX)).map(|n| n as u32)
}

pub(super) fn producers(given: &str) -> Result<u64, String> {
    size_within(given, 1, PRODUCERS_MAX)
}

pub(super) fn time(given: &str) -> Result<Duration, String> {
    read_time(given)
        .filter(|span| (Duration::from_nanos(1)..=Duration::from_secs(86_400)).contains(span))
        .ok_or_else(|| "takes a whole number and ns, us, ms, s or m, from 1ns to 1440m".into())
}

pub(super) fn service(given: &str) -> Result<Duration, String> {
    if given == "0" {
        return Ok(Duration::ZERO);
    }
    read_time(given)
        .filter(|span| *span <= SERVICE_MAX)
        .ok_or_else(|| "takes 0, or a whole number and ns, us, ms or s, up to 1s".into())
}

pub(super) fn mode(given: &str) -> Result<Mode, String> {
    [Mode::Open, Mode::Closed, Mode::Saturate]
        .into_iter()
        .find(|mode| mode.name() == given)
        .ok_or_else(|| "takes open, closed or saturate".into())
}

pub(super) fn rate(given: &str) -> Result<u64, String> {
    let digits = given.strip_suffix("/s").unwrap_or(given);
    read_size(digits)
        .filter(|rate| (1..=RATE_MAX).contains(rate))
        .ok_or_else(|| format!("takes arrivals a second, a whole number from 1 to {RATE_MAX} ({SUFFIXES})"))
}

pub(super) fn warmup(given: &str) -> Result<Warmup, String> {
    match given {
        "auto" => Ok(Warmup::Auto),
        "0" => Ok(Warmup::For(Duration::ZERO)),
        _ => read_time(given)
            .filter(|time| *time <= WARMUP_MAX)
            .map(Warmup::For)
            .ok_or_else(|| "takes auto, 0, or a whole number and ns, us, ms, s or m, up to 60m".into()),
    }
}

pub(super) fn hops(given: &str) -> Result<u32, String> {
    size_within(given, 1, 1_000_000).map(|n| n as u32)
}

pub(super) fn freeze(given: &str) -> Result<Duration, String> {
    read_time(given)
        .filter(|time| (Duration::from_nanos(1)..=FREEZE_MAX).contains(time))
        .ok_or_else(|| "takes a whole number and ns, us, ms or s, up to 5s".into())
}

pub(super) fn assertions(given: &str) -> Result<Assertions, String> {
    assertion::parse(given).map(Assertions)
}

pub(crate) fn profile(given: &str) -> Result<Profile, String> {
    given.parse().map_err(|_| format!("takes {}", Profile::accepted()))
}

pub(super) fn order(given: &str) -> Result<Order, String> {
    match given {
        "in" => Ok(Order::In),
        "shuffled" => Ok(Order::Shuffled),
        _ => Err("takes in or shuffled".into()),
    }
}

pub(super) fn sample(given: &str) -> Result<Sample, String> {
    match given {
        "off" => Ok(Sample::Off),
        "all" => Ok(Sample::All),
        "auto" => Ok(Sample::Auto),
        _ => Err("takes off, all or auto".into()),
    }
}

pub(super) fn overflow(given: &str) -> Result<Overflow, String> {
    let named = OVERFLOWS.into_iter().find(|(name, _)| *name == given);
    named
        .map(|(_, overflow)| overflow)
        .ok_or_else(|| format!("takes {}", OVERFLOWS.map(|(name, _)| name).join(", ")))
}

pub(super) fn format(given: &str) -> Result<Format, String> {
    match given {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        _ => Err("takes text, markdown or json".into()),
    }
}

pub(super) fn pin(given: &str) -> Result<Pin, String> {
    match given {
        "none" => Ok(Pin::None),
        "compact" => Ok(Pin::Compact),
        "spread" => Ok(Pin::Spread),
        list => {
            let processors: Option<Vec<usize>> =
                list.split(',').map(|n| n.parse().ok().filter(|n| *n < 4_096)).collect();
            processors
                .filter(|all| all.iter().enumerate().all(|(at, n)| !all[..at].contains(n)))
                .map(Pin::Processors)
                .ok_or_else(|| "takes compact, spread, none, or processors like 0,2, each once".into())
        }
    }
}

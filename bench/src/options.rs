//! The command line of `loadgen`: what it takes, and one line for what it does not.

mod workload;

pub use workload::{Mode, Workload};

use crate::refusal;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Error, Parser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use throng::{Overflow, Pin};
use workload::{Flag, flags_by_workload};

/// The payloads that messages are compiled for, in bytes.
pub const PAYLOADS: [usize; 9] = [8, 16, 32, 48, 64, 128, 256, 1_024, 4_096];

/// The most actors of one run: what ids of 32 bits can tell apart, with room.
const ACTORS_MAX: u64 = 1_000_000_000;
/// The most messages of a directory: a letter's number has 32 bits, and each has a request and an answer.
pub const DIRECTORY_MESSAGES_MAX: u64 = 3 * u32::MAX as u64;
/// Flags of the plan that this program does not have yet.
const LATER: [&str; 5] = ["--rate", "--arrival", "--warmup", "--assert", "--profile"];

/// The longest service.
const SERVICE_MAX: Duration = Duration::from_secs(1);
/// The longest that a turn may take by its service: one that takes 10 s counts as stuck.
const TURN_MAX: Duration = Duration::from_secs(4);
/// Producers, unless the command line says otherwise.
const PRODUCERS: u64 = 8;
/// The largest mailbox that has room for a window of one.
const FLOW_MAILBOX_MAX: u32 = throng::Options::CAPACITY_MAX - 2;
/// The most producers: their numbers have 16 bits.
const PRODUCERS_MAX: u64 = 1 << 16;

/// What a full mailbox does, by its name on the command line.
const OVERFLOWS: [(&str, Overflow); 6] = [
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

/// The largest mailbox that the engine gives under a policy.
fn mailbox_max(overflow: Overflow) -> u32 {
    // Whom Signal tells is the scenario's; its bounds are those of Fail.
    let overflow = if overflow == Overflow::Signal { Overflow::Fail } else { overflow };
    let builder = throng::Options::builder().overflow(overflow);
    let (mut fits, mut over) = (1, throng::Options::CAPACITY_MAX + 1);
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        let end = if builder.capacity(middle).build().is_ok() { &mut fits } else { &mut over };
        *end = middle;
    }
    fits
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
    /// One in 64.
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

/// One run of one workload in this process: the actors do it, the result is verified and written to stdout.
#[derive(Debug, Clone, Parser)]
#[command(name = "loadgen", version, allow_negative_numbers = true, max_term_width = 100, after_help = flags_by_workload())]
pub struct Options {
    /// ping-pong, crowd, counting, fan-in, bounded, flow, ring, big, pairs, directory, create, ask, inject or idle
    #[arg(value_parser = Workload::parse)]
    pub workload: Workload,
    /// Load model: closed or saturate; each workload is one of them
    #[arg(long, value_parser = mode)]
    pub mode: Option<Mode>,
    /// Actors: beside the ping-pong in crowd, in the ring, in big, in the directory, to create, to be idle
    #[arg(long, value_name = "N", value_parser = actors)]
    pub actors: Option<u64>,
    /// Messages in all (hops in ring, asks in ask, attempts of all producers together in bounded,
    /// items of all producers together in flow)
    #[arg(long, value_name = "N", value_parser = messages, conflicts_with = "duration")]
    pub messages: Option<u64>,
    /// Run for this long instead of a number of messages
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub duration: Option<Duration>,
    /// Where a ring's next actor lies: in or shuffled
    #[arg(long, value_parser = order)]
    pub order: Option<Order>,
    /// Tokens in the ring (1); requests in flight in directory (64)
    #[arg(long, value_name = "N", value_parser = tokens)]
    pub tokens: Option<u64>,
    /// Actors that send in bounded and in flow (8)
    #[arg(long, value_name = "N", value_parser = producers)]
    pub producers: Option<u64>,
    /// How long the consumer in bounded and in flow works for each message (5us); 0 is not at all
    #[arg(long, value_name = "TIME", value_parser = service)]
    pub service: Option<Duration>,
    /// Items that each credit link in flow may have on its way (what the mailbox has room for, shared by the producers)
    #[arg(long, value_name = "N", value_parser = window)]
    pub window: Option<u32>,
    /// Worker threads; by default one for each processor
    #[arg(long, value_name = "N", value_parser = workers)]
    pub workers: Option<usize>,
    /// Where the workers run: compact, spread, none, or processors like 0,2
    #[arg(long, value_parser = pin, default_value = "compact")]
    pub pin: Pin,
    /// Bytes of a message: 8, 16, 32, 48, 64, 128, 256, 1024 or 4096
    #[arg(long, value_name = "BYTES", value_parser = payload)]
    pub payload: Option<usize>,
    /// Capacity of every mailbox
    #[arg(long, value_name = "N", value_parser = mailbox, default_value = "1024")]
    pub mailbox: u32,
    /// What a full mailbox does: mute (suspend its senders), fail (refuse the send), drop-newest, drop-oldest,
    /// drop-oldest-exact, or signal (as fail, and tell an actor)
    #[arg(long, value_parser = overflow, default_value = "mute")]
    pub overflow: Overflow,
    /// Messages in one turn of an actor
    #[arg(long, value_name = "N", value_parser = batch, default_value = "128")]
    pub batch: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", value_parser = seed, default_value = "1")]
    pub seed: u64,
    /// Round trips that are stamped: off, all, or auto (1 in 64)
    #[arg(long, value_parser = sample)]
    pub sample: Option<Sample>,
    /// Runs: one process is one run
    #[arg(long, value_name = "N", value_parser = runs)]
    pub runs: Option<u32>,
    /// Also write run.json, env.json, summary.md and the latency files into this folder
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    pub out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    pub format: Format,
}

/// Why there is nothing to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The help or the version was asked for; this is it.
    Told(String),
    /// The command line is wrong: one line says where, and what is taken there.
    Usage(String),
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// The help or the version, or one line that names the flag, what it got and what it takes.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, Refused> {
        let mut args: Vec<OsString> = args.into_iter().collect();
        if let Some(first) = args.first_mut().filter(|first| *first == "help") {
            *first = "--help".into();
        }
        let all = std::iter::once(OsString::from("loadgen")).chain(args.iter().cloned());
        let options = Self::try_parse_from(all).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refused::Told(error.to_string()),
            _ => Refused::Usage(one_line(&error, &args)),
        })?;
        options.check().map_err(Refused::Usage)?;
        Ok(options)
    }

    /// Refuses what this workload would ignore.
    fn check(&self) -> Result<(), String> {
        let workload = self.workload;
        for flag in Flag::ALL {
            let given = match flag {
                Flag::Messages => self.messages.is_some(),
                Flag::Duration => self.duration.is_some(),
                Flag::Actors => self.actors.is_some(),
                Flag::Tokens => self.tokens.is_some(),
                Flag::Order => self.order.is_some(),
                Flag::Payload => self.payload.is_some_and(|bytes| bytes != 8),
                Flag::Sample => self.sample == Some(Sample::All),
                Flag::Producers => self.producers.is_some(),
                Flag::Service => self.service.is_some(),
                Flag::Window => self.window.is_some(),
                Flag::Fail => self.overflow == Overflow::Fail,
                Flag::Shed => !matches!(self.overflow, Overflow::Mute | Overflow::Fail),
            };
            if given && !workload.takes().contains(&flag) {
                let name = match flag {
                    Flag::Fail | Flag::Shed => format!("--overflow {}", overflow_name(self.overflow)),
                    flag => flag.name().into(),
                };
                let takers: Vec<_> =
                    Workload::ALL.into_iter().filter(|w| w.takes().contains(&flag)).collect();
                let takers: Vec<_> = takers.into_iter().map(Workload::name).collect();
                let take = if takers.len() == 1 { "takes" } else { "take" };
                return Err(format!(
                    "{name} is not for {}: {} {take} it",
                    workload.name(),
                    takers.join(", ")
                ));
            }
        }
        if let Some(mode) = self.mode.filter(|mode| *mode != workload.mode()) {
            return Err(format!(
                "--mode got {:?}: {} takes {}",
                mode.name(),
                workload.name(),
                workload.mode().name()
            ));
        }
        let least = if workload == Workload::Big { 2 } else { 1 };
        if let Some(actors) = self.actors.filter(|actors| *actors < least) {
            return Err(format!("--actors got \"{actors}\": {} takes {least} or more", workload.name()));
        }
        if let (Workload::Ring, Some(tokens)) = (workload, self.tokens) {
            let actors = self.actors.unwrap_or(100);
            if tokens > actors {
                return Err(format!("--tokens got \"{tokens}\": takes 1 to the number of actors, {actors}"));
            }
        }
        let most = if workload == Workload::Directory { DIRECTORY_MESSAGES_MAX } else { u64::MAX };
        if let Some(messages) = self.messages.filter(|messages| *messages > most) {
            return Err(format!("--messages got \"{messages}\": {} takes up to {most}", workload.name()));
        }
        let most = mailbox_max(self.overflow);
        if self.mailbox > most {
            return Err(format!(
                "--mailbox got \"{}\": --overflow {} takes up to {most}",
                self.mailbox,
                overflow_name(self.overflow)
            ));
        }
        let service = self.service.unwrap_or_default();
        if service.saturating_mul(self.batch) > TURN_MAX {
            let most = TURN_MAX / self.batch;
            // As it can be given: a whole number.
            let most = if most.subsec_nanos().is_multiple_of(1_000_000) {
                format!("{most:?}")
            } else {
                format!("{}us", most.as_micros())
            };
            return Err(format!(
                "--service got \"{service:?}\": with --batch {} takes up to {most}, more with a smaller --batch",
                self.batch
            ));
        }
        if workload == Workload::Flow {
            self.check_windows()?;
        }
        throng::Options::builder()
            .capacity(self.mailbox)
            .turn(self.batch)
            .build()
            .map_err(|e| e.to_string())?;
        Ok(())
    }

    /// Actors that send, where the command line does not say how many.
    pub fn producers(&self) -> u64 {
        self.producers.unwrap_or(PRODUCERS)
    }

    /// The window of each credit link: as large as the mailbox lets those of all producers be, unless given.
    pub fn window(&self) -> u32 {
        let share = u64::from(self.windows_max()) / self.producers();
        self.window.unwrap_or(share.max(1) as u32)
    }

    /// What all windows together may come to. Each item has two places more: its flow's beginning and its end.
    fn windows_max(&self) -> u32 {
        self.mailbox.min((throng::Options::CAPACITY_MAX + 1 - self.mailbox) / 3)
    }

    fn check_windows(&self) -> Result<(), String> {
        let (producers, most) = (self.producers(), u64::from(self.windows_max()));
        let (mailbox, share) = (self.mailbox, most / producers);
        if share == 0 {
            return Err(match most {
                0 => format!("--mailbox got \"{mailbox}\": flow takes up to {FLOW_MAILBOX_MAX}"),
                _ => format!(
                    "--producers got \"{producers}\": with --mailbox {mailbox} flow takes up to {most}, a window of 1 each"
                ),
            });
        }
        match self.window.filter(|window| u64::from(*window) > share) {
            Some(window) => Err(format!(
                "--window got \"{window}\": with --mailbox {mailbox} and {producers} producers takes 1 to {share}"
            )),
            None => Ok(()),
        }
    }
}

/// One line for what clap refused.
fn one_line(error: &Error, args: &[OsString]) -> String {
    let flag = refusal::flag(error);
    match error.kind() {
        ErrorKind::UnknownArgument if LATER.contains(&&*flag) => {
            format!("{flag} is not there yet: leave it out")
        }
        ErrorKind::MissingRequiredArgument => format!("WORKLOAD is missing: takes {}", Workload::names()),
        _ => refusal::one_line::<Options>(error, args, "loadgen", "see loadgen --help"),
    }
}

/// A number with k, M or G behind it.
fn size(given: &str) -> Option<u64> {
    let (digits, factor) = match given.as_bytes().last()? {
        b'k' => (&given[..given.len() - 1], 1_000),
        b'M' => (&given[..given.len() - 1], 1_000_000),
        b'G' => (&given[..given.len() - 1], 1_000_000_000),
        _ => (given, 1),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

fn size_within(given: &str, least: u64, most: u64) -> Result<u64, String> {
    size(given)
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| format!("takes a whole number from {least} to {most}, with k, M or G behind it"))
}

fn actors(given: &str) -> Result<u64, String> {
    size_within(given, 1, ACTORS_MAX)
}

fn messages(given: &str) -> Result<u64, String> {
    size_within(given, 1, 1_000_000_000_000)
}

fn tokens(given: &str) -> Result<u64, String> {
    size_within(given, 1, 1_000_000)
}

/// A seed, as every command takes it.
///
/// # Errors
/// What it takes.
pub fn seed(given: &str) -> Result<u64, String> {
    size_within(given, 0, u64::MAX)
}

fn workers(given: &str) -> Result<usize, String> {
    size_within(given, 1, 1_024).map(|n| n as usize)
}

fn mailbox(given: &str) -> Result<u32, String> {
    size_within(given, 1, u64::from(throng::Options::CAPACITY_MAX)).map(|n| n as u32)
}

fn batch(given: &str) -> Result<u32, String> {
    size_within(given, 1, 65_536).map(|n| n as u32)
}

fn folder(given: OsString) -> Result<PathBuf, String> {
    if given.is_empty() { Err("takes a folder, there or new".into()) } else { Ok(given.into()) }
}

fn runs(given: &str) -> Result<u32, String> {
    match given {
        "1" => Ok(1),
        _ => Err("takes 1: one loadgen is one run".into()),
    }
}

fn payload(given: &str) -> Result<usize, String> {
    let accepted = || format!("takes {}", PAYLOADS.map(|n| n.to_string()).join(", "));
    size(given).map(|n| n as usize).filter(|n| PAYLOADS.contains(n)).ok_or_else(accepted)
}

fn window(given: &str) -> Result<u32, String> {
    size_within(given, 1, u64::from(throng::Options::CAPACITY_MAX)).map(|n| n as u32)
}

fn producers(given: &str) -> Result<u64, String> {
    size_within(given, 1, PRODUCERS_MAX)
}

/// A number with a unit of time behind it.
fn span(given: &str) -> Option<Duration> {
    let units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)];
    let (digits, factor) =
        units.iter().find_map(|(unit, factor)| Some((given.strip_suffix(unit)?, factor)))?;
    size(digits)?.checked_mul(*factor).map(Duration::from_nanos)
}

fn time(given: &str) -> Result<Duration, String> {
    span(given)
        .filter(|span| (Duration::from_nanos(1)..=Duration::from_secs(86_400)).contains(span))
        .ok_or_else(|| "takes a whole number and ns, us, ms, s or m, from 1ns to 1440m".into())
}

fn service(given: &str) -> Result<Duration, String> {
    if given == "0" {
        return Ok(Duration::ZERO);
    }
    span(given)
        .filter(|span| *span <= SERVICE_MAX)
        .ok_or_else(|| "takes 0, or a whole number and ns, us, ms or s, up to 1s".into())
}

fn mode(given: &str) -> Result<Mode, String> {
    match given {
        "closed" => Ok(Mode::Closed),
        "saturate" => Ok(Mode::Saturate),
        "open" => Err("not there yet: takes closed or saturate".into()),
        _ => Err("takes closed or saturate".into()),
    }
}

fn order(given: &str) -> Result<Order, String> {
    match given {
        "in" => Ok(Order::In),
        "shuffled" => Ok(Order::Shuffled),
        _ => Err("takes in or shuffled".into()),
    }
}

fn sample(given: &str) -> Result<Sample, String> {
    match given {
        "off" => Ok(Sample::Off),
        "all" => Ok(Sample::All),
        "auto" => Ok(Sample::Auto),
        _ => Err("takes off, all or auto".into()),
    }
}

fn overflow(given: &str) -> Result<Overflow, String> {
    let named = OVERFLOWS.into_iter().find(|(name, _)| *name == given);
    named
        .map(|(_, overflow)| overflow)
        .ok_or_else(|| format!("takes {}", OVERFLOWS.map(|(name, _)| name).join(", ")))
}

fn format(given: &str) -> Result<Format, String> {
    match given {
        "text" => Ok(Format::Text),
        "markdown" => Ok(Format::Markdown),
        "json" => Ok(Format::Json),
        _ => Err("takes text, markdown or json".into()),
    }
}

fn pin(given: &str) -> Result<Pin, String> {
    match given {
        "none" => Ok(Pin::None),
        "compact" => Ok(Pin::Compact),
        "spread" => Ok(Pin::Spread),
        list => {
            let processors: Option<Vec<usize>> =
                list.split(',').map(|n| n.parse().ok().filter(|n| *n < 4_096)).collect();
            processors
                .map(Pin::Processors)
                .ok_or_else(|| "takes compact, spread, none, or processors like 0,2".into())
        }
    }
}

#[cfg(test)]
mod tests;

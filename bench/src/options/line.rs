//! The command line itself, and what follows from it.

use super::flag::workloads_and_flags;
use super::given::Given;
use super::mix::Mix;
use super::profile::Profile;
use super::services::{self, Audience, Crash, CrashBy, Kept, Members, Pauses, Troupe, Upkeep};
use super::values::{self, Assertions, Format, Order, Sample, Warmup};
use super::workload::{Mode, Workload};
use crate::arrival::Arrival;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;
use throng::{Overflow, Pin, Strategy};

/// Producers, unless the command line says otherwise.
const PRODUCERS: u64 = 8;
/// How long a consumer works for each message, unless the command line says otherwise.
const SERVICE: Duration = Duration::from_micros(5);
/// The same of a member of a pool: long enough that one alone falls behind.
const MEMBERS_SERVICE: Duration = Duration::from_micros(20);
/// Users of a chat, how many of them share a room, and how often each acts, unless the command line says otherwise.
const USERS: u64 = 1_024;
const USERS_OF_A_ROOM: u64 = 8;
const TURNS: u64 = 32;
/// What timers wait, unless the command line says otherwise.
const PERIOD: Duration = Duration::from_millis(10);

/// One run of one workload in this process: the actors do it, the result is verified and written to stdout.
#[derive(Debug, Clone, Parser)]
#[command(name = "loadgen", version, allow_negative_numbers = true, max_term_width = 100, after_help = workloads_and_flags())]
pub struct Options {
    /// What the actors do: one of the workloads below
    #[arg(value_parser = Workload::parse)]
    pub workload: Workload,
    /// Load model: open (arrivals by a plan), closed (so many in flight) or saturate (as fast as it goes); by default the
    /// first that the workload has, and open with --rate or --arrival
    #[arg(long, value_parser = values::mode)]
    pub mode: Option<Mode>,
    /// Arrivals a second of an open load
    #[arg(long, value_name = "N", value_parser = values::rate)]
    pub rate: Option<u64>,
    /// How they follow each other: constant, poisson, burst:N, ramp:FROM..TO, or replay:FILE (poisson)
    #[arg(long, value_name = "PLAN", value_parser = Arrival::parse)]
    pub arrival: Option<Arrival>,
    /// What goes before the measured time: auto (until steady, 30 s at most) or a time (auto in open load with a rate, 0
    /// elsewhere)
    #[arg(long, value_name = "TIME", value_parser = values::warmup)]
    pub warmup: Option<Warmup>,
    /// Actors: beside the ping-pong in crowd, in the ring, in big, in the directory, to create, to be idle, with a timer
    /// each (1k); children to supervise (16); stations of fan-out, mesh and pipeline (8); leaves of skynet (1M)
    #[arg(long, value_name = "N", value_parser = values::actors)]
    pub actors: Option<u64>,
    /// Messages in all (hops in ring, asks in ask, attempts of all producers together in bounded,
    /// items of all producers together in flow, timers set in timers, publications in pubsub)
    #[arg(long, value_name = "N", value_parser = values::messages, conflicts_with = "duration")]
    pub messages: Option<u64>,
    /// Run for this long instead of a number of messages (10s in open load)
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    pub duration: Option<Duration>,
    /// How long a load takes that says neither a time nor a number: smoke (1s, after 200ms of warm-up), default (as the
    /// other flags tell), or paper (30s, after a warm-up until steady); warm-ups where the load takes --warmup
    #[arg(long, value_name = "PROFILE", value_parser = values::profile, default_value = "default")]
    pub profile: Profile,
    /// Where a ring's next actor lies: in or shuffled
    #[arg(long, value_parser = values::order)]
    pub order: Option<Order>,
    /// Tokens in the ring (1); in flight in directory, and in closed load of fan-out, mesh and pipeline (64)
    #[arg(long, value_name = "N", value_parser = values::tokens)]
    pub tokens: Option<u64>,
    /// Messages of each arrival through the mesh (4)
    #[arg(long, value_name = "N", value_parser = values::hops)]
    pub hops: Option<u32>,
    /// Actors that send in bounded, flow and supervise, that publish in pubsub, and that pass on in an open load of fan-in (8)
    #[arg(long, value_name = "N", value_parser = values::producers)]
    pub producers: Option<u64>,
    /// How long the consumer in bounded and in flow works for each message (5us), or each station, or who is asked; or a
    /// user of chat that computes (5us), a member of pools (20us), a child or a subscriber (0); 0 is not at all
    #[arg(long, value_name = "TIME", value_parser = values::service)]
    pub service: Option<Duration>,
    /// Let one handler stand still for so long, half-way through the measured time: to see that the figures show it
    #[arg(long, value_name = "TIME", value_parser = values::freeze)]
    pub freeze: Option<Duration>,
    /// Tell where the time of a hop goes: from sent to the beginning of its handler, and from there to its end; costs each
    /// message two readings of the clock
    #[arg(long)]
    pub probe: bool,
    /// Items that each credit link in flow may have on its way (what the mailbox has room for, shared by the producers)
    #[arg(long, value_name = "N", value_parser = values::window)]
    pub window: Option<u32>,
    /// Users of the chat (1024)
    #[arg(long, value_name = "N", value_parser = values::users)]
    pub users: Option<u64>,
    /// Rooms they talk in (one for each 8 users)
    #[arg(long, value_name = "N", value_parser = values::rooms)]
    pub rooms: Option<u64>,
    /// How often each user acts (32)
    #[arg(long, value_name = "N", value_parser = values::turns, conflicts_with = "duration")]
    pub turns: Option<u64>,
    /// What users do, by weights (post:80,join:10,leave:5,compute:5); what is not named is not done
    #[arg(long, value_name = "LIST", value_parser = Mix::parse)]
    pub mix: Option<Mix>,
    /// How long each timer is set for (10ms)
    #[arg(long, value_name = "TIME", value_parser = values::period)]
    pub period: Option<Duration>,
    /// How many of the timers are cancelled again at once, drawn from the seed (0%)
    #[arg(long, value_name = "PERCENT", value_parser = values::percent)]
    pub cancel: Option<u32>,
    /// How many of the actors have a timer that fires each period, not one set anew each time, drawn from the seed (0%)
    #[arg(long, value_name = "PERCENT", value_parser = values::percent)]
    pub repeat: Option<u32>,
    /// Whom the restart of a child takes along: one-for-one, one-for-all or rest-for-one (one-for-one)
    #[arg(long, value_parser = services::strategy)]
    pub strategy: Option<Strategy>,
    /// How often a child fails: 1/N, of all messages one in N, drawn from the seed; or N/s, so often a second (1/1k)
    #[arg(long, value_name = "RATE", value_parser = services::crash)]
    pub crash: Option<Crash>,
    /// How it fails: panic or error (panic)
    #[arg(long, value_parser = services::crash_by)]
    pub crash_by: Option<CrashBy>,
    /// Pause before a restart: 0 for none, one time, or FIRST..MOST, doubled each time until it has gone well for a second (0)
    #[arg(long, value_name = "TIME", value_parser = services::pauses)]
    pub backoff: Option<Pauses>,
    /// What a restart does with waiting messages: keep, drop or return (keep)
    #[arg(long, value_parser = services::kept)]
    pub mail: Option<Kept>,
    /// Members of a pool, the fewest and the most (1..8)
    #[arg(long, value_name = "MIN..MAX", value_parser = services::members)]
    pub members: Option<Members>,
    /// After how long without work a member of a pool leaves (20ms)
    #[arg(long, value_name = "TIME", value_parser = services::leave)]
    pub leave: Option<Duration>,
    /// Messages of a burst that comes to a pool (1k)
    #[arg(long, value_name = "N", value_parser = services::burst)]
    pub burst: Option<u64>,
    /// From the end of a burst until the next one begins (50ms)
    #[arg(long, value_name = "TIME", value_parser = services::pause)]
    pub pause: Option<Duration>,
    /// Topics in which each publisher publishes in turn (4)
    #[arg(long, value_name = "N", value_parser = services::topics)]
    pub topics: Option<u64>,
    /// Subscribers of each topic (8)
    #[arg(long, value_name = "N", value_parser = services::subscribers)]
    pub subscribers: Option<u64>,
    /// Worker threads; by default one for each processor, in open load one fewer: the generator has one of its own
    #[arg(long, value_name = "N", value_parser = values::workers)]
    pub workers: Option<usize>,
    /// Where the workers run: compact, spread, none, or processors like 0,2
    #[arg(long, value_parser = values::pin, default_value = "compact")]
    pub pin: Pin,
    /// Bytes of a message: 8, 16, 32, 48, 64, 128, 256, 1024 or 4096
    #[arg(long, value_name = "BYTES", value_parser = values::payload)]
    pub payload: Option<usize>,
    /// Capacity of every mailbox
    #[arg(long, value_name = "N", value_parser = values::mailbox, default_value = "1024")]
    pub mailbox: u32,
    /// What a full mailbox does: mute (suspend its senders), fail (refuse the send), drop-newest, drop-oldest (when its actor
    /// looks at it next; beyond twice the capacity the newest), drop-oldest-exact, or signal (as fail, and tell an actor)
    #[arg(long, value_parser = values::overflow, default_value = "mute")]
    pub overflow: Overflow,
    /// Messages in one turn of an actor
    #[arg(long, value_name = "N", value_parser = values::batch, default_value = "128")]
    pub batch: u32,
    /// Seed of everything random
    #[arg(long, value_name = "N", value_parser = values::seed, default_value = "1")]
    pub seed: u64,
    /// Messages or round trips that are stamped: off, all, or auto (all in open load, 1 in 64 elsewhere)
    #[arg(long, value_parser = values::sample)]
    pub sample: Option<Sample>,
    /// Runs: one process is one run
    #[arg(long, value_name = "N", value_parser = values::runs)]
    pub runs: Option<u32>,
    /// What the run must show, such as 'response.p99<10us,throughput>5M/s,lost==0': exit 4 if it does not; its files are
    /// those of a valid run all the same, without .FAIL
    #[arg(long = "assert", value_name = "LIST", value_parser = values::assertions)]
    pub assertions: Option<Assertions>,
    /// Also write run.json, env.json, summary.md and the latency files into this folder
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(values::folder))]
    pub out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = values::format, default_value = "text")]
    pub format: Format,
    /// What the flags were given, word for word.
    #[arg(skip)]
    pub(super) given: Given,
}

impl Options {
    /// What `flag` was given; `value` where it was not, and this follows from others.
    pub(crate) fn given(&self, flag: &str, value: impl Display) -> String {
        self.given.value(flag).map_or_else(|| value.to_string(), str::to_owned)
    }

    /// The same as the beginning of a refusal: `--actors got "1k"`.
    pub(crate) fn got(&self, flag: &str, value: impl Display) -> String {
        format!("{flag} got {:?}", self.given(flag, value))
    }

    /// How load is offered.
    pub fn mode(&self) -> Mode {
        let planned = self.rate.is_some() || self.arrival.is_some();
        self.mode.unwrap_or(if planned { Mode::Open } else { self.workload.mode() })
    }

    /// How the arrivals of an open load follow each other.
    pub fn arrival(&self) -> Arrival {
        self.arrival.clone().unwrap_or(Arrival::Poisson)
    }

    /// How long a consumer or a station works for each message.
    pub fn service(&self) -> Duration {
        self.service.unwrap_or(match self.workload {
            Workload::Bounded | Workload::Flow | Workload::Chat => SERVICE,
            Workload::Pools => MEMBERS_SERVICE,
            _ => Duration::ZERO,
        })
    }

    /// Actors that send, where the command line does not say how many.
    pub fn producers(&self) -> u64 {
        self.producers.unwrap_or(PRODUCERS)
    }

    /// Users of a chat.
    pub fn users(&self) -> u64 {
        self.users.unwrap_or(USERS)
    }

    /// Rooms of a chat: one at least.
    pub fn rooms(&self) -> u64 {
        self.rooms.unwrap_or((self.users() / USERS_OF_A_ROOM).max(1))
    }

    /// How often each user acts, where no time ends the load.
    pub fn turns(&self) -> u64 {
        self.turns.unwrap_or(TURNS)
    }

    /// What timers wait.
    pub fn period(&self) -> Duration {
        self.period.unwrap_or(PERIOD)
    }

    /// How children fail, and what their supervisor does about it.
    pub fn upkeep(&self) -> Upkeep {
        let default = Upkeep::default();
        Upkeep {
            strategy: self.strategy.unwrap_or(default.strategy),
            crash: self.crash.unwrap_or(default.crash),
            by: self.crash_by.unwrap_or(default.by),
            pauses: self.backoff.filter(|pauses| !pauses.most.is_zero()),
            mail: self.mail.unwrap_or(default.mail),
        }
    }

    /// A pool, and the bursts that come to it.
    pub fn troupe(&self) -> Troupe {
        let default = Troupe::default();
        Troupe {
            members: self.members.unwrap_or(default.members),
            leave: self.leave.unwrap_or(default.leave),
            burst: self.burst.unwrap_or(default.burst),
            pause: self.pause.unwrap_or(default.pause),
        }
    }

    /// Topics and their subscribers.
    pub fn audience(&self) -> Audience {
        let default = Audience::default();
        Audience {
            topics: self.topics.unwrap_or(default.topics),
            subscribers: self.subscribers.unwrap_or(default.subscribers),
        }
    }

    /// The window of each credit link: as large as the mailbox lets those of all producers be, unless given.
    pub fn window(&self) -> u32 {
        let share = u64::from(self.windows_max()) / self.producers();
        self.window.unwrap_or(share.max(1) as u32)
    }

    /// What all windows together may come to. Each item has two places more: its flow's beginning and its end.
    pub(super) fn windows_max(&self) -> u32 {
        self.mailbox.min((throng::Options::CAPACITY_MAX + 1 - self.mailbox) / 3)
    }
}

/// The words of a command line without the flags of these `names`, each of which takes a value.
pub(crate) fn without(args: &[OsString], names: &[&str]) -> Vec<OsString> {
    let mut left = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let word = arg.to_string_lossy();
        let is_one = |name: &&&str| word.split_once('=').map_or(&*word, |(flag, _)| flag) == **name;
        match names.iter().find(is_one) {
            None => left.push(arg.clone()),
            Some(name) if *name == word => drop(args.next()),
            Some(_) => {}
        }
    }
    left
}

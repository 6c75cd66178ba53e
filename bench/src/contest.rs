//! Systems of actors side by side: what a comparison of them holds is measured by one and shown by another.

mod findings;
mod tables;

use crate::json_bounds::few;
use crate::latency::Summary;
use crate::price::figure::Figure;
use crate::statistics::BOOTSTRAP_FROM;
use crate::units;
pub use findings::findings;
use serde::{Deserialize, Serialize};
pub use tables::{Table, tables};

/// The system that all others are set beside.
pub const BASE: &str = "throng";
/// By how much throng is to be ahead of every system with bounded mailboxes on several threads.
pub const AHEAD: f64 = 5.0;
/// Crossing between the processors that takes so many times as long is another state of the machine.
pub const STATES: f64 = 1.5;

/// What a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds a message; an actor in create, a question in ask.
    #[serde(rename = "ns")]
    Time,
    /// Bytes an idle actor.
    #[serde(rename = "bytes")]
    Bytes,
    /// Nanoseconds from when a message was planned until it was handled, the median.
    #[serde(rename = "p50 ns")]
    Latency,
}

impl Unit {
    /// A value of this, in words.
    pub fn told(self, value: f64) -> String {
        match self {
            Self::Time | Self::Latency => units::time(value),
            Self::Bytes => units::bytes(value),
        }
    }
}

/// A system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contestant {
    /// Its name.
    pub name: String,
    /// In what it is written.
    pub language: String,
    /// Whether what waits for an actor is bounded.
    pub bounded: bool,
    /// Whether its actors run on several threads.
    pub threads: bool,
    /// Whether it has actors at all, or is there to be compared with.
    pub actors: bool,
    /// Whether its documentation promises that messages from one actor to another come in order. Earlier reports do not say it.
    #[serde(default)]
    pub ordered: bool,
    /// The version that ran.
    pub version: Option<String>,
    /// How it was used.
    pub how: Option<String>,
    /// Why it was not run, if so.
    pub why: Option<String>,
}

/// One figure of every system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contest {
    /// `NAME:ACTORS:MESSAGES`.
    pub asked: String,
    /// What it is of.
    pub unit: Unit,
    /// Workers.
    pub workers: u64,
    /// Idle actors beside.
    pub idle: u64,
    /// Whether the heap had been used before, and all of this setting ran in one process.
    pub used: bool,
    /// Each system's, in the order of the list.
    #[serde(deserialize_with = "few")]
    pub standings: Vec<Standing>,
    /// throng's second figure of each round to its first: what no difference looks like.
    pub again: Option<Figure>,
}

/// One system's figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The system.
    pub name: String,
    /// By the rounds; less is better.
    pub value: Option<Figure>,
    /// To throng's of the same round: above 1 throng is better.
    pub ratio: Option<Figure>,
    /// Whether that is a difference by the protocol: its interval excludes 1, and it is larger than 1 % and than throng's to itself.
    pub differs: Option<bool>,
    /// Messages of an iteration; of an open load all.
    pub messages: u64,
    /// Iterations that count, of all rounds.
    pub iterations: usize,
    /// The most memory that its process had in use, by the rounds; where the process did nothing else.
    pub peak_bytes: Option<Figure>,
    /// The same of a process that did all of the setting's work, in the first figure of that; by the rounds.
    #[serde(default)]
    pub whole_bytes: Option<Figure>,
    /// What crossing between the processors took just before its process, in nanoseconds, by the rounds.
    pub cross_core_ns: Option<Figure>,
    /// Rounds that are no part of the ratio, as the machine was in another state for it than for throng.
    #[serde(default)]
    pub unlike: u32,
    /// Rounds in which the later iterations took longer or shorter than the earlier, by more than a twentieth.
    #[serde(default)]
    pub drifting: u32,
    /// Latencies of all rounds together.
    pub latency: Option<Summary>,
    /// Messages that a later one of the same sender overtook, where order is not promised.
    pub disorder: u64,
    /// Messages of an open load that were not sent when they were planned, of all rounds.
    pub late: u64,
    /// Why there is no figure, or no more, if so.
    pub why: Option<String>,
    /// Whether that is because work was not done as it was to be.
    pub wrong: bool,
}

impl Standing {
    /// Its figure; what failed in a later round has none, whatever it came to before.
    pub fn figure(&self) -> Option<&Figure> {
        self.value.as_ref().filter(|_| self.why.is_none())
    }

    /// How many times throng's it is.
    pub fn by(&self) -> Option<f64> {
        self.by_rounds().filter(|_| self.why.is_none())
    }

    /// The same, also of one that failed in a later round.
    fn by_rounds(&self) -> Option<f64> {
        self.ratio.as_ref().map(|ratio| ratio.over_rounds.median)
    }
}

impl Contest {
    /// Its setting: workers, idle actors beside, used heap.
    pub fn setting(&self) -> (u64, u64, bool) {
        (self.workers, self.idle, self.used)
    }

    /// The work's name and, where it has not always the same, how many.
    pub fn head(&self) -> String {
        let mut parts = self.asked.split(':');
        let (name, actors, messages) = (parts.next(), parts.next(), parts.next());
        let count = |text: Option<&str>| text.and_then(|n| n.parse().ok()).map(units::count);
        match (name.unwrap_or_default(), count(actors), count(messages)) {
            (name @ ("ring" | "ring-shuffled"), Some(actors), _) => format!("{name} {actors}"),
            ("open", _, Some(rate)) => format!("open {rate}/s"),
            (name, ..) => name.to_owned(),
        }
    }

    /// throng's standing, if its figure holds.
    fn base(&self) -> Option<&Standing> {
        self.standings.iter().find(|one| one.name == BASE && one.why.is_none())
    }

    /// Those that are better than throng, by the protocol.
    pub fn better(&self) -> impl Iterator<Item = (&Standing, f64)> {
        self.ratios().filter(|(one, by)| one.differs == Some(true) && *by < 1.0)
    }

    /// The best of those that are in `among`.
    pub fn best(&self, among: impl Fn(&str) -> bool) -> Option<(&Standing, f64)> {
        self.ratios().filter(|(one, _)| among(&one.name)).min_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn ratios(&self) -> impl Iterator<Item = (&Standing, f64)> {
        let others = self.standings.iter().filter(|one| one.name != BASE);
        others.filter_map(|one| Some((one, one.by()?)))
    }
}

/// A setting in words.
pub fn setting((workers, idle, used): (u64, u64, bool)) -> String {
    let mut words = units::counted(workers, "worker");
    if idle > 0 {
        words.push_str(&format!(", {} idle actors beside", units::count(idle)));
    }
    if used {
        words.push_str(", in a used heap");
    }
    words
}

/// What the figures are, in sentences.
pub fn terms(rounds: u32) -> String {
    let rounds = units::counted(rounds.into(), "round");
    format!(
        "Medians of {rounds}; in each, every figure is taken of all systems one after the other, in an order drawn anew, each in a fresh process whose \
         program verifies its work. Less is better. Ratios are to throng's figure of the same round: above 1 throng is better; \"~\" is no difference by \
         the protocol, and \"(2 of 5)\" a ratio of fewer rounds than throng has. Time is of a message; in create of an actor, in ask of a question; memory is what an idle actor takes, its address \
         included; of open loads the median from when a message was planned until it was handled. Where a twelfth of the time is not enough for what was asked, an \
         iteration is of fewer messages. Beside idle actors, and in a used heap, all work is done in one process, without the memory of an idle actor, which is that of a \
         fresh heap; a ring of 100,000 and more is a crowd by itself, and is not set beside another. A system with one thread has that one \
         in every setting, and what fails in one round has no figure at all."
    )
}

/// What the comparison comes to, in a sentence without its stop.
pub fn outcome(rounds: u32, contests: &[Contest]) -> String {
    let figures = contests.iter().map(|contest| contest.ratios().count()).sum::<usize>() as u64;
    let better = contests.iter().map(|contest| contest.better().count()).sum::<usize>() as u64;
    let all = units::counted(figures, "figure");
    let mut words = match better {
        _ if figures == 0 => return "No other system has a figure".into(),
        0 => format!("None of others' {all} is better than throng's by the protocol"),
        1 => format!("1 of others' {all} is better than throng's"),
        better => format!("{} of others' {all} are better than throng's", units::count(better)),
    };
    if (rounds as usize) < BOOTSTRAP_FROM {
        words.push_str(&format!(
            ", by {}: the protocol asks for {BOOTSTRAP_FROM}",
            units::counted(rounds.into(), "round")
        ));
    }
    words
}

/// How many of the systems have a figure.
pub fn ran(systems: &[Contestant], contests: &[Contest]) -> usize {
    let figures = |name: &str| {
        contests.iter().flat_map(|one| &one.standings).any(|one| one.name == name && one.figure().is_some())
    };
    systems.iter().filter(|system| figures(&system.name)).count()
}

/// The settings, in the order in which they come.
pub fn settings(contests: &[Contest]) -> Vec<(u64, u64, bool)> {
    let mut all = Vec::new();
    for contest in contests {
        if !all.contains(&contest.setting()) {
            all.push(contest.setting());
        }
    }
    all
}

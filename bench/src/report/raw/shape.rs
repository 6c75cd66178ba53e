//! What the JSON of each command holds, as far as its page shows it. Times are nanoseconds; `None` was not measured.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::jitter;
use crate::json_bounds::{few, short};
use crate::latency::Summary;
use crate::scenario::plan::Drain;
use crate::statistics::Estimate;

/// What every such file begins with.
#[derive(Debug, Deserialize)]
pub struct Head {
    /// `load/1` and so on.
    pub schema: String,
}

/// Whether the figures hold.
#[derive(Debug, Default, Deserialize)]
pub struct Validity {
    /// Whether they do.
    pub valid: bool,
    /// Whether it was ended before its end.
    #[serde(default)]
    pub interrupted: bool,
    /// Why they do not, in words.
    #[serde(default)]
    pub wrong: Vec<String>,
    /// Assertions that did not hold.
    #[serde(default)]
    pub failed_assertions: Vec<String>,
}

/// The three latencies.
#[derive(Debug, Default, Deserialize)]
pub struct Latencies {
    /// Done since planned.
    pub response: Option<Summary>,
    /// Done since sent.
    pub service: Option<Summary>,
    /// Sent since planned.
    pub schedule_lag: Option<Summary>,
}

/// The same of one processor.
#[derive(Debug, Deserialize)]
pub struct ProcessorGaps {
    /// Its number.
    pub processor: u64,
    /// What was seen there.
    #[serde(flatten)]
    pub gaps: jitter::Jitter,
}

/// A figure before and after.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Around {
    /// Before the run.
    pub before: Option<f64>,
    /// After it.
    pub after: Option<f64>,
}

/// How a run was loaded openly.
#[derive(Debug, Deserialize)]
pub struct OpenLoad {
    /// How arrivals are spaced.
    pub arrival: String,
    /// Messages a second that were asked for.
    pub rate_target: Option<f64>,
    /// Those that were sent.
    pub rate_actual: Option<f64>,
    /// Whether more came than was handled; none in older files.
    #[serde(default)]
    pub overloaded: bool,
}

/// `run/1`: one run of one workload.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// The words that repeat it; none in older files.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its name.
    pub workload: String,
    /// `open`, `closed` or `saturate`.
    pub mode: String,
    /// What each figure counts; none in older files.
    pub counts: Option<String>,
    /// Messages a second.
    pub msgs_per_s: Option<f64>,
    /// Nanoseconds a message.
    pub ns_per_msg: Option<f64>,
    /// Bytes an idle actor.
    pub bytes_per_actor: Option<f64>,
    /// The open load; `None` of other modes.
    pub load: Option<OpenLoad>,
    /// What was handled after the measured time; none in older files.
    pub drain: Option<Drain>,
    /// What a response is.
    pub response_is: Option<String>,
    /// Its latencies; none in older files.
    #[serde(default)]
    pub latency_ns: Latencies,
    /// Whether it holds.
    pub validity: Validity,
    /// What was asked for.
    #[serde(default)]
    pub options: Value,
    /// The machine and the build.
    #[serde(default)]
    pub env: Value,
}

/// One of several runs.
#[derive(Debug, Deserialize)]
pub struct Repeat {
    /// Where its files are.
    pub folder: String,
    /// Whether it holds.
    pub valid: bool,
    /// Why not.
    pub why: Option<String>,
    /// Messages a second.
    pub msgs_per_s: Option<f64>,
    /// Nanoseconds a message.
    pub ns_per_msg: Option<f64>,
    /// Bytes an idle actor.
    pub bytes_per_actor: Option<f64>,
    /// The price of crossing between the cores.
    #[serde(default)]
    pub cross_core_ns: Around,
    /// Its latencies.
    pub latency_ns: Latencies,
}

/// How much of the late messages the machine explains.
#[derive(Debug, Deserialize)]
pub struct Tail {
    /// What counts as late.
    pub above_ns: f64,
    /// How many messages were later.
    pub later_than: u64,
    /// The share of them that the machine's gaps explain.
    pub explained: Option<f64>,
}

/// The machine before and after.
#[derive(Debug, Deserialize)]
pub struct JitterAround {
    /// Before the runs.
    pub before: Option<jitter::Jitter>,
    /// After them.
    pub after: Option<jitter::Jitter>,
}

/// How the open load of several runs was offered.
#[derive(Debug, Deserialize)]
pub struct Offered {
    /// How arrivals followed each other.
    pub arrival: String,
    /// What was asked for, in arrivals a second; `None` where it varies.
    pub rate_target: Option<f64>,
    /// What was offered.
    pub rate_actual: Option<Estimate>,
    /// Whether each warm-up ended because the load was steady; `None` where nobody looked.
    pub steady: Option<bool>,
    /// Whether in some run more came than was handled; none in older files.
    pub overloaded: Option<bool>,
}

/// `load/1`: several runs of one workload.
#[derive(Debug, Deserialize)]
pub struct Load {
    /// Its name.
    pub workload: String,
    /// `open`, `closed` or `saturate`; `None` where no run told.
    pub mode: Option<String>,
    /// What each figure counts; none in older files.
    pub counts: Option<String>,
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// How many runs it was to have; none in older files.
    #[serde(default)]
    pub runs_asked: Option<u32>,
    /// Each run.
    #[serde(deserialize_with = "few")]
    pub runs: Vec<Repeat>,
    /// Figures over the runs, by their names.
    pub over_runs: BTreeMap<String, Option<Estimate>>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine's own gaps.
    pub jitter: Option<JitterAround>,
    /// What they explain.
    pub tail: Option<Tail>,
    /// How an open load was offered; `None` of other modes.
    #[serde(default)]
    pub load: Option<Offered>,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

/// One point of a sweep.
#[derive(Debug, Deserialize)]
pub struct SweepPoint {
    /// The value of what is swept.
    pub x: f64,
    /// The same as it was given.
    pub label: String,
    /// Where its files are.
    pub folder: String,
    /// The exit code that it came to; none in older files.
    #[serde(default)]
    pub exit: u8,
    /// Whether it holds.
    pub valid: bool,
    /// Why not.
    pub why: Option<String>,
    /// Messages a second.
    pub msgs_per_s: Option<Estimate>,
    /// Nanoseconds a message.
    pub ns_per_msg: Option<Estimate>,
    /// Bytes an idle actor.
    pub bytes_per_actor: Option<Estimate>,
    /// Its latencies, merged over its runs.
    pub latency_ns: Latencies,
}

/// The load whose throughput is 100 % of a swept rate.
#[derive(Debug, Deserialize)]
pub struct Reference {
    /// Where its files are.
    pub folder: String,
    /// How it was offered.
    pub mode: Option<String>,
    /// The messages that one arrival makes.
    pub messages_per_arrival: u32,
    /// What 100 % is: arrivals a second.
    pub rate: Option<f64>,
}

/// The search for the largest value that holds a condition.
#[derive(Debug, Deserialize)]
pub struct FindMax {
    /// The condition.
    pub condition: String,
    /// The largest value found; `None` where not even the smallest held it.
    pub found: Option<f64>,
    /// The same as it would be given.
    pub found_label: Option<String>,
    /// Whether it held wherever it was tried; none in older files.
    #[serde(default)]
    pub at_end: bool,
    /// The next value that was tried, at which it does not hold; none in older files.
    #[serde(default)]
    pub fails_at: Option<String>,
    /// How many values were tried.
    pub tried: u64,
    /// The point above it that does not tell; none in older files.
    #[serde(default)]
    pub not_measured: Option<NotMeasured>,
}

/// A point with too few samples for the condition.
#[derive(Debug, Deserialize)]
pub struct NotMeasured {
    /// Its value as it was given.
    pub label: String,
    /// How many samples it has.
    pub samples: u64,
    /// How many it needs.
    pub needed: u64,
}

/// The universal scalability law fitted to a sweep over workers.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Usl {
    /// Throughput of one worker.
    pub lambda: f64,
    /// Contention.
    pub sigma: f64,
    /// Coherence.
    pub kappa: f64,
    /// The number of workers at which throughput is highest; `None` where it has no peak.
    pub peak: Option<f64>,
}

/// `sweep/1`: one workload at several values of an option.
#[derive(Debug, Deserialize)]
pub struct Sweep {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// The workload's name.
    pub workload: String,
    /// What is swept.
    pub over: String,
    /// What each figure counts; none in older files.
    pub counts: Option<String>,
    /// The load that percentages are of.
    pub reference: Option<Reference>,
    /// Each value tried.
    #[serde(deserialize_with = "few")]
    pub points: Vec<SweepPoint>,
    /// What was searched for.
    pub find_max: Option<FindMax>,
    /// The fitted law.
    pub usl: Option<Usl>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

/// One side of a comparison.
#[derive(Debug, Deserialize)]
pub struct Side {
    /// Its name.
    pub label: String,
    /// `settings`, `binary` or `revision`.
    pub kind: String,
    /// What was given.
    #[serde(default, deserialize_with = "short")]
    pub given: Value,
}

/// Two runs that belong together.
#[derive(Debug, Deserialize)]
pub struct Pair {
    /// The figure of the first.
    pub a: f64,
    /// The figure of the second.
    pub b: f64,
    /// The second by the first.
    pub ratio: f64,
    /// Whether it lies far from the others.
    #[serde(default)]
    pub outlier: bool,
}

/// A ratio over all pairs.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Ratio {
    /// The median.
    pub median: f64,
    /// The lower end of its interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// `compare/1`: A against B, and A against itself.
#[derive(Debug, Deserialize)]
pub struct Compare {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// The figure compared.
    pub metric: String,
    /// The workload's name.
    pub workload: String,
    /// What each figure counts; none in older files.
    pub counts: Option<String>,
    /// The first side.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// B by A.
    #[serde(deserialize_with = "few")]
    pub pairs: Vec<Pair>,
    /// A by A.
    #[serde(deserialize_with = "few")]
    pub aa_pairs: Vec<Pair>,
    /// B by A over all pairs.
    pub ratio: Option<Ratio>,
    /// A by A over all pairs.
    pub aa_ratio: Option<Ratio>,
    /// How far A strays from itself.
    pub band: Option<f64>,
    /// `different`, `no difference` or `not valid`.
    pub verdict: String,
    /// The median ratio less 1.
    pub effect: Option<f64>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

/// `jitter/1`: the idle machine's gaps.
#[derive(Debug, Deserialize)]
pub struct Jitter {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// What counts as a gap.
    pub threshold_ns: f64,
    /// All processors together.
    pub all: jitter::Jitter,
    /// Each processor.
    pub per_processor: Vec<ProcessorGaps>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default)]
    pub env: Value,
}

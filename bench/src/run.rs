//! One run: the system is built, loaded, brought to rest and verified, and what came of it is `run/1`.

mod parts;

use crate::assertion;
use crate::clock::Clock;
use crate::latency::{Recorder, Summary};
use crate::machine;
use crate::options::{Mode, Options, Sample, Workload};
use crate::probe;
use crate::scenario;
use crate::scenario::plan::{Alarms, Drain, LoadFacts, Outcome, Plan, Planted, SETTLED_WITHIN, Talk};
use crate::scenario::rest::RESOLVED_FROM;
use crate::timeline::Timeline;
use crate::units;
pub(crate) use parts::ledger;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;
use throng::{Ledger, Overflow, Pin, System};

/// The name and version of a run's JSON.
pub const SCHEMA: &str = "run/1";
/// `--sample auto` outside open load.
const SAMPLE_EVERY: u32 = 64;
/// The shortest run whose processor time is told: what other threads run at the moment may be missing from it until the
/// timer's next tick.
const CPU_TOLD_FROM_NS: u64 = 10_000_000;

/// What a run measured, as it is written: integer nanoseconds in latencies, `null` for what was not measured.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The words that repeat it, but for where its result goes; empty where there was no command line.
    pub command: Vec<String>,
    /// The workload's name.
    pub workload: &'static str,
    /// `open`, `closed` or `saturate`.
    pub mode: &'static str,
    /// What is counted: `message`, `arrival`, `attempt`, `hop`, `ask`, `actor`, `firing` or `publication`.
    pub counts: &'static str,
    /// How many of them.
    pub messages: u64,
    /// What a load without a plan tried to send, and its word, where that is not `messages` and what was refused.
    #[serde(skip)]
    pub offered: Option<(u64, &'static str)>,
    /// From the kick-off until the last actor reported its end. Where there is a measured time: that time; in open load until
    /// the last that was sent in it was done.
    pub elapsed_ns: Option<u64>,
    /// Processor time of the whole process meanwhile, if it took 10 ms or more; workers that spin take
    /// theirs too.
    pub cpu_ns: Option<u64>,
    /// `elapsed_ns` by `messages`.
    pub ns_per_msg: Option<f64>,
    /// `messages` by `elapsed_ns`.
    pub msgs_per_s: Option<f64>,
    /// Growth of the process by each idle actor.
    pub bytes_per_actor: Option<f64>,
    /// Where the messages went.
    pub ledger: Value,
    /// Latencies by their kind.
    pub latency_ns: Value,
    /// What an open load came to; `None` where the load is not open.
    pub load: Option<LoadFacts>,
    /// What was handled after the measured time of a load that is not open, and is in no rate; `None` where it has none.
    pub drain: Option<Drain>,
    /// What a response is here.
    pub response_is: Option<Cow<'static, str>>,
    /// How long actors were suspended on full mailboxes, or producers out of credit, of those stalls that are over; `None`
    /// where none was.
    pub stall_ns: Option<Value>,
    /// The most messages that any mailbox held at once, those being handled included.
    pub occupancy_max: Option<u64>,
    /// Actors that send, where that is a role.
    pub producers: Option<u64>,
    /// How often each of them sends in one handler: under mute a mailbox may be so much fuller for each.
    pub sends_per_handler: Option<u64>,
    /// What each of their credit links may have on its way, where they have any.
    pub window: Option<u32>,
    /// The most resident memory of the process.
    pub rss_peak_bytes: Option<u64>,
    /// Whether the run holds, and what is wrong if not.
    pub validity: Value,
    /// What the workers did.
    pub engine: Value,
    /// Why a field above is `null`, by its name.
    pub notes: Value,
    /// What was asked for, with the defaults filled in.
    pub options: Value,
    /// Figures that this workload alone has.
    pub facts: Map<String, Value>,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// A run with its samples.
#[derive(Debug)]
pub struct Finished {
    /// The figures.
    pub run: Run,
    /// Response times, where they were sampled.
    pub response: Option<Recorder>,
    /// From sent to done, in open load.
    pub service: Option<Recorder>,
    /// From planned to sent, in open load.
    pub lag: Option<Recorder>,
    /// All of them interval by interval.
    pub timeline: Timeline,
    /// When it began.
    pub began: SystemTime,
    /// Whether nothing was lost, duplicated, out of order or otherwise wrong.
    pub sound: bool,
    /// Whether an open load was sent as planned.
    pub on_rate: bool,
    /// Whether a warm-up that waited for a steady load saw one.
    pub steady: bool,
    /// Assertions that do not hold, each with what was found.
    pub failed_assertions: Vec<String>,
    /// Whether it was ended early.
    pub interrupted: bool,
    /// Whether an open load was, before anything was measured.
    pub empty: bool,
}

impl Finished {
    /// Whether the figures hold: there are some, sound, on its rate, and steady.
    pub fn valid(&self) -> bool {
        self.sound && self.on_rate && self.steady && !self.empty
    }
}

/// Why there is no run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// The system gives no threads for the engine: nothing has begun. In words, with what was asked for.
    Refused(String),
    /// The workload could not be set up, or could not go on. In words.
    Broken(String),
}

impl From<String> for Failed {
    fn from(why: String) -> Self {
        Failed::Broken(why)
    }
}

/// Runs the workload in this process. Raising `interrupted` ends the load early.
///
/// # Errors
/// When the system or the workload could not be set up. A run that lost a message is no error but not valid.
pub fn execute(options: &Options, interrupted: &Arc<AtomicBool>) -> Result<Finished, Failed> {
    execute_with(options, interrupted, None)
}

/// As [`execute`], with `fault` planted into the load, to see that it is found: no command does so, tests do.
///
/// # Errors
/// As [`execute`], and where nothing can be planted into the workload.
pub fn execute_with(
    options: &Options,
    interrupted: &Arc<AtomicBool>,
    fault: Option<Planted>,
) -> Result<Finished, Failed> {
    let began = SystemTime::now();
    let clock = Clock::calibrated();
    let mut env = machine::certificate();
    let (load_before, cross_before) = (machine::load(), probe::cross_core_ns());
    let builder = System::builder().pin(options.pin.clone());
    let (workers, generator_on) = seats(options, &probe::processors());
    let builder = workers.into_iter().fold(builder, throng::Builder::workers);
    let system = builder.build().map_err(|error| {
        let asked = options.workers.map_or(String::new(), |workers| format!("--workers got \"{workers}\": "));
        Failed::Refused(format!("{asked}{error}: take fewer workers, or raise the process's limits"))
    })?;
    let plan = Plan { fault, generator_on, ..plan(options, clock, interrupted)? };
    let mut outcome = scenario::run(options.workload, &system, &plan)?;
    let ledger = settle(&system, &mut outcome);
    let activity = system.activity();
    let stall_ns = match &outcome.out_of_credit {
        Some(stalls) => parts::out_of_credit(stalls),
        None => parts::suspended(system.stall_times()),
    };
    let rss_peak_bytes = machine::rss_peak_bytes();
    let (workers, pinned) = (system.workers(), system.pinned());
    let (cross_after, load_after) = (probe::cross_core_ns(), machine::load());
    drop(system);

    env.insert("cross_core_ns".into(), json!({"before": cross_before, "after": cross_after}));
    env.insert(
        "load_per_minute".into(),
        json!({"before": load_before.per_minute, "after": load_after.per_minute}),
    );
    let stolen = load_before.stolen_ns.zip(load_after.stolen_ns).map(|(a, b)| b.saturating_sub(a));
    env.insert("stolen_ns".into(), json!(stolen));
    env.insert("clock".into(), json!({"source": clock.name(), "cost_ns": clock.cost_ns()}));
    env.insert("seed".into(), json!(options.seed));

    let interrupted = interrupted.load(Ordering::Relaxed);
    let sound = outcome.wrong.is_empty();
    let on_rate = outcome.load.as_ref().is_none_or(|load| !load.missed);
    let waited = outcome.load.as_ref().and_then(|load| load.steady);
    // An open load has a warm-up to be ended in, and nothing but its arrivals to tell of.
    let empty = interrupted && outcome.load.is_some() && outcome.messages == 0;
    let steady = waited.or(outcome.warmup.and_then(|(_, steady)| steady)) != Some(false) || interrupted;
    let time = outcome.elapsed_ns.filter(|_| outcome.messages > 0).map(|ns| ns as f64);
    let count = outcome.messages as f64;
    let cpu_ns = outcome.cpu_ns.filter(|_| outcome.elapsed_ns >= Some(CPU_TOLD_FROM_NS));
    let mut notes = json!({});
    if outcome.load.is_none() {
        for name in ["latency_ns.service", "latency_ns.schedule_lag"] {
            notes[name] = "not measured: closed and saturated load have no plan to be late for".into();
        }
    }
    if stall_ns.is_none() {
        notes["stall_ns"] = match outcome.out_of_credit {
            Some(_) => "no producer was out of credit".into(),
            None => "no actor was suspended on a full mailbox".into(),
        };
    }
    if options.workload == Workload::Idle && outcome.bytes_per_actor.is_none() {
        let least = units::bytes(RESOLVED_FROM as f64);
        notes["bytes_per_actor"] =
            format!("too few actors to weigh: the process has grown by less than {least}").into();
    }
    if cpu_ns.is_none() {
        notes["cpu_ns"] = "not told: the load is not timed, or took less than 10 ms, for which the kernel's account is too coarse".into();
    }
    let mut wrong = outcome.wrong.clone();
    wrong.extend(empty.then(|| "interrupted before anything was measured".to_owned()));
    let of = |recorder: &Option<Recorder>| {
        recorder.as_ref().map(Recorder::summary).filter(|s: &Summary| s.count > 0)
    };
    let mut run = Run {
        schema: SCHEMA,
        command: Vec::new(),
        workload: options.workload.name(),
        mode: options.mode().name(),
        counts: outcome.counts,
        messages: outcome.messages,
        offered: outcome.offered,
        elapsed_ns: outcome.elapsed_ns,
        cpu_ns,
        ns_per_msg: time.map(|ns| ns / count),
        msgs_per_s: time.map(|ns| count / ns * 1e9),
        bytes_per_actor: outcome.bytes_per_actor,
        ledger: parts::ledger(&ledger),
        latency_ns: json!({
            "response": of(&outcome.response),
            "service": of(&outcome.service),
            "schedule_lag": of(&outcome.lag),
        }),
        load: outcome.load.clone(),
        drain: outcome.drain,
        response_is: Some(outcome.response_is.clone()).filter(|what| !what.is_empty()),
        stall_ns,
        occupancy_max: Some(activity.fullest),
        producers: outcome.producers,
        sends_per_handler: outcome.sends_per_handler,
        window: outcome.window,
        rss_peak_bytes,
        validity: json!({
            "valid": sound && on_rate && steady && !empty,
            "interrupted": interrupted,
            "rate_missed": !on_rate,
            "never_steady": !steady,
            "failed_assertions": [],
            "expected_handled": outcome.handled,
            "wrong": wrong,
        }),
        engine: parts::engine(&activity, &ledger, workers, pinned),
        notes,
        options: parts::options(options, &plan, &outcome, workers),
        facts: std::mem::take(&mut outcome.facts)
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        env,
    };
    let failed_assertions = match &options.assertions {
        Some(asked) => {
            let json = serde_json::to_value(&run).map_err(|error| error.to_string())?;
            assertion::failed(&asked.0, &json)
        }
        None => Vec::new(),
    };
    run.validity["failed_assertions"] = json!(failed_assertions);
    let Outcome { response, service, lag, timeline, .. } = outcome;
    Ok(Finished {
        run,
        response,
        service,
        lag,
        timeline,
        began,
        sound,
        on_rate,
        steady,
        failed_assertions,
        interrupted,
        empty,
    })
}

/// How many workers there are, where the command line does not say, and which processor is the generator's: an open load has
/// one of its own where there is more than one, as a generator that shares its processor is late.
pub fn seats(options: &Options, processors: &[usize]) -> (Option<usize>, Option<usize>) {
    if options.mode() != Mode::Open {
        return (options.workers, None);
    }
    let workers = options.workers.unwrap_or(processors.len().saturating_sub(1).max(1));
    let free = match &options.pin {
        Pin::None => None,
        Pin::Processors(list) => processors.iter().find(|n| !list.contains(n)),
        // Workers are given the first ones, or are spread over all of them.
        Pin::Compact => processors.get(workers),
        _ => None,
    };
    (Some(workers), free.copied())
}

/// What a scenario is told of a command line.
///
/// # Errors
/// In words, where the engine does not take its mailboxes.
pub fn plan(options: &Options, clock: Clock, interrupted: &Arc<AtomicBool>) -> Result<Plan, String> {
    let builder =
        throng::Options::builder().capacity(options.mailbox).turn(options.batch).overflow(options.overflow);
    let alike = match options.overflow {
        Overflow::Signal => builder.overflow(Overflow::Fail),
        _ => builder,
    };
    let actors = alike.build().map_err(|error| error.to_string())?;
    Ok(Plan {
        workload: options.workload,
        mode: options.mode(),
        rate: options.rate,
        arrival: options.arrival(),
        warmup: options.warms_up(),
        hops: options.hops,
        freeze: options.freeze,
        probe: options.probe,
        generator_on: None,
        messages: options.messages,
        duration: if options.mode() == Mode::Open { Some(options.open_lasts()) } else { options.duration },
        actors: options.actors,
        tokens: options.tokens,
        order: options.order.unwrap_or_default(),
        payload: options.payload.unwrap_or(8),
        options: actors,
        builder,
        overflow: options.overflow,
        producers: options.producers(),
        window: options.window(),
        service: options.service(),
        talk: Talk::of(options),
        alarms: Alarms::of(options),
        upkeep: options.upkeep(),
        troupe: options.troupe(),
        audience: options.audience(),
        seed: options.seed,
        sample_every: match options.sample.unwrap_or_default() {
            Sample::Off => None,
            Sample::All => Some(1),
            Sample::Auto if options.mode() == Mode::Open => Some(1),
            Sample::Auto => Some(SAMPLE_EVERY),
        },
        clock,
        interrupted: Arc::clone(interrupted),
        fault: None,
    })
}

/// Brings the system to rest and holds its ledger against what the actors counted.
fn settle(system: &System, outcome: &mut Outcome) -> Ledger {
    // What broke its own chain of messages leaves the rest to stand about: no use in waiting for that.
    let within = if outcome.wrong.is_empty() { SETTLED_WITHIN } else { SETTLED_WITHIN / 60 };
    let ledger = system.quiesce(within).unwrap_or_else(|busy| {
        outcome.wrong.push(busy.to_string());
        system.ledger()
    });
    verify(&ledger, outcome);
    ledger
}

/// What a ledger at rest must show: nothing lost, nothing handled twice, nothing left, nobody failed.
fn verify(ledger: &Ledger, outcome: &mut Outcome) {
    let mut demand = |holds: bool, what: String| {
        if !holds {
            outcome.wrong.push(what);
        }
    };
    demand(ledger.check().is_ok(), format!("the ledger: {}", ledger.check().err().unwrap_or_default()));
    demand(
        ledger.handled == outcome.handled,
        format!("{} messages handled, {} expected", ledger.handled, outcome.handled),
    );
    demand(
        ledger.dropped.total() == outcome.dropped,
        format!("{} messages dropped, {} expected", ledger.dropped.total(), outcome.dropped),
    );
    demand(ledger.queued == 0, format!("{} messages left in mailboxes", ledger.queued));
    demand(
        ledger.dead.total() == outcome.dead,
        format!("{} messages became dead letters, {} expected", ledger.dead.total(), outcome.dead),
    );
    demand(
        ledger.returned.total() == outcome.returned,
        format!("{} messages were handed back, {} expected", ledger.returned.total(), outcome.returned),
    );
    demand(
        ledger.faults == outcome.faults,
        format!("{} handlers failed, {} expected", ledger.faults, outcome.faults),
    );
}

#[cfg(test)]
mod tests;

//! Drives a load of arrivals through its phases: warm-up, measured time, drain; and holds what came out against what went in.

use super::gauge::{Counted, Gauge, GaugeReading};
use super::generator::{Entry, Generator, Orders};
use super::plan::{LoadFacts, Outcome, Plan, SETTLED_WITHIN};
use super::source::{self, Source, Step};
use super::station::{Closed, Plant, Route};
use super::tally::{Start, Tally};
use crate::arrival::{Arrival, DURATION_MAX, RATE_MAX, Schedule};
use crate::latency::{self, Recorder};
use crate::live::{Reading, Samples};
use crate::options::{Mode, Warmup, Workload};
use crate::progress::{Moment, Progress};
use crate::steadiness::{Steadiness, WINDOW};
use crate::timeline::{Interval, Phase, Timeline};
use serde_json::json;
use std::time::Duration;
use throng::{Options, Overflow, System};

/// Arrivals of a closed or saturated load, where the command line names no other number.
const MESSAGES: u64 = 2_000_000;
/// How long an open load is measured, where the command line does not say.
const DURATION: Duration = Duration::from_secs(10);
/// In flight in a closed load, where the command line does not say.
const TOKENS: u64 = 64;
/// Intervals of the measured time at most: none is shorter than a window of the warm-up, those of a long load are longer.
const INTERVALS: u32 = 1_000;
/// The longest that a warm-up waits for steadiness.
const WARMUP_MAX: Duration = Duration::from_secs(30);
/// How long nothing may move although arrivals are on their way before the load counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(10);
/// From the order to the first arrival.
const LEAD: Duration = Duration::from_millis(1);
/// Windows in what progress tells of.
const SECOND: usize = 10;

/// Runs the load of `workload`: along its route, or nowhere where it has none.
///
/// # Errors
/// In words, when it cannot be set up.
pub fn run(system: &System, plan: &Plan, workload: Workload) -> Result<Outcome, String> {
    let route = Route::of(workload, plan);
    let hops = route.map_or(1, |route| u64::from(route.hops()));
    let limit = plan.messages.unwrap_or(MESSAGES).div_ceil(hops);
    let arrivals = if plan.duration.is_some() { u64::MAX >> 1 } else { limit };
    let closed = (plan.mode == Mode::Closed)
        .then(|| Closed { tokens: plan.tokens.unwrap_or(TOKENS).min(arrivals), arrivals });
    let outside = plan.mode == Mode::Open || route.is_none();
    let tally = Tally::new(system, plan, closed.map_or(1, |closed| closed.tokens as usize));
    let gauge = Gauge::new(system, plan, tally, plan.sample_every.is_some() || outside);
    let plant = route.map(|route| Plant::build(system, plan, route, gauge, closed)).transpose()?;
    let generator = outside.then(|| Generator::new(gauge));
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let drive = Drive {
        system,
        plan,
        tally,
        gauge,
        plant,
        generator,
        reading: GaugeReading::new(gauge),
        lag: Default::default(),
        timeline: Timeline::default(),
        since: Duration::ZERO,
        sent: 0,
        done: 0,
        progress: Progress::new(plan.duration),
    };
    match (generator, plant) {
        (Some(generator), _) => {
            let entry = plant.map_or(Entry::Nowhere, |plant| Entry::Stations(plant, plan.overflow));
            drive.outside(generator, &entry, limit)
        }
        (None, Some(plant)) => drive.inside(plant, closed, arrivals),
        (None, None) => Err("a load without stations has a generator".into()),
    }
}

/// When measuring begins.
enum Begin {
    /// When the windows say so.
    Steady(Box<Steadiness>),
    /// After this time.
    After(Duration),
}

/// What the phases came to.
struct Phases {
    start: Start,
    /// Since the start.
    measured_from: Duration,
    /// Whether the warm-up ended because the load was steady; `None` where nobody looked.
    steady: Option<bool>,
}

/// A load on its way.
struct Drive<'a> {
    system: &'a System,
    plan: &'a Plan,
    tally: &'static Tally,
    gauge: &'static Gauge,
    plant: Option<&'static Plant>,
    generator: Option<&'static Generator>,
    reading: GaugeReading,
    lag: [Reading; 2],
    timeline: Timeline,
    /// The end of the last interval, and what was sent and done until then.
    since: Duration,
    sent: u64,
    done: u64,
    progress: Progress,
}

impl Drive<'_> {
    /// The load comes from a thread outside.
    fn outside(
        mut self,
        generator: &'static Generator,
        entry: &Entry,
        limit: u64,
    ) -> Result<Outcome, String> {
        let plan = self.plan;
        let duration = plan.duration.unwrap_or(DURATION);
        let paced = plan.mode == Mode::Open;
        let begin = match plan.warmup {
            Some(Warmup::For(time)) => Begin::After(time),
            Some(Warmup::Auto) => Begin::Steady(Box::new(steadiness(&plan.arrival))),
            // A rate that is planned to change is never steady.
            None if paced && plan.arrival.takes_rate() => Begin::Steady(Box::new(steadiness(&plan.arrival))),
            None => Begin::After(Duration::ZERO),
        };
        let warmup = match begin {
            Begin::After(time) => time,
            Begin::Steady(_) => WARMUP_MAX + 2 * WINDOW,
        };
        let rate = plan.rate.unwrap_or_default();
        let (schedule, planned) = if paced {
            let whole = (warmup + duration).min(DURATION_MAX);
            let schedule = Schedule::new(&plan.arrival, rate, plan.seed, whole)?;
            (schedule, Schedule::new(&plan.arrival, rate, plan.seed, duration)?.expected())
        } else {
            // Not heeded: each is sent when the one before was.
            (Schedule::new(&Arrival::Constant, RATE_MAX, plan.seed, DURATION_MAX)?, limit)
        };
        let orders = Orders {
            schedule,
            paced,
            limit: if plan.duration.is_some() || paced { u64::MAX } else { limit },
            warmup: match begin {
                Begin::After(time) => Some(time),
                Begin::Steady(_) => None,
            },
            duration: if paced { duration } else { plan.duration.unwrap_or(DURATION_MAX) },
            seed: plan.seed,
            processor: plan.generator_on,
        };
        let start = Start::now();
        let begins = plan.clock.ticks() + plan.clock.ticks_in(LEAD.as_nanos() as u64);
        let (sent, phases) = std::thread::scope(|scope| {
            let tally = self.tally;
            let thread =
                std::thread::Builder::new().name("generator".into()).spawn_scoped(scope, move || {
                    let sent = generator.run(orders, entry, begins);
                    tally.report(sent.warmup + sent.measured);
                    sent
                });
            let thread = thread.map_err(|error| format!("no thread for the generator: {error}"))?;
            let phases = self.watch(begin, start);
            let sent = thread.join().map_err(|_| "the generator panicked".to_owned())?;
            Ok::<_, String>((sent, phases))
        })?;
        let mut outcome = self.drained(&phases);
        let counted = self.gauge.counted();
        verify(&mut outcome, &counted, sent.warmup + sent.measured, Some(sent.sum), drops(plan.overflow));
        let from = plan.clock.ticks_in(sent.measured_from_ns.min(DURATION_MAX.as_nanos() as u64));
        outcome.messages = counted.measured;
        outcome.counts = "arrival";
        outcome.elapsed_ns =
            (counted.measured > 0).then(|| plan.clock.ns_between(begins + from, counted.last));
        let span = sent.last_ns.saturating_sub(sent.measured_from_ns);
        // A plan that was kept lasts as long as it was to, whenever its last arrival was.
        let span = if self.tally.is_interrupted() { span } else { span.max(duration.as_nanos() as u64) };
        outcome.load = paced.then(|| LoadFacts {
            arrival: plan.arrival.to_string(),
            rate_target: plan.arrival.takes_rate().then_some(rate),
            rate_actual: (span > 0).then(|| sent.measured as f64 / span as f64 * 1e9),
            planned,
            sent: sent.measured,
            refused: sent.refused,
            warmup_ns: sent.measured_from_ns.min(sent.last_ns),
            measured_ns: span,
            drain_ns: outcome.elapsed_ns.unwrap_or_default().saturating_sub(span),
            steady: phases.steady,
            missed: sent.missed,
            generator_pinned: sent.pinned,
        });
        if let Some(route) = Route::of(plan.workload, plan) {
            outcome.response_is = format!("from planned to done: {}", route.response_is()).into();
            outcome.actors = route.stations();
        } else {
            outcome.response_is = "from planned to recorded: the generator alone".into();
            outcome.handled = 0;
        }
        if !paced {
            outcome.response_is = "stamping and recording alone: no load".into();
        }
        Ok(outcome)
    }

    /// The load comes from actors.
    fn inside(
        mut self,
        plant: &'static Plant,
        closed: Option<Closed>,
        arrivals: u64,
    ) -> Result<Outcome, String> {
        let plan = self.plan;
        let route = Route::of(plan.workload, plan).ok_or("a load of actors has a route")?;
        let begin = match plan.warmup {
            Some(Warmup::For(time)) => Begin::After(time),
            Some(Warmup::Auto) => Begin::Steady(Box::default()),
            None => Begin::After(Duration::ZERO),
        };
        if matches!(begin, Begin::After(Duration::ZERO)) {
            self.gauge.measure();
        }
        let source = match closed {
            Some(_) => None,
            None => {
                let source = Source::new(plant, self.tally, arrivals, plan.seed);
                let options = Options::default();
                Some(self.system.try_spawn(source, &options).map_err(|refused| refused.to_string())?)
            }
        };
        self.system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
        let (start, begins) = (Start::now(), plan.clock.ticks());
        match (closed, source) {
            (Some(closed), _) => source::kick_off(plant, closed, plan.seed)?,
            (None, Some(source)) => source.try_send(Step).map_err(|refused| refused.to_string())?,
            (None, None) => {}
        }
        let phases = self.watch(begin, start);
        let mut outcome = self.drained(&phases);
        let counted = self.gauge.counted();
        let begun = self.tally.reported();
        // Tokens draw their numbers apart: what they add up to is known of one source alone.
        let sum =
            closed.is_none().then(|| (u128::from(begun) * u128::from(begun.saturating_sub(1)) / 2) as u64);
        verify(&mut outcome, &counted, begun, sum, drops(plan.overflow));
        outcome.handled += self.tally.beside();
        let from = begins + plan.clock.ticks_in(phases.measured_from.as_nanos() as u64);
        outcome.messages = counted.measured * u64::from(route.hops());
        outcome.counts = "message";
        outcome.elapsed_ns = (counted.measured > 0).then(|| plan.clock.ns_between(from, counted.last));
        outcome.actors = route.stations() + u64::from(closed.is_none());
        outcome.response_is = match closed {
            Some(closed) => format!("{} in flight: {}", closed.tokens, route.response_is()),
            None => format!("queueing at saturation: {}", route.response_is()),
        }
        .into();
        outcome.warmup =
            (phases.measured_from > Duration::ZERO).then_some((phases.measured_from, phases.steady));
        Ok(outcome)
    }

    /// Watches the load until nothing more is sent.
    fn watch(&mut self, mut begin: Begin, start: Start) -> Phases {
        let elapsed = || Duration::from_nanos(start.elapsed_ns());
        let length = self.plan.duration.map_or(WINDOW, |duration| (duration / INTERVALS).max(WINDOW));
        let mut phases = Phases { start, measured_from: Duration::ZERO, steady: None };
        let mut measuring = matches!(begin, Begin::After(Duration::ZERO));
        let mut to_freeze = self.plan.freeze.is_some();
        let (mut moved, mut moved_at) = (0, Duration::ZERO);
        loop {
            let length = if measuring { length } else { WINDOW };
            let ended = self.tally.ended_within((self.since + length).saturating_sub(elapsed()));
            let now = elapsed();
            let lasted = now.saturating_sub(self.since);
            let phase = if measuring { Phase::Measure } else { Phase::Warmup };
            let done = self.interval(phase, now);
            self.tell(phase, now, &phases);
            if ended {
                return phases;
            }
            if !measuring && self.begins(&mut begin, done, lasted, now, &mut phases) {
                measuring = true;
                phases.measured_from = now;
            }
            let over = |part: u32| {
                let measured = now.saturating_sub(phases.measured_from);
                measuring && self.plan.duration.is_none_or(|duration| measured >= duration / part)
            };
            if to_freeze && over(2) {
                to_freeze = false;
                if let Some(plant) = self.plant {
                    plant.freeze();
                }
            }
            if self.generator.is_none() && self.plan.duration.is_some() && over(1) {
                self.tally.end();
            }
            if done > 0 || self.sent <= self.done {
                (moved, moved_at) = (self.done, now);
            }
            if now.saturating_sub(moved_at) > STUCK_AFTER {
                self.tally
                    .wrong(|| format!("stuck: nothing was done for {STUCK_AFTER:?} after {moved} arrivals"));
            }
        }
    }

    /// Whether measuring begins now, after a window in which so many were done.
    fn begins(
        &self,
        begin: &mut Begin,
        done: u64,
        lasted: Duration,
        now: Duration,
        phases: &mut Phases,
    ) -> bool {
        let begins = match begin {
            Begin::After(time) => now >= *time,
            Begin::Steady(steadiness) => {
                let steady = steadiness.push_over(done, lasted);
                let capped = now >= WARMUP_MAX;
                if steady || capped {
                    phases.steady = Some(steady);
                }
                steady || capped
            }
        };
        match self.generator {
            // With a time it knows itself when.
            Some(generator) if begins && phases.steady.is_some() => generator.begin(),
            Some(_) => {}
            None if begins => self.gauge.measure(),
            None => {}
        }
        begins
    }

    /// Ends an interval; gives how many were done in it.
    fn interval(&mut self, phase: Phase, now: Duration) -> u64 {
        let measured = phase != Phase::Warmup;
        let (response, service) = self.reading.take(measured);
        // Without a plan both are the same.
        let service = if self.generator.is_some() { service } else { Samples::default() };
        let mut lag = Samples::default();
        if let Some(generator) = self.generator {
            generator.take(&mut self.lag, measured, &mut lag);
        }
        let done = self.gauge.counted().done();
        let sent = self.generator.map(Generator::sent);
        let ns = |time: Duration| time.as_nanos() as u64;
        let (since, new) = (self.since, done - self.done);
        self.timeline.push(Interval {
            start_ns: ns(since),
            end_ns: ns(now),
            phase,
            sent: sent.map(|sent| sent - self.sent),
            handled: Some(new),
            response,
            service,
            lag,
        });
        (self.since, self.done) = (now, done);
        // What nobody counts may be on its way at any time.
        self.sent = sent.unwrap_or(u64::MAX);
        new
    }

    fn tell(&mut self, phase: Phase, now: Duration, phases: &Phases) {
        if !self.progress.is_due() {
            return;
        }
        let mut response = Recorder::new();
        let last = self.timeline.intervals().iter().rev().take(SECOND);
        let (mut moved, mut since) = (0, now);
        for interval in last {
            interval.response.add_to(&mut response);
            moved += interval.sent.or(interval.handled).unwrap_or_default();
            since = Duration::from_nanos(interval.start_ns);
        }
        let seconds = now.saturating_sub(since).as_secs_f64().max(1e-9);
        let moment = Moment {
            elapsed: now,
            phase: if phase == Phase::Warmup { "warm-up" } else { "measuring" },
            target: self.plan.rate.map(|rate| rate as f64),
            rate: moved as f64 / seconds,
            p50: latency::quantile(response.histogram(), 0.5),
            p99: latency::quantile(response.histogram(), 0.99),
            refused: self.gauge.counted().refused + self.generator.map_or(0, Generator::refused),
            steady: phases.steady,
        };
        let measured = if phase == Phase::Warmup { Duration::ZERO } else { now - phases.measured_from };
        self.progress.tell(&moment, measured);
    }

    /// Nothing more is sent: what is on its way is handled.
    fn drained(&mut self, phases: &Phases) -> Outcome {
        let capacity = u64::from(self.plan.options.capacity()) * self.plant.map_or(0, Plant::stations);
        let rest = self.plan.service.saturating_mul(u32::try_from(capacity).unwrap_or(u32::MAX));
        let settled = self.system.quiesce(SETTLED_WITHIN + rest);
        // What goes wrong with the last of them is wrong too.
        let mut outcome = self.tally.outcome(&phases.start);
        if let Err(busy) = settled {
            outcome.wrong.push(busy.to_string());
        }
        self.interval(Phase::Drain, Duration::from_nanos(phases.start.elapsed_ns()));
        if let Some(plant) = self.plant.filter(|_| self.plan.freeze.is_some()) {
            outcome.facts.push(("frozen_ns", json!(plant.frozen_ns())));
        }
        if let Some([queued, handled]) = self.gauge.hops() {
            let hop = json!({"queued": queued.summary(), "handled": handled.summary()});
            outcome.facts.push(("hop_ns", hop));
        }
        outcome.timeline = std::mem::take(&mut self.timeline);
        outcome.response = outcome.timeline.total(|interval| &interval.response);
        outcome.service = outcome.timeline.total(|interval| &interval.service);
        outcome.lag = outcome.timeline.total(|interval| &interval.lag);
        outcome
    }
}

/// For arrivals that may come several at once.
fn steadiness(arrival: &Arrival) -> Steadiness {
    match arrival {
        Arrival::Burst(size) => Steadiness::of_clumps(*size),
        _ => Steadiness::new(),
    }
}

fn drops(overflow: Overflow) -> bool {
    matches!(overflow, Overflow::DropNewest | Overflow::DropOldest | Overflow::DropOldestExact)
}

/// Every arrival that went in came out, once: `begun` of them, whose numbers add up to `sum` where that is known.
fn verify(outcome: &mut Outcome, counted: &Counted, begun: u64, sum: Option<u64>, drops: bool) {
    let ended = counted.done() + counted.refused;
    outcome.handled = counted.handled;
    if drops && ended <= begun {
        outcome.dropped = begun - ended;
    } else if ended != begun {
        outcome.wrong.push(format!("{begun} arrivals were sent, {ended} ended"));
    }
    if let Some(sum) = sum.filter(|sum| *sum != counted.sum && outcome.dropped == 0) {
        outcome
            .wrong
            .push(format!("the numbers of what was sent add up to {sum}, of what ended to {}", counted.sum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_must_come_out_once() {
        let counted = Counted { measured: 3, warmup: 2, refused: 1, sum: 15, handled: 10, last: 9 };
        let wrong = |counted: &Counted, begun, sum, drops| {
            let mut outcome = Outcome::default();
            verify(&mut outcome, counted, begun, sum, drops);
            (outcome.wrong.len(), outcome.dropped)
        };
        assert_eq!(wrong(&counted, 6, Some(15), false), (0, 0));
        assert_eq!(wrong(&counted, 6, None, false), (0, 0));
        assert_eq!(wrong(&counted, 7, Some(15), false), (1, 0), "lost");
        assert_eq!(wrong(&counted, 5, Some(15), false), (1, 0), "twice");
        assert_eq!(wrong(&counted, 6, Some(16), false), (1, 0), "one lost and another twice");
        assert_eq!(wrong(&counted, 8, Some(99), true), (0, 2), "dropped");
        assert_eq!(wrong(&counted, 5, None, true), (1, 0), "twice although some may be dropped");
    }
}

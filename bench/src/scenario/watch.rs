//! Watches a load through its phases, warm-up, measured time and drain, and cuts it into intervals.

use super::gauge::{Gauge, GaugeReading};
use super::generator::{Entry, Generator};
use super::plan::{Outcome, Plan, SETTLED_WITHIN, has_grown};
use super::station::Route;
use super::tally::{Start, Tally};
use crate::latency::{self, Recorder};
use crate::live::{Reading, Samples};
use crate::machine;
use crate::options::Mode;
use crate::progress::{Moment, Progress};
use crate::steadiness::{Steadiness, WINDOW};
use crate::timeline::{Interval, Phase, Timeline};
use serde_json::json;
use std::time::{Duration, Instant};
use throng::System;

/// Intervals of a load, more or less: none is shorter than a window of the warm-up, those of a long load are longer.
const INTERVALS: u32 = 1_000;
/// Windows in what progress tells of.
const SECOND: usize = 10;
/// The longest that a warm-up waits for steadiness.
const WARMUP_MAX: Duration = Duration::from_secs(30);
/// How long no message may be handled before a load from within counts as stuck.
const STUCK_AFTER: Duration = Duration::from_secs(10);
/// How long one look at a load that drains takes; what is interrupted has nothing left to work at, and drains at once.
const DRAIN_LOOK: Duration = Duration::from_millis(500);

/// When measuring begins.
pub enum Begin {
    /// When the windows say so.
    Steady(Box<Steadiness>),
    /// After this time.
    After(Duration),
}

/// What the phases came to.
pub struct Phases {
    start: Start,
    /// When measuring began, since the start; `None` where it never did.
    pub measured_from: Option<Duration>,
    /// How things stood by then, and when the measured time was over.
    pub from: State,
    /// `None` as long as it is not.
    pub until: Option<State>,
    /// Whether the warm-up ended because the load was steady; `None` where nobody looked.
    pub steady: Option<bool>,
}

/// How a load stands.
#[derive(Debug, Clone, Copy, Default)]
pub struct State {
    /// Since the start.
    pub at: Duration,
    /// Messages handled.
    pub handled: u64,
    /// Arrivals that were sent and have not ended; 0 where nobody counts the sent ones.
    pub in_flight: u64,
    /// What the process had used, in nanoseconds.
    cpu_ns: u64,
}

impl State {
    /// What the process has used since, in nanoseconds.
    pub fn cpu_ns(&self, since: &Self) -> u64 {
        self.cpu_ns.saturating_sub(since.cpu_ns)
    }
}

/// A load on its way.
pub struct Watch<'a> {
    system: &'a System,
    plan: &'a Plan,
    tally: &'static Tally,
    gauge: &'static Gauge,
    entry: Entry,
    generator: Option<&'static Generator>,
    reading: GaugeReading,
    lag: [Reading; 2],
    timeline: Timeline,
    /// The end of the last interval, and what was sent and done of each phase until then.
    since: Duration,
    sent: [u64; 2],
    done: [u64; 2],
    /// Messages handled until the end of each interval.
    handled: Vec<u64>,
    progress: Progress,
}

impl<'a> Watch<'a> {
    /// Of a load that has not begun; `generator` where it comes from outside.
    pub fn new(
        system: &'a System,
        plan: &'a Plan,
        tally: &'static Tally,
        gauge: &'static Gauge,
        entry: Entry,
        generator: Option<&'static Generator>,
    ) -> Self {
        Self {
            system,
            plan,
            tally,
            gauge,
            entry,
            generator,
            reading: GaugeReading::new(gauge),
            lag: Default::default(),
            timeline: Timeline::default(),
            since: Duration::ZERO,
            sent: [0; 2],
            done: [0; 2],
            handled: Vec::new(),
            progress: Progress::new(plan.duration),
        }
    }

    /// Blocks until nothing more is sent; ends a load from within when its time is over.
    pub fn until_ended(&mut self, mut begin: Begin, start: Start) -> Phases {
        let elapsed = || Duration::from_nanos(start.elapsed_ns());
        let at_once = matches!(begin, Begin::After(Duration::ZERO));
        let measured_from = at_once.then_some(Duration::ZERO);
        let from = self.state(Duration::ZERO);
        let mut phases = Phases { start, measured_from, from, until: None, steady: None };
        let mut to_freeze = self.plan.freeze.is_some();
        let (mut moved, mut moved_at) = (0, Duration::ZERO);
        loop {
            let wake = self.wakes_at(&begin, &phases, to_freeze);
            let ended = self.tally.ended_within(wake.saturating_sub(elapsed()));
            let now = elapsed();
            let lasted = now.saturating_sub(self.since);
            let phase = match (phases.measured_from, phases.until) {
                (None, _) => Phase::Warmup,
                (Some(_), None) => Phase::Measure,
                (Some(_), Some(_)) => Phase::Drain,
            };
            let done = self.interval(phase, now);
            self.tell(now, &phases);
            if ended {
                phases.until = phases.until.or_else(|| Some(self.state(now)));
                return phases;
            }
            if phases.measured_from.is_none() && self.begins(&mut begin, done, lasted, now, &mut phases) {
                phases.measured_from = Some(now);
                phases.from = self.state(now);
            }
            if to_freeze && self.half(&phases).is_some_and(|half| now >= half) {
                to_freeze = false;
                self.entry.freeze();
            }
            if self.generator.is_some() {
                // It has an end of its own.
                continue;
            }
            if self.end(&phases).is_some_and(|end| now >= end) {
                self.tally.end();
                phases.until = phases.until.or_else(|| Some(self.state(now)));
            }
            let counted = self.gauge.counted();
            let handled = counted.handled + counted.left_messages;
            if handled != moved {
                (moved, moved_at) = (handled, now);
            }
            if now.saturating_sub(moved_at) > STUCK_AFTER {
                self.tally.wrong(|| {
                    format!("stuck: nothing was handled for {STUCK_AFTER:?} after {moved} messages")
                });
            }
        }
    }

    fn state(&self, at: Duration) -> State {
        // What has ended is read first: it was sent before.
        let counted = self.gauge.counted();
        // What was left when the user ended the load counts as waiting.
        let ended = counted.done() + counted.refused;
        let sent = self.generator.map_or(0, |generator| generator.accepted(false) + generator.accepted(true));
        State {
            at,
            handled: counted.handled,
            in_flight: sent.saturating_sub(ended),
            cpu_ns: machine::cpu_ns(),
        }
    }

    /// When the measured time is over, where that is known.
    fn end(&self, phases: &Phases) -> Option<Duration> {
        Some(phases.measured_from? + self.plan.duration?)
    }

    fn half(&self, phases: &Phases) -> Option<Duration> {
        Some(phases.measured_from? + self.plan.duration? / 2)
    }

    /// The end of the interval, or what comes before it.
    fn wakes_at(&self, begin: &Begin, phases: &Phases, to_freeze: bool) -> Duration {
        let length = match (begin, phases.measured_from) {
            (Begin::Steady(_), None) => WINDOW,
            _ => WINDOW.max(self.plan.duration.unwrap_or(self.since) / INTERVALS),
        };
        let warm = match begin {
            Begin::After(time) if phases.measured_from.is_none() => Some(*time),
            _ => None,
        };
        let half = self.half(phases).filter(|_| to_freeze);
        let end = self.end(phases).filter(|end| self.generator.is_none() && self.since < *end);
        [warm, half, end].into_iter().flatten().fold(self.since + length, Duration::min)
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
                let steady = steadiness.push(done, lasted);
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

    /// Ends an interval; gives how many of its phase were done in it.
    fn interval(&mut self, phase: Phase, now: Duration) -> u64 {
        let measured = phase != Phase::Warmup;
        let (response, service) = self.reading.take(measured);
        // Without a plan both are the same, and nothing is late for it.
        let planned = self.plan.mode == Mode::Open;
        let service = if planned { service } else { Samples::default() };
        let mut lag = Samples::default();
        if let Some(generator) = self.generator.filter(|_| planned) {
            generator.take(&mut self.lag, measured, &mut lag);
        }
        let counted = self.gauge.counted();
        let done = if measured { counted.measured } else { counted.warmup };
        let sent = self.generator.map(|generator| generator.accepted(measured));
        let ns = |time: Duration| time.as_nanos() as u64;
        let nth = usize::from(measured);
        let new = done - self.done[nth];
        self.timeline.push(Interval {
            start_ns: ns(self.since),
            end_ns: ns(now),
            phase,
            sent: sent.map(|sent| sent - self.sent[nth]),
            handled: Some(new),
            response,
            service,
            lag,
        });
        self.handled.push(counted.handled);
        (self.since, self.done[nth]) = (now, done);
        self.sent[nth] = sent.unwrap_or_default();
        new
    }

    fn tell(&mut self, now: Duration, phases: &Phases) {
        if !self.progress.is_due() {
            return;
        }
        let mut response = Recorder::new();
        let last = self.timeline.intervals().iter().rev().take(SECOND);
        let (mut sent, mut since) = (None, now);
        for interval in last {
            interval.response.add_to(&mut response);
            sent = interval.sent.map(|more| sent.unwrap_or_default() + more);
            since = Duration::from_nanos(interval.start_ns);
        }
        // Of a load from within the result counts messages.
        let moved = sent.unwrap_or_else(|| {
            let mut handled = self.handled.iter().rev();
            let until = handled.next().copied().unwrap_or_default();
            until - handled.nth(SECOND - 1).copied().unwrap_or_default()
        });
        let seconds = now.saturating_sub(since).as_secs_f64().max(1e-9);
        let moment = Moment {
            elapsed: now,
            phase: if phases.measured_from.is_none() { "warm-up" } else { "measuring" },
            target: self.plan.rate.map(|rate| rate as f64),
            rate: moved as f64 / seconds,
            p50: latency::quantile(response.histogram(), 0.5),
            p99: latency::quantile(response.histogram(), 0.99),
            refused: self.system.activity().refused,
            arrivals_refused: Some(
                self.gauge.counted().refused + self.generator.map_or(0, Generator::refused),
            ),
            lost: self.tally.wrong_count(),
            steady: phases.steady,
            overloaded: self.is_overloaded(now, phases),
        };
        self.progress.tell(&moment, now.saturating_sub(phases.measured_from.unwrap_or(now)));
    }

    /// Whether more has come than was handled so far in the measured time, or less than was to come.
    fn is_overloaded(&self, now: Duration, phases: &Phases) -> bool {
        let (Some(from), Some(generator)) = (phases.measured_from, self.generator) else { return false };
        let lasted = now.saturating_sub(from);
        let waits = self.state(now).in_flight.saturating_sub(phases.from.in_flight);
        let sent = generator.accepted(true) + generator.refused();
        let planned = self.plan.rate.map_or(0.0, |rate| rate as f64 * lasted.as_secs_f64()) as u64;
        has_grown(waits, sent, lasted) || has_grown(planned.saturating_sub(sent), planned, lasted)
    }

    /// Nothing more is sent: what is on its way is handled, and all of it is counted.
    pub fn drained(mut self, phases: &Phases) -> Outcome {
        let settled = self.settle();
        let cpu_ns = machine::cpu_ns();
        // What goes wrong with the last of them is wrong too.
        let mut outcome = self.tally.outcome(&phases.start);
        outcome.cpu_ns = phases.measured_from.map(|_| cpu_ns.saturating_sub(phases.from.cpu_ns));
        outcome.wrong.extend(settled.err());
        // Warm or measured: what was done since the last interval.
        let last = if phases.measured_from.is_some() { Phase::Drain } else { Phase::Warmup };
        self.interval(last, Duration::from_nanos(phases.start.elapsed_ns()));
        if let Some(frozen) = self.entry.frozen_ns().filter(|_| self.plan.freeze.is_some()) {
            if frozen == 0 && !self.tally.is_interrupted() {
                outcome.wrong.push(
                    "no handler stood still, as --freeze wants: there was none in the second half".into(),
                );
            }
            outcome.facts.push(("frozen_ns", json!(frozen)));
        }
        if let Some([queued, handled]) = self.gauge.hops() {
            let hop = json!({"queued": queued.summary(), "handled": handled.summary()});
            outcome.facts.push(("hop_ns", hop));
        }
        outcome.timeline = self.timeline;
        outcome.response = outcome.timeline.total(|interval| &interval.response);
        outcome.service = outcome.timeline.total(|interval| &interval.service);
        outcome.lag = outcome.timeline.total(|interval| &interval.lag);
        outcome
    }

    /// Waits as long as full mailboxes of messages with their whole way before them may take.
    fn settle(&self) -> Result<(), String> {
        let hops = Route::of(self.plan.workload, self.plan).map_or(2, |route| u64::from(route.hops()));
        let most = u64::from(self.plan.options.capacity()) * self.entry.actors() * hops;
        let rest = self.plan.service.saturating_mul(u32::try_from(most).unwrap_or(u32::MAX));
        let deadline = Instant::now() + SETTLED_WITHIN + rest;
        loop {
            match self.system.quiesce(DRAIN_LOOK) {
                Ok(_) => return Ok(()),
                Err(busy) if Instant::now() >= deadline => return Err(busy.to_string()),
                Err(_) => {}
            }
        }
    }
}

//! Drives a load of arrivals, and holds what came out against what went in.

use super::desk::Desk;
use super::gauge::{Counted, Gauge};
use super::generator::{Entry, Generator, Orders, Sent};
use super::plan::{Drain, LoadFacts, Outcome, Plan, SETTLED_WITHIN, has_grown};
use super::source::{self, Source, Step};
use super::station::{Closed, Plant, Route};
use super::tally::{Start, Tally};
use super::watch::{Begin, Phases, Watch};
use crate::arrival::{Arrival, DURATION_MAX, RATE_MAX, Schedule};
use crate::options::{Mode, Warmup, Workload};
use crate::steadiness::Steadiness;
use serde_json::json;
use std::time::Duration;
use throng::{Options, Overflow, System};

/// Arrivals of a closed or saturated load, where the command line names no other number.
const MESSAGES: u64 = 2_000_000;
/// How long an open load is measured, where the command line does not say.
const DURATION: Duration = Duration::from_secs(10);
/// In flight in a closed load, where the command line does not say.
pub const TOKENS: u64 = 64;
/// From the order to the first arrival.
const LEAD: Duration = Duration::from_millis(1);

/// Runs the load of `workload`: along its route, to a desk, or nowhere.
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
    let entry = match (route, workload) {
        (Some(route), _) => Entry::Stations(Plant::build(system, plan, route, gauge, closed)?),
        (None, Workload::Ask) => {
            let (desk, asker) = Desk::build(system, plan, gauge)?;
            Entry::Desk(desk, asker)
        }
        (None, _) => Entry::Nowhere,
    };
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let drive = Drive { system, plan, tally, gauge, entry };
    match entry {
        Entry::Stations(plant) if !outside => drive.inside(plant, closed, arrivals),
        _ => drive.outside(Generator::new(gauge), limit),
    }
}

/// What a load consists of.
struct Drive<'a> {
    system: &'a System,
    plan: &'a Plan,
    tally: &'static Tally,
    gauge: &'static Gauge,
    entry: Entry,
}

impl Drive<'_> {
    fn watch(&self, generator: Option<&'static Generator>) -> Watch<'_> {
        Watch::new(self.system, self.plan, self.tally, self.gauge, self.entry, generator)
    }

    /// When measuring begins: an open load waits until it is steady, unless its rate is planned to change.
    fn begin(&self, paced: bool) -> Begin {
        let steady = || Begin::Steady(Box::new(steadiness(&self.plan.arrival)));
        match self.plan.warmup {
            Some(Warmup::For(time)) => Begin::After(time),
            Some(Warmup::Auto) => steady(),
            None if paced && self.plan.arrival.takes_rate() => steady(),
            None => Begin::After(Duration::ZERO),
        }
    }

    /// The load comes from a thread outside.
    fn outside(self, generator: &'static Generator, limit: u64) -> Result<Outcome, String> {
        let plan = self.plan;
        let paced = plan.mode == Mode::Open;
        let begin = self.begin(paced);
        let (rate, duration) = (plan.rate.unwrap_or_default(), plan.duration.unwrap_or(DURATION));
        let warmup = match begin {
            Begin::After(time) => Some(time),
            Begin::Steady(_) => None,
        };
        let schedule = if paced {
            // A warm-up that waits ends the plan itself.
            let whole = warmup.map_or(DURATION_MAX, |warmup| (warmup + duration).min(DURATION_MAX));
            Schedule::new(&plan.arrival, rate, plan.seed, whole)?
        } else {
            // Not heeded: each is sent when the one before was.
            Schedule::new(&Arrival::Constant, RATE_MAX, plan.seed, DURATION_MAX)?
        };
        let mut orders = Orders {
            schedule,
            overflow: plan.overflow,
            paced,
            limit: if plan.duration.is_some() || paced { u64::MAX } else { limit },
            warmup,
            duration: if paced { duration } else { plan.duration.unwrap_or(DURATION_MAX) },
            seed: plan.seed,
            processor: plan.generator_on,
        };
        let start = Start::now();
        let begins = plan.clock.ticks() + plan.clock.ticks_in(LEAD.as_nanos() as u64);
        let mut watch = self.watch(Some(generator));
        let (sent, schedule, phases) = std::thread::scope(|scope| {
            let (tally, entry) = (self.tally, self.entry);
            let thread =
                std::thread::Builder::new().name("generator".into()).spawn_scoped(scope, move || {
                    let mut word = LastWord { tally, sent: None };
                    let sent = generator.run(&mut orders, entry, begins);
                    word.sent = Some(sent.accepted[0] + sent.accepted[1]);
                    (sent, orders.schedule)
                });
            let thread = thread.map_err(|error| format!("no thread for the generator: {error}"))?;
            let phases = watch.until_ended(begin, start);
            let (sent, schedule) = thread.join().map_err(|_| "the generator panicked".to_owned())?;
            Ok::<_, String>((sent, schedule, phases))
        })?;
        let mut outcome = watch.drained(&phases);
        let counted = self.gauge.counted();
        let accepted = sent.accepted[0] + sent.accepted[1];
        verify(&mut outcome, &counted, accepted, Some(sent.sum), drops(plan.overflow));
        outcome.messages = counted.measured;
        outcome.counts = "arrival";
        let kept = !sent.missed && !self.tally.is_interrupted() && paced;
        let span = self.span(&sent, duration, kept);
        outcome.elapsed_ns = sent.began.filter(|_| counted.measured > 0).map(|began| {
            let until_done = plan.clock.ns_between(began, self.last(&counted));
            // A plan that was kept lasts as long as it was to, whenever its last arrival was.
            if kept { until_done.max(span) } else { until_done }
        });
        outcome.load = paced.then(|| {
            let offered = sent.accepted[1] + sent.refused[1];
            let not_sent = not_sent(&sent, schedule);
            let missed = sent.missed || (offered == 0 && !self.tally.is_interrupted());
            let at_end = phases.until.map_or(0, |until| until.in_flight);
            let backlog_grew = at_end.saturating_sub(phases.from.in_flight);
            let measured = Duration::from_nanos(span);
            let refused = sent.refused[0] + sent.refused[1] + counted.refused;
            LoadFacts {
                arrival: plan.arrival.to_string(),
                rate_target: plan.arrival.takes_rate().then_some(rate),
                rate_actual: (span > 0).then(|| offered as f64 / span as f64 * 1e9),
                planned: offered + not_sent,
                not_sent,
                sent: sent.accepted[1],
                refused,
                // At rest: each send was counted.
                tried_again: self.system.activity().refused.saturating_sub(refused),
                behind_ns: sent.behind_ns,
                warmup_ns: plan.clock.ns_between(begins, sent.began.unwrap_or(sent.ended)),
                measured_ns: span,
                drain_ns: outcome.elapsed_ns.unwrap_or_default().saturating_sub(span),
                steady: phases.steady,
                overloaded: sent.missed || has_grown(backlog_grew, offered, measured),
                backlog_grew,
                offered: offered + sent.accepted[0] + sent.refused[0],
                missed,
                generator_pinned: sent.pinned,
            }
        });
        outcome.actors = self.entry.actors();
        outcome.response_is = match paced {
            true => self.entry.response_is().into(),
            false => "stamping and recording alone: no load".into(),
        };
        Ok(outcome)
    }

    /// How long was measured, in nanoseconds: what was planned, if that was kept, and until the generator ended, if not.
    fn span(&self, sent: &Sent, duration: Duration, kept: bool) -> u64 {
        match sent.began {
            None => 0,
            Some(_) if kept => duration.as_nanos() as u64,
            Some(began) => self.plan.clock.ns_between(began, sent.ended),
        }
    }

    /// The load comes from actors.
    fn inside(self, plant: &'static Plant, closed: Option<Closed>, arrivals: u64) -> Result<Outcome, String> {
        let plan = self.plan;
        let route = plant.route();
        let begin = self.begin(false);
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
        let mut watch = self.watch(None);
        let (start, begins) = (Start::now(), plan.clock.ticks());
        match (closed, source) {
            (Some(closed), _) => source::kick_off(plant, closed, plan.seed)?,
            (None, Some(source)) => source.try_send(Step).map_err(|refused| refused.to_string())?,
            (None, None) => {}
        }
        let phases = watch.until_ended(begin, start);
        let mut outcome = watch.drained(&phases);
        let counted = self.gauge.counted();
        let begun = self.tally.reported();
        // Of one source all numbers from 0 on.
        let numbers = (u128::from(begun) * u128::from(begun.saturating_sub(1)) / 2) as u64;
        let sum = if closed.is_some() { counted.expected } else { numbers };
        verify(&mut outcome, &counted, begun, Some(sum), drops(plan.overflow));
        outcome.handled += self.tally.beside();
        outcome.counts = "message";
        // What finds no place on its way ends its arrival, at whichever hop that was.
        outcome.offered = Some((begun, "arrival"));
        match (plan.duration, phases.measured_from.zip(phases.until)) {
            // What was handled when the time was over tells how fast it was; what waited then does not.
            (Some(_), Some((from, until))) => {
                let handled = until.handled.saturating_sub(phases.from.handled);
                let last = Duration::from_nanos(plan.clock.ns_between(begins, self.last(&counted)));
                // Ended by the user, the time was over before anybody looked.
                let at = match self.tally.interrupted_at() {
                    Some(_) => until.at.min(last),
                    None => until.at,
                };
                let lasted = at.saturating_sub(from);
                let drain = last.saturating_sub(at).as_nanos() as u64;
                outcome.messages = handled;
                outcome.elapsed_ns = Some(lasted.as_nanos() as u64).filter(|ns| *ns > 0 && handled > 0);
                outcome.cpu_ns = Some(until.cpu_ns(&phases.from));
                let messages = counted.handled.saturating_sub(until.handled);
                outcome.drain = Some(Drain { messages, lasted_ns: drain });
            }
            _ => {
                outcome.messages = counted.measured * u64::from(route.hops());
                outcome.elapsed_ns = self.elapsed(&phases, begins, &counted);
            }
        }
        outcome.actors = route.stations() + u64::from(closed.is_none());
        outcome.response_is = match closed {
            Some(closed) => format!("{} in flight: {}", closed.tokens, route.response_is()),
            None => format!("queueing at saturation: {}", route.response_is()),
        }
        .into();
        outcome.warmup =
            phases.measured_from.filter(|from| !from.is_zero()).map(|from| (from, phases.steady));
        Ok(outcome)
    }

    /// When the last one was done, or the user ended the load while some were on their way, in ticks.
    fn last(&self, counted: &Counted) -> u64 {
        self.tally.interrupted_at().unwrap_or(counted.last)
    }

    /// From the beginning of the measured time until its last arrival was done; `None` where there was none.
    fn elapsed(&self, phases: &Phases, begins: u64, counted: &Counted) -> Option<u64> {
        let clock = &self.plan.clock;
        let from = begins + clock.ticks_in(phases.measured_from?.as_nanos() as u64);
        Some(clock.ns_between(from, self.last(counted))).filter(|ns| *ns > 0 && counted.measured > 0)
    }
}

/// Reports that the generator has ended, also where it panicked: nobody would wait for it in vain.
struct LastWord {
    tally: &'static Tally,
    sent: Option<u64>,
}

impl Drop for LastWord {
    fn drop(&mut self) {
        match self.sent {
            Some(sent) => self.tally.report(sent),
            None => self.tally.wrong(|| "the generator panicked".into()),
        }
    }
}

/// Measured arrivals of the plan that were due and not sent; `rest` is what the plan has behind the first of them.
fn not_sent(sent: &Sent, rest: Schedule) -> u64 {
    match (sent.began, sent.unsent) {
        (Some(_), Some(first)) if first < sent.until => 1 + rest.left_before(sent.until),
        _ => 0,
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

/// Every arrival that went in came out, once: `begun` of them, whose numbers add up to `sum` where that is known. Of what was
/// dropped the numbers are not: there one that was lost and another that came twice look alike, but for the ledger.
fn verify(outcome: &mut Outcome, counted: &Counted, begun: u64, sum: Option<u64>, drops: bool) {
    let ended = counted.ended();
    outcome.handled = counted.handled + counted.left_messages;
    if counted.left > 0 {
        outcome.facts.push(("left_when_interrupted", json!(counted.left)));
    }
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
        let counted = Counted {
            measured: 3,
            warmup: 1,
            left: 1,
            refused: 1,
            sum: 15,
            handled: 10,
            ..Counted::default()
        };
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

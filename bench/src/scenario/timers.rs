//! Actors that each wait for a timer: set for the same time by `after`, and set again when it has fired, or was cancelled as
//! a time-out is whose answer came. What is measured is how late it is: from when a timer was due until its message is handled.
//!
//! Verified: no timer's message comes early, twice, or after the timer was cancelled; and as many as were set have fired or
//! were cancelled, or were still set when the load was interrupted. Early is judged by the clock that the engine goes by,
//! and in each actor, so that no two faults can make up for each other.
//!
//! Of some actors it is a timer that repeats, by `every`, and is cancelled when it has fired as often as it was to: see `repeating`.
//!
//! As many timers run at once as there are actors: a closed load. It is late by itself where more fire than can be handled.

mod repeating;

use super::nursery::Stripes;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use crate::seeded::Seeded;
use repeating::Repeater;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, System, Timer};

const ACTORS: u64 = 1_000;
/// Timers in all, where neither a number nor a time is given; one for each actor at least.
const TIMERS: u64 = 100_000;

/// What all actors know.
#[derive(Debug)]
struct Clockwork {
    /// Nanoseconds are counted from here, on the engine's clock.
    since: Instant,
    period: Duration,
    /// Of a hundred.
    cancel: u32,
    /// Of a hundred actors.
    repeat: u32,
    seed: u64,
    /// One firing in so many is recorded.
    every: Option<u64>,
    /// Timers of each actor, and how many of the actors have one more.
    rounds: u64,
    more: u64,
    /// Timers that were set, that fired and that were cancelled, each with its actor's number.
    set: &'static Stripes,
    fired: &'static Stripes,
    cancelled: &'static Stripes,
    /// Those that were still set when the load was interrupted.
    unfired: &'static Stripes,
    /// Firings of timers that repeat.
    ticks: &'static Stripes,
    /// Those of them that were on their way when the timer was cancelled.
    strays: &'static Stripes,
    /// Words to cancel: messages beside the firings.
    words: &'static Stripes,
    /// Actors that are not at their end.
    left: AtomicU64,
    /// To be planted into the first timer.
    fault: Option<Planted>,
    tally: &'static Tally,
}

impl Clockwork {
    fn now(&self) -> u64 {
        self.since.elapsed().as_nanos() as u64
    }

    /// Whether this timer is to be cancelled.
    fn cancels(&self, id: u32, round: u64) -> bool {
        let mut drawn = Seeded::new(self.seed ^ u64::from(id) << 32 ^ round);
        self.cancel > 0 && drawn.below(100) < u64::from(self.cancel)
    }

    /// Whether this actor has a timer that repeats.
    fn repeats(&self, id: u32) -> bool {
        let mut drawn = Seeded::new(self.seed ^ u64::from(id) << 32 ^ u64::MAX);
        self.repeat > 0 && drawn.below(100) < u64::from(self.repeat)
    }

    /// How often the timers of this actor are to fire.
    fn rounds(&self, id: u32) -> u64 {
        self.rounds + u64::from(u64::from(id) < self.more)
    }

    /// Whether this firing of the actor is recorded.
    fn records(&self, id: u32, round: u64) -> bool {
        self.every.is_some_and(|every| (u64::from(id) + round).is_multiple_of(every))
    }

    /// An actor has no more timers to set; the last of them ends the run.
    #[cold]
    fn end(&self) {
        // Release publishes what this actor counted, Acquire shows the last one what all others did.
        if self.left.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let count = |stripes: &Stripes| Count { timers: stripes.total(), actors: stripes.sum() };
        let ended = [self.fired, self.cancelled, self.unfired].map(count);
        if let Some(what) = wrong(count(self.set), ended) {
            self.tally.wrong(|| what);
        }
        self.tally.add_beside(self.words.total());
        self.tally.report(self.fired.total() + self.ticks.total());
    }
}

/// How many timers, and the numbers of their actors added up.
#[derive(Debug, Clone, Copy)]
struct Count {
    timers: u64,
    actors: u64,
}

/// What does not agree: each timer that was set fires, is cancelled, or is still set when the load is interrupted.
fn wrong(set: Count, ended: [Count; 3]) -> Option<String> {
    let [fired, cancelled, unfired] = ended.map(|count| count.timers);
    if set.timers != fired + cancelled + unfired {
        return Some(format!(
            "{} timers were set, {fired} fired, {cancelled} were cancelled and {unfired} still set in the end",
            set.timers
        ));
    }
    let actors: u64 = ended.iter().map(|count| count.actors).sum();
    (set.actors != actors).then(|| {
        format!(
            "the actors of all timers that were set add up to {}, of those that ended to {actors}",
            set.actors
        )
    })
}

/// What an actor is told.
#[derive(Debug, Clone, Copy)]
enum Told {
    Begin,
    /// The timer of this round is due, at this time.
    Due {
        round: u64,
        at: u64,
    },
    /// The timer that repeats has fired.
    Tick,
    /// The timer of this round is not needed.
    Cancel {
        round: u64,
    },
    /// The load is over, whatever is set.
    End,
}

/// An actor with a timer; 32 bytes of state.
struct Waiter {
    clockwork: &'static Clockwork,
    /// `None` where none is set.
    timer: Option<Timer>,
    /// Timers that were set.
    round: u64,
    id: u32,
    alone: Alone,
}

const _: () = assert!(size_of::<Waiter>() == 32);

impl Waiter {
    /// The next timer, or the end.
    fn set(&mut self, cx: &mut Context<'_, Self>) {
        let clockwork = self.clockwork;
        if self.round == clockwork.rounds(self.id) || clockwork.tally.is_over() {
            return clockwork.end();
        }
        self.round += 1;
        let round = self.round;
        clockwork.set.count(cx.worker_index(), u64::from(self.id));
        // Before the engine reads its clock, whose time is the later one: what is early by this is early by that.
        let at = clockwork.now() + clockwork.period.as_nanos() as u64;
        let due = Told::Due { round, at };
        let mut after = clockwork.period;
        if self.id == 0 && round == 1 {
            match clockwork.fault {
                // One that is counted as set, and is not.
                Some(Planted::Lost) => clockwork.set.count(cx.worker_index(), 0),
                Some(Planted::Duplicated) => drop(cx.after(after, due)),
                Some(Planted::Early) => after /= 2,
                _ => {}
            }
        }
        self.timer = Some(cx.after(after, due));
        if clockwork.cancels(self.id, round) {
            clockwork.words.count(cx.worker_index(), 0);
            let me = cx.me();
            if let Err(refused) = cx.send(me, Told::Cancel { round }) {
                clockwork.tally.refused(refused.reason());
            }
        }
    }

    fn due(&mut self, round: u64, at: u64, cx: &mut Context<'_, Self>) {
        let Self { clockwork, id, .. } = *self;
        let now = clockwork.now();
        if round != self.round || self.timer.take().is_none() {
            return clockwork.tally.wrong(|| {
                format!("timer {round} of actor {id} fired, which had fired before or was cancelled")
            });
        }
        if now < at {
            clockwork.tally.wrong(|| format!("timer {round} of actor {id} fired {} ns early", at - now));
        }
        clockwork.fired.count(cx.worker_index(), u64::from(id));
        if clockwork.records(id, round) {
            clockwork.tally.record_ns(cx.worker_index(), now.saturating_sub(at));
        }
        self.set(cx);
    }

    fn cancel(&mut self, round: u64, cx: &mut Context<'_, Self>) {
        // One that has fired meanwhile is handled, or will be.
        if round == self.round && self.timer.as_ref().is_some_and(Timer::cancel) {
            self.timer = None;
            self.clockwork.cancelled.count(cx.worker_index(), u64::from(self.id));
            self.set(cx);
        }
    }

    /// One that fires just now is handled, or will be, and sets no other.
    fn end(&mut self, cx: &mut Context<'_, Self>) {
        if self.timer.as_ref().is_some_and(Timer::cancel) {
            self.timer = None;
            self.clockwork.unfired.count(cx.worker_index(), u64::from(self.id));
            self.clockwork.end();
        }
    }
}

impl Actor for Waiter {
    type Msg = Told;

    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.clockwork.tally.overlap();
        }
        match told {
            Told::Begin => self.set(cx),
            Told::Due { round, at } => self.due(round, at, cx),
            Told::Cancel { round } => self.cancel(round, cx),
            Told::End => self.end(cx),
            Told::Tick => unreachable!("it has no timer that repeats"),
        }
        if self.alone.leave() {
            self.clockwork.tally.overlap();
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let actors = plan.actors.unwrap_or(ACTORS);
    let timers = match plan.duration {
        Some(_) => u64::MAX >> 1,
        None => plan.messages.unwrap_or(TIMERS.max(actors)),
    };
    let tally = Tally::new(system, plan, 1);
    let begun = actors.min(timers);
    let clockwork: &'static Clockwork = Box::leak(Box::new(Clockwork {
        since: Instant::now(),
        period: plan.alarms.period,
        cancel: plan.alarms.cancel,
        repeat: plan.alarms.repeat,
        seed: plan.seed,
        every: plan.sample_every.map(u64::from),
        rounds: timers / actors,
        more: timers % actors,
        set: Stripes::new(system),
        fired: Stripes::new(system),
        cancelled: Stripes::new(system),
        unfired: Stripes::new(system),
        ticks: Stripes::new(system),
        strays: Stripes::new(system),
        words: Stripes::new(system),
        left: AtomicU64::new(begun),
        fault: plan.fault,
        tally,
    }));
    let count = u32::try_from(actors).map_err(|_| format!("{actors} actors are too many"))?;
    let mut addresses = Vec::with_capacity(begun as usize);
    let mut repeaters = 0_u64;
    for id in 0..count {
        let alone = Alone::default();
        // As another worker would that is in its handler.
        if plan.fault == Some(Planted::Overlap) && id == 0 && alone.enter() {
            return Err("the first actor has run before it was spawned".into());
        }
        let repeats = clockwork.repeats(id);
        let address = if repeats {
            let repeater = Repeater::new(clockwork, id, alone);
            system.try_spawn(repeater, &plan.options).map_err(|refused| refused.to_string())?
        } else {
            let waiter = Waiter { clockwork, timer: None, round: 0, id, alone };
            system.try_spawn(waiter, &plan.options).map_err(|refused| refused.to_string())?
        };
        if u64::from(id) < begun {
            addresses.push(address);
            repeaters += u64::from(repeats);
        }
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for address in &addresses {
        address.try_send(Told::Begin).map_err(|refused| refused.to_string())?;
    }
    let mut woken = 0;
    let mut wake = || {
        for address in &addresses {
            if clockwork.left.load(Ordering::Relaxed) == 0 {
                break;
            }
            match address.send_timeout(Told::End, SETTLED_WITHIN) {
                Ok(()) => woken += 1,
                Err(refused) => return tally.refused(refused.reason()),
            }
        }
    };
    let mut outcome = tally.wait_and_wake(system, plan, start, Some(&mut wake));
    if repeaters > 0 {
        // What was on its way when it was cancelled is counted when it has come.
        system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    }
    outcome.handled += begun + woken + clockwork.strays.total();
    outcome.actors = actors;
    outcome.counts = "firing";
    outcome.response_is = "from when a timer was due until it was handled".into();
    let of = |stripes: &Stripes| json!(stripes.total());
    outcome.facts.push(("period_ns", json!(clockwork.period.as_nanos() as u64)));
    outcome.facts.push(("cancel_percent", json!(clockwork.cancel)));
    outcome.facts.push(("timers_set", of(clockwork.set)));
    outcome.facts.push(("timers_cancelled", of(clockwork.cancelled)));
    outcome.facts.push(("timers_still_set", of(clockwork.unfired)));
    outcome.facts.push(("repeat_percent", json!(clockwork.repeat)));
    outcome.facts.push(("timers_repeating", json!(repeaters)));
    outcome.facts.push(("ticks", of(clockwork.ticks)));
    outcome.facts.push(("ticks_missed", json!(system.activity().ticks_missed)));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_that_did_not_end_once_is_found() {
        let count = |timers, actors| Count { timers, actors };
        assert_eq!(wrong(count(5, 20), [count(3, 12), count(1, 2), count(1, 6)]), None);
        for ended in [[(3, 12), (1, 8), (0, 0)], [(4, 12), (2, 8), (0, 0)], [(3, 12), (1, 4), (2, 4)]] {
            let said = wrong(count(5, 20), ended.map(|(timers, actors)| count(timers, actors)));
            let said = said.expect("lost, or twice");
            assert!(said.starts_with("5 timers were set, "), "{said}");
        }
        let one_lost_and_another_twice =
            wrong(count(5, 20), [count(3, 13), count(2, 8), count(0, 0)]).expect("it does not add up");
        assert!(one_lost_and_another_twice.contains("add up to 20, of those that ended to 21"));
    }
}

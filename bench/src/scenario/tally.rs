//! What the actors of a run share: the end of it, what went wrong, and the samples.

use super::plan::{Outcome, Plan};
use crate::clock::Clock;
use crate::latency::{self, Recorder};
use crate::live::{Live, Reading, Samples};
use crate::machine;
use crate::progress::{Moment, Progress};
use crate::timeline::{Interval, Phase, Timeline};
use crossbeam_utils::CachePadded;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use throng::System;

/// When the load was kicked off, and what the process had used by then.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    at: Instant,
    cpu_ns: u64,
}

impl Start {
    /// Now: the kick-off follows at once.
    pub fn now() -> Self {
        let cpu_ns = machine::cpu_ns();
        Self { at: Instant::now(), cpu_ns }
    }

    /// Nanoseconds since then.
    pub fn elapsed_ns(&self) -> u64 {
        self.at.elapsed().as_nanos() as u64
    }
}

/// How long no actor may have had a turn before the run counts as stuck.
const STUCK_AFTER: u32 = 10;
/// How often a long run is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How soon those are woken that do not see by themselves that the load is over.
const WAKE_WITHIN: Duration = Duration::from_millis(100);
/// How many of the things that went wrong are told.
const TOLD: usize = 8;
/// How long the last samples may take to be seen.
const SEEN_WITHIN: Duration = Duration::from_millis(200);

/// Shared by the actors of one run; a process does few runs, so it is never freed.
#[derive(Debug)]
pub struct Tally {
    /// For stamps.
    pub clock: Clock,
    interrupted: Arc<AtomicBool>,
    /// When somebody first saw that, in ticks; 0 as long as nobody has.
    seen_interrupted: AtomicU64,
    over: AtomicBool,
    /// Of each worker.
    recorders: Box<[CachePadded<Live>]>,
    /// Messages beside the counted ones.
    beside: AtomicU64,
    end: Mutex<End>,
    ended: Condvar,
}

#[derive(Debug)]
struct End {
    reporters: usize,
    messages: u64,
    /// The time, and the processor time of the process.
    at: Option<(Instant, u64)>,
    exhausted: Option<String>,
    wrong: Vec<String>,
    wrong_count: u64,
}

impl Tally {
    /// For a run that ends when so many actors have reported.
    pub fn new(system: &System, plan: &Plan, reporters: usize) -> &'static Self {
        let recorders = if plan.sample_every.is_some() { system.workers() } else { 0 };
        Box::leak(Box::new(Self {
            clock: plan.clock,
            interrupted: Arc::clone(&plan.interrupted),
            seen_interrupted: AtomicU64::new(0),
            over: AtomicBool::new(false),
            recorders: (0..recorders).map(|_| CachePadded::new(Live::new())).collect(),
            beside: AtomicU64::new(0),
            end: Mutex::new(End {
                reporters,
                messages: 0,
                at: None,
                exhausted: None,
                wrong: Vec::new(),
                wrong_count: 0,
            }),
            ended: Condvar::new(),
        }))
    }

    /// Whether the load is to end before its number is reached.
    #[inline]
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed) || self.interrupted.load(Ordering::Relaxed)
    }

    /// An actor has done its part, which was so many messages.
    #[cold]
    pub fn report(&self, messages: u64) {
        let at = Instant::now();
        let mut end = self.lock();
        end.messages += messages;
        if end.reporters == 0 {
            drop(end);
            return self.wrong(|| "more reported their end than there are: something came twice".into());
        }
        end.reporters -= 1;
        if end.reporters == 0 {
            end.at.get_or_insert_with(|| (at, machine::cpu_ns()));
            self.ended.notify_all();
        }
    }

    /// So many messages were sent that are not counted among the run's: steps of producers, for instance.
    #[cold]
    pub fn add_beside(&self, messages: u64) {
        self.beside.fetch_add(messages, Ordering::Relaxed);
    }

    /// Something is wrong: the run ends at once.
    #[cold]
    #[inline(never)]
    pub fn wrong(&self, what: impl FnOnce() -> String) {
        let mut end = self.lock();
        end.wrong_count += 1;
        if end.wrong.len() < TOLD {
            end.wrong.push(what());
        }
        end.at.get_or_insert_with(|| (Instant::now(), machine::cpu_ns()));
        self.over.store(true, Ordering::Relaxed);
        self.ended.notify_all();
    }

    /// There is no memory for what the run needs: it ends at once, and nothing is wrong with its messages.
    #[cold]
    #[inline(never)]
    pub fn exhausted(&self, what: impl FnOnce() -> String) {
        let mut end = self.lock();
        end.exhausted.get_or_insert_with(what);
        end.at.get_or_insert_with(|| (Instant::now(), machine::cpu_ns()));
        self.over.store(true, Ordering::Relaxed);
        self.ended.notify_all();
    }

    /// A message came that was not the next of its sender.
    #[cold]
    #[inline(never)]
    pub fn out_of_order(&self, sender: u64, expected: u64, got: u64) {
        self.wrong(|| format!("out of order: sender {sender}, message {expected} expected, {got} came"));
    }

    /// A send was refused that never should be.
    #[cold]
    #[inline(never)]
    pub fn refused(&self, reason: throng::Reason) {
        self.wrong(|| format!("a send was refused: {reason}"));
    }

    /// An [`Alone`] found its actor inside a handler already.
    #[cold]
    #[inline(never)]
    pub fn overlap(&self) {
        self.wrong(|| "an actor ran twice at once".into());
    }

    /// Records the time since `stamp` for a handler on this worker, which is the one writer of its recorder.
    pub fn record(&self, worker: usize, stamp: u64) {
        let now = self.clock.ticks();
        if let Some(recorder) = self.recorders.get(worker) {
            recorder.record(self.clock.ns_between(stamp, now));
        }
    }

    /// Records a time that was measured otherwise, by the same rule.
    pub fn record_ns(&self, worker: usize, ns: u64) {
        if let Some(recorder) = self.recorders.get(worker) {
            recorder.record(ns);
        }
    }

    /// From here on the load is over: nothing more is begun.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Whether the user has ended it.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Notes that the user's word was seen while there was still something to do: here the measured time ends.
    #[cold]
    pub fn see_interrupted(&self) {
        // Relaxed: the one word alone matters.
        if self.seen_interrupted.load(Ordering::Relaxed) == 0 {
            let now = self.clock.ticks().max(1);
            let _ = self.seen_interrupted.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// When that was first noted, in ticks; `None` where it never was.
    pub fn interrupted_at(&self) -> Option<u64> {
        Some(self.seen_interrupted.load(Ordering::Relaxed)).filter(|at| *at > 0)
    }

    /// Blocks until all have reported or something is wrong, for so long at most; whether that is so.
    pub fn ended_within(&self, time: Duration) -> bool {
        let end = self.lock();
        let ended = self.ended.wait_timeout_while(end, time, |end| end.at.is_none());
        ended.unwrap_or_else(PoisonError::into_inner).0.at.is_some()
    }

    /// What all who reported said together.
    pub fn reported(&self) -> u64 {
        self.lock().messages
    }

    /// How many things went wrong so far.
    pub fn wrong_count(&self) -> u64 {
        self.lock().wrong_count
    }

    /// See [`Tally::add_beside`].
    pub fn beside(&self) -> u64 {
        self.beside.load(Ordering::Relaxed)
    }

    /// What has been counted of a run that has ended: without samples.
    pub fn outcome(&self, kick_off: &Start) -> Outcome {
        let mut end = self.lock();
        let mut wrong = std::mem::take(&mut end.wrong);
        if end.wrong_count > wrong.len() as u64 {
            wrong.push(format!("and {} more", end.wrong_count - wrong.len() as u64));
        }
        Outcome {
            messages: end.messages,
            elapsed_ns: end.at.map(|(at, _)| at.saturating_duration_since(kick_off.at).as_nanos() as u64),
            cpu_ns: end.at.map(|(_, cpu_ns)| cpu_ns.saturating_sub(kick_off.cpu_ns)),
            handled: end.messages + self.beside(),
            counts: "message",
            exhausted: end.exhausted.take(),
            wrong,
            ..Outcome::default()
        }
    }

    /// Blocks until the run has ended: all reported, something wrong, or stuck. What has been counted is the outcome.
    pub fn wait(&self, system: &System, plan: &Plan, kick_off: Start) -> Outcome {
        self.wait_and_wake(system, plan, kick_off, None)
    }

    /// As [`Tally::wait`], for actors that may have nothing to handle for long, and so do not see that the user has ended it:
    /// `wake` is called once, soon after that, and has to see that they do.
    pub fn wait_and_wake(
        &self,
        system: &System,
        plan: &Plan,
        kick_off: Start,
        mut wake: Option<&mut dyn FnMut()>,
    ) -> Outcome {
        let start = kick_off.at;
        let mut end = self.lock();
        let mut before = system.activity();
        let mut still = 0;
        let mut told = start;
        let mut progress = Progress::new(plan.duration);
        let mut watch = Watch::new(self);
        while end.at.is_none() {
            let left = plan.duration.map(|d| d.saturating_sub(start.elapsed()));
            if left == Some(Duration::ZERO) {
                self.over.store(true, Ordering::Relaxed);
            }
            let look = if wake.is_some() { WAKE_WITHIN } else { LOOK_EVERY };
            let nap = left.filter(|left| !left.is_zero()).map_or(look, |left| left.min(look));
            end = self.ended.wait_timeout(end, nap).unwrap_or_else(PoisonError::into_inner).0;
            if self.is_interrupted()
                && end.at.is_none()
                && let Some(wake) = wake.take()
            {
                // Whom it wakes may have something to report.
                drop(end);
                wake();
                end = self.lock();
            }
            if told.elapsed() < LOOK_EVERY || end.at.is_some() {
                continue;
            }
            watch.interval(self, start.elapsed());
            let now = system.activity();
            let mut response = Recorder::new();
            if let Some(last) = watch.timeline.intervals().last() {
                last.response.add_to(&mut response);
            }
            let moment = Moment {
                elapsed: start.elapsed(),
                phase: "measuring",
                target: None,
                rate: (now.handled - before.handled) as f64 / told.elapsed().as_secs_f64(),
                p50: latency::quantile(response.histogram(), 0.5),
                p99: latency::quantile(response.histogram(), 0.99),
                refused: now.refused,
                arrivals_refused: None,
                lost: end.wrong_count,
                steady: None,
                overloaded: false,
            };
            progress.tell(&moment, start.elapsed());
            told = Instant::now();
            still = if now.turns == before.turns { still + 1 } else { 0 };
            before = now;
            if still == STUCK_AFTER {
                end.wrong.push(format!("stuck: no actor had a turn for {STUCK_AFTER} s"));
                break;
            }
        }
        drop(end);
        let outcome = self.outcome(&kick_off);
        // At rest every sample is there to be read; what takes longer, as a mailbox full of slow messages does, has none.
        let _ = system.quiesce(SEEN_WITHIN);
        watch.interval(self, outcome.elapsed_ns.map_or_else(|| start.elapsed(), Duration::from_nanos));
        let response = watch.timeline.total(|interval| &interval.response);
        Outcome { response, timeline: watch.timeline, ..outcome }
    }

    fn lock(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads what the workers record, an interval after the other.
struct Watch {
    readings: Vec<Reading>,
    since: Duration,
    timeline: Timeline,
}

impl Watch {
    fn new(tally: &Tally) -> Self {
        let readings = tally.recorders.iter().map(|_| Reading::new()).collect();
        Self { readings, since: Duration::ZERO, timeline: Timeline::default() }
    }

    /// What was recorded since the last one, until so long after the kick-off.
    fn interval(&mut self, tally: &Tally, until: Duration) {
        let mut response = Samples::default();
        for (reading, live) in self.readings.iter_mut().zip(&tally.recorders) {
            reading.take(live, &mut response);
        }
        let ns = |time: Duration| time.as_nanos() as u64;
        self.timeline.push(Interval {
            start_ns: ns(self.since),
            end_ns: ns(until.max(self.since)),
            phase: Phase::Measure,
            sent: None,
            handled: None,
            response,
            service: Samples::default(),
            lag: Samples::default(),
        });
        self.since = until.max(self.since);
    }
}

/// Finds out whether an actor runs twice at once, by counting who is inside; looks on entering and on leaving.
///
/// No exchange but loads and stores, 1 ns together: a swap made ping-pong a fifth slower. So it is to find an overlap,
/// not to exclude one. Two that enter within the time a store takes to be seen by the other core, some 100 ns, both
/// find nobody and both count one; then the first to leave counts none, and the second finds itself not inside. What
/// goes unseen is an overlap whose two sides enter and also leave within that time of each other, or one where a
/// thread is held up between its load and its store for as long as the other is inside: of the millions of handlers
/// of a run, all overlaps would have to be such.
#[derive(Debug, Default)]
pub struct Alone(AtomicU8);

impl Alone {
    /// At the beginning of a handler; whether another is inside.
    #[inline(always)]
    #[must_use]
    pub fn enter(&self) -> bool {
        // Relaxed: the one word alone matters, nothing is published by it.
        let inside = self.0.load(Ordering::Relaxed);
        self.0.store(inside.wrapping_add(1), Ordering::Relaxed);
        inside != 0
    }

    /// At the end of it; whether another was inside meanwhile.
    #[inline(always)]
    #[must_use]
    pub fn leave(&self) -> bool {
        let inside = self.0.load(Ordering::Relaxed);
        self.0.store(inside.wrapping_sub(1), Ordering::Relaxed);
        inside != 1
    }
}

#[cfg(test)]
mod tests;

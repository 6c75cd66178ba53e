//! How much of each processor the machine itself takes: a thread on each reads the clock all the time, and what lies
//! between two readings is where it did not run.

use crate::clock::Clock;
use crate::latency::{Recorder, Summary};
use crate::probe;
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime};

/// Shorter gaps are the reading itself and what a processor does on its own, in ns.
const GAP_LEAST_NS: u64 = 200;
/// So many times what reading the clock costs is a gap too, where that is more.
const COSTS: f64 = 10.0;

/// The figures of a probe, of one processor or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Jitter {
    /// How long it was looked at: the longest where processors were looked at side by side.
    pub lasted_ns: u64,
    /// On how many processors.
    pub processors: usize,
    /// The time in gaps by the time looked at, all processors together: 0 to 1.
    pub stolen_share: f64,
    /// How many gaps there were.
    pub gaps: u64,
    /// How long they were.
    pub gap_ns: Summary,
}

/// What was found on one processor.
#[derive(Debug, Clone)]
pub struct OnProcessor {
    /// Its number.
    pub processor: usize,
    /// How long it was looked at, in ns.
    pub lasted_ns: u64,
    /// The sum of its gaps, in ns.
    pub stolen_ns: u64,
    /// Its gaps.
    pub gaps: Recorder,
}

impl OnProcessor {
    /// Its figures.
    pub fn figures(&self) -> Jitter {
        figures(std::slice::from_ref(self), &self.gaps)
    }
}

/// What was found on all of them.
#[derive(Debug, Clone)]
pub struct Probed {
    /// When it began.
    pub began: SystemTime,
    /// What is longer is a gap, in ns.
    pub threshold_ns: u64,
    /// One for each processor, in the order they were given in.
    pub each: Vec<OnProcessor>,
    /// Those that the kernel did not let a thread be pinned to: they were not looked at.
    pub refused: Vec<usize>,
}

impl Probed {
    /// The gaps of all processors.
    pub fn gaps(&self) -> Recorder {
        let mut all = Recorder::new();
        self.each.iter().for_each(|one| all.merge(&one.gaps));
        all
    }

    /// The figures of all processors together.
    pub fn figures(&self) -> Jitter {
        figures(&self.each, &self.gaps())
    }
}

fn figures(each: &[OnProcessor], gaps: &Recorder) -> Jitter {
    let lasted: u64 = each.iter().map(|one| one.lasted_ns).sum();
    let stolen: u64 = each.iter().map(|one| one.stolen_ns).sum();
    Jitter {
        lasted_ns: each.iter().map(|one| one.lasted_ns).max().unwrap_or_default(),
        processors: each.len(),
        stolen_share: if lasted == 0 { 0.0 } else { stolen as f64 / lasted as f64 },
        gaps: gaps.count(),
        gap_ns: gaps.summary(),
    }
}

/// What a gap is by this clock, in ns: 200, or ten times what a reading costs.
pub fn threshold_ns(clock: &Clock) -> u64 {
    GAP_LEAST_NS.max((COSTS * clock.cost_ns()) as u64)
}

/// Spins on all of `processors` at once, for `lasts` or until `stop` is raised. The kernel keeps its own threads
/// running beside it, at their usual price: that is what is measured.
///
/// # Errors
/// Where no processor is given, or a thread cannot be started; in words.
pub fn probe(
    processors: &[usize],
    lasts: Duration,
    clock: &Clock,
    stop: &AtomicBool,
) -> Result<Probed, String> {
    if processors.is_empty() {
        return Err("there is no processor to look at".into());
    }
    let (began, threshold) = (SystemTime::now(), threshold_ns(clock));
    let lasts = u64::try_from(lasts.as_nanos()).unwrap_or(u64::MAX);
    // Relaxed: each flag alone matters, nothing is published by it.
    let given_up = AtomicBool::new(false);
    let ended = || stop.load(Ordering::Relaxed) || given_up.load(Ordering::Relaxed);
    let (ended, given_up) = (&ended, &given_up);
    let found = thread::scope(|scope| {
        let mut threads = Vec::with_capacity(processors.len());
        for &processor in processors {
            let look = move || {
                if !probe::pin(processor) {
                    return (processor, None);
                }
                let mut gaps = Recorder::new();
                let start = clock.ticks();
                let now = || clock.ns_between(start, clock.ticks());
                let (lasted_ns, stolen_ns) = spin(now, lasts, threshold, ended, &mut gaps);
                (processor, Some(OnProcessor { processor, lasted_ns, stolen_ns, gaps }))
            };
            match thread::Builder::new().name("jitter".into()).spawn_scoped(scope, look) {
                Ok(thread) => threads.push(thread),
                Err(error) => {
                    given_up.store(true, Ordering::Relaxed);
                    return Err(format!("no thread for processor {processor}: {error}"));
                }
            }
        }
        let failed = |_| "a thread that looked for gaps failed".to_owned();
        threads.into_iter().map(|thread| thread.join().map_err(failed)).collect::<Result<Vec<_>, _>>()
    })?;
    let mut probed = Probed { began, threshold_ns: threshold, each: Vec::new(), refused: Vec::new() };
    for (processor, one) in found {
        match one {
            Some(one) => probed.each.push(one),
            None => probed.refused.push(processor),
        }
    }
    Ok(probed)
}

/// Reads `now`, in ns, until `lasts` ns have passed since the first reading or it is `ended`; gives how long that was
/// and the sum of the gaps longer than `threshold`.
fn spin(
    mut now: impl FnMut() -> u64,
    lasts: u64,
    threshold: u64,
    ended: &impl Fn() -> bool,
    gaps: &mut Recorder,
) -> (u64, u64) {
    let first = now();
    let (mut last, mut stolen) = (first, 0);
    loop {
        let at = now();
        let gap = at.saturating_sub(last);
        if gap > threshold {
            gaps.record(gap);
            stolen += gap;
        }
        last = last.max(at);
        if last - first >= lasts || ended() {
            return (last - first, stolen);
        }
    }
}

/// What share of the messages that were later than `t_ns` the machine's own gaps explain: 0 to 1, and 0 where no
/// message was so late.
///
/// A first-order model. While a processor stands still for g ns, messages come at `rate_per_s`; one that comes at the
/// beginning waits for g, one at the end for nothing. So `rate * max(0, g - t)` of them are later than t. Their sum over
/// `gaps`, as they were found within `probed`, is scaled to the `load`'s duration and divided by `later`, the messages
/// of the load that were later than t.
///
/// What it leaves out: the queue that a gap leaves behind and that is worked off after it (so it explains too little,
/// the more so the fuller the load is), gaps of two processors at the same time (too much), and that the machine may
/// be busier or quieter during the load than during the probe. Every message is taken to pass every processor that
/// `gaps` comes from, as from a generator on one to an actor on the other; where each passes one of n alone, give n
/// times the time as `probed`.
pub fn share_of_tail(
    gaps: &Histogram<u64>,
    probed: Duration,
    rate_per_s: f64,
    load: Duration,
    t_ns: u64,
    later: u64,
) -> f64 {
    if later == 0 || probed.is_zero() {
        return 0.0;
    }
    let beyond: f64 = gaps
        .iter_recorded()
        .map(|step| {
            let gap = gaps.median_equivalent(step.value_iterated_to());
            gap.saturating_sub(t_ns) as f64 * step.count_since_last_iteration() as f64
        })
        .sum();
    let made = rate_per_s * beyond / 1e9 * (load.as_secs_f64() / probed.as_secs_f64());
    (made / later as f64).min(1.0)
}

#[cfg(test)]
mod tests;

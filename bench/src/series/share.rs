//! The machine's own gaps before and after a load, and how much of the load's tail they explain.

use crate::clock::Clock;
use crate::export::file::{WriteError, write_atomic};
use crate::export::hlog;
use crate::jitter::{self, Jitter, Probed};
use crate::latency::{Recorder, quantile};
use crate::options::Options;
use crate::{probe, run};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use throng::Pin;

/// How long each look takes.
const LOOK: Duration = Duration::from_millis(500);
/// The tail begins at the first of these that the samples can carry.
const TAIL_FROM: [f64; 2] = [0.999, 0.99];
/// Processors that an arrival passes: the generator's and a worker's.
const PASSED: usize = 2;

/// The machine's gaps around a load; `None` where the load was interrupted before a look was over.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Around {
    /// Before the first run.
    pub before: Option<Jitter>,
    /// After the last one.
    pub after: Option<Jitter>,
}

/// The machine's share of a tail.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// Where it begins: the merged response's p99.9, or its p99 where there are too few samples for that.
    pub above_ns: u64,
    /// How many responses took longer.
    pub later_than: u64,
    /// The share of them that the machine's gaps explain, 0 to 1: see [`jitter::share_of_tail`].
    pub explained: f64,
}

/// What was seen of the machine around a load, never while a run was on.
#[derive(Debug, Default)]
pub struct Seen {
    before: Option<Probed>,
    after: Option<Probed>,
}

/// The processors that the workers and the generator of a load run on; all that this process may use where they are not
/// pinned to some.
pub fn processors_in_use(options: &Options) -> Vec<usize> {
    let all = probe::processors();
    let (workers, generator) = run::seats(options, &all);
    let workers = workers.unwrap_or(usize::MAX);
    let mut used: Vec<usize> = match &options.pin {
        Pin::Compact => all.iter().take(workers).copied().collect(),
        Pin::Processors(list) => list.iter().take(workers).copied().collect(),
        _ => all,
    };
    used.extend(generator);
    used.sort_unstable();
    used.dedup();
    used
}

/// Looks at `processors` for half a second; `None` where `stop` cut it short, and where there are none or none could be
/// looked at, which `told` hears of.
fn look(processors: &[usize], stop: &AtomicBool, told: &mut dyn FnMut(&str)) -> Option<Probed> {
    if processors.is_empty() {
        return None;
    }
    match jitter::probe(processors, LOOK, &Clock::calibrated(), stop) {
        Ok(probed) => Some(probed).filter(is_whole),
        Err(why) => {
            told(&format!("the machine's gaps are not told: {why}"));
            None
        }
    }
}

/// Whether each processor was looked at for as long as it was to be: a look of a few nanoseconds sees no gap, and says nothing.
fn is_whole(probed: &Probed) -> bool {
    let whole = LOOK.as_nanos() as u64;
    !probed.each.is_empty() && probed.each.iter().all(|one| one.lasted_ns >= whole)
}

impl Seen {
    /// Looks before a load.
    pub fn before(processors: &[usize], stop: &AtomicBool, told: &mut dyn FnMut(&str)) -> Self {
        Self { before: look(processors, stop, told), after: None }
    }

    /// Looks after it.
    pub fn after(&mut self, processors: &[usize], stop: &AtomicBool, told: &mut dyn FnMut(&str)) {
        self.after = look(processors, stop, told);
    }

    fn each(&self) -> impl Iterator<Item = &Probed> {
        [&self.before, &self.after].into_iter().flatten()
    }

    /// The figures; `None` where nothing was seen.
    pub fn around(&self) -> Option<Around> {
        self.each().next()?;
        let figures = |probed: &Option<Probed>| probed.as_ref().map(Probed::figures);
        Some(Around { before: figures(&self.before), after: figures(&self.after) })
    }

    /// The machine's share of the tail of `response`, the responses of open loads that were measured for `measured`
    /// together. The tail begins at p99.9: earlier, a load on a busy machine has its own queues, later there is nothing
    /// to count. Where fewer than ten responses lie above p99.9 it begins at p99, and with fewer than that above p99
    /// there is none.
    ///
    /// An arrival passes the generator's processor and one worker's, so that of n processors each is passed by 2/n of
    /// them. `None` where nothing was seen of the machine either.
    pub fn tail(&self, response: &Histogram<u64>, measured: Duration) -> Option<Tail> {
        let above_ns = TAIL_FROM.into_iter().find_map(|q| quantile(response, q))?;
        let later_than = response.len() - response.count_between(0, above_ns);
        let mut gaps = Recorder::new();
        self.each().for_each(|probed| gaps.merge(&probed.gaps()));
        let processors = self.each().map(|probed| probed.each.len()).max()?;
        let looked: u64 = self.each().map(|probed| probed.figures().lasted_ns).sum();
        let apart = processors as f64 / PASSED.min(processors) as f64;
        let looked = Duration::from_nanos(looked).mul_f64(apart);
        if measured.is_zero() {
            return None;
        }
        let rate = response.len() as f64 / measured.as_secs_f64();
        let explained = jitter::share_of_tail(gaps.histogram(), looked, rate, measured, above_ns, later_than);
        Some(Tail { above_ns, later_than, explained })
    }

    /// Writes the gaps to `path`, each look as an interval; nothing where nothing was seen.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        let Some(base) = self.each().next().map(|probed| probed.began) else { return Ok(()) };
        let gaps: Vec<Recorder> = self.each().map(Probed::gaps).collect();
        let interval = |(probed, gaps): (&Probed, &'_ Recorder)| {
            let start = probed.began.duration_since(base).unwrap_or_default();
            (start, Duration::from_nanos(probed.figures().lasted_ns), gaps.histogram().clone())
        };
        let looks: Vec<_> = self.each().zip(&gaps).map(interval).collect();
        let intervals: Vec<_> = looks
            .iter()
            .map(|(start, duration, histogram)| hlog::Interval {
                tag: None,
                start: *start,
                duration: *duration,
                histogram,
            })
            .collect();
        write_atomic(path, |file| hlog::write(file, base, &intervals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jitter::OnProcessor;
    use std::ffi::OsString;
    use std::time::SystemTime;

    /// A look of a second at `n` processors, on each of which the machine took these.
    fn probed(n: usize, gaps_ns: &[u64]) -> Probed {
        let on = |processor| {
            let mut gaps = Recorder::new();
            gaps_ns.iter().for_each(|ns| gaps.record(*ns));
            OnProcessor { processor, lasted_ns: 1_000_000_000, stolen_ns: gaps_ns.iter().sum(), gaps }
        };
        Probed {
            began: SystemTime::UNIX_EPOCH,
            threshold_ns: 200,
            each: (0..n).map(on).collect(),
            refused: Vec::new(),
        }
    }

    fn response(fast: u64, late: u64) -> Histogram<u64> {
        let mut all = Recorder::new();
        all.record_n(1_000, fast);
        all.record_n(5_000_000, late);
        all.histogram().clone()
    }

    #[test]
    fn the_tail_begins_where_the_samples_carry_it() {
        let seen = Seen { before: Some(probed(2, &[])), after: None };
        let tail = |fast, late| seen.tail(&response(fast, late), Duration::from_secs(1));
        // 100,000 responses, 50 of them late: those are above p99.9. Of 2,000 only p99 can be told.
        assert_eq!(tail(99_950, 50).map(|tail| (tail.above_ns, tail.later_than)), Some((1_000, 50)));
        assert_eq!(tail(1_990, 10).map(|tail| (tail.above_ns, tail.later_than)), Some((1_000, 10)));
        assert_eq!(tail(500, 10), None);
        assert_eq!(Seen::default().tail(&response(99_950, 50), Duration::from_secs(1)), None);
    }

    #[test]
    fn a_look_that_was_cut_short_is_none() {
        let mut heard = Vec::new();
        let processors = probe::processors();
        let stopped = AtomicBool::new(true);
        let mut seen = Seen { before: Some(probed(1, &[300])), after: Some(probed(1, &[300])) };
        seen.after(&processors[..1], &stopped, &mut |line| heard.push(line.to_owned()));
        let around = seen.around().expect("it was looked before");
        assert!(around.before.is_some() && around.after.is_none(), "{around:?}");
        let never = Seen::before(&processors[..1], &stopped, &mut |line| heard.push(line.to_owned()));
        assert_eq!((never.around(), heard), (None, Vec::new()));
        let whole = |ns| {
            let mut one = probed(2, &[]);
            one.each[1].lasted_ns = ns;
            is_whole(&one)
        };
        let look = LOOK.as_nanos() as u64;
        assert_eq!([whole(look - 1), whole(look)], [false, true]);
    }

    #[test]
    fn both_looks_and_every_processor_count() {
        // A gap of 126 us in a second on each processor: of 100,000 arrivals in a second it holds 12.5 up by more than the
        // 1 us that is p99.9 here. 50 responses were later than that.
        let explained = |n, looks: usize| {
            let look = || Some(probed(n, &[126_000]));
            let seen = Seen { before: look(), after: if looks == 2 { look() } else { None } };
            seen.tail(&response(99_950, 50), Duration::from_secs(1)).expect("a tail").explained
        };
        // An arrival passes two processors where there are as many, whichever they are.
        for (n, looks, share) in
            [(1, 1, 0.25), (1, 2, 0.25), (2, 1, 0.5), (2, 2, 0.5), (4, 1, 0.5), (4, 2, 0.5)]
        {
            let got = explained(n, looks);
            assert!((got - share).abs() < 0.01, "{n} processors, {looks} looks: {got}");
        }
    }

    #[test]
    fn the_processors_are_those_of_workers_and_generator() {
        let all = probe::processors();
        let of = |line: &str| {
            let options = Options::read(line.split_whitespace().map(OsString::from)).expect(line);
            processors_in_use(&options)
        };
        assert_eq!(of("ring --workers 1"), all[..1]);
        assert_eq!(of("ring --pin none --workers 1"), all);
        assert_eq!(of(&format!("ring --pin {}", all[0])), all[..1]);
        assert_eq!(of("mesh --rate 1k --workers 1"), all[..all.len().min(2)]);
    }
}

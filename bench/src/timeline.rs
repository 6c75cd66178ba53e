//! A run cut into intervals: what was sent and handled in each, and how long it took.

use crate::latency::Recorder;
use crate::live::Samples;

/// What an interval belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Before the measured time: no figure of the run is from it.
    Warmup,
    /// The measured time.
    Measure,
    /// After the last send: what was sent is still being handled, and is measured.
    Drain,
}

impl Phase {
    /// As in `intervals.csv`.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Warmup => "warmup",
            Phase::Measure => "measure",
            Phase::Drain => "drain",
        }
    }
}

/// One interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interval {
    /// Nanoseconds from the load's beginning to its own.
    pub start_ns: u64,
    /// The same to its end.
    pub end_ns: u64,
    /// What it belongs to.
    pub phase: Phase,
    /// What was sent; `None` where nobody counts it.
    pub sent: Option<u64>,
    /// What was handled to its end; `None` where nobody counts it.
    pub handled: Option<u64>,
    /// From planned to done in open load, what the workload calls its response elsewhere.
    pub response: Samples,
    /// From sent to done in open load.
    pub service: Samples,
    /// From planned to sent in open load.
    pub lag: Samples,
}

/// The intervals of a run, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline(Vec<Interval>);

impl Timeline {
    /// The next interval.
    pub fn push(&mut self, interval: Interval) {
        self.0.push(interval);
    }

    /// All of them.
    pub fn intervals(&self) -> &[Interval] {
        &self.0
    }

    /// Those of the measured time, and of what was drained behind it.
    pub fn measured(&self) -> impl Iterator<Item = &Interval> {
        self.0.iter().filter(|interval| interval.phase != Phase::Warmup)
    }

    /// One latency of the measured time, and of what was drained behind it: the samples of all its intervals. `None` where
    /// there was none.
    pub fn total(&self, latency: impl Fn(&Interval) -> &Samples) -> Option<Recorder> {
        let mut total = None::<Recorder>;
        for interval in self.measured() {
            let samples = latency(interval);
            if samples.count() > 0 {
                samples.add_to(total.get_or_insert_default());
            }
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::{Live, Reading};

    #[test]
    fn the_whole_is_all_intervals_but_the_warm_up() {
        let (live, mut reading, mut timeline) = (Live::new(), Reading::new(), Timeline::default());
        let mut expected = Recorder::new();
        for (n, phase) in
            [Phase::Warmup, Phase::Measure, Phase::Measure, Phase::Drain].into_iter().enumerate()
        {
            for ns in 0..1_000 * (n as u64 + 1) {
                live.record(ns * 977);
                if phase != Phase::Warmup {
                    expected.record(ns * 977);
                }
            }
            let mut response = Samples::default();
            reading.take(&live, &mut response);
            let (start_ns, end_ns) = (n as u64, n as u64 + 1);
            let (sent, handled) = (None, Some(response.count()));
            let (service, lag) = Default::default();
            timeline.push(Interval { start_ns, end_ns, phase, sent, handled, response, service, lag });
        }
        let total = timeline.total(|interval| &interval.response).expect("samples");
        assert_eq!(total.histogram(), expected.histogram());
        assert!(timeline.total(|interval| &interval.lag).is_none());
    }
}

//! The latencies of open loads as logs: one for each figure, with an interval for each system in each round.

use crate::contest::BASE;
use crate::export::hlog::{self, Interval};
use crate::latency::Recorder;
use crate::peers::program::Orders;
use crate::peers::sink::Opened;
use crate::peers::task::Asked;
use std::time::{Duration, SystemTime};

/// What a load was measured, by when its process was begun.
#[derive(Debug)]
struct Seen {
    system: String,
    start: Duration,
    duration: Duration,
    /// How often each latency was seen: a small part of what a histogram takes, and there may be many.
    latency: Vec<(u64, u64)>,
}

/// The logs of a comparison.
#[derive(Debug)]
pub(super) struct Logs {
    began: SystemTime,
    each: Vec<(String, Vec<Seen>)>,
}

impl Logs {
    /// Of a comparison that begins now.
    pub(super) fn begin() -> Self {
        Self { began: SystemTime::now(), each: Vec::new() }
    }

    /// When the comparison began.
    pub(super) fn began(&self) -> SystemTime {
        self.began
    }

    /// Adds what a system's load was measured, whose process was begun so long after the comparison and has just ended.
    pub(super) fn push(
        &mut self,
        system: &str,
        orders: &Orders,
        asked: Asked,
        start: Duration,
        open: &Opened,
    ) {
        let duration = self.age().saturating_sub(start);
        let seen = Seen { system: system.to_owned(), start, duration, latency: open.latency.clone() };
        let name = name(orders, asked);
        match self.each.iter_mut().find(|(one, _)| *one == name) {
            Some((_, those)) => those.push(seen),
            None => self.each.push((name, vec![seen])),
        }
    }

    /// How long ago the comparison began.
    pub(super) fn age(&self) -> Duration {
        self.began.elapsed().unwrap_or_default()
    }

    /// Each log's name, and the log.
    ///
    /// # Errors
    /// In words, what cannot be written.
    pub(super) fn texts(&self) -> Result<Vec<(&str, String)>, String> {
        self.each.iter().map(|(name, those)| Ok((name.as_str(), self.text(name, those)?))).collect()
    }

    fn text(&self, name: &str, those: &[Seen]) -> Result<String, String> {
        // Readers need an interval without a tag, also where throng has none.
        let empty = Recorder::new();
        let (start, duration) = (Duration::ZERO, Duration::ZERO);
        let nothing = Interval { tag: None, start, duration, histogram: empty.histogram() };
        let none = (!those.iter().any(|one| one.system == BASE)).then_some(nothing);
        let recorded: Vec<Recorder> = those.iter().map(|one| Recorder::of(&one.latency)).collect();
        let each = those.iter().zip(&recorded).map(|(seen, recorder)| Interval {
            tag: (seen.system != BASE).then_some(seen.system.as_str()),
            start: seen.start,
            duration: seen.duration,
            histogram: recorder.histogram(),
        });
        let intervals: Vec<Interval<'_>> = none.into_iter().chain(each).collect();
        let mut log = Vec::new();
        let written = hlog::write(&mut log, self.began, &intervals);
        written.map_err(|error| format!("{name}: {error}"))?;
        String::from_utf8(log).map_err(|error| format!("{name}: {error}"))
    }
}

/// Of a log: the load, and the setting.
fn name(orders: &Orders, asked: Asked) -> String {
    let load = asked.to_string().replace(':', "-");
    let idle = if orders.idle > 0 { format!("-idle-{}", orders.idle) } else { String::new() };
    let used = if orders.used.is_zero() { "" } else { "-used" };
    format!("{load}-workers-{}{idle}{used}.hlog", orders.workers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn orders(idle: u64, used: u64) -> Orders {
        let (used, time) = (Duration::from_millis(used), Duration::from_millis(5));
        Orders { workers: 2, idle, used, time, asked: Vec::new() }
    }

    fn opened(latency: &[(u64, u64)]) -> Opened {
        let sent = latency.iter().map(|(_, count)| count).sum();
        Opened { latency: latency.to_vec(), sent, late: 0, took_ns: 1, disorder: 0 }
    }

    /// Each interval's tag, start, count and largest.
    fn read(log: &str) -> Vec<(Option<String>, Duration, u64, u64)> {
        let each = hlog::Reader::new(log.as_bytes()).map(|one| one.expect("whole"));
        let each = each.map(|one| (one.tag, one.start, one.histogram.len(), one.histogram.max()));
        each.collect()
    }

    #[test]
    fn a_load_has_a_log_of_all_systems_and_rounds() {
        let (load, at) = (Asked::parse("open:8:100000").expect("known"), Duration::from_millis);
        let mut logs = Logs::begin();
        for (system, start, latency) in [
            ("go", 3, [(250, 98), (9_000, 2)]),
            (BASE, 5, [(100, 7), (200, 1)]),
            ("go", 8, [(40, 1), (50, 3)]),
        ] {
            logs.push(system, &orders(0, 0), load, at(start), &opened(&latency));
        }
        logs.push("go", &orders(1_000, 0), load, at(9), &opened(&[(70, 2)]));
        logs.push("go", &orders(0, 1), load, at(10), &opened(&[(70, 2)]));
        let texts = logs.texts().expect("written");
        let names: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
        let all = ["", "-idle-1000", "-used"].map(|setting| format!("open-8-100000-workers-2{setting}.hlog"));
        assert_eq!(names, all);
        let go = Some("go".to_owned());
        let first = read(&texts[0].1);
        assert_eq!(
            first.iter().map(|(tag, start, count, _)| (tag.clone(), *start, *count)).collect::<Vec<_>>(),
            [(go.clone(), at(3), 100), (None, at(5), 8), (go.clone(), at(8), 4)]
        );
        assert_eq!(first[0].3, Recorder::of(&[(9_000, 1)]).histogram().max());
        // Where throng has none, who looks for its intervals finds that there is nothing.
        assert_eq!(
            read(&texts[1].1).iter().map(|(tag, _, count, _)| (tag.clone(), *count)).collect::<Vec<_>>(),
            [(None, 0), (go, 2)]
        );
    }
}

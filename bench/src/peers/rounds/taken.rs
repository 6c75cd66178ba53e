//! One figure while it is taken: what each system came to in each round, and which go on.

use crate::contest::{BASE, Contest, Contestant, STATES, Standing, Unit};
use crate::latency::Recorder;
use crate::peers::answer::Row;
use crate::peers::program::Orders;
use crate::peers::task::Asked;
use crate::price::figure::Figure;
use crate::series::verdict::{Verdict, band};
use crate::settled;
use crate::statistics::median;
use crate::units;

/// How much longer than its plan an open load may take: a system that cannot keep the rate falls behind by more with every second.
/// The load ends with the last send: an unbounded system that only queues keeps the rate, and its latencies tell of it.
const MISSED: f64 = 1.01;
/// So much longer in any case, in nanoseconds: the generator or the last actor may have lost its processor just at the end.
const PAUSED: f64 = 10e6;

/// One figure of all systems.
#[derive(Debug)]
pub(super) struct Taken {
    each: Vec<One>,
    /// The first system's second figures.
    again: Vec<Option<f64>>,
}

/// What is known of a process beside its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    /// The most memory that it had in use, where it did nothing else.
    pub(super) peak: Option<f64>,
    /// What crossing between the processors took just before it.
    pub(super) cross_core_ns: Option<f64>,
}

/// One system's.
#[derive(Debug, Default)]
struct One {
    values: Vec<Option<f64>>,
    peaks: Vec<Option<f64>>,
    wholes: Vec<Option<f64>>,
    crossings: Vec<Option<f64>>,
    messages: u64,
    iterations: usize,
    drifting: u32,
    disorder: u64,
    late: u64,
    latency: Option<Recorder>,
    /// Why it was not even tried when it was last asked: what came before it failed.
    untried: Option<String>,
    /// Why there is none any more, and whether that is because work was not done as it was to be.
    ended: Option<(String, bool)>,
}

impl Taken {
    pub(super) fn new(systems: usize) -> Self {
        let each = (0..systems).map(|_| One::default()).collect();
        Self { each, again: Vec::new() }
    }

    /// Whether the system is asked again.
    pub(super) fn goes_on(&self, system: usize) -> bool {
        self.each[system].ended.is_none()
    }

    /// It has no figure, and is not asked again.
    pub(super) fn ended(&mut self, system: usize, why: &str, wrong: bool) {
        self.each[system].ended = Some((why.to_owned(), wrong));
    }

    /// It was not tried, for another failed before it: it is asked again, but for where there was `nothing` twice for the same reason.
    pub(super) fn untried(&mut self, system: usize, why: &str, nothing: bool) {
        if nothing && self.each[system].untried.as_deref() == Some(why) {
            return self.ended(system, &not_tried(why), false);
        }
        self.each[system].untried = Some(why.to_owned());
    }

    /// The first system once more.
    pub(super) fn again(&mut self, system: usize, round: u32, asked: Asked, row: &Row) {
        match value(asked, row) {
            Ok(value) => place(&mut self.again, round, value),
            Err(why) => self.ended(system, &why, false),
        }
    }

    /// What a system answered.
    pub(super) fn measured(&mut self, system: usize, round: u32, asked: Asked, row: &Row, beside: Beside) {
        let value = match value(asked, row) {
            Ok(value) => value,
            Err(why) => return self.ended(system, &why, false),
        };
        let one = &mut self.each[system];
        place(&mut one.values, round, value);
        for (each, value) in [(&mut one.peaks, beside.peak), (&mut one.crossings, beside.cross_core_ns)] {
            if let Some(value) = value {
                place(each, round, value);
            }
        }
        one.messages = row.messages;
        one.iterations += row.ns.len();
        one.drifting += u32::from(settled::drift(&row.ns));
        one.disorder += row.disorder;
        if let Some(open) = &row.open {
            one.late += open.late;
            one.latency.get_or_insert_default().merge(&Recorder::of(&open.latency));
        }
    }

    /// The most memory that a process had in use which did more than this.
    pub(super) fn whole(&mut self, system: usize, round: u32, bytes: f64) {
        place(&mut self.each[system].wholes, round, bytes);
    }

    /// The figure, when all rounds are over.
    pub(super) fn contest(
        self,
        systems: &[Contestant],
        orders: &Orders,
        asked: Asked,
        unit: Unit,
    ) -> Contest {
        let base = systems.iter().position(|system| system.name == BASE);
        // What failed is nothing to set others beside.
        let base = base.map(|at| &self.each[at]).filter(|base| base.ended.is_none());
        let (base, base_crossings): (Vec<Option<f64>>, Vec<Option<f64>>) =
            base.map(|base| (base.values.clone(), base.crossings.clone())).unwrap_or_default();
        let again = Figure::beside(&self.again, &base, |again, first| again / first);
        let band = again.as_ref().map(|again| band(&again.over_rounds));
        let standing = |(system, one): (&Contestant, One)| {
            // One worker crosses nothing.
            let unlike =
                if orders.workers > 1 { unlike(&one.crossings, &base_crossings) } else { Vec::new() };
            let is_unlike = |round: usize| unlike.get(round).is_some_and(|unlike| *unlike);
            let alike = |(round, value): (usize, &Option<f64>)| value.filter(|_| !is_unlike(round));
            let alike: Vec<Option<f64>> = one.values.iter().enumerate().map(alike).collect();
            let ratio = Figure::beside(&alike, &base, |value, base| value / base);
            let verdict = ratio.as_ref().zip(band).map(|(ratio, band)| Verdict::of(&ratio.over_rounds, band));
            let untried = one.untried.filter(|_| one.values.is_empty()).map(|why| (not_tried(&why), false));
            let (why, wrong) = one.ended.or(untried).unzip();
            Standing {
                name: system.name.clone(),
                value: Figure::of(one.values),
                ratio,
                differs: verdict.map(|verdict| verdict == Verdict::Different),
                messages: one.messages,
                iterations: one.iterations,
                peak_bytes: Figure::of(one.peaks),
                whole_bytes: Figure::of(one.wholes),
                cross_core_ns: Figure::of(one.crossings),
                unlike: unlike.iter().filter(|unlike| **unlike).count() as u32,
                drifting: one.drifting,
                latency: one.latency.map(|latency| latency.summary()),
                disorder: one.disorder,
                late: one.late,
                why,
                wrong: wrong.unwrap_or(false),
            }
        };
        Contest {
            asked: asked.to_string(),
            unit,
            workers: orders.workers,
            idle: orders.idle,
            used: !orders.used.is_zero(),
            standings: systems.iter().zip(self.each).map(standing).collect(),
            again,
        }
    }
}

/// In which rounds the processors were in another state for the one than for the other: nobody knows of others.
fn unlike(one: &[Option<f64>], base: &[Option<f64>]) -> Vec<bool> {
    let apart = |(one, base): (&Option<f64>, &Option<f64>)| {
        one.zip(*base).is_some_and(|(one, base)| one > STATES * base || base > STATES * one)
    };
    one.iter().zip(base).map(apart).collect()
}

fn not_tried(why: &str) -> String {
    format!("not tried: {why}")
}

/// Puts a value to its round, from 1; rounds that had none before it stay empty.
fn place(each: &mut Vec<Option<f64>>, round: u32, value: f64) {
    each.resize_with(round as usize - 1, || None);
    each.push(Some(value));
}

/// What a row comes to.
fn value(asked: Asked, row: &Row) -> Result<f64, String> {
    let value = match asked {
        Asked::Work(_) => median(&row.ns).filter(|_| row.messages > 0).map(|ns| ns / row.messages as f64),
        Asked::Memory(_) => row.bytes_per_actor,
        Asked::Open { rate, .. } => {
            let open = row.open.as_ref().ok_or("an answer without latencies")?;
            let planned = open.sent as f64 / rate as f64 * 1e9;
            if open.took_ns as f64 > MISSED * planned + PAUSED {
                let kept = open.sent as f64 / open.took_ns as f64 * 1e9;
                return Err(format!("it took {} of {}", units::rate(kept), units::rate(rate as f64)));
            }
            Recorder::of(&open.latency).summary().p50.map(|ns| ns as f64)
        }
    };
    value.filter(|value| value.is_finite() && *value > 0.0).ok_or_else(|| "an answer without a figure".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::system::SYSTEMS;
    use std::time::Duration;

    /// throng takes 10 ns an iteration in each round, the other so much, while crossing takes so long.
    fn contest(workers: u64, rounds: &[(f64, f64, f64)]) -> Contest {
        let asked = Asked::parse("ask:2:1").expect("known");
        let mut taken = Taken::new(2);
        for (n, (ns, own, other)) in rounds.iter().enumerate() {
            for (system, ns, crossing) in [(0, 10.0, *own), (1, *ns, *other)] {
                let row = Row { ns: vec![ns], messages: 1, ..Row::default() };
                let beside = Beside { peak: None, cross_core_ns: Some(crossing) };
                taken.measured(system, n as u32 + 1, asked, &row, beside);
            }
        }
        let systems: Vec<Contestant> = SYSTEMS.iter().take(2).map(|system| system.contestant()).collect();
        let (used, time) = (Duration::ZERO, Duration::from_millis(1));
        taken.contest(
            &systems,
            &Orders { workers, idle: 0, used, time, asked: vec![asked] },
            asked,
            Unit::Time,
        )
    }

    #[test]
    fn a_ratio_is_of_rounds_in_one_state_of_the_machine() {
        let rounds = [(20.0, 60.0, 80.0), (90.0, 60.0, 95.0), (95.0, 200.0, 120.0), (40.0, 200.0, 210.0)];
        let of = |contest: Contest| {
            let other = &contest.standings[1];
            let ratio = other.ratio.as_ref().map(|ratio| ratio.each.clone());
            (ratio, other.unlike, other.value.as_ref().map_or(0, |value| value.over_rounds.runs))
        };
        assert_eq!(of(contest(2, &rounds)), (Some(vec![Some(2.0), None, None, Some(4.0)]), 2, 4));
        assert_eq!(of(contest(2, &rounds[1..3])), (None, 2, 2), "nothing is left of it");
        let all = Some(vec![Some(2.0), Some(9.0), Some(9.5), Some(4.0)]);
        assert_eq!(of(contest(1, &rounds)), (all, 0, 4), "one worker crosses nothing");
    }

    #[test]
    fn times_that_go_on_to_fall_are_counted_by_the_rounds() {
        let asked = Asked::parse("ask:2:1").expect("known");
        let mut taken = Taken::new(1);
        let falling: Vec<f64> = (0..12).map(|n| 100.0 - 5.0 * f64::from(n)).collect();
        for (round, ns) in [(1, falling.clone()), (2, vec![50.0; 12]), (3, falling[..9].to_vec())] {
            let row = Row { ns, messages: 1, ..Row::default() };
            taken.measured(0, round, asked, &row, Beside { peak: None, cross_core_ns: None });
        }
        assert_eq!(taken.each[0].drifting, 1, "nine say nothing");
    }
}

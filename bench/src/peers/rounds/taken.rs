//! One figure while it is taken: what each system came to in each round, and which go on.

use crate::contest::{BASE, Contest, Contestant, Standing, Unit};
use crate::latency::Recorder;
use crate::peers::answer::Row;
use crate::peers::program::Orders;
use crate::peers::sink::Opened;
use crate::peers::task::Asked;
use crate::price::figure::Figure;
use crate::series::verdict::{Verdict, band};
use crate::statistics::median;
use crate::units;

/// How much longer than its plan an open load may take: a system that cannot keep the rate falls behind by more with every second.
/// The load ends with the last send: an unbounded system that only queues keeps the rate, and its latencies tell of it.
const MISSED: f64 = 1.01;
/// So much longer in any case, in nanoseconds: the generator or the last actor may have lost its processor just at the end.
const PAUSED: f64 = 20e6;

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
    crossings: Vec<Option<f64>>,
    messages: u64,
    iterations: usize,
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
        one.disorder += row.disorder;
        if let Some(open) = &row.open {
            one.late += open.late;
            one.latency.get_or_insert_default().merge(&recorded(open));
        }
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
        let base: Vec<Option<f64>> = base.map(|base| base.values.clone()).unwrap_or_default();
        let again = Figure::beside(&self.again, &base, |again, first| again / first);
        let band = again.as_ref().map(|again| band(&again.over_rounds));
        let standing = |(system, one): (&Contestant, One)| {
            let ratio = Figure::beside(&one.values, &base, |value, base| value / base);
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
                cross_core_ns: Figure::of(one.crossings),
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
            recorded(open).summary().p50.map(|ns| ns as f64)
        }
    };
    value.filter(|value| value.is_finite() && *value > 0.0).ok_or_else(|| "an answer without a figure".into())
}

fn recorded(open: &Opened) -> Recorder {
    let mut all = Recorder::new();
    for (ns, count) in &open.latency {
        all.record_n(*ns, *count);
    }
    all
}

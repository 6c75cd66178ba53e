//! The price list, `prices/1`: every feature in a fresh process for each figure, in rounds there and back.

use super::feature::Feature;
use super::measure::{self, Measure, Sizes};
use super::pair::MESSAGE_BYTES;
use crate::alone::answer::{FAILED, WRONG};
use crate::alone::asking::{End, Program};
use crate::alone::spoiled::Spoiled;
use crate::export::set::FileSet;
use crate::interrupt::INTERRUPTED;
use crate::price::figure::Figure;
use crate::price::{Price, Timed, Weighed, Work};
use crate::probe;
use crate::series::certified::Certified;
use crate::series::load::{Validity, pretty};
use crate::utc;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// The name and version of the JSON.
pub const SCHEMA: &str = "prices/1";
const FILES: [&str; 3] = ["env.json", "summary.md", "run.json"];

/// What to measure.
#[derive(Debug)]
pub struct Plan<'a> {
    /// By what.
    pub program: &'a Program,
    /// Which features, in the order of the list; [`Feature::Base`] is among them.
    pub features: &'a [Feature],
    /// How often each.
    pub rounds: u32,
    /// How much work a figure takes.
    pub sizes: Sizes,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
}

/// The list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Prices {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// What each figure is of.
    pub work: Work,
    /// Each feature, the base first.
    pub features: Vec<Price>,
    /// Whether all work was done as it was to be.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// A list that was measured.
#[derive(Debug)]
pub struct Outcome {
    /// The list.
    pub prices: Prices,
    /// The exit code it comes to: 0, 1 where a figure could not be had, 5 where work was not done as it was to be, 130
    /// interrupted.
    pub exit: u8,
}

/// One row's values: by measure, of each round that was begun.
type Taken = [Vec<Option<f64>>; Measure::ALL.len()];

/// Measures it, one figure after the other, until all are there, `stop` is raised or one is spoiled: a list that does
/// not hold is not worth its time. `progress` is told of each round, and within it of each figure.
pub fn run(plan: Plan<'_>, stop: &AtomicBool, progress: &mut dyn FnMut(&str)) -> Outcome {
    let began = SystemTime::now();
    let (certified, cross_before) = (Certified::begin(), probe::cross_core_ns());
    let mut taken: Vec<Taken> = vec![Taken::default(); plan.features.len()];
    let mut wrong = Vec::new();
    let mut exit = 0;
    for (round, measure, row) in order(plan.rounds, plan.features.len()) {
        let feature = plan.features[row];
        let place = format!("round {round} of {}: {}, {}", plan.rounds, feature.name(), measure.name());
        progress(&place);
        let values = &mut taken[row][measure as usize];
        match measure::take(plan.program, feature, measure, plan.sizes, stop) {
            Ok(value) => values.push(value),
            Err(End::Interrupted) => break,
            Err(End::Spoiled(spoiled)) => {
                let (code, why) = match spoiled {
                    Spoiled::Wrong(why) => (WRONG, why),
                    Spoiled::Failed(why) => (FAILED, why),
                };
                exit = code;
                wrong.push(format!("{place}: {why}"));
                break;
            }
        }
    }
    let begun = taken.iter().flatten().map(Vec::len).max().unwrap_or(0);
    taken.iter_mut().flatten().for_each(|values| values.resize(begun, None));
    let interrupted = stop.load(Ordering::Relaxed);
    if exit == 0 && interrupted {
        exit = INTERRUPTED;
    }
    let mut env = certified.end_without_seed();
    env.insert("cross_core_ns".into(), json!({"before": cross_before, "after": probe::cross_core_ns()}));
    let prices = Prices {
        schema: SCHEMA.into(),
        command: plan.command,
        started: utc::readable(began),
        rounds: plan.rounds,
        work: Work {
            items: plan.sizes.items,
            chunk: measure::CHUNK,
            actors: plan.sizes.actors,
            message_bytes: MESSAGE_BYTES,
            quick: plan.sizes != Sizes::FULL,
        },
        features: rows(plan.features, &taken),
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env,
    };
    Outcome { prices, exit }
}

/// What is measured after what: the round from 1, the measure, and the row. Rounds go there and back in turns, so that no
/// feature always comes at the same place.
fn order(rounds: u32, rows: usize) -> impl Iterator<Item = (u32, Measure, usize)> {
    (1..=rounds).flat_map(move |round| {
        let back = round % 2 == 0;
        let row = move |n: usize| if back { rows - 1 - n } else { n };
        Measure::ALL.into_iter().flat_map(move |measure| (0..rows).map(move |n| (round, measure, row(n))))
    })
}

fn rows(features: &[Feature], taken: &[Taken]) -> Vec<Price> {
    let base = features.iter().position(|feature| *feature == Feature::Base).map(|row| &taken[row]);
    let beside = |values: &Taken, measure: Measure, by: fn(f64, f64) -> f64| {
        Figure::beside(&values[measure as usize], &base?[measure as usize], by)
    };
    let timed = |values: &Taken, measure: Measure| Timed {
        ns_per_message: Figure::of(values[measure as usize].clone()),
        ratio: beside(values, measure, |with, base| with / base),
    };
    let row = |(feature, values): (&Feature, &Taken)| Price {
        feature: feature.name().into(),
        words: feature.words().into(),
        stream: timed(values, Measure::Stream),
        ping_pong: timed(values, Measure::PingPong),
        actor: Weighed {
            bytes_per_actor: Figure::of(values[Measure::Actor as usize].clone()),
            more: beside(values, Measure::Actor, |with, base| with - base),
        },
    };
    features.iter().zip(taken).map(row).collect()
}

impl Outcome {
    /// Writes the files into `folder`; `summary` is the list as Markdown. Those of one that does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        let texts = [pretty(&self.prices.env), summary.to_owned(), pretty(&self.prices)];
        FileSet::save(folder, self.prices.validity.valid, FILES.into_iter().zip(texts))
    }
}

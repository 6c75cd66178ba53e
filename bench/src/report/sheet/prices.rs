//! The page of a price list: `prices/1`.

use std::path::Path;

use crate::price::figure::Figure;
use crate::price::{Price, whole_rounds};
use crate::report::cards::{self, Row};
use crate::report::raw::place::series;
use crate::report::raw::prices::Prices;
use crate::report::raw::refused::Refused;
use crate::report::rendered::{Plots, Rendered, Sheet};
use crate::report::verdict;
use crate::statistics::BOOTSTRAP_FROM;
use crate::units;

/// The feature that the others are set against.
const BASE: &str = "base";

/// The page of the list whose JSON is `file`.
///
/// # Errors
/// The file is damaged.
pub fn render(file: &Path) -> Result<Rendered, Refused> {
    let prices: Prices = series(file)?;
    Ok(Sheet {
        title: "What each feature costs".to_owned(),
        verdict: verdict::html(&prices.validity, &said(&prices)),
        started: Some(&prices.started),
        tables: vec![("Prices", table(&prices))],
        plots: Plots::elsewhere("a price list is a table: there is nothing to draw"),
        options: &serde_json::Value::Null,
        env: &prices.env,
        command: &prices.command,
    }
    .render())
}

fn said(prices: &Prices) -> String {
    let (interrupted, work) = (prices.validity.interrupted, &prices.work);
    let done = whole_rounds(&prices.features, work, interrupted);
    let rounds = units::counted(prices.rounds.into(), "round");
    let mut said = format!("{done} of {rounds}, ");
    said.push_str(&units::counted(prices.features.len() as u64, "feature"));
    said.push_str(&format!(
        ". One worker, messages of {} bytes, {} a run; a stream sends {} before its receiver has a turn. Bytes are those of \
         each of {} idle actors that have used the feature once. Medians, the smallest and the largest in brackets; what is to \
         the base is to that of the same round, with its 95 % bootstrap interval from {BOOTSTRAP_FROM} rounds on.",
        work.message_bytes,
        units::count(work.items),
        work.chunk,
        units::count(work.actors)
    ));
    if done > 0 && prices.features.iter().any(|price| price.actor.bytes_per_actor.is_none()) {
        said.push_str(" Where no bytes are told, there were too few actors to weigh.");
    }
    if work.quick {
        said.push_str(" QUICK: to see that it works, no figures to go by.");
    }
    said
}

fn table(prices: &Prices) -> String {
    let row = |price: &Price| {
        let is_base = price.feature == BASE;
        // What the base is to itself says nothing.
        let of = |figure: &Option<Figure>, told: fn(f64) -> String| {
            figure.as_ref().filter(|_| !is_base).map(|figure| figure.with_interval(told))
        };
        let time = |figure: &Option<Figure>| figure.as_ref().map(|figure| figure.ranged(units::time));
        Row {
            head: price.words.replace('`', ""),
            cells: vec![
                time(&price.stream.ns_per_message),
                of(&price.stream.ratio, |ratio| format!("{ratio:.2}")),
                time(&price.ping_pong.ns_per_message),
                of(&price.ping_pong.ratio, |ratio| format!("{ratio:.2}")),
                price
                    .actor
                    .bytes_per_actor
                    .as_ref()
                    .map(|figure| figure.ranged(|bytes| format!("{bytes:.0}"))),
                // With its sign, and no minus before nothing.
                of(&price.actor.more, |bytes| format!("{:+}", bytes.round() as i64)),
            ],
            note: String::new(),
        }
    };
    let rows: Vec<Row> = prices.features.iter().map(row).collect();
    let heads = [
        "Switched on",
        "Stream, a message",
        "to the base",
        "Ping-pong, a message",
        "ping-pong to the base",
        "Bytes an actor",
        "more",
    ];
    cards::html("prices", &heads, &rows)
}

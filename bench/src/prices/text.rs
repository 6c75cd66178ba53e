//! The price list in words: for a terminal, and as Markdown.

use super::list::Prices;
use crate::price::figure::Figure;
use crate::price::{Price, Timed, whole_rounds};
use crate::series::load_text::{aligned, origin, ruled};
use crate::statistics::BOOTSTRAP_FROM;
use crate::units;
use std::fmt::Write;

/// What stands where nothing was measured.
const NOTHING: &str = "-";
pub(super) const HEADS: [&str; 7] = [
    "switched on",
    "stream, ns a message",
    "to the base",
    "ping-pong, ns a message",
    "to the base",
    "bytes an actor",
    "more",
];

/// For a terminal.
pub fn text(prices: &Prices) -> String {
    let mut out = format!("{}\n", headline(prices));
    for wrong in &prices.validity.wrong {
        let _ = writeln!(out, "  wrong: {wrong}");
    }
    let _ = write!(out, "\n{}", aligned(&HEADS, &rows(prices)));
    out + "\n" + &legend(prices)
}

/// For a document: the same.
pub fn markdown(prices: &Prices) -> String {
    let mut out = format!("# {}\n\n", headline(prices));
    for wrong in &prices.validity.wrong {
        let _ = writeln!(out, "- wrong: {wrong}\n");
    }
    let _ = write!(out, "{}", ruled(&HEADS, &rows(prices)));
    out + "\n" + &legend(prices) + &origin(&prices.started, &prices.command)
}

/// Of this list.
fn rounds_done(prices: &Prices) -> usize {
    whole_rounds(&prices.features, &prices.work, prices.validity.interrupted)
}

fn headline(prices: &Prices) -> String {
    let (done, planned, features) = (rounds_done(prices), prices.rounds as usize, prices.features.len());
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let mut line = if done == planned {
        format!("prices, {planned} round{}", plural(planned))
    } else {
        format!("prices, {done} of {planned} rounds")
    };
    let _ = write!(line, ", {features} feature{}", plural(features));
    if prices.validity.interrupted {
        line.push_str(", interrupted");
    }
    if !prices.validity.valid {
        line.push_str(", NOT VALID");
    }
    line
}

fn rows(prices: &Prices) -> Vec<Vec<String>> {
    let row = |price: &Price| {
        // The base is what it is set against: its own ratio says nothing.
        let is_base = price.feature == "base";
        let mut cells = vec![price.words.clone()];
        for Timed { ns_per_message, ratio } in [&price.stream, &price.ping_pong] {
            cells.push(figure(ns_per_message, |ns| format!("{ns:.1}")));
            cells.push(if is_base { "1".into() } else { beside(ratio, |ratio| format!("{ratio:.2}")) });
        }
        cells.push(figure(&price.actor.bytes_per_actor, |bytes| format!("{bytes:.0}")));
        cells.push(if is_base { "0".into() } else { beside(&price.actor.more, whole) });
        cells
    };
    prices.features.iter().map(row).collect()
}

/// With its sign, and no minus before nothing.
fn whole(bytes: f64) -> String {
    format!("{:+}", bytes.round() as i64)
}

/// The median, and the smallest and the largest where there are several.
fn figure(figure: &Option<Figure>, told: impl Fn(f64) -> String) -> String {
    figure.as_ref().map_or_else(|| NOTHING.into(), |figure| figure.ranged(told))
}

/// The median, and its interval where the rounds have one.
fn beside(figure: &Option<Figure>, told: impl Fn(f64) -> String) -> String {
    figure.as_ref().map_or_else(|| NOTHING.into(), |figure| figure.with_interval(told))
}

fn legend(prices: &Prices) -> String {
    let work = &prices.work;
    let rounds = rounds_done(prices);
    let mut out = format!("Medians of {rounds} round{}", if rounds == 1 { "" } else { "s" });
    if rounds > 1 {
        out.push_str(", smallest and largest in brackets");
    }
    out.push_str("; ratios and what is more are to the base of the same round");
    if rounds >= BOOTSTRAP_FROM {
        out.push_str(", with their 95 % bootstrap interval");
    }
    let _ = writeln!(
        out,
        ".\nOne worker, messages of {} bytes, {} a run; a stream sends {} before its receiver has a turn, and never fills\n\
         the mailbox. Of an ask, question and answer are a message each; of a notice, the right to it and the notice.\n\
         Bytes are the growth of the process by each of {} idle actors that have used the feature once; those of a flow\n\
         are of both its ends.",
        work.message_bytes,
        units::count(work.items),
        work.chunk,
        units::count(work.actors),
    );
    if rounds > 0 && prices.features.iter().any(|price| price.actor.bytes_per_actor.is_none()) {
        out.push_str("Where no bytes are told, there were too few actors to weigh.\n");
    }
    if work.quick {
        out.push_str("QUICK: to see that it works, no figures to go by.\n");
    }
    out
}

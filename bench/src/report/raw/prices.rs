//! What the JSON of a price list holds, `prices/1`, as far as its page shows it.

use serde::Deserialize;
use serde_json::Value;

use super::bounded::{few, short};
use super::shape::Validity;
use crate::statistics::Estimate;

/// `prices/1`: what each feature costs.
#[derive(Debug, Deserialize)]
pub struct Prices {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// What each figure is of.
    pub work: Work,
    /// Each feature, the base first.
    #[serde(deserialize_with = "few")]
    pub features: Vec<Price>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

/// How much work a figure is of.
#[derive(Debug, Deserialize)]
pub struct Work {
    /// Items of a stream or a ping-pong.
    pub items: u64,
    /// Items that a stream sends before its receiver has a turn.
    pub chunk: u64,
    /// Actors of a crowd.
    pub actors: u64,
    /// The size of a message.
    pub message_bytes: u64,
    /// Whether it is too little for figures to go by.
    pub quick: bool,
}

/// A feature.
#[derive(Debug, Deserialize)]
pub struct Price {
    /// Its name.
    pub feature: String,
    /// What is switched on, in words of Markdown.
    pub words: String,
    /// In a stream.
    pub stream: Timed,
    /// In a ping-pong.
    pub ping_pong: Timed,
    /// Of an idle actor.
    pub actor: Weighed,
}

/// What it costs in time.
#[derive(Debug, Deserialize)]
pub struct Timed {
    /// Nanoseconds a message.
    pub ns_per_message: Option<Figure>,
    /// The same to the base of its round.
    pub ratio: Option<Figure>,
}

/// What it costs in memory.
#[derive(Debug, Deserialize)]
pub struct Weighed {
    /// Growth of the process with each actor.
    pub bytes_per_actor: Option<Figure>,
    /// The same beyond the base of its round.
    pub more: Option<Figure>,
}

/// A figure over the rounds; each round's own is not shown.
#[derive(Debug, Deserialize)]
pub struct Figure {
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
    /// The median and its interval.
    pub over_rounds: Estimate,
}

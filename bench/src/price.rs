//! A row of the price list: what it holds is measured by one and shown by another.

pub mod figure;

use figure::Figure;
use serde::{Deserialize, Serialize};

/// How much work a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Items of a stream or a ping-pong.
    pub items: u64,
    /// Items that a stream sends before its receiver has a turn.
    pub chunk: u32,
    /// Actors of a crowd.
    pub actors: u64,
    /// The size of a message; of notices it is another.
    pub message_bytes: usize,
    /// Whether it is too little for figures to go by.
    pub quick: bool,
}

/// A row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Price {
    /// The feature's name.
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timed {
    /// Nanoseconds a message.
    pub ns_per_message: Option<Figure>,
    /// The same to the base of its round.
    pub ratio: Option<Figure>,
}

/// What it costs in memory.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Weighed {
    /// Growth of the process with each actor; `None` where they are too few to weigh.
    pub bytes_per_actor: Option<Figure>,
    /// The same beyond the base of its round.
    pub more: Option<Figure>,
}

/// Rounds in which every figure is there; actors that are too few to weigh have none in any. In a list that was
/// `interrupted` a weight may also be missing because its turn did not come.
pub fn whole_rounds(features: &[Price], work: &Work, interrupted: bool) -> usize {
    let weighed = interrupted && !work.quick;
    let figures = |price: &Price| {
        let times = [&price.stream.ns_per_message, &price.ping_pong.ns_per_message];
        let bytes = Some(&price.actor.bytes_per_actor).filter(|figure| weighed || figure.is_some());
        let runs = |figure: &Option<Figure>| figure.as_ref().map_or(0, |figure| figure.over_rounds.runs);
        times.into_iter().chain(bytes).map(runs).collect::<Vec<_>>()
    };
    features.iter().flat_map(figures).min().unwrap_or(0)
}

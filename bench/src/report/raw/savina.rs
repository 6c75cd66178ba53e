//! What the JSON of a Savina suite holds, `savina/1`, as far as its page shows it.

use serde::Deserialize;
use serde_json::Value;

use super::shape::Validity;
use crate::json_bounds::{few, short};
use crate::timing::Timing;

/// `savina/1`: every workload of the suite.
#[derive(Debug, Deserialize)]
pub struct Savina {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// How much work an iteration was.
    pub size: String,
    /// How many workers all are.
    pub workers: usize,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// Each workload.
    #[serde(deserialize_with = "few")]
    pub rows: Vec<Timing>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

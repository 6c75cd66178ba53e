//! What the JSON of a comparison of systems holds, `peers/1`, as far as its page shows it.

use serde::Deserialize;
use serde_json::Value;

use super::shape::Validity;
use crate::contest::{Contest, Contestant};
use crate::json_bounds::{few, short};

/// `peers/1`: every figure of every system.
#[derive(Debug, Deserialize)]
pub struct Peers {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// Of the order of the systems.
    pub seed: u64,
    /// Every system.
    #[serde(deserialize_with = "few")]
    pub systems: Vec<Contestant>,
    /// Every figure.
    #[serde(deserialize_with = "few")]
    pub contests: Vec<Contest>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

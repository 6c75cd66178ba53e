//! What the JSON of a price list holds, `prices/1`, as far as its page shows it.

use serde::Deserialize;
use serde_json::Value;

use super::shape::Validity;
use crate::json_bounds::{few, short};
use crate::price::{Price, Work};

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

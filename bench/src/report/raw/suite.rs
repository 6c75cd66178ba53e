//! What the JSON of several loads of one file holds, `series/1`, as far as its page shows it.

use serde::Deserialize;
use serde_json::Value;

use super::shape::{Latencies, Validity};
use crate::json_bounds::{few, short};
use crate::statistics::Estimate;

/// One load of a series.
#[derive(Debug, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Where its files are.
    pub folder: String,
    /// Whether it holds.
    pub valid: bool,
    /// Why not.
    pub why: Option<String>,
    /// The workload's name.
    pub workload: String,
    /// What its figures count; none in older files.
    pub counts: Option<String>,
    /// Messages a second.
    pub msgs_per_s: Option<Estimate>,
    /// Nanoseconds a message.
    pub ns_per_msg: Option<Estimate>,
    /// Its latencies, merged over its runs.
    pub latency_ns: Latencies,
}

/// `series/1`: the loads of one file.
#[derive(Debug, Deserialize)]
pub struct Suite {
    /// The words that repeat it.
    pub command: Vec<String>,
    /// When it began: UTC.
    pub started: String,
    /// The file's name.
    pub profile_file: String,
    /// Each load.
    #[serde(deserialize_with = "few")]
    pub loads: Vec<Listed>,
    /// Whether it holds.
    pub validity: Validity,
    /// The machine and the build.
    #[serde(default, deserialize_with = "short")]
    pub env: Value,
}

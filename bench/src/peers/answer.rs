//! What a system's program says: one JSON object on the last line of stdout.

use super::sink::Opened;
use serde::{Deserialize, Serialize};

/// All that a process measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The system's name in the list.
    pub peer: String,
    /// Its version, as its package has it.
    pub version: String,
    /// How it is used, in a line: what its documentation says is fastest.
    pub how: String,
    /// One for each that was asked, in that order.
    pub rows: Vec<Row>,
    /// The most memory that the process ever had in use.
    pub peak_bytes: Option<u64>,
}

/// What came of one that was asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    /// As it was asked: `NAME:ACTORS:MESSAGES`.
    pub asked: String,
    /// Nanoseconds of each iteration that counts.
    pub ns: Vec<f64>,
    /// How many messages (actors in create, questions in ask) one was.
    pub messages: u64,
    /// Messages of one sender that another of the same sender overtook, of all iterations.
    pub disorder: u64,
    /// What an idle actor takes, its address among that.
    pub bytes_per_actor: Option<f64>,
    /// Latencies of an open load.
    pub open: Option<Opened>,
    /// Why there is nothing of it, if so.
    pub why: Option<String>,
    /// Whether that is because work was not done as it was to be.
    pub wrong: bool,
}

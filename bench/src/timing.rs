//! A row of the Savina suite: what it holds is measured by one and shown by another.

use crate::json_bounds::short;
use crate::price::figure::Figure;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A workload over the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timing {
    /// The workload's name.
    pub name: String,
    /// What an iteration is, in words.
    pub words: String,
    /// Whether every iteration was as its oracle and the ledger have it; `false` also where none was.
    pub verified: bool,
    /// Why it is not.
    pub why: Option<String>,
    /// Messages of an iteration, the median where they differ.
    pub messages: Option<f64>,
    /// With all workers.
    pub all: Option<Speed>,
    /// With one.
    pub one: Option<Speed>,
    /// How many times as fast all workers are as one; `None` where there is but one.
    pub speed_up: Option<Figure>,
    /// Iterations that count, of all processes.
    pub iterations: usize,
    /// Iterations before them.
    pub warm_up: usize,
    /// Whether the times became steady in every warm-up.
    pub steady: bool,
    /// Suspensions on a full mailbox, of all processes.
    pub mutes: u64,
    /// Where all messages of the last process with all workers went.
    #[serde(default, deserialize_with = "short")]
    pub ledger: Value,
}

/// How fast, by the rounds; of each the median of its iterations.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Speed {
    /// Nanoseconds an iteration.
    pub ns_per_iteration: Figure,
    /// Messages a second.
    pub msgs_per_s: Figure,
    /// Nanoseconds a message.
    pub ns_per_msg: Figure,
}

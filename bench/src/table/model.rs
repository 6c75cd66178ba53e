//! The table as data: what `table.json` holds, schema `table/1`.
//!
//! All times are nanoseconds; latencies have fractions, as a sample may be the mean of many trips. `measured` is `None` where a row could not be
//! measured here; then `note` says why, and the claim still stands beside it.

use serde::{Deserialize, Serialize};

/// The schema name written into every file of this shape.
pub const SCHEMA: &str = "table/1";

/// The whole table.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Table {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The machine and build it was measured on: an object of plain values, see the run certificate.
    pub env: serde_json::Value,
    /// One row a system, in the order they are shown.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether it is a result: some system was measured.
    pub fn holds(&self) -> bool {
        self.rows.iter().any(|row| row.measured.is_some())
    }
}

/// One system: what the document says of it, and what was measured here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Row {
    /// The system's name: `multiprocessing`, `asyncio`, `pykka`, `thespian-simple`, `thespian-queue`,
    /// `thespian-tcp`, `beam`, `throng`.
    pub name: String,
    /// What the document claims; `None` for a system it does not name.
    pub claim: Option<Claim>,
    /// What this machine did; `None` where it could not be measured, and `note` says why.
    pub measured: Option<Measured>,
    /// What a reader must know to read the row rightly; empty where there is nothing to say.
    #[serde(default)]
    pub note: String,
}

/// What the rows were run by; `None` for what is not here, and for what no row needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// The machine's Python 3.
    pub python: Option<String>,
    /// Erlang/OTP.
    pub otp: Option<String>,
    /// The package Pykka.
    pub pykka: Option<String>,
    /// The package Thespian.
    pub thespian: Option<String>,
}

/// The document's own words for a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Actors possible.
    pub actors: String,
    /// Latency per message.
    pub latency: String,
    /// Parallelism.
    pub parallelism: String,
}

/// What was measured. A single figure that could not be had is `None` and named in the row's note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Measured {
    /// Actors alive together, each of which answered a message afterwards. Never extrapolated.
    pub actors: u64,
    /// What ended the creation: `time`, `memory`, `target` or `threads`.
    pub actors_limit: String,
    /// One way latency: half of a ping-pong round trip.
    pub one_way_ns: Option<Latency>,
    /// Request and reply through the system's own ask.
    pub ask_ns: Option<Latency>,
    /// Messages a second into one counting receiver.
    pub msgs_per_s: Option<f64>,
    /// Growth of PSS per live idle actor that has handled one message.
    pub bytes_per_actor: Option<f64>,
    /// Independent pairs with 1 us of work a message: all workers against one.
    pub speedup: Option<f64>,
}

/// Percentiles of one latency, in nanoseconds a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Median; none where there are too few samples to tell, as for the next.
    pub p50: Option<f64>,
    /// 99th percentile.
    pub p99: Option<f64>,
    /// The largest sample.
    pub max: f64,
    /// How many messages one sample is the mean of: 1 where each round trip was stamped.
    pub batch: u64,
    /// How many samples there were.
    pub count: u64,
}

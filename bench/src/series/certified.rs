//! The machine while a series ran: what does not change, and the load before and after.

use crate::clock::Clock;
use crate::machine::{self, Load};
use serde_json::{Map, Value, json};

/// A series that has begun.
#[derive(Debug)]
pub struct Certified {
    env: Map<String, Value>,
    before: Load,
}

impl Certified {
    /// Looks at the machine now.
    pub fn begin() -> Self {
        let clock = Clock::calibrated();
        let mut env = machine::certificate();
        env.insert("clock".into(), json!({"source": clock.name(), "cost_ns": clock.cost_ns()}));
        Self { env, before: machine::load() }
    }

    /// The `env` of the series: `seed` is that of its first run.
    pub fn end(self, seed: u64) -> Map<String, Value> {
        let mut env = self.end_without_seed();
        env.insert("seed".into(), json!(seed));
        env
    }

    /// The `env` where nothing is left to chance.
    pub fn end_without_seed(mut self) -> Map<String, Value> {
        let after = machine::load();
        let stolen = self.before.stolen_ns.zip(after.stolen_ns).map(|(a, b)| b.saturating_sub(a));
        self.env.insert(
            "load_per_minute".into(),
            json!({"before": self.before.per_minute, "after": after.per_minute}),
        );
        self.env.insert("stolen_ns".into(), json!(stolen));
        self.env
    }
}

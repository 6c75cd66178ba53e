//! A row of the Savina suite: what it holds is measured by one and shown by another.

use crate::json_bounds::short;
use crate::price::figure::Figure;
use crate::settled::{LEAST, SHORTEST, Settled};
use crate::statistics::BOOTSTRAP_FROM;
use crate::units;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;

/// A workload over the rounds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Timing {
    /// The workload's name.
    pub name: String,
    /// What an iteration is, in words.
    pub words: String,
    /// Whether every iteration was as its oracle and the ledger have it; `false` also where none was.
    pub verified: bool,
    /// Why there is nothing more of it, if so.
    pub why: Option<String>,
    /// Whether that is because work was not done as it was to be, and not because it could not be measured.
    pub wrong: bool,
    /// In what its rules are not those of the suite as it was published; empty where they are the same.
    pub differs: String,
    /// Messages of an iteration with all workers, the median where they differ.
    pub messages: Option<f64>,
    /// Suspensions on a full mailbox in an iteration with all workers, the median where they differ.
    pub mutes: Option<f64>,
    /// The most messages that a mailbox held in any of its processes, those that its actor had put aside among them; `None` where
    /// there is none, and in older files.
    #[serde(default)]
    pub fullest: Option<u64>,
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
    /// Whether the times drifted, in the worst of its processes; `None` where there is none.
    pub settled: Option<Settled>,
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

impl Timing {
    /// What is to be known of it beside its figures, in a word or two.
    pub fn remark(&self) -> &'static str {
        match (self.wrong, &self.why, self.settled) {
            (true, ..) => "WRONG",
            (false, Some(_), _) => "no figure",
            (false, None, None) => "not run",
            (false, None, Some(Settled::Steady)) => "",
            (false, None, Some(Settled::Drifting)) => "drifting",
            (false, None, Some(Settled::TooFew)) => "few iterations",
        }
    }

    /// What it is, how its rules differ, and what was counted.
    pub fn said(&self) -> String {
        let mut said = format!("{}: {}", self.name, self.words);
        if !self.differs.is_empty() {
            said.push_str(&format!("; not as published: {}", self.differs));
        }
        if let Some(why) = &self.why {
            said.push_str(&format!("; {}: {why}", self.remark()));
        }
        if self.iterations > 0 {
            let iterations = units::counted(self.iterations as u64, "iteration");
            said.push_str(&format!("; {iterations} after {} of warm-up", units::count(self.warm_up as u64)));
        }
        match self.mutes {
            Some(mutes) if mutes > 0.0 => {
                said.push_str(&format!(
                    "; {} suspensions on full mailboxes in each",
                    units::count(mutes as u64)
                ));
            }
            _ => {}
        }
        if let Some(fullest) = self.fullest {
            said.push_str(&format!("; the fullest mailbox held {}", units::count(fullest)));
        }
        said
    }
}

/// What the figures are, in sentences: of so many rounds, and of so many verified of all.
pub fn terms(rounds: u32, verified: usize, all: usize) -> String {
    let mut terms = String::from("Medians of the iterations of a process");
    if rounds > 1 {
        terms.push_str(
            ", and of those over the rounds, smallest and largest in brackets; speed-ups are within rounds",
        );
    }
    if rounds as usize >= BOOTSTRAP_FROM {
        terms.push_str(", with their 95 % bootstrap interval in the JSON");
    }
    terms.push_str(
        ". An iteration is from the first actor's spawn to its answer, with what the oracle needs to be kept. Messages are all that were \
         handled, once each, with all workers: those that actors send themselves too, those that end the actors, and those that are \
         handled behind the answer, until the system is at rest, when the clock has stopped; what one takes has its share of the work \
         in it. ",
    );
    let _ = write!(
        terms,
        "Iterations count once the median of the last {half} times is within a twentieth of that of the {half} before, and {} of \
         warm-up are over, which small sizes do without; or else once the warm-up has had as long as they are measured, four times as \
         long where it had fewer than {LEAST}. \"Drifting\" are times of which that was not so when the warm-up ended, or whose later \
         half over those that count is not as near the earlier; \"few iterations\" are too few to say.",
        units::time(SHORTEST.as_nanos() as f64),
        half = LEAST / 2,
    );
    if verified == all {
        terms.push_str(
            " Every iteration was verified, by an oracle that does without the engine and by the ledger.",
        );
    }
    terms
}

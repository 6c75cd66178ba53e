//! What a system's program says: one JSON object on the last line of stdout.

use super::sink::Opened;
use super::task::Asked;
use serde::{Deserialize, Serialize};
use std::time::Duration;

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

impl Answer {
    /// What the program of the system `name` says of the rows that were `asked`, each measured for so long a `time`.
    ///
    /// # Errors
    /// In a line, why it is no answer.
    pub fn read(line: &str, name: &str, asked: &[Asked], time: Duration) -> Result<Self, String> {
        let unread =
            || format!("an answer that cannot be read: {:.200}", line.replace(char::is_control, " "));
        let answer: Self = serde_json::from_str(line).map_err(|_| unread())?;
        let words = asked.iter().map(ToString::to_string);
        if !answer.rows.iter().map(|row| row.asked.clone()).eq(words) {
            return Err(unread());
        }
        if answer.peer != name {
            return Err(format!("the program of {name} says that it is {:?}", answer.peer));
        }
        for (row, asked) in answer.rows.iter().zip(asked) {
            let did = row.messages.max(row.open.as_ref().map_or(0, |open| open.sent));
            let most = asked.most(time);
            if did > most {
                return Err(format!("{asked}: it did {did} messages, where {most} were asked for"));
            }
            if let Some(ns) = row.ns.iter().find(|ns| **ns <= 0.0) {
                return Err(format!("{asked}: an iteration of {ns} ns"));
            }
        }
        Ok(answer)
    }
}

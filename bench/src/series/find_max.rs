//! The largest value at which a condition holds: between which of those that were tried it lies.

use serde::{Deserialize, Serialize};

/// The largest value at which a condition holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindMax {
    /// As it was given.
    pub condition: String,
    /// The largest value up to which it held; `None` where it did not hold at the smallest.
    pub found: Option<u64>,
    /// As the flag took it.
    pub found_label: Option<String>,
    /// Whether it held wherever it was tried: the range ends there, and the largest value may lie above it.
    #[serde(default)]
    pub at_end: bool,
    /// The smallest value above `found` at which it does not hold, as the flag took it: what lies between was not tried.
    /// `None` where there is none, and in older files.
    #[serde(default)]
    pub fails_at: Option<String>,
    /// How many values were tried.
    pub tried: usize,
    /// The point above `found` that does not tell whether the condition holds; `None` where each one tells. None in
    /// older files.
    #[serde(default)]
    pub not_measured: Option<NotMeasured>,
}

/// A point that has too few samples for the condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotMeasured {
    /// Its value as the flag took it.
    pub label: String,
    /// How many samples it has: 0 too where its load has no such figure.
    pub samples: u64,
    /// How many the figure needs at least.
    pub needed: u64,
}

/// The values between which the largest one lies: the last up to which all held, and the first that did not.
pub fn bracket(tried: &[(u64, bool)]) -> (Option<u64>, Option<u64>) {
    let mut sorted = tried.to_vec();
    sorted.sort_unstable();
    let first_not = sorted.iter().position(|(_, holds)| !holds);
    let held = first_not.unwrap_or(sorted.len()).checked_sub(1);
    (held.map(|at| sorted[at].0), first_not.map(|at| sorted[at].0))
}

impl FindMax {
    /// What was found, in words: never more than was tried.
    pub fn found_in_words(&self) -> String {
        match (&self.found_label, &self.not_measured, &self.fails_at) {
            (Some(label), ..) if self.at_end => {
                format!("{label}, the end of the range: more was not tried")
            }
            (Some(label), None, Some(fails)) => format!("{label}, not at {fails}"),
            (Some(label), ..) => label.clone(),
            (None, Some(_), _) => "not measured".to_owned(),
            (None, None, _) => "none".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_lies_below_the_first_that_does_not_hold() {
        for (tried, expected) in [
            (&[][..], (None, None)),
            (&[(1, true), (2, true)], (Some(2), None)),
            (&[(1, false), (2, true)], (None, Some(1))),
            (&[(10, true), (40, false), (20, true), (30, true)], (Some(30), Some(40))),
            (&[(10, true), (20, false), (30, true)], (Some(10), Some(20))),
        ] {
            assert_eq!(bracket(tried), expected, "{tried:?}");
        }
    }

    #[test]
    fn the_end_of_the_range_is_no_largest() {
        let of = |at_end, fails_at: Option<&str>| FindMax {
            condition: "p99<1ms".into(),
            found: Some(8_000),
            found_label: Some("8k".into()),
            at_end,
            fails_at: fails_at.map(str::to_owned),
            tried: 3,
            not_measured: None,
        };
        assert_eq!(of(true, None).found_in_words(), "8k, the end of the range: more was not tried");
        assert_eq!(of(false, Some("9k")).found_in_words(), "8k, not at 9k");
        assert_eq!(of(false, None).found_in_words(), "8k");
    }
}

//! What a run must show to pass: `--assert 'response.p99<10us,throughput>5M/s,lost==0'`.

pub mod metric;

use metric::Metric;
use serde_json::Value;
use std::fmt;

/// The most of them in one text.
const MOST: usize = 64;

/// A figure of a run, an operator, and what it is held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// As it was given.
    text: String,
    metric: Metric,
    operator: Operator,
    value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

/// The longer before those that they begin with.
const OPERATORS: [(&str, Operator); 6] = [
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<", Operator::Less),
    (">", Operator::More),
];

impl Operator {
    fn holds(self, found: f64, asked: f64) -> bool {
        match self {
            Self::Less => found < asked,
            Self::AtMost => found <= asked,
            Self::More => found > asked,
            Self::AtLeast => found >= asked,
            Self::Equal => found == asked,
            Self::Unequal => found != asked,
        }
    }
}

/// Reads assertions, commas between them, of what [`Metric::parse`] takes.
///
/// # Errors
/// The part that is wrong, its column (from 1, in characters), and what is taken there.
pub fn parse(given: &str) -> Result<Vec<Assertion>, String> {
    let (mut all, mut at) = (Vec::new(), 0);
    for part in given.split(',') {
        if all.len() == MOST {
            return Err(format!("has too many parts: takes up to {MOST}"));
        }
        let start = at + part.len() - part.trim_start().len();
        let assertion = one(part.trim()).map_err(|(inside, why)| {
            let column = given[..start + inside].chars().count() + 1;
            format!("{:?} at column {column}: {why}", part.trim())
        })?;
        all.push(assertion);
        at += part.len() + 1;
    }
    Ok(all)
}

/// One part; an error comes with the place within it.
fn one(text: &str) -> Result<Assertion, (usize, String)> {
    let is_operator = |c: char| "<>=!".contains(c);
    let Some(end) = text.find(is_operator) else {
        return Err((0, "takes METRIC OPERATOR VALUE, such as response.p99<10us".into()));
    };
    let name = text[..end].trim_end();
    let metric = Metric::parse(name).map_err(|takes| (0, takes))?;
    let behind = &text[end..];
    let written = &behind[..behind.find(|c| !is_operator(c)).unwrap_or(behind.len())];
    let operator = OPERATORS.into_iter().find(|(symbol, _)| *symbol == written);
    let (_, operator) = operator.ok_or_else(|| (end, "takes <, <=, >, >=, == or !=".to_owned()))?;
    let given = behind[written.len()..].trim_start();
    let value = metric
        .kind()
        .read(given)
        .ok_or_else(|| (text.len() - given.len(), format!("takes {}", metric.kind().takes())))?;
    Ok(Assertion { text: text.to_owned(), metric, operator, value })
}

impl Assertion {
    /// Reads a single one.
    ///
    /// # Errors
    /// What is taken.
    pub fn parse(given: &str) -> Result<Self, String> {
        one(given.trim()).map_err(|(_, why)| why)
    }

    /// The figure that it bounds.
    pub fn metric(&self) -> &Metric {
        &self.metric
    }

    /// Whether it has a side: `==` and `!=` have none.
    pub fn is_bound(&self) -> bool {
        !matches!(self.operator, Operator::Equal | Operator::Unequal)
    }

    /// Whether a figure of this value is so.
    pub fn is_so(&self, found: f64) -> bool {
        self.operator.holds(found, self.value)
    }

    /// Holds it against a run's JSON, `run/1`.
    ///
    /// # Errors
    /// What was asked and what was found; what was not measured fails as that.
    pub fn check(&self, run: &Value) -> Result<(), String> {
        match self.metric.of(run) {
            None => Err(format!("{self} does not hold: not measured")),
            Some(found) if self.is_so(found) => Ok(()),
            Some(found) => Err(format!("{self} does not hold: found {}", self.metric.kind().show(found))),
        }
    }
}

/// As it was given.
impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text for each of `assertions` that `run`, the JSON of `run/1`, fails: see [`Assertion::check`].
pub fn failed(assertions: &[Assertion], run: &Value) -> Vec<String> {
    assertions.iter().filter_map(|assertion| assertion.check(run).err()).collect()
}

#[cfg(test)]
mod tests;

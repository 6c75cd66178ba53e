//! How a run has failed, and whether two have failed alike.

use std::fmt;

/// How a run failed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Failed {
    /// The seed of the run, unless it was played of choices.
    pub seed: Option<u64>,
    /// What the test panicked with; or, where an actor has failed by itself, whose type, and what with.
    pub words: String,
    /// Where that panicked: file, line and column. None if an actor has returned a fault, or if the test went on with a panic of
    /// another thread's.
    pub place: Option<String>,
    /// All choices until then, those of the seed, or of those that were given as many as were drawn, with a zero for each that was drawn
    /// after them: [`Builder::replayed`](crate::Builder::replayed) plays them.
    pub choices: Vec<u64>,
    /// [What the run did](crate::sim::Simulation::trace_hash) until then, as a number.
    pub trace_hash: u64,
    /// The [last of what it did](crate::sim::Simulation::trace), one event a line.
    pub trace: String,
    /// Of how many choices it was played, if it was.
    pub(super) given: Option<usize>,
    /// How many it has taken, or, if they are more, rounds of polls in a row without one.
    pub(super) steps: u64,
    /// An actor has failed by itself.
    pub(super) of_actor: bool,
    /// It has reached its limit of steps.
    pub(super) at_limit: bool,
}

impl Failed {
    /// Whether this is the same failure as another, as far as can be told: it panicked at the same place, and with the same words, as far
    /// as the first colon (that is not among the first sixteen bytes), numbers left out.
    pub fn is_like(&self, other: &Failed) -> bool {
        self.place == other.place && failure_kind(&self.words) == failure_kind(&other.words)
    }

    /// The place and the words.
    pub(super) fn told(&self) -> String {
        let place = self.place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
        format!("{place}{}", self.words)
    }
}

/// The seed, the place and the words; of choices how many were given, and how many were drawn.
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(seed) = self.seed {
            return write!(f, "seed {seed} fails: {}", self.told());
        }
        let (given, drawn) = (self.given.unwrap_or_default(), self.choices.len());
        let others = if drawn > given { ": the others are the first of each, 0" } else { "" };
        write!(f, "these choices fail ({given} given, {drawn} drawn{others}): {}", self.told())
    }
}

impl std::error::Error for Failed {}

/// What kind of failure these words tell of: the first line of them without what differs between two runs, as [`Failed::is_like`] takes
/// it. For who plays a test in processes of their own, and has words alone to compare.
///
/// ```
/// use throng::sim::failure_kind;
/// let stash = "message 24 came out before 23: of the stash";
/// assert_eq!(failure_kind(stash), failure_kind("message 7 came out before 6: of a mailbox"));
/// assert_ne!(failure_kind(stash), failure_kind("message 24 came twice"));
/// ```
pub fn failure_kind(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let head = line.split_once(": ").map_or(line, |(head, _)| head);
    let head = if head.len() < 16 { line } else { head };
    // Words that begin with a figure go; `L1` is a name.
    let words = head.split(|c: char| !c.is_alphanumeric() && c != '.');
    let words = words.filter(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    words.collect::<Vec<_>>().join(" ")
}

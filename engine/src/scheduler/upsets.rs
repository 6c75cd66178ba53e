//! What is told of actors that fail.

use crate::sync::Arc;

/// What becomes of an actor that has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aftermath {
    /// It goes on: its own [`failed`](crate::Actor::failed) says so.
    Resumes,
    /// It is given the message once more, as [`Attempts::Twice`](crate::Attempts::Twice) asks for.
    Retries,
    /// It is held, and its supervisor decides.
    Supervised,
    /// It ends.
    Ends,
}

impl std::fmt::Display for Aftermath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Aftermath::Resumes => "resumes",
            Aftermath::Retries => "retries",
            Aftermath::Supervised => "supervised",
            Aftermath::Ends => "ends",
        })
    }
}

/// A fault: whose, by the address as a number and the type, its words, and what follows.
#[derive(Debug, Clone)]
pub(crate) struct Upset {
    pub(crate) who: u64,
    pub(crate) actor: &'static str,
    pub(crate) cause: Arc<str>,
    pub(crate) panicked: bool,
    pub(crate) then: Aftermath,
}

//! What a workload is: actors that answer one question, and an oracle that knows the answer without them.

use super::size::Size;
use throng::{Actor, Fault, Reply};

/// A workload of the suite, at one size.
///
/// An iteration spawns [`Workload::main`] and asks it [`Workload::begin`]; it makes all other actors, and answers when the work is
/// done. Behind the answer every other actor has ended, or ends of itself; the first is stopped then.
pub trait Workload: Sized {
    /// Its name: words with `-` between.
    const NAME: &'static str;

    /// The first actor.
    type Main: Actor;
    /// What it answers: enough of the result for the oracle.
    type Answer: Send + 'static;
    /// What the oracle knows.
    type Expected;

    /// At this size.
    fn of(size: Size) -> Self;

    /// What an iteration is, in words: "40,000 round trips between two actors".
    fn words(&self) -> String;

    /// Messages that an iteration takes at least, questions, their answers and what says that somebody is done among them.
    fn messages_least(&self) -> u64;

    /// What the answer must be, found without the engine; asked for once, before the first iteration.
    fn expected(&self) -> Self::Expected;

    /// The first actor of an iteration.
    fn main(&self) -> Self::Main;

    /// The message that it is asked by.
    fn begin(&self, reply: Reply<Self::Answer>) -> <Self::Main as Actor>::Msg;

    /// Looks at an answer.
    ///
    /// # Errors
    /// In words, what is wrong with it: what was to be, and what is.
    fn check(&self, expected: &Self::Expected, answer: Self::Answer) -> Result<(), String>;
}

/// Who has asked and not been answered: what the first actor keeps until the work is done.
///
/// # Errors
/// There is nobody.
pub fn asker<T>(reply: &mut Option<Reply<T>>) -> Result<Reply<T>, Fault> {
    reply.take().ok_or_else(|| Fault::msg("nobody has asked"))
}

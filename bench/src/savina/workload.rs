//! What a workload is: actors that answer one question, and an oracle that knows the answer without them.

use super::size::Size;
use crate::units;
use throng::{Actor, Fault, Reply};

/// A workload of the suite, at one size.
///
/// An iteration spawns [`Workload::main`] and asks it [`Workload::begin`]; it makes all other actors, and answers when the work is
/// done. Behind the answer every other actor has ended, or ends of itself; the first is stopped then.
pub trait Workload: Sized {
    /// Its name: words with `-` between.
    const NAME: &'static str;
    /// In what its rules are not those of the suite as it was published, in words; empty where they are the same.
    const DIFFERS: &'static str;

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

    /// Messages that an iteration takes.
    fn messages(&self) -> Messages;

    /// What the answer must be, found without the engine; asked for once, before the first iteration. What takes long to draw is drawn
    /// here too.
    fn expected(&self) -> Self::Expected;

    /// The first actor of an iteration; made before its time begins.
    fn main(&self) -> Self::Main;

    /// How often actors say that they put a message aside, to handle it once more later: that is not another message.
    fn put_aside(&self, _: &Self::Answer) -> u64 {
        0
    }

    /// The message that it is asked by.
    fn begin(&self, reply: Reply<Self::Answer>) -> <Self::Main as Actor>::Msg;

    /// Looks at an answer.
    ///
    /// # Errors
    /// In words, what is wrong with it: what was to be, and what is.
    fn check(&self, expected: &Self::Expected, answer: Self::Answer) -> Result<(), String>;
}

/// How many messages an iteration takes: all that are handled, the first question, answers and what says that somebody is done among
/// them. One that its actor has put aside counts once, though it is given to a handler twice or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Messages {
    /// So many, in whatever order actors have their turns: one that was doubled and did no harm shows here.
    Exactly(u64),
    /// So many or more, as it is the order of turns that says.
    AtLeast(u64),
}

impl Messages {
    /// Refuses another number.
    ///
    /// # Errors
    /// With both.
    pub fn check(self, handled: u64) -> Result<(), String> {
        let (least, fixed, or_more) = match self {
            Self::Exactly(messages) => (messages, true, ""),
            Self::AtLeast(messages) => (messages, false, " or more"),
        };
        if handled == least || !fixed && handled > least {
            return Ok(());
        }
        let (least, handled) = (units::count(least), units::count(handled));
        Err(format!("messages: {least}{or_more} were to be handled, {handled} are"))
    }
}

/// Who has asked and not been answered: what the first actor keeps until the work is done.
///
/// # Errors
/// There is nobody.
pub fn asker<T>(reply: &mut Option<Reply<T>>) -> Result<Reply<T>, Fault> {
    reply.take().ok_or_else(|| Fault::msg("nobody has asked"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_too_many_or_too_few_is_told() {
        assert_eq!(Messages::Exactly(1_000).check(1_000), Ok(()));
        for handled in [999, 1_001] {
            let why = Messages::Exactly(1_000).check(handled).expect_err("another number");
            assert_eq!(why, format!("messages: 1,000 were to be handled, {} are", units::count(handled)));
        }
        assert_eq!(Messages::AtLeast(7).check(7).and(Messages::AtLeast(7).check(8)), Ok(()));
        let why = Messages::AtLeast(7).check(6);
        assert_eq!(why, Err("messages: 7 or more were to be handled, 6 are".into()));
    }
}

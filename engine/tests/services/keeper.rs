//! A replier that does with each question what the test says, when it says so.

use crate::executor::poll;
use std::collections::HashMap;
use std::future::Future;
use std::task::Poll;
use std::time::Duration;
use throng::{Actor, Address, Ask, Context, Directive, Fault, Inline, Reply};

pub(crate) const SOON: Duration = Duration::from_secs(60);
/// A deadline that is waited for.
pub(crate) const SHORT: Duration = Duration::from_millis(5);
/// A deadline that is waited for, before which a loaded machine gets something done.
pub(crate) const LONGER: Duration = Duration::from_millis(300);

pub(crate) enum Msg {
    /// Keeps the reply under this number.
    Ask(u64, Reply<u64>),
    /// Answers what it keeps under this number with ten times that.
    Answer(u64),
    AnswerAll,
    Drop(u64),
    Fail(u64),
    /// Ends, with whatever it keeps.
    Die,
}

#[derive(Default)]
pub(crate) struct Keeper {
    kept: HashMap<u64, Reply<u64>>,
}

impl Actor for Keeper {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Ask(n, reply) => drop(self.kept.insert(n, reply)),
            Msg::Answer(n) => self.kept.remove(&n).into_iter().for_each(|reply| reply.send(n * 10)),
            Msg::AnswerAll => self.kept.drain().for_each(|(n, reply)| reply.send(n * 10)),
            Msg::Drop(n) => drop(self.kept.remove(&n)),
            Msg::Fail(n) => {
                let _fails_with_it = self.kept.remove(&n);
                return Err(Fault::msg("as told"));
            }
            Msg::Die => cx.stop_now(),
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

/// The question with this number.
pub(crate) fn ask(to: Address<Msg>, n: u64) -> Ask<Msg, u64> {
    to.ask(move |reply| Msg::Ask(n, reply)).deadline(SOON)
}

/// Sends these, and runs until nothing is left to do.
pub(crate) fn tell(inline: &mut Inline, to: Address<Msg>, messages: impl IntoIterator<Item = Msg>) {
    for message in messages {
        to.try_send(message).expect("room");
        inline.run_until_idle();
    }
}

/// Runs until the future is ready, which the clock brings about.
pub(crate) fn run_until<F: Future + Unpin>(inline: &mut Inline, future: &mut F) -> F::Output {
    loop {
        inline.run_until_idle();
        if let Poll::Ready(output) = poll(future) {
            return output;
        }
        std::thread::yield_now();
    }
}

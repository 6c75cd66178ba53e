//! Where iterations run: a system, and somebody who hears of each failure in it.

use crate::alone::spoiled::Spoiled;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use throng::{Actor, ActorFailed, BuildError, Fault, System};

/// How often it is looked whether anything goes on, while an answer is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Nobody is so long in one handler: nothing handled in so long a time is nothing to come.
const SILENT: Duration = Duration::from_secs(10);
/// Who lives in it beside the actors of an iteration.
pub(super) const WATCHERS: u64 = 1;

/// A system at rest, between iterations.
pub(super) struct Stage {
    pub(super) system: System,
    failures: Receiver<String>,
}

/// Hears of each failure, and tells its words.
struct Watcher(Sender<String>);

impl Actor for Watcher {
    type Msg = ActorFailed;

    fn handle(&mut self, news: ActorFailed, _: &mut throng::Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(format!("{} failed: {}", news.of, news.cause))?;
        Ok(())
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Stage {
    /// With so many workers.
    ///
    /// # Errors
    /// As the builder's.
    pub(super) fn new(workers: usize) -> Result<Self, BuildError> {
        let system = System::builder().workers(workers).build()?;
        let (failed, failures) = channel();
        system.watch_faults(system.spawn(Watcher(failed)).recipient());
        Ok(Self { system, failures })
    }

    /// Waits on this thread for what actors give.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] once one of them has failed, or none does anything any more.
    pub(super) fn answer<F: Future>(&self, future: F) -> Result<F::Output, Spoiled> {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut future = pin!(future);
        let (mut handled, mut since) = (0, Instant::now());
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                return Ok(output);
            }
            // Wakes early for no reason too: the future is polled once more then.
            thread::park_timeout(LOOK_EVERY);
            if let Ok(failure) = self.failures.try_recv() {
                return Err(Spoiled::Wrong(failure));
            }
            // Counters alone: a ledger would look into the mailbox of each actor there is.
            let now = self.system.activity().handled;
            if now != handled {
                (handled, since) = (now, Instant::now());
            } else if since.elapsed() > SILENT {
                let why = format!(
                    "no answer, and nothing handled for {} s: a message is missing",
                    SILENT.as_secs()
                );
                return Err(Spoiled::Wrong(why));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use throng::Reply;

    struct Clumsy;

    impl Actor for Clumsy {
        type Msg = Reply<u64>;

        fn handle(&mut self, reply: Reply<u64>, cx: &mut throng::Context<'_, Self>) -> Result<(), Fault> {
            // Kept by one who lives on: so nobody answers.
            let keeper = cx.spawn_fn(async |mut inbox: throng::Inbox<Reply<u64>>| {
                let kept = inbox.recv().await;
                let _ = inbox.recv().await;
                drop(kept);
            });
            cx.send(keeper.0, reply)?;
            Err(Fault::msg("clumsy"))
        }
    }

    #[test]
    fn a_failure_is_told_in_its_own_words() {
        let stage = Stage::new(1).expect("a system");
        let ask = stage.system.spawn(Clumsy).ask(|reply| reply).deadline(Duration::from_secs(60));
        let Err(Spoiled::Wrong(why)) = stage.answer(ask) else { panic!("nobody answers") };
        assert!(why.contains("Clumsy") && why.ends_with("failed: clumsy"), "{why}");
    }
}

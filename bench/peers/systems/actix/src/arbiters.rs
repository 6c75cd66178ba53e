//! The threads that actors are on: an actor stays on the one that it was started on.
//!
//! An actor whose last address is dropped ends. If that happens on another thread, just when the actor has looked into its mailbox, then
//! what was sent in between is lost with it; so whoever sent something here keeps the address until the actor has told what it did.

use actix::prelude::*;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{LONGEST, heard};

/// A thread with a loop of its own for each worker.
#[derive(Debug)]
pub(crate) struct Arbiters(Vec<Arbiter>);

impl Arbiters {
    /// So many; a [`System`] is there on this thread.
    pub(crate) fn new(workers: usize) -> Result<Self, Spoiled> {
        let arbiters: Result<_, _> = (0..workers).map(|_| Arbiter::try_new()).collect();
        Ok(Self(arbiters?))
    }

    /// Starts one on the thread of this number, or of what is left of it when there are not so many.
    pub(crate) fn start<A>(&self, thread: usize, actor: A) -> Addr<A>
    where
        A: Actor<Context = Context<A>> + Send,
    {
        A::start_in_arbiter(&self.0[thread % self.0.len()].handle(), |_| actor)
    }

    /// Starts `count`, each as `make` makes it with its number, in a block for each thread: neighbours are together.
    pub(crate) fn start_all<A>(
        &self,
        count: u64,
        make: impl Fn(u64) -> A + Clone + Send + 'static,
    ) -> Result<Vec<Addr<A>>, Spoiled>
    where
        A: Actor<Context = Context<A>>,
    {
        let threads = self.0.len() as u64;
        let starting = self.0.iter().zip(0..).map(|(arbiter, thread)| {
            let make = make.clone();
            let block = count * thread / threads..count * (thread + 1) / threads;
            on(arbiter, move || block.map(|number| make(number).start()).collect::<Vec<_>>())
        });
        // All have been told to begin before the first is waited for.
        let starting: Vec<_> = starting.collect();
        let mut addresses = Vec::with_capacity(count as usize);
        for started in starting {
            addresses.append(&mut heard(&started)?);
        }
        Ok(addresses)
    }

    /// Does `work` on the first thread, and waits for what comes of it.
    pub(crate) fn inside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Spoiled> {
        heard(&on(&self.0[0], work))
    }

    /// Ends the threads, with whoever is still on them.
    pub(crate) fn end(self) -> Result<(), Spoiled> {
        for arbiter in &self.0 {
            arbiter.stop();
        }
        for arbiter in self.0 {
            arbiter.join().map_err(|_| Spoiled::Failed("a thread has panicked".into()))?;
        }
        Ok(())
    }
}

/// Does `work` there, and tells what comes of it.
fn on<T: Send + 'static>(arbiter: &Arbiter, work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (told, news) = channel();
    arbiter.spawn_fn(move || tell(&told, work()));
    news
}

/// Who waits no more has been told why.
pub(crate) fn tell<T>(told: &Sender<T>, news: T) {
    let _ = told.send(news);
}

/// Waits until all who could tell something have ended, and nothing more was told.
pub(crate) fn all_ended<T>(news: &Receiver<T>) -> Result<(), Spoiled> {
    match news.recv_timeout(LONGEST) {
        Err(RecvTimeoutError::Disconnected) => Ok(()),
        Err(RecvTimeoutError::Timeout) => Err(Spoiled::Wrong("an actor does not end".into())),
        Ok(_) => Err(Spoiled::Wrong("an actor told more than it was to".into())),
    }
}

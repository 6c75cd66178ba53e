//! What actors count, of any kind and without a table for all: each owns its tally and drops it when it ends, by which the count is
//! told and the end is known.

use std::sync::mpsc::{Receiver, Sender, channel};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;

/// What one actor counts.
#[derive(Debug)]
pub struct Tally<T: Default> {
    number: usize,
    /// Up to now.
    pub count: T,
    tell: Sender<(usize, T)>,
}

impl<T: Default> Drop for Tally<T> {
    fn drop(&mut self) {
        // Who does not wait for it has been told why.
        let _ = self.tell.send((self.number, std::mem::take(&mut self.count)));
    }
}

/// Those of all actors of an iteration.
#[derive(Debug)]
pub struct Tallies<T> {
    tell: Sender<(usize, T)>,
    told: Receiver<(usize, T)>,
    made: usize,
}

impl<T> Default for Tallies<T> {
    fn default() -> Self {
        let (tell, told) = channel();
        Self { tell, told, made: 0 }
    }
}

impl<T: Clone + Default> Tallies<T> {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One for the next actor.
    pub fn tally(&mut self) -> Tally<T> {
        self.made += 1;
        Tally { number: self.made - 1, count: T::default(), tell: self.tell.clone() }
    }

    /// The counts of all, in the order in which the tallies were made; waits until all actors have ended.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if one does not end.
    pub fn all(self) -> Result<Vec<T>, Spoiled> {
        let Self { tell, told, made } = self;
        drop(tell);
        let mut counts = vec![T::default(); made];
        for _ in 0..made {
            let (number, count) = heard(&told)?;
            counts[number] = count;
        }
        Ok(counts)
    }
}

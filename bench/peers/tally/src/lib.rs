//! What the actors of an iteration counted, told when the last of them has ended.
//!
//! An actor owns its count, a plain number, and gives it up when it is dropped. Who waits for the counts so also knows that no actor is
//! left.

pub mod own;

pub mod ring;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;

/// Where counts go.
#[derive(Debug)]
pub struct Tally {
    counts: Box<[AtomicU64]>,
    told: Sender<Vec<u64>>,
}

/// A count that an actor owns.
#[derive(Debug)]
pub struct Count {
    tally: Arc<Tally>,
    number: u64,
    count: u64,
}

/// Who waits for the counts.
#[derive(Debug)]
pub struct Told(Receiver<Vec<u64>>);

impl Tally {
    /// For so many counts, with numbers from 0.
    pub fn new(counts: u64) -> (Arc<Self>, Told) {
        let (told, news) = channel();
        (Arc::new(Self { counts: (0..counts).map(|_| AtomicU64::new(0)).collect(), told }), Told(news))
    }

    /// The `number`th, from 0.
    pub fn count(self: &Arc<Self>, number: u64) -> Count {
        Count { tally: self.clone(), number, count: 0 }
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        // Who does not wait for it has been told why.
        let _ = self.told.send(self.counts.iter_mut().map(|count| *count.get_mut()).collect());
    }
}

impl Count {
    /// One more.
    #[inline(always)]
    pub fn up(&mut self) {
        self.count += 1;
    }

    /// So many more.
    #[inline(always)]
    pub fn add(&mut self, more: u64) {
        self.count += more;
    }

    /// How many there are.
    #[inline(always)]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Its number among all.
    #[inline(always)]
    pub fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        // Relaxed: the last owner of the tally reads it, and that it is the last orders it after this.
        self.tally.counts[self.number as usize].store(self.count, Ordering::Relaxed);
    }
}

impl Told {
    /// All counts, once nobody counts any more.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if somebody does not end.
    pub fn counts(self) -> Result<Vec<u64>, Spoiled> {
        heard(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_told_when_the_last_owner_has_ended() {
        let (tally, told) = Tally::new(3);
        let (mut first, mut last) = (tally.count(0), tally.count(2));
        drop(tally);
        first.up();
        last.add(7);
        last.up();
        assert_eq!((last.number(), last.count()), (2, 8));
        std::thread::spawn(move || drop(last)).join().expect("it only drops");
        assert!(told.0.try_recv().is_err(), "one still counts");
        drop(first);
        assert_eq!(told.counts(), Ok(vec![1, 0, 8]));
    }
}

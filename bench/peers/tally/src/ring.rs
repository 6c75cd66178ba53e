//! What all of a ring share. It goes round with the token, so that an actor holds little else than what a hop needs: one that is cold
//! costs its lines.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::{Latch, Waiting, heard};

/// What actors tell, each by its place.
#[derive(Debug)]
pub struct Ring {
    linked: Arc<Latch>,
    last: Sender<(Instant, u64)>,
    /// Hops that each says at its end to have had.
    hops: AtomicU64,
    ended: Arc<Latch>,
}

/// Who waits for it.
#[derive(Debug)]
pub struct Round {
    ring: Arc<Ring>,
    linked: Waiting,
    last: Receiver<(Instant, u64)>,
    ended: Waiting,
}

impl Ring {
    /// For so many.
    pub fn new(actors: u64) -> (Arc<Self>, Round) {
        let (linked, all_linked) = Latch::new(actors);
        let (ended, all_ended) = Latch::new(actors);
        let (last, news) = channel();
        let ring = Arc::new(Self { linked, last, hops: AtomicU64::new(0), ended });
        (ring.clone(), Round { ring, linked: all_linked, last: news, ended: all_ended })
    }

    /// It knows who is next.
    pub fn linked(&self, place: u32) {
        self.linked.count_down(place.into());
    }

    /// It has the last hop.
    #[cold]
    pub fn last(&self, place: u32) {
        // Who does not wait for it has been told why.
        let _ = self.last.send((Instant::now(), place.into()));
    }

    /// It ends, and had so many hops.
    pub fn ended(&self, place: u32, hops: u32) {
        // Relaxed: the latch publishes it.
        self.hops.fetch_add(hops.into(), Ordering::Relaxed);
        self.ended.count_down(place.into());
    }
}

impl Round {
    /// Waits until each knows who is next.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if one does not.
    pub fn linked(&self) -> Result<(), Spoiled> {
        self.linked.ended().map(drop)
    }

    /// When the last hop was, and where.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if it does not come.
    pub fn last(&self) -> Result<(Instant, u64), Spoiled> {
        heard(&self.last)
    }

    /// All hops, once each has told its own.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if one does not.
    pub fn ended(self) -> Result<u64, Spoiled> {
        self.ended.ended()?;
        Ok(self.ring.hops.load(Ordering::Relaxed))
    }
}

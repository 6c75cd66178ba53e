//! A histogram that one thread writes while another reads it: recording takes no lock, no exchange and no memory.
//!
//! Who may touch what: each [`Live`] has one writer at a time, the worker or the generator that it was made for. Only
//! the writer stores, and always the number after the one it stored before; so an addition is a load and a store. Anybody
//! may read at any time, through a [`Reading`] of their own, which keeps what it saw of each place. Every place is read
//! in the order in which it was written, as all threads agree on the order of one word: a reader sees each sample
//! once, in the reading that follows it or in a later one. What was recorded before the writer and the reader
//! synchronised by other means (the system was at rest, a thread was joined) is seen by the next reading.
//!
//! So intervals are the differences of two readings, and the whole is the sum of the intervals: nothing is swapped, and
//! nothing is lost between. A swap of whole histograms would want an agreement with the writer for each sample.
//!
//! The places are those of an HdrHistogram with the bounds of [`latency`](crate::latency). Each is of 32 bits and
//! may go round between two readings as often as never: that takes 4,294,967,296 samples of one value between them.

use crate::latency::{HIGHEST_NS, LOWEST_NS, Recorder, SIGNIFICANT_DIGITS};
use std::sync::atomic::{AtomicU32, Ordering};

/// Values below this are told apart one by one: twice the power of ten of the digits, as a power of two.
const LINEAR: u64 = (2 * 10_u64.pow(SIGNIFICANT_DIGITS as u32)).next_power_of_two();
/// Places of each doubling above it.
const HALF: u64 = LINEAR / 2;
/// Places in all.
const PLACES: usize = place(HIGHEST_NS) + 1;
const _: () = assert!(LOWEST_NS == 1, "the unit of the first places");
const _: () = assert!(PLACES <= 27_648, "of 32 bits: 108 KiB");

/// Where a value is counted: the layout of HdrHistogram.
#[inline(always)]
const fn place(value: u64) -> usize {
    let doublings = (value | (LINEAR - 1)).ilog2() - (LINEAR - 1).ilog2();
    doublings as usize * HALF as usize + (value >> doublings) as usize
}

/// The smallest value of a place.
const fn value(place: usize) -> u64 {
    let place = place as u64;
    if place < LINEAR {
        return place;
    }
    let doublings = place / HALF - 1;
    (place - doublings * HALF) << doublings
}

/// Samples in nanoseconds, recorded by one thread and read by any: 108 KiB, allocated and touched once, in [`Live::new`].
#[derive(Debug)]
pub struct Live {
    counts: Box<[AtomicU32]>,
    /// Above this nothing was recorded.
    highest: AtomicU32,
    saturated: AtomicU32,
}

impl Live {
    /// Without samples.
    pub fn new() -> Self {
        let counts: Box<[AtomicU32]> = (0..PLACES).map(|_| AtomicU32::new(0)).collect();
        // Zeros may come as pages that nobody has touched; touching them now keeps page faults out of the measurement.
        for count in &counts {
            count.store(0, Ordering::Relaxed);
            std::hint::black_box(count);
        }
        Self { counts, highest: AtomicU32::new(0), saturated: AtomicU32::new(0) }
    }

    /// Records one sample, for its one writer. Two writers at once would lose samples.
    #[inline]
    pub fn record(&self, ns: u64) {
        let add =
            |count: &AtomicU32| count.store(count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        if ns > HIGHEST_NS {
            add(&self.saturated);
        }
        let place = place(ns.min(HIGHEST_NS));
        add(&self.counts[place]);
        if place as u32 > self.highest.load(Ordering::Relaxed) {
            self.highest.store(place as u32, Ordering::Relaxed);
        }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

/// What a reader has seen of one [`Live`].
#[derive(Debug)]
pub struct Reading {
    seen: Box<[u32]>,
    seen_saturated: u32,
}

impl Reading {
    /// Nothing seen.
    pub fn new() -> Self {
        Self { seen: vec![0; PLACES].into(), seen_saturated: 0 }
    }

    /// Adds what came since the last reading of `live` to `to`; says how many samples that is.
    pub fn take(&mut self, live: &Live, to: &mut Samples) -> u64 {
        let mut taken = 0;
        // One that grows meanwhile is read next time, or was read before it was known to be the highest.
        let highest = live.highest.load(Ordering::Relaxed) as usize;
        for (place, (count, seen)) in live.counts[..=highest].iter().zip(&mut self.seen).enumerate() {
            let now = count.load(Ordering::Relaxed);
            let new = now.wrapping_sub(*seen);
            if new != 0 {
                *seen = now;
                taken += u64::from(new);
                to.places.push((place as u32, u64::from(new)));
            }
        }
        let now = live.saturated.load(Ordering::Relaxed);
        to.saturated += u64::from(now.wrapping_sub(self.seen_saturated));
        self.seen_saturated = now;
        taken
    }
}

impl Default for Reading {
    fn default() -> Self {
        Self::new()
    }
}

/// Some samples of an interval, 16 bytes for each value that occurred.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Samples {
    /// Place and number; a place may be there twice.
    places: Vec<(u32, u64)>,
    saturated: u64,
}

impl Samples {
    /// How many there are.
    pub fn count(&self) -> u64 {
        self.places.iter().map(|(_, count)| count).sum()
    }

    /// Adds them to `recorder`.
    pub fn add_to(&self, recorder: &mut Recorder) {
        for (place, count) in &self.places {
            recorder.record_n(value(*place as usize), *count);
        }
        recorder.add_saturated(self.saturated);
    }
}

#[cfg(test)]
mod tests;

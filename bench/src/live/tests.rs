use super::*;
use crate::seeded::Seeded;
use std::sync::atomic::{AtomicBool, Ordering};

fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_121);
    eprintln!("SEED={seed}");
    seed
}

/// All values of so many bits.
fn any(seeded: &mut Seeded) -> u64 {
    seeded.number() >> (seeded.below(63) + 1)
}

fn all(live: &Live) -> Recorder {
    let (mut samples, mut recorder) = (Samples::default(), Recorder::new());
    Reading::new().take(live, &mut samples);
    samples.add_to(&mut recorder);
    recorder
}

#[test]
fn it_is_the_histogram_of_the_same_samples() {
    let mut seeded = Seeded::new(seed());
    let (live, mut plain) = (Live::new(), Recorder::new());
    let edges = (0..40).flat_map(|bits| [(1_u64 << bits) - 1, 1 << bits, (1 << bits) + 1]);
    let ends = [HIGHEST_NS - 1, HIGHEST_NS, HIGHEST_NS + 1, u64::MAX];
    for ns in edges.chain(ends).chain((0..200_000).map(|_| any(&mut seeded))) {
        live.record(ns);
        plain.record(ns);
    }
    let read = all(&live);
    assert_eq!(read.histogram(), plain.histogram());
    assert_eq!(read.saturated(), plain.saturated());
    assert!(read.saturated() > 0);
    assert_eq!(read.summary(), plain.summary());
}

#[test]
fn places_are_those_of_the_crate() {
    let mut seeded = Seeded::new(seed());
    let plain = Recorder::new();
    for _ in 0..100_000 {
        let ns = any(&mut seeded).min(HIGHEST_NS);
        let place = place(ns);
        assert!(place < PLACES);
        assert_eq!(value(place), plain.histogram().lowest_equivalent(ns), "{ns}");
        assert!(place == 0 || value(place - 1) < value(place));
    }
}

#[test]
fn each_reading_has_what_came_since_the_last() {
    let (live, mut reading) = (Live::new(), Reading::new());
    let mut take = || {
        let mut samples = Samples::default();
        let count = reading.take(&live, &mut samples);
        assert_eq!(count, samples.count());
        samples
    };
    assert_eq!(take().count(), 0);
    for ns in [5, 5, 7_000_000] {
        live.record(ns);
    }
    let first = take();
    assert_eq!(first.count(), 3);
    live.record(5);
    let second = take();
    assert_eq!((second.count(), take().count()), (1, 0));
    let mut recorder = Recorder::new();
    first.add_to(&mut recorder);
    second.add_to(&mut recorder);
    assert_eq!(recorder.histogram(), all(&live).histogram());
}

#[test]
fn a_count_that_goes_round_between_two_readings_is_seen_whole() {
    let (live, mut reading) = (Live::new(), Reading::new());
    live.counts[9].store(u32::MAX - 1, Ordering::Relaxed);
    live.highest.store(9, Ordering::Relaxed);
    let mut samples = Samples::default();
    assert_eq!(reading.take(&live, &mut samples), u64::from(u32::MAX) - 1);
    for _ in 0..5 {
        live.record(9);
    }
    assert_eq!(reading.take(&live, &mut samples), 5);
}

#[test]
fn a_reader_beside_the_writer_misses_nothing_and_sees_nothing_twice() {
    const SAMPLES: u64 = 300_000;
    let live = Live::new();
    let over = AtomicBool::new(false);
    let seed = seed();
    let (mut plain, mut read, mut readings) = (Recorder::new(), Recorder::new(), 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut seeded = Seeded::new(seed);
            for _ in 0..SAMPLES {
                live.record(any(&mut seeded));
            }
            // Release: pairs with the reader's Acquire; its next reading sees all.
            over.store(true, Ordering::Release);
        });
        let mut reading = Reading::new();
        let mut last = false;
        while !last {
            // Acquire: see above.
            last = over.load(Ordering::Acquire);
            let mut samples = Samples::default();
            reading.take(&live, &mut samples);
            samples.add_to(&mut read);
            readings += 1;
        }
    });
    let mut seeded = Seeded::new(seed);
    for _ in 0..SAMPLES {
        plain.record(any(&mut seeded));
    }
    assert_eq!(read.histogram(), plain.histogram(), "after {readings} readings");
    assert_eq!(read.saturated(), plain.saturated());
}

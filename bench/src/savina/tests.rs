//! Every workload, on threads and simulated.

use super::measured::Terms;
use super::size::Size;
use super::suite::SUITE;
use std::time::Duration;

#[test]
fn every_workload_is_verified_on_one_worker_and_on_two() {
    for entry in &SUITE {
        for workers in [1, 2] {
            let terms = Terms { size: Size::Small, workers, time: Duration::ZERO };
            let measured = entry.measure(&terms);
            let measured = measured.unwrap_or_else(|why| panic!("{}, {workers}: {why:?}", entry.name));
            assert!(measured.messages > 0.0, "{}: {measured:?}", entry.name);
            assert_eq!((measured.warm_up, measured.iterations.len()), (1, 3), "{}", entry.name);
        }
    }
}

#[test]
fn every_workload_is_verified_in_simulations() {
    for entry in &SUITE {
        let runs = [1, 2, 3, 4, 1].map(|seed| entry.simulate(Size::Small, seed));
        assert_eq!(runs[0], runs[4], "{}: the same seed is the same run", entry.name);
        assert_ne!(runs[0].hash, runs[1].hash, "{}: another seed is another run", entry.name);
    }
}

#[test]
fn names_and_words_are_told_apart() {
    for (at, entry) in SUITE.iter().enumerate() {
        assert!(SUITE[..at].iter().all(|other| other.name != entry.name), "{} is there twice", entry.name);
        let words = Size::ALL.map(|size| entry.words(size));
        assert!(words[0] != words[1] && words[1] != words[2], "{}: {words:?}", entry.name);
    }
}

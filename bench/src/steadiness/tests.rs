use super::*;
use crate::arrival::{Arrival, Schedule};

const RATE: f64 = 1e6;

/// The window in which it becomes steady, of at most 30 s.
fn steady_after(mut watched: Steadiness, count: impl FnMut(usize) -> u64) -> Option<usize> {
    (0..300).map(count).position(|count| watched.push(count, WINDOW)).map(|n| n + 1)
}

fn regular(per_window: impl Fn(f64) -> f64) -> Option<usize> {
    steady_after(Steadiness::new(), |n| per_window(n as f64 * 0.1) as u64)
}

fn seed() -> u64 {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = given.unwrap_or_else(|| now.map_or(1, |d| d.as_nanos() as u64));
    println!("SEED={seed}");
    seed
}

/// The counts of 100 ms windows of a plan.
fn windows(arrival: &Arrival, rate: u64, seed: u64, windows: u64) -> Vec<u64> {
    let mut counts = vec![0; windows as usize];
    let plan = Schedule::new(arrival, rate, seed, WINDOW * windows as u32).expect("it fits");
    for at in plan {
        counts[(at / WINDOW.as_nanos() as u64) as usize] += 1;
    }
    counts
}

#[test]
fn what_is_constant_is_steady_after_two_seconds_and_not_before() {
    assert_eq!(regular(|_| RATE), Some(WINDOWS));
    assert_eq!(regular(|_| 1.0), Some(WINDOWS));
    let mut watched = Steadiness::new();
    assert_eq!(watched.shape(), None);
    for _ in 0..WINDOWS {
        watched.push(500, WINDOW);
    }
    let shape = watched.shape().expect("two seconds");
    assert_eq!((shape.per_s, shape.slope_per_s, shape.variation, shape.is_steady), (5_000.0, 0.0, 0.0, true));
}

#[test]
fn what_grows_or_falls_by_more_than_one_per_cent_a_second_is_not() {
    for share in [0.009, -0.009] {
        assert_eq!(regular(|t| RATE * (1.0 + share * t)), Some(WINDOWS), "{share}");
    }
    for share in [0.02, -0.02] {
        // Of its mean now: exponentially.
        assert_eq!(regular(|t| RATE * (share * t).exp()), None, "{share}");
    }
    let mut watched = Steadiness::new();
    for n in 0..57 {
        watched.push(100_000 + n * 1_000, WINDOW);
    }
    let shape = watched.shape().expect("two seconds");
    // Windows 37 to 56: on average 146,500, growing by 10,000 a second.
    assert!((shape.slope_per_s - 10_000.0 / 146_500.0).abs() < 1e-9, "{shape:?}");
    assert!((shape.per_s - 1_465_000.0).abs() < 1e-3 && !shape.is_steady, "{shape:?}");
}

#[test]
fn what_settles_is_steady_once_it_has() {
    // Half of the rate is missing at first; what is missing goes by 1/e a second.
    let after = regular(|t| RATE * (1.0 - 0.5 * (-t).exp())).expect("it settles");
    // A slope of 1 % at the middle of the window is ln(50) = 3.9 s in, the window's end one second later.
    assert!((45..=60).contains(&after), "{after}");
    // Three seconds of nothing, then at once all.
    assert_eq!(regular(|t| if t < 2.95 { 0.0 } else { RATE }), Some(30 + WINDOWS));
}

#[test]
fn what_varies_by_more_than_five_per_cent_is_not() {
    let swing =
        |share: f64, s: f64| regular(move |t| RATE * (1.0 + share * (t / s * std::f64::consts::TAU).sin()));
    // A sine's standard deviation is 0.71 of its height; whole periods have hardly a slope.
    assert_eq!(swing(0.2, 0.4), None);
    assert!(swing(0.02, 0.4).is_some());
    let teeth =
        |share: f64| steady_after(Steadiness::new(), |n| (RATE * (1.0 + share * [1.0, -1.0][n % 2])) as u64);
    assert_eq!(teeth(0.052), None);
    assert!(teeth(0.045).is_some());
}

#[test]
fn the_noise_of_counting_is_granted() {
    let seed = seed();
    for rate in [5, 50, 500, 5_000, 50_000] {
        let tries = 200;
        let at_once = (0..tries)
            .filter(|n| {
                let counts = windows(&Arrival::Poisson, rate, seed.wrapping_add(*n), WINDOWS as u64);
                steady_after(Steadiness::new(), |n| counts[n.min(WINDOWS - 1)]).is_some_and(|n| n == WINDOWS)
            })
            .count();
        // Of what is noise alone 2 of 100 fail; without the grant a thousand events a second never were steady.
        assert!(at_once >= 180, "{rate}: {at_once} of {tries}");
    }
}

#[test]
fn a_drift_is_seen_through_the_noise() {
    let seed = seed();
    // 7 to 13 thousand a second in 6 s: 10 % a second, where counting alone makes 1.2 %.
    let drifting = Arrival::Ramp { from: 7_000, to: 13_000 };
    let regular = windows(&drifting, 0, seed, 60);
    let tries = 100;
    let seen = (0..tries).filter(|n| {
        // What is regular has no noise: that of a Poisson series of the same mean is laid over it.
        let noise = windows(&Arrival::Poisson, 10_000, seed.wrapping_add(*n), 60);
        let mut watched = Steadiness::new();
        let last =
            (20..40).map(|n| watched.push((regular[n] + noise[n]).saturating_sub(1_000), WINDOW)).last();
        last == Some(false)
    });
    let seen = seen.count();
    assert!(seen >= 95, "{seen} of {tries}");
}

#[test]
fn bursts_are_noise_of_their_size() {
    // Three bursts a second: 0 or 1,000 events in a window.
    let counts = windows(&Arrival::Burst(1_000), 3_000, 1, 300);
    assert_eq!(steady_after(Steadiness::new(), |n| counts[n]), None);
    assert!(steady_after(Steadiness::of_clumps(1_000), |n| counts[n]).is_some_and(|n| n < 40));
    assert_eq!(steady_after(Steadiness::of_clumps(0), |n| counts[n]), None);
}

#[test]
fn where_nothing_comes_nothing_is_steady() {
    assert_eq!(regular(|_| 0.0), None);
    let mut watched = Steadiness::new();
    assert!(!(0..100).any(|_| watched.push(1_000, Duration::ZERO)), "windows of no length are none");
    assert_eq!(watched.shape(), None);
}

#[test]
fn a_window_that_ended_late_counts_by_its_length() {
    let late = |n: usize| Duration::from_millis([100, 118, 91, 130][n % 4]);
    let count = |n: usize| late(n).as_micros() as u64;
    let by_length = |watched: &mut Steadiness| (0..60).position(|n| watched.push(count(n), late(n)));
    assert_eq!(by_length(&mut Steadiness::new()), Some(WINDOWS - 1));
    assert_eq!(steady_after(Steadiness::new(), |n| 10 * count(n)), None, "taken for windows of 100 ms");
    let mut watched = Steadiness::new();
    by_length(&mut watched);
    let shape = watched.shape().expect("two seconds");
    assert!((shape.per_s - 1e6).abs() < 1.0 && shape.variation < 1e-9, "{shape:?}");
}

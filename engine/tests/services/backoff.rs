//! Back-off: never beyond its bound, which never shrinks; the same seed waits the same.

use crate::drawn::cases;
use proptest::prelude::*;
use std::time::Duration;
use throng::Backoff;

fn durations() -> impl Strategy<Value = Duration> {
    // From nanoseconds to centuries, each order of magnitude as likely as the next.
    (0_u32..64, any::<u64>()).prop_map(|(bits, n)| Duration::from_nanos(n >> bits))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_bound_never_shrinks_and_a_delay_keeps_within_it(
        first in durations(),
        most in durations(),
        factor in -1.0..1_500.0_f64,
        jitter in -0.5..1.5_f64,
        seed in any::<u64>(),
    ) {
        let backoff = Backoff::new(first, most).factor(factor).jitter(jitter).seed(seed);
        let share = jitter.clamp(0.0, 1.0);
        let mut before = Duration::ZERO;
        for attempt in 0..200 {
            let (bound, delay) = (backoff.bound(attempt), backoff.delay(attempt));
            prop_assert!(bound >= before && bound <= most, "{attempt}: {before:?} {bound:?} {most:?}");
            prop_assert!(bound >= first.min(most));
            prop_assert!(delay <= bound);
            // A float is exact to 53 bits.
            let least = bound.as_nanos() as f64 * (1.0 - share) * (1.0 - 1e-12) - 1.0;
            prop_assert!(delay.as_nanos() as f64 >= least, "{attempt}: {delay:?} of {bound:?}, {share}");
            prop_assert_eq!(delay, backoff.clone().delay(attempt));
            if share == 0.0 {
                prop_assert_eq!(delay, bound);
            }
            before = bound;
        }
        prop_assert_eq!(backoff.bound(0), first.min(most));
    }

    #[test]
    fn a_factor_above_one_comes_to_the_bound(
        first in 1_u64..1_000_000,
        most in 1_u64..u64::MAX,
        factor in 1.0001..1_000.0_f64,
    ) {
        let (first, most) = (Duration::from_nanos(first), Duration::from_nanos(most));
        prop_assert_eq!(Backoff::new(first, most).factor(factor).bound(u32::MAX), most);
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn jitter_spreads_the_waits_over_its_share_and_seeds_differ() {
    let millis = Duration::from_millis;
    let draws: Vec<_> = (0..1_000)
        .map(|seed| Backoff::new(millis(100), millis(100)).jitter(0.5).seed(seed).delay(0))
        .collect();
    for quarter in 0..4 {
        let (from, to) = (50.0 + 12.5 * f64::from(quarter), 62.5 + 12.5 * f64::from(quarter));
        let within = |wait: &&Duration| (from..to).contains(&(wait.as_secs_f64() * 1e3));
        let share = draws.iter().filter(within).count();
        assert!((180..320).contains(&share), "{share} of 1000 from {from} to {to} ms");
    }
    let waits = |backoff: Backoff| (0..8).map(|attempt| backoff.delay(attempt)).collect::<Vec<_>>();
    let same = Backoff::new(millis(100), millis(100)).jitter(1.0);
    assert_ne!(waits(same.clone().seed(1)), waits(same.clone().seed(2)));
    assert_eq!(waits(same.clone().seed(1)), waits(same.clone().seed(1)));
    // Without a seed each draws its own.
    assert_ne!(waits(same), waits(Backoff::new(millis(100), millis(100)).jitter(1.0)));
    // A nanosecond grows, too.
    let slow = Backoff::new(Duration::from_nanos(1), SECOND).factor(1.001);
    assert_eq!(slow.bound(u32::MAX), SECOND);
    // What is no number, or goes down, neither grows nor is left to chance.
    let odd = Backoff::new(millis(7), millis(100)).factor(f64::NAN).jitter(f64::NAN);
    assert_eq!(waits(odd), vec![millis(7); 8]);
    assert_eq!(Backoff::new(millis(9), millis(4)).bound(0), millis(4));
}

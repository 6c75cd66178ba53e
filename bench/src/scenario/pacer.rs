//! Waiting for a planned moment: asleep while it is far, by the clock when it is near; and working for a while.

use crate::clock::Clock;
use std::time::Duration;

/// From here on by the clock: a sleeper may be woken so much late.
const NEAR: u64 = 50_000;
/// The longest sleep, after which the caller looks whether there is still something to wait for.
const LONGEST: u64 = 10_000_000;

/// Waits until `due`, in ticks, or for 10 ms, whichever is first; gives the time in ticks.
#[inline]
pub fn wait(clock: &Clock, due: u64) -> u64 {
    let mut now = clock.ticks();
    if now >= due {
        return now;
    }
    let left = clock.ns_between(now, due);
    if left > NEAR {
        std::thread::sleep(Duration::from_nanos((left - NEAR).min(LONGEST)));
        now = clock.ticks();
        if left > LONGEST {
            return now;
        }
    }
    while now < due {
        std::hint::spin_loop();
        now = clock.ticks();
    }
    now
}

/// Stands still for so many ticks, or until `over`.
pub fn stand(clock: &Clock, ticks: u64, over: impl Fn() -> bool) {
    let start = clock.ticks();
    while clock.ticks().saturating_sub(start) < ticks && !over() {
        std::hint::spin_loop();
    }
}

/// Works for so many ticks.
pub fn spin(clock: &Clock, ticks: u64) {
    let start = clock.ticks();
    while clock.ticks().saturating_sub(start) < ticks {
        std::hint::spin_loop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_never_early_and_returns_now_and_then() {
        let clock = Clock::calibrated();
        for ns in [0, 1_000, 60_000, 2_000_000] {
            let due = clock.ticks() + clock.ticks_in(ns);
            let mut now = wait(&clock, due);
            while now < due {
                // A sleep that ended early, or a kernel that held it up: the caller waits again.
                now = wait(&clock, due);
            }
            assert!(clock.ticks() >= due);
        }
        let far = clock.ticks() + clock.ticks_in(3_600_000_000_000);
        assert!(wait(&clock, far) < far);
        assert!(wait(&clock, 0) > 0);
    }
}

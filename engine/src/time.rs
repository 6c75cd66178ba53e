//! Time as the engine counts it.

use crate::sync::{AtomicU64, Ordering};
use std::time::Duration;

/// Nanoseconds since a clock's start.
pub(crate) type Nanos = u64;

/// Nanoseconds in a tick of the timer wheel, a little over a millisecond: timers are exact to one tick, and never early.
pub(crate) const TICK: Nanos = 1 << 20;

/// The engine's monotonic clock: the machine's, or one that stands still until it is told to go on.
#[derive(Debug)]
pub(crate) enum Clock {
    /// The machine's, from this time on.
    Real(Nanos),
    /// One that is set by whoever runs the actors. Only ever forward.
    Virtual(AtomicU64),
}

impl Clock {
    /// The machine's, which starts now.
    pub(crate) fn start() -> Self {
        Self::Real(read(libc::CLOCK_MONOTONIC))
    }

    /// One that stands at zero.
    pub(crate) fn stopped() -> Self {
        Self::Virtual(AtomicU64::new(0))
    }

    /// Nanoseconds since the start. About 25 ns; never called per message.
    pub(crate) fn now(&self) -> Nanos {
        match self {
            Self::Real(start) => read(libc::CLOCK_MONOTONIC).saturating_sub(*start),
            // Relaxed: a time carries no data.
            Self::Virtual(now) => now.load(Ordering::Relaxed),
        }
    }

    /// A time that is `delay` after now and at most [`COARSE`] later than that, cheaper (5 ns) than by [`Clock::now`].
    pub(crate) fn coarse_after(&self, delay: Nanos) -> Nanos {
        match self {
            Self::Real(start) => {
                #[cfg(target_os = "linux")]
                let at = read(libc::CLOCK_MONOTONIC_COARSE);
                #[cfg(not(target_os = "linux"))]
                let at = read(libc::CLOCK_MONOTONIC);
                at.saturating_sub(*start).saturating_add(delay).saturating_add(COARSE)
            }
            Self::Virtual(_) => self.now().saturating_add(delay),
        }
    }

    /// Whether it stands still until it is told.
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(self, Self::Virtual(_))
    }

    /// Sets one that stands still. It never goes back.
    pub(crate) fn go_to(&self, at: Nanos) {
        match self {
            Self::Real(_) => unreachable!("nobody sets the machine's clock"),
            Self::Virtual(now) => {
                now.fetch_max(at, Ordering::Relaxed);
            }
        }
    }

    /// The first tick of the timers' wheel that is not before `at`. One of virtual time is a nanosecond, so that each timer
    /// fires at its very time.
    pub(crate) fn tick_after(&self, at: Nanos) -> u64 {
        if self.is_virtual() { at } else { tick_after(at) }
    }

    /// The tick that `now` is in.
    pub(crate) fn tick_of(&self, now: Nanos) -> u64 {
        if self.is_virtual() { now } else { tick_of(now) }
    }

    /// When a tick begins.
    pub(crate) fn time_of(&self, tick: u64) -> Nanos {
        if self.is_virtual() { tick } else { tick.saturating_mul(TICK) }
    }
}

/// How far behind a coarse time may be: the slowest tick that kernels are configured with.
pub(crate) const COARSE: Nanos = 10_000_000;

fn read(clock: libc::clockid_t) -> Nanos {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one timespec.
    let answer = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(answer, 0, "the system has no monotonic clock");
    time.tv_sec as Nanos * 1_000_000_000 + time.tv_nsec as Nanos
}

/// A duration in nanoseconds; what does not fit in 584 years is cut there.
pub(crate) fn nanos(duration: Duration) -> Nanos {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The first tick that is not before `at`, on the machine's clock.
fn tick_after(at: Nanos) -> u64 {
    at.div_ceil(TICK)
}

/// The tick that `now` is in, on the machine's clock: all that workers with threads know.
pub(crate) fn tick_of(now: Nanos) -> u64 {
    now / TICK
}

//! Time as the engine counts it.

use std::time::Duration;

/// Nanoseconds since a clock's start.
pub(crate) type Nanos = u64;

/// Nanoseconds in a tick of the timer wheel, a little over a millisecond: timers are exact to one tick, and never early.
pub(crate) const TICK: Nanos = 1 << 20;

/// The engine's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Nanos,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: read(libc::CLOCK_MONOTONIC) }
    }

    /// Nanoseconds since the start. About 25 ns; never called per message.
    pub(crate) fn now(&self) -> Nanos {
        read(libc::CLOCK_MONOTONIC).saturating_sub(self.start)
    }

    /// A cheap time (5 ns) that is up to [`COARSE`] behind.
    pub(crate) fn coarse_now(&self) -> Nanos {
        #[cfg(target_os = "linux")]
        let at = read(libc::CLOCK_MONOTONIC_COARSE);
        #[cfg(not(target_os = "linux"))]
        let at = read(libc::CLOCK_MONOTONIC);
        at.saturating_sub(self.start)
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

/// The first tick that is not before `at`.
pub(crate) fn tick_after(at: Nanos) -> u64 {
    at.div_ceil(TICK)
}

/// The tick that `now` is in.
pub(crate) fn tick_of(now: Nanos) -> u64 {
    now / TICK
}

//! A clock for stamps: the processor's time stamp counter where that is safe, the system's clock elsewhere.

use std::time::{Duration, Instant};

/// How long the counter is compared with the system's clock.
const CALIBRATION: Duration = Duration::from_millis(20);
/// Binary places of the scale from ticks to nanoseconds.
const SHIFT: u32 = 32;

/// Stamps in ticks, whose differences it turns into nanoseconds. One clock serves all threads: the counter is used
/// only where the kernel says that it runs at one rate and does not stop, and virtual machines keep it in step.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    source: Source,
    start: Instant,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    /// Both times 2^32.
    Tsc {
        ns_per_tick: u64,
        ticks_per_ns: u64,
    },
    System,
}

impl Clock {
    /// Chooses and calibrates: 20 ms where there is a usable counter.
    pub fn calibrated() -> Self {
        let source = if tsc_is_invariant() { calibrate() } else { Source::System };
        Self { source, start: Instant::now() }
    }

    /// Now, in ticks: about 10 ns by the counter, 25 ns by the system's clock.
    #[inline]
    pub fn ticks(&self) -> u64 {
        match self.source {
            Source::Tsc { .. } => read_tsc(),
            Source::System => self.start.elapsed().as_nanos() as u64,
        }
    }

    /// The nanoseconds between two stamps; 0 where the later one is smaller.
    #[inline]
    pub fn ns_between(&self, earlier: u64, later: u64) -> u64 {
        let ticks = later.saturating_sub(earlier);
        match self.source {
            Source::Tsc { ns_per_tick, .. } => {
                ((u128::from(ticks) * u128::from(ns_per_tick)) >> SHIFT) as u64
            }
            Source::System => ticks,
        }
    }

    /// The ticks in so many nanoseconds: to 2^-32 of a tick a nanosecond, 1 us in an hour.
    #[inline]
    pub fn ticks_in(&self, ns: u64) -> u64 {
        match self.source {
            Source::Tsc { ticks_per_ns, .. } => ((u128::from(ns) * u128::from(ticks_per_ns)) >> SHIFT) as u64,
            Source::System => ns,
        }
    }

    /// What it reads: `tsc` or `system`.
    pub fn name(&self) -> &'static str {
        match self.source {
            Source::Tsc { .. } => "tsc",
            Source::System => "system",
        }
    }

    /// What reading it costs, in nanoseconds: the median of batches.
    pub fn cost_ns(&self) -> f64 {
        const BATCH: u32 = 1_000;
        let mut costs: Vec<f64> = (0..31)
            .map(|_| {
                let start = Instant::now();
                for _ in 0..BATCH {
                    std::hint::black_box(self.ticks());
                }
                start.elapsed().as_nanos() as f64 / f64::from(BATCH)
            })
            .collect();
        costs.sort_by(f64::total_cmp);
        costs[costs.len() / 2]
    }
}

#[cfg(target_arch = "x86_64")]
fn read_tsc() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
fn read_tsc() -> u64 {
    unreachable!("chosen on x86-64 alone")
}

/// Whether the processor promises one rate in every state of power, and the kernel trusts it to.
#[cfg(target_arch = "x86_64")]
fn tsc_is_invariant() -> bool {
    use core::arch::x86_64::__cpuid;
    let by_processor = __cpuid(0x8000_0000).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0;
    // The kernel's own words for it; where it keeps them to itself, the processor's must do.
    let by_kernel = std::fs::read_to_string("/proc/cpuinfo").ok().is_none_or(|text| {
        let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
        ["constant_tsc", "nonstop_tsc"].iter().all(|flag| flags.split_whitespace().any(|f| f == *flag))
    });
    // A counter that the kernel has found to be unstable is no clock to it any more.
    let clocks =
        std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/available_clocksource");
    let still = clocks.ok().is_none_or(|clocks| clocks.split_whitespace().any(|clock| clock == "tsc"));
    by_processor && by_kernel && still
}

#[cfg(not(target_arch = "x86_64"))]
fn tsc_is_invariant() -> bool {
    false
}

/// Compares the counter with the system's clock; the system's clock it is where the counter does not move.
fn calibrate() -> Source {
    let (tsc_start, start) = pair();
    while start.elapsed() < CALIBRATION {
        std::thread::sleep(CALIBRATION / 4);
    }
    let (tsc_end, end) = pair();
    let ns = end.duration_since(start).as_nanos();
    match tsc_end.checked_sub(tsc_start) {
        Some(ticks) if ticks > 0 => Source::Tsc {
            ns_per_tick: ((ns << SHIFT) / u128::from(ticks)) as u64,
            ticks_per_ns: ((u128::from(ticks) << SHIFT) / ns.max(1)) as u64,
        },
        _ => Source::System,
    }
}

/// Both clocks at one moment: the closest of some readings.
fn pair() -> (u64, Instant) {
    let read = || {
        let before = read_tsc();
        let at = Instant::now();
        let after = read_tsc();
        (after.wrapping_sub(before), before, at)
    };
    let (width, before, at) = (0..64).map(|_| read()).min_by_key(|r| r.0).unwrap_or_else(read);
    (before.wrapping_add(width / 2), at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_agrees_with_the_system() {
        let clock = Clock::calibrated();
        let (ticks, start) = (clock.ticks(), Instant::now());
        while start.elapsed() < Duration::from_millis(30) {
            std::hint::spin_loop();
        }
        let (by_clock, by_system) =
            (clock.ns_between(ticks, clock.ticks()), start.elapsed().as_nanos() as u64);
        // A pause between the two readings can only make the first of them shorter than the second, or longer by it.
        let difference = by_clock.abs_diff(by_system);
        assert!(difference < by_system / 10, "{}: {by_clock} against {by_system} ns", clock.name());
    }

    #[test]
    fn nanoseconds_become_ticks_and_are_the_same_again() {
        let clock = Clock::calibrated();
        for ns in [1_000, 1_000_000_007, 3_600_000_000_000] {
            let again = clock.ns_between(7, 7 + clock.ticks_in(ns));
            assert!(again.abs_diff(ns) <= 2 + ns / 1_000_000_000, "{ns}: {again}");
        }
    }

    #[test]
    fn a_stamp_from_the_future_is_no_time_at_all() {
        let clock = Clock::calibrated();
        assert_eq!(clock.ns_between(5, 4), 0);
        assert_eq!(clock.ns_between(7, 7), 0);
    }
}

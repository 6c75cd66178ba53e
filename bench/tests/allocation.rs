//! Recording takes no memory: neither a sample, nor the plan's next arrival, nor an arrival that is done.

use std::alloc::{GlobalAlloc, Layout, System as Heap};
use std::cell::Cell;
use std::time::Duration;
use throng::System;
use throng_bench::arrival::{Arrival, Schedule};
use throng_bench::clock::Clock;
use throng_bench::latency::Recorder;
use throng_bench::live::Live;
use throng_bench::options::Options;
use throng_bench::run;
use throng_bench::scenario::gauge::{Gauge, Stamp};
use throng_bench::scenario::tally::Tally;

/// The system's allocator, counting what this thread asks for.
struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    // A thread that is ending has nothing left to count with.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's contract is passed on.
        unsafe { Heap.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { Heap.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { Heap.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `deed` asks for memory.
fn allocations(deed: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    deed();
    ALLOCATIONS.get() - before
}

#[test]
fn recording_asks_for_no_memory() {
    assert!(allocations(|| drop(std::hint::black_box(vec![1_u8; 100]))) > 0, "nothing is counted");

    let (live, mut recorder) = (Live::new(), Recorder::new());
    let values = || (0..200_000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (n % 64));
    assert_eq!(allocations(|| values().for_each(|ns| live.record(ns))), 0);
    assert_eq!(allocations(|| values().for_each(|ns| recorder.record(ns))), 0);

    for plan in ["constant", "poisson", "burst:7", "ramp:1k..1M"] {
        let arrival = Arrival::parse(plan).expect("a plan");
        let schedule = Schedule::new(&arrival, 1_000_000, 1, Duration::from_secs(1)).expect("it can be");
        assert_eq!(allocations(|| assert!(schedule.count() > 100_000)), 0, "{plan}");
    }

    let clock = Clock::calibrated();
    let options = Options::read(["counting".into()]).expect("a workload");
    let plan = run::plan(&options, clock, &Default::default()).expect("the defaults fit");
    let system = System::builder().workers(1).build().expect("a worker");
    let gauge = Gauge::new(&system, &plan, Tally::new(&system, &plan, 1), true);
    let done = || {
        for number in 0..100_000 {
            let now = clock.ticks();
            gauge.done(0, &Stamp { number, planned: now, sent: now, measured: true });
        }
    };
    assert_eq!(allocations(done), 0);
    assert_eq!(gauge.counted().measured, 100_000);
}

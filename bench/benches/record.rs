//! What it costs to look: a reading of the clock, a sample recorded, and an arrival that is done, which is the clock once and
//! two samples. `cargo bench -p throng-bench --bench record`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use throng::System;
use throng_bench::clock::Clock;
use throng_bench::latency::Recorder;
use throng_bench::live::{Live, Reading, Samples};
use throng_bench::options::Options;
use throng_bench::run;
use throng_bench::scenario::gauge::{Gauge, Stamp};
use throng_bench::scenario::tally::Tally;
use throng_bench::seeded::Seeded;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What one iteration does so many times.
const N: usize = 1_000;

/// As latencies are: around a few microseconds, and some far above.
fn latencies() -> Vec<u64> {
    let mut seeded = Seeded::new(1);
    (0..N).map(|_| 1_000 + (seeded.below(4_000) << (seeded.below(64) / 60 * 6))).collect()
}

fn looking(criterion: &mut Criterion) {
    let (clock, latencies) = (Clock::calibrated(), latencies());
    let mut group = criterion.benchmark_group("look");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("clock", |bencher| {
        bencher.iter(|| (0..N).for_each(|_| _ = black_box(clock.ticks())));
    });
    let live = Live::new();
    group.bench_function("record", |bencher| {
        bencher.iter(|| latencies.iter().for_each(|ns| live.record(black_box(*ns))));
    });
    let mut plain = Recorder::new();
    group.bench_function("record, by the crate's histogram", |bencher| {
        bencher.iter(|| latencies.iter().for_each(|ns| plain.record(black_box(*ns))));
    });
    group.bench_function("clock and record", |bencher| {
        bencher.iter(|| {
            latencies.iter().for_each(|ns| {
                let now = clock.ticks();
                live.record(clock.ns_between(now - ns, now));
            });
        });
    });
    let options = Options::read(["counting".into()]).expect("a workload");
    let plan = run::plan(&options, clock, &Default::default()).expect("the defaults fit");
    let system = System::builder().workers(1).build().expect("a worker");
    let gauge = Gauge::new(&system, &plan, Tally::new(&system, &plan, 1), true);
    group.bench_function("an arrival done: clock and two records", |bencher| {
        bencher.iter(|| {
            let now = clock.ticks();
            latencies.iter().for_each(|ns| {
                gauge.done(0, &Stamp { number: *ns, planned: now - ns, sent: now, measured: true });
            });
        });
    });
    group.finish();

    let mut reading = Reading::new();
    criterion.bench_function("an interval read", |bencher| {
        bencher.iter(|| {
            latencies.iter().for_each(|ns| live.record(*ns));
            let mut samples = Samples::default();
            reading.take(&live, &mut samples);
            samples.count()
        });
    });
}

criterion_group!(record, looking);
criterion_main!(record);

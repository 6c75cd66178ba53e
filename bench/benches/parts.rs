//! The engine's parts one by one: `cargo bench -p throng-bench --bench parts`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use throng::internals::{Line, Queue, Stock, word};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What one iteration does so many times.
const N: usize = 1_000;

fn words(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("word");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("push and credit", |bencher| bencher.iter(|| word(N)));
}

fn queues(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("queue");
    for n in [1, 2, 16, 128, 1_024_u32] {
        let mut queue = Queue::new();
        group.throughput(Throughput::Elements(u64::from(n)));
        group.bench_function(format!("push and take {n}"), |bencher| bencher.iter(|| queue.round(n)));
    }
}

fn pools(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("pool");
    // One block, what two magazines hold, and what goes through the depot.
    for n in [1, 256, 2_048] {
        let mut stock = Stock::new();
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(format!("take and give {n}"), |bencher| bencher.iter(|| stock.round(n)));
    }
}

fn run_queues(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run queue");
    group.throughput(Throughput::Elements(N as u64));
    let mut line = Line::new();
    group.bench_function("slot", |bencher| bencher.iter(|| line.slot(N)));
    group.bench_function("end of the line", |bencher| bencher.iter(|| line.fifo(N)));
}

criterion_group!(parts, words, queues, pools, run_queues);
criterion_main!(parts);

//! Turns of actors on the calling thread: send, schedule, take, handle. `cargo bench -p throng-bench --bench turn`.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use throng::{Actor, Address, Context, Fault, Inline, System};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Messages of one iteration.
const N: u64 = 1_000;

struct Sum(u64);

impl Actor for Sum {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0 += n;
        Ok(())
    }
}

/// Sends itself what is left, less one.
struct Countdown;

impl Actor for Countdown {
    type Msg = u64;
    fn handle(&mut self, left: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if left > 0 {
            let me = cx.me();
            cx.send(me, left - 1)?;
        }
        Ok(())
    }
}

/// Sends on, to where the first message told.
struct Relay(Option<Address<Hop>>);

enum Hop {
    To(Address<Hop>),
    Left(u64),
}

impl Actor for Relay {
    type Msg = Hop;
    fn handle(&mut self, hop: Hop, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (hop, self.0) {
            (Hop::To(next), _) => self.0 = Some(next),
            (Hop::Left(left), Some(next)) if left > 0 => cx.send(next, Hop::Left(left - 1))?,
            (Hop::Left(_), _) => {}
        }
        Ok(())
    }
}

/// Times what `send` sets off, `N` messages each time, and sees that none of them was lost.
fn measure(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    mut system: Inline,
    beside: u64,
    send: impl Fn(),
) {
    let mut rounds = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            send();
            system.run_until_idle();
            rounds += 1;
        });
    });
    // Looks into every mailbox, so it is done once.
    let ledger = system.system().ledger();
    ledger.check().expect("nothing is lost");
    assert_eq!(ledger.handled, beside + rounds * N, "a message was lost");
}

fn turns(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("turn");
    group.throughput(Throughput::Elements(N));

    let system = System::builder().inline();
    let sum = system.spawn(Sum(0));
    measure(&mut group, "batch, sent from outside", system, 0, || {
        for n in 0..N {
            sum.try_send(n).expect("room");
        }
    });

    let system = System::builder().inline();
    let countdown = system.spawn(Countdown);
    measure(&mut group, "to itself", system, 0, || countdown.try_send(N - 1).expect("room"));

    let mut system = System::builder().inline();
    let (left, right) = (system.spawn(Relay(None)), system.spawn(Relay(None)));
    left.try_send(Hop::To(right)).expect("room");
    right.try_send(Hop::To(left)).expect("room");
    system.run_until_idle();
    measure(&mut group, "to and fro", system, 2, || left.try_send(Hop::Left(N - 1)).expect("room"));
}

criterion_group!(benches, turns);
criterion_main!(benches);

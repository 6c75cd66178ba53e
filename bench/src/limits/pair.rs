//! What two threads on two processors can do with each other.

use super::allocator::{Allocator, Block, NO_MIMALLOC};
use super::figure::{Figure, median};
use crate::clock::Clock;
use crate::latency::Recorder;
use crate::probe;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const ONE: &str = "needs two processors";
/// Blocks allocated here and freed there, at a time, and how often.
const BLOCKS: usize = 10_000;
const ROUNDS: usize = 21;
/// Nodes of the pool, sent through it, and returned together.
const NODES: usize = 4_096;
const SENT: u64 = 1_000_000;
const CHAIN: u64 = 64;
/// Sleepers woken, each after it has slept for so long.
const WAKES: u64 = 1_000;
const ASLEEP: Duration = Duration::from_micros(200);

/// All of them, in the order of the architecture's table. Without a second processor there are none.
pub fn figures(clock: &Clock) -> Vec<Figure> {
    let processors = probe::processors();
    let pair = match processors[..] {
        [first, .., last] => Some((first, last)),
        _ => None,
    };
    let wake = pair.map(|pair| wake(clock, pair));
    let p = |q: f64, of: &Recorder| crate::latency::quantile(of.histogram(), q).map(|ns| ns as f64);
    let waker = wake.as_ref().and_then(|(waker, _)| p(0.5, waker));
    let runs = wake.as_ref().and_then(|(_, sleeper)| p(0.5, sleeper));
    let late = wake.as_ref().and_then(|(_, sleeper)| p(0.99, sleeper));
    vec![
        Figure::of(
            "64 B of mimalloc allocated on one core, freed on another",
            pair.zip(Allocator::mimalloc()).map(|(pair, mimalloc)| foreign_free(mimalloc, pair)),
            if pair.is_none() { ONE } else { NO_MIMALLOC },
        ),
        Figure::of(
            "64 B of libc's malloc allocated on one core, freed on another",
            pair.map(|pair| foreign_free(Allocator::Libc, pair)),
            ONE,
        ),
        Figure::of("core to core, one way", probe::cross_core_ns(), ONE),
        Figure::of("one to one across cores, nodes back in chains of 64", pair.map(stream), ONE),
        Figure::of("futex: cost to the waker", waker, ONE),
        Figure::of("futex: until the sleeper runs", runs, ONE),
        Figure::of("futex: until the sleeper runs, p99", late, ONE),
    ]
}

/// Both sides together, for each block.
fn foreign_free(allocator: Allocator, (here, there): (usize, usize)) -> f64 {
    let (give, take) = mpsc::channel::<Vec<Block>>();
    let (freed, done) = mpsc::channel::<f64>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            probe::pin(there);
            for blocks in take {
                let start = Instant::now();
                blocks.into_iter().for_each(|block| allocator.free(block));
                if freed.send(start.elapsed().as_nanos() as f64).is_err() {
                    return;
                }
            }
        });
        let all = scope.spawn(move || {
            probe::pin(here);
            let mut all = Vec::with_capacity(ROUNDS);
            for round in 0..ROUNDS {
                let mut blocks = Vec::with_capacity(BLOCKS);
                let start = Instant::now();
                for n in 0..BLOCKS {
                    blocks.push(std::hint::black_box(allocator.allocate(n as u64)));
                }
                let allocated = start.elapsed().as_nanos() as f64;
                let freed = give.send(blocks).ok().and_then(|()| done.recv().ok()).unwrap_or(f64::NAN);
                // The first round's pages are new.
                if round > 0 {
                    all.push((allocated + freed) / BLOCKS as f64);
                }
            }
            all
        });
        median(all.join().expect("measuring does not panic"))
    })
}

/// A node of the stream, in a line of its own.
#[repr(align(64))]
struct Node {
    next: AtomicPtr<Node>,
    value: AtomicU64,
}

/// Pushes a chain of nodes from `first` to `last`.
fn push(stack: &AtomicPtr<Node>, first: &Node, last: &Node) {
    let mut seen = stack.load(Ordering::Relaxed);
    loop {
        last.next.store(seen, Ordering::Relaxed);
        let first = std::ptr::from_ref(first).cast_mut();
        match stack.compare_exchange_weak(seen, first, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// One stack there, another back, both taken whole: nobody pops a single node, so none is mistaken for another.
fn stream((here, there): (usize, usize)) -> f64 {
    let nodes: Vec<Node> =
        (0..NODES).map(|_| Node { next: AtomicPtr::new(null_mut()), value: AtomicU64::new(0) }).collect();
    let nodes = &nodes[..];
    // SAFETY: both stacks hold nothing but nodes of the slice, which outlives the threads; their fields are atomic.
    let node = |at: *mut Node| -> Option<&Node> { unsafe { at.as_ref() } };
    let mailbox = &AtomicPtr::new(null_mut());
    let returned = &AtomicPtr::new(null_mut());
    let mut rounds = Vec::new();
    for _ in 0..5 {
        mailbox.store(null_mut(), Ordering::Relaxed);
        returned.store(null_mut(), Ordering::Relaxed);
        nodes.iter().for_each(|node| push(returned, node, node));
        let start = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                probe::pin(here);
                let mut free = null_mut();
                let mut sent = 0;
                while sent < SENT {
                    let Some(next) = node(free) else {
                        free = returned.swap(null_mut(), Ordering::AcqRel);
                        std::hint::spin_loop();
                        continue;
                    };
                    free = next.next.load(Ordering::Relaxed);
                    next.value.store(sent, Ordering::Relaxed);
                    push(mailbox, next, next);
                    sent += 1;
                }
            });
            scope.spawn(|| {
                probe::pin(there);
                let (mut taken, mut sum, mut chained) = (0, 0_u64, 0);
                let (mut first, mut last): (Option<&Node>, Option<&Node>) = (None, None);
                while taken < SENT {
                    let mut at = mailbox.swap(null_mut(), Ordering::AcqRel);
                    std::hint::spin_loop();
                    while let Some(got) = node(at) {
                        at = got.next.load(Ordering::Relaxed);
                        sum = sum.wrapping_add(got.value.load(Ordering::Relaxed));
                        taken += 1;
                        got.next.store(
                            first.map_or(null_mut(), |n| std::ptr::from_ref(n).cast_mut()),
                            Ordering::Relaxed,
                        );
                        last = last.or(Some(got));
                        first = Some(got);
                        chained += 1;
                        if chained == CHAIN {
                            if let (Some(first), Some(last)) = (first.take(), last.take()) {
                                push(returned, first, last);
                            }
                            chained = 0;
                        }
                    }
                }
                assert_eq!(sum, SENT * (SENT - 1) / 2, "a message was lost");
            });
        });
        rounds.push(start.elapsed().as_nanos() as f64 / SENT as f64);
    }
    median(rounds)
}

/// What waking a sleeping thread costs the waker, and how long until it runs.
fn wake(clock: &Clock, (here, there): (usize, usize)) -> (Recorder, Recorder) {
    let (called, woken, over) = (&AtomicU64::new(0), &AtomicU64::new(0), &AtomicBool::new(false));
    std::thread::scope(|scope| {
        let sleeper = scope.spawn(move || {
            probe::pin(there);
            let mut latency = Recorder::new();
            let mut seen = 0;
            loop {
                while called.load(Ordering::Acquire) == seen {
                    if over.load(Ordering::Acquire) {
                        return latency;
                    }
                    std::thread::park();
                }
                let now = clock.ticks();
                seen = called.load(Ordering::Acquire);
                latency.record(clock.ns_between(seen, now));
                woken.store(seen, Ordering::Release);
            }
        });
        let thread = sleeper.thread().clone();
        let waker = scope.spawn(move || {
            probe::pin(here);
            let mut cost = Recorder::new();
            for _ in 0..WAKES {
                std::thread::sleep(ASLEEP);
                let stamp = clock.ticks();
                called.store(stamp, Ordering::Release);
                thread.unpark();
                cost.record(clock.ns_between(stamp, clock.ticks()));
                while woken.load(Ordering::Acquire) != stamp {
                    std::hint::spin_loop();
                }
            }
            over.store(true, Ordering::Release);
            thread.unpark();
            cost
        });
        let cost = waker.join().expect("measuring does not panic");
        (cost, sleeper.join().expect("measuring does not panic"))
    })
}

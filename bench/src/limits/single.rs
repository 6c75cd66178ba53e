//! What one thread can do.

use super::allocator::{Allocator, NO_MIMALLOC};
use super::figure::{Figure, median_ns};
use crate::clock::Clock;
use crate::seeded::Seeded;
use crossbeam_deque::{Steal, Worker};
use std::hint::black_box;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::time::Instant;

const N: u32 = 20_000;
/// Cold lines: more than any cache holds.
const COLD: usize = 1_000_000;

/// A cache line, for nodes, blocks and cells.
#[repr(align(64))]
struct Line {
    next: *mut Line,
    value: u64,
}

impl Line {
    fn new() -> Self {
        Self { next: null_mut(), value: 0 }
    }
}

/// All of them, in the order of the architecture's table.
pub fn figures(clock: &Clock, seed: u64) -> Vec<Figure> {
    let mut all = atomics();
    all.push(push_and_pop());
    all.extend(allocation());
    all.extend(clocks(clock));
    all.extend(deque());
    all.extend(cold_touches(seed));
    all.extend(calls(seed));
    all
}

fn atomics() -> Vec<Figure> {
    let word = AtomicU64::new(0);
    let exchange = median_ns(N, || {
        for n in 0..u64::from(N) {
            black_box(word.swap(n, Ordering::AcqRel));
        }
    });
    let add = median_ns(N, || {
        for _ in 0..N {
            black_box(word.fetch_add(1, Ordering::AcqRel));
        }
    });
    let mut expected = word.load(Ordering::Relaxed);
    let compare = median_ns(N, || {
        for _ in 0..N {
            let new = expected + 1;
            match word.compare_exchange(expected, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => expected = new,
                Err(_) => unreachable!("nobody else has the word"),
            }
        }
    });
    vec![
        Figure::new("uncontended exchange", exchange),
        Figure::new("uncontended fetch_add", add),
        Figure::new("uncontended compare-and-exchange", compare),
    ]
}

/// A node onto a stack by a compare-and-exchange and off it by an exchange: the floor of a local message.
fn push_and_pop() -> Figure {
    let head: AtomicPtr<Line> = AtomicPtr::new(null_mut());
    let mut node = Line::new();
    let node: *mut Line = &mut node;
    let ns = median_ns(N, || {
        for n in 0..u64::from(N) {
            // SAFETY: the node is this function's, off the stack here.
            unsafe {
                let seen = head.load(Ordering::Relaxed);
                (*node).next = seen;
                (*node).value = n;
                let pushed = head.compare_exchange(seen, node, Ordering::AcqRel, Ordering::Relaxed);
                debug_assert!(pushed.is_ok());
                let popped = head.swap(null_mut(), Ordering::AcqRel);
                black_box((*popped).value);
            }
        }
    });
    Figure::new("push and pop on one thread, node used again", ns)
}

/// Each allocator by its own functions, whichever the binary was built to use.
fn allocation() -> Vec<Figure> {
    let of = |allocator: Allocator| {
        median_ns(N, || {
            for n in 0..u64::from(N) {
                allocator.free(black_box(allocator.allocate(n)));
            }
        })
    };
    let mimalloc = Allocator::mimalloc().map(of);
    let libc = of(Allocator::Libc);
    let mut free: *mut Line = Box::into_raw(Box::new(Line::new()));
    let list = median_ns(N, || {
        for n in 0..u64::from(N) {
            // SAFETY: the list has its one line whenever this begins.
            unsafe {
                let taken = black_box(free);
                free = (*taken).next;
                (*taken).value = n;
                (*taken).next = free;
                free = black_box(taken);
            }
        }
    });
    // SAFETY: made by `Box::into_raw`, and back on the list.
    drop(unsafe { Box::from_raw(free) });
    vec![
        Figure::of("64 B from mimalloc and back", mimalloc, NO_MIMALLOC),
        Figure::new("64 B from libc's malloc and back", libc),
        Figure::new("64 B from a free list and back", list),
    ]
}

fn clocks(clock: &Clock) -> Vec<Figure> {
    let system = median_ns(N, || {
        for _ in 0..N {
            black_box(Instant::now());
        }
    });
    let stamp = (clock.name() == "tsc").then(|| clock.cost_ns());
    vec![
        Figure::new("Instant::now", system),
        Figure::of("time stamp counter", stamp, "the counter is not one that stamps could rely on"),
    ]
}

fn deque() -> Vec<Figure> {
    let deque: Worker<usize> = Worker::new_fifo();
    let both = || {
        for n in 0..N as usize {
            deque.push(n);
            black_box(deque.pop());
        }
    };
    let quiet = median_ns(N, both);
    let stealer = deque.stealer();
    let over = AtomicBool::new(false);
    let disturbed = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                if let Steal::Success(stolen) = stealer.steal() {
                    black_box(stolen);
                }
            }
        });
        let ns = median_ns(N, both);
        over.store(true, Ordering::Relaxed);
        ns
    });
    vec![
        Figure::new("deque push and pop", quiet),
        Figure::new("deque push and pop, one thief spinning", disturbed),
    ]
}

/// The same lines on pages of the usual size and on huge ones.
fn cold_touches(seed: u64) -> Vec<Figure> {
    let on = |advice| Pages::new(advice).map(|mut pages| (cold_touch(pages.lines(), seed), pages.are_huge()));
    let small = on(libc::MADV_NOHUGEPAGE).map(|(ns, _)| ns);
    // Advice that was not followed measures the usual pages again.
    let huge = on(libc::MADV_HUGEPAGE).and_then(|(ns, are_huge)| are_huge.then_some(ns));
    vec![
        Figure::of("touch of one of 1M cold lines", small, "the kernel gives no memory"),
        Figure::of("touch of one of 1M cold lines on huge pages", huge, "the kernel gives no huge pages"),
    ]
}

/// One line after the other, each named by the one before, in an order that no prefetcher knows.
fn cold_touch(lines: &mut [Line], seed: u64) -> f64 {
    let mut order: Vec<usize> = (0..COLD).collect();
    Seeded::new(seed).shuffle(&mut order);
    for (n, &line) in order.iter().enumerate() {
        lines[line].value = order[(n + 1) % COLD] as u64;
    }
    let mut at = order[0];
    median_ns(N, || {
        for _ in 0..N {
            let line = &mut lines[at];
            // As a message does: the line is written, not only read.
            line.next = null_mut();
            at = black_box(line.value) as usize;
        }
    })
}

/// Memory for the cold lines, on pages of one kind.
struct Pages {
    at: *mut libc::c_void,
}

impl Pages {
    const HUGE: usize = 2 << 20;
    /// Room to begin at a huge page's boundary.
    const BYTES: usize = COLD * size_of::<Line>() + Self::HUGE;

    /// `None` where the kernel does not give them. What advice it follows is seen by [`Pages::are_huge`].
    fn new(advice: libc::c_int) -> Option<Self> {
        let (protection, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: a new mapping at a place of the kernel's choice.
        let at = unsafe { libc::mmap(null_mut(), Self::BYTES, protection, flags, -1, 0) };
        if at == libc::MAP_FAILED {
            return None;
        }
        // SAFETY: this mapping, whole; the kernel may ignore it.
        unsafe { libc::madvise(at, Self::BYTES, advice) };
        Some(Self { at })
    }

    fn lines(&mut self) -> &mut [Line] {
        let start = self.at.map_addr(|at| at.next_multiple_of(Self::HUGE)).cast::<Line>();
        // SAFETY: within the mapping, which is zeroed (a `Line` of zeros is one), aligned to a huge page, and borrowed
        // from `self` alone.
        unsafe { std::slice::from_raw_parts_mut(start, COLD) }
    }

    /// Whether most of what was touched lies on huge pages, by what the kernel tells of this mapping.
    fn are_huge(&self) -> bool {
        let told = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
        // Neighbours with the same advice may have been joined: the mapping that holds ours.
        let mut within = false;
        for line in told.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let hex = |text: &str| usize::from_str_radix(text, 16).ok();
            if let Some((from, to)) = range.and_then(|(from, to)| hex(from).zip(hex(to))) {
                let middle = self.at.addr() + Self::BYTES / 2;
                within = (from..to).contains(&middle);
            } else if within && let Some(kib) = line.strip_prefix("AnonHugePages:") {
                let kib = kib.trim().trim_end_matches(" kB").parse::<usize>().unwrap_or(0);
                return kib << 10 >= COLD * size_of::<Line>() / 2;
            }
        }
        false
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and no borrow outlives `self`.
        unsafe { libc::munmap(self.at, Self::BYTES) };
    }
}

fn calls(seed: u64) -> Vec<Figure> {
    type Call = fn(u64) -> u64;
    const CALLS: [Call; 8] = [
        |n| n.wrapping_add(1),
        |n| n.wrapping_mul(3),
        |n| n ^ 5,
        |n| n.rotate_left(7),
        |n| n.wrapping_sub(9),
        |n| !n,
        |n| n >> 1,
        |n| n << 1,
    ];
    let mut seeded = Seeded::new(seed);
    let chosen: Vec<Call> = (0..N).map(|_| CALLS[seeded.below(8) as usize]).collect();
    let same: Vec<Call> = vec![CALLS[1]; N as usize];
    let through = |calls: &[Call]| {
        let mut n = 1;
        median_ns(N, || {
            for call in black_box(calls) {
                n = call(n);
            }
            black_box(n);
        })
    };
    vec![
        Figure::new("indirect call, predicted", through(&same)),
        Figure::new("indirect call, one of eight at random", through(&chosen)),
    ]
}

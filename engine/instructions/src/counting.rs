//! What is counted, and what is not: a part of a kernel runs counted, set aside, or warming up.

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use throng::Inline;
use throng::internals::go_home;

/// Memory is handed out in order and never taken back, so that no count depends on the C library's allocator.
struct Bump;

/// What all kernels take together, a few times over.
const HEAP: usize = 256 << 20;
/// Blocks begin at multiples of this.
const LINE: usize = 64;

#[repr(align(4096))]
struct Heap(UnsafeCell<[u8; HEAP]>);

// SAFETY: each part of it is handed out once.
unsafe impl Sync for Heap {}

static MEMORY: Heap = Heap(UnsafeCell::new([0; HEAP]));
static USED: AtomicUsize = AtomicUsize::new(0);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: what is handed out is as large and aligned as was asked for, and nobody else's.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // A start is a multiple of a line; what is aligned more coarsely has room to move.
        let room = layout.align().saturating_sub(LINE) + layout.size().next_multiple_of(LINE);
        let start = USED.fetch_add(room, Ordering::Relaxed).next_multiple_of(layout.align().min(4096));
        if layout.align() > 4096 || start + layout.size() > HEAP {
            return std::ptr::null_mut();
        }
        // SAFETY: inside the heap.
        unsafe { MEMORY.0.get().cast::<u8>().add(start) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's contract is passed on; nothing was written there before.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump;

/// How a part of a kernel is run.
pub(crate) type Part = fn(&mut dyn FnMut());

/// What is counted. The script names this function and the next to callgrind, which begins where it is entered and ends
/// where it is left.
#[unsafe(no_mangle)]
#[inline(never)]
fn throng_counted(part: &mut dyn FnMut()) {
    part();
    // Not by a jump, and not one function with the next.
    black_box("counted");
}

/// What is left out of what is counted: here it is the other way round.
#[unsafe(no_mangle)]
#[inline(never)]
fn throng_set_aside(part: &mut dyn FnMut()) {
    part();
    black_box("set aside");
}

/// Allocations in what is counted.
pub(crate) static TAKEN: AtomicU64 = AtomicU64::new(0);

fn counted(part: &mut dyn FnMut()) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    throng_counted(part);
    TAKEN.fetch_add(ALLOCATIONS.load(Ordering::Relaxed) - before, Ordering::Relaxed);
}

fn set_aside(part: &mut dyn FnMut()) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    throng_set_aside(part);
    TAKEN.fetch_sub(ALLOCATIONS.load(Ordering::Relaxed) - before, Ordering::Relaxed);
}

/// What warms up.
fn plain(part: &mut dyn FnMut()) {
    part();
}

/// Runs a kernel twice uncounted, so that the pools have what it needs, and then counted; `round` is told how to run what is
/// counted, and what is not.
pub(crate) fn rounds(mut round: impl FnMut(Part, Part)) {
    for (part, aside) in [(plain as Part, plain as Part), (plain, plain), (counted, set_aside)] {
        round(part, aside);
    }
}

/// How often [`one_done`] is to be called before the worker goes home.
static LEFT: AtomicU64 = AtomicU64::new(0);

pub(crate) fn expect(n: u64) {
    LEFT.store(n, Ordering::Relaxed);
}

#[inline(always)]
pub(crate) fn one_done() {
    let left = LEFT.load(Ordering::Relaxed) - 1;
    LEFT.store(left, Ordering::Relaxed);
    if left == 0 {
        go_home();
    }
}

/// That `handled` messages were, and no other.
pub(crate) fn check(inline: &Inline, handled: u64) {
    let ledger = inline.system().ledger();
    ledger.check().expect("nothing is lost");
    assert_eq!((ledger.handled, ledger.faults), (handled, 0), "messages handled, and faults");
    assert_eq!(LEFT.load(Ordering::Relaxed), 0, "something was not done");
}

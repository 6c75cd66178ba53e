//! Slots: given out once, back after their grace period, shared among pools.

use crate::cell::arena::{CellPool, outlive_readers, spent_bytes, take_back};
use crate::cell::header::{CellClass, CellPtr};
use crate::cell::limbo::{BATCH, LAST_GENERATION};
use crate::sync::{AtomicBool, Ordering};
use std::sync::Arc;

const SMALL: CellClass = CellClass(0);

fn end(pool: &mut CellPool, slot: CellPtr) {
    // SAFETY: the test owns the slot, whose tenant is imagined; ended as `retire` demands.
    unsafe {
        let _ = slot.as_ref().mailbox.end();
        pool.retire(slot, SMALL);
    }
}

#[test]
fn r14_a_slot_whose_generations_are_used_up_serves_no_more() {
    let mut pool = CellPool::new();
    let slot = pool.take(SMALL).expect("memory");
    // SAFETY: taken from the arena.
    unsafe { slot.as_ref() }.force_generation(LAST_GENERATION - 1);
    let before = spent_bytes();
    end(&mut pool, slot);
    assert_eq!(spent_bytes() - before, SMALL.bytes() as u64);
    // SAFETY: cells are never unmapped.
    assert_eq!(unsafe { slot.as_ref() }.generation(), LAST_GENERATION);
    pool.flush();
    let others: Vec<_> = (0..4 * BATCH).filter_map(|_| pool.take(SMALL)).collect();
    assert!(!others.contains(&slot));
}

#[test]
fn half_of_a_large_stock_goes_to_others() {
    let mut pool = CellPool::new();
    // Of a class that no other test here has.
    let class = CellClass(3);
    let mut stock = [const { Vec::new() }; CellClass::COUNT];
    let slots: Vec<_> = (0..4 * BATCH).map(|_| pool.take(class).expect("memory")).collect();
    for (n, slot) in slots.iter().enumerate() {
        assert_eq!(stock[3].len(), n);
        take_back(&mut stock, *slot, class);
    }
    assert_eq!(stock[3], slots[..2 * BATCH]);
}

/// What an ended pool had not given out of its slab serves the next one.
#[test]
fn the_rest_of_a_slab_is_used_up() {
    let class = CellClass(4);
    let mut pool = CellPool::new();
    let first = pool.take(class).expect("memory");
    drop(pool);
    let next = CellPool::new().take(class).expect("memory");
    assert_eq!(next.addr().get() - first.addr().get(), class.bytes());
}

#[test]
fn a_slot_comes_back_after_its_grace_period_and_not_before() {
    let mut pool = CellPool::new();
    let other = CellPool::new();
    other.online();
    let slot = pool.take(SMALL).expect("memory");
    // SAFETY: taken from the arena.
    let generation = unsafe { slot.as_ref() }.generation();
    end(&mut pool, slot);
    // SAFETY: cells are never unmapped.
    assert_eq!(unsafe { slot.as_ref() }.generation(), generation + 1);
    pool.flush();
    assert!(pool.limbo_bytes() > 0, "somebody is online since before");
    other.offline();
    // Other tests take part in the same domain; each of them goes offline in its own time.
    while pool.limbo_bytes() > 0 {
        pool.flush();
        std::thread::yield_now();
    }
    assert_eq!(pool.take(SMALL), Some(slot));
}

#[test]
fn what_outlives_readers_is_dropped_after_them() {
    struct Told(Arc<AtomicBool>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Release);
        }
    }
    let reader = CellPool::new();
    reader.online();
    let dropped = Arc::default();
    outlive_readers(Told(Arc::clone(&dropped)));
    drop(CellPool::new());
    assert!(!dropped.load(Ordering::Acquire), "somebody is online since before");
    reader.offline();
    // As above; whoever comes by drops it.
    while !dropped.load(Ordering::Acquire) {
        drop(CellPool::new());
        std::thread::yield_now();
    }
}

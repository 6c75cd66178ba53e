//! Models of a walk over all slots while a fresh one gets its first tenant, and of a glance at the slot that a worker says it runs.

use crate::cell::header::{CellPtr, Header, Kind};
use crate::model::{demand_found, explore_further, note};
use crate::sync::{AtomicPtr, Mutant, Ordering, thread};
use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::Arc;

/// A page of one slot.
struct Page(Box<MaybeUninit<Header>>);

// SAFETY: loom checks who touches what.
unsafe impl Sync for Page {}
// SAFETY: as above.
unsafe impl Send for Page {}

impl Page {
    fn slot(&self) -> CellPtr {
        NonNull::from(&*self.0).cast()
    }
}

fn settle_against_walk() {
    let page = Arc::new(Page(Box::new(MaybeUninit::uninit())));
    let kind = NonNull::<Kind>::without_provenance(std::num::NonZero::new(64).expect("not zero"));
    // SAFETY: nobody else has it.
    unsafe { Header::map(page.slot()) };
    let spawner = thread::spawn({
        let page = Arc::clone(&page);
        move || {
            // SAFETY: the slot is fresh, and its only spawner is here.
            unsafe {
                Header::prepare(page.slot());
                page.slot().as_ref().settle(kind);
            }
        }
    });
    // As `for_each_slot` and `for_each_actor` do.
    // SAFETY: the field that is looked at first is there; the others are when it says so.
    let header = unsafe { page.slot().as_ref() };
    if header.was_settled() {
        note("settled");
        if let Some((generation, of)) = header.tenant() {
            note("seen");
            assert_eq!((generation, of), (0, kind.as_ptr().cast_const()));
        }
    }
    spawner.join().expect("no panic");
    assert!(header.was_settled());
}

#[test]
fn a_walk_finds_nothing_or_a_header() {
    let seen = explore_further(settle_against_walk);
    assert!(seen.contains("settled") && seen.contains("seen"));
}

#[test]
fn finds_relaxed_kind() {
    demand_found(Mutant::RelaxedKind, settle_against_walk);
}

#[test]
fn finds_whole_header() {
    demand_found(Mutant::WholeHeader, settle_against_walk);
}

/// As a system does that comes down: the slot is known from the worker that runs its actor, which says so in passing.
fn glance_at_who_runs() {
    let page = Arc::new(Page(Box::new(MaybeUninit::uninit())));
    let running = Arc::new(AtomicPtr::<Header>::new(std::ptr::null_mut()));
    let kind = NonNull::<Kind>::without_provenance(std::num::NonZero::new(64).expect("not zero"));
    // SAFETY: nobody else has it.
    unsafe { Header::map(page.slot()) };
    let worker = thread::spawn({
        let (page, running) = (Arc::clone(&page), Arc::clone(&running));
        move || {
            // A handler spawns into a fresh slot; the same worker runs that actor's turn.
            // SAFETY: the slot is fresh, and its only spawner is here.
            unsafe {
                Header::prepare(page.slot());
                page.slot().as_ref().settle(kind);
            }
            running.store(page.slot().as_ptr(), Ordering::Relaxed);
        }
    });
    if let Some(cell) = NonNull::new(running.load(Ordering::Relaxed)) {
        note("running");
        // SAFETY: never unmapped.
        if let Some((generation, of)) = unsafe { cell.as_ref() }.tenant_at_a_glance() {
            note("seen");
            assert_eq!((generation, of), (0, kind.as_ptr().cast_const()));
        }
    }
    worker.join().expect("no panic");
}

#[test]
fn a_glance_at_who_runs_finds_nothing_or_a_header() {
    let seen = explore_further(glance_at_who_runs);
    assert!(seen.contains("running") && seen.contains("seen"));
}

#[test]
fn finds_a_glance_into_what_was_not_settled() {
    demand_found(Mutant::GlanceUnsettled, glance_at_who_runs);
}

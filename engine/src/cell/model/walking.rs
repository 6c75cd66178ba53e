//! Models of a walk over all slots while a fresh one gets its first tenant.

use crate::cell::header::{CellPtr, Header, Kind};
use crate::model::{demand_found, explore_further, note};
use crate::sync::{Mutant, thread};
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

//! Running models: every interleaving of a few threads, with loom in place of the real primitives (see [`crate::sync`]).
//!
//! Models lie beside the modules that they run. Each is explored as shipped, and with the faults planted that it must
//! find. What a model holds in common it holds by `std`'s Arc: dropping loom's is a step of the model, which cannot be
//! taken when a violation unwinds.

use crate::sync::{Mutant, plant};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What happened in some interleaving.
pub(crate) type Seen = BTreeSet<&'static str>;

std::thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// Notes that something happened, so that a test can tell that its model is not empty of it.
pub(crate) fn note(event: &'static str) {
    SEEN.with_borrow_mut(|seen| seen.insert(event));
}

/// Runs a model in every interleaving with two preemptions, or as many as `LOOM_MAX_PREEMPTIONS` says. Gives what was
/// noted.
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) -> Seen {
    explore_beyond(0, model)
}

/// Runs a small model, with two preemptions more.
pub(crate) fn explore_further(model: impl Fn() + Send + Sync + 'static) -> Seen {
    explore_beyond(2, model)
}

fn explore_beyond(more: usize, model: impl Fn() + Send + Sync + 'static) -> Seen {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(2) + more);
    builder.max_branches = builder.max_branches.max(10_000);
    let (started, runs) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&runs);
    SEEN.take();
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    println!("{} interleavings in {:?}", runs.load(Ordering::Relaxed), started.elapsed());
    SEEN.take()
}

/// Runs a model with a fault planted, and fails unless a violation is found.
pub(crate) fn demand_found(which: Mutant, model: impl Fn() + Send + Sync + 'static) {
    demand_found_by(which, || {
        explore(model);
    });
}

/// Runs a small model so, with two preemptions more.
pub(crate) fn demand_found_further(which: Mutant, model: impl Fn() + Send + Sync + 'static) {
    demand_found_by(which, || {
        explore_further(model);
    });
}

fn demand_found_by(which: Mutant, exploration: impl FnOnce()) {
    plant(Some(which));
    let outcome = catch_unwind(AssertUnwindSafe(exploration));
    plant(None);
    let Err(payload) = outcome else { panic!("{which:?} was not found") };
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    // A model that is too large proves nothing.
    assert!(!text.contains("exceeded"), "{which:?}: {text}");
    println!("{which:?} was found: {text}");
}

//! Running models: the threads of a few actors and workers, with a model checker's primitives in place of the real ones
//! (see [`crate::sync`]). loom takes two or three threads through every interleaving and every order that the memory model
//! allows; shuttle takes more of them through many interleavings drawn at random, in sequential consistency.
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
#[cfg(throng_loom)]
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) -> Seen {
    explore_beyond(0, model)
}

/// Runs a small model, with two preemptions more.
#[cfg(throng_loom)]
pub(crate) fn explore_further(model: impl Fn() + Send + Sync + 'static) -> Seen {
    explore_beyond(2, model)
}

#[cfg(throng_loom)]
fn explore_beyond(more: usize, model: impl Fn() + Send + Sync + 'static) -> Seen {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(2) + more);
    builder.max_branches = builder.max_branches.max(10_000);
    counted(model, |model| {
        builder.check(model);
    })
}

/// Runs a model in many interleavings: in some each step is anybody's, in the others (PCT) the threads have priorities that
/// change at two steps. As many of each as `SHUTTLE_RUNS` says, or 1,000. Gives what was noted.
#[cfg(throng_shuttle)]
pub(crate) fn explore(model: impl Fn() + Send + Sync + 'static) -> Seen {
    draw(1, model)
}

/// What a rare fault may take: so many times the runs of a model as shipped.
#[cfg(throng_shuttle)]
const ROUNDS: u64 = 50;

#[cfg(throng_shuttle)]
fn draw(rounds: u64, model: impl Fn() + Send + Sync + 'static) -> Seen {
    use shuttle::scheduler::{PctScheduler, RandomScheduler};
    let runs = number("SHUTTLE_RUNS").unwrap_or(1_000) as usize;
    let seed = number("SEED").unwrap_or_else(|| {
        let since = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
        since.as_nanos() as u64
    });
    let mut config = shuttle::Config::new();
    config.stack_size = 1 << 18;
    config.silence_warnings = true;
    // The seed does for all, and schedules are long.
    config.failure_persistence = shuttle::FailurePersistence::None;
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    println!("SEED={seed}");
    counted(model, |model| {
        let model = Arc::new(model);
        for seed in (0..rounds).map(|round| seed.wrapping_add(round)) {
            let (random, pct) = (Arc::clone(&model), Arc::clone(&model));
            let scheduler = RandomScheduler::new_from_seed(seed, runs);
            shuttle::Runner::new(scheduler, config.clone()).run(move || random());
            let scheduler = PctScheduler::new_from_seed(seed, 3, runs);
            shuttle::Runner::new(scheduler, config.clone()).run(move || pct());
        }
    })
}

#[cfg(throng_shuttle)]
fn number(variable: &str) -> Option<u64> {
    let given = std::env::var(variable).ok()?;
    Some(given.parse().unwrap_or_else(|_| panic!("{variable}={given}: give a whole number below 2^64")))
}

/// Explores a model and says how many interleavings it took.
fn counted<M: Fn() + Send + Sync + 'static>(
    model: M,
    exploration: impl FnOnce(Box<dyn Fn() + Send + Sync>),
) -> Seen {
    let (started, runs) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let run = Arc::clone(&runs);
    SEEN.take();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        exploration(Box::new(move || {
            run.fetch_add(1, Ordering::Relaxed);
            model();
        }));
    }));
    println!("{} interleavings in {:?}", runs.load(Ordering::Relaxed), started.elapsed());
    outcome.unwrap_or_else(|violation| std::panic::resume_unwind(violation));
    SEEN.take()
}

/// Runs a model with a fault planted, and fails unless a violation is found.
pub(crate) fn demand_found(which: Mutant, model: impl Fn() + Send + Sync + 'static) {
    #[cfg(throng_loom)]
    demand_found_by(which, || {
        explore(model);
    });
    #[cfg(throng_shuttle)]
    demand_found_by(which, || {
        draw(ROUNDS, model);
    });
}

/// Runs a small model so, with two preemptions more.
#[cfg(throng_loom)]
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
    // loom takes an `unpark` for the end of any wait, also of one for a lock: no fault of what is modelled.
    assert!(!text.contains("able to acquire lock"), "{which:?}: {text}");
    println!("{which:?} was found: {text}");
}

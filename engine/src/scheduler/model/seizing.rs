//! Models of the lease: seizing work against return.

use crate::model::{demand_found, explore, explore_further, note};
use crate::scheduler::lease::Lease;
use crate::sync::{Mutant, thread, with_asymmetric_fences};
use std::sync::Arc;

/// The owner puts two tasks into its queue, works on one, and looks again; `seizers` take what they find meanwhile.
fn seize_against_return(seizers: usize) {
    seize(Lease::new(Vec::new()), seizers);
}

fn seize(queue: Lease<Vec<u32>>, seizers: usize) {
    let queue = Arc::new(queue);
    let others: Vec<_> = (0..seizers)
        .map(|_| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || queue.seize(std::mem::take).unwrap_or_default())
        })
        .collect();
    let mut done = Vec::new();
    for task in [1, 2] {
        // SAFETY: this is the owner's thread.
        if unsafe { queue.enter(|queue: &mut Vec<u32>| queue.push(task)) }.is_none() {
            note("injected");
            done.push(task);
        }
    }
    // SAFETY: as above.
    done.extend(unsafe { queue.enter(Vec::pop) }.flatten());
    for other in others {
        let seized = other.join().expect("no panic");
        if !seized.is_empty() {
            note("seized");
        }
        done.extend(seized);
    }
    // SAFETY: as above.
    done.extend(unsafe { queue.enter(std::mem::take) }.expect("nobody seizes it now"));
    done.sort_unstable();
    assert_eq!(done, [1, 2], "each task is had once");
}

/// The same where the owner waits.
#[cfg(feature = "sim")]
fn seize_against_waiting(seizers: usize) {
    let queue = Lease::new(Vec::new());
    queue.await_always();
    seize(queue, seizers);
}

/// It goes no other way, whoever seizes.
#[cfg(feature = "sim")]
#[test]
fn who_waits_gets_in_each_time() {
    for seizers in [1, 2] {
        let seen = explore(move || seize_against_waiting(seizers));
        assert!(seen.contains("seized") && !seen.contains("injected"), "{seizers}: {seen:?}");
    }
}

#[cfg(feature = "sim")]
#[test]
fn finds_waiting_without_fence() {
    demand_found(Mutant::EnterWithoutFence, || seize_against_waiting(1));
}

#[test]
fn one_seizes() {
    let seen = explore_further(|| seize_against_return(1));
    assert!(seen.contains("seized") && seen.contains("injected"));
}

#[test]
fn two_seize() {
    assert!(explore(|| seize_against_return(2)).contains("seized"));
}

/// The same on a kernel that does the owner's half of the pair.
fn under_asymmetric_fences(model: impl FnOnce()) {
    with_asymmetric_fences(true);
    model();
    with_asymmetric_fences(false);
}

#[test]
fn one_seizes_under_asymmetric_fences() {
    under_asymmetric_fences(|| {
        let seen = explore_further(|| seize_against_return(1));
        assert!(seen.contains("seized") && seen.contains("injected"));
    });
}

#[test]
fn two_seize_under_asymmetric_fences() {
    under_asymmetric_fences(|| assert!(explore(|| seize_against_return(2)).contains("seized")));
}

#[test]
fn finds_no_barrier_from_afar() {
    under_asymmetric_fences(|| demand_found(Mutant::NoBarrierFromAfar, || seize_against_return(1)));
}

#[test]
fn finds_seize_without_fence() {
    demand_found(Mutant::SeizeWithoutFence, || seize_against_return(1));
}

#[test]
fn finds_enter_without_fence() {
    demand_found(Mutant::EnterWithoutFence, || seize_against_return(1));
}

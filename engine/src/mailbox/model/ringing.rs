//! Several parts that ring, and the one who polls them all, by the shipped [`Bell`]: nobody rings unheard.

use super::lobby::Blocked;
use crate::mailbox::bell::Bell;
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, Mutex, thread};
use std::sync::Arc;
use std::task::Waker;

/// Two parts become ready, each on a thread of its own; the listener goes on until it has seen both.
fn model() {
    let bell = Arc::new(Bell::new());
    let parts = Arc::new([Mutex::new(false), Mutex::new(false)]);
    let ringers: Vec<_> = (0..2)
        .map(|part| {
            let (bell, parts) = (Arc::clone(&bell), Arc::clone(&parts));
            thread::spawn(move || {
                *parts[part].lock().expect("no panic") = true;
                bell.ring(part).into_iter().for_each(Waker::wake);
            })
        })
        .collect();
    let (blocked, waker) = Blocked::new();
    let mut seen = [false; 2];
    while seen != [true; 2] {
        let rung = bell.listen(&waker);
        if rung.is_empty() {
            note("slept");
            blocked.sleep();
        }
        for part in rung {
            assert!(*parts[part].lock().expect("no panic"), "whoever rings is ready");
            seen[part] = true;
        }
    }
    for ringer in ringers {
        ringer.join().expect("no panic");
    }
}

#[test]
fn nobody_rings_unheard() {
    assert!(explore(model).contains("slept"));
}

#[test]
fn a_listener_whose_waker_comes_late_is_found() {
    demand_found(Mutant::ListenApart, model);
}

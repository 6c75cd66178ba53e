//! What a simulation does to a batch: others run between its messages, and it fails at one of them, as where each has a handler of its
//! own.

use crate::actor::fault::Fault;
use crate::cell::header::CellPtr;
use crate::panics::caught;
use crate::scheduler::director::{Cue, Direct, How};
use std::any::Any;
use std::panic::resume_unwind;
use std::rc::Rc;

/// What a handler is made to fail with in place of handling its message.
pub(super) const BEFORE: &str = "made to fail by the simulation";
/// What it is made to fail with when it has.
pub(super) const AFTER: &str = "made to fail by the simulation, after its handler";

/// Whether this is what a simulation has made a handler fail with.
pub(crate) fn is_made(fault: &Fault) -> bool {
    let words = fault.to_string();
    [BEFORE, AFTER].contains(&words.strip_prefix("panicked: ").unwrap_or(&words))
}

/// Goes with a batch that a simulated turn hands to its handler.
pub(super) struct Scene<M> {
    director: Rc<dyn Direct>,
    cell: CellPtr,
    as_any: fn(&M) -> &dyn Any,
    /// A message has been given, and what follows it has not begun.
    inside: bool,
    /// The handler fails when it is done with that one.
    fails: Option<How>,
}

/// Unwinds a handler with these words.
fn unwind(how: How, words: &'static str) -> ! {
    match how {
        // Without the hook, which would print each.
        How::Panics => resume_unwind(Box::new(words)),
        // Its own way out, by which all that it holds is dropped.
        How::Returns => resume_unwind(Box::new(Returned(words))),
    }
}

/// What a handler is unwound with that is to return a fault of these words.
struct Returned(&'static str);

impl<M: 'static> Scene<M> {
    pub(super) fn new(director: Rc<dyn Direct>, cell: CellPtr) -> Self {
        Self { director, cell, as_any: |message| message, inside: false, fails: None }
    }
}

impl<M> Scene<M> {
    /// The handler asks for a message. The caller borrows nothing of the engine's.
    pub(super) fn before(&mut self, more: bool) {
        self.after(true);
        if more {
            self.director.pause(self.cell, true);
        }
    }

    /// It is given this one.
    pub(super) fn give(&mut self, message: &M) {
        let cue = self.director.cue(self.cell, (self.as_any)(message));
        (self.inside, self.fails) = (true, None);
        match cue {
            Cue::Handle => {}
            Cue::FailAfter(how) => self.fails = Some(how),
            // Who takes it as it unwinds cannot be unwound again.
            Cue::Fail(_) if std::thread::panicking() => {}
            Cue::Fail(how) => {
                self.inside = false;
                unwind(how, BEFORE);
            }
        }
    }

    /// It is done with the one before, `well` or with a fault of its own.
    pub(super) fn after(&mut self, well: bool) {
        let fails = self.fails.take();
        if std::mem::take(&mut self.inside) {
            self.director.pause(self.cell, false);
        }
        match fails {
            Some(how) if well && !std::thread::panicking() => unwind(how, AFTER),
            _ => {}
        }
    }
}

impl<M> std::fmt::Debug for Scene<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").finish_non_exhaustive()
    }
}

/// Runs the handler of a batch. One that was unwound to return a fault has returned it.
pub(super) fn play(handler: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    match caught(handler) {
        Ok(handled) => handled,
        Err(payload) => match payload.downcast() {
            Ok(returned) => {
                let Returned(words) = *returned;
                Err(Fault::msg(words))
            }
            Err(payload) => resume_unwind(payload),
        },
    }
}

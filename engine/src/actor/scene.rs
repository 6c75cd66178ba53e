//! What a simulation does to a batch: others run between its messages, and it fails at one of them, as where each has a handler of its
//! own.

use crate::actor::fault::Fault;
use crate::cell::header::CellPtr;
use crate::panics::caught;
use crate::scheduler::director::{Cue, Direct};
use std::any::Any;
use std::panic::resume_unwind;
use std::rc::Rc;

/// What a handler is made to fail with.
pub(crate) const FAULT: &str = "made to fail by the simulation";

/// Whether this is what a simulation has made a handler fail with.
pub(crate) fn is_made(fault: &Fault) -> bool {
    let words = fault.to_string();
    words.strip_prefix("panicked: ").unwrap_or(&words) == FAULT
}

/// Goes with a batch that a simulated turn hands to its handler.
pub(super) struct Scene<M> {
    director: Rc<dyn Direct>,
    cell: CellPtr,
    as_any: fn(&M) -> &dyn Any,
    /// A message has been given, and what follows it has not begun.
    inside: bool,
}

/// What a handler is unwound with that is to return a fault.
struct Returned;

impl<M: 'static> Scene<M> {
    pub(super) fn new(director: Rc<dyn Direct>, cell: CellPtr) -> Self {
        Self { director, cell, as_any: |message| message, inside: false }
    }
}

impl<M> Scene<M> {
    /// The handler asks for a message. The caller borrows nothing of the engine's.
    pub(super) fn before(&mut self, more: bool) {
        self.after();
        if more {
            self.director.pause(self.cell, true);
        }
    }

    /// It is given this one.
    pub(super) fn give(&mut self, message: &M) {
        match self.director.cue(self.cell, (self.as_any)(message)) {
            Cue::Handle => self.inside = true,
            // Who takes it as it unwinds cannot be unwound again.
            Cue::Panic | Cue::Fail if std::thread::panicking() => self.inside = true,
            // Without the hook, which would print each.
            Cue::Panic => resume_unwind(Box::new(FAULT)),
            // Its own way out, by which all that it holds is dropped.
            Cue::Fail => resume_unwind(Box::new(Returned)),
        }
    }

    /// It is done with the one before.
    pub(super) fn after(&mut self) {
        if std::mem::take(&mut self.inside) {
            self.director.pause(self.cell, false);
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
        Err(payload) if payload.is::<Returned>() => Err(Fault::msg(FAULT)),
        Err(payload) => resume_unwind(payload),
    }
}

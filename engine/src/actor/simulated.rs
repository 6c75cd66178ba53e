//! Turns of a simulated system: the [same](super::turn) as everybody's, but that the thread's [director] says how many messages one
//! may handle, lets others run between two of them, and has some of them go wrong.

use super::behavior::{Actor, Batch, Context};
use super::fault::Fault;
use super::parcel::Packing;
use super::scene::{AFTER, BEFORE, Scene, play};
use super::{retire, seat, sorted, turn};
use crate::cell::header::{CellPtr, Header};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::{Envelope, OBITUARY};
use crate::mailbox::lanes::{Lane, Lanes, Sorted, Wait};
use crate::mailbox::queue::Mailbox;
use crate::mailbox::tenant::{Halt, Heeded, NextSorted, Place, Tenant, Verdict, Wish};
use crate::mailbox::turn as protocol;
use crate::mailbox::word::SIGNAL;
use crate::scheduler::director::{self, Cue, How};
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::rc::Rc;

/// Runs one turn; the `simulated_turn` of a kind's table.
///
/// # Safety
/// As for [`turn::turn`].
pub(super) unsafe fn turn<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    // SAFETY: the turn owns the actor, and so may look at its kind.
    let noted = unsafe { cell.as_ref().kind() }.limits.noted;
    // SAFETY: the caller's promise, handed on.
    unsafe {
        if noted { retire::note_turn(worker, cell, directed::<A>) } else { directed::<A>(worker, cell) }
    }
}

/// # Safety
/// As for [`turn`].
unsafe fn directed<A: Actor>(worker: NonNull<()>, cell: CellPtr) {
    let Some(director) = director::current() else {
        unreachable!("simulated turns run in a simulation alone")
    };
    // SAFETY: the caller's promise, handed on.
    unsafe { turn::run::<A>(worker, cell, Directed(director)) };
}

/// As the director says.
struct Directed(Rc<dyn director::Direct>);

impl<A: Actor> turn::Manner<A> for Directed {
    fn budget(&self, batch: u32) -> u32 {
        self.0.budget(batch)
    }

    unsafe fn stretch(
        &self,
        cx: &mut Context<'_, A>,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> Halt<Fault> {
        // SAFETY: the caller's promise: the tenant does as the context but for what runs around a handler.
        unsafe {
            protocol::stretch(&mut Simulated { cx, director: Rc::clone(&self.0) }, mailbox, drain, left)
        }
    }
}

/// An actor in a simulated turn.
struct Simulated<'t, 'a, A: Actor> {
    cx: &'t mut Context<'a, A>,
    director: Rc<dyn director::Direct>,
}

impl<A: Actor> Tenant for Simulated<'_, '_, A> {
    type Fault = Fault;

    fn is_sorted(&self) -> bool {
        self.cx.is_sorted()
    }

    unsafe fn next_sorted(
        &mut self,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> NextSorted<Fault> {
        // SAFETY: the caller's promise, handed on.
        unsafe { sorted::next(self, self.cx.cell, mailbox, drain, left) }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.director.pause(self.cx.cell, false);
        self.cx.begin()
    }

    unsafe fn handle(
        &mut self,
        envelope: NonNull<Envelope>,
        place: Place,
        tagged: bool,
    ) -> Result<(), Fault> {
        let cell = self.cx.cell;
        self.director.pause(cell, true);
        let director = &*self.director;
        let handle = |message: A::Msg, cx: &mut Context<'_, A>| {
            let after = match director.cue(cell, &message) {
                Cue::Handle => None,
                Cue::FailAfter(how) => Some(how),
                // As a handler that unwinds: the message goes with it.
                Cue::Fail(How::Panics) => return fail(How::Panics, BEFORE),
                Cue::Fail(How::Returns) => {
                    // Before there is a fault: at the end of a function the compiler leaks what is given back if a Drop panics
                    // (rust-lang/rust#47949).
                    drop(message);
                    return fail(How::Returns, BEFORE);
                }
            };
            // SAFETY: the turn owns the actor.
            let handled = unsafe { seat::state::<A>(cell).as_mut() }.handle(message, cx);
            director.pause(cell, false);
            match after {
                // What it has failed with by itself comes first.
                Some(how) if handled.is_ok() => fail(how, AFTER),
                _ => handled,
            }
        };
        // SAFETY: the caller's promise, handed on.
        unsafe { turn::deliver(self.cx, envelope, place, tagged, handle) }
    }

    unsafe fn free(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.cx.free(envelope) };
    }

    fn wish(&mut self) -> &mut Wish {
        self.cx.wish()
    }

    fn low(&self) -> u32 {
        self.cx.low()
    }

    fn step(&self) -> u32 {
        self.cx.step()
    }

    fn has_sent_much(&self) -> bool {
        self.cx.has_sent_much()
    }

    fn wake(&mut self) {
        self.cx.wake();
    }

    fn away(&mut self) {
        self.cx.away();
    }

    fn back(&mut self) {
        self.cx.back();
    }

    fn settled(&mut self) {
        self.cx.settled();
    }

    fn admit(&mut self) {
        self.cx.admit();
    }

    fn failed(&mut self, fault: Fault) -> Verdict {
        self.cx.failed(fault)
    }

    fn heed(&mut self) -> Heeded<Fault> {
        self.cx.heed()
    }

    fn lets_pass(&mut self) -> bool {
        self.cx.lets_pass()
    }

    fn has_errands(&self) -> bool {
        self.cx.has_errands()
    }
}

impl<A: Actor> Sorted for Simulated<'_, '_, A> {
    unsafe fn lane(&mut self, envelope: NonNull<Envelope>) -> Lane {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.cx.lane(envelope) }
    }

    unsafe fn drop_oldest(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: the caller's promise, handed on.
        unsafe { self.cx.drop_oldest(envelope) };
    }

    fn wait(&mut self, first: bool) -> Wait {
        self.cx.wait(first)
    }

    unsafe fn handle_batch(&mut self, lanes: NonNull<Lanes>) -> Result<(), Fault> {
        let (worker, cell) = (self.cx.worker, self.cx.cell);
        let scene = Some(Scene::new(Rc::clone(&self.director), cell));
        let mut batch = Batch { lanes, worker, scene, messages: PhantomData };
        play(|| {
            // SAFETY: the turn owns the actor.
            let handled = unsafe { seat::state::<A>(cell).as_mut() }.handle_batch(&mut batch, self.cx);
            if let Some(scene) = &mut batch.scene {
                scene.after(handled.is_ok());
            }
            handled
        })
    }
}

/// A handler fails with these words, made to.
fn fail(how: How, words: &'static str) -> Result<(), Fault> {
    match how {
        // Without the hook, which would print each.
        How::Panics => std::panic::resume_unwind(Box::new(words)),
        How::Returns => Err(Fault::msg(words)),
    }
}

/// What an actor would handle next.
#[derive(Debug)]
pub(crate) enum Front<'m, M> {
    Nothing,
    Message(&'m M),
    /// The engine's own, or a message that is made when its turn has come: an outcome, a notice, an item of a flow. Or an order.
    Made,
    /// Messages are sorted in the turn: nobody knows before.
    Unsorted,
}

/// The next message of an actor.
///
/// # Safety
/// The cell has a tenant that handles `M`s, whose owner the caller is, between two turns, as long as the answer lasts.
pub(crate) unsafe fn front<'m, M: 'static>(cell: CellPtr) -> Front<'m, M> {
    // SAFETY: the owner may look at its cell.
    let header: &Header = unsafe { cell.as_ref() };
    // SAFETY: as above.
    if unsafe { header.kind() }.limits.sorted {
        return Front::Unsorted;
    }
    // SAFETY: as above; a plain envelope holds an `M`.
    unsafe {
        match Drain::front(&header.mailbox) {
            None => Front::Nothing,
            // An order comes first, and what becomes of the message then is nobody's to say.
            Some(_) if header.mailbox.peek().has(SIGNAL) => Front::Made,
            Some((envelope, 0 | OBITUARY)) => Front::Message(Packing::<M>::look(envelope)),
            Some(_) => Front::Made,
        }
    }
}

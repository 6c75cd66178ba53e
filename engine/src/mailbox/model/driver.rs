//! The tenant and the worker around [`crate::mailbox::turn`], whose shipped code runs here.

use super::stage::{Cx, Part, Wish, Worker, open, scrub};
use crate::mailbox::credit::{self, CellNumber, Mute};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::{Chain, Envelope};
use crate::mailbox::queue::Mailbox;
use crate::mailbox::turn::{self, Death, Halt, NextSorted, Onward, Place, Stop, Tenant};
use crate::model::note;
use std::ptr::NonNull;
use std::task::Waker;

/// What a handler is given for the hook that runs before the first message.
pub(super) const BEGIN: u32 = 0;

/// As a context of the actor floor.
struct Turn<'t, 'a> {
    worker: &'t mut Worker<'a>,
    me: CellNumber,
    part: &'a Part,
    wish: turn::Wish,
    in_place: bool,
}

/// How a handler failed.
struct Fault {
    for_good: bool,
}

impl<'a> Worker<'a> {
    /// Runs turns until nothing of this worker's is runnable.
    pub(super) fn run(&mut self) {
        while let Some(cell) = self.queue.pop_front() {
            self.turn(cell);
        }
    }

    /// Runs the next turn alone.
    pub(super) fn run_one(&mut self) {
        let cell = self.hand_over();
        self.turn(cell);
    }

    fn turn(&mut self, me: CellNumber) {
        let part = self.stage.part(me);
        part.credit.resumed();
        let mut turn = Turn { worker: self, me, part, wish: turn::Wish::NOTHING, in_place: false };
        let mut drain = Drain::new();
        let mut left = part.batch;
        let onward = loop {
            // SAFETY: the turn owns the actor, and loom checks that it does.
            let onward = unsafe {
                let halt = turn::stretch(&mut turn, &part.mailbox, &mut drain, &mut left);
                if matches!(halt, Halt::Ended) {
                    note("ended in place");
                }
                turn::attend(&mut turn, &part.mailbox, &part.control, &mut drain, halt, left)
            };
            if onward != Onward::GoOn {
                break onward;
            }
        };
        let in_place = turn.in_place;
        match onward {
            Onward::GoOn => unreachable!("the loop goes on"),
            Onward::Left => note(if in_place { "idle from in place" } else { "idle" }),
            Onward::Suspended => note("parked"),
            Onward::Reschedule => self.schedule(me),
            Onward::Mute(target) => match credit::mute(self.stage, me, target, self.stage.part(target).low) {
                Mute::Held => note("held"),
                Mute::Withdrawn(list) => {
                    note("withdrawn");
                    self.resume(list);
                }
            },
            Onward::End(Death::Empty) => self.end(me, Chain::EMPTY),
            Onward::End(Death::Stopped | Death::Failed | Death::Killed) => {
                // SAFETY: the turn owns the mailbox.
                let rest = unsafe { part.mailbox.end() };
                self.end(me, rest);
            }
        }
    }

    fn end(&mut self, me: CellNumber, mut rest: Chain) {
        let part = self.stage.part(me);
        part.seat.with_mut(|seat| {
            // SAFETY: loom checks that the seat is ours.
            let seat = unsafe { &mut *seat };
            assert!(!std::mem::replace(&mut seat.ended, true), "actor {me} ends twice");
            while let Some(envelope) = rest.pop() {
                // SAFETY: the chain is ours.
                unsafe {
                    seat.dead.push(open(envelope));
                    scrub(envelope);
                }
            }
            if let Some(at_end) = &part.at_end {
                at_end(&seat.dead);
            }
        });
        let mut waiters = part.credit.take_last_waiters();
        while let Some(cell) = waiters.next(self.stage) {
            note("told of the end");
            self.schedule(cell);
        }
        if let Some(lobby) = &part.lobby {
            lobby.dismiss().into_iter().for_each(Waker::wake);
        }
    }
}

impl Turn<'_, '_> {
    fn handled(&mut self, message: u32) -> Result<(), Fault> {
        let me = self.me;
        let wish = self.part.seat.with_mut(|seat| {
            // SAFETY: loom checks that the seat is ours.
            let seat = unsafe { &mut *seat };
            assert!(!seat.ended, "actor {me} runs after its end");
            assert!(!seat.handled.contains(&message), "message {message} is handled twice");
            seat.handled.push(message);
            let mut cx = Cx { worker: self.worker, me, wish: self.wish };
            let wish = (self.part.handler)(&mut cx, message);
            self.wish = cx.wish;
            wish
        });
        match wish {
            Wish::Go => {}
            Wish::Stop => self.wish.stop = Stop::Drained,
            Wish::StopNow => self.wish.stop = Stop::Now,
            Wish::Fail => return Err(Fault { for_good: false }),
            Wish::FailForGood => return Err(Fault { for_good: true }),
        }
        Ok(())
    }
}

impl Tenant for Turn<'_, '_> {
    type Fault = Fault;

    fn is_sorted(&self) -> bool {
        false
    }

    unsafe fn next_sorted(&mut self, _: &Mailbox, _: &mut Drain, _: &mut u32) -> NextSorted<Fault> {
        unreachable!("nothing is sorted")
    }

    fn begin(&mut self) -> Result<(), Fault> {
        note("begun");
        self.handled(BEGIN)
    }

    unsafe fn handle(&mut self, envelope: NonNull<Envelope>, place: Place, _: bool) -> Result<(), Fault> {
        self.in_place = place == Place::Linked;
        // SAFETY: by the caller's promise, which loom checks.
        let message = unsafe { open(envelope) };
        if place == Place::Taken {
            // SAFETY: as above.
            unsafe { scrub(envelope) };
        }
        self.handled(message)
    }

    unsafe fn free(&mut self, envelope: NonNull<Envelope>) {
        // SAFETY: as above.
        unsafe { scrub(envelope) };
        self.worker.stage.reuse(envelope);
    }

    fn wish(&mut self) -> &mut turn::Wish {
        &mut self.wish
    }

    fn low(&self) -> u32 {
        self.part.low
    }

    fn step(&self) -> u32 {
        (self.part.capacity / 4).max(1)
    }

    fn wake(&mut self) {
        self.worker.wake_waiters(self.me);
    }

    fn away(&mut self) {
        self.worker.resume(self.part.credit.take_waiters());
    }

    fn back(&mut self) {
        note("drains again");
    }

    fn failed(&mut self, fault: Fault) -> bool {
        !fault.for_good
    }
}

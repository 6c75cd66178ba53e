//! Turns, as `actor/turn.rs` runs them.

use super::stage::{Cx, Part, Wish, Worker, open, scrub};
use crate::mailbox::credit::{self, CellNumber, Mute, NOBODY};
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::Chain;
use crate::mailbox::queue::Close;
use crate::model::note;

/// What ended a stretch of handlers; as in `actor/turn.rs`.
enum Halt {
    Gone,
    Yield,
    Attend,
    Failed { for_good: bool },
    Ended,
    Drained,
    Signal,
}

struct Turn {
    me: CellNumber,
    drain: Drain,
    left: u32,
    wish: Wish,
    mute_on: CellNumber,
}

impl<'a> Worker<'a> {
    /// Runs turns until nothing of this worker's is runnable.
    pub(super) fn run(&mut self) {
        while let Some(cell) = self.queue.pop_front() {
            self.turn(cell);
        }
    }

    fn turn(&mut self, me: CellNumber) {
        let part = self.stage.part(me);
        part.credit.resumed();
        let mut turn = Turn { me, drain: Drain::new(), left: part.batch, wish: Wish::Go, mute_on: NOBODY };
        loop {
            match self.stretch(part, &mut turn) {
                Halt::Gone => return,
                halt => {
                    if !self.attend(part, &mut turn, halt) {
                        return;
                    }
                }
            }
        }
    }

    fn stretch(&mut self, part: &'a Part, turn: &mut Turn) -> Halt {
        let step = (part.capacity / 4).max(1);
        // SAFETY: the turn owns the mailbox, and loom checks that it does.
        unsafe {
            assert!(!part.mailbox.take_fresh(), "the actors of this stage have begun");
            loop {
                if turn.left == 0 {
                    return Halt::Yield;
                }
                match turn.drain.next(&part.mailbox) {
                    Next::InPlace(envelope) => {
                        turn.left -= 1;
                        if let Some(failed) = self.handle(part, turn, open(envelope)) {
                            return failed;
                        }
                        if turn.wants_attention() {
                            if turn.wants_to_stop() && turn.drain.end_in_place(&part.mailbox) {
                                scrub(envelope);
                                note("ended in place");
                                return Halt::Ended;
                            }
                            return Halt::Attend;
                        }
                        let stage = self.stage;
                        let ended = turn.drain.finish(&part.mailbox, part.low, |envelope| {
                            scrub(envelope);
                            stage.reuse(envelope);
                        });
                        match ended {
                            Ended::Idle => {
                                note("idle from in place");
                                return Halt::Gone;
                            }
                            Ended::Owned(waiters) => self.wake(turn.me, waiters),
                        }
                    }
                    Next::Message(envelope) => {
                        turn.left -= 1;
                        turn.drain.handled();
                        let message = open(envelope);
                        scrub(envelope);
                        if let Some(failed) = self.handle(part, turn, message) {
                            return failed;
                        }
                        if turn.wants_attention() {
                            return Halt::Attend;
                        }
                        if turn.drain.unreturned() >= step {
                            let waiters = turn.drain.settle(&part.mailbox, part.low);
                            self.wake(turn.me, waiters);
                        }
                    }
                    Next::Empty => match turn.drain.idle(&part.mailbox, part.low) {
                        Ended::Idle => {
                            note("idle");
                            return Halt::Gone;
                        }
                        Ended::Owned(waiters) => self.wake(turn.me, waiters),
                    },
                    Next::Drained => return Halt::Drained,
                    Next::Signal => return Halt::Signal,
                }
            }
        }
    }

    fn handle(&mut self, part: &Part, turn: &mut Turn, message: u32) -> Option<Halt> {
        part.seat.with_mut(|seat| {
            // SAFETY: loom checks that the seat is ours.
            let seat = unsafe { &mut *seat };
            assert!(!seat.ended, "actor {} runs after its end", turn.me);
            assert!(!seat.handled.contains(&message), "message {message} is handled twice");
            seat.handled.push(message);
            let mut cx = Cx { worker: self, me: turn.me, mute_on: NOBODY };
            turn.wish = (part.handler)(&mut cx, message);
            turn.mute_on = cx.mute_on;
        });
        match turn.wish {
            Wish::Fail => Some(Halt::Failed { for_good: false }),
            Wish::FailForGood => Some(Halt::Failed { for_good: true }),
            Wish::Go | Wish::Stop | Wish::StopNow => None,
        }
    }

    fn attend(&mut self, part: &Part, turn: &mut Turn, halt: Halt) -> bool {
        let in_place = turn.drain.in_place();
        // SAFETY: the turn owns the mailbox.
        unsafe {
            let waiters = turn.drain.settle(&part.mailbox, part.low);
            if let Some(envelope) = in_place {
                scrub(envelope);
            }
            self.wake(turn.me, waiters);
        }
        match halt {
            Halt::Gone => return false,
            Halt::Yield => {
                self.schedule(turn.me);
                return false;
            }
            Halt::Attend | Halt::Failed { for_good: false } => {}
            Halt::Failed { for_good: true } | Halt::Drained | Halt::Signal => {
                // SAFETY: the turn owns the mailbox.
                let rest = unsafe { part.mailbox.end() };
                self.end(turn.me, rest);
                return false;
            }
            Halt::Ended => {
                self.end(turn.me, Chain::EMPTY);
                return false;
            }
        }
        if turn.wants_to_stop() {
            let _: Close = part.mailbox.close(turn.wish == Wish::StopNow);
            turn.mute_on = NOBODY;
        }
        turn.wish = Wish::Go;
        let target = std::mem::replace(&mut turn.mute_on, NOBODY);
        if target == NOBODY {
            return true;
        }
        match credit::mute(self.stage, turn.me, target, self.stage.part(target).low) {
            Mute::Held => note("held"),
            Mute::Withdrawn(list) => {
                note("withdrawn");
                self.resume(list);
            }
        }
        false
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
            lobby.dismiss();
        }
    }
}

impl Turn {
    fn wants_to_stop(&self) -> bool {
        matches!(self.wish, Wish::Stop | Wish::StopNow)
    }

    fn wants_attention(&self) -> bool {
        self.wants_to_stop() || self.mute_on != NOBODY
    }
}

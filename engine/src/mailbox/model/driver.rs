//! The tenant and the worker around [`crate::mailbox::turn`], whose shipped code runs here.

use super::letters::{open, scrub};
use super::stage::{Cx, Part, Seat, Stage, Wish, Worker};
use crate::mailbox::control::Away;
use crate::mailbox::credit::{self, CellNumber, Mute};
use crate::mailbox::drain::Drain;
use crate::mailbox::envelope::{Chain, Envelope, NOTICE};
use crate::mailbox::lanes::{self, Lane, Lanes, Sorted, Wait};
use crate::mailbox::latest::{Latest, Offered};
use crate::mailbox::queue::{Mailbox, Signalled};
use crate::mailbox::tenant::{self, Death, Halt, Heeded, NextSorted, Onward, Place, Stop, Tenant, Verdict};
use crate::mailbox::turn;
use crate::model::note;
use crate::sync::thread;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

/// What a handler is given for the hook that runs before the first message.
pub(super) const BEGIN: u32 = 0;

/// As a context of the actor floor.
struct Turn<'t, 'a> {
    worker: &'t mut Worker<'a>,
    me: CellNumber,
    part: &'a Part,
    wish: tenant::Wish,
    in_place: bool,
}

/// How a handler failed.
enum Fault {
    GoOn,
    Hold,
    ForGood,
}

/// The errand that ends a hold.
pub(super) const RELEASE: u32 = 90;
/// The same, once more.
pub(super) const RELEASE_AGAIN: u32 = 95;

impl<'a> Worker<'a> {
    /// Runs turns until nothing of this worker's is runnable.
    pub(super) fn run(&mut self) {
        while let Some(cell) = self.queue.pop_front() {
            self.turn(cell);
        }
    }

    /// Runs turns with its crew until nothing is left to do.
    fn work(&mut self) {
        let crew = self.stage.crew.as_ref().expect("a crew");
        while let Some(cell) = crew.take() {
            self.turn(cell);
            crew.done();
        }
    }

    /// Sends to an actor with a line, as `actor/post.rs` does; gives the message that was dropped for it.
    pub(super) fn send_latest(&mut self, to: CellNumber, message: u32) -> Option<u32> {
        let part = self.stage.part(to);
        let line = part.order.as_ref().and_then(|order| order.line.as_ref()).expect("a line");
        let dropped = match line.offer(self.stage.seal(message).cast(), true) {
            Offered::In { .. } => None,
            // SAFETY: it is ours now.
            Offered::Instead(oldest) => Some(unsafe { open(oldest) }),
            Offered::Full | Offered::Closed => return Some(message),
        };
        if part.mailbox.rouse() == Signalled::First {
            self.schedule(to);
        }
        dropped
    }

    /// Runs the next turn alone.
    pub(super) fn run_one(&mut self) {
        let cell = self.hand_over();
        self.turn(cell);
    }

    fn turn(&mut self, me: CellNumber) {
        let part = self.stage.part(me);
        part.credit.resumed();
        let mut turn = Turn { worker: self, me, part, wish: tenant::Wish::NOTHING, in_place: false };
        let mut drain = Drain::new();
        let mut left = part.batch;
        let onward = loop {
            // SAFETY: the turn owns the actor, and loom checks that it does.
            let mut onward = unsafe {
                let halt = turn::stretch(&mut turn, &part.mailbox, &mut drain, &mut left);
                if matches!(halt, Halt::Ended) {
                    note("ended in place");
                }
                turn::attend(&mut turn, &part.mailbox, &part.control, &mut drain, halt, left)
            };
            if onward == Onward::End(Death::Stopped) && turn.lingers() {
                // SAFETY: as above; the mailbox is closed and not ended.
                onward = unsafe { turn::stay(&mut turn, &part.mailbox, &part.control, &mut drain, left) };
            }
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
            Onward::Mute(target) => {
                match credit::mute(self.stage, me, target, self.stage.part(target).low_mark()) {
                    Mute::Held => note("held"),
                    Mute::Withdrawn(list) => {
                        note("withdrawn");
                        self.resume(list);
                    }
                }
            }
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
            let sorted = part.order.iter().flat_map(|order| {
                // SAFETY: the lanes are the owner's.
                let lanes = unsafe { (*order.own_lanes().as_ptr()).drain().collect::<Vec<_>>() };
                lanes.into_iter().chain(order.line.iter().flat_map(Latest::end))
            });
            // SAFETY: the actor ends, by its owner, and its mailbox has.
            let mut told = unsafe { part.notices.end() };
            // SAFETY: as above.
            let stashed: Vec<_> =
                part.stash.with_mut(|stash| unsafe { (*stash).drain(&part.kept).collect() });
            let rest =
                std::iter::from_fn(|| rest.pop()).chain(std::iter::from_fn(|| told.pop())).chain(stashed);
            for envelope in sorted.chain(rest) {
                // SAFETY: taken out, so they are ours.
                unsafe {
                    seat.dead.push(open(envelope));
                    scrub(envelope);
                }
            }
            seat.unheeded.extend(part.errands.end());
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
    /// Touches the seat as its owner.
    fn own(&mut self, f: impl FnOnce(&mut Seat)) {
        // SAFETY: loom checks that the seat is ours.
        self.part.seat.with_mut(|seat| f(unsafe { &mut *seat }));
    }

    /// Runs the last hook of an actor that waits for [`RELEASE`] before it ends; says whether it stays.
    fn lingers(&mut self) -> bool {
        let mut released = true;
        self.own(|seat| released = seat.heeded.contains(&RELEASE));
        if self.part.lingers && !released {
            note("lingers");
            self.part.control.hold();
        }
        self.part.control.stays()
    }

    /// As `actor/stashing.rs`: in an envelope of its own.
    fn stash(&mut self, message: u32) {
        let letter = self.worker.stage.seal(message).cast();
        // SAFETY: the turn owns the actor, and the letter is fresh; loom checks the former.
        unsafe {
            let stashed =
                self.part.stash.with_mut(|stash| (*stash).keep(&self.part.mailbox, &self.part.kept, letter));
            assert!(stashed, "no model counts so far");
            self.part.seat.with_mut(|seat| (*seat).handled.retain(|handled| *handled != message));
        }
        note("stashed");
    }

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
            Wish::Stop => self.wish.stop_once(Stop::Drained),
            Wish::StopNow => self.wish.stop_once(Stop::Now),
            Wish::LeaveOff => turn::leave_off(self, &self.part.control, Away::Waiting),
            Wish::TakeUp => turn::take_up(self, &self.part.control, Away::Waiting),
            Wish::Fail => return Err(Fault::GoOn),
            Wish::Hold => return Err(Fault::Hold),
            Wish::FailForGood => return Err(Fault::ForGood),
            Wish::Stash => self.stash(message),
            Wish::Unstash => {
                // SAFETY: the turn owns the actor.
                let given = self.part.stash.with_mut(|stash| unsafe {
                    (*stash).give_back(&self.part.kept, u32::MAX, &mut self.wish)
                });
                note(if given > 0 { "given back" } else { "nothing to give back" });
            }
        }
        Ok(())
    }
}

impl Tenant for Turn<'_, '_> {
    type Fault = Fault;

    fn is_sorted(&self) -> bool {
        self.part.order.is_some()
    }

    unsafe fn next_sorted(
        &mut self,
        mailbox: &Mailbox,
        drain: &mut Drain,
        left: &mut u32,
    ) -> NextSorted<Fault> {
        let order = self.part.order.as_ref().expect("it is sorted");
        let line = order.line.as_ref();
        // SAFETY: by the caller's promise; the lanes are the owner's.
        unsafe { lanes::next(self, mailbox, order.own_lanes(), line, drain, left, order.sorting) }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        note("begun");
        self.handled(BEGIN)
    }

    unsafe fn handle(
        &mut self,
        envelope: NonNull<Envelope>,
        place: Place,
        tagged: bool,
    ) -> Result<(), Fault> {
        self.in_place = place == Place::Linked;
        // SAFETY: by the caller's promise, which loom checks.
        if tagged && unsafe { Envelope::tag(envelope) } == NOTICE {
            // SAFETY: as above; the notices are the owner's.
            if unsafe { self.part.notices.handled(&self.part.mailbox) } > 0 {
                note("the next notice");
            }
        }
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

    fn wish(&mut self) -> &mut tenant::Wish {
        &mut self.wish
    }

    fn low(&self) -> u32 {
        self.part.low()
    }

    fn step(&self) -> u32 {
        (self.part.capacity / 4).max(1)
    }

    fn has_sent_much(&self) -> bool {
        false
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

    fn settled(&mut self) {
        // SAFETY: the turn owns the actor, and nothing is in place.
        self.part.stash.with_mut(|stash| unsafe { (*stash).return_to(&self.part.mailbox) });
    }

    fn admit(&mut self) {
        // SAFETY: the turn owns the actor.
        if unsafe { self.part.notices.admit(&self.part.mailbox) } > 0 {
            note("a notice comes in");
        }
    }

    fn failed(&mut self, fault: Fault) -> Verdict {
        match fault {
            Fault::GoOn => Verdict::GoOn,
            Fault::Hold => {
                note("holds itself");
                Verdict::Hold
            }
            Fault::ForGood => Verdict::End,
        }
    }

    fn heed(&mut self) -> Heeded<Fault> {
        let mut done = false;
        for errand in self.part.errands.take() {
            done = true;
            self.own(|seat| {
                assert!(!seat.heeded.contains(&errand), "errand {errand} is done twice");
                seat.heeded.push(errand);
            });
            note("an errand");
            if matches!(errand, RELEASE | RELEASE_AGAIN) {
                self.part.control.release();
            }
        }
        if done { Heeded::Done { more: false } } else { Heeded::Nothing }
    }

    fn lets_pass(&mut self) -> bool {
        // All errands of a model are done at once.
        false
    }

    fn has_errands(&self) -> bool {
        self.part.errands.is_put()
    }
}

impl Sorted for Turn<'_, '_> {
    unsafe fn lane(&mut self, envelope: NonNull<Envelope>) -> Lane {
        let order = self.part.order.as_ref().expect("it is sorted");
        // SAFETY: by the caller's promise.
        (order.lane)(unsafe { open(envelope) })
    }

    unsafe fn drop_oldest(&mut self, _: NonNull<Envelope>) {
        unreachable!("no model keeps a part of what it has sorted");
    }

    fn wait(&mut self, _: bool) -> Wait {
        Wait::Over
    }

    unsafe fn handle_batch(&mut self, _: NonNull<Lanes>) -> Result<(), Fault> {
        unreachable!("no model gathers");
    }
}

/// What a thread outside does.
pub(super) type Deed = fn(&mut Worker<'_>);

/// Does each of these on a thread of its own, which then runs turns, and runs those of `worker` meanwhile. Gives their answers.
#[cfg(throng_loom)]
pub(super) fn beside<R: Send + 'static>(
    stage: &Arc<Stage>,
    worker: &mut Worker<'_>,
    deeds: &[fn(&mut Worker<'_>) -> R],
) -> Vec<R> {
    let others: Vec<_> = deeds
        .iter()
        .map(|deed| {
            let (stage, deed) = (Arc::clone(stage), *deed);
            thread::spawn(move || {
                let mut worker = stage.worker();
                let answer = deed(&mut worker);
                worker.run();
                answer
            })
        })
        .collect();
    worker.run();
    others.into_iter().map(|other| other.join().expect("no panic")).collect()
}

/// Does each of these on a thread of its own, beside so many workers, until nothing is left to do.
pub(super) fn play(stage: &Arc<Stage>, workers: usize, deeds: &[Deed]) {
    stage.crew.as_ref().expect("a crew").begin(deeds.len());
    let deeds = deeds.iter().map(|deed| {
        let (stage, deed) = (Arc::clone(stage), *deed);
        thread::spawn(move || {
            deed(&mut stage.worker());
            stage.crew.as_ref().expect("a crew").done();
        })
    });
    let mut threads: Vec<_> = deeds.collect();
    threads.extend((0..workers).map(|_| {
        let stage = Arc::clone(stage);
        thread::spawn(move || stage.worker().work())
    }));
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

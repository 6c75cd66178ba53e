//! A stage for models: a few actors whose turns are those of [`crate::mailbox::turn`], on workers that are a model checker's
//! threads.
//!
//! A worker's run queue is its own, or that of its [`Crew`]. An actor that nobody owns, or that two own, shows at once: `settled`
//! demands at the end that every actor is idle and empty or has ended, and each turn touches the actor's seat as its owner.

use super::crew::Crew;
use super::letters::{Letter, Letters, open};
use super::lobby::Blocked;
use super::order::Order;
use crate::mailbox::control::{Control, Ordered, Roused};
use crate::mailbox::credit::{self, CellNumber, Cells, Credit, LowMark, Resumed};
use crate::mailbox::envelope::Envelope;
use crate::mailbox::errands::Errands;
use crate::mailbox::lobby::{Listed, Lobby, Wait, Waiter};
use crate::mailbox::notices::{Notices, Told};
use crate::mailbox::queue::{Mailbox, Pushed, Waiters};
use crate::mailbox::stash::{Kept, Stash};
use crate::mailbox::tenant;
use crate::mailbox::word::{COUNT_MAX, SCHEDULED, Word};
use crate::model::note;
use crate::sync::{AtomicPtr, Ordering, UnsafeCell};
use std::collections::VecDeque;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

/// What a handler wants when it returns.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Go,
    Stop,
    StopNow,
    /// As a panic whose directive is `Resume`.
    Fail,
    /// As a panic of one who has a guard.
    Hold,
    /// As a panic whose directive is `Stop`.
    FailForGood,
    /// To wait for something else than the next message.
    LeaveOff,
    /// It has come.
    TakeUp,
    /// To keep this message for later.
    Stash,
    /// To get back what it keeps.
    Unstash,
}

/// What one handler may use.
pub(super) struct Cx<'a, 'w> {
    pub(super) worker: &'w mut Worker<'a>,
    pub(super) me: CellNumber,
    pub(super) wish: tenant::Wish,
}

type Handler = dyn Fn(&mut Cx<'_, '_>, u32) -> Wish + Send + Sync;
type AtLow = dyn Fn(&mut Worker<'_>) + Send + Sync;
type AtEnd = dyn Fn(&[u32]) + Send + Sync;

/// What only the owner may touch.
#[derive(Default)]
pub(super) struct Seat {
    pub(super) handled: Vec<u32>,
    pub(super) dead: Vec<u32>,
    /// Errands done, and those that were left when it ended.
    pub(super) heeded: Vec<u32>,
    pub(super) unheeded: Vec<u32>,
    pub(super) ended: bool,
}

/// In place of an actor's extension, which models do not have.
#[repr(align(128))]
pub(super) struct Block;

/// One actor.
pub(super) struct Part {
    pub(super) mailbox: Mailbox,
    pub(super) credit: Credit,
    pub(super) control: Control<Block>,
    pub(super) notices: Notices,
    pub(super) errands: Errands<u32>,
    /// What was told beside its end, and found by a teller. Not the checker's: it only counts.
    late: std::sync::Mutex<Vec<u32>>,
    pub(super) kept: Kept,
    /// The owner's.
    pub(super) stash: UnsafeCell<Stash>,
    /// Its last hook waits for an errand.
    pub(super) lingers: bool,
    pub(super) capacity: u32,
    pub(super) low: u32,
    pub(super) batch: u32,
    pub(super) handler: Box<Handler>,
    /// Threads outside that wait for a place, if the model has any.
    pub(super) lobby: Option<Lobby>,
    /// If its messages are sorted.
    pub(super) order: Option<Order>,
    /// Runs when the count has sunk to the low mark and somebody is to be told.
    pub(super) at_low: Option<Box<AtLow>>,
    /// Runs when the actor ends, with what it leaves unhandled.
    pub(super) at_end: Option<Box<AtEnd>>,
    pub(super) seat: UnsafeCell<Seat>,
}

// SAFETY: loom checks that the seat has one owner at a time.
unsafe impl Sync for Part {}
// SAFETY: as above.
unsafe impl Send for Part {}

/// Actors, numbered from 1.
pub(super) struct Stage {
    parts: Vec<Part>,
    /// The workers, if they share a queue.
    pub(super) crew: Option<Crew>,
    /// Where an envelope that was handled in place lies, free to be used again by anyone; if the model looks at that.
    spare: Option<AtomicPtr<Letter>>,
    letters: Letters,
}

impl Cells for Stage {
    fn mailbox(&self, cell: CellNumber) -> &Mailbox {
        &self.part(cell).mailbox
    }

    fn credit(&self, cell: CellNumber) -> &Credit {
        &self.part(cell).credit
    }

    fn drains(&self, cell: CellNumber) -> bool {
        self.part(cell).control.drains()
    }

    fn kept(&self, cell: CellNumber) -> u32 {
        self.part(cell).kept.get()
    }
}

/// An actor with this capacity.
pub(super) fn part(
    capacity: u32,
    batch: u32,
    handler: impl Fn(&mut Cx<'_, '_>, u32) -> Wish + Send + Sync + 'static,
) -> Part {
    Part {
        mailbox: Mailbox::new(),
        credit: Credit::new(),
        control: Control::new(),
        notices: Notices::new(),
        errands: Errands::new(),
        late: std::sync::Mutex::default(),
        kept: Kept::new(),
        stash: UnsafeCell::new(Stash::EMPTY),
        lingers: false,
        capacity,
        low: capacity / 4,
        batch,
        handler: Box::new(handler),
        lobby: None,
        order: None,
        at_low: None,
        at_end: None,
        seat: UnsafeCell::new(Seat::default()),
    }
}

/// An actor that only counts.
pub(super) fn counter(capacity: u32) -> Part {
    part(capacity, 128, |_, _| Wish::Go)
}

impl Part {
    /// Waiters are told when the count has sunk to this.
    pub(super) fn low(&self) -> u32 {
        self.low_mark().with(self.kept.get())
    }

    pub(super) fn low_mark(&self) -> LowMark {
        LowMark::new(self.low, self.capacity)
    }

    pub(super) fn with_lobby(self) -> Self {
        Self { lobby: Some(Lobby::new()), ..self }
    }

    pub(super) fn lingering(self) -> Self {
        Self { lingers: true, ..self }
    }

    pub(super) fn ordered(self, order: Order) -> Self {
        Self { order: Some(order), ..self }
    }

    pub(super) fn at_low(self, f: impl Fn(&mut Worker<'_>) + Send + Sync + 'static) -> Self {
        Self { at_low: Some(Box::new(f)), ..self }
    }

    pub(super) fn at_end(self, f: impl Fn(&[u32]) + Send + Sync + 'static) -> Self {
        Self { at_end: Some(Box::new(f)), ..self }
    }
}

impl Stage {
    pub(super) fn new(parts: Vec<Part>) -> Arc<Self> {
        Arc::new(Self { parts, crew: None, spare: None, letters: Letters::default() })
    }

    /// A stage whose workers share one run queue.
    pub(super) fn shared(parts: Vec<Part>) -> Arc<Self> {
        Arc::new(Self { parts, crew: Some(Crew::new()), spare: None, letters: Letters::default() })
    }

    /// A stage on which envelopes are used again.
    pub(super) fn reusing(parts: Vec<Part>) -> Arc<Self> {
        let spare = Some(AtomicPtr::new(std::ptr::null_mut()));
        Arc::new(Self { parts, crew: None, spare, letters: Letters::default() })
    }

    /// The envelope of a message that was handled in place is free: another thread may take it at once.
    pub(super) fn reuse(&self, envelope: NonNull<Envelope>) {
        if let Some(spare) = &self.spare {
            spare.store(envelope.as_ptr().cast(), Ordering::Release);
        }
    }

    pub(super) fn seal(&self, message: u32) -> NonNull<Letter> {
        self.letters.seal(message).cast()
    }

    pub(super) fn part(&self, cell: CellNumber) -> &Part {
        &self.parts[cell as usize - 1]
    }

    pub(super) fn worker(&self) -> Worker<'_> {
        Worker { stage: self, queue: VecDeque::new() }
    }

    /// At the end, with every thread joined: each actor is idle and empty, or has ended.
    pub(super) fn settled(&self) {
        for (at, part) in self.parts.iter().enumerate() {
            let cell = at + 1;
            let word = part.mailbox.peek();
            let ended = self.seat(cell as CellNumber, |seat| seat.ended);
            assert!(ended || !word.has(SCHEDULED), "actor {cell} is stranded: {word:?}");
            let expected = if ended { Word::ended() } else { Word::IDLE };
            assert!(word == expected, "actor {cell} is left with {word:?}");
            let waiting = part.credit.take_waiters().next(self);
            assert!(waiting.is_none(), "{waiting:?} is muted on actor {cell}, which is idle");
        }
    }

    pub(super) fn seat<R>(&self, cell: CellNumber, look: impl FnOnce(&Seat) -> R) -> R {
        // SAFETY: loom checks that nobody writes.
        self.part(cell).seat.with(|seat| look(unsafe { &*seat }))
    }

    pub(super) fn handled(&self, cell: CellNumber) -> Vec<u32> {
        self.seat(cell, |seat| seat.handled.clone())
    }

    /// What was handled and what was left, in order of their numbers.
    pub(super) fn accounted(&self, cell: CellNumber) -> Vec<u32> {
        self.seat(cell, |seat| {
            let late = self.part(cell).late.lock().expect("no panic");
            let mut all = [&seat.handled[..], &seat.dead[..], &late[..]].concat();
            all.sort_unstable();
            all
        })
    }
}

/// One thread that sends and runs turns.
pub(super) struct Worker<'a> {
    pub(super) stage: &'a Stage,
    pub(super) queue: VecDeque<CellNumber>,
}

impl<'a> Worker<'a> {
    /// Seats an actor in a mailbox that nobody else knows yet, and owns it.
    pub(super) fn spawn(&mut self, cell: CellNumber) {
        // SAFETY: by the caller's model, which shares the stage only afterwards.
        unsafe { self.stage.part(cell).mailbox.renew(true) };
        self.schedule(cell);
    }

    /// Sends up to `limit`.
    pub(super) fn send(&mut self, to: CellNumber, message: u32, limit: u32) -> Pushed {
        self.post(to, self.stage.seal(message), 0, limit)
    }

    /// Sends in the envelope that was given free last, if there is one.
    pub(super) fn send_in_spare(&mut self, to: CellNumber, message: u32) -> bool {
        let spare = self.stage.spare.as_ref().expect("a stage that reuses envelopes");
        let Some(letter) = NonNull::new(spare.swap(std::ptr::null_mut(), Ordering::AcqRel)) else {
            return false;
        };
        // SAFETY: the swap made it ours.
        unsafe { letter.as_ref().message.with_mut(|place| *place = message) };
        self.post(to, letter, 0, COUNT_MAX) != Pushed::Closed
    }

    /// Sends an outcome, above any capacity.
    pub(super) fn reply(&mut self, to: CellNumber, message: u32, tag: usize) -> Pushed {
        self.post(to, self.stage.seal(message), tag, COUNT_MAX)
    }

    /// Tells something through the system lane, as `actor/notice.rs` does; says whether it will come.
    pub(super) fn tell(&mut self, to: CellNumber, message: u32) -> bool {
        let part = self.stage.part(to);
        // SAFETY: the letter is fresh, and a model's actors are not replaced.
        let told = unsafe { part.notices.tell(&part.mailbox, self.stage.seal(message).cast()) };
        match told {
            Told::First => self.schedule(to),
            Told::Noted => {}
            Told::Ended => return false,
            Told::Left => {
                let mut left = part.notices.left();
                while let Some(envelope) = left.pop() {
                    // SAFETY: taken out, so it is ours.
                    part.late.lock().expect("no panic").push(unsafe { open(envelope) });
                }
            }
        }
        true
    }

    /// Sends once there is a place; waits for it as a thread outside does.
    pub(super) fn send_waiting(&mut self, to: CellNumber, message: u32) -> Pushed {
        let (blocked, waker) = Blocked::new();
        loop {
            let (tried, waiter) = self.try_send(to, message, &waker);
            let Some(waiter) = waiter else { return tried };
            if blocked.wait(&waiter, &waker) == Wait::Granted {
                note("granted");
                // SAFETY: the letter was just made, and the place is ours.
                let pushed =
                    unsafe { self.stage.part(to).mailbox.push_reserved(self.stage.seal(message).cast(), 0) };
                return self.schedule_first(to, pushed);
            }
        }
    }

    /// As [`Worker::send_waiting`], but gives up as soon as it would wait. Says whether the message is in.
    pub(super) fn send_impatiently(&mut self, to: CellNumber, message: u32) -> bool {
        let (tried, waiter) = self.try_send(to, message, Waker::noop());
        let Some(waiter) = waiter else { return tried != Pushed::Closed };
        let part = self.stage.part(to);
        part.lobby.as_ref().expect("a lobby").leave(&waiter);
        if waiter.has_place() {
            note("gave a place back");
            let waiters = part.mailbox.unreserve(|| part.low());
            self.wake(to, waiters);
        }
        false
    }

    /// Sends within the capacity, or enlists.
    fn try_send(&mut self, to: CellNumber, message: u32, waker: &Waker) -> (Pushed, Option<Arc<Waiter>>) {
        let part = self.stage.part(to);
        loop {
            let tried = self.send(to, message, part.capacity);
            if tried != Pushed::Full {
                return (tried, None);
            }
            let waiter = Waiter::new(waker);
            let lobby = part.lobby.as_ref().expect("a lobby");
            if lobby.enlist(&part.mailbox, || part.low(), &waiter) == Listed::Yes {
                return (tried, Some(waiter));
            }
        }
    }

    fn post(&mut self, to: CellNumber, letter: NonNull<Letter>, tag: usize, limit: u32) -> Pushed {
        // SAFETY: the letter is ours.
        let pushed = unsafe { self.stage.part(to).mailbox.push(letter.cast(), tag, limit) };
        self.schedule_first(to, pushed)
    }

    fn schedule_first(&mut self, to: CellNumber, pushed: Pushed) -> Pushed {
        if matches!(pushed, Pushed::First { .. }) {
            self.schedule(to);
        }
        pushed
    }

    /// As `stop` in `actor/ending.rs`.
    pub(super) fn stop(&mut self, cell: CellNumber, now: bool) {
        let part = self.stage.part(cell);
        let ordered =
            if now { part.control.end_now(&part.mailbox, false) } else { part.control.stop(&part.mailbox) };
        self.order(cell, ordered);
    }

    pub(super) fn kill(&mut self, cell: CellNumber) {
        let part = self.stage.part(cell);
        let ordered = part.control.end_now(&part.mailbox, true);
        self.order(cell, ordered);
    }

    pub(super) fn suspend(&mut self, cell: CellNumber) {
        let part = self.stage.part(cell);
        let ordered = part.control.suspend(&part.mailbox);
        self.order(cell, ordered);
    }

    pub(super) fn resume_suspended(&mut self, cell: CellNumber) {
        let part = self.stage.part(cell);
        let ordered = part.control.resume(&part.mailbox);
        self.order(cell, ordered);
    }

    /// Has the actor's owner do an errand, as `actor/kin.rs` does; says whether it will be done.
    pub(super) fn rouse(&mut self, cell: CellNumber, errand: u32) -> bool {
        let part = self.stage.part(cell);
        let mut put = false;
        let roused = part.control.rouse(&part.mailbox, || put = part.errands.put(errand).is_ok());
        if !put {
            return false;
        }
        match roused {
            Roused::Ours => self.order(cell, Ordered::Ours),
            Roused::Told => self.order(cell, Ordered::Told),
            // Its owner has closed the list, or nobody will look.
            Roused::Ended => return part.errands.end().next().is_none(),
        }
        true
    }

    /// As `order` in `actor/ending.rs`.
    fn order(&mut self, cell: CellNumber, ordered: Ordered) {
        match ordered {
            Ordered::Already => {}
            Ordered::Ours => self.schedule(cell),
            Ordered::Told => {
                let mut list = credit::signalled(self.stage, cell);
                while let Some(cell) = list.next(self.stage) {
                    note("taken off by a signal");
                    self.schedule(cell);
                }
            }
        }
    }

    pub(super) fn schedule(&mut self, cell: CellNumber) {
        match &self.stage.crew {
            Some(crew) => crew.put(cell),
            None => self.queue.push_back(cell),
        }
    }

    /// Gives up an actor that is to run and gives its number: it is busy elsewhere, or run by another.
    pub(super) fn hand_over(&mut self) -> CellNumber {
        let next = match &self.stage.crew {
            Some(crew) => crew.withhold(),
            None => self.queue.pop_front(),
        };
        next.expect("somebody was scheduled")
    }

    pub(super) fn resume(&mut self, mut list: Resumed) {
        while let Some(cell) = list.next(self.stage) {
            self.schedule(cell);
        }
    }

    pub(super) fn wake(&mut self, cell: CellNumber, waiters: Waiters) {
        if waiters == Waiters::Wake {
            self.wake_waiters(cell);
        }
    }

    /// As `wake` of the actor floor's tenant.
    pub(super) fn wake_waiters(&mut self, cell: CellNumber) {
        let part = self.stage.part(cell);
        self.resume(credit::wake(self.stage, cell, part.low_mark()));
        if let Some(lobby) = &part.lobby {
            lobby.grant(&part.mailbox, part.capacity, || part.low()).into_iter().for_each(Waker::wake);
        }
        if let Some(at_low) = &part.at_low {
            at_low(self);
        }
    }
}

impl Cx<'_, '_> {
    /// As `Context::send`: over the receiver's capacity this actor is muted after the handler. Says whether the
    /// message is in.
    pub(super) fn send(&mut self, to: CellNumber, message: u32) -> bool {
        let count = match self.worker.send(to, message, COUNT_MAX) {
            Pushed::First { count } | Pushed::Queued { count } => count,
            Pushed::Full | Pushed::Closed => return false,
        };
        let capacity = self.worker.stage.part(to).capacity;
        if count > capacity && to != self.me {
            self.wish.exceed(to, count - capacity);
        }
        true
    }

    /// Answers an ask.
    pub(super) fn reply(&mut self, to: CellNumber, message: u32) {
        let _: Pushed = self.worker.reply(to, message, crate::mailbox::envelope::REPLY);
    }
}

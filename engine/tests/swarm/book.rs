//! What the actors of one scenario write down, and what can be said to be wrong as soon as it happens.

use crate::bounds::Untold;
use crate::cast::Cast;
use crate::debts::Debt;
use crate::full::{Desk, Fullness};
use crate::lines::Log;
use crate::links::Linked;
use crate::message::{ALL_LINES, Line, Message, Parcel};
use crate::orders::Orders;
use crate::plan::{Plan, Size};
use crate::ticks::Ticking;
use crate::urgent::Lanes;
use crate::wards::Turned;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use throng::{ActorId, Address, Level, Reason};

/// Of a parcel: it was accepted, refused, or nobody says so, as it was a question.
pub(crate) const ACCEPTED: u8 = 1;
pub(crate) const REFUSED: u8 = 2;
/// It was given to a handler, and it was dropped.
pub(crate) const HANDLED: u8 = 4;
pub(crate) const DROPPED: u8 = 8;
/// Handed back from the mailbox of an actor that was restarted.
pub(crate) const RETURNED: u8 = 16;

/// Nothing is left of it to be handled.
pub(crate) fn gone(fate: u8) -> bool {
    fate & (HANDLED | DROPPED | REFUSED | RETURNED) != 0
}

/// A parcel's line is above its receiver.
const LINE: u32 = 16;

/// Nobody's slot.
pub(crate) const NOBODY: u32 = u32::MAX;

/// A place for one actor, which has one address from its first to its last state.
pub(crate) struct Slot {
    pub(crate) address: OnceLock<Address<Message>>,
    pub(crate) cast: AtomicU32,
    /// It is in a handler or a hook.
    inside: AtomicBool,
    /// Somebody has seen to it that it ends with messages unhandled, or may have.
    pub(crate) cut: AtomicBool,
    /// Something is to blame if it ends otherwise than in good order: a fault of its own, or an order to kill it.
    pub(crate) doomed: AtomicBool,
    /// Its last hook has run, as it does in good order alone.
    pub(crate) bye: AtomicBool,
    /// What it has failed with, where it did not go on by itself.
    pub(crate) fallen: Mutex<Option<String>>,
    /// A supervisor has made it.
    pub(crate) ward: AtomicBool,
    /// The most that its mailbox was seen to hold.
    pub(crate) peak: AtomicU64,
    /// States that have begun.
    pub(crate) states: AtomicU32,
    /// Messages of which no handler has heard, as the simulation made it fail before.
    pub(crate) tripped: AtomicU32,
    pub(crate) orders: Orders,
    pub(crate) lanes: Lanes,
    pub(crate) full: Fullness,
    pub(crate) untold: Untold,
    /// Whether its mailbox has been at its high mark.
    pub(crate) pressed: AtomicU8,
    pub(crate) log: Mutex<Log>,
}

/// A question of an actor.
pub(crate) struct Asked {
    pub(crate) by: (u32, u32),
    /// By the system's clock.
    pub(crate) due: Duration,
    pub(crate) told: u32,
    pub(crate) debt: u32,
}

/// Something that an actor is to be told of once, when another ends.
pub(crate) struct Tie {
    pub(crate) by: (u32, u32),
    pub(crate) on: u32,
    /// Whether that one had ended already; none of one that was told to tell before it was there.
    pub(crate) late: Option<bool>,
    pub(crate) cancelled: bool,
    pub(crate) told: u32,
}

/// A message to oneself.
pub(crate) struct Alarm {
    pub(crate) by: (u32, u32),
    pub(crate) due: Duration,
    pub(crate) cancelled: bool,
    pub(crate) told: u32,
}

/// A link with a window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow {
    pub(crate) by: (u32, u32),
    pub(crate) to: u32,
    pub(crate) window: u32,
    pub(crate) sent: u64,
    /// What the producer held when it was asked at rest.
    pub(crate) held: Option<u32>,
    pub(crate) over: bool,
    /// It is over, and what was on its way then has come.
    pub(crate) told: bool,
}

/// What there is one of each for, by number.
#[derive(Default)]
pub(crate) struct Lists {
    pub(crate) asks: Vec<Asked>,
    /// Of these and of those from outside.
    pub(crate) debts: Vec<Debt>,
    /// Of those the ones whose way back was dropped nobody knows when.
    pub(crate) undated: Vec<u32>,
    pub(crate) tickers: Vec<Ticking>,
    pub(crate) ties: Vec<Tie>,
    pub(crate) alarms: Vec<Alarm>,
    pub(crate) flows: Vec<Flow>,
    pub(crate) links: Vec<Linked>,
    /// Of supervisors' children, as it happened.
    pub(crate) wards: Vec<Turned>,
    /// By the actor that signals: the level that its upstream heard last.
    pub(crate) levels: Vec<(ActorId, Level)>,
}

/// Numbers of the scenario's own, to be held against the ledger's.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) handled: AtomicU64,
    pub(crate) stashed: AtomicU64,
    pub(crate) faults: AtomicU64,
    pub(crate) spawned: AtomicU64,
    pub(crate) full: AtomicU64,
    pub(crate) closed: AtomicU64,
    pub(crate) stale: AtomicU64,
    /// By a thread outside: such a refusal counts in no ledger.
    pub(crate) uncounted: AtomicU64,
    pub(crate) returned: AtomicU64,
}

pub(crate) struct Book {
    pub(crate) plan: Plan,
    /// What it is played from.
    pub(crate) seed: u64,
    /// It has one thread, and time stands still between two steps.
    pub(crate) simulated: bool,
    pub(crate) begun: Instant,
    /// Some debts have no date.
    pub(crate) undated: AtomicBool,
    pub(crate) desk: Desk,
    /// It was cut off in the midst.
    pub(crate) aborted: AtomicBool,
    /// Nothing makes anybody late: no worker stands still, no handler is slow, and nobody waits but for others' turns.
    pub(crate) punctual: AtomicBool,
    /// Somebody has found no place.
    pub(crate) crowded: AtomicBool,
    /// The time outside, in nanoseconds, where it stands still between two steps.
    pub(crate) now: AtomicU64,
    /// Outside, so many wait for a place or an answer, and somebody did until then, in nanoseconds: a place that was given to one who does
    /// not look is nobody else's meanwhile.
    pub(crate) outside: AtomicI64,
    pub(crate) outside_until: AtomicU64,
    /// Whom faults have ended before they had begun, and so had a place.
    pub(crate) unseen: AtomicUsize,
    /// By cast, what its mailbox may hold at most.
    bounds: Box<[u64]>,
    /// Parcels may be made no more: the scenario is to come to its end.
    pub(crate) closed: AtomicBool,
    pub(crate) slots: Box<[Slot]>,
    used: AtomicUsize,
    /// By cast, the slot of who plays it now.
    pub(crate) homes: Box<[AtomicU32]>,
    /// By cast, starts that are still to fail.
    pub(crate) broken: Box<[AtomicU32]>,
    fates: Box<[AtomicU8]>,
    /// By parcel, the slot of its receiver, and above that its line.
    receivers: Box<[AtomicU32]>,
    made: AtomicUsize,
    live: AtomicI64,
    /// Of those, the states of actors.
    pub(crate) sitting: AtomicI64,
    pub(crate) sums: Sums,
    pub(crate) lists: Mutex<Lists>,
    wrongs: Mutex<Vec<String>>,
    wrong: AtomicBool,
    /// What has happened, if anybody wants to read it.
    trace: Option<Mutex<Vec<String>>>,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn many<T>(n: usize, mut make: impl FnMut() -> T) -> Box<[T]> {
    (0..n).map(|_| make()).collect()
}

impl Book {
    pub(crate) fn new(plan: Plan, size: &Size, seed: u64, traced: bool) -> Arc<Book> {
        let slot = || Slot {
            address: OnceLock::new(),
            cast: AtomicU32::new(0),
            inside: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            doomed: AtomicBool::new(false),
            bye: AtomicBool::new(false),
            fallen: Mutex::default(),
            ward: AtomicBool::new(false),
            peak: AtomicU64::new(0),
            states: AtomicU32::new(0),
            tripped: AtomicU32::new(0),
            orders: Orders::default(),
            lanes: Lanes::default(),
            full: Fullness::default(),
            untold: Untold::default(),
            pressed: AtomicU8::new(0),
            log: Mutex::default(),
        };
        Arc::new(Book {
            seed,
            simulated: !size.own_threads,
            begun: Instant::now(),
            undated: AtomicBool::new(false),
            desk: Desk::new(),
            aborted: AtomicBool::new(false),
            punctual: AtomicBool::new(false),
            crowded: AtomicBool::new(false),
            now: AtomicU64::new(0),
            outside: AtomicI64::new(0),
            outside_until: AtomicU64::new(0),
            unseen: AtomicUsize::new(0),
            bounds: crate::bounds::of(&plan),
            closed: AtomicBool::new(false),
            slots: many(size.slots, slot),
            used: AtomicUsize::new(0),
            homes: many(plan.casts.len(), || AtomicU32::new(NOBODY)),
            broken: plan.casts.iter().map(|cast| AtomicU32::new(cast.bad_starts)).collect(),
            fates: many(size.messages, || AtomicU8::new(0)),
            receivers: many(size.messages, || AtomicU32::new(0)),
            made: AtomicUsize::new(0),
            live: AtomicI64::new(0),
            sitting: AtomicI64::new(0),
            sums: Sums::default(),
            lists: Mutex::default(),
            wrongs: Mutex::default(),
            wrong: AtomicBool::new(false),
            trace: traced.then(Mutex::default),
            plan,
        })
    }

    /// The system is ended in the midst, or what is left of it.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::Release);
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong.load(Ordering::Acquire)
    }

    /// From here on nothing new is begun.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Something that must not be.
    #[cold]
    pub(crate) fn wrong(&self, what: impl FnOnce() -> String) {
        let mut wrongs = locked(&self.wrongs);
        if wrongs.len() < 8 {
            let what = what();
            self.note(|| format!("WRONG: {what}"));
            wrongs.push(what);
        }
        self.wrong.store(true, Ordering::Release);
    }

    /// Whether anything was wrong, and what.
    pub(crate) fn wrongs(&self) -> Vec<String> {
        if self.wrong.load(Ordering::Acquire) { locked(&self.wrongs).clone() } else { Vec::new() }
    }

    /// Writes a line of the trace, if there is one.
    #[inline]
    pub(crate) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            locked(trace).push(line());
        }
    }

    pub(crate) fn trace(&self) -> Vec<String> {
        self.trace.as_ref().map(|trace| locked(trace).clone()).unwrap_or_default()
    }

    /// A place for one more actor of this cast, if there is one left.
    pub(crate) fn seat(&self, cast: usize) -> Option<u32> {
        let slot = self.used.fetch_add(1, Ordering::AcqRel);
        let Some(seat) = self.slots.get(slot) else {
            self.used.fetch_sub(1, Ordering::AcqRel);
            self.crowded.store(true, Ordering::Release);
            return None;
        };
        seat.cast.store(cast as u32, Ordering::Release);
        Some(slot as u32)
    }

    /// What the mailbox of this cast's may hold.
    pub(crate) fn bound(&self, cast: usize) -> u64 {
        self.bounds[cast]
    }

    /// The slots that have been somebody's.
    pub(crate) fn seats(&self) -> &[Slot] {
        &self.slots[..self.used.load(Ordering::Acquire).min(self.slots.len())]
    }

    pub(crate) fn slot(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    pub(crate) fn cast_of(&self, slot: u32) -> &Cast {
        &self.plan.casts[self.slot(slot).cast.load(Ordering::Acquire) as usize]
    }

    /// Who plays this cast now.
    pub(crate) fn player(&self, cast: usize) -> Option<(u32, Address<Message>)> {
        let slot = self.homes[cast].load(Ordering::Acquire);
        (slot != NOBODY).then(|| self.found(slot)).flatten()
    }

    pub(crate) fn found(&self, slot: u32) -> Option<(u32, Address<Message>)> {
        self.slot(slot).address.get().map(|address| (slot, *address))
    }

    /// One thing more that has to be dropped, or one less.
    pub(crate) fn alive(&self, by: i64) {
        self.live.fetch_add(by, Ordering::AcqRel);
    }

    pub(crate) fn living(&self) -> i64 {
        self.live.load(Ordering::Acquire)
    }

    /// A parcel from this key to this slot, unless there have been enough.
    pub(crate) fn parcel(
        self: &Arc<Self>,
        from: u32,
        sequence: u32,
        line: Line,
        to: u32,
        what: (u16, u8),
    ) -> Option<Parcel> {
        if self.closed.load(Ordering::Acquire) || self.made.load(Ordering::Relaxed) >= self.fates.len() {
            return None;
        }
        let id = self.made.fetch_add(1, Ordering::AcqRel);
        if id >= self.fates.len() {
            return None;
        }
        self.receivers[id].store(to | (line as u32) << LINE, Ordering::Release);
        self.alive(1);
        let (program, ttl) = what;
        let (id, book) = (id as u32, Arc::clone(self));
        let bad = self.plan.bad_messages > 0 && (id + 1) % self.plan.bad_messages == 0;
        Some(Parcel { id, from, sequence, line, to, program, ttl, stashed: false, bad, book })
    }

    pub(crate) fn mark(&self, id: u32, fate: u8) -> u8 {
        self.fates[id as usize].fetch_or(fate, Ordering::AcqRel)
    }

    pub(crate) fn refused(&self, id: u32, reason: Reason, outside: bool) {
        self.mark(id, REFUSED);
        let sum = match reason {
            Reason::Closed => &self.sums.closed,
            Reason::Stale if outside => &self.sums.uncounted,
            Reason::Stale => &self.sums.stale,
            _ => &self.sums.full,
        };
        sum.fetch_add(1, Ordering::AcqRel);
    }

    /// What had become of it before.
    pub(crate) fn dropped(&self, id: u32) -> u8 {
        self.alive(-1);
        let fate = self.mark(id, DROPPED);
        if fate & DROPPED != 0 {
            self.wrong(|| format!("message {id} was dropped twice"));
        }
        self.unheard(id, fate);
        fate
    }

    /// Of each parcel that was made: its number, its receiver's slot and what became of it.
    pub(crate) fn fates(&self) -> impl Iterator<Item = (usize, u32, u8)> {
        self.parcels().map(|(id, to, _, fate)| (id, to, fate))
    }

    /// The same, and its line.
    pub(crate) fn parcels(&self) -> impl Iterator<Item = (usize, u32, Line, u8)> {
        (0..self.made() as usize).map(|id| {
            let (to, line) = self.receiver(id as u32);
            (id, to, line, self.fates[id].load(Ordering::Acquire))
        })
    }

    /// How many were made.
    pub(crate) fn made(&self) -> u32 {
        self.made.load(Ordering::Acquire).min(self.fates.len()) as u32
    }

    /// The slot of a parcel's receiver, and its line.
    pub(crate) fn receiver(&self, id: u32) -> (u32, Line) {
        let packed = self.receivers[id as usize].load(Ordering::Acquire);
        (packed & ((1 << LINE) - 1), ALL_LINES[(packed >> LINE) as usize])
    }
}

impl Slot {
    /// Whether it is in user code.
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.load(Ordering::Acquire)
    }
}

/// An actor is in user code as long as this lives.
pub(crate) struct Inside<'b>(&'b AtomicBool);

impl Book {
    /// An actor enters a handler or a hook. Nobody else may be in one of that actor's.
    pub(crate) fn enter(&self, slot: u32) -> Inside<'_> {
        let inside = &self.slot(slot).inside;
        if inside.swap(true, Ordering::AcqRel) {
            crate::over::at_once(self, format!("L5: actor {slot} is in two turns at once"));
        }
        Inside(inside)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

//! What ties an actor to others, made when it first has a tie: errands, who watches it, whom it watches, who guards it.
//!
//! Who may touch what: `errands` say themselves; `watchers` is for everybody, behind a lock that is held for a few
//! instructions and never over user code; `own` is the owner's; the rest is written before the address leaves the spawner.
//!
//! *The end of an actor is told once.* Whoever watches puts itself on the list, then looks by an exchange whether the actor
//! still lives. Its owner ends the mailbox by an exchange, then closes the list, if it knows of one. So either the owner
//! finds whom it is to tell, or who watches finds that the actor has ended, and takes itself off; who takes an onlooker off
//! the list has it alone. (Modelled in `mailbox/model/late.rs`.)
//!
//! *A link is with a state.* An actor with a guard outlives a failure, and so its cell may hold another state when the end of
//! who was linked to the one before comes to it. A link bears the number of the state at either end: whoever puts itself on the
//! list of those that are linked reads it under the list's lock, under which the owner raises it and takes that list. So a
//! link of the state before is on the list that is told, or bears the number of the next. What a link then does to
//! an actor with a guard is an errand, in which the owner looks whether that state is still there.

use super::exit::{Exit, Failure, Report};
use super::fault::Fault;
use crate::mailbox::errands::Errands;
use crate::sync::{Arc, Mutex, MutexGuard, UnsafeCell};
use std::any::Any;
use std::collections::VecDeque;
use std::collections::btree_map::{BTreeMap, IntoValues};
use std::num::NonZeroU64;
use std::ptr::NonNull;
use std::sync::{OnceLock, PoisonError};

/// What the owner of an actor is to do in its turn; given the context of that turn.
pub(super) type Errand = Box<dyn FnOnce(NonNull<()>) -> Result<(), Fault> + Send>;

/// Who hears of an actor's end.
pub(crate) type Onlooker = Box<dyn FnOnce(&Exit) + Send>;

/// Who hears what a guarded actor reports.
pub(super) type Guard = Arc<dyn Fn(Report) + Send + Sync>;

/// Errands of one turn, at most.
pub(super) const ERRANDS: usize = 64;

/// The ties of an actor.
pub(super) struct Kin {
    pub(super) errands: Errands<Errand>,
    watchers: Mutex<Watchers>,
    pub(super) own: UnsafeCell<Own>,
    pub(super) parent: OnceLock<Parent>,
}

/// Whose child an actor is, and under which name.
#[derive(Debug)]
pub(super) struct Parent {
    pub(super) raw: NonZeroU64,
    pub(super) name: Box<str>,
    /// It guards it: its state may be replaced.
    pub(super) guards: bool,
}

#[derive(Default)]
struct Watchers {
    on: BTreeMap<u64, Onlooker>,
    /// Those that are linked: they hear of a failure that the actor outlives, too. Numbered as the others.
    linked: BTreeMap<u64, Onlooker>,
    /// The number of the next one.
    next: u64,
    closed: bool,
}

/// What only the actor's owner looks at.
pub(super) struct Own {
    /// Errands taken off their list.
    line: VecDeque<Errand>,
    /// Others come first, before the rest of them.
    pub(super) lets_pass: bool,
    /// Whom it watches.
    pub(super) watching: Watching,
    /// Whom it guards: they do not outlive it.
    pub(super) wards: Vec<NonZeroU64>,
    pub(super) guard: Option<Guard>,
    /// There is no state in its cell.
    pub(super) vacant: bool,
    /// Its state has failed, and its guard was told.
    pub(super) failed: bool,
    /// It was to exit by the clock meanwhile: it does if it goes on.
    pub(super) exits: bool,
    /// Its guard was told that this state has started.
    pub(super) started: bool,
    /// The message that is being handled, if its sender is to hear of a fault.
    pub(super) tracked: Option<Box<dyn Any + Send>>,
    /// Why it ends.
    pub(super) failure: Option<Failure>,
}

/// Watches of an actor on others, by their addresses and their numbers there.
pub(super) struct Watching {
    on: Vec<(NonZeroU64, u64)>,
    /// Those that are over are looked for when there are so many.
    sweep_at: usize,
}

// SAFETY: `own` is touched by the actor's owner alone; ownership is handed over by Release/Acquire.
unsafe impl Sync for Kin {}
// SAFETY: as above; all of it is `Send`.
unsafe impl Send for Kin {}

impl std::fmt::Debug for Kin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kin").field("parent", &self.parent).finish_non_exhaustive()
    }
}

impl Kin {
    pub(super) fn new() -> Self {
        Self {
            errands: Errands::new(),
            watchers: Mutex::new(Watchers::default()),
            own: UnsafeCell::new(Own {
                line: VecDeque::new(),
                lets_pass: false,
                watching: Watching { on: Vec::new(), sweep_at: 8 },
                wards: Vec::new(),
                guard: None,
                vacant: false,
                failed: false,
                exits: false,
                started: false,
                tracked: None,
                failure: None,
            }),
            parent: OnceLock::new(),
        }
    }

    /// What is the owner's. The borrow must end before user code runs.
    ///
    /// # Safety
    /// The caller owns the actor.
    #[expect(clippy::mut_from_ref, reason = "the owner alone comes here")]
    pub(super) unsafe fn own(&self) -> &mut Own {
        // SAFETY: by the caller's promise.
        self.own.with_mut(|own| unsafe { &mut *own })
    }

    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an onlooker on the list, and gives its number there.
    ///
    /// # Errors
    /// The onlooker: the actor has ended.
    pub(super) fn watch(&self, onlooker: Onlooker) -> Result<u64, Onlooker> {
        self.enlist(onlooker, |watchers| &mut watchers.on, || ()).map(|(number, ())| number)
    }

    /// Puts one on the list that is linked, and gives also the number of the state that it is linked to.
    ///
    /// # Errors
    /// As for [`Kin::watch`].
    pub(super) fn link(
        &self,
        onlooker: Onlooker,
        epoch: impl FnOnce() -> u16,
    ) -> Result<(u64, u16), Onlooker> {
        self.enlist(onlooker, |watchers| &mut watchers.linked, epoch)
    }

    fn enlist<T>(
        &self,
        onlooker: Onlooker,
        list: fn(&mut Watchers) -> &mut BTreeMap<u64, Onlooker>,
        read: impl FnOnce() -> T,
    ) -> Result<(u64, T), Onlooker> {
        let mut watchers = self.watchers();
        if watchers.closed {
            return Err(onlooker);
        }
        let number = watchers.next;
        watchers.next += 1;
        list(&mut watchers).insert(number, onlooker);
        Ok((number, read()))
    }

    /// Takes an onlooker off the list.
    pub(super) fn unwatch(&self, number: u64) -> Option<Onlooker> {
        let mut watchers = self.watchers();
        watchers.on.remove(&number).or_else(|| watchers.linked.remove(&number))
    }

    /// Takes those off that are linked to the state which goes, whose number `raise` makes that of the next.
    pub(super) fn take_linked(&self, raise: impl FnOnce()) -> IntoValues<u64, Onlooker> {
        let mut watchers = self.watchers();
        raise();
        std::mem::take(&mut watchers.linked).into_values()
    }

    /// Whether its state may be replaced. Known before anybody has its address.
    pub(super) fn is_guarded(&self) -> bool {
        self.parent.get().is_some_and(|parent| parent.guards)
    }

    pub(super) fn is_watched_by(&self, number: u64) -> bool {
        let watchers = self.watchers();
        watchers.on.contains_key(&number) || watchers.linked.contains_key(&number)
    }

    /// How many watch, or are linked.
    pub(super) fn watched_by(&self) -> usize {
        let watchers = self.watchers();
        watchers.on.len() + watchers.linked.len()
    }

    /// The actor has ended: gives those that are to be told, in the order in which they came, and closes the list.
    pub(super) fn end(&self) -> impl Iterator<Item = Onlooker> + use<> {
        let mut watchers = self.watchers();
        watchers.closed = true;
        let mut all = std::mem::take(&mut watchers.on);
        all.append(&mut watchers.linked);
        all.into_values()
    }

    /// The next errand.
    ///
    /// # Safety
    /// The caller owns the actor.
    pub(super) unsafe fn next_errand(&self) -> Option<Errand> {
        // SAFETY: by the caller's promise.
        let own = unsafe { self.own() };
        own.line.extend(self.errands.take());
        own.line.pop_front()
    }

    /// Errands that will not be done: the actor has ended.
    ///
    /// # Safety
    /// The caller owns the actor.
    pub(super) unsafe fn end_errands(&self) -> Vec<Errand> {
        // SAFETY: by the caller's promise.
        let line = std::mem::take(&mut unsafe { self.own() }.line);
        line.into_iter().chain(self.errands.end()).collect()
    }
}

impl Watching {
    /// Notes a watch. `is_on` says of one whether it is not over; asked now and then.
    pub(super) fn note(&mut self, target: NonZeroU64, number: u64, is_on: impl Fn(NonZeroU64, u64) -> bool) {
        if self.on.len() >= self.sweep_at {
            self.on.retain(|(target, number)| is_on(*target, *number));
            self.sweep_at = (self.on.len() * 2).max(8);
        }
        self.on.push((target, number));
    }

    pub(super) fn take(&mut self) -> Vec<(NonZeroU64, u64)> {
        std::mem::take(&mut self.on)
    }
}

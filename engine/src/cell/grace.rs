//! Grace periods: when nobody can still be about to push into a cell's former tenant.
//!
//! Quiescent-state based reclamation (P. McKenney, J. Slingwine, 1998; in the manner of user-space RCU). Everyone who
//! checks a generation and then pushes is a *participant*, and online while it does so. A retired cell's generation is
//! raised first; then its batch is stamped with a new epoch; it may be used again when every participant is offline or
//! has announced an epoch of at least the stamp.
//!
//! Who may touch what: `seen` is written by its participant alone. `epoch` is raised by retirers.
//! - Going online: store `seen`, SeqCst fence, then read generations. Retiring: raise generations, raise `epoch`,
//!   SeqCst fence, then read `seen`. So either the pusher sees the new generation or the retirer sees the pusher.
//! - Announcing: load `epoch` with Acquire, then store it to `seen` with Release. What was pushed before happens before
//!   the retirer's Acquire load of `seen`; what is read after sees the generations raised before that epoch.

use crate::sync::{Arc, AtomicU64, Mutant, Mutex, Ordering, fence, mutant};

const OFFLINE: u64 = 0;

/// The epochs of one arena and those who take part.
#[derive(Debug)]
pub(crate) struct Domain {
    epoch: AtomicU64,
    participants: Mutex<Vec<Arc<Participant>>>,
}

/// One thread's part.
#[derive(Debug)]
pub(crate) struct Participant {
    seen: AtomicU64,
}

impl Domain {
    pub(crate) fn new() -> Self {
        Self { epoch: AtomicU64::new(OFFLINE + 1), participants: Mutex::new(Vec::new()) }
    }

    /// A new participant, offline.
    pub(crate) fn join(&self) -> Arc<Participant> {
        let participant = Arc::new(Participant { seen: AtomicU64::new(OFFLINE) });
        self.participants.lock().unwrap_or_else(|e| panic!("{e}")).push(Arc::clone(&participant));
        participant
    }

    /// Takes a participant off the list; it must be offline and is not used again.
    pub(crate) fn leave(&self, participant: &Arc<Participant>) {
        debug_assert_eq!(participant.seen.load(Ordering::Relaxed), OFFLINE);
        let mut all = self.participants.lock().unwrap_or_else(|e| panic!("{e}"));
        all.retain(|other| !Arc::ptr_eq(other, participant));
    }

    /// A stamp for what was retired before this call.
    pub(crate) fn stamp(&self) -> u64 {
        if mutant(Mutant::NoNewEpoch) {
            return self.epoch.load(Ordering::Acquire);
        }
        // Release publishes the raised generations to the Acquire loads in `online` and `quiescent`.
        self.epoch.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// The highest stamp that everybody has passed.
    pub(crate) fn passed(&self) -> u64 {
        if mutant(Mutant::NoGrace) {
            return u64::MAX;
        }
        let all = self.participants.lock().unwrap_or_else(|e| panic!("{e}"));
        // Read before the participants: a stamp made after this says nothing about them.
        let now = self.epoch.load(Ordering::Acquire);
        if !mutant(Mutant::PassWithoutFence) {
            // Pairs with the fence in `online`: generations were raised before the stamp, and so before this.
            fence(Ordering::SeqCst);
        }
        // Acquire pairs with the Release in `quiescent` and `offline`: their pushes are done.
        all.iter()
            .map(|p| p.seen.load(Ordering::Acquire))
            .filter(|seen| *seen != OFFLINE)
            .fold(now, std::cmp::min)
    }
}

impl Participant {
    /// From here to `offline`, generations read are believed.
    pub(crate) fn online(&self, domain: &Domain) {
        // Acquire pairs with the Release in `stamp`.
        let epoch = domain.epoch.load(Ordering::Acquire);
        // Release as in `offline`: a retirer may see this epoch and never the OFFLINE before it, and the end of the
        // section before must come with it.
        let order = if mutant(Mutant::RelaxedPin) { Ordering::Relaxed } else { Ordering::Release };
        self.seen.store(epoch, order);
        if !mutant(Mutant::PinWithoutFence) {
            // Pairs with the fence in `passed`.
            fence(Ordering::SeqCst);
        }
    }

    /// Forgets every generation read so far, and stays online.
    #[inline]
    pub(crate) fn quiescent(&self, domain: &Domain) {
        // Acquire pairs with the Release in `stamp`: what is read from here on sees the generations raised before.
        let epoch = domain.epoch.load(Ordering::Acquire);
        // Release pairs with the Acquire in `passed`: pushes made so far are complete.
        self.seen.store(epoch, Ordering::Release);
    }

    /// Forgets every generation read so far.
    pub(crate) fn offline(&self) {
        // Release pairs with the Acquire in `passed`.
        self.seen.store(OFFLINE, Ordering::Release);
    }
}

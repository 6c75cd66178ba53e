//! Slots whose tenants have ended, until their grace period has passed: what a thread retires is sealed in batches, each
//! with a stamp, and collected when everybody has passed it.
//!
//! Who may touch what: a limbo belongs to its thread. Its slots belong to it until they are given to `take_back`.

use super::grace::{Domain, Participant};
use super::header::{CellClass, CellPtr};
use crate::sync::{Arc, Mutant, mutant};
use std::collections::VecDeque;

/// Cells in a batch that waits for its grace period together. A model has but one.
pub(crate) const BATCH: usize = if cfg!(throng_loom) { 1 } else { 128 };

/// The last generation; a slot that reaches it is retired for good.
pub(crate) const LAST_GENERATION: u32 = u32::MAX;

/// Slots without a tenant, and their classes.
pub(crate) type Slots = Vec<(CellPtr, CellClass)>;

/// What one thread has retired, and its part in the grace periods.
#[derive(Debug)]
pub(crate) struct Limbo {
    participant: Arc<Participant>,
    retiring: Slots,
    sealed: VecDeque<(u64, Slots)>,
    /// Of what is retiring or sealed.
    bytes: u64,
}

impl Limbo {
    pub(crate) fn new(domain: &Domain) -> Self {
        Self { participant: domain.join(), retiring: Vec::new(), sealed: VecDeque::new(), bytes: 0 }
    }

    /// Begins an online section; see [`Participant::online`].
    pub(crate) fn online(&self, domain: &Domain) {
        self.participant.online(domain);
    }

    /// Ends it.
    pub(crate) fn offline(&self) {
        self.participant.offline();
    }

    /// Bytes that wait for a grace period.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes over a slot whose tenant ended, unless its generations are used up; says whether. `domain` is asked once per
    /// batch.
    ///
    /// # Safety
    /// The caller owned the tenant, ended its mailbox, dropped its state, and has not raised the generation yet.
    #[inline]
    pub(crate) unsafe fn retire<'d>(
        &mut self,
        domain: impl FnOnce() -> &'d Domain,
        slot: CellPtr,
        class: CellClass,
    ) -> bool {
        // SAFETY: the same promise.
        if !unsafe { slot.as_ref().end_tenancy(LAST_GENERATION) } {
            return false;
        }
        if mutant(Mutant::EarlyFreeExt) {
            // SAFETY: there is no reason: somebody may be looking, as a model shall find.
            unsafe { slot.as_ref().free_ext() };
        }
        self.bytes += class.bytes() as u64;
        self.retiring.push((slot, class));
        if self.retiring.len() >= BATCH {
            self.seal(domain());
        }
        true
    }

    /// Every generation in the batch has been raised: from here on its grace period runs.
    #[cold]
    #[inline(never)]
    fn seal(&mut self, domain: &Domain) {
        let batch = std::mem::replace(&mut self.retiring, Vec::with_capacity(BATCH));
        self.sealed.push_back((domain.stamp(), batch));
    }

    /// Between turns: forgets every generation read, and gives back what nobody can reach any more.
    #[inline]
    pub(crate) fn quiescent(&mut self, domain: &Domain, take_back: impl FnMut(CellPtr, CellClass)) {
        self.participant.quiescent(domain);
        self.collect(domain, take_back);
    }

    /// Before a thread ends or sleeps for long: stamps what is retired, so that it can be collected.
    pub(crate) fn flush(&mut self, domain: &Domain, take_back: impl FnMut(CellPtr, CellClass)) {
        if !self.retiring.is_empty() {
            self.seal(domain);
        }
        self.collect(domain, take_back);
    }

    #[inline]
    fn collect(&mut self, domain: &Domain, take_back: impl FnMut(CellPtr, CellClass)) {
        if !self.sealed.is_empty() {
            self.collect_passed(domain.passed(), take_back);
        }
    }

    fn collect_passed(&mut self, passed: u64, mut take_back: impl FnMut(CellPtr, CellClass)) {
        while self.sealed.front().is_some_and(|(stamp, _)| *stamp <= passed) {
            let Some((_, batch)) = self.sealed.pop_front() else { return };
            reclaim(batch, |slot, class| {
                self.bytes -= class.bytes() as u64;
                take_back(slot, class);
            });
        }
    }

    /// The thread ends: gives away what still waits, with its stamps, and takes part no more.
    pub(crate) fn leave(
        &mut self,
        domain: &Domain,
        take_back: impl FnMut(CellPtr, CellClass),
        mut orphan: impl FnMut(u64, Slots),
    ) {
        self.participant.offline();
        self.flush(domain, take_back);
        for (stamp, batch) in std::mem::take(&mut self.sealed) {
            orphan(stamp, batch);
        }
        self.bytes = 0;
        domain.leave(&self.participant);
    }
}

/// Gives slots whose grace period has passed to `take_back`, without what their tenants left.
pub(crate) fn reclaim(batch: Slots, mut take_back: impl FnMut(CellPtr, CellClass)) {
    for (slot, class) in batch {
        // SAFETY: the grace period of this slot has passed, and it has no tenant.
        unsafe { slot.as_ref().free_ext() };
        take_back(slot, class);
    }
}

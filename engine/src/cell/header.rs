//! The layout of a cell: a header of 48 bytes, then the actor's state. With up to 16 bytes of state it is one cache line.
//!
//! Who may touch what: `generation` is raised by the owner when the tenant ends, and read by anyone who is online (see
//! [`super::grace`]). `kind` is written before the address leaves the spawner and after the grace period; `control`
//! holds the extension, set once by compare-and-swap and freed when the slot is used again, and the orders of the system
//! lane. The state belongs to the owner.

use crate::mailbox::control::Control;
use crate::mailbox::credit::{CellNumber, Credit, LowMark};
use crate::mailbox::envelope::Envelope;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::queue::{Mailbox, Pushed};
use crate::mailbox::stash::Kept;
use crate::stall::Stalls;
use crate::sync::{AtomicPtr, AtomicU32, Mutant, Ordering, mutant};
use std::ptr::NonNull;
use std::sync::OnceLock;

/// The first 48 bytes of a cell.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Header {
    pub(crate) mailbox: Mailbox,
    kind: AtomicPtr<Kind>,
    pub(crate) control: Control<Extension>,
    generation: AtomicU32,
    pub(crate) credit: Credit,
}

/// Cells start on a cache line and are whole lines long.
pub(crate) const LINE: usize = 64;

/// What actors of one type, spawned with the same options into one system, share.
#[derive(Debug)]
pub(crate) struct Kind {
    /// One of the table's, one load nearer.
    pub(crate) turn: unsafe fn(NonNull<()>, NonNull<Header>),
    pub(crate) table: &'static Table,
    pub(crate) limits: Limits,
    /// The scheduler's shared part; only its own floor knows the type.
    pub(crate) home: NonNull<()>,
    /// How long its actors were muted, once one was.
    pub(crate) stalls: OnceLock<Stalls>,
}

/// The bounds of a mailbox and of a turn, as they are needed while running.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Where a full mailbox begins.
    pub(crate) capacity: u32,
    /// Waiters are told when the count has sunk to this.
    pub(crate) low: u32,
    /// At this count the pressure is high.
    pub(crate) high: u32,
    /// Up to where `try_send` enters: the capacity, or one, which is taken, where messages lie elsewhere.
    pub(crate) strict: u32,
    /// Up to where an actor's send under the policy enters.
    pub(crate) entry: u32,
    /// A sender that finds more than this has something to mind.
    pub(crate) mark: u32,
    /// Never exceeded by sends.
    pub(crate) hard: u32,
    /// Asks that may be outstanding.
    pub(crate) asks: u32,
    /// Messages a turn handles at most.
    pub(crate) batch: u32,
    /// Handled messages after which their credit goes back.
    pub(crate) step: u32,
    pub(crate) overflow: Overflow,
    /// Its messages are sorted when they are taken.
    pub(crate) sorted: bool,
    /// What the windows of all flows into it may come to.
    pub(crate) flows: u32,
    /// Its messages go through two lanes.
    pub(crate) lanes: bool,
    /// Messages to a batch; zero where each is handled by itself.
    pub(crate) gather: u32,
    /// How long a batch waits until it is full, in nanoseconds.
    pub(crate) within: u64,
    /// It waits for anything but its next message: as the mailbox of one that fails.
    pub(crate) away: bool,
    /// The times of its turns are noted.
    pub(crate) noted: bool,
}

impl PartialEq for Limits {
    // Each spawn compares: what follows from the rest is left out.
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        let Limits {
            capacity,
            low,
            high,
            strict: _,
            entry: _,
            mark: _,
            hard,
            asks,
            batch,
            step: _,
            overflow,
            sorted: _,
            flows,
            lanes,
            gather,
            within,
            away,
            noted,
        } = *other;
        (self.capacity, self.low, self.high, self.hard) == (capacity, low, high, hard)
            && (self.asks, self.batch, self.flows, self.gather) == (asks, batch, flows, gather)
            && (self.within, self.overflow, self.lanes) == (within, overflow, lanes)
            && (self.away, self.noted) == (away, noted)
    }
}

impl Eq for Limits {}

impl std::hash::Hash for Limits {
    // Of a part: equal limits hash alike.
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (self.capacity, self.hard, self.asks, self.batch, self.gather, self.within).hash(state);
    }
}

impl Limits {
    /// The low mark, which what is kept in the stash raises.
    pub(crate) const fn low_mark(&self) -> LowMark {
        // Where messages lie in a line of their own, the word counts one place that is taken, and nobody waits but for what is the
        // engine's own.
        let exact = matches!(self.overflow, Overflow::DropOldestExact);
        LowMark::new(self.low, if exact { self.hard } else { self.capacity })
    }

    /// These limits with those that follow from them.
    pub(crate) const fn settled(mut self) -> Self {
        let drops = matches!(self.overflow, Overflow::DropOldest | Overflow::DropOldestExact);
        self.sorted = self.lanes || self.gather > 0 || drops;
        (self.strict, self.entry, self.mark) = match self.overflow {
            Overflow::Mute if !self.away => (self.capacity, self.hard, self.capacity),
            Overflow::Mute | Overflow::Fail | Overflow::DropNewest => {
                (self.capacity, self.capacity, u32::MAX)
            }
            Overflow::DropOldest => (self.capacity, 2 * self.capacity, u32::MAX),
            // One place is taken for good, so that the word is never idle and empty, and always full.
            Overflow::DropOldestExact => (1, 1, u32::MAX),
            Overflow::Signal => (self.capacity, self.capacity, self.high - 1),
        };
        self
    }
}

/// The functions of one actor type. Written by the actor floor, called from below through these pointers.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) type_name: fn() -> &'static str,
    /// Of its messages.
    pub(crate) message_name: fn() -> &'static str,
    /// Whole lines of a cell of this type.
    pub(crate) class: CellClass,
    /// Runs one turn. The first argument is the worker that runs it.
    pub(crate) turn: unsafe fn(NonNull<()>, NonNull<Header>),
    /// The same for those whose turns are noted.
    pub(crate) noted_turn: unsafe fn(NonNull<()>, NonNull<Header>),
    /// The same for all of a simulated system.
    #[cfg(feature = "sim")]
    pub(crate) simulated_turn: unsafe fn(NonNull<()>, NonNull<Header>),
    /// Drops the message of an envelope and frees the block; says whether dropping panicked.
    pub(crate) discard: unsafe fn(NonNull<Envelope>),
    /// The same for an item of a flow.
    pub(crate) discard_item: unsafe fn(NonNull<Envelope>),
    /// The same for a tracked message.
    pub(crate) discard_tracked: unsafe fn(NonNull<Envelope>),
    /// Drops the state in place; none where there is nothing to drop.
    pub(crate) drop_state: Option<unsafe fn(NonNull<Header>)>,
}

/// How the extension of a cell begins. What frees it is there and not in the table, because a system and its kinds may
/// be gone before its slots serve again.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Extension {
    /// Frees all of it. Runs no user code.
    pub(crate) free: unsafe fn(NonNull<Extension>),
    /// What the tenant keeps in its stash.
    pub(crate) kept: Kept,
}

/// A size class of cells: 2 to the power of this many lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellClass(pub(crate) u8);

impl CellClass {
    /// Classes of 1, 2, 4, 8 and 16 lines; bigger states are boxed.
    pub(crate) const COUNT: usize = 5;

    pub(crate) const fn bytes(self) -> usize {
        LINE << self.0
    }

    /// The class in which `size` bytes of state fit, if there is one.
    pub(crate) const fn fitting(size: usize, align: usize) -> Option<CellClass> {
        if align > LINE {
            return None;
        }
        let need = Header::state_offset(align) + size;
        let mut class = 0;
        while class < Self::COUNT {
            if need <= LINE << class {
                return Some(CellClass(class as u8));
            }
            class += 1;
        }
        None
    }
}

/// What became of a push through an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Sent {
    /// As the mailbox answered.
    Pushed(Pushed),
    /// The tenant that the address names has ended.
    Stale,
}

impl Header {
    /// Where a state of this alignment lies, in bytes from the start of the cell.
    pub(crate) const fn state_offset(align: usize) -> usize {
        let head = std::mem::size_of::<Header>();
        head.next_multiple_of(align)
    }

    /// A header without a tenant.
    #[cfg(all(test, throng_loom))]
    pub(crate) fn vacant() -> Self {
        Self {
            mailbox: Mailbox::vacant(),
            kind: AtomicPtr::new(std::ptr::null_mut()),
            control: Control::new(),
            generation: AtomicU32::new(0),
            credit: Credit::new(),
        }
    }

    /// Makes a header in a fresh slot: generation zero, ended. `kind` stays the zero that it is: whoever walks over all
    /// slots may be looking at it, and at nothing else until it is set.
    ///
    /// # Safety
    /// The slot is zeroed memory that never had a header, and the caller has it alone but for those who walk.
    pub(crate) unsafe fn prepare(slot: CellPtr) {
        let slot = slot.as_ptr();
        // SAFETY: the same promise.
        unsafe {
            (&raw mut (*slot).mailbox).write(Mailbox::vacant());
            (&raw mut (*slot).control).write(Control::new());
            (&raw mut (*slot).generation).write(AtomicU32::new(0));
            (&raw mut (*slot).credit).write(Credit::new());
            #[cfg(throng_loom)]
            if mutant(Mutant::WholeHeader) {
                (*slot).kind.with_mut(|kind| *kind = std::ptr::null_mut());
            }
        }
    }

    /// Does what the kernel does to a page: loom's atomics are not zeros.
    ///
    /// # Safety
    /// The caller has the memory alone.
    #[cfg(all(test, throng_loom))]
    pub(crate) unsafe fn map(slot: CellPtr) {
        // SAFETY: the same promise.
        unsafe { (&raw mut (*slot.as_ptr()).kind).write(AtomicPtr::new(std::ptr::null_mut())) };
    }

    /// Whether the slot ever had a tenant; if so the header is there. Before that it is zeros.
    pub(crate) fn was_settled(&self) -> bool {
        // Acquire pairs with the Release in `settle`.
        !self.kind.load(Ordering::Acquire).is_null()
    }

    /// The tenant by a glance, for those who walk over all slots: its kind, to be compared and not followed, and a
    /// generation that is its own or, if the slot changes hands just now, is stale: never that of another kind's tenant.
    /// Only once the slot [was settled](Self::was_settled).
    pub(crate) fn tenant(&self) -> Option<(u32, *const Kind)> {
        // In this order: the kind is that of this generation's tenant or of a later one.
        let generation = self.generation();
        let ended = self.mailbox.has_ended();
        (!ended).then(|| (generation, self.kind_address()))
    }

    /// The same of a slot that is known only from whom somebody says he runs, which orders nothing.
    pub(crate) fn tenant_at_a_glance(&self) -> Option<(u32, *const Kind)> {
        if mutant(Mutant::GlanceUnsettled) || self.was_settled() { self.tenant() } else { None }
    }

    /// Makes room for a tenant that its maker owns; gives the generation it is addressed by.
    ///
    /// # Safety
    /// The caller has the slot alone: fresh, or its grace period has passed. `kind` outlives every online section that
    /// can find the tenant.
    #[inline(always)]
    pub(crate) unsafe fn settle(&self, kind: NonNull<Kind>) -> u32 {
        self.change_kind(kind);
        // SAFETY: the same promise.
        unsafe { self.mailbox.renew(true) };
        self.credit.resumed();
        self.generation.load(Ordering::Relaxed)
    }

    /// The tenant's kind.
    ///
    /// # Safety
    /// There is a tenant, and the caller is its owner or online since it checked the generation.
    #[inline(always)]
    pub(crate) unsafe fn kind(&self) -> &'static Kind {
        // Acquire pairs with the Release in `change_kind`.
        // SAFETY: set while there is a tenant; kinds are freed only after a grace period, so 'static is as long as any
        // online caller can look.
        unsafe { &*self.kind.load(Ordering::Acquire) }
    }

    /// Makes the tenant one of this kind: whose limits differ, and nothing else. By its owner.
    #[inline(always)]
    pub(crate) fn change_kind(&self, kind: NonNull<Kind>) {
        // Release publishes the kind, which may be new, to the Acquire in `kind`, and the header of a fresh slot to the one
        // in `was_settled`.
        let order = if mutant(Mutant::RelaxedKind) { Ordering::Relaxed } else { Ordering::Release };
        self.kind.store(kind.as_ptr(), order);
    }

    /// What the tenant keeps in its stash now. By its owner, or one who is online.
    pub(crate) fn kept(&self) -> u32 {
        // SAFETY: extensions are freed only after a grace period.
        self.control.pointer().map_or(0, |ext| unsafe { ext.as_ref() }.kept.get())
    }

    /// The kind's address, to be compared and not followed.
    pub(crate) fn kind_address(&self) -> *const Kind {
        self.kind.load(Ordering::Relaxed)
    }

    /// The generation in force.
    #[inline(always)]
    pub(crate) fn generation(&self) -> u32 {
        // Acquire pairs with the Release in `end_tenancy`; online sections make the answer last.
        self.generation.load(Ordering::Acquire)
    }

    /// Checks the generation, then pushes as [`Mailbox::push`] does.
    ///
    /// # Safety
    /// The caller is online, and owns the envelope and its contents.
    pub(crate) unsafe fn send_tagged(
        &self,
        generation: u32,
        envelope: NonNull<Envelope>,
        tag: usize,
        limit: u32,
    ) -> Sent {
        if self.generation() != generation {
            return Sent::Stale;
        }
        // SAFETY: while the caller is online the slot gets no new tenant.
        Sent::Pushed(unsafe { self.mailbox.push(envelope, tag, limit) })
    }

    /// Raises the generation: every address of the tenant is stale from here on. Says whether the slot may serve again;
    /// one whose generations are used up may not.
    ///
    /// # Safety
    /// The caller is the owner and has ended the mailbox.
    #[inline]
    pub(crate) unsafe fn end_tenancy(&self, last_generation: u32) -> bool {
        let next = self.generation.load(Ordering::Relaxed) + 1;
        // Release pairs with the Acquire in `generation`.
        self.generation.store(next, Ordering::Release);
        next < last_generation
    }

    /// Frees the extension, if there is one, and forgets the orders to the last tenant.
    ///
    /// # Safety
    /// The caller has the slot alone: its grace period has passed.
    pub(crate) unsafe fn free_ext(&self) {
        let Some(ext) = self.control.clear() else { return };
        // SAFETY: nobody else can reach the extension any more.
        unsafe { ((*ext.as_ptr()).free)(ext) };
    }

    /// For a test of exhaustion.
    #[cfg(test)]
    pub(crate) fn force_generation(&self, generation: u32) {
        self.generation.store(generation, Ordering::Release);
    }
}

/// A cell, by its address.
pub(crate) type CellPtr = NonNull<Header>;

/// The number of a cell in an arena that begins at `base`.
#[inline(always)]
pub(crate) fn number(base: *mut u8, cell: CellPtr) -> CellNumber {
    ((cell.as_ptr().addr() - base.addr()) / LINE) as CellNumber
}

#[cfg(not(any(throng_loom, throng_shuttle)))]
const _: () = {
    assert!(std::mem::size_of::<Header>() == 48);
    assert!(
        Header::state_offset(8) == 48 && Header::state_offset(16) == 48 && Header::state_offset(64) == 64
    );
    assert!(std::mem::offset_of!(Header, mailbox) == 0);
};

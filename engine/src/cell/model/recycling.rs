//! Models of recycling: a slot gets a new tenant while stale addresses of the old one are about to be used.

use crate::cell::grace::{Domain, Participant};
use crate::cell::header::{CellClass, CellPtr, Extension, Header, Kind, Sent};
use crate::cell::limbo::{Limbo, Slots, reclaim};
use crate::cell::orphans::Orphans;
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::{Chain, Envelope};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, demand_found_further, explore_further, note};
use crate::sync::{AtomicU32, Mutant, Ordering, UnsafeCell, thread};
use std::ptr::NonNull;
use std::sync::Arc;

/// An envelope that says for which tenant it is.
#[repr(C, align(64))]
struct Letter {
    envelope: Envelope,
    tenant: UnsafeCell<u32>,
}

/// What a tenant has beside its cell: looked at by who is online and found the tenant, freed after the grace period.
#[repr(C)]
struct Beside {
    extension: Extension,
    tenant: UnsafeCell<u32>,
}

/// For the extension's table.
unsafe fn free(extension: NonNull<Extension>) {
    // SAFETY: every extension here is one of these; loom checks that nobody looks at it.
    unsafe { extension.cast::<Beside>().as_ref().tenant.with_mut(|tenant| *tenant = 0) };
    note("freed");
}

/// A slot, and what the models send to its tenants.
struct Slot {
    domain: Domain,
    header: Header,
    letters: [Letter; 3],
    beside: Beside,
    orphans: Orphans<Slots>,
    /// The second tenant's generation, once it is there.
    address: AtomicU32,
}

// SAFETY: loom checks who touches what.
unsafe impl Sync for Slot {}
// SAFETY: as above.
unsafe impl Send for Slot {}

/// Kinds that are told apart by their addresses and never looked into.
fn kind(tenant: u32) -> NonNull<Kind> {
    NonNull::without_provenance(std::num::NonZero::new(64 * tenant as usize).expect("tenants count from 1"))
}

const FIRST: u32 = 1;
const SECOND: u32 = 2;
const CLASS: CellClass = CellClass(0);

impl Slot {
    /// With a first tenant, whose owner is the caller.
    fn new() -> (Arc<Self>, u32) {
        let letter = || Letter { envelope: Envelope::new(0), tenant: UnsafeCell::new(0) };
        let slot = Arc::new(Self {
            domain: Domain::new(),
            header: Header::vacant(),
            letters: [letter(), letter(), letter()],
            beside: Beside {
                extension: Extension { free, kept: crate::mailbox::stash::Kept::new() },
                tenant: UnsafeCell::new(FIRST),
            },
            orphans: Orphans::new(),
            address: AtomicU32::new(u32::MAX),
        });
        // SAFETY: fresh.
        let generation = unsafe { slot.header.settle(kind(FIRST)) };
        slot.header.control.point(NonNull::from(&slot.beside).cast()).expect("it has none");
        (slot, generation)
    }

    /// Sends, as `post.rs` does: checks the generation, looks at the kind, pushes. The caller is online.
    fn send(&self, letter: usize, tenant: u32, generation: u32) -> bool {
        let letter = &self.letters[letter];
        // SAFETY: loom checks that nobody else has the letter.
        letter.tenant.with_mut(|place| unsafe { *place = tenant });
        if self.header.generation() == generation {
            let found = self.header.kind_address();
            assert!(std::ptr::eq(found, kind(tenant).as_ptr()), "the kind is another tenant's");
        }
        // SAFETY: the letter is ours, and we are online.
        let sent =
            unsafe { self.header.send_tagged(generation, NonNull::from(&letter.envelope), 0, COUNT_MAX) };
        matches!(sent, Sent::Pushed(Pushed::First { .. } | Pushed::Queued { .. }))
    }

    /// Looks at what the first tenant has, as `at_tenant` does. The caller is online.
    fn visit(&self, generation: u32) {
        if self.header.generation() == generation {
            note("visited");
            let beside = self.header.control.pointer().expect("the tenant has one").cast::<Beside>();
            // SAFETY: every extension here is one of these; loom checks that nobody frees it meanwhile.
            let of = unsafe { beside.as_ref().tenant.with(|tenant| *tenant) };
            assert_eq!(of, FIRST, "the extension has been freed");
        }
    }

    fn cell(&self) -> CellPtr {
        NonNull::from(&self.header)
    }

    /// Ends the tenancy of the first tenant, as `ending.rs` does; gives how many messages it left.
    fn end(&self, limbo: &mut Limbo) -> usize {
        // SAFETY: the caller is the owner.
        let rest = unsafe { self.header.mailbox.end() };
        let left = check(rest, FIRST);
        // SAFETY: the owner has ended the mailbox.
        assert!(unsafe { limbo.retire(|| &self.domain, self.cell(), CLASS) });
        left
    }

    /// Seats the second tenant, who has not run yet.
    fn settle(&self, slot: CellPtr, class: CellClass) {
        assert_eq!((slot, class), (self.cell(), CLASS));
        assert!(self.header.control.pointer().is_none(), "what the first tenant had is still there");
        // SAFETY: the grace period has passed; that it did is what the model checks.
        let generation = unsafe { self.header.settle(kind(SECOND)) };
        assert_eq!(generation, 1);
        self.address.store(generation, Ordering::Release);
    }

    /// The second tenant's turn; gives how many messages it handled.
    fn turn(&self) -> usize {
        let mailbox = &self.header.mailbox;
        let mut drain = Drain::new();
        let mut handled = 0;
        // SAFETY: the caller owns the tenant.
        unsafe {
            assert!(mailbox.take_fresh(), "another tenant's private queue");
            loop {
                let ended = match drain.next(mailbox) {
                    Next::InPlace { envelope, .. } => {
                        handled += check_one(envelope, SECOND);
                        if drain.finish(mailbox) {
                            Ended::Idle
                        } else {
                            Ended::Owned(drain.settle(mailbox, || 0))
                        }
                    }
                    Next::Message { envelope, .. } => {
                        handled += check_one(envelope, SECOND);
                        drain.handled();
                        continue;
                    }
                    Next::Empty => drain.idle(mailbox, || 0),
                    Next::Drained | Next::Signal => panic!("nobody closed it"),
                };
                if ended == Ended::Idle {
                    return handled;
                }
            }
        }
    }
}

fn check_one(envelope: NonNull<Envelope>, tenant: u32) -> usize {
    // SAFETY: every envelope here is a letter; loom checks that it is ours.
    let of = unsafe { envelope.cast::<Letter>().as_ref().tenant.with(|tenant| *tenant) };
    assert_eq!(of, tenant, "a message for tenant {of} reached tenant {tenant}");
    1
}

fn check(mut chain: Chain, tenant: u32) -> usize {
    std::iter::from_fn(|| chain.pop()).map(|envelope| check_one(envelope, tenant)).sum()
}

/// The owner ends the first tenant and seats a second as soon as it may, while another thread uses the old address as
/// `sender` does, which gives how many of its messages went in for the first tenant and for the second.
fn recycling(sender: impl Fn(&Slot, &Participant, u32) -> (usize, usize) + Send + 'static) {
    let (slot, generation) = Slot::new();
    let other = thread::spawn({
        let slot = Arc::clone(&slot);
        move || {
            let participant = slot.domain.join();
            let sent = sender(&slot, &participant, generation);
            participant.offline();
            slot.domain.leave(&participant);
            sent
        }
    });
    let mut limbo = Limbo::new(&slot.domain);
    limbo.online(&slot.domain);
    let left = slot.end(&mut limbo);
    let (mut handled, mut recycled) = (0, false);
    limbo.quiescent(&slot.domain, |cell, class| {
        note("recycled");
        recycled = true;
        slot.settle(cell, class);
    });
    if recycled {
        handled += slot.turn();
    }
    let (first, second) = other.join().expect("no panic");
    let mut back = recycled;
    limbo.flush(&slot.domain, |_, _| back = true);
    assert!(back && limbo.bytes() == 0, "nobody is online, and the grace period does not end");
    if recycled && second > handled {
        // Went in after the turn: whoever found the tenant idle was to run it.
        let mut drain = Drain::new();
        // SAFETY: the sender found it idle and is gone.
        match unsafe { drain.next(&slot.header.mailbox) } {
            Next::InPlace { envelope, .. } => handled += check_one(envelope, SECOND),
            other => panic!("{other:?}"),
        }
    } else if recycled {
        let word = slot.header.mailbox.peek();
        assert!(
            word.head().is_null() && word.count() == 0,
            "a stale message reached the new tenant: {word:?}"
        );
    }
    assert_eq!((left, handled), (first, second), "left and handled against accepted");
}

/// A thread outside goes online for each send.
fn foreign(slot: &Slot, participant: &Participant, generation: u32) -> (usize, usize) {
    participant.online(&slot.domain);
    let sent = slot.send(0, FIRST, generation);
    participant.offline();
    (usize::from(sent), 0)
}

#[test]
fn stale_send_from_a_foreign_thread() {
    assert!(explore_further(|| recycling(foreign)).contains("recycled"));
}

/// A thread outside looks at what the tenant has, twice.
fn visitor(slot: &Slot, participant: &Participant, generation: u32) -> (usize, usize) {
    for _ in 0..2 {
        participant.online(&slot.domain);
        slot.visit(generation);
        participant.offline();
    }
    (0, 0)
}

/// A worker does, between quiescent states.
fn visiting_worker(slot: &Slot, participant: &Participant, generation: u32) -> (usize, usize) {
    participant.online(&slot.domain);
    slot.visit(generation);
    participant.quiescent(&slot.domain);
    slot.visit(generation);
    (0, 0)
}

#[test]
fn nothing_is_freed_under_a_foreign_thread() {
    let seen = explore_further(|| recycling(visitor));
    assert!(seen.contains("recycled") && seen.contains("visited"));
}

#[test]
fn finds_relaxed_pin() {
    demand_found_further(Mutant::RelaxedPin, || recycling(visitor));
}

#[test]
fn nothing_is_freed_under_a_worker() {
    let seen = explore_further(|| recycling(visiting_worker));
    assert!(seen.contains("recycled") && seen.contains("visited"));
}

/// A worker is online all the time, and quiescent between turns.
fn worker(slot: &Slot, participant: &Participant, generation: u32) -> (usize, usize) {
    participant.online(&slot.domain);
    let one = slot.send(0, FIRST, generation);
    participant.quiescent(&slot.domain);
    let two = slot.send(1, FIRST, generation);
    if two {
        note("sent after a quiescent state");
    }
    (usize::from(one) + usize::from(two), 0)
}

#[test]
fn stale_send_from_a_worker() {
    let seen = explore_further(|| recycling(worker));
    assert!(seen.contains("recycled") && seen.contains("sent after a quiescent state"));
}

/// A worker that uses the stale address and, once it hears of it, the new one.
fn worker_with_both(slot: &Slot, participant: &Participant, generation: u32) -> (usize, usize) {
    participant.online(&slot.domain);
    let stale = slot.send(0, FIRST, generation);
    participant.quiescent(&slot.domain);
    let address = slot.address.load(Ordering::Acquire);
    if address == u32::MAX {
        return (usize::from(stale), 0);
    }
    note("knows the second tenant");
    assert!(!slot.send(1, FIRST, generation), "a stale message was accepted");
    assert!(slot.send(2, SECOND, address), "the second tenant refused its own message");
    (usize::from(stale), 1)
}

#[test]
fn stale_and_fresh_send_from_a_worker() {
    assert!(explore_further(|| recycling(worker_with_both)).contains("knows the second tenant"));
}

#[test]
fn finds_no_grace() {
    demand_found(Mutant::NoGrace, || recycling(foreign));
}

#[test]
fn finds_no_grace_with_a_worker() {
    demand_found(Mutant::NoGrace, || recycling(worker));
}

#[test]
fn finds_pin_without_fence() {
    demand_found(Mutant::PinWithoutFence, || recycling(foreign));
}

#[test]
fn finds_pass_without_fence() {
    demand_found(Mutant::PassWithoutFence, || recycling(foreign));
}

#[test]
fn finds_no_new_epoch() {
    demand_found(Mutant::NoNewEpoch, || recycling(foreign));
}

#[test]
fn finds_early_free_of_an_extension() {
    demand_found(Mutant::EarlyFreeExt, || recycling(visitor));
}

/// The thread that ended the first tenant is gone before the grace period has passed; who spawns next takes the slot over.
fn adoption() {
    let (slot, generation) = Slot::new();
    let ending = thread::spawn({
        let slot = Arc::clone(&slot);
        move || {
            let mut limbo = Limbo::new(&slot.domain);
            limbo.online(&slot.domain);
            slot.end(&mut limbo);
            let mut back = false;
            limbo.leave(
                &slot.domain,
                |_, _| back = true,
                |stamp, slots| {
                    note("orphaned");
                    slot.orphans.leave(stamp, slots);
                },
            );
            back
        }
    });
    let visiting = thread::spawn({
        let slot = Arc::clone(&slot);
        move || {
            let participant = slot.domain.join();
            participant.online(&slot.domain);
            slot.visit(generation);
            participant.offline();
            slot.domain.leave(&participant);
        }
    });
    let mut adopted = adopt(&slot);
    if adopted {
        note("adopted");
    }
    let back = ending.join().expect("no panic");
    visiting.join().expect("no panic");
    adopted |= adopt(&slot);
    assert!(adopted != back, "the slot is had once");
}

/// As `adopt_orphans`.
fn adopt(slot: &Slot) -> bool {
    let mut adopted = false;
    for batch in slot.orphans.adopt(|| slot.domain.passed()) {
        reclaim(batch, |cell, class| {
            slot.settle(cell, class);
            adopted = true;
        });
    }
    adopted
}

#[test]
fn an_orphan_is_adopted_once_and_not_before_its_time() {
    let seen = explore_further(adoption);
    for event in ["orphaned", "adopted", "visited"] {
        assert!(seen.contains(event), "never {event}");
    }
}

#[test]
fn finds_no_grace_for_orphans() {
    demand_found(Mutant::NoGrace, adoption);
}

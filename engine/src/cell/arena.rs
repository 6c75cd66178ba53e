//! Where cells lie: one reserved range of addresses for the whole process, taken into use in slabs of 2 MB.
//!
//! A slab holds cells of one class, is never unmapped, and outlives the system that first used it; so a stale address
//! can always be looked at. Cells have numbers (their line in the range), which makes an address 8 bytes: number and
//! generation, 32 bits each. Huge pages are asked for: spawning and walking cold actors gain most from it.
//!
//! Who may touch what: a slot belongs to the pool that took it until its tenant is born, then to the tenant's owner,
//! then to the [limbo](super::limbo) of the worker that ended it, and after the grace period to that worker's pool again.
//! A limbo whose worker has gone is [orphaned](super::orphans), and its slots go to whoever spawns next. Everybody may
//! look at any slot, at its atomics alone; whether it ever had a tenant tells whether there is anything but zeros.

use super::grace::Domain;
use super::header::{CellClass, CellPtr, Header, LINE};
use super::limbo::{BATCH, Limbo, Slots, reclaim};
use super::orphans::Orphans;
use super::poison::{poison, unpoison};
use crate::mailbox::credit::{CellNumber, Cells, Credit};
use crate::mailbox::queue::Mailbox;
use crate::sync::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crossbeam_deque::{Injector, Steal};
use std::any::Any;
use std::ptr::NonNull;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};

const SLAB: usize = 2 << 20;
const RESERVE_MOST: usize = 32 << 30;
const RESERVE_LEAST: usize = 64 << 20;
const SLABS_MOST: usize = RESERVE_MOST / SLAB;
// Numbers are 32 bits of lines.
const _: () = assert!(RESERVE_MOST / LINE <= 1 << 32);
const _: () = assert!(RESERVE_LEAST >= SLAB && RESERVE_LEAST <= RESERVE_MOST);

static BASE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static RESERVED: OnceLock<usize> = OnceLock::new();
static NEXT_SLAB: AtomicUsize = AtomicUsize::new(0);
/// Class of each slab, plus one; zero is not in use.
static SLAB_CLASS: [AtomicU32; SLABS_MOST] = [const { AtomicU32::new(0) }; SLABS_MOST];
/// Bytes of each slab whose slots have been given out: they go in order, so beyond lies what never had a tenant.
static SLAB_USED: [AtomicU32; SLABS_MOST] = [const { AtomicU32::new(0) }; SLABS_MOST];
static FREE: LazyLock<[Injector<Batch>; CellClass::COUNT]> =
    LazyLock::new(|| std::array::from_fn(|_| Injector::new()));
static DOMAIN: LazyLock<Domain> = LazyLock::new(Domain::new);
/// Bytes in slots whose generations are used up.
static SPENT: AtomicU64 = AtomicU64::new(0);

/// What still waits for its grace period when its thread or system is gone.
static ORPHANS: Orphans<Orphan> = Orphans::new();

/// Of so many fresh slots, one is taken only if nothing was given back.
const LOOK: usize = 16;

#[derive(Debug)]
struct Batch(Vec<CellPtr>);

#[derive(Debug)]
enum Orphan {
    Slots(Slots),
    /// Looked into by nobody before it is dropped.
    Kept(Box<dyn Any + Send>),
}

// SAFETY: the slots have no tenant and belong to whoever holds the value; what is kept is `Send`.
unsafe impl Send for Orphan {}

// SAFETY: the slots in a batch have no tenant and belong to whoever holds the batch.
unsafe impl Send for Batch {}

/// Bytes in slots that are retired for good because their generations are used up.
pub(crate) fn spent_bytes() -> u64 {
    SPENT.load(Ordering::Relaxed)
}

/// The process's grace domain.
pub(crate) fn domain() -> &'static Domain {
    &DOMAIN
}

/// Where the range begins. Null before the first slab.
#[inline(always)]
pub(crate) fn base() -> *mut u8 {
    // Relaxed: whoever has an address got it after the range was reserved.
    BASE.load(Ordering::Relaxed)
}

/// The cell with this number.
///
/// # Safety
/// The number came from a cell of this arena.
#[inline(always)]
pub(crate) unsafe fn cell(number: CellNumber) -> CellPtr {
    // SAFETY: inside the reserved range, and the slab is in use.
    unsafe { NonNull::new_unchecked(base().add(number as usize * LINE)).cast() }
}

/// The number of a cell of this arena.
#[inline(always)]
pub(crate) fn number(cell: CellPtr) -> CellNumber {
    super::header::number(base(), cell)
}

/// The arena as the mailbox floor sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookup;

impl Cells for Lookup {
    #[inline(always)]
    fn mailbox(&self, number: CellNumber) -> &Mailbox {
        // SAFETY: numbers in credit lists are numbers of cells, and cells are never unmapped.
        unsafe { &(*cell(number).as_ptr()).mailbox }
    }

    #[inline(always)]
    fn credit(&self, number: CellNumber) -> &Credit {
        // SAFETY: as above.
        unsafe { &(*cell(number).as_ptr()).credit }
    }

    #[inline(always)]
    fn drains(&self, number: CellNumber) -> bool {
        // SAFETY: as above.
        unsafe { (*cell(number).as_ptr()).control.drains() }
    }

    fn kept(&self, number: CellNumber) -> u32 {
        // SAFETY: as above.
        unsafe { (*cell(number).as_ptr()).kept() }
    }
}

/// Reserves the range: 32 GiB of addresses (512 million small actors), or what the address-space limit allows.
fn reserve() -> usize {
    let mut size = RESERVE_MOST;
    while size >= RESERVE_LEAST {
        // One slab more, to align the start.
        // SAFETY: a fresh anonymous mapping without access; touches nothing that exists.
        let at = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                size + SLAB,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                -1,
                0,
            )
        };
        if at != libc::MAP_FAILED {
            let start = at.cast::<u8>();
            let skip = start.align_offset(SLAB);
            // SAFETY: `skip` is less than the extra slab.
            BASE.store(unsafe { start.add(skip) }, Ordering::Release);
            return size;
        }
        size /= 2;
    }
    0
}

/// Takes a slab into use. None when the range is used up or the system gives no memory.
fn slab(class: CellClass) -> Option<NonNull<u8>> {
    let reserved = *RESERVED.get_or_init(reserve);
    let n = NEXT_SLAB.fetch_add(1, Ordering::Relaxed);
    if n >= reserved / SLAB {
        NEXT_SLAB.fetch_sub(1, Ordering::Relaxed);
        return None;
    }
    // SAFETY: inside the reserved range; each slab number is given out once.
    unsafe {
        let start = base().add(n * SLAB);
        if libc::mprotect(start.cast(), SLAB, libc::PROT_READ | libc::PROT_WRITE) != 0 {
            return None;
        }
        #[cfg(target_os = "linux")]
        libc::madvise(start.cast(), SLAB, libc::MADV_HUGEPAGE);
        SLAB_CLASS[n].store(u32::from(class.0) + 1, Ordering::Release);
        NonNull::new(start)
    }
}

/// Calls `visit` with every slot that ever had a tenant.
pub(crate) fn for_each_slot(mut visit: impl FnMut(CellPtr)) {
    let reserved = RESERVED.get().copied().unwrap_or(0);
    let slabs = NEXT_SLAB.load(Ordering::Acquire).min(reserved / SLAB);
    for (n, class) in SLAB_CLASS.iter().enumerate().take(slabs) {
        let Some(class) = class.load(Ordering::Acquire).checked_sub(1) else { continue };
        let bytes = CellClass(class as u8).bytes();
        // Relaxed: whoever knows of a tenant knows it from what came after the mark was set; of others nobody need know.
        let used = SLAB_USED[n].load(Ordering::Relaxed) as usize;
        for offset in (0..used).step_by(bytes) {
            // SAFETY: inside a slab in use; slots are aligned to lines.
            let slot: CellPtr = unsafe { NonNull::new_unchecked(base().add(n * SLAB + offset)).cast() };
            // SAFETY: zeroed or initialised memory; the field that is looked at is atomic.
            if unsafe { slot.as_ref() }.was_settled() {
                visit(slot);
            }
        }
    }
}

/// The unused rest of a slab.
#[derive(Debug)]
struct Fresh {
    at: *mut u8,
    left: usize,
}

/// One thread's stock of slots, and those that wait for their grace period.
#[derive(Debug)]
pub(crate) struct CellPool {
    limbo: Limbo,
    free: [Vec<CellPtr>; CellClass::COUNT],
    fresh: [Fresh; CellClass::COUNT],
}

impl Fresh {
    const NONE: Fresh = Fresh { at: std::ptr::null_mut(), left: 0 };

    /// A slab that nobody has had. None as for [`slab`].
    fn slab(class: CellClass) -> Option<Fresh> {
        let slab = slab(class)?;
        let all = Fresh { at: slab.as_ptr(), left: SLAB / class.bytes() };
        if number(slab.cast()) > 0 {
            return Some(all);
        }
        // Number zero means nobody: the first slot stays empty.
        // SAFETY: the slab has more than one slot.
        Some(Fresh { at: unsafe { all.at.add(class.bytes()) }, left: all.left - 1 })
    }
}

// SAFETY: the memory has no tenant and belongs to whoever holds the value.
unsafe impl Send for Fresh {}

/// What ended threads left of their slabs.
static RESTS: Mutex<Vec<(CellClass, Fresh)>> = Mutex::new(Vec::new());

fn take_rest(class: CellClass) -> Option<Fresh> {
    let mut rests = RESTS.lock().unwrap_or_else(PoisonError::into_inner);
    let at = rests.iter().position(|(c, _)| *c == class)?;
    Some(rests.swap_remove(at).1)
}

// SAFETY: the slots held have no tenant; the pool is moved to its thread once.
unsafe impl Send for CellPool {}

impl CellPool {
    pub(crate) fn new() -> Self {
        Self {
            limbo: Limbo::new(domain()),
            free: [const { Vec::new() }; CellClass::COUNT],
            fresh: [const { Fresh::NONE }; CellClass::COUNT],
        }
    }

    /// Begins an online section; see [`super::grace::Participant::online`].
    pub(crate) fn online(&self) {
        self.limbo.online(domain());
    }

    /// Ends it.
    pub(crate) fn offline(&self) {
        self.limbo.offline();
    }

    /// A slot without a tenant, its header initialised. None when memory or the range is used up.
    #[inline(always)]
    pub(crate) fn take(&mut self, class: CellClass) -> Option<CellPtr> {
        let slot = match self.free[class.0 as usize].pop() {
            Some(slot) => slot,
            None => self.take_fresh(class)?,
        };
        // SAFETY: no pool has it any more.
        unsafe { unpoison(slot, class) };
        Some(slot)
    }

    fn take_fresh(&mut self, class: CellClass) -> Option<CellPtr> {
        let n = class.0 as usize;
        // Now and then, as it costs a look at what all share; in between fresh ones, which lie side by side.
        if self.fresh[n].left.is_multiple_of(LOOK) {
            self.take_given_back(class);
            if let Some(slot) = self.free[n].pop() {
                return Some(slot);
            }
        }
        if self.fresh[n].left == 0 {
            self.fresh[n] = match take_rest(class) {
                Some(rest) => rest,
                None => Fresh::slab(class)?,
            };
        }
        let fresh = &mut self.fresh[n];
        let slot: CellPtr = NonNull::new(fresh.at)?.cast();
        fresh.left -= 1;
        // SAFETY: the slot is inside the slab and nobody else has it; the end is one past the slab at most.
        unsafe {
            fresh.at = fresh.at.add(class.bytes());
            Header::prepare(slot);
        }
        let end = fresh.at.addr() - base().addr();
        let slab = (end - 1) / SLAB;
        debug_assert_eq!(fresh.left, (SLAB * (slab + 1) - end) / class.bytes(), "what is left of the slab");
        // Relaxed: see `for_each_slot`. The slots of a slab are one pool's to give out, or in `RESTS`, whose lock orders them.
        SLAB_USED[slab].store((end - slab * SLAB) as u32, Ordering::Relaxed);
        Some(slot)
    }

    /// Takes what others have given back: so systems, and threads, that come and go use the same slots, and not one fresh slot after the
    /// other.
    fn take_given_back(&mut self, class: CellClass) {
        adopt_orphans();
        let (free, n) = (&mut self.free[class.0 as usize], class.0 as usize);
        while free.len() < BATCH {
            match FREE[n].steal() {
                Steal::Success(batch) => free.extend(batch.0),
                Steal::Empty => return,
                Steal::Retry => {}
            }
        }
    }

    /// Takes over a slot whose tenant ended; it serves again after a grace period.
    ///
    /// # Safety
    /// The caller owned the tenant, ended its mailbox, dropped its state, and has not raised the generation yet.
    #[inline]
    pub(crate) unsafe fn retire(&mut self, slot: CellPtr, class: CellClass) {
        // SAFETY: the same promise.
        unsafe { poison(slot, class) };
        // SAFETY: the same promise.
        if !unsafe { self.limbo.retire(domain, slot, class) } {
            SPENT.fetch_add(class.bytes() as u64, Ordering::Relaxed);
        }
    }

    /// Between turns: forgets every generation read, and takes back what nobody can reach any more.
    pub(crate) fn quiescent(&mut self) {
        self.limbo.quiescent(domain(), |slot, class| take_back(&mut self.free, slot, class));
        adopt_orphans();
    }

    /// Bytes that wait for a grace period.
    pub(crate) fn limbo_bytes(&self) -> u64 {
        self.limbo.bytes()
    }

    /// Before a thread ends or sleeps for long: stamps what is retired, so that it can be collected.
    pub(crate) fn flush(&mut self) {
        self.limbo.flush(domain(), |slot, class| take_back(&mut self.free, slot, class));
        adopt_orphans();
    }
}

pub(super) fn take_back(free: &mut [Vec<CellPtr>; CellClass::COUNT], slot: CellPtr, class: CellClass) {
    let free = &mut free[class.0 as usize];
    free.push(slot);
    // Half of a large stock goes to whoever spawns: an actor may be born on one worker and end on another.
    if free.len() >= 4 * BATCH {
        FREE[class.0 as usize].push(Batch(free.split_off(2 * BATCH)));
    }
}

impl Drop for CellPool {
    fn drop(&mut self) {
        let free = &mut self.free;
        self.limbo.leave(
            domain(),
            |slot, class| take_back(free, slot, class),
            |stamp, batch| ORPHANS.leave(stamp, Orphan::Slots(batch)),
        );
        for (n, (free, fresh)) in self.free.iter_mut().zip(&mut self.fresh).enumerate() {
            if !free.is_empty() {
                FREE[n].push(Batch(std::mem::take(free)));
            }
            if fresh.left > 0 {
                let rest = std::mem::replace(fresh, Fresh::NONE);
                RESTS.lock().unwrap_or_else(PoisonError::into_inner).push((CellClass(n as u8), rest));
            }
        }
        adopt_orphans();
    }
}

/// Takes over what ended threads and systems left: slots for whoever spawns next.
fn adopt_orphans() {
    for orphan in ORPHANS.adopt(|| domain().passed()) {
        match orphan {
            Orphan::Slots(batch) => {
                let mut free = [const { Vec::new() }; CellClass::COUNT];
                reclaim(batch, |slot, class| free[class.0 as usize].push(slot));
                for (slots, depot) in free.into_iter().zip(FREE.iter()) {
                    if !slots.is_empty() {
                        depot.push(Batch(slots));
                    }
                }
            }
            Orphan::Kept(what) => drop(what),
        }
    }
}

/// Keeps `what` until everybody who is online now has been offline or quiescent, and drops it then, on whatever thread
/// comes by. Dropping it runs no user code.
pub(crate) fn outlive_readers(what: impl Any + Send) {
    let stamp = domain().stamp();
    if domain().passed() < stamp {
        ORPHANS.leave(stamp, Orphan::Kept(Box::new(what)));
    }
}

//! A lease: data that its owner uses all the time, and that somebody else may seize while the owner is away.
//!
//! A worker's run queue lies under a lease. The worker *enters* it between turns and whenever a handler schedules an
//! actor, and *leaves* it before user code runs. So while a handler spins, sleeps or never ends, another worker can
//! seize the queue and take what is runnable.
//!
//! Protocol (a biased Dekker pair). Owner: `inside = true`; barrier; look for SEIZED. Seizer: set SEIZED by exchange;
//! heavy fence; look at `inside`. Whoever sees the other's flag steps back. An owner that finds its queue seized
//! schedules through the injector, and otherwise waits for that moment; the seizer never waits. In a simulation the owner always waits.
//!
//! Where the kernel lets the seizer put a barrier into every thread (membarrier), the owner's barrier is the compiler's
//! alone and its side costs 1 ns instead of the 6 to 9 ns of a fence. Elsewhere PLAIN_FENCES is set for good, which
//! sends the owner to the slow side, where the fence is. The models run both, with a fence in place of membarrier's.

#[cfg(feature = "sim")]
use crate::sync::spin_loop;
use crate::sync::{AtomicBool, AtomicU8, Mutant, Ordering, UnsafeCell, asymmetric_fences, fence};
use crate::sync::{heavy_fence, light_fence, mutant};

/// Somebody else has it.
const SEIZED: u8 = 1;
/// The owner must fence for itself.
const PLAIN_FENCES: u8 = 2;
/// The owner waits until it is given back, and never does without it.
#[cfg(feature = "sim")]
const PATIENT: u8 = 4;

/// Data under a lease.
#[derive(Debug)]
pub(crate) struct Lease<T> {
    inside: AtomicBool,
    flags: AtomicU8,
    value: UnsafeCell<T>,
}

// SAFETY: the protocol above lets one thread at a time reach `value`.
unsafe impl<T: Send> Sync for Lease<T> {}

impl<T> Lease<T> {
    pub(crate) fn new(value: T) -> Self {
        let flags = if asymmetric_fences() { 0 } else { PLAIN_FENCES };
        Self { inside: AtomicBool::new(false), flags: AtomicU8::new(flags), value: UnsafeCell::new(value) }
    }

    /// One that is seized for good: its owner never gets in.
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    pub(crate) fn withheld(value: T) -> Self {
        Self { inside: AtomicBool::new(false), flags: AtomicU8::new(SEIZED), value: UnsafeCell::new(value) }
    }

    /// Has its owner wait for it from here on where it is seized: what the owner does is the same then, whoever looks. Costs the owner
    /// the slow side each time. Before anybody else knows of it.
    #[cfg(feature = "sim")]
    pub(crate) fn await_always(&self) {
        // Relaxed: whoever shares it orders it.
        self.flags.fetch_or(PATIENT, Ordering::Relaxed);
    }

    /// Runs `f` on the value, unless it is seized.
    ///
    /// # Safety
    /// The caller is the owner's thread and not inside already.
    #[inline(always)]
    pub(crate) unsafe fn enter<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.inside.store(true, Ordering::Relaxed);
        // Pairs with the heavy fence in `seize`, which does both halves where no flag tells otherwise.
        light_fence();
        // Acquire pairs with the Release at the end of `seize`: the seizer's changes.
        let free = self.flags.load(Ordering::Acquire) == 0 || self.is_free();
        let result = if free {
            // SAFETY: a seizer that comes now sees `inside` and steps back.
            Some(self.value.with_mut(|value| f(unsafe { &mut *value })))
        } else {
            None
        };
        // Release pairs with the Acquire load in `seize`.
        self.inside.store(false, Ordering::Release);
        result
    }

    /// The owner's second look, where there was a flag.
    #[cold]
    #[inline(never)]
    #[cfg_attr(
        not(feature = "sim"),
        expect(clippy::never_loop, reason = "it looks again in a simulation alone")
    )]
    fn is_free(&self) -> bool {
        loop {
            if !mutant(Mutant::EnterWithoutFence) {
                // Pairs with the heavy fence in `seize`.
                fence(Ordering::SeqCst);
            }
            // Acquire as in `enter`.
            let flags = self.flags.load(Ordering::Acquire);
            #[cfg(feature = "sim")]
            if flags & (SEIZED | PATIENT) == SEIZED | PATIENT {
                // For the length of a few moves; who seizes it while we are inside steps back. Each look has its own fence.
                spin_loop();
                continue;
            }
            return flags & SEIZED == 0;
        }
    }

    /// Runs `f` on the value, unless the owner is inside or somebody else has seized it.
    pub(crate) fn seize<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        // Acquire pairs with the Release below, of the seizer before.
        if self.flags.fetch_or(SEIZED, Ordering::Acquire) & SEIZED != 0 {
            return None;
        }
        if !mutant(Mutant::SeizeWithoutFence) {
            // Pairs with the barrier in `enter`, or with the fence in `is_free`.
            heavy_fence();
        }
        // Acquire pairs with the Release that ends `enter`: the owner's changes.
        let result = if self.inside.load(Ordering::Acquire) {
            None
        } else {
            // SAFETY: an owner that comes now sees SEIZED and steps back; other seizers found it set.
            Some(self.value.with_mut(|value| f(unsafe { &mut *value })))
        };
        // Release pairs with the Acquire in `enter`, in `is_free` and above.
        self.flags.fetch_and(!SEIZED, Ordering::Release);
        result
    }
}

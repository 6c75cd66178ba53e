//! A lease: data that its owner uses all the time, and that somebody else may seize while the owner is away.
//!
//! A worker's run queue lies under a lease. The worker *enters* it between turns and whenever a handler schedules an
//! actor, and *leaves* it before user code runs. So while a handler spins, sleeps or never ends, another worker can
//! seize the queue and take what is runnable.
//!
//! Protocol (a biased Dekker pair). Owner: `inside = true`; light fence; look at `seized`. Seizer: `seized = true` by
//! exchange; heavy fence; look at `inside`. Whoever sees the other's flag steps back; nobody waits. So an owner that
//! finds its queue seized works without it for that moment (it schedules through the injector).
//! The owner's side is a store, a compiler barrier and a load: 1 ns instead of the 6 to 9 ns of a full fence.

use crate::sync::{AtomicBool, Mutant, Ordering, UnsafeCell, heavy_fence, light_fence, mutant};

/// Data under a lease.
#[derive(Debug)]
pub(crate) struct Lease<T> {
    inside: AtomicBool,
    seized: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the protocol above lets one thread at a time reach `value`.
unsafe impl<T: Send> Sync for Lease<T> {}

impl<T> Lease<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { inside: AtomicBool::new(false), seized: AtomicBool::new(false), value: UnsafeCell::new(value) }
    }

    /// Runs `f` on the value, unless it is seized.
    ///
    /// # Safety
    /// The caller is the owner's thread and not inside already.
    #[inline(always)]
    pub(crate) unsafe fn enter<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.inside.store(true, Ordering::Relaxed);
        if !mutant(Mutant::EnterWithoutFence) {
            // Pairs with the heavy fence in `seize`.
            light_fence();
        }
        // Acquire pairs with the Release at the end of `seize`: the seizer's changes.
        let result = if self.seized.load(Ordering::Acquire) {
            None
        } else {
            // SAFETY: a seizer that comes now sees `inside` and steps back.
            Some(self.value.with_mut(|value| f(unsafe { &mut *value })))
        };
        // Release pairs with the Acquire load in `seize`.
        self.inside.store(false, Ordering::Release);
        result
    }

    /// Runs `f` on the value, unless the owner is inside or somebody else has seized it.
    pub(crate) fn seize<R>(&self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        // Acquire pairs with the Release below, of the seizer before.
        if self.seized.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return None;
        }
        if !mutant(Mutant::SeizeWithoutFence) {
            // Pairs with the light fence in `enter`.
            heavy_fence();
        }
        // Acquire pairs with the Release that ends `enter`: the owner's changes.
        let result = if self.inside.load(Ordering::Acquire) {
            None
        } else {
            // SAFETY: an owner that comes now sees `seized` and steps back; other seizers failed the exchange.
            Some(self.value.with_mut(|value| f(unsafe { &mut *value })))
        };
        // Release pairs with the Acquire in `enter` and above.
        self.seized.store(false, Ordering::Release);
        result
    }
}

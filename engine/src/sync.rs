//! The only switch between the real primitives and a model checker's.
//!
//! Everything concurrent in the engine imports its atomics, cells and threads from here, so that a model runs the very
//! modules that ship. `--cfg throng_loom` selects loom, `--cfg throng_shuttle` shuttle. Nothing else in the crate may name `std::sync::atomic`.

mod mutant;

pub(crate) use imp::*;
pub(crate) use mutant::Mutant;

#[cfg(not(any(throng_loom, throng_shuttle)))]
mod imp {
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};

    /// `UnsafeCell` with loom's closure interface; free of cost.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(std::cell::UnsafeCell::new(value))
        }

        #[inline(always)]
        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        #[inline(always)]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

    /// Whether the kernel does both halves of an asymmetric Dekker pair when the rare side asks for it: then a compiler
    /// barrier is enough on the side that passes all the time. The answer never changes.
    pub(crate) fn asymmetric_fences() -> bool {
        asymmetric::available()
    }

    /// The side of the pair that passes all the time, where the kernel does both halves.
    #[inline(always)]
    pub(crate) fn light_fence() {
        std::sync::atomic::compiler_fence(Ordering::SeqCst);
    }

    /// The rare side of the pair: makes every other thread of the process pass a full barrier, or, where the kernel
    /// cannot, is one half of an ordinary pair of fences.
    pub(crate) fn heavy_fence() {
        if asymmetric::available() {
            asymmetric::barrier();
        } else {
            fence(Ordering::SeqCst);
        }
    }

    #[cfg(target_os = "linux")]
    mod asymmetric {
        use std::sync::atomic::{AtomicU8, Ordering};

        const UNKNOWN: u8 = 0;
        const YES: u8 = 1;
        const NO: u8 = 2;
        static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);

        // From linux/membarrier.h.
        const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
        const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;

        fn call(command: libc::c_int) -> libc::c_long {
            // SAFETY: membarrier takes two integers and touches no memory of ours.
            unsafe { libc::syscall(libc::SYS_membarrier, command, 0) }
        }

        /// Decided once, before the first worker starts: both sides of a pair must take the same branch.
        #[cold]
        fn decide() -> bool {
            let answer = if call(REGISTER_PRIVATE_EXPEDITED) == 0 { YES } else { NO };
            // The first answer stands, so that no two threads ever disagree.
            let stands = STATE.compare_exchange(UNKNOWN, answer, Ordering::Relaxed, Ordering::Relaxed);
            stands.map_or_else(|earlier| earlier, |_| answer) == YES
        }

        #[inline(always)]
        pub(super) fn available() -> bool {
            match STATE.load(Ordering::Relaxed) {
                YES => true,
                NO => false,
                _ => decide(),
            }
        }

        pub(super) fn barrier() {
            // The light side relies on it, and cannot be told any more: nothing that unwinds from here could be mended.
            if call(PRIVATE_EXPEDITED) != 0 {
                eprintln!(
                    "throng: the kernel refuses membarrier, which it granted when the first system was made: a filter of system calls must \
                     be in place before that, or let it pass"
                );
                std::process::abort();
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    mod asymmetric {
        #[inline(always)]
        pub(super) const fn available() -> bool {
            false
        }

        pub(super) fn barrier() {
            unreachable!("only called where available() is true");
        }
    }

    /// Whether this fault is planted.
    #[cfg(not(throng_planted))]
    #[inline(always)]
    pub(crate) const fn mutant(_: super::Mutant) -> bool {
        false
    }

    #[cfg(throng_planted)]
    static PLANTED: AtomicU32 = AtomicU32::new(u32::MAX);

    /// Whether this fault is planted.
    #[cfg(throng_planted)]
    pub(crate) fn mutant(which: super::Mutant) -> bool {
        PLANTED.load(Ordering::Relaxed) == which as u32
    }

    /// Plants a fault for every thread, from here on.
    #[cfg(throng_planted)]
    pub(crate) fn plant_everywhere(which: super::Mutant) {
        PLANTED.store(which as u32, Ordering::Relaxed);
    }
}

#[cfg(throng_loom)]
mod imp {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};

    pub(crate) use loom::cell::UnsafeCell;

    /// Whether the model plays a kernel that does both halves: loom knows no system calls.
    pub(crate) fn asymmetric_fences() -> bool {
        ASYMMETRIC.with(std::cell::Cell::get)
    }

    /// What such a kernel does to this side when the other calls [`heavy_fence`]: here each time, as nobody can tell when.
    pub(crate) fn light_fence() {
        if asymmetric_fences() && !mutant(super::Mutant::NoBarrierFromAfar) {
            fence(Ordering::SeqCst);
        }
    }

    pub(crate) fn heavy_fence() {
        fence(Ordering::SeqCst);
    }

    std::thread_local! {
        // loom runs every thread of a model on the OS thread that called it.
        static ASYMMETRIC: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    /// Chooses the kernel for the models that this thread runs from here on.
    #[cfg(test)]
    pub(crate) fn with_asymmetric_fences(yes: bool) {
        ASYMMETRIC.with(|asymmetric| asymmetric.set(yes));
    }

    pub(crate) use super::planted::mutant;
    #[cfg(test)]
    pub(crate) use super::planted::plant;
    #[cfg(test)]
    pub(crate) use loom::thread;
}

#[cfg(throng_shuttle)]
mod imp {
    pub(crate) use shuttle::hint::spin_loop;
    pub(crate) use shuttle::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use shuttle::sync::{Arc, Condvar, Mutex, MutexGuard};

    use std::cell::Cell;

    /// `UnsafeCell` with loom's closure interface, which finds out if it is used by two at once. Shuttle has none. It is
    /// sequentially consistent, so there is nothing to be said about uses that merely lack an order.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T> {
        value: std::cell::UnsafeCell<T>,
        /// How many look at it; or one who writes.
        users: Cell<isize>,
        /// Only to let others run.
        turnstile: AtomicBool,
    }

    const WRITER: isize = -1;

    impl<T> UnsafeCell<T> {
        pub(crate) const fn new(value: T) -> Self {
            let value = std::cell::UnsafeCell::new(value);
            Self { value, users: Cell::new(0), turnstile: AtomicBool::new(false) }
        }

        pub(crate) fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            let users = self.users.get();
            assert!(users != WRITER, "looked at while another writes");
            let _using = self.using(users + 1);
            f(self.value.get())
        }

        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            assert_eq!(self.users.get(), 0, "written while others use it");
            let _using = self.using(WRITER);
            f(self.value.get())
        }

        fn using(&self, users: isize) -> Using<'_> {
            self.users.set(users);
            if !std::thread::panicking() {
                self.turnstile.load(Ordering::SeqCst);
            }
            Using(&self.users)
        }
    }

    /// A use of a cell, which ends also when it panics.
    struct Using<'a>(&'a Cell<isize>);

    impl Drop for Using<'_> {
        fn drop(&mut self) {
            let users = self.0.get();
            self.0.set(if users == WRITER { 0 } else { users - 1 });
        }
    }

    /// Shuttle knows no system calls.
    pub(crate) const fn asymmetric_fences() -> bool {
        false
    }

    pub(crate) const fn light_fence() {}

    pub(crate) fn heavy_fence() {
        fence(Ordering::SeqCst);
    }

    pub(crate) use super::planted::mutant;
    #[cfg(test)]
    pub(crate) use super::planted::plant;
    #[cfg(test)]
    pub(crate) use shuttle::thread;
}

#[cfg(any(throng_loom, throng_shuttle))]
mod planted {
    use super::Mutant;
    use std::cell::Cell;

    std::thread_local! {
        // Loom and shuttle run every thread of a model on the OS thread that called it.
        static PLANTED: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Whether this fault is planted.
    pub(crate) fn mutant(which: Mutant) -> bool {
        PLANTED.get() == Some(which)
    }

    /// Plants a fault for the models that this thread runs from here on.
    #[cfg(test)]
    pub(crate) fn plant(which: Option<Mutant>) {
        PLANTED.set(which);
    }
}

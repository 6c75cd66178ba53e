//! The only switch between the real primitives and a model checker's.
//!
//! Everything concurrent in the engine imports its atomics, cells and threads from here, so that a model runs the very
//! modules that ship. `--cfg throng_loom` selects loom. Nothing else in the crate may name `std::sync::atomic`.

pub(crate) use imp::*;

#[cfg(not(throng_loom))]
mod imp {
    pub(crate) use std::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use std::sync::{Arc, Mutex, MutexGuard};

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

    /// The owner's side of an asymmetric Dekker pair: orders its earlier stores before its later loads, provided the
    /// other side calls [`heavy_fence`]. Where the kernel can do the heavy side alone this is a compiler barrier.
    #[inline(always)]
    pub(crate) fn light_fence() {
        if asymmetric::available() {
            std::sync::atomic::compiler_fence(Ordering::SeqCst);
        } else {
            fence(Ordering::SeqCst);
        }
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
            let answer = call(PRIVATE_EXPEDITED);
            assert_eq!(answer, 0, "membarrier was registered and yet refused");
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

    /// In the shipped code no mutant is ever on, and the branch disappears.
    #[inline(always)]
    pub(crate) const fn mutant(_: Mutant) -> bool {
        false
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Mutant {
        RelaxedPush,
        IdleWithoutRecheck,
        EarlyFree,
        KeptCursor,
        MuteWithoutFence,
        SignalWithoutFence,
        NoSignalCheck,
        NoCycleCheck,
        NoFlagRecheck,
        NoRescan,
        ParkWithoutFence,
        PublishWithoutFence,
        SeizeWithoutFence,
        EnterWithoutFence,
        NoGrace,
        PinWithoutFence,
    }
}

#[cfg(throng_loom)]
mod imp {
    pub(crate) use loom::sync::atomic::{
        AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
    };
    pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};

    pub(crate) use loom::cell::UnsafeCell;

    pub(crate) fn light_fence() {
        fence(Ordering::SeqCst);
    }

    pub(crate) fn heavy_fence() {
        fence(Ordering::SeqCst);
    }

    /// Faults that a model can switch on inside the shipped code; each has a test that demands to see it found.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Mutant {
        RelaxedPush,
        IdleWithoutRecheck,
        EarlyFree,
        KeptCursor,
        MuteWithoutFence,
        SignalWithoutFence,
        NoSignalCheck,
        NoCycleCheck,
        NoFlagRecheck,
        NoRescan,
        ParkWithoutFence,
        PublishWithoutFence,
        SeizeWithoutFence,
        EnterWithoutFence,
        NoGrace,
        PinWithoutFence,
    }

    std::thread_local! {
        // loom runs every thread of a model on the OS thread that called it.
        static ACTIVE: std::cell::Cell<Option<Mutant>> = const { std::cell::Cell::new(None) };
    }

    pub(crate) fn mutant(which: Mutant) -> bool {
        ACTIVE.with(|active| active.get() == Some(which))
    }

    pub(crate) fn plant(which: Option<Mutant>) {
        ACTIVE.with(|active| active.set(which));
    }
}

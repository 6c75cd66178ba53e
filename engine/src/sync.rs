//! The only switch between the real primitives and a model checker's.
//!
//! Everything concurrent in the engine imports its atomics, cells and threads from here, so that a model runs the very
//! modules that ship. `--cfg throng_loom` selects loom, `--cfg throng_shuttle` shuttle. Nothing else in the crate may name `std::sync::atomic`.

pub(crate) use imp::*;

/// Faults that a model can switch on inside the shipped code; each has a test that demands to see it found. In the
/// shipped code none is ever on, and its branch disappears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutant {
    /// A push publishes nothing.
    RelaxedPush,
    /// An actor goes idle over what was pushed since its last look.
    IdleWithoutRecheck,
    /// The envelope in place is reused before the exchange that unlinks it.
    EarlyFree,
    /// The message in place is not consumed when its turn is interrupted.
    KeptCursor,
    MuteWithoutFence,
    /// Whoever was muted goes on, though the mailbox has filled again.
    ResumeWithoutLook,
    SignalWithoutFence,
    /// A muter does not look for a signal to itself.
    NoSignalCheck,
    /// A muter does not follow who waits for whom.
    NoCycleCheck,
    /// A muter is let go by a cycle that it is no part of.
    AnyCycle,
    /// The waiters flag is set although there is nothing to wait for.
    NoFlagRecheck,
    /// The first of the two sides to let go of a block frees it.
    EarlyLetGo,
    /// A worker sleeps without a last look.
    NoRescan,
    ParkWithoutFence,
    PublishWithoutFence,
    /// Who calls a sleeper does not fence.
    SummonWithoutFence,
    /// A searcher tells nobody of what it leaves.
    NoPassOn,
    /// The sentinel retires without the fence.
    RetireWithoutFence,
    /// A worker comes to work without the fence.
    WorkWithoutFence,
    /// The sentinel goes to work and leaves nobody in its place.
    NoHandOver,
    SeizeWithoutFence,
    #[cfg(throng_loom)]
    /// The kernel that shall do both halves of an asymmetric pair does not.
    NoBarrierFromAfar,
    EnterWithoutFence,
    /// A thread of a pool whose time is up leaves although it is called.
    LeaveOverCall,
    /// A pool that ends wakes nobody.
    EndWithoutCall,
    /// Who hands an actor to its own thread wakes this before the actor is there.
    UnparkBeforeTask,
    /// A thread takes its actor without seeing what its owners did.
    RelaxedTake,
    /// A stop leaves a suspension alone.
    StopWithoutLift,
    /// A suspended actor leaves without looking whether it was closed meanwhile.
    ParkWithoutLook,
    /// Orders are read before the flag that tells of them is cleared.
    ObeyBeforeUnsignal,
    /// Who holds itself leaves without looking for errands.
    ParkOverErrand,
    /// Who has an errand sets the flag before it is on the list.
    SignalBeforeErrand,
    /// Whose parking was lifted for an errand is not told to look at its orders.
    RouseUnsignalled,
    /// Who rings a bell that was rung already leaves it at a look.
    SummonsByGlance,
    /// Who hears a bell quiets it after it has looked what was wanted.
    SummonsLiftedLate,
    /// An actor that holds itself in its last hook ends all the same.
    EndOverHold,
    /// Resuming lifts a hold too.
    ResumeLiftsHold,
    /// Who leaves something for an actor's end looks at its word without an exchange.
    LivesByGlance,
    /// Who lists somebody that has ended leaves the entry.
    EndedListed,
    /// The onlooker of an entry that is gone is left where it is.
    OnlookerLeft,
    /// Who tells an actor that has ended meanwhile leaves what it told where nobody looks.
    LeftUntold,
    /// Who tells something sets the flag before it is on the list.
    SignalBeforeNotice,
    /// A notice that is handled does not see to the next one.
    ForgottenLine,
    /// The waiters are taken before the actor says that it does not drain.
    LateLeave,
    /// An actor drains again as soon as one reason not to is gone.
    OneReason,
    /// A muter does not look whether its target drains.
    MuteOnOneAway,
    RiseWithoutFence,
    FallenWithoutFence,
    /// Who has told of high pressure does not look whether it has sunk meanwhile.
    RisenWithoutLook,
    /// Who has heard news of pressure does not look whether it has turned since.
    HeardWithoutLook,
    /// A producer notes that it has run out without looking again.
    HungerApart,
    /// News to a producer counts as under way for ever.
    NeverHeard,
    /// Who asks to be told at the low mark does not look whether it was raised meanwhile.
    StaleLow,
    /// What is given back from the stash waits for credit that nobody gives back.
    UnstashUnheard,
    /// An actor ends in place before what it has given itself back.
    StopBeforeStash,
    /// Who ends an actor leaves its stash behind.
    ForgottenStash,
    /// An actor goes idle over what came into its line since it looked.
    IdleOutsideTheLock,
    /// Who listens to several parts leaves its waker apart from its look at who has rung.
    ListenApart,
    /// Of several that are asked together, the asker is told before the last is asked.
    TellWhileOpening,
    /// Who has asked the last does not look whether all have answered meanwhile.
    OpenWithoutLook,
    /// The urgent lane goes first for ever.
    EndlessStreak,
    /// A slot serves again at once.
    NoGrace,
    /// What is retired is stamped with an epoch that others may have announced before.
    NoNewEpoch,
    /// What a tenant had is freed when it ends.
    EarlyFreeExt,
    /// A tenant's kind is set without publishing that its slot has a header.
    RelaxedKind,
    #[cfg(throng_loom)]
    /// A fresh slot's header is written over what others may be looking at.
    WholeHeader,
    /// A slot that a worker says it runs is looked into without a look whether it was settled.
    GlanceUnsettled,
    /// A participant goes online without the fence.
    PinWithoutFence,
    /// A participant goes online again without publishing that its last section is over.
    RelaxedPin,
    /// A retirer looks at the participants without the fence.
    PassWithoutFence,
    // By a floor that no model runs.
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is suspended on the mailbox of an actor that ends is left there.
    EndOverWaiters,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// What a full mailbox drops is never dropped.
    PayloadLeaked,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// What a full mailbox drops is dropped twice: memory is freed that is used.
    PayloadTwice,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is told to stop leaves what is in its mailbox.
    StopHasty,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who watches does not hear of an end.
    NoticeLost,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who has sent beyond a capacity goes on.
    MuteForgotten,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A timer is due a millisecond early.
    TimerEarly,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// The deadline of an ask passes a millisecond early.
    DeadlineEarly,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A timer is due a millisecond late.
    TimerLate,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// Who is linked goes on when the other has failed.
    LinkUntold,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// There may be one restart more than there may.
    RestartTooMany,
    #[cfg(not(any(throng_loom, throng_shuttle)))]
    /// A restart under rest-for-one takes nobody along.
    RestLeftOut,
    /// Who signals an actor that has an owner takes it for its own.
    SignalOwned,
    /// The count has sunk to the low mark, and nobody goes on.
    DrainUnheard,
    /// Of the messages that are taken together the first two change places.
    OrderSwapped,
    /// A grant is one short.
    CreditLost,
    #[cfg(throng_planted)]
    /// An answer that comes late ends the next question of its asker.
    LateAnswerNext,
}

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

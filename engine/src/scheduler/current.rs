//! Which worker's thread this is, for those who are not handed it; and that nobody finds it who would borrow it twice.
//!
//! What is found is the loop's own pointer: in a turn, and while timers are disposed of, nobody else borrows the worker. While the
//! loop itself borrows it, to look around or in a search, whoever found it would have a second `&mut` beside the first. No
//! user code runs there, and what runs there is handed the worker, but for two things. An operation on a deque may run code that
//! anybody has deferred: for that the thread is [none of the engine's](with_deque). And a timer that fires may wake an actor, by
//! the way that everybody goes: for the time of each the worker is [lent](lending), which means that what is found is a pointer of
//! the very borrow that the loop holds, which is not used before that time is over.
//!
//! Debug builds keep account of it, and panic where a worker is asked for that is borrowed and not lent.

use std::cell::Cell;
use std::ptr::NonNull;

thread_local! {
    static CURRENT: Cell<Option<NonNull<()>>> = const { Cell::new(None) };
    /// The loop borrows it just now, and has not lent it. For debug builds.
    static BORROWED: Cell<bool> = const { Cell::new(false) };
}

/// The worker whose thread this is.
#[inline(always)]
pub(super) fn get() -> Option<NonNull<()>> {
    let current = CURRENT.with(Cell::get);
    debug_assert!(current.is_none() || !BORROWED.with(Cell::get), "a worker would be borrowed twice");
    current
}

/// Gives the one before.
#[inline(always)]
pub(super) fn replace(worker: Option<NonNull<()>>) -> Option<NonNull<()>> {
    CURRENT.with(|current| current.replace(worker))
}

/// What stood before; stands again when this is dropped, also by a panic of the engine itself.
struct Before {
    current: Option<NonNull<()>>,
    borrowed: bool,
}

impl Before {
    fn now() -> Self {
        Self { current: CURRENT.with(Cell::get), borrowed: BORROWED.with(Cell::get) }
    }
}

impl Drop for Before {
    fn drop(&mut self) {
        CURRENT.with(|current| current.set(self.current));
        BORROWED.with(|borrowed| borrowed.set(self.borrowed));
    }
}

/// Runs a piece of the loop that borrows the worker. Costs nothing in release builds.
#[inline(always)]
pub(super) fn borrowing<R>(piece: impl FnOnce() -> R) -> R {
    let _before = cfg!(debug_assertions).then(Before::now);
    if cfg!(debug_assertions) {
        BORROWED.with(|borrowed| borrowed.set(true));
    }
    piece()
}

/// Runs `to` with this as the thread's worker. Two stores each way.
#[inline]
pub(super) fn lending<R>(worker: NonNull<()>, to: impl FnOnce() -> R) -> R {
    let _before = Before::now();
    CURRENT.with(|current| current.set(Some(worker)));
    BORROWED.with(|borrowed| borrowed.set(false));
    to()
}

/// Runs an operation on a deque. It may run user code: what anybody in the process has deferred in crossbeam-epoch's default
/// collector, which the deques use too. For that code this thread is none of the engine's, so that it cannot reach a worker
/// that is borrowed.
///
/// If that code panics the operation is in two, and an actor may be lost: the process ends, loudly.
pub(super) fn with_deque<R>(operation: impl FnOnce() -> R) -> R {
    struct Whole(Option<NonNull<()>>);
    impl Drop for Whole {
        fn drop(&mut self) {
            eprintln!(
                "throng: a function deferred in crossbeam-epoch's default collector has panicked on a worker: no way to go on"
            );
            std::process::abort();
        }
    }
    let whole = Whole(replace(None));
    let result = operation();
    replace(whole.0);
    std::mem::forget(whole);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by everybody, by nobody, by whom it is lent to, and by nobody again.
    #[test]
    fn nobody_finds_a_worker_that_is_borrowed() {
        let (mut worker, mut other) = (1_u8, 2_u8);
        let [this, lent] = [&mut worker, &mut other].map(|at| NonNull::from(at).cast::<()>());
        assert_eq!(replace(Some(this)), None);
        assert_eq!(get(), Some(this));
        borrowing(|| {
            assert!(std::panic::catch_unwind(get).is_err() || !cfg!(debug_assertions));
            lending(lent, || {
                assert_eq!(get(), Some(lent));
                with_deque(|| assert_eq!(get(), None));
                borrowing(|| with_deque(|| assert_eq!(get(), None)));
                assert_eq!(get(), Some(lent));
            });
            assert!(std::panic::catch_unwind(|| lending(lent, || panic!("as told"))).is_err());
            assert!(std::panic::catch_unwind(get).is_err() || !cfg!(debug_assertions));
        });
        assert_eq!(get(), Some(this));
        assert_eq!(replace(None), Some(this));
    }
}

//! Containing panics of user code, payload and all.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs user code; a panic in it comes back as its payload.
#[inline(always)]
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Result<R, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(f))
}

/// Runs user code; false if it panicked. The payload is user data too: it is dropped here, and leaked if that panics.
pub(crate) fn contained(f: impl FnOnce()) -> bool {
    caught(f).map_err(discard).is_ok()
}

/// Drops each of these, whatever the others do; false if one panicked. Left to a collection, a second panic ends the process.
pub(crate) fn drop_each<T>(all: impl IntoIterator<Item = T>) -> bool {
    all.into_iter().filter_map(|one| caught(|| drop(one)).err()).map(discard).count() == 0
}

/// Drops a payload; should that panic, what it panicked with is leaked.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    if let Err(again) = caught(|| drop(payload)) {
        std::mem::forget(again);
    }
}

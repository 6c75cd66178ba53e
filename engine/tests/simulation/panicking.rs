//! What something panics with.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The words of its panic; that it has one, and words, is demanded.
pub(crate) fn panics(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it must not be so");
    let words = payload.downcast_ref::<&str>().map(|words| (*words).to_owned());
    words.or_else(|| payload.downcast_ref::<String>().cloned()).expect("told in words")
}

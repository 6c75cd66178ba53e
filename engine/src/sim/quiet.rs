//! Panics that are caught, and told by who catches them: nothing is printed, and their words and places are kept.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::sync::Once;

/// A panic of this thread.
#[derive(Debug)]
pub(super) struct Panic {
    pub(super) words: String,
    /// File, line and column.
    pub(super) place: Option<String>,
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// What a panic says.
pub(super) fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
}

/// Runs `f`, in which panics of this thread print nothing, and can be [asked for](last).
pub(super) fn quietly<R>(f: impl FnOnce() -> R) -> R {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if QUIET.get() {
                let place = panic.location().map(ToString::to_string);
                LAST.set(Some(Panic { words: words(panic.payload()), place }));
            } else {
                before(panic);
            }
        }));
    });
    struct Was(bool);
    impl Drop for Was {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _was = Was(QUIET.replace(true));
    f()
}

/// The last panic of this thread while it was quiet, told once.
pub(super) fn last() -> Option<Panic> {
    LAST.take()
}

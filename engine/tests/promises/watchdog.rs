//! A test that hangs ends the process with its name, and the states of all workers,
//! instead of holding up everything for ever.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Longer than any test takes on a loaded machine; a sanitizer makes them ten times slower.
const PATIENCE: Duration = Duration::from_secs(if cfg!(throng_sanitize) { 1_200 } else { 120 });

/// Ends the process unless it is dropped in time.
pub(crate) struct Watchdog {
    _alive: Sender<()>,
}

/// Watches over the test `name` until the answer is dropped.
#[must_use]
pub(crate) fn watch(name: &'static str) -> Watchdog {
    let (alive, gone) = channel::<()>();
    std::thread::spawn(move || {
        if gone.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            // Not by a macro: what those say is captured with the test's output, and lost when the process aborts.
            let mut stderr = std::io::stderr();
            let _ = writeln!(
                stderr,
                "watchdog: {name} has not ended after {PATIENCE:?}; aborting the process\n{}",
                throng::describe_all()
            );
            std::process::abort();
        }
    });
    Watchdog { _alive: alive }
}

//! Ctrl-C and its like: the first ends the load, a second one the process, and neither leaves half a file.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The exit code of a process that was interrupted.
pub const INTERRUPTED: u8 = 130;

/// What a process says that a second signal ends: what is not kept is not dropped in silence.
const TWICE: &str =
    "interrupted twice: ended at once; files that are there are whole, nothing else is kept\n";

/// What SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal was closed, unless nohup said not to mind)
/// come to.
#[derive(Debug, Default)]
pub struct Interrupt {
    raised: Arc<AtomicBool>,
    keeping: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches the signals from now on, for the life of the process.
    ///
    /// # Errors
    /// The kernel's reason.
    pub fn catch() -> io::Result<Self> {
        Self::default().caught(TWICE)
    }

    /// As [`Interrupt::catch`] where there is nothing to keep: the first signal ends the process.
    ///
    /// # Errors
    /// The kernel's reason.
    pub fn catch_to_end() -> io::Result<Self> {
        let interrupt = Self::default();
        interrupt.raised.store(true, Ordering::Relaxed);
        interrupt.caught("")
    }

    /// `last` is what the signal says that ends the process.
    fn caught(self, last: &'static str) -> io::Result<Self> {
        let interrupt = self;
        for signal in [SIGHUP, SIGTERM, SIGINT] {
            // One that was started by nohup is to outlive its terminal.
            if signal == SIGHUP && is_ignored(signal) {
                continue;
            }
            let (raised, keeping) = (Arc::clone(&interrupt.raised), Arc::clone(&interrupt.keeping));
            let caught = move || {
                // Relaxed: each word alone matters, nothing is published by them.
                if raised.swap(true, Ordering::Relaxed) && !keeping.load(Ordering::Relaxed) {
                    // SAFETY: `last` is there for the life of the process; write is one of the calls that a handler may
                    // make. That it fails is nothing that could be told.
                    unsafe { libc::write(libc::STDERR_FILENO, last.as_ptr().cast(), last.len()) };
                    low_level::exit(i32::from(INTERRUPTED));
                }
            };
            // SAFETY: `caught` does what a signal's handler may: it reads and writes atomics, writes to stderr, and
            // ends the process by `_exit`.
            unsafe { low_level::register(signal, caught) }?;
        }
        Ok(interrupt)
    }

    /// Raised by the first signal.
    pub fn raised(&self) -> &Arc<AtomicBool> {
        &self.raised
    }

    /// Does what must not be left half done, which takes a moment: meanwhile no signal ends the process.
    pub fn undisturbed<R>(&self, deed: impl FnOnce() -> R) -> R {
        self.keeping.store(true, Ordering::Relaxed);
        let result = deed();
        self.keeping.store(false, Ordering::Relaxed);
        result
    }

    /// From now on results are kept, which is soon done: no signal ends the process any more.
    pub fn keep(&self) {
        self.keeping.store(true, Ordering::Relaxed);
    }
}

fn is_ignored(signal: i32) -> bool {
    // SAFETY: plain words, for all of which zero is a value.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: asks alone, and the kernel writes no more than the one it is given.
    let answer = unsafe { libc::sigaction(signal, std::ptr::null(), &mut now) };
    answer == 0 && now.sa_sigaction == libc::SIG_IGN
}

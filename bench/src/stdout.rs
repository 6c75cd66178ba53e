//! Stdout, which the result goes to: written there, or an error.
//!
//! Where a process is started without one (`>&-`), Rust's runtime opens /dev/null in its place before `main`, and whatever is written
//! is lost without an error. So it is looked at before that, by [`look`], which the binaries put where the C library finds what to call
//! first.

use std::io::{self, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there was none.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Looks whether this process was started with a stdout. To be called before `main`, from `.init_array`: it makes one call to the
/// kernel and stores into an atomic, nothing of Rust's runtime is used.
pub extern "C" fn look() {
    // SAFETY: asks for the flags of a number that may be closed.
    if unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) } == -1 {
        // Relaxed: there is one thread yet.
        CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Stdout, held by this thread; each write fails with EBADF where the process was started without one.
#[derive(Debug)]
pub struct Stdout(StdoutLock<'static>);

/// Holds it.
pub fn lock() -> Stdout {
    Stdout(io::stdout().lock())
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if CLOSED.load(Ordering::Relaxed) {
            return Err(io::Error::from_raw_os_error(libc::EBADF));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

//! A file that may not be so long (`ulimit -f`): an error like a full disk's, not the end of the process.

use crate::stderr;
use std::io;

/// From now on a write beyond the limit fails with EFBIG. The kernel would end the process by SIGXFSZ, which leaves half of a
/// temporary file behind and says nothing. What this process starts inherits it. That it cannot be had is told for `program`,
/// and costs no run.
pub fn is_an_error(program: &str) {
    // SAFETY: no handler is set, and nothing else in the process has a say in this signal.
    if unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) } == libc::SIG_ERR {
        let error = io::Error::last_os_error();
        stderr::line(format_args!("{program}: SIGXFSZ cannot be ignored: {error}"));
    }
}

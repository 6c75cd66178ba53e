//! What the commands tell: the result alone to stdout.

use crate::stderr;
use std::io::{self, Write};
use std::process::ExitCode;

/// Writes the result to stdout; a reader that went away is no error.
pub(super) fn printed(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            stderr::line(format_args!("throng: stdout: {error}"));
            ExitCode::FAILURE
        }
    }
}

//! What a person is told on stderr: written where it can be, and never worth a run where it cannot.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes `line` and its end. That nobody reads any more (a closed terminal or pipe, a full device) is ignored:
/// `eprintln!` would panic.
pub fn line(line: impl Display) {
    piece(format_args!("{line}\n"));
}

/// Writes `text` as it is, without the end of a line. A failure is ignored as by [`line()`].
pub fn piece(text: impl Display) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}

//! What the commands tell: progress to stderr, the result alone to stdout.

use crate::stderr;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Columns of a terminal that one line of progress takes at the most.
const COLUMNS: usize = 100;

/// Progress: one line that is written over on a terminal, lines elsewhere.
#[derive(Debug)]
pub(super) struct Progress {
    terminal: bool,
    written: bool,
}

impl Progress {
    /// To stderr, whatever that is.
    pub(super) fn new() -> Self {
        Self { terminal: io::stderr().is_terminal(), written: false }
    }

    /// Tells `line`.
    pub(super) fn tell(&mut self, line: &str) {
        if self.terminal {
            // What is longer than a terminal is wide would not be written over.
            let short: String = line.chars().take(COLUMNS).collect();
            stderr::piece(format_args!("\r\x1b[2K{short}"));
            self.written = true;
        } else {
            stderr::line(line);
        }
    }

    /// Takes the line away again.
    pub(super) fn end(&mut self) {
        if self.written {
            stderr::piece("\r\x1b[2K");
        }
    }
}

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

//! What a process that measures once says before it ends: one line on stdout, or why not.

use super::spoiled::Spoiled;
use crate::stderr;
use crate::stdout;
use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

/// The exit code where work was not done as it was to be.
pub const WRONG: u8 = 5;
/// The exit code where there is no figure.
pub const FAILED: u8 = 1;

/// Writes the line to stdout, or on stderr why there is none, in the name of `command`; gives the process's exit code.
pub fn code<T: Display>(command: &str, given: Result<T, Spoiled>) -> ExitCode {
    let (code, why) = match given {
        Ok(line) => return written(command, line),
        Err(Spoiled::Wrong(why)) => (WRONG, why),
        Err(Spoiled::Failed(why)) => (FAILED, why),
    };
    stderr::line(format_args!("throng: {command}: {why}"));
    ExitCode::from(code)
}

/// Writes the line to stdout; a line that nobody got is none.
pub fn written(command: &str, line: impl Display) -> ExitCode {
    let mut out = stdout::lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) => {
            stderr::line(format_args!("throng: {command}: cannot write to stdout: {error}"));
            ExitCode::from(FAILED)
        }
        Ok(()) => ExitCode::SUCCESS,
    }
}

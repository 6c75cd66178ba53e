//! What the commands of several runs begin and end with.

use super::passed::claim;
use super::shown;
use super::told::printed;
use crate::export::claim::Claim;
use crate::interrupt::Interrupt;
use crate::options::{Options, Refused};
use crate::series::load::Stopped;
use crate::{refusal, series, stderr};
use clap::Parser;
use clap::error::ErrorKind;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// Something could not be had or written.
pub(super) const FAILED: u8 = 1;
/// The command line is wrong.
pub(super) const USAGE: u8 = 2;

/// How a command ended that has no result.
pub(super) enum NoResult {
    /// The help or the version was asked for; this is it.
    Told(String),
    /// With this code, for this reason.
    With(u8, String),
}

impl From<Refused> for NoResult {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Told(text) => Self::Told(text),
            Refused::Usage(line) => usage(line),
        }
    }
}

impl From<series::load::Refused> for NoResult {
    fn from(series::load::Refused(line): series::load::Refused) -> Self {
        usage(line)
    }
}

impl From<Stopped> for NoResult {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Refused(line) => usage(line),
            Stopped::Failed(why) => failed(why),
        }
    }
}

/// One line on what is wrong with the command line.
pub(super) fn usage(line: String) -> NoResult {
    NoResult::With(USAGE, line)
}

/// One line on what could not be had.
pub(super) fn failed(why: String) -> NoResult {
    NoResult::With(FAILED, why)
}

/// The process's exit code, when all that is left to be said is said.
pub(super) fn exit(result: Result<ExitCode, NoResult>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(NoResult::Told(text)) => printed(&text),
        Err(NoResult::With(code, line)) => {
            stderr::line(format_args!("throng: {line}"));
            ExitCode::from(code)
        }
    }
}

/// Reads the command's own flags; `takes` is told of what it does not know.
pub(super) fn own<P: Parser>(args: &[OsString], program: &str, takes: &str) -> Result<P, NoResult> {
    P::try_parse_from(std::iter::once(program.into()).chain(args.iter().cloned())).map_err(|error| {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return NoResult::Told(error.to_string());
        }
        usage(refusal::one_line::<P>(&error, args, program, takes))
    })
}

/// Reads what `throng COMMAND` passes on, as loadgen does; its `own` flags are told with loadgen's.
pub(super) fn of_loadgen(
    args: impl IntoIterator<Item = OsString>,
    command: &str,
    own: &[&str],
) -> Result<Options, NoResult> {
    Ok(Options::read_for(args, &format!("throng {command}"), &takes(command, own))?)
}

/// What it takes, for one that passes on to loadgen what it does not know.
fn takes(command: &str, own: &[&str]) -> String {
    let own = refusal::listed(own);
    format!("takes {own} (see throng help {command}) and the flags of loadgen (see throng help loadgen)")
}

/// Refuses what neither `throng COMMAND` nor loadgen knows: before anything is said to be missing.
pub(super) fn known(args: &[OsString], command: &str, own: &[&str]) -> Result<(), NoResult> {
    Options::unknown(args, &format!("throng {command}"), &takes(command, own))
        .map_or(Ok(()), |line| Err(usage(line)))
}

/// Listens for Ctrl-C from here on, and claims the folder where the files go: as given, or one by the time and this name.
pub(super) fn interruptible(out: Option<&Path>, name: &str) -> Result<(Interrupt, Claim), NoResult> {
    let interrupt = Interrupt::catch().map_err(|e| failed(format!("signals cannot be caught: {e}")))?;
    let claim = claim(out, name, &interrupt).map_err(usage)?;
    Ok((interrupt, claim))
}

/// What the files of a command are called.
pub(super) struct Kept<'a> {
    /// Where they are.
    pub folder: &'a Path,
    /// What they are of: `load`.
    pub of: &'a str,
}

/// Ends a command whose raw files are written: the page, what is wrong, where the files are, and the result on stdout. Gives
/// the process's exit code, which was `exit` so far.
pub(super) fn ended(kept: &Kept<'_>, exit: u8, wrong: &[String], result: &str) -> ExitCode {
    let exit = shown::page(kept.folder, exit);
    for wrong in wrong {
        stderr::line(format_args!("throng: {wrong}"));
    }
    stderr::line(format_args!("files of this {}: {}", kept.of, kept.folder.display()));
    let code = printed(result);
    if exit == 0 { code } else { ExitCode::from(exit) }
}

//! The command line of `loadgen`: what it takes, and one line for what it does not.

mod workload;

mod mix;

mod profile;

mod values;

mod services;

mod flag;

mod given;

mod line;

mod rules;

mod records;

mod filled;

use given::Given;
pub use line::Options;
pub(crate) use line::without;
pub use mix::Mix;
pub use profile::Profile;
pub use rules::DIRECTORY_MESSAGES_MAX;
pub use services::{Audience, Crash, CrashBy, Kept, Members, Pauses, Troupe, Upkeep, strategy_name};
pub use values::{Assertions, Format, Order, PAYLOADS, Sample, Warmup, overflow_name};
pub(crate) use values::{folder, profile, seed};
pub use workload::{Mode, Workload};

use crate::refusal;
use clap::error::ErrorKind;
use clap::{CommandFactory, Error, Parser};
use std::ffi::OsString;

/// Why there is nothing to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The help or the version was asked for; this is it.
    Told(String),
    /// The command line is wrong: one line says where, and what is taken there.
    Usage(String),
}

impl Options {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// The help or the version, or one line that names the flag, what it got and what it takes.
    pub fn read(args: impl IntoIterator<Item = OsString>) -> Result<Self, Refused> {
        Self::read_for(args, "loadgen", &takes())
    }

    /// As [`Options::read`], for the command `program` that has flags of its own beside these; of what is unknown it tells that
    /// and what it `takes`.
    pub(crate) fn read_for(
        args: impl IntoIterator<Item = OsString>,
        program: &str,
        takes: &str,
    ) -> Result<Self, Refused> {
        let mut args: Vec<OsString> = args.into_iter().collect();
        if let Some(first) = args.first_mut().filter(|first| *first == "help") {
            *first = "--help".into();
        }
        let all = std::iter::once(OsString::from("loadgen")).chain(args.iter().cloned());
        let mut options = Self::try_parse_from(all).map_err(|error| match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Refused::Told(error.to_string()),
            _ => Refused::Usage(one_line(&error, &args, program, takes)),
        })?;
        options.given = Given::of(&args);
        options.fill_in();
        options.check().map_err(Refused::Usage)?;
        Ok(options)
    }

    /// One line on the first of `args` that is no flag or argument of these; `None` where all are, whatever else is wrong with them.
    pub(crate) fn unknown(args: &[OsString], program: &str, takes: &str) -> Option<String> {
        let all = std::iter::once(OsString::from("loadgen")).chain(args.iter().cloned());
        let error = Self::try_parse_from(all).err()?;
        (error.kind() == ErrorKind::UnknownArgument).then(|| one_line(&error, args, program, takes))
    }
}

/// All that there is, by name.
fn takes() -> String {
    let command = Options::command();
    let flags = command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?)));
    let all: Vec<_> = std::iter::once("WORKLOAD".to_owned()).chain(flags).collect();
    let all: Vec<_> = all.iter().map(String::as_str).collect();
    format!("takes {} (see loadgen --help)", refusal::listed(&all))
}

/// One line for what clap refused.
fn one_line(error: &Error, args: &[OsString], program: &str, takes: &str) -> String {
    match error.kind() {
        ErrorKind::MissingRequiredArgument => format!("WORKLOAD is missing: takes {}", Workload::names()),
        _ => refusal::one_line::<Options>(error, args, program, takes),
    }
}

#[cfg(test)]
mod tests;

//! One line out of clap's several, for what a command line got wrong: the flag, what it got, and what it takes.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Error, Parser};
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// What is wrong with `args`, by the `error` that `P` read them with; `takes` is told of what it does not know.
pub fn one_line<P: Parser>(error: &Error, args: &[OsString], program: &str, takes: &str) -> String {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        _ => String::new(),
    };
    let flag = flag(error);
    let value = context(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let word = dashed(&flag, args);
            let value = word.and_then(|at| value_of_flag::<P>(args, at));
            value.unwrap_or_else(|| {
                let word = word.map_or(flag.as_str().into(), |at| args[at].to_string_lossy());
                format!("{} is no flag or argument of {program}: {takes}", word.escape_debug())
            })
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            format!("{flag} got nothing: {}", taken::<P>(&flag).unwrap_or_else(|| takes.to_owned()))
        }
        ErrorKind::ValueValidation => format!("{flag} got {value:?}: {}", source(error)),
        ErrorKind::TooManyValues => format!("{flag} takes no value, not {value:?}"),
        ErrorKind::ArgumentConflict => {
            let prior = context(ContextKind::PriorArg);
            let prior = prior.split([' ', '=']).next().unwrap_or_default();
            if prior == flag || prior.is_empty() {
                format!("{flag} is given twice: give it once")
            } else {
                format!("{flag} and {prior} exclude each other: give one")
            }
        }
        ErrorKind::InvalidUtf8 => {
            let is_text = |n: usize| {
                let folder = args[n].as_bytes().starts_with(b"--out=") || n > 0 && args[n - 1] == "--out";
                folder || args[n].to_str().is_some()
            };
            let odd = (0..args.len()).find(|n| !is_text(*n)).map(|n| &args[n]);
            format!("{:?} is no UTF-8 text: {takes}", odd.cloned().unwrap_or_default())
        }
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    }
}

/// `--a, --b and --c`.
pub fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// The flag that `error` speaks of, or the argument.
pub fn flag(error: &Error) -> String {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) => {
            text.split([' ', '=']).next().unwrap_or_default().trim_matches(['<', '>']).to_owned()
        }
        _ => String::new(),
    }
}

/// The place of the word that `flag` is the beginning of: of `-1s` clap says that there is no flag `-1`.
fn dashed(flag: &str, args: &[OsString]) -> Option<usize> {
    let begins = |word: &OsString| word.as_bytes().starts_with(flag.as_bytes());
    let is_short = flag.starts_with('-') && !flag.starts_with("--");
    is_short.then(|| args.iter().position(begins)).flatten()
}

/// What is wrong with the word at `at` where it is a value that begins with a dash: the flag that it is for stands before it
/// and refuses it. `None` where it is no value.
fn value_of_flag<P: Parser>(args: &[OsString], at: usize) -> Option<String> {
    let value = args[at].to_str()?;
    let flag = args[..at].last()?.to_str().filter(|flag| flag.starts_with("--") && !flag.contains('='))?;
    let error = P::try_parse_from(["", &format!("{flag}={value}")]).err()?;
    (error.kind() == ErrorKind::ValueValidation).then(|| format!("{flag} got {value:?}: {}", source(&error)))
}

/// What a flag takes, by its own words: those with which it refuses nothing at all.
fn taken<P: Parser>(flag: &str) -> Option<String> {
    let error = P::try_parse_from(["", flag, ""]).err()?;
    (error.kind() == ErrorKind::ValueValidation).then(|| source(&error))
}

fn source(error: &Error) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

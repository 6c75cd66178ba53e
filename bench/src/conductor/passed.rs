//! Tells the flags of a command from those that it passes on to loadgen, and what all such commands share.

use crate::export::claim::Claim;
use crate::interrupt::Interrupt;
use crate::table::render::Format;
use crate::utc;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::SystemTime;

/// Where the folders go that nobody named.
const RUNS: &str = "reports/runs";

/// A command line, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// The command's own flags, each in one word with its value.
    pub own: Vec<OsString>,
    /// Everything else, in its order.
    pub passed: Vec<OsString>,
}

/// Takes `args` apart: `own` are the names of the flags that belong to the command itself, each of which takes a value.
/// So do those that ask for its help or version.
pub(super) fn split(args: impl Iterator<Item = OsString>, own: &[&str]) -> Split {
    let mut split = Split::default();
    let mut args = args.peekable();
    let mut first = true;
    while let Some(arg) = args.next() {
        let bytes = arg.as_bytes();
        let end = bytes.iter().position(|byte| *byte == b'=').unwrap_or(bytes.len());
        let is_own = own.iter().any(|name| name.as_bytes() == &bytes[..end]);
        let asks = ["-h", "--help", "-V", "--version"].iter().any(|name| name.as_bytes() == &bytes[..end]);
        if is_own && end == bytes.len() {
            let mut word = arg;
            if let Some(value) = args.next() {
                word.push("=");
                word.push(value);
            }
            split.own.push(word);
        } else if is_own || asks {
            split.own.push(arg);
        } else if arg == "--" {
            // What is passed on needs no such word, and more is added behind it.
        } else if first && arg == "help" {
            split.own.push("--help".into());
        } else {
            split.passed.push(arg);
        }
        first = false;
    }
    split
}

/// A format's name, for a flag.
pub(super) fn format(given: &str) -> Result<Format, String> {
    given.parse().map_err(|_| "takes text, markdown or json".into())
}

/// A whole number within bounds, for a flag.
pub(super) fn number(given: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = given.parse().ok().filter(|n| (least..=most).contains(n));
    number
        .filter(|_| given.bytes().all(|byte| byte.is_ascii_digit()))
        .ok_or_else(|| format!("takes a whole number from {least} to {most}"))
}

/// Claims the folder for the files of a command: as given, or one of its own by the time and `name`.
///
/// # Errors
/// One line: what `--out` got, and what it takes.
pub(super) fn claim(out: Option<&Path>, name: &str, interrupt: &Interrupt) -> Result<Claim, String> {
    let Some(folder) = out else {
        let name = format!("{}-{name}", utc::compact(SystemTime::now()));
        let claimed = interrupt.undisturbed(|| Claim::of_new(Path::new(RUNS), &name));
        return claimed.map_err(|why| format!("no folder for the files: {why}; name one with --out"));
    };
    interrupt.undisturbed(|| Claim::of(folder)).map_err(|why| format!("--out {why}"))
}

/// As text, for what repeats a command.
pub(super) fn words<'a>(args: impl IntoIterator<Item = &'a OsString>) -> Vec<String> {
    args.into_iter().map(|arg: &OsString| OsStr::to_string_lossy(arg).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> (Vec<String>, Vec<String>) {
        let split = split(line.split_whitespace().map(OsString::from), &["--runs", "--out"]);
        (words(&split.own), words(&split.passed))
    }

    #[test]
    fn own_flags_are_found_wherever_they_stand() {
        for (line, own, passed) in [
            ("ring --tokens 2", "", "ring --tokens 2"),
            ("ring --runs 3 --tokens 2 --out=x", "--runs=3 --out=x", "ring --tokens 2"),
            ("--runs 3 ring --runs", "--runs=3 --runs", "ring"),
            ("ring --runs --tokens", "--runs=--tokens", "ring"),
            ("ring -h --version", "-h --version", "ring"),
            ("help", "--help", ""),
            ("ring help --runsx 3", "", "ring help --runsx 3"),
            ("--runs 3 -- ring --tokens 2", "--runs=3", "ring --tokens 2"),
            ("-- ring --out x", "--out=x", "ring"),
        ] {
            let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(of(line), (words(own), words(passed)), "{line}");
        }
    }

    #[test]
    fn a_number_is_whole_and_within() {
        assert_eq!((number("1", 1, 9), number("9", 1, 9)), (Ok(1), Ok(9)));
        for given in ["", "0", "10", "+5", "-1", "5 ", "5.0", "99999999999"] {
            assert_eq!(number(given, 1, 9), Err("takes a whole number from 1 to 9".into()), "{given}");
        }
    }
}

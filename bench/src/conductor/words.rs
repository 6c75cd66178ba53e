//! The command lines of all commands, read as the commands read them and not run: what the fuzzer and its corpus go through.

use super::arguments::{self, Refused};
use super::frame::{NoResult, of_loadgen, own};
use super::passed::split;
use super::{compare, jitter, load, peers, prices, savina, sweep};
use crate::peers::program::Orders;
use crate::prices::child as price;
use crate::savina::child as workload;
use crate::{options, own_row};
use clap::Parser;
use std::ffi::OsString;

/// Reads the words of `throng`, the command's name first.
///
/// # Errors
/// The line that the user would be told.
pub(crate) fn read(words: &[OsString]) -> Result<(), String> {
    let name = words.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let rest = words.get(1..).unwrap_or_default();
    let text = || rest.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
    match name.as_str() {
        "row" => own_row::parse(rest.iter().cloned()).map(drop),
        "price" => price::read(&text()).map(drop),
        "workload" => workload::read(&text()).map(drop),
        "peer" => Orders::read(&text()).map(drop),
        "load" => load_line(rest).or_else(told),
        "sweep" => sweep_line(rest).or_else(told),
        "compare" => compare_line(rest),
        "prices" => own::<prices::Own>(rest, "throng prices", "takes its flags").map(drop).or_else(told),
        "savina" => own::<savina::Own>(rest, "throng savina", "takes its flags").map(drop).or_else(told),
        "peers" => peers::read(rest).map(drop).or_else(told),
        "jitter" => {
            let all = std::iter::once(OsString::from("throng jitter")).chain(rest.iter().cloned());
            jitter::Command::try_parse_from(all).map(drop).map_err(|error| jitter::one_line(&error, rest))
        }
        _ => match arguments::read(words.iter().cloned()) {
            Ok(options) => {
                let _ = arguments::command("throng", &options);
                Ok(())
            }
            Err(Refused::Told(_)) => Ok(()),
            Err(Refused::Usage(line)) => Err(line),
        },
    }
}

/// A text that was asked for is no error.
fn told(no_result: NoResult) -> Result<(), String> {
    match no_result {
        NoResult::Told(_) => Ok(()),
        NoResult::With(_, line) => Err(line),
    }
}

fn load_line(args: &[OsString]) -> Result<(), NoResult> {
    let split = split(args.iter().cloned(), &load::OWN);
    own::<load::Own>(&split.own, "throng load", "see throng help load")?;
    of_loadgen(split.passed.iter().cloned(), "load", &load::OWN).map(drop)
}

fn sweep_line(args: &[OsString]) -> Result<(), NoResult> {
    let split = split(args.iter().cloned(), &sweep::OWN);
    own::<sweep::Own>(&split.own, "throng sweep", "see throng help sweep")?;
    of_loadgen(split.passed.iter().cloned(), "sweep", &sweep::OWN).map(drop)
}

fn compare_line(args: &[OsString]) -> Result<(), String> {
    let at = args.iter().position(|arg| arg == "--").unwrap_or(args.len());
    let (before, behind) = (&args[..at], args.get(at + 1..).unwrap_or_default());
    let split = split(before.iter().cloned(), &compare::OWN);
    let own = match own::<compare::Own>(&split.own, "throng compare", "see throng help compare") {
        Ok(own) => own,
        Err(no_result) => return told(no_result),
    };
    let sides = compare::sides(None, None, &split.passed)?;
    let (load, _) = compare::seedless(behind.to_vec())?;
    let load = compare::profiled(load, own.profile)?;
    // What is no flag of loadgen is a program or a commit, which is looked for and not read.
    for side in sides.iter().filter(|side| side.trim().is_empty() || side.starts_with('-')) {
        compare::find("A", side, &load)?;
    }
    options::Options::read(load).map(drop).or_else(|refused| match refused {
        options::Refused::Told(_) => Ok(()),
        options::Refused::Usage(line) => Err(line),
    })
}

//! The command `throng prices`: what each feature of the engine costs when it is switched on.

use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, own};
use super::passed::{format, number};
use super::told::Progress;
use crate::alone::asking::Program;
use crate::options::folder;
use crate::prices::feature::Feature;
use crate::prices::list::{self, Plan};
use crate::prices::measure::Sizes;
use crate::prices::text;
use crate::series::load::pretty;
use crate::table::render::Format;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Rounds where nothing is said.
const ROUNDS: u32 = 7;
/// More rounds than this are a mistake.
const ROUNDS_MOST: u32 = 999;

/// What each feature costs when it is switched on: nanoseconds a message, in a stream and in a ping-pong, and bytes an actor.
#[derive(Debug, Parser)]
#[command(
    name = "throng prices",
    version,
    allow_negative_numbers = true,
    max_term_width = 100,
    after_help = "Each figure is taken in a fresh process, one after the other, in rounds there and back through all features; ratios\n\
        are to the base of the same round. The folder gets run.json (prices/1), env.json, summary.md and the page\n\
        report.html."
)]
pub(super) struct Own {
    /// How often each figure is taken, 1 to 999 [7, with --quick 1]
    #[arg(long, value_name = "N", value_parser = rounds)]
    rounds: Option<u32>,
    /// Little work, to see that it works: no figures to go by
    #[arg(long)]
    quick: bool,
    /// These features alone, with a comma between; the base is measured with them
    #[arg(long, value_name = "FEATURES", value_parser = only)]
    only: Option<Chosen>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-prices]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

/// Features as they were given; a type of its own, as clap takes a `Vec` for a flag that is given several times.
#[derive(Debug, Clone)]
struct Chosen(Vec<Feature>);

fn rounds(given: &str) -> Result<u32, String> {
    number(given, 1, ROUNDS_MOST)
}

fn only(given: &str) -> Result<Chosen, String> {
    let named: Option<Vec<Feature>> = given.split(',').map(Feature::parse).collect();
    let each_once =
        |named: &Vec<Feature>| named.iter().enumerate().all(|(at, one)| !named[..at].contains(one));
    let named = named
        .filter(each_once)
        .ok_or_else(|| format!("takes one or more of {}, each once", Feature::names()))?;
    let of = |feature: &Feature| *feature == Feature::Base || named.contains(feature);
    Ok(Chosen(Feature::ALL.into_iter().filter(of).collect()))
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, 1 a figure could not be had
/// or something not be written, 2 usage, 5 work was not done as it was to be, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let args: Vec<OsString> = args.collect();
    let own: Own = own(&args, "throng prices", "takes --rounds, --quick, --only, --out and --format")?;
    let features = own.only.map_or_else(|| Feature::ALL.to_vec(), |chosen| chosen.0);
    let rounds = own.rounds.unwrap_or(if own.quick { 1 } else { ROUNDS });
    let (interrupt, claim) = interruptible(own.out.as_deref(), "prices")?;
    let folder = claim.path();
    let program =
        Program::own("price").map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut command = vec!["prices".to_owned(), "--rounds".to_owned(), rounds.to_string()];
    command.extend(own.quick.then(|| "--quick".to_owned()));
    if features.len() < Feature::ALL.len() {
        let names: Vec<&str> = features.iter().map(|feature| feature.name()).collect();
        command.extend(["--only".to_owned(), names.join(",")]);
    }
    let sizes = if own.quick { Sizes::QUICK } else { Sizes::FULL };
    let plan = Plan { program: &program, features: &features, rounds, sizes, command };
    let progress = Progress::new();
    let outcome = list::run(plan, interrupt.raised(), &mut |line| progress.tell(line));
    progress.end();
    interrupt.keep();
    let prices = &outcome.prices;
    outcome.save(folder, &text::markdown(prices)).map_err(failed)?;
    let result = match own.format {
        Format::Text => text::text(prices),
        Format::Markdown => text::markdown(prices),
        Format::Json => pretty(prices),
    };
    let kept = Kept { folder, of: "price list" };
    Ok(ended(&kept, outcome.exit, &prices.validity.wrong, &result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_comes_with_what_is_chosen() {
        let of = |given: &str| only(given).map(|chosen| chosen.0);
        assert_eq!(of("notice,flow"), Ok(vec![Feature::Base, Feature::Flow, Feature::Notice]));
        assert_eq!(of("base"), Ok(vec![Feature::Base]));
        for given in ["", "nosuch", "base,", "base flow", ",flow", "flow,flow", "base,flow,base"] {
            assert!(of(given).is_err_and(|why| why.contains("drop-oldest-exact")), "{given}");
        }
    }
}

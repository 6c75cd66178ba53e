//! The command `throng compare`: A against B, in pairs.

use super::compared::figure;
use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, own, usage};
use super::passed::{format, number, split, words};
use super::told::Progress;
use crate::assertion::metric::Metric;
use crate::interrupt::INTERRUPTED;
use crate::options::{self, Profile, Workload, folder};
use crate::refusal;
use crate::series::compare::{self, Contender, Kind, Plan, Side};
use crate::series::compare_text;
use crate::series::fresh::Generator;
use crate::series::load::pretty;
use crate::series::revision::{NotBuilt, Revision};
use crate::table::render::Format;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

/// The flags that stand before `--`.
pub(super) const OWN: [&str; 8] =
    ["--pairs", "--metric", "--profile", "--out", "--format", "--target", "--a", "--b"];
/// Fewer pairs have no interval, more are a mistake.
const PAIRS: (u32, u32) = (5, 1_000);
/// What a side may be.
const TAKES: &str =
    "takes flags of loadgen in one word ('--service 10us'), the path of a loadgen, or a git revision";

/// Compares A and B: pairs of fresh runs with the same seed, in the order A B, B A, and A against itself between them.
/// They are called different only if the 95 % interval of the median ratio excludes 1 and the effect exceeds 1 % and
/// what A differs from itself.
#[derive(Debug, Parser)]
#[command(
    name = "throng compare",
    version,
    max_term_width = 100,
    override_usage = "throng compare A B [--pairs N] [--metric NAME] [--profile PROFILE] [--out DIR] -- WORKLOAD [flags of loadgen]",
    after_help = "A and B are each one of\n  \
        '--service 10us'   flags of loadgen, added to those behind --; '' adds none\n  \
        path/to/loadgen    another build of loadgen\n  \
        v0.1, HEAD~3       a git revision: built in a worktree below the target folder, which is removed again\n\n\
        Flags of loadgen without a value need --a or --b: --a=--flag. The seed behind -- is that of the first pair, each next\n\
        pair has the next. The folder gets run.json (compare/1), env.json, summary.md, the page report.html and its drawing in\n\
        svg, and each run in pair-1/a, pair-1/b, pair-1/aa and so on. Exit codes: 0 whatever the verdict, else that of the run that does not hold."
)]
pub(super) struct Own {
    /// A, where it is not given as a word of its own
    #[arg(long, value_name = "A", allow_hyphen_values = true)]
    a: Option<String>,
    /// B, where it is not given as a word of its own
    #[arg(long, value_name = "B", allow_hyphen_values = true)]
    b: Option<String>,
    /// Pairs of A and B, and as many of A with itself, 5 to 1000 [10, with --profile smoke 5]
    #[arg(long, value_name = "N", value_parser = pairs)]
    pairs: Option<u32>,
    /// The figure that is compared, by the names of --assert: throughput, response.p99, engine.steals; of open load none that
    /// its plan sets [ns_per_msg, of open load response.p50, of idle bytes_per_actor]
    #[arg(long, value_name = "NAME", value_parser = Metric::parse)]
    metric: Option<Metric>,
    /// How long each run takes that says neither a time nor a number, and how many pairs there are: smoke, default or paper; or
    /// behind --, as a flag of loadgen
    #[arg(long, value_name = "PROFILE", value_parser = options::profile)]
    pub(super) profile: Option<Profile>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-compare-WORKLOAD]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
    /// Where revisions are built
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder), default_value = "target")]
    target: PathBuf,
}

fn pairs(given: &str) -> Result<u32, String> {
    number(given, PAIRS.0, PAIRS.1)
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0 whatever the verdict, else
/// that of the run that does not hold, 1 something could not be built or written, 2 usage, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

/// A side, before what it needs is built.
pub(super) enum Found {
    Settings(Vec<OsString>, Box<options::Options>),
    Binary(PathBuf),
    Revision(Revision),
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let mut before: Vec<OsString> = args.collect();
    let at = before.iter().position(|arg| arg == "--");
    let load: Option<Vec<OsString>> = at.map(|at| before.split_off(at).split_off(1));
    let split = split(before.into_iter(), &OWN);
    let own: Own = own(&split.own, "throng compare", "see throng help compare")?;
    let [a, b] = sides(own.a, own.b, &split.passed).map_err(usage)?;
    let (load, seed) = seedless(load.unwrap_or_default()).map_err(usage)?;
    let Some(workload) = load.first().map(|word| word.to_string_lossy().into_owned()) else {
        return Err(usage(format!(
            "-- WORKLOAD is missing behind A and B: takes {}",
            Workload::ALL.map(Workload::name).join(", ")
        )));
    };
    let load = profiled(load, own.profile).map_err(usage)?;
    let found = [("A", &a), ("B", &b)].map(|(name, given)| find(name, given, &load));
    let [found_a, found_b] = found;
    let (found_a, found_b) = (found_a.map_err(usage)?, found_b.map_err(usage)?);
    // What another program makes of the words behind -- is known as far as this one can read them.
    let behind = options::Options::read(load.iter().cloned()).ok();
    let sides: Vec<_> = [&found_a, &found_b]
        .into_iter()
        .filter_map(|found| match found {
            Found::Settings(_, options) => Some(&**options),
            Found::Binary(_) | Found::Revision(_) => behind.as_ref(),
        })
        .collect();
    let metric = figure(own.metric, &sides).map_err(usage)?;
    // Of programs that nobody here can read the words of, as many as usual.
    let profile = own.profile.or(sides.first().map(|side| side.profile)).unwrap_or_default();
    let pairs = own.pairs.unwrap_or(profile.pairs());
    // A name for a folder, whatever was given.
    let name: String = workload.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let (interrupt, claim) = interruptible(own.out.as_deref(), &format!("compare-{name}"))?;
    let folder = claim.path();

    let mut repeat = vec!["compare".to_owned(), format!("--a={a}"), format!("--b={b}")];
    repeat.extend([format!("--pairs={pairs}"), format!("--metric={}", metric.name()), "--".into()]);
    repeat.extend(words(&load));
    repeat.push(format!("--seed={seed}"));
    let progress = Progress::new();
    let contender = |given: &str, found| {
        let built =
            built(given, found, &load, &own.target, interrupt.raised(), &mut |line| progress.tell(line));
        built.map_err(|not| match not {
            NotBuilt::Interrupted => {
                NoResult::With(INTERRUPTED, "interrupted before anything was compared".to_owned())
            }
            NotBuilt::Because(why) => failed(why),
        })
    };
    let plan = Plan {
        a: contender(&a, found_a)?,
        b: contender(&b, found_b)?,
        workload,
        metric: &metric,
        pairs,
        seed,
        folder,
        command: repeat,
    };
    let outcome = compare::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome?;
    interrupt.keep();
    let compare = &outcome.compare;
    outcome.save(folder, &compare_text::markdown(compare)).map_err(failed)?;
    let result = match own.format {
        Format::Text => compare_text::text(compare),
        Format::Markdown => compare_text::markdown(compare),
        Format::Json => pretty(compare),
    };
    let kept = Kept { folder, of: "comparison" };
    Ok(ended(&kept, outcome.exit, &compare.validity.wrong, &result))
}

/// A and B, given by their flags or as words.
pub(super) fn sides(a: Option<String>, b: Option<String>, given: &[OsString]) -> Result<[String; 2], String> {
    let mut rest = given.iter();
    let mut next = |name: &str, flag: Option<String>| match flag {
        Some(flag) => Ok(flag),
        None => {
            let word = rest.next().ok_or_else(|| format!("{name} is missing: {TAKES}"))?;
            let text = word.to_str().ok_or_else(|| format!("{word:?} is no UTF-8 text: {name} {TAKES}"))?;
            if text.starts_with('-') && !text.contains([' ', '=']) {
                return Err(unknown_flag(text));
            }
            Ok(text.to_owned())
        }
    };
    let sides = [next("A", a)?, next("B", b)?];
    let Some(more) = rest.next() else { return Ok(sides) };
    let text = more.to_string_lossy();
    let is_flag = text.starts_with('-');
    // One word that is a flag and its value is a side too many.
    let is_one = is_flag && !text.contains(' ');
    if is_one && options::Options::unknown(std::slice::from_ref(more), "", "").is_some() {
        return Err(unknown_flag(&text));
    }
    let what = if is_flag {
        "flags of loadgen for both stand behind --, after the workload"
    } else {
        "the workload stands behind --"
    };
    Err(format!("{more:?} is one too many beside A and B: {what}"))
}

fn unknown_flag(given: &str) -> String {
    let (given, own) = (given.escape_debug(), refusal::listed(&OWN));
    format!(
        "{given} is no flag of throng compare: takes {own} (see throng help compare), and flags of loadgen behind --"
    )
}

/// The arguments with the profile that stands before them: it is for both sides.
pub(super) fn profiled(mut load: Vec<OsString>, profile: Option<Profile>) -> Result<Vec<OsString>, String> {
    let Some(profile) = profile else { return Ok(load) };
    if options::without(&load, &["--profile"]) != load {
        return Err("--profile is given twice, before -- and behind it: give it once".into());
    }
    load.push(format!("--profile={}", profile.name()).into());
    Ok(load)
}

/// The arguments without their seed, and that; 1 where they have none.
pub(super) fn seedless(args: Vec<OsString>) -> Result<(Vec<OsString>, u64), String> {
    let split = split(args.into_iter(), &["--seed"]);
    let seeds: Vec<_> =
        split.own.iter().filter(|word| word.to_string_lossy().starts_with("--seed")).collect();
    match seeds[..] {
        _ if seeds.len() < split.own.len() => Err("throng help loadgen has the flags behind --".into()),
        [] => Ok((split.passed, 1)),
        [seed] => {
            let given = seed.to_string_lossy();
            let value = given.strip_prefix("--seed=");
            let seed = value.ok_or_else(|| "--seed got nothing".to_owned()).and_then(|value| {
                options::seed(value).map_err(|takes| format!("--seed got {value:?}: {takes}"))
            })?;
            Ok((split.passed, seed))
        }
        _ => Err("--seed is given twice: give it once".into()),
    }
}

/// What `given` is. Settings are read as loadgen will.
pub(super) fn find(name: &str, given: &str, load: &[OsString]) -> Result<Found, String> {
    if given.trim().is_empty() || given.starts_with('-') {
        let split =
            shlex::split(given).ok_or_else(|| format!("{name} got {given:?}: a quote in it has no end"))?;
        let added: Vec<OsString> = split.into_iter().map(Into::into).collect();
        if added.iter().any(|word| word == "--seed" || word.to_string_lossy().starts_with("--seed=")) {
            return Err(format!("{name} has --seed: both runs of a pair have the same, give it behind --"));
        }
        // With what is added to each run.
        let all = load.iter().chain(&added).cloned();
        let all = all.chain(["--seed=1", "--format=json", "--out=run"].map(Into::into));
        return match options::Options::read(all) {
            Ok(options) => Ok(Found::Settings(added, Box::new(options))),
            Err(options::Refused::Usage(line)) => Err(format!("{name}: {line}")),
            Err(options::Refused::Told(_)) => {
                Err(format!("{name}: no help or version can be compared: {TAKES}"))
            }
        };
    }
    match fs::metadata(given) {
        Ok(file) if file.is_file() => {
            if file.permissions().mode() & 0o111 == 0 {
                return Err(format!("{name} got {given:?}: takes a program, and this file cannot be run"));
            }
            let path = fs::canonicalize(given).map_err(|error| format!("{name} got {given:?}: {error}"))?;
            Ok(Found::Binary(path))
        }
        _ => match Revision::find(given, &AtomicBool::new(false)) {
            Some(revision) => Ok(Found::Revision(revision)),
            None => Err(format!("{name} got {given:?}: {TAKES}; this is none of them")),
        },
    }
}

/// The side as it can be run.
fn built(
    given: &str,
    found: Found,
    load: &[OsString],
    target: &Path,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str),
) -> Result<Contender, NotBuilt> {
    let given = given.to_owned();
    let mut args = load.to_vec();
    let (label, kind, generator) = match found {
        Found::Settings(added, _) => {
            let label = words(&added).join(" ");
            let label = if label.is_empty() { "as given".to_owned() } else { label };
            args.extend(added);
            let own = Generator::own();
            let own = own.map_err(|e| NotBuilt::Because(format!("this program cannot find itself: {e}")))?;
            (label, Kind::Settings, own)
        }
        Found::Binary(path) => (given.clone(), Kind::Binary, Generator::at(path)),
        Found::Revision(revision) => {
            let label = format!("{given} ({})", revision.short());
            told(&format!("building {label}"));
            (label, Kind::Revision, Generator::at(revision.build(target, stop, told)?))
        }
    };
    Ok(Contender { side: Side { label, kind, given }, generator, args })
}

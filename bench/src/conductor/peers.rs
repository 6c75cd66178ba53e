//! The command `throng peers`: other systems of actors beside throng, on the same work in the same run.

use super::frame::{Kept, NoResult, ended, exit, failed, interruptible, own, usage};
use super::passed::{format, number};
use super::told::Progress;
use crate::contest::BASE;
use crate::options::folder;
use crate::peers::plan::{Profile, Setting, processes};
use crate::peers::program::{IDLE_MOST, Orders, WORKERS_MOST};
use crate::peers::rounds::{self, Plan};
use crate::peers::system::{Invocation, SYSTEMS, System, find, names};
use crate::peers::task::Asked;
use crate::peers::text;
use crate::probe;
use crate::series::load::pretty;
use crate::table::render::Format;
use crate::units;
use clap::Parser;
use clap::builder::{OsStringValueParser, TypedValueParser};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where scripts/peers.sh puts the programs.
const PROGRAMS: &str = "target/peers/bin";
/// More rounds than this are a mistake.
const ROUNDS_MOST: u32 = 999;
/// A figure that takes longer is a mistake, as is a heap that is used for longer.
const LONGEST: Duration = Duration::from_secs(3_600);

/// Other systems of actors beside throng: every figure of all of them in each round, in an order drawn anew, their work verified.
#[derive(Debug, Parser)]
#[command(
    name = "throng peers",
    version,
    allow_negative_numbers = true,
    max_term_width = 100,
    after_help = "scripts/peers.sh builds the other systems' programs, as far as what they need is there; those that are not are told. throng itself is\n\
        always among them. The folder gets run.json (peers/1), iterations.csv, env.json, summary.md, the page\n\
        report.html and the latencies of each open load (.hlog): throng's without a tag, the others' tagged with their name."
)]
pub(super) struct Own {
    /// These systems alone, and throng; all where none is named
    #[arg(value_name = "NAME", value_parser = named)]
    names: Vec<&'static System>,
    /// How much is measured: smoke or default
    #[arg(long, value_name = "PROFILE", value_parser = profile, default_value = "default")]
    profile: Profile,
    /// These workloads alone: names, or NAME:ACTORS:MESSAGES of one's own [those of the profile]
    #[arg(long, value_name = "NAME[,NAME..]")]
    workloads: Option<String>,
    /// In which settings: fresh, one-worker, idle, used [all four]
    #[arg(long, value_name = "NAME[,NAME..]")]
    settings: Option<String>,
    /// How often each figure is taken, 1 to 999 [5, of smoke 1]
    #[arg(long, value_name = "N", value_parser = rounds)]
    rounds: Option<u32>,
    /// How long each figure is measured [300ms, of smoke 50ms]
    #[arg(long, value_name = "TIME", value_parser = time)]
    time: Option<Duration>,
    /// How long a heap is used before its figures; 0ms for none [60s, of smoke 500ms]
    #[arg(long, value_name = "TIME", value_parser = time)]
    used: Option<Duration>,
    /// How many idle actors are beside; 0 for none [1k,100k,1M, of smoke 100]
    #[arg(long, value_name = "N[,N..]")]
    idle: Option<String>,
    /// Workers, beside the runs with one [one for each processor]
    #[arg(long, value_name = "N", value_parser = workers)]
    workers: Option<u64>,
    /// Of the order in which the systems have their turns [the time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where the other systems' programs are [target/peers/bin]
    #[arg(long, value_name = "DIR")]
    programs: Option<PathBuf>,
    /// Where the files go, a new or empty folder [reports/runs/<UTC>-peers]
    #[arg(long, value_name = "DIR", value_parser = OsStringValueParser::new().try_map(folder))]
    out: Option<PathBuf>,
    /// What goes to stdout: text, markdown or json
    #[arg(long, value_parser = format, default_value = "text")]
    format: Format,
}

fn named(given: &str) -> Result<&'static System, String> {
    find(given).ok_or_else(|| format!("takes one or more of {}", names()))
}

fn profile(given: &str) -> Result<Profile, String> {
    Profile::parse(given)
        .ok_or_else(|| format!("takes one of {}", Profile::ALL.map(Profile::name).join(", ")))
}

fn rounds(given: &str) -> Result<u32, String> {
    number(given, 1, ROUNDS_MOST)
}

fn workers(given: &str) -> Result<u64, String> {
    number(given, 1, WORKERS_MOST as u32).map(u64::from)
}

fn time(given: &str) -> Result<Duration, String> {
    units::read_time(given)
        .filter(|time| *time <= LONGEST && time.subsec_nanos().is_multiple_of(1_000_000))
        .ok_or_else(|| {
            format!("takes a time in whole milliseconds up to {} s, as 500ms or 2s", LONGEST.as_secs())
        })
}

/// What is asked for: all of the profile, those of these names, or what is written out; each once.
fn asked(profile: Profile, given: Option<&str>) -> Result<Vec<Asked>, NoResult> {
    let known =
        || profile.asked().iter().filter_map(|text| Asked::parse(text).ok().map(|asked| (*text, asked)));
    let Some(given) = given else { return Ok(known().map(|(_, asked)| asked).collect()) };
    let mut all: Vec<Asked> = Vec::new();
    for word in given.split(',') {
        let mut found: Vec<Asked> = known()
            .filter(|(text, _)| text.split(':').next() == Some(word))
            .map(|(_, asked)| asked)
            .collect();
        if found.is_empty() {
            let read = Asked::parse(word);
            found.push(
                read.map_err(|why| usage(format!("--workloads got {given:?}: {why}; or a name alone")))?,
            );
        }
        if found.iter().any(|one| all.contains(one)) {
            return Err(usage(format!("--workloads got {given:?}: takes names, each once")));
        }
        all.extend(found);
    }
    Ok(all)
}

/// How many idle actors are beside: each number once.
fn idle(profile: Profile, given: Option<&str>) -> Result<Vec<u64>, NoResult> {
    let Some(given) = given else { return Ok(profile.idle().to_vec()) };
    let numbers: Option<Vec<u64>> =
        given.split(',').map(|word| units::read_size(word).filter(|n| *n <= IDLE_MOST)).collect();
    numbers.filter(|all| all.iter().enumerate().all(|(at, n)| !all[..at].contains(n))).ok_or_else(|| {
        let most = units::count(IDLE_MOST);
        usage(format!("--idle got {given:?}: takes numbers up to {most}, as 0 or 1k,1M, each once"))
    })
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0, 1 throng has no figure, or something could not
/// be written, 2 usage, 5 throng's work was not done as it was to be, 130 interrupted.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    exit(command(args))
}

/// What is asked for, defaults filled in.
pub(super) struct Wanted {
    names: Vec<&'static System>,
    asked: Vec<Asked>,
    settings: Vec<Setting>,
    idle: Vec<u64>,
    rounds: u32,
    time: Duration,
    used: Duration,
    workers: u64,
    seed: u64,
    profile: Profile,
    programs: PathBuf,
    out: Option<PathBuf>,
    format: Format,
}

/// Reads the command line.
pub(super) fn read(args: &[OsString]) -> Result<Wanted, NoResult> {
    let takes = "takes names of systems, --profile, --workloads, --settings, --rounds, --time, --used, --idle, --workers, --seed, --programs, --out and \
                 --format";
    let given: Own = own(args, "throng peers", takes)?;
    let twice = given.names.iter().enumerate().find(|(at, one)| given.names[..*at].contains(one));
    if let Some((_, system)) = twice {
        return Err(usage(format!("peers: {:?} is given twice: name each system once", system.name)));
    }
    let profile = given.profile;
    let time = given.time.unwrap_or(profile.time());
    if time.is_zero() {
        return Err(usage("--time got \"0ms\": a figure takes some time".into()));
    }
    let processors = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let settings = given.settings.as_deref().map(Setting::parse).transpose();
    let settings = settings.map_err(|why| {
        let got = given.settings.as_deref().unwrap_or_default();
        usage(format!("--settings got {got:?}: {why}"))
    })?;
    Ok(Wanted {
        asked: asked(profile, given.workloads.as_deref())?,
        settings: settings.unwrap_or(Setting::ALL.into()),
        idle: idle(profile, given.idle.as_deref())?,
        names: given.names,
        rounds: given.rounds.unwrap_or(profile.rounds()),
        time,
        used: given.used.unwrap_or(profile.used()),
        workers: given.workers.unwrap_or(processors).min(WORKERS_MOST),
        seed: given.seed.unwrap_or(now),
        profile,
        programs: given.programs.unwrap_or_else(|| PROGRAMS.into()),
        out: given.out,
        format: given.format,
    })
}

impl Wanted {
    /// throng first, and those that are asked for, with how each is run.
    fn systems(&self) -> Vec<(&'static System, Result<Invocation, String>)> {
        let chosen =
            |system: &&System| self.names.is_empty() || system.name == BASE || self.names.contains(system);
        SYSTEMS.iter().filter(chosen).map(|system| (system, system.invocation(&self.programs))).collect()
    }

    /// The processes of a round.
    fn processes(&self) -> Vec<Orders> {
        processes(&self.settings, &self.asked, self.workers, &self.idle, self.used, self.time)
    }

    /// What repeats it.
    fn command(&self) -> Vec<String> {
        let listed = |all: Vec<String>| all.join(",");
        let flags = [
            ("--profile", self.profile.name().to_owned()),
            ("--workloads", listed(self.asked.iter().map(Asked::to_string).collect())),
            ("--settings", self.settings.iter().map(|one| one.name()).collect::<Vec<_>>().join(",")),
            ("--rounds", self.rounds.to_string()),
            ("--time", format!("{}ms", self.time.as_millis())),
            ("--used", format!("{}ms", self.used.as_millis())),
            ("--idle", listed(self.idle.iter().map(u64::to_string).collect())),
            ("--workers", self.workers.to_string()),
            ("--seed", self.seed.to_string()),
            ("--programs", self.programs.display().to_string()),
        ];
        let mut command = vec!["peers".to_owned()];
        command.extend(self.names.iter().map(|system| system.name.to_owned()));
        command.extend(flags.into_iter().flat_map(|(flag, value)| [flag.to_owned(), value]));
        command
    }
}

fn command(args: impl Iterator<Item = OsString>) -> Result<ExitCode, NoResult> {
    let wanted = read(&args.collect::<Vec<_>>())?;
    let processes = wanted.processes();
    if processes.is_empty() {
        return Err(usage("--settings leaves nothing to measure: one-worker takes several --workers, idle an --idle above 0, used a --used \
                          above 0ms; and memory alone is fresh only".into()));
    }
    let (interrupt, claim) = interruptible(wanted.out.as_deref(), "peers")?;
    let plan = Plan {
        systems: wanted.systems(),
        processes,
        rounds: wanted.rounds,
        seed: wanted.seed,
        command: wanted.command(),
        crossing: probe::cross_core_ns,
    };
    let (progress, began) = (Progress::new(), Instant::now());
    let outcome = rounds::run(plan, interrupt.raised(), &mut |line| {
        let seconds = began.elapsed().as_secs();
        progress.tell(&format!("{}:{:02} {line}", seconds / 60, seconds % 60));
    });
    progress.end();
    interrupt.keep();
    let peers = &outcome.peers;
    outcome.save(claim.path(), &text::markdown(peers)).map_err(failed)?;
    let result = match wanted.format {
        Format::Text => text::text(peers),
        Format::Markdown => text::markdown(peers),
        Format::Json => pretty(peers),
    };
    let kept = Kept { folder: claim.path(), of: "comparison" };
    Ok(ended(&kept, outcome.exit, &peers.validity.wrong, &result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_it_says_all_that_was_asked_for() {
        let command = |words: &[String]| {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            let wanted = read(&words).unwrap_or_else(|_| panic!("{words:?}"));
            wanted.command()
        };
        let line = "go --profile smoke --workloads ask:2:9 --settings idle,fresh --rounds 3 --time 7ms --used 0ms --idle 5 --workers 2 --seed 7 --programs /opt/bin";
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        assert_eq!(command(&words)[1..], words);
        let defaults = command(&[]);
        assert_eq!(command(&defaults[1..]), defaults);
    }
}

//! The command `loadgen`: one run of one workload in this process.

use crate::arrival::{DURATION_MAX, Schedule};
use crate::export::claim::Claim;
use crate::export::file::WriteError;
use crate::export::set::FileSet;
use crate::export::{hgrm, intervals};
use crate::interrupt::{INTERRUPTED, Interrupt};
use crate::machine::{memory, processors};
use crate::options::{self, Format, Mode, Options, Refused, Warmup};
use crate::run::{self, Failed, Finished};
use crate::scenario::footprint;
use crate::scenario::plan::Planted;
use crate::stderr;
use crate::stdout;
use crate::summary;
use crate::units;
use std::ffi::OsString;
use std::io::Write;
use std::iter;
use std::path::Path;
use std::process::ExitCode;
use throng::Pin;

const INTERNAL: u8 = 1;
const USAGE: u8 = 2;
const RATE_MISSED: u8 = 3;
const ASSERTION: u8 = 4;
const LOST: u8 = 5;
const NEVER_STEADY: u8 = 6;

/// What an exit code says of a run or of several, in a few words with the code behind.
pub fn meaning(exit: i32) -> String {
    let words = match u8::try_from(exit) {
        Ok(RATE_MISSED) => "rate missed",
        Ok(ASSERTION) => "an assertion does not hold",
        Ok(LOST) => "lost, duplicated or out of order",
        Ok(NEVER_STEADY) => "never steady",
        Ok(INTERRUPTED) => "interrupted",
        _ => "not valid",
    };
    format!("{words} ({exit})")
}

/// Runs the command with the arguments that follow its name; gives the process's exit code: 0 valid, 1 it could not be run or
/// written, 2 usage, or no threads for its workers, 3 the rate of an open load was missed, 4 an assertion does not hold, 5
/// messages lost, duplicated or out of order, 6 a warm-up that never became steady, 130 interrupted.
pub fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    match command(args, &mut stdout::lock()) {
        Ok(code) => ExitCode::from(code),
        Err((code, line)) => {
            stderr::line(format_args!("loadgen: {line}"));
            ExitCode::from(code)
        }
    }
}

fn command(args: impl Iterator<Item = OsString>, out: &mut impl Write) -> Result<u8, (u8, String)> {
    command_with(args, None, out)
}

/// `fault` is planted into the load: tests look that each is found.
fn command_with(
    args: impl Iterator<Item = OsString>,
    fault: Option<Planted>,
    out: &mut impl Write,
) -> Result<u8, (u8, String)> {
    let args: Vec<OsString> = args.collect();
    let command = command_line(&args);
    let options = match Options::read(args) {
        Ok(options) => options,
        Err(Refused::Told(text)) => return print(out, &text).map(|()| 0),
        Err(Refused::Usage(line)) => return Err((USAGE, line)),
    };
    let internal = |why: String| (INTERNAL, why);
    can_be_had(&options, memory::available_bytes(), &processors::usable()).map_err(|why| (USAGE, why))?;
    has_an_arrival(&options).map_err(|why| (USAGE, why))?;
    let interrupt =
        Interrupt::catch().map_err(|error| internal(format!("cannot listen for Ctrl-C: {error}")))?;
    // Known before the run, not after it.
    let claim = options.out.as_ref().map(|folder| interrupt.undisturbed(|| Claim::of(folder))).transpose();
    let claim = claim.map_err(|why| (USAGE, format!("--out {why}")))?;
    let mut finished =
        run::execute_with(&options, interrupt.raised(), fault).map_err(|failed| match failed {
            Failed::Refused(why) => (USAGE, why),
            Failed::Broken(why) => internal(why),
        })?;
    finished.run.command = command;
    interrupt.keep();
    for wrong in finished.run.validity["wrong"].as_array().into_iter().flatten() {
        stderr::line(format_args!("loadgen: {}", wrong.as_str().unwrap_or_default()));
    }
    for why in faults(&finished, &options) {
        stderr::line(format_args!("loadgen: {why}"));
    }
    let json = run_json(&finished);
    let saved = claim.as_ref().map_or(Ok(()), |claim| {
        save(claim.path(), &finished, &json).map_err(|error| internal(error.to_string()))
    });
    // Also where the files could not be had.
    match options.format {
        Format::Text => print(out, &summary::text(&finished.run))?,
        Format::Markdown => print(out, &summary::markdown(&finished.run))?,
        Format::Json => print(out, &json)?,
    }
    saved.map(|()| exit_code(&finished))
}

/// The words that repeat the run, without those that say where its result goes.
fn command_line(args: &[OsString]) -> Vec<String> {
    let left = options::without(args, &["--out", "--format"]);
    let words = left.iter().map(|word| word.to_string_lossy().into_owned());
    iter::once("loadgen".to_owned()).chain(words).collect()
}

/// What makes the run worthless comes first.
fn exit_code(finished: &Finished) -> u8 {
    if !finished.sound {
        LOST
    } else if finished.interrupted {
        INTERRUPTED
    } else if !finished.on_rate {
        RATE_MISSED
    } else if !finished.steady {
        NEVER_STEADY
    } else if !finished.failed_assertions.is_empty() {
        ASSERTION
    } else {
        0
    }
}

/// What is wrong with a run of these options that lost nothing, in words.
fn faults(finished: &Finished, options: &Options) -> Vec<String> {
    let (mut faults, arrival) = (Vec::new(), options.arrival());
    if let Some(load) = finished.run.load.as_ref().filter(|_| !finished.on_rate) {
        let target = load.rate_target.map_or("its plan".into(), |rate| units::rate(rate as f64));
        let actual = load.rate_actual.map_or("nothing".into(), units::rate);
        faults.push(match load.planned {
            0 => format!(
                "{NO_ARRIVAL}: nothing was measured; take a longer --duration or {}",
                arrival.denser()
            ),
            _ => format!(
                "the rate was missed: {actual} of {target} were sent; take {}, or see what holds it up",
                arrival.slower()
            ),
        });
    }
    if !finished.steady {
        faults.push(
            "the load never became steady within 30 s; name a --warmup to measure it all the same".into(),
        );
    }
    faults.extend(finished.failed_assertions.iter().map(|failed| format!("--assert {failed}")));
    faults
}

/// What a plan of a low rate comes to in a short time.
const NO_ARRIVAL: &str = "the plan has no arrival in the measured time";

/// Refuses an open load that would send nothing, where that is known before: a warm-up that waits ends when it is steady.
fn has_an_arrival(options: &Options) -> Result<(), String> {
    let arrival = options.arrival();
    let Some(Warmup::For(warmup)) = options.warms_up() else { return Ok(()) };
    if options.mode() != Mode::Open {
        return Ok(());
    }
    let (rate, lasts) = (options.rate.unwrap_or_default(), options.open_lasts());
    let whole = (warmup + lasts).min(DURATION_MAX);
    match Schedule::new(&arrival, rate, options.seed, whole)?.has_one_from(warmup) {
        Some(false) => Err(format!(
            "{NO_ARRIVAL}: {arrival}{}, seed {}, {lasts:?} after a warm-up of {warmup:?}; takes a longer --duration or {}",
            if arrival.takes_rate() { format!(" at {}", units::rate(rate as f64)) } else { String::new() },
            options.seed,
            arrival.denser()
        )),
        _ => Ok(()),
    }
}

/// Refuses what this machine does not have: the memory for so many actors, the processors to pin workers to.
fn can_be_had(options: &Options, available: Option<u64>, usable: &[usize]) -> Result<(), String> {
    if let (Some(actors), Some(available)) = (options.actors, available)
        && let Some(fit) = footprint::fit(options.workload, available).filter(|fit| actors > *fit)
    {
        return Err(format!(
            "{}: takes up to {fit} for {} here, by {} B an actor and {} of memory that this process may take",
            options.got("--actors", actors),
            options.workload.name(),
            footprint::bytes_per_actor(options.workload).unwrap_or_default(),
            units::bytes(available as f64)
        ));
    }
    if let Pin::Processors(list) = &options.pin {
        let missing: Vec<_> = list.iter().filter(|n| !usable.contains(n)).map(usize::to_string).collect();
        // Where the kernel does not tell, it will say so itself.
        if !missing.is_empty() && !usable.is_empty() {
            return Err(format!(
                "{}: takes processors that this process may use here: {}",
                options.got("--pin", missing.join(",")),
                processors::ranges(usable)
            ));
        }
    }
    Ok(())
}

fn run_json(finished: &Finished) -> String {
    serde_json::to_string(&finished.run).expect("a run has nothing that JSON has not") + "\n"
}

/// A result that nobody got is none: so is one whose reader has gone away.
fn print(out: &mut impl Write, text: &str) -> Result<(), (u8, String)> {
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written.map_err(|error| (INTERNAL, format!("cannot write to stdout: {error}")))
}

/// The files of a run, those that are not in every one of them too.
const FILES: [&str; 7] =
    ["env.json", "summary.md", "latency.hlog", "intervals.csv", "response.hgrm", "service.hgrm", "run.json"];

/// Writes a run's files; those of a run that does not hold end in `.FAIL`.
fn save(folder: &Path, finished: &Finished, json: &str) -> Result<(), WriteError> {
    let named = |name: &str| if finished.valid() { name.to_owned() } else { format!("{name}.FAIL") };
    let mut set = FileSet::new(folder);
    let mut text = |name: &str, text: &str| set.write(&named(name), |file| file.write_all(text.as_bytes()));
    let env = serde_json::to_string_pretty(&finished.run.env).expect("a map of names") + "\n";
    text("env.json", &env)?;
    text("summary.md", &summary::markdown(&finished.run))?;
    if finished.response.is_some() {
        let timeline = &finished.timeline;
        set.write(&named("latency.hlog"), |file| intervals::write_log(file, finished.began, timeline))?;
        set.write(&named("intervals.csv"), |file| intervals::write_csv(file, timeline))?;
    }
    for (name, recorder) in [("response.hgrm", &finished.response), ("service.hgrm", &finished.service)] {
        if let Some(recorder) = recorder {
            set.write(&named(name), |file| hgrm::write(file, recorder.histogram(), 1))?;
        }
    }
    // The last: where it is, the others are.
    set.write(&named("run.json"), |file| file.write_all(json.as_bytes()))?;
    let failed = FILES.map(|name| format!("{name}.FAIL"));
    set.keep(FILES.into_iter().chain(failed.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests;

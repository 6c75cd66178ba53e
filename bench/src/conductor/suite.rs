//! `throng load --profile-file FILE`: the loads of a file, one after the other.

use super::frame::{Kept, NoResult, ended, failed, interruptible, usage};
use super::told::Progress;
use crate::options::{Options, Refused};
use crate::profile_file::ProfileFile;
use crate::series::fresh::Generator;
use crate::series::load::pretty;
use crate::series::suite::{self, Plan};
use crate::series::suite_text;
use crate::table::render::Format;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the loads of `file`; `runs` each of them that does not say itself how many. Gives the exit code, or the one of a refusal
/// with its line.
pub(super) fn measured(
    file: &Path,
    runs: Option<u32>,
    out: Option<PathBuf>,
    format: Format,
) -> Result<ExitCode, NoResult> {
    let listed = ProfileFile::read(file).map_err(|error| usage(error.to_string()))?;
    if let Some(runs) = runs.filter(|_| listed.loads.iter().all(|load| load.runs.is_some())) {
        return Err(usage(format!(
            "--runs got \"{runs}\": each load of {} says itself how many runs it has: leave one of the two off",
            file.display().to_string().escape_debug()
        )));
    }
    let read = listed.loads.into_iter().map(|load| {
        let options = Options::read(load.args.iter().map(OsString::from));
        options.map(|options| (load, options))
    });
    let loads = read.collect::<Result<Vec<_>, _>>().map_err(|refused| match refused {
        Refused::Usage(line) | Refused::Told(line) => usage(line),
    })?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let plain: String = stem.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let (interrupt, claim) = interruptible(out.as_deref(), &format!("series-{plain}"))?;
    let folder = claim.path();
    let generator = Generator::own().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let mut repeat = vec!["load".to_owned(), format!("--profile-file={}", file.to_string_lossy())];
    repeat.extend(runs.map(|runs| format!("--runs={runs}")));
    let all: u32 = loads.iter().map(|(load, options)| suite::runs_of(load, options, runs)).sum();
    let progress = Progress::over(all);
    let plan = Plan {
        generator: &generator,
        loads: &loads,
        runs,
        profile_file: name,
        folder,
        command: repeat,
        ran: &|runs| progress.ran(runs),
    };
    let outcome = suite::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome?;
    interrupt.keep();
    let suite = &outcome.suite;
    outcome.save(folder, &suite_text::markdown(suite)).map_err(failed)?;
    let result = match format {
        Format::Text => suite_text::text(suite),
        Format::Markdown => suite_text::markdown(suite),
        Format::Json => pretty(suite),
    };
    let kept = Kept { folder, of: "series" };
    let wrong = [&suite.validity.wrong[..], &outcome.dropped[..]].concat();
    Ok(ended(&kept, outcome.exit, &wrong, &result))
}

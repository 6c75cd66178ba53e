//! `throng load --profile-file FILE`: the loads of a file, one after the other.

use super::passed::can_hold;
use super::shown;
use super::told::{Progress, printed};
use crate::interrupt::Interrupt;
use crate::options::{Options, Refused};
use crate::profile_file::ProfileFile;
use crate::series::fresh::Generator;
use crate::series::load::pretty;
use crate::series::suite::{self, End, Plan};
use crate::series::suite_text;
use crate::table::render::Format;
use crate::{stderr, utc};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

const FAILED: u8 = 1;
const USAGE: u8 = 2;

/// Runs the loads of `file`; `runs` each of them that does not say how many. Gives the exit code, or the one of a refusal
/// with its line.
pub(super) fn measured(
    file: &Path,
    runs: u32,
    out: Option<PathBuf>,
    format: Format,
) -> Result<ExitCode, (u8, String)> {
    let usage = |line: String| (USAGE, line);
    let failed = |why: String| (FAILED, why);
    let listed = ProfileFile::read(file).map_err(|error| usage(error.to_string()))?;
    let read = listed.loads.into_iter().map(|load| {
        let options = Options::read(load.args.iter().map(OsString::from));
        options.map(|options| (load, options))
    });
    let loads = read.collect::<Result<Vec<_>, _>>().map_err(|refused| match refused {
        Refused::Usage(line) | Refused::Told(line) => usage(line),
    })?;
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let folder = out.unwrap_or_else(|| {
        let name: String = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
            .collect();
        Path::new("reports/runs").join(format!("{}-series-{name}", utc::compact(SystemTime::now())))
    });
    let interrupt = Interrupt::catch().map_err(|e| failed(format!("signals cannot be caught: {e}")))?;
    can_hold(&folder, &interrupt).map_err(usage)?;
    let generator = Generator::own().map_err(|e| failed(format!("this program cannot find itself: {e}")))?;
    let given = file.to_string_lossy();
    let plan = Plan {
        generator: &generator,
        loads: &loads,
        runs,
        profile_file: name,
        folder: &folder,
        command: vec!["load".into(), format!("--profile-file={given}"), format!("--runs={runs}")],
    };
    let mut progress = Progress::new();
    let outcome = suite::run(plan, &interrupt, &mut |line| progress.tell(line));
    progress.end();
    let outcome = outcome.map_err(|end| match end {
        End::Refused(line) => usage(line),
        End::Failed(why) => failed(why),
    })?;
    interrupt.keep();
    let suite = &outcome.suite;
    outcome.save(&folder, &suite_text::markdown(suite)).map_err(failed)?;
    let exit = shown::page(&folder, outcome.exit);
    for wrong in &suite.validity.wrong {
        stderr::line(format_args!("throng: {wrong}"));
    }
    stderr::line(format_args!("files of this series: {}", folder.display()));
    let code = printed(&match format {
        Format::Text => suite_text::text(suite),
        Format::Markdown => suite_text::markdown(suite),
        Format::Json => pretty(suite),
    });
    Ok(if exit == 0 { code } else { ExitCode::from(exit) })
}

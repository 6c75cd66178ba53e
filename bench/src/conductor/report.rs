//! `throng report DIR`: the page of a run, rendered again from its raw files.

use super::told::printed;
use crate::report::folder;
use crate::stderr;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
Renders the page of a run again from its raw files: the .hlog, run.json or table.json, intervals.csv.

  throng report DIR    writes DIR/report.html (DIR/index.html for a table) and DIR/svg/
";

const TAKES: &str = "takes the folder of one run";
const FAILED: u8 = 1;
const USAGE_CODE: u8 = 2;

/// Runs the command with the arguments that follow its name; gives 0, 1 where the page cannot be written, 2 where the
/// folder holds no run that can be shown.
pub(super) fn main(args: impl Iterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.collect();
    let line = match &args[..] {
        [flag] if flag == "-h" || flag == "--help" => return printed(USAGE),
        [] => format!("throng report got nothing: {TAKES}"),
        [flag] if flag.to_string_lossy().starts_with('-') => {
            format!("{flag:?} is no option of throng report: {TAKES}")
        }
        [folder] => match rendered(Path::new(folder)) {
            Ok(()) => return ExitCode::SUCCESS,
            Err((code, why)) => {
                stderr::line(format_args!("throng: {why}"));
                return ExitCode::from(code);
            }
        },
        [_, more, ..] => format!("throng report got {more:?} too: {TAKES}"),
    };
    stderr::line(format_args!("throng: {line}"));
    ExitCode::from(USAGE_CODE)
}

fn rendered(path: &Path) -> Result<(), (u8, String)> {
    let rendered = folder::render(path).map_err(|refused| (USAGE_CODE, refused.to_string()))?;
    folder::write(path, &rendered).map_err(|error| (FAILED, error.to_string()))?;
    stderr::line(format_args!("{}", path.join(rendered.name).display()));
    Ok(())
}

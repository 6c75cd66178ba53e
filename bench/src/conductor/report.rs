//! `throng report DIR`: the page of a run, rendered again from its raw files.

use super::told::printed;
use crate::report::folder::{NotWritten, Published, publish};
use crate::stderr;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "\
Renders the page of a run again from its raw files: the .hlog, run.json or table.json, intervals.csv.

  throng report DIR    writes DIR/report.html (DIR/index.html for a table) and DIR/svg/, from which older .svg files
                       are removed

Only what the page would show is looked for: of a run latency.hlog and intervals.csv, where it says that it sampled; of a
load combined.hlog, jitter.hlog, the folder of each run, and run.json, latency.hlog and intervals.csv of the one run whose
course is drawn; of a sweep or the loads of a file the folder of each point or load; of a look at the idle machine
jitter.hlog; of a table the .hlog files of its rows. What of that is not there is told on stderr, with what the page does not show for it. That other files are missing (.hgrm, env.json, summary.md, the runs of a
comparison) is not told.
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
        [folder] => match publish(Path::new(folder)) {
            Ok(Published { page, missing }) => {
                for missing in missing {
                    stderr::line(format_args!("throng: {missing}"));
                }
                stderr::line(format_args!("the page: {}", page.display()));
                return ExitCode::SUCCESS;
            }
            Err(NotWritten::Refused(refused)) => refused.to_string(),
            Err(error) => {
                stderr::line(format_args!("throng: {error}"));
                return ExitCode::from(FAILED);
            }
        },
        [_, more, ..] => format!("throng report got {more:?} too: {TAKES}"),
    };
    stderr::line(format_args!("throng: {line}"));
    ExitCode::from(USAGE_CODE)
}

//! The page of what a command has just written.

use crate::report::folder::publish;
use crate::stderr;
use std::path::Path;

const FAILED: u8 = 1;

/// Renders the page of the raw files in `folder` and puts it beside them; gives the exit code that the command comes to,
/// which was `exit` so far. A page that cannot be had is told with the file that is at fault, and spoils a command that
/// went well: the raw files stay, and `throng report` renders them again.
pub(super) fn page(folder: &Path, exit: u8) -> u8 {
    match publish(folder) {
        Ok(published) => {
            for missing in published.missing {
                stderr::line(format_args!("throng: {missing}"));
            }
            exit
        }
        Err(why) => {
            stderr::line(format_args!("throng: no page: {why}"));
            if exit == 0 { FAILED } else { exit }
        }
    }
}

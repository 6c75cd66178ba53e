//! Where a run's files lie, and its JSON read from there.

use std::fmt;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;

use super::refused::Refused;
use crate::export::lines::ReadError;
use crate::regular_file;

/// What a file of a run that is not valid has behind its name.
pub const FAILED: &str = ".FAIL";

/// The most of a JSON file: many times what a run writes, and few enough values to be held, whatever they are.
const LONGEST_JSON: u64 = 320 << 10;
/// The most of the JSON of a series: a load of 1,000 runs has 1.1 MB. Each of its lists takes a few times as much.
const LONGEST_SERIES: u64 = 3 << 19;

/// The file `name` of the run in `folder`, or that of a run that is not valid; `None` where there is neither.
pub fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    [folder.join(name), folder.join(format!("{name}{FAILED}"))].into_iter().find(|path| path.exists())
}

/// A file or folder that the JSON of a run speaks of, and that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Where it should be.
    pub file: PathBuf,
    /// What the page cannot show without it.
    pub lost: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is missing: the page does not show {}", self.file, self.lost)
    }
}

/// The folder `name` that the file `said_by` speaks of, within its own folder.
///
/// # Errors
/// `name` is not one plain name: it would lead elsewhere.
pub fn inner(said_by: &Path, name: &str) -> Result<PathBuf, Refused> {
    match (is_plain(name), said_by.parent()) {
        (true, Some(folder)) => Ok(folder.join(name)),
        _ => Err(Refused::file(said_by, format!("has the folder {name:?}: takes the name of one beside it"))),
    }
}

/// Whether a path of it leads nowhere but to what is called so.
pub fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

/// Reads a JSON file.
///
/// # Errors
/// It cannot be read, is longer than any run's, or is not what is accepted there; with the line.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Refused> {
    read(path, LONGEST_JSON)
}

/// Reads the JSON file of a series, which has a row for each run: `T` takes no values of any kind but short ones.
///
/// # Errors
/// As [`json`].
pub fn series<T: DeserializeOwned>(path: &Path) -> Result<T, Refused> {
    read(path, LONGEST_SERIES)
}

fn read<T: DeserializeOwned>(path: &Path, longest: u64) -> Result<T, Refused> {
    let failed = |error| Refused::file(path, regular_file::reason(&error));
    let mut text = Vec::new();
    let file = regular_file::open(path).map_err(failed)?;
    file.take(longest + 1).read_to_end(&mut text).map_err(failed)?;
    if text.len() as u64 > longest {
        return Err(Refused::file(path, format!("is longer than {longest} bytes: {}", takes(path))));
    }
    serde_json::from_slice(&text).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        let line = (error.line() as u64).max(1);
        Refused::line(
            path,
            ReadError { line, reason: format!("column {}: {reason}: {}", error.column(), takes(path)) },
        )
    })
}

/// What is accepted in the place of a damaged file, and what to do about it.
fn takes(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    format!("takes a {name} as throng wrote it: bring back the whole file, or measure again")
}

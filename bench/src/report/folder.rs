//! The page of a folder: what its raw files say, rendered again.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::raw::place::{FAILED, Missing, find, series};
use super::raw::refused::Refused;
use super::raw::shape::Head;
use super::rendered::Rendered;
use super::sheet;
use crate::export::file::{NoFolder, WriteError, make_folder, remove, write_atomic};

/// The folder of the drawings, below that of the run.
pub const DRAWINGS: &str = "svg";

/// Renders the run in `folder`: `run.json` of the schema run/1, load/1, series/1, sweep/1, compare/1, jitter/1, prices/1,
/// savina/1 or peers/1, or `table.json` of the schema table/1; of a run that is not valid with `.FAIL` behind their names. Percentiles come from the `.hlog`
/// files, whatever else is written down.
///
/// # Errors
/// There is no run, or a file of it is damaged: with the file and the line.
pub fn render(folder: &Path) -> Result<Rendered, Refused> {
    if folder.is_file() {
        return Err(Refused::file(folder, "is a file: takes the folder that it is in"));
    }
    for name in ["run.json", "table.json"] {
        let failed = format!("{name}{FAILED}");
        if folder.join(name).exists() && folder.join(&failed).exists() {
            return Err(Refused::file(
                folder,
                format!("has {name} and {failed}, of two runs: takes the files of one, without the other's"),
            ));
        }
    }
    if let Some(file) = find(folder, "run.json") {
        let head: Head = series(&file)?;
        return match head.schema.as_str() {
            "run/1" => sheet::run::render(&file),
            "load/1" => sheet::load::render(&file),
            "series/1" => sheet::suite::render(&file),
            "sweep/1" => sheet::sweep::render(&file),
            "compare/1" => sheet::compare::render(&file),
            "jitter/1" => sheet::jitter::render(&file),
            "prices/1" => sheet::prices::render(&file),
            "savina/1" => sheet::savina::render(&file),
            "peers/1" => sheet::peers::render(&file),
            other => Err(Refused::file(
                &file,
                format!(
                    "has the schema {other:?}: takes run/1, load/1, series/1, sweep/1, compare/1, jitter/1, prices/1, \
                     savina/1 or peers/1"
                ),
            )),
        };
    }
    match find(folder, "table.json") {
        Some(file) => sheet::table::render(&file),
        None => Err(Refused::file(
            folder,
            format!("has no run: takes a folder with run.json or table.json, or one of them with {FAILED}"),
        )),
    }
}

/// Why the page of a folder is not there.
#[derive(Debug)]
pub enum NotWritten {
    /// There is no run in it that can be shown.
    Refused(Refused),
    /// A file could not be written.
    File(WriteError),
    /// The folder of the drawings could not be made.
    Folder(NoFolder),
}

impl std::fmt::Display for NotWritten {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::File(error) => error.fmt(f),
            Self::Folder(error) => write!(f, "{DRAWINGS} {error}"),
        }
    }
}

impl std::error::Error for NotWritten {}

/// Writes the page into `folder` and the drawings into its folder [`DRAWINGS`], from which the drawings of an older page
/// are removed.
///
/// # Errors
/// A file or the folder could not be written, or an older drawing not be removed.
pub fn write(folder: &Path, rendered: &Rendered) -> Result<(), NotWritten> {
    let text = |path: &Path, text: &str| {
        write_atomic(path, |file| file.write_all(text.as_bytes())).map_err(NotWritten::File)
    };
    let drawings = folder.join(DRAWINGS);
    if !rendered.drawings.is_empty() {
        make_folder(&drawings).map_err(NotWritten::Folder)?;
    }
    for (name, svg) in &rendered.drawings {
        text(&drawings.join(name), svg)?;
    }
    text(&folder.join(rendered.name), &rendered.page)?;
    let stale =
        |name: &str| name.ends_with(".svg") && rendered.drawings.iter().all(|(drawing, _)| drawing != name);
    remove(&drawings, stale).map_err(NotWritten::File)
}

/// A page that is there.
#[derive(Debug)]
pub struct Published {
    /// Its file.
    pub page: PathBuf,
    /// What it does not show, as files are not there.
    pub missing: Vec<Missing>,
}

/// Renders the run in `folder` and writes its page and drawings there. What a command calls once its raw files are written.
///
/// # Errors
/// As [`render`] and [`write()`].
pub fn publish(folder: &Path) -> Result<Published, NotWritten> {
    let rendered = render(folder).map_err(NotWritten::Refused)?;
    write(folder, &rendered)?;
    Ok(Published { page: folder.join(rendered.name), missing: rendered.missing })
}

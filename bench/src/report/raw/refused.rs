//! A file that cannot be shown: which one, where, and why.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::export::lines::ReadError;

/// Why a folder gives no page: one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The file, or the folder where a file is missing.
    pub file: PathBuf,
    /// The line, counted from 1, where one is to blame.
    pub line: Option<u64>,
    /// What was found and what is accepted.
    pub reason: String,
}

impl Refused {
    /// The whole file is to blame.
    pub fn file(file: &Path, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, reason: reason.into() }
    }

    /// One line of `file` is to blame.
    pub fn line(file: &Path, error: ReadError) -> Self {
        Self { file: file.to_owned(), line: Some(error.line), reason: error.reason }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Quoted, so that a name with a line break stays one line.
        write!(f, "{:?}: ", self.file)?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.reason.replace(['\n', '\r'], " "))
    }
}

impl std::error::Error for Refused {}

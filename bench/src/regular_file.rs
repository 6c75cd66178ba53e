//! Files that a user names: read only where they are regular ones, as a pipe may never say anything and a device never end.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens `path` for reading. It is looked at first: to open a pipe is to wait for who writes into it.
///
/// # Errors
/// The system's reason, or that it is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "is no regular file: takes one"))
    }
}

/// Why it could not be opened or read, as the rest of a sentence that begins with its name.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::InvalidInput if error.raw_os_error().is_none() => error.to_string(),
        _ => format!("cannot be read: {error}"),
    }
}

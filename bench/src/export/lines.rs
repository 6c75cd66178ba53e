//! Lines of a file that may be damaged or hostile: of bounded length, and numbered for the error.

use std::io::{BufRead, Read};

/// What is wrong with a file, and in which line. Who opened it knows its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The line, counted from 1.
    pub line: u64,
    /// What was found there and what is accepted.
    pub reason: String,
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for ReadError {}

/// Said of a file whose end is not that of a line.
const CUT_OFF: &str =
    "is cut off: the file ends without a newline: takes the whole file: bring it back, or measure again";

/// The lines of a reader, one at a time, none longer than a limit.
#[derive(Debug)]
pub struct Lines<R> {
    reader: R,
    longest: usize,
    number: u64,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads lines of at most `longest` bytes, the newline included.
    pub fn new(reader: R, longest: usize) -> Self {
        Self { reader, longest, number: 0, line: Vec::new() }
    }

    /// The next line with its newline; `None` at the end.
    ///
    /// # Errors
    /// The line is longer than the limit, or is cut off, or the reader failed.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, ReadError> {
        self.line.clear();
        self.number += 1;
        let mut bounded = self.reader.by_ref().take(self.longest as u64);
        if let Err(e) = bounded.read_until(b'\n', &mut self.line) {
            return Err(self.error(format!("cannot be read: {e}")));
        }
        if self.line.is_empty() {
            return Ok(None);
        }
        if self.line.last() != Some(&b'\n') {
            let reason = if self.line.len() == self.longest {
                format!("is longer than {} bytes", self.longest)
            } else {
                CUT_OFF.to_owned()
            };
            return Err(self.error(reason));
        }
        Ok(Some(&self.line))
    }

    /// An error in the line last read.
    pub fn error(&self, reason: impl Into<String>) -> ReadError {
        ReadError { line: self.number, reason: reason.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_in_order() {
        let mut lines = Lines::new(&b"a\n\nbc\n"[..], 3);
        for expected in ["a\n", "\n", "bc\n"] {
            assert_eq!(lines.next_line(), Ok(Some(expected.as_bytes())));
        }
        assert_eq!(lines.next_line(), Ok(None));
    }

    #[test]
    fn r18_a_long_or_cut_line_is_named_by_its_number() {
        let mut lines = Lines::new(&b"a\nabcd\n"[..], 4);
        assert!(lines.next_line().is_ok());
        let error = lines.next_line().expect_err("five bytes");
        assert_eq!(error.to_string(), "line 2: is longer than 4 bytes");

        let mut lines = Lines::new(&b"a\nab"[..], 4);
        assert!(lines.next_line().is_ok());
        let error = lines.next_line().expect_err("no newline");
        assert_eq!(error.to_string(), format!("line 2: {CUT_OFF}"));
    }
}

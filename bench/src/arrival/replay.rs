//! Arrivals that were recorded: a file with one whole number of nanoseconds since the start in each line.

use crate::regular_file;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// The most arrivals of a file.
const ARRIVALS_MAX: usize = 8_000_000;
/// The longest line, its end not counted.
const LINE_MAX: usize = 64;
/// The latest arrival: a day after the start.
const LATEST_NS: u64 = 86_400_000_000_000;
/// A gap of this length and the next one are one: 32 bits an arrival are enough, as longer gaps are rare.
const CONTINUED: u32 = u32::MAX;

/// The gaps between the arrivals of a file.
#[derive(Debug, Clone)]
pub(super) struct Recording {
    gaps: Vec<u32>,
    arrivals: u64,
}

impl Recording {
    /// Reads the arrivals of `path` before `end`, in ns since the start.
    ///
    /// # Errors
    /// Names the file, the line, what is there and what is taken.
    pub(super) fn read(path: &Path, end: u64) -> Result<Self, String> {
        // It is read more than once, and a pipe would have nothing to say the second time.
        let file = regular_file::open(path)
            .map_err(|error| format!("{}: {}", path.display(), regular_file::reason(&error)))?;
        // As many as there can be, so that what is read is not copied to and fro, which takes twice the memory for a while.
        let likely = file.metadata().map_or(0, |about| about.len() / 2).min(ARRIVALS_MAX as u64);
        Self::from_lines(BufReader::new(file), end, ARRIVALS_MAX, likely as usize).map_err(|(line, why)| {
            match line {
                0 => format!("{}: {why}", path.display()),
                line => format!("{}:{line}: {why}", path.display()),
            }
        })
    }

    /// As [`Recording::read`], at most so many arrivals, with room for `likely`; an error comes with its line, 0 for the whole.
    fn from_lines(
        mut reader: impl BufRead,
        end: u64,
        arrivals_max: usize,
        likely: usize,
    ) -> Result<Self, (usize, String)> {
        let mut recording = Self { gaps: Vec::with_capacity(likely), arrivals: 0 };
        // Otherwise a file of comments alone would never end.
        let lines_max = 2 * arrivals_max;
        let (mut line, mut last, mut found) = (Vec::with_capacity(LINE_MAX + 1), 0, 0);
        for number in 1..=lines_max {
            line.clear();
            let most = LINE_MAX as u64 + 1;
            let read = reader.by_ref().take(most).read_until(b'\n', &mut line);
            if read.map_err(|error| (number, format!("cannot be read: {error}")))? == 0 {
                return recording.checked(found, end).map_err(|why| (0, why));
            }
            if line.len() > LINE_MAX && line.last() != Some(&b'\n') {
                return Err((number, format!("is too long: a line takes up to {LINE_MAX} bytes")));
            }
            let text = line.trim_ascii();
            if text.is_empty() || text[0] == b'#' {
                continue;
            }
            let at = offset(text).ok_or_else(|| {
                let takes = format!("takes a whole number of ns since the start, from 0 to {LATEST_NS}");
                (number, format!("got \"{}\": {takes}, or a # and a comment", text.escape_ascii()))
            })?;
            if at < last {
                return Err((number, format!("got {at} after {last}: takes arrivals in their order")));
            }
            found += 1;
            if found > arrivals_max {
                return Err((number, format!("is one too many: a file takes up to {arrivals_max} arrivals")));
            }
            // What comes later is no part of this load, yet looked at: whether a file is good does not hang on it.
            if at < end {
                recording.push(at - last);
            }
            last = at;
        }
        Err((0, format!("has too many lines: a file takes up to {lines_max}")))
    }

    fn checked(self, found: usize, end: u64) -> Result<Self, String> {
        match (found, self.arrivals) {
            (0, _) => Err("has no arrival: takes one whole number of ns since the start in each line".into()),
            (_, 0) => Err(format!("has no arrival before the load ends, at {end} ns")),
            _ => Ok(self),
        }
    }

    fn push(&mut self, mut gap: u64) {
        while gap >= u64::from(CONTINUED) {
            self.gaps.push(CONTINUED);
            gap -= u64::from(CONTINUED);
        }
        self.gaps.push(gap as u32);
        self.arrivals += 1;
    }

    /// How many arrivals there are.
    pub(super) fn arrivals(&self) -> u64 {
        self.arrivals
    }

    /// The gap before the arrival that begins at `place`, in ns, and the place of the next one; `None` after the last.
    #[inline]
    pub(super) fn gap(&self, mut place: usize) -> Option<(u64, usize)> {
        let mut gap = 0;
        loop {
            let part = *self.gaps.get(place)?;
            (gap, place) = (gap + u64::from(part), place + 1);
            if part != CONTINUED {
                return Some((gap, place));
            }
        }
    }
}

fn offset(text: &[u8]) -> Option<u64> {
    // `parse` would take a sign.
    let digits = text.iter().all(u8::is_ascii_digit).then_some(text)?;
    std::str::from_utf8(digits).ok()?.parse().ok().filter(|ns| *ns <= LATEST_NS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(text: &[u8], end: u64) -> Result<Vec<u64>, (usize, String)> {
        let recording = Recording::from_lines(text, end, 1_000, 0)?;
        let (mut place, mut at, mut all) = (0, 0, Vec::new());
        while let Some((gap, next)) = recording.gap(place) {
            (at, place) = (at + gap, next);
            all.push(at);
        }
        assert_eq!(all.len() as u64, recording.arrivals());
        Ok(all)
    }

    #[test]
    fn what_was_recorded_is_given_back() {
        let text = b"# arrivals\n0\n 0 \r\n7\n\n4294967302\n4294967302\n30000000000\n86400000000000";
        let all = [0, 0, 7, 4_294_967_302, 4_294_967_302, 30_000_000_000, LATEST_NS];
        assert_eq!(offsets(text, u64::MAX), Ok(all.to_vec()));
        assert_eq!(offsets(text, 8), Ok(vec![0, 0, 7]), "what comes later is not a part of the load");
    }

    #[test]
    fn r18_a_hostile_file_is_refused_at_its_line() {
        let long = [b"1\n".as_slice(), &[b'1'; 65]].concat();
        let comment = [b"#".as_slice(), &[b' '; 1 << 20]].concat();
        for (text, line, says) in [
            (b"".as_slice(), 0, "has no arrival: takes one whole number"),
            (b"# nothing\n\n", 0, "has no arrival"),
            (b"500\n", 0, "has no arrival before the load ends, at 100 ns"),
            (b"1\n5\n4\n", 3, "got 4 after 5: takes arrivals in their order"),
            (b"1\n500\n499\n", 3, "got 499 after 500"),
            (b"1\nx\n", 2, "got \"x\": takes a whole number of ns since the start, from 0 to 86400000000000"),
            (b"1\n-1\n", 2, "got \"-1\""),
            (b"+1\n", 1, "got \"+1\""),
            (b"1.5\n", 1, "got \"1.5\""),
            (b"86400000000001\n", 1, "got \"86400000000001\""),
            (b"99999999999999999999999\n", 1, "got \"9999"),
            (b"1\n\xff\x00\n", 2, "got \"\\xff\\x00\""),
            (&long, 2, "is too long: a line takes up to 64 bytes"),
            (&comment, 1, "is too long"),
        ] {
            let (at, why) = offsets(text, 100).expect_err(says);
            assert_eq!(at, line, "{why}");
            assert!(why.contains(says) && !why.contains('\n'), "{why}");
        }
        let longest = [[b'0'; 63].as_slice(), b"9\n"].concat();
        assert_eq!(offsets(&longest, 100), Ok(vec![9]), "64 bytes and its end");
    }

    #[test]
    fn r18_a_file_without_end_is_ended() {
        for (text, line, says) in [
            ("0\n", 1_001, "is one too many: a file takes up to 1000 arrivals"),
            ("#\n", 0, "has too many lines: a file takes up to 2000"),
        ] {
            let endless = BufReader::new(Endless { text: text.as_bytes().repeat(64), at: 0 });
            let (at, why) = Recording::from_lines(endless, 100, 1_000, 0).expect_err(says);
            assert!(at == line && why.contains(says), "{at}: {why}");
        }
    }

    /// The same again and again.
    struct Endless {
        text: Vec<u8>,
        at: usize,
    }

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let n = into.len().min(self.text.len() - self.at);
            into[..n].copy_from_slice(&self.text[self.at..self.at + n]);
            self.at = (self.at + n) % self.text.len();
            Ok(n)
        }
    }
}

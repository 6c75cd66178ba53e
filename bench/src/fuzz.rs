//! What reads text or bytes of a user, each under a name: `scripts/fuzz.sh` feeds it by a fuzzer, and `cargo test` with what
//! lies in bench/fuzz/corpus.
//!
//! A target takes any bytes and comes back: it panics where a reader does, where what is told of an error is no line, where
//! what was printed is not read back as what it was, or where a value breaks its promise.

mod lines;

mod logs;

mod pages;

mod scratch;

mod values;

/// A target's name, which is that of its corpus, and what is done with some bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 16] = [
    ("units", values::units),
    ("values", values::values),
    ("assertions", values::assertions),
    ("schedule", values::schedule),
    ("replay", values::replay),
    ("loadgen-line", lines::loadgen),
    ("throng-line", lines::throng),
    ("profile-file", lines::profile_file),
    ("hlog", logs::hlog),
    ("histogram", logs::histogram),
    ("hgrm", logs::hgrm),
    ("intervals", logs::intervals),
    ("page", pages::page),
    ("page-log", pages::log),
    ("run", pages::run),
    ("answer", pages::answer),
];

/// An error is told in one line, which says something.
fn one_line(why: &str) {
    assert!(!why.trim().is_empty() && !why.contains(['\n', '\r']), "no line: {why:?}");
}

#[cfg(test)]
mod tests;

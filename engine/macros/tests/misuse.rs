//! What is wrong is told at its place, in words: `misuse/*.rs` do not compile, and `misuse/*.stderr` is what is said.
//!
//! `misuse/compiler/` is told of by the compiler itself: its words are compared under the compiler they were read from.
//!
//! `TRYBUILD=overwrite cargo test -p throng-macros --test misuse` writes the words anew, to be read before they are kept.

use std::path::Path;
use std::process::Command;

/// Whose words are in `misuse/compiler/`.
const READ_FROM: &str = "rustc 1.95.";

fn have_words(folder: &str, overwrites: bool) {
    for file in Path::new(folder).read_dir().expect("beside this file") {
        let file = file.expect("it can be listed").path();
        // Without its words a file would pass, whatever it says.
        let has = file.is_dir() || file.with_extension("stderr").exists();
        assert!(overwrites || has, "{} has no words", file.display());
    }
}

#[test]
fn the_words_are_those_that_were_read() {
    let overwrites = std::env::var_os("TRYBUILD").is_some();
    assert!(!(overwrites && std::env::var_os("CI").is_some()), "the words are compared here, not written");
    have_words("tests/misuse", overwrites);
    have_words("tests/misuse/compiler", overwrites);
    let tests = trybuild::TestCases::new();
    tests.compile_fail("tests/misuse/*.rs");
    let compiler = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("--version").output().expect("it has compiled this").stdout;
    if version.starts_with(READ_FROM.as_bytes()) {
        tests.compile_fail("tests/misuse/compiler/*.rs");
    } else {
        eprintln!("not {READ_FROM}: its own words are not compared");
    }
}

//! The names that the attribute knows are those that the engine has: a method that comes to `Address` or `Actor` comes here.

use std::collections::BTreeSet;
use std::path::Path;

#[path = "../src/names.rs"]
#[allow(dead_code, unreachable_pub, reason = "the macro's own file: of it the test reads two lists")]
mod names;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The methods in the blocks of this file that begin so.
fn methods(text: &str, begins: impl Fn(&str) -> bool, words: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if !line.starts_with(' ') && !line.is_empty() {
            inside = line != "where" && line != "{" && begins(line)
                || (inside && (line == "where" || line == "{"));
        }
        if inside && let Some(rest) = line.strip_prefix(words) {
            found.extend(rest.split(['(', '<']).next().map(str::to_string));
        }
    }
    found
}

fn engine() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/actor")
}

#[test]
fn every_method_of_an_address_is_known() {
    let mut there = BTreeSet::new();
    for file in engine().read_dir().expect("the engine's sources") {
        let path = file.expect("it can be listed").path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            let of_address = |line: &str| line.starts_with("impl<M") && line.contains("> Address<M>");
            there.extend(methods(&read(&path), of_address, "    pub fn "));
        }
    }
    assert!(there.contains("try_send"), "{there:?}");
    let known: BTreeSet<_> = names::OF_ADDRESS.iter().map(|name| (*name).to_string()).collect();
    assert_eq!(known, there, "`OF_ADDRESS` in engine/macros/src/names.rs is to be what `Address` has");
}

#[test]
fn every_hook_is_known() {
    let text = read(&engine().join("behavior.rs"));
    let there: BTreeSet<_> =
        methods(&text, |line| line.starts_with("pub trait Actor"), "    fn ").into_iter().collect();
    assert!(there.contains("handle"), "{there:?}");
    let known: BTreeSet<_> = names::OF_ACTOR.iter().map(|name| (*name).to_string()).collect();
    assert_eq!(known, there, "`OF_ACTOR` in engine/macros/src/names.rs is to be what `Actor` has");
}

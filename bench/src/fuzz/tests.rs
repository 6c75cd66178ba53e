use super::TARGETS;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus")
}

/// What lies in a folder, sorted by name.
fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

#[test]
fn whatever_the_fuzzer_was_given_is_read_or_refused_in_a_line() {
    let mut failed = Vec::new();
    for (name, target) in TARGETS {
        let files = inside(&corpus().join(name));
        assert!(files.len() >= 3, "{name}: {} files", files.len());
        for file in files {
            let bytes = fs::read(&file).expect("a file of the corpus");
            if catch_unwind(|| target(&bytes)).is_err() {
                failed.push(file);
            }
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn every_corpus_has_its_target() {
    let names: Vec<_> = inside(&corpus());
    let mut targets: Vec<_> = TARGETS.map(|(name, _)| corpus().join(name)).into();
    targets.sort();
    assert_eq!(names, targets);
}

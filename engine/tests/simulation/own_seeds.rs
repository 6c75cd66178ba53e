//! Tests of `explore` itself, which need the seeds that they name.

use std::process::Command;

/// Whether the seeds that a test names are played: what the environment has is played in their place. If so the test runs in a
/// process without it.
pub(crate) fn plays_its_own(test: &str) -> bool {
    const GIVEN: [&str; 2] = ["SEED", "CHOICES"];
    if GIVEN.iter().all(|name| std::env::var_os(name).is_none()) {
        return true;
    }
    let mut alone = Command::new(std::env::current_exe().expect("the test's own path"));
    for name in GIVEN {
        alone.env_remove(name);
    }
    let output = alone.args(["--exact", test]).output().expect("a process");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
    false
}

/// Who calls `explore`, also by another function of its file, and has no guard, tries one seed alone wherever `SEED` is set, as it is
/// when everything is checked. A guard may stand elsewhere in the file.
#[test]
fn every_test_plays_its_own() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/simulation");
    let (mut guarded, mut bare) = (0, Vec::new());
    for file in std::fs::read_dir(folder).expect("these tests") {
        let path = file.expect("a file").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let module = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for test in explorers(&code(&text)) {
            let guard = format!("plays_its_own(\"{module}::{test}\")");
            if text.contains(&guard) { guarded += 1 } else { bare.push(guard) }
        }
    }
    assert!(bare.is_empty(), "missing are {bare:#?}");
    assert!(guarded > 15, "of {guarded}: it would see none");
}

/// The text without what is in its strings.
fn code(text: &str) -> String {
    let text = text.replace("'\"'", "").replace("\\\"", "");
    text.split('"').step_by(2).collect()
}

/// The tests of a file that call `explore`, but for those of other processes, whose seeds others see to.
fn explorers(text: &str) -> Vec<&str> {
    // Up to the brace that ends it; its head is the last line that begins as one.
    let functions = text.split("\n}\n").filter_map(|item| {
        let at = item.rfind("\nfn ").or_else(|| item.rfind("\npub(crate) fn "))?;
        let (before, function) = item.split_at(at);
        let (name, body) = function.split_once("fn ")?.1.split_once(['(', '<'])?;
        let of_others = before.contains("\n#[ignore");
        Some((name, body, before.contains("#[test]") && !of_others))
    });
    let functions: Vec<_> = functions.collect();
    let mut explorers: Vec<&str> = Vec::new();
    loop {
        let calls = |body: &str| {
            let mut words = body.split(|c: char| !c.is_alphanumeric() && c != '_');
            body.contains("explore(") || words.any(|word| explorers.contains(&word))
        };
        let more = functions.iter().filter(|(name, body, _)| calls(body) && !explorers.contains(name));
        let more: Vec<_> = more.map(|(name, ..)| *name).collect();
        if more.is_empty() {
            break;
        }
        explorers.extend(more);
    }
    let tests = functions.iter().filter(|(name, _, is_test)| *is_test && explorers.contains(name));
    tests.map(|(name, ..)| *name).collect()
}

#[test]
fn who_explores_by_another_function_is_found() {
    let text = "use x;\n\nfn by() {\n    sim::explore(0..1, f);\n}\n\n#[test]\nfn a() {\n    by();\n}\n\n\
        #[test]\nfn b() {\n    let f = by;\n}\n\n#[test]\nfn c() {\n    nearby();\n}\n\n\
        #[test]\n#[ignore = \"for d\"]\nfn d() {\n    by();\n}\n\n#[test]\nfn e() {\n    x.explore(1);\n}\n\n\
        #[test]\nfn f() {\n    say('\"', \"by \\\"explore(1)\\\"\");\n}\n";
    assert_eq!(explorers(&code(text)).join(" "), "a b e");
}

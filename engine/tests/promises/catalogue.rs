//! The catalogue of faults in `tests/FAULTS.md` against the tests themselves: each row from R01 to R23 has tests, each test that it names is
//! there, in the file that it names, each that bears a number is named, and each row has its words in `scripts/faults.sh`.

use std::io::Write;
use std::path::{Path, PathBuf};

const ROWS: usize = 23;

/// A test that the catalogue names, and where.
struct Named {
    fault: String,
    file: String,
    test: String,
}

/// What is between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The lines `| R07 | file | tests | what is asserted |`. A line with no number of its own belongs to the one above.
fn named(catalogue: &str) -> Vec<Named> {
    let (mut all, mut fault) = (Vec::new(), "");
    for line in catalogue.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [number, file, tests, asserted] = cells[..] else { panic!("four cells a line: {line}") };
        if number == "#" || number.starts_with('-') {
            continue;
        }
        fault = if number.is_empty() { fault } else { number };
        assert!(!asserted.is_empty(), "{fault}: nothing is said to be asserted: {line}");
        let file = quoted(file).next().unwrap_or_else(|| panic!("no file in backticks: {line}"));
        let before = all.len();
        all.extend(quoted(tests).map(|test| Named {
            fault: fault.to_string(),
            file: file.to_string(),
            test: test.to_string(),
        }));
        assert!(all.len() > before, "no test in backticks: {line}");
    }
    all
}

/// Whether it is a test, and not only mentioned: `#[test]` stands above it, with other attributes between at most.
fn is_test(text: &str, name: &str) -> bool {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let Some(at) = lines.iter().position(|line| line.starts_with(&format!("fn {name}("))) else {
        return false;
    };
    lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).any(|line| *line == "#[test]")
}

/// What is wrong with it, a line each.
fn wrong(named: &[Named], script: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for row in 1..=ROWS {
        let fault = format!("R{row:02}");
        if !named.iter().any(|test| test.fault == fault) {
            wrong.push(format!("{fault} has no test in FAULTS.md"));
        }
        if !script.contains(&format!("\n    \"{fault} ")) {
            wrong.push(format!("{fault} is not in scripts/faults.sh"));
        }
    }
    for Named { fault, file, test } in named {
        let numbers = test.split('_').take_while(|part| part.len() == 3 && part.starts_with('r'));
        if !numbers.map(str::to_uppercase).any(|number| number == *fault) {
            wrong.push(format!(
                "{test} does not begin with the number of {fault}: scripts/faults.sh would not run it"
            ));
        }
        match read(file) {
            None => wrong.push(format!("{fault}: {file} is not there")),
            Some(text) if !is_test(&text, test) => wrong.push(format!("{fault}: no test {test} in {file}")),
            Some(_) => {}
        }
    }
    wrong
}

/// Tests that bear a number and are not named, or whose number the script would not know; a line each.
fn unnamed(named: &[Named], file: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("fn r")) {
        let test = format!("r{}", line.split('(').next().unwrap_or_default());
        let is_number = |part: &&str| part.len() > 1 && part.strip_prefix('r').is_some_and(digits);
        for number in test.split('_').take_while(is_number).filter(|_| is_test(text, &test)) {
            let fault = number.to_uppercase();
            if number.len() != 3 {
                wrong.push(format!(
                    "{file}: {test}: {fault} has not two digits: scripts/faults.sh would not run it"
                ));
            } else if !named.iter().any(|one| (&one.fault, &*one.file, &one.test) == (&fault, file, &test)) {
                wrong.push(format!("{file}: {test} is not in FAULTS.md, at {fault}"));
            }
        }
    }
    wrong
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The sources below a folder.
fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_fault_of_the_catalogue_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(PathBuf::from).expect("a workspace");
    if !root.join("bench").exists() {
        // Past the capture of the test's output: a test that was not run shall be seen.
        let why = "catalogue: not run: the engine is alone here, and some of the tests are the instrument's";
        return writeln!(std::io::stderr(), "{why}").expect("an open stderr");
    }
    let read = |file: &str| std::fs::read_to_string(root.join(file)).ok();
    let catalogue = read("engine/tests/FAULTS.md").expect("the catalogue");
    let script = read("scripts/faults.sh").expect("the script");
    let named = named(&catalogue);
    let mut found = wrong(&named, &script, read);
    let mut all = Vec::new();
    for folder in ["engine/src", "engine/tests", "bench/src", "bench/tests"] {
        sources(&root.join(folder), &mut all);
    }
    for path in &all {
        let file = path.strip_prefix(&root).expect("below it").to_str().expect("text");
        found.extend(unnamed(&named, file, &std::fs::read_to_string(path).expect("a source")));
    }
    assert!(all.len() > 100 && found.is_empty(), "{found:#?}");
}

/// What is planted is found.
#[test]
fn a_row_without_tests_and_a_test_that_is_not_there_are_found() {
    let script: String = (1..ROWS).map(|row| format!("\n    \"R{row:02} words\"")).collect();
    let row = |row: usize| format!("| R{row:02} | `a.rs` | `r{row:02}_a` | words |\n");
    let rows: String = (1..=ROWS).filter(|n| *n != 7).map(row).collect();
    let rows = format!(
        "| # | file | tests | asserted |\n|---|---|---|---|\n{rows}| | `b.rs` | `r23_b`, `r05_c` | words |\n"
    );
    let named = named(&rows);
    assert_eq!(named.len(), ROWS - 1 + 2);
    let text: String = (1..=ROWS)
        .map(|n| {
            format!("{}\nfn r{n:02}_a() {{}}\n", if n == 9 { "#[expect(x)]" } else { "#[test]\n#[cfg(x)]" })
        })
        .collect();
    let found = wrong(&named, &script, |file| (file == "a.rs").then(|| text.clone()));
    assert_eq!(
        found,
        [
            "R07 has no test in FAULTS.md",
            "R23 is not in scripts/faults.sh",
            "R09: no test r09_a in a.rs",
            "R23: b.rs is not there",
            "r05_c does not begin with the number of R23: scripts/faults.sh would not run it",
            "R23: b.rs is not there",
        ]
    );
    let text = "#[test]\nfn r03_a() {}\n#[test]\nfn r03_r04_b() {}\n#[test]\nfn r3_c() {}\nfn r05_d() {}\n#[test]\nfn rs_1() {}\n";
    assert_eq!(
        unnamed(&named, "a.rs", text),
        [
            "a.rs: r03_r04_b is not in FAULTS.md, at R03",
            "a.rs: r03_r04_b is not in FAULTS.md, at R04",
            "a.rs: r3_c: R3 has not two digits: scripts/faults.sh would not run it",
        ]
    );
}

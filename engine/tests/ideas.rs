//! The table of the documents' ideas in the README, held against what is there: each file in it exists, each name in it is declared
//! (as a function, a type, a variant, ..) and one of each row is used by a program or a test of that row, each example is in it, and each
//! feature of the engine has a row. And the programs that the guide and the README name: they exist, and the guide
//! leaves none out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const SECTION: &str = "\n## The documents' ideas";

/// What must have a row.
const FEATURES: [u32; 33] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24, 30, 31, 32, 33, 34, 35, 36,
    40, 41, 42, 43, 44,
];

/// The rows of the table, each as its cells.
fn rows(readme: &str) -> Vec<Vec<&str>> {
    let section = readme.split_once(SECTION).map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines = section.lines().filter(|line| line.starts_with('|')).skip(2);
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// What stands between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Every file below a folder that ends so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let below = |path: PathBuf| if path.is_dir() { files(&path, end) } else { vec![path] };
    paths.flat_map(below).filter(|path| path.to_string_lossy().ends_with(end)).collect()
}

/// The words of a text, as names are made of them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// The text without comments, so that what they say of a name is no name.
fn code(text: &str) -> String {
    let bare = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(bare).collect::<Vec<_>>().join("\n")
}

/// The names that a source declares: of functions, types, traits, constants and macros, and of the variants of its enums.
fn declared(text: &str) -> BTreeSet<String> {
    const WORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "macro_rules"];
    let text = code(text);
    let mut names = BTreeSet::new();
    let mut before = "";
    for word in words(&text) {
        if WORDS.contains(&before) {
            names.insert(word.to_owned());
        }
        before = word;
    }
    for body in text.split("enum ").skip(1).filter_map(|rest| rest.split_once('{')) {
        names.extend(variants(body.1));
    }
    names
}

/// The variants of an enum, of which this is all after its first brace: the first word of each that is no attribute.
fn variants(body: &str) -> BTreeSet<String> {
    let (mut names, mut depth, mut begins) = (BTreeSet::new(), 0_i32, true);
    let mut rest = body.chars().peekable();
    let mut word = String::new();
    while let Some(c) = rest.next() {
        if depth == 0 && begins && (c.is_alphanumeric() || c == '_') {
            word.push(c);
            if rest.peek().is_none_or(|next| !next.is_alphanumeric() && *next != '_') {
                names.insert(std::mem::take(&mut word));
                begins = false;
            }
        }
        match c {
            '{' | '(' | '[' | '<' => depth += 1,
            '}' | ')' | ']' | '>' => depth -= 1,
            ',' if depth == 0 => begins = true,
            _ => {}
        }
        if depth < 0 {
            break;
        }
    }
    names
}

/// The names of the engine in a cell, as their parts: `A::b` is of a and b.
fn names(cell: &str) -> impl Iterator<Item = Vec<&str>> {
    let no_name = |parts: &Vec<&str>| parts.iter().all(|part| !["throng", "loadgen"].contains(part));
    quoted(cell).map(|name| words(name).collect()).filter(no_name)
}

/// What the table of the README in this folder says that is not so.
fn check(engine: &Path, features: &[u32]) -> Vec<String> {
    let read =
        |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let readme = read(&engine.join("README.md"));
    let sources: Vec<_> = files(&engine.join("src"), ".rs").iter().map(|path| read(path)).collect();
    let known: BTreeSet<String> = sources.iter().flat_map(|text| declared(text)).collect();
    let (mut faults, mut shown, mut of) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for row in rows(&readme) {
        let [idea, from, here, kept] = row[..] else {
            faults.push(format!("a row of {} cells: {row:?}", row.len()));
            continue;
        };
        of.extend(words(from).filter_map(|word| word.strip_prefix('F')?.parse::<u32>().ok()));
        for name in names(here).flatten().filter(|name| !known.contains(*name)) {
            faults.push(format!("{idea}: nothing is called {name}"));
        }
        // Of a method the name, of the rest the last part: at least one is used by a program of the row.
        let used: BTreeSet<String> = quoted(kept)
            .filter_map(|path| std::fs::read_to_string(engine.join(path)).ok())
            .flat_map(|text| words(&code(&text)).map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let mut shows = names(here).filter_map(|parts| parts.last().copied()).peekable();
        if shows.peek().is_some() && !shows.any(|name| used.contains(name)) {
            faults.push(format!("{idea}: none of its names is in its programs"));
        }
        if quoted(kept).next().is_none() {
            faults.push(format!("{idea}: nothing keeps it"));
        }
        for path in quoted(kept) {
            if !engine.join(path).is_file() {
                faults.push(format!("{idea}: there is no {path}"));
            }
            shown.insert(path.to_owned());
        }
    }
    for example in files(&engine.join("examples"), ".rs") {
        let name = format!("examples/{}", example.file_name().unwrap_or_default().to_string_lossy());
        if !shown.contains(&name) {
            faults.push(format!("{name} is in no row"));
        }
    }
    faults.extend(features.iter().filter(|n| !of.contains(n)).map(|n| format!("F{n} has no row")));
    faults.sort();
    faults
}

#[test]
fn the_table_of_ideas_names_what_is_there_and_leaves_nothing_out() {
    // Asked now: a target folder that several clones share may hold this program as another clone has built it.
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let faults = check(Path::new(&here), &FEATURES);
    assert!(faults.is_empty(), "the table of ideas is wrong:\n{}", faults.join("\n"));
}

/// The programs in the lines of a text that begin so.
fn programs<'t>(text: &'t str, begin: &str) -> BTreeSet<&'t str> {
    text.lines().filter(|line| line.starts_with(begin)).flat_map(quoted).collect()
}

/// Their names, as `cargo run --example` takes them.
fn examples(engine: &Path) -> BTreeSet<String> {
    let stem = |path: &PathBuf| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    files(&engine.join("examples"), ".rs").iter().map(stem).collect()
}

#[test]
fn the_guide_leads_to_every_program() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the package lies");
    let engine = Path::new(&here);
    let read = |path: &str| std::fs::read_to_string(engine.join(path)).expect("it is there");
    let all = examples(engine);
    assert!(programs(&read("src/guide.md"), "Programs: ").into_iter().eq(all.iter().map(String::as_str)));
    for name in programs(&read("README.md"), "Examples: ") {
        assert!(all.contains(name), "README.md names {name}, which is no example");
    }
}

#[test]
fn a_wrong_table_is_found() {
    let dir = std::env::temp_dir().join(format!("throng-ideas-{}", std::process::id()));
    let write = |path: &str, text: &str| {
        let file = dir.join(path);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        std::fs::write(file, text).expect("a file");
    };
    write(
        "src/a/b.rs",
        "pub struct Known;\nimpl Known { fn so(&self) {} }\n// fn said\npub enum E { #[a] V(u8), W }\n",
    );
    write("examples/one.rs", "// Known\nlet w = E::W.so();\n");
    write("examples/two.rs", "");
    let table = "| idea | from | here | shown |\n|---|---|---|---|\n\
        | right | F1, 001 | `Known::so` | `examples/one.rs` |\n\
        | wrong | F2 | `Known::nothing`, `Known::said`, words | `tests/none.rs` |\n\
        | variants | 002 | `E::V`, `E::W` | `examples/one.rs` |\n\
        | unshown | 002 | `E::V`, `Known` | `examples/one.rs` |\n\
        | short | F3 |\n\
        | bare | F3 | `Known` | words |\n";
    write("README.md", &format!("# x\n\n## Else\n| `no` |\n{SECTION}, here\n\n{table}\n## More\n| `no` |\n"));
    let faults = check(&dir, &[1, 2, 3, 4]);
    std::fs::remove_dir_all(&dir).expect("the folder is ours");
    assert_eq!(
        faults,
        [
            "F4 has no row",
            "a row of 2 cells: [\"short\", \"F3\"]",
            "bare: none of its names is in its programs",
            "bare: nothing keeps it",
            "examples/two.rs is in no row",
            "unshown: none of its names is in its programs",
            "wrong: none of its names is in its programs",
            "wrong: nothing is called nothing",
            "wrong: nothing is called said",
            "wrong: there is no tests/none.rs",
        ]
    );
}

//! Which of a package's targets a program is, by what Cargo has named it after, and by the manifest, of which plain lines are read.

use std::path::Path;

/// A kind of targets: its flag, the head of its entries in the manifest, and the folder where Cargo looks for others.
struct Kind {
    flag: &'static str,
    head: &'static str,
    folder: &'static str,
}

const EXAMPLES: Kind = Kind { flag: "--example", head: "[[example]]", folder: "examples" };
const OTHERS: [Kind; 3] = [
    Kind { flag: "--test", head: "[[test]]", folder: "tests" },
    Kind { flag: "--bin", head: "[[bin]]", folder: "src/bin" },
    Kind { flag: "--bench", head: "[[bench]]", folder: "benches" },
];

/// What is known of a program's target.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// What has Cargo build it, and no other that is compiled under another name: two if two may be meant. Empty if none was found.
    pub(super) flags: Vec<String>,
    /// It is `main`'s, without the test harness.
    pub(super) is_own: bool,
}

/// Whether the package in this folder has features, so that how it was built depends on them.
pub(super) fn has_features(root: &Path) -> bool {
    let manifest = manifest(root);
    let mut lines = manifest.lines().map(bare);
    lines.any(|line| line == "[features]" || line.contains("optional=true"))
}

fn manifest(root: &Path) -> String {
    std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default()
}

/// An entry of the manifest.
#[derive(Default)]
struct Entry {
    head: String,
    name: Option<String>,
    path: Option<String>,
    without_harness: bool,
}

impl Target {
    /// Of the package in this folder, compiled under this name.
    pub(super) fn find(root: &Path, package: &str, compiled: &str, is_example: bool) -> Self {
        let entries = entries(&manifest(root));
        let is_it = |name: &str| name.replace('-', "_") == compiled;
        let mut found = Self::default();
        let mut add = |flag: String| {
            if !found.flags.contains(&flag) {
                found.flags.push(flag);
            }
        };
        let lib = entries.iter().find(|entry| entry.head == "[lib]");
        let is_lib = lib.is_some() || root.join("src/lib.rs").exists();
        if is_lib && !is_example && is_it(lib.and_then(|lib| lib.name.as_deref()).unwrap_or(package)) {
            add("--lib".to_owned());
        }
        let kinds = if is_example { std::slice::from_ref(&EXAMPLES) } else { &OTHERS };
        for Kind { flag, head, folder } in kinds {
            let of_kind = || entries.iter().filter(|entry| entry.head == *head);
            // What an entry names is no target by its path too.
            let is_named = |path: &str| of_kind().any(|entry| entry.path.as_deref() == Some(path));
            for entry in of_kind() {
                if let Some(name) = entry.name.as_deref().filter(|name| is_it(name)) {
                    add(format!("{flag} {name}"));
                    found.is_own |= entry.without_harness;
                }
            }
            for (name, path) in in_folder(root, folder) {
                if is_it(&name) && !is_named(&path) {
                    add(format!("{flag} {name}"));
                }
            }
            let main = "src/main.rs";
            if *flag == "--bin" && is_it(package) && root.join(main).exists() && !is_named(main) {
                add(format!("{flag} {package}"));
            }
        }
        found.is_own &= found.flags.len() == 1;
        found
    }
}

/// The targets that Cargo finds in a folder by itself: names and paths.
fn in_folder(root: &Path, folder: &str) -> Vec<(String, String)> {
    let Ok(files) = std::fs::read_dir(root.join(folder)) else { return Vec::new() };
    let names = files.filter_map(|file| file.ok()?.file_name().into_string().ok());
    let targets = names.filter_map(|name| {
        if let Some(stem) = name.strip_suffix(".rs") {
            return Some((stem.to_owned(), format!("{folder}/{name}")));
        }
        let path = format!("{folder}/{name}/main.rs");
        root.join(&path).exists().then_some((name, path))
    });
    targets.collect()
}

/// A line without its comment, and without white space, which no name of a target has.
fn bare(line: &str) -> String {
    let line = line.split('#').next().unwrap_or_default();
    line.chars().filter(|c| !c.is_whitespace()).collect()
}

fn entries(manifest: &str) -> Vec<Entry> {
    let mut all = vec![Entry::default()];
    for line in manifest.lines().map(bare) {
        if line.starts_with('[') {
            all.push(Entry { head: line, ..Entry::default() });
            continue;
        }
        let Some((key, value)) = line.split_once('=') else { continue };
        let text = || Some(value.trim_matches(['"', '\'']).to_owned());
        if let Some(entry) = all.last_mut() {
            match key {
                "name" => entry.name = text(),
                "path" => entry.path = text(),
                "harness" => entry.without_harness = value == "false",
                _ => {}
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package in a folder of its own, which goes with it.
    struct Package(std::path::PathBuf);

    impl Package {
        fn new(name: &str, manifest: &str, files: &[&str]) -> Self {
            let name = format!("throng-test-{}-{name}", std::process::id());
            let root = std::env::temp_dir().join(name);
            let write = |path: &str, text: &str| {
                let path = root.join(path);
                std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
                std::fs::write(path, text).expect("it can be written");
            };
            write("Cargo.toml", manifest);
            files.iter().for_each(|path| write(path, ""));
            Self(root)
        }

        fn flags(&self, compiled: &str) -> String {
            Target::find(&self.0, "my-actors", compiled, false).flags.join(" ")
        }
    }

    impl Drop for Package {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).expect("it is there");
        }
    }

    #[test]
    fn targets_are_found_by_what_the_manifest_says() {
        let manifest = "[package]\nname = \"my-actors\"\n[lib] # its own\nname = \"actors\"\n[[ test ]]\n\
            required-features = [\"extra\"]\nname = 'odd-one' # of many\npath = \"checks/thing.rs\"\n\
            [[test]]\nname = \"own\"\nharness = false\npath = \"tests/two.rs\"\n[features]\nextra = []\n";
        let files = ["src/lib.rs", "src/main.rs", "src/bin/tool.rs", "tests/a-b_c.rs", "tests/two.rs"];
        let more = ["tests/deep/main.rs", "tests/common/mod.rs", "benches/speed.rs", "examples/shown.rs"];
        let package = Package::new("named", manifest, &[&files[..], &more[..]].concat());
        let wanted = [
            ("odd_one", "--test odd-one"),
            ("own", "--test own"),
            ("two", ""),
            ("actors", "--lib"),
            ("my_actors", "--bin my-actors"),
            ("tool", "--bin tool"),
            ("a_b_c", "--test a-b_c"),
            ("deep", "--test deep"),
            ("common", ""),
            ("speed", "--bench speed"),
            ("shown", ""),
            ("thing", ""),
        ];
        for (compiled, flags) in wanted {
            assert_eq!(package.flags(compiled), flags, "{compiled}");
        }
        let find = |compiled, is_example| Target::find(&package.0, "my-actors", compiled, is_example);
        assert_eq!(find("shown", true).flags, ["--example shown"]);
        assert!(find("own", false).is_own && !find("odd_one", false).is_own);
        assert!(has_features(&package.0));
    }

    #[test]
    fn where_two_are_compiled_under_one_name_both_are_meant() {
        let files = ["src/lib.rs", "src/main.rs", "tests/my_actors.rs"];
        let package = Package::new("twice", "[package]\nname = \"my-actors\"\n", &files);
        assert_eq!(package.flags("my_actors"), "--lib --test my_actors --bin my-actors");
        assert!(!has_features(&package.0) && !has_features(Path::new("/no such folder")));
        assert_eq!(Target::find(Path::new("/no such folder"), "x", "x", false), Target::default());
    }
}

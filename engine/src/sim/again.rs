//! The command that runs a test again: what a shell takes as it is.

use std::io;
use std::path::{Path, PathBuf};

/// More of a list, and it goes into a file: a variable may have 128 KiB, and nobody pastes that much.
const LIST_MOST: usize = 2_000;

/// What is known of the program that runs, and of the test in it.
pub(super) struct Program {
    path: PathBuf,
    /// By Cargo, if that has started it: the package, and its folder.
    package: Option<(String, PathBuf)>,
    /// The test harness calls a thread after its test.
    thread: Option<String>,
    arguments: Vec<String>,
}

impl Program {
    pub(super) fn this() -> Self {
        let cargo = |of| std::env::var_os(of);
        let package = cargo("CARGO_PKG_NAME").zip(cargo("CARGO_MANIFEST_DIR"));
        Self {
            path: std::env::current_exe().unwrap_or_else(|_| "the program".into()),
            package: package.map(|(name, root)| (name.to_string_lossy().into_owned(), root.into())),
            thread: std::thread::current().name().map(str::to_owned),
            arguments: std::env::args().skip(1).collect(),
        }
    }

    /// Runs the same test.
    pub(super) fn command(&self) -> String {
        // With one thread the harness runs tests on the first one: whatever it was told to run, it is told again.
        let test = self.thread.as_deref().filter(|thread| *thread != "main");
        let ignored = self.arguments.iter().any(|one| one == "--ignored" || one == "--include-ignored");
        let exact = if ignored { "--exact --include-ignored" } else { "--exact" };
        let given: Vec<_> = self.arguments.iter().map(|one| quoted(one)).collect();
        let given = given.join(" ");
        let behind = |command: String, dashes: &str| {
            let given = if given.is_empty() { String::new() } else { format!("{dashes} {given}") };
            command + &given
        };
        let Some((package, root)) = &self.package else {
            let path = quoted(&self.path.to_string_lossy());
            return test.map_or_else(|| behind(path.clone(), ""), |test| format!("{path} {test} {exact}"));
        };
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let folder = |up: usize| {
            let folder = self.path.ancestors().nth(up).and_then(Path::file_name);
            folder.unwrap_or_default().to_string_lossy().into_owned()
        };
        let profile = match folder(2).as_str() {
            "debug" => String::new(),
            "release" => " --release".to_owned(),
            other => format!(" --profile {other}"),
        };
        let is_example = folder(1) == "examples";
        // As Cargo names what tests.
        let target = stem.rsplit_once('-').filter(|(_, hash)| hash.len() == 16).map(|(target, _)| target);
        match target {
            Some(target) if folder(1) == "deps" || is_example => {
                let target = kind(root, package, target);
                let command = format!("cargo test{profile} -p {package}{target}");
                test.map_or_else(
                    || behind(command.clone(), " --"),
                    |test| format!("{command} {test} -- {exact}"),
                )
            }
            _ if is_example => behind(format!("cargo run{profile} -p {package} --example {stem}"), " --"),
            _ if stem.contains("doctest") || stem.contains("rust_out") => {
                format!("cargo test -p {package} --doc")
            }
            _ => behind(quoted(&self.path.to_string_lossy()), ""),
        }
    }

    /// `CHOICES`, as [`choices`] reads it: the list, or, if that is long, a file of this name that has it.
    pub(super) fn variable(&self, choices: &[u64], name: &str) -> String {
        // What is missing is zero.
        let choices = if choices.is_empty() { &[0] } else { choices };
        let list = choices.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        if list.len() <= LIST_MOST {
            return format!("CHOICES={list}");
        }
        let in_file = |folder: &Path| {
            let path = folder.join(name);
            std::fs::create_dir_all(folder)?;
            std::fs::write(&path, &list)?;
            io::Result::Ok(path)
        };
        let target = self.path.ancestors().find(|folder| folder.join("CACHEDIR.TAG").exists());
        let target = target.map(|folder| in_file(&folder.join("choices")));
        let written = target.and_then(Result::ok).map_or_else(|| in_file(&std::env::temp_dir()), Ok);
        // Where nothing can be written, it is all that there is.
        written.map_or_else(
            |_| format!("CHOICES={list}"),
            |path| format!("CHOICES=@{}", quoted(&path.to_string_lossy())),
        )
    }
}

/// Which of a package's targets is compiled under this name, as far as its folders tell.
fn kind(root: &Path, package: &str, target: &str) -> String {
    for name in [target.to_owned(), target.replace('_', "-")] {
        let tests = root.join("tests");
        if tests.join(format!("{name}.rs")).exists() || tests.join(&name).join("main.rs").exists() {
            return format!(" --test {name}");
        }
        if root.join("examples").join(format!("{name}.rs")).exists() {
            return format!(" --example {name}");
        }
    }
    let is_lib = target == package.replace('-', "_") && root.join("src/lib.rs").exists();
    if is_lib { " --lib".to_owned() } else { String::new() }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=:,./@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Choices from what `CHOICES` has: numbers with commas or white space between them, or `@` and the path of a file of such.
///
/// # Errors
/// What is wrong with it.
pub(super) fn choices(given: &str) -> Result<Vec<u64>, String> {
    let text = match given.strip_prefix('@') {
        Some(path) => std::fs::read_to_string(path).map_err(|why| format!("CHOICES=@{path}: {why}"))?,
        None => given.to_owned(),
    };
    let each = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|one| !one.is_empty());
    each.map(|one| number(one, "CHOICES")).collect()
}

/// # Errors
/// What was given, and what is accepted.
pub(super) fn number(text: &str, of: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| format!("{of}: `{text}` is no number from 0 to {}", u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(path: &str, thread: Option<&str>, arguments: &[&str]) -> String {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let program = Program {
            path: path.into(),
            package: Some(("throng".to_owned(), root)),
            thread: thread.map(str::to_owned),
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
        };
        program.command()
    }

    #[test]
    fn a_test_is_named_with_its_program() {
        let test = Some("a::b");
        let hash = "0123456789abcdef";
        let at = |folder: &str, name: &str| format!("/t/{folder}/{name}-{hash}");
        let told = |folder: &str, name: &str| command(&at(folder, name), test, &["a", "--nocapture"]);
        assert_eq!(
            told("debug/deps", "simulation"),
            "cargo test -p throng --test simulation a::b -- --exact"
        );
        assert_eq!(
            told("release/deps", "floors"),
            "cargo test --release -p throng --test floors a::b -- --exact"
        );
        assert_eq!(told("odd/deps", "throng"), "cargo test --profile odd -p throng --lib a::b -- --exact");
        assert_eq!(told("debug/deps", "other"), "cargo test -p throng a::b -- --exact");
        let ignored = command(&at("debug/deps", "throng"), test, &["--ignored"]);
        assert_eq!(ignored, "cargo test -p throng --lib a::b -- --exact --include-ignored");
    }

    #[test]
    fn where_no_thread_says_which_test_it_is_the_same_is_asked_for_again() {
        let path = "/t/debug/deps/simulation-0123456789abcdef";
        for thread in [None, Some("main")] {
            assert_eq!(command(path, thread, &[]), "cargo test -p throng --test simulation");
            assert_eq!(
                command(path, thread, &["b", "--test-threads=1", "it's so"]),
                r"cargo test -p throng --test simulation -- b --test-threads=1 'it'\''s so'"
            );
        }
        assert_eq!(
            command("/t/debug/examples/simulation", Some("main"), &["7"]),
            "cargo run -p throng --example simulation -- 7"
        );
        assert_eq!(command("/tmp/rustdoctest/rust_out", Some("main"), &[]), "cargo test -p throng --doc");
        assert_eq!(command("/t/debug/loadgen", Some("main"), &["x y"]), "/t/debug/loadgen 'x y'");
    }

    #[test]
    fn without_cargo_it_is_the_program_itself() {
        let arguments = vec!["a".to_owned()];
        let of = |thread: &str| Program {
            path: "/a b/c".into(),
            package: None,
            thread: Some(thread.to_owned()),
            arguments: arguments.clone(),
        };
        assert_eq!(of("t::t").command(), "'/a b/c' t::t --exact");
        assert_eq!(of("main").command(), "'/a b/c' a");
    }

    #[test]
    fn choices_are_read_as_they_were_written() {
        let program = Program::this();
        let read = |variable: &str| choices(variable.strip_prefix("CHOICES=").expect("it is set"));
        let few = [3, 0, u64::MAX];
        assert_eq!(program.variable(&few, "few"), format!("CHOICES=3,0,{}", u64::MAX));
        assert_eq!(read(&program.variable(&few, "few")), Ok(few.to_vec()));
        assert_eq!(read(&program.variable(&[], "none")), Ok(vec![0]));
        let many: Vec<u64> = (0..100_000).collect();
        let name = format!("throng-test-{}.choices", std::process::id());
        let variable = program.variable(&many, &name);
        assert!(variable.starts_with("CHOICES=@") && variable.ends_with(&name), "{variable}");
        assert_eq!(read(&variable), Ok(many));
        std::fs::remove_file(variable.trim_start_matches("CHOICES=@")).expect("it is there");
        assert_eq!(choices(" 1,2\n3\n"), Ok(vec![1, 2, 3]));
        let wrong = choices("1,two").expect_err("it is no number");
        assert_eq!(wrong, "CHOICES: `two` is no number from 0 to 18446744073709551615");
        assert!(
            choices("@/no such file").expect_err("it is not there").starts_with("CHOICES=@/no such file: ")
        );
    }
}

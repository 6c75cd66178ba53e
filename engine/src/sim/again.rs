//! The command that runs a test again: what a shell takes as it is.

use super::list;
use super::target::{Target, has_features};
use std::backtrace::Backtrace;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};

/// More of a list, and it goes into a file: a variable may have 128 KiB, and nobody pastes that much.
const LIST_MOST: usize = 2_000;

/// In place of a name that is not known. A shell refuses it.
const NAME: &str = "<name of the test>";

/// What the test harness takes behind a word of its own: no name of a test.
const WITH_VALUES: [&str; 7] =
    ["--test-threads", "--skip", "--format", "--color", "--logfile", "--shuffle-seed", "-Z"];

/// What is known of the program that runs, and of the test in it.
pub(super) struct Program {
    path: PathBuf,
    /// By Cargo, if that has started it: the package, and its folder.
    package: Option<(String, PathBuf)>,
    /// The test harness calls a thread after its test.
    thread: Option<String>,
    /// Whether this thread runs a test of the harness; none, if the program does not tell.
    is_harness: Option<bool>,
    arguments: Vec<String>,
}

/// What runs the same test.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Again {
    pub(super) command: String,
    /// What is to be known of it: lines.
    pub(super) remarks: String,
}

impl Program {
    pub(super) fn this() -> Self {
        let cargo = |of| std::env::var_os(of);
        let package = cargo("CARGO_PKG_NAME").zip(cargo("CARGO_MANIFEST_DIR"));
        Self {
            path: std::env::current_exe().unwrap_or_else(|_| "the program".into()),
            package: package.map(|(name, root)| (name.to_string_lossy().into_owned(), root.into())),
            thread: std::thread::current().name().map(str::to_owned),
            is_harness: harness(&Backtrace::force_capture().to_string()),
            arguments: std::env::args().skip(1).collect(),
        }
    }

    /// The test that runs, where that is known: a program's own thread may have any name, and with one thread the harness runs tests on
    /// the first one.
    fn test(&self) -> Option<&str> {
        match self.thread.as_deref() {
            Some("main") if self.is_harness == Some(true) => self.only(),
            Some("main") => None,
            other => other.filter(|_| self.is_harness != Some(false)),
        }
    }

    /// The one test that was asked for.
    fn only(&self) -> Option<&str> {
        let is_value = |at: usize| at > 0 && WITH_VALUES.contains(&self.arguments[at - 1].as_str());
        let words = self.arguments.iter().enumerate();
        let mut names = words.filter(|(at, word)| !word.starts_with('-') && !is_value(*at));
        let (name, more) = (names.next(), names.next());
        let is_exact = self.arguments.iter().any(|one| one == "--exact");
        name.filter(|_| is_exact && more.is_none()).map(|(_, name)| name.as_str())
    }

    /// What runs the same test.
    pub(super) fn again(&self) -> Again {
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
        let compiled = stem.rsplit_once('-').filter(|(_, hash)| hash.len() == 16).map(|(name, _)| name);
        let compiled = compiled.filter(|_| is_example || folder(1) == "deps");
        let target = compiled.zip(self.package.as_ref());
        let target = target.map(|(name, (package, root))| Target::find(root, package, name, is_example));
        let target = target.unwrap_or_default();
        let is_doc = target.flags.is_empty() && (stem.contains("doctest") || stem.contains("rust_out"));
        let itself = || (quoted(&self.path.to_string_lossy()), "");
        let (command, dashes) = match &self.package {
            // Not all of them: who is not asked for is left out without a word if he needs features.
            Some((package, _)) if !target.flags.is_empty() => {
                (format!("cargo test{profile} -p {package} {}", target.flags.join(" ")), " --")
            }
            Some((package, _)) if is_doc => (format!("cargo test -p {package} --doc"), " --"),
            Some((package, _)) if is_example && compiled.is_none() => {
                (format!("cargo run{profile} -p {package} --example {stem}"), " --")
            }
            _ => itself(),
        };
        let ignored = self.arguments.iter().any(|one| one == "--ignored" || one == "--include-ignored");
        let exact = if ignored { "--exact --include-ignored" } else { "--exact" };
        let has_tests = self.is_harness == Some(true) || (compiled.is_some() && !target.is_own);
        // The program's own first thread, and not the harness's.
        let is_main = self.thread.as_deref() == Some("main") && self.is_harness != Some(true);
        let (command, is_nameless) = match self.test() {
            // Its name is in two places, with blanks.
            _ if is_doc => (format!("{command} {NAME}"), true),
            Some(test) if has_tests => (format!("{command} {}{dashes} {exact}", quoted(test)), false),
            None if has_tests && !is_main => (format!("{command} {NAME}{dashes} {exact}"), true),
            _ => {
                let given: Vec<_> = self.arguments.iter().map(|one| quoted(one)).collect();
                let given = given.join(" ");
                let given = if given.is_empty() { given } else { format!("{dashes} {given}") };
                (command + &given, false)
            }
        };
        let mut remarks = String::new();
        if is_nameless {
            remarks += &format!(
                "put the test's name in for {NAME}: this thread does not tell it, and without it every test would be \
                 given these choices\n"
            );
        }
        // Of whoever Cargo builds again, a program of documentation or an example too.
        let is_built = command.starts_with("cargo ");
        if is_built && self.package.as_ref().is_some_and(|(_, root)| has_features(root)) {
            remarks += "with the --features of this run, if it had any: without them it is another program, in which there may be \
                        no such test, and no word of that\n";
        }
        Again { command, remarks }
    }

    /// `CHOICES`, as [`list::read`] takes it: the list, or, if that is long, a file of its own that has it.
    pub(super) fn variable(&self, choices: &[u64]) -> String {
        let list = list::written(choices);
        if list.len() <= LIST_MOST {
            return format!("CHOICES={list}");
        }
        let name = self.file(&list);
        let in_file = |folder: &Path| {
            let path = folder.join(&name);
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

    /// The name of the file of a list: whose it is, for who looks for it, and what it has, so that no other list takes its place.
    fn file(&self, list: &str) -> String {
        let mut hash = DefaultHasher::new();
        list.hash(&mut hash);
        let test = self.test().unwrap_or("throng").replace("::", ".");
        let test: String = test
            .chars()
            .take(100)
            .map(|c| if c == '.' || c == '_' || c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        format!("{test}-{:016x}.choices", hash.finish())
    }
}

/// Whether these are the frames of a thread that runs a test of the harness; none, if they have no names.
fn harness(frames: &str) -> Option<bool> {
    let names = || frames.lines().filter_map(|line| Some(line.split_once(": ")?.1));
    // Of what has asked for them.
    let has_names = names().any(|name| name.contains("explore"));
    let runs =
        |name: &str| name.starts_with("test::run_test") || name.starts_with("test::__rust_begin_short");
    if names().any(runs) { Some(true) } else { has_names.then_some(false) }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_=:,./@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// What a variable of the environment has, if it is set: what is no text is no number either.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|given| given.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0123456789abcdef";

    fn program(path: &str, thread: Option<&str>, is_harness: Option<bool>, arguments: &[&str]) -> Program {
        Program {
            path: path.into(),
            package: Some(("throng".to_owned(), env!("CARGO_MANIFEST_DIR").into())),
            thread: thread.map(str::to_owned),
            is_harness,
            arguments: arguments.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    fn command(path: &str, thread: Option<&str>, is_harness: Option<bool>, arguments: &[&str]) -> String {
        program(path, thread, is_harness, arguments).again().command
    }

    #[test]
    fn a_test_is_named_with_its_program() {
        let at = |folder: &str, name: &str| format!("/t/{folder}/{name}-{HASH}");
        // As well where the program has no names of its frames.
        for is_harness in [None, Some(true)] {
            let told = |folder: &str, name: &str| {
                command(&at(folder, name), Some("a::b"), is_harness, &["a", "--nocapture"])
            };
            assert_eq!(
                told("debug/deps", "simulation"),
                "cargo test -p throng --test simulation a::b -- --exact"
            );
            assert_eq!(
                told("release/deps", "floors"),
                "cargo test --release -p throng --test floors a::b -- --exact"
            );
            assert_eq!(
                told("odd/deps", "throng"),
                "cargo test --profile odd -p throng --lib a::b -- --exact"
            );
            // Of its path alone the manifest says what it is.
            assert_eq!(told("debug/deps", "models"), "cargo test -p throng --test models a::b -- --exact");
            assert_eq!(told("debug/deps", "other"), "/t/debug/deps/other-0123456789abcdef a::b --exact");
        }
        let ignored = command(&at("debug/deps", "throng"), Some("a::b"), Some(true), &["--ignored"]);
        assert_eq!(ignored, "cargo test -p throng --lib a::b -- --exact --include-ignored");
        let others = ["/t/debug/examples/simulation", "/tmp/rustdoctest/rust_out"].map(str::to_owned);
        for built in others.iter().chain([&at("debug/deps", "throng"), &at("debug/examples", "simulation")]) {
            let again = program(built, Some("a::b"), Some(true), &[]).again();
            assert!(again.remarks.contains("with the --features of this run"), "{built}: {}", again.remarks);
        }
        let itself = program("/t/debug/loadgen", Some("a::b"), Some(true), &[]).again();
        assert_eq!(itself.remarks, "");
    }

    /// What takes its place is no word to a shell, so that no test runs by mistake, and none passes for it.
    #[test]
    fn where_no_thread_says_which_test_it_is_its_name_is_to_be_put_in() {
        let path = format!("/t/debug/deps/simulation-{HASH}");
        let named = "cargo test -p throng --test simulation <name of the test> -- --exact";
        let others =
            [(None, Some(false)), (None, None), (Some("driver"), Some(false)), (Some("main"), Some(true))];
        for (thread, is_harness) in others {
            for arguments in
                [&[][..], &["b"], &["--exact"], &["--exact", "--test-threads", "1"], &["--exact", "a", "b"]]
            {
                let again = program(&path, thread, is_harness, arguments).again();
                assert_eq!(again.command, named, "{thread:?} {arguments:?}");
                assert!(again.remarks.starts_with("put the test's name in"), "{}", again.remarks);
            }
        }
        // Of one thread, which runs one test.
        let one = ["a::b", "--exact", "--test-threads", "1"];
        let told = command(&path, Some("main"), Some(true), &one);
        assert_eq!(told, "cargo test -p throng --test simulation a::b -- --exact");
        let doc = command("/tmp/rustdoctest/rust_out", Some("main"), Some(false), &[]);
        assert_eq!(doc, "cargo test -p throng --doc <name of the test>");
    }

    #[test]
    fn a_program_of_its_own_is_asked_the_same_again() {
        let swarm = format!("/t/debug/deps/swarm-{HASH}");
        for thread in [None, Some("main"), Some("driver")] {
            let again = program(&swarm, thread, Some(false), &["b", "--seeds=1", "it's so"]).again();
            assert_eq!(again.command, r"cargo test -p throng --test swarm -- b --seeds=1 'it'\''s so'");
            assert!(!again.remarks.contains("name"), "{}", again.remarks);
            let example = command("/t/debug/examples/simulation", thread, Some(false), &["7"]);
            assert_eq!(example, "cargo run -p throng --example simulation -- 7");
            assert_eq!(command("/t/debug/loadgen", thread, Some(false), &["x y"]), "/t/debug/loadgen 'x y'");
        }
    }

    #[test]
    fn without_cargo_it_is_the_program_itself() {
        let of = |thread, is_harness| {
            let program = program("/a b/c", Some(thread), is_harness, &["a"]);
            Program { package: None, ..program }.again().command
        };
        assert_eq!(of("t::t", Some(true)), "'/a b/c' t::t --exact");
        assert_eq!(of("main", Some(false)), "'/a b/c' a");
    }

    /// Whatever the threads are called.
    #[test]
    fn a_thread_of_the_harness_is_known_by_its_frames() {
        let explored = || harness(&format!("0: throng::sim::explore\n{}", Backtrace::force_capture()));
        assert_eq!(explored(), Some(true));
        let other = std::thread::Builder::new().name("again".to_owned()).spawn(explored);
        assert_eq!(other.expect("a thread").join().ok(), Some(Some(false)));
        assert_eq!(harness("0: <unknown>\n"), None);
    }

    /// In a file of its own where there are many of them.
    #[test]
    fn choices_are_read_as_they_were_written() {
        let program = program("/t/debug/deps/x", Some("a::b c"), None, &[]);
        let read = |variable: &str| list::read(variable.strip_prefix("CHOICES=").expect("it is set"));
        let few = [3, 0, u64::MAX];
        assert_eq!(program.variable(&few), format!("CHOICES=3,0,{}", u64::MAX));
        assert_eq!(read(&program.variable(&few)), Ok(few.to_vec()));
        assert_eq!(read(&program.variable(&[])), Ok(vec![0]));
        // This process's own, as others may run beside it.
        let many = |last: u64| (0..100_000).chain([std::process::id().into(), last]).collect::<Vec<u64>>();
        let lists = [many(1), many(2), many(2)];
        let variables = lists.each_ref().map(|list| program.variable(list));
        for (variable, list) in variables.iter().zip(&lists) {
            assert!(variable.starts_with("CHOICES=@") && variable.ends_with(".choices"), "{variable}");
            assert!(variable.contains("/a.b-c-"), "{variable}");
            assert_eq!(read(variable).as_ref(), Ok(list));
        }
        assert_eq!(variables[1], variables[2]);
        for variable in &variables[..2] {
            std::fs::remove_file(variable.trim_start_matches("CHOICES=@")).expect("it is there");
        }
    }
}

//! The command line of `throng table`: what it takes, and one line for what it does not.

use crate::report::shell::quoted;
use crate::table::claims::{self, System};
use crate::table::profile::Profile;
use crate::table::render::Format;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The help.
pub(super) const USAGE: &str = "\
Measures actor systems on this machine.

  throng [table]    the document's table: each system measured here, its claim beside it
  throng report     the page of a run, rendered again from its raw files
  throng load       several runs of one load, each in a fresh process, merged
  throng sweep      the same over workers, actors or another flag
  throng compare    a load under two settings, binaries or revisions, in pairs
  throng prices     what each feature of the engine costs when it is switched on
  throng savina     the Savina suite on the engine, every workload verified by an oracle
  throng peers      other systems of actors beside throng, on the same work in the same run
  throng limits     the physical floor of this machine
  throng jitter     what this machine takes of each processor, as gaps in a loop that reads the clock
  throng loadgen    one run of one workload, as the command loadgen does it
  throng help [COMMAND]

Started by these, each time in a process of its own, and of use for a look at one figure:
  throng row        one measure of throng's own row, as `throng table` asks for it
  throng price      one figure of one feature, as `throng prices` asks for it
  throng workload   one workload of the suite, as `throng savina` asks for it
  throng peer       one process of throng's, as `throng peers` asks for it

Options of `throng table`:
  --profile smoke|default|paper   how long to take: about half a minute, two minutes, long   [default]
  --only ROW[,ROW..]              measure these rows alone
  --format text|markdown|json     how the result is written to stdout                              [text]
  --out DIR                       a new or empty folder for the files [reports/runs/<UTC>-table]
  --target DIR                    where programs and the Python environment are kept              [target]
  -h, --help
  -V, --version

SIGUSR1 has the process say on stderr what its actor systems are at, and who waits for whom; it goes on.
Loads run in processes of their own: ask those.
";

/// Where programs and the Python environment are kept if nothing is said.
const TARGET: &str = "target";

/// What to measure, how long, and where to.
#[derive(Debug)]
pub(super) struct Options {
    /// How long to take.
    pub profile: Profile,
    /// The rows to measure; `None` for all.
    pub only: Option<Vec<System>>,
    /// How the result is written to stdout.
    pub format: Format,
    /// Where the run's files go; `None` for a folder by the time.
    pub out: Option<PathBuf>,
    /// Where programs and the Python environment are kept; `None` for a folder of this name here.
    target: Option<PathBuf>,
}

impl Options {
    /// Where programs and the Python environment are kept.
    pub(super) fn target(&self) -> &Path {
        self.target.as_deref().unwrap_or(Path::new(TARGET))
    }

    /// One line on why nothing can be kept there.
    pub(super) fn no_target(&self, why: &impl Display) -> String {
        match self.target {
            Some(_) => format!("--target {why}"),
            None => {
                format!("no folder for programs and the Python environment: {why}; name one with --target")
            }
        }
    }
}

/// Why there is nothing to measure.
#[derive(Debug)]
pub(super) enum Refused {
    /// The help or the version was asked for; this is it.
    Told(String),
    /// The command line is wrong: one line says where, and what is taken there.
    Usage(String),
}

/// Reads the arguments of `throng table`.
///
/// # Errors
/// The help or the version, or one line that names the option, what it got and what it takes.
pub(super) fn read(args: impl Iterator<Item = OsString>) -> Result<Options, Refused> {
    let (mut profile, mut only, mut format, mut out, mut target) = (None, None, None, None, None);
    let mut args = args;
    while let Some(arg) = args.next() {
        // A path is bytes and stays what it was given as.
        let bytes = arg.as_bytes();
        let (flag, attached) = match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) if bytes.starts_with(b"--") => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
            _ => (bytes, None),
        };
        let flag = String::from_utf8_lossy(flag);
        let mut given = |takes: &str| {
            let value = attached.map(OsStr::to_owned).or_else(|| args.next());
            value.ok_or_else(|| Refused::Usage(format!("{flag} got nothing: takes {takes}")))
        };
        if attached.is_some() && ["--help", "--version"].contains(&&*flag) {
            return Err(Refused::Usage(format!("{flag} takes no value")));
        }
        match &*flag {
            "-h" | "--help" => return Err(Refused::Told(USAGE.to_owned())),
            "-V" | "--version" => {
                return Err(Refused::Told(format!("throng {}\n", env!("CARGO_PKG_VERSION"))));
            }
            "--profile" => once(&flag, &mut profile, given(&Profile::accepted())?, text(Profile::from_str))?,
            "--format" => once(&flag, &mut format, given(&Format::accepted())?, text(Format::from_str))?,
            "--only" => once(&flag, &mut only, given(&claims::accepted())?, text(claims::parse_only))?,
            "--out" => once(
                &flag,
                &mut out,
                given("a folder, new or empty")?,
                folder(&flag, "a folder, new or empty"),
            )?,
            "--target" => once(
                &flag,
                &mut target,
                given("a folder, there or new")?,
                folder(&flag, "a folder, there or new"),
            )?,
            other => {
                return Err(Refused::Usage(format!(
                    "no option {other:?}; it takes --profile, --only, --format, --out, --target, --help and --version"
                )));
            }
        }
    }
    Ok(Options {
        profile: profile.unwrap_or_default(),
        only,
        format: format.unwrap_or_default(),
        out,
        target,
    })
}

/// Puts what `value` means into its place, unless there is something already: which of two was meant nobody knows.
fn once<T>(
    flag: &str,
    place: &mut Option<T>,
    value: OsString,
    meaning: impl Fn(OsString) -> Result<T, String>,
) -> Result<(), Refused> {
    if place.is_some() {
        return Err(Refused::Usage(format!("{flag} is given twice: give it once")));
    }
    *place = Some(meaning(value).map_err(Refused::Usage)?);
    Ok(())
}

fn text<T>(meaning: impl Fn(&str) -> Result<T, String>) -> impl Fn(OsString) -> Result<T, String> {
    move |value| meaning(&value.to_string_lossy())
}

fn folder(flag: &str, takes: &'static str) -> impl Fn(OsString) -> Result<PathBuf, String> {
    let flag = flag.to_owned();
    move |value| {
        if value.is_empty() {
            return Err(format!("{flag} got \"\": takes {takes}"));
        }
        Ok(value.into())
    }
}

/// The line that repeats the run: what `program` is called by, quoted for a shell.
pub(super) fn command(program: &str, options: &Options) -> String {
    let mut line = format!("{program} table --profile {}", options.profile.name());
    if let Some(only) = &options.only {
        let names: Vec<_> = only.iter().map(|system| system.name()).collect();
        line += &format!(" --only {}", names.join(","));
    }
    if options.format != Format::default() {
        line += &format!(" --format {}", options.format.name());
    }
    if options.target() != OsStr::new(TARGET) {
        line += &format!(" --target {}", quoted(options.target().as_os_str()));
    }
    line
}

/// How this program was called: by `cargo run`, or by the name that was typed.
pub(super) fn program() -> String {
    let is_cargos = std::env::var_os("CARGO").is_some()
        && std::env::var_os("CARGO_PKG_NAME").is_some_and(|name| name == env!("CARGO_PKG_NAME"));
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = std::env::current_dir().ok();
    if is_cargos && here.zip(package).is_some_and(|(here, package)| runs_from(&here, &package)) {
        return cargo(env!("THRONG_PROFILE"), cfg!(feature = "mimalloc"));
    }
    std::env::args_os().next().map_or_else(|| "throng".to_owned(), |name| quoted(&name))
}

/// Whether Cargo runs `package` by no more than `cargo run` in this folder: the workspace's own, or one of the package.
fn runs_from(here: &Path, package: &Path) -> bool {
    Some(here) == package.parent() || here.starts_with(package)
}

/// What has Cargo run this very build; `profile` is the name of its folder.
fn cargo(profile: &str, mimalloc: bool) -> String {
    let profile = match profile {
        "debug" => String::new(),
        "release" => " --release".to_owned(),
        other => format!(" --profile {other}"),
    };
    format!("cargo run{profile}{} --", if mimalloc { "" } else { " --no-default-features" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str) -> String {
        match read(line.split_whitespace().map(OsString::from)) {
            Err(Refused::Usage(why)) => why,
            Err(Refused::Told(text)) => panic!("{line}: {text}"),
            Ok(options) => panic!("{line}: {options:?}"),
        }
    }

    #[test]
    fn bad_options_are_named_in_one_line() {
        for (line, named) in [
            ("--profile nonsense", "nonsense"),
            ("--format xml", "xml"),
            ("--only nobody", "nobody"),
            ("--only", "--only got nothing: takes one or more of multiprocessing"),
            ("--out=", "--out got \"\": takes a folder"),
            ("--target=", "--target got \"\": takes a folder"),
            ("--target a --target=a", "--target is given twice"),
            ("--frofile smoke", "--frofile"),
            ("smoke", "\"smoke\""),
        ] {
            let why = refused(line);
            assert!(why.contains(named) && !why.contains('\n'), "{line}: {why}");
        }
    }

    #[test]
    fn readme_and_help_have_the_same_commands() {
        let readme = include_str!("../../../README.md");
        let commands: Vec<_> = USAGE
            .lines()
            .filter_map(|line| line.strip_prefix("  throng ")?.split_whitespace().next())
            .filter(|name| *name != "[table]")
            .collect();
        assert_eq!(commands.len(), 15, "{commands:?}");
        for name in commands {
            let told = [format!("-- {name} "), format!("-- {name}`"), format!("`throng {name}`")];
            assert!(told.iter().any(|told| readme.contains(told)), "README.md has no {name}");
        }
        // Those that others start stand apart.
        let apart = USAGE.split("Started by these").nth(1).expect("a part of its own");
        for name in ["row", "price", "workload", "peer"] {
            assert!(apart.contains(&format!("throng {name} ")), "{apart}");
        }
    }

    #[test]
    fn the_command_has_what_was_not_left_out() {
        let line = "--profile=smoke --only throng,asyncio --format json --out x --target y";
        let options = read(line.split_whitespace().map(OsString::from)).expect("it fits");
        assert_eq!((options.profile, options.format), (Profile::Smoke, Format::Json));
        assert_eq!(options.only.as_ref().map(Vec::len), Some(2));
        assert_eq!(
            command(&cargo("release", true), &options),
            "cargo run --release -- table --profile smoke --only asyncio,throng --format json --target y"
        );
        let options = read(std::iter::empty()).expect("it fits");
        assert_eq!(command("throng", &options), "throng table --profile default");
        for (here, runs) in
            [("/w", true), ("/w/bench", true), ("/w/bench/src", true), ("/w/engine", false), ("/", false)]
        {
            assert_eq!(runs_from(Path::new(here), Path::new("/w/bench")), runs, "{here}");
        }
        assert_eq!(cargo("debug", true), "cargo run --");
        assert_eq!(cargo("embedder", false), "cargo run --profile embedder --no-default-features --");
    }

    #[test]
    fn a_path_keeps_its_bytes() {
        let args: [&[u8]; 3] = [b"--out", b"r4\xff=x", b"--target=t\xfe"];
        let Ok(options) = read(args.iter().map(|arg| OsStr::from_bytes(arg).to_owned())) else {
            panic!("refused")
        };
        assert_eq!(options.out.as_deref(), Some(Path::new(OsStr::from_bytes(args[1]))));
        assert_eq!(options.target().as_os_str().as_bytes(), b"t\xfe");
    }
}

//! Python and the released packages: found or made once, kept under the target directory.
//!
//! The environment is made in a folder of its own and renamed when it is complete, so that one whose making was
//! interrupted is never taken for whole. Its stamp holds the requirements and the Python they were installed for;
//! where it says otherwise the environment is made anew.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::process::{self, Failure, Job, find_program};

/// The oldest Python that runs the programs.
const OLDEST: (u32, u32) = (3, 8);
const LOOK_WITHIN: Duration = Duration::from_secs(20);
const VENV_WITHIN: Duration = Duration::from_secs(90);
const PIP_WITHIN: Duration = Duration::from_secs(240);
/// One attempt, ten seconds for an answer: offline it is soon known.
const PIP: [&str; 11] = [
    "-m",
    "pip",
    "install",
    "--retries",
    "0",
    "--timeout",
    "10",
    "--disable-pip-version-check",
    "--no-input",
    "--quiet",
    "--requirement",
];
/// The same for the pip that pip starts to build a package.
const PIP_ENV: [(&str, &str); 4] = [
    ("PIP_RETRIES", "0"),
    ("PIP_DEFAULT_TIMEOUT", "10"),
    ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
    ("PIP_NO_INPUT", "1"),
];

const FOLDER: &str = "baselines-venv";
const STAMP: &str = "stamp";
/// Where the packages are if there is no virtual environment around them.
const SITE: &str = "site";

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The flag was raised.
    Interrupted,
    /// One line, for the note of the rows that need it.
    Because(String),
}

/// An interpreter, and what it needs to know to find the packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The interpreter itself, no launcher in front of it.
    pub interpreter: PathBuf,
    /// Its version, `3.11.7`.
    pub version: String,
    /// A folder of packages to put into `PYTHONPATH`.
    pub site: Option<PathBuf>,
}

impl Python {
    /// The installed versions of these packages; `None` for those that are not there or do not tell.
    pub fn versions_of<const N: usize>(&self, names: [&str; N], stop: &AtomicBool) -> [Option<String>; N] {
        let ask = "import json, sys\n\
                   from importlib.metadata import PackageNotFoundError, version\n\
                   def of(name):\n    try:\n        return version(name)\n    except PackageNotFoundError:\n        pass\n\
                   print(json.dumps([of(name) for name in sys.argv[1:]]))";
        let args = ["-c", ask].into_iter().chain(names).map(OsString::from).collect();
        let site = self.site.clone().map(PathBuf::into_os_string).unwrap_or_default();
        let env = vec![("PYTHONPATH".into(), site)];
        let job = Job { program: self.interpreter.clone(), args, env, deadline: LOOK_WITHIN };
        let told = process::run(&job, stop, &mut |_| {}).ok();
        let told = told.and_then(|line| serde_json::from_str::<Vec<Option<String>>>(&line).ok());
        told.and_then(|versions| versions.try_into().ok()).unwrap_or([const { None }; N])
    }
}

/// The machine's Python 3, with nothing but its standard library.
///
/// # Errors
/// Why there is none, or none that will do.
pub fn find(stop: &AtomicBool) -> Result<Python, Missing> {
    let Some(program) = find_program("python3") else {
        return Err(Missing::Because("python3 not found".into()));
    };
    let ask = "import json, sys; print(json.dumps([sys.executable, list(sys.version_info[:3])]))";
    let answer = run(&program, ["-c", ask], LOOK_WITHIN, stop, &mut |_| {}).map_err(because("python3"))?;
    let (interpreter, [major, minor, patch]): (PathBuf, [u32; 3]) = serde_json::from_str(&answer)
        .map_err(|error| Missing::Because(format!("python3 does not tell its version: {error}")))?;
    let version = format!("{major}.{minor}.{patch}");
    if (major, minor) < OLDEST {
        let (major, minor) = OLDEST;
        return Err(Missing::Because(format!("python3 is {version}, {major}.{minor} or newer is needed")));
    }
    Ok(Python { interpreter, version, site: None })
}

/// `python` with the packages of `requirements` (the text of a requirements file), installed under `target_dir` if
/// they are not there yet.
///
/// # Errors
/// Why they could not be had; nothing half-made is left.
pub fn with_packages(
    python: &Python,
    requirements: &str,
    target_dir: &Path,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str),
) -> Result<Python, Missing> {
    let folder = target_dir.join(FOLDER);
    let stamp = format!("{} {}\n{requirements}", python.interpreter.display(), python.version);
    if let Some(ready) = ready(python, &folder, &stamp) {
        return Ok(ready);
    }
    told("installing the Python packages of the table, once");
    sweep(target_dir);
    let unfinished = Unfinished(target_dir.join(format!("{FOLDER}.{}", std::process::id())));
    remove(&unfinished.0).map_err(Missing::Because)?;
    fs::create_dir_all(&unfinished.0)
        .map_err(|error| Missing::Because(format!("cannot make {}: {error}", unfinished.0.display())))?;
    install(python, requirements, &unfinished.0, stop, told)?;
    write(&unfinished.0.join(STAMP), &stamp)?;
    remove(&folder).map_err(Missing::Because)?;
    if let Err(error) = fs::rename(&unfinished.0, &folder) {
        // Another one may have put its own there just now.
        return ready(python, &folder, &stamp)
            .ok_or_else(|| Missing::Because(format!("cannot rename to {}: {error}", folder.display())));
    }
    ready(python, &folder, &stamp)
        .ok_or_else(|| Missing::Because(format!("{} is not what was made", folder.display())))
}

/// The environment in `folder`, if it is complete and made for this.
fn ready(python: &Python, folder: &Path, stamp: &str) -> Option<Python> {
    if fs::read_to_string(folder.join(STAMP)).ok()? != stamp {
        return None;
    }
    let site = folder.join(SITE);
    let (interpreter, site) = if site.is_dir() {
        (python.interpreter.clone(), Some(site))
    } else {
        (folder.join("bin").join("python"), None)
    };
    // A link whose interpreter is gone does not exist for this.
    interpreter.exists().then(|| Python { interpreter, version: python.version.clone(), site })
}

/// Installs into `folder`: a virtual environment, or where Python comes without ensurepip, a folder of packages by the
/// machine's own pip.
fn install(
    python: &Python,
    requirements: &str,
    folder: &Path,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str),
) -> Result<(), Missing> {
    let venv = [OsString::from("-m"), "venv".into(), folder.into()];
    let (interpreter, target) = match run(&python.interpreter, venv, VENV_WITHIN, stop, told) {
        Ok(_) => (folder.join("bin").join("python"), None),
        Err(Failure::Interrupted { .. }) => return Err(Missing::Interrupted),
        Err(_) => {
            remove(folder).map_err(Missing::Because)?;
            let site = folder.join(SITE);
            fs::create_dir_all(&site)
                .map_err(|error| Missing::Because(format!("cannot make {}: {error}", site.display())))?;
            (python.interpreter.clone(), Some(site))
        }
    };
    let list = folder.join("requirements.txt");
    write(&list, requirements)?;
    let mut args: Vec<OsString> = PIP.map(OsString::from).into();
    args.push(list.into());
    if let Some(site) = target {
        args.extend(["--target".into(), site.into()]);
    }
    let packages = requirements.split_whitespace().collect::<Vec<_>>().join(" and ");
    run(&interpreter, args, PIP_WITHIN, stop, told)
        .map_err(because(&format!("pip could not install {packages}")))
        .map(drop)
}

fn run<A: Into<OsString>>(
    program: &Path,
    args: impl IntoIterator<Item = A>,
    deadline: Duration,
    stop: &AtomicBool,
    told: &mut dyn FnMut(&str),
) -> Result<String, Failure> {
    let job = Job {
        program: program.to_owned(),
        args: args.into_iter().map(Into::into).collect(),
        env: PIP_ENV.map(|(name, value)| (name.into(), value.into())).into(),
        deadline,
    };
    process::run(&job, stop, told)
}

fn because(what: &str) -> impl Fn(Failure) -> Missing {
    move |failure| match failure {
        Failure::Interrupted { .. } => Missing::Interrupted,
        failure => Missing::Because(format!("{what}: {failure}")),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Missing> {
    fs::write(path, text)
        .map_err(|error| Missing::Because(format!("cannot write {}: {error}", path.display())))
}

fn remove(folder: &Path) -> Result<(), String> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {error}", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Takes away what a killed process left half-made.
fn sweep(target_dir: &Path) {
    let Ok(entries) = fs::read_dir(target_dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let maker =
            name.to_str().and_then(|name| name.strip_prefix(FOLDER)?.strip_prefix('.')?.parse::<u32>().ok());
        if maker.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            // Only disk space: where it cannot be had back, the next one tries again.
            let _ = remove(&entry.path());
        }
    }
}

/// The folder in which an environment is being made; removed unless it was renamed.
struct Unfinished(PathBuf);

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What is left then is only disk space, and the next run takes it away.
        let _ = remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("throng-python-{name}-{}", std::process::id()));
            fs::create_dir(&path).expect("a new directory");
            Self(path)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).expect("the directory is there");
            entries.map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn python() -> Option<Python> {
        match find(&AtomicBool::new(false)) {
            Ok(python) => Some(python),
            Err(missing) => {
                crate::stderr::line(format_args!("python: not run: {missing:?}"));
                None
            }
        }
    }

    /// `python` as it is where ensurepip is missing; an environment is made much faster by it.
    fn without_venv(python: &Python, target: &Scratch) -> Python {
        let wrapper = target.0.join("python");
        let script = format!("[ \"$2\" = venv ] && exit 1\nexec '{}' \"$@\"\n", python.interpreter.display());
        fs::write(&wrapper, format!("#!/bin/sh\n{script}")).expect("a writable directory");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700)).expect("it is ours");
        Python { interpreter: wrapper, ..python.clone() }
    }

    /// Whether the machine's own pip is there.
    fn has_pip(python: &Python) -> bool {
        let pip = run(
            &python.interpreter,
            ["-m", "pip", "--version"],
            LOOK_WITHIN,
            &AtomicBool::new(false),
            &mut |_| {},
        );
        if let Err(failure) = &pip {
            crate::stderr::line(format_args!("python: not run: {failure}"));
        }
        pip.is_ok()
    }

    /// Makes an environment without packages: nothing is fetched for it.
    fn make(
        python: &Python,
        requirements: &str,
        target: &Scratch,
        told: &mut Vec<String>,
    ) -> Result<Python, Missing> {
        let stop = AtomicBool::new(false);
        with_packages(python, requirements, &target.0, &stop, &mut |line| told.push(line.to_owned()))
    }

    #[test]
    fn without_ensurepip_the_machines_pip_fills_a_folder_once_for_its_requirements() {
        let Some(python) = python().filter(has_pip) else { return };
        let (target, wrapper) = (Scratch::new("once"), Scratch::new("no-venv"));
        let python = without_venv(&python, &wrapper);
        let mut told = Vec::new();
        let made = make(&python, "# nothing\n", &target, &mut told).expect("nothing is fetched");
        assert!(!told.is_empty());
        assert_eq!(made.interpreter, python.interpreter);
        assert_eq!(made.site, Some(target.0.join(FOLDER).join(SITE)));
        assert_eq!(target.names(), [FOLDER]);

        told.clear();
        assert_eq!(make(&python, "# nothing\n", &target, &mut told), Ok(made));
        assert!(told.is_empty(), "it was there: {told:?}");

        make(&python, "# nothing else\n", &target, &mut told).expect("nothing is fetched");
        assert!(!told.is_empty(), "another text asks for another environment");
        assert_eq!(target.names(), [FOLDER]);
    }

    #[test]
    fn one_without_its_stamp_is_not_taken_for_whole() {
        let Some(python) = python() else { return };
        let target = Scratch::new("stampless");
        // Above every pid there is: its maker cannot be alive.
        fs::create_dir(target.0.join(format!("{FOLDER}.4294967295"))).expect("a new directory");
        let folder = target.0.join(FOLDER);
        fs::create_dir_all(folder.join("bin")).expect("a new directory");
        fs::write(folder.join("bin").join("python"), "#!/bin/false\n").expect("a new file");
        let made = make(&python, "# nothing\n", &target, &mut Vec::new()).expect("nothing is fetched");
        let works = run(
            &made.interpreter,
            ["-c", "print('works')"],
            LOOK_WITHIN,
            &AtomicBool::new(false),
            &mut |_| {},
        );
        assert_eq!(works.expect("exit 0"), "works");
        assert_eq!(target.names(), [FOLDER], "what another one left half-made is gone");
    }

    #[test]
    fn what_cannot_be_installed_is_a_reason_and_leaves_nothing() {
        let Some(python) = python().filter(has_pip) else { return };
        let (target, wrapper) = (Scratch::new("refused"), Scratch::new("refusing"));
        let python = without_venv(&python, &wrapper);
        // Refused while reading the list, before anything is looked up.
        let missing =
            make(&python, "no package at all\n", &target, &mut Vec::new()).expect_err("no requirement");
        let Missing::Because(why) = missing else { panic!("nobody interrupted it") };
        assert!(why.starts_with("pip could not install"), "{why}");
        assert!(!why.contains('\n'), "{why}");
        assert!(target.names().is_empty(), "{:?}", target.names());
    }

    #[test]
    fn packages_tell_their_versions() {
        let Some(python) = python() else { return };
        let site = Scratch::new("versions");
        let info = site.0.join("thing-1.2.dist-info");
        fs::create_dir(&info).expect("a new directory");
        fs::write(info.join("METADATA"), "Name: thing\nVersion: 1.2\n").expect("a new file");
        let python = Python { site: Some(site.0.clone()), ..python };
        let told = python.versions_of(["thing", "no-such-thing"], &AtomicBool::new(false));
        assert_eq!(told, [Some("1.2".to_owned()), None]);
        let none = Python { interpreter: "/nowhere/python".into(), ..python };
        assert_eq!(none.versions_of(["thing"], &AtomicBool::new(false)), [None]);
    }

    #[test]
    fn an_interrupt_leaves_nothing() {
        let Some(python) = python() else { return };
        let target = Scratch::new("interrupted");
        let stop = AtomicBool::new(false);
        // The flag rises with the first line of progress, before the first child is started.
        let raise = &mut |_: &str| stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let outcome = with_packages(&python, "# nothing\n", &target.0, &stop, raise);
        assert_eq!(outcome, Err(Missing::Interrupted));
        assert!(target.names().is_empty(), "{:?}", target.names());
    }
}

//! A series of loads in one file: TOML, with a version, so that an old file is told from a wrong one.
//!
//! ```toml
//! version = 1
//!
//! [defaults]          # flags of loadgen by their long names, for every load; runs too, where throng load has no --runs
//! runs = 3
//!
//! [[load]]
//! name = "ring"       # of its folder
//! workload = "ring"
//! messages = "2M"     # numbers, strings, and true or false for flags without a value
//! ```

use crate::options::{Options, Refused, Workload};
use crate::regular_file;
use clap::CommandFactory;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The version that is read.
const VERSION: i128 = 1;
/// The largest file, in bytes: as tables its text takes up to 250 times as much, which is 33 MB.
const FILE_MAX: usize = 1 << 17;
/// The most loads of a file.
const LOADS_MAX: usize = 500;
/// The most runs of a load.
const RUNS_MAX: i128 = 1_000;
/// The longest name, in bytes.
const NAME_MAX: usize = 64;
/// What lies beside the loads' folders.
const TAKEN: [&str; 5] = ["run.json", "env.json", "summary.md", "report.html", "svg"];
/// Flags of loadgen that are not a load's: where results go and what they look like is said once for the series.
const NOT_OF_A_LOAD: [&str; 3] = ["out", "format", "runs"];

/// What a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFile {
    /// At least one, in the order of the file.
    pub loads: Vec<Load>,
}

/// One load of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// Its name, which no other of the file has: letters, digits, `-`, `_` and `.`, the first of them no `.`.
    pub name: String,
    /// How many runs by its own word; `None` where it has none.
    pub runs: Option<u32>,
    /// How many by the word for all loads of the file; `None` where there is none.
    pub default_runs: Option<u32>,
    /// The arguments of loadgen, which its own reader takes: the workload, then a flag each.
    pub args: Vec<String>,
}

/// Why a file is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    path: PathBuf,
    /// Line and column, from 1; in characters.
    place: Option<(usize, usize)>,
    why: String,
}

/// One line: the file, the line and the column where they are known, and what is taken there.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A name that is no plain text would be more than one line.
        let path = self.path.display().to_string();
        write!(f, "{}", path.escape_debug())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.why)
    }
}

impl std::error::Error for Error {}

impl ProfileFile {
    /// Reads the file, and has each of its loads checked by loadgen's own reader.
    ///
    /// # Errors
    /// See [`Error`]: a file that cannot be read or is above 128 KiB, what is no TOML, an unknown key, a value of the
    /// wrong type, no version or another one, no load, a name that is missing, given twice or not fit for a folder,
    /// and what loadgen refuses, with its own words.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let error = |place, why| Error { path: path.to_owned(), place, why };
        let mut bytes = Vec::new();
        regular_file::open(path)
            .and_then(|file| file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes))
            .map_err(|reason| error(None, regular_file::reason(&reason)))?;
        if bytes.len() > FILE_MAX {
            return Err(error(None, format!("is too large: a profile takes up to {FILE_MAX} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|reason| {
            let good = reason.utf8_error().valid_up_to();
            let place = place(&String::from_utf8_lossy(&reason.as_bytes()[..good]), good);
            error(Some(place), "takes UTF-8 text".into())
        })?;
        let read = series(&text);
        read.map_err(|Fault { at, why }| error(Some(place(&text, at)), why.replace('\n', " ")))
    }
}

/// The line and the column of a byte.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// What is wrong at a byte of the text.
struct Fault {
    at: usize,
    why: String,
}

fn fault<T>(at: usize, why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at, why: why.into() })
}

type Value<'a> = Spanned<DeValue<'a>>;

fn series(text: &str) -> Result<ProfileFile, Fault> {
    let document = DeTable::parse(text).map_err(|error| Fault {
        at: error.span().map_or(0, |span| span.start),
        why: error.message().to_owned(),
    })?;
    let document = document.get_ref();
    match document.get("version") {
        None => return fault(0, "has no version: takes version = 1 before anything else"),
        Some(version) if whole(version) != Some(VERSION) => {
            return fault(version.span().start, format!("version got {}: takes 1", shown(version)));
        }
        Some(_) => {}
    }
    known(document, &["version", "defaults", "load"], &[])?;
    let command = Options::command();
    let flags: Vec<&str> = command
        .get_arguments()
        .filter_map(|argument| argument.get_long())
        .filter(|long| !NOT_OF_A_LOAD.contains(long))
        .collect();
    let nothing = DeTable::new();
    let defaults = match document.get("defaults").map(|value| (value, value.get_ref().as_table())) {
        None => &nothing,
        Some((_, Some(table))) => table,
        Some((value, None)) => return fault(value.span().start, "defaults takes a table: [defaults]"),
    };
    known(defaults, &["runs"], &flags)?;
    let loads = match document.get("load").map(|value| (value, value.get_ref().as_array())) {
        None => return fault(text.len(), "has no load: takes one or more [[load]]"),
        Some((_, Some(loads))) => loads,
        Some((value, None)) => return fault(value.span().start, "load takes tables: [[load]]"),
    };
    let mut names: HashMap<String, usize> = HashMap::new();
    let mut all = Vec::new();
    for value in loads.iter() {
        let at = value.span().start;
        if all.len() == LOADS_MAX {
            return fault(at, format!("is one too many: a file takes up to {LOADS_MAX} loads"));
        }
        let Some(table) = value.get_ref().as_table() else { return fault(at, "load takes tables: [[load]]") };
        let load = one(table, at, defaults, &flags)?;
        let at = table.get("name").map_or(at, |name| name.span().start);
        if let Some(first) = names.insert(load.name.clone(), at) {
            let (line, _) = place(text, first);
            let name = &load.name;
            return fault(
                at,
                format!("name got {name:?}, as in line {line}: takes a name of its own for each load"),
            );
        }
        all.push(load);
    }
    if all.is_empty() {
        return fault(text.len(), "has no load: takes one or more [[load]]");
    }
    Ok(ProfileFile { loads: all })
}

/// One `[[load]]` that begins at `at`.
fn one<'a>(table: &DeTable<'a>, at: usize, defaults: &DeTable<'a>, flags: &[&str]) -> Result<Load, Fault> {
    known(table, &["name", "workload", "runs"], flags)?;
    let name = name(table, at)?;
    let accepted = || format!("takes {}", Workload::ALL.map(Workload::name).join(", "));
    let Some(workload) = table.get("workload") else {
        return fault(at, format!("load {name:?} has no workload: {}", accepted()));
    };
    let named = workload.get_ref().as_str().filter(|given| Workload::ALL.iter().any(|w| w.name() == *given));
    let Some(named) = named else {
        return fault(workload.span().start, format!("workload got {}: {}", shown(workload), accepted()));
    };
    let (runs, default_runs) = (runs(table)?, runs(defaults)?);
    let mut given: BTreeMap<usize, (&str, &Value<'a>)> = BTreeMap::new();
    for (key, value) in defaults.iter().filter(|(key, _)| !table.contains_key(&**key.get_ref())).chain(table)
    {
        if flags.contains(&&**key.get_ref()) {
            given.insert(value.span().start, (key.get_ref(), value));
        }
    }
    let mut args = vec![named.to_owned()];
    for (at, (flag, value)) in &given {
        args.extend(argument(flag, value).map_err(|why| Fault { at: *at, why })?);
    }
    match Options::read(args.iter().map(OsString::from)) {
        Ok(_) => Ok(Load { name, runs, default_runs, args }),
        Err(Refused::Usage(line) | Refused::Told(line)) => {
            // Loadgen's line begins with the flag that it speaks of.
            let flag = line.split([' ', '=']).next().and_then(|word| word.strip_prefix("--"));
            let of = given.iter().find(|(_, (name, _))| Some(*name) == flag);
            let at = of.map_or(workload.span().start, |(at, _)| *at);
            fault(at, format!("load {name:?}: {line}"))
        }
    }
}

fn runs(table: &DeTable<'_>) -> Result<Option<u32>, Fault> {
    let Some(value) = table.get("runs") else { return Ok(None) };
    match whole(value).filter(|n| (1..=RUNS_MAX).contains(n)) {
        Some(runs) => Ok(Some(runs as u32)),
        None => {
            let takes = format!("runs got {}: takes a whole number from 1 to {RUNS_MAX}", shown(value));
            fault(value.span().start, takes)
        }
    }
}

fn name(table: &DeTable<'_>, at: usize) -> Result<String, Fault> {
    let takes = format!("takes 1 to {NAME_MAX} letters, digits, -, _ and ., the first of them no .");
    let Some(value) = table.get("name") else { return fault(at, format!("this load has no name: {takes}")) };
    let is_fit = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = value.get_ref().as_str().filter(|name| {
        (1..=NAME_MAX).contains(&name.len()) && !name.starts_with('.') && name.chars().all(is_fit)
    });
    match name {
        Some(name) if TAKEN.contains(&name.trim_end_matches(".FAIL")) => fault(
            value.span().start,
            format!("name got {name:?}: takes another one, the series has a file of this name"),
        ),
        Some(name) => Ok(name.to_owned()),
        None => fault(value.span().start, format!("name got {}: {takes}", shown(value))),
    }
}

/// Refuses the first key that is neither one of `own` nor a flag.
fn known(table: &DeTable<'_>, own: &[&str], flags: &[&str]) -> Result<(), Fault> {
    let is_known = |key: &str| own.contains(&key) || flags.contains(&key);
    let unknown = table.keys().filter(|key| !is_known(key.get_ref())).min_by_key(|key| key.span().start);
    match unknown {
        None => Ok(()),
        Some(key) => {
            let all: Vec<_> = own.iter().chain(flags).copied().collect();
            fault(key.span().start, format!("no key {:?}: takes {}", key.get_ref(), all.join(", ")))
        }
    }
}

/// The argument that a flag and its value are, none for `false`.
fn argument(flag: &str, value: &Value<'_>) -> Result<Option<String>, String> {
    let given = match value.get_ref() {
        DeValue::Boolean(true) => return Ok(Some(format!("--{flag}"))),
        DeValue::Boolean(false) => return Ok(None),
        DeValue::String(text) => text.to_string(),
        DeValue::Float(float) => float.as_str().to_owned(),
        DeValue::Integer(_) => match whole(value) {
            Some(n) => n.to_string(),
            None => return Err(format!("{flag} got {}: takes a smaller number", shown(value))),
        },
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => {
            return Err(format!("{flag} got {}: takes a number, a string, true or false", shown(value)));
        }
    };
    Ok(Some(format!("--{flag}={given}")))
}

fn whole(value: &Value<'_>) -> Option<i128> {
    let number = value.get_ref().as_integer()?;
    i128::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A value for a message, short.
fn shown(value: &Value<'_>) -> String {
    match value.get_ref() {
        DeValue::String(text) => format!("{:?}", text.chars().take(NAME_MAX).collect::<String>()),
        DeValue::Integer(n) => n.as_str().chars().take(NAME_MAX).collect(),
        DeValue::Float(n) => n.as_str().chars().take(NAME_MAX).collect(),
        DeValue::Boolean(given) => given.to_string(),
        DeValue::Datetime(_) => "a date".into(),
        DeValue::Array(_) => "an array".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

#[cfg(test)]
mod tests;

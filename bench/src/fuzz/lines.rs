//! Command lines, and the files whose loads are command lines. A line of the bytes is a word.

use super::one_line;
use super::scratch::Scratch;
use crate::conductor::words;
use crate::options::{Options, Refused};
use crate::profile_file::ProfileFile;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

fn args(bytes: &[u8]) -> Vec<OsString> {
    // A word of a command line has no NUL.
    let words = bytes.split(|byte| *byte == b'\n').filter(|word| !word.contains(&0));
    words.map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

pub(super) fn loadgen(bytes: &[u8]) {
    match Options::read(args(bytes)) {
        Ok(options) => {
            // What was left out is filled in: there is a mode, and one that the workload has.
            assert!(options.workload.modes().contains(&options.mode()), "{options:?}");
            let _ = (options.arrival(), options.service(), options.usual_figure());
        }
        Err(Refused::Told(text)) => assert!(!text.is_empty()),
        Err(Refused::Usage(line)) => one_line(&line),
    }
}

pub(super) fn throng(bytes: &[u8]) {
    if let Err(line) = words::read(&args(bytes)) {
        one_line(&line);
    }
}

pub(super) fn profile_file(bytes: &[u8]) {
    let scratch = Scratch::new();
    match ProfileFile::read(&scratch.file("profile.toml", bytes)) {
        Err(error) => one_line(&error.to_string()),
        Ok(file) => {
            // Every load is one that loadgen takes.
            for load in &file.loads {
                let read = Options::read(load.args.iter().map(OsString::from));
                assert!(read.is_ok(), "{load:?}: {read:?}");
            }
            let runs = |runs: Option<u32>| runs.map(|n| format!("runs = {n}\n")).unwrap_or_default();
            let of_all = runs(file.loads.first().and_then(|load| load.default_runs));
            let head = format!("version = 1\n[defaults]\n{of_all}");
            let printed = file.loads.iter().fold(head, |text, load| {
                let runs = runs(load.runs);
                text + &format!("[[load]]\nname = {:?}\n{runs}{}", load.name, printed(&load.args))
            });
            let again = ProfileFile::read(&scratch.file("printed.toml", printed.as_bytes()));
            assert_eq!(again, Ok(file), "{printed}");
        }
    }
}

/// The workload and its flags as keys.
fn printed(args: &[String]) -> String {
    let mut text = String::new();
    for (n, arg) in args.iter().enumerate() {
        let (key, value) = match arg.strip_prefix("--") {
            Some(flag) if n > 0 => flag.split_once('=').map_or((flag, None), |(key, v)| (key, Some(v))),
            _ => ("workload", Some(arg.as_str())),
        };
        let value = value.map_or_else(|| "true".to_owned(), quoted);
        text += &format!("{key} = {value}\n");
    }
    text
}

/// A TOML string: escaped as in JSON, and one character more.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

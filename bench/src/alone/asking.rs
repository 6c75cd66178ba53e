//! Asking for a measurement: by a fresh process, which answers one line.

use super::answer::WRONG;
use super::spoiled::Spoiled;
use crate::process::{self, Failure, Job};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The program that measures: this very one, or what a test has in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Its path.
    pub path: PathBuf,
    /// The command that measures, which comes before its arguments.
    pub command: &'static str,
}

/// Why there is no figure.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    /// It was ended early.
    Interrupted,
    /// It could not be had, or does not hold.
    Spoiled(Spoiled),
}

impl Program {
    /// This program, which measures by this command.
    ///
    /// # Errors
    /// Where it cannot find itself.
    pub fn own(command: &'static str) -> std::io::Result<Self> {
        Ok(Self { path: std::env::current_exe()?, command })
    }

    /// What it answers in a process of its own, which is ended when it takes longer than `deadline`, or `stop` is raised.
    ///
    /// # Errors
    /// See [`End`].
    pub fn ask(
        &self,
        words: impl IntoIterator<Item = String>,
        deadline: Duration,
        stop: &AtomicBool,
    ) -> Result<String, End> {
        let args = std::iter::once(OsString::from(self.command)).chain(words.into_iter().map(OsString::from));
        let job = Job { program: self.path.clone(), args: args.collect(), env: Vec::new(), deadline };
        let spoiled = match process::run(&job, stop, &mut |_| {}) {
            Ok(answer) => return Ok(answer),
            Err(Failure::Interrupted { .. }) => return Err(End::Interrupted),
            Err(Failure::Exit(status, words)) => {
                let own = format!("throng: {}: ", self.command);
                let said = words.strip_prefix(&own).unwrap_or(&words).to_owned();
                match status.code() {
                    Some(code) if code == i32::from(WRONG) => Spoiled::Wrong(said),
                    _ => Spoiled::Failed(Failure::Exit(status, said).to_string()),
                }
            }
            Err(failure) => Spoiled::Failed(failure.to_string()),
        };
        Err(End::Spoiled(spoiled))
    }
}

//! How each system of the table is asked: the program, its arguments, and what it needs to be there.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use super::claims::System;
use super::memory;
use super::model::Versions;
use super::profile::{Measure, Profile};
use super::programs::{self, REQUIREMENTS};
use super::python_env::{self, Missing, Python};
use crate::process::{self, Failure, Job, find_program};

/// Where the programs are written, below the target directory.
pub const FOLDER: &str = "baselines";
const COMPILED_WITHIN: Duration = Duration::from_secs(60);
/// No process of the virtual machine takes less memory, so there can be no more of them than memory by this.
const BEAM_PROCESS_BYTES: u64 = 2_048;
/// What `erl` takes as the largest number of processes.
const BEAM_PROCESSES: std::ops::RangeInclusive<u64> = 1_024..=134_217_727;

/// A program and its first arguments; a measure and its budget follow.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The program: a path, or a name looked up in `PATH`.
    pub program: PathBuf,
    /// What comes before the measure.
    pub args: Vec<OsString>,
    /// Variables set beside the inherited environment.
    pub env: Vec<(OsString, OsString)>,
}

impl Invocation {
    /// The job of one measure under `profile`, with `memory_bytes` for its actors.
    pub fn job(&self, measure: Measure, profile: Profile, memory_bytes: u64) -> Job {
        let mut args = self.args.clone();
        args.push(measure.name().into());
        args.push("--seconds".into());
        args.push(profile.budget(measure).as_secs_f64().to_string().into());
        args.push("--memory-bytes".into());
        args.push(memory_bytes.to_string().into());
        Job {
            program: self.program.clone(),
            args,
            env: self.env.clone(),
            deadline: profile.deadline(measure),
        }
    }
}

/// Finds or makes what the systems need, each thing once, and only when it is asked for.
#[derive(Debug)]
pub struct Finder {
    target_dir: PathBuf,
    throng: Invocation,
    programs: Option<Result<PathBuf, Missing>>,
    python: Option<Result<Python, Missing>>,
    packages: Option<Result<Python, Missing>>,
    versions: Versions,
}

impl Finder {
    /// One that writes below `target_dir` and starts throng's own row by `throng`.
    pub fn new(target_dir: &Path, throng: Invocation) -> Self {
        // A child may be given its paths where it stands, or look for them elsewhere: only whole ones are safe.
        let target_dir = std::path::absolute(target_dir).unwrap_or_else(|_| target_dir.to_owned());
        let versions = Versions::default();
        Self { target_dir, throng, programs: None, python: None, packages: None, versions }
    }

    /// The versions of what was found so far.
    pub fn versions(&self) -> &Versions {
        &self.versions
    }

    /// How `system` is asked.
    ///
    /// # Errors
    /// What it needs and is not here.
    pub fn find(
        &mut self,
        system: System,
        stop: &AtomicBool,
        told: &mut dyn FnMut(&str),
    ) -> Result<Invocation, Missing> {
        match system {
            System::Multiprocessing => self.python(false, "multiprocessing_actors.py", &[], stop, told),
            System::Asyncio => self.python(false, "asyncio_actors.py", &[], stop, told),
            System::Pykka => self.python(true, "pykka_actors.py", &[], stop, told),
            System::ThespianSimple => self.thespian("simple", stop, told),
            System::ThespianQueue => self.thespian("queue", stop, told),
            System::ThespianTcp => self.thespian("tcp", stop, told),
            System::Beam => self.beam(stop, told),
            System::Throng => Ok(self.throng.clone()),
        }
    }

    fn thespian(
        &mut self,
        base: &str,
        stop: &AtomicBool,
        told: &mut dyn FnMut(&str),
    ) -> Result<Invocation, Missing> {
        self.python(true, "thespian_actors.py", &["--base", base], stop, told)
    }

    fn python(
        &mut self,
        with_packages: bool,
        file: &str,
        options: &[&str],
        stop: &AtomicBool,
        told: &mut dyn FnMut(&str),
    ) -> Result<Invocation, Missing> {
        let folder = self.programs()?;
        let plain = self.python.get_or_insert_with(|| python_env::find(stop)).clone()?;
        self.versions.python = Some(plain.version.clone());
        let python = if with_packages {
            let Self { target_dir, packages, versions, .. } = self;
            let install = || {
                let python = python_env::with_packages(&plain, REQUIREMENTS, target_dir, stop, told)?;
                [versions.pykka, versions.thespian] = python.versions_of(["pykka", "thespian"], stop);
                Ok(python)
            };
            packages.get_or_insert_with(install).clone()?
        } else {
            plain
        };
        // Without packages also without looking for any: that takes longer than the interpreter's own start.
        let mut args: Vec<OsString> = if with_packages { vec![] } else { vec!["-S".into()] };
        args.push(folder.join(file).into());
        args.extend(options.iter().map(OsString::from));
        // The user's own packages are no part of the measurement; what these programs share is compiled only once.
        let site = python.site.map(PathBuf::into_os_string).unwrap_or_default();
        let env = vec![("PYTHONPATH".into(), site), ("PYTHONDONTWRITEBYTECODE".into(), OsString::new())];
        Ok(Invocation { program: python.interpreter, args, env })
    }

    /// Erlang's program is compiled here: its own script runner would do so again for every measure.
    fn beam(&mut self, stop: &AtomicBool, told: &mut dyn FnMut(&str)) -> Result<Invocation, Missing> {
        let Some(erl) = find_program("erl") else {
            return Err(Missing::Because("erl not found".into()));
        };
        let folder = self.programs()?;
        let args = |rest: &[&str]| -> Vec<OsString> { rest.iter().map(OsString::from).collect() };
        let env: Vec<(OsString, OsString)> = vec![("ERL_CRASH_DUMP".into(), "/dev/null".into())];
        // The paths are arguments, not text of the program, so that no character in them needs care.
        // Its last line is the version, to the patch where the release tells it.
        let compile = "[Source, Folder] = init:get_plain_arguments(), \
                       {ok, _} = compile:file(Source, [report, {outdir, Folder}]), \
                       Release = erlang:system_info(otp_release), \
                       Told = filename:join([code:root_dir(), \"releases\", Release, \"OTP_VERSION\"]), \
                       Version = case file:read_file(Told) of {ok, Full} -> Full; _ -> Release end, \
                       io:put_chars([string:trim(Version), 10]), halt(0).";
        let mut compile_args = args(&["-noshell", "-noinput", "-eval", compile, "-extra"]);
        compile_args.extend([folder.join("beam_actors.erl").into(), folder.clone().into()]);
        let job =
            Job { program: erl.clone(), args: compile_args, env: env.clone(), deadline: COMPILED_WITHIN };
        let otp = process::run(&job, stop, told).map_err(|failure| match failure {
            Failure::Interrupted { .. } => Missing::Interrupted,
            failure => Missing::Because(format!("erl cannot compile the program: {failure}")),
        })?;
        self.versions.otp = Some(otp);
        // Its table of processes is made when it starts and takes time by its size.
        let processes = match memory::budget() / BEAM_PROCESS_BYTES {
            0 => *BEAM_PROCESSES.end(),
            most => most.clamp(*BEAM_PROCESSES.start(), *BEAM_PROCESSES.end()),
        };
        let mut run = args(&["+P", &processes.to_string(), "+Bd", "-noshell", "-noinput", "-pa"]);
        run.push(folder.into());
        run.extend(args(&["-s", "beam_actors", "-extra"]));
        Ok(Invocation { program: erl, args: run, env })
    }

    fn programs(&mut self) -> Result<PathBuf, Missing> {
        let folder = self.target_dir.join(FOLDER);
        let write = || programs::write_all(&folder).map(|()| folder.clone()).map_err(Missing::Because);
        self.programs.get_or_insert_with(write).clone()
    }
}

#[cfg(test)]
mod tests;

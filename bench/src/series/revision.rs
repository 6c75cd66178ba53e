//! A commit's loadgen: built in a worktree of its own, which is gone afterwards.

use crate::process::{self, Failure, Job};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What asking git may take.
const ASKED: Duration = Duration::from_secs(60);
/// What a build may take.
const BUILT: Duration = Duration::from_secs(3_600);
/// Characters of a commit that name it here.
const SHORT: usize = 12;

/// A commit of the repository that the current folder lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    commit: String,
}

/// Why there is no program.
#[derive(Debug, PartialEq, Eq)]
pub enum NotBuilt {
    /// It was interrupted.
    Interrupted,
    /// In words.
    Because(String),
}

fn git(args: &[&OsStr], stop: &AtomicBool) -> Result<String, Failure> {
    let args = args.iter().map(OsString::from).collect();
    // Asked by a terminal that nobody looks at, git would wait for ever.
    let env = vec![("GIT_TERMINAL_PROMPT".into(), "0".into())];
    process::run(&Job { program: "git".into(), args, env, deadline: ASKED }, stop, &mut |_| {})
}

impl Revision {
    /// The commit that git takes `given` for; `None` where it takes it for none.
    pub fn find(given: &str, stop: &AtomicBool) -> Option<Self> {
        let asked = format!("{given}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &asked].map(OsStr::new);
        let commit = git(&args, stop).ok()?;
        let is_commit = commit.len() >= SHORT && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_commit.then_some(Self { commit })
    }

    /// The commit's beginning.
    pub fn short(&self) -> &str {
        &self.commit[..SHORT]
    }

    /// Builds it below `target`, with all of its files there; gives the program. `told` gets what Cargo tells.
    ///
    /// Nothing is asked of a network where all crates it is locked to are there.
    ///
    /// # Errors
    /// See [`NotBuilt`]. The worktree is gone in any case.
    pub fn build(
        &self,
        target: &Path,
        stop: &AtomicBool,
        told: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, NotBuilt> {
        let because =
            |what: &str, error: String| NotBuilt::Because(format!("{}: {what}: {error}", self.short()));
        let failed = |what: &'static str| {
            move |failure| match failure {
                Failure::Interrupted { .. } => NotBuilt::Interrupted,
                failure => because(what, failure.to_string()),
            }
        };
        let place = target.join("compare");
        fs::create_dir_all(&place).map_err(|error| because("its folder", error.to_string()))?;
        let place = fs::canonicalize(&place).map_err(|error| because("its folder", error.to_string()))?;
        // Cargo takes a changed path for another crate: the same commit has the same.
        let source = place.join(format!("source-{}-{}", self.short(), std::process::id()));
        let worktree = Worktree(&source);
        let add = ["worktree", "add", "--quiet", "--detach", "--force"].map(OsStr::new);
        let add: Vec<&OsStr> =
            add.into_iter().chain([source.as_os_str(), OsStr::new(&self.commit)]).collect();
        git(&add, stop).map_err(failed("git worktree"))?;
        let build = place.join("build");
        let mut args: Vec<OsString> =
            ["build", "--release", "--locked", "--bin", "loadgen"].map(Into::into).into();
        args.extend(["--manifest-path".into(), source.join("Cargo.toml").into_os_string()]);
        args.extend(["--target-dir".into(), build.clone().into_os_string()]);
        // Offline, what is missing is to be told soon.
        let env = [("CARGO_NET_RETRY", "0"), ("CARGO_HTTP_TIMEOUT", "10")];
        let env = env.map(|(name, value)| (name.into(), value.into())).into();
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let job = Job { program: cargo.into(), args, env, deadline: BUILT };
        process::run(&job, stop, told).map_err(failed("cargo build"))?;
        drop(worktree);
        // The next build has the same name.
        let program = place.join(format!("loadgen-{}", self.short()));
        let fresh = place.join(format!(".loadgen-{}-{}", self.short(), std::process::id()));
        let kept = fs::copy(build.join("release/loadgen"), &fresh).and_then(|_| fs::rename(&fresh, &program));
        kept.map_err(|error| because("its program", error.to_string()))?;
        Ok(program)
    }
}

/// A worktree that goes when dropped, interrupted or not.
struct Worktree<'a>(&'a Path);

impl Drop for Worktree<'_> {
    fn drop(&mut self) {
        let remove = ["worktree", "remove", "--force"].map(OsStr::new);
        let remove: Vec<&OsStr> = remove.into_iter().chain([self.0.as_os_str()]).collect();
        // Whoever is interrupted still clears away.
        let never = AtomicBool::new(false);
        if git(&remove, &never).is_err() {
            let _ = fs::remove_dir_all(self.0);
            let _ = git(&["worktree", "prune"].map(OsStr::new), &never);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_found_by_what_git_takes_for_it() {
        let stop = AtomicBool::new(false);
        let Some(head) = Revision::find("HEAD", &stop) else {
            // A copy of the sources without their history.
            assert!(git(&["rev-parse", "HEAD"].map(OsStr::new), &stop).is_err());
            return;
        };
        assert_eq!(Revision::find(head.short(), &stop), Some(head.clone()));
        for given in ["", "no-such-branch", "--all", "HEAD:README.md", "-1"] {
            assert_eq!(Revision::find(given, &stop), None, "{given}");
        }
    }
}

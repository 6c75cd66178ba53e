//! Which version of the program this is. The swarm has this file too, as a program of its own (`tests/swarm/over.rs`).

use std::process::Command;

/// The commit, and whether the tree is another one, as far as `git` can tell.
pub(crate) fn commit() -> String {
    let asked = |arguments: &[&str]| {
        let answer =
            Command::new("git").args(arguments).output().ok().filter(|answer| answer.status.success())?;
        Some(String::from_utf8_lossy(&answer.stdout).trim().to_owned())
    };
    let Some(head) = asked(&["rev-parse", "--short", "HEAD"]) else { return "an unknown commit".to_owned() };
    let changed =
        asked(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    format!("commit {head}{}", if changed { ", and changes since" } else { "" })
}

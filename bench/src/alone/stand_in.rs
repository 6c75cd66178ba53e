//! Programs that answer what a test wants, in place of the one that measures.

use super::asking::Program;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A folder of its own, removed with what is in it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("throng-alone-{name}-{}", std::process::id()));
        fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    /// A program that notes its arguments, the first of which is `command`, and then does `deed` in a shell: `$n` is how often it was
    /// asked, and `$last` its last argument.
    pub(crate) fn program(&self, command: &'static str, deed: &str) -> Program {
        let _ = fs::remove_file(self.0.join("asked"));
        let script = format!(
            r#"#!/bin/sh
            echo "$*" >> "{0}/asked"
            n=$(grep -c . "{0}/asked")
            for last; do :; done
            {deed}
            "#,
            self.0.display()
        );
        let path = self.0.join("program");
        fs::write(&path, script).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its own");
        Program { path, command }
    }

    /// What it was asked, a line each.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = fs::read_to_string(self.0.join("asked")).expect("it was asked");
        asked.lines().map(str::to_owned).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

//! What the tests of the commands share: a folder each, and what is run in it.

use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const THRONG: &str = env!("CARGO_BIN_EXE_throng");
pub(crate) const LOADGEN: &str = env!("CARGO_BIN_EXE_loadgen");

/// A folder of its own, removed with what is in it.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("throng-{name}-{}-{made}", std::process::id()));
        std::fs::create_dir(&path).expect("a new folder");
        Self(path)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(crate) fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.text(name)).expect(name)
    }

    /// A command in this folder.
    pub(crate) fn command(&self, program: &str, line: &str) -> Command {
        let mut command = Command::new(program);
        command.args(line.split_whitespace()).current_dir(&self.0);
        command
    }

    pub(crate) fn throng(&self, line: &str) -> Output {
        self.command(THRONG, line).output().expect("it runs")
    }

    /// A generator that does `deed`, in a shell, where `$out` is the folder it is to write into, `$seed` its seed, and
    /// `run NS` writes a run of so many nanoseconds a message into the file `$file`, run.json.
    pub(crate) fn generator(&self, name: &str, deed: &str) {
        let script = format!(
            r#"#!/bin/sh
            echo {name} >> order
            runs=$(grep -c . order)
            file=run.json
            while [ $# -gt 0 ]; do
                case $1 in
                    --out) out=$2; shift;;
                    --seed=*) seed=${{1#--seed=}};;
                esac
                shift
            done
            run() {{
                mkdir -p $out
                cat > $out/$file <<END
                {{"schema":"run/1","workload":"ring","ns_per_msg":$1,"engine":{{"workers":2}},
                "validity":{{"valid":${{2:-true}},"wrong":["lost one"]}},"latency_ns":{{"response":null}},
                "env":{{"cross_core_ns":{{"before":${{cross:-100}},"after":${{cross:-100}}}}}},"seed":$seed}}
END
            }}
            {deed}"#
        );
        let path = self.0.join(name);
        std::fs::write(&path, script).expect("writable");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("its own");
    }

    pub(crate) fn order(&self) -> Vec<String> {
        let order = std::fs::read_to_string(self.0.join("order")).expect("something ran");
        order.lines().map(str::to_owned).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is in a folder, in the order of the alphabet.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

pub(crate) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

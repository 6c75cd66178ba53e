//! What the certificate of a run says about the build: compiler, profile, commit, lock file.

use std::path::Path;
use std::process::Command;

fn main() {
    let of_cargo = |name: &str| std::env::var(name).unwrap_or_default();
    let compiler = said(&of_cargo("RUSTC"), &["--version"]).unwrap_or_else(|| "unknown".into());
    println!("cargo::rustc-env=THRONG_RUSTC={compiler}");
    println!("cargo::rustc-env=THRONG_PROFILE={}", profile(&of_cargo("OUT_DIR")));

    let commit = said("git", &["rev-parse", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let dirty = said("git", &["status", "--porcelain"]);
    let dirty = dirty.map_or("unknown", |changed| if changed.is_empty() { "false" } else { "true" });
    println!("cargo::rustc-env=THRONG_COMMIT={commit}");
    println!("cargo::rustc-env=THRONG_DIRTY={dirty}");

    let lock = std::fs::read("../Cargo.lock").map(|text| format!("{:016x}", fnv1a(&text)));
    println!("cargo::rustc-env=THRONG_LOCK={}", lock.unwrap_or_else(|_| "unknown".into()));

    let lock = std::fs::read_to_string("../Cargo.lock").unwrap_or_default();
    for (name, variable) in [("throng", "THRONG_ENGINE"), ("hdrhistogram", "THRONG_HDRHISTOGRAM")] {
        println!("cargo::rustc-env={variable}={}", version(&lock, name).unwrap_or("unknown"));
    }

    // What each of these lines depends on. A path that is not there would run this every time.
    let git = said("git", &["rev-parse", "--git-dir"]).unwrap_or_default();
    for path in ["build.rs", "src", "Cargo.toml", "../Cargo.toml", "../Cargo.lock", "../engine/src"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let log = Path::new(&git).join("logs").join("HEAD");
    if !git.is_empty() && log.exists() {
        println!("cargo::rerun-if-changed={}", log.display());
    }
}

/// The version of a package that the lock file names.
fn version<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = lock.split_once(&format!("\nname = \"{name}\"\nversion = \""))?;
    rest.split('"').next()
}

/// The first line that a program says, if it ends well.
fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// Cargo tells `release` for every profile that inherits from it; the folder has the profile's own name.
fn profile(out_dir: &str) -> String {
    let name = Path::new(out_dir).ancestors().nth(3).and_then(Path::file_name);
    name.map_or_else(|| "unknown".into(), |name| name.to_string_lossy().into_owned())
}

/// To tell two lock files apart, not to guard against forgery.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

//! A page in a real browser without a window: what it made of the page, and what it said on its console.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The browser on the path, if one is there.
pub(crate) fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|program| program.is_file())
}

/// What came of a page.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The page as the browser understood it.
    pub(crate) dom: String,
    /// What it said on its console, a refused request among it.
    pub(crate) console: Vec<String>,
}

/// Opens a file; `profile` is a folder for what the browser keeps.
pub(crate) fn open(chromium: &Path, page: &Path, profile: &Path) -> Shown {
    let output = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--enable-logging=stderr", "--v=0", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .stdin(Stdio::null())
        .output()
        .expect("chromium runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "chromium: {said}");
    // "[pid:..:INFO:CONSOLE(3)] "text", source: ..": all else is the browser talking about its own affairs.
    let console = said.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    Shown { dom: String::from_utf8_lossy(&output.stdout).into_owned(), console }
}

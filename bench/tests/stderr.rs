//! What is told on stderr: a bar on a terminal, lines elsewhere; and what cannot be told costs no run and changes no exit code.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::process::{Command, Stdio};

/// The exit code of `program` with a stderr that takes nothing.
fn code(program: &str, line: &str) -> Option<i32> {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(full);
    command.status().expect("it runs").code()
}

/// The same with a stderr that nobody reads: a closed pipe.
fn unread(program: &str, line: &str) -> Option<i32> {
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stderr.take());
    child.wait().expect("it ends").code()
}

#[test]
fn r19_a_stderr_that_is_gone_leaves_the_exit_code_what_it_is() {
    let (loadgen, throng) = (env!("CARGO_BIN_EXE_loadgen"), env!("CARGO_BIN_EXE_throng"));
    let folder = std::env::temp_dir().join(format!("throng-stderr-{}", std::process::id()));
    let table =
        format!("table --profile smoke --only throng --out {0}/run --target {0}/target", folder.display());
    for (program, line, expected) in [
        (loadgen, "nosuch", 2),
        (throng, "nosuch", 2),
        (throng, "--profile nonsense", 2),
        (throng, "limits --nosuch", 2),
        (throng, "row nosuch", 2),
        // Long enough to tell of its progress.
        (loadgen, "ping-pong --duration 2500ms --workers 1 --pin none", 0),
        (throng, &table, 0),
    ] {
        assert_eq!(code(program, line), Some(expected), "{line}, onto a full device");
        if line == table {
            assert!(folder.join("run/table.json").is_file(), "the run is kept");
            // No run is written beside another.
            std::fs::remove_dir_all(folder.join("run")).expect("this test's own");
        }
        assert_eq!(unread(program, line), Some(expected), "{line}, into a closed pipe");
    }
    assert!(folder.join("run/table.json").is_file(), "the run is kept");
    std::fs::remove_dir_all(&folder).expect("this test's own");
}

/// A terminal of 120 columns: the side that shows, and the side that is written to.
fn terminal() -> (File, OwnedFd) {
    let (mut shows, mut written) = (0, 0);
    let size = libc::winsize { ws_row: 40, ws_col: 120, ws_xpixel: 0, ws_ypixel: 0 };
    let none = std::ptr::null_mut();
    // SAFETY: both numbers are written to, the size is read, and the others may be null.
    let opened = unsafe { libc::openpty(&mut shows, &mut written, none, none.cast(), &size) };
    assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
    // SAFETY: both are open, and nobody else's.
    unsafe { (File::from_raw_fd(shows), OwnedFd::from_raw_fd(written)) }
}

/// What a terminal as stderr was shown, and what went to stdout.
fn shown(program: &str, line: &str) -> (String, Vec<u8>) {
    let (mut terminal, written) = terminal();
    let mut command = Command::new(program);
    command.args(line.split_whitespace()).env("TERM", "xterm").stdout(Stdio::piped()).stderr(written);
    let child = command.spawn().expect("it starts");
    // This holds the terminal's other end too: as long as it is open, nothing ends.
    drop(command);
    let mut all = Vec::new();
    // A terminal that nobody has open any more ends with an error.
    let _ = terminal.read_to_end(&mut all);
    let output = child.wait_with_output().expect("it ends");
    let all = String::from_utf8_lossy(&all).into_owned();
    assert_eq!(output.status.code(), Some(0), "{line}: {all}");
    (all, output.stdout)
}

#[test]
fn progress_is_a_bar_on_a_terminal_and_lines_elsewhere() {
    let (loadgen, throng) = (env!("CARGO_BIN_EXE_loadgen"), env!("CARGO_BIN_EXE_throng"));
    let scratch = std::env::temp_dir().join(format!("throng-bar-{}", std::process::id()));
    let file = format!("{}.toml", scratch.display());
    let load = "workload = \"ask\"\nmessages = 100\nworkers = 1\npin = \"none\"\nruns = 1\n";
    let loads: String = ["a", "b"].map(|name| format!("[[load]]\nname = \"{name}\"\n{load}")).concat();
    std::fs::write(&file, format!("version = 1\n{loads}")).expect("writable");
    for (program, line, position) in [
        (loadgen, "ping-pong --duration 2500ms --workers 1 --pin none --format json".to_owned(), "measuring"),
        (throng, "load ask --messages 100 --runs 2 --workers 1 --pin none --format json".to_owned(), "1/2 "),
        (throng, format!("load --profile-file {file} --format json"), "1/2 "),
    ] {
        let own = program == throng;
        let out = |name: &str| {
            if own { format!("{line} --out {}-{name}", scratch.display()) } else { line.clone() }
        };
        let (all, result) = shown(program, &out("terminal"));
        assert!(all.contains(position) && all.contains('█'), "{line}: {all:?}");
        serde_json::from_slice::<serde_json::Value>(&result).expect("stdout has the result alone");
        let output = Command::new(program).args(out("lines").split_whitespace()).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(said.lines().count() > 1 && !said.contains(['█', '\r', '\x1b']), "{line}: {said:?}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("stdout has the result alone");
        for name in ["terminal", "lines"].into_iter().filter(|_| own) {
            std::fs::remove_dir_all(format!("{}-{name}", scratch.display())).expect("this test's own");
        }
    }
    std::fs::remove_file(file).expect("this test's own");
}

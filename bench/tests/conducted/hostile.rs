//! Files that are not what they should be: one line, exit 2, at once, and no more memory however long they are.

use super::scratch::{LOADGEN, Scratch, THRONG};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};

/// How long the files are.
const LONG: u64 = 200 << 20;
/// What a program that is given one may take, all in all.
const MOST: u64 = 64 << 20;

impl Scratch {
    /// A file that begins with `head`, has `part` again and again until it is [`LONG`], and ends with `tail`.
    fn long(&self, name: &str, head: &str, part: &str, tail: &str) {
        let mut file = BufWriter::new(File::create(self.0.join(name)).expect("a new file"));
        let block = part.repeat((1 << 16) / part.len() + 1);
        file.write_all(head.as_bytes()).expect("space for it");
        for _ in 0..LONG / block.len() as u64 + 1 {
            file.write_all(block.as_bytes()).expect("space for it");
        }
        file.write_all(tail.as_bytes()).and_then(|()| file.flush()).expect("space for it");
    }

    /// As long and all zeros, without taking space.
    fn sparse(&self, name: &str) {
        File::create(self.0.join(name)).and_then(|file| file.set_len(LONG)).expect("a new file");
    }

    fn fifo(&self, name: &str) {
        let path = self.0.join(name);
        let path = std::ffi::CString::new(path.as_os_str().as_bytes()).expect("no NUL in the path");
        // SAFETY: `path` is a NUL-terminated string that outlives the call.
        assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    }

    /// The exit code, what was said, and the most memory that was resident at once, in bytes: its own, or this test's when it was
    /// started, which the kernel counts in.
    #[expect(clippy::zombie_processes, reason = "wait4 reaps it, and tells what it has used")]
    fn run(&self, program: &str, line: &str) -> (Option<i32>, String, u64) {
        // A program that waits for ever is one that failed.
        let mut command = Command::new("timeout");
        command.args(["120", program]).args(line.split_whitespace()).current_dir(&self.0);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut said = String::new();
        let mut pipe = child.stderr.take().expect("piped");
        std::io::Read::read_to_string(&mut pipe, &mut said).expect("text");
        let (mut status, mut used) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        let pid = i32::try_from(child.id()).expect("a pid");
        // SAFETY: both places are there for the call; the child was not waited for, so its number is its own.
        assert_eq!(unsafe { libc::wait4(pid, &mut status, 0, used.as_mut_ptr()) }, pid);
        // SAFETY: plain words, for all of which zero is a value, and the kernel has written them.
        let used = unsafe { used.assume_init() };
        (ExitStatus::from_raw(status).code(), said, used.ru_maxrss as u64 * 1_024)
    }
}

#[test]
fn r18_a_pipe_or_a_device_is_refused_and_not_waited_for() {
    let scratch = Scratch::new("fifo");
    scratch.fifo("fifo");
    std::os::unix::fs::symlink("fifo", scratch.0.join("link")).expect("a new link");
    let folder = scratch.0.join("run");
    std::fs::create_dir(&folder).expect("a new folder");
    for (program, line) in [
        (THRONG, "load --out nowhere --profile-file"),
        (LOADGEN, "mesh --duration 1s --out nowhere --arrival replay"),
    ] {
        for given in ["fifo", "link", "/dev/zero", "/dev/null", "run"] {
            let between = if line.ends_with("replay") { ":" } else { " " };
            let (code, said, _) = scratch.run(program, &format!("{line}{between}{given}"));
            assert_eq!((code, said.lines().count()), (Some(2), 1), "{line} {given}: {said}");
            assert!(said.contains(&format!("{given}: is no regular file: takes one")), "{line}: {said}");
            assert!(!scratch.0.join("nowhere").exists(), "{line} {given}");
        }
    }
    for name in ["run.json", "table.json"] {
        scratch.fifo(&format!("run/{name}"));
        let (code, said, _) = scratch.run(THRONG, "report run");
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{name}: {said}");
        assert!(said.contains(&format!("run/{name}\": is no regular file: takes one")), "{name}: {said}");
        std::fs::remove_file(folder.join(name)).expect("its own");
    }
    let run = r#"{"schema":"run/1","workload":"ask","mode":"closed","validity":{"valid":true}}"#;
    for name in ["latency.hlog", "intervals.csv"] {
        std::fs::write(folder.join("run.json"), run).expect("a file");
        scratch.fifo(&format!("run/{name}"));
        let (code, said, _) = scratch.run(THRONG, "report run");
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{name}: {said}");
        assert!(said.contains(&format!("run/{name}\": is no regular file: takes one")), "{name}: {said}");
        std::fs::remove_file(folder.join(name)).expect("its own");
    }
}

#[test]
fn r18_however_long_a_file_is_it_takes_little_memory() {
    let scratch = Scratch::new("long");
    let check = |program: &str, line: &str, what: &str| {
        let (code, said, peak) = scratch.run(program, line);
        assert_eq!((code, said.lines().count()), (Some(2), 1), "{line}, {what}: {said}");
        assert!(said.len() < 500, "{line}, {what}: {said}");
        assert!(peak <= MOST, "{line}, {what}: {peak} B");
    };
    for (what, head, part) in [
        ("zeros", "", "\0"),
        ("one list", "version = 1\nx = [", "[],"),
        ("depth", "version = 1\nx = ", "["),
        ("loads", "version = 1\n", "[[load]]\nname = \"a\"\n"),
    ] {
        scratch.long("long.toml", head, part, "");
        check(THRONG, "load --out nowhere --profile-file long.toml", what);
    }
    std::fs::remove_file(scratch.0.join("long.toml")).expect("its own");
    for (what, part, tail) in [("zeros", "\0", ""), ("arrivals", "7\n", ""), ("comments", "#\n", "x\n")] {
        scratch.long("long.txt", "", part, tail);
        check(LOADGEN, "mesh --duration 1s --out nowhere --arrival replay:long.txt", what);
    }
    std::fs::remove_file(scratch.0.join("long.txt")).expect("its own");

    std::fs::create_dir(scratch.0.join("run")).expect("a new folder");
    for name in ["run.json", "run.json.FAIL", "table.json"] {
        for (what, head, part) in [
            ("a list", r#"{"schema":"run/1","x":["#, "[],"),
            ("depth", r#"{"schema":"run/1","x":"#, "["),
            ("a text", r#"{"schema":"load/1","x":""#, "a"),
            ("runs", r#"{"schema":"load/1","runs":["#, r#"{"folder":"run-1"},"#),
            ("spaces", "", " "),
        ] {
            scratch.long(&format!("run/{name}"), head, part, "");
            check(THRONG, "report run", &format!("{name}, {what}"));
        }
        scratch.sparse(&format!("run/{name}"));
        check(THRONG, "report run", &format!("{name}, sparse"));
        std::fs::remove_file(scratch.0.join(format!("run/{name}"))).expect("its own");
    }
    let run = r#"{"schema":"run/1","workload":"ask","mode":"closed","validity":{"valid":true}}"#;
    std::fs::write(scratch.0.join("run/run.json"), run).expect("a file");
    let header = "start_ns,end_ns,phase,sent,handled\n";
    for (name, what, head, part, tail) in [
        ("latency.hlog", "zeros", "", "\0", ""),
        ("latency.hlog", "one line", "0.0,1.0,2.0,", "A", ""),
        ("latency.hlog", "comments", "", "# a comment of some length, as it may be\n", "x"),
        ("intervals.csv", "zeros", header, "\0", ""),
        ("intervals.csv", "intervals", header, "0,1,measure,1,1\n", ""),
        ("intervals.csv", "no header", "", "start_ns,", ""),
    ] {
        scratch.long(&format!("run/{name}"), head, part, tail);
        check(THRONG, "report run", &format!("{name}, {what}"));
        std::fs::remove_file(scratch.0.join(format!("run/{name}"))).expect("its own");
    }
}

/// What another build of loadgen leaves is read, too.
#[test]
fn r18_whatever_a_generator_leaves_takes_little_memory() {
    let scratch = Scratch::new("left");
    // As long as it may be for its kind, and all of it values.
    for part in ["[],", "{},", "0,"] {
        let list = part.repeat((4 << 20) / part.len() - 100);
        std::fs::write(scratch.0.join("run.json"), format!(r#"{{"schema":"run/1","x":[{list}0]}}"#))
            .expect("a file");
        let generator = scratch.0.join("generator");
        // The folder is the word behind --out, the last.
        let deed = "#!/bin/sh\nfor out; do :; done\nmkdir -p \"$out\" && cp run.json \"$out\"\n";
        std::fs::write(&generator, deed).expect("a file");
        let rights = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&generator, rights).expect("its own");
        let line = "compare ./generator ./generator --pairs 5 --out kept -- ring";
        let (code, said, peak) = scratch.run(THRONG, line);
        assert!(peak <= MOST, "{part}: {peak} B");
        assert_eq!(code, Some(2), "{part}: {said}");
        assert!(said.contains("throng: A got \"./generator\": is no loadgen, "), "{part}: {said}");
        assert!(!scratch.0.join("kept/run.json").exists(), "{part}: {said}");
        let _ = std::fs::remove_dir_all(scratch.0.join("kept"));
    }
}

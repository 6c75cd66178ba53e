use super::*;
use std::ffi::CString;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

fn sh(script: &str, args: &[&str]) -> Job {
    let args = ["-c", script, "sh"].iter().chain(args).map(OsString::from).collect();
    Job { program: "sh".into(), args, env: Vec::new(), deadline: Duration::from_secs(60) }
}

fn run_quietly(job: &Job) -> Result<String, Failure> {
    run(job, &AtomicBool::new(false), &mut |_| {})
}

/// A named pipe in a directory of its own. A reader sees its end only when the last process that has it open is gone:
/// so waiting for the end proves that every process holding it has ended, without a clock.
struct Fifo(PathBuf);

impl Fifo {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("throng-process-{name}-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new directory");
        let path = folder.join("fifo");
        let c = CString::new(path.as_os_str().as_bytes()).expect("no NUL in the path");
        // SAFETY: `c` is a NUL-terminated string that outlives the call.
        assert_eq!(unsafe { libc::mkfifo(c.as_ptr(), 0o600) }, 0, "{}", io::Error::last_os_error());
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the temporary directory's name is UTF-8")
    }

    /// Opens it for reading, which waits for a writer, and reads one line.
    fn first_line(&self) -> (BufReader<File>, String) {
        let mut reader = BufReader::new(File::open(&self.0).expect("it was just made"));
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        (reader, line)
    }
}

impl Drop for Fifo {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0.parent().expect("a directory of its own"));
    }
}

/// Runs `job` until its processes have written a line into `fifo`, interrupts it, and waits until all have let go.
fn interrupt_when_it_stands(job: Job, fifo: &Fifo) -> Failure {
    let stop = Arc::new(AtomicBool::new(false));
    let conductor = thread::spawn({
        let stop = Arc::clone(&stop);
        move || run(&job, &stop, &mut |_| {})
    });
    let (mut reader, line) = fifo.first_line();
    assert_eq!(line, "ready\n");
    stop.store(true, Ordering::Relaxed);
    let failure = conductor.join().expect("no panic").expect_err("it would run for ever");
    let mut rest = String::new();
    reader.read_line(&mut rest).expect("the pipe's end");
    assert_eq!(rest, "", "nobody is left to write");
    failure
}

#[test]
fn the_last_line_is_the_answer_and_stderr_is_progress() {
    let mut told = Vec::new();
    let job = sh("echo one; echo half >&2; echo; printf two; echo done >&2", &[]);
    let answer = run(&job, &AtomicBool::new(false), &mut |line| told.push(line.to_owned()));
    assert_eq!(answer.expect("exit 0"), "two");
    assert_eq!(told, ["half", "done"]);
    assert_eq!(run_quietly(&sh("true", &[])).expect("exit 0"), "");
}

#[test]
fn a_long_answer_comes_whole() {
    let line = run_quietly(&sh("i=0; while [ $i -lt 20000 ]; do printf 0123456789; i=$((i+1)); done", &[]));
    let line = line.expect("exit 0");
    assert_eq!(line.len(), 200_000);
    assert!(line.as_bytes().chunks(10).all(|c| c == b"0123456789"));
}

#[test]
fn an_error_tells_the_last_words_and_the_status() {
    let failure =
        run_quietly(&sh("echo first >&2; echo no such actor >&2; exit 3", &[])).expect_err("exit 3");
    assert_eq!(failure.to_string(), "no such actor (exit status: 3)");
    let failure = run_quietly(&sh("kill -9 $$", &[])).expect_err("killed");
    assert!(failure.to_string().starts_with("signal: 9"), "{failure}");
    let missing = Job { program: "/nowhere/beam".into(), ..sh("", &[]) };
    let failure = run_quietly(&missing).expect_err("there is none");
    assert!(failure.to_string().contains("/nowhere/beam"), "{failure}");
}

#[test]
fn arguments_and_variables_arrive() {
    let mut job = sh("echo \"$1 $TABLE_TEST\"", &["an argument"]);
    job.env.push(("TABLE_TEST".into(), "and a variable".into()));
    assert_eq!(run_quietly(&job).expect("exit 0"), "an argument and a variable");
}

#[test]
fn a_raised_flag_starts_nothing() {
    let fifo = Fifo::new("flag");
    let job = sh("rm \"$1\"", &[fifo.path()]);
    let outcome = run(&job, &AtomicBool::new(true), &mut |_| {});
    assert!(matches!(outcome, Err(Failure::Interrupted { .. })));
    assert!(fifo.0.exists());
}

#[test]
fn the_deadline_ends_the_whole_group() {
    let fifo = Fifo::new("deadline");
    // Neither the shell nor its child ends by itself, and the child does not listen to SIGTERM.
    let job = Job {
        deadline: Duration::from_millis(300),
        ..sh("(trap '' TERM; exec 3>\"$1\"; while :; do sleep 1000; done) & wait", &[fifo.path()])
    };
    let reader = thread::spawn({
        let path = fifo.0.clone();
        move || fs::read(path).expect("readable until its end")
    });
    let failure = run_quietly(&job).expect_err("it would run for ever");
    assert!(matches!(failure, Failure::Deadline(_)), "{failure}");
    // If the deadline passed before anybody opened the pipe, the reader still waits for a writer: be one.
    drop(fs::OpenOptions::new().read(true).write(true).open(&fifo.0).expect("it is there"));
    assert_eq!(reader.join().expect("the pipe's end"), b"");
}

#[test]
fn an_interrupt_ends_a_child_that_will_not_listen() {
    let fifo = Fifo::new("deaf");
    let script = "trap '' TERM INT; exec 3>\"$1\"; echo ready >&3; while :; do sleep 1000; done";
    let failure = interrupt_when_it_stands(sh(script, &[fifo.path()]), &fifo);
    assert!(matches!(failure, Failure::Interrupted { in_time: false }), "{failure}");
}

#[test]
fn a_child_may_end_its_own_when_interrupted() {
    let fifo = Fifo::new("graceful");
    let told = fifo.0.with_file_name("told");
    let script =
        "trap 'echo gone > \"$2\"; exit 0' TERM; exec 3>\"$1\"; echo ready >&3; while :; do sleep 0.01; done";
    let job = sh(script, &[fifo.path(), told.to_str().expect("UTF-8")]);
    let failure = interrupt_when_it_stands(job, &fifo);
    assert!(matches!(failure, Failure::Interrupted { in_time: true }), "{failure}");
    assert_eq!(fs::read_to_string(told).expect("it had the time"), "gone\n");
}

/// As Thespian's administrator does it: forks twice, in a session of its own, away from its parent and group.
const DETACHED: &str = "
import os, signal, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        pipe = os.open(sys.argv[1], os.O_WRONLY)
        os.write(pipe, b'ready\\n')
        while True:
            time.sleep(1000)
    os._exit(0)
os.wait()
";

fn detaching(fifo: &Fifo, then: &str) -> Option<Job> {
    let python = find_program("python3");
    if python.is_none() {
        crate::stderr::line("processes: not run: python3 not found");
    }
    let args = vec!["-c".into(), format!("{DETACHED}{then}").into(), fifo.path().into()];
    Some(Job { program: python?, args, env: Vec::new(), deadline: Duration::from_secs(60) })
}

#[test]
fn what_detached_itself_ends_with_an_interrupt() {
    adopt_orphans().expect("Linux has subreapers");
    let fifo = Fifo::new("detached");
    let Some(job) = detaching(&fifo, "time.sleep(1000)") else { return };
    let failure = interrupt_when_it_stands(job, &fifo);
    assert!(matches!(failure, Failure::Interrupted { .. }), "{failure}");
}

#[test]
fn what_detached_itself_ends_with_its_child() {
    adopt_orphans().expect("Linux has subreapers");
    let fifo = Fifo::new("left");
    // It holds our pipes open after its parent ended well: the answer must come all the same.
    let Some(job) = detaching(&fifo, "os.read(os.open(sys.argv[1] + '.go', os.O_RDONLY), 1); print('well')")
    else {
        return;
    };
    let go = Fifo(PathBuf::from(format!("{}.go", fifo.path())));
    let c = CString::new(go.path()).expect("no NUL in the path");
    // SAFETY: `c` is a NUL-terminated string that outlives the call.
    assert_eq!(unsafe { libc::mkfifo(c.as_ptr(), 0o600) }, 0, "{}", io::Error::last_os_error());
    let conductor = thread::spawn(move || run_quietly(&job));
    let (mut reader, line) = fifo.first_line();
    assert_eq!(line, "ready\n");
    fs::write(&go.0, b"!").expect("the child reads it");
    assert_eq!(conductor.join().expect("no panic").expect("exit 0"), "well");
    let mut rest = String::new();
    assert_eq!(reader.read_line(&mut rest).expect("the pipe's end"), 0);
}

#[test]
fn a_panic_while_watching_ends_the_child() {
    let fifo = Fifo::new("panic");
    let job =
        sh("exec 3>\"$1\"; echo ready >&3; echo words >&2; while :; do sleep 1000; done", &[fifo.path()]);
    let conductor = thread::spawn(move || run(&job, &AtomicBool::new(false), &mut |_| panic!("on purpose")));
    let (mut reader, _) = fifo.first_line();
    assert!(conductor.join().is_err());
    let mut rest = String::new();
    assert_eq!(reader.read_line(&mut rest).expect("the pipe's end"), 0);
}

#[test]
fn programs_are_found_in_the_path() {
    let sh = find_program("sh").expect("every system has a shell");
    assert!(sh.is_absolute() && sh.ends_with("sh"), "{}", sh.display());
    assert_eq!(find_program("no-such-program-anywhere"), None);
}

/// In the environment of a conductor that is a process of its own: the pipe that its child holds open.
const CONDUCTOR: &str = "THRONG_TEST_CONDUCTOR";

#[test]
fn a_killed_conductor_takes_its_child_with_it() {
    let name = "process::tests::a_killed_conductor_takes_its_child_with_it";
    if let Ok(path) = env::var(CONDUCTOR) {
        let job = sh("exec 3>\"$1\"; echo ready >&3; exec sleep 1000", &[&path]);
        let _ = run_quietly(&job);
        return;
    }
    let fifo = Fifo::new("killed");
    let mut conductor = Command::new(env::current_exe().expect("the test's own path"))
        .args([name, "--exact", "--test-threads=1"])
        .env(CONDUCTOR, fifo.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("a conductor");
    let (mut reader, line) = fifo.first_line();
    assert_eq!(line, "ready\n");
    conductor.kill().expect("it runs");
    conductor.wait().expect("it is our child");
    // The pipe ends when the child has gone, which nobody but the kernel can tell it now.
    let mut rest = String::new();
    assert_eq!(reader.read_line(&mut rest).expect("the pipe's end"), 0);
}

#[test]
fn the_child_is_asked_to_end_once() {
    let fifo = Fifo::new("once");
    // It writes what it is told and stays, until it is killed: a second signal would have come by then.
    let script =
        r#"exec 3>"$1"; trap 'echo asked >&3' TERM; echo ready >&3; while :; do read line <&4; done"#;
    let stays = fifo.0.with_file_name("stays");
    let c = CString::new(stays.as_os_str().as_bytes()).expect("no NUL in the path");
    // SAFETY: `c` is a NUL-terminated string that outlives the call.
    assert_eq!(unsafe { libc::mkfifo(c.as_ptr(), 0o600) }, 0, "{}", io::Error::last_os_error());
    let job = sh(&format!(r#"exec 4<>"$2"; {script}"#), &[fifo.path(), stays.to_str().expect("UTF-8")]);
    let stop = Arc::new(AtomicBool::new(false));
    let conductor = thread::spawn({
        let stop = Arc::clone(&stop);
        move || run(&job, &stop, &mut |_| {})
    });
    let (reader, line) = fifo.first_line();
    assert_eq!(line, "ready\n");
    stop.store(true, Ordering::Relaxed);
    let said: Vec<_> = reader.lines().map(|line| line.expect("text")).collect();
    assert_eq!(said, ["asked"]);
    assert!(matches!(conductor.join().expect("no panic"), Err(Failure::Interrupted { .. })));
}

#[test]
fn too_few_files_are_told_with_what_to_do() {
    let told = |errno| Failure::Io("/bin/x".into(), io::Error::from_raw_os_error(errno)).to_string();
    let few = told(libc::EMFILE);
    assert!(
        few.starts_with("cannot run /bin/x: ") && few.ends_with(": allow this process more (ulimit -n)"),
        "{few}"
    );
    assert!(!told(libc::ENOENT).contains("ulimit"), "{}", told(libc::ENOENT));
}

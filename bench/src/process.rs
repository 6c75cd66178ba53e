//! Child processes: one program run to its end, or ended with all that it started, detached processes too.
//!
//! A child gets a process group of its own and a mark in its environment, which everything it starts inherits. What
//! bears the mark is ended when the child is: by its pid, never by a name. [`adopt_orphans`] makes this process the
//! parent of what detached itself, so that it can be reaped as well.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The environment variable that marks a child and all below it.
const MARK: &str = "THRONG_CHILD";
/// How often the flag, the deadline and the child's end are looked at while it says nothing.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often processes that were told to end are looked for.
const ENDING_EVERY: Duration = Duration::from_millis(3);
/// How long a child that is asked to end may take to end its own processes.
pub const GRACE: Duration = Duration::from_secs(2);
/// How long killed processes may take to be gone. More means that the kernel holds them.
const KILLED_WITHIN: Duration = Duration::from_secs(10);
/// The most that a pipe holds where nobody raised the system's limit.
const LARGEST_PIPE: usize = 1 << 20;
/// The longest line read from a child. A sparse histogram is a tenth of that.
const LONGEST_LINE: usize = 16 << 20;

/// What to run, and for how long at the most.
#[derive(Debug, Clone)]
pub struct Job {
    /// The program: a path, or a name looked up in `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables set beside the inherited environment.
    pub env: Vec<(OsString, OsString)>,
    /// It is ended when it runs for longer.
    pub deadline: Duration,
}

/// Why a job gave no result. Nothing of it runs any more, except in [`Failure::StillThere`].
#[derive(Debug)]
pub enum Failure {
    /// The flag was raised before it ended by itself; whether it then ended within [`GRACE`] or had to be killed.
    Interrupted {
        /// It ended when it was asked to, and had the time to keep what it has.
        in_time: bool,
    },
    /// It took longer than its deadline, this long.
    Deadline(Duration),
    /// The program could not be started, or not be listened to.
    Io(PathBuf, io::Error),
    /// It ended with an error: how, and the last thing it said on stderr.
    Exit(ExitStatus, String),
    /// It wrote a line longer than any answer is.
    Endless,
    /// These processes of it were killed and are still there.
    StillThere(Vec<i32>),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Interrupted { .. } => f.write_str("interrupted"),
            Failure::Deadline(after) => write!(f, "ended after {} s without a result", after.as_secs_f64()),
            Failure::Io(program, error) => {
                write!(f, "cannot run {}: {error}{}", program.display(), more_files(error))
            }
            Failure::Exit(status, said) if said.is_empty() => write!(f, "{status}"),
            Failure::Exit(status, said) => write!(f, "{said} ({status})"),
            Failure::Endless => write!(f, "a line of more than {LONGEST_LINE} bytes"),
            Failure::StillThere(pids) => write!(f, "processes {pids:?} were killed and are still there"),
        }
    }
}

impl std::error::Error for Failure {}

/// What to do where it is open files that there are too few of: a child is heard through some.
fn more_files(error: &io::Error) -> &'static str {
    match error.raw_os_error() {
        Some(libc::EMFILE) => ": allow this process more (ulimit -n)",
        _ => "",
    }
}

/// Makes this process the parent of every process below it whose own parent ends: it can be reaped then.
///
/// # Errors
/// What the kernel answers. Children are ended all the same; what detached itself is then reaped by `init`.
pub fn adopt_orphans() -> io::Result<()> {
    let on: libc::c_ulong = 1;
    // SAFETY: PR_SET_CHILD_SUBREAPER takes one integer and touches no memory of ours.
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, on, 0, 0, 0) } == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// The program called `name` in `PATH`, if there is one that may be run.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let runs =
        |path: &PathBuf| fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(name)).find(runs)
}

/// Runs `job` and gives the last line it wrote on stdout (empty where it wrote none). `told` gets each line of its
/// stderr. When this returns or unwinds, every process of the job is gone.
///
/// # Errors
/// See [`Failure`]; raising `stop` ends the job with [`Failure::Interrupted`].
pub fn run(job: &Job, stop: &AtomicBool, told: &mut dyn FnMut(&str)) -> Result<String, Failure> {
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::Interrupted { in_time: true });
    }
    let mut running = Running::start(job)?;
    let watched = running.watch(job, stop, told);
    // A child that ended by itself has had its time to end what it started.
    let grace = if matches!(watched, Ok(_) | Err(Failure::Exit(..))) { Duration::ZERO } else { GRACE };
    let in_time = running.end(grace).map_err(Failure::StillThere)?;
    match watched {
        Err(Failure::Interrupted { .. }) => Err(Failure::Interrupted { in_time }),
        watched => watched,
    }
}

/// A child and all that bears its mark; ended when dropped.
struct Running {
    child: Child,
    out: Lines<ChildStdout>,
    err: Lines<ChildStderr>,
    /// `None` until the child was reaped: as long as its pid, and with it the group, cannot be another's.
    status: Option<ExitStatus>,
    /// The entry of its environment, as it stands in /proc.
    mark: Vec<u8>,
    ended: bool,
}

impl Running {
    fn start(job: &Job) -> Result<Self, Failure> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let mark = format!("{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let failed = |error| Failure::Io(job.program.clone(), error);
        let mut command = Command::new(&job.program);
        command
            .args(&job.args)
            .envs(job.env.iter().map(|(name, value)| (name, value)))
            .env(MARK, &mark)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        end_with_this_thread(&mut command);
        let mut child = command.spawn().map_err(failed)?;
        let out = Lines::new(child.stdout.take().expect("it was piped"));
        let err = Lines::new(child.stderr.take().expect("it was piped"));
        let mark = format!("{MARK}={mark}").into_bytes();
        let running = Self { child, out, err, status: None, mark, ended: false };
        running.out.never_wait().and_then(|()| running.err.never_wait()).map_err(failed)?;
        Ok(running)
    }

    /// Listens until the child ends by itself, the deadline passes or the flag is raised.
    fn watch(&mut self, job: &Job, stop: &AtomicBool, told: &mut dyn FnMut(&str)) -> Result<String, Failure> {
        let failed = |error| Failure::Io(job.program.clone(), error);
        let until = Instant::now() + job.deadline;
        let (mut answer, mut last_words) = (String::new(), String::new());
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Failure::Interrupted { in_time: true });
            }
            if Instant::now() >= until {
                return Err(Failure::Deadline(job.deadline));
            }
            wait_for_any(&self.out, &self.err, LOOK_EVERY).map_err(failed)?;
            // Reaped first, read after: what it wrote before its end is in the pipes by then. A process that it left
            // may hold them open, so their end is not waited for.
            self.reap().map_err(failed)?;
            let ended = self.status.is_some();
            self.out.read(ended, &mut |line| answer = line.to_owned()).map_err(failed)?;
            self.err
                .read(ended, &mut |line| {
                    told(line);
                    last_words = line.to_owned();
                })
                .map_err(failed)?;
            if self.out.partial.len().max(self.err.partial.len()) > LONGEST_LINE {
                return Err(Failure::Endless);
            }
            match self.status {
                None => {}
                Some(status) if status.success() => return Ok(answer),
                Some(status) => return Err(Failure::Exit(status, last_words)),
            }
        }
    }

    fn reap(&mut self) -> io::Result<()> {
        if self.status.is_none() {
            self.status = self.child.try_wait()?;
        }
        Ok(())
    }

    /// Whether `pid` is in the child's group.
    fn leads(&self, pid: i32) -> bool {
        // SAFETY: getpgid touches no memory; for a process that has gone it answers -1.
        unsafe { libc::getpgid(pid) == self.child.id() as i32 }
    }

    /// Asks every process of the job to end, and kills what is there after `grace`: gives whether the child itself ended
    /// before that. `Err` names what even then stays.
    fn end(&mut self, grace: Duration) -> Result<bool, Vec<i32>> {
        self.ended = true;
        let start = Instant::now();
        let (mut asked, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut in_time = true;
        loop {
            let patient = start.elapsed() < grace;
            // The group by its number only while the child is not reaped: afterwards the number may be another's.
            if self.status.is_none() && !patient {
                in_time = false;
                signal(-(self.child.id() as i32), libc::SIGKILL);
            } else if self.status.is_none() && asked.insert(0) {
                signal(-(self.child.id() as i32), libc::SIGTERM);
            }
            let there = marked(&self.mark);
            for &pid in &there {
                seen.insert(pid);
                if !patient {
                    signal(pid, libc::SIGKILL);
                } else if asked.insert(pid) && !(asked.contains(&0) && self.leads(pid)) {
                    // Who is in the group was asked with it: a second signal would tell it to end at once.
                    signal(pid, libc::SIGTERM);
                }
            }
            // Its last words are of no interest, but a closed or full pipe would keep it from ending its own.
            let _ = self.out.read(true, &mut |_| {}).and_then(|()| self.err.read(true, &mut |_| {}));
            // Without the status there is nothing to reap: somebody else did, against the rules.
            if self.reap().is_err() {
                self.status = Some(ExitStatus::default());
            }
            for &pid in &seen {
                if pid != self.child.id() as i32 {
                    // SAFETY: a null status pointer is allowed; a pid that is no child of ours is an error, ignored.
                    unsafe { libc::waitpid(pid, std::ptr::null_mut(), libc::WNOHANG) };
                }
            }
            if there.is_empty() && self.status.is_some() {
                return Ok(in_time);
            }
            if start.elapsed() > grace + KILLED_WITHIN {
                return Err(there);
            }
            thread::sleep(ENDING_EVERY);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            // Unwinding: there is nobody to tell what stays.
            let _ = self.end(Duration::ZERO);
        }
    }
}

/// Has the kernel ask the child to end when the thread that starts it ends, killed with its process for instance: then
/// nobody is left who could do so. What the child has started itself is the child's to end.
fn end_with_this_thread(command: &mut Command) {
    let parent = std::process::id();
    let ask = move || {
        // SAFETY: PR_SET_PDEATHSIG takes one integer and touches no memory of ours; getppid cannot fail. Both may be
        // called between fork and exec.
        let (set, now) = unsafe { (libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM), libc::getppid()) };
        if set != 0 {
            return Err(io::Error::last_os_error());
        }
        // It ended before it was asked for: no signal will come.
        if now as u32 == parent { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
    };
    // SAFETY: `ask` makes two system calls and neither allocates nor locks.
    unsafe { command.pre_exec(ask) };
}

fn signal(pid: i32, number: i32) {
    // SAFETY: kill touches no memory; that the process has gone meanwhile is no error here.
    unsafe { libc::kill(pid, number) };
}

/// The living processes whose environment holds `mark`. Those of other users cannot be read and are not ours.
fn marked(mark: &[u8]) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    // A zombie's environment is empty: it waits for its parent only.
    pids.filter(|pid| {
        fs::read(Path::new("/proc").join(pid.to_string()).join("environ"))
            .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|entry| entry == mark))
    })
    .collect()
}

/// One of a child's pipes, read as it comes.
struct Lines<R> {
    pipe: R,
    partial: Vec<u8>,
    closed: bool,
}

impl<R: Read + AsRawFd> Lines<R> {
    fn new(pipe: R) -> Self {
        Self { pipe, partial: Vec::new(), closed: false }
    }

    /// Lets [`Lines::read`] come back where there is nothing to read.
    fn never_wait(&self) -> io::Result<()> {
        // SAFETY: the descriptor is open as long as `pipe` lives; only its flags are changed.
        let set = unsafe {
            let flags = libc::fcntl(self.pipe.as_raw_fd(), libc::F_GETFL);
            flags != -1 && libc::fcntl(self.pipe.as_raw_fd(), libc::F_SETFL, flags | libc::O_NONBLOCK) != -1
        };
        if set { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Reads what is there, and gives its lines to `line`: no empty ones, and when the child `ended` also one without a
    /// newline. At most what a pipe can hold, so that a child that never stops talking cannot keep us here.
    fn read(&mut self, ended: bool, line: &mut dyn FnMut(&str)) -> io::Result<()> {
        let mut buffer = [0; 1 << 16];
        for _ in 0..LARGEST_PIPE / buffer.len() + 1 {
            if self.closed {
                break;
            }
            match self.pipe.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(n) => {
                    let scanned = self.partial.len();
                    self.partial.extend_from_slice(&buffer[..n]);
                    if let Some(end) = self.partial[scanned..].iter().rposition(|&byte| byte == b'\n') {
                        let rest = self.partial.split_off(scanned + end + 1);
                        give(&std::mem::replace(&mut self.partial, rest), line);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        if ended || self.closed {
            give(&std::mem::take(&mut self.partial), line);
        }
        Ok(())
    }
}

fn give(bytes: &[u8], line: &mut dyn FnMut(&str)) {
    String::from_utf8_lossy(bytes).lines().map(str::trim_end).filter(|l| !l.is_empty()).for_each(line);
}

/// Waits until one of the open pipes has something, or `timeout` has passed.
fn wait_for_any<A: AsRawFd, B: AsRawFd>(a: &Lines<A>, b: &Lines<B>, timeout: Duration) -> io::Result<()> {
    let watch =
        |fd, closed| libc::pollfd { fd: if closed { -1 } else { fd }, events: libc::POLLIN, revents: 0 };
    let mut fds = [watch(a.pipe.as_raw_fd(), a.closed), watch(b.pipe.as_raw_fd(), b.closed)];
    // Both closed: the child is about to end, and nothing but the wait would tell.
    let timeout = if a.closed && b.closed { ENDING_EVERY } else { timeout };
    // SAFETY: `fds` is an array of two that outlives the call; negative descriptors are skipped.
    if unsafe { libc::poll(fds.as_mut_ptr(), 2, timeout.as_millis() as libc::c_int) } < 0 {
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

//! R16: workers that cannot be pinned: more of them than processors, processors that are not there, and a kernel that refuses.

use crate::child;
use crate::pong::Pong;
use crate::watchdog::watch;
use std::time::Duration;
#[cfg(target_os = "linux")]
use std::{io::Write, process::Output};
use throng::{Pin, System};

const SOON: Duration = Duration::from_secs(60);

/// What the child said that did it; nothing, and a line past the capture of the test's output, where it could not be done here.
#[cfg(target_os = "linux")]
fn ran(what: &str, output: &Output) -> Option<String> {
    let words = child::words(output);
    assert!(output.status.success(), "{words}");
    let Some(at) = words.find("not run: ") else { return Some(words) };
    let why = words[at..].lines().next().expect("it begins there");
    writeln!(std::io::stderr(), "{what}: {why}").expect("an open stderr");
    None
}

/// A system that must not be pinned, or must be, and does its work all the same.
fn works(workers: usize, pin: Pin, pinned: bool) {
    let system = System::builder().workers(workers).pin(pin.clone()).build().expect("a system");
    assert_eq!(system.pinned(), pinned, "{workers} workers, {pin:?}");
    for _ in 0..100 {
        assert!(system.spawn(Pong).ask(|reply| reply).wait().expect("an answer") < workers);
    }
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn r16_more_workers_than_processors() {
    let _dog = watch("r16_more_workers_than_processors");
    let processors = std::thread::available_parallelism().expect("a number of processors").get();
    let workers = processors + 3;
    let system = System::builder().workers(workers).build().expect("a system");
    assert!(!system.pinned());
    assert_eq!(system.workers(), workers);
    for _ in 0..100 {
        let worker = system.spawn(Pong).ask(|reply| reply).wait().expect("an answer");
        assert!(worker < workers);
    }
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn r16_a_processor_that_is_not_there() {
    let _dog = watch("r16_a_processor_that_is_not_there");
    for pin in [
        Pin::None,
        Pin::Processors(Vec::new()),
        Pin::Processors(vec![1_000]),
        Pin::Processors(vec![100_000]),
        Pin::Processors(vec![usize::MAX]),
    ] {
        let system = System::builder().workers(1).pin(pin.clone()).build().expect("a system");
        assert!(!system.pinned(), "{pin:?}: nobody can be pinned there");
        assert_eq!(system.spawn(Pong).ask(|reply| reply).wait(), Ok(0));
    }
}

/// Has the kernel refuse this thread, and those it starts, to choose any processor at all.
#[cfg(target_os = "linux")]
fn affinity_is_refused() -> std::io::Result<()> {
    // The number of the call is the first word that a filter sees.
    const NUMBER: u32 = 0;
    let rule = |code: u32, k: u32, jt: u8| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let refuse = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
    let mut rules = [
        rule(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, NUMBER, 0),
        rule(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, libc::SYS_sched_setaffinity as u32, 1),
        rule(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0),
        rule(libc::BPF_RET | libc::BPF_K, refuse, 0),
    ];
    let filter = libc::sock_fprog { len: rules.len() as u16, filter: rules.as_mut_ptr() };
    // SAFETY: the kernel copies the rules, which are there for the call.
    let refused = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
            || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) != 0
    };
    if refused { Err(std::io::Error::last_os_error()) } else { Ok(()) }
}

#[test]
#[cfg(target_os = "linux")]
fn r16_where_the_kernel_refuses_it_workers_run_unpinned_and_say_so() {
    let _dog = watch("r16_where_the_kernel_refuses_it_workers_run_unpinned_and_say_so");
    let output = child::alone("r16_where_the_kernel_refuses_it_workers_run_unpinned_and_say_so", || {
        if let Err(error) = affinity_is_refused() {
            return println!("not run: no filter for system calls: {error}");
        }
        let processors = std::thread::available_parallelism().expect("a number of processors").get();
        let system = System::builder().workers(processors).build().expect("a system");
        assert!(!system.pinned());
        for _ in 0..100 {
            system.spawn(Pong).ask(|reply| reply).wait().expect("an answer");
        }
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
        println!("told of {processors}");
    });
    let Some(words) = ran("affinity", &output) else { return };
    let (_, processors) = words.split_once("told of ").expect("it came to its end");
    let told = words.lines().filter(|line| line.contains("could not be pinned to processor ")).count();
    assert_eq!(Some(told.to_string().as_str()), processors.lines().next(), "a line for each: {words}");
}

/// The processors that this thread may use.
#[cfg(target_os = "linux")]
fn usable() -> Vec<usize> {
    // SAFETY: a set of processors is plain bits, and the kernel writes no more than it is told there are.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, std::mem::size_of_val(&set), &raw mut set), 0);
        set
    };
    // SAFETY: each number is one of the set's.
    (0..libc::CPU_SETSIZE as usize).filter(|n| unsafe { libc::CPU_ISSET(*n, &set) }).collect()
}

/// What is said of two workers where one processor may be used.
#[cfg(target_os = "linux")]
const CROWDED: &str = "2 workers on 1 processors are not pinned";

/// `taskset` is no fence: whoever was narrowed may widen again, and the kernel says so.
#[test]
#[cfg(target_os = "linux")]
fn r16_a_narrower_mask_counts_the_processors_and_fences_nobody() {
    let _dog = watch("r16_a_narrower_mask_counts_the_processors_and_fences_nobody");
    let output = child::alone("r16_a_narrower_mask_counts_the_processors_and_fences_nobody", || {
        let [one, other, ..] = usable()[..] else { return println!("not run: there is one processor alone") };
        // SAFETY: a set of processors is plain bits; the number is one of its; the kernel reads no more than it is told there are.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(one, &mut set);
            assert_eq!(libc::sched_setaffinity(0, std::mem::size_of_val(&set), &raw const set), 0);
        }
        works(1, Pin::Compact, true);
        works(2, Pin::Compact, false);
        works(1, Pin::Processors(vec![other]), true);
        println!("come to its end");
    });
    let Some(words) = ran("mask", &output) else { return };
    assert!(words.contains("come to its end") && words.contains(CROWDED), "{words}");
    assert!(!words.contains("could not be pinned"), "{words}");
}

/// A set of processors of a control group's own (cpuset), which takes privileges: gone with it.
#[cfg(target_os = "linux")]
struct Fence(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Fence {
    /// Its place, which a test and its child both know. None where no group can have one.
    fn of(test: u32) -> Option<Self> {
        let root = std::path::Path::new("/sys/fs/cgroup");
        let above = [root.join("cpuset"), root.to_owned()].into_iter().find(|above| {
            // The first version of groups has a tree for it, the second a list of what groups below may have.
            above.join("cpuset.mems").exists() && above.ends_with("cpuset")
                || std::fs::read_to_string(above.join("cgroup.subtree_control"))
                    .is_ok_and(|has| has.split_whitespace().any(|one| one == "cpuset"))
        })?;
        Some(Self(above.join(format!("throng-r16-{test}"))))
    }

    /// Moves this process into it, with one processor and the memory that the group above has.
    fn enter(&self, processor: usize) -> std::io::Result<()> {
        std::fs::create_dir(&self.0)?;
        let above = self.0.parent().expect("it is below one");
        let mems =
            ["cpuset.mems", "cpuset.mems.effective"].map(|name| std::fs::read_to_string(above.join(name)));
        let mems = mems.into_iter().flatten().find(|mems| !mems.trim().is_empty()).unwrap_or("0".into());
        std::fs::write(self.0.join("cpuset.mems"), mems)?;
        std::fs::write(self.0.join("cpuset.cpus"), processor.to_string())?;
        std::fs::write(self.0.join("cgroup.procs"), std::process::id().to_string())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Fence {
    fn drop(&mut self) {
        // A process that was in it may take a moment to leave.
        while std::fs::remove_dir(&self.0).is_err_and(|error| error.raw_os_error() == Some(libc::EBUSY)) {
            std::thread::yield_now();
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer takes for leaked what the child leaves to its parent")]
fn r16_within_a_set_of_processors_nobody_gets_out_and_the_system_says_so() {
    let _dog = watch("r16_within_a_set_of_processors_nobody_gets_out_and_the_system_says_so");
    let _fence = Fence::of(std::process::id());
    let output =
        child::alone("r16_within_a_set_of_processors_nobody_gets_out_and_the_system_says_so", || {
            let [one, other, ..] = usable()[..] else {
                return println!("not run: there is one processor alone");
            };
            let fence = Fence::of(std::os::unix::process::parent_id());
            let Some(fence) = fence.map(std::mem::ManuallyDrop::new) else {
                return println!("not run: no control group may have processors of its own");
            };
            if let Err(error) = fence.enter(one) {
                return println!("not run: {}: {error}", fence.0.display());
            }
            assert_eq!(usable(), [one]);
            works(1, Pin::Compact, true);
            works(2, Pin::Compact, false);
            works(1, Pin::Processors(vec![other]), false);
            println!("nobody came to processor {other}.");
        });
    let Some(words) = ran("cpuset", &output) else { return };
    let (_, other) = words.split_once("nobody came to processor ").expect("it came to its end");
    let other = other.split('.').next().expect("a number");
    assert!(words.contains(&format!("could not be pinned to processor {other}")), "{words}");
    assert!(words.contains(CROWDED), "{words}");
}

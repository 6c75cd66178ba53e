//! What needs a process of its own: memory, signals, exit codes.

mod others;

use others::Ending;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use throng_bench::options::Workload;
use throng_bench::scenario::footprint::bytes_per_actor;

fn loadgen(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_loadgen"));
    command.args(line.split_whitespace());
    command
}

#[test]
fn idle_actors_cost_what_their_cells_take() {
    let output =
        loadgen("idle --actors 200k --workers 1 --pin none --format json").output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let bytes = run["bytes_per_actor"].as_f64().expect("Linux tells what is resident");
    // A cell with its state is a line of 64, less what was resident before and is counted as the baseline's; a second
    // line and a few bytes are the most the design allows.
    assert!((48.0..=136.0).contains(&bytes), "{bytes} B an actor");
    assert!(run["facts"]["cpu_ms_per_idle_s"].as_f64() >= Some(0.0), "{run}");
    assert_eq!((&run["messages"], &run["validity"]["valid"]), (&200_000.into(), &true.into()));
}

#[test]
fn usage_is_one_line_and_nothing_on_stdout() {
    let output = loadgen("ring --workers none").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("loadgen: --workers got \"none\": takes"), "{said}");
}

/// To a child that has not been waited for.
fn signal(child: &Child, number: i32) {
    let pid = i32::try_from(child.id()).expect("a pid");
    // SAFETY: a signal to a child of this process; its number is not given to another before it is waited for.
    assert_eq!(unsafe { libc::kill(pid, number) }, 0);
}

/// One in which SIGHUP comes to this at first, whatever it comes to here.
fn hanging_up(mut command: Command, to: libc::sighandler_t) -> Command {
    let set = move || {
        // SAFETY: async-signal-safe, as all must be between fork and exec.
        unsafe { libc::signal(libc::SIGHUP, to) };
        Ok(())
    };
    // SAFETY: `set` does the one thing above.
    unsafe { command.pre_exec(set) };
    command
}

/// Whether the mask of that name in /proc has the signal.
fn has(child: &Child, mask: &str, number: i32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("a child");
    assert!(!status.contains("State:\tZ"), "it ended before it could be interrupted");
    let mask = status.lines().find_map(|line| line.strip_prefix(mask)).expect("Linux tells");
    u64::from_str_radix(mask.trim(), 16).expect("a mask") >> (number - 1) & 1 == 1
}

#[test]
fn r20_under_nohup_a_closed_terminal_ends_nothing() {
    let mut command = hanging_up(loadgen("ping-pong --duration 10m --workers 1 --pin none"), libc::SIG_IGN);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    // The last that is caught.
    while !has(&child, "SigCgt:", libc::SIGINT) {
        std::thread::yield_now();
    }
    let ignored = has(&child, "SigIgn:", libc::SIGHUP);
    signal(&child, libc::SIGINT);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(ignored);
}

#[test]
fn r20_an_interrupt_ends_the_load_and_gives_what_was_measured() {
    // Ctrl-C, `kill`, and a terminal that was closed.
    for number in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let mut child = hanging_up(
            loadgen("ping-pong --duration 10m --workers 2 --pin none --format json"),
            libc::SIG_DFL,
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
        // The first line of progress comes while the load runs.
        let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let first = said.next().expect("progress").expect("text");
        assert!(first.contains("measuring") && first.ends_with(" lost"), "{first}");
        signal(&child, number);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{number}");
        let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let validity = &run["validity"];
        assert_eq!((&validity["interrupted"], &validity["valid"]), (&true.into(), &true.into()), "{number}");
        assert!(run["messages"].as_u64() > Some(0));
    }
}

#[test]
fn r20_a_second_interrupt_ends_the_process_and_leaves_nothing_or_a_whole_run() {
    let folder = std::env::temp_dir().join(format!("throng-loadgen-twice-{}", std::process::id()));
    // When the load is over it still has a second to watch the actors at rest.
    let line = format!("idle --actors 1000 --workers 1 --pin none --out {}", folder.display());
    let mut child = loadgen(&line).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    while !has(&child, "SigCgt:", libc::SIGINT) {
        std::thread::yield_now();
    }
    let status = loop {
        signal(&child, libc::SIGINT);
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
    };
    assert_eq!(status.code(), Some(130));
    // The folder was claimed: there may be one that is empty, which the next run can have.
    if std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        // A test that was kept waiting for a second sent its second signal when results were being saved: that is finished.
        let run = std::fs::read(folder.join("run.json")).expect("a folder has a run in it");
        let run: Value = serde_json::from_slice(&run).expect("whole");
        assert_eq!(run["validity"]["interrupted"], true);
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// One whose process the kernel refuses these calls, as its limits or a control group may; the call's number is the first word
/// that a filter sees.
fn refusing(mut command: Command, calls: &[libc::c_long], error: i32) -> Command {
    let rule = |code: u32, k: u32, jt: u8| libc::sock_filter { code: code as u16, jt, jf: 0, k };
    let equal = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
    let mut rules = vec![rule(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0)];
    for (n, call) in calls.iter().enumerate() {
        // Over the others and the permission.
        rules.push(rule(equal, *call as u32, (calls.len() - n) as u8));
    }
    rules.push(rule(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0));
    rules.push(rule(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | error as u32, 0));
    let set = move || {
        let filter = libc::sock_fprog { len: rules.len() as u16, filter: rules.as_mut_ptr() };
        // SAFETY: two calls of the kernel, which copies the rules; async-signal-safe, as all must be between fork and exec.
        let refused = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) != 0
        };
        if refused { Err(std::io::Error::last_os_error()) } else { Ok(()) }
    };
    // SAFETY: `set` does the two calls above.
    unsafe { command.pre_exec(set) };
    command
}

#[test]
fn r16_workers_that_cannot_be_pinned_are_told_of_and_the_report_says_so() {
    let processors = std::thread::available_parallelism().expect("a number of processors").get();
    let line = |workers| format!("ping-pong --messages 1k --workers {workers} --pin compact --format json");
    let refused = refusing(loadgen(&line(1)), &[libc::SYS_sched_setaffinity], libc::EPERM);
    let crowded = loadgen(&line(processors + 1));
    for (mut command, says) in
        [(refused, "could not be pinned to processor "), (crowded, "processors are not pinned")]
    {
        let output = match command.output() {
            Ok(output) => output,
            Err(error) => {
                throng_bench::stderr::line(format_args!(
                    "loadgen: not run: no filter for system calls: {error}"
                ));
                continue;
            }
        };
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success() && said.contains(says), "{said}");
        let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!((&run["engine"]["pinned"], &run["validity"]["valid"]), (&false.into(), &true.into()));
    }
}

#[test]
fn r17_workers_that_the_system_gives_no_thread_are_an_error_before_the_start() {
    let folder = std::env::temp_dir().join(format!("throng-loadgen-threads-{}", std::process::id()));
    for (given, says) in
        [("--workers 2", "--workers got \"2\": no thread for a worker: "), ("", "no thread for ")]
    {
        let line = format!("ping-pong --messages 9 --pin none --out {} {given}", folder.display());
        let calls = [libc::SYS_clone, libc::SYS_clone3];
        let output = match refusing(loadgen(&line), &calls, libc::EAGAIN).output() {
            Ok(output) => output,
            Err(error) => {
                let why = format_args!("loadgen: not run: no filter for system calls: {error}");
                return throng_bench::stderr::line(why);
            }
        };
        let said = String::from_utf8(output.stderr).expect("text");
        // Beside it that nobody will hear a signal that asks for a description.
        let said: Vec<_> =
            said.lines().filter(|line| !line.contains("SIGUSR1 cannot be listened for")).collect();
        assert_eq!((output.status.code(), said.len()), (Some(2), 1), "{said:?}");
        assert!(said[0].starts_with(&format!("loadgen: {says}")), "{said:?}");
        assert!(said[0].ends_with(": take fewer workers, or raise the process's limits"), "{said:?}");
        // The folder was claimed: one that is empty is as good as new.
        let written = std::fs::read_dir(&folder).map_or(0, Iterator::count);
        assert!(output.stdout.is_empty() && written == 0, "{said:?}");
        let _ = std::fs::remove_dir(&folder);
    }
}

#[test]
fn r17_more_actors_than_memory_holds_are_refused_before_anything_is_done() {
    let told = std::fs::read_to_string("/proc/meminfo").expect("Linux tells");
    let total = told.lines().find_map(|line| line.strip_prefix("MemTotal:")).expect("Linux tells");
    let kib: u64 = total.trim().trim_end_matches(" kB").parse().expect("a number");
    if kib > 48_000_000 {
        throng_bench::stderr::line("loadgen: not run: this machine may hold a thousand million actors");
        return;
    }
    for workload in ["idle", "crowd", "ring", "ring --order shuffled", "big", "directory"] {
        let output = loadgen(&format!("{workload} --actors 1G")).output().expect("it runs");
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{workload}: {said}");
        assert!(output.stdout.is_empty() && said.lines().count() == 1, "{workload}: {said}");
        assert!(said.starts_with("loadgen: --actors got \"1G\": takes up to "), "{said}");
    }
}

/// What one says that may have so many MiB of addresses.
fn within(mib: u64, line: &str) -> Output {
    let limit = format!("ulimit -v {}; exec \"$0\" \"$@\"", mib * 1024);
    let mut command = Command::new("sh");
    command.args(["-c", &limit, env!("CARGO_BIN_EXE_loadgen")]).args(line.split(' '));
    command.args(["--workers", "1", "--pin", "none"]).output().expect("it runs")
}

#[test]
fn r17_more_actors_than_addresses_are_refused_before_anything_is_done() {
    for (workload, mib) in [
        ("idle", 256),
        ("crowd", 256),
        ("ring --order shuffled", 256),
        ("ring", 600),
        ("directory", 256),
        ("big", 1024),
        ("timers", 1024),
    ] {
        let output = within(mib, &format!("{workload} --actors 9M"));
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(2), "{workload} in {mib} MiB: {said}");
        assert!(output.stdout.is_empty() && said.lines().count() == 1, "{workload} in {mib} MiB: {said}");
        assert!(said.starts_with("loadgen: --actors got \"9M\": takes up to "), "{said}");
    }
    // What there are addresses for is done.
    let output = within(1024, "idle --actors 100k");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn r17_memory_that_ends_in_the_middle_is_one_line_and_no_lost_message() {
    // What the actors take at the least is there; the engine takes addresses in large pieces, and one of them is not.
    for (workload, mib) in
        [("crowd --actors 5M", 600), ("ring --actors 3500k", 600), ("big --actors 1M", 600)]
    {
        let output = within(mib, workload);
        let said = String::from_utf8(output.stderr).expect("text");
        let last: Vec<_> = said.lines().filter(|line| !line.ends_with(" lost")).collect();
        assert_eq!(output.status.code(), Some(1), "{workload} in {mib} MiB: {said}");
        assert!(
            matches!(last[..], [line] if line.starts_with("loadgen: no memory")),
            "{workload} in {mib} MiB: {said}"
        );
        assert!(output.stdout.is_empty(), "{workload} in {mib} MiB");
    }
}

#[test]
fn actors_take_what_the_count_of_those_that_fit_says() {
    // Memory comes 2 MB at a time, of which a tenth of the difference must be several.
    let sizes = [200_000, 1_000_000];
    for (workload, line, [few, many]) in [
        (Workload::Idle, "idle --actors", sizes),
        (Workload::Crowd, "crowd --messages 1k --actors", sizes),
        (Workload::Directory, "directory --messages 1k --actors", sizes),
        (Workload::Ring, "ring --messages 1k --actors", sizes),
        (Workload::Big, "big --messages 4 --actors", sizes),
        (Workload::Skynet, "skynet --actors", [100_000, 1_000_000]),
        // So long that all are set before the first of them fires.
        (Workload::Timers, "timers --period 5s --actors", sizes),
    ] {
        let bytes = bytes_per_actor(workload).expect("they stay") as f64;
        let peak = |actors: u64| {
            let line = format!("{line} {actors} --workers 1 --pin none --format json");
            let output = loadgen(&line).output().expect("it runs");
            assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
            let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
            run["rss_peak_bytes"].as_f64().expect("Linux tells")
        };
        let grown = (peak(many) - peak(few)) / (many - few) as f64;
        assert!((0.9 * bytes..1.4 * bytes).contains(&grown), "{line}: {grown} B an actor, not {bytes}");
    }
}

#[test]
fn r19_a_closed_pipe_is_told_and_no_panic() {
    let mut child = loadgen("ask --messages 1000 --workers 1 --pin none")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("cannot write to stdout: Broken pipe"), "{said}");
}

/// Runs it until it tells of `phase`, and sends the signal: its JSON, how many files it left, and how long it took to end.
fn interrupted(line: &str, phase: &str, number: i32) -> (Value, usize, Duration) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Tests run side by side.
    let own = format!("throng-loadgen-open-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(own);
    let line = format!("{line} --workers 1 --pin none --format json --out {}", folder.display());
    let mut child = loadgen(&line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let first = said.next().expect("progress").expect("text");
    assert!(first.contains(phase), "{line}: {first}");
    let ending = Ending::of(&child);
    signal(&child, number);
    let mut out = Vec::new();
    child.stdout.take().expect("a pipe").read_to_end(&mut out).expect("its end");
    let took = ending.took(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{line}");
    let run: Value = serde_json::from_slice(&out).expect("JSON");
    let names = std::fs::read_dir(&folder).expect("a folder").count();
    let valid = run["validity"]["valid"] == true;
    let kept = std::fs::read_to_string(folder.join(if valid { "run.json" } else { "run.json.FAIL" }));
    assert_eq!(serde_json::from_str::<Value>(&kept.expect("it is kept")).expect("JSON"), run);
    std::fs::remove_dir_all(&folder).expect("this test's own");
    assert_eq!(run["validity"]["interrupted"], true, "{line}");
    (run, names, took)
}

#[test]
fn r20_an_open_load_that_is_interrupted_keeps_what_it_has() {
    for (warmup, phase) in [("10m", "warm-up"), ("0", "measuring")] {
        for number in [libc::SIGINT, libc::SIGTERM] {
            let line = format!("mesh --rate 2k --duration 10m --warmup {warmup}");
            let (run, names, _) = interrupted(&line, phase, number);
            let measured = run["messages"].as_u64().expect("a number");
            assert_eq!(measured > 0, phase == "measuring", "{run}");
            let validity = &run["validity"];
            let wrong = ["interrupted before anything was measured"];
            if measured == 0 {
                assert_eq!(validity["wrong"], serde_json::json!(wrong));
                assert_eq!(validity["valid"], false);
            }
            // A warm-up has no latency to keep.
            assert_eq!(names, if phase == "measuring" { 7 } else { 3 }, "{phase}");
        }
    }
}

/// However much is still to be done: 1,024 messages of 10 ms, a handler that stands still, timers that are set.
#[test]
fn r20_an_interrupt_ends_a_load_within_two_seconds() {
    for (n, line) in [
        "counting --rate 10k --duration 10m --warmup 0 --service 10ms",
        "ask --rate 10k --duration 10m --warmup 0 --service 10ms",
        "counting --rate 1k --duration 2s --warmup 0 --freeze 5s",
        "ask --rate 1k --duration 2s --warmup 0 --freeze 5s",
        "mesh --duration 10m --service 10ms",
        "timers --actors 10k --period 5s --duration 10m",
        "timers --actors 10k --period 5s --duration 10m --cancel 50% --mailbox 1",
        "timers --actors 10k --period 5s --duration 10m --repeat 50%",
        "supervise --crash 1/100 --duration 10m",
        "supervise --crash 1/10 --backoff 500ms --mail drop --duration 10m --service 10us",
        "pools --burst 100k --service 1ms --duration 10m",
        "pools --pause 5s --duration 10m",
        "pubsub --duration 10m --service 1ms",
    ]
    .into_iter()
    .enumerate()
    {
        // By Ctrl-C and by `kill` in turns.
        let number = [libc::SIGINT, libc::SIGTERM][n % 2];
        let (run, _, took) = interrupted(line, "measuring", number);
        // A load that is not open has no rate to miss: what was interrupted of it holds.
        assert!(run["validity"]["valid"] == true || run["mode"] == "open", "{line}: {}", run["validity"]);
        assert!(took < Duration::from_secs(2), "{line}: {took:?}");
    }
}

/// What is only looked at after the signal is no work done: one worker cannot do more than the time it had for it.
#[test]
fn r20_what_an_interrupt_leaves_is_in_no_figure() {
    for (line, service_ns) in [
        ("counting --rate 200 --duration 10m --warmup 0 --service 31ms", 31_000_000),
        ("ask --rate 200 --duration 10m --warmup 0 --service 31ms", 31_000_000),
        ("fan-out --mode closed --duration 10m --service 30ms --actors 2 --tokens 64", 30_000_000),
        ("fan-out --mode closed --messages 100k --service 30ms --actors 2 --tokens 64", 30_000_000),
        ("mesh --duration 10m --service 10ms", 10_000_000),
    ] {
        let (run, _, _) = interrupted(line, "measuring", libc::SIGINT);
        let (messages, elapsed) = (run["messages"].as_u64(), run["elapsed_ns"].as_u64());
        let (messages, elapsed) = (messages.expect("some"), elapsed.expect("it was timed"));
        assert!(messages > 0 && messages * service_ns <= elapsed, "{line}: {messages} in {elapsed} ns");
        let samples = run["latency_ns"]["response"]["count"].as_u64().unwrap_or_default();
        assert!(samples * service_ns <= elapsed, "{line}: {samples} samples in {elapsed} ns");
        // It ended in one of them, and not when the rest had been looked at.
        assert!(
            elapsed < 3_000_000_000 && run["facts"]["left_when_interrupted"].as_u64() > Some(30),
            "{run}"
        );
        assert_eq!(run["validity"]["wrong"], serde_json::json!([]), "{line}");
        assert!(run["load"].is_null() || run["load"]["not_sent"] == 0, "{line}: {}", run["load"]);
    }
}

/// Some of them cancelled, some of them once fired, all others still set: each is one of these.
#[test]
fn r20_timers_that_are_set_when_it_is_interrupted_are_counted() {
    let line = "timers --actors 5000 --duration 10m --period 4500ms --cancel 20%";
    let (run, _, _) = interrupted(line, "measuring", libc::SIGINT);
    let fact = |name: &str| run["facts"][name].as_u64().expect(name);
    assert_eq!(run["validity"]["valid"], true, "{}", run["validity"]);
    let (set, cancelled) = (fact("timers_set"), fact("timers_cancelled"));
    assert_eq!((run["messages"].as_u64(), fact("timers_still_set")), (Some(0), 5000), "{run}");
    assert!(set == 5000 + cancelled && cancelled > 500, "{run}");
}

/// What is printed to a device that is full is lost, and said to be.
#[test]
fn r19_a_result_that_cannot_be_printed_is_an_error() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    let output = loadgen("mesh --messages 1k --workers 1 --pin none")
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .and_then(Child::wait_with_output)
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("cannot write to stdout: No space left on device"), "{said}");
}

/// Of 16 messages an arrival the arrivals alone would be a sixteenth.
#[test]
fn progress_counts_what_the_result_counts() {
    let line = "mesh --hops 16 --duration 1500ms --workers 1 --pin none --format json";
    let output = loadgen(line).output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    let run: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let told = said.lines().find_map(|line| line.strip_prefix("loadgen: 1 s, measuring, "));
    let told = told.unwrap_or_else(|| panic!("no first second: {said}"));
    let (number, unit) = told.split_once('/').and_then(|(rate, _)| rate.split_once(' ')).expect(told);
    let factor = [("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9)].into_iter().find(|(name, _)| *name == unit);
    let told = number.parse::<f64>().expect(number) * factor.expect(unit).1;
    let done = run["msgs_per_s"].as_f64().expect("it was timed");
    assert!((done / 4.0..done * 4.0).contains(&told), "{told} /s told, {done} /s in the end");
}

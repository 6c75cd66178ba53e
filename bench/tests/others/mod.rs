//! How much of the processors others had while a test looked at something: what a figure of time is worth.

use std::collections::HashMap;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What took longer is excused by nothing that others did: a limit below it can be missed on any machine.
const EXCUSED_UP_TO: Duration = Duration::from_secs(5);
/// How often it is read how long threads have waited for a processor: what a thread waits after the last reading before its end is
/// not excused.
const READ_EVERY: Duration = Duration::from_millis(5);

/// A moment, and how much the machine had done by then.
pub(crate) struct Since {
    at: Instant,
    busy: Option<Duration>,
}

impl Since {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), busy: busy() }
    }

    /// The share of the processors' time since then that went to others than who had `own` of it: 0 to 1. 0 where the kernel does
    /// not tell: nobody is excused then.
    pub(crate) fn share_of_others(&self, own: Duration) -> f64 {
        let (Some(before), Some(now)) = (self.busy, busy()) else { return 0.0 };
        let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let others = now.saturating_sub(before).saturating_sub(own);
        (others.as_secs_f64() / (self.at.elapsed().as_secs_f64() * processors)).min(1.0)
    }
}

/// A child that was told to end, from then until it has: what a limit of time is held against.
pub(crate) struct Ending {
    since: Since,
    used: Duration,
    stolen: Duration,
    over: Arc<AtomicBool>,
    waited: JoinHandle<Option<Duration>>,
}

impl Ending {
    /// To be called before it is told.
    pub(crate) fn of(child: &Child) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let mut waits = Waits::default();
        waits.read(child.id());
        let waited = {
            let (process, over) = (child.id(), Arc::clone(&over));
            std::thread::spawn(move || {
                // Relaxed: the word alone matters, and a reading more does no harm.
                while !over.load(Ordering::Relaxed) {
                    waits.read(process);
                    std::thread::sleep(READ_EVERY);
                }
                // Of the one that ended the first thread is still to be seen.
                waits.read(process);
                waits.all()
            })
        };
        Self { since: Since::now(), used: used(child.id()), stolen: stolen(), over, waited }
    }

    /// Waits for its end, and leaves it to be waited for. Gives the time, less what others took of it: see [`alone`].
    pub(crate) fn took(self, child: &Child) -> Duration {
        // SAFETY: plain words, for all of which zero is a value, and the kernel writes them; the child is this process's, and was not
        // waited for.
        let answer = unsafe {
            let mut about: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, child.id(), &raw mut about, libc::WEXITED | libc::WNOWAIT)
        };
        assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
        let took = self.since.at.elapsed();
        let own = used(child.id()).saturating_sub(self.used);
        let others = self.since.share_of_others(own);
        // Relaxed: see above.
        self.over.store(true, Ordering::Relaxed);
        let waited = self.waited.join().expect("it only reads");
        // What the hypervisor takes from a thread that has a processor is no wait to the kernel: as much of it as the child has of the
        // processors' work.
        let stolen = stolen().saturating_sub(self.stolen);
        let worked =
            busy().zip(self.since.busy).map_or(Duration::ZERO, |(now, before)| now.saturating_sub(before));
        let part = own.as_secs_f64() / worked.saturating_sub(stolen).max(own).as_secs_f64().max(1e-9);
        alone(took, others, waited.map(|waited| waited + stolen.mul_f64(part)))
    }
}

/// As long as it would have taken with the machine for itself, about: less the share of the time that others had of the processors, and
/// less no more than its threads have waited for one, where the kernel tells. Whoever waits for a clock waits for no processor: that
/// is its own time, on a busy machine too. Above [`EXCUSED_UP_TO`] all of it is.
pub(crate) fn alone(took: Duration, others: f64, waited: Option<Duration>) -> Duration {
    if took > EXCUSED_UP_TO {
        return took;
    }
    let most = took.mul_f64(others);
    took - waited.map_or(most, |waited| waited.min(most))
}

/// How long each thread of a process, and of those below it, has waited for a processor: at the first reading, and at the last.
#[derive(Default)]
struct Waits {
    threads: HashMap<u32, [Duration; 2]>,
    begun: bool,
}

impl Waits {
    fn read(&mut self, process: u32) {
        self.read_below(process);
        self.begun = true;
    }

    fn read_below(&mut self, process: u32) {
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let path = task.path();
            let text = |name| std::fs::read_to_string(path.join(name)).unwrap_or_default();
            let thread = task.file_name().to_str().and_then(|name| name.parse().ok());
            // Nanoseconds on a processor, nanoseconds that it waited for one, and how often it had one.
            let waited = text("schedstat").split_whitespace().nth(1).and_then(|word| word.parse().ok());
            if let (Some(thread), Some(waited)) = (thread, waited.map(Duration::from_nanos)) {
                let first = if self.begun { Duration::ZERO } else { waited };
                self.threads.entry(thread).or_insert([first; 2])[1] = waited;
            }
            let below: Vec<u32> = text("children").split_whitespace().flat_map(str::parse).collect();
            below.into_iter().for_each(|child| self.read_below(child));
        }
    }

    /// Of all of them together; `None` where the kernel does not tell.
    fn all(&self) -> Option<Duration> {
        let each = self.threads.values().map(|[first, last]| last.saturating_sub(*first));
        (!self.threads.is_empty()).then(|| each.sum())
    }
}

/// A hundredth of a second, as the kernel counts.
fn ticks(words: &[&str]) -> Option<Duration> {
    words
        .iter()
        .map(|word| word.parse::<u64>().ok())
        .sum::<Option<u64>>()
        .map(|ticks| Duration::from_millis(10 * ticks))
}

/// What all processors have worked since the machine was started, those of other machines on the same one included.
fn busy() -> Option<Duration> {
    let all = std::fs::read_to_string("/proc/stat").ok()?;
    let words: Vec<_> = all.lines().next()?.split_whitespace().collect();
    // cpu user nice system idle iowait irq softirq steal
    let [_, user, nice, system, _, _, irq, softirq, steal, ..] = words[..] else { return None };
    ticks(&[user, nice, system, irq, softirq, steal])
}

/// What the hypervisor gave to other machines of all processors.
fn stolen() -> Duration {
    let all = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = all.lines().next().unwrap_or_default();
    first.split_whitespace().nth(8).and_then(|word| ticks(&[word])).unwrap_or_default()
}

/// What a process that runs, those below it, and those that they have waited for, have had of the processors.
fn used(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // Behind the name, which may have anything in it: the state is the third word, the times are the 14th to the 17th.
    let words: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let own = words.get(11..15).and_then(ticks).unwrap_or_default();
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let below = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    let below = below.flat_map(|all| all.split_whitespace().flat_map(str::parse).collect::<Vec<u32>>());
    own + below.map(used).sum::<Duration>()
}

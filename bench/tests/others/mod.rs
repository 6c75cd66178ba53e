//! How much of the processors others had while a test looked at something: what a figure of time is worth.

use std::process::Child;
use std::time::{Duration, Instant};

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
}

impl Ending {
    /// To be called before it is told.
    pub(crate) fn of(child: &Child) -> Self {
        Self { since: Since::now(), used: used(child.id()) }
    }

    /// Waits for its end, and leaves it to be waited for. Gives the time, less the share of it that others had of the processors: as
    /// long as it took where it had the machine for itself, and on a busy one about as long as it would have taken there.
    pub(crate) fn took(self, child: &Child) -> Duration {
        // SAFETY: plain words, for all of which zero is a value, and the kernel writes them; the child is this process's, and was not
        // waited for.
        let answer = unsafe {
            let mut about: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, child.id(), &raw mut about, libc::WEXITED | libc::WNOWAIT)
        };
        assert_eq!(answer, 0, "{}", std::io::Error::last_os_error());
        let took = self.since.at.elapsed();
        let others = self.since.share_of_others(used(child.id()).saturating_sub(self.used));
        took.mul_f64(1.0 - others)
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

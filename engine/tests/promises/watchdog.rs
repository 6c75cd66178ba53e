//! A test that hangs ends the process with its name, and the states of all workers,
//! instead of holding up everything for ever.

use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Longer than any test takes on a machine of its own; a sanitizer makes them ten times slower.
const PATIENCE: Duration = Duration::from_secs(if cfg!(throng_sanitize) { 1_200 } else { 120 });
/// However much others have of the machine.
const AT_MOST: Duration = Duration::from_secs(5 * PATIENCE.as_secs());

/// Ends the process unless it is dropped in time.
pub(crate) struct Watchdog {
    _alive: Sender<()>,
}

/// Watches over the test `name` until the answer is dropped.
#[must_use]
pub(crate) fn watch(name: &'static str) -> Watchdog {
    let (alive, gone) = channel::<()>();
    std::thread::spawn(move || {
        let (began, mut patience) = (Instant::now(), PATIENCE);
        while began.elapsed() < AT_MOST && !patience.is_zero() {
            let (at, before) = (Instant::now(), busy());
            if gone.recv_timeout(Duration::from_secs(1)) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            patience = patience.saturating_sub(at.elapsed().mul_f64(1.0 - share_of_others(at, before)));
        }
        // Not by a macro: what those say is captured with the test's output, and lost when the process aborts.
        let mut stderr = std::io::stderr();
        let _ = writeln!(
            stderr,
            "watchdog: {name} has not ended after {:.0?}, nor after {PATIENCE:?} less the share of others in the processors; \
             aborting the process\n{}",
            began.elapsed(),
            throng::describe_all()
        );
        std::process::abort();
    });
    Watchdog { _alive: alive }
}

/// What everybody, and what this process and its children, have worked so far, in hundredths of a second. None where the kernel does
/// not tell: all time is a test's own there.
fn busy() -> Option<[u64; 2]> {
    let sum = |text: &str, words: &[usize]| -> Option<u64> {
        let all: Vec<_> = text.split_whitespace().collect();
        words.iter().map(|nth| all.get(*nth)?.parse::<u64>().ok()).sum()
    };
    // cpu user nice system idle iowait irq softirq steal
    let all = sum(std::fs::read_to_string("/proc/stat").ok()?.lines().next()?, &[1, 2, 3, 6, 7, 8])?;
    // Behind the name, which may have anything in it.
    let own = sum(std::fs::read_to_string("/proc/self/stat").ok()?.rsplit(')').next()?, &[11, 12, 13, 14])?;
    Some([all, own])
}

/// Of all processors, since then: 0 to 1.
fn share_of_others(at: Instant, before: Option<[u64; 2]>) -> f64 {
    let (Some([all, own]), Some([all_now, own_now])) = (before, busy()) else { return 0.0 };
    let others = all_now.saturating_sub(all).saturating_sub(own_now.saturating_sub(own)) as f64 / 100.0;
    let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
    (others / (at.elapsed().as_secs_f64() * processors)).min(1.0)
}

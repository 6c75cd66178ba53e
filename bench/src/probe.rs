//! What it costs now to cross from one processor to another, which changes within seconds on virtual machines.

use crossbeam_utils::CachePadded;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long the word goes to and fro.
const LASTS: Duration = Duration::from_millis(20);
/// How long it may take, where other programs have the processors.
const PATIENCE: Duration = Duration::from_secs(1);
/// Round trips measured together.
const BATCH: u64 = 100;
/// Fewer batches than this say nothing.
const BATCHES_LEAST: usize = 5;
/// Waiting so long for the other side means that it does not run: time to look at the clock.
const SPINS: u32 = 1 << 14;

/// The processors that this process may use, in their order.
pub fn processors() -> Vec<usize> {
    let bits = libc::CPU_SETSIZE as usize;
    // SAFETY: an all zero set is a valid one.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one set of the size it is told.
    let answer = unsafe { libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set) };
    if answer != 0 {
        return Vec::new();
    }
    // SAFETY: the number is below the set's size.
    (0..bits).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect()
}

/// Pins the calling thread; says whether the kernel did it.
pub fn pin(processor: usize) -> bool {
    if processor >= libc::CPU_SETSIZE as usize {
        return false;
    }
    // SAFETY: an all zero set is a valid one, the number is below its size, and the kernel only reads it.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(processor, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set) == 0
    }
}

/// One way of a word between two processors, both sides spinning: the median of batches within about 20 ms, in
/// nanoseconds. `None` on one processor, and where the two sides hardly ever ran together.
pub fn cross_core_ns() -> Option<f64> {
    let processors = processors();
    let [first, .., last] = processors[..] else { return None };
    between(first, last)
}

fn between(here: usize, there: usize) -> Option<f64> {
    // The number of the last crossing: even ones are answers.
    let word = CachePadded::new(AtomicU64::new(0));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let end = Over(&over);
        // Where the system gives no threads there is nothing to be told, and whoever goes on is told by something else.
        let other = thread::Builder::new().spawn_scoped(scope, || {
            if pin(there) {
                answer(&word, &over);
            }
        });
        let other = other.ok()?;
        let mine = thread::Builder::new().spawn_scoped(scope, || {
            let batches = pin(here).then(|| ask(&word));
            drop(end);
            batches
        });
        let mine = mine.ok()?;
        let batches = mine.join().ok().flatten();
        let _ = other.join();
        let mut batches = batches.filter(|batches| batches.len() >= BATCHES_LEAST)?;
        batches.sort_by(f64::total_cmp);
        Some(batches[batches.len() / 2])
    })
}

/// Ends the other side, also when this one panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends the word out and waits for it, in batches; gives the nanoseconds of one way in each.
fn ask(word: &AtomicU64) -> Vec<f64> {
    let start = Instant::now();
    let mut batches = Vec::with_capacity(4_096);
    let mut crossing = 0;
    while start.elapsed() < PATIENCE && (start.elapsed() < LASTS || batches.len() < BATCHES_LEAST) {
        let batch = Instant::now();
        for _ in 0..BATCH {
            word.store(crossing + 1, Ordering::Release);
            let mut spins = 0_u32;
            while word.load(Ordering::Acquire) != crossing + 2 {
                std::hint::spin_loop();
                spins += 1;
                if spins.is_multiple_of(SPINS) && start.elapsed() >= PATIENCE {
                    return batches;
                }
            }
            crossing += 2;
        }
        batches.push(batch.elapsed().as_nanos() as f64 / (2 * BATCH) as f64);
    }
    batches
}

fn answer(word: &AtomicU64, over: &AtomicBool) {
    let mut crossing = 1;
    let mut spins = 0_u32;
    loop {
        if word.load(Ordering::Acquire) == crossing {
            word.store(crossing + 1, Ordering::Release);
            crossing += 2;
        } else {
            std::hint::spin_loop();
            spins = spins.wrapping_add(1);
            if spins.is_multiple_of(1_024) && over.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crossing_takes_time_where_there_are_two_processors() {
        let many = processors().len() > 1;
        let crossing = cross_core_ns();
        // Within patience two sides on a loaded machine may hardly meet: then there is no figure.
        assert!(many || crossing.is_none());
        if let Some(ns) = crossing {
            assert!(ns > 1.0 && ns < 1e8, "{ns} ns");
        }
    }

    #[test]
    fn pinning_changes_what_the_thread_may_use() {
        let all = processors();
        let last = *all.last().expect("at least the one that runs this");
        let after = std::thread::spawn(move || (pin(last), processors())).join().expect("no panic");
        assert_eq!(after, (true, vec![last]));
        assert_eq!(processors(), all, "other threads keep theirs");
        assert!(!pin(usize::MAX));
    }
}

//! Waiting for many: each counts down once, and who waits hears of the last.
//!
//! Those who count are many and on several processors, and what is measured must not be their counting: 64 neighbours share a counter,
//! and only the last of them touches the one that all share.

use crate::alone::spoiled::Spoiled;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

const GROUP: u64 = 64;
/// Nothing that is measured takes so long.
pub const LONGEST: Duration = Duration::from_secs(120);

/// What is counted down, from any thread.
#[derive(Debug)]
pub struct Latch {
    count: u64,
    groups: Box<[AtomicU64]>,
    left: AtomicU64,
    ended: Sender<Instant>,
}

/// Who waits for it.
#[derive(Debug)]
pub struct Waiting(Receiver<Instant>);

impl Latch {
    /// For `count`, one or more, who each count down with their number from 0.
    pub fn new(count: u64) -> (Arc<Self>, Waiting) {
        let groups = count.div_ceil(GROUP);
        let size = |group: u64| AtomicU64::new(GROUP.min(count - group * GROUP));
        let (ended, told) = channel();
        let latch =
            Self { count, groups: (0..groups).map(size).collect(), left: AtomicU64::new(groups), ended };
        (Arc::new(latch), Waiting(told))
    }

    /// The `number`th is done. Each says so once.
    ///
    /// # Panics
    /// If the number is not below the count.
    #[inline]
    pub fn count_down(&self, number: u64) {
        // AcqRel, in both: what each did before it is seen by who hears of the end.
        if self.groups[(number / GROUP) as usize].fetch_sub(1, Ordering::AcqRel) == 1
            && self.left.fetch_sub(1, Ordering::AcqRel) == 1
        {
            // Nobody waits any more: it has been told why.
            let _ = self.ended.send(Instant::now());
        }
    }

    /// How often it was counted down: the count, where each has done so once.
    pub fn counted(&self) -> u64 {
        let left = self.groups.iter().map(|group| group.load(Ordering::Acquire)).fold(0, u64::wrapping_add);
        self.count.wrapping_sub(left)
    }
}

impl Waiting {
    /// When the last one had counted down.
    ///
    /// # Errors
    /// [`Spoiled::Wrong`] if that does not come.
    pub fn ended(&self) -> Result<Instant, Spoiled> {
        heard(&self.0)
    }
}

/// What an actor tells, waited for on this thread.
///
/// # Errors
/// [`Spoiled::Wrong`] if it does not come within [`LONGEST`], or can come no more.
pub fn heard<T>(news: &Receiver<T>) -> Result<T, Spoiled> {
    news.recv_timeout(LONGEST).map_err(|error| {
        Spoiled::Wrong(match error {
            RecvTimeoutError::Timeout => {
                format!("nothing after {} s: a message is missing", LONGEST.as_secs())
            }
            RecvTimeoutError::Disconnected => "an actor ended before its work was done".into(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_all_groups_is_heard_and_none_before() {
        for count in [1, 63, 64, 65, 1_000] {
            let (latch, waiting) = Latch::new(count);
            for number in 0..count {
                assert!(waiting.0.try_recv().is_err(), "{number} of {count}");
                latch.count_down(count - 1 - number);
            }
            assert!(waiting.0.try_recv().is_ok(), "{count}");
            assert_eq!(latch.counted(), count);
            latch.count_down(0);
            assert_eq!(latch.counted(), count + 1, "one says so twice");
        }
    }

    #[test]
    fn who_ends_without_a_word_is_told_of() {
        let (latch, waiting) = Latch::new(2);
        latch.count_down(0);
        drop(latch);
        let Err(Spoiled::Wrong(why)) = waiting.ended() else { panic!("one is missing") };
        assert_eq!(why, "an actor ended before its work was done");
    }
}

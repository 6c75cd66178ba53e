//! Which of an actor's round trips are stamped.

use super::tally::Tally;

/// How often the end of the load is looked for where nothing is sampled.
const LOOK: u32 = 1_024;

/// Counts down to the next stamp: a decrement and a branch for each message.
#[derive(Debug)]
pub struct Sampler {
    until: u32,
    every: Option<u32>,
    stamp: Option<u64>,
}

impl Sampler {
    /// One round trip in `every`; none for `None`.
    pub fn new(every: Option<u32>) -> Self {
        Self { until: every.unwrap_or(LOOK), every, stamp: None }
    }

    /// Whether [`Sampler::sample`] is to be called.
    #[inline(always)]
    pub fn tick(&mut self) -> bool {
        self.until -= 1;
        self.until == 0
    }

    /// A round trip ends here and another begins: records the one if it was stamped, stamps the other if it is due.
    #[cold]
    #[inline(never)]
    pub fn sample(&mut self, tally: &Tally, worker: usize) {
        let Some(every) = self.every else {
            self.until = LOOK;
            return;
        };
        if let Some(stamp) = self.stamp.take() {
            tally.record(worker, stamp);
            if every > 1 {
                self.until = every - 1;
                return;
            }
        }
        self.stamp = Some(tally.clock.ticks());
        self.until = 1;
    }
}

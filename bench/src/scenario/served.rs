//! What a consumer does with each item of its producers: looks whether it is the next of its sender, and works for a while.

use super::plan::Plan;
use super::tally::Tally;

/// Above this in an item lies its sender's number, below it its own.
const SENDER: u32 = 48;

/// The item is its sender's last.
const LAST: u64 = 1 << 47;

/// Sender and number.
#[derive(Debug, Clone, Copy)]
pub struct Item(u64);

impl Item {
    /// The item of this sender with this number.
    #[inline(always)]
    pub fn new(sender: u64, number: u64) -> Self {
        Self(sender << SENDER | number)
    }

    /// The same item as its sender's last.
    #[inline(always)]
    pub fn as_last(self) -> Self {
        Self(self.0 | LAST)
    }

    /// Whether it is its sender's last.
    #[inline(always)]
    pub fn is_last(self) -> bool {
        self.0 & LAST != 0
    }

    /// Items of its sender up to this one.
    pub fn nth(self) -> u64 {
        self.number() + 1
    }

    /// Whose it is.
    #[inline(always)]
    pub fn sender(self) -> u64 {
        self.0 >> SENDER
    }

    fn number(self) -> u64 {
        self.0 & (LAST - 1)
    }
}

/// A consumer's part in a run.
#[derive(Debug)]
pub struct Served {
    /// The number that must come next of each sender, or the least that may where messages are dropped.
    next: Box<[u64]>,
    drops: bool,
    service_ns: u64,
    tally: &'static Tally,
}

impl Served {
    /// For so many senders; `drops` where their messages may be.
    pub fn new(plan: &Plan, senders: u64, drops: bool, tally: &'static Tally) -> Self {
        let service_ns = plan.service.as_nanos() as u64;
        Self { next: (0..senders).map(|_| 0).collect(), drops, service_ns, tally }
    }

    /// Looks whether it is the next.
    pub fn check(&mut self, item: Item) {
        let (sender, number) = (item.sender(), item.number());
        let Some(next) = self.next.get_mut(sender as usize) else {
            return self.tally.wrong(|| format!("a message of sender {sender}, who does not exist"));
        };
        if number < *next || (number > *next && !self.drops) {
            self.tally.out_of_order(sender, *next, number);
        }
        *next = number + 1;
    }

    /// Works for as long as a message takes; what is left when the load is over is only looked at.
    pub fn serve(&self) {
        if self.service_ns == 0 || self.tally.is_over() {
            return;
        }
        let clock = &self.tally.clock;
        let start = clock.ticks();
        while clock.ns_between(start, clock.ticks()) < self.service_ns {
            std::hint::spin_loop();
        }
    }
}

//! A hierarchical timing wheel (G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", 1987): eleven levels of
//! 64 slots, constant cost to insert, one tick at the lowest level.
//!
//! The levels see all that a tick can be, so that there is nothing beyond them: an entry lies at the highest six-bit digit in
//! which its tick differs from the wheel's time, always ahead of the hand. A slot behind the hand, of a round to come, would
//! hide those before it.

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;

/// Entries by the tick at which they are due.
#[derive(Debug)]
pub(crate) struct Wheel<T> {
    /// Everything due at this tick or before has been handed out.
    elapsed: u64,
    len: usize,
    occupied: [u64; LEVELS],
    slots: Vec<Vec<(u64, T)>>,
}

impl<T> Wheel<T> {
    /// An empty wheel whose time is `now`. Allocates nothing before the first insert.
    pub(crate) fn new(now: u64) -> Self {
        Self { elapsed: now, len: 0, occupied: [0; LEVELS], slots: Vec::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts `item` in, to be handed out at the first advance to `due` or later.
    pub(crate) fn insert(&mut self, due: u64, item: T) {
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS * LEVELS, Vec::new);
        }
        // What is due already goes out at the next advance.
        let at = due.max(self.elapsed.saturating_add(1));
        let (level, slot) = Self::place(self.elapsed, at);
        self.slots[level * SLOTS + slot].push((due, item));
        self.occupied[level] |= 1 << slot;
        self.len += 1;
    }

    /// The highest six-bit digit in which `at` differs from `elapsed` is its level; that digit is its slot.
    fn place(elapsed: u64, at: u64) -> (usize, usize) {
        let differing = (elapsed ^ at) | (SLOTS as u64 - 1);
        let level = ((u64::BITS - 1 - differing.leading_zeros()) / BITS) as usize;
        (level, (at >> (BITS * level as u32)) as usize & (SLOTS - 1))
    }

    /// The next occupied slot: the tick at which it opens, level and slot. All that lies at a level comes before what lies at
    /// a higher one.
    fn next_slot(&self) -> Option<(u64, usize, usize)> {
        let level = self.occupied.iter().position(|occupied| *occupied != 0)?;
        let slot = self.occupied[level].trailing_zeros() as usize;
        let shift = BITS * level as u32;
        // In two steps: above the highest level there is nothing left to shift.
        let round = self.elapsed >> shift >> BITS << BITS;
        Some(((round | slot as u64) << shift, level, slot))
    }

    /// The tick at which the first entry is due. Looks at all of its slot.
    pub(crate) fn first_due(&self) -> Option<u64> {
        let (_, level, slot) = self.next_slot()?;
        // What was due when it was put in comes with the next tick.
        self.slots[level * SLOTS + slot]
            .iter()
            .map(|(due, _)| (*due).max(self.elapsed.saturating_add(1)))
            .min()
    }

    /// The tick at which to look again, if there is anything.
    pub(crate) fn next_due(&self) -> Option<u64> {
        self.next_slot().map(|(opens, _, _)| opens)
    }

    /// Moves time to `now` and hands out what is due, at the latest one by tick order.
    pub(crate) fn advance(&mut self, now: u64, mut fire: impl FnMut(T)) {
        while let Some((opens, level, slot)) = self.next_slot() {
            if opens > now {
                break;
            }
            self.elapsed = opens;
            self.occupied[level] &= !(1 << slot);
            let entries = std::mem::take(&mut self.slots[level * SLOTS + slot]);
            self.len -= entries.len();
            for (due, item) in entries {
                if due <= self.elapsed {
                    fire(item);
                } else {
                    self.insert(due, item);
                }
            }
        }
        self.elapsed = self.elapsed.max(now);
    }

    /// Takes out what `keep` says no to.
    pub(crate) fn retain(&mut self, keep: impl Fn(&T) -> bool, out: &mut Vec<T>) {
        let mut len = 0;
        for (n, slot) in self.slots.iter_mut().enumerate() {
            out.extend(slot.extract_if(.., |(_, item)| !keep(item)).map(|(_, item)| item));
            len += slot.len();
            if slot.is_empty() {
                self.occupied[n / SLOTS] &= !(1 << (n % SLOTS));
            }
        }
        self.len = len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Seeded, printed, and read from `SEED`, so that a failure can be run again.
    fn seed() -> u64 {
        let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed);
        println!("SEED={seed}");
        seed
    }

    #[test]
    fn all_come_out_once_and_never_early() {
        let mut state = seed();
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..200 {
            let mut now = random() % 5_000;
            let mut wheel = Wheel::new(now);
            let mut due = Vec::new();
            let mut out = vec![0_u32; 300];
            for _ in 0..300 {
                if random() % 2 == 0 && due.len() < 300 {
                    let reach = 1 << (random() % 24);
                    let at = now + random() % reach;
                    wheel.insert(at, due.len());
                    due.push(at);
                }
                now += random() % (1 << (random() % 16));
                wheel.advance(now, |n| {
                    assert!(due[n] <= now, "early");
                    out[n] += 1;
                });
                for (n, at) in due.iter().enumerate() {
                    // What was due when it was put in comes with the next tick.
                    assert!(out[n] == 1 || *at + 1 >= now, "late: due {at}, now {now}");
                }
            }
            wheel.advance(now + (1 << 25), |n| out[n] += 1);
            assert!(out[..due.len()].iter().all(|n| *n == 1) && wheel.len() == 0);
        }
    }

    #[test]
    fn next_due_is_never_after_the_first() {
        let mut wheel = Wheel::new(10);
        assert_eq!(wheel.next_due(), None);
        wheel.insert(5_000, 'a');
        assert!(wheel.next_due().is_some_and(|at| at <= 5_000));
        wheel.insert(12, 'b');
        assert_eq!(wheel.next_due(), Some(12));
        let mut out = Vec::new();
        wheel.retain(|c| *c == 'a', &mut out);
        assert_eq!(out, ['b']);
        assert_eq!(wheel.len(), 1);
        let mut got = Vec::new();
        wheel.advance(5_000, |c| got.push(c));
        assert_eq!(got, ['a']);
    }

    /// Ticks of a millisecond in more than two years: all that a wheel of six levels can tell apart.
    const SIX_LEVELS: u64 = 1 << 36;

    #[test]
    fn what_is_far_away_hides_nobody() {
        let mut wheel = Wheel::new(1);
        wheel.insert(SIX_LEVELS * 3, 'c');
        wheel.insert(SIX_LEVELS + 5, 'b');
        wheel.insert(SIX_LEVELS / 2, 'a');
        assert_eq!(wheel.first_due(), Some(SIX_LEVELS / 2));
        assert!(wheel.next_due().is_some_and(|at| at <= SIX_LEVELS / 2));
        let mut got = Vec::new();
        wheel.advance(SIX_LEVELS / 2 - 1, |c| got.push(c));
        assert_eq!(got, []);
        wheel.advance(SIX_LEVELS / 2, |c| got.push(c));
        assert_eq!(got, ['a']);
        wheel.advance(SIX_LEVELS + 5, |c| got.push(c));
        assert_eq!(got, ['a', 'b']);
        wheel.advance(SIX_LEVELS * 3 - 1, |c| got.push(c));
        assert_eq!(got, ['a', 'b']);
        wheel.advance(SIX_LEVELS * 3, |c| got.push(c));
        assert_eq!(got, ['a', 'b', 'c']);
        assert_eq!((wheel.len(), wheel.next_due()), (0, None));
    }

    /// Over all that a tick can be, in jumps of every size: in order of their times, and none early.
    #[test]
    fn all_come_out_in_order_over_all_of_time() {
        let mut state = seed() | 1;
        let mut random = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        for _ in 0..200 {
            let mut now = random() >> (random() % 64);
            let mut wheel = Wheel::new(now);
            let mut left: Vec<u64> =
                (0..50).map(|_| now.saturating_add((random() >> (random() % 64)).max(1))).collect();
            left.iter().for_each(|due| wheel.insert(*due, *due));
            left.sort_unstable();
            while !left.is_empty() {
                assert_eq!(wheel.first_due(), Some(left[0]), "at {now}");
                now = now.saturating_add(random() >> (random() % 64));
                let mut got = Vec::new();
                wheel.advance(now, |due| got.push(due));
                let due = left.partition_point(|due| *due <= now);
                assert_eq!(got, left.drain(..due).collect::<Vec<_>>(), "at {now}");
            }
            assert_eq!((wheel.len(), wheel.next_due()), (0, None));
        }
    }

    /// A jump takes as many steps as there are entries and levels, however far it goes.
    #[test]
    fn a_jump_does_not_walk() {
        let mut wheel = Wheel::new(0);
        for due in [1, SIX_LEVELS, u64::MAX / 2, u64::MAX] {
            wheel.insert(due, due);
        }
        let mut got = Vec::new();
        wheel.advance(u64::MAX, |due| got.push(due));
        assert_eq!(got, [1, SIX_LEVELS, u64::MAX / 2, u64::MAX]);
    }
}

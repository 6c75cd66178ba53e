//! A hierarchical timing wheel (G. Varghese and A. Lauck, "Hashed and Hierarchical Timing Wheels", 1987): six levels of
//! 64 slots, constant cost to insert, one tick at the lowest level.

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 6;
/// The furthest that the wheel can see; what lies beyond is looked at again when that comes near.
const HORIZON: u64 = (1 << (BITS * LEVELS as u32)) - 1;

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
        let at = due.clamp(self.elapsed + 1, self.elapsed.saturating_add(HORIZON));
        let (level, slot) = Self::place(self.elapsed, at);
        self.slots[level * SLOTS + slot].push((due, item));
        self.occupied[level] |= 1 << slot;
        self.len += 1;
    }

    /// The highest six-bit digit in which `at` differs from `elapsed` is its level; that digit is its slot.
    fn place(elapsed: u64, at: u64) -> (usize, usize) {
        let differing = (elapsed ^ at) | (SLOTS as u64 - 1);
        let level = (((u64::BITS - 1 - differing.leading_zeros()) / BITS) as usize).min(LEVELS - 1);
        (level, (at >> (BITS * level as u32)) as usize & (SLOTS - 1))
    }

    /// The next occupied slot: the tick at which it opens, level and slot.
    fn next_slot(&self) -> Option<(u64, usize, usize)> {
        for level in 0..LEVELS {
            if self.occupied[level] == 0 {
                continue;
            }
            let shift = BITS * level as u32;
            let now = (self.elapsed >> shift) as usize & (SLOTS - 1);
            let ahead = self.occupied[level].rotate_right(now as u32).trailing_zeros() as usize;
            let slot = (now + ahead) & (SLOTS - 1);
            let round = 1_u64 << (shift + BITS);
            let opens = (self.elapsed & !(round - 1)) + ((slot as u64) << shift);
            // A slot behind the hand belongs to the next round.
            let opens = if opens <= self.elapsed { opens + round } else { opens };
            return Some((opens, level, slot));
        }
        None
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

    /// All that is in it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().flatten().map(|(_, item)| item)
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

    #[test]
    fn beyond_the_horizon_is_not_lost() {
        let mut wheel = Wheel::new(0);
        wheel.insert(HORIZON * 2, ());
        let mut fired = 0;
        wheel.advance(HORIZON * 2 - 1, |()| fired += 1);
        assert_eq!(fired, 0);
        wheel.advance(HORIZON * 2, |()| fired += 1);
        assert_eq!(fired, 1);
    }
}

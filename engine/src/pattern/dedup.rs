//! A window of keys: what has been seen lately.

use crate::actor::behavior::{Actor, Context};
use crate::error::OptionsError;
use crate::time::{Nanos, nanos};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

/// Whether a key is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "what has been seen shall not be done again"]
pub enum Sight {
    /// It is not in the window, and is now.
    New,
    /// It is in the window.
    Seen,
}

/// A window of the keys seen lately, by which a handler does once what it is asked for several times: by a
/// [`Retry`](crate::Retry), say. The window is bounded by count and by time, and so is what it promises: a key is [`Sight::Seen`]
/// until so many others have come after it, or so long after it was new, whichever is first. Being seen does not lengthen it.
///
/// It belongs to the actor's state. Two copies of each key and about 50 bytes; one look at a hash table and one reading of the
/// engine's clock (about 25 ns) each time.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Context, Dedup, Fault, Sight, System};
///
/// struct Account {
///     balance: i64,
///     paid: Dedup<u64>,
/// }
///
/// struct Pay {
///     key: u64,
///     amount: i64,
/// }
///
/// impl Actor for Account {
///     type Msg = Pay;
///     fn handle(&mut self, pay: Pay, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
///         if self.paid.look(cx, pay.key) == Sight::New {
///             self.balance += pay.amount;
///         }
///         Ok(())
///     }
///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
///         assert_eq!(self.balance, 12);
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let account = inline.spawn(Account { balance: 0, paid: Dedup::new(1_000, Duration::from_secs(60))? });
/// for (key, amount) in [(1, 5), (2, 7), (1, 5)] {
///     account.try_send(Pay { key, amount })?;
/// }
/// let _ = account.stop();
/// inline.run_until_idle();
/// assert_eq!((inline.system().ledger().handled, inline.system().ledger().faults), (3, 0));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Dedup<K> {
    most: usize,
    keep: Nanos,
    /// In the order in which they were new; a key that was forgotten is still here.
    line: VecDeque<(Nanos, u64, K)>,
    /// Each key's number in the line.
    numbers: HashMap<K, u64>,
    next: u64,
    at: Nanos,
}

impl<K: Hash + Eq + Clone> Dedup<K> {
    /// A window of `most` keys, each for the time of `keep`.
    ///
    /// # Errors
    /// [`OptionsError`] if `most` is zero.
    pub fn new(most: u32, keep: Duration) -> Result<Self, OptionsError> {
        if most == 0 {
            return Err(OptionsError::new("most", 0, 1, u32::MAX, "or nothing would ever be seen"));
        }
        Ok(Self {
            most: most as usize,
            keep: nanos(keep),
            line: VecDeque::new(),
            numbers: HashMap::new(),
            next: 0,
            at: 0,
        })
    }

    /// Looks at a key: puts it into the window if it is not there.
    pub fn look<A: Actor>(&mut self, cx: &Context<'_, A>, key: K) -> Sight {
        self.look_at(cx.now(), key)
    }

    /// Takes a key out of the window, as what it stood for was not done after all; says whether it was there.
    pub fn forget(&mut self, key: &K) -> bool {
        self.numbers.remove(key).is_some()
    }

    /// How many keys are in the window, those included whose time is over and that no look has cleared away yet.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether the window is empty.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    fn look_at(&mut self, now: Nanos, key: K) -> Sight {
        self.at = self.at.max(now);
        while self.line.front().is_some_and(|(since, ..)| self.at - since >= self.keep) {
            self.drop_oldest();
        }
        if self.numbers.contains_key(&key) {
            return Sight::Seen;
        }
        if self.line.len() == self.most {
            self.drop_oldest();
        }
        self.numbers.insert(key.clone(), self.next);
        self.line.push_back((self.at, self.next, key));
        self.next += 1;
        Sight::New
    }

    fn drop_oldest(&mut self) {
        let Some((_, number, key)) = self.line.pop_front() else { return };
        // It may have been forgotten, and come again.
        if self.numbers.get(&key) == Some(&number) {
            self.numbers.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(most: u32, keep: u64) -> Dedup<u32> {
        Dedup::new(most, Duration::from_nanos(keep)).expect("in range")
    }

    #[test]
    fn a_key_is_seen_for_its_time_and_no_longer() {
        let mut window = window(10, 100);
        assert_eq!(window.look_at(5, 1), Sight::New);
        assert_eq!(window.look_at(50, 1), Sight::Seen);
        // Being seen at 50 has not lengthened it.
        assert_eq!(window.look_at(104, 1), Sight::Seen);
        assert_eq!(window.look_at(105, 1), Sight::New);
        assert_eq!(window.len(), 1);
        // A clock that goes back makes nothing new.
        assert_eq!(window.look_at(0, 1), Sight::Seen);
    }

    #[test]
    fn a_key_is_seen_until_so_many_others_have_come() {
        let mut window = window(3, u64::MAX);
        for key in [1, 2, 3] {
            assert_eq!(window.look_at(0, key), Sight::New);
        }
        for key in [1, 2, 3] {
            assert_eq!(window.look_at(0, key), Sight::Seen);
        }
        assert_eq!(window.look_at(0, 4), Sight::New);
        assert_eq!((window.look_at(0, 2), window.look_at(0, 3)), (Sight::Seen, Sight::Seen));
        assert_eq!(window.look_at(0, 1), Sight::New, "the oldest made room");
        assert_eq!(window.len(), 3);
    }

    #[test]
    fn what_is_forgotten_is_new_and_its_old_place_takes_nothing_away() {
        let mut window = window(3, 100);
        assert_eq!(window.look_at(0, 1), Sight::New);
        assert!(window.forget(&1) && !window.forget(&1) && window.is_empty());
        assert_eq!(window.look_at(60, 1), Sight::New);
        // The first entry's time is over, and the second's is not.
        assert_eq!(window.look_at(110, 1), Sight::Seen);
        assert_eq!(window.look_at(160, 1), Sight::New);
        assert!(Dedup::<u32>::new(0, Duration::ZERO).is_err());
    }
}

//! The credit of one link on its way from the consumer, who grants, to the producer, who counts down.
//!
//! ```text
//! 31        HUNGRY: the producer has run out, and wants to be told
//! 30        CANCELLED: the consumer wants no more
//! 29 .. 0   granted, and not fetched yet
//! ```
//! One word, changed by RMW alone. The producer fetches all that was granted at once, and counts down what it fetched in a
//! plain integer of its own; where there is nothing to fetch it leaves HUNGRY in the same exchange, so that the next grant
//! tells it. A grant takes HUNGRY off in the exchange that adds: exactly one grant tells.
//!
//! What a producer is told is that it shall look, by one piece of news at a time ([`Look`]): more of it before that is heard says
//! nothing. It is heard before the producer looks; so whoever finds some under way has granted before that look, or the look
//! leaves HUNGRY for him. Once the producer has dropped its end it is told nothing more ([`Look::close`]): what was under way then
//! comes, and is the last.
//!
//! Granted and fetched never exceed the window: the consumer grants no more than it has consumed since, and the word
//! checks it.

use crate::sync::{AtomicU8, AtomicU32, Mutant, Ordering, mutant};

const HUNGRY: u32 = 1 << 31;
const CANCELLED: u32 = 1 << 30;
const COUNT: u32 = CANCELLED - 1;

/// The most credit that a link can have.
const WINDOW_MAX: u32 = COUNT;

/// What lies between the two ends of a link.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Grants(AtomicU32);

/// The news to a producer that it shall look.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Look(AtomicU8);

/// A piece of news has been sent, and not been heard.
const UNDER_WAY: u8 = 1;
/// Nobody is there to look.
const CLOSED: u8 = 2;

impl Look {
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(0))
    }

    /// The producer is to be told. True if it is there and nothing is under way: the caller sends it then.
    #[must_use]
    pub(crate) fn tell(&self) -> bool {
        // Acquire pairs with the Release in `heard`.
        self.0.fetch_or(UNDER_WAY, Ordering::AcqRel) == 0
    }

    /// The news has come, and the producer looks next.
    pub(crate) fn heard(&self) {
        if !mutant(Mutant::NeverHeard) {
            // Release pairs with the Acquire in `tell`.
            self.0.fetch_and(!UNDER_WAY, Ordering::Release);
        }
    }

    /// The producer's end is dropped.
    pub(crate) fn close(&self) {
        #[cfg(not(any(throng_loom, throng_shuttle)))]
        if mutant(Mutant::ToldOverEnd) {
            return;
        }
        // Relaxed: a grant beside it may tell once more; nothing else hangs on it.
        self.0.fetch_or(CLOSED, Ordering::Relaxed);
    }
}

/// What a producer that has run out finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fetched {
    /// This much, at least one; and whether there will be more.
    Some { credit: u32 },
    /// Nothing yet: it will be told.
    None,
    /// Nothing, and nothing will come.
    Cancelled,
}

/// Whether the producer is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Granted {
    /// It has run out, and waits.
    Tell,
    /// It will find it.
    Noted,
}

impl Grants {
    /// A link whose producer has nothing, and waits.
    pub(crate) fn hungry() -> Self {
        Self(AtomicU32::new(HUNGRY))
    }

    /// A link with this much granted.
    #[cfg(all(test, any(throng_loom, throng_shuttle)))]
    pub(crate) fn new(credit: u32) -> Self {
        debug_assert!(credit <= WINDOW_MAX);
        Self(AtomicU32::new(credit))
    }

    /// The producer has run out.
    pub(crate) fn fetch(&self) -> Fetched {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let credit = seen & COUNT;
            if seen & CANCELLED != 0 && credit == 0 {
                return Fetched::Cancelled;
            }
            let next = if credit == 0 { seen | HUNGRY } else { seen & !COUNT };
            if mutant(Mutant::HungerApart) && credit == 0 {
                // A second exchange that does not look again.
                self.0.fetch_or(HUNGRY, Ordering::AcqRel);
                return Fetched::None;
            }
            // Acquire pairs with the Release in `grant`: what the consumer did with the messages whose credit this is.
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if credit == 0 => return Fetched::None,
                Ok(_) => return Fetched::Some { credit },
                Err(other) => seen = other,
            }
        }
    }

    /// The consumer grants `n` more.
    pub(crate) fn grant(&self, n: u32) -> Granted {
        self.change(|seen| {
            debug_assert!((seen & COUNT) + n <= WINDOW_MAX, "more granted than there is");
            let n = if mutant(Mutant::CreditLost) { n.saturating_sub(1) } else { n };
            (seen + n) & !HUNGRY
        })
    }

    /// The consumer wants no more: once what is granted is used up, the producer is told so.
    pub(crate) fn cancel(&self) -> Granted {
        self.change(|seen| (seen | CANCELLED) & !HUNGRY)
    }

    fn change(&self, to: impl Fn(u32) -> u32) -> Granted {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            // Release pairs with the Acquire in `fetch`.
            match self.0.compare_exchange_weak(seen, to(seen), Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) if seen & HUNGRY != 0 => return Granted::Tell,
                Ok(_) => return Granted::Noted,
                Err(other) => seen = other,
            }
        }
    }

    /// Granted and not fetched, by a glance.
    pub(crate) fn waiting(&self) -> u32 {
        self.0.load(Ordering::Relaxed) & COUNT
    }
}

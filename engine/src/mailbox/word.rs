//! The packed word of a mailbox: what its bits mean and what follows from what.
//!
//! ```text
//!  63 .. 46   count: messages accepted whose credit has not come back, and reserved places     (18 bits on x86-64)
//!  45 ..  5   the newest envelope's address, shifted right by one (envelopes lie on 64-byte lines)
//!        4    ENDED: there is no tenant
//!        3    SIGNAL: something outranks the mailbox (stop now)
//!        2    CLOSED: no push succeeds any more
//!        1    WAITERS: somebody wants to be told when the count has sunk to the low mark
//!        0    SCHEDULED: exactly one owner exists: a run queue, a worker in a turn, or a waiters list
//! ```
//! The address stays a pointer throughout (`map_addr`), so provenance is kept.

use super::envelope::Envelope;

/// Bits of a user-space address. x86-64 gives 47 unless asked for more; others may use 48, which costs one count bit.
const ADDRESS_BITS: u32 = if cfg!(target_arch = "x86_64") { 47 } else { 48 };
const COUNT_SHIFT: u32 = ADDRESS_BITS - 1;
const ADDRESS_MASK: usize = ((1 << ADDRESS_BITS) - 1) & !(super::envelope::ALIGN - 1);

pub(crate) const SCHEDULED: usize = 1;
pub(crate) const WAITERS: usize = 2;
pub(crate) const CLOSED: usize = 4;
pub(crate) const SIGNAL: usize = 8;
pub(crate) const ENDED: usize = 16;
const FLAGS: usize = 0b1_1111;
const ONE: usize = 1 << COUNT_SHIFT;

/// The largest count that the word can hold.
pub(crate) const COUNT_MAX: u32 = (usize::MAX >> COUNT_SHIFT) as u32;

/// A value of the word, as read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(pub(crate) *mut Envelope);

impl Word {
    /// Idle and empty.
    pub(crate) const IDLE: Word = Word(std::ptr::null_mut());

    /// Nothing in it, with these flags.
    pub(crate) fn of_flags(flags: usize) -> Word {
        Word(std::ptr::without_provenance_mut(flags))
    }

    /// The last word of a tenant: nothing in it, and nothing ever will be.
    pub(crate) fn ended() -> Word {
        Word::of_flags(ENDED | CLOSED | SIGNAL | SCHEDULED)
    }

    #[inline(always)]
    pub(crate) fn head(self) -> *mut Envelope {
        self.0.map_addr(|a| (a << 1) & ADDRESS_MASK)
    }

    #[inline(always)]
    pub(crate) fn count(self) -> u32 {
        (self.0.addr() >> COUNT_SHIFT) as u32
    }

    /// Whether a word has room for this address.
    pub(crate) fn has_room_for(address: usize) -> bool {
        address >> ADDRESS_BITS == 0
    }

    #[inline(always)]
    pub(crate) fn has(self, flag: usize) -> bool {
        self.0.addr() & flag != 0
    }

    /// This word after a push of `envelope`: linked, counted, scheduled.
    #[inline(always)]
    pub(crate) fn pushed(self, envelope: *mut Envelope, counted: usize) -> Word {
        let rest = (self.0.addr() & !(ADDRESS_MASK >> 1)).wrapping_add(ONE * counted) | SCHEDULED;
        debug_assert_eq!(
            envelope.addr() & !ADDRESS_MASK,
            0,
            "envelope outside the address space of the word"
        );
        Word(envelope.map_addr(|a| (a >> 1) | rest))
    }

    /// This word with nothing linked.
    #[inline(always)]
    pub(crate) fn emptied(self) -> Word {
        Word(std::ptr::without_provenance_mut(self.0.addr() & !(ADDRESS_MASK >> 1)))
    }

    /// The count of this word and nothing else.
    #[inline(always)]
    pub(crate) fn only_count(self) -> Word {
        Word(std::ptr::without_provenance_mut(self.0.addr() >> COUNT_SHIFT << COUNT_SHIFT))
    }

    /// This word with `n` fewer counted.
    #[inline(always)]
    pub(crate) fn credited(self, n: u32) -> Word {
        debug_assert!(self.count() >= n, "more credit returned than was taken");
        Word(self.0.map_addr(|a| a.wrapping_sub(n as usize * ONE)))
    }

    /// This word with one more counted.
    #[inline(always)]
    pub(crate) fn reserved(self) -> Word {
        Word(self.0.map_addr(|a| a.wrapping_add(ONE)))
    }

    #[inline(always)]
    pub(crate) fn with(self, flags: usize) -> Word {
        Word(self.0.map_addr(|a| a | flags))
    }

    #[inline(always)]
    pub(crate) fn without(self, flags: usize) -> Word {
        Word(self.0.map_addr(|a| a & !flags))
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |flag, name| if self.has(flag) { name } else { "" };
        write!(
            f,
            "Word({} x {:?}{}{}{}{})",
            self.count(),
            self.head(),
            name(SCHEDULED, " scheduled"),
            name(WAITERS, " waiters"),
            name(CLOSED, " closed"),
            name(SIGNAL, " signal")
        )
    }
}

const _: () = assert!(std::mem::size_of::<usize>() == 8, "throng needs 64-bit addresses");
const _: () = assert!(FLAGS & (ADDRESS_MASK >> 1) == 0 && FLAGS < super::envelope::ALIGN);
const _: () = assert!((ADDRESS_MASK >> 1) < ONE);

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(address: usize) -> *mut Envelope {
        std::ptr::without_provenance_mut(address)
    }

    #[test]
    fn parts_do_not_touch_each_other() {
        for address in [0x40, 0x7fff_ffff_ffc0, 0x5555_5555_5540] {
            let mut word = Word::IDLE.with(WAITERS);
            word = word.pushed(pointer(address), 1);
            assert_eq!((word.head().addr(), word.count()), (address, 1));
            assert!(word.has(SCHEDULED) && word.has(WAITERS) && !word.has(CLOSED) && !word.has(SIGNAL));
            let emptied = word.with(CLOSED).emptied();
            assert!(emptied.head().is_null() && emptied.has(CLOSED) && emptied.count() == 1);
            assert_eq!(emptied.credited(1).count(), 0);
        }
    }

    #[test]
    fn the_count_reaches_its_limit_without_spilling() {
        let mut word = Word::IDLE.pushed(pointer(0x7fff_ffff_ffc0), 1);
        while word.count() < COUNT_MAX {
            word = word.reserved();
        }
        assert_eq!(word.head().addr(), 0x7fff_ffff_ffc0);
        assert_eq!(word.credited(COUNT_MAX).count(), 0);
        assert!(word.has(SCHEDULED) && !word.has(WAITERS | CLOSED | SIGNAL));
    }
}

//! Envelopes: per thread and size class two magazines, full ones in a depot that all threads share.
//!
//! Two magazines, so that a thread that hovers around full or empty does not go to the depot each time (J. Bonwick and
//! J. Adams, "Magazines and Vmem", 2001). An envelope is freed to the freeing thread; what flows one way comes back as
//! whole magazines. Blocks are never given back to the system; under `--cfg throng_sanitize` they come one by one from
//! the global allocator, so that a sanitizer sees each.

use crate::mailbox::envelope::{ALIGN, Envelope};
use crate::mailbox::word::Word;
use crossbeam_deque::{Injector, Steal};
use std::alloc::{Layout, alloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::LazyLock;

/// Blocks in a magazine.
const ROUNDS: usize = 256;
/// Block sizes: 64, 128, 256, 512 and 1,024 bytes.
pub(crate) const CLASSES: usize = 5;

/// A size class of envelopes: 64 bytes times 2 to the power of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EnvelopeClass(u8);

impl EnvelopeClass {
    /// The class of blocks of at least `bytes`, if there is one.
    pub(crate) const fn fitting(bytes: usize) -> Option<EnvelopeClass> {
        let mut class = 0;
        while class < CLASSES {
            if bytes <= ALIGN << class {
                return Some(EnvelopeClass(class as u8));
            }
            class += 1;
        }
        None
    }

    pub(crate) const fn bytes(self) -> usize {
        ALIGN << self.0
    }

    const fn layout(self, blocks: usize) -> Layout {
        match Layout::from_size_align(self.bytes() * blocks, ALIGN) {
            Ok(layout) => layout,
            Err(_) => panic!("sizes are small powers of two"),
        }
    }
}

#[derive(Debug)]
struct Magazine(Vec<NonNull<Envelope>>);

// SAFETY: the blocks in a magazine belong to whoever holds it.
unsafe impl Send for Magazine {}

static DEPOT: LazyLock<[Injector<Magazine>; CLASSES]> =
    LazyLock::new(|| std::array::from_fn(|_| Injector::new()));

#[derive(Debug)]
struct Pair {
    hand: Vec<NonNull<Envelope>>,
    spare: Vec<NonNull<Envelope>>,
}

/// One thread's stock.
#[derive(Debug)]
pub(crate) struct Pool {
    pairs: [Pair; CLASSES],
}

impl Pool {
    /// An empty stock; nothing is allocated before the first envelope.
    pub(crate) const fn new() -> Self {
        Self { pairs: [const { Pair { hand: Vec::new(), spare: Vec::new() } }; CLASSES] }
    }

    /// A block; what it holds is not initialised.
    #[inline(always)]
    pub(crate) fn take(&mut self, class: EnvelopeClass) -> NonNull<Envelope> {
        match self.pairs[class.0 as usize].hand.pop() {
            Some(block) => block,
            None => self.take_slowly(class),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_slowly(&mut self, class: EnvelopeClass) -> NonNull<Envelope> {
        if cfg!(throng_sanitize) {
            return carve(class, 1, |_| {});
        }
        let pair = &mut self.pairs[class.0 as usize];
        std::mem::swap(&mut pair.hand, &mut pair.spare);
        if pair.hand.is_empty() {
            match from_depot(class) {
                Some(full) => pair.hand = full,
                None => {
                    pair.hand.reserve_exact(ROUNDS);
                    return carve(class, ROUNDS, |block| pair.hand.push(block));
                }
            }
        }
        pair.hand.pop().expect("a magazine from the depot is full")
    }

    /// Takes a block back.
    ///
    /// # Safety
    /// The block came from a pool, with this class, and nobody else can reach it.
    #[inline(always)]
    pub(crate) unsafe fn give(&mut self, class: EnvelopeClass, block: NonNull<Envelope>) {
        let hand = &mut self.pairs[class.0 as usize].hand;
        if hand.len() < hand.capacity() && !cfg!(throng_sanitize) {
            hand.push(block);
        } else {
            // SAFETY: the same promise.
            unsafe { self.give_slowly(class, block) };
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn give_slowly(&mut self, class: EnvelopeClass, block: NonNull<Envelope>) {
        if cfg!(throng_sanitize) {
            // SAFETY: under this cfg every block was allocated alone, with this layout.
            unsafe { std::alloc::dealloc(block.as_ptr().cast(), class.layout(1)) };
            return;
        }
        let pair = &mut self.pairs[class.0 as usize];
        std::mem::swap(&mut pair.hand, &mut pair.spare);
        if pair.hand.capacity() < ROUNDS {
            pair.hand.reserve_exact(ROUNDS);
        } else if pair.hand.len() >= ROUNDS {
            let full = std::mem::replace(&mut pair.hand, Vec::with_capacity(ROUNDS));
            DEPOT[class.0 as usize].push(Magazine(full));
        }
        pair.hand.push(block);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        for (class, pair) in self.pairs.iter_mut().enumerate() {
            for magazine in [&mut pair.hand, &mut pair.spare] {
                if !magazine.is_empty() {
                    DEPOT[class].push(Magazine(std::mem::take(magazine)));
                }
            }
        }
    }
}

fn from_depot(class: EnvelopeClass) -> Option<Vec<NonNull<Envelope>>> {
    loop {
        match DEPOT[class.0 as usize].steal() {
            Steal::Success(magazine) => return Some(magazine.0),
            Steal::Empty => return None,
            Steal::Retry => {}
        }
    }
}

/// Allocates `blocks` in one piece, gives the first and hands on the rest, lowest address last.
fn carve(class: EnvelopeClass, blocks: usize, mut rest: impl FnMut(NonNull<Envelope>)) -> NonNull<Envelope> {
    let layout = class.layout(blocks);
    // SAFETY: the layout is not empty.
    let Some(first) = NonNull::new(unsafe { alloc(layout) }) else { handle_alloc_error(layout) };
    // A mailbox's word has no room for more; asked here, where few come by.
    assert!(
        Word::has_room_for(first.addr().get() + layout.size() - 1),
        "got memory at {first:p}: a mailbox takes addresses of its platform's user space without tags; use another allocator"
    );
    for n in (1..blocks).rev() {
        // SAFETY: inside the allocation.
        rest(unsafe { first.add(n * class.bytes()) }.cast());
    }
    first.cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_fit() {
        assert_eq!(EnvelopeClass::fitting(1).map(EnvelopeClass::bytes), Some(64));
        assert_eq!(EnvelopeClass::fitting(65).map(EnvelopeClass::bytes), Some(128));
        assert_eq!(EnvelopeClass::fitting(1024).map(EnvelopeClass::bytes), Some(1024));
        assert_eq!(EnvelopeClass::fitting(1025), None);
    }

    #[test]
    fn memory_outside_of_user_space_is_refused() {
        let bits = if cfg!(target_arch = "x86_64") { 47 } else { 48 };
        assert!(Word::has_room_for((1 << bits) - 1));
        assert!(!Word::has_room_for(1 << bits));
        // A tag, as some allocators put there.
        assert!(!Word::has_room_for(1 << 56));
    }

    #[test]
    fn blocks_are_distinct_and_come_back() {
        let class = EnvelopeClass::fitting(64).expect("a class");
        let mut pool = Pool::new();
        let mut taken: Vec<_> = (0..3 * ROUNDS).map(|_| pool.take(class)).collect();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 3 * ROUNDS);
        assert!(taken.iter().all(|block| block.as_ptr().addr() % ALIGN == 0));
        for block in &taken {
            // SAFETY: taken above, with this class, and given once.
            unsafe { pool.give(class, *block) };
        }
        let again = pool.take(class);
        assert!(cfg!(throng_sanitize) || taken.contains(&again));
        // SAFETY: taken above.
        unsafe { pool.give(class, again) };
    }
}

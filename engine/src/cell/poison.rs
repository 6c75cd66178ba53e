//! What a sanitizer is told of slots: nobody may touch the state of one that has no tenant, whose header everybody may look
//! at. Cells are never given back to the allocator, so that it would not know. Without `--cfg throng_sanitize` nothing is told.

#[cfg(throng_sanitize)]
use super::header::Header;
use super::header::{CellClass, CellPtr};

/// Where the state begins at the earliest, and how long it is at most.
#[cfg(throng_sanitize)]
fn state(slot: CellPtr, class: CellClass) -> (*mut u8, usize) {
    let head = size_of::<Header>();
    (slot.as_ptr().cast::<u8>().wrapping_add(head), class.bytes() - head)
}

#[cfg(throng_sanitize = "address")]
unsafe extern "C" {
    fn __asan_poison_memory_region(at: *const u8, bytes: usize);
    fn __asan_unpoison_memory_region(at: *const u8, bytes: usize);
}

/// From here on touching the state is a fault.
///
/// # Safety
/// The caller owned the tenant, which has ended and whose state is dropped.
#[inline(always)]
pub(crate) unsafe fn poison(slot: CellPtr, class: CellClass) {
    #[cfg(throng_sanitize)]
    {
        let (at, bytes) = state(slot, class);
        // A write: whoever still reads races with it, and reads what no state looks like.
        // SAFETY: inside the slot, whose state belongs to the caller and is nothing any more.
        unsafe { at.write_bytes(0xdb, bytes) };
        #[cfg(throng_sanitize = "address")]
        // SAFETY: whole words of memory that stays mapped.
        unsafe {
            __asan_poison_memory_region(at, bytes);
        };
    }
    let _ = (slot, class);
}

/// The slot is to have a tenant again.
///
/// # Safety
/// The caller has the slot alone.
#[inline(always)]
pub(crate) unsafe fn unpoison(slot: CellPtr, class: CellClass) {
    #[cfg(throng_sanitize = "address")]
    {
        let (at, bytes) = state(slot, class);
        // SAFETY: whole words of memory that stays mapped.
        unsafe { __asan_unpoison_memory_region(at, bytes) };
    }
    let _ = (slot, class);
}

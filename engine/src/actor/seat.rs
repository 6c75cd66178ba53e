//! Where an actor's state lies: in its cell, or, if it is large or oddly aligned, in a box that the cell holds.

use crate::cell::header::{CellClass, CellPtr, Header};
use std::ptr::NonNull;

const fn inline<A>() -> Option<CellClass> {
    CellClass::fitting(std::mem::size_of::<A>(), std::mem::align_of::<A>())
}

/// The size class of cells of this type.
pub(super) const fn class<A>() -> CellClass {
    match inline::<A>() {
        Some(class) => class,
        // A box is 8 bytes.
        None => CellClass(0),
    }
}

/// # Safety
/// Inside a cell of the class for `A`.
unsafe fn place<A>(cell: CellPtr) -> NonNull<u8> {
    let align = if inline::<A>().is_some() { std::mem::align_of::<A>() } else { 8 };
    // SAFETY: by the caller's promise.
    unsafe { cell.cast::<u8>().add(Header::state_offset(align)) }
}

/// Seats an actor in a cell that has none.
///
/// # Safety
/// The caller has the cell, of the class for `A`, alone.
#[inline(always)]
pub(super) unsafe fn write<A>(cell: CellPtr, actor: A) {
    // SAFETY: by the caller's promise there is room.
    unsafe {
        if inline::<A>().is_some() {
            place::<A>(cell).cast::<A>().write(actor);
        } else {
            place::<A>(cell).cast::<Box<A>>().write(Box::new(actor));
        }
    }
}

/// The state.
///
/// # Safety
/// The cell has a tenant of type `A`, whose owner the caller is.
#[inline(always)]
pub(super) unsafe fn state<A>(cell: CellPtr) -> NonNull<A> {
    // SAFETY: by the caller's promise.
    unsafe {
        if inline::<A>().is_some() {
            place::<A>(cell).cast()
        } else {
            NonNull::from(&mut **place::<A>(cell).cast::<Box<A>>().as_ptr())
        }
    }
}

/// What drops the state, if there is anything to drop.
pub(super) const fn drop_of<A>() -> Option<unsafe fn(CellPtr)> {
    if std::mem::needs_drop::<A>() || inline::<A>().is_none() { Some(drop_state::<A>) } else { None }
}

/// Drops the state.
///
/// # Safety
/// As for [`state`], and nothing uses it again.
unsafe fn drop_state<A>(cell: CellPtr) {
    // SAFETY: by the caller's promise.
    unsafe {
        if inline::<A>().is_some() {
            place::<A>(cell).cast::<A>().drop_in_place();
        } else {
            place::<A>(cell).cast::<Box<A>>().drop_in_place();
        }
    }
}

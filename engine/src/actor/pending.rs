//! What a recorded envelope holds until something is known: the closure that makes a message of it, and a place for it.

use super::parcel::{Record, Take};
use crate::cell::pool::Pool;
use std::marker::PhantomData;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr::NonNull;

/// The contents of a record whose owner waits for a `V`, of which `F` makes an `M`.
pub(super) struct Pending<M, V, F> {
    then: ManuallyDrop<F>,
    value: MaybeUninit<V>,
    message: PhantomData<fn() -> M>,
}

impl<M, V, F> Pending<M, V, F> {
    pub(super) fn new(then: F) -> Self {
        Self { then: ManuallyDrop::new(then), value: MaybeUninit::uninit(), message: PhantomData }
    }
}

/// A fresh record that waits for a `V`, for this state of its actor.
pub(super) fn record<M, V, F: FnOnce(V) -> M>(pool: &mut Pool, epoch: u16, then: F) -> NonNull<Record> {
    let class = const {
        match Record::class_for::<Pending<M, V, F>>() {
            Some(class) => class,
            None => panic!("a closure and its value are over 900 bytes: box what is large"),
        }
    };
    let record = Record::take_block(pool, class, Record::of_its_own(class, epoch, take::<M, V, F>));
    // SAFETY: the block has room for the contents, as its class was chosen for them.
    unsafe { Record::contents(record).write(Pending::<M, V, F>::new(then)) };
    record
}

/// A fresh record that waits for nothing any more.
pub(super) fn completed<M, V, F: FnOnce(V) -> M>(
    pool: &mut Pool,
    epoch: u16,
    value: V,
    then: F,
) -> NonNull<Record> {
    let record = record::<M, V, F>(pool, epoch, then);
    // SAFETY: just made.
    unsafe { complete::<M, V, F>(record, value) };
    record
}

/// Stores the value.
///
/// # Safety
/// The record is of these types, its contents are the caller's, and no value is stored yet.
pub(super) unsafe fn complete<M, V, F>(record: NonNull<Record>, value: V) {
    // SAFETY: by the caller's promise.
    unsafe { (*Record::contents::<Pending<M, V, F>>(record).as_ptr()).value.write(value) };
}

/// Gives closure and value.
///
/// # Safety
/// The record is of these types, a value is stored, and its contents are the caller's, gone afterwards.
pub(super) unsafe fn part<M, V, F>(record: NonNull<Record>) -> (F, V) {
    let contents = Record::contents::<Pending<M, V, F>>(record).as_ptr();
    // SAFETY: by the caller's promise; each is moved out once.
    unsafe { (ManuallyDrop::take(&mut (*contents).then), (*contents).value.assume_init_read()) }
}

/// Gives the closure, as no value will come.
///
/// # Safety
/// As for [`part`], but that no value is stored.
pub(super) unsafe fn give_up<M, V, F>(record: NonNull<Record>) -> F {
    // SAFETY: by the caller's promise.
    unsafe { ManuallyDrop::take(&mut (*Record::contents::<Pending<M, V, F>>(record).as_ptr()).then) }
}

/// Makes the message, or drops everything.
///
/// # Safety
/// As for [`part`]; also if the closure panics. A place is for an `M`.
pub(super) unsafe fn take<M, V, F: FnOnce(V) -> M>(record: NonNull<Record>, what: Take) {
    // SAFETY: by the caller's promise.
    let (then, value) = unsafe { part::<M, V, F>(record) };
    if let Take::Into(place) = what {
        let message = then(value);
        // SAFETY: by the caller's promise.
        unsafe { place.cast::<M>().write(message) };
    }
}

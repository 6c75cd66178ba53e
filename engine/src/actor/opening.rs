//! Envelopes that are more than a message: what is in them is taken out, and their block freed.

use super::ask;
use super::behavior::{Actor, Context};
use super::ending::{self, FreeAfter};
use super::ext::Ext;
use super::link::Item;
use super::parcel::{Barrier, Packing, Record, Take};
use super::stock;
use super::tracked::Tracked;
use crate::mailbox::envelope::{
    BARRIER, EXPIRY, Envelope, FINISH, FLUSH, ITEM, NOTICE, OBITUARY, OPEN, TRACKED,
};
use crate::mailbox::tenant::Place;
use crate::panics::contained;
use crate::scheduler::drops::DeadCause;
use crate::scheduler::worker::Worker;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

/// Frees the block of an envelope that is more than a message. Apart, as the turn would choose among the tags by a table.
///
/// # Safety
/// As for [`Tenant::free`](crate::mailbox::tenant::Tenant::free).
#[inline(never)]
pub(super) unsafe fn free_tagged<A: Actor>(worker: &mut Worker, envelope: NonNull<Envelope>) {
    let pool = &mut worker.pool;
    // SAFETY: by the caller's promise; the tag was not changed since it was sent.
    unsafe {
        match Envelope::tag(envelope) {
            ITEM => Packing::<Item<A::Msg>>::free(pool, envelope),
            OBITUARY => Packing::<A::Msg>::free(pool, envelope),
            TRACKED => Packing::<Tracked<A::Msg>>::free(pool, envelope),
            _ => stock::free_tagged_to(pool, envelope),
        }
    }
}

/// Takes the message out of an envelope that is more than that; none if it holds nothing for a handler. Its contents are
/// gone then, and the block of one that was taken off is free, also if the actor's user code panics here.
///
/// # Safety
/// The envelope came out of the mailbox of the turn's actor.
#[cold]
#[inline(never)]
pub(super) unsafe fn open_tagged<A: Actor>(
    cx: &mut Context<'_, A>,
    envelope: NonNull<Envelope>,
    place: Place,
) -> Option<A::Msg> {
    // SAFETY: the envelope is ours, and is what its tag says.
    unsafe {
        if Envelope::tag(envelope) == ITEM {
            let item = Packing::<Item<A::Msg>>::open(envelope);
            if place == Place::Taken {
                Packing::<Item<A::Msg>>::free(&mut cx.worker().pool, envelope);
            }
            cx.worker().counters().handled.add(1);
            let (message, due) = item.consume();
            if let Some(due) = due {
                cx.grant_once_settled(due);
            }
            return Some(message);
        }
        if Envelope::tag(envelope) == OBITUARY {
            let message = Packing::<A::Msg>::open(envelope);
            if place == Place::Taken {
                Packing::<A::Msg>::free(&mut cx.worker().pool, envelope);
            }
            cx.worker().counters().handled.add(1);
            return Some(message);
        }
        if Envelope::tag(envelope) == TRACKED {
            let tracked = Packing::<Tracked<A::Msg>>::open(envelope);
            if place == Place::Taken {
                Packing::<Tracked<A::Msg>>::free(&mut cx.worker().pool, envelope);
            }
            return Some(cx.track(tracked));
        }
    }
    let _freed = (place == Place::Taken).then(|| FreeAfter(envelope));
    // SAFETY: the envelope is ours, and is what its tag says.
    unsafe {
        match Envelope::tag(envelope) {
            EXPIRY => {
                cx.worker().counters().news_done.add(1);
                cx.expire_asks();
                None
            }
            FLUSH => {
                cx.worker().counters().news_done.add(1);
                cx.flush();
                None
            }
            OPEN => {
                cx.worker().counters().news_done.add(1);
                cx.open_link(envelope);
                None
            }
            FINISH => {
                cx.worker().counters().news_done.add(1);
                cx.finish_link(envelope);
                None
            }
            BARRIER => {
                cx.worker().counters().handled.add(1);
                let Barrier(tell) = Packing::<Barrier>::open(envelope);
                tell();
                None
            }
            tag => {
                if tag == NOTICE {
                    cx.admit_next_notice();
                }
                let record = Record::of(envelope);
                let ext = Ext::of(cx.cell.as_ref());
                ask::unlist(ext, record);
                let take = (*record.as_ptr()).take;
                if ext.is_some_and(|ext| ext.epoch.is_past((*record.as_ptr()).epoch)) {
                    // It was for a state that is gone.
                    cx.worker().counters().dead_restarted.add(1);
                    contained(|| take(record, Take::Drop));
                    let header = &*cx.cell.as_ptr();
                    ending::tell_dead(header, header.kind(), tag, DeadCause::Restarted);
                    return None;
                }
                cx.worker().counters().handled.add(1);
                let mut message = MaybeUninit::<A::Msg>::uninit();
                take(record, Take::Into(NonNull::from(&mut message).cast()));
                Some(message.assume_init())
            }
        }
    }
}

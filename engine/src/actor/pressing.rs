//! Telling of pressure: who tells what is the mailbox floor's ([`protocol`]), whom to tell is the actor's upstream.

use super::ext::Ext;
use super::post::{ActorId, Raw, at_tenant};
use crate::mailbox::pressure::{self as protocol, Level, Step};
use crate::panics::contained;
use crate::sync::Arc;
use std::cell::RefCell;
use std::collections::VecDeque;

/// The news that the pressure of a mailbox has turned; see [`Overflow::Signal`](crate::Overflow::Signal).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pressed {
    /// Whose mailbox.
    pub actor: ActorId,
    /// Which way.
    pub level: Level,
}

std::thread_local! {
    /// Steps to be taken once what this thread is telling has been told; none while it tells nothing.
    static LATER: RefCell<Option<VecDeque<(Raw, Step)>>> = const { RefCell::new(None) };
}

/// Takes this step of the actor's pressure, if it has an upstream, and tells what is to be told. Runs user code. Within
/// itself it is put off: an upstream may have one in turn, and a chain of them be longer than a stack is deep.
#[cold]
pub(super) fn turn(of: Raw, first: Step) {
    let put_off = LATER.try_with(|later| match &mut *later.borrow_mut() {
        Some(steps) => {
            steps.push_back((of, first));
            true
        }
        nothing => {
            *nothing = Some(VecDeque::new());
            false
        }
    });
    match put_off {
        Ok(true) => return,
        Ok(false) => {}
        // The thread is ending.
        Err(_) => return turn_one(of, first),
    }
    let mut next = Some((of, first));
    while let Some((of, step)) = next {
        turn_one(of, step);
        next = LATER.with_borrow_mut(|later| {
            let next = later.as_mut().and_then(VecDeque::pop_front);
            if next.is_none() {
                *later = None;
            }
            next
        });
    }
}

fn turn_one(of: Raw, first: Step) {
    let tell = at_tenant(of, |header, _| Some(Arc::clone(&Ext::of(header)?.pressing.get()?.tell)));
    let Some(tell) = tell.flatten() else { return };
    let take = |step| {
        let taken = at_tenant(of, |header, kind| {
            let pressing = Ext::of(header)?.pressing.get()?;
            Some(pressing.pressure.step(step, &header.mailbox, kind.limits.low, kind.limits.high))
        });
        taken.flatten() == Some(true)
    };
    protocol::turn_over(first, take, |level| {
        contained(|| tell(level));
    });
}

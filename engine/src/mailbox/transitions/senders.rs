//! What anybody may do: push, reserve, close, signal, ask to be told; and the beginning and the end.

use super::state::{State, each};
use crate::mailbox::queue::{Close, Flagged, Pushed, Signalled, Waiters};
use crate::mailbox::word::COUNT_MAX;

#[test]
fn pushing() {
    for limit in [1, 2, 3, 4, COUNT_MAX] {
        each(
            |_| true,
            // SAFETY: the third envelope is in no mailbox.
            |mailbox, rooms| unsafe { mailbox.push(rooms.at(2), 5, limit) },
            |state| match state {
                State { closed: true, .. } => (state.clone(), Pushed::Closed),
                State { count, .. } if *count >= limit => (state.clone(), Pushed::Full),
                _ => state.entered(1),
            },
        );
        each(
            |_| true,
            |mailbox, _| mailbox.reserve(limit),
            |state| match state {
                State { closed: true, .. } => (state.clone(), Pushed::Closed),
                State { count, .. } if *count >= limit => (state.clone(), Pushed::Full),
                _ => {
                    let count = state.count + 1;
                    (State { count, ..state.clone() }, Pushed::Queued { count })
                }
            },
        );
    }
    each(
        // A place that was reserved is counted.
        |state| state.closed || state.count as usize > state.linked.len(),
        // SAFETY: as above.
        |mailbox, rooms| unsafe { mailbox.push_reserved(rooms.at(2), 5) },
        |state| if state.closed { (state.clone(), Pushed::Closed) } else { state.entered(0) },
    );
    each(
        |state| state.scheduled && !state.ended,
        // SAFETY: as above.
        |mailbox, rooms| unsafe { mailbox.append(rooms.at(2), 5) },
        |state| if state.count == COUNT_MAX { (state.clone(), false) } else { (state.pushed(1), true) },
    );
}

#[test]
fn counting() {
    let more = |state: &State| State { count: state.count + 1, ..state.clone() };
    each(|state| state.count < COUNT_MAX, |mailbox, _| mailbox.count_in(), |state| (more(state), ()));
    each(
        |_| true,
        |mailbox, _| mailbox.try_count_in(),
        |state| {
            if state.ended || state.count == COUNT_MAX { (state.clone(), false) } else { (more(state), true) }
        },
    );
    for low in [0, 1, 2, 3] {
        each(
            |state| state.count > 0 || state.closed,
            |mailbox, _| mailbox.unreserve(|| low),
            |state| match state {
                State { closed: true, .. } => (state.clone(), Waiters::None),
                State { count, waiters, .. } => {
                    let wake = *waiters && count - 1 <= low;
                    let after = State { count: count - 1, waiters: *waiters && !wake, ..state.clone() };
                    (after, if wake { Waiters::Wake } else { Waiters::None })
                }
            },
        );
        each(
            |_| true,
            |mailbox, _| mailbox.flag_waiters(|| low),
            |state| match state {
                State { closed: true, .. } => (state.clone(), Flagged::No),
                State { count, .. } if *count <= low => (state.clone(), Flagged::No),
                _ => (State { waiters: true, ..state.clone() }, Flagged::Yes),
            },
        );
    }
}

/// The mark rises between the look at it and the exchange: what was flagged under the old one is looked at again.
#[test]
fn a_mark_that_rises_meanwhile() {
    let asked = std::cell::Cell::new(0);
    let rising = || {
        asked.set(asked.get() + 1);
        if asked.get() == 1 { 0 } else { 3 }
    };
    each(
        |state| !state.closed && (2..=4).contains(&state.count),
        |mailbox, _| {
            asked.set(0);
            mailbox.unreserve(rising)
        },
        |state| {
            let after = State { count: state.count - 1, waiters: false, ..state.clone() };
            (after, if state.waiters { Waiters::Wake } else { Waiters::None })
        },
    );
    each(
        |state| !state.closed && (1..=4).contains(&state.count),
        |mailbox, _| {
            asked.set(0);
            mailbox.flag_waiters(rising)
        },
        |state| {
            // Flagged under the old mark; at the new one there is nothing to wait for.
            (
                State { waiters: true, ..state.clone() },
                if state.count > 3 { Flagged::Yes } else { Flagged::No },
            )
        },
    );
}

#[test]
fn closing_and_signalling() {
    for now in [false, true] {
        each(
            |_| true,
            |mailbox, _| mailbox.close(now),
            |state| {
                if state.closed && (state.signal || !now) {
                    return (state.clone(), Close::Already);
                }
                let after =
                    State { closed: true, signal: state.signal || now, scheduled: true, ..state.clone() };
                (after, if state.scheduled { Close::Seen } else { Close::First })
            },
        );
    }
    for signal in [false, true] {
        each(
            |_| true,
            |mailbox, _| if signal { mailbox.signal() } else { mailbox.rouse() },
            |state| match state {
                State { ended: true, .. } => (state.clone(), Signalled::Ended),
                State { scheduled, .. } => {
                    let after = State { scheduled: true, signal: state.signal || signal, ..state.clone() };
                    (after, if *scheduled { Signalled::Seen } else { Signalled::First })
                }
            },
        );
    }
    each(|_| true, |mailbox, _| mailbox.unsignal(), |state| (State { signal: false, ..state.clone() }, ()));
    each(
        |_| true,
        |mailbox, _| (mailbox.is_scheduled(), mailbox.has_ended(), mailbox.lives()),
        |state| (state.clone(), (state.scheduled, state.ended, !state.ended)),
    );
}

#[test]
fn ending_and_beginning_again() {
    let over = State {
        scheduled: true,
        waiters: false,
        closed: true,
        signal: true,
        ended: true,
        count: 0,
        linked: vec![],
    };
    each(
        |state| state.scheduled && !state.ended,
        // SAFETY: all is of this thread alone.
        |mailbox, rooms| unsafe { rooms.from(mailbox.end().first) },
        // In the order in which they were sent, with their tags.
        |state| (over.clone(), state.linked.iter().map(|n| (*n, n + 1)).collect()),
    );
    for scheduled in [false, true] {
        let fresh =
            State { scheduled, waiters: false, closed: false, signal: false, ended: false, ..over.clone() };
        each(
            |state| state.ended,
            // SAFETY: as above.
            |mailbox, _| unsafe {
                mailbox.renew(scheduled);
                let first = (mailbox.is_fresh(), mailbox.take_fresh());
                (first, mailbox.is_fresh(), mailbox.take_fresh())
            },
            |_| (fresh.clone(), ((true, true), false, false)),
        );
    }
}

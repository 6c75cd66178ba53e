//! What the owner does: looks for the next message, gives credit back, goes idle.

use super::state::{Rooms, State, each};
use crate::mailbox::drain::{Drain, Ended, Next};
use crate::mailbox::envelope::{Chain, Envelope};
use crate::mailbox::queue::{Flagged, Pushed, Waiters};
use crate::mailbox::word::COUNT_MAX;

/// The owner's looks: what they give, in place or not, and what they leave.
#[test]
fn looking_for_the_next() {
    #[derive(Debug, PartialEq)]
    enum Found {
        Message(usize),
        InPlace(usize),
        Empty,
        Drained,
        Signal,
    }
    for overlooks in [false, true] {
        each(
            |state| state.scheduled && !state.ended,
            // SAFETY: all is of this thread alone, which is the owner.
            |mailbox, rooms| unsafe {
                let mut drain = Drain::new();
                assert!(mailbox.fifo.with(|fifo| (*fifo).is_null()));
                if overlooks {
                    drain.overlook_signal();
                }
                let found = match drain.next(mailbox) {
                    Next::Message { envelope, tagged: true } => Found::Message(rooms.number(envelope)),
                    Next::InPlace { envelope, tagged: true } => Found::InPlace(rooms.number(envelope)),
                    Next::Message { .. } | Next::InPlace { .. } => panic!("each of them has a tag"),
                    Next::Empty => Found::Empty,
                    Next::Drained => Found::Drained,
                    Next::Signal => Found::Signal,
                };
                let kept = mailbox.fifo.with(|fifo| *fifo);
                (found, rooms.from(kept), drain.in_place().map(|envelope| rooms.number(envelope)))
            },
            |state| {
                let State { closed, waiters, signal, linked, .. } = state;
                if *signal && !overlooks {
                    return (state.clone(), (Found::Signal, vec![], None));
                }
                match linked.len() {
                    0 => (state.clone(), (if *closed { Found::Drained } else { Found::Empty }, vec![], None)),
                    1 if !closed && !waiters && !signal => {
                        (state.clone(), (Found::InPlace(0), vec![], Some(0)))
                    }
                    n => {
                        let kept = (1..n).map(|n| (n, n + 1)).collect();
                        (State { linked: vec![], ..state.clone() }, (Found::Message(0), kept, None))
                    }
                }
            },
        );
    }
}

/// Credit of those that were handled goes back; at the low mark whoever waits is to be woken.
#[test]
fn settling_and_going_idle() {
    for (low, handled) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (0, 2), (1, 2)] {
        let owned = move |state: &State| {
            state.scheduled && !state.ended && state.count as usize >= state.linked.len() + handled as usize
        };
        let settled = |state: &State| {
            let count = state.count - handled;
            let wake = state.waiters && count <= low;
            let after = State { count, waiters: state.waiters && !wake, ..state.clone() };
            (after, if wake { Waiters::Wake } else { Waiters::None })
        };
        let drain = || {
            let mut drain = Drain::new();
            drain.handled_more(handled);
            drain
        };
        each(
            owned,
            |mailbox, _| {
                let mut drain = drain();
                // SAFETY: all is of this thread alone, which is the owner.
                let waiters = unsafe { drain.settle(mailbox, || low) };
                assert_eq!(drain.unreturned(), 0);
                waiters
            },
            settled,
        );
        each(
            owned,
            |mailbox, _| {
                let mut drain = drain();
                // SAFETY: as above.
                let ended = unsafe { drain.idle(mailbox, || low) };
                assert_eq!(drain.unreturned(), 0);
                ended
            },
            |state| {
                let (after, waiters) = settled(state);
                if state.linked.is_empty() && waiters == Waiters::None && !state.closed && !state.signal {
                    return (State { scheduled: false, ..after }, Ended::Idle);
                }
                (after, Ended::Owned(waiters))
            },
        );
    }
}

/// A message that is handled where it lies: it counts as handled, and what came above it stays.
#[test]
fn settling_over_a_message_in_place() {
    for (low, handled, came) in [(0, 0, false), (1, 0, true), (0, 1, true), (2, 1, false)] {
        each(
            |state| {
                let State { closed, waiters, signal, .. } = state;
                let room = (2 + handled..COUNT_MAX).contains(&state.count);
                state.scheduled && state.linked.len() == 1 && room && !closed && !waiters && !signal
            },
            // SAFETY: all is of this thread alone, which is the owner.
            |mailbox, rooms| unsafe {
                let mut drain = Drain::new();
                drain.handled_more(handled);
                let Next::InPlace { .. } = drain.next(mailbox) else { panic!("it is alone") };
                if came {
                    assert_eq!(
                        mailbox.push(rooms.at(2), 3, COUNT_MAX),
                        Pushed::Queued { count: mailbox.peek().count() }
                    );
                    assert!(!drain.finish(mailbox) && !drain.end_in_place(mailbox), "something has come");
                }
                if !came && handled == 0 {
                    assert!(drain.finish(mailbox));
                    return (vec![], Waiters::None);
                }
                assert_eq!(mailbox.flag_waiters(|| 0), Flagged::Yes);
                let waiters = drain.settle(mailbox, || low);
                assert_eq!((drain.unreturned(), drain.in_place()), (0, None));
                (rooms.from(mailbox.fifo.with(|fifo| *fifo)), waiters)
            },
            |state| {
                let mut after = State { count: state.count - 1 - handled, linked: vec![], ..state.clone() };
                if !came && handled == 0 {
                    after.scheduled = false;
                    return (after, (vec![], Waiters::None));
                }
                after.count += u32::from(came);
                after.waiters = after.count > low;
                let wake = if after.waiters { Waiters::None } else { Waiters::Wake };
                (after, (if came { vec![(2, 3)] } else { vec![] }, wake))
            },
        );
    }
}

#[test]
fn a_chain_is_put_together_in_order() {
    for (held, skip) in [(0, None), (1, None), (1, Some(1)), (0, Some(0))] {
        let rooms = Rooms::new();
        let mut chain = Chain::EMPTY;
        // SAFETY: all is of this thread alone.
        unsafe {
            (0..3).for_each(|n| Envelope::link(rooms.at(n), std::ptr::null_mut(), n));
            if held == 1 {
                chain.append_reversed(rooms.at(0).as_ptr(), std::ptr::null_mut());
            }
            // A stack, the newest first.
            (held + 1..3).for_each(|n| Envelope::set_next(rooms.at(n), rooms.at(n - 1).as_ptr()));
            let skip = skip.map_or(std::ptr::null_mut(), |n| rooms.at(n).as_ptr());
            chain.append_reversed(rooms.at(2).as_ptr(), skip);
        }
        let whole: Vec<_> = (0..3).filter(|n| Some(*n) != skip).map(|n| (n, n)).collect();
        assert_eq!(rooms.from(chain.first), whole);
        let mut popped = Vec::new();
        while let Some(envelope) = chain.pop() {
            popped.push(rooms.number(envelope));
        }
        assert_eq!(popped, whole.iter().map(|(n, _)| *n).collect::<Vec<_>>());
    }
}

#[test]
fn credit_is_due_after_so_many() {
    let (mut drain, asked) = (Drain::new(), std::cell::Cell::new(0));
    let due: Vec<_> = (0..6)
        .map(|_| {
            let due = drain.is_credit_due(|| {
                asked.set(asked.get() + 1);
                3
            });
            drain.handled();
            due
        })
        .collect();
    assert_eq!((due, asked.get()), (vec![false, false, false, true, true, true], 1));
}

#[test]
fn where_a_payload_lies() {
    let head = size_of::<Envelope>();
    assert_eq!([1, 4, head].map(Envelope::payload_offset), [head; 3]);
    assert_eq!([16, 32, 64].map(Envelope::payload_offset), [16, 32, 64]);
}

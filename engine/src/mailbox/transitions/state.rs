//! Every word that a mailbox can have, and what is made of it.

use crate::mailbox::envelope::Envelope;
use crate::mailbox::queue::{Mailbox, Pushed};
use crate::mailbox::word::{CLOSED, COUNT_MAX, ENDED, SCHEDULED, SIGNAL, WAITERS, Word};
use crate::sync::Ordering;
use std::ptr::NonNull;

/// What a word says. `linked` is what lies in the stack, by number, the newest last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub(super) scheduled: bool,
    pub(super) waiters: bool,
    pub(super) closed: bool,
    pub(super) signal: bool,
    pub(super) ended: bool,
    pub(super) count: u32,
    pub(super) linked: Vec<usize>,
}

/// Envelopes on lines of their own, as the word wants them.
#[repr(align(64))]
struct Room(Envelope);

/// Three of them; an envelope's number is its place.
pub(super) struct Rooms(Box<[Room; 3]>);

impl Rooms {
    pub(super) fn new() -> Self {
        Self(Box::new([(); 3].map(|()| Room(Envelope::new(0)))))
    }

    pub(super) fn at(&self, n: usize) -> NonNull<Envelope> {
        NonNull::from(&self.0[n].0)
    }

    pub(super) fn number(&self, envelope: NonNull<Envelope>) -> usize {
        (0..self.0.len()).find(|n| self.at(*n) == envelope).expect("one of them")
    }

    /// The numbers of those from this one on, and of each its tag.
    pub(super) fn from(&self, first: *mut Envelope) -> Vec<(usize, usize)> {
        let (mut found, mut rest) = (Vec::new(), first);
        while let Some(envelope) = NonNull::new(rest) {
            // SAFETY: all is of this thread alone.
            unsafe {
                found.push((self.number(envelope), Envelope::tag(envelope)));
                rest = Envelope::next(envelope);
            }
        }
        found
    }
}

/// Each that there can be, with at most two messages: what is linked is counted, an idle mailbox has nothing linked, one that
/// has ended has nothing and every other flag but the waiters'.
fn all() -> impl Iterator<Item = State> {
    let counts = [0, 1, 2, 3, 4, COUNT_MAX - 1, COUNT_MAX];
    let words = (0..32_u32).flat_map(move |bits| counts.map(|count| (bits, count)));
    words.flat_map(|(bits, count)| {
        let is = move |bit: u32| bits >> bit & 1 == 1;
        (0..3).filter_map(move |linked: usize| {
            let state = State {
                scheduled: is(0),
                waiters: is(1),
                closed: is(2),
                signal: is(3),
                ended: is(4),
                count,
                linked: (0..linked).collect(),
            };
            let over = state.closed && state.signal && state.scheduled && !state.waiters && count == 0;
            ((linked as u32) <= count
                && (state.scheduled || (linked == 0 && !state.closed && !state.signal))
                && (!state.ended || (over && linked == 0)))
                .then_some(state)
        })
    })
}

impl State {
    fn build(&self, rooms: &Rooms) -> Mailbox {
        let mailbox = Mailbox::vacant();
        let mut word = Word::IDLE;
        for n in &self.linked {
            // SAFETY: nobody else has it.
            unsafe { Envelope::link(rooms.at(*n), word.head(), n + 1) };
            word = word.pushed(rooms.at(*n).as_ptr(), 1);
        }
        let flags = [
            (self.scheduled, SCHEDULED),
            (self.waiters, WAITERS),
            (self.closed, CLOSED),
            (self.signal, SIGNAL),
            (self.ended, ENDED),
        ];
        word = flags
            .iter()
            .filter(|(is, _)| *is)
            .fold(word.without(SCHEDULED), |word, (_, flag)| word.with(*flag));
        let one = Word::IDLE.reserved().0.addr();
        let more = self.count as usize - self.linked.len();
        word = Word(word.0.map_addr(|address| address + more * one));
        mailbox.word.store(word.0, Ordering::Relaxed);
        mailbox
    }

    fn read(rooms: &Rooms, mailbox: &Mailbox) -> State {
        let word = mailbox.peek();
        let mut linked: Vec<_> = rooms.from(word.head()).into_iter().map(|(n, _)| n).collect();
        linked.reverse();
        State {
            scheduled: word.has(SCHEDULED),
            waiters: word.has(WAITERS),
            closed: word.has(CLOSED),
            signal: word.has(SIGNAL),
            ended: word.has(ENDED),
            count: word.count(),
            linked,
        }
    }

    /// With the third envelope on top, and `counted` more.
    pub(super) fn pushed(&self, counted: u32) -> State {
        let mut state = State { scheduled: true, count: self.count + counted, ..self.clone() };
        state.linked.push(2);
        state
    }

    pub(super) fn entered(&self, counted: u32) -> (State, Pushed) {
        let after = self.pushed(counted);
        let count = after.count;
        (after, if self.scheduled { Pushed::Queued { count } } else { Pushed::First { count } })
    }
}

/// Does it to every mailbox, and holds what comes of it against `expected`.
pub(super) fn each<R: PartialEq + std::fmt::Debug>(
    only: impl Fn(&State) -> bool,
    act: impl Fn(&Mailbox, &Rooms) -> R,
    expected: impl Fn(&State) -> (State, R),
) {
    for before in all().filter(only) {
        let rooms = Rooms::new();
        let mailbox = before.build(&rooms);
        assert_eq!(State::read(&rooms, &mailbox), before);
        let given = act(&mailbox, &rooms);
        assert_eq!((State::read(&rooms, &mailbox), given), expected(&before), "of {before:?}");
    }
}

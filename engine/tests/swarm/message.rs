//! What the actors of a scenario send each other.

use crate::book::{Book, HANDLED, REFUSED};
use crate::debts::Owed;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use throng::{Ended, Outcome, Pressed};

/// In which line a message keeps its place: those of one sender in one line are handled in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Line {
    Normal,
    Urgent,
    Flow,
    /// In none: it waits outside for a place, and others of the same sender may overtake it.
    Loose,
}

/// All of them, in their order, and how many there are.
pub(crate) const ALL_LINES: [Line; LINES] = [Line::Normal, Line::Urgent, Line::Flow, Line::Loose];
pub(crate) const LINES: usize = 4;

/// What a message panics with that nobody has heard of.
pub(crate) const UNHEARD: &str = "dropped as told, and not handled";

/// What is sent: an identity, and what its receiver is to do. The book hears of its drop.
pub(crate) struct Parcel {
    pub(crate) id: u32,
    /// The key of who sent it, and its number in the line from there to its receiver.
    pub(crate) from: u32,
    pub(crate) sequence: u32,
    pub(crate) line: Line,
    /// The slot of who is to have it.
    pub(crate) to: u32,
    /// The program that its receiver runs, and how far what comes of it may go on.
    pub(crate) program: u16,
    pub(crate) ttl: u8,
    /// It was put away, and has not been taken out.
    pub(crate) stashed: bool,
    /// It panics when it is dropped, unless it comes back to who has sent it.
    pub(crate) bad: bool,
    pub(crate) book: Arc<Book>,
}

impl Drop for Parcel {
    fn drop(&mut self) {
        let fate = self.book.dropped(self.id);
        if self.bad && fate & REFUSED == 0 && !std::thread::panicking() {
            let unheard = fate & HANDLED == 0 || self.stashed;
            resume_unwind(Box::new(if unheard { UNHEARD } else { "dropped as told" }));
        }
    }
}

/// Something that must be dropped once, as a parcel must: what closures hold until they are called, or never are.
pub(crate) struct Token(pub(crate) Arc<Book>);

impl Token {
    pub(crate) fn new(book: &Arc<Book>) -> Self {
        book.alive(1);
        Self(Arc::clone(book))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.alive(-1);
    }
}

/// The same in the state of an actor.
pub(crate) struct Seated(Token);

impl Seated {
    pub(crate) fn new(book: &Arc<Book>) -> Self {
        book.sitting.fetch_add(1, Ordering::AcqRel);
        Self(Token::new(book))
    }
}

impl Drop for Seated {
    fn drop(&mut self) {
        self.0.0.sitting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// What an actor understands.
pub(crate) enum Message {
    Parcel(Parcel),
    /// A question.
    Question {
        parcel: Parcel,
        /// Messages that its receiver handles before it answers; none, if it answers at once.
        patience: u8,
        /// The reply is dropped.
        unanswered: bool,
        owed: Owed,
    },
    /// How the question with this number went.
    Outcome {
        number: u32,
        outcome: Outcome<u32>,
        then: u16,
        ttl: u8,
        _token: Token,
    },
    /// An item of the flow with this number.
    Item {
        flow: u32,
        parcel: Parcel,
    },
    /// The flow with this number has credit again, or never will.
    Ready {
        flow: u32,
    },
    /// The alarm with this number.
    Alarm {
        number: u32,
        program: u16,
        ttl: u8,
        _token: Token,
    },
    /// A tick of the ticker with this number.
    Tick {
        number: u32,
    },
    /// What the tie with this number was on has ended.
    Ended {
        tie: u32,
        ended: Ended,
        _token: Token,
    },
    Pressed(Pressed),
    /// Everybody is at rest: writes down what its flows hold.
    Probe,
}

impl From<Pressed> for Message {
    fn from(pressed: Pressed) -> Self {
        Message::Pressed(pressed)
    }
}

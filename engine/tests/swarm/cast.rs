//! What an actor of a scenario is like: its bounds, what a full mailbox does, what becomes of it after a fault.

use crate::draw::Draw;
use crate::plan::{Features, Size, millis};
use std::time::Duration;
use throng::{Options, Overflow, Pressed, Recipient, Restart};

/// What becomes of the mail of an actor that is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Post {
    Kept,
    Dropped,
    Returned,
}

/// What an actor is like.
#[derive(Debug, Clone)]
pub(crate) struct Cast {
    pub(crate) overflow: Overflow,
    pub(crate) capacity: u32,
    pub(crate) hard: u32,
    pub(crate) turn: u32,
    pub(crate) lanes: bool,
    pub(crate) gather: Option<(u32, Duration)>,
    /// How many of a batch it takes at most in one call; the rest comes again.
    pub(crate) takes: usize,
    pub(crate) flows: u32,
    pub(crate) asks: u32,
    pub(crate) own_thread: bool,
    /// After a fault it goes on with the state that it has.
    pub(crate) resumes: bool,
    /// Whose child it is.
    pub(crate) tree: Option<usize>,
    pub(crate) restart: Restart,
    pub(crate) post: Post,
    /// So many of its starts fail, or panic.
    pub(crate) bad_starts: u32,
    pub(crate) panics: bool,
    /// Its last hook panics, and so does the Drop of its state.
    pub(crate) bad_stop: bool,
    pub(crate) bad_drop: bool,
}

impl Cast {
    /// Whether a policy may drop what was accepted.
    pub(crate) fn loses(&self) -> bool {
        matches!(self.overflow, Overflow::DropNewest | Overflow::DropOldest | Overflow::DropOldestExact)
    }

    /// Messages are sorted when they are taken.
    pub(crate) fn is_sorted(&self) -> bool {
        self.lanes
            || self.gather.is_some()
            || matches!(self.overflow, Overflow::DropOldest | Overflow::DropOldestExact)
    }

    /// What the mailbox may hold at most, whatever is sent. Timers enter up to the hard limit; outcomes, news and items beside it, as
    /// far as there are any.
    pub(crate) fn bound(&self, features: &Features) -> u64 {
        let sent = match self.overflow {
            Overflow::Mute => self.hard,
            Overflow::DropOldest => 2 * self.capacity,
            Overflow::DropOldestExact => self.capacity + self.hard,
            _ => self.capacity,
        };
        let entered = if features.timers { sent.max(self.hard) } else { sent };
        // Of what was taken together, or put away, so much may not be credited yet where it lies in a line, in lanes or in a stash.
        let taken = if self.is_sorted() || features.stashes {
            self.gather.map_or(1, |(most, _)| most) + self.capacity.div_ceil(4)
        } else {
            0
        };
        // The news of a deadline is one more.
        let asks = if features.asks { self.asks + 1 } else { 0 };
        let flush = u32::from(self.gather.is_some());
        // All notices together are one, whatever is told by them; but those, and outcomes, that have been handled count until their credit is
        // back, which goes back by so many.
        let notices = 1 + (self.capacity / 4).max(1);
        u64::from(entered + taken + asks + flush + notices + 3 * self.flows)
    }

    pub(crate) fn options(&self, upstream: Option<Recipient<Pressed>>) -> Options {
        let mut options = Options::builder()
            .capacity(self.capacity)
            .hard(self.hard)
            .turn(self.turn)
            .flows(self.flows)
            .max_asks(self.asks);
        options = match (self.overflow, upstream) {
            (Overflow::Signal, Some(upstream)) => options.overflow(Overflow::Signal).upstream(upstream),
            // Nobody is there to be told.
            (Overflow::Signal, None) => options.overflow(Overflow::Fail),
            (overflow, _) => options.overflow(overflow),
        };
        if self.lanes {
            options = options.lanes();
        }
        if let Some((most, within)) = self.gather {
            options = options.gather(most, within);
        }
        if self.own_thread {
            options = options.own_thread();
        }
        options.build().unwrap_or_else(|wrong| panic!("the plan draws what fits: {wrong}: {self:?}"))
    }
}

pub(crate) fn cast(draw: &mut impl Draw, n: usize, features: &Features, size: &Size, trees: usize) -> Cast {
    const POLICIES: [Overflow; 6] = [
        Overflow::Mute,
        Overflow::Fail,
        Overflow::DropNewest,
        Overflow::DropOldest,
        Overflow::DropOldestExact,
        Overflow::Signal,
    ];
    let mut overflow =
        if features.policies && draw.one_in(2) { draw.pick(&POLICIES) } else { Overflow::Mute };
    // The first is upstream of those that signal.
    if overflow == Overflow::Signal && n == 0 {
        overflow = Overflow::Fail;
    }
    let exact = overflow == Overflow::DropOldestExact;
    // Mostly tiny: a full mailbox is what there is to see.
    let capacity = if draw.one_in(4) { draw.within(1, 64) } else { draw.within(1, 4) } as u32;
    let sorted = features.sorted && draw.one_in(2);
    let gather = (sorted && draw.one_in(2)).then(|| {
        let most = draw.within(1, u64::from(capacity)) as u32;
        (most, if draw.one_in(2) { millis(draw, 5) } else { Duration::ZERO })
    });
    let tree = (trees > 0 && n > 0 && draw.one_in(2)).then(|| draw.index(trees));
    Cast {
        overflow,
        capacity,
        hard: capacity + draw.pick(&[64, 8, 1, 0]),
        turn: draw.pick(&[128, 1, 2, 7]),
        lanes: sorted && !exact && draw.one_in(2),
        gather,
        takes: draw.within(1, 4) as usize,
        flows: if features.flows && !exact { draw.below(u64::from(capacity) + 1) as u32 } else { 0 },
        asks: draw.within(1, 8) as u32,
        own_thread: size.own_threads && draw.one_in(16),
        resumes: draw.one_in(2),
        tree,
        restart: draw.pick(&[Restart::Permanent, Restart::Transient, Restart::Temporary]),
        post: draw.pick(&[Post::Kept, Post::Dropped, Post::Returned]),
        bad_starts: if (features.hooks || (features.faults && tree.is_some())) && draw.one_in(4) {
            draw.within(1, 2) as u32
        } else {
            0
        },
        panics: features.hooks && draw.one_in(2),
        bad_stop: features.hooks && draw.one_in(3),
        bad_drop: features.hooks && draw.one_in(3),
    }
}

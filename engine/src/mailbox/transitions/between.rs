//! What lies between two actors: the credit of a link, the news of pressure, the outcomes of several that were asked. Every
//! course of a few steps is taken, and held against a plain reference.

use super::state::Rooms;
use crate::mailbox::credit::NOBODY;
use crate::mailbox::grants::{Fetched, Granted, Grants, Look};
use crate::mailbox::overflow::Overflow;
use crate::mailbox::pressure::{Level, News, Pressure, Step, turn_over};
use crate::mailbox::queue::Mailbox;
use crate::mailbox::stash::{Kept, Stash};
use crate::mailbox::tally::{Tally, Told};
use crate::mailbox::tenant::{Stop, Wish};
use crate::mailbox::word::Word;
use crate::sync::Ordering;

/// Every course of `steps` out of `choices`.
fn courses<T: Copy>(choices: &[T], steps: u32) -> impl Iterator<Item = Vec<T>> {
    let all = choices.len().pow(steps);
    (0..all)
        .map(move |n| (0..steps).map(|step| choices[n / choices.len().pow(step) % choices.len()]).collect())
}

/// A mailbox in which so many are counted.
fn holding(count: u32) -> Mailbox {
    let mailbox = Mailbox::vacant();
    let mut word = Word::IDLE;
    (0..count).for_each(|_| word = word.reserved());
    mailbox.word.store(word.0, Ordering::Relaxed);
    mailbox
}

#[test]
fn credit_is_granted_and_fetched() {
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Fetch,
        Grant(u32),
        Cancel,
    }
    for course in courses(&[Act::Fetch, Act::Grant(1), Act::Grant(2), Act::Cancel], 6) {
        let grants = Grants::hungry();
        let (mut credit, mut cancelled, mut hungry) = (0, false, true);
        for act in &course {
            let told = if hungry { Granted::Tell } else { Granted::Noted };
            match act {
                Act::Fetch => {
                    let expected = match credit {
                        0 if cancelled => Fetched::Cancelled,
                        0 => Fetched::None,
                        credit => Fetched::Some { credit },
                    };
                    hungry |= expected == Fetched::None;
                    credit = 0;
                    assert_eq!(grants.fetch(), expected, "{course:?}");
                }
                Act::Grant(n) => {
                    (credit, hungry) = (credit + n, false);
                    assert_eq!(grants.grant(*n), told, "{course:?}");
                }
                Act::Cancel => {
                    (cancelled, hungry) = (true, false);
                    assert_eq!(grants.cancel(), told, "{course:?}");
                }
            }
            assert_eq!(grants.waiting(), credit, "{course:?}");
        }
    }
    let look = Look::new();
    assert!(look.tell() && !look.tell() && !look.tell(), "one piece of news at a time");
    look.heard();
    assert!(look.tell() && !look.tell());
}

#[test]
fn news_of_pressure_come_in_turns() {
    // Of each: the pressure has turned, or the news has been heard.
    for course in courses(&[Some(Level::High), Some(Level::Low), None], 7) {
        let news = News::new();
        let (mut is, mut said, mut underway) = (Level::Low, Level::Low, false);
        for act in &course {
            let told = match act {
                Some(level) => {
                    is = *level;
                    news.turned(*level)
                }
                None => {
                    underway = false;
                    news.heard()
                }
            };
            let due = !underway && is != said;
            if due {
                (said, underway) = (is, true);
            }
            assert_eq!(told, due.then_some(said), "{course:?}");
        }
    }
}

#[test]
fn pressure_rises_and_falls() {
    #[derive(Debug, Clone, Copy, PartialEq)]
    enum State {
        Calm,
        Rising,
        High,
        Falling,
    }
    let (low, high) = (1, 3);
    for course in courses(&[Step::Rise, Step::Risen, Step::Fall, Step::Fallen], 4) {
        for (count, closed) in (0..=5).flat_map(|count| [(count, false), (count, true)]) {
            let (pressure, mailbox) = (Pressure::new(), holding(count));
            if closed {
                assert_eq!(mailbox.close(false), crate::mailbox::queue::Close::First);
            }
            let mut state = State::Calm;
            for step in &course {
                let (after, goes_on) = match (step, state) {
                    (Step::Rise, State::Calm) => (State::Rising, true),
                    (Step::Fall, State::High) => (State::Falling, true),
                    (Step::Rise | Step::Fall, state) => (state, false),
                    (Step::Risen, _) => (State::High, closed || count <= low),
                    (Step::Fallen, _) => (State::Calm, !closed && count >= high),
                };
                state = after;
                let given = pressure.step(*step, &mailbox, || low, high);
                assert_eq!(given, goes_on, "{course:?} with {count}, closed {closed}");
            }
        }
    }
    // Each is told between its two steps, and one edge leads to the next for as long as it is there.
    for (first, steps, told) in [
        (Step::Rise, 0, &[][..]),
        (Step::Rise, 1, &[Level::High]),
        (Step::Rise, 2, &[Level::High]),
        (Step::Rise, 3, &[Level::High, Level::Low]),
        (Step::Rise, 5, &[Level::High, Level::Low, Level::High]),
        (Step::Fall, 1, &[Level::Low]),
        (Step::Fall, 3, &[Level::Low, Level::High]),
    ] {
        let (mut taken, mut heard) = (Vec::new(), Vec::new());
        let take = |step| {
            taken.push(step);
            taken.len() <= steps
        };
        turn_over(first, take, |level| heard.push(level));
        assert_eq!(heard, told);
        let circle = [Step::Rise, Step::Risen, Step::Fall, Step::Fallen];
        let from = circle.iter().position(|step| *step == first).expect("one of them");
        assert!(taken.iter().enumerate().all(|(n, step)| circle[(from + n) % 4] == *step), "{taken:?}");
    }
}

#[test]
fn outcomes_are_told_once() {
    #[derive(Debug, Clone, Copy)]
    enum Act {
        Put(usize, bool),
        Open,
        Fill,
        GiveUp,
    }
    /// What a tally has, in plain values; an outcome is the number of the step that brought it.
    struct Reference {
        outcomes: Vec<Option<usize>>,
        decided: Option<usize>,
        last: Option<usize>,
        opening: bool,
        over: bool,
    }
    /// Outcomes, which one decided, which came last.
    type Plain = (Vec<Option<usize>>, Option<usize>, Option<usize>);
    impl Reference {
        fn wants(&self, place: usize) -> bool {
            !self.over && self.decided.is_none() && self.outcomes[place].is_none()
        }
        fn told(&mut self) -> Option<Plain> {
            let whole = self.outcomes.iter().all(Option::is_some) || self.decided.is_some();
            if self.over || self.opening || !whole {
                return None;
            }
            self.over = true;
            Some((self.outcomes.clone(), self.decided, self.last))
        }
    }
    let plain = |told: Option<Told<usize, &'static str>>| {
        told.map(|told| {
            assert_eq!(told.right, "the right");
            (told.outcomes, told.decided, told.last)
        })
    };
    let puts = (0..2).flat_map(|place| [Act::Put(place, false), Act::Put(place, true)]);
    let acts: Vec<_> = puts.chain([Act::Open, Act::Fill, Act::GiveUp]).collect();
    for course in courses(&acts, 5) {
        let tally = Tally::new(2, "the right");
        let mut reference =
            Reference { outcomes: vec![None, None], decided: None, last: None, opening: true, over: false };
        for (n, act) in course.iter().enumerate() {
            match *act {
                Act::Put(place, decides) if !reference.wants(place) => {
                    assert_eq!(tally.put(place, n, decides).err(), Some(n), "{course:?}: it is late");
                }
                Act::Put(place, decides) => {
                    reference.outcomes[place] = Some(n);
                    (reference.last, reference.decided) = (Some(place), decides.then_some(place));
                    let told = tally.put(place, n, decides).expect("it is wanted");
                    assert_eq!(plain(told), reference.told(), "{course:?}");
                }
                Act::Open => {
                    reference.opening = false;
                    assert_eq!(plain(tally.open()), reference.told(), "{course:?}");
                }
                Act::Fill => {
                    for place in 0..2 {
                        if reference.wants(place) {
                            (reference.outcomes[place], reference.last) = (Some(n), Some(place));
                        }
                    }
                    assert_eq!(plain(tally.fill(|| n)), reference.told(), "{course:?}");
                }
                Act::GiveUp => {
                    let expected = if reference.over {
                        (None, Vec::new())
                    } else {
                        (Some("the right"), reference.outcomes.clone())
                    };
                    assert_eq!(tally.give_up(), expected, "{course:?}");
                    reference.over = true;
                }
            }
        }
    }
}

/// Of what handlers want, the most counts, and nothing is forgotten for something else.
#[test]
fn wishes_are_put_together() {
    let stops = [Stop::No, Stop::Drained, Stop::Now];
    for (first, second, settles) in stops.iter().flat_map(|first| {
        stops.iter().flat_map(move |second| [(first, second, false), (first, second, true)])
    }) {
        let mut wish = Wish::NOTHING;
        assert!(!wish.is_something() && wish.stop() == Stop::No && !wish.settles());
        wish.stop_once(*first);
        if settles {
            wish.settle();
        }
        wish.stop_once(*second);
        let most = first.max(second);
        assert_eq!((wish.stop(), wish.settles()), (*most, settles));
        assert_eq!(wish.is_something(), settles || *most != Stop::No);
        wish.has_settled();
        assert_eq!((wish.stop(), wish.settles()), (*most, false));
    }
    let mut wish = Wish::NOTHING;
    wish.exceed(7, 0);
    assert_eq!(wish.mute_on, NOBODY, "at its capacity and not above it");
    wish.exceed(7, 2);
    assert!(wish.mute_on == 7 && wish.is_something());
    wish.exceed(8, 2);
    assert_eq!(wish.mute_on, 7, "the first of two that are as full");
    assert!(wish.exceeds_more(7, 5) && !wish.exceeds_more(8, 9));
    wish.exceed(8, 5);
    assert_eq!(wish.mute_on, 7);
    assert!(wish.exceeds_more(7, 1), "less than it was says nothing");
    wish.exceed(8, 5);
    assert_eq!(wish.mute_on, 7);
    wish.exceed(8, 6);
    assert_eq!(wish.mute_on, 8);
}

#[test]
fn what_is_kept_is_counted_and_comes_back_in_order() {
    let rooms = Rooms::new();
    let (mailbox, kept, mut stash) = (holding(0), Kept::new(), Stash::EMPTY);
    let counts = |stash: &Stash| (stash.len(), stash.apart(), kept.get(), mailbox.peek().count());
    // SAFETY: all is of this thread alone.
    unsafe {
        assert!(stash.keep(&mailbox, &kept, rooms.at(0)) && stash.keep(&mailbox, &kept, rooms.at(1)));
        assert_eq!(counts(&stash), (2, 0, 2, 2));
        assert!(stash.keep_apart(&mailbox, &kept) && stash.keep_apart(&mailbox, &kept));
        assert_eq!(counts(&stash), (4, 2, 4, 4));
        stash.let_go_apart(&kept, 1);
        assert_eq!(counts(&stash), (3, 1, 3, 4), "their credit is the caller's to give back");
        let mut wish = Wish::NOTHING;
        assert_eq!((stash.give_back(&kept, 0, &mut wish), wish.settles()), (0, false));
        assert_eq!((stash.give_back(&kept, 1, &mut wish), wish.settles()), (1, true));
        assert_eq!(counts(&stash), (2, 1, 2, 4));
        assert!(stash.put_first(&mailbox, rooms.at(2)));
        assert_eq!(counts(&stash), (2, 1, 2, 5));
        assert!(!stash.is_ready() && stash.next_ready().is_none());
        stash.make_ready();
        assert!(stash.is_ready());
        assert_eq!(stash.give_back(&kept, 9, &mut wish), 1);
        stash.make_ready();
        // What is given back later goes before what was ready: the same as in front of a queue.
        let order: Vec<_> =
            std::iter::from_fn(|| stash.next_ready()).map(|envelope| rooms.number(envelope)).collect();
        assert_eq!((order, stash.is_ready()), (vec![1, 2, 0], false));
        assert_eq!(counts(&stash), (1, 1, 1, 5));

        assert!(stash.keep(&mailbox, &kept, rooms.at(0)) && stash.keep(&mailbox, &kept, rooms.at(1)));
        assert_eq!(stash.give_back(&kept, 1, &mut wish), 1);
        let rest: Vec<_> = stash.drain(&kept).map(|envelope| rooms.number(envelope)).collect();
        assert_eq!((rest, kept.get()), (vec![0, 1], 0), "what is due goes first");

        // In front of what the owner has taken already.
        assert!(stash.keep(&mailbox, &kept, rooms.at(0)) && stash.keep(&mailbox, &kept, rooms.at(1)));
        assert_eq!(stash.give_back(&kept, 2, &mut wish), 2);
        crate::mailbox::envelope::Envelope::link(rooms.at(2), std::ptr::null_mut(), 0);
        mailbox.fifo.with_mut(|fifo| *fifo = rooms.at(2).as_ptr());
        stash.return_to(&mailbox);
        let queue: Vec<_> = rooms.from(mailbox.fifo.with(|fifo| *fifo)).into_iter().map(|(n, _)| n).collect();
        assert_eq!(queue, [0, 1, 2]);
    }
    // Where no more can be counted nothing is kept.
    let (ended, kept, mut stash) = (Mailbox::vacant(), Kept::new(), Stash::EMPTY);
    // SAFETY: as above.
    unsafe {
        assert!(!stash.keep(&ended, &kept, rooms.at(0)) && !stash.keep_apart(&ended, &kept));
        assert!(!stash.put_first(&ended, rooms.at(0)));
    }
    assert_eq!((stash.len(), stash.apart(), kept.get()), (0, 0, 0));
}

#[test]
fn which_policies_drop() {
    for policy in [Overflow::Mute, Overflow::Fail, Overflow::Signal] {
        assert!(!policy.drops(), "{policy:?}");
    }
    for policy in [Overflow::DropNewest, Overflow::DropOldest, Overflow::DropOldestExact] {
        assert!(policy.drops(), "{policy:?}");
    }
}

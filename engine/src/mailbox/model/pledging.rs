//! The block of an ask: answered against expired, answered against the asker's end; freed once, by the last.

use super::stage::{Cx, Stage, Wish, part};
use crate::mailbox::pledge::{Claim, LetGo, Pledge};
use crate::mailbox::queue::Pushed;
use crate::mailbox::word::COUNT_MAX;
use crate::model::{demand_found, explore, note};
use crate::sync::{Mutant, UnsafeCell, thread};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const NOTHING: u32 = 0;
const ANSWER: u32 = 1;
const TIMEOUT: u32 = 2;

/// What asker and answerer point to.
struct Block {
    pledge: Pledge,
    contents: UnsafeCell<u32>,
    /// The asker's: the block is on its list. Not loom's, as those below, which only count.
    listed: AtomicBool,
    freed: AtomicU32,
    ended: AtomicU32,
}

// SAFETY: loom checks who touches the contents.
unsafe impl Sync for Block {}
// SAFETY: as above.
unsafe impl Send for Block {}

impl Block {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            pledge: Pledge::open(),
            contents: UnsafeCell::new(NOTHING),
            listed: AtomicBool::new(true),
            freed: AtomicU32::new(0),
            ended: AtomicU32::new(0),
        })
    }

    /// Stores the outcome.
    fn outcome(&self, outcome: u32) {
        // SAFETY: loom checks that the contents are ours.
        self.contents.with_mut(|contents| unsafe {
            assert_eq!(*contents, NOTHING, "two outcomes");
            *contents = outcome;
        });
    }

    /// Moves the outcome out: the ask has ended.
    fn take(&self) -> u32 {
        self.ended.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as above.
        self.contents.with_mut(|contents| unsafe { std::mem::replace(&mut *contents, NOTHING) })
    }

    /// Gives the block back: whoever looks at it after this is seen by loom.
    fn free(&self) {
        assert_eq!(self.freed.fetch_add(1, Ordering::Relaxed), 0, "freed twice");
        // SAFETY: as above.
        self.contents.with_mut(|contents| unsafe { *contents = u32::MAX });
    }

    fn let_go(&self) {
        if self.pledge.let_go() == LetGo::Last {
            self.free();
        }
    }

    /// As `answer` in `actor/ask.rs`; `push` sends the block to the asker, unless it is closed.
    fn answer(&self, push: impl FnOnce() -> bool) {
        if self.pledge.answer() == Claim::Lost {
            note("late");
            self.let_go();
            return;
        }
        self.outcome(ANSWER);
        if !push() {
            note("refused");
            self.take();
            self.let_go();
        }
    }

    /// As `expire_asks`, and as `abandon_all` does with each: the asker ends the ask if nobody has.
    fn expire(&self) -> Claim {
        let claim = self.pledge.take();
        if claim == Claim::Won {
            self.outcome(TIMEOUT);
            assert_eq!(self.take(), TIMEOUT);
        }
        claim
    }

    fn settled(&self) {
        assert_eq!(self.ended.load(Ordering::Relaxed), 1, "an ask ends once");
        assert_eq!(self.freed.load(Ordering::Relaxed), 1, "a block is freed once");
    }
}

/// The asker: message 1 is the news that the ask may have expired, and may end it; message 2 is the block, answered.
fn asker(block: &Arc<Block>, at_the_deadline: Wish) -> Arc<Stage> {
    /// The answered block came out of the mailbox.
    fn came(block: &Block) {
        block.listed.store(false, Ordering::Relaxed);
        note("answered");
        assert_eq!(block.take(), ANSWER);
        block.free();
    }
    let (asks, left) = (Arc::clone(block), Arc::clone(block));
    let handler = move |_: &mut Cx<'_, '_>, message| {
        if message == 2 {
            came(&asks);
            return Wish::Go;
        }
        if at_the_deadline == Wish::Go && asks.listed.load(Ordering::Relaxed) && asks.expire() == Claim::Won {
            asks.listed.store(false, Ordering::Relaxed);
            asks.let_go();
        }
        at_the_deadline
    };
    Stage::new(vec![part(4, 128, handler).at_end(move |dead| {
        if dead.contains(&2) {
            came(&left);
        }
        if left.listed.load(Ordering::Relaxed) {
            let _: Claim = left.expire();
            left.let_go();
        }
    })])
}

fn answer_against(at_the_deadline: Wish) {
    let block = Block::new();
    let stage = asker(&block, at_the_deadline);
    let answerer = thread::spawn({
        let (stage, block) = (Arc::clone(&stage), Arc::clone(&block));
        move || {
            let mut worker = stage.worker();
            block.answer(|| worker.reply(1, 2, crate::mailbox::envelope::REPLY) != Pushed::Closed);
            worker.run();
        }
    });
    let mut worker = stage.worker();
    let _: Pushed = worker.send(1, 1, COUNT_MAX);
    worker.run();
    answerer.join().expect("no panic");
    stage.settled();
    block.settled();
}

#[test]
fn answer_against_expiry() {
    let seen = explore(|| answer_against(Wish::Go));
    assert!(["answered", "late"].iter().all(|outcome| seen.contains(outcome)));
}

#[test]
fn finds_early_let_go() {
    demand_found(Mutant::EarlyLetGo, || answer_against(Wish::Go));
}

#[test]
fn answer_against_the_end_of_the_asker() {
    for wish in [Wish::StopNow, Wish::FailForGood] {
        let seen = explore(move || answer_against(wish));
        assert!(["answered", "late", "refused"].iter().all(|outcome| seen.contains(outcome)));
    }
}

#[test]
fn answer_against_an_asker_that_drains_and_ends() {
    let seen = explore(|| answer_against(Wish::Stop));
    assert!(["answered", "late", "refused"].iter().all(|outcome| seen.contains(outcome)));
}

#[test]
fn finds_early_let_go_at_the_end() {
    demand_found(Mutant::EarlyLetGo, || answer_against(Wish::StopNow));
}

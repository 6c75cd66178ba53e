//! A scenario on one thread, from its first draw to the last drop.

use crate::book::Book;
use crate::deeds::command;
use crate::judge;
use crate::outside::{Outsider, populate, probe_all};
use crate::plan::{Order, Plan, Size, millis};
use crate::world::{World, rest};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Small, as there are many.
pub(crate) const SMALL: Size =
    Size { actors: 20, slots: 48, messages: 400, operations: 40, outsiders: 2, own_threads: false };

/// What became of a scenario.
pub(crate) struct Played {
    pub(crate) book: Arc<Book>,
    /// What was wrong; nothing, if all is well.
    pub(crate) wrongs: Vec<String>,
    /// The state of everybody at that time.
    pub(crate) dump: String,
    pub(crate) handled: u64,
    pub(crate) mutes: u64,
}

/// Plays the scenario of this world's chance.
pub(crate) fn play<W: World>(mut world: W, seed: u64, traced: bool) -> Played {
    let plan = Plan::draw(&mut world, &SMALL);
    let book = Book::new(plan, &SMALL, seed, traced);
    let mut outsiders: Vec<_> = (0..SMALL.outsiders).map(|n| Outsider::new(&book, &SMALL, n, false)).collect();
    let told = scenario(&mut world, &book, &mut outsiders);
    let ledger = world.system().ledger();
    if let Err(wrong) = told {
        book.wrong(|| wrong);
    }
    let dump = if book.wrongs().is_empty() { String::new() } else { throng::dump_all() };
    drop(world);
    outsiders.clear();
    judge::gone(&book);
    Played { wrongs: book.wrongs(), dump, handled: ledger.handled, mutes: ledger.mutes, book }
}

fn scenario(world: &mut impl World, book: &Arc<Book>, outsiders: &mut [Outsider]) -> Result<(), String> {
    let trees = populate(book, world.system());
    for _ in 0..world.within(1, SMALL.operations) {
        let who = world.index(outsiders.len());
        outsiders[who].act(world);
        match world.below(4) {
            0 => {}
            3 => {
                let by = millis(world, 10);
                world.pass(by);
            }
            _ => world.stir(),
        }
        judge::bounds(book);
        if !book.wrongs().is_empty() {
            return Ok(());
        }
    }
    if world.one_in(8) {
        // Dropped as it is, which aborts it.
        book.close();
        book.aborted.store(true, Ordering::Release);
        return Ok(());
    }
    let ledger = rest(world, book, outsiders)?;
    judge::at_rest(book, world.system(), &ledger, &trees);
    if book.plan.features.flows {
        probe_all(book);
        rest(world, book, outsiders)?;
        judge::flows(book);
    }
    if !book.wrongs().is_empty() {
        return Ok(());
    }
    book.close();
    trees.iter().for_each(throng::Tree::begin_stop);
    let order = world.pick(&[Order::Stop, Order::StopNow, Order::Kill]);
    for slot in 0..book.seats().len() as u32 {
        if let Some(whom) = book.found(slot) {
            command(book, whom, if world.one_in(2) { order } else { Order::Stop });
        }
        if world.one_in(4) {
            world.stir();
        }
    }
    let ledger = rest(world, book, outsiders)?;
    judge::at_end(book, world.system(), &ledger);
    Ok(())
}

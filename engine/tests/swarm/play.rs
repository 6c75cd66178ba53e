//! A scenario on one thread, from its first draw to the last drop.

use crate::book::Book;
use crate::deeds::command;
use crate::draw::Draw;
use crate::judge;
use crate::outside::{Outsider, populate, probe_all, resume_all};
use crate::over;
use crate::plan::{MS, Order, Plan, Size, millis};
use crate::world::World;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::Tree;
use throng::sim::Faults;

/// Small, as there are many.
pub(crate) const SMALL: Size =
    Size { actors: 20, slots: 48, messages: 400, operations: 40, outsiders: 2, own_threads: false };
/// Of virtual time.
const SOON: Duration = Duration::from_secs(10);

/// What became of a scenario.
pub(crate) struct Played {
    pub(crate) book: Arc<Book>,
    /// What was wrong; nothing, if all is well.
    pub(crate) wrongs: Vec<String>,
    /// The state of everybody at that time, and how it came to it.
    pub(crate) dump: String,
    pub(crate) choices: Vec<u64>,
    pub(crate) handled: u64,
    pub(crate) mutes: u64,
}

/// How it is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// By orders to everybody; the system's own shutdown; in the midst.
    Orders,
    Shutdown,
    Abort,
}

/// Plays the scenario of this world's chance.
pub(crate) fn play(mut world: World, seed: u64, traced: bool) -> Played {
    let plan = Plan::draw(&mut world, &SMALL);
    let book = Book::new(plan, &SMALL, seed, traced);
    over::begin(&book);
    let mut outsiders: Vec<_> =
        (0..SMALL.outsiders).map(|n| Outsider::new(&book, &SMALL, n, false)).collect();
    // The engine has assertions of its own, and the simulation a limit.
    let told = catch_unwind(AssertUnwindSafe(|| scenario(&mut world, &book, &mut outsiders)));
    let end = match told {
        Ok(Ok(end)) => end,
        Ok(Err(wrong)) => {
            book.wrong(|| wrong);
            End::Abort
        }
        Err(payload) => {
            let words = words(&*payload);
            let of = if words.contains("two owners") { "L5" } else { "a panic" };
            book.wrong(|| format!("{of}: {words}"));
            End::Abort
        }
    };
    let well = book.wrongs().is_empty();
    let waits = || outsiders.iter().map(Outsider::waits).collect::<String>();
    let dump = if well { String::new() } else { over::state(&book, world.system()) + &waits() };
    let trace = if traced { world.trace() } else { String::new() };
    let choices = if well { Vec::new() } else { world.choices() };
    book.close();
    let ledger = match end {
        End::Shutdown => {
            // Who is suspended and hears of the others' ends would keep the system from coming down.
            resume_all(&book);
            world.shutdown(SOON).unwrap_or_else(|wrong| {
                book.wrong(|| wrong);
                throng::Ledger::default()
            })
        }
        End::Orders | End::Abort => {
            book.abort();
            world.abort()
        }
    };
    if book.wrongs().is_empty() {
        judge::over(&book, &ledger);
    }
    outsiders.clear();
    if book.wrongs().is_empty() {
        judge::gone(&book);
    }
    let dump = format!("{trace}{dump}");
    Played { wrongs: book.wrongs(), dump, choices, handled: ledger.handled, mutes: ledger.mutes, book }
}

fn words(payload: &(dyn std::any::Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

/// What goes wrong by itself.
fn faults(world: &mut World, book: &Book) -> Faults {
    let mut faults = Faults::none();
    let mut rate = |most| if world.one_in(4) { world.within(2, most) as u32 } else { 0 };
    let (late, slow, frozen) = (rate(16), rate(32), rate(64));
    faults = faults.late_wakeups(late).slow_handlers(slow, 5 * MS).frozen_workers(frozen, 10 * MS);
    book.punctual.store(slow == 0 && frozen == 0 && book.plan.is_prompt(), Ordering::Release);
    if book.plan.features.faults {
        faults = faults.panics(rate(8)).panics_after(rate(8));
    }
    if book.plan.features.stops {
        faults = faults.stops(rate(64));
    }
    faults
}

fn scenario(world: &mut World, book: &Arc<Book>, outsiders: &mut [Outsider]) -> Result<End, String> {
    let faults = faults(world, book);
    world.faults(faults);
    let trees = populate(book, world.system());
    for _ in 0..world.within(1, SMALL.operations) {
        let who = world.index(outsiders.len());
        outsiders[who].act(world);
        match world.below(4) {
            0 => {}
            3 => {
                let by = millis(world, 10);
                world.pass(by, book);
            }
            _ => world.stir(book),
        }
        book.look_at_all();
        if book.is_wrong() {
            return Ok(End::Abort);
        }
    }
    let end =
        world.pick(&[End::Orders, End::Orders, End::Shutdown, End::Shutdown, End::Shutdown, End::Abort]);
    if end == End::Abort {
        return Ok(end);
    }
    // From here on everybody shall be able to come to rest.
    world.faults(Faults::none());
    let ledger = world.rest(book, outsiders)?;
    world.own_up(book);
    judge::at_rest(book, world.system(), &ledger, &trees);
    if book.plan.features.flows && !book.is_wrong() {
        probe_all(book);
        world.rest(book, outsiders)?;
        judge::flows(book);
    }
    if book.is_wrong() {
        return Ok(End::Abort);
    }
    if end == End::Orders {
        book.close();
        by_orders(world, book, &trees);
        let ledger = world.rest(book, outsiders)?;
        judge::at_end(book, world.system(), &ledger);
    }
    Ok(end)
}

fn by_orders(world: &mut World, book: &Book, trees: &[Tree]) {
    trees.iter().for_each(Tree::begin_stop);
    let order = world.pick(&[Order::Stop, Order::StopNow, Order::Kill]);
    for slot in 0..book.seats().len() as u32 {
        if let Some(whom) = book.found(slot) {
            command(book, whom, if world.one_in(2) { order } else { Order::Stop });
        }
        if world.one_in(4) {
            world.stir(book);
        }
    }
}

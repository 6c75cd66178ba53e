//! Scenarios on real threads: workers that steal, senders outside that hurry each other.

use crate::book::Book;
use crate::deeds::command;
use crate::draw::{Draw, SplitMix};
use crate::judge;
use crate::outside::{Outsider, populate, probe_all, resume_all};
use crate::over;
use crate::plan::{Order, Plan, Size};
use crate::play::Played;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use throng::{Ledger, System};

const LARGE: Size =
    Size { actors: 64, slots: 512, messages: 20_000, operations: 400, outsiders: 3, own_threads: true };

/// Within this everybody must have come to rest.
const SOON: Duration = Duration::from_secs(if cfg!(throng_sanitize) { 200 } else { 20 });

/// Plays the scenario of this seed; what the machine makes of it is different each time.
pub(crate) fn play(seed: u64, traced: bool) -> Played {
    let _dog = over::watch(3 * SOON, move || format!("threads, seed {seed}"));
    let chance = &mut SplitMix::new(seed);
    let plan = Plan::draw(chance, &LARGE);
    let book = Book::new(plan, &LARGE, seed, traced);
    over::begin(&book);
    let workers = chance.within(2, 4) as usize;
    let system = System::builder().workers(workers).build().unwrap_or_else(|why| panic!("{why}"));
    let trees = populate(&book, &system);
    let outsiders = chance.within(1, LARGE.outsiders as u64) as usize;
    let operations = chance.within(LARGE.operations / 10, LARGE.operations);
    let aborted = chance.one_in(8);
    let mut left = Some(system);
    let mut ledger = Ledger::default();
    std::thread::scope(|scope| {
        for which in 0..outsiders {
            let (book, mut chance) = (&book, SplitMix::new(chance.next()));
            scope.spawn(move || {
                let mut outsider = Outsider::new(book, &LARGE, which, true);
                for _ in 0..operations {
                    outsider.act(&mut chance);
                    if chance.one_in(8) {
                        std::thread::yield_now();
                    }
                }
            });
        }
        if let Some(system) = left.take_if(|_| aborted) {
            // Beside those who still send.
            for _ in 0..chance.below(2_000) {
                std::thread::yield_now();
            }
            book.close();
            book.abort();
            ledger = system.abort();
        }
    });
    let mut dump = String::new();
    match left {
        None => judge::over(&book, &ledger),
        Some(system) => {
            if let Err(wrong) = to_the_end(chance, &book, &system, &trees) {
                book.wrong(|| wrong);
            }
            if book.is_wrong() {
                dump = over::state(&book, &system);
                book.abort();
            }
            ledger = down(&book, system);
        }
    }
    drop(trees);
    if book.wrongs().is_empty() {
        // On a machine that is busy an abort may give up on a worker that has no time to end its handler; what is left goes with that.
        let until = Instant::now() + SOON;
        while book.living() != 0 && Instant::now() < until {
            std::thread::yield_now();
        }
        judge::gone(&book);
    }
    let choices = Vec::new();
    Played { wrongs: book.wrongs(), dump, choices, handled: ledger.handled, mutes: ledger.mutes, book }
}

/// Comes down in good order, or at once if something is wrong already.
fn down(book: &Book, system: System) -> Ledger {
    if book.is_wrong() {
        return system.abort();
    }
    // Who is suspended and hears of the others' ends would keep the system from coming down.
    resume_all(book);
    match system.shutdown(SOON) {
        Ok(ledger) => {
            judge::over(book, &ledger);
            ledger
        }
        Err(busy) => {
            book.wrong(|| format!("the end: {busy}\n{}", throng::dump_all()));
            *busy.ledger
        }
    }
}

fn to_the_end(
    chance: &mut SplitMix,
    book: &Arc<Book>,
    system: &System,
    trees: &[throng::Tree],
) -> Result<(), String> {
    let ledger = rest(book, system)?;
    judge::at_rest(book, system, &ledger, trees);
    if book.plan.features.flows {
        probe_all(book);
        rest(book, system)?;
        judge::flows(book);
    }
    if !book.wrongs().is_empty() {
        return Ok(());
    }
    book.close();
    if chance.one_in(2) {
        // By the system's own shutdown.
        return Ok(());
    }
    trees.iter().for_each(throng::Tree::begin_stop);
    let order = chance.pick(&[Order::Stop, Order::StopNow, Order::Kill]);
    for slot in 0..book.seats().len() as u32 {
        if let Some(whom) = book.found(slot) {
            command(book, whom, if chance.one_in(2) { order } else { Order::Stop });
        }
    }
    let ledger = rest(book, system)?;
    judge::at_end(book, system, &ledger);
    Ok(())
}

/// Waits for rest; whoever is suspended is resumed.
fn rest(book: &Book, system: &System) -> Result<Ledger, String> {
    let until = Instant::now() + SOON;
    loop {
        // Nobody waits for the ticks of periodic timers: what was counted is to be what the ledger has.
        let handled = || book.sums.handled.load(Ordering::Acquire);
        let before = handled();
        match system.quiesce(Duration::from_millis(200)) {
            // An open question ends with its deadline, for which nobody else waits.
            Ok(_) if judge::is_asked(book) && Instant::now() < until => std::thread::yield_now(),
            Ok(ledger) if !resume_all(book) && handled() == before => return Ok(ledger),
            Err(busy) if Instant::now() >= until => return Err(format!("liveness: {busy}")),
            Ok(_) | Err(_) => {}
        }
        resume_all(book);
    }
}

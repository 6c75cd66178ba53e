//! The oracle: what must hold of a scenario, whatever it was.

use crate::book::{ACCEPTED, Book, DROPPED, HANDLED, NOBODY, REFUSED, RETURNED, Slot, locked};
use crate::bounds;
use crate::cast::Post;
use crate::full;
use crate::links;
use crate::message::Message;
use crate::pressure;
use crate::ticks;
use crate::wards;
use std::sync::atomic::Ordering;
use throng::{Ledger, Restart, System, Tree};

/// Whether it has an address whose actor has not ended.
fn lives(slot: &Slot) -> bool {
    slot.address.get().is_some_and(|address| address.is_alive())
}

/// Everybody has come to rest.
pub(crate) fn at_rest(book: &Book, system: &System, ledger: &Ledger, trees: &[Tree]) {
    accounts(book, ledger);
    let stalls = system.stalls();
    if let Some(stall) = stalls.first() {
        book.wrong(|| format!("liveness: {} are muted at rest, one of them {stall:?}", stalls.len()));
    }
    lost(book, ledger);
    once(book);
    bounds::peaks(book, system);
    full::judge(book);
    pressure::judge(book);
    links::judge(book);
    children(book, trees);
    wards::judge(book, trees);
}

/// L1, L2: the ledger agrees with itself, and with what the actors and their senders have counted.
fn accounts(book: &Book, ledger: &Ledger) {
    if let Err(wrong) = ledger.check() {
        book.wrong(|| format!("ledger: {wrong}"));
    }
    let sums = &book.sums;
    let held = |what: &str, ledger: u64, own: u64, exact: bool| {
        if if exact { ledger != own } else { ledger < own } {
            book.wrong(|| format!("ledger: {what} are {ledger}, counted by those concerned {own}"));
        }
    };
    let own = |of: &std::sync::atomic::AtomicU64| of.load(Ordering::Acquire);
    let closed = book.plan.is_closed();
    held("handled", ledger.handled, own(&sums.handled), closed);
    // Some hooks that fail nobody is asked about.
    held("faults", ledger.faults, own(&sums.faults), closed && !book.plan.features.hooks);
    held("spawned", ledger.spawned, own(&sums.spawned), closed);
    held("returned", ledger.returned.total(), own(&sums.returned), true);
    // Who sends beside an abort is refused after its ledger was read.
    let alone = book.plan.has_parcels_only();
    if book.aborted.load(Ordering::Acquire) {
        return;
    }
    held("refused as full", ledger.refused.full, own(&sums.full), alone);
    held("refused as closed", ledger.refused.closed, own(&sums.closed), alone);
    held("refused as stale", ledger.refused.stale, own(&sums.stale), alone);
    let accepted = book.fates().filter(|(_, _, fate)| fate & ACCEPTED != 0).count() as u64;
    held("accepted", ledger.accepted, accepted + own(&sums.stashed), alone);
    let kept: usize =
        book.seats().iter().filter(|slot| lives(slot)).map(|slot| locked(&slot.log).stash.len()).sum();
    held("queued", ledger.queued, kept as u64, closed);
}

/// Each message that was accepted was handled, unless something is to blame; and what is lost is in the ledger.
fn lost(book: &Book, ledger: &Ledger) {
    let mut lost = 0;
    let mut unheard = vec![0; book.slots.len()];
    let aborted = book.aborted.load(Ordering::Acquire);
    for (id, to, fate) in book.fates() {
        if fate & REFUSED != 0 && fate & HANDLED != 0 {
            book.wrong(|| format!("message {id} was refused, and handled by {to}"));
        }
        if fate & ACCEPTED == 0 || fate & HANDLED != 0 {
            continue;
        }
        lost += 1;
        let (slot, cast) = (book.slot(to), book.cast_of(to));
        let ended = !lives(slot) && slot.cut.load(Ordering::Acquire);
        let emptied = cast.post != Post::Kept && slot.states.load(Ordering::Acquire) > 1;
        if !(cast.loses() || ended || emptied || aborted) {
            unheard[to as usize] += 1;
            // The simulation has made it fail at one, of which it has not heard.
            if unheard[to as usize] <= slot.tripped.load(Ordering::Acquire) {
                continue;
            }
            let states = slot.states.load(Ordering::Acquire);
            book.wrong(|| {
                format!("message {id} to {to} was accepted and never handled, and nobody is to blame: {cast:?}, states {states}")
            });
        }
        if fate & DROPPED == 0 && fate & RETURNED == 0 && !aborted {
            book.wrong(|| format!("message {id} to {to} is nowhere, and was not dropped"));
        }
    }
    let tripped = |slot: &Slot| u64::from(slot.tripped.load(Ordering::Acquire));
    let tripped: u64 = book.seats().iter().map(tripped).sum();
    let gone = ledger.dropped.total() + ledger.dead.total() + ledger.returned.total() + tripped;
    let exact = book.plan.has_parcels_only() && !book.plan.features.stashes;
    if if exact { gone != lost } else { gone < lost } && !aborted {
        book.wrong(|| {
            format!("ledger: dropped, dead and returned are {gone}, messages that nobody handled {lost}")
        });
    }
}

/// Whether this state of an actor is there, and has heard of all that it was told: of one that was made to fail in the midst nobody
/// knows that.
pub(crate) fn is_here(book: &Book, (slot, state): (u32, u32)) -> bool {
    let slot = book.slot(slot);
    let tripped = slot.tripped.load(Ordering::Acquire) > 0;
    lives(slot) && slot.states.load(Ordering::Acquire) == state + 1 && !tripped
}

/// Whether somebody has asked and not heard. An open question is no work; it ends with its deadline.
pub(crate) fn is_asked(book: &Book) -> bool {
    locked(&book.lists).asks.iter().any(|asked| asked.told == 0 && is_here(book, asked.by))
}

/// Outcomes, notices and alarms: each once, if those who wait for it are there still.
fn once(book: &Book) {
    let here = |who| is_here(book, who);
    let lists = &*locked(&book.lists);
    for (n, asked) in lists.asks.iter().enumerate() {
        if asked.told == 0 && here(asked.by) {
            book.wrong(|| format!("asks: question {n} of {:?} has no outcome at rest", asked.by));
        }
    }
    for (n, tie) in lists.ties.iter().enumerate().filter(|(_, tie)| here(tie.by) && !tie.cancelled) {
        let due = u32::from(!lives(book.slot(tie.on)));
        if tie.told != due {
            book.wrong(|| {
                format!(
                    "notices: {} were told by tie {n} of {:?} on {}, {due} were due",
                    tie.told, tie.by, tie.on
                )
            });
        }
    }
    for (n, alarm) in lists.alarms.iter().enumerate().filter(|(_, alarm)| here(alarm.by) && !alarm.cancelled)
    {
        // In a mailbox that drops, what has fired is as any other message.
        if alarm.told == 0 && !book.cast_of(alarm.by.0).loses() {
            book.wrong(|| format!("timers: alarm {n} of {:?} has not come at rest", alarm.by));
        }
    }
    ticks::judge(book, &lists.tickers);
}

/// Who is always to be there is there, unless its supervisor has given up; and who is there has begun.
fn children(book: &Book, trees: &[Tree]) {
    // Whoever found no place has written nothing down, and one that was ended before it began may have been anybody.
    let all_known = !book.crowded.load(Ordering::Acquire) && book.unseen.load(Ordering::Acquire) == 0;
    for (n, cast) in book.plan.casts.iter().enumerate() {
        let Some(tree) = cast.tree.and_then(|tree| trees.get(tree)) else { continue };
        let is_there = tree.child::<Message>(&format!("child {n}")).is_some();
        if cast.restart == Restart::Permanent && !is_there && tree.exit().is_none() {
            book.wrong(|| format!("supervision: child {n} is permanent, and not there at rest"));
        }
        let has_begun = book.homes[n].load(Ordering::Acquire) != NOBODY;
        if all_known && is_there && !has_begun && tree.exit().is_none() {
            book.wrong(|| format!("supervision: child {n} is there at rest, and its first hook has not run"));
        }
    }
}

/// L4: of each flow whose two ends are there, what is free, held and in flight is its window. At rest nothing is in flight; what
/// is free is what was consumed and is not yet so much that it is granted again.
pub(crate) fn flows(book: &Book) {
    for (n, flow) in locked(&book.lists).flows.iter().enumerate() {
        let here = |slot: u32| lives(book.slot(slot));
        let (Some(held), false) = (flow.held, flow.over) else { continue };
        let same = book.slot(flow.by.0).states.load(Ordering::Acquire) == flow.by.1 + 1;
        if !here(flow.by.0) || !same || !here(flow.to) {
            continue;
        }
        let free = (flow.sent % u64::from(flow.window.div_ceil(2))) as u32;
        if free + held != flow.window {
            book.wrong(|| {
                format!(
                    "L4: flow {n} has {free} free and {held} held, of a window of {}: {flow:?}",
                    flow.window
                )
            });
        }
    }
}

/// Everybody has been told to end, and has had the time.
pub(crate) fn at_end(book: &Book, system: &System, ledger: &Ledger) {
    accounts(book, ledger);
    lost(book, ledger);
    once(book);
    links::judge(book);
    if ledger.spawned != ledger.stopped {
        let (spawned, stopped) = (ledger.spawned, ledger.stopped);
        book.wrong(|| format!("the end: {spawned} actors were spawned and {stopped} have ended"));
    }
    if system.status().living != 0 {
        book.wrong(|| format!("the end: {} actors live", system.status().living));
    }
}

/// The system has gone. L3: nothing that was sent or promised is left.
pub(crate) fn gone(book: &Book) {
    let sitting = book.sitting.load(Ordering::Acquire);
    if sitting != 0 {
        book.wrong(|| format!("L3: {sitting} states of actors are alive after the end"));
    }
    let living = book.living() - sitting;
    if living != 0 {
        book.wrong(|| format!("L3: {living} payloads are alive after the end"));
    }
    for (id, to, fate) in book.fates() {
        if fate & DROPPED == 0 {
            book.wrong(|| format!("L3: message {id} to {to} was never dropped"));
        }
    }
}

/// The plan, for a person.
pub(crate) fn summary(book: &Book) -> String {
    let plan = &book.plan;
    let mut words = format!("{}, {:?}\n", plan.topology, plan.features);
    for (n, cast) in plan.casts.iter().enumerate() {
        words += &format!("actor {n} knows {:?}: {cast:?}\n", plan.neighbours[n]);
    }
    plan.trees.iter().for_each(|tree| words += &format!("{tree:?}\n"));
    for (n, program) in plan.programs.iter().enumerate() {
        words += &format!("program {n}: {program:?}\n");
    }
    words
}

/// The system was ended, perhaps in the midst, and this is its ledger.
pub(crate) fn over(book: &Book, ledger: &Ledger) {
    accounts(book, ledger);
    lost(book, ledger);
    if ledger.spawned != ledger.stopped {
        let (spawned, stopped) = (ledger.spawned, ledger.stopped);
        book.wrong(|| format!("the end: {spawned} actors were spawned and {stopped} have ended"));
    }
}

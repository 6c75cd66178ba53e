//! How many actors live together, and what one costs.

use super::{Budget, counted, told};
use crate::machine::pss_bytes;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, System};

/// Actors born or asked in one turn of the nursery.
const CHUNK: u64 = 4_096;
/// Born between two looks at the memory.
const LOOK: u64 = 64 * CHUNK;
/// What measuring a byte count with one actor's precision takes.
const FOR_BYTES: u64 = 1_000_000;
const MARKS_AT_ONCE: usize = 1 << 20;

/// The plainest actor: 16 bytes of state. It marks its own place, which proves that this very one handled a message.
struct Marker {
    number: u64,
    handled: u64,
}

struct Mark(&'static [AtomicU8]);

impl Actor for Marker {
    type Msg = Mark;

    fn handle(&mut self, Mark(marks): Mark, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handled += 1;
        marks[self.number as usize % MARKS_AT_ONCE].fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Bears actors until its budget is used up, then asks them all.
struct Nursery {
    born: Vec<Address<Mark>>,
    until: Instant,
    memory: u64,
    most: u64,
    report: Sender<(Vec<Address<Mark>>, &'static str)>,
}

impl Nursery {
    fn spent(&self) -> Option<&'static str> {
        let born = self.born.len() as u64;
        if born >= self.most {
            return Some("target");
        }
        if Instant::now() >= self.until {
            return Some("time");
        }
        (born.is_multiple_of(LOOK) && pss_bytes().unwrap_or(0) >= self.memory).then_some("memory")
    }
}

impl Actor for Nursery {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(limit) = self.spent() {
            self.report.send((std::mem::take(&mut self.born), limit))?;
            cx.stop();
            return Ok(());
        }
        for _ in 0..CHUNK.min(self.most - self.born.len() as u64) {
            let marker = Marker { number: self.born.len() as u64, handled: 0 };
            match cx.try_spawn(marker, &Options::default()) {
                Ok(address) => self.born.push(address),
                Err(_) => {
                    self.report.send((std::mem::take(&mut self.born), "memory"))?;
                    cx.stop();
                    return Ok(());
                }
            }
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }

    /// One chunk a turn, so that the actors get their turns before the next chunk comes.
    fn options() -> Options {
        Options::builder().turn(1).build().unwrap_or_default()
    }
}

/// Sends every actor one mark, in order, chunk by chunk.
struct Roll {
    all: std::sync::Arc<Vec<Address<Mark>>>,
    next: usize,
    end: usize,
    marks: &'static [AtomicU8],
    sent: Sender<u64>,
}

impl Actor for Roll {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let upto = self.end.min(self.next + CHUNK as usize);
        for address in &self.all[self.next..upto] {
            cx.send(*address, Mark(self.marks))?;
        }
        self.next = upto;
        if self.next == self.end {
            self.sent.send(self.end as u64)?;
            cx.stop();
            return Ok(());
        }
        let me = cx.me();
        cx.send(me, ())?;
        Ok(())
    }

    /// One chunk a turn, so that the actors get their turns before the next chunk comes.
    fn options() -> Options {
        Options::builder().turn(1).build().unwrap_or_default()
    }
}

/// Creates actors until the budget is used; then every one of them answers a message.
pub(super) fn actors(budget: Budget) -> Result<Value, String> {
    let system = System::start().map_err(told)?;
    let (all, limit) = create(&system, budget, budget.target.unwrap_or(u64::MAX))?;
    let created = all.len() as u64;
    let answered = ask_each(&system, all)?;
    let mut answer = counted(created, answered);
    answer["actors"] = json!(answered);
    answer["limit"] = json!(limit);
    std::mem::forget(system);
    Ok(answer)
}

/// The growth of PSS by a million actors, each of which has handled one message.
pub(super) fn bytes(budget: Budget) -> Result<Value, String> {
    let system = System::start().map_err(told)?;
    let marks = marks();
    // What is not per actor is there before: pools, and the first slab.
    let warm = Budget { time: Duration::from_secs(60), target: Some(1_000), ..budget };
    let (few, _) = create(&system, warm, 1_000)?;
    ask_some(&system, &std::sync::Arc::new(few), 0, 1_000, marks)?;
    let before = pss_bytes().ok_or("the kernel does not tell PSS")?;
    let wanted = budget.target.unwrap_or(FOR_BYTES);
    let long = Budget { time: Duration::from_secs(60), ..budget };
    let (all, _) = create(&system, long, wanted)?;
    let created = all.len() as u64;
    let list = all.len() * std::mem::size_of::<Address<Mark>>();
    let answered = ask_each(&system, all)?;
    // The list of addresses is the instrument's.
    let growth = pss_bytes().unwrap_or(0).saturating_sub(before).saturating_sub(list as u64);
    let mut answer = counted(created, answered);
    answer["actors"] = json!(created);
    answer["bytes_per_actor"] = json!(growth as f64 / created as f64);
    std::mem::forget(system);
    Ok(answer)
}

fn create(system: &System, budget: Budget, most: u64) -> Result<(Vec<Address<Mark>>, &'static str), String> {
    let (report, reported) = channel();
    let nursery = system.spawn(Nursery {
        born: Vec::with_capacity(most.min(1 << 20) as usize),
        until: Instant::now() + budget.time,
        memory: if budget.memory_bytes == 0 { u64::MAX } else { budget.memory_bytes },
        most,
        report,
    });
    nursery.try_send(()).map_err(told)?;
    let born = reported.recv().map_err(told)?;
    // Each has had its first turn.
    system.quiesce(Duration::from_secs(600)).map_err(told)?.check()?;
    Ok(born)
}

fn marks() -> &'static [AtomicU8] {
    (0..MARKS_AT_ONCE).map(|_| AtomicU8::new(0)).collect::<Vec<_>>().leak()
}

/// Sends each actor one message; gives how many different ones handled theirs.
fn ask_each(system: &System, all: Vec<Address<Mark>>) -> Result<u64, String> {
    let all = std::sync::Arc::new(all);
    let marks = marks();
    let mut answered = 0;
    for start in (0..all.len()).step_by(MARKS_AT_ONCE) {
        let end = all.len().min(start + MARKS_AT_ONCE);
        answered += ask_some(system, &all, start, end, marks)?;
    }
    Ok(answered)
}

/// Asks the actors from `start` to `end`, and counts the places that were marked exactly once.
fn ask_some(
    system: &System,
    all: &std::sync::Arc<Vec<Address<Mark>>>,
    start: usize,
    end: usize,
    marks: &'static [AtomicU8],
) -> Result<u64, String> {
    let (sent, done) = channel();
    let all = std::sync::Arc::clone(all);
    system.spawn(Roll { all, next: start, end, marks, sent }).try_send(()).map_err(told)?;
    done.recv().map_err(told)?;
    system.quiesce(Duration::from_secs(600)).map_err(told)?.check()?;
    Ok(marks.iter().map(|mark| u64::from(mark.swap(0, Ordering::Relaxed) == 1)).sum())
}

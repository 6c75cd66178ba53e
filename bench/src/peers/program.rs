//! The program of a system: reads what is asked, measures, and answers.
//!
//! `PROGRAM WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES...` starts the system with so many workers, makes so many idle actors, works
//! for so long on everything in turns (a used heap), and measures what is asked for, each for about so long.

use super::answer::{Answer, Row};
use super::peer::{Iteration, Peer};
use super::sink::{pace, sinks};
use super::task::{Asked, Task, Work};
use crate::alone::answer::{FAILED, written};
use crate::alone::spoiled::Spoiled;
use crate::clock::Clock;
use crate::machine::{pss_bytes, rss_peak_bytes};
use crate::stderr;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Versions of all systems that are crates.
const LOCK: &str = include_str!("../../peers/Cargo.lock");
const USAGE_CODE: u8 = 2;
/// Iterations of a row: no more are counted.
const MOST: usize = 1_000;
/// So many iterations are to fit into the time, for which there may be fewer messages in each: enough to see whether they drift.
const FITTING: u32 = 12;
/// With what it cannot count, making a ring for one, an iteration may take so many times as long as the time says.
const SLOWER: u32 = 8;
/// Parts of the messages, to see how long all would take: the larger one where the smaller took less than the time.
const PARTS: [u64; 2] = [4_096, 64];
/// Idle actors made before what one takes is looked at: what is not per actor is there then.
const FIRST: u64 = 1_000;
/// More workers than this are a mistake.
pub const WORKERS_MOST: u64 = 1_024;
/// More idle actors than this are a mistake.
pub const IDLE_MOST: u64 = 100_000_000;
/// More milliseconds than this are a mistake.
const MS_MOST: u64 = 3_600_000;
/// What is done in turns to wear the heap: of each some milliseconds.
const MIXED: [(Work, u64, u64); 8] = [
    (Work::PingPong, 2, 10_000),
    (Work::Counting, 2, 100_000),
    (Work::ForkJoin, 60, 60_000),
    (Work::Create, 1, 10_000),
    (Work::RingShuffled, 1_000, 10_000),
    (Work::Big, 120, 24_000),
    (Work::FanIn, 8, 80_000),
    (Work::Ask, 2, 10_000),
];

/// What a process is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orders {
    /// Workers of the system.
    pub workers: u64,
    /// Idle actors beside.
    pub idle: u64,
    /// How long the heap is used before anything counts.
    pub used: Duration,
    /// How long each is measured.
    pub time: Duration,
    /// What is measured.
    pub asked: Vec<Asked>,
}

impl Orders {
    /// As arguments.
    pub fn words(&self) -> Vec<String> {
        let first = [
            self.workers.to_string(),
            self.idle.to_string(),
            self.used.as_millis().to_string(),
            self.time.as_millis().to_string(),
        ];
        first.into_iter().chain(self.asked.iter().map(Asked::to_string)).collect()
    }

    /// From arguments.
    ///
    /// # Errors
    /// What it got and what it takes, in words.
    pub fn read(words: &[String]) -> Result<Self, String> {
        let number = |text: &str, least: u64, most: u64| {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|n| digits && (least..=most).contains(n))
        };
        let got = || format!("got {:?}: {}", words.join(" "), takes());
        let [workers, idle, used, time, asked @ ..] = words else { return Err(got()) };
        let numbers = || {
            Some((
                number(workers, 1, WORKERS_MOST)?,
                number(idle, 0, IDLE_MOST)?,
                number(used, 0, MS_MOST)?,
                number(time, 1, MS_MOST)?,
            ))
        };
        let (workers, idle, used, time) = numbers().ok_or_else(got)?;
        if asked.is_empty() {
            return Err(got());
        }
        let read = |text: &String| Asked::parse(text).map_err(|why| format!("got {text:?}: {why}"));
        let asked = asked.iter().map(read).collect::<Result<_, _>>()?;
        let (used, time) = (Duration::from_millis(used), Duration::from_millis(time));
        Ok(Self { workers, idle, used, time, asked })
    }
}

fn takes() -> String {
    format!(
        "takes WORKERS IDLE USED_MS TIME_MS NAME:ACTORS:MESSAGES.., with 1 to {WORKERS_MOST} workers, up to {IDLE_MOST} idle actors, and up to \
         {MS_MOST} ms"
    )
}

/// The whole program of `P`, with the arguments after its name. Exit code 0 with an answer, 1 where the system could not be started, 2 on
/// bad arguments.
pub fn main<P: Peer>(args: impl Iterator<Item = OsString>) -> ExitCode {
    let words: Vec<String> = args.map(|arg| arg.to_string_lossy().into_owned()).collect();
    if words.iter().any(|word| word == "-h" || word == "--help") {
        return written(P::NAME, takes());
    }
    let orders = match Orders::read(&words) {
        Ok(orders) => orders,
        Err(line) => {
            stderr::line(format_args!("{}: {line}", P::NAME));
            return ExitCode::from(USAGE_CODE);
        }
    };
    let answered = answer::<P>(&orders).and_then(|answer| Ok(serde_json::to_string(&answer)?));
    match answered {
        Ok(line) => written(P::NAME, line),
        Err(Spoiled::Wrong(why) | Spoiled::Failed(why)) => {
            stderr::line(format_args!("{}: {why}", P::NAME));
            ExitCode::from(FAILED)
        }
    }
}

/// Measures all that is asked; after what has no figure nothing more is, as what is left of that would be beside it.
pub(super) fn answer<P: Peer>(orders: &Orders) -> Result<Answer, Spoiled> {
    let mut peer = P::start(orders.workers as usize)?;
    let mut spoiled = None;
    if let Err(why) = prepare(&mut peer, orders) {
        spoiled = Some(why);
    }
    let mut rows = Vec::new();
    for asked in &orders.asked {
        let row = match &spoiled {
            None => row(&mut peer, *asked, orders.time).unwrap_or_else(|why| {
                let row = without(&why);
                spoiled = Some(why);
                row
            }),
            Some(why) => without(why),
        };
        rows.push(Row { asked: asked.to_string(), ..row });
    }
    let peak_bytes = rss_peak_bytes();
    match spoiled {
        None => match peer.end() {
            // What each counted was right, and what became of all of it is not: none of them holds.
            Err(Spoiled::Wrong(why)) => {
                for row in rows.iter_mut().filter(|row| row.why.is_none()) {
                    (row.why, row.wrong) = (Some(why.clone()), true);
                }
            }
            ended => ended?,
        },
        // What hangs in it would hang its end.
        Some(_) => std::mem::forget(peer),
    }
    Ok(Answer {
        peer: P::NAME.into(),
        version: version(P::CRATE).unwrap_or_default().into(),
        how: P::HOW.into(),
        rows,
        peak_bytes,
    })
}

fn without(why: &Spoiled) -> Row {
    let (why, wrong) = match why {
        Spoiled::Wrong(why) => (why, true),
        Spoiled::Failed(why) => (why, false),
    };
    Row { why: Some(why.clone()), wrong, ..Row::default() }
}

/// Idle actors, and a heap that was used.
fn prepare<P: Peer>(peer: &mut P, orders: &Orders) -> Result<(), Spoiled> {
    if orders.idle > 0 {
        peer.crowd(orders.idle)?;
    }
    let began = Instant::now();
    while began.elapsed() < orders.used {
        for task in MIXED.map(|(work, actors, messages)| Task::new(work, actors, messages)) {
            if peer.cannot(task).is_none() {
                once(peer, task)?;
            }
        }
    }
    Ok(())
}

fn row<P: Peer>(peer: &mut P, asked: Asked, time: Duration) -> Result<Row, Spoiled> {
    match asked {
        Asked::Work(task) => match peer.cannot(task) {
            Some(why) => Ok(Row { why: Some(why), ..Row::default() }),
            None => iterated(peer, task, time),
        },
        Asked::Memory(actors) => {
            peer.crowd(FIRST)?;
            let pss = || pss_bytes().ok_or_else(|| Spoiled::Failed("the kernel does not tell PSS".into()));
            let before = pss()?;
            peer.crowd(actors)?;
            let growth = pss()?.saturating_sub(before);
            let bytes = growth as f64 / actors as f64;
            Ok(Row { messages: actors, bytes_per_actor: Some(bytes), ..Row::default() })
        }
        Asked::Open { actors, rate } => {
            let clock = Clock::calibrated();
            let (sinks, recorded) = sinks(clock, actors);
            let inlet = peer.open(sinks)?;
            let opened = pace(inlet, clock, actors as usize, &recorded, rate, asked.most(time))?;
            in_order::<P>(opened.disorder)?;
            Ok(Row { messages: opened.sent, disorder: opened.disorder, open: Some(opened), ..Row::default() })
        }
    }
}

/// As many messages of it as fit into the time that an iteration has: by how long a part takes.
fn fitted<P: Peer>(peer: &mut P, task: Task, time: Duration) -> Result<Task, Spoiled> {
    let mut each = 0.0;
    for part in PARTS.map(|parts| task.part(parts)) {
        let took = once(peer, part)?.took;
        each = took.as_secs_f64() / part.messages as f64;
        if took > time {
            break;
        }
    }
    let fitting = time.as_secs_f64() / f64::from(FITTING) / each.max(1e-12);
    Ok(if fitting < task.messages as f64 { task.with_messages(fitting as u64) } else { task })
}

/// What fits, once, and then what counts. A crowd is made for what counts alone: its parts have warmed up what it runs.
fn iterated<P: Peer>(peer: &mut P, task: Task, time: Duration) -> Result<Row, Spoiled> {
    let task = fitted(peer, task, time)?;
    if !task.is_crowd() {
        once(peer, task)?;
    }
    let began = Instant::now();
    let (mut ns, mut measured, mut disorder) = (Vec::new(), Duration::ZERO, 0);
    while ns.is_empty() || ns.len() < MOST && measured < time && began.elapsed() < SLOWER * time {
        let iteration = once(peer, task)?;
        measured += iteration.took;
        disorder += iteration.disorder;
        ns.push(iteration.took.as_nanos() as f64);
    }
    Ok(Row { ns, messages: task.messages, disorder, ..Row::default() })
}

/// One iteration, looked at.
fn once<P: Peer>(peer: &mut P, task: Task) -> Result<Iteration, Spoiled> {
    let iteration = peer.run(task)?;
    let (counts, expected) = (&iteration.counts, task.counts());
    if *counts != expected {
        let at = expected.iter().zip(counts).position(|(expected, count)| expected != count);
        let at = at.unwrap_or(expected.len().min(counts.len()));
        let (of, counted, expected) = (task.work.name(), counts.get(at), expected.get(at));
        return Err(Spoiled::Wrong(format!("{of}: count {at} was to be {expected:?}, it is {counted:?}")));
    }
    if iteration.took.is_zero() {
        return Err(Spoiled::Wrong(format!("{}: no time passed", task.work.name())));
    }
    in_order::<P>(iteration.disorder)?;
    Ok(iteration)
}

fn in_order<P: Peer>(disorder: u64) -> Result<(), Spoiled> {
    if P::FIFO && disorder > 0 {
        return Err(Spoiled::Wrong(format!("{disorder} messages were overtaken, where order is promised")));
    }
    Ok(())
}

/// The version of a crate that the systems are built with.
fn version(name: &str) -> Option<&'static str> {
    let named = format!("name = \"{name}\"");
    let mut lines = LOCK.lines().skip_while(|line| *line != named);
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests;

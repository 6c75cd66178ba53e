//! The comparison, `peers/1`: every figure of all systems one after the other, in rounds, in an order that is drawn.

mod taken;

mod logs;
mod rows;

use super::answer::{Answer, Row};
use super::plan::unit;
use super::program::Orders;
use super::system::{Invocation, System};
use crate::alone::answer::{FAILED, WRONG};
use crate::contest::{BASE, Contest, Contestant};
use crate::export::set::FileSet;
use crate::interrupt::INTERRUPTED;
use crate::process::{self, Failure, Job};
use crate::seeded::Seeded;
use crate::series::certified::Certified;
use crate::series::load::{Validity, pretty};
use crate::utc;
use logs::Logs;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::ffi::OsString;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use taken::{Beside, Taken};

/// The name and version of the JSON.
pub const SCHEMA: &str = "peers/1";
/// What a process may take beside what it measures: its start, its idle actors, and what it does not count.
const BESIDE: Duration = Duration::from_secs(120);
/// A figure may take so many times as long as its time, with what is not counted.
const SLOWER: u32 = 30;

/// What to measure.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Which systems, throng first, and how each is run or why not.
    pub systems: Vec<(&'a System, Result<Invocation, String>)>,
    /// What a process is told, for each that is begun of every system in a round.
    pub processes: Vec<Orders>,
    /// How often each figure is taken.
    pub rounds: u32,
    /// Of the order of the systems.
    pub seed: u64,
    /// What repeats it: the arguments of `throng`.
    pub command: Vec<String>,
    /// Probes what crossing between the processors takes, in nanoseconds: before each process.
    pub crossing: fn() -> Option<f64>,
}

/// The comparison as measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peers {
    /// [`SCHEMA`].
    pub schema: String,
    /// The arguments of `throng` that repeat it.
    pub command: Vec<String>,
    /// When it began, in UTC.
    pub started: String,
    /// How many rounds there were to be.
    pub rounds: u32,
    /// Of the order of the systems.
    pub seed: u64,
    /// Every system that was asked for.
    pub systems: Vec<Contestant>,
    /// Every figure.
    pub contests: Vec<Contest>,
    /// Whether throng did all its work as it was to be.
    pub validity: Validity,
    /// The machine and the build.
    pub env: Map<String, Value>,
}

/// A comparison that was measured.
#[derive(Debug)]
pub struct Outcome {
    /// Its figures.
    pub peers: Peers,
    /// Each iteration that counts: a line of CSV each.
    pub iterations: String,
    /// The latencies of each open load.
    logs: Logs,
    /// The exit code it comes to: 0, 1 where throng has no figure, 5 where its work was not done as it was to be, 130 interrupted.
    pub exit: u8,
}

/// Measures it until all is there or `stop` is raised. `progress` is told of each process.
pub fn run(plan: Plan<'_>, stop: &AtomicBool, progress: &mut dyn FnMut(&str)) -> Outcome {
    let mut logs = Logs::begin();
    let (certified, cross_before) = (Certified::begin(), (plan.crossing)());
    let mut systems: Vec<Contestant> = plan.systems.iter().map(|(system, _)| system.contestant()).collect();
    for (system, (_, how)) in systems.iter_mut().zip(&plan.systems) {
        system.why = how.as_ref().err().cloned();
    }
    let mut all: Vec<Vec<Taken>> = plan
        .processes
        .iter()
        .map(|orders| orders.asked.iter().map(|_| Taken::new(plan.systems.len())).collect())
        .collect();
    let mut iterations = rows::ITERATIONS.to_owned();
    'measured: for (round, at) in order(plan.rounds, plan.processes.len()) {
        let (of, taken) = (&plan.processes[at], &mut all[at]);
        for place in drawn(plan.seed, round, at, plan.systems.len()) {
            let Ok(invocation) = &plan.systems[place.system].1 else { continue };
            let left: Vec<usize> = (0..taken.len()).filter(|one| taken[*one].goes_on(place.system)).collect();
            if left.is_empty() {
                continue;
            }
            let name = &systems[place.system].name;
            progress(&format!("round {round} of {}: {name}: {}", plan.rounds, of.words().join(" ")));
            let asked = left.iter().map(|one| of.asked[*one]).collect();
            // Whose actors run on one thread is set beside the others as it is.
            let workers = if systems[place.system].threads { of.workers } else { 1 };
            let orders = Orders { asked, workers, ..of.clone() };
            let (cross_core_ns, start) = ((plan.crossing)(), logs.age());
            let answer = match ask(name, invocation, &orders, stop) {
                Ok(answer) => answer,
                Err(Asking::Interrupted) => break 'measured,
                Err(Asking::Failed(why)) => {
                    for one in left {
                        taken[one].ended(place.system, &why, false);
                    }
                    continue;
                }
            };
            let alone = orders.asked.len() == 1 && orders.idle == 0 && orders.used.is_zero();
            let bytes = answer.peak_bytes.map(|bytes| bytes as f64);
            let beside = Beside { peak: bytes.filter(|_| alone), cross_core_ns };
            if let Some(bytes) = bytes.filter(|_| !alone && !place.again) {
                taken[0].whole(place.system, round, bytes);
            }
            let tried = tried(&answer.rows);
            for (n, row) in answer.rows.iter().enumerate() {
                let (taken, asked) = (&mut taken[left[n]], orders.asked[n]);
                match &row.why {
                    Some(why) if n < tried => taken.ended(place.system, why, row.wrong),
                    Some(why) => taken.untried(place.system, why, tried == 1),
                    None if place.again => taken.again(place.system, round, asked, row),
                    None => {
                        taken.measured(place.system, round, asked, row, beside);
                        iterations.push_str(&rows::iterations(name, of, asked, round, row));
                        if let Some(open) = &row.open {
                            logs.push(name, of, asked, start, open);
                        }
                    }
                }
            }
            let system = &mut systems[place.system];
            system.version = Some(answer.version).filter(|version| !version.is_empty());
            system.how = Some(answer.how).filter(|how| !how.is_empty());
        }
    }
    let interrupted = stop.load(Ordering::Relaxed);
    let mut contests = Vec::new();
    for (orders, taken) in plan.processes.iter().zip(all) {
        for (asked, taken) in orders.asked.iter().zip(taken) {
            contests.push(taken.contest(&systems, orders, *asked, unit(*asked)));
        }
    }
    let base = |contest: &Contest| {
        contest.standings.iter().find(|one| one.name == BASE && one.why.is_some()).cloned()
    };
    let spoiled: Vec<_> =
        contests.iter().filter_map(|contest| Some((contest.asked.clone(), base(contest)?))).collect();
    let wrong: Vec<String> = spoiled
        .iter()
        .map(|(asked, one)| format!("{BASE}: {asked}: {}", one.why.as_deref().unwrap_or_default()))
        .collect();
    let exit = match () {
        () if spoiled.iter().any(|(_, one)| one.wrong) => WRONG,
        () if !spoiled.is_empty() => FAILED,
        () if interrupted => INTERRUPTED,
        () => 0,
    };
    let mut env = certified.end(plan.seed);
    env.insert("cross_core_ns".into(), json!({"before": cross_before, "after": (plan.crossing)()}));
    let peers = Peers {
        schema: SCHEMA.into(),
        command: plan.command,
        started: utc::readable(logs.began()),
        rounds: plan.rounds,
        seed: plan.seed,
        systems,
        contests,
        validity: Validity { valid: wrong.is_empty(), interrupted, wrong },
        env,
    };
    Outcome { peers, iterations, logs, exit }
}

/// What is measured after what: the round from 1, and which process of all systems; there and back in turns.
fn order(rounds: u32, processes: usize) -> impl Iterator<Item = (u32, usize)> {
    (1..=rounds).flat_map(move |round| {
        (0..processes).map(move |n| (round, if round % 2 == 0 { processes - 1 - n } else { n }))
    })
}

/// A system's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    system: usize,
    /// The second of the first system, which shows what no difference looks like.
    again: bool,
}

/// In which order the systems have their turns.
fn drawn(seed: u64, round: u32, at: usize, systems: usize) -> Vec<Place> {
    let mut places: Vec<Place> = (0..systems).map(|system| Place { system, again: false }).collect();
    if systems > 0 {
        places.push(Place { system: 0, again: true });
    }
    Seeded::stream(seed, u64::from(round) << 32 | at as u64).shuffle(&mut places);
    places
}

enum Asking {
    Interrupted,
    Failed(String),
}

/// How many of the rows were tried. Behind one that failed none is, and all of them to the end have its reason; what has messages was
/// done all the same, and is wrong by what the end of its process says.
fn tried(rows: &[Row]) -> usize {
    let last = rows.last().and_then(|row| row.why.as_ref());
    let same = |row: &&Row| row.messages == 0 && row.why.is_some() && row.why.as_ref() == last;
    let failed_and_behind = rows.iter().rev().take_while(same).count();
    rows.len() - failed_and_behind.saturating_sub(1)
}

fn ask(name: &str, invocation: &Invocation, orders: &Orders, stop: &AtomicBool) -> Result<Answer, Asking> {
    let args = invocation.before.iter().cloned().chain(orders.words().into_iter().map(OsString::from));
    let deadline = BESIDE + orders.used + SLOWER * orders.time * orders.asked.len() as u32;
    let job = Job { program: invocation.path.clone(), args: args.collect(), env: Vec::new(), deadline };
    let line = process::run(&job, stop, &mut |_| {}).map_err(|failure| match failure {
        Failure::Interrupted { .. } => Asking::Interrupted,
        other => Asking::Failed(other.to_string()),
    })?;
    Answer::read(&line, name, &orders.asked, orders.time).map_err(Asking::Failed)
}

impl Outcome {
    /// Writes the files into `folder`; `summary` is the comparison as Markdown. Those of one that does not hold end in `.FAIL`.
    ///
    /// # Errors
    /// In words, what could not be written.
    pub fn save(&self, folder: &Path, summary: &str) -> Result<(), String> {
        let first = [
            ("env.json", pretty(&self.peers.env)),
            ("summary.md", summary.to_owned()),
            ("iterations.csv", self.iterations.clone()),
        ];
        let texts = first.into_iter().chain(self.logs.texts()?).chain([("run.json", pretty(&self.peers))]);
        FileSet::save(folder, self.peers.validity.valid, texts)
    }
}

#[cfg(test)]
mod tests;

//! A tree as data: the engine's is built from it, and the oracle foretells what becomes of it.

use super::Log;
use crate::seed::Random;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use throng::{Actor, Backoff, Child, Context, Decision, Fault, Restart, Shutdown, Strategy, Supervisor};

pub(super) const MS: Duration = Duration::from_millis(1);

pub(super) const STRATEGIES: [Strategy; 3] = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];

pub(super) const KINDS: [Restart; 3] = [Restart::Permanent, Restart::Transient, Restart::Temporary];

/// A child, to its supervisor.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) name: &'static str,
    pub(super) kind: Restart,
    /// What the supervisor decides when it fails.
    pub(super) verdict: Decision,
    /// A supervisor has all its time, or is killed with all that is below it; of the latter the oracle knows nothing.
    pub(super) shutdown: Shutdown,
    /// If it is a supervisor itself.
    pub(super) floor: Option<Arc<Floor>>,
}

/// A supervisor.
#[derive(Debug, Clone)]
pub(super) struct Floor {
    pub(super) strategy: Strategy,
    pub(super) most: u32,
    pub(super) within: Duration,
    /// The first pause, and the longest.
    pub(super) pauses: Option<(Duration, Duration)>,
    pub(super) quiet: Duration,
    pub(super) children: Vec<Node>,
}

/// How a start fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// What makes the state panics.
    Make,
    /// Its first hook panics.
    Panic,
    /// Its first hook gives an error.
    Error,
}

/// So many starts to come fail, by path.
pub(super) type Broken = HashMap<String, (Manner, u32)>;

/// One state of a supervisor.
#[derive(Debug, Default)]
pub(super) struct Reign {
    /// By the test, beside its last turn: it hears nothing more.
    pub(super) killed: AtomicBool,
}

/// Whose a fault was, and whether there was a supervisor to hear of it.
pub(super) type Faulted = (Arc<str>, bool);

/// What the test and the actors of a tree share.
#[derive(Debug, Clone, Default)]
pub(super) struct Script {
    pub(super) log: Log,
    broken: Arc<Mutex<Broken>>,
    /// Their numbers are in their words.
    faults: Arc<Mutex<Vec<Faulted>>>,
    /// The state that each supervisor has now.
    reigns: Arc<Mutex<HashMap<String, Arc<Reign>>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Script {
    /// The starts to come of this leaf fail.
    pub(super) fn break_starts(&self, path: &str, manner: Manner, times: u32) {
        locked(&self.broken).insert(path.into(), (manner, times));
    }

    pub(super) fn mend_starts(&self) {
        locked(&self.broken).clear();
    }

    pub(super) fn faults(&self) -> Vec<Faulted> {
        locked(&self.faults).clone()
    }

    pub(super) fn reign(&self, path: &str) -> Option<Arc<Reign>> {
        locked(&self.reigns).get(path).cloned()
    }

    /// The words of one more fault.
    fn fault(&self, path: &Arc<str>, under: &Reign) -> String {
        let mut faults = locked(&self.faults);
        faults.push((Arc::clone(path), !under.killed.load(Ordering::Relaxed)));
        format!("fault {}", faults.len())
    }

    /// Whether this start is one of those that fail so.
    fn fails(&self, path: &str, at: &[Manner]) -> Option<Manner> {
        fails(&mut locked(&self.broken), path, at)
    }
}

/// Takes one off.
pub(super) fn fails(broken: &mut Broken, path: &str, at: &[Manner]) -> Option<Manner> {
    let (manner, left) = broken.get_mut(path)?;
    let manner = *manner;
    if *left == 0 || !at.contains(&manner) {
        return None;
    }
    *left -= 1;
    Some(manner)
}

/// The path of a child.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}/{name}") }
}

/// Does as it is told, and writes down its hooks.
struct Leaf {
    path: Arc<str>,
    script: Script,
    under: Arc<Reign>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    Fail,
    Panic,
    Stop,
}

/// As `panic!` does, without a line on stderr for each.
fn panic_quietly(words: String) -> ! {
    std::panic::resume_unwind(Box::new(words))
}

impl Actor for Leaf {
    type Msg = Act;
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.script.fails(&self.path, &[Manner::Panic, Manner::Error]) {
            Some(Manner::Panic) => panic_quietly(self.script.fault(&self.path, &self.under)),
            Some(_) => Err(Fault::msg(self.script.fault(&self.path, &self.under))),
            None => {
                self.script.log.note(format!("start {}", self.path));
                Ok(())
            }
        }
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.script.log.note(format!("stop {}", self.path));
    }
    fn handle(&mut self, act: Act, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match act {
            Act::Fail => return Err(Fault::msg(self.script.fault(&self.path, &self.under))),
            Act::Panic => panic_quietly(self.script.fault(&self.path, &self.under)),
            Act::Stop => cx.stop(),
        }
        Ok(())
    }
}

impl Floor {
    /// The supervisor in this place.
    pub(super) fn supervisor(&self, path: &str, script: &Script) -> Supervisor {
        let reign = Arc::<Reign>::default();
        locked(&script.reigns).insert(path.into(), Arc::clone(&reign));
        let verdicts: Vec<_> = self.children.iter().map(|child| (child.name, child.verdict)).collect();
        let (log, own) = (script.log.clone(), path.to_string());
        let mut supervisor = Supervisor::new()
            .strategy(self.strategy)
            .intensity(self.most, self.within)
            .quiet(self.quiet)
            .on_fault(move |name, _| {
                log.note(format!("ask {}", below(&own, name)));
                verdicts.iter().find(|verdict| verdict.0 == name).expect("a child of it").1
            });
        if let Some((first, most)) = self.pauses {
            supervisor = supervisor.backoff(Backoff::new(first, most));
        }
        for node in &self.children {
            let (path, script) = (below(path, node.name), script.clone());
            supervisor = match node.floor.clone() {
                Some(floor) => {
                    let child = Child::supervisor(node.name, move || floor.supervisor(&path, &script));
                    let shutdown = match node.shutdown {
                        Shutdown::Kill => Shutdown::Kill,
                        _ => Shutdown::Drain(Duration::MAX),
                    };
                    supervisor.child(child.restart(node.kind).shutdown(shutdown))
                }
                None => {
                    let (path, under): (Arc<str>, _) = (path.into(), Arc::clone(&reign));
                    let child = Child::new(node.name, move || {
                        if script.fails(&path, &[Manner::Make]).is_some() {
                            panic_quietly(script.fault(&path, &under));
                        }
                        Leaf { path: Arc::clone(&path), script: script.clone(), under: Arc::clone(&under) }
                    });
                    supervisor.child(child.restart(node.kind).shutdown(node.shutdown))
                }
            };
        }
        supervisor
    }

    /// Some floor, with so many more below it at most; if fierce, with supervisors that are killed where others are stopped.
    pub(super) fn draw(random: &mut Random, depth: u64, fierce: bool) -> Floor {
        let names = ["a", "b", "c", "d"];
        let count = if depth == 0 { random.below(5) } else { 1 + random.below(3) };
        let pauses = (random.below(3) > 0).then(|| {
            let first = MS * (1 + random.below(30) as u32);
            (first, first * (1 + random.below(6) as u32))
        });
        Floor {
            strategy: STRATEGIES[random.below(3) as usize],
            most: random.below(5) as u32,
            within: MS * (50 + random.below(300) as u32),
            pauses,
            quiet: MS * (50 + random.below(300) as u32),
            children: names[..count as usize]
                .iter()
                .map(|name| Node::draw(random, name, depth, fierce))
                .collect(),
        }
    }
}

impl Node {
    fn draw(random: &mut Random, name: &'static str, depth: u64, fierce: bool) -> Node {
        let verdict = match random.below(10) {
            0 => Decision::Resume,
            1 => Decision::Stop,
            2 | 3 => Decision::Escalate,
            _ => Decision::Restart,
        };
        let floor =
            (depth > 0 && random.below(2) == 0).then(|| Arc::new(Floor::draw(random, depth - 1, fierce)));
        let ways = [Shutdown::default(), Shutdown::Now, Shutdown::Kill];
        let ways = if floor.is_some() && !fierce { &ways[..1] } else { &ways[..] };
        Node {
            name,
            kind: [KINDS[0], KINDS[0], KINDS[1], KINDS[2]][random.below(4) as usize],
            verdict,
            shutdown: ways[random.below(ways.len() as u64) as usize],
            floor,
        }
    }
}

//! Many at once, on threads: every fault is told once, every message is accounted for, nobody is left behind.

use super::blueprint::{Act, Floor, Manner, Script};
use super::{diary, in_short};
use crate::seed;
use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Child, Context, Decision, Exit, Fault, Happened, Order, Recipient, Supervisor, System, Tree,
    TreeEvent,
};

const SOON: Duration = Duration::from_secs(100);

/// Panics on the third message since it was spawned, and handles the others.
struct Third {
    count: Arc<AtomicU64>,
    handled: Arc<AtomicU64>,
}

impl Actor for Third {
    type Msg = u32;
    fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.count.fetch_add(1, Ordering::Relaxed) == 2 {
            // As `panic!` does, without a line on stderr for each.
            std::panic::resume_unwind(Box::new("the third"));
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// R1: so many panic on their third message of six; each is restarted in place, and loses that message alone.
#[test]
fn r01_many_panic_on_their_third_message_and_each_is_told_once() {
    let _dog = watch("r01_many_panic_on_their_third_message_and_each_is_told_once");
    let many: u32 = if cfg!(throng_sanitize) { 5_000 } else { 100_000 };
    let system = System::builder().workers(2).build().expect("threads");
    let (diary, events) = diary();
    let to: Recipient<TreeEvent> = system.spawn(diary).recipient();
    let handled = Arc::new(AtomicU64::new(0));
    let root = (0..many).fold(Supervisor::new().intensity(many, SOON).events_to(to), |root, n| {
        let (count, handled) = (Arc::new(AtomicU64::new(0)), Arc::clone(&handled));
        root.child(Child::new(n.to_string(), move || Third {
            count: Arc::clone(&count),
            handled: Arc::clone(&handled),
        }))
    });
    let tree = system.supervise(root).expect("names that differ");
    system.quiesce(SOON).expect("all start");
    let children: Vec<_> =
        (0..many).map(|n| tree.child::<u32>(&n.to_string()).expect("it has started")).collect();
    for n in 0..6_u32 {
        children.iter().for_each(|child| child.try_send(n).expect("there is room"));
    }
    let ledger = system.quiesce(SOON).expect("all is done");
    ledger.check().expect("it adds up");
    let many = u64::from(many);
    assert_eq!((tree.restarts(), ledger.faults), (many, many));
    assert_eq!(handled.load(Ordering::Relaxed), 5 * many);
    assert_eq!(ledger.dead.total() + ledger.dropped.total(), 0);
    assert!(children.iter().all(|child| child.is_alive()), "in place");
    let mut failed = vec![0; many as usize];
    for event in events.try_iter() {
        if let Happened::Failed(why) = &event.what {
            assert!(why.is_panic());
            failed[event.path.parse::<usize>().expect("a number")] += 1;
        }
    }
    assert!(failed.iter().all(|count| *count == 1), "each fault is told once");
    tree.stop(SOON).expect("in time");
    let ledger = system.shutdown(SOON).expect("in time");
    assert_eq!(ledger.spawned, ledger.stopped);
}

/// A tree in a storm, and who is told of it.
struct Stormed {
    tree: Tree,
    script: Script,
    events: Mutex<Receiver<TreeEvent>>,
    /// Supervisors that the test has ended, by path.
    overthrown: Mutex<Vec<String>>,
}

/// With room for more restarts than the woods have, and less that goes up: a storm shall last.
fn hardy(floor: &mut Floor, random: &mut seed::Random) {
    floor.most = random.below(40) as u32;
    for node in &mut floor.children {
        if node.verdict == Decision::Escalate && random.below(4) > 0 {
            node.verdict = Decision::Restart;
        }
        if let Some(below) = &mut node.floor {
            hardy(Arc::make_mut(below), random);
        }
    }
}

impl Stormed {
    fn new(system: &System, random: &mut seed::Random) -> Self {
        let (diary, events) = diary();
        let mut floor = Floor::draw(random, 3, true);
        hardy(&mut floor, random);
        let script = Script::default();
        let root = floor.supervisor("", &script).events_to(system.spawn(diary).recipient());
        let tree = system.supervise(root).expect("names that differ");
        Self { tree, script, events: Mutex::new(events), overthrown: Mutex::default() }
    }

    /// Something befalls somebody. Supervisors are ended too, unless it is gentle.
    fn blow(&self, random: &mut seed::Random, gentle: bool) {
        let paths = self.tree.directory().paths();
        if paths.is_empty() {
            return std::thread::yield_now();
        }
        let path = &paths[random.below(paths.len() as u64) as usize];
        let act = random.below(12);
        if let Some(leaf) = self.tree.child::<Act>(path) {
            if random.below(16) == 0 {
                let manner = [Manner::Make, Manner::Panic, Manner::Error][random.below(3) as usize];
                self.script.break_starts(path, manner, 1);
            }
            match act {
                0..6 => drop(leaf.try_send(Act::Panic)),
                6..9 => drop(leaf.try_send(Act::Fail)),
                9 => drop(leaf.try_send(Act::Stop)),
                10 => _ = leaf.kill(),
                _ => _ = leaf.stop_now(),
            }
        } else if !gentle
            && act < 2
            && let Some(below) = self.tree.child::<Order>(path)
        {
            // Before it is, so that whatever is lost by it is known to be.
            self.overthrown.lock().expect("no panic").push(format!("{path}/"));
            _ = if act == 0 { below.kill() } else { below.stop() };
        }
    }

    /// What was told when all is over: each fault once, by its number; or not at all, if a supervisor above was ended from outside.
    fn balance(self) -> Sum {
        assert!(self.tree.directory().paths().is_empty() && self.tree.exit().is_some());
        let overthrown = self.overthrown.into_inner().expect("no panic");
        let events: Vec<_> = self.events.into_inner().expect("no panic").try_iter().collect();
        let faults = self.script.faults();
        let mut told = vec![0; faults.len()];
        let mut sum = Sum { restarts: self.tree.restarts(), ..Sum::default() };
        for event in &events {
            match &event.what {
                Happened::Failed(why) => match number(&why.to_string()) {
                    Some(n) => {
                        assert_eq!(event.path, faults[n].0, "fault {n} was told of another");
                        told[n] += 1;
                    }
                    None => sum.of_supervisors += 1,
                },
                Happened::Ended(_) => sum.ends += 1,
                Happened::Escalated => sum.gave_up += 1,
                _ => {}
            }
        }
        for (n, (told, (path, _))) in told.into_iter().zip(&faults).enumerate() {
            let may_be_lost = overthrown.iter().any(|above| path.starts_with(above));
            let words = || events.iter().map(in_short).collect::<Vec<_>>().join(", ");
            assert!(
                told == 1 || told == 0 && may_be_lost,
                "fault {n} of {path}: told {told} times; {}",
                words()
            );
            sum.told += told;
            sum.unheard += 1 - told;
        }
        let gave_up = matches!(self.tree.exit(), Some(Exit::Failed(_)));
        assert_eq!(sum.gave_up, u64::from(gave_up), "a root says once that it gives up");
        sum
    }
}

/// The number of a leaf's fault; none if it is a supervisor's.
fn number(words: &str) -> Option<usize> {
    let number = words.strip_prefix("panicked: ").unwrap_or(words).strip_prefix("fault ")?;
    Some(number.parse::<usize>().expect("its number") - 1)
}

/// What trees came to.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    /// Faults of leaves that were told, and that were not.
    told: u64,
    unheard: u64,
    of_supervisors: u64,
    gave_up: u64,
    ends: u64,
    restarts: u64,
}

impl Sum {
    /// Something of everything has happened.
    fn is_storm(&self) -> bool {
        [self.told, self.of_supervisors, self.gave_up, self.ends, self.restarts]
            .iter()
            .all(|count| *count > 0)
    }

    fn add(&mut self, other: Sum) {
        self.told += other.told;
        self.unheard += other.unheard;
        self.of_supervisors += other.of_supervisors;
        self.gave_up += other.gave_up;
        self.ends += other.ends;
        self.restarts += other.restarts;
    }
}

const TREES: u64 = 3;

/// A round of blows from two threads at once, on trees that restart, wait and come down meanwhile.
fn round(random: &mut seed::Random, gentle: bool) -> Sum {
    let system = System::builder().workers(2).build().expect("threads");
    let trees: Vec<_> = (0..TREES).map(|_| Stormed::new(&system, random)).collect();
    system.quiesce(SOON).expect("all start");
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let (mut random, trees) = (seed::Random::of(random.below(u64::MAX >> 16)), &trees);
            scope.spawn(move || {
                for _ in 0..200 {
                    trees[random.below(TREES) as usize].blow(&mut random, gentle);
                }
            });
        }
    });
    trees.iter().for_each(|it| it.tree.stop(SOON).expect("in time"));
    let ledger = system.quiesce(SOON).expect("all is said");
    ledger.check().expect("it adds up");
    // The diaries alone.
    assert_eq!(ledger.spawned - ledger.stopped, TREES, "{}", system.describe());
    let mut sum = Sum::default();
    trees.into_iter().for_each(|it| sum.add(it.balance()));
    let faults = sum.told + sum.unheard + sum.of_supervisors + sum.gave_up;
    let ends = sum.ends + TREES;
    if gentle {
        // Every fault and every end but the roots', as they were counted where they happened.
        assert_eq!((sum.unheard, faults, ends), (0, ledger.faults, ledger.stopped), "{sum:?}");
    } else {
        // Of those below a supervisor that was ended nobody hears.
        assert!(faults <= ledger.faults && ends <= ledger.stopped, "{sum:?}: {ledger:?}");
    }
    system.shutdown(SOON).expect("in time");
    sum
}

/// Anybody is made to fail, stopped and killed from outside and beside each other, in every second round supervisors too, while trees
/// restart and come down; and then nobody is left, and each fault was told once.
#[test]
fn storms_over_random_trees_leave_nobody_behind_and_tell_each_fault_once() {
    let _dog = watch("storms_over_random_trees");
    let mut random = seed::random();
    let rounds = if cfg!(throng_sanitize) { 10 } else { 200 };
    let (mut gentle, mut fierce) = (Sum::default(), Sum::default());
    for n in 0.. {
        let of = if n % 2 == 0 { &mut gentle } else { &mut fierce };
        of.add(round(&mut random, n % 2 == 0));
        // Of a few rounds none may have had a supervisor that gives up.
        if n + 1 >= rounds && gentle.is_storm() && fierce.is_storm() {
            break;
        }
        assert!(n < 100 * rounds, "it is no storm: {gentle:?}, {fierce:?}");
    }
    println!("gentle: {gentle:?}; fierce: {fierce:?}");
}

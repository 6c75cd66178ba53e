//! Many at once, on threads: every fault is told once, every message is accounted for, nobody is left behind.

use super::{Diary, Log, Msg, Worker, diary};
use crate::seed;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use throng::{
    Actor, Child, Context, Decision, Exit, Fault, Happened, Order, Recipient, Restart, Shutdown, Strategy,
    Supervisor, System, TreeEvent,
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
fn many_panic_on_their_third_message_and_each_is_told_once() {
    let _dog = watch("many_panic_on_their_third_message");
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

/// Leaves and supervisors to a depth, drawn at random.
fn draw(random: &mut seed::Random, depth: u64, log: &Log) -> Supervisor {
    let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
    let mut supervisor = Supervisor::new()
        .strategy(strategies[random.below(3) as usize])
        .intensity(random.below(20) as u32, Duration::from_millis(200));
    if random.below(2) == 0 {
        let mut decide = random.clone();
        supervisor = supervisor.on_fault(move |_, _| match decide.below(10) {
            0 => Decision::Resume,
            1 => Decision::Stop,
            2 => Decision::Escalate,
            _ => Decision::Restart,
        });
    }
    for n in 0..2 + random.below(3) {
        let restart = [Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary];
        let restart = restart[random.below(4) as usize];
        let shutdown = [Shutdown::default(), Shutdown::Now, Shutdown::Kill][random.below(3) as usize];
        if depth > 0 && random.below(2) == 0 {
            let (below, log) = (random.below(u64::MAX >> 16), log.clone());
            let make = move || draw(&mut seed::Random::of(below), depth - 1, &log);
            supervisor = supervisor.child(Child::supervisor(format!("s{n}"), make).restart(restart));
        } else {
            let child = Worker::child(&format!("w{n}"), log).restart(restart).shutdown(shutdown);
            supervisor = supervisor.child(child);
        }
    }
    supervisor
}

/// Anybody is made to fail, stopped and killed, supervisors too, from outside and beside each other, while trees restart and come
/// down; and then nobody is left.
#[test]
fn storms_over_random_trees_leave_nobody_behind() {
    let _dog = watch("storms_over_random_trees");
    let mut random = seed::random();
    let rounds = if cfg!(throng_sanitize) { 10 } else { 50 };
    let (mut restarts, mut gave_up, mut failed) = (0, 0, 0);
    for _ in 0..rounds {
        let system = System::builder().workers(2).build().expect("threads");
        let (diary, events): (Diary, _) = diary();
        let to: Recipient<TreeEvent> = system.spawn(diary).recipient();
        let log = Log::default();
        let trees: Vec<_> = (0..3)
            .map(|_| draw(&mut random, 3, &log).events_to(to))
            .map(|root| system.supervise(root).expect("names that differ"))
            .collect();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (mut random, trees) = (seed::Random::of(random.below(u64::MAX >> 16)), &trees);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let tree = &trees[random.below(3) as usize];
                        let paths = tree.directory().paths();
                        if paths.is_empty() {
                            std::thread::yield_now();
                            continue;
                        }
                        let path = &paths[random.below(paths.len() as u64) as usize];
                        let act = random.below(12);
                        if let Some(worker) = tree.child::<Msg>(path) {
                            match act {
                                0..6 => drop(worker.try_send(Msg::Panic)),
                                6..9 => drop(worker.try_send(Msg::Fail)),
                                9 => drop(worker.try_send(Msg::Stop)),
                                10 => _ = worker.kill(),
                                _ => _ = worker.stop_now(),
                            }
                        } else if let Some(below) = tree.child::<Order>(path) {
                            match act {
                                0 => _ = below.kill(),
                                1 => _ = below.stop(),
                                _ => {}
                            }
                        }
                    }
                });
            }
        });
        restarts += trees.iter().map(|tree| tree.restarts()).sum::<u64>();
        gave_up += trees.iter().filter(|tree| matches!(tree.exit(), Some(Exit::Failed(_)))).count();
        trees.iter().for_each(|tree| tree.stop(SOON).expect("in time"));
        let ledger = system.quiesce(SOON).expect("all is said");
        ledger.check().expect("it adds up");
        // The diary alone.
        assert_eq!(ledger.spawned - ledger.stopped, 1, "{}", system.describe());
        assert!(trees.iter().all(|tree| tree.directory().paths().is_empty() && tree.exit().is_some()));
        failed += events.try_iter().filter(|event| matches!(event.what, Happened::Failed(_))).count();
        system.shutdown(SOON).expect("in time");
    }
    println!("{failed} faults told, {restarts} restarts, {gave_up} of {} trees gave up", 3 * rounds);
    assert!(restarts > 0 && failed > 0 && gave_up > 0);
}

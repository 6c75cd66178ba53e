//! Links on threads: whoever is linked to one that fails shares it, whoever traps it is told once, and nobody else is touched;
//! over random graphs, while others fail, link themselves and cut their links.

use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use throng::{Actor, ActorId, Address, Child, Context, Ended, Fault, Link, Supervisor, System};

const SOON: Duration = Duration::from_secs(60);

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().expect("no panic inside")
}

/// A link that was made.
struct Edge {
    by: usize,
    with: usize,
    traps: bool,
    link: Link,
    /// It was cut while both lived.
    cut: bool,
    /// How often its end was told, of those that are trapped.
    told: u32,
}

/// What is known of all nodes.
#[derive(Default)]
struct Graph {
    edges: Mutex<Vec<Edge>>,
    /// States of each node that were made, and that have gone.
    made: Mutex<Vec<u32>>,
    gone: Mutex<Vec<u32>>,
}

struct Node {
    number: usize,
    /// Which state of this node.
    state: u32,
    graph: Arc<Graph>,
}

enum Msg {
    Link { to: ActorId, with: usize, traps: bool },
    Told(u32, usize),
    Fail,
    Panic,
    Stop,
}

impl Node {
    fn new(number: usize, graph: &Arc<Graph>) -> Self {
        let mut made = lock(&graph.made);
        made[number] += 1;
        Node { number, state: made[number], graph: Arc::clone(graph) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        lock(&self.graph.gone)[self.number] += 1;
    }
}

impl Actor for Node {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Link { to, with, traps } => {
                // With the list locked, so that its number is known to what is told.
                let mut edges = lock(&self.graph.edges);
                let (number, state) = (edges.len(), self.state);
                let link = if traps {
                    cx.link_trapped(to, move |_: Ended| Msg::Told(state, number))
                } else {
                    cx.link(to)
                };
                edges.push(Edge { by: self.number, with, traps, link, cut: false, told: 0 });
            }
            Msg::Told(state, number) => {
                assert_eq!(state, self.state, "told of what another state has linked");
                lock(&self.graph.edges)[number].told += 1;
            }
            Msg::Fail => return Err(Fault::msg("told to")),
            // As `panic!` does, without a line on stderr for each.
            Msg::Panic => std::panic::resume_unwind(Box::new("told to")),
            Msg::Stop => cx.stop(),
        }
        Ok(())
    }
}

impl Graph {
    fn new(nodes: usize) -> Arc<Self> {
        let zeros = || Mutex::new(vec![0; nodes]);
        Arc::new(Self { edges: Mutex::default(), made: zeros(), gone: zeros() })
    }

    /// Whom these failures reach.
    fn reached(&self, failed: &BTreeSet<usize>) -> BTreeSet<usize> {
        let edges = lock(&self.edges);
        let mut reached = failed.clone();
        loop {
            let before = reached.len();
            for edge in edges.iter().filter(|edge| !edge.cut) {
                if reached.contains(&edge.by) {
                    reached.insert(edge.with);
                } else if !edge.traps && reached.contains(&edge.with) {
                    reached.insert(edge.by);
                }
            }
            if reached.len() == before {
                return reached;
            }
        }
    }

    /// Who traps an end is told of it once, if it is there to hear it; and of nothing else.
    fn check_told(&self, gone: &BTreeSet<usize>, ended: &BTreeSet<usize>) -> u32 {
        let mut all = 0;
        for (number, edge) in lock(&self.edges).iter().enumerate() {
            let is_due = edge.traps && !edge.cut && ended.contains(&edge.with);
            let Edge { by, with, told, .. } = *edge;
            if gone.contains(&by) {
                assert!(told <= u32::from(is_due), "link {number} of {by} with {with}: told {told} times");
            } else {
                assert_eq!(told, u32::from(is_due), "link {number} of {by} with {with}");
                all += told;
            }
        }
        all
    }
}

/// What is sent to a node.
fn link(random: &mut Random, nodes: &[Address<Msg>]) -> Msg {
    let with = random.below(nodes.len() as u64) as usize;
    Msg::Link { to: nodes[with].id(), with, traps: random.below(3) == 0 }
}

fn failure(random: &mut Random) -> Msg {
    if random.below(2) == 0 { Msg::Fail } else { Msg::Panic }
}

/// Links are made and cut beside the failures, by three threads: who links itself to one that has gone, goes.
#[test]
fn a_failure_reaches_whom_it_must_and_nobody_else() {
    let _dog = watch("a_failure_reaches_whom_it_must_and_nobody_else");
    const NODES: usize = 60;
    let rounds = if cfg!(throng_sanitize) { 20 } else { 300 };
    let mut random = seed::random();
    let system = System::builder().workers(3).build().expect("workers");
    let (mut shared, mut spared, mut told, mut cuts) = (0, 0, 0, 0);
    for _ in 0..rounds {
        let graph = Graph::new(NODES);
        let nodes: Vec<_> = (0..NODES).map(|n| system.spawn(Node::new(n, &graph))).collect();
        for node in &nodes {
            if random.below(3) > 0 {
                node.try_send(link(&mut random, &nodes)).expect("room");
            }
        }
        let failed: BTreeSet<_> = (0..2).map(|_| random.below(NODES as u64) as usize).collect();
        std::thread::scope(|scope| {
            let mut own = Random::of(random.below(u64::MAX >> 16));
            let (nodes, graph) = (&nodes, &graph);
            scope.spawn(move || {
                for _ in 0..NODES / 4 {
                    // It may have gone.
                    let _ = nodes[own.below(NODES as u64) as usize].try_send(link(&mut own, nodes));
                }
            });
            let mut own = Random::of(random.below(u64::MAX >> 16));
            scope.spawn(move || {
                for _ in 0..NODES / 4 {
                    let mut edges = lock(&graph.edges);
                    if let Some(n) = (edges.len() as u64).checked_sub(1) {
                        let edge = &mut edges[own.below(n + 1) as usize];
                        // Only where it says so it was in time.
                        edge.cut |= edge.link.cancel();
                    }
                }
            });
            let mut own = Random::of(random.below(u64::MAX >> 16));
            for n in &failed {
                // It may be gone already, by the failure of the other.
                let _ = nodes[*n].try_send(failure(&mut own));
            }
        });
        system.quiesce(SOON).expect("at rest");
        let reached = graph.reached(&failed);
        let gone: BTreeSet<_> = (0..NODES).filter(|n| !nodes[*n].is_alive()).collect();
        assert_eq!(gone, reached, "those that have gone, and those that were to go");
        told += graph.check_told(&gone, &gone);
        cuts += lock(&graph.edges).iter().filter(|edge| edge.cut).count();
        shared += gone.len() - failed.len();
        spared += NODES - gone.len();
        // The others end in good order, which nobody shares.
        let mut ended = gone.clone();
        for n in (0..NODES).filter(|n| !gone.contains(n)) {
            if random.below(2) == 0 {
                nodes[n].try_send(Msg::Stop).expect("room");
                ended.insert(n);
            }
        }
        system.quiesce(SOON).expect("at rest");
        assert!((0..NODES).all(|n| nodes[n].is_alive() != ended.contains(&n)));
        graph.check_told(&ended, &ended);
        nodes.iter().for_each(|node| _ = node.stop());
        system.quiesce(SOON).expect("at rest");
        assert_eq!(*lock(&graph.gone), vec![1; NODES], "each went once");
    }
    println!("{shared} shared a failure, {spared} did not, {told} were told, {cuts} links were cut");
    assert!(shared > 0 && spared > 0 && told > 0 && cuts > 0);
    let ledger = system.shutdown(SOON).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.queued), (ledger.stopped, 0));
}

/// The same with a supervisor: who fails, and who shares it, is there again, with no tie to anybody.
#[test]
fn who_shares_a_failure_is_restarted_once_and_is_linked_to_nobody() {
    let _dog = watch("who_shares_a_failure_is_restarted_once_and_is_linked_to_nobody");
    const NODES: usize = 40;
    let rounds = if cfg!(throng_sanitize) { 10 } else { 150 };
    let mut random = seed::random();
    let system = System::builder().workers(3).build().expect("workers");
    let (mut shared, mut told) = (0, 0);
    for _ in 0..rounds {
        let graph = Graph::new(NODES);
        let root = (0..NODES).fold(Supervisor::new().intensity(1_000, SOON), |root, n| {
            let graph = Arc::clone(&graph);
            root.child(Child::new(n.to_string(), move || Node::new(n, &graph)))
        });
        let tree = system.supervise(root).expect("names that differ");
        system.quiesce(SOON).expect("all have started");
        let at = |n: usize| tree.child::<Msg>(&n.to_string()).expect("it is there");
        let nodes: Vec<_> = (0..NODES).map(at).collect();
        for node in &nodes {
            if random.below(3) > 0 {
                node.try_send(link(&mut random, &nodes)).expect("room");
            }
        }
        system.quiesce(SOON).expect("all are linked");
        let failed = BTreeSet::from([random.below(NODES as u64) as usize]);
        for n in &failed {
            nodes[*n].try_send(failure(&mut random)).expect("room");
        }
        system.quiesce(SOON).expect("at rest");
        let reached = graph.reached(&failed);
        let states: Vec<_> = (0..NODES).map(|n| 1 + u32::from(reached.contains(&n))).collect();
        assert_eq!(*lock(&graph.made), states, "of {failed:?}");
        assert_eq!(*lock(&graph.gone), states.iter().map(|n| n - 1).collect::<Vec<_>>());
        assert_eq!(tree.restarts(), reached.len() as u64);
        assert!((0..NODES).all(|n| at(n).is_alive()));
        told += graph.check_told(&reached, &reached);
        shared += reached.len() - failed.len();
        // Linked to nobody: the failure of a second state is its own, whatever the first was linked to.
        let again = *failed.first().expect("one");
        at(again).try_send(failure(&mut random)).expect("room");
        system.quiesce(SOON).expect("at rest");
        let mut states = states;
        states[again] += 1;
        assert_eq!(*lock(&graph.made), states, "the failure of a state that nobody is linked to");
        tree.stop(SOON).expect("in time");
        assert_eq!(*lock(&graph.gone), states);
    }
    println!("{shared} shared a failure, {told} were told");
    assert!(shared > 0 && told > 0);
    let ledger = system.shutdown(SOON).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.queued), (ledger.stopped, 0));
}

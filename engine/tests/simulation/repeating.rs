//! A run is its seed.

use std::time::Duration;
use throng::sim::{Faults, Simulation};
use throng::{
    Actor, Address, Backoff, Child, Context, Fault, Options, Outcome, Overflow, Reply, Supervisor, System,
};

/// Talks to its neighbours in each way that takes part in scheduling.
struct Node {
    neighbours: Vec<Address<Msg>>,
    heard: u64,
}

enum Msg {
    Know(Vec<Address<Msg>>),
    Pass(u64),
    Question(Reply<u64>),
    Answer(Outcome<u64>),
    Tick,
}

impl Actor for Node {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.heard += 1;
        match message {
            Msg::Know(neighbours) => self.neighbours = neighbours,
            Msg::Pass(0) | Msg::Tick => {}
            Msg::Pass(left) => {
                let to = self.neighbours[left as usize % self.neighbours.len()];
                // Some find a full mailbox, or nobody.
                let _refused = cx.send(to, Msg::Pass(left - 1));
                if left % 3 == 0 {
                    let _full = cx.ask_within(Duration::from_millis(left), to, Msg::Question, Msg::Answer);
                }
                if left % 5 == 0 {
                    cx.after(Duration::from_micros(left * 100), Msg::Tick);
                }
            }
            Msg::Question(reply) => reply.send(self.heard),
            Msg::Answer(outcome) => self.heard += outcome.unwrap_or(0),
        }
        Ok(())
    }
}

const SOON: Duration = Duration::from_secs(5);

/// What a run has come to: its hash, and a hand-written account of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) hash: u64,
    account: String,
}

fn told(sim: &Simulation) -> Told {
    let account = format!("{:?} {:?} {}", sim.now(), sim.system().ledger(), sim.choices().len());
    Told { hash: sim.trace_hash(), account }
}

/// Plays to rest, and has it come down then; tells of both.
pub(crate) fn run(mut sim: Simulation, program: fn(&mut Simulation)) -> [Told; 2] {
    program(&mut sim);
    let _busy = sim.quiesce(SOON);
    let at_rest = told(&sim);
    let ledger = sim.shutdown(SOON).unwrap_or_else(|busy| *busy.ledger);
    ledger.check().expect("the ledger adds up");
    [at_rest, told(&sim)]
}

/// A mesh with everything in it.
pub(crate) fn mesh(sim: &mut Simulation) {
    sim.faults(Faults::some());
    let options = Options::builder().capacity(4).hard(8).overflow(Overflow::Mute).build().expect("in range");
    let nodes: Vec<_> = (0..6)
        .map(|_| sim.system().try_spawn(Node { neighbours: Vec::new(), heard: 0 }, &options).expect("room"))
        .collect();
    // Between steps it would draw by itself.
    let pause = Backoff::new(Duration::from_millis(1), Duration::from_millis(50))
        .jitter(0.5)
        .seed(sim.below(u64::MAX));
    let children =
        (0..3).map(|n| Child::new(format!("child {n}"), || Node { neighbours: Vec::new(), heard: 0 }));
    let root = Supervisor::new().backoff(pause).intensity(3, Duration::from_secs(1));
    let tree = sim.system().supervise(children.fold(root, Supervisor::child)).expect("its names differ");
    for node in &nodes {
        let _refused = node.try_send(Msg::Know(nodes.clone()));
    }
    for n in 0..20 {
        let _refused = nodes[sim.below(6) as usize].try_send(Msg::Pass(10 + n));
        if sim.below(2) == 0 {
            sim.step();
        }
        if sim.below(4) == 0 {
            sim.advance(Duration::from_millis(1));
        }
    }
    drop(tree);
}

#[test]
fn the_same_seed_is_the_same_run_whatever_else_the_process_does() {
    for seed in 0..40 {
        let first = run(System::simulated(seed), mesh);
        // Other actors have the cells now.
        let others = System::simulated(1_000 + seed);
        for _ in 0..seed * 7 % 50 {
            others.spawn(Node { neighbours: Vec::new(), heard: 0 });
        }
        assert_eq!(run(System::simulated(seed), mesh), first, "seed {seed}");
        let elsewhere =
            std::thread::spawn(move || run(System::simulated(seed), mesh)).join().expect("it ends");
        assert_eq!(elsewhere, first, "seed {seed}");
    }
}

#[test]
fn its_choices_are_the_run_too() {
    for seed in 0..20 {
        let mut drawn = System::simulated(seed);
        let hash = mesh_of_two(&mut drawn);
        let mut again = System::builder().replayed(drawn.choices());
        assert_eq!(mesh_of_two(&mut again), hash, "seed {seed}");
        assert_eq!(again.choices(), drawn.choices());
        assert_eq!((drawn.seed(), again.seed()), (Some(seed), None));
    }
}

#[test]
fn other_seeds_are_other_runs() {
    let mut hashes: Vec<_> = (0..50).map(|seed| run(System::simulated(seed), mesh)[0].hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    assert_eq!(hashes.len(), 50);
}

/// Two who talk, with nothing in it that is likely to change.
fn mesh_of_two(sim: &mut Simulation) -> u64 {
    let [a, b] = [(); 2].map(|()| sim.spawn(Node { neighbours: Vec::new(), heard: 0 }));
    for node in [a, b] {
        node.try_send(Msg::Know(vec![a, b])).expect("there is room");
        node.try_send(Msg::Pass(20)).expect("there is room");
    }
    sim.advance(Duration::from_secs(1));
    sim.trace_hash()
}

/// On every machine. It changes with what the engine does in a turn, and is to be written anew then: `mesh_of_two` says it.
#[test]
fn a_run_that_was_written_down() {
    assert_eq!(format!("{:016x}", mesh_of_two(&mut System::simulated(4711))), "fab59ae53844f724");
}

/// What is spent on a choice grows with the logarithm of the number of those that it is made among: else nobody would wait for this.
#[test]
fn a_hundred_thousand_can_run_at_once() {
    struct Quiet;
    impl Actor for Quiet {
        type Msg = u64;
        fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    for faults in [Faults::none(), Faults::none().late_wakeups(1)] {
        let mut sim = System::simulated(1);
        sim.faults(faults);
        sim.limit(100_000);
        for _ in 0..100_000 {
            sim.spawn(Quiet).try_send(1_u64).expect("there is room");
        }
        assert_eq!(sim.run_until_idle(), 100_000);
    }
}

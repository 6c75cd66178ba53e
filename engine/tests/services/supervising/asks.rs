//! R10 over restarts: each ask of a state ends once while that state is there, whoever is restarted before, at and after its
//! deadline; and none comes to a later state.

use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use throng::{
    Actor, Address, AskError, Child, Context, Directory, Fault, Mail, Outcome, Reason, Reply, Supervisor,
    System,
};

const SOON: Duration = Duration::from_secs(60);

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().expect("no panic inside")
}

/// What is known of an ask.
#[derive(Default, Clone)]
struct Asked {
    /// The asker and its state, once it has asked.
    by: Option<(usize, u32)>,
    outcomes: Vec<Outcome<usize>>,
    /// It had as many asks outstanding as it may have.
    unasked: bool,
    /// Told to another state.
    astray: bool,
}

struct Shared {
    asked: Mutex<Vec<Asked>>,
    /// States of each asker that were made.
    states: Mutex<Vec<u32>>,
    random: Mutex<Random>,
    directory: Directory,
}

impl Shared {
    fn below(&self, bound: u64) -> u64 {
        lock(&self.random).below(bound)
    }
}

const ASKERS: usize = 8;
const ANSWERERS: u64 = 3;

/// Answers at once, later, never, or fails with the right to answer in its hand or in its state.
struct Answerer {
    shared: Arc<Shared>,
    kept: Vec<(usize, Reply<usize>)>,
}

struct Question(usize, Reply<usize>);

impl Actor for Answerer {
    type Msg = Question;
    fn handle(&mut self, Question(id, reply): Question, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match self.shared.below(20) {
            0 => return Err(Fault::msg("told to")),
            // As `panic!` does, without a line on stderr for each.
            1 => std::panic::resume_unwind(Box::new("told to")),
            2 => drop(reply),
            3..8 => self.kept.push((id, reply)),
            8 => self.kept.drain(..).for_each(|(id, reply)| reply.send(id)),
            _ => reply.send(id),
        }
        Ok(())
    }
}

struct Asker {
    shared: Arc<Shared>,
    number: usize,
    state: u32,
}

enum Msg {
    Ask(usize),
    Heard(usize, u32, Outcome<usize>),
    Fail,
}

impl Actor for Asker {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Ask(id) => {
                let to: Option<Address<Question>> =
                    self.shared.directory.child(&format!("answerer{}", self.shared.below(ANSWERERS)));
                let to = to.ok_or_else(|| Fault::msg("nobody is there"))?;
                let (state, deadline) = (self.state, Duration::from_micros(self.shared.below(3_000)));
                let asked = cx.ask_within(
                    deadline,
                    to,
                    move |reply| Question(id, reply),
                    move |outcome| Msg::Heard(id, state, outcome),
                );
                let by = Some((self.number, self.state));
                lock(&self.shared.asked)[id] = Asked { by, unasked: asked.is_err(), ..Asked::default() };
            }
            Msg::Heard(id, state, outcome) => {
                let asked = &mut lock(&self.shared.asked)[id];
                asked.outcomes.push(outcome);
                asked.astray |= state != self.state;
            }
            Msg::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }
}

#[test]
fn r10_each_ask_ends_once_whoever_is_restarted() {
    let _dog = watch("r10_each_ask_ends_once_whoever_is_restarted");
    const ASKS: usize = if cfg!(throng_sanitize) { 4_000 } else { 40_000 };
    let mut random = seed::random();
    let shared = Arc::new(Shared {
        asked: Mutex::new(vec![Asked::default(); ASKS]),
        states: Mutex::new(vec![0; ASKERS]),
        random: Mutex::new(Random::of(random.below(u64::MAX >> 16))),
        directory: Directory::new(),
    });
    let system = System::builder().workers(2).build().expect("threads");
    let root = Supervisor::new().intensity(1_000_000, SOON).directory(&shared.directory);
    let root = (0..ANSWERERS).fold(root, |root, n| {
        let shared = Arc::clone(&shared);
        let make = move || Answerer { shared: Arc::clone(&shared), kept: Vec::new() };
        // Of some, the questions that wait go with the state.
        let mail = if n == 0 { Mail::Drop } else { Mail::Keep };
        root.child(Child::new(format!("answerer{n}"), make).mail(mail))
    });
    let root = (0..ASKERS).fold(root, |root, number| {
        let shared = Arc::clone(&shared);
        let make = move || {
            let mut states = lock(&shared.states);
            states[number] += 1;
            Asker { shared: Arc::clone(&shared), number, state: states[number] }
        };
        root.child(Child::new(format!("asker{number}"), make))
    });
    let tree = system.supervise(root).expect("names that differ");
    system.quiesce(SOON).expect("all have started");
    let askers: Vec<_> =
        (0..ASKERS).map(|n| tree.child::<Msg>(&format!("asker{n}")).expect("it has started")).collect();
    // An ask whose answer somebody keeps is no work: until its deadline the system may be at rest.
    let all_have_ended = || {
        system.quiesce(SOON).expect("all have asked");
        while askers.iter().any(|asker| asker.status().expect("it lives").asks > 0) {
            std::thread::yield_now();
        }
    };
    // The last few in a calm, in which nothing comes before the deadline of those whose answer is kept.
    const CALM: usize = ASKS - 400;
    for id in 0..ASKS {
        if id >= CALM && id % 20 == 0 {
            all_have_ended();
        }
        let to = askers[random.below(ASKERS as u64) as usize];
        to.send_timeout(Msg::Ask(id), SOON).expect("there comes room");
        if id < CALM && random.below(100) == 0 {
            to.send_timeout(Msg::Fail, SOON).expect("there comes room");
        }
    }
    all_have_ended();
    let ledger = system.quiesce(SOON).expect("every ask has ended, and was told");
    ledger.check().expect("it adds up");
    let (mut heard, mut late, mut dropped, mut refused, mut void) = (0, 0, 0, 0, 0);
    let last = lock(&shared.states).clone();
    for (id, asked) in lock(&shared.asked).iter().enumerate() {
        let Asked { by, outcomes, unasked, astray } = asked;
        assert!(!astray, "ask {id} of {by:?} ended at another state");
        let (asker, state) = by.expect("no asker fails before it asks");
        if *unasked {
            assert!(outcomes.is_empty(), "ask {id}, which was not asked");
            refused += 1;
            continue;
        }
        match outcomes[..] {
            [Ok(answer)] => {
                assert_eq!(answer, id, "somebody else's answer");
                heard += 1;
            }
            [Err(AskError::Timeout)] => late += 1,
            [Err(AskError::Dropped)] => dropped += 1,
            // They ask more than is answered.
            [Err(AskError::Refused(Reason::Full))] => refused += 1,
            [] => {
                assert!(state < last[asker], "ask {id} of a state that is there has not ended");
                void += 1;
            }
            ref other => panic!("ask {id} ended so: {other:?}"),
        }
    }
    let restarts = tree.restarts();
    println!(
        "{heard} answered, {late} late, {dropped} dropped, {refused} refused, {void} void; {restarts} restarts"
    );
    assert_eq!(heard + late + dropped + refused + void, ASKS);
    assert!(heard > 0 && late > 0 && dropped > 0 && void > 0);
    tree.stop(SOON).expect("in time");
    let ledger = system.shutdown(SOON).expect("in time");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.queued), (ledger.stopped, 0));
}

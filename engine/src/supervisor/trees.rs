//! Trees of machines: by table, to a depth of three, and 10,000 at random with faults at any moment.

use super::command::{Outcome, Plan, Role};
use super::strategy::{Decision, Intensity, Restart, Shutdown, Strategy};
use super::world::{Blueprint, Failures, Fate, State, World};
use crate::backoff::Backoff;
use std::time::Duration;

const SECOND: u64 = 1_000_000_000;

/// Nothing but what the test does.
struct Plain(Decision);

impl Fate for Plain {
    fn start_fails(&mut self) -> bool {
        false
    }
    fn stop_fails(&mut self) -> bool {
        false
    }
    fn decision(&mut self) -> Decision {
        self.0
    }
}

fn role(restart: Restart, resumes: bool) -> Role {
    Role { restart, shutdown: Shutdown::Drain(Duration::MAX), resumes }
}

/// Three children each, supervisors in the middle, down to a depth; leaves below.
fn even(strategy: Strategy, most: u32, depth: u32) -> Blueprint {
    let intensity = Intensity { most, within: 5 * SECOND };
    let plan = Plan { strategy, intensity, backoff: None, quiet: 5 * SECOND };
    let leaf = || Blueprint { role: role(Restart::Permanent, true), below: None };
    let middle = if depth > 1 { even(strategy, most, depth - 1) } else { leaf() };
    Blueprint { role: role(Restart::Permanent, false), below: Some((plan, vec![leaf(), middle, leaf()])) }
}

/// Does all there is to do, the oldest first, and gives what was commanded.
fn settle(world: &mut World, fate: &mut impl Fate) -> String {
    while let Some(next) = world.moves().first().copied() {
        world.make(next, fate);
    }
    std::mem::take(&mut world.said).join(", ")
}

/// The actor that is in this place now.
fn at(world: &World, path: &[usize]) -> usize {
    let desk = |who: usize| world.actors[who].desk.as_ref().expect("a supervisor");
    path.iter().fold(0, |who, child| desk(who).children[*child].expect("a child"))
}

#[test]
fn a_fault_takes_whole_trees_along_by_strategy_and_depth() {
    use Strategy::{OneForAll, OneForOne, RestForOne};
    // Who fails, with which decision at each level; what is commanded then.
    let table: &[(Strategy, u32, &[usize], &str)] = &[
        (OneForOne, 1, &[1], "vacate 1, begin 1"),
        (OneForAll, 1, &[1], "vacate 2, vacate 1, vacate 0, begin 0, begin 1, begin 2"),
        (RestForOne, 1, &[1], "vacate 2, vacate 1, begin 1, begin 2"),
        (OneForOne, 2, &[1, 1], "vacate 1/1, begin 1/1"),
        (OneForAll, 2, &[1, 1], "vacate 1/2, vacate 1/1, vacate 1/0, begin 1/0, begin 1/1, begin 1/2"),
        // The root's own child takes the tree beside it along: its children first.
        (
            OneForAll,
            2,
            &[0],
            "vacate 2, clear 1, stop 1/2, stop 1/1, stop 1/0, vacate 1, vacate 0, \
             begin 0, begin 1, begin 1/0, begin 1/1, begin 1/2, begin 2",
        ),
        (RestForOne, 2, &[2], "vacate 2, begin 2"),
        (
            RestForOne,
            3,
            &[1, 0],
            "vacate 1/2, clear 1/1, stop 1/1/2, stop 1/1/1, stop 1/1/0, vacate 1/1, vacate 1/0, \
             begin 1/0, begin 1/1, begin 1/1/0, begin 1/1/1, begin 1/1/2, begin 1/2",
        ),
        (OneForOne, 3, &[1, 1, 2], "vacate 1/1/2, begin 1/1/2"),
    ];
    for (strategy, depth, path, expected) in table {
        let mut fate = Plain(Decision::Restart);
        let mut world = World::new(even(*strategy, 3, *depth), &mut fate);
        let _ = settle(&mut world, &mut fate);
        let who = at(&world, path);
        world.fail(who);
        assert_eq!(settle(&mut world, &mut fate), *expected, "{strategy:?}, {path:?}");
        // And all of it comes down in reverse order.
        world.stop();
        let down = settle(&mut world, &mut fate);
        let middle = "clear 1, stop 1/2, stop 1/1, stop 1/0, stop 1";
        match depth {
            1 => assert_eq!(down, "stop 2, stop 1, stop 0"),
            2 => assert_eq!(down, format!("stop 2, {middle}, stop 0")),
            _ => assert!(down.ends_with("stop 1/1, stop 1/0, stop 1, stop 0"), "{down}"),
        }
        assert_eq!(world.over, Some(Outcome::Stopped));
    }
}

#[test]
fn an_escalation_is_a_fault_of_the_supervisor_up_to_the_root() {
    // No restarts allowed: from the leaf in the third floor up to the root.
    let mut fate = Plain(Decision::Restart);
    let mut world = World::new(even(Strategy::OneForOne, 0, 3), &mut fate);
    let _ = settle(&mut world, &mut fate);
    let who = at(&world, &[1, 1, 0]);
    world.fail(who);
    let told = settle(&mut world, &mut fate);
    assert_eq!(
        told,
        "stop 1/1/2, stop 1/1/1, kill 1/1/0, escalate 1/1, stop 1/2, kill 1/1, stop 1/0, escalate 1, \
         stop 2, kill 1, stop 0, escalate root"
    );
    assert_eq!(world.over, Some(Outcome::Escalated { child: 1, too_often: true }));
    assert!(world.actors.iter().all(|actor| actor.state == State::Dead));
    // Decided so by the callback of the one above, and restarted by the root.
    struct Once(u32);
    impl Fate for Once {
        fn start_fails(&mut self) -> bool {
            false
        }
        fn stop_fails(&mut self) -> bool {
            false
        }
        fn decision(&mut self) -> Decision {
            self.0 += 1;
            if self.0 == 1 { Decision::Escalate } else { Decision::Resume }
        }
    }
    let mut fate = Once(0);
    let mut world = World::new(even(Strategy::OneForOne, 3, 2), &mut fate);
    let _ = settle(&mut world, &mut fate);
    let who = at(&world, &[1, 2]);
    world.fail(who);
    // It was told to resume one that has no children left: that is a restart.
    assert_eq!(
        settle(&mut world, &mut fate),
        "kill 1/2, stop 1/1, stop 1/0, escalate 1, vacate 1, begin 1, begin 1/0, begin 1/1, begin 1/2"
    );
}

/// Chance, from a seed.
struct Chance {
    state: u64,
    /// In a thousand.
    start_fails: u64,
}

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }

    fn blueprint(&mut self, depth: u64) -> Blueprint {
        let restart = [Restart::Permanent, Restart::Permanent, Restart::Transient, Restart::Temporary];
        let restart = restart[self.below(4) as usize];
        let shutdown = match self.below(4) {
            0 => Shutdown::Kill,
            1 => Shutdown::Now,
            2 => Shutdown::Drain(Duration::MAX),
            _ => Shutdown::Drain(Duration::from_millis(self.below(1_000))),
        };
        let below = (depth > 0 && self.below(10) < 6).then(|| self.supervisor(depth));
        Blueprint { role: Role { restart, shutdown, resumes: below.is_none() }, below }
    }

    fn supervisor(&mut self, depth: u64) -> (Plan, Vec<Blueprint>) {
        let strategies = [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne];
        let millis = Duration::from_millis;
        let plan = Plan {
            strategy: strategies[self.below(3) as usize],
            intensity: Intensity { most: self.below(6) as u32, within: SECOND },
            backoff: (self.below(2) == 0)
                .then(|| Backoff::new(millis(self.below(50)), millis(200)).jitter(0.5).seed(self.state)),
            quiet: SECOND,
        };
        let children = self.below(5);
        (plan, (0..children).map(|_| self.blueprint(depth - 1)).collect())
    }
}

impl Fate for Chance {
    fn start_fails(&mut self) -> bool {
        let odds = self.start_fails;
        self.below(1_000) < odds
    }
    fn stop_fails(&mut self) -> bool {
        self.below(10) == 0
    }
    fn decision(&mut self) -> Decision {
        match self.below(10) {
            0 => Decision::Stop,
            1 => Decision::Resume,
            2 => Decision::Escalate,
            _ => Decision::Restart,
        }
    }
}

/// Nobody is there whose supervisor is not; whoever is missing is so for a reason.
fn look_for_orphans(world: &World) -> u64 {
    let mut children = vec![false; world.actors.len()];
    let mut up = 0;
    for (n, actor) in world.actors.iter().enumerate() {
        if let Some(desk) = actor.desk.as_ref().filter(|_| actor.state == State::Up) {
            desk.children.iter().flatten().for_each(|child| children[*child] = true);
            assert!(!desk.keeper.is_winding(), "{n} was brought down, and nobody knows");
            up += 1;
        }
        assert!(!matches!(actor.state, State::Unmade), "{n} was never made");
    }
    for (n, actor) in world.actors.iter().enumerate().skip(1) {
        let is_there = actor.state != State::Dead;
        assert!(!is_there || children[n], "{n} has outlived its supervisor: {:?}", actor.state);
        assert!(!is_there || actor.state == State::Up, "{n} is left {:?} in the quiet", actor.state);
    }
    up
}

fn run(seed: u64) -> (u64, u64) {
    let mut fate = Chance { state: seed | 1, start_fails: 0 };
    fate.start_fails = [0, 20, 300][fate.below(3) as usize];
    let root = Blueprint { role: role(Restart::Permanent, false), below: Some(fate.supervisor(3)) };
    let mut world = World::new(root, &mut fate);
    let faults = fate.below(40);
    for _ in 0..faults {
        for _ in 0..fate.below(12) {
            let (moves, rings) = (world.moves(), world.rings());
            let ring = moves.is_empty() || fate.below(20) == 0;
            let from = if ring && !rings.is_empty() { rings } else { moves };
            if from.is_empty() {
                break;
            }
            let next = from[fate.below(from.len() as u64) as usize];
            world.make(next, &mut fate);
        }
        world.now += fate.below(SECOND / 4);
        let who = fate.below(world.actors.len() as u64) as usize;
        let (state, is_leaf) = (world.actors[who].state, world.actors[who].desk.is_none());
        match fate.below(6) {
            0..4 if state == State::Up && is_leaf => world.fail(who),
            4 if state == State::Up && is_leaf => world.end(who, true),
            // Anybody, also a supervisor, at any moment; the root's end would be the end of the test.
            5 if state != State::Dead && who != 0 => world.end(who, false),
            _ => {}
        }
    }
    // No fault comes any more, except what lies in starts; then there are none of these either.
    fate.start_fails = 0;
    let mut steps = 0;
    let mut come_to_rest = |world: &mut World, fate: &mut Chance| {
        while let Some(next) = {
            let moves = world.moves();
            if moves.is_empty() {
                world.rings().first().copied()
            } else {
                Some(moves[fate.below(moves.len() as u64) as usize])
            }
        } {
            world.make(next, fate);
            steps += 1;
            assert!(steps < 100_000, "it never comes to rest");
        }
    };
    come_to_rest(&mut world, &mut fate);
    look_for_orphans(&world);
    if world.over.is_none() {
        world.stop();
        come_to_rest(&mut world, &mut fate);
        look_for_orphans(&world);
        assert_eq!(world.over, Some(Outcome::Stopped));
    }
    assert!(world.actors.iter().all(|actor| actor.state == State::Dead), "all is over");
    let Failures { happened, heard, unheard } = world.failures;
    assert_eq!(happened, heard + unheard, "each is told once");
    (happened, heard)
}

#[test]
fn random_trees_leave_no_orphan_and_answer_each_fault_once() {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given
        .unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_nanos() as u64);
    let trees = if given.is_some() { 1 } else { 10_000 };
    let (mut happened, mut heard) = (0, 0);
    for n in 0..trees {
        let seed = seed.wrapping_add(n);
        let told = std::panic::catch_unwind(|| run(seed));
        let Ok((all, told)) = told else { panic!("run it again with SEED={seed}") };
        happened += all;
        heard += told;
    }
    println!(
        "SEED={seed} and the {trees} from there: {happened} faults, {heard} of them heard by a supervisor"
    );
    assert!(given.is_some() || heard > 10_000, "the scripts are of faults");
}

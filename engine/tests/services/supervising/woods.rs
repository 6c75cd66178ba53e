//! Random trees on the engine, in virtual time: first one blow after the other, beside the oracle; then many at once, also while
//! supervisors wait out a pause, come up and come down, and the books must balance to the last fault and the last end.

use super::beside::Beside;
use super::blueprint::{Act, Broken, Floor, MS, Manner, Script};
use super::oracle::Blow;
use super::{Stage, in_short};
use crate::seed::Random;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{Address, Exit, Happened, Order, Stopping, TreeEvent};

/// What a whole wood came to.
#[derive(Debug, Default)]
struct Sum {
    blows: u64,
    faults: u64,
    unheard: u64,
    ends: u64,
    untold: u64,
    restarts: u64,
    gave_up: u64,
    at_once: u64,
}

fn manner(random: &mut Random) -> Manner {
    [Manner::Make, Manner::Panic, Manner::Error][random.below(3) as usize]
}

/// One blow after the other, each when the one before has come to rest.
fn one_by_one(stage: Option<Stage>, random: &mut Random, floor: &Arc<Floor>, sum: &mut Sum) -> Stage {
    let mut both = Beside::new(stage, floor, &Broken::new());
    for _ in 0..2 + random.below(6) {
        let living = both.oracle.living();
        if living.is_empty() || both.oracle.over.is_some() {
            break;
        }
        let (path, is_leaf) = &living[random.below(living.len() as u64) as usize];
        if *is_leaf && random.below(4) == 0 {
            let (manner, times) = (manner(random), 1 + random.below(3) as u32);
            both.script.break_starts(path, manner, times);
            both.oracle.fate.broken.insert(path.clone(), (manner, times));
        }
        let blow = match random.below(8) {
            0..2 if *is_leaf => Blow::Fail,
            2..4 if *is_leaf => Blow::Panic,
            4 if *is_leaf => Blow::Leave,
            5 => Blow::Stop,
            6 => Blow::Kill,
            _ if *is_leaf => Blow::Fail,
            _ => continue,
        };
        both.strike(path, blow);
        both.wait(MS * random.below(120) as u32);
        sum.blows += 1;
    }
    sum.restarts += both.oracle.fate.restarts;
    sum.gave_up += u64::from(both.oracle.over.is_some());
    if random.below(4) == 0 {
        both.look_around();
    }
    let (stage, faults, ends) = both.stop();
    sum.faults += faults;
    (sum.ends, sum.untold) = (sum.ends + ends.0, sum.untold + ends.1);
    stage
}

/// A tree under many blows at once.
struct Storm {
    stage: Stage,
    script: Script,
    /// Ends that nobody was there to hear of.
    untold: u64,
}

impl Storm {
    fn new(stage: Option<Stage>, floor: &Floor) -> Storm {
        let script = Script::default();
        let stage = Stage::next(stage, |_, _| floor.supervisor("", &script));
        Storm { stage, script, untold: 0 }
    }

    /// Somebody ends a supervisor beside its last turn: who is below it is killed, and nobody hears of that.
    fn overthrow(&mut self, path: &str, blow: Blow) {
        let tree = &self.stage.tree;
        let Some(it) = tree.child::<Order>(path) else { return };
        let inside = format!("{path}/");
        let below: Vec<_> =
            tree.directory().paths().into_iter().filter(|path| path.starts_with(&inside)).collect();
        let is_deep = below.iter().any(|path| tree.child::<Order>(path).is_some());
        if is_deep {
            // Those in the middle would hear, or not, of what happens below them in this very moment.
            self.stage.inline.run_until_idle();
            return self.overthrow_at_rest(path, blow);
        }
        self.end(path, it, below.len() as u64, blow);
    }

    fn overthrow_at_rest(&mut self, path: &str, blow: Blow) {
        let tree = &self.stage.tree;
        let Some(it) = tree.child::<Order>(path) else { return };
        let inside = format!("{path}/");
        let below = tree.directory().paths().iter().filter(|path| path.starts_with(&inside)).count();
        self.end(path, it, below as u64, blow);
        self.stage.inline.run_until_idle();
    }

    fn end(&mut self, path: &str, it: Address<Order>, below: u64, blow: Blow) {
        let ended = if blow == Blow::Stop { it.stop_now() } else { it.kill() };
        // Told before: it and those below it are counted.
        if ended == Stopping::Told
            && let Some(reign) = self.script.reign(path)
            && !reign.killed.swap(true, Ordering::Relaxed)
        {
            self.untold += below;
        }
    }

    fn blow(&mut self, random: &mut Random) {
        let paths = self.stage.tree.directory().paths();
        if paths.is_empty() {
            return;
        }
        let path = &paths[random.below(paths.len() as u64) as usize];
        let act = random.below(12);
        let Some(leaf) = self.stage.tree.child::<Act>(path) else {
            return match act {
                0 => self.overthrow(path, Blow::Kill),
                1 => self.overthrow(path, Blow::Stop),
                _ => {}
            };
        };
        if random.below(4) == 0 {
            self.script.break_starts(path, manner(random), 1 + random.below(3) as u32);
        }
        match act {
            0..4 => drop(leaf.try_send(Act::Fail)),
            4..8 => drop(leaf.try_send(Act::Panic)),
            8 => drop(leaf.try_send(Act::Stop)),
            9 => _ = leaf.stop(),
            10 => _ = leaf.stop_now(),
            _ => _ = leaf.kill(),
        }
    }

    /// What was told, when all is over.
    fn balance(self, sum: &mut Sum) -> Stage {
        let Stage { tree, events, .. } = &self.stage;
        let events: Vec<_> = events.try_iter().collect();
        let in_words = || in_short_all(&events);
        assert!(tree.directory().paths().is_empty() && tree.exit().is_some(), "{}", in_words());

        // Every fault of a leaf, by its number, once: unless there was nobody to tell.
        let faults = self.script.faults();
        let mut told = vec![0; faults.len()];
        let mut of_supervisors = 0;
        for event in &events {
            let Happened::Failed(why) = &event.what else { continue };
            let words = why.to_string();
            match words.strip_prefix("panicked: ").unwrap_or(&words).strip_prefix("fault ") {
                Some(number) => {
                    let n = number.parse::<usize>().expect("its number") - 1;
                    assert_eq!(event.path, faults[n].0, "told of whom it was");
                    told[n] += 1;
                }
                None => of_supervisors += 1,
            }
        }
        let heard: Vec<_> = faults.iter().map(|(_, heard)| u32::from(*heard)).collect();
        assert_eq!(told, heard, "each fault is told once: {faults:?}; {}", in_words());
        let gave_up = u64::from(matches!(tree.exit(), Some(Exit::Failed(_))));
        let said_so = events.iter().filter(|event| matches!(event.what, Happened::Escalated)).count();
        assert_eq!(gave_up, said_so as u64);
        let ends = each_end_once(&events);
        sum.faults += faults.len() as u64 + of_supervisors + gave_up;
        sum.unheard += heard.iter().filter(|heard| **heard == 0).count() as u64;
        sum.ends += ends;
        sum.untold += self.untold;
        sum.restarts += tree.restarts();
        sum.gave_up += gave_up;
        self.stage
    }
}

fn in_short_all(events: &[TreeEvent]) -> String {
    events.iter().map(in_short).collect::<Vec<_>>().join(", ")
}

/// Nobody ends twice, or does anything after the end, without having been made anew in between: by a restart that it was told to be
/// in, or by one of those above it.
fn each_end_once(events: &[TreeEvent]) -> u64 {
    // Whether it is there, and how often it may have been made since.
    let mut posts: HashMap<&str, (bool, u32)> = HashMap::new();
    let mut ends = 0;
    for event in events {
        let path = &*event.path;
        let (there, made) = posts.get(path).copied().unwrap_or((true, 0));
        let is_restart = matches!(event.what, Happened::Restarting { .. });
        assert!(there || made > 0 || is_restart, "{path} after its end: {}", in_short_all(events));
        let post = match &event.what {
            Happened::Restarting { .. } => (there, made + 1),
            Happened::Ended(_) if there => (false, made),
            Happened::Ended(_) => (false, made - 1),
            Happened::Failed(_) => (true, made - u32::from(!there)),
            _ => (true, 0),
        };
        ends += u64::from(matches!(event.what, Happened::Ended(_)));
        posts.insert(path, post);
        if !matches!(event.what, Happened::Started | Happened::Restarted) {
            // Those below it are others from then on.
            posts.retain(|who, _| !who.strip_prefix(path).is_some_and(|rest| rest.starts_with('/')));
        }
    }
    ends
}

/// Many at once, with moments in between in which pauses end or do not.
fn at_once(stage: Option<Stage>, random: &mut Random, floor: &Floor, sum: &mut Sum) -> Stage {
    let mut storm = Storm::new(stage, floor);
    for _ in 0..2 + random.below(5) {
        let blows = 1 + random.below(4);
        (0..blows).for_each(|_| storm.blow(random));
        sum.at_once += blows;
        match random.below(4) {
            0 => {}
            1 => _ = storm.stage.inline.run_until_idle(),
            _ => _ = storm.stage.inline.advance(MS * random.below(40) as u32),
        }
    }
    if random.below(2) == 0 {
        // At rest, who is there is who is written down, under somebody who is there too.
        storm.script.mend_starts();
        storm.stage.inline.advance(Duration::from_secs(100));
        let (ledger, tree) = (storm.stage.inline.system().ledger(), &storm.stage.tree);
        let paths = tree.directory().paths();
        let all = paths.len() as u64 + 1 + u64::from(tree.exit().is_none());
        assert_eq!(ledger.spawned - ledger.stopped, all, "nobody but {paths:?} is there");
        let above = |path: &str| path.rsplit_once('/').map(|(above, _)| above.to_string());
        assert!(paths.iter().filter_map(|path| above(path)).all(|above| paths.contains(&above)), "{paths:?}");
    }
    storm.stage.tree.begin_stop();
    storm.stage.inline.run_until_idle();
    if random.below(4) == 0 {
        let busy = storm.stage.inline.system().quiesce(Duration::ZERO).err();
        assert!(busy.is_none(), "no timer outlives its supervisor: {busy:?}");
    }
    storm.balance(sum)
}

/// So many trees, one after the other on one system, and its books.
fn wood(seed: u64, trees: u64, sum: &mut Sum) {
    let (mut stage, before) = (None, (sum.faults, sum.ends + sum.untold));
    for seed in (0..trees).map(|n| seed.wrapping_add(n)) {
        let grown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            // Neighbours are alike in their first draws.
            let mut random = Random::of(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let fierce = random.below(2) == 0;
            let floor = Arc::new(Floor::draw(&mut random, 2, fierce));
            match fierce {
                false => one_by_one(stage.take(), &mut random, &floor, sum),
                true => at_once(stage.take(), &mut random, &floor, sum),
            }
        }));
        let Ok(grown) = grown else { panic!("run it again with SEED={seed}") };
        stage = Some(grown);
    }
    let inline = stage.expect("a tree at least").inline;
    let ledger = inline.system().quiesce(Duration::ZERO).expect("nothing is left to come");
    ledger.check().expect("it adds up");
    // The listener alone is left. Every fault was told; and every end, but of those whose supervisor was gone, and of the roots.
    assert_eq!(ledger.spawned - ledger.stopped, 1);
    let told = (sum.faults - before.0, sum.ends + sum.untold - before.1 + trees + 1);
    assert_eq!((ledger.faults, ledger.spawned), told, "one of the {trees} trees from SEED={seed}");
}

#[test]
fn random_trees_leave_no_orphan_and_tell_each_parent_once() {
    let given = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = given
        .unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970").as_nanos() as u64);
    let all = if cfg!(throng_sanitize) { 500 } else { 10_000 };
    let trees = if given.is_some() { 1 } else { all };
    println!("SEED={seed} and the {trees} from there");
    let (mut sum, begun) = (Sum::default(), std::time::Instant::now());
    let at_a_time = if given.is_some() { 1 } else { 100 };
    for n in 0..trees / at_a_time {
        wood(seed.wrapping_add(n * at_a_time), at_a_time, &mut sum);
    }
    println!("{sum:?} in {:?}", begun.elapsed());
    let Sum { faults, unheard, untold, restarts, gave_up, .. } = sum;
    let all_of_it = [faults, unheard, untold, restarts, gave_up].iter().all(|count| *count > 0);
    assert!(given.is_some() || all_of_it, "the scripts are of faults");
}

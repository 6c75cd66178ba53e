//! Actors by the million: spawned by one actor, told one thing each, then stopped or left alone.

use super::plan::{Outcome, Plan, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use crossbeam_utils::CachePadded;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Actor, Context, Fault, Options, System};

/// Spawns in one handler of the parent.
const CHUNK: u32 = 64;
/// Actors of the goals table.
pub const ACTORS: u64 = 1_000_000;

/// Counters that each worker has to itself.
#[derive(Debug)]
pub struct Stripes(Box<[CachePadded<Stripe>]>);

#[derive(Debug, Default)]
struct Stripe {
    count: AtomicU64,
    sum: AtomicU64,
}

impl Stripes {
    /// For the workers of `system`; never freed.
    pub fn new(system: &System) -> &'static Self {
        Box::leak(Box::new(Self((0..system.workers()).map(|_| CachePadded::default()).collect())))
    }

    /// One more on this worker, and `id` to its sum.
    #[inline(always)]
    pub fn count(&self, worker: usize, id: u64) {
        let stripe = &self.0[worker];
        // One writer each. Release: whoever sees the count sees the sum.
        stripe.sum.store(stripe.sum.load(Ordering::Relaxed) + id, Ordering::Relaxed);
        stripe.count.store(stripe.count.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    /// How many on all workers.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.count.load(Ordering::Acquire)).sum()
    }

    /// The sum of their ids.
    pub fn sum(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.sum.load(Ordering::Relaxed)).sum()
    }
}

/// What the children of one parent share.
#[derive(Debug)]
struct Family {
    stripes: &'static Stripes,
    tally: &'static Tally,
}

/// 16 bytes of state.
struct Child<const STOPS: bool> {
    family: &'static Family,
    id: u32,
    alone: Alone,
}

/// What a child is told: its own number.
struct Told(u64);

impl<const STOPS: bool> Actor for Child<STOPS> {
    type Msg = Told;

    #[inline]
    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.family.tally.overlap();
        }
        if told.0 != u64::from(self.id) {
            self.family.tally.out_of_order(0, u64::from(self.id), told.0);
        }
        self.family.stripes.count(cx.worker_index(), told.0);
        if STOPS {
            cx.stop();
        }
        if self.alone.leave() {
            self.family.tally.overlap();
        }
        Ok(())
    }
}

const _: () = assert!(std::mem::size_of::<Child<true>>() == 16);

struct Step;

struct Parent<const STOPS: bool> {
    family: &'static Family,
    options: Options,
    next: u32,
    end: u32,
    steps: u64,
}

impl<const STOPS: bool> Parent<STOPS> {
    fn spawn_some(&mut self, cx: &mut Context<'_, Self>) {
        let tally = self.family.tally;
        let stop = self.end.min(self.next + CHUNK);
        while self.next < stop {
            let child = Child::<STOPS> { family: self.family, id: self.next, alone: Alone::default() };
            let Ok(child) = cx.try_spawn(child, &self.options) else {
                return tally.exhausted(|| {
                    format!(
                        "no memory for actor {} of {}: take fewer, or raise the process's limits",
                        self.next, self.end
                    )
                });
            };
            if let Err(refused) = cx.send(child, Told(u64::from(self.next))) {
                tally.refused(refused.reason());
            }
            self.next += 1;
        }
    }

    /// Whether every child has had its message; says so.
    fn is_done(&mut self) -> bool {
        let Family { stripes, tally } = self.family;
        let n = u64::from(self.end);
        if self.next < self.end || stripes.total() < n {
            return false;
        }
        if stripes.total() != n || stripes.sum() != n * n.saturating_sub(1) / 2 {
            tally.wrong(|| format!("{} actors were told something, not {n}", stripes.total()));
        }
        tally.add_beside(self.steps);
        tally.report(n);
        true
    }
}

impl<const STOPS: bool> Actor for Parent<STOPS> {
    type Msg = Step;

    fn handle(&mut self, _: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.steps += 1;
        if self.family.tally.is_over() {
            self.end = self.next;
        }
        self.spawn_some(cx);
        if self.is_done() {
            cx.stop();
        } else {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Step) {
                self.family.tally.refused(refused.reason());
            }
        }
        Ok(())
    }
}

/// Spawns actors that stop after their message.
///
/// # Errors
/// In words, when the parent cannot be spawned.
pub fn create(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let mut outcome = raise::<true>(system, plan, plan.actors.unwrap_or(ACTORS))?;
    outcome.counts = "actor";
    outcome.facts.push(("spawns_per_handler", json!(CHUNK)));
    Ok(outcome)
}

/// Spawns actors that stay, each of which has handled one message when this returns.
///
/// # Errors
/// In words, when the parent cannot be spawned, or not everybody came to rest.
pub fn settle(system: &System, plan: &Plan, actors: u64) -> Result<Outcome, String> {
    // The time it takes is nobody's load.
    let plan = Plan { duration: None, sample_every: None, ..plan.clone() };
    let outcome = raise::<false>(system, &plan, actors)?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    Ok(outcome)
}

fn raise<const STOPS: bool>(system: &System, plan: &Plan, actors: u64) -> Result<Outcome, String> {
    let tally = Tally::new(system, plan, 1);
    let family: &'static Family = Box::leak(Box::new(Family { stripes: Stripes::new(system), tally }));
    let end = u32::try_from(actors).map_err(|_| format!("{actors} actors are too many"))?;
    let parent = Parent::<STOPS> { family, options: plan.options, next: 0, end, steps: 0 };
    // One chunk a turn: the children's turns come between, so that they are still in the cache, and the parent's turn is
    // no long handler behind which others would have to take them away.
    let brief = Options::builder().turn(1).build().map_err(|error| error.to_string())?;
    let parent = system.try_spawn(parent, &brief).map_err(|refused| refused.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    parent.try_send(Step).map_err(|refused| refused.to_string())?;
    let mut outcome = tally.wait(system, plan, start);
    if let Some(why) = outcome.exhausted {
        return Err(why);
    }
    outcome.actors = outcome.messages;
    Ok(outcome)
}

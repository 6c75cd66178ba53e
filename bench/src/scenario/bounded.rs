//! Producers that try to send more than the consumer can take, and what its overflow policy makes of that.
//!
//! A number is given to each message that a send accepted, so where nothing is dropped the consumer must see every one of
//! them; where something is, they must still grow, and what is missing must be what the ledger counts as dropped.

use super::numbered::Numbered;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::served::{Item, Served};
use super::tally::{Alone, Start, Tally};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{
    Activity, Actor, ActorId, Address, Context, Fault, Ledger, Level, Options, Overflow, Pressed, Reason,
    System,
};

/// Attempts of all producers together, where the plan names no other number.
const MESSAGES: u64 = 200_000;
/// Attempts in one handler of a producer: under mute each of them may go in beyond the capacity.
const SENDS: u64 = 16;
/// Tells a producer to go on.
struct Step;

/// What the producers did, written by each at its end.
#[derive(Debug, Default)]
struct Sent {
    attempts: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    steps: AtomicU64,
}

struct Producer {
    to: Address<Item>,
    sender: u64,
    /// The number of the next message that is accepted.
    next: u64,
    /// Attempts still to make.
    left: u64,
    attempts: u64,
    refused: u64,
    steps: u64,
    /// To be planted in the first step.
    fault: Option<Planted>,
    alone: Alone,
    sent: Arc<Sent>,
    tally: &'static Tally,
}

impl Producer {
    fn attempt(&mut self, cx: &mut Context<'_, Self>) {
        self.attempts += 1;
        match cx.send(self.to, Item::new(self.sender, self.next)) {
            Ok(()) => self.next += 1,
            Err(refused) if refused.reason() == Reason::Full => self.refused += 1,
            Err(refused) => self.tally.refused(refused.reason()),
        }
    }

    #[cold]
    fn end(&self) {
        // Relaxed: the report's lock publishes them.
        self.sent.attempts.fetch_add(self.attempts, Ordering::Relaxed);
        self.sent.accepted.fetch_add(self.next, Ordering::Relaxed);
        self.sent.refused.fetch_add(self.refused, Ordering::Relaxed);
        self.sent.steps.fetch_add(self.steps, Ordering::Relaxed);
        self.tally.report(self.attempts);
    }
}

impl Numbered for Producer {
    fn next(&mut self) -> &mut u64 {
        &mut self.next
    }

    fn send_next(&mut self, cx: &mut Context<'_, Self>) {
        self.attempt(cx);
    }

    fn leave_out(&mut self) {
        self.attempts += 1;
        self.next += 1;
    }
}

impl Actor for Producer {
    type Msg = Step;

    fn handle(&mut self, _: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        self.steps += 1;
        if let Some(fault) = self.fault.take() {
            self.plant(fault, cx);
        }
        if self.tally.is_over() {
            self.left = 0;
        }
        let now = self.left.min(SENDS);
        self.left -= now;
        for _ in 0..now {
            self.attempt(cx);
        }
        if self.left == 0 {
            self.end();
        } else {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Step) {
                self.tally.refused(refused.reason());
            }
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

struct Consumer {
    served: Served,
    alone: Alone,
    handled: Arc<AtomicU64>,
    tally: &'static Tally,
}

impl Actor for Consumer {
    type Msg = Item;

    fn handle(&mut self, item: Item, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        self.served.check(item);
        self.served.serve();
        // Relaxed: one writer, read when the system is at rest.
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// What the upstream was told.
#[derive(Debug, Default)]
struct Told {
    high: AtomicU64,
    low: AtomicU64,
}

/// Counts the news of the consumer's pressure, which must turn each time.
struct Upstream {
    of: Option<ActorId>,
    told: Arc<Told>,
    tally: &'static Tally,
}

impl Actor for Upstream {
    type Msg = Pressed;

    fn handle(&mut self, news: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        // Relaxed: one writer, read when the system is at rest.
        let (high, low) = (self.told.high.load(Ordering::Relaxed), self.told.low.load(Ordering::Relaxed));
        if *self.of.get_or_insert(news.actor) != news.actor {
            self.tally.wrong(|| format!("news of actor {}, who has no upstream", news.actor));
        }
        let turns = match news.level {
            Level::High => {
                self.told.high.store(high + 1, Ordering::Relaxed);
                high == low
            }
            Level::Low => {
                self.told.low.store(low + 1, Ordering::Relaxed);
                high == low + 1
            }
        };
        if !turns {
            self.tally
                .wrong(|| format!("pressure {:?} after {high} times high and {low} times low", news.level));
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let producers = plan.producers;
    let tally = Tally::new(system, plan, producers as usize);
    let (sent, handled, told) =
        (Arc::new(Sent::default()), Arc::new(AtomicU64::new(0)), Arc::<Told>::default());
    let consumer = Consumer {
        served: Served::new(plan, producers, drops(plan.overflow), tally),
        alone: Alone::default(),
        handled: Arc::clone(&handled),
        tally,
    };
    // As another worker would that is in its handler.
    if plan.fault == Some(Planted::Overlap) && consumer.alone.enter() {
        return Err("the consumer has run before it was spawned".into());
    }
    let upstream = Upstream { of: None, told: Arc::clone(&told), tally };
    let consumer = spawn_consumer(system, plan, consumer, upstream)?;
    let mut addresses = Vec::new();
    for sender in 0..producers {
        let producer = Producer {
            to: consumer,
            sender,
            next: 0,
            left: plan.share(sender, MESSAGES),
            attempts: 0,
            refused: 0,
            steps: 0,
            fault: plan.fault.filter(|_| sender == 0),
            alone: Alone::default(),
            sent: Arc::clone(&sent),
            tally,
        };
        addresses.push(
            system
                .try_spawn(producer, &producers_options(plan.overflow)?)
                .map_err(|refused| refused.to_string())?,
        );
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let before = system.ledger();
    let start = Start::now();
    for producer in addresses {
        producer.try_send(Step).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = tally.wait(system, plan, start);
    // What is in the mailbox may still take its time.
    let bound = bound(plan, producers);
    let rest = plan.service.saturating_mul(u32::try_from(bound).unwrap_or(u32::MAX));
    let ledger = system.quiesce(SETTLED_WITHIN + rest).unwrap_or_else(|busy| {
        outcome.wrong.push(busy.to_string());
        system.ledger()
    });
    outcome.facts.push(("drained_ns", json!(start.elapsed_ns())));
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let counted = Counted {
        attempts: of(&sent.attempts),
        accepted: of(&sent.accepted),
        refused: of(&sent.refused),
        beside: of(&sent.steps) + of(&told.high) + of(&told.low),
        handled: of(&handled),
        high: of(&told.high),
        low: of(&told.low),
        bound,
    };
    outcome.wrong.extend(counted.wrong(plan.overflow, &before, &ledger, &system.activity()));
    outcome.handled = counted.handled + counted.beside;
    outcome.dropped = counted.accepted.saturating_sub(counted.handled);
    outcome.counts = "attempt";
    outcome.offered = Some((counted.attempts, "attempt"));
    outcome.actors = producers + 1 + u64::from(plan.overflow == Overflow::Signal);
    outcome.producers = Some(producers);
    outcome.sends_per_handler = Some(SENDS);
    outcome.facts.push(("sends_per_handler", json!(SENDS)));
    outcome.facts.push(("service_ns", json!(plan.service.as_nanos() as u64)));
    outcome.facts.push(("accepted", json!(counted.accepted)));
    outcome.facts.push(("consumed", json!(counted.handled)));
    outcome.facts.push(("occupancy_limit", json!(bound)));
    if plan.overflow == Overflow::Signal {
        outcome.facts.push(("news", json!({"high": counted.high, "low": counted.low})));
    }
    Ok(outcome)
}

/// With whom its pressure is told to, where the policy is to tell.
fn spawn_consumer(
    system: &System,
    plan: &Plan,
    consumer: Consumer,
    upstream: Upstream,
) -> Result<Address<Item>, String> {
    let options = match plan.overflow {
        Overflow::Signal => {
            let upstream =
                system.try_spawn(upstream, &Options::default()).map_err(|refused| refused.to_string())?;
            plan.builder.upstream(upstream.recipient())
        }
        _ => plan.builder,
    };
    let options = options.build().map_err(|error| error.to_string())?;
    system.try_spawn(consumer, &options).map_err(|refused| refused.to_string())
}

/// Of the mailboxes that hold the producers' own steps. The engine tells the fullest mailbox of all: these must not be it. An
/// ordinary one counts the step that is being handled and the next one, which is beyond a capacity of one; a line that keeps
/// the newest counts what waits. Under mute the bound is above both, and a message that comes would let a muted one go on.
fn producers_options(overflow: Overflow) -> Result<Options, String> {
    let own = match overflow {
        Overflow::Mute => Options::builder(),
        _ => Options::builder().capacity(1).overflow(Overflow::DropOldestExact),
    };
    own.build().map_err(|error| error.to_string())
}

fn drops(overflow: Overflow) -> bool {
    matches!(overflow, Overflow::DropNewest | Overflow::DropOldest | Overflow::DropOldestExact)
}

/// The most messages that the consumer's mailbox may hold.
fn bound(plan: &Plan, producers: u64) -> u64 {
    let capacity = u64::from(plan.options.capacity());
    match plan.overflow {
        Overflow::Mute => capacity + producers * SENDS,
        Overflow::DropOldest => 2 * capacity,
        _ => capacity,
    }
}

/// What the actors counted themselves: the ledger must say the same.
#[derive(Debug, Clone, Copy)]
struct Counted {
    attempts: u64,
    accepted: u64,
    refused: u64,
    /// Steps and news.
    beside: u64,
    handled: u64,
    high: u64,
    low: u64,
    bound: u64,
}

impl Counted {
    /// What does not agree, and which promise of the policy does not hold.
    fn wrong(self, overflow: Overflow, before: &Ledger, after: &Ledger, activity: &Activity) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut demand = |what: &str, found: u64, expected: u64| {
            if found != expected {
                wrong.push(format!("{what}: {found}, not {expected}"));
            }
        };
        demand("attempts in the ledger", after.attempts - before.attempts, self.attempts + self.beside);
        demand("accepted in the ledger", after.accepted - before.accepted, self.accepted + self.beside);
        demand("refused as full in the ledger", after.refused.full, self.refused);
        demand("dropped in the ledger", after.dropped.total(), self.accepted.saturating_sub(self.handled));
        demand("mailboxes told to have sunk to the low mark", self.low, self.high);
        let dropped = after.dropped;
        // Only the word's own limit refuses under mute.
        let hard = self.bound > u64::from(Options::CAPACITY_MAX) / 2;
        if drops(overflow) || (overflow == Overflow::Mute && !hard) {
            demand("sends refused by a policy that refuses none", self.refused, 0);
        }
        match overflow {
            // A receiver that was not exact for once has dropped new ones.
            Overflow::DropOldest => {}
            Overflow::DropOldestExact => demand("newest dropped in place of the oldest", dropped.newest, 0),
            Overflow::DropNewest => demand("oldest dropped in place of the newest", dropped.oldest, 0),
            _ => demand("messages dropped by a policy that drops none", dropped.total(), 0),
        }
        if activity.fullest > self.bound {
            wrong.push(format!(
                "a mailbox held {} messages, {} at most are promised",
                activity.fullest, self.bound
            ));
        }
        wrong
    }
}

#[cfg(test)]
mod tests;

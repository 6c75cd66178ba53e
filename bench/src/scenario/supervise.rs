//! Children of one supervisor that fail now and then while producers send to all of them. What is measured is the time to
//! recover: from the failure of the handler until `started` of the new state.
//!
//! Who may touch what: what must outlive a state lies in its child's seat, which the child's own turns write alone; others read
//! it when the system is at rest.
//!
//! A child that has failed is held until its supervisor has decided. Meanwhile its mailbox takes messages up to the capacity, and
//! refuses more, also where the policy is to mute: a producer that is refused goes on to the next child.
//!
//! Verified: each fault is told once by the supervisor, and each is followed by a start; under one-for-one there is one restart
//! for each; no child is lost; and each message was handled, or is counted where its mailbox went with a restart.

use super::drained::Senders;
use super::numbered::Numbered;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::served::{Item, Served};
use super::tally::{Alone, Start, Tally};
use super::witness::{Heard, Witness, name};
use crate::options::{Crash, CrashBy, Kept, Upkeep, strategy_name};
use crate::seeded::Seeded;
use serde_json::{Value, json};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, Backoff, Child, Context, Fault, Ledger, Mail, Options, Reason, Strategy, Supervisor,
    System, Tree,
};

const CHILDREN: u64 = 16;
/// Messages of all producers together, where the plan names no other number.
const MESSAGES: u64 = 1_000_000;
/// Sends in one handler of a producer.
const SENDS: u64 = 16;
/// How long it must go well until pauses begin at the first again.
const QUIET: Duration = Duration::from_secs(1);

/// What all children know.
#[derive(Debug)]
struct Yard {
    upkeep: Upkeep,
    seed: u64,
    /// Nanoseconds are counted from here.
    since: Instant,
    /// When the next fault is due, where they come by the time.
    due_ns: AtomicU64,
    seats: Box<[Seat]>,
    /// What restarts have handed back.
    returned: AtomicU64,
    tally: &'static Tally,
}

/// What of a child outlives its state.
#[derive(Debug)]
struct Seat {
    served: std::sync::Mutex<Served>,
    alone: Alone,
    handled: AtomicU64,
    faults: AtomicU64,
    /// Starts after a fault.
    recovered: AtomicU64,
    starts: AtomicU64,
    /// When its handler failed, in ticks; 0 where it has started since.
    failed_at: AtomicU64,
}

fn add(counter: &AtomicU64) {
    // Relaxed: one writer, read when the system is at rest.
    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

impl Yard {
    /// Whether the handling of this message is to fail.
    fn crashes(&self, child: u64, item: Item) -> bool {
        if self.tally.is_over() {
            return false;
        }
        match self.upkeep.crash {
            Crash::OneIn(n) => {
                let which = item.sender() << 48 ^ child << 32 ^ item.nth();
                Seeded::stream(self.seed, which).below(n) == 0
            }
            Crash::PerSecond(n) => {
                let (now, between) = (self.since.elapsed().as_nanos() as u64, 1_000_000_000 / n);
                let due = self.due_ns.load(Ordering::Relaxed);
                // Relaxed: the one word alone decides who it is. What was missed is not made up for.
                now >= due
                    && self
                        .due_ns
                        .compare_exchange(due, (due + between).max(now), Ordering::Relaxed, Ordering::Relaxed)
                        .is_ok()
            }
        }
    }

    fn sum(&self, counter: impl Fn(&Seat) -> &AtomicU64) -> u64 {
        self.seats.iter().map(|seat| counter(seat).load(Ordering::Relaxed)).sum()
    }
}

/// A child; all it knows lies in its seat.
struct Ward {
    child: u64,
    yard: &'static Yard,
}

impl Ward {
    fn seat(&self) -> &'static Seat {
        &self.yard.seats[self.child as usize]
    }
}

impl Actor for Ward {
    type Msg = Item;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let seat = self.seat();
        add(&seat.starts);
        let failed_at = seat.failed_at.load(Ordering::Relaxed);
        if failed_at != 0 {
            self.yard.tally.record(cx.worker_index(), failed_at);
            seat.failed_at.store(0, Ordering::Relaxed);
            add(&seat.recovered);
        }
        Ok(())
    }

    fn handle(&mut self, item: Item, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (seat, yard) = (self.seat(), self.yard);
        if seat.alone.enter() {
            yard.tally.overlap();
        }
        if let Ok(mut served) = seat.served.try_lock() {
            served.check(item);
            served.serve();
        } else {
            yard.tally.overlap();
        }
        add(&seat.handled);
        let crashes = yard.crashes(self.child, item);
        if crashes {
            add(&seat.faults);
        }
        if seat.alone.leave() {
            yard.tally.overlap();
        }
        if !crashes {
            return Ok(());
        }
        seat.failed_at.store(yard.tally.clock.ticks().max(1), Ordering::Relaxed);
        match yard.upkeep.by {
            // As a panic does, but for the words of its hook, of which there would be thousands.
            CrashBy::Panic => resume_unwind(Box::new("this message crashes its child")),
            CrashBy::Error => Err(Fault::msg("this message crashes its child")),
        }
    }
}

/// Tells a producer to go on.
struct Step;

/// What the producers did, written by each at its end.
#[derive(Debug, Default)]
struct Sent {
    accepted: AtomicU64,
    refused: AtomicU64,
    steps: AtomicU64,
}

struct Producer {
    to: Arc<[Address<Item>]>,
    sender: u64,
    /// The number of the next message for each child.
    next: Box<[u64]>,
    at: usize,
    accepted: u64,
    refused: u64,
    /// Messages that are still to be accepted.
    left: u64,
    steps: u64,
    /// To be planted in the first step.
    fault: Option<Planted>,
    done: Sender<u64>,
    sent: Arc<Sent>,
    tally: &'static Tally,
}

impl Producer {
    fn send(&mut self, cx: &mut Context<'_, Self>) {
        let at = self.at;
        match cx.send(self.to[at], Item::new(self.sender, self.next[at])) {
            Ok(()) => {
                self.accepted += 1;
                self.next[at] += 1;
                self.left = self.left.saturating_sub(1);
            }
            Err(refused) if refused.reason() == Reason::Full => self.refused += 1,
            Err(refused) => self.tally.refused(refused.reason()),
        }
    }
}

impl Numbered for Producer {
    fn next(&mut self) -> &mut u64 {
        &mut self.next[self.at]
    }

    fn send_next(&mut self, cx: &mut Context<'_, Self>) {
        self.send(cx);
    }
}

impl Actor for Producer {
    type Msg = Step;

    fn handle(&mut self, _: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.steps += 1;
        if let Some(fault) = self.fault.take() {
            self.plant(fault, cx);
        }
        if self.tally.is_over() {
            self.left = 0;
        }
        for _ in 0..self.left.min(SENDS) {
            self.send(cx);
            self.at = (self.at + 1) % self.to.len();
        }
        if self.left > 0 {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Step) {
                self.tally.refused(refused.reason());
            }
            return Ok(());
        }
        // Relaxed: the channel publishes them.
        self.sent.accepted.fetch_add(self.accepted, Ordering::Relaxed);
        self.sent.refused.fetch_add(self.refused, Ordering::Relaxed);
        self.sent.steps.fetch_add(self.steps, Ordering::Relaxed);
        self.done.send(self.accepted)?;
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let (producers, children) = (plan.producers, plan.actors.unwrap_or(CHILDREN));
    let tally = Tally::new(system, plan, 1);
    let drops = plan.upkeep.mail != Kept::Keep;
    let seat = |_| Seat {
        served: std::sync::Mutex::new(Served::new(plan, producers, drops, tally)),
        alone: Alone::default(),
        handled: AtomicU64::new(0),
        faults: AtomicU64::new(0),
        recovered: AtomicU64::new(0),
        starts: AtomicU64::new(0),
        failed_at: AtomicU64::new(0),
    };
    let yard: &'static Yard = Box::leak(Box::new(Yard {
        upkeep: plan.upkeep,
        seed: plan.seed,
        since: Instant::now(),
        due_ns: AtomicU64::new(0),
        seats: (0..children).map(seat).collect(),
        returned: AtomicU64::new(0),
        tally,
    }));
    if plan.fault == Some(Planted::Overlap) && yard.seats[0].alone.enter() {
        return Err("the first child has run before it was spawned".into());
    }
    let witness = Witness::new(children, plan.upkeep.strategy, plan.fault == Some(Planted::Uncounted), tally);
    let heard = witness.heard();
    let witness = system.try_spawn(witness, &Options::default()).map_err(|refused| refused.to_string())?;
    let root = supervisor(plan, yard, children).events_to(witness.recipient());
    let tree = system.supervise(root).map_err(|error| error.to_string())?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let found = |child| tree.child::<Item>(&name(child)).ok_or_else(|| format!("no {}", name(child)));
    let to: Arc<[Address<Item>]> = (0..children).map(found).collect::<Result<Vec<_>, _>>()?.into();
    let (sent, senders) = (Arc::<Sent>::default(), Senders::new(producers));
    let mut addresses = Vec::new();
    for sender in 0..producers {
        let producer = Producer {
            to: Arc::clone(&to),
            sender,
            next: to.iter().map(|_| 0).collect(),
            at: sender as usize % to.len(),
            accepted: 0,
            refused: 0,
            left: plan.share(sender, MESSAGES),
            steps: 0,
            fault: plan.fault.filter(|_| sender == 0),
            done: senders.teller(),
            sent: Arc::clone(&sent),
            tally,
        };
        let spawned = system.try_spawn(producer, &Options::default());
        addresses.push(spawned.map_err(|refused| refused.to_string())?);
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for producer in addresses {
        producer.try_send(Step).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = senders.wait(system, plan, tally, start);
    let alive = (0..children).filter(|child| tree.child::<Item>(&name(*child)) == Some(to[*child as usize]));
    let alive = alive.count() as u64;
    end(system, &tree, &mut outcome);
    let ledger = system.ledger();
    let counted = Counted::of(yard, &sent, &heard, tree.restarts(), alive);
    outcome.wrong.extend(counted.wrong(plan.upkeep, &ledger));
    told(plan, &counted, &ledger, &mut outcome);
    outcome.actors = children + producers + 2;
    outcome.producers = Some(producers);
    outcome.sends_per_handler = Some(SENDS);
    Ok(outcome)
}

fn supervisor(plan: &Plan, yard: &'static Yard, children: u64) -> Supervisor {
    let Upkeep { strategy, pauses, mail, .. } = plan.upkeep;
    // As many restarts as there are: what is to be seen is how long they take, not when it is enough.
    let root = Supervisor::new().strategy(strategy).intensity(u32::MAX, Duration::from_nanos(1)).quiet(QUIET);
    let root = match pauses {
        Some(pauses) => root.backoff(Backoff::new(pauses.first, pauses.most).seed(plan.seed)),
        None => root,
    };
    (0..children).fold(root, |root, child| {
        let mail = match mail {
            Kept::Keep => Mail::Keep,
            Kept::Drop => Mail::Drop,
            Kept::Return => Mail::Return(Arc::new(move |_: Item| {
                yard.returned.fetch_add(1, Ordering::Relaxed);
            })),
        };
        root.child(Child::new(name(child), move || Ward { child, yard }).options(plan.options).mail(mail))
    })
}

/// The tree comes down, and all that it has to tell is heard.
fn end(system: &System, tree: &Tree, outcome: &mut Outcome) {
    let within = if outcome.wrong.is_empty() { SETTLED_WITHIN } else { SETTLED_WITHIN / 60 };
    if let Err(error) = tree.stop(within) {
        outcome.wrong.push(error.to_string());
    }
    if let Err(busy) = system.quiesce(within) {
        outcome.wrong.push(busy.to_string());
    }
}

/// What the actors, the tree and its witness counted: they must all say the same, and the ledger too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    children: u64,
    alive: u64,
    accepted: u64,
    refused: u64,
    steps: u64,
    handled: u64,
    returned: u64,
    faults: u64,
    recovered: u64,
    starts: u64,
    restarts: u64,
    /// News of each kind, and of all.
    started: u64,
    failed: u64,
    restarted: u64,
    ended: u64,
    events: u64,
}

impl Counted {
    fn of(yard: &Yard, sent: &Sent, heard: &Heard, restarts: u64, alive: u64) -> Self {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Self {
            children: yard.seats.len() as u64,
            alive,
            accepted: of(&sent.accepted),
            refused: of(&sent.refused),
            steps: of(&sent.steps),
            handled: yard.sum(|seat| &seat.handled),
            returned: of(&yard.returned),
            faults: yard.sum(|seat| &seat.faults),
            recovered: yard.sum(|seat| &seat.recovered),
            starts: yard.sum(|seat| &seat.starts),
            restarts,
            started: of(&heard.started),
            failed: of(&heard.failed),
            restarted: of(&heard.restarted),
            ended: of(&heard.ended),
            events: of(&heard.all),
        }
    }

    /// What a restart took out of mailboxes and handed to nobody.
    fn dead(&self) -> u64 {
        self.accepted.saturating_sub(self.handled + self.returned)
    }

    /// What does not agree.
    fn wrong(self, upkeep: Upkeep, ledger: &Ledger) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut demand = |what: &str, found: u64, expected: u64| {
            if found != expected {
                wrong.push(format!("{what}: {found}, not {expected}"));
            }
        };
        demand("children at the end", self.alive, self.children);
        demand("first starts told", self.started, self.children);
        demand("ends told", self.ended, self.children);
        demand("faults told by the supervisor", self.failed, self.faults);
        demand("starts after a fault", self.recovered, self.faults);
        if upkeep.strategy == Strategy::OneForOne {
            demand("starts of children", self.starts, self.started + self.restarted);
            demand("restarts told by the supervisor", self.restarted, self.faults);
            demand("restarts of the tree", self.restarts, self.faults);
        }
        demand("handled, dropped and handed back", self.handled + self.returned + self.dead(), self.accepted);
        demand("refused as full in the ledger", ledger.refused.full, self.refused);
        demand("dead letters of restarts in the ledger", ledger.dead.restarted, self.dead());
        if upkeep.mail != Kept::Drop {
            demand("messages that nobody has", self.dead(), 0);
        }
        if upkeep.mail != Kept::Return {
            demand("messages handed back", self.returned, 0);
        }
        if self.restarts > self.faults {
            wrong.push(format!("{} restarts of {} faults", self.restarts, self.faults));
        }
        // One that goes down once more before it was told to be there starts without a word.
        if self.starts < self.started + self.restarted {
            wrong.push(format!(
                "{} starts of children, of which {} were told",
                self.starts,
                self.started + self.restarted
            ));
        }
        wrong
    }
}

/// Writes down what came of it.
fn told(plan: &Plan, counted: &Counted, ledger: &Ledger, outcome: &mut Outcome) {
    let Upkeep { strategy, crash, by, pauses, mail } = plan.upkeep;
    // What the supervisor handled is the engine's own: its reports, and its alarms.
    let known = counted.handled + counted.steps + counted.events;
    let own = ledger.handled.saturating_sub(known);
    outcome.handled = known + own;
    outcome.dead = counted.dead();
    outcome.returned = counted.returned;
    outcome.faults = counted.faults;
    outcome.response_is = "from the failure of a handler until its child has started anew".into();
    let pauses = pauses.map_or(Value::Null, |pauses| {
        json!({"first_ns": pauses.first.as_nanos() as u64, "most_ns": pauses.most.as_nanos() as u64})
    });
    outcome.facts.extend([
        ("children", json!(counted.children)),
        ("strategy", json!(strategy_name(strategy))),
        ("crash", json!(crash.to_string())),
        ("crash_by", json!(by.name())),
        ("backoff", pauses),
        ("mail", json!(mail.name())),
        ("service_ns", json!(plan.service.as_nanos() as u64)),
        ("sends_per_handler", json!(SENDS)),
        ("faults", json!(counted.faults)),
        ("restarts", json!(counted.restarts)),
        ("children_restarted", json!(counted.restarted)),
        ("handled", json!(counted.handled)),
        ("refused", json!(counted.refused)),
        ("returned", json!(counted.returned)),
        ("dead", json!(counted.dead())),
        ("supervisor_messages", json!(own)),
    ]);
}

#[cfg(test)]
mod tests;

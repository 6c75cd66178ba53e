//! Producers that send to one consumer through credit links, each as fast as its credit allows.
//!
//! Every item is counted where it is received, and must be the next of its sender. What is out of a window is looked at with
//! each send, and when all is at rest the credit of each link must be whole: free + held + in flight = window.

use super::numbered::Numbered;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN, Stalls};
use super::served::{Item, Served};
use super::tally::{Alone, Start, Tally};
use crossbeam_utils::CachePadded;
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use throng::{Actor, Address, Context, Fault, FlowError, Ledger, Options, Outlet, System};

/// Items of all producers together, where the plan names no other number.
const MESSAGES: u64 = 200_000;
/// Items that a producer sends in one handler at most.
const SENDS: u64 = 16;

/// What a producer is told.
enum Step {
    Open,
    Go,
    /// There is credit again.
    Ready,
    Close,
}

/// What a producer counted, written at its end.
#[derive(Debug, Clone, Copy)]
struct End {
    sender: u64,
    sent: u64,
    /// Credit that it has not used.
    held: u32,
    handled: u64,
}

/// What all producers share.
#[derive(Debug)]
struct Shared {
    /// Items of each sender whose handler has begun.
    begun: Box<[CachePadded<AtomicU64>]>,
    /// Of each worker.
    stalls: Box<[CachePadded<Mutex<Stalls>>]>,
    ends: Mutex<Vec<End>>,
}

struct Producer {
    to: Address<Item>,
    sender: u64,
    window: u32,
    outlet: Option<Outlet<Item>>,
    /// The number of the next item.
    next: u64,
    /// Items still to send.
    left: u64,
    steps: u64,
    /// When it ran out of credit.
    out_since: Option<u64>,
    /// To be planted in the first step.
    fault: Option<Planted>,
    alone: Alone,
    shared: Arc<Shared>,
    tally: &'static Tally,
}

impl Producer {
    /// Sends the next item; whether there was credit.
    fn send(&mut self, cx: &mut Context<'_, Self>) -> bool {
        let Some(outlet) = &mut self.outlet else { return false };
        let item = Item::new(self.sender, self.next);
        // The one after which nothing of this sender comes ends its part of the run, once it has been consumed.
        match outlet.send(cx, if self.left == 1 { item.as_last() } else { item }) {
            Ok(()) => {
                let begun = self.shared.begun[self.sender as usize].load(Ordering::Relaxed);
                // The credit of the one that is about to be handled is back already.
                if self.next > begun + u64::from(self.window) {
                    self.exceeded(begun);
                }
                self.next += 1;
                true
            }
            Err(FlowError::NoCredit(_)) => false,
            Err(over) => {
                self.tally.wrong(|| format!("a flow has ended: {over}"));
                false
            }
        }
    }

    #[cold]
    fn exceeded(&self, begun: u64) {
        self.tally.wrong(|| {
            let out = self.next + 1 - begun;
            format!("sender {} has {out} items on their way by a window of {}", self.sender, self.window)
        });
    }

    /// Until its number is reached, its credit is used up, or others are to have their turn.
    fn go_on(&mut self, cx: &mut Context<'_, Self>) {
        if let Some(fault) = self.fault.take() {
            self.plant(fault, cx);
        }
        if self.left == 0 {
            // It had nothing to send.
            return self.tally.report(0);
        }
        if self.tally.is_over() {
            self.left = 1;
        }
        for _ in 0..self.left.min(SENDS) {
            if !self.send(cx) {
                self.out_since = Some(self.tally.clock.ticks());
                return;
            }
            self.left -= 1;
        }
        if self.left == 0 {
            return;
        }
        let me = cx.me();
        if let Err(refused) = cx.send(me, Step::Go) {
            self.tally.refused(refused.reason());
        }
    }

    /// Whether it was waiting for that.
    fn ready(&mut self, worker: usize) -> bool {
        let Some(since) = self.out_since.take() else { return false };
        let ns = self.tally.clock.ns_between(since, self.tally.clock.ticks());
        // Each worker has its own: nobody waits here.
        let mut stalls = self.shared.stalls[worker].lock().unwrap_or_else(PoisonError::into_inner);
        stalls.times.record(ns);
        stalls.total_ns += ns;
        true
    }

    fn close(&mut self) {
        let held = self.outlet.take().map_or(0, |outlet| outlet.credit());
        let end = End { sender: self.sender, sent: self.next, held, handled: self.steps };
        self.shared.ends.lock().unwrap_or_else(PoisonError::into_inner).push(end);
    }
}

impl Numbered for Producer {
    fn next(&mut self) -> &mut u64 {
        &mut self.next
    }

    fn send_next(&mut self, cx: &mut Context<'_, Self>) {
        self.send(cx);
    }
}

impl Actor for Producer {
    type Msg = Step;

    fn handle(&mut self, step: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        self.steps += 1;
        match step {
            Step::Open => match cx.open_flow(self.to, self.window, || Step::Ready) {
                Ok(outlet) => self.outlet = Some(outlet),
                Err(refused) => self.tally.wrong(|| format!("no flow: {refused}")),
            },
            Step::Go => self.go_on(cx),
            Step::Ready => {
                if self.ready(cx.worker_index()) {
                    self.go_on(cx);
                }
            }
            Step::Close => self.close(),
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
    shared: Arc<Shared>,
    tally: &'static Tally,
}

impl Actor for Consumer {
    type Msg = Item;

    fn handle(&mut self, item: Item, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        // Relaxed: one writer; the credit that goes back after it publishes it.
        if let Some(begun) = self.shared.begun.get(item.sender() as usize) {
            begun.store(begun.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        self.served.check(item);
        self.served.serve();
        if item.is_last() {
            self.tally.report(item.nth());
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let (producers, window) = (plan.producers, plan.window);
    let tally = Tally::new(system, plan, producers as usize);
    let shared = Arc::new(Shared {
        begun: (0..producers).map(|_| CachePadded::default()).collect(),
        stalls: (0..system.workers()).map(|_| CachePadded::default()).collect(),
        ends: Mutex::new(Vec::with_capacity(producers as usize)),
    });
    let consumer = Consumer {
        served: Served::new(plan, producers, false, tally),
        alone: Alone::default(),
        shared: Arc::clone(&shared),
        tally,
    };
    // As another worker would that is in its handler.
    if plan.fault == Some(Planted::Overlap) && consumer.alone.enter() {
        return Err("the consumer has run before it was spawned".into());
    }
    let windows = u32::try_from(producers * u64::from(window)).map_err(|error| error.to_string())?;
    let options = plan.builder.flows(windows).build().map_err(|error| error.to_string())?;
    let consumer = system.try_spawn(consumer, &options).map_err(|refused| refused.to_string())?;
    let mut addresses = Vec::new();
    for sender in 0..producers {
        let producer = Producer {
            to: consumer,
            sender,
            window,
            outlet: None,
            next: 0,
            left: plan.share(sender, MESSAGES),
            steps: 0,
            out_since: None,
            fault: plan.fault.filter(|_| sender == 0),
            alone: Alone::default(),
            shared: Arc::clone(&shared),
            tally,
        };
        addresses
            .push(system.try_spawn(producer, &Options::default()).map_err(|refused| refused.to_string())?);
    }
    let tell_all = |step: fn() -> Step| {
        addresses.iter().try_for_each(|to| to.try_send(step()).map_err(|refused| refused.to_string()))
    };
    tell_all(|| Step::Open)?;
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let before = system.ledger();
    let start = Start::now();
    tell_all(|| Step::Go)?;
    let mut outcome = tally.wait(system, plan, start);
    // What is on its way may still take its time.
    let within = SETTLED_WITHIN + plan.service.saturating_mul(windows);
    let rest = |outcome: &mut Outcome| {
        system.quiesce(within).unwrap_or_else(|busy| {
            outcome.wrong.push(busy.to_string());
            system.ledger()
        })
    };
    rest(&mut outcome);
    tell_all(|| Step::Close)?;
    let ledger = rest(&mut outcome);
    let ends = shared.ends.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let begun: Vec<u64> = shared.begun.iter().map(|begun| begun.load(Ordering::Relaxed)).collect();
    let bound = bound(windows);
    outcome.wrong.extend(wrong(&ends, &begun, window));
    outcome.wrong.extend(wrong_ledger(&before, &ledger));
    let fullest = system.activity().fullest;
    if fullest > bound {
        outcome.wrong.push(format!("a mailbox held {fullest} messages, {bound} at most are promised"));
    }
    let consumed: u64 = begun.iter().sum();
    outcome.messages = consumed;
    outcome.handled = consumed + ends.iter().map(|end| end.handled).sum::<u64>();
    outcome.actors = producers + 1;
    outcome.producers = Some(producers);
    outcome.sends_per_handler = Some(SENDS);
    outcome.window = Some(window);
    outcome.out_of_credit = Some(stalls(&shared));
    outcome.facts.push(("service_ns", json!(plan.service.as_nanos() as u64)));
    outcome.facts.push(("consumed", json!(consumed)));
    outcome.facts.push(("occupancy_limit", json!(bound)));
    outcome.facts.push(("credit", credit_json(&ends, &begun, window)));
    Ok(outcome)
}

/// Of all workers together.
fn stalls(shared: &Shared) -> Stalls {
    let mut all = Stalls::default();
    for stalls in &shared.stalls {
        let stalls = stalls.lock().unwrap_or_else(PoisonError::into_inner);
        all.times.merge(&stalls.times);
        all.total_ns += stalls.total_ns;
    }
    all
}

/// The most messages that a mailbox may hold: the consumer's what the windows let in, a producer's two.
fn bound(windows: u32) -> u64 {
    u64::from(windows).max(2)
}

/// Of what a link's consumer has consumed, what it has not granted again: it grants at half the window.
fn free(consumed: u64, window: u32) -> u64 {
    consumed % u64::from(window.div_ceil(2))
}

fn credit_json(ends: &[End], begun: &[u64], window: u32) -> serde_json::Value {
    let held: u64 = ends.iter().map(|end| u64::from(end.held)).sum();
    let free: u64 = begun.iter().map(|consumed| free(*consumed, window)).sum();
    let sent: u64 = ends.iter().map(|end| end.sent).sum();
    let flying = sent.saturating_sub(begun.iter().sum());
    json!({"free": free, "held": held, "in_flight": flying, "windows": u64::from(window) * begun.len() as u64})
}

/// Which links' credit is not whole, once all is at rest.
fn wrong(ends: &[End], begun: &[u64], window: u32) -> Vec<String> {
    let mut wrong = Vec::new();
    if ends.len() != begun.len() {
        wrong.push(format!("{} producers of {} have closed their links", ends.len(), begun.len()));
    }
    for end in ends {
        let consumed = begun[end.sender as usize];
        if end.sent != consumed {
            wrong.push(format!("sender {}: {} items sent, {consumed} handled", end.sender, end.sent));
        }
        let (free, held, flying) =
            (free(consumed, window), u64::from(end.held), end.sent.saturating_sub(consumed));
        if free + held + flying != u64::from(window) {
            wrong.push(format!(
                "sender {}: {free} credits free, {held} held, {flying} in flight, of a window of {window}",
                end.sender
            ));
        }
    }
    wrong
}

/// A flow refuses nothing and drops nothing.
fn wrong_ledger(before: &Ledger, after: &Ledger) -> Vec<String> {
    let refused = after.refused.total() - before.refused.total();
    let mut wrong = Vec::new();
    if refused > 0 {
        wrong.push(format!("{refused} sends refused, though each had a credit"));
    }
    if after.dropped.total() > 0 {
        wrong.push(format!("{} messages dropped", after.dropped.total()));
    }
    wrong
}

#[cfg(test)]
mod tests;

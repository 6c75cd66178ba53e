//! Publishers that publish in some topics in turn, each of which has subscribers. What is measured is the way from the
//! publication until the message is handled, and what each subscriber refused.
//!
//! Verified: what was published, times the subscribers, is what was handled, refused or dropped, for each subscriber by its own
//! count, the topic's and the publishers'; each subscriber has each publisher's messages in order, and all of them where nothing
//! may be refused.

use super::drained::Senders;
use super::numbered::Numbered;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::served::{Item, Served};
use super::tally::{Alone, Start, Tally};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use throng::{Actor, Context, Fault, Ledger, Options, Overflow, Reason, System, Topic};

/// Publications of all publishers together, where the plan names no other number.
const PUBLICATIONS: u64 = 100_000;
/// Publications in one handler of a publisher.
const PUBLISHED: u64 = 4;
/// What each subscriber refused is told one by one of so many of them, and of more only the smallest, the largest and all together.
const EACH: usize = 256;

/// What is published.
#[derive(Debug, Clone, Copy)]
struct News {
    item: Item,
    /// When, in ticks; 0 where it is not sampled.
    at: u64,
}

struct Subscriber {
    served: Served,
    handled: Arc<AtomicU64>,
    alone: Alone,
    tally: &'static Tally,
}

impl Actor for Subscriber {
    type Msg = News;

    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        if news.at != 0 {
            self.tally.record(cx.worker_index(), news.at);
        }
        self.served.check(news.item);
        self.served.serve();
        // Relaxed: one writer, read when the system is at rest.
        self.handled.store(self.handled.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Tells a publisher to go on.
struct Step;

/// What the publishers did, written by each at its end: by topic what was published and what became of it.
#[derive(Debug, Default)]
struct Sent {
    by_topic: Box<[Published]>,
    steps: AtomicU64,
}

#[derive(Debug, Default)]
struct Published {
    publications: AtomicU64,
    taken: AtomicU64,
    refused: AtomicU64,
}

struct Publisher {
    topics: Arc<[Topic<News>]>,
    sender: u64,
    /// By topic: the number of the next publication, and what became of them.
    next: Box<[u64]>,
    published: Box<[u64]>,
    taken: Box<[u64]>,
    refused: Box<[u64]>,
    at: usize,
    left: u64,
    steps: u64,
    every: Option<u64>,
    /// To be planted in the first step.
    fault: Option<Planted>,
    done: Sender<u64>,
    sent: Arc<Sent>,
    tally: &'static Tally,
}

impl Publisher {
    fn publish(&mut self, cx: &mut Context<'_, Self>) {
        let (topic, number) = (self.at, self.next[self.at]);
        self.next[topic] += 1;
        self.published[topic] += 1;
        let sampled = self.every.is_some_and(|every| number.is_multiple_of(every));
        let at = if sampled { self.tally.clock.ticks().max(1) } else { 0 };
        let delivery = cx.publish(&self.topics[topic], News { item: Item::new(self.sender, number), at });
        self.taken[topic] += delivery.taken as u64;
        self.refused[topic] += delivery.refused.len() as u64;
        if let Some((_, refused)) =
            delivery.refused.iter().find(|(_, refused)| refused.reason() != Reason::Full)
        {
            self.tally.refused(refused.reason());
        }
    }

    #[cold]
    fn end(&self) -> Result<(), Fault> {
        // Relaxed: the channel publishes them.
        let each = self.published.iter().zip(&self.taken).zip(&self.refused);
        for (topic, ((published, taken), refused)) in self.sent.by_topic.iter().zip(each) {
            topic.publications.fetch_add(*published, Ordering::Relaxed);
            topic.taken.fetch_add(*taken, Ordering::Relaxed);
            topic.refused.fetch_add(*refused, Ordering::Relaxed);
        }
        self.sent.steps.fetch_add(self.steps, Ordering::Relaxed);
        self.done.send(self.published.iter().sum())?;
        Ok(())
    }
}

impl Numbered for Publisher {
    fn next(&mut self) -> &mut u64 {
        &mut self.next[self.at]
    }

    fn send_next(&mut self, cx: &mut Context<'_, Self>) {
        self.publish(cx);
    }
}

impl Actor for Publisher {
    type Msg = Step;

    fn handle(&mut self, _: Step, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.steps += 1;
        match self.fault.take() {
            Some(Planted::Uncounted) => {
                self.publish(cx);
                self.published[self.at] -= 1;
            }
            Some(fault) => self.plant(fault, cx),
            None => {}
        }
        if self.tally.is_over() {
            self.left = 0;
        }
        let now = self.left.min(PUBLISHED);
        self.left -= now;
        for _ in 0..now {
            self.publish(cx);
            self.at = (self.at + 1) % self.topics.len();
        }
        if self.left == 0 {
            return self.end();
        }
        let me = cx.me();
        if let Err(refused) = cx.send(me, Step) {
            self.tally.refused(refused.reason());
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let (publishers, audience) = (plan.producers, plan.audience);
    let tally = Tally::new(system, plan, 1);
    let mut handled = Vec::new();
    let mut topics = Vec::new();
    for _ in 0..audience.topics {
        let topic = Topic::new();
        for _ in 0..audience.subscribers {
            let count = Arc::<AtomicU64>::default();
            let subscriber = Subscriber {
                served: Served::new(plan, publishers, plan.overflow != Overflow::Mute, tally),
                handled: Arc::clone(&count),
                alone: Alone::default(),
                tally,
            };
            // As another worker would that is in its handler.
            if plan.fault == Some(Planted::Overlap) && handled.is_empty() && subscriber.alone.enter() {
                return Err("the first subscriber has run before it was spawned".into());
            }
            handled.push(count);
            let subscriber =
                system.try_spawn(subscriber, &plan.options).map_err(|refused| refused.to_string())?;
            topic.subscribe(subscriber.recipient()).map_err(|error| error.to_string())?;
        }
        topics.push(topic);
    }
    let topics: Arc<[Topic<News>]> = topics.into();
    let by_topic = topics.iter().map(|_| Published::default()).collect();
    let sent = Arc::new(Sent { by_topic, steps: AtomicU64::new(0) });
    let senders = Senders::new(publishers);
    let mut addresses = Vec::new();
    for sender in 0..publishers {
        let nothing = || topics.iter().map(|_| 0).collect();
        let publisher = Publisher {
            topics: Arc::clone(&topics),
            sender,
            next: nothing(),
            published: nothing(),
            taken: nothing(),
            refused: nothing(),
            at: sender as usize % topics.len(),
            left: plan.share(sender, PUBLICATIONS),
            steps: 0,
            every: plan.sample_every.map(u64::from),
            fault: plan.fault.filter(|_| sender == 0),
            done: senders.teller(),
            sent: Arc::clone(&sent),
            tally,
        };
        let spawned = system.try_spawn(publisher, &Options::default());
        addresses.push(spawned.map_err(|refused| refused.to_string())?);
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let before = system.ledger();
    let start = Start::now();
    for publisher in addresses {
        publisher.try_send(Step).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = senders.wait(system, plan, tally, start);
    let counted = Counted::of(&topics, &sent, &handled);
    let ledger = system.ledger();
    outcome.wrong.extend(counted.wrong(plan.overflow, audience.subscribers, &before, &ledger));
    let of = |counter: &dyn Fn(&Part) -> u64| counted.parts.iter().map(counter).sum::<u64>();
    let (taken, handled) = (of(&|part| part.taken), of(&|part| part.handled));
    outcome.handled = handled + counted.steps;
    outcome.dropped = taken.saturating_sub(handled);
    outcome.counts = "publication";
    outcome.actors = publishers + audience.topics * audience.subscribers;
    outcome.producers = Some(publishers);
    outcome.sends_per_handler = Some(PUBLISHED);
    outcome.response_is = "from its publication until a subscriber handles it".into();
    let refused: Vec<u64> = counted.parts.iter().map(|part| part.refused).collect();
    outcome.offered = Some((taken + refused.iter().sum::<u64>(), "delivery"));
    outcome.facts.extend([
        ("topics", json!(audience.topics)),
        ("subscribers", json!(audience.subscribers)),
        ("service_ns", json!(plan.service.as_nanos() as u64)),
        ("sends_per_handler", json!(PUBLISHED)),
        ("published", json!(counted.topics.iter().map(|topic| topic.published).sum::<u64>())),
        ("taken", json!(taken)),
        ("handled", json!(handled)),
        ("refused", json!(refused.iter().sum::<u64>())),
        ("refused_least", json!(refused.iter().min())),
        ("refused_most", json!(refused.iter().max())),
        ("refused_by_subscriber", json!((refused.len() <= EACH).then_some(&refused))),
    ]);
    Ok(outcome)
}

/// One topic by its publishers' count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct OfTopic {
    published: u64,
    taken: u64,
    refused: u64,
}

/// One subscriber, by its topic's count and its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    topic: usize,
    taken: u64,
    refused: u64,
    handled: u64,
}

/// What all counted: they must all say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Counted {
    topics: Vec<OfTopic>,
    parts: Vec<Part>,
    steps: u64,
}

impl Counted {
    fn of(topics: &[Topic<News>], sent: &Sent, handled: &[Arc<AtomicU64>]) -> Self {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let each = sent.by_topic.iter().map(|topic| OfTopic {
            published: of(&topic.publications),
            taken: of(&topic.taken),
            refused: of(&topic.refused),
        });
        // In the order in which they subscribed, which is that of their counts.
        let told = topics
            .iter()
            .enumerate()
            .flat_map(|(n, topic)| topic.subscribers().into_iter().map(move |subscriber| (n, subscriber)));
        let parts = told.zip(handled).map(|((topic, subscriber), handled)| Part {
            topic,
            taken: subscriber.taken,
            refused: subscriber.refused,
            handled: of(handled),
        });
        Self { topics: each.collect(), parts: parts.collect(), steps: of(&sent.steps) }
    }

    /// What does not agree.
    fn wrong(&self, overflow: Overflow, subscribers: u64, before: &Ledger, after: &Ledger) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut demand = |what: &dyn Fn() -> String, found: u64, expected: u64| {
            if found != expected {
                wrong.push(format!("{}: {found}, not {expected}", what()));
            }
        };
        let sum = |of: &dyn Fn(&Part) -> u64| self.parts.iter().map(of).sum::<u64>();
        let (taken, refused, handled) =
            (sum(&|part| part.taken), sum(&|part| part.refused), sum(&|part| part.handled));
        let dropped = after.dropped.total() - before.dropped.total();
        let published: u64 = self.topics.iter().map(|topic| topic.published).sum();
        demand(&|| "subscribers".into(), self.parts.len() as u64, self.topics.len() as u64 * subscribers);
        demand(
            &|| "handled, refused and dropped by all subscribers".into(),
            handled + refused + dropped,
            published * subscribers,
        );
        for (n, topic) in self.topics.iter().enumerate() {
            let of_it = |of: &dyn Fn(&Part) -> u64| {
                self.parts.iter().filter(|part| part.topic == n).map(of).sum::<u64>()
            };
            demand(&|| format!("taken of topic {n}"), of_it(&|part| part.taken), topic.taken);
            demand(&|| format!("refused of topic {n}"), of_it(&|part| part.refused), topic.refused);
        }
        for (n, part) in self.parts.iter().enumerate() {
            let published = self.topics[part.topic].published;
            demand(&|| format!("taken and refused by subscriber {n}"), part.taken + part.refused, published);
            if part.handled > part.taken {
                demand(&|| format!("handled by subscriber {n}"), part.handled, part.taken);
            }
        }
        demand(&|| "dropped in the ledger".into(), dropped, taken.saturating_sub(handled));
        demand(&|| "refused as full in the ledger".into(), after.refused.full - before.refused.full, refused);
        if overflow == Overflow::Mute {
            demand(&|| "refused by a policy that refuses none".into(), refused, 0);
        }
        if matches!(overflow, Overflow::Mute | Overflow::Fail) {
            demand(&|| "dropped by a policy that drops none".into(), dropped, 0);
        }
        wrong
    }
}

#[cfg(test)]
mod tests;

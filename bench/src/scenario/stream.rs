//! Producers that send as fast as back-pressure lets them, and the sink that counts.

use super::numbered::Numbered;
use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::tally::{Alone, Start, Tally};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};
use throng::{Actor, Address, Context, Fault, Options, Reason, System};

/// Sends in one handler of a producer.
const CHUNK: u64 = 128;
/// Above this in an item's first word lies the sender's number.
const SENDER: u32 = 56;
/// The item is its sender's last.
const LAST: u64 = 1 << 55;
/// The item was stamped.
const STAMPED: u64 = 1 << 54;
const NUMBER: u64 = STAMPED - 1;
/// What the last word of a longer item is.
const MARK: u64 = 0x7468_726f_6e67_0002;

/// Sender, flags and number, and the rest of the payload.
struct Item<const WORDS: usize>([u64; WORDS]);

/// Tells a producer to go on.
struct Step;

/// Stamps on their way from a producer to the sink: one for every stamped item that can be in the mailbox.
#[derive(Debug)]
struct Stamps {
    every: u64,
    ring: Box<[AtomicU64]>,
}

impl Stamps {
    /// `None` where nothing is stamped.
    fn new(plan: &Plan, producers: u64) -> Option<&'static Self> {
        let every = u64::from(plan.sample_every?);
        // A producer overshoots the capacity by no more than what it sends in two handlers.
        let most = u64::from(plan.options.capacity()) + 2 * (producers + 1) * CHUNK;
        let places = (most / every + 2).next_power_of_two();
        Some(Box::leak(Box::new(Self { every, ring: (0..places).map(|_| AtomicU64::new(0)).collect() })))
    }

    fn place(&self, number: u64) -> &AtomicU64 {
        // A power of two of places, in use one after the other.
        &self.ring[(number / self.every) as usize & (self.ring.len() - 1)]
    }
}

struct Producer<const WORDS: usize> {
    to: Address<Item<WORDS>>,
    sender: u64,
    next: u64,
    end: u64,
    /// A number with none of these bits is stamped.
    mask: u64,
    steps: u64,
    /// To be planted in the first step.
    fault: Option<Planted>,
    alone: Alone,
    stamps: Option<&'static Stamps>,
    tally: &'static Tally,
}

impl<const WORDS: usize> Producer<WORDS> {
    fn item(&self, flags: u64) -> Item<WORDS> {
        let mut words = [0; WORDS];
        words[WORDS - 1] = MARK;
        words[0] = self.sender << SENDER | flags | self.next;
        Item(words)
    }

    #[cold]
    #[inline(never)]
    fn stamp(&self) -> u64 {
        let Some(stamps) = self.stamps else { return 0 };
        // Relaxed: the send that follows publishes it.
        stamps.place(self.next).store(self.tally.clock.ticks(), Ordering::Relaxed);
        STAMPED
    }

    /// Sends the next item; false if there was no room.
    #[inline(always)]
    fn send(&mut self, flags: u64, cx: &mut Context<'_, Self>) -> bool {
        let flags = if self.next & self.mask == 0 { flags | self.stamp() } else { flags };
        match cx.send(self.to, self.item(flags)) {
            Ok(()) => {
                self.next += 1;
                true
            }
            Err(refused) => {
                if refused.reason() != Reason::Full {
                    self.tally.refused(refused.reason());
                }
                false
            }
        }
    }
}

impl<const WORDS: usize> Numbered for Producer<WORDS> {
    fn next(&mut self) -> &mut u64 {
        &mut self.next
    }

    fn send_next(&mut self, cx: &mut Context<'_, Self>) {
        self.send(0, cx);
    }
}

impl<const WORDS: usize> Actor for Producer<WORDS> {
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
            self.end = self.next + 1;
        }
        let stop = self.end.min(self.next + CHUNK);
        let plain = stop.min(self.end - 1);
        while self.next < plain && self.send(0, cx) {}
        let is_last = self.next == self.end - 1 && stop == self.end;
        if is_last {
            // Before the item that may end the run.
            self.tally.add_beside(std::mem::take(&mut self.steps));
        }
        if !(is_last && self.send(LAST, cx)) {
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

struct Sink<const WORDS: usize> {
    /// The first word that must come next of each sender.
    next: Box<[u64]>,
    alone: Alone,
    stamps: Box<[Option<&'static Stamps>]>,
    tally: &'static Tally,
}

impl<const WORDS: usize> Sink<WORDS> {
    /// What is not simply the next: stamped, the last, or wrong.
    #[cold]
    #[inline(never)]
    fn special(&mut self, word: u64, worker: usize) {
        let sender = (word >> SENDER) as usize;
        let number = word & NUMBER;
        let Some(next) = self.next.get_mut(sender) else {
            return self.tally.wrong(|| format!("a message of sender {sender}, who does not exist"));
        };
        if number != *next & NUMBER {
            self.tally.out_of_order(sender as u64, *next & NUMBER, number);
        }
        // What came counts: one message that is missing is told once.
        *next = (sender as u64) << SENDER | (number + 1);
        if let (true, Some(stamps)) = (word & STAMPED != 0, self.stamps[sender]) {
            self.tally.record(worker, stamps.place(number).load(Ordering::Relaxed));
        }
        if word & LAST != 0 {
            self.tally.report(number + 1);
        }
    }
}

impl<const WORDS: usize> Actor for Sink<WORDS> {
    type Msg = Item<WORDS>;

    #[inline]
    fn handle(&mut self, item: Item<WORDS>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.alone.enter() {
            self.tally.overlap();
        }
        let Item(words) = item;
        match self.next.get_mut((words[0] >> SENDER) as usize) {
            Some(next) if *next == words[0] => *next += 1,
            _ => self.special(words[0], cx.worker_index()),
        }
        if WORDS > 1 && words[WORDS - 1] != MARK {
            self.tally.wrong(|| "a message came with another payload than it was sent with".into());
        }
        if self.alone.leave() {
            self.tally.overlap();
        }
        Ok(())
    }
}

/// Runs `producers` onto one sink, `messages` in all where the plan names no other number.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan, producers: u64, messages: u64) -> Result<Outcome, String> {
    match plan.payload {
        8 => sized::<1>(system, plan, producers, messages),
        16 => sized::<2>(system, plan, producers, messages),
        32 => sized::<4>(system, plan, producers, messages),
        48 => sized::<6>(system, plan, producers, messages),
        64 => sized::<8>(system, plan, producers, messages),
        128 => sized::<16>(system, plan, producers, messages),
        256 => sized::<32>(system, plan, producers, messages),
        1_024 => sized::<128>(system, plan, producers, messages),
        4_096 => sized::<512>(system, plan, producers, messages),
        other => Err(format!("no stream is compiled for {other} bytes")),
    }
}

fn sized<const WORDS: usize>(
    system: &System,
    plan: &Plan,
    producers: u64,
    messages: u64,
) -> Result<Outcome, String> {
    let tally = Tally::new(system, plan, producers as usize);
    let each = match plan.duration {
        Some(_) => NUMBER,
        None => plan.messages.unwrap_or(messages).div_ceil(producers),
    };
    let stamps: Box<[_]> = (0..producers).map(|_| Stamps::new(plan, producers)).collect();
    let sink = Sink::<WORDS> {
        next: (0..producers).map(|sender| sender << SENDER).collect(),
        alone: Alone::default(),
        stamps: stamps.clone(),
        tally,
    };
    // As another worker would that is in its handler.
    if plan.fault == Some(Planted::Overlap) && sink.alone.enter() {
        return Err("the sink has run before it was spawned".into());
    }
    let sink = system.try_spawn(sink, &plan.options).map_err(|refused| refused.to_string())?;
    let mut addresses = Vec::new();
    for (sender, stamps) in stamps.into_iter().enumerate() {
        let producer = Producer {
            to: sink,
            sender: sender as u64,
            next: 0,
            end: each,
            mask: plan.sample_every.map_or(u64::MAX, |every| u64::from(every) - 1),
            steps: 0,
            fault: plan.fault.filter(|_| sender == 0),
            alone: Alone::default(),
            stamps,
            tally,
        };
        // Its mailbox holds its own step alone; the bound and the policy under test are the receiver's.
        addresses
            .push(system.try_spawn(producer, &Options::default()).map_err(|refused| refused.to_string())?);
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    for producer in addresses {
        producer.try_send(Step).map_err(|refused| refused.to_string())?;
    }
    let mut outcome = tally.wait(system, plan, start);
    outcome.response_is = "time in the mailbox: queueing at saturation".into();
    outcome.actors = producers + 1;
    outcome.producers = Some(producers);
    outcome.sends_per_handler = Some(CHUNK);
    // Where it was before it had a place of its own.
    outcome.facts.push(("sends_per_handler", json!(CHUNK)));
    Ok(outcome)
}

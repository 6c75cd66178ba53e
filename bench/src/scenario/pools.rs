//! An elastic pool to which messages come in bursts, with a pause after each: it grows under one, and shrinks in the pause. What
//! is measured is how long each message takes until it was handled, and how many members there are meanwhile.
//!
//! A burst ends when all of it was handled; the pause follows, and then the next: a closed load. The members' numbers are
//! taken from their states, which come and go with them.
//!
//! Verified: each message of a burst is handled once and in its burst, and in the end only the least members are left.

use super::plan::{Outcome, Plan, Planted, SETTLED_WITHIN};
use super::served::Served;
use super::tally::{Alone, Start, Tally};
use serde_json::json;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Options, Pool, System, Timer};

/// Messages in all, where neither a number nor a time is given.
const MESSAGES: u64 = 20_000;
/// Sends in one handler of the driver.
const SENDS: u64 = 16;
/// So many changes of the members' number are told; of those after, only the smallest and the largest number.
pub const CHANGES: usize = 1_000;
/// How much longer than their time those that have nothing to do may take to leave.
const LEFT_WITHIN: Duration = Duration::from_secs(20);

/// What all know.
#[derive(Debug)]
struct Hall {
    /// When the load began, in ticks.
    since: u64,
    /// Of each place of a burst, the last burst whose message was handled there, from 1.
    handled_in: Box<[AtomicU64]>,
    /// What is left of the burst.
    left: AtomicU64,
    handled: AtomicU64,
    members: Mutex<Members>,
    tally: &'static Tally,
}

/// How many members there are, and were.
#[derive(Debug, Default)]
struct Members {
    now: u64,
    most: u64,
    hired: u64,
    /// The fewest since there was the least number of them first, at the ends of pauses.
    fewest: Option<u64>,
    /// After how many nanoseconds there were how many.
    changes: Vec<(u64, u64)>,
}

impl Hall {
    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One came, or one left.
    fn changed(&self, came: bool) {
        let at = self.tally.clock.ns_between(self.since, self.tally.clock.ticks());
        let mut members = self.members();
        members.now = if came { members.now + 1 } else { members.now - 1 };
        members.hired += u64::from(came);
        members.most = members.most.max(members.now);
        if members.changes.len() < CHANGES {
            let now = members.now;
            members.changes.push((at, now));
        }
    }

    /// A pause is over.
    fn look(&self) {
        let mut members = self.members();
        members.fewest = Some(members.fewest.map_or(members.now, |fewest| fewest.min(members.now)));
    }

    /// A message was handled; whether it was the last of its burst.
    fn note(&self, item: Item) -> bool {
        let before = self.handled_in[item.place as usize].swap(item.burst, Ordering::Relaxed);
        if before + 1 != item.burst {
            self.tally.wrong(|| {
                let Item { burst, place, .. } = item;
                format!("message {place} of burst {burst} came after that of burst {before}")
            });
        }
        self.handled.fetch_add(1, Ordering::Relaxed);
        // Release publishes what was noted of this message, Acquire shows the last one what all others noted.
        self.left.fetch_sub(1, Ordering::AcqRel) == 1
    }
}

/// A message for a member.
#[derive(Debug, Clone, Copy)]
struct Item {
    /// From 1.
    burst: u64,
    place: u32,
    /// When it was sent, in ticks; 0 where it is not sampled.
    sent: u64,
}

/// A member; there as long as its state is.
struct Worker {
    hall: &'static Hall,
    served: Served,
    driver: Address<Told>,
    alone: Alone,
}

impl Worker {
    fn new(hall: &'static Hall, plan: &Plan, driver: Address<Told>) -> Self {
        hall.changed(true);
        Self { hall, served: Served::new(plan, 0, false, hall.tally), driver, alone: Alone::default() }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.hall.changed(false);
    }
}

impl Actor for Worker {
    type Msg = Item;

    fn handle(&mut self, item: Item, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let hall = self.hall;
        if self.alone.enter() {
            hall.tally.overlap();
        }
        self.served.serve();
        if item.sent != 0 {
            hall.tally.record(cx.worker_index(), item.sent);
        }
        if hall.note(item)
            && let Err(refused) = cx.send(self.driver, Told::Done)
        {
            hall.tally.refused(refused.reason());
        }
        if self.alone.leave() {
            hall.tally.overlap();
        }
        Ok(())
    }
}

/// What the driver is told.
#[derive(Debug, Clone, Copy)]
enum Told {
    /// The next burst.
    Begin,
    /// More of it.
    Step,
    /// All of it was handled.
    Done,
    /// The load is over, however long the pause still is.
    End,
}

/// Whom the driver sends to, once it is there.
type Entry = std::sync::OnceLock<Address<Item>>;

struct Driver {
    hall: &'static Hall,
    pool: &'static Entry,
    burst_of: u64,
    pause: Duration,
    every: Option<u64>,
    /// Messages that are still to be sent in all, and of this burst.
    left: u64,
    to_send: u64,
    burst: u64,
    place: u64,
    begun: u64,
    busy_ns: &'static AtomicU64,
    bursts: &'static AtomicU64,
    told: &'static AtomicU64,
    fault: Option<Planted>,
    /// In a pause.
    pause_over: Option<Timer>,
}

impl Driver {
    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        let tally = self.hall.tally;
        if self.burst > 0 {
            self.hall.look();
        }
        if self.left == 0 || tally.is_over() {
            return tally.report(self.hall.handled.load(Ordering::Relaxed));
        }
        self.to_send = self.burst_of.min(self.left);
        self.left -= self.to_send;
        self.burst += 1;
        self.place = 0;
        self.begun = tally.clock.ticks();
        self.hall.left.store(self.to_send, Ordering::Release);
        self.step(cx);
    }

    fn step(&mut self, cx: &mut Context<'_, Self>) {
        let Some(pool) = self.pool.get() else {
            return self.hall.tally.wrong(|| "a burst came before its pool".into());
        };
        let now = self.to_send.min(SENDS);
        self.to_send -= now;
        for _ in 0..now {
            let sampled = self.every.is_some_and(|every| self.place.is_multiple_of(every));
            let sent = if sampled { self.hall.tally.clock.ticks().max(1) } else { 0 };
            let item = Item { burst: self.burst, place: self.place as u32, sent };
            self.place += 1;
            let times = match self.fault.take() {
                Some(Planted::Lost) => 0,
                Some(Planted::Duplicated) => 2,
                _ => 1,
            };
            for _ in 0..times {
                if let Err(refused) = cx.send(*pool, item) {
                    self.hall.tally.refused(refused.reason());
                }
            }
        }
        if self.to_send > 0 {
            let me = cx.me();
            if let Err(refused) = cx.send(me, Told::Step) {
                self.hall.tally.refused(refused.reason());
            }
        }
    }

    fn done(&mut self, cx: &mut Context<'_, Self>) {
        let clock = &self.hall.tally.clock;
        // Relaxed, here and below: one writer, read when the system is at rest.
        self.busy_ns.fetch_add(clock.ns_between(self.begun, clock.ticks()), Ordering::Relaxed);
        self.bursts.fetch_add(1, Ordering::Relaxed);
        if self.hall.tally.is_over() {
            return self.begin(cx);
        }
        self.pause_over = Some(cx.after(self.pause, Told::Begin));
    }
}

impl Actor for Driver {
    type Msg = Told;

    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.told.fetch_add(1, Ordering::Relaxed);
        match told {
            Told::Begin => {
                self.pause_over = None;
                self.begin(cx);
            }
            Told::Step => self.step(cx),
            Told::Done => self.done(cx),
            // One that fires just now begins the end itself; in a burst, no pause follows.
            Told::End if self.pause_over.take().is_some_and(|pause| pause.cancel()) => self.begin(cx),
            Told::End => {}
        }
        Ok(())
    }
}

/// Runs them.
///
/// # Errors
/// In words, when an actor cannot be spawned.
pub fn run(system: &System, plan: &Plan) -> Result<Outcome, String> {
    let troupe = plan.troupe;
    let messages = match plan.duration {
        Some(_) => u64::MAX >> 1,
        None => plan.messages.unwrap_or(MESSAGES),
    };
    let burst = troupe.burst.min(messages);
    let tally = Tally::new(system, plan, 1);
    let hall: &'static Hall = Box::leak(Box::new(Hall {
        since: tally.clock.ticks(),
        handled_in: (0..burst).map(|_| AtomicU64::new(0)).collect(),
        left: AtomicU64::new(0),
        handled: AtomicU64::new(0),
        members: Mutex::default(),
        tally,
    }));
    let entry: &'static Entry = Box::leak(Box::default());
    let [busy_ns, bursts, told] = [(); 3].map(|()| &*Box::leak(Box::<AtomicU64>::default()));
    let driver = Driver {
        hall,
        pool: entry,
        burst_of: burst,
        pause: troupe.pause,
        every: plan.sample_every.map(u64::from),
        left: messages,
        to_send: 0,
        burst: 0,
        place: 0,
        begun: 0,
        busy_ns,
        bursts,
        told,
        fault: plan.fault,
        pause_over: None,
    };
    let driver = system.try_spawn(driver, &Options::default()).map_err(|refused| refused.to_string())?;
    let overlap = AtomicBool::new(plan.fault == Some(Planted::Overlap));
    let of = plan.clone();
    let make = move || {
        let worker = Worker::new(hall, &of, driver);
        // As another worker would that is in its handler.
        if overlap.swap(false, Ordering::Relaxed) && worker.alone.enter() {
            hall.tally.overlap();
        }
        worker
    };
    let pool = Pool::new(troupe.members.min, troupe.members.max, troupe.leave, make)
        .and_then(|pool| pool.members(plan.options))
        .map_err(|error| error.to_string())?;
    let pool = system.try_spawn(pool, &plan.options).map_err(|refused| refused.to_string())?;
    if entry.set(pool).is_err() {
        return Err("two pools in one run".into());
    }
    system.quiesce(SETTLED_WITHIN).map_err(|busy| busy.to_string())?;
    let start = Start::now();
    driver.try_send(Told::Begin).map_err(|refused| refused.to_string())?;
    let mut wake = || {
        if let Err(refused) = driver.send_timeout(Told::End, SETTLED_WITHIN) {
            tally.refused(refused.reason());
        }
    };
    let mut outcome = tally.wait_and_wake(system, plan, start, Some(&mut wake));
    let within = if outcome.wrong.is_empty() { troupe.leave + LEFT_WITHIN } else { troupe.leave };
    outcome.wrong.extend(left(hall, u64::from(troupe.members.min), within));
    if let Err(busy) =
        system.quiesce(if outcome.wrong.is_empty() { SETTLED_WITHIN } else { SETTLED_WITHIN / 60 })
    {
        outcome.wrong.push(busy.to_string());
    }
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let handled = of(&hall.handled);
    // Each message by the pool and by a member; the rest is the pool's clock.
    let known = 2 * handled + of(told);
    let own = system.ledger().handled.saturating_sub(known);
    outcome.handled = known + own;
    let members = hall.members();
    outcome.actors = 2 + members.most;
    // Pauses are no work.
    outcome.elapsed_ns = Some(of(busy_ns)).filter(|ns| *ns > 0);
    outcome.cpu_ns = None;
    outcome.response_is = "from sent to the pool until handled by a member".into();
    outcome.facts.extend([
        ("members_least", json!(troupe.members.min)),
        ("members_most", json!(troupe.members.max)),
        ("members_leave_ns", json!(troupe.leave.as_nanos() as u64)),
        ("burst", json!(burst)),
        ("pause_ns", json!(troupe.pause.as_nanos() as u64)),
        ("service_ns", json!(plan.service.as_nanos() as u64)),
        ("sends_per_handler", json!(SENDS)),
        ("bursts", json!(of(bursts))),
        ("members_seen_most", json!(members.most)),
        ("members_seen_fewest", json!(members.fewest)),
        ("members_hired", json!(members.hired)),
        ("members_over_time", json!(members.changes)),
        ("pool_messages", json!(own)),
    ]);
    outcome.sends_per_handler = Some(SENDS);
    outcome.producers = Some(1);
    drop(members);
    Ok(outcome)
}

/// Waits until no more members are there than must be; what is wrong if they stay.
fn left(hall: &Hall, least: u64, within: Duration) -> Option<String> {
    let begun = Instant::now();
    loop {
        let now = hall.members().now;
        if now == least {
            return None;
        }
        if begun.elapsed() > within {
            return Some(format!("{now} members are left {within:?} after the load, and not {least}"));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests;

//! Actors that pass an arrival on until it has made its way: the load of every workload that is a route.

use super::gauge::{Gauge, Stamp};
use super::pacer::{spin, stand};
use super::plan::{Plan, Planted};
use super::tally::Alone;
use crate::options::{Mode, Workload};
use crate::seeded::Seeded;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use throng::{Actor, Address, Context, Fault, Reason, System};

/// Stations of a mesh, a pipeline and a fan-out, unless the command line says otherwise.
const STATIONS: u64 = 8;
/// Hops of an arrival through a mesh.
const HOPS: u32 = 4;
/// One arrival in so many is stamped where none is to be recorded.
const UNRECORDED_EVERY: u64 = 1_024;

/// What the doors of arrivals are drawn from; the plan of an open load draws from the seed itself.
pub const DOORS: u64 = 0;
/// What the first station draws its ways from, the others from those behind.
const FIRST_STATION: u64 = 1;

/// An arrival, and how many hops it still has to make behind this one.
#[derive(Debug, Clone, Copy)]
pub struct Parcel {
    stamp: Stamp,
    left: u32,
    /// When this hop was sent, in ticks, where hops are probed; 0 elsewhere.
    hopped: u64,
}

/// How stations are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Into each in turn, and no further.
    Apart,
    /// Into each of all but the last, in turn, and from there to the last.
    Together,
    /// From the first through all of them.
    Along,
    /// From one drawn at random to another.
    Anywhere,
}

/// A workload as a route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    way: Way,
    stations: u64,
    hops: u32,
}

impl Route {
    /// The route of a workload; `None` where it is none.
    pub fn of(workload: Workload, plan: &Plan) -> Option<Self> {
        let stations = plan.actors.unwrap_or(STATIONS);
        Some(match workload {
            Workload::Counting => Self { way: Way::Apart, stations: 1, hops: 1 },
            Workload::FanOut => Self { way: Way::Apart, stations, hops: 1 },
            Workload::FanIn => Self { way: Way::Together, stations: plan.producers + 1, hops: 2 },
            Workload::Pipeline => Self { way: Way::Along, stations, hops: stations as u32 },
            Workload::PingPong => Self { way: Way::Along, stations: 2, hops: 3 },
            Workload::Mesh => Self { way: Way::Anywhere, stations, hops: plan.hops.unwrap_or(HOPS) },
            _ => return None,
        })
    }

    /// Messages of each arrival.
    pub fn hops(&self) -> u32 {
        self.hops
    }

    /// Actors.
    pub fn stations(&self) -> u64 {
        self.stations
    }

    /// What one response is, for the reader.
    pub fn response_is(&self) -> String {
        match self.hops {
            1 => "until it was handled".into(),
            hops => format!("until the last of its {hops} messages was handled"),
        }
    }

    /// The station that an arrival comes in by.
    fn door(&self, number: u64, seeded: &mut Seeded) -> usize {
        let station = match self.way {
            Way::Apart => number % self.stations,
            Way::Together => number % (self.stations - 1),
            Way::Along => 0,
            Way::Anywhere => seeded.below(self.stations),
        };
        station as usize
    }

    /// Whether the arrivals of one sender must end at a station in the order of their numbers: not where they come by
    /// several ways, on which they overtake each other.
    fn keeps_order(&self) -> bool {
        matches!(self.way, Way::Apart | Way::Along)
    }
}

/// So many arrivals in flight: where one ends the next begins.
#[derive(Debug, Clone, Copy)]
pub struct Closed {
    /// In flight.
    pub tokens: u64,
    /// In all.
    pub arrivals: u64,
}

/// What all stations of a run know.
#[derive(Debug)]
pub struct Plant {
    route: Route,
    gauge: &'static Gauge,
    service_ticks: u64,
    freeze_ticks: u64,
    /// Whether each hop is stamped.
    probe: bool,
    fault: Option<Planted>,
    /// The next handler does what is out of the ordinary: stands still, or does wrong.
    odd: AtomicBool,
    /// How long it stood still, in ticks.
    frozen: AtomicU64,
    closed: Option<Closed>,
    /// One arrival in so many is stamped.
    every: u64,
    all: OnceLock<Box<[Address<Parcel>]>>,
}

impl Plant {
    /// Spawns the stations.
    ///
    /// # Errors
    /// In words, when one cannot be spawned.
    pub fn build(
        system: &System,
        plan: &Plan,
        route: Route,
        gauge: &'static Gauge,
        closed: Option<Closed>,
    ) -> Result<&'static Self, String> {
        let ticks = |time: std::time::Duration| plan.clock.ticks_in(time.as_nanos() as u64);
        let every = match plan.mode {
            Mode::Open => 1,
            // Those that are not recorded tell when the load ended.
            _ => plan.sample_every.map_or(UNRECORDED_EVERY, u64::from),
        };
        let plant: &'static Self = Box::leak(Box::new(Self {
            route,
            gauge,
            service_ticks: ticks(plan.service),
            freeze_ticks: ticks(plan.freeze.unwrap_or_default()),
            probe: plan.probe,
            fault: plan.fault,
            odd: AtomicBool::new(plan.fault.is_some()),
            frozen: AtomicU64::new(0),
            closed,
            every,
            all: OnceLock::new(),
        }));
        let mut all = Vec::new();
        for nth in 0..route.stations {
            let seeded = Seeded::stream(plan.seed, FIRST_STATION + nth);
            let station = Station { plant, next: 0, alone: Alone::default(), seeded, nth };
            all.push(system.try_spawn(station, &plan.options).map_err(|refused| refused.to_string())?);
        }
        plant.all.get_or_init(|| all.into());
        Ok(plant)
    }

    /// The last arrival was sent, by an actor on this worker.
    pub fn end(&self, worker: usize) {
        self.gauge.end(worker);
    }

    /// The way of its arrivals.
    pub fn route(&self) -> Route {
        self.route
    }

    /// The arrival of this number found no place where it was to come in.
    pub fn lost(&self, worker: usize, number: u64) {
        self.gauge.refused(worker, number);
    }

    /// The next handler stands still.
    pub fn freeze(&self) {
        // Relaxed: nothing is published by it.
        self.odd.store(true, Ordering::Relaxed);
    }

    /// How long a handler stood still, in nanoseconds.
    pub fn frozen_ns(&self) -> u64 {
        self.gauge.tally.clock.ns_between(0, self.frozen.load(Ordering::Relaxed))
    }

    /// An arrival that begins now, and where: stamped where it is to be sampled.
    pub fn begin(&self, number: u64, nth: u64, seeded: &mut Seeded) -> (Address<Parcel>, Parcel) {
        let sampled = nth.is_multiple_of(self.every);
        let now = if sampled { self.gauge.tally.clock.ticks().max(1) } else { 0 };
        let measured = self.gauge.is_measuring();
        self.enter(Stamp { number, planned: now, sent: now, measured }, seeded)
    }

    /// An arrival as it is sent, and where to.
    pub fn enter(&self, stamp: Stamp, seeded: &mut Seeded) -> (Address<Parcel>, Parcel) {
        let door = self.route.door(stamp.number, seeded);
        let all = self.all.get().map(|all| &**all).unwrap_or_default();
        (
            all[door],
            Parcel { stamp, left: self.route.hops - 1, hopped: if self.probe { stamp.sent } else { 0 } },
        )
    }
}

struct Station {
    plant: &'static Plant,
    nth: u64,
    /// The least number that may end here next.
    next: u64,
    alone: Alone,
    seeded: Seeded,
}

impl Station {
    /// The parcel's way onward, if it has one.
    #[inline]
    fn onward(&mut self, parcel: Parcel, worker: usize) -> Option<(Address<Parcel>, Parcel)> {
        let Some(left) = parcel.left.checked_sub(1) else { return self.end(parcel.stamp, worker) };
        let all = self.plant.all.get()?;
        let to = match self.plant.route.way {
            Way::Apart | Way::Together => all.len() - 1,
            Way::Along => (self.nth as usize + 1) % all.len(),
            Way::Anywhere => self.seeded.below(all.len() as u64) as usize,
        };
        Some((all[to], Parcel { left, ..parcel }))
    }

    /// It has made its way: the next one, where so many are kept in flight.
    #[inline]
    fn end(&mut self, stamp: Stamp, worker: usize) -> Option<(Address<Parcel>, Parcel)> {
        let plant = self.plant;
        plant.gauge.done(worker, &stamp);
        let Some(closed) = plant.closed else {
            if plant.route.keeps_order() {
                if stamp.number < self.next {
                    plant.gauge.tally.out_of_order(0, self.next, stamp.number);
                }
                self.next = stamp.number + 1;
            }
            return None;
        };
        let next = stamp.number + closed.tokens;
        if next >= closed.arrivals || plant.gauge.tally.is_over() {
            plant.gauge.token_ended(worker, stamp.number, closed.tokens);
            plant.gauge.tally.report(stamp.number / closed.tokens + 1);
            return None;
        }
        Some(plant.begin(next, next / closed.tokens, &mut self.seeded))
    }

    /// Stands still, or does what a test planted; false where the parcel ends here without a word.
    #[cold]
    #[inline(never)]
    fn odd(&mut self, parcel: Parcel, worker: usize, cx: &mut Context<'_, Self>) -> bool {
        let (plant, tally) = (self.plant, self.plant.gauge.tally);
        // Relaxed: one handler takes it, nothing is published by it.
        if !plant.odd.swap(false, Ordering::Relaxed) {
            return true;
        }
        let begun = tally.clock.ticks();
        stand(&tally.clock, plant.freeze_ticks, || tally.is_interrupted());
        plant.frozen.store(tally.clock.ticks() - begun, Ordering::Relaxed);
        match plant.fault {
            Some(Planted::Lost) => return false,
            Some(Planted::Duplicated) => {
                if let Some((to, again)) = self.onward(parcel, worker) {
                    let _ = cx.send(to, again);
                }
            }
            Some(Planted::Overtaken) => self.next = parcel.stamp.number + 1,
            Some(Planted::Overlap) => {
                let _ = self.alone.enter();
            }
            Some(Planted::Astray | Planted::Early | Planted::Uncounted) | None => {}
        }
        true
    }

    /// Records a hop that was sent and begun at these moments; gives the moment.
    #[cold]
    #[inline(never)]
    fn hopped(&self, sent: u64, begun: u64, worker: usize) -> u64 {
        let clock = &self.plant.gauge.tally.clock;
        let now = clock.ticks();
        self.plant.gauge.hop(worker, clock.ns_between(sent, begun), clock.ns_between(begun, now));
        now
    }

    /// What does not fit ends here.
    #[cold]
    #[inline(never)]
    fn refused(&self, reason: Reason, stamp: Stamp, worker: usize) {
        let gauge = self.plant.gauge;
        if reason != Reason::Full {
            return gauge.tally.refused(reason);
        }
        gauge.refused(worker, stamp.number);
        if let Some(closed) = self.plant.closed {
            gauge.token_ended(worker, stamp.number, closed.tokens);
            gauge.tally.report(stamp.number / closed.tokens + 1);
        }
    }
}

impl Actor for Station {
    type Msg = Parcel;

    fn handle(&mut self, parcel: Parcel, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let plant = self.plant;
        if self.alone.enter() {
            plant.gauge.tally.overlap();
        }
        let begun = if parcel.hopped > 0 { plant.gauge.tally.clock.ticks() } else { 0 };
        // What is left of a load that was interrupted is only looked at.
        if plant.service_ticks > 0 && !plant.gauge.tally.is_interrupted() {
            spin(&plant.gauge.tally.clock, plant.service_ticks);
        }
        let worker = cx.worker_index();
        plant.gauge.handled(worker);
        let goes_on = !plant.odd.load(Ordering::Relaxed) || self.odd(parcel, worker, cx);
        let mut onward = if goes_on { self.onward(parcel, worker) } else { None };
        if begun > 0 {
            let now = self.hopped(parcel.hopped, begun, worker);
            if let Some((_, next)) = onward.as_mut().filter(|(_, next)| next.hopped > 0) {
                next.hopped = now;
            }
        }
        if let Some((to, parcel)) = onward
            && let Err(refused) = cx.send(to, parcel)
        {
            self.refused(refused.reason(), parcel.stamp, worker);
        }
        if self.alone.leave() {
            plant.gauge.tally.overlap();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrival::{Arrival, Schedule};
    use std::time::Duration;

    /// Were both drawn alike, a station would see the short gaps alone and another the long ones.
    #[test]
    fn the_door_of_an_arrival_has_nothing_to_do_with_the_gap_before_it() {
        let route = Route { way: Way::Anywhere, stations: 8, hops: 1 };
        for seed in [1, 7] {
            let plan =
                Schedule::new(&Arrival::Poisson, 1_000_000, seed, Duration::from_secs(1)).expect("a plan");
            let (mut doors, mut last) = (Seeded::stream(seed, DOORS), 0);
            let (mut gaps, mut counts) = ([0_u64; 8], [0_u64; 8]);
            for (number, offset) in (0..).zip(plan) {
                let door = route.door(number, &mut doors);
                gaps[door] += offset - last;
                counts[door] += 1;
                last = offset;
            }
            for (sum, count) in gaps.into_iter().zip(counts) {
                let mean = sum / count;
                assert!(
                    (970..1_030).contains(&mean),
                    "{mean} ns before one of 8 doors, of 1,000 (seed {seed})"
                );
            }
        }
    }
}

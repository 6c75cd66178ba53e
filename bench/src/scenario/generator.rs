//! The open-loop generator: a thread of its own that sends each arrival when it was planned, and at once when it is late.
//! What it is late by is part of the response and a figure of its own, so a system that holds its generator up is
//! seen to: nothing is left out because it could not be sent (no coordinated omission, as Gil Tene calls it).
//!
//! Who may touch what: the generator alone writes its counts and its lag; the thread that watches reads them at any time.
//! `begin` is written by the one who watches, and `measured_from` by the generator.

use super::desk::{Desk, Note};
use super::gauge::{Gauge, Stamp};
use super::pacer;
use super::station::Plant;
use crate::arrival::Schedule;
use crate::live::{Live, Reading, Samples};
use crate::probe;
use crate::seeded::Seeded;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Address, Overflow, Reason};

/// How long a send into a full mailbox waits before the generator looks whether there is still time.
const BLOCKED: Duration = Duration::from_millis(10);
/// Of the measured time: a generator that is so far behind its plan in the end has missed its rate.
const MISSED: u64 = 100;
/// No measured time yet.
const UNKNOWN: u64 = u64::MAX;

/// Where arrivals go.
#[derive(Debug, Clone, Copy)]
pub enum Entry {
    /// Nowhere: each is done when it was sent. What is left is the generator.
    Nowhere,
    /// Into the stations.
    Stations(&'static Plant),
    /// To the one who asks.
    Desk(&'static Desk, Address<Note>),
}

impl Entry {
    /// Actors that arrivals go through.
    pub fn actors(&self) -> u64 {
        match self {
            Self::Nowhere => 0,
            Self::Stations(plant) => plant.route().stations(),
            Self::Desk(..) => Desk::ACTORS,
        }
    }

    /// The next handler stands still.
    pub fn freeze(&self) {
        match self {
            Self::Nowhere => {}
            Self::Stations(plant) => plant.freeze(),
            Self::Desk(desk, _) => desk.freeze(),
        }
    }

    /// How long one stood still, in nanoseconds; `None` where there is none.
    pub fn frozen_ns(&self) -> Option<u64> {
        match self {
            Self::Nowhere => None,
            Self::Stations(plant) => Some(plant.frozen_ns()),
            Self::Desk(desk, _) => Some(desk.frozen_ns()),
        }
    }

    /// What one response is, for the reader.
    pub fn response_is(&self) -> String {
        match self {
            Self::Nowhere => "from planned to recorded: the generator alone".into(),
            Self::Stations(plant) => format!("from planned to done: {}", plant.route().response_is()),
            Self::Desk(..) => "from planned until the answer had come back to the asker".into(),
        }
    }
}

/// What the generator is told.
pub struct Orders {
    /// When each is to be sent.
    pub schedule: Schedule,
    /// What a full mailbox that they go into does.
    pub overflow: Overflow,
    /// Whether they are sent when planned, or one after the other as fast as it goes.
    pub paced: bool,
    /// Arrivals at most.
    pub limit: u64,
    /// When measuring begins, since the start; `None` where [`Generator::begin`] says.
    pub warmup: Option<Duration>,
    /// How long is measured.
    pub duration: Duration,
    /// Of the doors that arrivals come in by.
    pub seed: u64,
    /// The processor to run on.
    pub processor: Option<usize>,
}

/// What it shares with the thread that watches it.
#[derive(Debug)]
pub struct Generator {
    gauge: &'static Gauge,
    /// Of the warm-up, and of the measured time.
    lag: [Live; 2],
    sent: [AtomicU64; 2],
    refused: AtomicU64,
    begin: AtomicBool,
    /// Nanoseconds of the plan.
    measured_from: AtomicU64,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Arrivals of the warm-up that were accepted.
    pub warmup: u64,
    /// Measured ones.
    pub measured: u64,
    /// Arrivals that a full mailbox refused, measured or not.
    pub refused: u64,
    /// The numbers of those that were accepted, added up.
    pub sum: u64,
    /// Nanoseconds of the plan at which measuring began.
    pub measured_from_ns: u64,
    /// The same on the clock when the last was sent.
    pub last_ns: u64,
    /// The end was reached with more than a hundredth of the measured time still to be sent.
    pub missed: bool,
    /// Whether the thread runs where it was to.
    pub pinned: bool,
}

/// What became of a send.
enum Entered {
    Accepted,
    Refused,
    /// The load is over, or the time is.
    Late,
}

impl Generator {
    /// One that has not begun.
    pub fn new(gauge: &'static Gauge) -> &'static Self {
        Box::leak(Box::new(Self {
            gauge,
            lag: Default::default(),
            sent: Default::default(),
            refused: AtomicU64::new(0),
            begin: AtomicBool::new(false),
            measured_from: AtomicU64::new(UNKNOWN),
        }))
    }

    /// From its next arrival on the generator measures.
    pub fn begin(&self) {
        // Relaxed: the word alone matters.
        self.begin.store(true, Ordering::Relaxed);
    }

    /// Nanoseconds of the plan at which measuring began.
    pub fn measured_from_ns(&self) -> Option<u64> {
        Some(self.measured_from.load(Ordering::Relaxed)).filter(|ns| *ns != UNKNOWN)
    }

    /// Arrivals sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.iter().map(|sent| sent.load(Ordering::Relaxed)).sum()
    }

    /// Arrivals refused so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Adds how late it was since the last reading to `lag`.
    pub fn take(&self, readings: &mut [Reading; 2], measured: bool, lag: &mut Samples) {
        let phase = usize::from(measured);
        readings[phase].take(&self.lag[phase], lag);
    }

    /// Sends until the end of the measured time; `start` is when the plan begins, in ticks.
    pub fn run(&self, orders: Orders, entry: Entry, start: u64) -> Sent {
        let Orders { schedule, overflow, paced, limit, warmup, duration, seed, processor } = orders;
        let clock = &self.gauge.tally.clock;
        let duration = duration.as_nanos() as u64;
        let ticks = |ns: u64| start + clock.ticks_in(ns);
        let mut seeded = Seeded::new(seed);
        let mut sent = Sent { pinned: processor.is_some_and(probe::pin), ..Sent::default() };
        let mut from = warmup.map_or(UNKNOWN, |warmup| warmup.as_nanos() as u64);
        let (mut end, mut cut) = (from.saturating_add(duration), u64::MAX);
        let until = |end: u64| end.checked_add(duration / MISSED).map_or(u64::MAX, ticks);
        if from != UNKNOWN {
            cut = until(end);
            self.measured_from.store(from, Ordering::Relaxed);
        }
        let mut now = start;
        for (number, offset) in (0..limit).zip(schedule) {
            if from == UNKNOWN && self.begin.load(Ordering::Relaxed) {
                from = offset;
                end = from.saturating_add(duration);
                cut = until(end);
                self.measured_from.store(from, Ordering::Relaxed);
            }
            if offset >= end {
                break;
            }
            let due = ticks(offset).max(1);
            now = clock.ticks();
            while paced && now < due && !self.gauge.tally.is_over() {
                now = pacer::wait(clock, due);
            }
            if now > cut {
                sent.missed = paced;
                break;
            }
            let measured = offset >= from;
            let planned = if paced { due } else { now.max(1) };
            let stamp = Stamp { number, planned, sent: now.max(1), measured };
            match self.enter(entry, stamp, overflow, cut, &mut seeded) {
                Entered::Accepted => {
                    let counter = &self.sent[usize::from(measured)];
                    counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    sent.sum = sent.sum.wrapping_add(number);
                    self.lag[usize::from(measured)].record(clock.ns_between(planned, now));
                }
                Entered::Refused => self.refused.store(self.refused() + 1, Ordering::Relaxed),
                Entered::Late => {
                    // An end by hand is no fault of the generator's.
                    sent.missed = paced && !self.gauge.tally.is_over();
                    break;
                }
            }
            if self.gauge.tally.is_over() {
                break;
            }
        }
        [sent.warmup, sent.measured] = [0, 1].map(|phase: usize| self.sent[phase].load(Ordering::Relaxed));
        sent.refused = self.refused();
        sent.measured_from_ns = from;
        sent.last_ns = clock.ns_between(start, now);
        sent
    }

    fn enter(
        &self,
        entry: Entry,
        stamp: Stamp,
        overflow: Overflow,
        cut: u64,
        seeded: &mut Seeded,
    ) -> Entered {
        match entry {
            Entry::Nowhere => {
                // The generator is the one writer of the first worker's board, as no worker has anything to do.
                self.gauge.done(0, &stamp);
                Entered::Accepted
            }
            Entry::Stations(plant) => {
                let (to, parcel) = plant.enter(stamp, seeded);
                self.send(to, parcel, overflow, cut)
            }
            Entry::Desk(_, asker) => self.send(asker, Note::Arrived(stamp), overflow, cut),
        }
    }

    #[inline]
    fn send<M: Copy + Send + 'static>(
        &self,
        to: Address<M>,
        message: M,
        overflow: Overflow,
        cut: u64,
    ) -> Entered {
        let mut refused = match overflow {
            Overflow::Mute => to.try_send(message),
            _ => to.send(message),
        };
        while let Err(error) = refused {
            match error.reason() {
                Reason::Full if overflow != Overflow::Mute => return Entered::Refused,
                Reason::Full | Reason::Timeout => {
                    let tally = self.gauge.tally;
                    if tally.is_over() || tally.clock.ticks() > cut {
                        return Entered::Late;
                    }
                    refused = to.send_timeout(message, BLOCKED);
                }
                other => {
                    self.gauge.tally.refused(other);
                    return Entered::Late;
                }
            }
        }
        Entered::Accepted
    }
}

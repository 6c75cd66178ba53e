//! The open-loop generator: a thread of its own that sends each arrival when it was planned, and at once when it is late.
//! What it is late by is part of the response and a figure of its own, so a system that holds its generator up is
//! seen to: nothing is left out because it could not be sent (no coordinated omission, as Gil Tene calls it).
//!
//! Who may touch what: the generator alone writes its counts and its lag; the thread that watches reads them at any time.
//! `begin` is written by the one who watches.

use super::desk::{Desk, Note};
use super::gauge::{Gauge, Stamp};
use super::pacer;
use super::station::{DOORS, Plant};
use crate::arrival::Schedule;
use crate::live::{Live, Reading, Samples};
use crate::probe;
use crate::seeded::Seeded;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Address, Overflow, Reason, SendError};

/// How long a send into a full mailbox is tried again and again before it waits for its place, and how long between two tries.
/// To be woken takes 50 us: a generator that slept for each of them would be late for longer than what held it up.
const SPUN: u64 = 100_000;
const TRIED_EVERY: u64 = 500;
/// How long one that waits does so before the generator looks whether there is still time.
const BLOCKED: Duration = Duration::from_millis(10);
/// Of the measured time: a generator that is behind its plan by more in the end has missed its rate. Never less than the
/// shortest, as a plan of microseconds has no hundredth to speak of.
const MISSED: u64 = 100;
const MISSED_LEAST: u64 = 10_000_000;
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
    accepted: [AtomicU64; 2],
    refused: [AtomicU64; 2],
    begin: AtomicBool,
}

/// What came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    /// Arrivals that were accepted: of the warm-up, and measured.
    pub accepted: [u64; 2],
    /// Those that a full mailbox refused where they came in, and that were not tried again.
    pub refused: [u64; 2],
    /// The numbers of those that were accepted, added up.
    pub sum: u64,
    /// When measuring began, in ticks: as planned, or when the first measured one was sent, if that was late. `None` where it
    /// never did.
    pub began: Option<u64>,
    /// When the generator ended, in ticks.
    pub ended: u64,
    /// When the first one was planned that was late and not sent any more, in nanoseconds since the plan began; `None` where
    /// there was none.
    pub unsent: Option<u64>,
    /// When the measured time ends by the same clock, or was ended.
    pub until: u64,
    /// How late the first one was that was not sent any more, in nanoseconds.
    pub behind_ns: u64,
    /// It was so late that the rate was missed.
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
            accepted: Default::default(),
            refused: Default::default(),
            begin: AtomicBool::new(false),
        }))
    }

    /// From its next arrival on the generator measures.
    pub fn begin(&self) {
        // Relaxed: the word alone matters.
        self.begin.store(true, Ordering::Relaxed);
    }

    /// Arrivals that were accepted so far, of the warm-up or measured.
    pub fn accepted(&self, measured: bool) -> u64 {
        self.accepted[usize::from(measured)].load(Ordering::Relaxed)
    }

    /// Arrivals refused so far where they came in: none that is tried again.
    pub fn refused(&self) -> u64 {
        self.refused.iter().map(|refused| refused.load(Ordering::Relaxed)).sum()
    }

    /// Adds how late it was since the last reading to `lag`.
    pub fn take(&self, readings: &mut [Reading; 2], measured: bool, lag: &mut Samples) {
        let phase = usize::from(measured);
        readings[phase].take(&self.lag[phase], lag);
    }

    /// Sends until the end of the measured time; `start` is when the plan begins, in ticks. What was not sent stays in the plan.
    pub fn run(&self, orders: &mut Orders, entry: Entry, start: u64) -> Sent {
        let Orders { ref mut schedule, overflow, paced, limit, warmup, duration, seed, processor } = *orders;
        let tally = self.gauge.tally;
        let clock = &tally.clock;
        let (warmup, duration) = (warmup.map(|time| time.as_nanos() as u64), duration.as_nanos() as u64);
        let grace = (duration / MISSED).max(MISSED_LEAST);
        let ticks = |ns: u64| start + clock.ticks_in(ns);
        let mut seeded = Seeded::stream(seed, DOORS);
        let mut sent = Sent { pinned: processor.is_some_and(probe::pin), ..Sent::default() };
        // Of the plan, and on the clock.
        let mut end = warmup.map_or(UNKNOWN, |warmup| warmup.saturating_add(duration));
        let (mut cut, mut last, mut unsent) = (u64::MAX, None, None);
        for (number, offset) in (0..limit).zip(schedule) {
            if offset >= end {
                break;
            }
            let due = ticks(offset).max(1);
            let mut now = clock.ticks();
            let in_time = now < due;
            while paced && now < due && !tally.is_over() {
                now = pacer::wait(clock, due);
            }
            let begins = || match warmup {
                // One that is late for its warm-up measures from when that was to end.
                Some(warmup) => offset >= warmup || now >= ticks(warmup),
                // Those of one burst belong together.
                None => self.begin.load(Ordering::Relaxed) && last != Some(offset),
            };
            if sent.began.is_none() && begins() {
                let from = warmup.map_or(offset, |warmup| warmup.min(offset));
                let began = match warmup {
                    // No plan, so no moment in it: the first is sent now.
                    _ if !paced => now,
                    Some(warmup) if warmup == from => ticks(from),
                    _ => now.max(due),
                };
                sent.began = Some(began);
                end = from.saturating_add(duration);
                cut = began.saturating_add(clock.ticks_in(duration.saturating_add(grace)));
            }
            last = Some(offset);
            if tally.is_over() || now > cut {
                // One that was waited for was held up by nobody: the load was ended.
                (unsent, sent.unsent) = (Some(due), (!in_time).then_some(offset));
                break;
            }
            let phase = usize::from(sent.began.is_some());
            let planned = if paced { due } else { now.max(1) };
            let stamp = Stamp { number, planned, sent: now.max(1), measured: phase == 1 };
            let counters = match self.enter(entry, stamp, overflow, cut, &mut seeded) {
                Entered::Accepted => {
                    sent.sum = sent.sum.wrapping_add(number);
                    self.lag[phase].record(clock.ns_between(planned, now));
                    &self.accepted
                }
                Entered::Refused => &self.refused,
                Entered::Late => {
                    (unsent, sent.unsent) = (Some(due), Some(offset));
                    break;
                }
            };
            // Relaxed, and no exchange: one writer.
            counters[phase].store(counters[phase].load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
        let of =
            |counters: &[AtomicU64; 2]| [0, 1].map(|phase: usize| counters[phase].load(Ordering::Relaxed));
        (sent.accepted, sent.refused) = (of(&self.accepted), of(&self.refused));
        if unsent.is_some() && tally.is_interrupted() {
            tally.see_interrupted();
        }
        sent.ended = tally.interrupted_at().unwrap_or_else(|| clock.ticks());
        // What was to come after the load was ended was nobody's to send.
        sent.until = if tally.is_over() { end.min(clock.ns_between(start, sent.ended)) } else { end };
        sent.behind_ns = unsent.map_or(0, |due| clock.ns_between(due, sent.ended));
        sent.missed = paced && sent.behind_ns > grace;
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
                    refused = self.tried(to, message).or_else(|_| to.send_timeout(message, BLOCKED));
                }
                other => {
                    self.gauge.tally.refused(other);
                    return Entered::Late;
                }
            }
        }
        Entered::Accepted
    }

    /// Tries for a while; an error is the last of them.
    #[cold]
    fn tried<M: Copy + Send + 'static>(&self, to: Address<M>, message: M) -> Result<(), SendError<M>> {
        let clock = &self.gauge.tally.clock;
        let end = clock.ticks() + clock.ticks_in(SPUN);
        loop {
            pacer::spin(clock, clock.ticks_in(TRIED_EVERY));
            match to.try_send(message) {
                Err(error) if error.reason() == Reason::Full && clock.ticks() < end => {}
                other => return other,
            }
        }
    }
}

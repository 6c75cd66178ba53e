//! What is known of each arrival: when it was planned, when it was sent, when it was done; and that each was done once.
//!
//! Who may touch what: each worker has a board of its own and is its one writer, with loads and stores alone; so recording
//! waits for nobody. The thread that watches the load reads all boards at any time, and what it reads last, when the system
//! is at rest, is complete.

use super::plan::Plan;
use super::tally::Tally;
use crate::latency::Recorder;
use crate::live::{Live, Reading, Samples};
use crossbeam_utils::CachePadded;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use throng::System;

/// An arrival on its way, in ticks of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Its number: each is there once in a run.
    pub number: u64,
    /// When it was to be sent; 0 where it is not sampled.
    pub planned: u64,
    /// When it was sent.
    pub sent: u64,
    /// Whether it counts, or belongs to the warm-up.
    pub measured: bool,
}

/// One worker's: it alone writes.
#[derive(Debug, Default)]
struct Board {
    /// Of the warm-up, and of the measured time.
    response: [Live; 2],
    service: [Live; 2],
    done: [AtomicU64; 2],
    /// Of single messages, where they are probed: in the mailbox, and in the handler.
    hops: Option<[Live; 2]>,
    /// Of the numbers of all that were done or refused.
    sum: AtomicU64,
    /// Messages of the load, one for each hop.
    handled: AtomicU64,
    /// Arrivals that ended, and messages, when the user had ended the load: they were looked at alone.
    left: AtomicU64,
    left_messages: AtomicU64,
    refused: AtomicU64,
    /// What the numbers of the tokens that have ended here must have added up to.
    expected: AtomicU64,
    /// When the last measured one was done.
    last: AtomicU64,
}

fn add(counter: &AtomicU64, more: u64) {
    // Relaxed, and no exchange: one writer, and readers that take any value, or synchronise by other means.
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(more), Ordering::Relaxed);
}

/// Shared by the actors of one run.
#[derive(Debug)]
pub struct Gauge {
    /// The end of the run, and what went wrong.
    pub tally: &'static Tally,
    /// Whether samples are recorded; if not, they tell the time of the end alone.
    records: bool,
    measuring: AtomicBool,
    /// Nothing more is sent: each that is done from here on may be the last.
    ending: AtomicBool,
    boards: Box<[CachePadded<Board>]>,
}

/// What was counted so far, all workers together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Arrivals of the measured time that were done.
    pub measured: u64,
    /// Those of the warm-up.
    pub warmup: u64,
    /// Their numbers and those of the refused, added up.
    pub sum: u64,
    /// Messages handled.
    pub handled: u64,
    /// Arrivals that came to their end after the user had ended the load: nobody worked for them, and no figure counts them.
    pub left: u64,
    /// Messages that were looked at then.
    pub left_messages: u64,
    /// Messages that were refused on their way, and ended there.
    pub refused: u64,
    /// What the numbers of all tokens must have added up to; 0 where there are none.
    pub expected: u64,
    /// When the last measured one was done, in ticks; 0 where none was.
    pub last: u64,
}

impl Counted {
    /// Arrivals that were done.
    pub fn done(&self) -> u64 {
        self.measured + self.warmup
    }

    /// Those that have ended, also where the user ended the load before they were done.
    pub fn ended(&self) -> u64 {
        self.done() + self.left + self.refused
    }
}

impl Gauge {
    /// For the workers of `system`; a process does few runs, so it is never freed.
    pub fn new(system: &System, plan: &Plan, tally: &'static Tally, records: bool) -> &'static Self {
        let board = || Board { hops: plan.probe.then(Default::default), ..Board::default() };
        let boards = (0..system.workers()).map(|_| CachePadded::new(board())).collect();
        Box::leak(Box::new(Self {
            tally,
            records,
            measuring: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            boards,
        }))
    }

    /// From here on what begins counts.
    pub fn measure(&self) {
        // Relaxed: what began before and is stamped as measured all the same is as good.
        self.measuring.store(true, Ordering::Relaxed);
    }

    /// Whether what begins now counts.
    #[inline]
    pub fn is_measuring(&self) -> bool {
        self.measuring.load(Ordering::Relaxed)
    }

    /// The last was sent, by an actor on this worker: so long the load lasted at least.
    pub fn end(&self, worker: usize) {
        // Relaxed: who sees it late was handling what was sent before.
        self.ending.store(true, Ordering::Relaxed);
        self.ended(worker);
    }

    /// The measured load has come to an end on this worker, as far as it knows.
    #[cold]
    fn ended(&self, worker: usize) {
        if let Some(board) = self.boards.get(worker) {
            board.last.store(self.tally.clock.ticks(), Ordering::Relaxed);
        }
    }

    /// The token of the arrival of this number, one of so many, has ended here, and so have all of its arrivals.
    #[cold]
    pub fn token_ended(&self, worker: usize, number: u64, tokens: u64) {
        if let Some(board) = self.boards.get(worker) {
            // From its own number on, one in `tokens`.
            let (first, count) = (u128::from(number % tokens), u128::from(number / tokens + 1));
            add(&board.expected, (count * (first + u128::from(number)) / 2) as u64);
        }
        self.ended(worker);
    }

    /// A message of the load is being handled on this worker.
    #[inline]
    pub fn handled(&self, worker: usize) {
        if let Some(board) = self.boards.get(worker) {
            if self.tally.is_interrupted() {
                self.tally.see_interrupted();
                return add(&board.left_messages, 1);
            }
            add(&board.handled, 1);
        }
    }

    /// A message was refused on its way on, and the arrival of that number with it.
    #[cold]
    pub fn refused(&self, worker: usize, number: u64) {
        if let Some(board) = self.boards.get(worker) {
            add(&board.refused, 1);
            add(&board.sum, number);
        }
    }

    /// A probed message was so long in the mailbox and in its handler, in nanoseconds.
    pub fn hop(&self, worker: usize, queued: u64, handled: u64) {
        if self.tally.is_interrupted() {
            return;
        }
        if let Some([queues, handlers]) = self.boards.get(worker).and_then(|board| board.hops.as_ref()) {
            queues.record(queued);
            handlers.record(handled);
        }
    }

    /// All probed messages: in the mailbox, and in the handler; `None` where none was.
    pub fn hops(&self) -> Option<[Recorder; 2]> {
        let mut all = [Recorder::new(), Recorder::new()];
        for hops in self.boards.iter().filter_map(|board| board.hops.as_ref()) {
            for (live, recorder) in hops.iter().zip(&mut all) {
                let mut samples = Samples::default();
                Reading::new().take(live, &mut samples);
                samples.add_to(recorder);
            }
        }
        (all[0].count() > 0).then_some(all)
    }

    /// An arrival is done.
    #[inline]
    pub fn done(&self, worker: usize, stamp: &Stamp) {
        let Some(board) = self.boards.get(worker) else { return };
        if self.tally.is_interrupted() {
            return self.left(board, stamp.number);
        }
        let phase = usize::from(stamp.measured);
        add(&board.done[phase], 1);
        add(&board.sum, stamp.number);
        if stamp.planned != 0 {
            let clock = &self.tally.clock;
            let now = clock.ticks();
            if self.records {
                board.response[phase].record(clock.ns_between(stamp.planned, now));
                board.service[phase].record(clock.ns_between(stamp.sent, now));
            }
            if stamp.measured {
                board.last.store(now, Ordering::Relaxed);
            }
        } else if self.ending.load(Ordering::Relaxed) {
            self.ended(worker);
        }
    }

    /// It has ended, and no handler worked for it.
    #[cold]
    #[inline(never)]
    fn left(&self, board: &Board, number: u64) {
        self.tally.see_interrupted();
        add(&board.left, 1);
        add(&board.sum, number);
    }

    /// What was counted so far.
    pub fn counted(&self) -> Counted {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        self.boards.iter().fold(Counted::default(), |all, board| Counted {
            measured: all.measured + of(&board.done[1]),
            warmup: all.warmup + of(&board.done[0]),
            sum: all.sum.wrapping_add(of(&board.sum)),
            handled: all.handled + of(&board.handled),
            left: all.left + of(&board.left),
            left_messages: all.left_messages + of(&board.left_messages),
            refused: all.refused + of(&board.refused),
            expected: all.expected.wrapping_add(of(&board.expected)),
            last: all.last.max(of(&board.last)),
        })
    }
}

/// What one reader has seen of all boards.
#[derive(Debug)]
pub struct GaugeReading {
    gauge: &'static Gauge,
    /// Response and service of each phase of each worker.
    seen: Vec<[[Reading; 2]; 2]>,
}

impl GaugeReading {
    /// Nothing seen.
    pub fn new(gauge: &'static Gauge) -> Self {
        Self { gauge, seen: gauge.boards.iter().map(|_| Default::default()).collect() }
    }

    /// Response and service of what was done since the last time.
    pub fn take(&mut self, measured: bool) -> (Samples, Samples) {
        let (mut response, mut service) = (Samples::default(), Samples::default());
        let phase = usize::from(measured);
        for (board, [seen_response, seen_service]) in self.gauge.boards.iter().zip(&mut self.seen) {
            seen_response[phase].take(&board.response[phase], &mut response);
            seen_service[phase].take(&board.service[phase], &mut service);
        }
        (response, service)
    }
}

//! Open load: messages come from outside by a plan, whoever is behind; and each one's latency, from when it was planned until it is
//! handled, is recorded by who handles it.

use super::latch::heard;
use crate::alone::spoiled::{Spoiled, same};
use crate::clock::Clock;
use crate::latency::Recorder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// So near to its time a message is waited for without leaving the processor.
const SPIN: Duration = Duration::from_micros(50);
/// Behind its plan by more than this, a generator has not sent the message when it was planned.
const LATE_NS: u64 = 100_000;

/// When a message was planned, in the clock's ticks; from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(u64);

/// What an actor keeps to record with; its histogram is told when the actor ends and drops it.
#[derive(Debug)]
pub struct Sink {
    clock: Clock,
    recorder: Recorder,
    last: Stamp,
    disorder: u64,
    told: Sender<(Recorder, u64)>,
}

impl Sink {
    /// A message with this stamp is handled now.
    #[inline]
    pub fn record(&mut self, stamp: Stamp) {
        self.disorder += u64::from(stamp < self.last);
        self.last = stamp;
        self.recorder.record(self.clock.ns_between(stamp.0, self.clock.ticks()));
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        // Who does not wait for it has been told why.
        let _ = self.told.send((std::mem::take(&mut self.recorder), self.disorder));
    }
}

/// What sends from outside, on one thread.
pub trait Inlet {
    /// Sends to the sink of this number; waits where its mailbox is full.
    ///
    /// # Errors
    /// Where it is refused for good.
    fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled>;

    /// No more will come: each actor ends when it has handled what there is, and drops its sink.
    ///
    /// # Errors
    /// Where that cannot be.
    fn end(self) -> Result<(), Spoiled>;
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// How often each latency was seen, in nanoseconds.
    pub latency: Vec<(u64, u64)>,
    /// Messages that were sent, and handled.
    pub sent: u64,
    /// Of them those that were not sent when they were planned, but more than 100 us later.
    pub late: u64,
    /// From the first one's plan until the last was sent.
    pub took_ns: u64,
    /// Messages that came before one that was sent earlier to the same actor.
    pub disorder: u64,
}

/// So many sinks, and what they will have recorded.
pub(super) fn sinks(clock: Clock, count: u64) -> (Vec<Sink>, Receiver<(Recorder, u64)>) {
    let (told, recorded) = channel();
    let sink = |_| Sink { clock, recorder: Recorder::new(), last: Stamp(0), disorder: 0, told: told.clone() };
    ((0..count).map(sink).collect(), recorded)
}

/// Sends so many `messages`, `rate` of them a second, in turns to the `sinks`, and collects what they record.
///
/// # Errors
/// [`Spoiled`], if one is lost or refused.
pub(super) fn pace(
    mut inlet: impl Inlet,
    clock: Clock,
    sinks: usize,
    recorded: &Receiver<(Recorder, u64)>,
    rate: u64,
    messages: u64,
) -> Result<Opened, Spoiled> {
    let start = clock.ticks() + clock.ticks_in(1_000_000);
    let mut late = 0;
    for n in 0..messages {
        let planned = start + clock.ticks_in((u128::from(n) * 1_000_000_000 / u128::from(rate)) as u64);
        late += u64::from(wait_until(clock, planned) > LATE_NS);
        inlet.send(n as usize % sinks, Stamp(planned))?;
    }
    let took_ns = clock.ns_between(start, clock.ticks());
    inlet.end()?;
    let (mut all, mut disorder) = (Recorder::new(), 0);
    for _ in 0..sinks {
        let (recorder, disordered) = heard(recorded)?;
        all.merge(&recorder);
        disorder += disordered;
    }
    same("messages from outside", messages, all.histogram().len())?;
    let mut counts = BTreeMap::new();
    for seen in all.histogram().iter_recorded() {
        *counts.entry(seen.value_iterated_to()).or_default() += seen.count_since_last_iteration();
    }
    Ok(Opened { latency: counts.into_iter().collect(), sent: messages, late, took_ns, disorder })
}

/// Waits for the time; gives by how many nanoseconds it is over.
fn wait_until(clock: Clock, planned: u64) -> u64 {
    loop {
        let now = clock.ticks();
        if now >= planned {
            return clock.ns_between(planned, now);
        }
        let left = Duration::from_nanos(clock.ns_between(now, planned));
        match left.checked_sub(SPIN) {
            Some(early) if !early.is_zero() => std::thread::sleep(early),
            _ => std::hint::spin_loop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Handles at once what is sent, but for what a test wants.
    struct Direct(Vec<Sink>, fn(u64) -> bool, u64);

    impl Inlet for Direct {
        fn send(&mut self, sink: usize, stamp: Stamp) -> Result<(), Spoiled> {
            self.2 += 1;
            if self.1(self.2) {
                self.0[sink].record(stamp);
            }
            Ok(())
        }

        fn end(self) -> Result<(), Spoiled> {
            Ok(())
        }
    }

    fn paced(handles: fn(u64) -> bool) -> Result<Opened, Spoiled> {
        let clock = Clock::calibrated();
        let (sinks, recorded) = sinks(clock, 3);
        pace(Direct(sinks, handles, 0), clock, 3, &recorded, 100_000, 1_000)
    }

    #[test]
    fn every_message_has_a_latency() {
        let opened = paced(|_| true).expect("all are handled");
        assert_eq!((opened.sent, opened.disorder), (1_000, 0));
        assert_eq!(opened.latency.iter().map(|(_, count)| count).sum::<u64>(), 1_000);
        assert!(opened.took_ns >= 9_990_000, "{} ns for 1,000 at 100,000 a second", opened.took_ns);
    }

    #[test]
    fn one_that_is_lost_is_missed() {
        let Err(Spoiled::Wrong(why)) = paced(|n| n != 77) else { panic!("one is missing") };
        assert_eq!(why, "messages from outside: 1000 were to be, 999 are");
    }

    #[test]
    fn one_that_overtakes_is_counted() {
        let (mut sinks, recorded) = sinks(Clock::calibrated(), 1);
        for stamp in [1, 2, 2, 5, 4, 6] {
            sinks[0].record(Stamp(stamp));
        }
        drop(sinks);
        assert_eq!(heard(&recorded).expect("dropped").1, 1);
    }
}

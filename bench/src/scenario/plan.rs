//! What a scenario is told, and what it answers.

use crate::arrival::Arrival;
use crate::clock::Clock;
use crate::latency::Recorder;
use crate::options::{Audience, Mix, Mode, Options, Order, Troupe, Upkeep, Warmup, Workload};
use crate::timeline::Timeline;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// A run, with its numbers chosen or left to the scenario.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What the actors do.
    pub workload: Workload,
    /// How load is offered.
    pub mode: Mode,
    /// Arrivals a second of an open load.
    pub rate: Option<u64>,
    /// When they are sent.
    pub arrival: Arrival,
    /// What goes before the measured time, where it is not the mode's own.
    pub warmup: Option<Warmup>,
    /// Messages of each arrival through a mesh.
    pub hops: Option<u32>,
    /// How long one handler stands still, half-way through the measured time.
    pub freeze: Option<Duration>,
    /// Whether each hop is stamped.
    pub probe: bool,
    /// The processor that is left to the generator of an open load.
    pub generator_on: Option<usize>,
    /// Messages in all.
    pub messages: Option<u64>,
    /// Stop after this time instead.
    pub duration: Option<Duration>,
    /// Actors, where their number is free.
    pub actors: Option<u64>,
    /// Tokens of a ring, or requests in flight.
    pub tokens: Option<u64>,
    /// How a ring lies in memory.
    pub order: Order,
    /// Bytes of a message.
    pub payload: usize,
    /// Of every actor. Under [`Overflow::Signal`](throng::Overflow::Signal) with the same bounds and no upstream, which the
    /// scenario has to name.
    pub options: throng::Options,
    /// What `options` were built from.
    pub builder: throng::OptionsBuilder,
    /// What a full mailbox does.
    pub overflow: throng::Overflow,
    /// Actors that send, where their number is free.
    pub producers: u64,
    /// What each credit link may have on its way.
    pub window: u32,
    /// How long a consumer works for each message.
    pub service: Duration,
    /// What a chat is made of.
    pub talk: Talk,
    /// What timers do.
    pub alarms: Alarms,
    /// How children fail, and what their supervisor does about it.
    pub upkeep: Upkeep,
    /// What an elastic pool is made of, and the bursts that come to it.
    pub troupe: Troupe,
    /// Topics and their subscribers.
    pub audience: Audience,
    /// Of everything random.
    pub seed: u64,
    /// One round trip in so many is stamped; a power of two, `None` for none.
    pub sample_every: Option<u32>,
    /// For the stamps.
    pub clock: Clock,
    /// Raised by Ctrl-C: the load ends, and what was measured is given.
    pub interrupted: Arc<AtomicBool>,
    /// What tests of the instrument plant; `None` in every other run.
    pub fault: Option<Planted>,
}

impl Plan {
    /// Messages that producer `nth` of all of them sends, the first of them one more where the number does not divide; without
    /// end where it is a duration that ends the run. `messages` in all where the plan names no other number.
    pub fn share(&self, nth: u64, messages: u64) -> u64 {
        if self.duration.is_some() {
            return u64::MAX >> 1;
        }
        let messages = self.messages.unwrap_or(messages);
        messages / self.producers + u64::from(nth < messages % self.producers)
    }
}

/// What a chat is made of.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    /// Who talks.
    pub users: u64,
    /// Where.
    pub rooms: u64,
    /// How often each user acts, where no time ends the load.
    pub turns: u64,
    /// What they do.
    pub mix: Mix,
}

impl Talk {
    /// As the command line has it.
    pub fn of(options: &Options) -> Self {
        let mix = options.mix.unwrap_or_default();
        Self { users: options.users(), rooms: options.rooms(), turns: options.turns(), mix }
    }
}

/// What timers do.
#[derive(Debug, Clone, Copy)]
pub struct Alarms {
    /// How long each is set for.
    pub period: Duration,
    /// How many of a hundred are cancelled.
    pub cancel: u32,
    /// How many of a hundred actors have one that repeats.
    pub repeat: u32,
}

impl Alarms {
    /// As the command line has it.
    pub fn of(options: &Options) -> Self {
        let [cancel, repeat] = [options.cancel, options.repeat].map(Option::unwrap_or_default);
        Self { period: options.period(), cancel, repeat }
    }
}

/// What can be planted, to see that it is found: a run with any of these must not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Planted {
    /// A message is never sent.
    Lost,
    /// A message is sent twice.
    Duplicated,
    /// A message is sent after the one that should follow it.
    Overtaken,
    /// The receiver's [`Alone`](super::tally::Alone) has somebody inside already.
    Overlap,
    /// A message goes to one whom it is not for.
    Astray,
    /// A message comes before it is due.
    Early,
    /// Something that happened is not counted.
    Uncounted,
}

/// How long actors waited, each time.
#[derive(Debug, Clone, Default)]
pub struct Stalls {
    /// Each of them.
    pub times: Recorder,
    /// All together, in nanoseconds.
    pub total_ns: u64,
}

/// What an open load came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadFacts {
    /// How arrivals followed each other.
    pub arrival: String,
    /// Arrivals a second; `None` where they vary.
    pub rate_target: Option<u64>,
    /// Arrivals a second that were offered in the measured time, the refused ones among them.
    pub rate_actual: Option<f64>,
    /// Arrivals that the plan has in the measured time: those that were sent, those that were refused where they came in, and
    /// those that never were sent.
    pub planned: u64,
    /// Those of them that were due and never sent, as what was to be sent before held them up: no latency tells of them.
    pub not_sent: u64,
    /// Measured ones that were sent and accepted.
    pub sent: u64,
    /// Arrivals that a full mailbox refused for good, where they came in or on their way, measured or not: they ended there. Each
    /// is one refused send of the ledger.
    pub refused: u64,
    /// The other sends into full mailboxes that the ledger has as refused, measured or not: their arrivals were kept and tried
    /// again, until they went in or, with the last of them, the time was over. None of them is an arrival in `refused`.
    pub tried_again: u64,
    /// How late the first one was that was not sent any more, in nanoseconds; 0 where all were sent that were due.
    pub behind_ns: u64,
    /// What went before, in nanoseconds.
    pub warmup_ns: u64,
    /// The measured time, in nanoseconds.
    pub measured_ns: u64,
    /// From its end until the last measured one was done, in nanoseconds.
    pub drain_ns: u64,
    /// Whether the warm-up ended because the load was steady; `None` where nobody looked. It tells of the warm-up alone.
    pub steady: Option<bool>,
    /// Whether more came in the measured time than was handled: the rate was missed, or what waited grew.
    pub overloaded: bool,
    /// So many arrivals more were on their way at the end of the measured time than at its beginning; 0 where they were fewer.
    pub backlog_grew: u64,
    /// Arrivals that were accepted or refused where they came in, measured or not.
    #[serde(skip)]
    pub offered: u64,
    /// Whether the generator was behind its plan by more than a hundredth in the end, or had nothing to send.
    #[serde(skip)]
    pub missed: bool,
    /// Whether the generator had a processor of its own.
    pub generator_pinned: bool,
}

/// What a load whose time was over left to be handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drain {
    /// So much was handled after the measured time.
    pub messages: u64,
    /// From its end until the last was handled, in nanoseconds.
    pub lasted_ns: u64,
}

impl Drain {
    /// Whether it is more than a hundredth of all, of which so much was handled in time.
    pub fn is_considerable(&self, in_time: u64) -> bool {
        self.messages > self.messages.saturating_add(in_time) / 100
    }
}

/// Whether what waits has grown by more than can be the noise of counting: by more than a hundredth of what was `sent` in a
/// time of `lasted`, by what comes in 10 ms at the least, and by three standard deviations of a Poisson count. Where nothing
/// was sent, or no time was measured, nothing can have grown.
pub fn has_grown(backlog_grew: u64, sent: u64, lasted: Duration) -> bool {
    if sent == 0 || lasted.is_zero() {
        return false;
    }
    let sent = sent as f64;
    let least = sent / lasted.as_secs_f64().max(1e-9) * 0.01;
    backlog_grew as f64 > (sent / 100.0).max(least).max(3.0 * sent.sqrt())
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What the time is divided by.
    pub messages: u64,
    /// From the kick-off until the last actor reported its end, in nanoseconds; `None` where that is no figure.
    pub elapsed_ns: Option<u64>,
    /// Processor time of all threads meanwhile, in nanoseconds: what other programs took is not in it.
    pub cpu_ns: Option<u64>,
    /// What the load tried to send, what was refused included, and the word for one of them: what is refused or dropped is a
    /// share of that. `None` where a sender that is refused tries again, until all of `messages` were accepted.
    pub offered: Option<(u64, &'static str)>,
    /// What the engine's ledger must have handled.
    pub handled: u64,
    /// What an overflow policy must have dropped.
    pub dropped: u64,
    /// What must have become dead letters.
    pub dead: u64,
    /// What must have been handed back by a restart.
    pub returned: u64,
    /// How often handlers must have failed.
    pub faults: u64,
    /// Actors that send, and how often each does in one handler; `None` where there are no such roles.
    pub producers: Option<u64>,
    /// See `producers`.
    pub sends_per_handler: Option<u64>,
    /// What each of their credit links may have on its way; `None` where there are none.
    pub window: Option<u32>,
    /// How long producers were out of credit, each time that is over; `None` where there are no credit links.
    pub out_of_credit: Option<Stalls>,
    /// Response times, where they were sampled.
    pub response: Option<Recorder>,
    /// From sent to done, in open load.
    pub service: Option<Recorder>,
    /// From planned to sent, in open load.
    pub lag: Option<Recorder>,
    /// What an open load came to.
    pub load: Option<LoadFacts>,
    /// What was handled after the measured time; `None` where no time ends the load, and in open load, which has its own.
    pub drain: Option<Drain>,
    /// How long the warm-up took, and whether it ended because the load was steady, where there was one.
    pub warmup: Option<(Duration, Option<bool>)>,
    /// All latencies interval by interval.
    pub timeline: Timeline,
    /// What one response is, for the reader.
    pub response_is: Cow<'static, str>,
    /// What is counted: the reader's word for one message.
    pub counts: &'static str,
    /// Actors in all.
    pub actors: u64,
    /// Growth of the process by each idle actor, in bytes.
    pub bytes_per_actor: Option<f64>,
    /// Figures that this workload alone has.
    pub facts: Vec<(&'static str, Value)>,
    /// What there was no memory for: then there is no run to speak of.
    pub exhausted: Option<String>,
    /// What was found wrong; empty in a run that holds.
    pub wrong: Vec<String>,
}

/// How long a system may take to come to rest before and after the load.
pub const SETTLED_WITHIN: Duration = Duration::from_secs(120);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backlog_grows_by_more_than_noise() {
        let second = Duration::from_secs(1);
        for (grew, sent, lasted, grown) in [
            // A hundredth of what was sent; 10 ms of it in a short time; three standard deviations of few.
            (10_001, 1_000_000, second, true),
            (10_000, 1_000_000, second, false),
            (900, 10_000, Duration::from_millis(100), false),
            (1_001, 10_000, Duration::from_millis(100), true),
            (30, 100, second, false),
            (31, 100, second, true),
            (0, 0, Duration::ZERO, false),
            // Ended in the warm-up, which had some on their way.
            (5_000, 0, second, false),
            (5_000, 100, Duration::ZERO, false),
        ] {
            assert_eq!(has_grown(grew, sent, lasted), grown, "{grew} of {sent} in {lasted:?}");
        }
        let drain = |messages| Drain { messages, lasted_ns: 1 };
        assert_eq!([9, 10, 11].map(|n| drain(n).is_considerable(990)), [false, false, true]);
        assert!(!drain(0).is_considerable(0) && drain(1).is_considerable(0));
    }
}

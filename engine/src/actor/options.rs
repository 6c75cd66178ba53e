//! What can be chosen for an actor when it is spawned.

use super::address::Recipient;
use super::pressing::Pressed;
use crate::cell::header::Limits;
use crate::error::OptionsError;
use crate::mailbox::overflow::Overflow;
use crate::mailbox::word::COUNT_MAX;
use std::time::Duration;

/// The options of an actor: the bounds of its mailbox, what a full one does, how long its turns are.
///
/// Built by [`Options::builder`]; what does not fit is refused there. Actors of one type that are spawned with equal
/// options share one record; options cost nothing per actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Options {
    pub(crate) limits: Limits,
    pub(crate) upstream: Option<Recipient<Pressed>>,
    pub(crate) own_thread: bool,
}

impl Options {
    /// The most messages that a mailbox can be given as capacity: what its word can count, less one for an ask, one for the
    /// news of its deadline, one for that of a batch, and one for a notice.
    pub const CAPACITY_MAX: u32 = COUNT_MAX - 4;

    /// Starts from the defaults: capacity 1,024, [`Overflow::Mute`], turns of up to 128 messages.
    pub const fn builder() -> OptionsBuilder {
        OptionsBuilder {
            capacity: 1_024,
            low: None,
            high: None,
            hard: None,
            turn: 128,
            asks: None,
            overflow: Overflow::Mute,
            upstream: None,
            lanes: false,
            gather: None,
            flows: 0,
            own_thread: false,
            noted: false,
        }
    }

    /// These options, with a [thread of its own](OptionsBuilder::own_thread) for the actor.
    pub const fn on_own_thread(mut self) -> Options {
        self.own_thread = true;
        self
    }

    /// The capacity.
    pub fn capacity(&self) -> u32 {
        self.limits.capacity
    }
}

impl Default for Options {
    fn default() -> Self {
        const DEFAULT: Options = match Options::builder().check() {
            Ok(options) => options,
            Err(_) => panic!("the defaults are in range"),
        };
        DEFAULT
    }
}

/// Collects [`Options`]; see there.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct OptionsBuilder {
    capacity: u32,
    low: Option<u32>,
    high: Option<u32>,
    hard: Option<u32>,
    turn: u32,
    asks: Option<u32>,
    overflow: Overflow,
    upstream: Option<Recipient<Pressed>>,
    lanes: bool,
    gather: Option<(u32, Duration)>,
    flows: u32,
    own_thread: bool,
    noted: bool,
}

impl OptionsBuilder {
    /// Messages that the mailbox holds before it counts as full, from 1 to [`Options::CAPACITY_MAX`].
    ///
    /// Strict for all that is sent but `cx.send` under [`Overflow::Mute`], where it is the point at which senders are
    /// suspended, and under [`Overflow::DropOldest`], where it is what is kept. Items of flows and outcomes of asks have places
    /// beside it.
    pub const fn capacity(mut self, messages: u32) -> Self {
        self.capacity = messages;
        self
    }

    /// The low mark: when the mailbox has drained to this, who waits for it goes on. Below the capacity; by default a quarter
    /// of it. With a [`gather`](OptionsBuilder::gather) that waits it is at least what such a batch may wait with, one less than
    /// its most, and by default no less: who waits for a place would wait for a batch that waits for him.
    pub const fn low(mut self, messages: u32) -> Self {
        self.low = Some(messages);
        self
    }

    /// The high mark, for [`Overflow::Signal`]: at this many messages the pressure counts as high. Above the low mark, and at
    /// most the capacity, which is the default. Refused under the other policies, where it would mean nothing.
    pub const fn high(mut self, messages: u32) -> Self {
        self.high = Some(messages);
        self
    }

    /// The hard limit, at least the capacity: up to here what is sent beyond the capacity under [`Overflow::Mute`] enters, and no
    /// send exceeds it there. By default all that the mailbox's word can count, less the places for asks and flows.
    ///
    /// Under every policy it bounds the actor's own timers ([`Context::after`](crate::Context::after),
    /// [`Context::every`](crate::Context::every)), which enter beyond the capacity and stay due where they find the mailbox
    /// here; under the other policies, whose sends have bounds of their own, nothing else but a
    /// [`barrier`](crate::Address::barrier) under [`Overflow::DropOldestExact`], where what lies in the line is not counted
    /// in.
    pub const fn hard(mut self, messages: u32) -> Self {
        self.hard = Some(messages);
        self
    }

    /// Messages that the actor handles in one turn before others get theirs, from 1 to 65,536; 128 by default. How many are
    /// handled *together* says [`OptionsBuilder::gather`]. A turn whose handlers have sent some hundreds of messages ends before that: those to
    /// whom they went have their turns while what they are sent is still in the cache.
    pub const fn turn(mut self, messages: u32) -> Self {
        self.turn = messages;
        self
    }

    /// Questions that the actor may have outstanding, that is until their outcomes are handled; by default its capacity.
    /// The outcomes come in above capacity and hard limit.
    pub const fn max_asks(mut self, asks: u32) -> Self {
        self.asks = Some(asks);
        self
    }

    /// What a full mailbox does.
    pub const fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// Whom [`Overflow::Signal`] tells of pressure; needed for that policy, and for no other. The news enter above any bound of
    /// the upstream's mailbox, one for each time the level turns.
    pub const fn upstream(mut self, to: Recipient<Pressed>) -> Self {
        self.upstream = Some(to);
        self
    }

    /// Two lanes: messages that [`Actor::lane`](crate::Actor::lane) calls urgent are handled before the others that are there.
    /// After 16 urgent ones in a row one of the others is handled: so a message waits for at most 16 urgent ones for itself
    /// and for each before it in its lane. Each lane keeps its order. The actor is asked about what was sent to it, and what it
    /// sent itself by [`Context::after`](crate::Context::after); outcomes of asks, items of flows, ticks and news go through
    /// the normal lane.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, Lane, Options, System};
    ///
    /// struct Desk(Vec<u32>);
    ///
    /// impl Actor for Desk {
    ///     type Msg = u32;
    ///     fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0.push(n);
    ///         Ok(())
    ///     }
    ///     fn lane(&self, n: &u32) -> Lane {
    ///         if *n >= 100 { Lane::Urgent } else { Lane::Normal }
    ///     }
    ///     fn stopped(&mut self, _: &mut Context<'_, Self>) {
    ///         assert_eq!(self.0, [100, 101, 1, 2]);
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let desk = inline.system().try_spawn(Desk(Vec::new()), &Options::builder().lanes().build()?)?;
    /// for n in [1_u32, 100, 2, 101] {
    ///     desk.try_send(n)?;
    /// }
    /// let _ = desk.stop();
    /// inline.run_until_idle();
    /// assert_eq!((inline.system().ledger().handled, inline.system().ledger().faults), (4, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub const fn lanes(mut self) -> Self {
        self.lanes = true;
        self
    }

    /// Messages are handled in batches by [`Actor::handle_batch`](crate::Actor::handle_batch): of `most` messages, or of those
    /// that came within this time of the first. With no time a batch is what is there. Not more than the capacity.
    ///
    /// Gathered is what was sent to the actor, and what it sent itself by [`Context::after`](crate::Context::after). Outcomes of
    /// asks, items of flows, ticks and news go to [`Actor::handle`](crate::Actor::handle) one by one, in the normal lane where
    /// there are two.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::Options;
    ///
    /// // Up to 64 rows, of which the first waits for 5 ms at most; see `Actor::handle_batch` for what becomes of them.
    /// let rows = Options::builder().gather(64, Duration::from_millis(5)).build();
    /// assert!(rows.is_ok());
    /// ```
    pub const fn gather(mut self, most: u32, within: Duration) -> Self {
        self.gather = Some((most, within));
        self
    }

    /// What the windows of all [flows](crate::Context::open_flow) into the actor may come to together: none by default, and at
    /// most the capacity. Items, and the beginning and end of each flow, have places of their own beside the hard limit.
    pub const fn flows(mut self, windows: u32) -> Self {
        self.flows = windows;
        self
    }

    /// The actor runs all its turns on a thread of its own, in which it may block: no worker is held, and nobody else waits. The
    /// thread is started when the actor is spawned (which fails with a [`SpawnError`](crate::SpawnError) if none can be had), is
    /// named after the actor's type, is not pinned, and ends with the actor. All else is as for any actor: sends, order,
    /// bounds, suspending, stopping. What has begun to block is not interrupted, by a stop or kill neither; an abort waits
    /// for it as for a worker in a long handler.
    ///
    /// A message to it while it is idle costs two thread switches: a worker hands the actor to its thread, and wakes it (the
    /// price of that is in `throng limits`, some 20 us on a small machine); what it sends goes by way of the injector.
    /// The memory is that of a thread. While it blocks *inside a handler*, slots of actors that have ended, in the
    /// whole process, are not used again: [`Activity::retired_bytes`](crate::Activity) and the process grow with the actors
    /// that come and go. What blocks for long beside many short-lived actors is better done by
    /// [`Context::blocking`](crate::Context::blocking).
    ///
    /// In an [`Inline`](crate::Inline) system, which has no threads, the actor is as any other. There is an example at
    /// [`System::spawn_on_own_thread`](crate::System::spawn_on_own_thread).
    pub const fn own_thread(mut self) -> Self {
        self.own_thread = true;
        self
    }

    /// Counts the messages that the actor handles, for its [status](crate::System::status_of). Costs each turn of it two readings of
    /// the clock and four atomic read-modify-writes on memory of its own; others nothing.
    pub const fn count_handled(mut self) -> Self {
        self.noted = true;
        self
    }

    /// Checks the whole; in a constant, when the program is compiled.
    ///
    /// # Errors
    /// [`OptionsError`] names the option, what it was given, what it takes, and why.
    ///
    /// # Examples
    /// ```
    /// use throng::{Options, Overflow};
    ///
    /// const METER: Options = match Options::builder().capacity(4).overflow(Overflow::DropNewest).build() {
    ///     Ok(options) => options,
    ///     Err(_) => panic!("these options are in range"),
    /// };
    /// assert_eq!(METER.capacity(), 4);
    ///
    /// let wrong = Options::builder().capacity(4).low(4).build().expect_err("not below the capacity");
    /// assert_eq!(wrong.to_string(), "low = 4 is out of range: give 0 to 3, which is below the capacity");
    /// ```
    pub const fn build(self) -> Result<Options, OptionsError> {
        self.check()
    }

    const fn check(self) -> Result<Options, OptionsError> {
        const fn range(
            option: &'static str,
            given: u32,
            least: u32,
            most: u32,
            why: &'static str,
        ) -> Result<(), OptionsError> {
            if given < least || given > most {
                return Err(OptionsError::new(option, given, least, most, why));
            }
            Ok(())
        }
        // Three places beyond asks and hard limit are for the news of expired asks, that of a batch, and a notice.
        const ROOM: u32 = COUNT_MAX - 3;
        if let Err(error) =
            range("capacity", self.capacity, 1, Options::CAPACITY_MAX, "which a mailbox can count")
        {
            return Err(error);
        }
        if let Err(error) = range("flows", self.flows, 0, self.capacity, "up to the capacity") {
            return Err(error);
        }
        if matches!(self.overflow, Overflow::DropOldestExact) && self.flows > 0 {
            return Err(OptionsError::rule(
                "`flows` do not go with overflow = DropOldestExact, whose messages lie in a line of their own, which items would \
                 overtake: take DropOldest",
            ));
        }
        // A flow of a window of one takes three places: for its item, its beginning and its end.
        const FLOW: u32 = 3;
        let (gather, within) = match self.gather {
            Some((most, within)) => {
                if let Err(error) = range("gather", most, 1, self.capacity, "up to the capacity") {
                    return Err(error);
                }
                // What does not fit in 584 years is cut there.
                let nanos = within.as_nanos();
                (most, if nanos > u64::MAX as u128 { u64::MAX } else { nanos as u64 })
            }
            None => (0, 0),
        };
        // Where messages lie in a line of their own, one place is taken for good, and those of a batch are counted in.
        let exact = matches!(self.overflow, Overflow::DropOldestExact);
        // Of what was handled so much may not be credited yet.
        let step = if self.capacity >= 4 { self.capacity / 4 } else { 1 };
        let taken = match (exact, gather) {
            (false, _) => 0,
            (true, 0) => 1,
            (true, _) => 1 + gather + step,
        };
        if let Err(error) = range(
            "capacity",
            self.capacity,
            1,
            (ROOM - 1).saturating_sub(taken),
            "as overflow = DropOldestExact takes a place, and `gather` as many as a batch and a quarter of the capacity",
        ) {
            return Err(error);
        }
        if matches!(self.overflow, Overflow::DropOldest) && self.capacity > ROOM / 2 {
            return Err(OptionsError::new(
                "capacity",
                self.capacity,
                1,
                ROOM / 2,
                "as a mailbox under overflow = DropOldest holds up to twice that",
            ));
        }
        // What sends may fill, beside which the places of asks and flows lie.
        let filled = match self.overflow {
            Overflow::DropOldest => 2 * self.capacity,
            _ => self.capacity,
        };
        let most = (ROOM - filled).saturating_sub(taken) / FLOW;
        if let Err(error) = range(
            "flows",
            self.flows,
            0,
            most,
            "as each takes three places beside what the capacity takes: lower one of them",
        ) {
            return Err(error);
        }
        let room = ROOM - taken - FLOW * self.flows;
        let beside = room - filled;
        let asks = match self.asks {
            Some(asks) => asks,
            None if self.capacity < beside => self.capacity,
            None => beside,
        };
        if let Err(error) = range(
            "max_asks",
            asks,
            0,
            beside,
            "as each takes a place beside what the capacity takes: lower one of them",
        ) {
            return Err(error);
        }
        let hard = match self.hard {
            Some(hard) => hard,
            None => room - asks,
        };
        if let Err(error) = range(
            "hard",
            hard,
            self.capacity,
            room - asks,
            "from the capacity to what `max_asks` and `flows` leave",
        ) {
            return Err(error);
        }
        // What a batch waits with must not hold up those whom it waits for.
        let least = if within > 0 { gather - 1 } else { 0 };
        let low = match self.low {
            Some(low) => low,
            None if self.capacity / 4 < least => least,
            None => self.capacity / 4,
        };
        let within_low = if least > 0 {
            "from one less than `gather`, which a batch may wait with, to below the capacity"
        } else {
            "which is below the capacity"
        };
        if let Err(error) = range("low", low, least, self.capacity - 1, within_low) {
            return Err(error);
        }
        let high = match self.high {
            Some(high) => high,
            None => self.capacity,
        };
        let above = match self.low {
            _ if high > self.capacity => "up to the capacity: give a lower mark, or a larger capacity",
            Some(_) => "above `low` and up to the capacity",
            None if self.capacity / 4 < least => {
                "above `low`, which is one less than `gather` unless given: give a smaller `gather`, or a higher mark"
            }
            None => {
                "above `low`, which is a quarter of the capacity unless given: give it too, or a higher mark"
            }
        };
        if let Err(error) = range("high", high, low + 1, self.capacity, above) {
            return Err(error);
        }
        if let Err(error) = range("turn", self.turn, 1, 65_536, "as others are to have their turn too") {
            return Err(error);
        }
        let signal = matches!(self.overflow, Overflow::Signal);
        if signal && self.upstream.is_none() {
            return Err(OptionsError::rule("overflow = Signal needs `upstream`: whom to tell"));
        }
        if !signal && self.upstream.is_some() {
            return Err(OptionsError::rule(
                "`upstream` is told of pressure under overflow = Signal alone: choose that",
            ));
        }
        if !signal && self.high.is_some() {
            return Err(OptionsError::rule(
                "`high` is a mark under overflow = Signal alone: choose that, or leave `high` out",
            ));
        }
        if self.lanes && matches!(self.overflow, Overflow::DropOldestExact) {
            return Err(OptionsError::rule(
                "`lanes` do not go with overflow = DropOldestExact, which keeps one line: take DropOldest",
            ));
        }
        Ok(Options {
            limits: Limits {
                capacity: self.capacity,
                // Above the one place that is taken for good.
                low: if exact { low + 1 } else { low },
                high,
                strict: 0,
                entry: 0,
                mark: 0,
                // A send finds the one place taken, and those of a batch free.
                hard: if exact { hard + 1 } else { hard },
                asks,
                batch: self.turn,
                step,
                overflow: self.overflow,
                sorted: false,
                flows: self.flows,
                lanes: self.lanes,
                gather,
                within,
                away: false,
                noted: self.noted,
            }
            .settled(),
            upstream: self.upstream,
            own_thread: self.own_thread,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_range_of_capacities_builds_and_nothing_beyond() {
        for capacity in [1, 2, 3, 4, 1_024, COUNT_MAX / 2, Options::CAPACITY_MAX] {
            let options = Options::builder().capacity(capacity).build().expect("in range");
            let limits = options.limits;
            assert!(limits.hard >= capacity && limits.hard + limits.asks <= COUNT_MAX - 3);
            assert!(limits.low < capacity && limits.step >= 1);
        }
        for capacity in [0, Options::CAPACITY_MAX + 1, u32::MAX] {
            let error = Options::builder().capacity(capacity).build().expect_err("out of range");
            assert!(error.to_string().contains(&format!("capacity = {capacity} is out of range")), "{error}");
        }
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        assert!(Options::builder().capacity(10).hard(9).build().is_err());
        assert!(Options::builder().capacity(10).low(10).build().is_err());
        assert!(Options::builder().turn(0).build().is_err());
        assert!(Options::builder().max_asks(COUNT_MAX).build().is_err());
        assert!(Options::builder().max_asks(1_000).hard(COUNT_MAX - 1_000).build().is_err());
    }
}

//! The circuit of a breaker: what it lets through, and when it opens and closes.
//!
//! ```text
//! closed --so many failures within the window--> open --the pause is over--> half open
//!   ^                                             ^                            |   |
//!   |                                             +------ a probe fails -------+   |
//!   +----------------------------- all probes succeed -----------------------------+
//! ```
//! Each step begins a new *era*. Whoever was let through in an earlier one has no say any more: what was asked before the
//! circuit opened says nothing about what comes after.

use crate::time::Nanos;
use std::collections::VecDeque;

/// What a [`Breaker`](crate::Breaker) does with the next question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Circuit {
    /// It lets all through.
    Closed,
    /// It rejects all.
    Open,
    /// It lets a few through, to see how they fare.
    HalfOpen,
}

/// How one that was let through has fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Good,
    Bad,
    /// Nobody knows.
    Withdrawn,
}

/// When a circuit opens and closes.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// So many failures ...
    pub(super) failures: u32,
    /// ... within this time open it ...
    pub(super) window: Nanos,
    /// ... for this long. Also how long it waits for the verdict on a probe.
    pub(super) pause: Nanos,
    /// So many must be well before it closes again.
    pub(super) probes: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Core {
    pub(super) rule: Rule,
    state: State,
    era: u64,
    /// The latest time it was told: never back.
    at: Nanos,
}

#[derive(Debug, Clone)]
enum State {
    Closed {
        /// When the failures were that still count, the oldest first.
        failed: VecDeque<Nanos>,
    },
    Open {
        until: Nanos,
    },
    HalfOpen {
        /// Probes without a verdict.
        out: u32,
        /// Probes that were well.
        good: u32,
        /// When the last was let through.
        since: Nanos,
    },
}

impl Core {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, state: State::Closed { failed: VecDeque::new() }, era: 0, at: 0 }
    }

    fn pass(&mut self, now: Nanos) -> Nanos {
        self.at = self.at.max(now);
        self.at
    }

    fn enter(&mut self, state: State) {
        self.era += 1;
        self.state = state;
    }

    /// Lets one through, and gives the era in which that was; or says how long to wait before asking again.
    pub(super) fn admit(&mut self, now: Nanos) -> Result<u64, Nanos> {
        let now = self.pass(now);
        let pause = self.rule.pause;
        match &mut self.state {
            State::Closed { .. } => return Ok(self.era),
            State::Open { until } if now < *until => return Err(*until - now),
            State::HalfOpen { out, good, since } => {
                if *out + *good < self.rule.probes {
                    *out += 1;
                    *since = now;
                    return Ok(self.era);
                }
                let lost_at = since.saturating_add(pause);
                if now < lost_at {
                    return Err(lost_at - now);
                }
                // Probes that nobody told of for so long are given up, and others take their place.
            }
            State::Open { .. } => {}
        }
        self.enter(State::HalfOpen { out: 1, good: 0, since: now });
        Ok(self.era)
    }

    /// Hears how one fared that was let through in this era.
    pub(super) fn settle(&mut self, now: Nanos, era: u64, verdict: Verdict) {
        let now = self.pass(now);
        if era != self.era {
            return;
        }
        let open = State::Open { until: now.saturating_add(self.rule.pause) };
        match (&mut self.state, verdict) {
            (State::Closed { failed }, Verdict::Bad) => {
                let window = self.rule.window;
                while failed.front().is_some_and(|at| now - at > window) {
                    failed.pop_front();
                }
                failed.push_back(now);
                if failed.len() >= self.rule.failures as usize {
                    self.enter(open);
                }
            }
            (State::HalfOpen { .. }, Verdict::Bad) => self.enter(open),
            (State::HalfOpen { out, good, .. }, Verdict::Good) => {
                *out -= 1;
                *good += 1;
                if *good >= self.rule.probes {
                    self.enter(State::Closed { failed: VecDeque::new() });
                }
            }
            (State::HalfOpen { out, .. }, Verdict::Withdrawn) => *out -= 1,
            (State::Closed { .. } | State::Open { .. }, _) => {}
        }
    }

    /// What it would do now.
    pub(super) fn circuit(&mut self, now: Nanos) -> Circuit {
        let now = self.pass(now);
        match &self.state {
            State::Closed { .. } => Circuit::Closed,
            State::Open { until } if now < *until => Circuit::Open,
            State::Open { .. } | State::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { failures: 3, window: 100, pause: 50, probes: 2 };

    fn failing(core: &mut Core, now: Nanos) {
        let era = core.admit(now).expect("closed");
        core.settle(now, era, Verdict::Bad);
    }

    #[test]
    fn failures_within_the_window_open_it_and_others_do_not() {
        let mut core = Core::new(RULE);
        for now in [0, 60, 120, 180, 281] {
            failing(&mut core, now);
            assert_eq!(core.circuit(now), Circuit::Closed, "at {now}");
        }
        failing(&mut core, 282);
        failing(&mut core, 381);
        assert_eq!(core.circuit(381), Circuit::Open);
        assert_eq!(core.admit(390), Err(41));
        assert_eq!(core.circuit(431), Circuit::HalfOpen);
    }

    fn opened() -> Core {
        let mut core = Core::new(RULE);
        (0..3).for_each(|now| failing(&mut core, now));
        assert_eq!(core.admit(51), Err(1));
        core
    }

    #[test]
    fn so_many_probes_close_it_and_one_that_fails_opens_it() {
        let mut core = opened();
        let (one, other) = (core.admit(52).expect("a probe"), core.admit(53).expect("a probe"));
        assert_eq!(core.admit(54), Err(49), "no third");
        core.settle(55, one, Verdict::Good);
        assert_eq!((core.circuit(55), core.admit(56)), (Circuit::HalfOpen, Err(47)));
        core.settle(57, other, Verdict::Good);
        assert_eq!(core.circuit(57), Circuit::Closed);
        // What happened before counts no more.
        failing(&mut core, 58);
        failing(&mut core, 59);
        assert_eq!(core.circuit(59), Circuit::Closed);

        let mut core = opened();
        let (one, other) = (core.admit(52).expect("a probe"), core.admit(53).expect("a probe"));
        core.settle(60, one, Verdict::Bad);
        assert_eq!(core.circuit(60), Circuit::Open);
        // The other's verdict comes too late.
        core.settle(61, other, Verdict::Good);
        assert_eq!(core.admit(62), Err(48));
    }

    #[test]
    fn who_was_let_through_before_it_opened_has_no_say() {
        let mut core = Core::new(RULE);
        let before = core.admit(0).expect("closed");
        (0..3).for_each(|now| failing(&mut core, now));
        let probe = core.admit(52).expect("a probe");
        core.settle(53, before, Verdict::Bad);
        assert_eq!(core.circuit(53), Circuit::HalfOpen);
        core.settle(54, before, Verdict::Good);
        core.settle(55, probe, Verdict::Good);
        assert_eq!(core.circuit(55), Circuit::HalfOpen, "one of two probes");
    }

    #[test]
    fn probes_that_are_withdrawn_or_lost_make_room_for_others() {
        let mut core = opened();
        let one = core.admit(52).expect("a probe");
        core.settle(53, one, Verdict::Withdrawn);
        let (lost, also) = (core.admit(54).expect("a probe"), core.admit(55).expect("a probe"));
        assert_eq!(core.admit(104), Err(1));
        let again = core.admit(105).expect("given up after a pause");
        core.settle(106, lost, Verdict::Bad);
        core.settle(106, also, Verdict::Bad);
        assert_eq!(core.circuit(106), Circuit::HalfOpen, "those that were given up have no say");
        core.settle(107, again, Verdict::Good);
        let last = core.admit(108).expect("the second of two");
        core.settle(109, last, Verdict::Good);
        assert_eq!(core.circuit(109), Circuit::Closed);
    }

    #[test]
    fn a_clock_that_goes_back_shortens_nothing() {
        let mut core = opened();
        assert_eq!(core.circuit(52), Circuit::HalfOpen);
        assert_eq!(core.circuit(0), Circuit::HalfOpen);
        let probe = core.admit(0).expect("it is 52");
        core.settle(0, probe, Verdict::Bad);
        assert_eq!(core.admit(0), Err(50));
    }
}

//! What of a command line does not go together.

use super::flag::Flag;
use super::line::Options;
use super::profile::Profile;
use super::values::{Sample, Warmup, overflow_name};
use super::workload::{Mode, Workload};
use crate::arrival::{Arrival, DURATION_MAX, Schedule};
use crate::refusal::listed;
use std::time::Duration;
use throng::Overflow;

/// The most messages of a directory: a letter's number has 32 bits, and each has a request and an answer.
pub const DIRECTORY_MESSAGES_MAX: u64 = 3 * u32::MAX as u64;
/// The longest that a turn may take by its service: one that takes 10 s counts as stuck.
const TURN_MAX: Duration = Duration::from_secs(4);
/// The largest mailbox that has room for a window of one.
pub(super) const FLOW_MAILBOX_MAX: u32 = throng::Options::CAPACITY_MAX - 2;
/// The largest mailbox of an asker in open load: it has two places for answers for each of its own, and some to spare.
const ASKED_MAILBOX_MAX: u32 = 80_000;
/// The most stations of a pipeline: an arrival counts them.
const PIPELINE_MAX: u64 = 1_000_000;
/// How long an open load is measured, where the command line does not say.
const OPEN_LASTS: Duration = Duration::from_secs(10);

/// The largest mailbox that the engine gives under a policy.
pub(super) fn mailbox_max(overflow: Overflow) -> u32 {
    // Whom Signal tells is the scenario's; its bounds are those of Fail.
    let overflow = if overflow == Overflow::Signal { Overflow::Fail } else { overflow };
    let builder = throng::Options::builder().overflow(overflow);
    let (mut fits, mut over) = (1, throng::Options::CAPACITY_MAX + 1);
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        let end = if builder.capacity(middle).build().is_ok() { &mut fits } else { &mut over };
        *end = middle;
    }
    fits
}

/// The workloads that arrivals can come to by a plan.
fn open_ones() -> String {
    let open = Workload::ALL.into_iter().filter(|workload| workload.modes().contains(&Mode::Open));
    listed(&open.map(Workload::name).collect::<Vec<_>>())
}

/// The workloads that take a flag: those that do by themselves, then those that do in another mode, by that.
fn takers(flag: Flag) -> String {
    let in_mode = |w: Workload| w.modes().iter().copied().find(|mode| flag.is_for(w, *mode));
    let names = |takes: &dyn Fn(Workload) -> bool| {
        let names: Vec<_> = Workload::ALL.into_iter().filter(|w| takes(*w)).map(Workload::name).collect();
        (!names.is_empty()).then(|| (names.join(", "), if names.len() == 1 { "takes" } else { "take" }))
    };
    let mut told = Vec::new();
    if let Some((names, take)) = names(&|w| flag.is_for(w, w.mode())) {
        told.push(format!("{names} {take} it"));
    }
    for mode in [Mode::Saturate, Mode::Closed, Mode::Open] {
        if let Some((names, take)) = names(&|w| !flag.is_for(w, w.mode()) && in_mode(w) == Some(mode)) {
            told.push(format!("{names} {take} it with --mode {}", mode.name()));
        }
    }
    told.join("; ")
}

impl Options {
    /// Refuses what this workload would ignore.
    pub(super) fn check(&self) -> Result<(), String> {
        self.check_mode()?;
        self.check_flags()?;
        self.check_numbers()?;
        if self.mode() == Mode::Open {
            self.check_plan()?;
        }
        if self.workload == Workload::Flow {
            self.check_windows()?;
        }
        for assertion in self.assertions.iter().flat_map(|all| &all.0) {
            self.records(assertion.metric()).map_err(|why| format!("--assert got \"{assertion}\": {why}"))?;
        }
        throng::Options::builder()
            .capacity(self.mailbox)
            .turn(self.batch)
            .build()
            .map_err(|e| e.to_string())?;
        Ok(())
    }

    fn check_mode(&self) -> Result<(), String> {
        let (workload, mode) = (self.workload, self.mode());
        if !workload.modes().contains(&mode) {
            let modes: Vec<_> = workload.modes().iter().map(|mode| mode.name()).collect();
            let (name, modes) = (workload.name(), modes.join(" or "));
            let open = format!("open load is for {}", open_ones());
            let none = |flag: &str, got: String| {
                format!("{got}: {name} has no open load, it takes --mode {modes} without {flag}; {open}")
            };
            return Err(match (self.mode, self.rate, &self.arrival) {
                (Some(Mode::Open), ..) => format!("--mode got \"open\": {name} takes {modes}; {open}"),
                (Some(mode), ..) => format!("--mode got {:?}: {name} takes {modes}", mode.name()),
                (None, Some(rate), _) => none("--rate", self.got("--rate", rate)),
                (None, None, Some(arrival)) => none("--arrival", self.got("--arrival", arrival)),
                (None, None, None) => unreachable!("a workload has its usual mode"),
            });
        }
        Ok(())
    }

    fn check_flags(&self) -> Result<(), String> {
        let (workload, mode) = (self.workload, self.mode());
        for flag in Flag::ALL {
            let given = match flag {
                Flag::Messages => self.messages.is_some(),
                Flag::Duration => self.duration.is_some(),
                Flag::Profile => self.profile != Profile::Default,
                Flag::Rate => self.rate.is_some(),
                Flag::Arrival => self.arrival.is_some(),
                Flag::Warmup => self.warmup.is_some(),
                Flag::Hops => self.hops.is_some(),
                Flag::Freeze => self.freeze.is_some(),
                Flag::Probe => self.probe,
                Flag::Actors => self.actors.is_some(),
                Flag::Tokens => self.tokens.is_some(),
                Flag::Order => self.order.is_some(),
                Flag::Payload => self.payload.is_some_and(|bytes| bytes != 8),
                Flag::Sample => self.sample == Some(Sample::All),
                Flag::Producers => self.producers.is_some(),
                Flag::Service => self.service.is_some(),
                Flag::Window => self.window.is_some(),
                Flag::Users => self.users.is_some(),
                Flag::Rooms => self.rooms.is_some(),
                Flag::Turns => self.turns.is_some(),
                Flag::Mix => self.mix.is_some(),
                Flag::Period => self.period.is_some(),
                Flag::Cancel => self.cancel.is_some(),
                Flag::Repeat => self.repeat.is_some(),
                Flag::Strategy => self.strategy.is_some(),
                Flag::Crash => self.crash.is_some(),
                Flag::CrashBy => self.crash_by.is_some(),
                Flag::Backoff => self.backoff.is_some(),
                Flag::Mail => self.mail.is_some(),
                Flag::Members => self.members.is_some(),
                Flag::Leave => self.leave.is_some(),
                Flag::Burst => self.burst.is_some(),
                Flag::Pause => self.pause.is_some(),
                Flag::Topics => self.topics.is_some(),
                Flag::Subscribers => self.subscribers.is_some(),
                Flag::Fail => self.overflow == Overflow::Fail,
                Flag::Signal => self.overflow == Overflow::Signal,
                Flag::Drop => !matches!(self.overflow, Overflow::Mute | Overflow::Fail | Overflow::Signal),
            };
            if given && !flag.is_for(workload, mode) {
                return Err(self.not_taken(flag));
            }
        }
        Ok(())
    }

    fn not_taken(&self, flag: Flag) -> String {
        let (workload, mode) = (self.workload, self.mode().name());
        let name = match flag {
            Flag::Profile => format!("--profile {}", self.profile.name()),
            Flag::Fail | Flag::Drop | Flag::Signal => format!("--overflow {}", overflow_name(self.overflow)),
            flag => flag.name().into(),
        };
        if flag.is_ever_for(workload) {
            let modes: Vec<_> = workload
                .modes()
                .iter()
                .filter(|mode| flag.is_for(workload, **mode))
                .map(|mode| mode.name())
                .collect();
            // It may be open without that word.
            let why = match (self.mode, self.rate) {
                (Some(_), _) => "",
                (None, Some(_)) => ", which --rate makes it",
                (None, None) if self.arrival.is_some() => ", which --arrival makes it",
                (None, None) => "",
            };
            let instead = match flag {
                Flag::Messages if self.mode() == Mode::Open => "; open load takes --duration",
                _ => "",
            };
            return format!(
                "{name} is not for {mode} load{why}: {} takes it with --mode {}{instead}",
                workload.name(),
                modes.join(" or ")
            );
        }
        format!("{name} is not for {}: {}", workload.name(), takers(flag))
    }

    fn check_numbers(&self) -> Result<(), String> {
        let workload = self.workload;
        let least = if workload == Workload::Big { 2 } else { 1 };
        if let Some(actors) = self.actors.filter(|actors| *actors < least) {
            return Err(format!(
                "{}: {} takes {least} or more",
                self.got("--actors", actors),
                workload.name()
            ));
        }
        if workload == Workload::Skynet
            && let Some(leaves) = self.actors.filter(|n| *n == 1 || 10_u64.pow(n.ilog10()) != *n)
        {
            return Err(format!(
                "{}: skynet takes a power of 10, from 10 to 1000000000",
                self.got("--actors", leaves)
            ));
        }
        if let (Workload::Ring, Some(tokens)) = (workload, self.tokens) {
            let actors = self.actors.unwrap_or(100);
            if tokens > actors {
                return Err(format!(
                    "{}: takes 1 to the number of actors, {actors}",
                    self.got("--tokens", tokens)
                ));
            }
        }
        let most = if workload == Workload::Directory { DIRECTORY_MESSAGES_MAX } else { u64::MAX };
        if let Some(messages) = self.messages.filter(|messages| *messages > most) {
            return Err(format!(
                "{}: {} takes up to {most}",
                self.got("--messages", messages),
                workload.name()
            ));
        }
        if workload == Workload::Ask && self.mode() == Mode::Open && self.mailbox > ASKED_MAILBOX_MAX {
            let (mailbox, most) = (self.mailbox, ASKED_MAILBOX_MAX);
            return Err(format!("{}: open load of ask takes up to {most}", self.got("--mailbox", mailbox)));
        }
        let most = mailbox_max(self.overflow);
        if self.mailbox > most {
            return Err(format!(
                "{}: --overflow {} takes up to {most}",
                self.got("--mailbox", self.mailbox),
                overflow_name(self.overflow)
            ));
        }
        if let Some(actors) = self.actors.filter(|n| workload == Workload::Pipeline && *n > PIPELINE_MAX) {
            return Err(format!("{}: pipeline takes 1 to {PIPELINE_MAX}", self.got("--actors", actors)));
        }
        let service = self.service.unwrap_or_default();
        if service.saturating_mul(self.batch) > TURN_MAX {
            let most = TURN_MAX / self.batch;
            // As it can be given: a whole number.
            let most = if most.subsec_nanos().is_multiple_of(1_000_000) {
                format!("{most:?}")
            } else {
                format!("{}us", most.as_micros())
            };
            return Err(format!(
                "{}: with --batch {} takes up to {most}, more with a smaller --batch",
                self.got("--service", format_args!("{service:?}")),
                self.batch
            ));
        }
        if self.repeat.is_some_and(|share| share > 0) && self.period() < Duration::from_millis(1) {
            let period = self.period();
            return Err(format!("--period got \"{period:?}\": with --repeat takes a millisecond or more"));
        }
        if self.freeze.is_some() && self.duration.is_none() && self.mode() != Mode::Open {
            return Err("--freeze wants a --duration, half-way through which it comes".into());
        }
        if self.warmup.is_some() && self.duration.is_none() && self.mode() != Mode::Open {
            return Err(
                "--warmup wants a --duration, which it goes before: a number of messages has none".into()
            );
        }
        Ok(())
    }

    /// The plan of an open load.
    fn check_plan(&self) -> Result<(), String> {
        let arrival = self.arrival();
        match self.rate {
            None if arrival.takes_rate() => {
                return Err(
                    "--rate is missing: open load takes arrivals a second, such as --rate 100k".into()
                );
            }
            Some(rate) if !arrival.takes_rate() => {
                return Err(format!(
                    "{}: --arrival {} has its own: leave one of the two off",
                    self.got("--rate", rate),
                    self.given("--arrival", &arrival)
                ));
            }
            _ => {}
        }
        if !arrival.takes_rate() && self.warmup.is_some_and(|warmup| warmup != Warmup::For(Duration::ZERO)) {
            let arrival = self.given("--arrival", arrival);
            return Err(format!("--warmup is not for --arrival {arrival}, whose rate changes: takes 0"));
        }
        if self.sample == Some(Sample::Off) {
            return Err(
                "--sample got \"off\": open load is there for its latencies, it takes all or auto".into()
            );
        }
        let rate = self.rate.unwrap_or_default();
        Schedule::new(&arrival, rate, self.seed, self.open_lasts())
            .map(|_| ())
            .map_err(|why| format!("{}: {why}", self.got("--arrival", arrival)))
    }

    /// How long an open load is measured: as given, as long as what is replayed, or ten seconds.
    pub fn open_lasts(&self) -> Duration {
        self.duration.unwrap_or_else(|| match self.arrival() {
            arrival @ Arrival::Replay(_) => {
                let recorded = Schedule::new(&arrival, 0, 0, DURATION_MAX).ok().and_then(Iterator::last);
                recorded.map_or(OPEN_LASTS, |last| Duration::from_nanos(last + 1))
            }
            _ => OPEN_LASTS,
        })
    }

    fn check_windows(&self) -> Result<(), String> {
        let (producers, most) = (self.producers(), u64::from(self.windows_max()));
        let (mailbox, share) = (self.mailbox, most / producers);
        if share == 0 {
            return Err(match most {
                0 => format!("{}: flow takes up to {FLOW_MAILBOX_MAX}", self.got("--mailbox", mailbox)),
                _ => format!(
                    "{}: with --mailbox {mailbox} flow takes up to {most}, a window of 1 each",
                    self.got("--producers", producers)
                ),
            });
        }
        match self.window.filter(|window| u64::from(*window) > share) {
            Some(window) => Err(format!(
                "{}: with --mailbox {mailbox} and {producers} producers takes 1 to {share}",
                self.got("--window", window)
            )),
            None => Ok(()),
        }
    }
}

//! When the messages of an open load are to be sent: a plan that is fixed before the first of them.

mod replay;

use crate::seeded::Seeded;
use crate::units;
use replay::Recording;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// The highest rate, in arrivals a second: ten in each nanosecond.
pub const RATE_MAX: u64 = 10_000_000_000;
/// The longest plan: two days. Whole nanoseconds of it are exact also where they are computed in floating point.
pub const DURATION_MAX: Duration = Duration::from_secs(172_800);
/// The most arrivals at once.
const BURST_MAX: u64 = 1_000_000_000;

const NS_PER_S: u64 = 1_000_000_000;
/// Arrivals that are looked at one by one: more would take seconds.
const COUNTED: u64 = 10_000_000;

/// How arrivals follow each other, as `--arrival` names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// One after the other in equal steps.
    Constant,
    /// Independent of each other: exponentially distributed gaps, seeded.
    Poisson,
    /// So many at once, then a pause that keeps the mean rate.
    Burst(u64),
    /// A rate that grows (or falls) linearly over the whole load, in arrivals a second.
    Ramp {
        /// The rate at the start.
        from: u64,
        /// The rate at the end.
        to: u64,
    },
    /// As recorded in this file: one whole number of ns since the start in each line, in their order; `#` begins a
    /// comment. At most 8 million arrivals within a day.
    Replay(PathBuf),
}

impl Arrival {
    /// Reads the word of a command line.
    ///
    /// # Errors
    /// What is taken.
    pub fn parse(given: &str) -> Result<Self, String> {
        let (name, rest) = given.split_once(':').map_or((given, None), |(name, rest)| (name, Some(rest)));
        match (name, rest) {
            ("constant", None) => Ok(Self::Constant),
            ("poisson", None) => Ok(Self::Poisson),
            ("burst", rest) => units::read_size(rest.unwrap_or_default())
                .filter(|n| (1..=BURST_MAX).contains(n))
                .map(Self::Burst)
                .ok_or_else(|| {
                    format!("takes burst:N, N a whole number from 1 to {BURST_MAX} (k, M or G may stand behind it)")
                }),
            ("ramp", rest) => {
                let read = |rate| units::read_size(rate).filter(|rate| *rate <= RATE_MAX);
                let ends = rest.and_then(|rest| rest.split_once(".."));
                ends.and_then(|(from, to)| Some((read(from)?, read(to)?)))
                    .filter(|(from, to)| from + to > 0)
                    .map(|(from, to)| Self::Ramp { from, to })
                    .ok_or_else(|| {
                        format!(
                            "takes ramp:FROM..TO, such as ramp:10k..100k, two rates a second from 0 to {RATE_MAX}, not both 0"
                        )
                    })
            }
            ("replay", Some(file)) if !file.is_empty() => Ok(Self::Replay(file.into())),
            ("replay", _) => Err("takes replay:FILE, a file with ns since the start in each line".into()),
            _ => Err("takes constant, poisson, burst:N, ramp:FROM..TO or replay:FILE".into()),
        }
    }

    /// Its kind: `constant`, `poisson`, `burst`, `ramp` or `replay`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Poisson => "poisson",
            Self::Burst(_) => "burst",
            Self::Ramp { .. } => "ramp",
            Self::Replay(_) => "replay",
        }
    }

    /// What makes it ask for less, as a command line is told.
    pub fn slower(&self) -> &'static str {
        match self {
            Self::Constant | Self::Poisson | Self::Burst(_) => "a lower --rate",
            Self::Ramp { .. } => "lower ends of ramp:FROM..TO",
            Self::Replay(_) => "a recording with longer gaps",
        }
    }

    /// What gives it an arrival where it has none in its time.
    pub fn denser(&self) -> &'static str {
        match self {
            Self::Constant | Self::Poisson | Self::Burst(_) => "a higher --rate",
            Self::Ramp { .. } => "higher ends of ramp:FROM..TO",
            Self::Replay(_) => "a recording with arrivals in that time",
        }
    }

    /// Whether a rate is to be given with it; a ramp and a replay have theirs.
    pub fn takes_rate(&self) -> bool {
        matches!(self, Self::Constant | Self::Poisson | Self::Burst(_))
    }
}

/// As [`Arrival::parse`] takes it.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant | Self::Poisson => f.write_str(self.name()),
            Self::Burst(n) => write!(f, "burst:{n}"),
            Self::Ramp { from, to } => write!(f, "ramp:{from}..{to}"),
            Self::Replay(file) => write!(f, "replay:{}", file.display()),
        }
    }
}

/// The planned offset of each arrival, in whole ns since the start, never descending and below the duration. It
/// allocates nothing after [`Schedule::new`].
#[derive(Debug, Clone)]
pub struct Schedule {
    kind: Kind,
    /// Where the last arrival lies, or for equal steps the next.
    at: u64,
    end: u64,
    expected: u64,
}

#[derive(Debug, Clone)]
enum Kind {
    Even(Even),
    Poisson(Poisson),
    Ramp(Ramp),
    Replay(Recording, usize),
}

impl Schedule {
    /// The plan of a load of `duration`. `rate` is in arrivals a second, the same `seed` gives the same plan; a ramp
    /// and a replay heed neither. A replay reads its file here.
    ///
    /// # Errors
    /// What was given and what is taken; for a recorded file its line.
    pub fn new(arrival: &Arrival, rate: u64, seed: u64, duration: Duration) -> Result<Self, String> {
        if duration.is_zero() || duration > DURATION_MAX {
            return Err(format!(
                "a plan of {duration:?}: takes from 1ns to {}m",
                DURATION_MAX.as_secs() / 60
            ));
        }
        if arrival.takes_rate() && !(1..=RATE_MAX).contains(&rate) {
            return Err(format!("a rate of {rate} a second: takes from 1 to {RATE_MAX}"));
        }
        let end = duration.as_nanos() as u64;
        // Arrivals of `rate` before the end, in ns of a second.
        let area = |rate: u64| u128::from(rate) * u128::from(end);
        let (kind, expected) = match arrival {
            Arrival::Constant => (Kind::Even(Even::new(rate, 1)), ceil(area(rate), NS_PER_S)),
            Arrival::Burst(n) => {
                let most = ceil(area(rate), NS_PER_S);
                if *n > most {
                    return Err(format!("burst:{n} is more than the whole load: takes up to burst:{most}"));
                }
                (Kind::Even(Even::new(rate, *n)), ceil(area(rate), n * NS_PER_S) * n)
            }
            Arrival::Poisson => {
                let mean = (area(rate) + u128::from(NS_PER_S / 2)) / u128::from(NS_PER_S);
                (Kind::Poisson(Poisson::new(rate, seed)), mean as u64)
            }
            Arrival::Ramp { from, to } => {
                let arrivals = ceil(area(from + to), 2 * NS_PER_S);
                (Kind::Ramp(Ramp::new(*from, *to, end, arrivals)), arrivals)
            }
            Arrival::Replay(file) => {
                let recording = Recording::read(file, end)?;
                let arrivals = recording.arrivals();
                (Kind::Replay(recording, 0), arrivals)
            }
        };
        Ok(Self { kind, at: 0, end, expected })
    }

    /// How many arrivals the plan has: their exact number, for Poisson the mean, rounded.
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// How many arrivals before `until`, in ns since the start, the plan has not given yet: their exact number, and of more
    /// than ten million those behind them by the plan's mean rate.
    pub fn left_before(mut self, until: u64) -> u64 {
        let until = until.min(self.end);
        for counted in 0..COUNTED {
            if self.next().is_none_or(|at| at >= until) {
                return counted;
            }
        }
        let rest = until.saturating_sub(self.at);
        COUNTED + (u128::from(self.expected) * u128::from(rest) / u128::from(self.end)) as u64
    }

    /// Whether an arrival lies at `from` or behind it; `None` where more than ten million lie before.
    pub fn has_one_from(self, from: Duration) -> Option<bool> {
        let from = u64::try_from(from.as_nanos()).unwrap_or(u64::MAX);
        let mut looked_at = 0;
        for at in self.take(COUNTED as usize) {
            if at >= from {
                return Some(true);
            }
            looked_at += 1;
        }
        (looked_at < COUNTED).then_some(false)
    }
}

/// All of them lie below 2^64: a rate is at most 10 a nanosecond and a plan shorter than 2^48 ns.
fn ceil(area: u128, by: u64) -> u64 {
    area.div_ceil(u128::from(by)) as u64
}

impl Iterator for Schedule {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let at = match &mut self.kind {
            Kind::Even(even) => even.next(&mut self.at),
            Kind::Poisson(poisson) => {
                self.at = self.at.saturating_add(poisson.gap());
                self.at
            }
            Kind::Ramp(ramp) => {
                self.at = ramp.next()?.max(self.at);
                self.at
            }
            Kind::Replay(recording, place) => {
                let (gap, next) = recording.gap(*place)?;
                (*place, self.at) = (next, self.at + gap);
                self.at
            }
        };
        (at < self.end).then_some(at)
    }
}

impl std::iter::FusedIterator for Schedule {}

/// Equal steps, a burst at each: burst j lies at `j * burst * 1e9 / rate` ns, rounded down. The remainder is carried
/// along, so that it is exact however long it lasts.
#[derive(Debug, Clone)]
struct Even {
    whole: u64,
    part: u64,
    rate: u64,
    carried: u64,
    burst: u64,
    left: u64,
}

impl Even {
    fn new(rate: u64, burst: u64) -> Self {
        // At most 1e18.
        let ns = burst * NS_PER_S;
        Self { whole: ns / rate, part: ns % rate, rate, carried: 0, burst, left: burst }
    }

    #[inline]
    fn next(&mut self, at: &mut u64) -> u64 {
        let now = *at;
        self.left -= 1;
        if self.left == 0 {
            self.left = self.burst;
            *at = now.saturating_add(self.whole);
            self.carried += self.part;
            if self.carried >= self.rate {
                self.carried -= self.rate;
                *at = at.saturating_add(1);
            }
        }
        now
    }
}

/// Exponential gaps by inversion, `-ln(u) * mean` with u in (0, 1] (Devroye, Non-Uniform Random Variate Generation,
/// 1986, II.2).
#[derive(Debug, Clone)]
struct Poisson {
    numbers: Seeded,
    mean_ns: f64,
    /// What of the sum of the gaps is below a nanosecond, in 2^-63 ns.
    carried: u64,
}

impl Poisson {
    const PLACES: f64 = (1_u64 << 63) as f64;

    fn new(rate: u64, seed: u64) -> Self {
        Self { numbers: Seeded::new(seed), mean_ns: NS_PER_S as f64 / rate as f64, carried: 0 }
    }

    /// Whole ns from the last arrival to the next.
    #[inline]
    fn gap(&mut self) -> u64 {
        // 53 bits, and never 0, whose logarithm is no gap.
        let u = ((self.numbers.number() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        let gap = -u.ln() * self.mean_ns;
        let whole = gap as u64;
        // Both are below 2^63.
        self.carried += ((gap - whole as f64) * Self::PLACES) as u64;
        let one = self.carried >> 63;
        self.carried &= (1 << 63) - 1;
        whole + one
    }
}

/// A rate of `a + (b - a) * t / d`: `N(t) = a * t + (b - a) * t^2 / (2 * d)` arrivals until t. Arrival k lies where
/// `N(t) = k`, which is `t = 2 * k / (a + sqrt(a^2 + 2 * (b - a) * k / d))`; so written nothing cancels out.
#[derive(Debug, Clone)]
struct Ramp {
    /// The lower rate and how much the other is higher, per ns.
    low: f64,
    rise: f64,
    lasts: f64,
    /// A falling ramp is a rising one seen from its end.
    falls: bool,
    /// N(d).
    area: f64,
    next: u64,
    arrivals: u64,
}

impl Ramp {
    fn new(from: u64, to: u64, end: u64, arrivals: u64) -> Self {
        let per_ns = |rate: u64| rate as f64 / NS_PER_S as f64;
        let area = (u128::from(from + to) * u128::from(end)) as f64 / (2 * NS_PER_S) as f64;
        let (low, rise) = (per_ns(from.min(to)), per_ns(from.abs_diff(to)));
        Self { low, rise, lasts: end as f64, falls: to < from, area, next: 0, arrivals }
    }

    #[inline]
    fn next(&mut self) -> Option<u64> {
        if self.next == self.arrivals {
            return None;
        }
        let k = self.next as f64;
        self.next += 1;
        let t = if self.falls { self.lasts - self.until((self.area - k).max(0.0)) } else { self.until(k) };
        // Rounding may not put the last one behind the end: their number is exact.
        Some((t.max(0.0) as u64).min(self.lasts as u64 - 1))
    }

    /// When a rising ramp has had `k` arrivals.
    #[inline]
    fn until(&self, k: f64) -> f64 {
        if k == 0.0 {
            return 0.0;
        }
        2.0 * k / (self.low + (self.low * self.low + 2.0 * self.rise * k / self.lasts).sqrt())
    }
}

#[cfg(test)]
mod tests;

//! One axis: which values it covers, where each lies, and which of them are named.

use crate::units;

/// What the values of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Nanoseconds.
    Time,
    /// Events a second.
    Rate,
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// One thing by another; shown as how much more or less it is than 1.
    Ratio,
    /// 1/(1-q) of a quantile q; shown as a percentile.
    Reach,
}

impl Unit {
    /// A value as a reader takes it in.
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Time => units::time(value),
            Self::Rate => units::rate(value),
            Self::Bytes => units::bytes(value),
            Self::Count if value.fract() == 0.0 && value.abs() < 1e18 => {
                format!("{}{}", if value < 0.0 { "-" } else { "" }, units::count(value.abs() as u64))
            }
            Self::Count => format!("{value:.2}"),
            Self::Ratio => format!("{:+.2} %", (value - 1.0) * 100.0),
            Self::Reach => format!("{}%", trimmed(&format!("{:.9}", (1.0 - 1.0 / value.max(1.0)) * 100.0))),
        }
    }

    /// A round value as an axis names it: without a fraction of nothing.
    fn label(self, value: f64) -> String {
        let text = match self {
            Self::Ratio if (value - 1.0).abs() < 1e-9 => return "same".to_owned(),
            Self::Ratio => format!("{:+.2} %", (value - 1.0) * 100.0),
            _ if value == 0.0 => return "0".to_owned(),
            Self::Count if value >= 1e4 => units::rate(value).replace("/s", ""),
            _ => self.text(value),
        };
        match text.split_once(' ') {
            Some((number, unit)) => format!("{} {unit}", trimmed(number)),
            None => text,
        }
    }
}

/// A decimal without the zeros at its end.
fn trimmed(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// How an axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Evenly, from about the smallest to about the largest value.
    Linear,
    /// Evenly from zero.
    Zero,
    /// By powers of ten. What is not above zero is drawn at the lower end.
    Log,
    /// Places numbered from 1, with room on both sides of each.
    Places,
}

/// A named place of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where it lies: 0 at the low end, 1 at the high one.
    pub at: f64,
    /// Its name; `None` for a line between the named ones.
    pub label: Option<String>,
}

/// Beyond this nothing is measured; a damaged file may still say so, and differences must stay numbers.
const FARTHEST: f64 = 1e21;

/// One axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    kind: Kind,
    unit: Unit,
    /// Of a logarithmic axis the logarithms.
    low: f64,
    high: f64,
}

impl Scale {
    /// The axis that covers `values`; those that are no number are left out.
    pub fn around(kind: Kind, unit: Unit, values: impl Iterator<Item = f64>) -> Self {
        let values = values.filter(|v| v.is_finite()).map(|v| v.clamp(-FARTHEST, FARTHEST));
        let values = values.filter(|v| kind != Kind::Log || *v > 0.0);
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        let (low, high) =
            if low > high { (1.0, if kind == Kind::Log { 10.0 } else { 1.0 }) } else { (low, high) };
        let (low, high) = match (kind, unit) {
            (Kind::Log, Unit::Reach) => (0.0, high.log10().max(2.0)),
            (Kind::Log, _) => {
                let (low, high) = (step_below(low), step_above(high));
                (low.log10(), if high > low { high } else { low * 10.0 }.log10())
            }
            (Kind::Zero, _) => (low.min(0.0), if high > 0.0 { high * 1.04 } else { 1.0 }),
            (Kind::Linear, _) => {
                let room = if high > low { (high - low) * 0.06 } else { high.abs().max(1e-9) * 0.02 };
                (low - room, high + room)
            }
            (Kind::Places, _) => (0.5, high.max(1.0) + 0.5),
        };
        Self { kind, unit, low, high }
    }

    /// What the values are.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// Where `value` lies: 0 at the low end, 1 at the high one, and nothing outside.
    pub fn at(&self, value: f64) -> f64 {
        let value = match self.kind {
            Kind::Log if value <= 0.0 => return 0.0,
            Kind::Log => value.log10(),
            _ => value,
        };
        let at = (value - self.low) / (self.high - self.low);
        if at.is_nan() { 0.0 } else { at.clamp(0.0, 1.0) }
    }

    /// The named places, about `most` of them, and the lines between, from low to high.
    pub fn ticks(&self, most: usize) -> Vec<Tick> {
        let most = most.max(2);
        let mut ticks = match (self.kind, self.unit) {
            (Kind::Log, Unit::Reach) => labelled_reaches()
                .take_while(|(reach, _)| reach.log10() <= self.high + 1e-9)
                .map(|(reach, name)| Tick { at: self.at(reach), label: Some(name) })
                .collect(),
            (Kind::Log, _) => self.decades(most),
            _ => self.steps(most),
        };
        ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
        ticks
    }

    fn decades(&self, most: usize) -> Vec<Tick> {
        let (first, last) = ((self.low + 1e-9).floor() as i32, (self.high + 1e-9).floor() as i32);
        let decades = (last - first + 1).max(1) as usize;
        let between = decades <= 3 && 3 * decades <= most + 2;
        let every = decades.div_ceil(most) as i32;
        let mut ticks = Vec::new();
        for decade in first..=last {
            for step in 1..10 {
                let value = f64::from(step) * 10_f64.powi(decade);
                if value.log10() < self.low - 1e-9 || value.log10() > self.high + 1e-9 {
                    continue;
                }
                let named = match step {
                    1 => (decade - first) % every == 0 || between,
                    2 | 5 => between,
                    _ => false,
                };
                if step == 1 || every == 1 {
                    ticks.push(Tick { at: self.at(value), label: named.then(|| self.unit.label(value)) });
                }
            }
        }
        ticks
    }

    fn steps(&self, most: usize) -> Vec<Tick> {
        let span = self.high - self.low;
        let step = match (self.kind, self.unit) {
            // Their names are short: twice as many fit.
            (Kind::Places, _) => step_above(span / (2 * most) as f64).max(1.0),
            (_, Unit::Bytes) => (span / most as f64).log2().ceil().exp2(),
            (_, Unit::Count) => step_above(span / most as f64).max(1.0),
            _ => step_above(span / most as f64),
        };
        let first = (self.low / step).ceil();
        (0..=2 * most)
            .map(|n| (first + n as f64) * step)
            .take_while(|v| *v <= self.high + step * 1e-9)
            .filter(|v| self.kind != Kind::Places || *v >= 1.0)
            // What should be zero, or 1, is a little off it.
            .map(|v| if v.abs() < step * 1e-6 { 0.0 } else { v })
            .map(|v| Tick { at: self.at(v), label: Some(self.unit.label(v)) })
            .collect()
    }
}

/// The largest of 1, 2 or 5 times a power of ten that is not above `value`.
fn step_below(value: f64) -> f64 {
    let decade = 10_f64.powf((value.log10() + 1e-9).floor());
    [5.0, 2.0].iter().map(|s| s * decade).find(|s| *s <= value * (1.0 + 1e-9)).unwrap_or(decade)
}

/// The smallest of 1, 2 or 5 times a power of ten that is not below `value`.
fn step_above(value: f64) -> f64 {
    let decade = 10_f64.powf((value.log10() + 1e-9).floor());
    [1.0, 2.0, 5.0].iter().map(|s| s * decade).find(|s| *s >= value * (1.0 - 1e-9)).unwrap_or(10.0 * decade)
}

/// The names on an axis of percentiles: 1/(1-q) and `50%`, `90%`, `99%`, `99.9%` and so on.
pub fn labelled_reaches() -> impl Iterator<Item = (f64, String)> {
    let nines = (1..18).map(|n: usize| {
        let name = match n {
            1 => "90%".to_owned(),
            2 => "99%".to_owned(),
            _ => format!("99.{}%", "9".repeat(n - 2)),
        };
        (10_f64.powi(n as i32), name)
    });
    [(2.0, "50%".to_owned())].into_iter().chain(nines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: Kind, unit: Unit, values: &[f64], most: usize) -> Vec<String> {
        let scale = Scale::around(kind, unit, values.iter().copied());
        scale.ticks(most).into_iter().filter_map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_round_values_in_human_units() {
        use Kind::{Linear, Log, Places, Zero};
        for (kind, unit, values, most, expected) in [
            (
                Log,
                Unit::Time,
                &[12.0, 4e6][..],
                8,
                &["10 ns", "100 ns", "1 µs", "10 µs", "100 µs", "1 ms"][..],
            ),
            (Log, Unit::Time, &[230.0, 1_900.0], 8, &["200 ns", "500 ns", "1 µs", "2 µs"]),
            (Log, Unit::Count, &[1e3, 1e6], 8, &["1,000", "10 k", "100 k", "1 M"]),
            (Log, Unit::Reach, &[1.0, 5e4], 8, &["50%", "90%", "99%", "99.9%", "99.99%"]),
            (Zero, Unit::Rate, &[4e6, 9.5e6], 5, &["0", "2 M/s", "4 M/s", "6 M/s", "8 M/s"]),
            (Zero, Unit::Time, &[3e9], 4, &["0", "1 s", "2 s", "3 s"]),
            (Zero, Unit::Bytes, &[500.0], 5, &["0", "128 B", "256 B", "384 B", "512 B"]),
            (Linear, Unit::Ratio, &[0.99, 1.02], 4, &["-1 %", "same", "+1 %", "+2 %"]),
            (Places, Unit::Count, &[5.0], 9, &["1", "2", "3", "4", "5"]),
            (Places, Unit::Count, &[40.0], 5, &["5", "10", "15", "20", "25", "30", "35", "40"]),
        ] {
            assert_eq!(named(kind, unit, values, most), expected, "{kind:?} {unit:?} {values:?}");
        }
    }

    #[test]
    fn values_lie_where_their_ticks_say() {
        let scale = Scale::around(Kind::Log, Unit::Time, [10.0, 1e5].into_iter());
        assert_eq!((scale.at(10.0), scale.at(1e5), scale.at(0.0), scale.at(1e9)), (0.0, 1.0, 0.0, 1.0));
        assert!((scale.at(1_000.0) - 0.5).abs() < 1e-9);
        let places = Scale::around(Kind::Places, Unit::Count, [1.0, 4.0].into_iter());
        assert!((places.at(1.0) - 0.125).abs() < 1e-9 && (places.at(4.0) - 0.875).abs() < 1e-9);
        for tick in scale.ticks(8).iter().chain(&places.ticks(8)) {
            assert!((0.0..=1.0).contains(&tick.at), "{tick:?}");
        }
    }

    #[test]
    fn whatever_a_file_says_an_axis_is_drawn() {
        let odd =
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0, 1e308, -1e308, 1e-308, f64::MIN_POSITIVE];
        for kind in [Kind::Linear, Kind::Zero, Kind::Log, Kind::Places] {
            for unit in [Unit::Time, Unit::Rate, Unit::Bytes, Unit::Count, Unit::Ratio, Unit::Reach] {
                for values in odd.chunks(1).chain(odd.chunks(2)).chain([&odd[..], &[]]) {
                    let scale = Scale::around(kind, unit, values.iter().copied());
                    let ticks = scale.ticks(6);
                    assert!(ticks.len() < 10_000, "{kind:?} {unit:?} {values:?}: {}", ticks.len());
                    assert!(ticks.iter().all(|t| t.at.is_finite()), "{kind:?} {unit:?} {values:?}");
                    assert!(
                        values.iter().all(|v| (0.0..=1.0).contains(&scale.at(*v))),
                        "{kind:?} {values:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_value_is_told_in_its_unit() {
        for (unit, value, text) in [
            (Unit::Count, 1e6, "1,000,000"),
            (Unit::Count, 1.5, "1.50"),
            (Unit::Ratio, 1.0123, "+1.23 %"),
            (Unit::Reach, 1_000.0, "99.9%"),
            (Unit::Time, 1_230.0, "1.23 µs"),
        ] {
            assert_eq!(unit.text(value), text);
        }
    }
}

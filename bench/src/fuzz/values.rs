//! What flags take: sizes, times, rates, plans of arrivals, weights, assertions, ranges.

use super::one_line;
use super::scratch::Scratch;
use crate::arrival::{Arrival, Schedule};
use crate::assertion::metric::{Kind, Metric};
use crate::assertion::{self, Assertion};
use crate::options::{Mix, Profile};
use crate::prices::feature::Feature;
use crate::series::condition::Condition;
use crate::series::range::Over;
use crate::table::claims;
use crate::table::render::Format;
use crate::units::{read_size, read_time};
use std::time::Duration;

/// Text alone is what a command line gives to these.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

pub(super) fn units(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Some(size) = read_size(text) {
        assert_eq!(read_size(&size.to_string()), Some(size), "{text:?}");
    }
    if let Some(time) = read_time(text) {
        assert_eq!(read_time(&format!("{}ns", time.as_nanos())), Some(time), "{text:?}");
    }
    for kind in [Kind::Time, Kind::Latency, Kind::Rate, Kind::Count, Kind::Bytes] {
        if let Some(value) = kind.read(text) {
            assert!(value.is_finite() && value >= 0.0, "{text:?}: {value}");
            one_line(&kind.show(value));
            one_line(&kind.told(value));
        }
    }
}

pub(super) fn values(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match Arrival::parse(text) {
        Ok(arrival) => assert_eq!(Arrival::parse(&arrival.to_string()), Ok(arrival), "{text:?}"),
        Err(why) => one_line(&why),
    }
    match Mix::parse(text) {
        Ok(mix) => assert_eq!(Mix::parse(&mix.to_string()), Ok(mix), "{text:?}"),
        Err(why) => one_line(&why),
    }
    match Over::parse(text) {
        Ok(over) => {
            assert!(!over.values.is_empty() && over.values.is_sorted_by(|a, b| a.x < b.x), "{text:?}");
            let (low, high) = (over.values[0].x, over.values[over.values.len() - 1].x);
            if let Some(middle) = over.between(low, high) {
                assert!((low..high).contains(&middle.x), "{text:?}: {middle:?}");
            }
            let of = over.of(1e6);
            assert!(!over.is_relative() || of.values.iter().all(|value| value.x > 0), "{text:?}: {of:?}");
            // Parts of what is not known are no values yet.
            if !over.is_relative() {
                let labels: Vec<_> = over.values.iter().map(|value| value.label.as_str()).collect();
                let again = Over::parse(&format!("{}={}", over.flag, labels.join(",")));
                assert_eq!(again.map(|again| again.values), Ok(over.values), "{text:?}");
            }
        }
        Err(why) => one_line(&why),
    }
    match claims::parse_only(text) {
        Ok(rows) => {
            let names = rows.iter().map(|row| row.name()).collect::<Vec<_>>().join(",");
            assert_eq!(claims::parse_only(&names), Ok(rows), "{text:?}");
        }
        Err(why) => one_line(&why),
    }
    match text.parse::<Profile>() {
        Ok(profile) => assert_eq!(profile.name(), text),
        Err(why) => one_line(&why),
    }
    match text.parse::<Format>() {
        Ok(format) => assert_eq!(format.name(), text),
        Err(why) => one_line(&why),
    }
    if let Some(feature) = Feature::parse(text) {
        assert_eq!(feature.name(), text);
    }
}

pub(super) fn assertions(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    match assertion::parse(text) {
        Ok(all) => {
            let printed = all.iter().map(Assertion::to_string).collect::<Vec<_>>().join(",");
            assert_eq!(assertion::parse(&printed), Ok(all), "{text:?}");
        }
        Err(why) => one_line(&why),
    }
    match Metric::parse(text) {
        Ok(metric) => {
            assert_eq!(Metric::parse(metric.name()).as_ref(), Ok(&metric), "{text:?}");
            metric.words("message");
        }
        Err(why) => one_line(&why),
    }
    match Condition::parse(text) {
        Ok(condition) => assert_eq!(Condition::parse(&condition.given()), Ok(condition), "{text:?}"),
        Err(why) => one_line(&why),
    }
}

/// Arrivals that are looked at of a plan.
const LOOKED_AT: usize = 2_000;

/// A plan, its rate, its seed and how long it is, a word each.
pub(super) fn schedule(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let mut words = text.split_whitespace();
    let Some(Ok(arrival)) = words.next().map(Arrival::parse) else { return };
    if matches!(arrival, Arrival::Replay(_)) {
        // What there is to be read of it is a target of its own.
        return;
    }
    let mut number = || words.next().and_then(read_size).unwrap_or(1);
    let (rate, seed, lasts) = (number(), number(), Duration::from_nanos(number()));
    let plan = match Schedule::new(&arrival, rate, seed, lasts) {
        Ok(plan) => plan,
        Err(why) => return one_line(&why),
    };
    let end = lasts.as_nanos() as u64;
    let expected = plan.expected();
    let first: Vec<u64> = plan.clone().take(LOOKED_AT).collect();
    assert!(first.is_sorted() && first.iter().all(|at| *at < end), "{text:?}: {first:?}");
    if first.len() < LOOKED_AT {
        let exact = arrival != Arrival::Poisson;
        assert!(!exact || first.len() as u64 == expected, "{text:?}: {expected}, and {}", first.len());
        assert_eq!(plan.left_before(end), first.len() as u64, "{text:?}");
    }
}

pub(super) fn replay(bytes: &[u8]) {
    const LASTS: Duration = Duration::from_secs(86_400);
    let scratch = Scratch::new();
    let read = |name: &str, bytes: &[u8]| {
        let path = scratch.file(name, bytes);
        Schedule::new(&Arrival::Replay(path), 0, 0, LASTS)
    };
    match read("recorded", bytes) {
        Err(why) => one_line(&why),
        Ok(plan) => {
            let (expected, all) = (plan.expected(), plan.collect::<Vec<u64>>());
            assert!(all.is_sorted() && all.len() as u64 == expected, "{expected}: {all:?}");
            let printed = all.iter().map(|at| format!("{at}\n")).collect::<String>();
            let again: Vec<u64> = read("printed", printed.as_bytes()).expect("as it was read").collect();
            assert_eq!(again, all);
        }
    }
}

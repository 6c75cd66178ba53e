//! Figures as a reader takes them in, three significant digits and a unit; and as a command line gives them.

use std::time::Duration;

const TIMES: [(f64, &str); 4] = [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
const RATES: [(f64, &str); 4] = [(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s"), (1e9, "G/s")];
const BYTES: [(f64, &str); 4] =
    [(1.0, "B"), (1024.0, "KiB"), (1024.0 * 1024.0, "MiB"), (1024.0 * 1024.0 * 1024.0, "GiB")];

/// A time of `ns` nanoseconds: `10.3 ns`, `1.20 µs`, `60.0 s`.
pub fn time(ns: f64) -> String {
    scaled(ns, &TIMES)
}

/// Below so many times what reading the clock costs, a latency is an upper bound.
const TOLD_APART: f64 = 10.0;

/// A latency of `ns` nanoseconds, stamped by a clock whose reading costs so many: where it is not ten times as long, the
/// clock is part of it, and it is told as what it is at most.
pub fn latency(ns: u64, clock_cost_ns: f64) -> String {
    let bound = if (ns as f64) < TOLD_APART * clock_cost_ns { "<= " } else { "" };
    format!("{bound}{}", time(ns as f64))
}

/// Events a second: `94.5 M/s`.
pub fn rate(per_second: f64) -> String {
    scaled(per_second, &RATES)
}

/// A size: `64.0 B`, `4.70 KiB`.
pub fn bytes(bytes: f64) -> String {
    scaled(bytes, &BYTES)
}

/// A whole number with its thousands apart: `10,000,000`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many of what `noun` is one of: `1 pair`, `2 pairs`.
pub fn counted(n: u64, noun: &str) -> String {
    let (stem, ending) = match noun.strip_suffix("ry") {
        _ if n == 1 => (noun, ""),
        Some(stem) => (stem, "ries"),
        None => (noun, "s"),
    };
    format!("{} {stem}{ending}", count(n))
}

/// One of them: `an arrival`, `a message`.
pub fn a(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" })
}

/// A whole number as a command line gives it, with k, M or G (thousands, millions, milliards) behind it; `None` for
/// anything else, and for more than 64 bits hold.
pub fn read_size(given: &str) -> Option<u64> {
    let (digits, factor) = match given.as_bytes().last()? {
        b'k' => (&given[..given.len() - 1], 1_000),
        b'M' => (&given[..given.len() - 1], 1_000_000),
        b'G' => (&given[..given.len() - 1], 1_000_000_000),
        _ => (given, 1),
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A time as a command line gives it: such a number with ns, us, ms, s or m (minutes) behind it; `None` for anything
/// else, and for more than 64 bits of nanoseconds hold.
pub fn read_time(given: &str) -> Option<Duration> {
    let units = [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000)];
    let (digits, factor) =
        units.iter().find_map(|(unit, factor)| Some((given.strip_suffix(unit)?, factor)))?;
    read_size(digits)?.checked_mul(*factor).map(Duration::from_nanos)
}

fn scaled(value: f64, units: &[(f64, &str)]) -> String {
    let fits = |&&(size, _): &&(f64, &str)| value.abs() >= 0.9995 * size;
    let (size, unit) = units.iter().rev().find(fits).unwrap_or(&units[0]);
    format!("{} {unit}", three_digits(value / size))
}

/// Three significant digits, all of them before the point where there are more: `10.3`, `1234`, `0.40`.
fn three_digits(value: f64) -> String {
    match value.abs() {
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_several_have_their_words() {
        assert_eq!(["message", "arrival", "exchange"].map(a), ["a message", "an arrival", "an exchange"]);
        assert_eq!([1, 2].map(|n| counted(n, "delivery")), ["1 delivery", "2 deliveries"]);
        assert_eq!([0, 1, 2_000].map(|n| counted(n, "pair")), ["0 pairs", "1 pair", "2,000 pairs"]);
    }

    #[test]
    fn three_digits_and_a_unit() {
        for (ns, text) in [
            (0.0, "0.00 ns"),
            (0.4, "0.40 ns"),
            (5.2, "5.20 ns"),
            (9.996, "10.0 ns"),
            (10.34, "10.3 ns"),
            (227.4, "227 ns"),
            (999.4, "999 ns"),
            (999.6, "1.00 µs"),
            (1_234.0, "1.23 µs"),
            (49_000.0, "49.0 µs"),
            (5e6, "5.00 ms"),
            (6e10, "60.0 s"),
            (6e12, "6000 s"),
        ] {
            assert_eq!(time(ns), text);
        }
        assert_eq!(rate(94_460_000.0), "94.5 M/s");
        assert_eq!(rate(512.0), "512 /s");
        assert_eq!(bytes(64.2), "64.2 B");
        assert_eq!(bytes(4_813.0), "4.70 KiB");
    }

    #[test]
    fn sizes_and_times_are_read() {
        assert_eq!(
            (read_size("1G"), read_size("12"), read_size("0k")),
            (Some(1_000_000_000), Some(12), Some(0))
        );
        let no_sizes = [
            "",
            "k",
            "1.5M",
            "-1",
            "1K",
            "1MM",
            "99999999999999999999",
            "18446744073709551615k",
            "1 M",
            "+1",
        ];
        for text in no_sizes {
            assert_eq!(read_size(text), None, "{text:?}");
        }
        let times =
            [("7ns", 7), ("5us", 5_000), ("2kus", 2_000_000), ("2s", 2_000_000_000), ("1m", 60_000_000_000)];
        for (text, ns) in times {
            assert_eq!(read_time(text), Some(Duration::from_nanos(ns)), "{text}");
        }
        for text in ["", "5", "s", "1h", "1 s", "-1s", "18446744073709551615s"] {
            assert_eq!(read_time(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_latency_near_the_clocks_own_cost_is_a_bound() {
        assert_eq!((latency(99, 10.0), latency(100, 10.0)), ("<= 99.0 ns".into(), "100 ns".into()));
        assert_eq!(latency(0, 0.0), "0.00 ns");
    }

    #[test]
    fn thousands_are_apart() {
        for (n, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (22_156, "22,156"), (10_000_000, "10,000,000")]
        {
            assert_eq!(count(n), text);
        }
    }
}

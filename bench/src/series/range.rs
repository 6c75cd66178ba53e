//! What a sweep goes over: a flag of loadgen, and the values that it takes in turn.

/// More points are a mistake.
const POINTS_MOST: u64 = 500;
/// A range of no more whole numbers than this has each of them; a longer one goes in tenfold steps.
const EACH_UP_TO: u64 = 16;
/// What a number may end in, and what that makes of it; times are nanoseconds.
const UNITS: [(&str, u64); 8] = [
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
];

/// Steps of a percent.
const OF_A_PERCENT: u64 = 1_000;
/// The flags that have no values to sweep, and why.
const NOT_SWEPT: [(&str, &str); 4] = [
    ("seed", "the first run of each point has --seed, each next one the next"),
    ("runs", "each point has as many as --runs says"),
    ("out", "it is the folder of the whole sweep"),
    ("format", "it is that of the whole sweep"),
];
/// What it takes.
pub const TAKES: &str = "takes FLAG=FROM..TO, FLAG=FROM..TO/POINTS or FLAG=VALUE,VALUE.. in rising order, like workers=1..4, \
                         actors=1k..1M, service=1us..10us/10, payload=8,64,256 or rate=10%..110%/10";

/// One value of the flag.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// As a number: times in nanoseconds.
    pub x: u64,
    /// As the flag takes it.
    pub label: String,
}

/// A flag and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Over {
    /// The flag, without its dashes.
    pub flag: String,
    /// In rising order.
    pub values: Vec<Value>,
    /// What numbers between the values end in; `None` where none lie between, as in a list of times and numbers.
    between: Option<Unit>,
    /// Whether the values are parts of what is not known yet: see [`Over::of`].
    percent: bool,
}

/// What is written behind a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    None,
    Time,
}

impl Over {
    /// What `given` says.
    ///
    /// # Errors
    /// [`TAKES`], with what is wrong before it where that is not plain.
    pub fn parse(given: &str) -> Result<Self, String> {
        let takes = || TAKES.to_owned();
        let (flag, values) = given.split_once('=').ok_or_else(takes)?;
        let is_flag = flag.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if !is_flag || flag.is_empty() || flag.starts_with('-') {
            return Err(takes());
        }
        if let Some((_, why)) = NOT_SWEPT.iter().find(|(name, _)| *name == flag) {
            return Err(format!("{flag} cannot be swept: {why}"));
        }
        let percent = values.contains('%');
        if percent && flag != "rate" {
            return Err(format!("a percentage is for rate alone: {TAKES}"));
        }
        let value = if percent { part } else { value };
        let (values, between) = match values.split_once("..") {
            None => {
                let listed = values.split(',').map(value).collect::<Option<Vec<_>>>().ok_or_else(takes)?;
                let times = listed.iter().filter(|value| is_time(&value.label)).count();
                let unit = match times {
                    0 => Some(Unit::None),
                    // A list of both has nothing in the middle that is either.
                    some => (some == listed.len()).then_some(Unit::Time),
                };
                (listed, unit)
            }
            Some((from, rest)) => {
                let (to, points) = match rest.split_once('/') {
                    Some((to, points)) => (to, Some(points)),
                    // Parts have no whole numbers or powers of ten to go by.
                    None if percent => {
                        return Err(format!(
                            "a range of percentages needs its number of points: {flag}={}..{}/10",
                            from.escape_debug(),
                            rest.escape_debug()
                        ));
                    }
                    None => (rest, None),
                };
                let (from, to) = (value(from).ok_or_else(takes)?, value(to).ok_or_else(takes)?);
                let unit = if is_time(&to.label) { Unit::Time } else { Unit::None };
                if is_time(&from.label) != is_time(&to.label) {
                    return Err("a range takes two times or two numbers".into());
                }
                (range(from, to, points, unit)?, Some(unit))
            }
        };
        if values.windows(2).any(|pair| pair[0].x >= pair[1].x) {
            return Err("a list takes its values in rising order, each once".into());
        }
        Ok(Self { flag: flag.to_owned(), values, between, percent })
    }

    /// Whether the values are percentages.
    pub fn is_relative(&self) -> bool {
        self.percent
    }

    /// The values of percentages where 100 % is `whole`; each of them is 1 or more, and those that come to the same are
    /// one.
    pub fn of(&self, whole: f64) -> Self {
        let part =
            |value: &Value| (value.x as f64 / (100 * OF_A_PERCENT) as f64 * whole).round().max(1.0) as u64;
        let mut values: Vec<Value> =
            self.values.iter().map(|value| labelled(part(value), Unit::None)).collect();
        values.dedup_by_key(|value| value.x);
        Self { flag: self.flag.clone(), values, between: self.between, percent: false }
    }

    /// The value in the middle between two; `None` where there is none worth trying: less than 1 % from either.
    pub fn between(&self, low: u64, high: u64) -> Option<Value> {
        let x = low + (high - low) / 2;
        let unit = self.between.filter(|_| x > low && high - low > high / 100)?;
        Some(labelled(x, unit))
    }
}

fn is_time(label: &str) -> bool {
    label.ends_with('s') || label.ends_with('m')
}

fn value(given: &str) -> Option<Value> {
    // The longest unit that fits: "ms" before "s".
    let unit = UNITS.iter().filter(|(unit, _)| given.ends_with(unit)).max_by_key(|(unit, _)| unit.len());
    let (digits, factor) =
        unit.map_or((given, 1), |(unit, factor)| (&given[..given.len() - unit.len()], *factor));
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let x = digits.parse::<u64>().ok()?.checked_mul(factor)?;
    Some(Value { x, label: given.to_owned() })
}

/// A percentage, in steps of a thousandth of one.
fn part(given: &str) -> Option<Value> {
    let digits = given.strip_suffix('%')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let x = digits.parse::<u64>().ok()?.checked_mul(OF_A_PERCENT)?;
    (x > 0).then(|| Value { x, label: given.to_owned() })
}

fn labelled(x: u64, unit: Unit) -> Value {
    let label = if unit == Unit::Time { format!("{x}ns") } else { x.to_string() };
    Value { x, label }
}

/// The points from `from` to `to`, both among them.
fn range(from: Value, to: Value, points: Option<&str>, unit: Unit) -> Result<Vec<Value>, String> {
    if from.x >= to.x {
        return Err("a range takes a FROM that is less than its TO".into());
    }
    let inner: Vec<u64> = match points {
        Some(points) => {
            let most = (to.x - from.x).saturating_add(1).min(POINTS_MOST);
            let given = points.parse().ok().filter(|points| (2..=most).contains(points));
            let points =
                given.ok_or_else(|| format!("this range takes from 2 to {most} points, not {points:?}"))?;
            let (steps, wide) = (u128::from(points) - 1, u128::from(to.x - from.x));
            (1..steps).map(|n| from.x + ((wide * n + steps / 2) / steps) as u64).collect()
        }
        None if to.x - from.x < EACH_UP_TO => (from.x + 1..to.x).collect(),
        None => {
            let first = from.x.max(1);
            let tens = std::iter::successors(first.checked_mul(10), |x| x.checked_mul(10));
            tens.take_while(|x| *x < to.x).collect()
        }
    };
    let inner = inner.into_iter().map(|x| labelled(x, unit));
    Ok(std::iter::once(from.clone()).chain(inner).chain([to.clone()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_lists_have_their_points() {
        for (given, flag, labels) in [
            ("workers=1..4", "workers", "1 2 3 4"),
            ("actors=1k..1M", "actors", "1k 10000 100000 1M"),
            ("actors=0..20", "actors", "0 10 20"),
            ("actors=500..2k", "actors", "500 2k"),
            ("rate=10k..100k/10", "rate", "10k 20000 30000 40000 50000 60000 70000 80000 90000 100k"),
            ("messages=10..20/4", "messages", "10 13 17 20"),
            ("service=1us..3us/3", "service", "1us 2000ns 3us"),
            ("payload=8,64,4096", "payload", "8 64 4096"),
            ("duration=500ms,1s,1m", "duration", "500ms 1s 1m"),
        ] {
            let over = Over::parse(given).unwrap_or_else(|why| panic!("{given}: {why}"));
            let told: Vec<_> = over.values.iter().map(|value| value.label.as_str()).collect();
            assert_eq!((over.flag.as_str(), told.join(" ").as_str()), (flag, labels), "{given}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for given in [
            "",
            "workers",
            "=1..4",
            "--workers=1..4",
            "workers=",
            "workers=1..",
            "workers=..4",
            "workers=a,b",
            "payload=8,",
            "rate=1..99999999999999999999",
            "workers=-1..4",
            "workers=1...4",
            "rate=10%..110/10",
            "rate=0%..50%/2",
            "rate=1.5%,2%",
            "rate=10%,20",
        ] {
            assert_eq!(Over::parse(given), Err(TAKES.to_owned()), "{given}");
        }
    }

    #[test]
    fn a_refusal_names_the_part_that_is_wrong() {
        for (given, why) in [
            ("seed=1..4", "seed cannot be swept: the first run of each point has --seed"),
            ("runs=1..3", "runs cannot be swept: each point has as many as --runs says"),
            ("out=1..4", "out cannot be swept"),
            ("workers=4..1", "takes a FROM that is less than its TO"),
            ("workers=1..1", "takes a FROM that is less than its TO"),
            ("rate=50%..10%/2", "takes a FROM that is less than its TO"),
            ("workers=1..4/1", "takes from 2 to 4 points, not \"1\""),
            ("workers=1..4/5", "takes from 2 to 4 points, not \"5\""),
            ("workers=1..4/x", "takes from 2 to 4 points, not \"x\""),
            ("rate=10k..20k/100000", "takes from 2 to 500 points, not \"100000\""),
            ("service=1us..9", "two times or two numbers"),
            ("payload=64,8", "in rising order, each once"),
            ("payload=8,8", "in rising order, each once"),
            ("rate=10%..110%", "needs its number of points: rate=10%..110%/10"),
            ("rate=1%..\n2%", "needs its number of points: rate=1%..\\n2%/10"),
        ] {
            let told = Over::parse(given).expect_err(given);
            assert!(told.contains(why) && !told.contains('\n'), "{given}: {told}");
        }
    }

    #[test]
    fn percentages_are_of_what_is_measured() {
        let of = |given: &str, whole: f64| {
            let over = Over::parse(given).unwrap_or_else(|why| panic!("{given}: {why}"));
            assert!(over.is_relative() && !over.of(whole).is_relative());
            let values = over.of(whole).values;
            assert!(values.iter().all(|value| value.label == value.x.to_string()));
            values.iter().map(|value| value.x).collect::<Vec<_>>()
        };
        assert_eq!(of("rate=10%..110%/11", 50_000.4), (1..=11).map(|n| n * 5_000).collect::<Vec<_>>());
        assert_eq!(of("rate=10%..110%/4", 1_000.0), [100, 433, 767, 1_100]);
        assert_eq!(of("rate=50%,100%", 2_001.0), [1_001, 2_001]);
        assert_eq!(of("rate=1%,2%,100%", 3.0), [1, 3]);
        let over = Over::parse("rate=10%..110%/3").expect("a range").of(1_000.0);
        assert_eq!(over.between(600, 1_100).map(|value| value.label), Some("850".into()));
        let over = Over::parse("rate=10%,90%").expect("a list").of(1_000.0);
        assert_eq!(over.between(100, 900).map(|value| value.label), Some("500".into()));
        assert!(Over::parse("workers=10%..90%/3").expect_err("no rate").contains("for rate alone"));
    }

    #[test]
    fn the_middle_is_worth_trying_where_it_is_far_from_both() {
        let over = Over::parse("rate=10k..100k/10").expect("a range");
        assert_eq!(over.between(40_000, 50_000), Some(Value { x: 45_000, label: "45000".into() }));
        assert_eq!(over.between(40_000, 40_404), None);
        assert_eq!(over.between(40_000, 40_405).map(|value| value.x), Some(40_202));
        assert_eq!(over.between(1, u64::MAX).map(|value| value.x), Some(1 << 63));
        assert_eq!(over.between(1, 2), None);
        let over = Over::parse("rate=20k,10M").expect("a list");
        assert_eq!(over.between(20_000, 10_000_000).map(|value| value.label), Some("5010000".into()));
        let over = Over::parse("service=1us,9us").expect("a list");
        assert_eq!(over.between(1_000, 9_000).map(|value| value.label), Some("5000ns".into()));
        assert_eq!(Over::parse("service=0,9us").expect("a list").between(0, 9_000), None);
        let over = Over::parse("service=1us..9us/3").expect("a range");
        assert_eq!(over.between(1_000, 3_000).expect("far").label, "2000ns");
    }
}

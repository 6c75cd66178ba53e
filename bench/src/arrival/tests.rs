use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn seed() -> u64 {
    let seed = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(1, |d| d.as_nanos() as u64)
    });
    println!("SEED={seed}");
    seed
}

fn plan(given: &str, rate: u64, duration: Duration) -> Schedule {
    let arrival = Arrival::parse(given).expect(given);
    assert_eq!(Arrival::parse(&arrival.to_string()), Ok(arrival.clone()), "what it shows as can be given");
    assert_eq!(arrival.name(), given.split(':').next().unwrap_or_default());
    Schedule::new(&arrival, rate, 1, duration).expect(given)
}

/// Never descending, never at the end or later, as many as expected.
fn looked_at(schedule: Schedule, end: u64) -> Vec<u64> {
    let expected = schedule.expected();
    let mut schedule = schedule;
    let all: Vec<u64> = schedule.by_ref().collect();
    assert_eq!(schedule.next(), None, "ended is ended");
    assert_eq!(all.len() as u64, expected);
    assert!(all.is_sorted() && all.last().is_none_or(|last| *last < end), "{all:?}");
    all
}

#[test]
fn constant_steps_are_exact() {
    for rate in [1, 3, 7, 999, 1_000_000, 999_999_937, 1_000_000_001, 2_999_999_999, RATE_MAX] {
        let duration = Duration::from_nanos((NS_PER_S * 1_000 / rate).max(1_000));
        let end = duration.as_nanos() as u64;
        for (k, at) in looked_at(plan("constant", rate, duration), end).into_iter().enumerate() {
            assert_eq!(u128::from(at), k as u128 * 1_000_000_000 / u128::from(rate), "{rate}: {k}");
        }
    }
}

#[test]
fn constant_steps_do_not_drift_over_an_hour() {
    let mut schedule = plan("constant", 7_000, Duration::from_secs(3_600));
    let (n, last) = schedule.by_ref().fold((0, 0), |(n, _), at| (n + 1, at));
    assert_eq!((n, schedule.expected()), (25_200_000, 25_200_000));
    assert_eq!(last, 25_199_999 * NS_PER_S / 7_000);
}

#[test]
fn bursts_come_at_once_and_keep_the_mean() {
    let all = looked_at(plan("burst:3", 1_000_000, Duration::from_micros(10)), 10_000);
    assert_eq!(all, [0, 0, 0, 3_000, 3_000, 3_000, 6_000, 6_000, 6_000, 9_000, 9_000, 9_000]);
    let all = looked_at(plan("burst:7", 3_000, SECOND), NS_PER_S);
    assert_eq!(all.len(), 3_003, "the last burst is whole");
    for (k, at) in all.into_iter().enumerate() {
        assert_eq!(at, (k / 7) as u64 * 7_000_000_000 / 3_000);
    }
    let same: Vec<_> = plan("burst:1", 9_973, SECOND).collect();
    assert_eq!(same, plan("constant", 9_973, SECOND).collect::<Vec<_>>());
}

#[test]
fn poisson_has_its_mean_its_variance_and_no_memory() {
    let seed = seed();
    for rate in [100_000, 3_000_000_000] {
        let n = 240_000_u64;
        let duration = Duration::from_nanos(n * NS_PER_S / rate);
        let schedule = Schedule::new(&Arrival::Poisson, rate, seed, duration).expect("it fits");
        assert_eq!(schedule.expected(), n);
        let all: Vec<u64> = schedule.collect();
        assert!(all.is_sorted());
        // Six standard deviations: one seed in 500 million is further off.
        let off = all.len() as f64 - n as f64;
        assert!(off.abs() < 6.0 * (n as f64).sqrt(), "{} of {n}", all.len());
        // Counts in windows have a variance of their mean.
        let (windows, width) = (2_000, duration.as_nanos() as u64 / 2_000);
        let mut counts = vec![0.0_f64; windows];
        for at in &all {
            counts[((at / width) as usize).min(windows - 1)] += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / windows as f64;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (windows - 1) as f64;
        // Whose own relative standard deviation is sqrt(2 / windows), 3.2 %.
        assert!((variance / mean - 1.0).abs() < 6.0 * (2.0 / windows as f64).sqrt(), "{variance} of {mean}");
        // Neighbours say nothing of each other.
        let both: f64 = counts.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>();
        let related = both / (windows - 1) as f64 / variance;
        assert!(related.abs() < 6.0 / (windows as f64).sqrt(), "{related}");
    }
    let of =
        |seed| Schedule::new(&Arrival::Poisson, 1_000, seed, SECOND).expect("it fits").collect::<Vec<_>>();
    assert_eq!(of(seed), of(seed));
    assert_ne!(of(seed), of(seed.wrapping_add(1)));
}

#[test]
fn poisson_gaps_are_exponential_and_lose_no_fraction() {
    let seed = seed();
    let (mut gaps, n) = (Poisson::new(RATE_MAX, seed), 1_000_000);
    // A mean of 0.1 ns: were each gap rounded to whole ones, nearly nothing would be left.
    let sum: u64 = (0..n).map(|_| gaps.gap()).sum();
    assert!((sum as f64 - 100_000.0).abs() < 6.0 * 100.0, "{sum}");
    let mut gaps = Poisson::new(1_000, seed);
    let mut all: Vec<u64> = (0..n).map(|_| gaps.gap()).collect();
    all.sort_unstable();
    // Kolmogorov-Smirnov against 1 - exp(-t / mean): above 3 / sqrt(n) one time in 33 million.
    let furthest = all.iter().enumerate().map(|(k, gap)| {
        let (expected, found) = (1.0 - (-(*gap as f64) / 1e6).exp(), (k as f64 + 0.5) / f64::from(n));
        (expected - found).abs()
    });
    let furthest = furthest.fold(0.0, f64::max);
    assert!(furthest < 3.0 / f64::from(n).sqrt(), "{furthest}");
}

#[test]
fn a_ramp_follows_its_integral() {
    for (given, from, to) in [
        ("ramp:10k..100k", 10e3, 100e3),
        ("ramp:100k..10k", 100e3, 10e3),
        ("ramp:0..50k", 0.0, 50e3),
        ("ramp:50k..0", 50e3, 0.0),
        ("ramp:20k..20k", 20e3, 20e3),
        ("ramp:0..1", 0.0, 1.0),
    ] {
        let seconds = 3.0;
        let all = looked_at(plan(given, 0, 3 * SECOND), 3 * NS_PER_S);
        assert!((all.len() as f64 - (from + to) / 2.0 * seconds).abs() < 1.0, "{given}: {}", all.len());
        for (k, at) in all.iter().enumerate() {
            // Before this moment there were k: within what the rounding to whole ns makes of it.
            let t = *at as f64 / 1e9;
            let until = from * t + (to - from) * t * t / (2.0 * seconds);
            let rate = from.max(to);
            assert!((until - k as f64).abs() <= rate * 2e-9 + 1e-6, "{given}: {until} until arrival {k}");
        }
    }
    let even: Vec<_> = plan("ramp:20k..20k", 0, SECOND).collect();
    let constant: Vec<_> = plan("constant", 20_000, SECOND).collect();
    assert!(even.iter().zip(&constant).all(|(a, b)| a.abs_diff(*b) <= 1));
    assert_eq!(plan("ramp:0..10G", 0, DURATION_MAX).expected(), 5_000_000_000 * 172_800);
}

#[test]
fn what_was_planned_can_be_recorded_and_replayed() {
    let recorded: Vec<u64> = plan("poisson", 10_000, SECOND).collect();
    let path = std::env::temp_dir().join(format!("throng-arrival-{}", std::process::id()));
    let lines: String = recorded.iter().map(|at| format!("{at}\n")).collect();
    std::fs::write(&path, format!("# a plan\n{lines}")).expect("writable");
    let given = format!("replay:{}", path.display());
    let whole = looked_at(plan(&given, 0, SECOND), NS_PER_S);
    let half = looked_at(plan(&given, 0, SECOND / 2), NS_PER_S / 2);
    std::fs::write(&path, "7\nseven\n").expect("writable");
    let why = Schedule::new(&Arrival::Replay(path.clone()), 0, 1, SECOND).expect_err("no number");
    std::fs::remove_file(&path).expect("this test's own");
    assert_eq!(whole, recorded);
    assert_eq!(half, recorded.into_iter().filter(|at| *at < NS_PER_S / 2).collect::<Vec<_>>());
    assert!(why.starts_with(&format!("{}:2: got \"seven\": takes", path.display())), "{why}");
    for (file, says) in
        [("/no/such", "/no/such: cannot be read: "), ("/", "/: is no regular file: takes one")]
    {
        let why = Schedule::new(&Arrival::Replay(file.into()), 0, 1, SECOND).expect_err("no file");
        assert!(why.starts_with(says), "{why}");
    }
}

#[test]
fn what_is_no_arrival_is_told_what_is_taken() {
    for (given, says) in [
        ("", "takes constant, poisson, burst:N, ramp:FROM..TO or replay:FILE"),
        ("uniform", "takes constant, poisson, "),
        ("constant:1", "takes constant, poisson, "),
        ("poisson:", "takes constant, poisson, "),
        ("burst", "takes burst:N, N a whole number from 1 to 1000000000"),
        ("burst:0", "takes burst:N"),
        ("burst:2G", "takes burst:N"),
        ("burst:-1", "takes burst:N"),
        ("ramp", "takes ramp:FROM..TO, such as ramp:10k..100k"),
        ("ramp:1k", "takes ramp:"),
        ("ramp:1k..", "takes ramp:"),
        ("ramp:1k...2k", "takes ramp:"),
        ("ramp:0..0", "not both 0"),
        ("ramp:1..11G", "from 0 to 10000000000"),
        ("replay", "takes replay:FILE"),
        ("replay:", "takes replay:FILE"),
    ] {
        let why = Arrival::parse(given).expect_err(given);
        assert!(why.contains(says), "{given}: {why}");
    }
    assert_eq!(Arrival::parse("burst:16k"), Ok(Arrival::Burst(16_000)));
    assert_eq!(Arrival::parse("replay:a:b"), Ok(Arrival::Replay("a:b".into())));
    for (given, rate, duration, says) in [
        ("constant", 0, SECOND, "a rate of 0 a second: takes from 1 to 10000000000"),
        ("poisson", RATE_MAX + 1, SECOND, "takes from 1 to 10000000000"),
        ("constant", 1, Duration::ZERO, "a plan of 0ns: takes from 1ns to 2880m"),
        ("constant", 1, Duration::MAX, "takes from 1ns to 2880m"),
        ("burst:101", 100, SECOND, "burst:101 is more than the whole load: takes up to burst:100"),
    ] {
        let arrival = Arrival::parse(given).expect(given);
        let why = Schedule::new(&arrival, rate, 1, duration).expect_err(says);
        assert!(why.contains(says), "{given}: {why}");
    }
    let rates = ["constant", "poisson", "burst:2", "ramp:1..2", "replay:x"];
    let takes: Vec<_> =
        rates.iter().map(|given| Arrival::parse(given).is_ok_and(|a| a.takes_rate())).collect();
    assert_eq!(takes, [true, true, true, false, false]);
}

#[test]
fn what_a_plan_has_left_is_counted() {
    let seed = seed();
    for given in ["constant", "poisson", "burst:7", "ramp:100..5000"] {
        let arrival = Arrival::parse(given).expect(given);
        let schedule = Schedule::new(&arrival, 3_000, seed, SECOND).expect(given);
        let all: Vec<u64> = schedule.clone().collect();
        for (taken, until) in [(0, NS_PER_S), (0, 300_000_000), (500, 700_000_000), (900, u64::MAX)] {
            let mut rest = schedule.clone();
            assert_eq!(rest.by_ref().take(taken).count(), taken, "{given}");
            let expected = all[taken..].iter().filter(|at| **at < until).count();
            assert_eq!(rest.left_before(until), expected as u64, "{given}: {taken} taken, before {until}");
        }
        let last = *all.last().expect("some");
        for (from, has) in [(0, true), (last, true), (last + 1, false)] {
            assert_eq!(
                schedule.clone().has_one_from(Duration::from_nanos(from)),
                Some(has),
                "{given}: {from}"
            );
        }
    }
    // Not one by one: a second of ten each nanosecond.
    let dense = plan("constant", RATE_MAX, SECOND);
    let left = dense.clone().left_before(NS_PER_S);
    assert!(left.abs_diff(RATE_MAX) <= 20, "{left}");
    assert_eq!(dense.has_one_from(SECOND), None);
}

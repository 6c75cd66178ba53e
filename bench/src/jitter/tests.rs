use super::*;

fn spun(readings: &[u64], lasts: u64) -> (u64, u64, Recorder) {
    let (mut gaps, mut next) = (Recorder::new(), readings.iter());
    let now = || *next.next().expect("it ends in time");
    let (lasted, stolen) = spin(now, lasts, 200, &|| false, &mut gaps);
    (lasted, stolen, gaps)
}

#[test]
fn what_is_longer_than_the_threshold_is_a_gap() {
    let (lasted, stolen, gaps) = spun(&[1_000, 1_030, 1_230, 1_431, 1_440, 1_990, 2_020], 1_000);
    assert_eq!((lasted, stolen, gaps.count()), (1_020, 201 + 550, 2));
    assert_eq!((gaps.histogram().count_at(201), gaps.histogram().count_at(550)), (1, 1));
    let (lasted, stolen, gaps) = spun(&[0, 500_000], 1_000);
    assert_eq!((lasted, stolen, gaps.count()), (500_000, 500_000, 1), "the gap that it ended in counts");
    let (lasted, stolen, gaps) = spun(&[700, 650, 720, 710, 1_700], 1_000);
    assert_eq!((lasted, stolen, gaps.count()), (1_000, 980, 1), "a clock that steps back steals nothing");
}

#[test]
fn it_ends_when_it_is_told_to() {
    let mut at = 0;
    let mut gaps = Recorder::new();
    let now = || {
        at += 10;
        at
    };
    assert_eq!(spin(now, u64::MAX, 200, &|| true, &mut gaps), (10, 0));
    let stop = AtomicBool::new(true);
    let here = probe::processors();
    let probed = super::probe(&here, Duration::MAX, &Clock::calibrated(), &stop).expect("threads");
    assert!(probed.each.iter().all(|one| one.lasted_ns < 3_600_000_000_000), "{probed:?}");
}

#[test]
fn every_processor_is_looked_at_for_as_long_as_asked() {
    let (clock, here) = (Clock::calibrated(), probe::processors());
    let lasts = Duration::from_millis(30);
    let probed = super::probe(&here, lasts, &clock, &AtomicBool::new(false)).expect("threads");
    assert_eq!(probed.each.iter().map(|one| one.processor).collect::<Vec<_>>(), here);
    assert!(probed.threshold_ns >= GAP_LEAST_NS && probed.refused.is_empty());
    for one in &probed.each {
        let figures = one.figures();
        assert!(one.lasted_ns >= 30_000_000 && one.stolen_ns <= one.lasted_ns, "{figures:?}");
        assert_eq!(
            (figures.processors, figures.lasted_ns, figures.gaps),
            (1, one.lasted_ns, one.gaps.count())
        );
        // The histogram is exact to a thousandth, which may be below the shortest gap.
        let least = one.gaps.histogram().iter_recorded().next().map(|step| step.value_iterated_to());
        assert!(least.is_none_or(|least| least >= probed.threshold_ns), "{least:?}");
    }
    let all = probed.figures();
    assert_eq!(
        (all.processors, all.gaps),
        (here.len(), probed.each.iter().map(|one| one.gaps.count()).sum())
    );
    assert!((0.0..=1.0).contains(&all.stolen_share), "{all:?}");
    assert_eq!(all.gap_ns, probed.gaps().summary());
}

#[test]
fn processors_that_are_not_there_are_told() {
    let (clock, stop) = (Clock::calibrated(), AtomicBool::new(false));
    let probed = super::probe(&[usize::MAX], Duration::from_millis(1), &clock, &stop).expect("threads");
    assert_eq!((probed.refused.as_slice(), probed.each.len()), (&[usize::MAX][..], 0));
    assert_eq!((probed.figures().processors, probed.figures().stolen_share), (0, 0.0));
    assert!(super::probe(&[], Duration::from_millis(1), &clock, &stop).is_err());
}

#[test]
fn processors_together_have_the_sum_of_their_gaps() {
    let one = |processor, lasted_ns, gaps: &[u64]| {
        let mut recorder = Recorder::new();
        gaps.iter().for_each(|gap| recorder.record(*gap));
        OnProcessor { processor, lasted_ns, stolen_ns: gaps.iter().sum(), gaps: recorder }
    };
    let each = vec![one(0, 1_000_000, &[300, 700]), one(3, 3_000_000, &[1_000, 1_000, 1_000])];
    assert_eq!(each[0].figures().stolen_share, 0.001);
    let probed = Probed { began: SystemTime::now(), threshold_ns: 200, each, refused: Vec::new() };
    let all = probed.figures();
    assert_eq!((all.lasted_ns, all.processors, all.gaps), (3_000_000, 2, 5));
    assert_eq!((all.stolen_share, all.gap_ns.max), (0.001, Some(1_000)));
}

#[test]
fn a_gap_explains_what_came_while_it_lasted() {
    let second = Duration::from_secs(1);
    let mut gaps = Recorder::new();
    gaps.record(200_000_000);
    let share = |gaps: &Recorder, probed, load, t_ns, later| {
        share_of_tail(gaps.histogram(), probed, 50_000.0, load, t_ns, later)
    };
    let close =
        |share: f64, expected: f64| assert!((share - expected).abs() < 0.002, "{share} for {expected}");
    // 50 thousand a second for 200 ms: 5,000 of them wait for more than 100 ms, 10,000 for more than nothing.
    close(share(&gaps, second, second, 100_000_000, 10_000), 0.5);
    close(share(&gaps, second, second, 0, 20_000), 0.5);
    close(share(&gaps, second, second, 100_000_000, 5_000), 1.0);
    assert_eq!(share(&gaps, second, second, 100_000_000, 100), 1.0, "more than all is all");
    close(share(&gaps, second * 4, second, 100_000_000, 5_000), 0.25);
    close(share(&gaps, second * 4, second * 2, 100_000_000, 5_000), 0.5);
    assert_eq!(share(&gaps, second, second, 300_000_000, 5), 0.0, "no gap was so long");
    assert_eq!(share(&gaps, second, second, 100_000_000, 0), 0.0);
    assert_eq!(share(&gaps, Duration::ZERO, second, 0, 5), 0.0);
    assert_eq!(share(&Recorder::new(), second, second, 0, 5), 0.0);
    for _ in 0..10 {
        gaps.record(150_000_000);
    }
    close(share(&gaps, second, second, 100_000_000, 60_000), 0.5);
}

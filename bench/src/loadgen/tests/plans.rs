//! Plans that have nothing to send.

use super::*;

#[test]
fn a_plan_without_an_arrival_is_refused_before_it_begins() {
    for line in [
        "counting --rate 1 --duration 1us --warmup 0 --seed 1",
        "counting --rate 1 --arrival constant --duration 500ms --warmup 10ms",
    ] {
        let (code, out) = run(line);
        let (code, why) = code.expect_err(line);
        assert_eq!((code, &*out), (USAGE, ""), "{why}");
        assert!(
            why.starts_with(NO_ARRIVAL) && why.contains("takes a longer --duration or a higher --rate"),
            "{why}"
        );
    }
    let (code, out) =
        run("counting --rate 1 --arrival constant --duration 1ms --warmup 0 --workers 1 --pin none");
    // On a busy machine its one arrival may come late.
    assert!(matches!(code, Ok(0 | RATE_MISSED)), "{code:?}: {out}");
    assert!(out.contains("1 arrival in ") && !out.contains("drained 0.00"), "{out}");
}

/// What a load of this line that missed its rate is advised.
fn advised(line: &str, planned: u64) -> String {
    let options = Options::read(line.split_whitespace().map(OsString::from)).expect(line);
    let mut finished = run::execute(&options, &Arc::default()).expect("a run");
    finished.on_rate = false;
    finished.run.load.as_mut().expect("an open load").planned = planned;
    let faults = faults(&finished, &options);
    assert_eq!(faults.len(), 1, "{line}: {faults:?}");
    faults.concat()
}

#[test]
fn advice_speaks_of_what_the_plan_takes() {
    let scratch = Scratch::new("advice");
    std::fs::create_dir(&scratch.0).expect("a new folder");
    let file = scratch.0.join("plan");
    std::fs::write(&file, "0\n1000\n2000\n").expect("writable");
    for (plan, slower, nothing) in [
        ("--rate 1k", "take a lower --rate, or", "take a longer --duration or a higher --rate"),
        (
            "--arrival ramp:1..9k",
            "take lower ends of ramp:FROM..TO, or",
            "take a longer --duration or higher ends of ramp:",
        ),
        (
            &format!("--arrival replay:{}", file.display()),
            "take a recording with longer gaps, or",
            "take a longer --duration or a recording with arrivals",
        ),
    ] {
        let line = format!("counting {plan} --duration 20ms --warmup 0 --workers 1 --pin none");
        let said = advised(&line, 20);
        assert!(said.contains("the rate was missed: ") && said.contains(slower), "{line}: {said}");
        assert_eq!(said.contains("--rate"), plan.starts_with("--rate"), "{line}: {said}");
        let said = advised(&line, 0);
        assert!(said.starts_with(NO_ARRIVAL) && said.contains(nothing), "{line}: {said}");
        assert_eq!(said.contains("--rate"), plan.starts_with("--rate"), "{line}: {said}");
    }
}

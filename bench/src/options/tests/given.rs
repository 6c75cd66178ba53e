//! What is given and what is said of it agree.

use super::*;

#[test]
fn no_backoff_can_be_asked_for_as_the_help_names_it() {
    for given in ["0", "0ms", "0..0"] {
        let options = read(&format!("supervise --backoff {given}")).expect(given);
        assert_eq!(options.upkeep(), read("supervise").expect("fits").upkeep(), "{given}");
    }
    let pauses = read("supervise --backoff 1ns..1s").expect("fits").upkeep().pauses.expect("given");
    assert_eq!((pauses.first, pauses.most), (Duration::from_nanos(1), Duration::from_secs(1)));
    for given in ["0..1ms", "0ms..1ms", "1ms..0", "00", "0s0"] {
        let says = format!(
            "--backoff got \"{given}\": takes 0 for none, or a time or two from 1ns to 1s, as 1ms or 1ms..100ms, the longer one last"
        );
        assert_eq!(refused(&format!("supervise --backoff {given}")), says);
    }
    // It is not for others, whatever it is.
    assert!(refused("ring --backoff 0").contains("--backoff is not for ring"));
}

#[test]
fn the_help_has_a_line_for_each_workload() {
    let Err(Refused::Told(help)) = read("--help") else { panic!("no help") };
    for workload in Workload::ALL {
        let begins = format!("  {:<10} ", workload.name());
        let (_, list) = help.split_once("\nWorkloads:\n").expect("a list of them");
        let (list, _) = list.split_once("\n\n").expect("its end");
        let line = list.lines().find_map(|line| line.strip_prefix(&begins));
        let line = line.unwrap_or_else(|| panic!("{} has no line", workload.name()));
        assert!((10..100).contains(&line.len()) && line.trim() == line, "{line:?}");
        assert_eq!(list.lines().count(), Workload::ALL.len(), "{list}");
    }
}

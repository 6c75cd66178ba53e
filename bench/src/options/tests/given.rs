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

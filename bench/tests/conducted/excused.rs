//! What the others on a machine excuse, and what they do not: the judge of R20 is judged.

use super::others::{Ending, Since, alone};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn nobody_is_excused_for_longer_than_five_seconds() {
    let ms = Duration::from_millis;
    for (took, others, waited, comes_to) in [
        // All of the machine was others', and all the time one waited for it.
        (ms(5_100), 1.0, Some(ms(5_100)), ms(5_100)),
        (ms(5_100), 1.0, None, ms(5_100)),
        (ms(4_900), 1.0, Some(ms(4_900)), ms(0)),
        (ms(4_900), 1.0, None, ms(0)),
        // For a clock, whatever others had.
        (ms(4_900), 1.0, Some(ms(2)), ms(4_898)),
        // Its own threads waited for each other.
        (ms(3_000), 0.5, Some(ms(9_000)), ms(1_500)),
        (ms(3_000), 0.0, Some(ms(9_000)), ms(3_000)),
        (ms(1_000), 0.25, None, ms(750)),
    ] {
        assert_eq!(alone(took, others, waited), comes_to, "{took:?}, {others}, {waited:?}");
    }
}

/// One that sleeps takes as long as it sleeps, also where everybody else has the processors.
#[test]
fn who_waits_for_a_clock_is_not_excused_by_a_busy_machine() {
    if std::fs::read_to_string("/proc/self/schedstat").is_err() {
        return throng_bench::stderr::line("others: not run: the kernel does not tell what threads wait for");
    }
    let over = AtomicBool::new(false);
    let (took, share) = std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            // Relaxed: the word alone matters.
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let since = Since::now();
        let mut child = std::process::Command::new("sleep").arg("1").spawn().expect("it starts");
        let took = Ending::of(&child).took(&child);
        let share = since.share_of_others(Duration::ZERO);
        over.store(true, Ordering::Relaxed);
        child.wait().expect("it ends");
        (took, share)
    });
    // To be put onto a processor once is all that it waits for.
    assert!(took > Duration::from_millis(700), "{took:?}, and others had {share:.2} of the processors");
}

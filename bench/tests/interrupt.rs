//! Signals to this very process: nothing else may run in it.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::raise;
use std::sync::atomic::Ordering;
use throng_bench::interrupt::Interrupt;

#[test]
fn r20_no_signal_ends_a_process_that_keeps_its_results() {
    // Whatever this was started with: one that is ignored stays so.
    // SAFETY: changes what one signal comes to, before anybody else has a say in it.
    unsafe { libc::signal(SIGHUP, libc::SIG_DFL) };
    let interrupt = Interrupt::catch().expect("signals can be caught");
    assert!(!interrupt.raised().load(Ordering::Relaxed));
    raise(SIGHUP).expect("a signal");
    assert!(interrupt.raised().load(Ordering::Relaxed));
    interrupt.keep();
    // Each would end the process before.
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        raise(signal).expect("a signal");
    }
}

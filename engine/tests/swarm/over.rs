//! How a scenario that has gone wrong ends: with its seed, what is wrong, and the state of everybody involved.

use crate::book::Book;
use crate::judge;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// For what nobody can go on from: a state or a message is used by two.
pub(crate) fn at_once(book: &Book, wrong: String) -> ! {
    report(book, &[wrong], "");
    std::process::exit(1);
}

/// Prints what is wrong.
pub(crate) fn report(book: &Book, wrongs: &[String], dump: &str) {
    let mut words = format!("swarm: seed {}\n", book.seed);
    let trace = book.trace();
    if !trace.is_empty() {
        words += &judge::summary(book);
        trace.iter().for_each(|line| words += &format!("{line}\n"));
    }
    wrongs.iter().for_each(|wrong| words += &format!("swarm: wrong: {wrong}\n"));
    if !dump.is_empty() {
        words += &format!("{dump}\n");
    }
    eprint!("{words}");
}

/// Ends the process unless it is dropped in time.
pub(crate) struct Watchdog {
    _alive: Sender<()>,
}

/// Watches over what it says; it may take so long.
pub(crate) fn watch(patience: Duration, what: impl Fn() -> String + Send + 'static) -> Watchdog {
    let (alive, gone) = channel::<()>();
    std::thread::spawn(move || {
        if gone.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            eprintln!("swarm: wrong: liveness: {} has not ended after {patience:?}", what());
            eprintln!("{}", throng::dump_all());
            std::process::exit(1);
        }
    });
    Watchdog { _alive: alive }
}

/// Watches over several that play one scenario after the other: each has the number of the one it is at in its place, and another
/// one after so long.
pub(crate) fn watch_steps<const N: usize>(patience: Duration, at: Arc<[AtomicU64; N]>) -> Watchdog {
    let (alive, gone) = channel::<()>();
    std::thread::spawn(move || {
        let look = || at.each_ref().map(|at| at.load(Ordering::Acquire));
        let mut last = look();
        while gone.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let now = look();
            if let Some((seed, _)) = now.iter().zip(&last).find(|(now, last)| now == last) {
                eprintln!("swarm: wrong: liveness: seed {seed} has not ended after {patience:?}");
                eprintln!("{}", throng::dump_all());
                std::process::exit(1);
            }
            last = now;
        }
    });
    Watchdog { _alive: alive }
}

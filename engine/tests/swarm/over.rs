//! How a scenario that has gone wrong ends: with its seed, what is wrong, and the state of everybody involved.

use crate::book::{Book, locked};
use crate::judge;
use crate::version::commit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::time::Duration;
use throng::System;

/// So long a look at everybody may take.
const LOOK: Duration = Duration::from_secs(5);
/// The most that is printed of who is whose child.
const LINES: usize = 100;

/// For what nobody can go on from: a state or a message is used by two.
pub(crate) fn at_once(book: &Book, wrong: String) -> ! {
    report(book, &[wrong], "");
    std::process::exit(1);
}

/// What the command line adds to a command that runs something again.
static MANNER: OnceLock<String> = OnceLock::new();

/// Everybody that plays now, for who finds them hanging.
static PLAYING: Mutex<Vec<Weak<Book>>> = Mutex::new(Vec::new());

/// How this program was told to play: what a command that runs a seed again needs besides.
pub(crate) fn told(manner: String) {
    let _once = MANNER.set(manner);
}

/// The command that plays this seed again.
pub(crate) fn again(seed: u64) -> String {
    let rustflags = if cfg!(throng_planted) { "RUSTFLAGS=\"--cfg throng_planted\" " } else { "" };
    let manner = MANNER.get().map_or("", String::as_str);
    format!("{rustflags}cargo test -p throng --test swarm -- --seed {seed}{manner}")
}

/// The commands that play a seed again, and, if it has gone wrong, make it small.
fn commands(seed: u64, simulated: bool, wrong: bool) -> String {
    let again = again(seed);
    if simulated {
        let small = if wrong { format!("swarm: made small by {again} --shrink\n") } else { String::new() };
        return format!("swarm: again by {again}\n{small}");
    }
    // A run of both kinds has not been told to play on threads alone. What they do is not said by a seed, so nothing makes it small.
    let threads = if again.contains(" --threads") { "" } else { " --threads" };
    format!("swarm: again by {again}{threads}\n")
}

/// A scenario begins: who watches finds it.
pub(crate) fn begin(book: &Arc<Book>) {
    let mut playing = locked(&PLAYING);
    playing.retain(|book| book.strong_count() > 0);
    playing.push(Arc::downgrade(book));
}

/// Prints what is wrong.
pub(crate) fn report(book: &Book, wrongs: &[String], dump: &str) {
    let how = if wrongs.is_empty() { "goes well" } else { "fails" };
    let mut words = format!("swarm: seed {} {how} at {}\n", book.seed, commit());
    let trace = book.trace();
    if !trace.is_empty() {
        words += &judge::summary(book);
        trace.iter().for_each(|line| words += &format!("{line}\n"));
    }
    wrongs.iter().for_each(|wrong| words += &format!("swarm: wrong: {wrong}\n"));
    words += &commands(book.seed, book.simulated, !wrongs.is_empty());
    if !dump.is_empty() {
        words += &format!("{dump}\n");
    }
    eprint!("{words}");
}

/// The state of this book's system alone, as others play beside it; and a line for each actor.
pub(crate) fn state(book: &Arc<Book>, system: &System) -> String {
    let mut words =
        format!("swarm: the system of seed {}:\n{}\n{}\n", book.seed, system.status(), system.describe());
    let tree = system.tree().to_string();
    tree.lines().take(LINES).for_each(|line| words += &format!("{line}\n"));
    // A look at an actor waits for workers, of which one may be stuck.
    let (tell, told) = channel();
    let of = Arc::clone(book);
    std::thread::spawn(move || {
        // Too late, nobody wants it any more.
        let _late = tell.send(actors(&of));
    });
    words
        + &told
            .recv_timeout(LOOK)
            .unwrap_or_else(|_| "swarm: a look at its actors waits for a worker".to_owned())
}

/// A line for each actor: what its mailbox holds, and what it waits for.
fn actors(book: &Book) -> String {
    let mut words = format!("swarm: the actors of seed {}:", book.seed);
    for (n, slot) in book.seats().iter().enumerate() {
        let (cast, states) = (slot.cast.load(Ordering::Acquire), slot.states.load(Ordering::Acquire));
        let peak = slot.peak.load(Ordering::Acquire);
        words += &format!("\nswarm: actor {n}, cast {cast}, {states} states, most in its mailbox {peak}: ");
        let Some(status) = slot.address.get().map(|address| address.status()) else {
            words += "nobody yet";
            continue;
        };
        let Some(status) = status else {
            words += "has ended";
            continue;
        };
        words += &status.to_string();
        let whose =
            |id| book.seats().iter().position(|seat| seat.address.get().is_some_and(|of| of.id() == id));
        if let Some(on) = status.muted.and_then(|stall| whose(stall.on)) {
            words += &format!(": muted on actor {on}");
        } else if let Some(on) = book.exceeded(n as u32).filter(|_| status.pending > 0 && !status.suspended)
            && !book.found(on).is_some_and(|(_, address)| address.is_alive())
        {
            // The engine tells of nobody who waits for one that is gone.
            words += &format!(": muted, as it seems, on actor {on}, which has ended");
        }
    }
    words
}

/// It hangs: a line for each worker and each actor, and the end of the process.
fn hangs(what: &str, patience: Duration) -> ! {
    eprintln!("swarm: wrong: liveness: {what} has not ended after {patience:?}, at {}", commit());
    // Some looks wait for a worker that may never be done: what they say they say by themselves, and not for ever.
    let (done, is_done) = channel::<()>();
    std::thread::spawn(move || {
        eprintln!("{}", throng::dump_all());
        let playing: Vec<_> = locked(&PLAYING).iter().filter_map(Weak::upgrade).collect();
        for book in playing {
            book.wrongs()
                .iter()
                .for_each(|wrong| eprintln!("swarm: seed {}, wrong besides: {wrong}", book.seed));
            eprintln!("{}", actors(&book));
        }
        drop(done);
    });
    let _late = is_done.recv_timeout(LOOK);
    std::process::exit(1);
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
            hangs(&what(), patience);
        }
    });
    Watchdog { _alive: alive }
}

/// In place of a seed: nothing more is played.
pub(crate) const DONE: u64 = u64::MAX;

/// Watches over several that play one scenario after the other: each has the number of the one it is at in its place, and another
/// one after so long.
pub(crate) fn watch_steps<const N: usize>(patience: Duration, at: Arc<[AtomicU64; N]>) -> Watchdog {
    let (alive, gone) = channel::<()>();
    std::thread::spawn(move || {
        let look = || at.each_ref().map(|at| at.load(Ordering::Acquire));
        let mut last = look();
        while gone.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            let now = look();
            if let Some((seed, _)) = now.iter().zip(&last).find(|(now, last)| now == last && **now != DONE) {
                eprint!("{}", commands(*seed, true, true));
                hangs(&format!("seed {seed}"), patience);
            }
            last = now;
        }
    });
    Watchdog { _alive: alive }
}

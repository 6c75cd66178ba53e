//! R11 over restarts: each timer of a state fires once, is cancelled, or is void as its state has gone; in numbers that are exact.

use crate::payload::{Book, Entry};
use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use throng::{Actor, Backoff, Child, Context, Fault, Strategy, Supervisor, System, Timer, Tree};

const SOON: Duration = Duration::from_secs(100);
const MS: Duration = Duration::from_millis(1);

/// What is known of a state of a child.
struct State {
    from: Duration,
    /// Until when it was there.
    to: Option<Duration>,
    ticks: u64,
}

/// What is known of a timer; its number is that of its message.
struct Set {
    state: usize,
    due: Duration,
    timer: Timer,
}

/// What all states share.
struct Clockwork {
    book: Book,
    /// Timers of each state, drawn below so many nanoseconds.
    each: usize,
    below: u64,
    random: Mutex<Random>,
    states: Mutex<Vec<State>>,
    set: Mutex<Vec<Set>>,
    /// Real time from there on; if none, what the test says: a step from then until then.
    since: Option<Instant>,
    step: Mutex<(Duration, Duration)>,
    /// What came early or late, or to another state.
    wrong: AtomicU64,
    failed: AtomicU64,
}

fn lock<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().expect("no panic inside")
}

impl Clockwork {
    fn new(timers: usize, each: usize, below: Duration, since: Option<Instant>) -> Arc<Self> {
        Arc::new(Self {
            book: Book::new(timers),
            each,
            below: below.as_nanos() as u64,
            random: Mutex::new(seed::random()),
            states: Mutex::default(),
            set: Mutex::default(),
            since,
            step: Mutex::default(),
            wrong: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        })
    }

    fn now(&self) -> Duration {
        self.since.map_or_else(|| lock(&self.step).1, |since| since.elapsed())
    }

    fn below(&self, bound: u64) -> u64 {
        lock(&self.random).below(bound)
    }

    fn child(self: &Arc<Self>, name: impl Into<String>, every: Duration) -> Child<Timed> {
        let clockwork = Arc::clone(self);
        Child::new(name, move || {
            let mut states = lock(&clockwork.states);
            states.push(State { from: clockwork.now(), to: None, ticks: 0 });
            Timed { clockwork: Arc::clone(&clockwork), state: states.len() - 1, every }
        })
    }

    /// Cancels about one in ten of those that are set, each asked for the first time; says which, and what each answered.
    fn cancel_some(&self, asked: &mut [bool]) -> Vec<(usize, bool)> {
        let set = lock(&self.set);
        let mut some = Vec::new();
        for _ in 0..set.len() / 10 {
            let id = self.below(set.len() as u64) as usize;
            if !std::mem::replace(&mut asked[id], true) {
                some.push((id, set[id].timer.cancel()));
                assert!(!set[id].timer.cancel(), "cancelled twice");
            }
        }
        some
    }
}

/// Sets its timers as it starts.
struct Timed {
    clockwork: Arc<Clockwork>,
    state: usize,
    every: Duration,
}

enum Msg {
    Due(Entry),
    Tick(usize),
    Fail,
}

impl Actor for Timed {
    type Msg = Msg;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (clockwork, state) = (&self.clockwork, self.state);
        let mut set = lock(&clockwork.set);
        for id in set.len()..(set.len() + clockwork.each).min(clockwork.book.len()) {
            let after = Duration::from_nanos(clockwork.below(clockwork.below));
            // Before the engine looks at its clock.
            let due = clockwork.now() + after;
            let timer = cx.after(after, Msg::Due(clockwork.book.entry(id)));
            set.push(Set { state, due, timer });
        }
        if !self.every.is_zero() {
            let _: Timer = cx.every(self.every, move || Msg::Tick(state));
        }
        Ok(())
    }

    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let clockwork = &self.clockwork;
        let state = match message {
            Msg::Due(entry) => {
                entry.handled();
                let now = clockwork.now();
                let set = lock(&clockwork.set);
                let Set { state, due, .. } = set[entry.id];
                let late = clockwork.since.is_none() && due <= lock(&clockwork.step).0;
                clockwork.wrong.fetch_add(u64::from(due > now || late), Ordering::Relaxed);
                state
            }
            Msg::Tick(state) => {
                lock(&clockwork.states)[state].ticks += 1;
                state
            }
            Msg::Fail => {
                clockwork.failed.fetch_add(1, Ordering::Relaxed);
                return Err(Fault::msg("told to"));
            }
        };
        clockwork.wrong.fetch_add(u64::from(state != self.state), Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        let now = self.clockwork.now();
        lock(&self.clockwork.states)[self.state].to = Some(now);
    }
}

/// Children alone, and groups in which the failure of one takes the others along.
fn root(clockwork: &Arc<Clockwork>, alone: usize, groups: usize, every: Duration) -> Supervisor {
    let supervisor = || Supervisor::new().intensity(1_000_000, SOON).backoff(Backoff::new(MS, MS));
    let root =
        (0..alone).fold(supervisor(), |root, n| root.child(clockwork.child(format!("alone{n}"), every)));
    (0..groups).fold(root, |root, n| {
        let clockwork = Arc::clone(clockwork);
        root.child(Child::supervisor(format!("group{n}"), move || {
            let group = supervisor().strategy(Strategy::OneForAll);
            (0..10).fold(group, |group, n| group.child(clockwork.child(n.to_string(), every)))
        }))
    })
}

fn fail(tree: &Tree, path: &str) -> bool {
    tree.child::<Msg>(path).is_some_and(|child| child.try_send(Msg::Fail).is_ok())
}

/// In virtual time: each number is what it must be.
#[test]
fn r11_a_million_timers_of_states_that_come_and_go() {
    let _dog = watch("r11_a_million_timers_of_states_that_come_and_go");
    const EACH: usize = if cfg!(throng_sanitize) { 30 } else { 300 };
    const ROUNDS: usize = 12;
    // At first, and with each round a hundred alone and ten groups.
    let timers = (1_000 + ROUNDS * 200) * EACH;
    let (step, every) = (100 * MS, 7 * MS);
    let clockwork = Clockwork::new(timers, EACH, 3 * step, None);
    let mut inline = System::builder().inline_virtual();
    let tree = inline.system().supervise(root(&clockwork, 500, 50, every)).expect("names that differ");
    inline.run_until_idle();
    let go = |by: Duration, inline: &mut throng::Inline| {
        let now = inline.now();
        *lock(&clockwork.step) = (now, now + by);
        inline.advance(by);
    };
    let (mut asked, mut cancelled) = (vec![false; timers], vec![false; timers]);
    for round in 0..ROUNDS {
        for n in 0..100 {
            assert!(fail(&tree, &format!("alone{}", n * 5 + round % 5)));
        }
        for n in 0..10 {
            assert!(fail(&tree, &format!("group{}/{}", n * 5 + round % 5, clockwork.below(10))));
        }
        // They fail now, and are there again after their pause.
        inline.run_until_idle();
        go(MS, &mut inline);
        assert_eq!(tree.restarts(), (round as u64 + 1) * 110);
        go(step - MS, &mut inline);
        let now = inline.now();
        for (id, yes) in clockwork.cancel_some(&mut asked) {
            let due = lock(&clockwork.set)[id].due;
            assert_eq!(yes, due > now, "timer {id} of {due:?} was cancelled at {now:?}");
            cancelled[id] = yes;
        }
    }
    tree.begin_stop();
    inline.run_until_idle();
    let end = inline.now();
    go(10 * step, &mut inline);
    let ledger = inline.system().quiesce(Duration::ZERO).expect("no timer is left");
    ledger.check().expect("it adds up");
    let (set, states) = (lock(&clockwork.set), lock(&clockwork.states));
    assert_eq!((set.len(), states.len()), (timers, timers / EACH));
    let (mut fired, mut void, mut stale) = (0_u64, 0_u64, 0_u64);
    for (id, Set { state, due, .. }) in set.iter().enumerate() {
        let gone = states[*state].to.expect("all have ended");
        let fires = !cancelled[id] && *due <= gone;
        assert_eq!(clockwork.book.fate(id), (u8::from(fires), 1), "timer {id} of {due:?}, until {gone:?}");
        fired += u64::from(fires);
        void += u64::from(!fires && !cancelled[id] && *due <= end);
        stale += u64::from(!fires && !cancelled[id] && *due > end);
    }
    let stopped = cancelled.iter().filter(|yes| **yes).count() as u64;
    let mut ticks = 0;
    for State { from, to, ticks: came } in states.iter() {
        let there = to.expect("all have ended") - *from;
        assert_eq!(*came, (there.as_nanos() / every.as_nanos()) as u64, "ticks in {there:?}");
        ticks += came;
    }
    println!("{timers} set: {fired} fired, {stopped} cancelled, {void} and {stale} void; {ticks} ticks");
    assert_eq!(clockwork.wrong.load(Ordering::Relaxed), 0);
    assert_eq!(fired + stopped + void + stale, timers as u64, "each has one fate");
    assert!([fired, stopped, void, stale].iter().all(|count| *count > 0), "there are some of every fate");
    // Those of actors that have ended found nobody, the next tick of each too.
    assert_eq!(ledger.refused.total(), stale + 1_000);
    assert_eq!((ledger.queued, ledger.dead.total(), ledger.dropped.total()), (0, 0, 0), "{ledger:?}");
    assert_eq!((ledger.faults, ledger.spawned), (ROUNDS as u64 * 110, ledger.stopped));
}

/// Timers that have fired, and whose messages wait in the mailbox when their state fails, are void as those that have not.
#[test]
fn r11_what_has_fired_already_does_not_come_to_the_next_state() {
    let clockwork = Clockwork::new(20, 10, 10 * MS, None);
    let mut inline = System::builder().inline_virtual();
    let tree = inline.system().supervise(root(&clockwork, 1, 0, 10 * MS)).expect("a name");
    inline.run_until_idle();
    let child = tree.child::<Msg>("alone0").expect("it has started");
    assert!(child.suspend());
    assert!(fail(&tree, "alone0"));
    *lock(&clockwork.step) = (Duration::ZERO, 10 * MS);
    inline.advance(10 * MS);
    assert_eq!(inline.system().ledger().queued, 12, "the failure, ten timers and a tick");
    assert!(child.resume());
    inline.run_until_idle();
    *lock(&clockwork.step) = (10 * MS, 11 * MS);
    inline.advance(MS);
    assert_eq!((tree.restarts(), lock(&clockwork.states).len()), (1, 2));
    assert!((0..10).all(|id| clockwork.book.fate(id) == (0, 1)), "they came to the next state");
    assert_eq!(inline.system().ledger().dead.restarted, 11);
    // The next state has those of its own.
    *lock(&clockwork.step) = (11 * MS, 21 * MS);
    inline.advance(10 * MS);
    assert!((10..20).all(|id| clockwork.book.fate(id) == (1, 1)));
    assert_eq!(lock(&clockwork.states)[1].ticks, 1);
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!((clockwork.wrong.load(Ordering::Relaxed), ledger.dead.total()), (0, 11));
}

/// On threads, where children fail and timers are cancelled just as they are due.
#[test]
fn r11_timers_beside_restarts_on_threads() {
    let _dog = watch("r11_timers_beside_restarts_on_threads");
    const EACH: usize = 200;
    let fails = if cfg!(throng_sanitize) { 100 } else { 600 };
    let timers = (100 + fails) * EACH;
    let clockwork = Clockwork::new(timers, EACH, 40 * MS, Some(Instant::now()));
    let system = System::builder().workers(2).build().expect("threads");
    let tree = system.supervise(root(&clockwork, 100, 0, Duration::ZERO)).expect("names that differ");
    let (mut asked, mut cancelled) = (vec![false; timers], vec![false; timers]);
    let mut sent = 0;
    while sent < fails {
        if fail(&tree, &format!("alone{}", clockwork.below(100))) {
            sent += 1;
        }
        if sent % 10 == 0 {
            for (id, yes) in clockwork.cancel_some(&mut asked) {
                cancelled[id] = yes;
            }
            // All that was asked of them is done before more is.
            while clockwork.failed.load(Ordering::Relaxed) < sent as u64 {
                std::thread::yield_now();
            }
        }
    }
    let ledger = system.quiesce(SOON).expect("every timer has come");
    ledger.check().expect("it adds up");
    assert_eq!(tree.restarts(), fails as u64);
    let (mut fired, mut void) = (0_usize, 0_usize);
    {
        let (set, states) = (lock(&clockwork.set), lock(&clockwork.states));
        assert_eq!((set.len(), states.len()), (timers, 100 + fails));
        for (id, Set { state, due, .. }) in set.iter().enumerate() {
            let (handled, dropped) = clockwork.book.fate(id);
            assert_eq!(dropped, 1, "timer {id}");
            assert!(handled <= u8::from(!cancelled[id]), "timer {id} was cancelled, and came");
            if handled == 0 && !cancelled[id] {
                // Void: its state has gone, and was not there for long after it was due.
                let gone = states[*state].to;
                assert!(gone.is_some(), "timer {id} of {due:?} is lost");
                void += 1;
            }
            fired += usize::from(handled);
        }
    }
    let stopped = cancelled.iter().filter(|yes| **yes).count();
    println!("{timers} set: {fired} fired, {stopped} cancelled, {void} void");
    assert_eq!(fired + stopped + void, timers, "each has one fate");
    assert!([fired, stopped, void].iter().all(|count| *count > 0), "there are some of every fate");
    assert_eq!(ledger.faults, fails as u64);
    assert_eq!(clockwork.wrong.load(Ordering::Relaxed), 0, "early, or to another state");
    tree.stop(SOON).expect("in time");
    let ledger = system.shutdown(SOON).expect("in time");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.queued), (ledger.stopped, 0));
}

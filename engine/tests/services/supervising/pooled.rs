//! An elastic pool as a child: its members are its own affair, it fails when they fail for ever, and is restarted with others;
//! whatever ends, no message goes uncounted, and nobody is left.

use super::{Msg, Stage, Worker, happened};
use crate::payload::{Book, Entry};
use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use throng::{
    Actor, Address, Child, Context, Fault, Happened, Pool, Recipient, Strategy, Supervisor, System, TreeEvent,
};

const SOON: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, PartialEq)]
enum What {
    Note,
    Fail,
    Stop,
}

struct Job(Entry, What);

/// What members did with each kind of job.
type Done = Arc<[AtomicU64; 3]>;

struct Member(Done);

impl Actor for Member {
    type Msg = Job;
    fn handle(&mut self, Job(entry, what): Job, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0[what as usize].fetch_add(1, Ordering::Relaxed);
        entry.handled();
        match what {
            What::Note => {}
            What::Fail => return Err(Fault::msg("told to")),
            What::Stop => cx.stop(),
        }
        Ok(())
    }
}

fn child(done: &Done) -> Child<Pool<Member>> {
    let done = Arc::clone(done);
    Child::new("pool", move || {
        let done = Arc::clone(&done);
        Pool::new(1, 4, Duration::from_millis(1), move || Member(Arc::clone(&done))).expect("in range")
    })
}

/// A pool and another child on a stage, and jobs for it.
struct Kit {
    stage: Stage,
    book: Book,
    done: Done,
    sent: usize,
}

impl Kit {
    fn new(strategy: Strategy) -> Self {
        let done = Done::default();
        let stage = Stage::new(|root, log| {
            root.strategy(strategy).child(child(&done)).child(Worker::child("other", log))
        });
        Self { stage, book: Book::new(1_000), done, sent: 0 }
    }

    fn pool(&self) -> Address<Job> {
        self.stage.tree.child("pool").expect("it has started")
    }

    fn send(&mut self, what: What, many: usize) {
        for _ in 0..many {
            self.pool().try_send(Job(self.book.entry(self.sent), what)).expect("room");
            self.sent += 1;
        }
    }

    fn done(&self) -> [u64; 3] {
        [0, 1, 2].map(|what: usize| self.done[what].load(Ordering::Relaxed))
    }

    /// Nobody is left, and each job was done, or is a dead letter.
    fn assert_over(&mut self) -> u64 {
        self.stage.assert_over();
        let ledger = self.stage.inline.system().ledger();
        let dead = (0..self.sent).filter(|id| self.book.fate(*id) == (0, 1)).count() as u64;
        assert!((0..self.sent).all(|id| self.book.fate(id).1 == 1), "each is dropped once");
        assert_eq!(self.done().iter().sum::<u64>() + dead, self.sent as u64);
        assert_eq!(ledger.dead.total(), dead, "{ledger:?}");
        dead
    }
}

#[test]
fn members_that_fail_are_the_pools_affair_until_they_fail_for_ever() {
    let mut kit = Kit::new(Strategy::OneForOne);
    let before = kit.pool();
    for _ in 0..8 {
        kit.send(What::Fail, 2);
        kit.send(What::Stop, 1);
        kit.send(What::Note, 5);
        kit.stage.inline.run_until_idle();
    }
    assert_eq!((kit.stage.tree.restarts(), kit.pool()), (0, before));
    // The 33rd within a second: it gives up, and is made anew in its place, with members of its own.
    kit.stage.inline.advance(Duration::from_secs(2));
    let _ = kit.stage.happened();
    for _ in 0..32 {
        kit.send(What::Fail, 1);
        kit.stage.inline.run_until_idle();
    }
    assert_eq!(kit.stage.happened(), "");
    kit.send(What::Fail, 1);
    kit.send(What::Note, 10);
    kit.stage.inline.run_until_idle();
    let why = "more than 32 workers of a pool failed within a second; the last: failed: told to";
    assert_eq!(kit.stage.happened(), format!("pool failed ({why}), pool down, pool back"));
    assert_eq!((kit.stage.tree.restarts(), kit.pool()), (1, before));
    let [notes, ..] = kit.done();
    kit.send(What::Note, 50);
    kit.stage.inline.run_until_idle();
    assert_eq!(kit.done()[0], notes + 50);
    kit.stage.tree.begin_stop();
    assert!(kit.assert_over() > 0, "what was in the mailboxes of members that failed");
}

/// By its supervisor, with another child, in order, and at once: members do what they were given first.
#[test]
fn a_pool_that_is_taken_down_or_along_leaves_nobody_and_loses_nothing() {
    for end in 0..3 {
        let mut kit = Kit::new(Strategy::OneForAll);
        kit.send(What::Note, 20);
        kit.stage.inline.run_until_idle();
        assert!(kit.pool().suspend());
        kit.send(What::Note, 20);
        // None of them is given out when it is ended.
        match end {
            0 => kit.stage.tree.begin_stop(),
            1 => _ = kit.stage.tree.address().kill(),
            _ => {
                kit.stage.send("other", Msg::Fail);
                assert_eq!(kit.stage.tree.restarts(), 1);
                kit.stage.tree.begin_stop();
            }
        }
        let dead = kit.assert_over();
        assert_eq!(dead, if end == 1 { 20 } else { 0 }, "killed, it gives out nothing more");
    }
}

/// On threads: members fail and go, so many of them that the pool does too; another child takes it along at odd moments.
#[test]
fn a_pool_under_fire_that_is_restarted_loses_nothing_uncounted() {
    let _dog = watch("a_pool_under_fire_that_is_restarted_loses_nothing_uncounted");
    const JOBS: usize = if cfg!(throng_sanitize) { 5_000 } else { 40_000 };
    let mut random = seed::random();
    let system = System::builder().workers(2).build().expect("threads");
    let (diary, events) = super::diary();
    let to: Recipient<TreeEvent> = system.spawn(diary).recipient();
    // Behind the jobs, those for the other child: what it fails at can leave another behind it, which is a dead letter too.
    let (book, done, others) = (Book::new(2 * JOBS), Done::default(), Done::default());
    let (sent, own) = (AtomicUsize::new(JOBS), Arc::clone(&others));
    let root = Supervisor::new()
        .strategy(Strategy::OneForAll)
        .intensity(1_000_000, SOON)
        .events_to(to)
        .child(child(&done))
        .child(Child::new("other", move || Member(Arc::clone(&own))));
    let tree = system.supervise(root).expect("names that differ");
    system.quiesce(SOON).expect("all have started");
    let pool = tree.child::<Job>("pool").expect("it has started");
    std::thread::scope(|scope| {
        for half in 0..2 {
            let mut own = Random::of(random.below(u64::MAX >> 16));
            let (book, tree, sent) = (&book, &tree, &sent);
            scope.spawn(move || {
                for id in (half..JOBS).step_by(2) {
                    let what = match own.below(50) {
                        0 => What::Fail,
                        1 => What::Stop,
                        _ => What::Note,
                    };
                    // In place: its address holds.
                    pool.send_timeout(Job(book.entry(id), what), SOON).expect("there comes room");
                    if own.below(JOBS as u64 / 20) == 0 {
                        let other = tree.child::<Job>("other").expect("it is there");
                        let entry = book.entry(sent.fetch_add(1, Ordering::Relaxed));
                        other.send_timeout(Job(entry, What::Fail), SOON).expect("there comes room");
                    }
                }
            });
        }
    });
    let is_pools = |event: &TreeEvent| matches!(event.what, Happened::Failed(_)) && &*event.path == "pool";
    let mut heard: Vec<TreeEvent> = Vec::new();
    // More than 32 within a second make it fail: where a sanitizer looks on, they may not have come so close together above.
    loop {
        system.quiesce(SOON).expect("the members have done what they were given");
        heard.extend(events.try_iter());
        if heard.iter().any(is_pools) {
            break;
        }
        // One after the other: those behind it in its member's mailbox would be dead letters.
        for _ in 0..50 {
            let id = sent.fetch_add(1, Ordering::Relaxed);
            pool.send_timeout(Job(book.entry(id), What::Fail), SOON).expect("there comes room");
            while book.fate(id).1 == 0 {
                std::thread::yield_now();
            }
        }
    }
    tree.stop(SOON).expect("in time");
    let ledger = system.quiesce(SOON).expect("the members have done what they were given");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned - ledger.stopped, ledger.queued), (1, 0), "the diary alone: {ledger:?}");
    let sent = sent.into_inner();
    let dead = (0..sent).filter(|id| book.fate(*id) == (0, 1)).count() as u64;
    assert!((0..sent).all(|id| book.fate(id).1 == 1), "each is dropped once");
    let [notes, fails, stops] = [0, 1, 2].map(|what: usize| done[what].load(Ordering::Relaxed));
    let other: u64 = others.iter().map(|done| done.load(Ordering::Relaxed)).sum();
    assert_eq!(notes + fails + stops + other + dead, sent as u64);
    assert_eq!(ledger.dead.total(), dead, "{ledger:?}");
    heard.extend(events.try_iter());
    let of_pool = heard.iter().filter(|event| is_pools(event)).count();
    let unread = (JOBS..sent).filter(|id| book.fate(*id) == (0, 1)).count();
    println!("{unread} of the {} for the other child are dead", sent - JOBS);
    let restarts = tree.restarts();
    println!(
        "{fails} members failed, the pool {of_pool} times, the other {other}, {restarts} restarts, {dead} dead"
    );
    // Fewer than both failed, if one does while the other one takes it down.
    assert!(of_pool > 0 && other > 0 && restarts > 0 && restarts <= of_pool as u64 + other);
    assert_eq!(happened(&events), "");
    system.shutdown(SOON).expect("in time");
}

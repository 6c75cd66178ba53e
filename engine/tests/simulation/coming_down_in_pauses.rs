//! A shutdown beside children that wait for their supervisor's pause, and beside those that are suspended: one is not taken for the other.

use crate::own_seeds::plays_its_own;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use throng::sim::{self, Simulation};
use throng::{Actor, ActorId, Address, Backoff, Child, Context, Fault, Supervisor, Tree};

const PAUSE: Duration = Duration::from_millis(100);
const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

/// Counts what it is told to.
struct Adder(Arc<AtomicU32>);

impl Actor for Adder {
    type Msg = u32;
    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.fetch_add(n, Ordering::Relaxed);
        Ok(())
    }
}

/// Two children, `first` and `second`; and what those add.
fn tree(sim: &mut Simulation, pause: Duration) -> (Tree, [Address<u32>; 2], Arc<AtomicU32>) {
    let sum = Arc::new(AtomicU32::new(0));
    let mut root = Supervisor::new().backoff(Backoff::new(pause, pause).seed(1));
    for name in ["first", "second"] {
        let sum = Arc::clone(&sum);
        root = root.child(Child::new(name, move || Adder(Arc::clone(&sum))));
    }
    let tree = sim.system().supervise(root).expect("its names differ");
    sim.run_until_idle();
    let both = ["first", "second"].map(|name| tree.child(name).expect("it is there"));
    (tree, both, sum)
}

/// Has a child fail, which waits for the pause then.
fn fail(sim: &mut Simulation, child: Address<u32>) {
    sim.fail_at(child, 1);
    child.try_send(1_u32).expect("there is room");
    sim.run_until_idle();
}

/// Tells the other a while after it is told to; gives up what is refused.
struct Later(Address<u32>, Arc<AtomicU32>);

impl Actor for Later {
    type Msg = bool;
    fn handle(&mut self, now: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !now {
            cx.after(SECOND, true);
        } else if cx.send(self.0, 1_u32).is_err() {
            self.1.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Its last words: two to a child, and one to whoever sends a third later.
struct Parting(Address<u32>, Address<bool>);

impl Actor for Parting {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
    fn stopped(&mut self, cx: &mut Context<'_, Self>) {
        let sent =
            [cx.send(self.0, 1_u32).is_ok(), cx.send(self.0, 1_u32).is_ok(), cx.send(self.1, false).is_ok()];
        assert_eq!(sent, [true; 3]);
    }
}

/// It fails at what another tree's end brings it, and waits for a pause that ends before the timer of somebody else does: it is there for
/// both messages, as nobody has told its supervisor to come down.
#[test]
fn who_waits_for_a_pause_is_not_stopped_as_one_who_is_suspended() {
    if !plays_its_own("coming_down_in_pauses::who_waits_for_a_pause_is_not_stopped_as_one_who_is_suspended") {
        return;
    }
    sim::explore(0..200, |sim| {
        let (_second, [child, _], sum) = tree(sim, PAUSE);
        let refused = Arc::new(AtomicU32::new(0));
        let later = sim.spawn(Later(child, Arc::clone(&refused)));
        let root = Supervisor::new().backoff(Backoff::new(HOUR, HOUR).seed(1));
        let root = root.child(Child::new("parting", move || Parting(child, later)));
        let root = root.child(Child::new("failing", || Adder(Arc::default())));
        let first = sim.system().supervise(root).expect("its names differ");
        sim.run_until_idle();
        fail(sim, first.child("failing").expect("it is there"));
        sim.fail_at(child, 1);
        let ledger = sim.shutdown(HOUR).expect("it comes down");
        assert_eq!((refused.load(Ordering::Relaxed), sum.load(Ordering::Relaxed)), (0, 2));
        assert_eq!((ledger.check(), ledger.spawned, ledger.dead.total()), (Ok(()), ledger.stopped, 0));
    });
}

/// What is said of it to who looks.
#[test]
fn who_waits_for_a_pause_is_suspended_only_if_somebody_has_said_so() {
    let mut sim = throng::System::simulated(1);
    let (_tree, [child, _], _) = tree(&mut sim, HOUR);
    fail(&mut sim, child);
    child.try_send(1_u32).expect("there is room");
    let is_suspended = || child.status().expect("it lives").suspended;
    assert!(!is_suspended());
    assert!(child.suspend());
    sim.run_until_idle();
    assert!(is_suspended());
    assert!(child.resume());
    sim.run_until_idle();
    assert!(!is_suspended());
    let busy = sim.quiesce(Duration::ZERO).expect_err("there is a message, and a timer");
    assert_eq!((busy.unhandled, busy.timers, busy.suspended), (1, 1, 0));
}

/// Hears of the ends of others.
struct Watcher(Arc<AtomicU32>);

enum News {
    Watch(ActorId),
    Ended,
}

impl Actor for Watcher {
    type Msg = News;
    fn handle(&mut self, news: News, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match news {
            News::Watch(whom) => drop(cx.watch(whom, |_| News::Ended)),
            News::Ended => _ = self.0.fetch_add(1, Ordering::Relaxed),
        }
        Ok(())
    }
}

/// What waits for the pause is no work: the tree comes down, and so does who watches it and is suspended, or the suspended root itself. But
/// with messages of its own from before, who is suspended is waited for.
#[test]
fn mail_for_a_pause_holds_up_nobody_suspended() {
    if !plays_its_own("coming_down_in_pauses::mail_for_a_pause_holds_up_nobody_suspended") {
        return;
    }
    sim::explore(0..200, |sim| {
        let (tree, [watched, child], _) = tree(sim, HOUR);
        let heard = Arc::new(AtomicU32::new(0));
        let watcher = sim.spawn(Watcher(Arc::clone(&heard)));
        watcher.try_send(News::Watch(watched.id())).expect("there is room");
        fail(sim, child);
        let mail = sim.below(3);
        (0..mail).for_each(|_| child.try_send(1_u32).expect("it takes mail meanwhile"));
        // The child too: what it has waits for the pause all the same.
        let suspended = [
            watcher.suspend(),
            sim.below(2) == 1 && tree.address().suspend(),
            sim.below(2) == 1 && child.suspend(),
        ];
        assert!(suspended[0]);
        sim.run_until_idle();
        let busy = sim.below(4) == 3;
        if busy {
            watcher.try_send(News::Watch(watched.id())).expect("there is room");
        }
        let down = sim.shutdown(SECOND);
        assert_eq!(sim.now(), Duration::ZERO);
        if busy {
            let busy = down.expect_err("nobody resumes it");
            // The root has been told to come down, and is suspended over that.
            let over = 1 + u64::from(suspended[1]);
            assert_eq!(
                (busy.suspended, busy.ledger.check(), heard.load(Ordering::Relaxed)),
                (over, Ok(()), 0)
            );
            return;
        }
        let ledger = down.expect("it comes down");
        assert_eq!((ledger.check(), ledger.spawned), (Ok(()), ledger.stopped));
        assert_eq!((ledger.dead.total(), heard.load(Ordering::Relaxed)), (mail, 1));
    });
}

/// However many there are: each of two trees has a child in a pause of an hour.
#[test]
fn two_pauses_are_waited_for_no_more_than_one() {
    let mut sim = throng::System::simulated(1);
    let trees = [(); 2].map(|()| {
        let (tree, [first, _], _) = tree(&mut sim, HOUR);
        fail(&mut sim, first);
        tree
    });
    sim.shutdown(2 * HOUR).expect("they come down");
    assert!(sim.now() < SECOND, "they were waited for until {:?}", sim.now());
    assert!(trees.iter().all(|tree| tree.exit().is_some_and(|exit| exit.is_normal())));
}

//! R22: a ball that goes from worker to worker, each time to one that sleeps. The handler that has the ball waits until
//! the other worker has parked, and with it until the ball has gone over: nothing else can take it there.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, System};

const SOON: Duration = Duration::from_secs(60);

enum Ball {
    Meet(Address<Ball>),
    /// Hops that are left, and the worker it comes from if it comes from one.
    Fly(u64, Option<usize>),
}

/// What the players of a game share.
struct Game {
    /// Hops that are done: the ball has been taken up.
    hops: AtomicU64,
    /// Hops that stayed on the worker they came from.
    stayed: AtomicU64,
}

struct Player {
    game: Arc<Game>,
    /// Where the other one's worker parks.
    there: Weak<System>,
    /// Which is also where this one runs.
    same: bool,
    other: Option<Address<Ball>>,
    done: Sender<()>,
}

fn parks(system: &Weak<System>) -> u64 {
    system.upgrade().expect("it lives as long as the game").activity().parks
}

impl Actor for Player {
    type Msg = Ball;
    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (left, from) = match ball {
            Ball::Meet(other) => {
                self.other = Some(other);
                return Ok(());
            }
            Ball::Fly(left, from) => (left, from),
        };
        let me = Some(cx.worker_index());
        if from == me && self.same {
            self.game.stayed.fetch_add(1, Ordering::Relaxed);
        }
        // The other handler waits for this hop: its worker cannot park before the next line.
        let before = parks(&self.there);
        let taken = self.game.hops.fetch_add(1, Ordering::SeqCst) + 1;
        if left == 0 {
            self.done.send(())?;
            return Ok(());
        }
        // The other one's worker has nothing to do any more. Before the first hop it may have parked already.
        while from.is_some() && parks(&self.there) == before {
            std::thread::yield_now();
        }
        let other = self.other.ok_or_else(|| Fault::msg("not introduced"))?;
        cx.send(other, Ball::Fly(left - 1, me)).map_err(|_| Fault::msg("no room"))?;
        // This worker is not the one that takes it up.
        while self.game.hops.load(Ordering::SeqCst) == taken {
            std::thread::yield_now();
        }
        Ok(())
    }
}

/// Plays between two systems, or within one that is given twice; gives how many hops stayed where they were.
fn play(one: &Arc<System>, two: &Arc<System>, hops: u64) -> u64 {
    let game = Arc::new(Game { hops: AtomicU64::new(0), stayed: AtomicU64::new(0) });
    let (done, is_done) = channel();
    let player = |here: &Arc<System>, there: &Arc<System>, other| {
        let (same, there) = (Arc::ptr_eq(here, there), Arc::downgrade(there));
        here.spawn(Player { game: Arc::clone(&game), there, same, other, done: done.clone() })
    };
    let first = player(one, two, None);
    let second = player(two, one, Some(first));
    first.try_send(Ball::Meet(second)).expect("room");
    for system in [one, two] {
        system.quiesce(SOON).expect("rest");
    }
    first.try_send(Ball::Fly(hops, None)).expect("room");
    is_done.recv().expect("the ball comes to an end");
    assert_eq!(game.hops.load(Ordering::SeqCst), hops + 1);
    game.stayed.load(Ordering::Relaxed)
}

fn end(mut system: Arc<System>) -> throng::Ledger {
    // The last handler may be looking still.
    let system = loop {
        match Arc::try_unwrap(system) {
            Ok(system) => break system,
            Err(shared) => system = shared,
        }
        std::thread::yield_now();
    };
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    ledger
}

#[test]
fn r22_from_worker_to_worker_across_a_park() {
    let _dog = watch("r22_from_worker_to_worker_across_a_park");
    let hops = 1_500;
    let system = Arc::new(System::builder().workers(2).build().expect("a system"));
    assert_eq!(play(&system, &system, hops), 0, "a ball was handled on the worker that was in a handler");
    let activity = system.activity();
    assert!(activity.parks >= hops - 1, "{activity:?}");
    // By the sentinel, or by the injector if it was looking just then.
    assert!(activity.rescued > 0, "{activity:?}");
    assert_eq!(end(system).handled, hops + 2);
}

#[test]
fn r22_from_system_to_system_across_a_park() {
    let _dog = watch("r22_from_system_to_system_across_a_park");
    let hops = 5_000;
    let system = || Arc::new(System::builder().workers(1).build().expect("a system"));
    let (one, two) = (system(), system());
    play(&one, &two, hops);
    for system in [&one, &two] {
        let activity = system.activity();
        assert!(activity.parks >= hops / 2 - 1, "{activity:?}");
    }
    assert_eq!(end(one).handled + end(two).handled, hops + 2);
}

//! R6: a system that comes down inside another's handler, or beside a long one, leaves nothing behind. Alone in its
//! process, whose memory it counts.

#[path = "promises/watchdog.rs"]
mod watchdog;

use std::alloc::{GlobalAlloc, Layout, System as Heap};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{Actor, Context, Fault, System};
use watchdog::watch;

const SOON: Duration = Duration::from_secs(60);

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise, handed on.
        unsafe { Heap.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise, handed on.
        unsafe { Heap.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn one_worker() -> System {
    System::builder().workers(1).pin(throng::Pin::None).build().expect("a system")
}

/// A life that can be counted from outside. It asks, so that its cell has an extension.
struct Life(Arc<()>);

impl Actor for Life {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (me, held) = (cx.me(), Arc::clone(&self.0));
        cx.ask(me, |reply: throng::Reply<()>| drop(reply), move |_| drop(held))?;
        cx.after(SOON * 60, ());
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Drops systems in its handler, then stays in it until told to go on.
struct Dropper;

impl Actor for Dropper {
    type Msg = (Vec<System>, Sender<()>, Receiver<()>);
    fn handle(&mut self, (systems, done, go): Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        drop(systems);
        done.send(())?;
        let _ = go.recv();
        Ok(())
    }
}

#[test]
fn r06_a_system_dropped_beside_a_long_handler_leaves_nothing() {
    let _dog = watch("r06_a_system_dropped_beside_a_long_handler_leaves_nothing");
    const ACTORS: usize = 1_000;
    const SYSTEMS: usize = 40;
    let outer = one_worker();
    let dropper = outer.spawn(Dropper);
    let held = Arc::new(());
    let mut slots = HashSet::new();
    let mut before = 0;
    for round in 0..5 {
        let mut make = || {
            let system = one_worker();
            for _ in 0..ACTORS {
                let name = system.spawn(Life(Arc::clone(&held))).to_string();
                slots.extend(name.split('.').next().map(str::to_string));
            }
            // The timers are armed, so it is not at rest; but each actor has begun.
            while system.ledger().handled < ACTORS as u64 {
                std::thread::yield_now();
            }
            system
        };
        let systems: Vec<_> = (0..SYSTEMS).map(|_| make()).collect();
        let beside = make();
        let (done, is_done) = channel();
        let (go, gate) = channel();
        dropper.try_send((systems, done, gate)).expect("room");
        is_done.recv_timeout(SOON).expect("dropped inside a handler");
        // And one more, from here, while the other worker has been in one turn all the time.
        drop(beside);
        assert_eq!(Arc::strong_count(&held), 1, "every actor, closure and message is dropped at once");
        drop(go);
        outer.quiesce(SOON).expect("rest");
        if round == 0 {
            before = LIVE.load(Ordering::Relaxed);
        }
    }
    // Those of one round, and what is left of a slab; a later round has the slots of the one before.
    let all = 5 * (SYSTEMS + 1) * ACTORS;
    assert!(slots.len() < all / 2, "{} slots for {all} actors, a fifth of them at a time", slots.len());
    // What was left is taken by whoever comes by.
    let began = Instant::now();
    let one = one_worker();
    let more = || LIVE.load(Ordering::Relaxed).saturating_sub(before);
    while more() > 150_000 {
        assert!(began.elapsed() < SOON, "{} bytes more than after the first round", more());
        let _ = one.spawn(Dropper).stop();
        one.quiesce(SOON).expect("rest");
    }
    one.shutdown(SOON).expect("rest");
    outer.shutdown(SOON).expect("rest");
}

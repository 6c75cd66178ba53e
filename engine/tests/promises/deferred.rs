//! The deques are crossbeam's, and so is the collector behind them, which runs what anybody in the process has deferred: user
//! code in the midst of the engine's own.

use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, System};

const SOON: Duration = Duration::from_secs(100);
/// Turns that defer something.
const TURNS: u64 = if cfg!(throng_sanitize) { 100_000 } else { 600_000 };

struct Sink;

impl Actor for Sink {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

/// Goes round, and defers messages to sinks.
struct Deferring {
    sinks: Arc<[Address<()>]>,
    turns: Arc<AtomicU64>,
    inside: AtomicBool,
}

impl Actor for Deferring {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        assert!(!self.inside.swap(true, Ordering::SeqCst), "on two workers at once");
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let guard = crossbeam_epoch::pin();
        for n in 0..8 {
            let to = self.sinks[(turn * 8 + n) as usize % self.sinks.len()];
            guard.defer(move || {
                let _ = to.try_send(());
            });
        }
        drop(guard);
        if turn < TURNS {
            let me = cx.me();
            cx.send(me, ())?;
        }
        self.inside.store(false, Ordering::SeqCst);
        Ok(())
    }
}

#[test]
fn what_others_defer_may_send() {
    let _dog = watch("what_others_defer_may_send");
    let system = System::builder().workers(2).build().expect("a system");
    let sinks: Arc<[_]> = (0..5_000).map(|_| system.spawn(Sink)).collect();
    let turns = Arc::new(AtomicU64::new(0));
    for _ in 0..3_000 {
        let (sinks, turns) = (Arc::clone(&sinks), Arc::clone(&turns));
        system.spawn(Deferring { sinks, turns, inside: AtomicBool::new(false) }).try_send(()).expect("room");
    }
    system.quiesce(SOON).expect("nobody is lost").check().expect("it adds up");
    system.shutdown(SOON).expect("rest").check().expect("it adds up");
}

//! R7 and R14: actors come and go by the million. Memory stays flat, and no stale address reaches a new tenant.

use crate::child;
use crate::seed;
use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, SendError, System};

const SOON: Duration = Duration::from_secs(100);

/// Ends at its first message.
struct Mayfly;

impl Actor for Mayfly {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.stop();
        Ok(())
    }
}

/// Begets so many, some in each handler.
struct Parent(u64);

impl Actor for Parent {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..self.0.min(32) {
            let child = cx.spawn(Mayfly);
            cx.send(child, ())?;
            self.0 -= 1;
        }
        if self.0 == 0 {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

fn rss() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("the kernel's own figures");
    let pages: u64 = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a number of pages");
    pages * 4_096
}

#[test]
#[cfg_attr(throng_sanitize, ignore = "a sanitizer keeps memory of its own")]
fn r07_two_million_lives_in_flat_memory() {
    let _dog = watch("r07_two_million_lives_in_flat_memory");
    let output = child::alone("r07_two_million_lives_in_flat_memory", || {
        let system = System::builder().workers(2).build().expect("a system");
        // A window's worth at once, first: on a busy machine the kernel may hold up a worker for as long as a window
        // takes, and nothing that ended meanwhile is used again before. That is no growth.
        let reserve: Vec<_> = (0..200_000).map(|_| system.spawn(Mayfly)).collect();
        reserve.iter().for_each(|mayfly| mayfly.try_send(()).expect("room"));
        system.quiesce(SOON).expect("rest");
        let mut windows = Vec::new();
        for window in 1..=10_u64 {
            // Half are born in handlers, half outside; all end on workers.
            system.spawn(Parent(100_000)).try_send(()).expect("room");
            for _ in 0..100_000 {
                system.spawn(Mayfly).try_send(()).expect("room");
            }
            let ledger = system.quiesce(SOON).expect("rest");
            assert_eq!(ledger.stopped, 200_000 + window * 200_001);
            windows.push(rss());
        }
        let most = windows[5..].iter().copied().max().unwrap_or(0);
        assert!(most <= windows[2] + windows[2] / 4 + (8 << 20), "resident bytes by window: {windows:?}");
        println!("resident bytes by window: {windows:?}");
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    });
    assert!(output.status.success(), "{}", child::words(&output));
}

/// Knows its serial number, and accepts only messages for that.
struct Tenant {
    serial: u64,
    astray: Arc<AtomicU64>,
}

impl Actor for Tenant {
    type Msg = u64;
    fn handle(&mut self, serial: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if serial != self.serial {
            self.astray.fetch_add(1, Ordering::SeqCst);
        }
        Ok(())
    }
}

type Generation = Arc<Vec<(Address<u64>, u64)>>;

/// What the senders of stale messages share.
struct Street {
    generations: RwLock<Vec<Generation>>,
    over: AtomicBool,
    stale: AtomicU64,
}

impl Street {
    fn some(&self, at: u64) -> Option<Generation> {
        let generations = self.generations.read().expect("no panic while it was held");
        (!generations.is_empty()).then(|| Arc::clone(&generations[at as usize % generations.len()]))
    }

    fn note(&self, serial: u64, sent: Result<(), SendError<u64>>) {
        if let Err(refused) = sent {
            self.stale.fetch_add(u64::from(matches!(refused, SendError::Stale(_))), Ordering::Relaxed);
            assert_eq!(refused.into_inner(), serial, "the message comes back");
        }
    }
}

/// Sends to addresses old and new, from a worker.
struct Postman(Arc<Street>, seed::Random);

impl Actor for Postman {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(generation) = self.0.some(self.1.below(1 << 20)) {
            for _ in 0..32 {
                let (to, serial) = generation[self.1.below(generation.len() as u64) as usize];
                self.0.note(serial, cx.try_send(to, serial));
            }
        }
        if self.0.over.load(Ordering::Relaxed) {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        Ok(())
    }
}

/// Alone: a long handler anywhere in the process holds back what is free to be used again.
#[test]
fn r14_a_million_stops_and_no_stale_send_arrives() {
    let _dog = watch("r14_a_million_stops_and_no_stale_send_arrives");
    let output = child::alone("r14_a_million_stops_and_no_stale_send_arrives", a_million_stops);
    assert!(output.status.success(), "{}", child::words(&output));
}

fn a_million_stops() {
    const AT_ONCE: u64 = 20_000;
    const GENERATIONS: u64 = 50;
    const STALE: u64 = 400_000;
    let mut random = seed::random();
    let system = System::builder().workers(2).build().expect("a system");
    let street = Arc::new(Street {
        generations: RwLock::default(),
        over: AtomicBool::new(false),
        stale: AtomicU64::new(0),
    });
    let astray = Arc::new(AtomicU64::new(0));
    // So that the postmen leave the workers to the tenants most of the time.
    let short_turns = Options::builder().turn(1).build().expect("in range");
    let reused = std::thread::scope(|scope| {
        for _ in 0..2 {
            random.below(2);
            let postman = Postman(Arc::clone(&street), random.clone());
            system.try_spawn(postman, &short_turns).expect("memory").try_send(()).expect("room");
            let (street, mut random) = (Arc::clone(&street), random.clone());
            scope.spawn(move || {
                while !street.over.load(Ordering::Relaxed) {
                    let Some(generation) = street.some(random.below(1 << 20)) else { continue };
                    for _ in 0..256 {
                        let (to, serial) = generation[random.below(generation.len() as u64) as usize];
                        street.note(serial, to.try_send(serial));
                    }
                }
            });
        }
        let mut cells = std::collections::HashSet::new();
        for generation in 0..GENERATIONS {
            // Not too far ahead of the ends, or nothing would be free to be used again.
            if let Some(old) = generation.checked_sub(2).and_then(|old| street.some(old)) {
                while old.iter().any(|(tenant, _)| tenant.is_alive()) {
                    std::thread::yield_now();
                }
            }
            let tenants: Vec<_> = (0..AT_ONCE)
                .map(|n| {
                    let serial = generation * AT_ONCE + n;
                    (system.spawn(Tenant { serial, astray: Arc::clone(&astray) }), serial)
                })
                .collect();
            cells.extend(tenants.iter().map(|(to, _)| cell(*to)));
            street.generations.write().expect("no panic while it was held").push(Arc::new(tenants.clone()));
            for (tenant, _) in &tenants {
                assert_eq!(tenant.stop(), throng::Stopping::Told);
            }
        }
        while street.stale.load(Ordering::Relaxed) < STALE {
            std::thread::yield_now();
        }
        street.over.store(true, Ordering::Relaxed);
        GENERATIONS * AT_ONCE - cells.len() as u64
    });
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.stopped, GENERATIONS * AT_ONCE + 2);
    assert!(reused > GENERATIONS * AT_ONCE / 4, "only {reused} slots were used again");
    assert_eq!(astray.load(Ordering::SeqCst), 0, "messages reached another tenant");
}

/// The cell's number, from the words of the address: "number.generation".
fn cell(address: Address<u64>) -> u64 {
    let words = address.to_string();
    words.split('.').next().and_then(|number| number.parse().ok()).expect("a number before the point")
}

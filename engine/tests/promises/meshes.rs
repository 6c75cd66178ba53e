//! R13, where messages go in circles: a cycle of muted actors lets go of one of its own, and of nobody else.

use crate::seed::{Random, random};
use crate::watchdog::watch;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, System};

const SOON: Duration = Duration::from_secs(100);

/// A source feeds stations that send to each other at random, so that all are muted in circles again and again. One of a circle
/// goes on; the source is in none, and is held: what is in flight stays near what the mailboxes are to hold.
#[test]
fn r13_who_feeds_a_mesh_is_held() {
    const STATIONS: u64 = 8;
    const CAPACITY: u32 = 16;
    const CHUNK: u64 = 16;
    const ARRIVALS: u64 = 40_000;
    struct Parcel {
        left: u32,
    }
    #[derive(Default)]
    struct Flight {
        begun: AtomicU64,
        ended: AtomicU64,
        most: AtomicU64,
    }
    struct Node {
        all: Arc<OnceLock<Vec<Address<Parcel>>>>,
        flight: Arc<Flight>,
        ways: Random,
    }
    impl Actor for Node {
        type Msg = Parcel;
        fn handle(&mut self, Parcel { left }: Parcel, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if left == 0 {
                self.flight.ended.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
            let all = self.all.get().expect("set before the first message");
            let to = self.ways.below(STATIONS) as usize;
            cx.send(all[to], Parcel { left: left - 1 })?;
            Ok(())
        }
    }
    struct Feed(Node);
    impl Actor for Feed {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let (all, flight) = (self.0.all.get().expect("set before"), &self.0.flight);
            let begun = flight.begun.fetch_add(CHUNK, Ordering::SeqCst);
            for _ in 0..CHUNK {
                cx.send(all[self.0.ways.below(STATIONS) as usize], Parcel { left: 3 })?;
            }
            // Ended first: too much is never noted.
            flight.most.fetch_max(begun + CHUNK - flight.ended.load(Ordering::SeqCst), Ordering::SeqCst);
            if begun + CHUNK < ARRIVALS {
                let me = cx.me();
                cx.send(me, ())?;
            }
            Ok(())
        }
    }
    let _dog = watch("r13_who_feeds_a_mesh_is_held");
    let options = Options::builder().capacity(CAPACITY).build().expect("in range");
    let mut seeds = random();
    for workers in [1, 2, 4] {
        let system = System::builder().workers(workers).build().expect("a system");
        let (all, flight) = (Arc::default(), Arc::<Flight>::default());
        let mut node = || {
            let ways = Random::of(seeds.below(u64::MAX));
            Node { all: Arc::clone(&all), flight: Arc::clone(&flight), ways }
        };
        let nodes = (0..STATIONS).map(|_| system.try_spawn(node(), &options).expect("memory")).collect();
        assert!(all.set(nodes).is_ok(), "set once");
        system.try_spawn(Feed(node()), &options).expect("memory").try_send(()).expect("room");
        let ledger = system.quiesce(SOON).expect("no deadlock");
        ledger.check().expect("the ledger adds up");
        assert_eq!(flight.ended.load(Ordering::SeqCst), ARRIVALS);
        let most = flight.most.load(Ordering::SeqCst);
        assert!(ledger.mutes > 0, "nobody was held with {workers} workers");
        // 150 of them were measured, and all 40,000 while any cycle let go of everybody who saw it.
        let bound = 2 * STATIONS * u64::from(CAPACITY);
        assert!(most <= bound, "{most} in flight with {workers} workers, where {bound} are near enough");
        system.shutdown(SOON).expect("rest");
    }
}

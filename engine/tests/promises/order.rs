//! Promises 1 and 4: messages from one sender to one receiver are handled in order, and an actor never runs on two
//! workers, while actors are stolen, rescued, muted and resumed.

use crate::seed;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Options, Recipient, System};

const SOON: Duration = Duration::from_secs(100);
const SENDERS: usize = 24;
const THREADS: usize = 3;
const RECEIVERS: usize = 16;
const EACH: u64 = 1_500;

#[derive(Default)]
struct Wrong {
    order: AtomicU64,
    twice_at_once: AtomicU64,
}

struct Receiver {
    next: Vec<u64>,
    inside: Arc<AtomicBool>,
    wrong: Arc<Wrong>,
    work: u64,
}

#[derive(Clone, Copy)]
struct Numbered {
    sender: usize,
    number: u64,
}

impl Actor for Receiver {
    type Msg = Numbered;
    fn handle(&mut self, message: Numbered, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.inside.swap(true, Ordering::SeqCst) {
            self.wrong.twice_at_once.fetch_add(1, Ordering::SeqCst);
        }
        let next = &mut self.next[message.sender];
        if *next != message.number {
            self.wrong.order.fetch_add(1, Ordering::SeqCst);
        }
        *next = message.number + 1;
        (0..self.work).for_each(|_| std::hint::spin_loop());
        self.inside.store(false, Ordering::SeqCst);
        Ok(())
    }
}

/// Sends a number to each receiver in each handler, by address or by recipient.
struct Sender {
    index: usize,
    to: Vec<Address<Numbered>>,
    narrow: Vec<Recipient<Numbered>>,
    number: u64,
    inside: Arc<AtomicBool>,
    wrong: Arc<Wrong>,
}

impl Actor for Sender {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.inside.swap(true, Ordering::SeqCst) {
            self.wrong.twice_at_once.fetch_add(1, Ordering::SeqCst);
        }
        let message = Numbered { sender: self.index, number: self.number };
        for (n, to) in self.to.iter().enumerate() {
            if (self.number + n as u64).is_multiple_of(4) {
                cx.send_to(self.narrow[n], message)?;
            } else {
                cx.send(*to, message)?;
            }
        }
        self.number += 1;
        if self.number == EACH {
            cx.stop();
        } else {
            let me = cx.me();
            cx.send(me, ())?;
        }
        self.inside.store(false, Ordering::SeqCst);
        Ok(())
    }
}

fn in_order(workers: usize, capacity: u32) {
    let mut random = seed::random();
    let system = System::builder().workers(workers).build().expect("a system");
    let options = Options::builder().capacity(capacity).build().expect("in range");
    let wrong = Arc::new(Wrong::default());
    let receivers: Vec<_> = (0..RECEIVERS)
        .map(|_| {
            let receiver = Receiver {
                next: vec![0; SENDERS + THREADS],
                inside: Arc::default(),
                wrong: Arc::clone(&wrong),
                work: random.below(40),
            };
            system.try_spawn(receiver, &options).expect("memory")
        })
        .collect();
    for index in 0..SENDERS {
        let sender = Sender {
            index,
            to: receivers.clone(),
            narrow: receivers.iter().map(|to| to.recipient()).collect(),
            number: 0,
            inside: Arc::default(),
            wrong: Arc::clone(&wrong),
        };
        system.spawn(sender).try_send(()).expect("room");
    }
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let receivers = &receivers;
            scope.spawn(move || {
                for number in 0..EACH / 4 {
                    for to in receivers {
                        let message = Numbered { sender: SENDERS + thread, number };
                        to.send_timeout(message, SOON).expect("room in time");
                    }
                }
            });
        }
    });
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(wrong.order.load(Ordering::SeqCst), 0, "messages overtook each other");
    assert_eq!(wrong.twice_at_once.load(Ordering::SeqCst), 0, "an actor ran on two workers");
    let expected = (SENDERS as u64 * EACH + THREADS as u64 * (EACH / 4)) * RECEIVERS as u64;
    assert_eq!(ledger.handled, expected + SENDERS as u64 * EACH);
    let activity = system.activity();
    println!("workers {workers}, capacity {capacity}: {activity:?}");
    system.shutdown(SOON).expect("rest");
}

#[test]
fn promise_1_and_4_in_order_on_one_worker_at_a_time() {
    let _dog = watch("promise_1_and_4_in_order_on_one_worker_at_a_time");
    for (workers, capacity) in [(2, 100_000), (4, 100_000), (2, 200), (4, 200), (2, 1), (4, 3)] {
        in_order(workers, capacity);
    }
}

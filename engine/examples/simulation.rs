//! Simulation: a fault that only some orders of turns show, found by trying seeds; and the mended actor, tried with more of them,
//! while things go wrong.

use std::time::Duration;
use throng::sim::{self, Faults, Simulation};
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

/// An account that others read and then write: between the two somebody else may write.
struct Account(u64);

enum Order {
    Read(Reply<u64>),
    Write(u64),
    /// Reads and writes in one message.
    Add(u64),
}

impl Actor for Account {
    type Msg = Order;

    fn handle(&mut self, order: Order, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match order {
            Order::Read(reply) => reply.send(self.0),
            Order::Write(sum) => self.0 = sum,
            Order::Add(n) => self.0 += n,
        }
        Ok(())
    }
}

struct Teller {
    account: Address<Order>,
    careful: bool,
}

enum Work {
    Pay(u64),
    Has(Outcome<u64>, u64),
}

impl Actor for Teller {
    type Msg = Work;

    fn handle(&mut self, work: Work, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match work {
            Work::Pay(n) if self.careful => cx.send(self.account, Order::Add(n))?,
            Work::Pay(n) => cx.ask(self.account, Order::Read, move |sum| Work::Has(sum, n))?,
            Work::Has(sum, n) => cx.send(self.account, Order::Write(sum? + n))?,
        }
        Ok(())
    }
}

/// Two tellers pay in 10 each.
fn pay(sim: &mut Simulation, careful: bool) {
    let account = sim.spawn(Account(0));
    for _ in 0..2 {
        let teller = sim.spawn(Teller { account, careful });
        teller.try_send(Work::Pay(10)).expect("there is room");
    }
    sim.quiesce(Duration::from_secs(60)).expect("it comes to rest");
    let ask = account.ask(Order::Read);
    assert_eq!(sim.block_on(ask), Some(Ok(20)), "a payment is lost");
}

fn main() {
    let lost =
        |choices: &[u64]| sim::run_one(System::builder().replayed(choices.to_vec()), |sim| pay(sim, false));
    let first = (0..100).find_map(|seed| sim::run_one(System::simulated(seed), |sim| pay(sim, false)));
    let small =
        sim::shrink(first.expect("within a hundred seeds").choices, 1_000, |choices| lost(choices).is_some());
    let run = lost(&small).expect("it failed before");
    let turns = run.trace.lines().filter(|line| line.ends_with("has a turn")).count();
    println!("read, then write: a payment is lost, for instance in {turns} turns");

    // `explore` does both, and panics with the seed and the small run: in a test it is all there is to write.
    let faults = Faults::none().late_wakeups(8).slow_handlers(16, Duration::from_millis(5));
    sim::explore(0..1_000, |sim| {
        sim.faults(faults);
        pay(sim, true);
    });
    println!("in one message: none is, in 1000 orders of turns, with slow handlers and late wake-ups");
}

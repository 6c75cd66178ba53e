//! Trying seeds: a fault that only some orders of turns show is found, told with its seed, and made small.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use throng::sim::{self, Simulation};
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

/// An account that is changed by who has read it: two at once lose one of their changes.
struct Account(u64);

enum Order {
    Read(Reply<u64>),
    Write(u64),
}

impl Actor for Account {
    type Msg = Order;
    fn handle(&mut self, order: Order, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match order {
            Order::Read(reply) => reply.send(self.0),
            Order::Write(sum) => self.0 = sum,
        }
        Ok(())
    }
}

struct Teller {
    account: Address<Order>,
    left: u32,
}

enum Work {
    Pay,
    Has(Outcome<u64>),
}

impl Actor for Teller {
    type Msg = Work;
    fn handle(&mut self, work: Work, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match work {
            Work::Pay => cx.ask(self.account, Order::Read, Work::Has)?,
            Work::Has(sum) => {
                cx.send(self.account, Order::Write(sum? + 1))?;
                self.left -= 1;
                if self.left > 0 {
                    cx.send(cx.me(), Work::Pay)?;
                }
            }
        }
        Ok(())
    }
}

fn bank(sim: &mut Simulation, tellers: u32) {
    let account = sim.spawn(Account(0));
    for _ in 0..tellers {
        let teller = sim.spawn(Teller { account, left: 3 });
        teller.try_send(Work::Pay).expect("there is room");
    }
    sim.quiesce(Duration::from_secs(10)).expect("it comes to rest");
    let ask = account.ask(Order::Read);
    assert_eq!(sim.block_on(ask), Some(Ok(u64::from(tellers) * 3)), "a payment is lost");
}

#[test]
fn a_lost_update_is_found_told_and_made_small() {
    sim::explore(0..100, |sim| bank(sim, 1));
    let payload = catch_unwind(AssertUnwindSafe(|| sim::explore(0..100, |sim| bank(sim, 2))));
    let told = payload.expect_err("two tellers lose payments");
    let told = told.downcast_ref::<String>().expect("told in words");
    let first = told.lines().next().expect("a line");
    assert!(first.starts_with("seed ") && first.contains("a payment is lost"), "{told}");
    assert!(told.contains("again: SEED=") && told.contains("again: CHOICES="), "{told}");
    assert!(told.contains("made small, from "), "{told}");
    assert!(told.contains("handles a message"), "{told}");
    // What was told fails again, and is as short as such a run can be: few choices but zeros.
    let list = told.split("CHOICES=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a list");
    let choices: Vec<u64> = list.split(',').filter_map(|choice| choice.parse().ok()).collect();
    let again = sim::run_one(System::builder().replayed(choices.clone()), |sim| bank(sim, 2));
    assert!(again.is_some_and(|failed| failed.words.contains("a payment is lost")));
    assert!(choices.iter().filter(|choice| **choice > 0).count() <= 4, "{choices:?}");
}

#[test]
fn a_test_that_holds_is_not_told_of() {
    assert!(sim::run_one(System::simulated(1), |sim| bank(sim, 1)).is_none());
}

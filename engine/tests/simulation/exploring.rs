//! Trying seeds: a fault that only some orders of turns show is found, told with its seed, and made small.

use crate::own_seeds::plays_its_own;
use crate::panicking::panics;
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
    if !plays_its_own("exploring::a_lost_update_is_found_told_and_made_small") {
        return;
    }
    sim::explore(0..100, |sim| bank(sim, 1));
    let told = panics(|| sim::explore(0..100, |sim| bank(sim, 2)));
    let first = told.lines().next().expect("a line");
    assert!(first.starts_with("seed ") && first.contains("a payment is lost"), "{told}");
    assert!(told.contains("again: SEED=") && told.contains("again: CHOICES="), "{told}");
    assert!(told.contains("made small, from ") && !told.contains("tolerate"), "{told}");
    assert!(told.contains("handles a message"), "{told}");
    // What was told fails again, and is as short as such a run can be: few choices but zeros.
    let list = told.split("CHOICES=").nth(1).and_then(|rest| rest.split(' ').next()).expect("a list");
    let choices: Vec<u64> = list.split(',').filter_map(|choice| choice.parse().ok()).collect();
    let again = sim::run_one(System::builder().replayed(choices.clone()), |sim| bank(sim, 2));
    assert!(again.is_some_and(|failed| failed.words.contains("a payment is lost")));
    assert!(choices.iter().filter(|choice| **choice > 0).count() <= 4, "{choices:?}");
}

#[test]
fn nothing_that_was_tried_is_nothing_tested() {
    if !plays_its_own("exploring::nothing_that_was_tried_is_nothing_tested") {
        return;
    }
    let none = panics(|| sim::explore(0..0, |_| panic!("never")));
    assert!(none.starts_with("`explore` was given no seeds"), "{none}");
    let idle = panics(|| sim::explore(0..5, |sim| _ = sim.spawn(Account(0))));
    assert!(idle.starts_with("no simulation of 5 seeds has taken a step"), "{idle}");
    // One that does something is enough, however it is asked for.
    sim::explore(0..20, |sim| {
        let account = sim.spawn(Account(0));
        account.try_send(Order::Write(1)).expect("there is room");
        if sim.below(10) == 0 {
            sim.expect(account, |order| matches!(order, Order::Write(1)));
        }
    });
}

/// All of it, the small runs too.
#[test]
fn simulations_are_made_as_the_builder_says() {
    if !plays_its_own("exploring::simulations_are_made_as_the_builder_says") {
        return;
    }
    System::builder().workers(1).explore(0..20, |sim| {
        bank(sim, 1);
        assert!(!sim.trace().contains("worker 1"), "{}", sim.trace());
    });
    let told = panics(|| {
        System::builder().workers(9).explore(0..20, |sim| {
            (0..4).for_each(|_| bank(sim, 1));
            assert!(!sim.trace().contains("worker 8"), "the ninth has done something");
        });
    });
    let small = told.lines().find(|line| line.starts_with("made small, from ")).expect("it can be made so");
    assert!(small.ends_with("the ninth has done something"), "{told}");
}

/// Sends itself the same for ever, if that is what it gets.
struct Spinner;

impl Actor for Spinner {
    type Msg = bool;
    fn handle(&mut self, for_ever: bool, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if for_ever {
            cx.send(cx.me(), true)?;
        }
        Ok(())
    }
}

/// What is missing in a list of choices is zero, with which none of these ends. Each try of it is given up.
#[test]
fn a_smaller_run_that_never_ends_is_given_up() {
    if !plays_its_own("exploring::a_smaller_run_that_never_ends_is_given_up") {
        return;
    }
    let tests: [fn(&mut Simulation); 2] = [
        |sim| while sim.below(3) == 0 {},
        |sim| {
            let spinner = sim.spawn(Spinner);
            spinner.try_send(sim.below(3) == 0).expect("there is room");
            sim.limit(u64::MAX);
            sim.run_until_idle();
        },
    ];
    let seed = (0..).find(|seed| System::simulated(*seed).below(3) > 0).expect("two in three");
    for test in tests {
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let explored = || {
                sim::explore([seed], |sim| {
                    test(sim);
                    panic!("after that");
                });
            };
            tell.send(panics(explored)).expect("somebody waits for it");
        });
        let told = told.recv_timeout(Duration::from_secs(120)).expect("it ends");
        assert!(told.contains("choices to 1: after that"), "{told}");
    }
}

#[test]
fn a_test_that_holds_is_not_told_of() {
    assert!(sim::run_one(System::simulated(1), |sim| bank(sim, 1)).is_none());
}

/// Two faults, of which the one that comes with small draws would take the place of the other.
fn two_faults(sim: &mut Simulation, second: fn(u64)) {
    if sim.below(100) < 60 {
        second(sim.below(10));
    } else {
        panic!("the rare one: {}", sim.now().as_nanos());
    }
}

/// What `explore` says of the first seed with which the rare one is found.
fn told_of_the_rare(second: fn(u64)) -> String {
    let rare = |seed: &u64| {
        let failed = sim::run_one(System::simulated(*seed), |sim| two_faults(sim, second));
        failed.is_some_and(|failed| failed.words.contains("the rare one"))
    };
    let seed = (0..100).find(rare).expect("four in ten");
    panics(|| sim::explore([seed], |sim| two_faults(sim, second)))
}

#[test]
fn a_failure_that_is_made_small_stays_the_one_that_it_is() {
    if !plays_its_own("exploring::a_failure_that_is_made_small_stays_the_one_that_it_is") {
        return;
    }
    let seconds: [fn(u64); 2] = [
        |n| assert!(n > 4, "another one"),
        // The same words at another place.
        |n| assert!(n > 4, "the rare one: {n}"),
    ];
    for second in seconds {
        let told = told_of_the_rare(second);
        let small = told.lines().find(|line| line.starts_with("made small, from ")).expect("it is told");
        assert!(small.ends_with("choices to 1: the rare one: 0"), "{told}");
        assert!(told.contains("CHOICES=60 "), "{told}");
    }
}

#[test]
fn failures_are_alike_by_their_place_and_their_words_but_for_numbers() {
    fn fails(words: &str) -> sim::Failed {
        sim::run_one(System::simulated(1), |_| panic!("{words}")).expect("it fails")
    }
    let one = fails("after 1000 steps actor #3 of L1 is stuck, for 1.5ms: [7, 8]");
    assert!(one.place.as_deref().is_some_and(|place| place.contains("exploring.rs:")), "{:?}", one.place);
    assert!(one.is_like(&fails("after 90 steps actor #12 of L1 is stuck, for 20s: []")));
    assert!(!one.is_like(&fails("after 1000 steps actor #3 of L2 is stuck, for 1.5ms: [7, 8]")));
    // A short beginning is not all that it says.
    assert!(!fails("lost: a message").is_like(&fails("lost: an answer")));
    let elsewhere = sim::run_one(System::simulated(1), |_| {
        panic!("after 1000 steps actor #3 of L1 is stuck, for 1.5ms: [7, 8]")
    });
    assert!(!one.is_like(&elsewhere.expect("it fails")));
}

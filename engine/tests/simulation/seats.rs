use std::time::Duration;
use throng::sim::{self, Faults, Simulation};
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

struct Train {
    free: u32,
}

enum Seats {
    Take(Reply<bool>),
    Free(Reply<u32>),
}

impl Actor for Train {
    type Msg = Seats;
    fn handle(&mut self, seats: Seats, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match seats {
            Seats::Take(reply) => {
                let taken = self.free > 0;
                self.free -= u32::from(taken);
                reply.send(taken);
            }
            Seats::Free(reply) => reply.send(self.free),
        }
        Ok(())
    }
}

struct Agent {
    train: Address<Seats>,
    sold: u32,
}

enum Job {
    Sell,
    Took(Outcome<bool>),
    Sold(Reply<u32>),
}

impl Actor for Agent {
    type Msg = Job;
    fn handle(&mut self, job: Job, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match job {
            Job::Sell => cx.ask(self.train, Seats::Take, Job::Took)?,
            // No answer, which is waited for five seconds, is taken for a no.
            Job::Took(seat) => self.sold += u32::from(seat.unwrap_or(false)),
            Job::Sold(reply) => reply.send(self.sold),
        }
        Ok(())
    }
}

fn sell(sim: &mut Simulation, faults: Faults) {
    sim.faults(faults);
    let train = sim.spawn(Train { free: 1 });
    let agents = [(); 2].map(|()| sim.spawn(Agent { train, sold: 0 }));
    for agent in agents {
        agent.try_send(Job::Sell).expect("there is room");
    }
    sim.quiesce(Duration::from_secs(60)).expect("it comes to rest");
    // Nothing goes wrong any more while the test looks.
    sim.faults(Faults::none());
    let ask = train.ask(Seats::Free);
    let mut seats = sim.block_on(ask).expect("it ends").expect("an answer");
    for agent in agents {
        let ask = agent.ask(Job::Sold);
        seats += sim.block_on(ask).expect("it ends").expect("an answer");
    }
    assert_eq!(seats, 1, "seats, free or sold");
    let ledger = sim.shutdown(Duration::from_secs(1)).expect("it comes down");
    assert_eq!((ledger.faults, ledger.spawned), (0, ledger.stopped));
}

#[test]
fn every_seat_is_free_or_sold() {
    let faults = Faults::none().late_wakeups(8).slow_handlers(16, Duration::from_millis(5));
    sim::explore(0..300, |sim| sell(sim, faults));
}

/// Message by message, in an order that the test says.
#[test]
fn a_seat_is_sold_in_three_messages() {
    let mut sim = System::simulated(0);
    let train = sim.spawn(Train { free: 1 });
    let agent = sim.spawn(Agent { train, sold: 0 });
    agent.try_send(Job::Sell).expect("there is room");
    sim.expect(agent, |job| matches!(job, Job::Sell));
    sim.expect(train, |seats| matches!(seats, Seats::Take(_)));
    sim.expect(agent, |job| matches!(job, Job::Took(Ok(true))));
}

// So far it is the guide's.

/// Its test has no guard, as nobody else's has.
#[test]
fn all_its_seeds_are_tried() {
    let _either_way = crate::own_seeds::plays_its_own("seats::every_seat_is_free_or_sold");
}

/// What the guide says that it finds.
#[test]
fn a_slow_handler_loses_a_seat() {
    let slow = Faults::none().late_wakeups(8).slow_handlers(16, Duration::from_secs(10));
    let fails = (0..1_000).find_map(|seed| sim::run_one(System::simulated(seed), |sim| sell(sim, slow)));
    let fails = fails.expect("a handler is slow where it hurts");
    assert!(fails.words.ends_with("failed: seats, free or sold\n  left: 0\n right: 1"), "{}", fails.words);
    assert!(fails.trace.contains("Train #0 takes "), "{}", fails.trace);
}

/// A test in the documentation's own program would never run.
#[test]
fn the_guide_shows_this_program() {
    let (guide, here) = (include_str!("../../src/guide.md"), include_str!("seats.rs"));
    let (shown, _) = here.split_once("\n// So far").expect("where it ends");
    assert!(guide.contains(&format!("```\n{shown}```\n")), "put the one into the other:\n{shown}");
    // Code without a word behind its fence is Rust.
    let blocks = guide.split("\n```").skip(1).step_by(2).filter(|block| block.starts_with('\n'));
    let hidden = blocks.flat_map(str::lines).find(|line| *line == "#" || line.starts_with("# "));
    assert_eq!(hidden, None, "who reads the file itself would copy it");
}

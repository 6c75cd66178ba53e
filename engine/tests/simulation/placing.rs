//! What a verb panics over is the test's: the place that is told is the line that called it.

use crate::own_seeds::plays_its_own;
use std::time::Duration;
use throng::sim::{self, Simulation};
use throng::{Actor, Address, Context, Fault, Inbox, Options, System};

/// Sends itself what it gets for ever.
struct Spinner;

impl Actor for Spinner {
    type Msg = Round;
    fn handle(&mut self, Round: Round, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.send(cx.me(), Round)?;
        Ok(())
    }
}

struct Round;

const SECOND: Duration = Duration::from_secs(1);

fn spinning(sim: &mut Simulation) -> Address<Round> {
    let spinner = sim.spawn(Spinner);
    spinner.try_send(Round).expect("there is room");
    sim.limit(50);
    spinner
}

fn over(sim: &mut Simulation) {
    sim.abort();
}

fn gone(sim: &mut Simulation) -> Address<Round> {
    let gone = sim.spawn(Spinner);
    over(sim);
    gone
}

fn sorted(sim: &mut Simulation) -> Address<Round> {
    let urgent = Options::builder().lanes().build().expect("in range");
    let sorted = sim.system().try_spawn(Spinner, &urgent).expect("there is room");
    sorted.try_send(Round).expect("there is room");
    sorted
}

/// A verb, the line on which it is called, what it panics with there, and that call.
type Row = (&'static str, u32, &'static str, fn(&mut Simulation));

macro_rules! row {
    ($verb:expr, $words:expr, |$sim:ident| $prepare:expr, $call:expr) => {
        ($verb, line!(), $words, |$sim| {
            $prepare;
            _ = $call;
        })
    };
    ($verb:expr, $words:expr, |$sim:ident, $actor:ident| $prepare:expr, $call:expr) => {
        ($verb, line!(), $words, |$sim| {
            let $actor = $prepare;
            _ = $call;
        })
    };
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row!("step", "still at it", |sim| spinning(sim), while sim.step() {}),
    row!("run_until_idle", "still at it", |sim| spinning(sim), sim.run_until_idle()),
    row!("advance", "still at it", |sim| spinning(sim), sim.advance(SECOND)),
    row!("quiesce", "still at it", |sim| spinning(sim), sim.quiesce(SECOND)),
    row!("shutdown", "still at it", |sim| spinning(sim), sim.shutdown(SECOND)),
    row!("block_on", "still at it", |sim| spinning(sim), sim.block_on(std::future::pending::<()>())),
    row!("step, over", "this simulation is over", |sim| over(sim), sim.step()),
    row!("run_until_idle, over", "this simulation is over", |sim| over(sim), sim.run_until_idle()),
    row!("advance, over", "this simulation is over", |sim| over(sim), sim.advance(SECOND)),
    row!("quiesce, over", "this simulation is over", |sim| over(sim), sim.quiesce(SECOND)),
    row!("shutdown, over", "this simulation is over", |sim| over(sim), sim.shutdown(SECOND)),
    row!("block_on, over", "this simulation is over", |sim| over(sim), sim.block_on(std::future::pending::<()>())),
    row!("spawn, over", "this simulation is over", |sim| over(sim), sim.spawn(Spinner)),
    row!("spawn_fn, over", "this simulation is over", |sim| over(sim), sim.spawn_fn(async |_: Inbox<u32>| ())),
    row!("expect, over", "this simulation is over", |sim, actor| gone(sim), sim.expect(actor, |_| true)),
    row!("allow, over", "this simulation is over", |sim, actor| gone(sim), sim.allow(actor, |_| true)),
    row!("disallow, over", "this simulation is over", |sim, actor| gone(sim), sim.disallow(actor, |_| true)),
    row!("expect, nothing", "simulation::placing::", |sim, actor| sim.spawn(Spinner), sim.expect(actor, |_| true)),
    row!("expect, another", "the next message of ", |sim, actor| spinning(sim), sim.expect(actor, |_| false)),
    row!("allow, sorted", "simulation::placing::", |sim, actor| sorted(sim), sim.allow(actor, |_| true)),
    row!("disallow", "the next message of ", |sim, actor| spinning(sim), sim.disallow(actor, |_| true)),
    row!("disallow, sorted", "simulation::placing::", |sim, actor| sorted(sim), sim.disallow(actor, |_| true)),
    row!("fail_at", "messages are counted from 1", |sim, actor| spinning(sim), sim.fail_at(actor, 0)),
    row!("fail_after_at", "messages are counted from 1", |sim, actor| spinning(sim), sim.fail_after_at(actor, 0)),
];

#[test]
fn the_place_is_the_caller_s() {
    for (verb, line, words, call) in ROWS {
        let failed = sim::run_one(System::simulated(1), call).expect(verb);
        assert!(failed.words.starts_with(words), "{verb}: {failed}");
        let place = failed.place.unwrap_or_default();
        assert!(place.starts_with(&format!("{}:{line}:", file!())), "{verb}: {place}");
    }
}

#[test]
fn explore_s_own_place_is_the_caller_s_too() {
    if !plays_its_own("placing::explore_s_own_place_is_the_caller_s_too") {
        return;
    }
    let none = |_: &mut Simulation| sim::explore(0..0, |_| ());
    let failing = |_: &mut Simulation| sim::explore(0..1, |_| panic!("as it must"));
    for test in [none, failing] as [fn(&mut Simulation); 2] {
        let failed = sim::run_one(System::simulated(1), test).expect("it panics");
        assert!(failed.place.as_ref().is_some_and(|place| place.starts_with(file!())), "{failed}");
    }
}

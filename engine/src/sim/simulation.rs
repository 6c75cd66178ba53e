//! A simulation, for who writes tests with it.

use super::begun::Task;
use super::choices::Choices;
use super::executor::Executor;
use super::state::State;
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::outlook;
use crate::builder::{Builder, share};
use crate::error::Busy;
use crate::function::inbox::Inbox;
use crate::function::join::Join;
use crate::ledger::Ledger;
use crate::quiesce;
use crate::scheduler::shared::Shared;
use crate::scheduler::worker::Worker;
use crate::sync::Arc;
use crate::system::System;
use crate::time::{Clock, Nanos, nanos};
use std::cell::RefCell;
use std::future::Future;
use std::rc::{Rc, Weak};
use std::time::Duration;

/// Workers of a simulation that names no number.
const WORKERS: usize = 3;
/// The most: what more would overlap is not told apart by anybody.
const WORKERS_MAX: usize = 64;

/// A system whose every choice comes from a seed; see [the module](crate::sim). Stays on the thread that made it.
///
/// Dropping it aborts, as dropping a [`System`] does. Once it has been [shut down](Simulation::shutdown) or
/// [aborted](Simulation::abort) nothing runs in it any more: what would take steps panics. What has happened can still be read: its
/// choices and its trace, its ledger, what [`Simulation::block_on`] finds ready.
pub struct Simulation {
    /// None once it is over.
    pub(super) executor: Option<Rc<Executor>>,
    /// The executor's.
    pub(super) state: Rc<RefCell<State>>,
    pub(super) system: System,
    /// What [`Simulation::begin`] has begun, as long as it is not over and somebody has it.
    pub(super) begun: Vec<Weak<Task>>,
    /// How often that was gone on with.
    pub(super) round: u64,
    seed: Option<u64>,
}

impl System {
    /// A simulation of three workers whose choices are drawn from `seed`.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Fault, System};
    ///
    /// struct Sum(u64);
    ///
    /// impl Actor for Sum {
    ///     type Msg = u64;
    ///     fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         self.0 += n;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let run = |seed| {
    ///     let mut sim = System::simulated(seed);
    ///     for start in 0..5 {
    ///         let sum = sim.spawn(Sum(start));
    ///         sum.try_send(1_u64).expect("there is room");
    ///     }
    ///     sim.run_until_idle();
    ///     assert_eq!(sim.system().ledger().handled, 5);
    ///     sim.trace_hash()
    /// };
    /// assert_eq!(run(1), run(1));
    /// assert_ne!(run(1), run(2));
    /// ```
    pub fn simulated(seed: u64) -> Simulation {
        Self::builder().simulated(seed)
    }
}

impl Builder {
    /// Makes a simulation whose choices are drawn from `seed`, of as many workers as were asked for, at most 64, or three. Nothing is
    /// pinned; actors with threads of their own run with the others, and blocking work when the simulation comes to it.
    pub fn simulated(self, seed: u64) -> Simulation {
        Simulation { seed: Some(seed), ..Simulation::new(&self, Choices::of_seed(seed)) }
    }

    /// Makes a simulation again from the [choices](Simulation::choices) that another made, or from fewer: those that are missing are
    /// zero, which is the simplest each time, and one that is out of bounds is the last.
    pub fn replayed(self, choices: Vec<u64>) -> Simulation {
        Simulation::new(&self, Choices::given(choices))
    }
}

impl Simulation {
    fn new(builder: &Builder, choices: Choices) -> Self {
        let workers = builder.workers_wanted().unwrap_or(WORKERS).clamp(1, WORKERS_MAX);
        let Ok((shared, deques)) = share(workers, Clock::stopped(), 0) else {
            unreachable!("so many are in range")
        };
        let first = shared.stepper.set(std::thread::current().id()).is_ok();
        debug_assert!(first, "just made");
        // Who describes the system from another thread is not to change the run.
        shared.desks.iter().for_each(|desk| desk.queue.await_always());
        let seat = |(index, deque)| Worker::new(Arc::clone(&shared), index, deque);
        let workers = deques.into_iter().enumerate().map(seat).collect();
        let state = Rc::new(RefCell::new(State::new(choices)));
        let executor = Executor::new(Arc::clone(&shared), workers, Rc::clone(&state));
        Self {
            executor: Some(executor),
            state,
            system: System::new(shared),
            begun: Vec::new(),
            round: 0,
            seed: None,
        }
    }

    /// # Panics
    /// If the simulation is over.
    #[track_caller]
    pub(super) fn executor(&self) -> &Rc<Executor> {
        match &self.executor {
            Some(executor) => executor,
            None => panic!(
                "this simulation is over: it was shut down or aborted, and nothing runs in it any more; spawn and take steps before \
                 that, or make another"
            ),
        }
    }

    /// Runs `f` on what it keeps, also when it is over. Nothing of the engine runs in it.
    pub(super) fn state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.borrow_mut())
    }

    /// The system: to spawn, for its registry and its ledger. What waits for others on the calling thread waits for itself here, as
    /// nothing runs but in steps: it panics instead, and says what there is in its place.
    ///
    /// | instead of | there is |
    /// |---|---|
    /// | [`Ask::wait`](crate::Ask::wait), [`Asking::wait`](crate::Asking::wait), also of a [barrier](Address::barrier) | [`Simulation::block_on`] of the ask |
    /// | [`Join::wait`], [`StopAll::wait`](crate::StopAll::wait) | [`Simulation::block_on`] of it |
    /// | [`Address::send_timeout`] into a full mailbox | [`Simulation::block_on`] of [`Address::send_async`] |
    /// | [`System::quiesce`] | [`Simulation::quiesce`] |
    /// | [`Tree::stop`](crate::Tree::stop) | [`Tree::begin_stop`](crate::Tree::begin_stop), then [`Simulation::quiesce`] |
    ///
    /// So does such a wait in [blocking work](crate::Context::blocking), which runs on this thread too, as
    /// [`BlockingError::Panicked`](crate::BlockingError::Panicked). What would not wait (an answer that is there, a place that is free, a
    /// deadline of zero) does as ever. An executor that is not the engine's cannot know, and waits for ever. Another thread may wait for
    /// actors of the simulation, by the machine's clock, while this one takes steps; the run is not the same each time then.
    ///
    /// Once the simulation is over, to spawn panics.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Spawns an actor; see [`System::spawn`].
    ///
    /// # Panics
    /// As [`System::spawn`], and if the simulation is over.
    #[track_caller]
    pub fn spawn<A: Actor>(&self, actor: A) -> Address<A::Msg> {
        self.executor();
        match self.system.try_spawn(actor, &A::options()) {
            Ok(address) => address,
            Err(refused) => panic!("{refused}"),
        }
    }

    /// Spawns an actor from a function; see [`System::spawn_fn`].
    ///
    /// # Panics
    /// As [`System::spawn`], and if the simulation is over.
    #[track_caller]
    pub fn spawn_fn<M, F, Fut, T>(&self, f: F) -> (Address<M>, Join<T>)
    where
        M: Send + 'static,
        F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        self.executor();
        self.system.spawn_fn(f)
    }

    /// A number below `bound`, from the source that all choices come from; zero if there is none. Draws such that zero is the simplest
    /// alternative become simple when a run is made small.
    ///
    /// # Panics
    /// Where [`explore`](crate::sim::explore) tries a smaller run of a test that has failed, and this draws without end.
    #[track_caller]
    pub fn below(&mut self, bound: u64) -> u64 {
        let (made, most) = self.state(|state| (state.choices.made().len(), state.choices_most));
        assert!(made < most, "still drawing after {made} choices");
        self.state(|state| state.choices.below(bound))
    }

    /// Takes one step: a turn of one actor, with what was drawn to run in the middle of it, the timers of one worker, or a piece of
    /// blocking work. False if there is none to take at this time, and nothing of what was [begun](Simulation::begin) is woken; as long as
    /// some of it is, it is polled until there is a step to take.
    ///
    /// # Panics
    /// If the [limit](Simulation::limit) is reached, or the engine itself has given an actor two owners, or has panicked; or if the
    /// simulation is over ([`Simulation::shutdown`], [`Simulation::abort`]).
    #[track_caller]
    pub fn step(&mut self) -> bool {
        let mut rounds = 0;
        self.go_on_with_begun();
        loop {
            if self.take_step() {
                return true;
            }
            if !self.go_on_with_begun() {
                return false;
            }
            self.count_round(&mut rounds, None);
        }
    }

    /// Whether there was one. What is begun has gone on before, and has behind it.
    #[track_caller]
    pub(super) fn take_step(&mut self) -> bool {
        let stepped = self.executor().step();
        if stepped {
            self.go_on_with_begun();
        }
        self.check();
        stepped
    }

    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub(super) fn check(&self) {
        if let Some(broken) = self.executor().broken() {
            panic!("{broken}\n{}", self.describe());
        }
        if let Some(failure) = self.state(|state| state.failures.first.clone()) {
            panic!("{}", failure.words);
        }
        if self.executor().is_over_limit() {
            panic!("{}\n{}", self.goes_on(), self.describe());
        }
    }

    /// Takes steps until there is none to take at this time, and nothing of what was [begun](Simulation::begin) is woken; gives the number of
    /// steps. Time passes in slow handlers alone. The timers of a [frozen](crate::sim::Faults::frozen_workers) worker are left until it goes
    /// on.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub fn run_until_idle(&mut self) -> u64 {
        let before = self.executor().steps();
        while self.step() {}
        self.executor().flush();
        self.executor().steps() - before
    }

    /// Lets time pass: runs what is runnable now, then sets the clock to the time of each timer that is due within `by`, in order, and
    /// runs what follows, and sets it to the end at last. Gives the number of steps.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub fn advance(&mut self, by: Duration) -> u64 {
        let until = self.clock().saturating_add(nanos(by));
        let before = self.executor().steps();
        self.run_until_idle();
        while self.go_to_next(until) {
            self.run_until_idle();
        }
        self.executor().go_to(until);
        self.executor().steps() - before
    }

    /// Sets the clock to the next timer, if it is due by then.
    #[track_caller]
    pub(super) fn go_to_next(&self, until: Nanos) -> bool {
        let next = self.executor().next_due().filter(|due| *due <= until);
        if let Some(due) = next {
            self.executor().go_to(due);
        }
        next.is_some()
    }

    /// Lets time pass until nothing is left to do, as [`System::quiesce`] waits for it.
    ///
    /// # Errors
    /// [`Busy`] if that takes more than `deadline` of virtual time, or if no timer is left that could change anything.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub fn quiesce(&mut self, deadline: Duration) -> Result<Ledger, Busy> {
        let until = self.clock().saturating_add(nanos(deadline));
        let quiet = self.go_on_until(until, |shared| quiesce::quiesce(shared, Duration::ZERO));
        quiet.map_err(|busy| Busy { waited: deadline, ..busy })
    }

    /// Lets time pass until a `look`, which waits for nothing, finds it to be no longer busy.
    ///
    /// # Errors
    /// What it found last, if no timer is left that fires by then.
    ///
    /// # Panics
    /// As [`Simulation::step`].
    #[track_caller]
    pub(super) fn go_on_until<T>(
        &mut self,
        until: Nanos,
        look: impl Fn(&Shared) -> Result<T, Busy>,
    ) -> Result<T, Busy> {
        loop {
            self.run_until_idle();
            match look(self.system.shared()) {
                Err(_) if self.go_to_next(until) => {}
                found => return found,
            }
        }
    }

    /// How many messages wait in an actor's mailbox.
    pub fn pending<M>(&self, actor: Address<M>) -> u64 {
        outlook::queued(actor.raw.cell(), actor.raw.generation())
    }

    /// How long the clock has gone.
    pub fn now(&self) -> Duration {
        Duration::from_nanos(self.clock())
    }

    pub(super) fn clock(&self) -> Nanos {
        self.system.shared().clock.now()
    }

    /// The seed, unless it is a replay.
    pub fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// Every choice so far, for [`Builder::replayed`].
    pub fn choices(&self) -> Vec<u64> {
        self.state(|state| state.choices.made().to_vec())
    }

    /// Writes each choice to `to` as it is drawn, one a line, and flushes it; errors are passed over. For what takes the process down: who
    /// reads it can play up to there again.
    ///
    /// # Panics
    /// At the next choice, if writing to `to` draws from the simulation itself, as a [`Backoff`](crate::Backoff) that is made there does, or
    /// [notes](crate::sim::note) something.
    ///
    /// # Examples
    /// ```
    /// use std::io::Read;
    /// use throng::System;
    ///
    /// let (mut reader, writer) = std::io::pipe()?;
    /// let mut sim = System::simulated(7);
    /// sim.copy_choices(writer);
    /// let drawn = [sim.below(1_000), sim.below(6)];
    /// drop(sim);
    /// let mut copied = String::new();
    /// reader.read_to_string(&mut copied)?;
    /// let choices: Vec<u64> = copied.lines().map(|line| line.parse().unwrap()).collect();
    /// assert_eq!(choices, drawn);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn copy_choices(&mut self, to: impl std::io::Write + 'static) {
        self.state(|state| state.choices.copy_to(Box::new(to)));
    }

    /// A hash of all that has happened: who had a turn, which messages were handled, what went wrong, and when. Equal on every machine for
    /// the same seed, the same program and the same version of the engine.
    pub fn trace_hash(&self) -> u64 {
        self.state(|state| state.trace.hash())
    }

    /// What has happened, one event a line: the last 4,096 of them. Each has the time, how many steps there were, the worker, and the
    /// actor with its number in this simulation; what happens in the middle of another's turn is further to the right. [Notes] are
    /// among them. A message is told of by its type: of what variant it is, and who has sent it, nobody but its handler knows
    /// ([`sim::note`](crate::sim::note)).
    ///
    /// [Notes]: Simulation::note
    pub fn trace(&self) -> String {
        self.state(|state| {
            state.trace.text(|actor| state.cast.name(actor), |actor| state.cast.message_name(actor))
        })
    }

    /// What the workers are at, and the system's [status](System::status). [`dump_all`](crate::dump_all) tells more, of all systems.
    pub fn describe(&self) -> String {
        format!(
            "{}\n{}",
            quiesce::describe_as(self.system.shared(), |running| self.name_of(running)),
            crate::status::status(self.system.shared())
        )
    }
}

impl std::fmt::Debug for Simulation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Simulation")
            .field("seed", &self.seed)
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

//! The scheduler of a simulation: several workers on one thread, of which one takes a step at a time; which, and what it takes up, is
//! drawn.
//!
//! Who may touch what: all of it belongs to the thread that steps. A worker is in a turn, or it is free. A turn *pauses* before
//! and after each handler, where nobody borrows its worker; from there the executor may have free workers take steps, which
//! pause in turn, as deep as there are workers: so turns overlap as on threads, to the message. The state is borrowed for the
//! length of one decision, never while anything of the engine runs.

use super::cast::{WHENS, When};
use super::judging;
use super::noting::noting;
use super::owning::not_owned;
use super::state::{Look, State, strikes};
use super::trace::{NOBODY, What};
use crate::actor::address::Address;
use crate::actor::ending::Stopping;
use crate::actor::fault::Fault;
use crate::actor::post::{ActorId, Raw};
use crate::blocking;
use crate::cell::arena;
use crate::cell::header::CellPtr;
use crate::panics::caught;
use crate::scheduler::director::{Cue, Direct, How, directing};
use crate::scheduler::run_queue::Task;
use crate::scheduler::shared::Shared;
use crate::scheduler::stepping;
use crate::scheduler::worker::Worker;
use crate::sync::{Arc, Ordering};
use crate::time::Nanos;
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

/// One pause in so many lets others run, for this many steps at most.
const PAUSES: u64 = 8;
const OTHERS: u64 = 3;
/// The same in a slow handler.
const OTHERS_MEANWHILE: u64 = 16;
/// An actor that is left waiting waits for so many steps at most.
const LATE: u64 = 32;

/// The executor of a simulation.
pub(super) struct Executor {
    shared: Arc<Shared>,
    desks: Vec<Desk>,
    /// Its simulation's, which has it for longer.
    state: Rc<RefCell<State>>,
}

/// A worker, and what it is at.
struct Desk {
    /// Made by a box, which the executor owns.
    worker: NonNull<Worker>,
    in_turn: Cell<bool>,
    /// Whose turn it is.
    at: Cell<Option<CellPtr>>,
    /// It stands still until then.
    frozen: Cell<Nanos>,
}

/// What is done in a step.
enum Doing {
    Turn { worker: usize, task: Task },
    Timers { worker: usize },
    Blocking,
}

impl Executor {
    pub(super) fn new(shared: Arc<Shared>, workers: Vec<Worker>, state: Rc<RefCell<State>>) -> Rc<Self> {
        let desks = workers.into_iter().map(|worker| {
            worker.sit_down();
            // Nothing runs between two steps.
            worker.desk().activity.fetch_add(1, Ordering::SeqCst);
            let worker = NonNull::from(Box::leak(Box::new(worker)));
            Desk { worker, in_turn: Cell::new(false), at: Cell::new(None), frozen: Cell::new(0) }
        });
        Rc::new(Self { shared, desks: desks.collect(), state })
    }

    /// Runs `f` on the state. Nothing of the engine runs in it.
    pub(super) fn state<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.borrow_mut())
    }

    fn now(&self) -> Nanos {
        self.shared.clock.now()
    }

    /// Takes a step: a turn, timers, or blocking work. False if there is none to take, or the limit is reached.
    pub(super) fn step(self: &Rc<Self>) -> bool {
        let stepped = self.directing(|| self.go_on());
        judging::look(&self.state, &self.shared);
        stepped
    }

    /// Has this actor handle one message, which `look` is shown, if it has one to handle. In as many turns as what is before it takes
    /// that reaches no handler.
    pub(super) fn step_with(self: &Rc<Self>, raw: Raw, look: Look) {
        self.state(|state| (state.expecting, state.scripted) = (Some((raw, look)), true));
        while self.state(|state| state.expecting.is_some() && state.broken.is_none()) {
            self.gather();
            let Some(task) = self.take_of(raw) else { break };
            self.directing(|| self.perform(Doing::Turn { worker: 0, task }));
        }
        self.state(|state| (state.expecting, state.scripted) = (None, false));
        judging::look(&self.state, &self.shared);
    }

    fn directing<R>(self: &Rc<Self>, step: impl FnOnce() -> R) -> R {
        noting(&self.state, &self.shared, || directing(Rc::clone(self) as Rc<dyn Direct>, step))
    }

    /// Takes an actor out of those that are runnable.
    fn take_of(&self, raw: Raw) -> Option<Task> {
        self.state(|state| state.runnable.take(tenant(raw)?))
    }

    /// Whether this actor is runnable, so that nobody but the executor owns it.
    pub(super) fn owns(&self, raw: Raw) -> bool {
        self.gather();
        tenant(raw).is_some_and(|cell| self.state(|state| state.runnable.has(cell)))
    }

    /// When the next timer can fire.
    pub(super) fn next_due(&self) -> Option<Nanos> {
        // A worker that stands still is late.
        self.desks.iter().filter_map(|desk| Some(first_due(desk)?.max(desk.frozen.get()))).min()
    }

    /// Lets time pass.
    pub(super) fn go_to(&self, at: Nanos) {
        if at > self.now() {
            self.shared.clock.go_to(at);
            self.note(0, NOBODY, What::Time);
        }
    }

    /// Nothing is left to do: what has ended may be collected.
    pub(super) fn flush(&self) {
        for desk in &self.desks {
            // SAFETY: a worker of this thread, between two steps.
            unsafe { stepping::flush(desk.worker) };
        }
    }

    /// The number of steps so far.
    pub(super) fn steps(&self) -> u64 {
        self.state(|state| state.steps)
    }

    pub(super) fn is_over_limit(&self) -> bool {
        self.state(|state| state.over)
    }

    /// One step, of a worker that is free.
    fn go_on(&self) -> bool {
        self.gather();
        let Some(doing) = self.choose() else { return false };
        self.perform(doing);
        true
    }

    /// Takes what is runnable from the workers and the injector.
    fn gather(&self) {
        let mut fresh = Vec::new();
        for desk in &self.desks {
            // SAFETY: a worker of this thread, which nobody borrows: it is free, or its turn pauses.
            unsafe { stepping::give_runnable(desk.worker, |task| fresh.push(task)) };
        }
        stepping::give_injected(&self.shared, |task| fresh.push(task));
        for task in fresh {
            if let Some(why) = self.not_its_owner(task.0) {
                self.state(|state| state.broken = Some(why));
                return;
            }
            let number = self.number(task.0);
            let now = self.now();
            self.state(|state| {
                let mut from = 0;
                if strikes(&mut state.choices, state.faults.late) {
                    let steps = 1 + state.choices.below(LATE);
                    from = state.steps + steps;
                    state.note(now, 0, number, What::Late(steps));
                }
                state.runnable.push(task, from);
            });
        }
    }

    /// Why whoever has made this actor runnable cannot have owned it, if that is so.
    fn not_its_owner(&self, cell: CellPtr) -> Option<String> {
        let in_turn = self.desks.iter().any(|desk| desk.at.get() == Some(cell));
        let runnable = self.state(|state| state.runnable.has(cell));
        let why = not_owned(cell, in_turn, runnable)?;
        let name = self.state(|state| state.cast.find(raw_of(cell)).map(|number| state.cast.name(number)));
        Some(format!("an actor has two owners: {} {why}", name.as_deref().unwrap_or("one")))
    }

    /// What has been found that cannot be, if anything has.
    pub(super) fn broken(&self) -> Option<String> {
        self.state(|state| state.broken.clone())
    }

    /// Draws what is done next, and by whom.
    fn choose(&self) -> Option<Doing> {
        let now = self.now();
        let is_free = |desk: &Desk| !desk.in_turn.get() && desk.frozen.get() <= now;
        let free: Vec<_> = (0..self.desks.len()).filter(|worker| is_free(&self.desks[*worker])).collect();
        if free.is_empty() {
            return None;
        }
        let arriving = self.shared.arriving_count.load(Ordering::Acquire) > 0;
        let is_due = |worker: &usize| first_due(&self.desks[*worker]).is_some_and(|due| due <= now);
        let due: Vec<_> = free.iter().copied().filter(|worker| arriving || is_due(worker)).collect();
        let blocking = self.shared.errands.usage().pending() > 0;
        self.state(|state| {
            if state.broken.is_some() {
                return None;
            }
            let steps = state.steps;
            let in_time = state.runnable.ready(steps);
            // Inside a turn of another's, whoever is late stays late, and work that blocks is not begun.
            let outermost = state.turns.is_empty();
            let blocking = usize::from(blocking && outermost);
            let late = in_time + due.len() + blocking == 0;
            if late && !outermost {
                return None;
            }
            let tasks = if late { state.runnable.len() } else { in_time };
            let all = tasks + due.len() + blocking;
            if all == 0 {
                return None;
            }
            if state.steps >= state.steps_most {
                state.over = true;
                return None;
            }
            state.steps += 1;
            let mut chosen = state.choices.below(all as u64) as usize;
            if chosen < tasks {
                let worker = free[state.choices.below(free.len() as u64) as usize];
                let Some(task) = state.runnable.take_nth(chosen, !late) else {
                    unreachable!("as many as were counted")
                };
                return Some(Doing::Turn { worker, task });
            }
            chosen -= tasks;
            Some(due.get(chosen).map_or(Doing::Blocking, |worker| Doing::Timers { worker: *worker }))
        })
    }

    fn perform(&self, doing: Doing) {
        match doing {
            Doing::Turn { worker, task } => {
                let number = self.number(task.0);
                self.note(worker, number, What::Turn);
                // SAFETY: the worker is free, and the task was taken out of a queue of this system.
                self.on(worker, Some(task.0), |this| unsafe { stepping::run(this, task) });
            }
            Doing::Timers { worker } => {
                self.note(worker, NOBODY, What::Timers);
                let now = self.now();
                // SAFETY: the worker is free.
                self.on(worker, None, |this| unsafe { stepping::fire(this, now) });
            }
            Doing::Blocking => {
                self.note(0, NOBODY, What::Blocking);
                // By nobody's thread, as it would be.
                let _: bool = blocking::run_here(&self.shared);
            }
        }
    }

    /// Has a worker at it for the length of `piece`.
    fn on(&self, worker: usize, at: Option<CellPtr>, piece: impl FnOnce(NonNull<Worker>)) {
        /// Also where the engine itself panics: inside another's turn that would pass for a fault of that actor's.
        struct Over<'e> {
            executor: &'e Executor,
            worker: usize,
            whole: bool,
        }
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                let desk = &self.executor.desks[self.worker];
                desk.at.set(None);
                desk.in_turn.set(false);
                self.executor.state(|state| {
                    state.turns.pop();
                    // Not whether the thread unwinds: it may have done so before.
                    if !self.whole {
                        state.broken.get_or_insert_with(|| "the engine itself has panicked".to_owned());
                    }
                });
            }
        }
        let desk = &self.desks[worker];
        desk.in_turn.set(true);
        desk.at.set(at);
        self.state(|state| state.turns.push(worker));
        let mut over = Over { executor: self, worker, whole: false };
        piece(desk.worker);
        over.whole = true;
    }

    /// An actor's number in this simulation. The caller owns it.
    fn number(&self, cell: CellPtr) -> u32 {
        self.state(|state| {
            let raw = raw_of(cell);
            if let Some(number) = state.cast.find(raw) {
                return number;
            }
            // SAFETY: it is runnable or in a turn of this thread's, so it has not ended.
            let table = || &unsafe { cell.as_ref().kind() }.table;
            let number = state.cast.number(raw, || ((table().type_name)(), (table().message_name)()));
            for when in WHENS {
                state.cast.draw_failure(number, when, state.faults, &mut state.choices);
            }
            number
        })
    }

    fn note(&self, worker: usize, actor: u32, what: What) {
        let at = self.now();
        self.state(|state| state.note(at, worker, actor, what));
    }

    /// Who is in a turn, innermost.
    fn inner(&self) -> usize {
        self.state(|state| state.turns.last().copied().unwrap_or(0))
    }

    /// Others that could run beside the turns that are under way.
    fn others(&self) -> impl Iterator<Item = usize> {
        let now = self.now();
        self.desks
            .iter()
            .enumerate()
            .filter(move |(_, desk)| !desk.in_turn.get() && desk.frozen.get() <= now)
            .map(|(worker, _)| worker)
    }

    /// What goes wrong at this place of a turn.
    fn go_wrong(&self, number: u32) -> u64 {
        let worker = self.inner();
        let (faults, now) = (self.state(|state| state.faults), self.now());
        if let Some((victim, raw, kill)) = self.state(|state| {
            let strikes = strikes(&mut state.choices, faults.stops);
            let (victim, raw) = strikes.then(|| state.cast.draw(&mut state.choices)).flatten()?;
            let kill = state.choices.below(4) == 3;
            state.struck.push((ActorId(raw), kill));
            Some((victim, raw, kill))
        }) {
            self.note(worker, victim, if kill { What::Kill } else { What::Stop });
            let address = Address::<()>::new(raw);
            let _: Stopping = if kill { address.kill() } else { address.stop() };
        }
        if self.state(|state| strikes(&mut state.choices, faults.frozen.0)) {
            let others: Vec<_> = self.others().collect();
            // One is left: the one whose turn this is.
            if !others.is_empty() {
                let until = self.state(|state| {
                    let at = others[state.choices.below(others.len() as u64) as usize];
                    (at, now.saturating_add(1 + state.choices.below(faults.frozen.1)))
                });
                self.desks[until.0].frozen.set(until.1);
                self.note(until.0, NOBODY, What::Freeze(until.1));
            }
        }
        if !self.state(|state| strikes(&mut state.choices, faults.slow.0)) {
            return 0;
        }
        let (time, steps) = self
            .state(|state| (1 + state.choices.below(faults.slow.1), state.choices.below(OTHERS_MEANWHILE)));
        self.note(worker, number, What::Slow(time));
        self.shared.clock.go_to(now.saturating_add(time));
        steps
    }
}

fn first_due(desk: &Desk) -> Option<Nanos> {
    // SAFETY: a worker of this thread, which nobody borrows: it is free, or its turn pauses.
    unsafe { stepping::first_due(desk.worker) }
}

/// The cell of this actor, if it has not ended.
fn tenant(raw: Raw) -> Option<CellPtr> {
    let cell = raw.cell();
    (raw_of(cell) == raw).then_some(cell)
}

/// The address of the cell's tenant, if the caller owns it; else by a glance.
fn raw_of(cell: CellPtr) -> Raw {
    // SAFETY: cells are never unmapped.
    Raw::new(arena::number(cell), unsafe { cell.as_ref() }.generation())
}

impl Direct for Executor {
    fn budget(&self, batch: u32) -> u32 {
        // The simplest turn is a whole one.
        self.state(
            |state| if state.scripted { 1 } else { batch - state.choices.below(u64::from(batch)) as u32 },
        )
    }

    fn pause(&self, cell: CellPtr, before: bool) {
        let number = self.number(cell);
        if self.state(|state| state.scripted) {
            return;
        }
        let meanwhile = if before { self.go_wrong(number) } else { 0 };
        if self.others().next().is_none() {
            return;
        }
        let steps = self.state(|state| {
            let lets = state.choices.below(PAUSES) + 1 == PAUSES;
            meanwhile + if lets { 1 + state.choices.below(OTHERS) } else { 0 }
        });
        for _ in 0..steps {
            if !self.go_on() {
                break;
            }
        }
    }

    fn cue(&self, cell: CellPtr, message: &dyn Any) -> Cue {
        let number = self.number(cell);
        let raw = raw_of(cell);
        let look = self.state(|state| state.expecting.take_if(|(of, _)| *of == raw));
        if let Some((_, look)) = look {
            // What it panics with is the test's, and no fault of the actor's.
            let found = caught(|| look(message));
            self.state(|state| state.found = Some(found));
        }
        let cue = self.state(|state| {
            let Some(when) = state.cast.fails_now(number, state.scripted) else { return Cue::Handle };
            let how = if state.choices.below(2) == 0 { How::Returns } else { How::Panics };
            state.cast.draw_failure(number, when, state.faults, &mut state.choices);
            match when {
                When::Before => Cue::Fail(how),
                When::After => Cue::FailAfter(how),
            }
        });
        let what = match cue {
            Cue::Handle => What::Message,
            Cue::Fail(How::Panics) => What::Panic,
            Cue::Fail(How::Returns) => What::Fail,
            Cue::FailAfter(How::Panics) => What::PanicAfter,
            Cue::FailAfter(How::Returns) => What::FailAfter,
        };
        self.note(self.inner(), number, what);
        cue
    }

    fn failed(&self, cell: CellPtr, fault: &dyn Any) {
        let Some(fault) = fault.downcast_ref::<Fault>() else { return };
        if self.state(|state| state.failures.watched) {
            judging::failed(&self.state, self.now(), self.number(cell), fault);
        }
    }

    fn draw(&self, bound: u64) -> u64 {
        self.state(|state| state.choices.below(bound))
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        for desk in &self.desks {
            // SAFETY: made by a box in `new`; no step is under way, as its director is this very executor.
            drop(unsafe { Box::from_raw(desk.worker.as_ptr()) });
        }
    }
}

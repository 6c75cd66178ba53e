//! A world for trees of machines: leaves that start, fail and end, supervisors that are machines, orders and reports that lie
//! between them until somebody moves them. It looks on at every step: who is above whom, who is told what, and how often.

use super::command::{Alarm, Command, Outcome, Plan, Role};
use super::courier::{Courier, Parcel};
use super::keeper::Keeper;
use super::strategy::{Decision, Strategy};
use crate::time::Nanos;
use std::collections::VecDeque;

/// What is to be built, and built again on each restart.
#[derive(Debug, Clone)]
pub(super) struct Blueprint {
    pub(super) role: Role,
    pub(super) below: Option<(Plan, Vec<Blueprint>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It has a place, and has not begun.
    Unmade,
    Up,
    Held,
    Vacant,
    Dead,
}

/// What lies before an actor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Begin,
    Vacate,
    Resume,
    Stop,
    Kill,
    /// By the state of its supervisor, which somebody else has ended.
    Drop,
    /// For this incarnation.
    Clear(u64),
    Abort(u64),
}

/// What an actor tells its supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Report {
    Started,
    Failed,
    Cleared,
    Vacated,
    Ended(bool),
}

#[derive(Debug)]
pub(super) struct Actor {
    blueprint: Blueprint,
    /// Whose child, which one, and of which incarnation of that.
    above: Option<(usize, usize, u64)>,
    pub(super) state: State,
    /// By somebody else than its supervisor.
    ousted: bool,
    incarnation: u64,
    orders: VecDeque<Order>,
    reports: VecDeque<Report>,
    pub(super) desk: Option<Desk>,
}

/// A supervisor while it is up.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) keeper: Keeper,
    pub(super) children: Vec<Option<usize>>,
    couriers: Vec<Courier>,
    alarms: Vec<(Alarm, Nanos)>,
    aborted: bool,
    /// Which of the children have been told to end.
    leaving: Vec<bool>,
}

/// Something that can happen next.
#[derive(Debug, Clone, Copy)]
pub(super) enum Move {
    Order(usize),
    Report(usize),
    Ring(usize, usize),
}

/// What chance decides; a script, or a generator.
pub(super) trait Fate {
    fn start_fails(&mut self) -> bool;
    fn stop_fails(&mut self) -> bool;
    fn decision(&mut self) -> Decision;
}

/// Each that happened is heard once, by a supervisor, or by nobody for a reason.
#[derive(Debug, Default)]
pub(super) struct Failures {
    pub(super) happened: u64,
    pub(super) heard: u64,
    /// The root's, and those whose supervisor somebody else had ended.
    pub(super) unheard: u64,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) actors: Vec<Actor>,
    pub(super) now: Nanos,
    /// What was commanded, with paths.
    pub(super) said: Vec<String>,
    pub(super) failures: Failures,
    /// How the root ended.
    pub(super) over: Option<Outcome>,
}

impl World {
    pub(super) fn new(root: Blueprint, fate: &mut impl Fate) -> Self {
        let mut world =
            World { actors: Vec::new(), now: 0, said: Vec::new(), failures: Failures::default(), over: None };
        world.place(root, None);
        world.obey(0, Order::Begin, fate);
        world
    }

    fn place(&mut self, blueprint: Blueprint, above: Option<(usize, usize, u64)>) -> usize {
        self.actors.push(Actor {
            blueprint,
            above,
            state: State::Unmade,
            ousted: false,
            incarnation: 0,
            orders: VecDeque::new(),
            reports: VecDeque::new(),
            desk: None,
        });
        self.actors.len() - 1
    }

    /// As "0/2/1".
    fn path(&self, who: usize) -> String {
        match self.actors[who].above {
            None => "root".into(),
            Some((above, child, _)) if self.actors[above].above.is_none() => child.to_string(),
            Some((above, child, _)) => format!("{}/{child}", self.path(above)),
        }
    }

    pub(super) fn moves(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        for (n, actor) in self.actors.iter().enumerate() {
            moves.extend((!actor.reports.is_empty()).then_some(Move::Report(n)));
            moves.extend((!actor.orders.is_empty()).then_some(Move::Order(n)));
        }
        moves
    }

    /// The alarms, the earliest first.
    pub(super) fn rings(&self) -> Vec<Move> {
        let mut rings = Vec::new();
        for (n, actor) in self.actors.iter().enumerate() {
            let alarms = actor.desk.iter().flat_map(|desk| desk.alarms.iter().enumerate());
            rings.extend(alarms.map(|(alarm, (_, at))| (*at, Move::Ring(n, alarm))));
        }
        rings.sort_by_key(|(at, _)| *at);
        rings.into_iter().map(|(_, ring)| ring).collect()
    }

    pub(super) fn make(&mut self, what: Move, fate: &mut impl Fate) {
        match what {
            Move::Order(who) => {
                let order = self.actors[who].orders.pop_front().expect("an order lies there");
                self.obey(who, order, fate);
            }
            Move::Report(who) => {
                let report = self.actors[who].reports.pop_front().expect("a report lies there");
                self.hear(who, report, fate);
            }
            Move::Ring(who, alarm) => {
                let desk = self.actors[who].desk.as_mut().expect("who has an alarm is up");
                let (alarm, at) = desk.alarms.remove(alarm);
                self.now = self.now.max(at);
                desk.keeper.alarm(alarm, self.now);
                self.carry_out(who);
            }
        }
    }

    /// A leaf's handler fails.
    pub(super) fn fail(&mut self, who: usize) {
        assert_eq!(self.actors[who].state, State::Up);
        self.actors[who].state = State::Held;
        self.report(who, Report::Failed);
    }

    /// An actor is ended by somebody else than its supervisor, or stops itself.
    pub(super) fn end(&mut self, who: usize, good: bool) {
        self.actors[who].orders.clear();
        self.actors[who].ousted = true;
        if let Some(desk) = self.actors[who].desk.take() {
            // What was its state kills what is left, when it is dropped.
            for child in desk.children.into_iter().rev().flatten() {
                self.actors[child].orders.push_back(Order::Drop);
            }
        }
        self.actors[who].state = State::Dead;
        self.report(who, Report::Ended(good));
    }

    pub(super) fn stop(&mut self) {
        if let Some(desk) = &mut self.actors[0].desk {
            desk.keeper.stop();
            self.carry_out(0);
        }
    }

    fn report(&mut self, who: usize, report: Report) {
        self.failures.happened += u64::from(report == Report::Failed);
        if let Some(desk) = &self.actors[who].desk {
            // Whatever it says of its own end, it has outlived its children; also when it fails.
            let left = |child: &&usize| self.actors[**child].state != State::Dead;
            let left: Vec<_> = desk.children.iter().flatten().filter(left).collect();
            let over =
                matches!(report, Report::Failed | Report::Vacated | Report::Ended(_) | Report::Cleared);
            assert!(!over || left.is_empty(), "{} says {report:?} over {left:?}", self.path(who));
        }
        self.actors[who].reports.push_back(report);
    }

    fn obey(&mut self, who: usize, order: Order, fate: &mut impl Fate) {
        let incarnation = self.actors[who].incarnation;
        match (order, self.actors[who].state) {
            (_, State::Dead) => {}
            (Order::Begin, State::Unmade | State::Vacant) => {
                let actor = &mut self.actors[who];
                actor.incarnation += 1;
                let Some((plan, below)) = actor.blueprint.below.clone() else {
                    if fate.start_fails() {
                        actor.state = State::Held;
                        return self.report(who, Report::Failed);
                    }
                    actor.state = State::Up;
                    return self.report(who, Report::Started);
                };
                actor.state = State::Up;
                actor.desk = Some(Desk {
                    keeper: Keeper::new(plan, below.iter().map(|child| child.role)),
                    children: vec![None; below.len()],
                    couriers: below.iter().map(|_| Courier::default()).collect(),
                    alarms: Vec::new(),
                    aborted: false,
                    leaving: vec![false; below.len()],
                });
                actor.desk.as_mut().expect("just made").keeper.start();
                self.carry_out(who);
            }
            (Order::Vacate, State::Up | State::Held) => {
                self.report(who, Report::Vacated);
                self.actors[who].state = State::Vacant;
                self.actors[who].desk = None;
            }
            (Order::Resume, State::Held) => self.actors[who].state = State::Up,
            // It may fail over what it handles before it ends.
            (Order::Stop, State::Up) if self.actors[who].desk.is_none() && fate.stop_fails() => {
                self.actors[who].state = State::Held;
                self.report(who, Report::Failed);
            }
            (Order::Stop, State::Up) => {
                self.report(who, Report::Ended(true));
                self.actors[who].state = State::Dead;
                self.actors[who].desk = None;
            }
            // Who is held stays so.
            (Order::Stop, State::Held) => {}
            (Order::Drop, _) => self.end(who, false),
            (Order::Kill, _) => {
                self.report(who, Report::Ended(false));
                self.actors[who].state = State::Dead;
                self.actors[who].desk = None;
            }
            (Order::Clear(of), State::Up) if of == incarnation => {
                self.actors[who].desk.as_mut().expect("a supervisor is up").keeper.stop();
                self.carry_out(who);
            }
            (Order::Abort(of), State::Up) if of == incarnation => {
                let desk = self.actors[who].desk.as_mut().expect("a supervisor is up");
                desk.aborted = true;
                desk.keeper.abort();
                self.carry_out(who);
            }
            // Left from before a restart, or behind a failure.
            (Order::Clear(_) | Order::Abort(_), _) => {}
            (order, state) => panic!("{} is told {order:?} while {state:?}", self.path(who)),
        }
    }

    fn hear(&mut self, who: usize, report: Report, fate: &mut impl Fate) {
        let Some((above, child, of)) = self.actors[who].above else {
            // The root's end, or its fault, is nobody's but the user's.
            self.failures.unheard += u64::from(report == Report::Failed);
            return;
        };
        let now = self.now;
        let supervisor = &mut self.actors[above];
        let is_there = supervisor.incarnation == of && supervisor.state == State::Up;
        let Some(desk) =
            supervisor.desk.as_mut().filter(|desk| is_there && desk.children[child] == Some(who))
        else {
            assert!(self.actors[above].ousted, "{report:?} of {} is for nobody", self.path(who));
            self.failures.unheard += u64::from(report == Report::Failed);
            return;
        };
        let keeper = &mut desk.keeper;
        let parcel = match report {
            Report::Started => {
                keeper.started(child, now);
                Parcel::Nothing
            }
            Report::Failed => {
                self.failures.heard += 1;
                let parcel = desk.couriers[child].failed(child);
                let before = answers(keeper);
                let decision = if keeper.decides(child) { fate.decision() } else { Decision::Restart };
                keeper.failed(child, decision, now);
                let after = answers(keeper);
                let resumed = keeper.peek().any(|command| *command == Command::Resume(child));
                let killed = keeper.peek().any(|command| *command == Command::Kill(child));
                // Each fault has one answer.
                let stopped = !resumed && after == before && killed;
                let count = after - before + u64::from(resumed) + u64::from(stopped);
                assert_eq!(count, 1, "{}: {decision:?}", self.path(who));
                parcel
            }
            Report::Cleared => desk.couriers[child].cleared(child),
            Report::Vacated => {
                desk.couriers[child].gone();
                keeper.vacated(child, now);
                Parcel::Nothing
            }
            Report::Ended(good) => {
                desk.couriers[child].gone();
                desk.children[child] = None;
                keeper.ended(child, good, now);
                Parcel::Nothing
            }
        };
        self.hand_over(above, child, parcel);
        self.carry_out(above);
    }

    /// Does what a supervisor's machine commands.
    fn carry_out(&mut self, who: usize) {
        loop {
            let now = self.now;
            let Some(desk) = &mut self.actors[who].desk else { return };
            let Some(command) = desk.keeper.command() else { return };
            match command {
                Command::Make(child) => {
                    self.look_on(who, child, command);
                    self.leave(who, child, false);
                    let blueprint = match &self.actors[who].blueprint.below {
                        Some((_, below)) => below[child].clone(),
                        None => unreachable!("a supervisor has a blueprint of its children"),
                    };
                    let incarnation = self.actors[who].incarnation;
                    let made = self.place(blueprint, Some((who, child, incarnation)));
                    let desk = self.actors[who].desk.as_mut().expect("seen above");
                    assert_eq!(desk.children[child].replace(made), None, "one child at a time");
                    let parcel = desk.couriers[child].order(command);
                    self.hand_over(who, child, parcel);
                }
                Command::Vacate(child)
                | Command::Occupy(child)
                | Command::Resume(child)
                | Command::Drain(child)
                | Command::StopNow(child)
                | Command::Kill(child) => {
                    self.look_on(who, child, command);
                    if let Command::Drain(_) | Command::StopNow(_) | Command::Kill(_) = command {
                        self.leave(who, child, true);
                    }
                    let desk = self.actors[who].desk.as_mut().expect("seen above");
                    let is_leaf =
                        desk.children[child].is_some_and(|it| self.actors[it].blueprint.below.is_none());
                    let desk = self.actors[who].desk.as_mut().expect("seen above");
                    let parcel =
                        if is_leaf { Parcel::Order(command) } else { desk.couriers[child].order(command) };
                    self.hand_over(who, child, parcel);
                }
                Command::Arm(alarm, after) => desk.alarms.push((alarm, now + after)),
                Command::Disarm(alarm) => desk.alarms.retain(|(other, _)| *other != alarm),
                Command::Restarting(..) | Command::Up { .. } => {}
                Command::Ready => {
                    if self.actors[who].above.is_some() {
                        self.report(who, Report::Started);
                    }
                }
                Command::Down(outcome) => {
                    assert!(desk.alarms.is_empty(), "{:?}", desk.alarms);
                    assert!(desk.children.iter().all(Option::is_none));
                    let is_root = self.actors[who].above.is_none();
                    match outcome {
                        Outcome::Stopped if is_root => {
                            self.over = Some(outcome);
                            self.actors[who].state = State::Dead;
                        }
                        Outcome::Stopped => self.report(who, Report::Cleared),
                        Outcome::Escalated { .. } => {
                            self.said.push(format!("escalate {}", self.path(who)));
                            self.report(who, Report::Failed);
                            self.actors[who].state = if is_root { State::Dead } else { State::Held };
                            self.over = if is_root { Some(outcome) } else { self.over };
                        }
                    }
                }
            }
        }
    }

    fn leave(&mut self, who: usize, child: usize, leaves: bool) {
        if let Some(desk) = &mut self.actors[who].desk {
            desk.leaving[child] = leaves;
        }
    }

    fn hand_over(&mut self, above: usize, child: usize, parcel: Parcel) {
        let Some(who) = self.actors[above].desk.as_ref().and_then(|desk| desk.children[child]) else {
            assert_eq!(parcel, Parcel::Nothing, "to nobody");
            return;
        };
        // The incarnation that will be, once what lies before it is done.
        let begins = self.actors[who].orders.iter().filter(|order| **order == Order::Begin).count();
        let incarnation = self.actors[who].incarnation + begins as u64;
        let order = match parcel {
            Parcel::Nothing => return,
            Parcel::Clear => Order::Clear(incarnation),
            Parcel::Abort => Order::Abort(incarnation),
            Parcel::Order(Command::Make(_) | Command::Occupy(_)) => Order::Begin,
            Parcel::Order(Command::Vacate(_)) => Order::Vacate,
            Parcel::Order(Command::Resume(_)) => Order::Resume,
            Parcel::Order(Command::Drain(_) | Command::StopNow(_)) => Order::Stop,
            Parcel::Order(Command::Kill(_)) => Order::Kill,
            Parcel::Order(other) => panic!("{other:?} is for no child"),
        };
        let word = match order {
            Order::Begin => "begin",
            Order::Vacate => "vacate",
            Order::Resume => "resume",
            Order::Stop => "stop",
            Order::Kill | Order::Drop => "kill",
            Order::Clear(_) => "clear",
            Order::Abort(_) => "abort",
        };
        self.said.push(format!("{word} {}", self.path(who)));
        self.actors[who].orders.push_back(order);
    }

    /// Reverse order on the way down, and order on the way up.
    fn look_on(&self, who: usize, child: usize, command: Command) {
        let Some(desk) = &self.actors[who].desk else { return };
        let Some((plan, _)) = &self.actors[who].blueprint.below else { return };
        let state = |child: usize| desk.children[child].map_or(State::Dead, |it| self.actors[it].state);
        let behind = || (child + 1..desk.children.len()).map(state);
        let down = |state| matches!(state, State::Dead | State::Vacant);
        match command {
            Command::Drain(_) | Command::StopNow(_) | Command::Kill(_)
                // One that was told to end before, by a decision, and is slow about it, waits for nobody.
                if desk.keeper.is_winding() && !desk.aborted && !desk.leaving[child] =>
            {
                assert!(behind().all(|state| state == State::Dead), "{command:?} before those behind it");
            }
            Command::Vacate(_) | Command::Make(_) | Command::Occupy(_)
                if plan.strategy != Strategy::OneForOne =>
            {
                assert!(behind().all(down), "{command:?} beside {:?}", behind().collect::<Vec<_>>());
            }
            _ => {}
        }
        if let Command::Make(_) | Command::Occupy(_) = command {
            assert!(down(state(child)), "{command:?} over one that is there");
        }
    }
}

/// Answers to faults that a machine counts itself.
fn answers(keeper: &Keeper) -> u64 {
    keeper.restarts() + keeper.merged() + u64::from(keeper.is_winding())
}

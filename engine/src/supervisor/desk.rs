//! The supervisor as an actor: it carries out what the machine commands, and tells the machine what happens.

use super::child::{Desk, Place, Supervisor, Upward};
use super::command::{Alarm, Command, Outcome, Plan};
use super::courier::{Courier, Parcel};
use super::directory::Licence;
use super::error::{Cause, Escalation, TreeError};
use super::event::{self, Happened, TreeEvent};
use super::keeper::Keeper;
use super::order::{Order, Said, Word, tell};
use super::strategy::{Decision, Intensity};
use crate::actor::behavior::{Actor, Context};
use crate::actor::exit::{Exit, Failure, Report};
use crate::actor::fault::Fault;
use crate::panics::{caught, discard};
use crate::sync::Arc;
use crate::time::nanos;
use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;
use std::time::Duration;

impl Supervisor {
    /// Whether the names can be told apart, and the intensity is a limit.
    ///
    /// # Errors
    /// What is not so.
    pub(super) fn check(&self) -> Result<(), TreeError> {
        if self.most > 0 && self.within.is_zero() {
            return Err(TreeError::Intensity { most: self.most });
        }
        let mut known = HashSet::new();
        for child in &self.children {
            if child.name.is_empty() || child.name.contains('/') {
                return Err(TreeError::Name { given: child.name.clone() });
            }
            if !known.insert(&child.name) {
                return Err(TreeError::Duplicate { name: child.name.clone() });
            }
        }
        Ok(())
    }

    fn sit_down(&mut self, cx: &Context<'_, Self>) -> Desk {
        let plan = Plan {
            strategy: self.strategy,
            intensity: Intensity { most: self.most, within: nanos(self.within) },
            backoff: self.backoff.take(),
            quiet: nanos(self.quiet.unwrap_or(self.within)),
        };
        let (incarnation, path, events) = match &self.upward {
            None => (0, Arc::from(""), None),
            Some(up) => (up.own, Arc::clone(&up.path), up.events),
        };
        let (directory, licence) = match &self.upward {
            None => (self.directory.clone().unwrap_or_default(), Arc::default()),
            Some(up) => (up.directory.clone(), Arc::clone(&up.licence)),
        };
        let places = self.children.iter().map(|child| Place {
            courier: child.seat.is_some().then(Courier::default),
            path: if path.is_empty() {
                child.name.as_str().into()
            } else {
                format!("{path}/{}", child.name).into()
            },
            ..Place::default()
        });
        Desk {
            keeper: Keeper::new(plan, self.children.iter().map(|child| child.role)),
            places: places.collect(),
            timers: HashMap::new(),
            incarnation,
            directory,
            licence,
            events: self.events.or(events),
            watched: event::watched(cx.shared()).clone(),
            counted: 0,
        }
    }

    fn desk(&mut self) -> &mut Desk {
        match &mut self.desk {
            Some(desk) => desk,
            None => unreachable!("a supervisor has its desk before its first message"),
        }
    }

    fn report(&mut self, child: usize, report: Report, cx: &mut Context<'_, Self>) {
        let now = cx.now();
        match report {
            Report::Started => {
                // A supervisor has started when its children have, which it says itself.
                if self.desk().places[child].courier.is_none() {
                    self.desk().keeper.started(child, now);
                }
            }
            Report::Failed(failure) => {
                self.tell_of(child, Happened::Failed(failure.clone()));
                let decides = self.desk().keeper.decides(child);
                if decides {
                    self.desk().places[child].cause = Some(Cause::Failed(failure.clone()));
                }
                let decision = if decides { self.decide(child, &failure) } else { Decision::Restart };
                let courier = self.desk().places[child].courier.as_mut();
                let parcel = courier.map_or(Parcel::Nothing, |courier| courier.failed(child));
                self.desk().keeper.failed(child, decision, now);
                self.hand_over(child, parcel);
            }
            Report::Vacated => {
                self.gone(child);
                self.desk().keeper.vacated(child, now);
            }
            Report::Ended(exit) => {
                let desk = self.desk();
                let place = &mut desk.places[child];
                desk.directory.0.strike(&place.path, &desk.licence);
                if desk.keeper.decides(child) {
                    place.cause = Some(Cause::Ended(exit.clone()));
                }
                let hired = place.hired.take();
                self.gone(child);
                self.tell_of(child, Happened::Ended(exit.clone()));
                if let Some(hired) = hired {
                    hired.dismiss(cx);
                }
                self.desk().keeper.ended(child, matches!(exit, Exit::Stopped), now);
            }
        }
    }

    /// The state of a child is gone, and with it what was known of its children.
    fn gone(&mut self, child: usize) {
        let desk = self.desk();
        let place = &mut desk.places[child];
        if let Some(courier) = &mut place.courier {
            courier.gone();
        }
        if let Some(licence) = place.licence.take() {
            desk.directory.0.revoke(&place.path, &licence);
        }
    }

    /// Asks the user.
    fn decide(&mut self, child: usize, failure: &Failure) -> Decision {
        let (name, decide) = (&self.children[child].name, &mut self.on_fault);
        let Some(decide) = decide else { return Decision::Restart };
        caught(|| decide(name, failure)).unwrap_or_else(|payload| {
            discard(payload);
            Decision::Escalate
        })
    }

    /// Does what the machine commands.
    ///
    /// # Errors
    /// The supervisor gives up.
    fn carry_out(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let outcome = loop {
            let Some(command) = self.desk().keeper.command() else { break None };
            match command {
                Command::Make(child) => self.make(child, cx),
                Command::Vacate(child)
                | Command::Occupy(child)
                | Command::Resume(child)
                | Command::Drain(child)
                | Command::StopNow(child)
                | Command::Kill(child) => self.order(child, command, cx),
                Command::Arm(alarm, after) => {
                    if matches!(alarm, Alarm::Pause { .. }) {
                        self.desk().directory.0.pause();
                    }
                    let timer = cx.after(Duration::from_nanos(after), Order(Word::Alarm(alarm)));
                    self.desk().timers.insert(alarm, timer);
                }
                Command::Disarm(alarm) => {
                    if let Some(timer) = self.desk().take_timer(alarm) {
                        // One that has fired is of a serial number that nobody waits for.
                        let _fired = !timer.cancel();
                    }
                }
                Command::Restarting(child, after) => {
                    self.tell_of(child, Happened::Restarting { after: Duration::from_nanos(after) });
                }
                Command::Up { child, first } => {
                    self.tell_of(child, if first { Happened::Started } else { Happened::Restarted });
                }
                Command::Ready => self.say(Said::Ready),
                Command::Down(outcome) => break Some(outcome),
            }
        };
        let desk = self.desk();
        let restarts = desk.keeper.restarts();
        desk.directory.0.restarted(restarts - desk.counted);
        desk.counted = restarts;
        match outcome {
            None => Ok(()),
            Some(Outcome::Stopped) if self.upward.is_none() => {
                cx.stop_now();
                Ok(())
            }
            Some(Outcome::Stopped) => {
                self.say(Said::Cleared);
                Ok(())
            }
            Some(Outcome::Escalated { child, too_often }) => Err(self.give_up(child, too_often).into()),
        }
    }

    fn give_up(&mut self, child: usize, too_often: bool) -> Escalation {
        let limit = too_often.then_some((self.most, self.within));
        if self.upward.is_none() {
            self.tell(Arc::from(""), Happened::Escalated);
        }
        let name = self.children[child].name.clone();
        let cause = self.desk().places[child].cause.take();
        Escalation { child: name, cause: cause.unwrap_or(Cause::Ended(Exit::Unknown)), limit }
    }

    fn make(&mut self, child: usize, cx: &mut Context<'_, Self>) {
        self.seat(child, cx);
        let desk = match &mut self.desk {
            Some(desk) => desk,
            None => unreachable!("a supervisor has its desk before its first message"),
        };
        let place = &mut desk.places[child];
        let hired = self.children[child].hire.hire(cx, child, &place.path, (&desk.directory, &desk.licence));
        if let Some(courier) = &mut place.courier {
            // It is being made already.
            let _: Parcel = courier.order(Command::Make(child));
        }
        match hired {
            Ok(hired) => place.hired = Some(hired),
            Err(why) => {
                place.hired = None;
                place.cause = Some(Cause::NoSeat(why));
                let now = cx.now();
                self.gone(child);
                self.desk().keeper.ended(child, false, now);
            }
        }
    }

    fn order(&mut self, child: usize, command: Command, cx: &Context<'_, Self>) {
        if let Command::Occupy(_) = command {
            self.seat(child, cx);
        }
        let courier = self.desk().places[child].courier.as_mut();
        let parcel = courier.map_or(Parcel::Order(command), |courier| courier.order(command));
        self.hand_over(child, parcel);
    }

    /// Writes down where a child that is a supervisor finds what it is.
    fn seat(&mut self, child: usize, cx: &Context<'_, Self>) {
        let Some(seat) = self.children[child].seat.clone() else { return };
        let desk = self.desk();
        let place = &mut desk.places[child];
        place.incarnation += 1;
        let licence = place.licence.insert(Licence::below(&desk.licence));
        let upward = Upward {
            parent: cx.me(),
            of: desk.incarnation,
            own: place.incarnation,
            child,
            path: Arc::clone(&place.path),
            directory: desk.directory.clone(),
            licence: Arc::clone(licence),
            events: desk.events,
        };
        *seat.lock().unwrap_or_else(PoisonError::into_inner) = Some(upward);
    }

    fn hand_over(&mut self, child: usize, parcel: Parcel) {
        let place = &self.desk().places[child];
        let Some(hired) = &place.hired else { return };
        match parcel {
            Parcel::Order(Command::Vacate(_)) => hired.vacate(),
            Parcel::Order(Command::Occupy(_)) => hired.occupy(),
            Parcel::Order(Command::Resume(_)) => hired.resume(),
            Parcel::Order(Command::Drain(_)) => hired.drain(),
            Parcel::Order(Command::StopNow(_)) => hired.stop_now(),
            Parcel::Order(Command::Kill(_)) => hired.kill(),
            Parcel::Clear | Parcel::Abort => {
                let word = if parcel == Parcel::Clear { Word::Clear } else { Word::Abort };
                if let Some(below) = hired.supervisor() {
                    tell(below, word(place.incarnation));
                }
            }
            Parcel::Nothing | Parcel::Order(_) => {}
        }
    }

    /// Says something to its own supervisor.
    fn say(&self, said: Said) {
        if let Some(up) = &self.upward {
            tell(up.parent, Word::Below { child: up.child, to: up.of, said });
        }
    }

    fn tell_of(&mut self, child: usize, what: Happened) {
        let path = Arc::clone(&self.desk().places[child].path);
        self.tell(path, what);
    }

    fn tell(&mut self, path: Arc<str>, what: Happened) {
        let event = TreeEvent { path, what, missed: 0 };
        let desk = self.desk();
        if let Some(to) = desk.events {
            // One who has ended wants to know no more.
            let heard = to.tell(event.clone());
            desk.events = heard.is_ok().then_some(to);
        }
        if desk.watched.is_watched() {
            desk.watched.watchers().tell(event);
        }
    }
}

impl Actor for Supervisor {
    type Msg = Order;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.check()?;
        let mut desk = Box::new(self.sit_down(cx));
        desk.keeper.start();
        self.desk = Some(desk);
        self.carry_out(cx)
    }

    fn handle(&mut self, order: Order, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let now = cx.now();
        match order.0 {
            Word::Report(child, report) => self.report(child, report, cx),
            Word::Below { child, to, said } => {
                if to == self.desk().incarnation {
                    match said {
                        Said::Ready => self.desk().keeper.started(child, now),
                        Said::Cleared => {
                            let courier = self.desk().places[child].courier.as_mut();
                            let parcel = courier.map_or(Parcel::Nothing, |courier| courier.cleared(child));
                            self.hand_over(child, parcel);
                        }
                    }
                }
            }
            Word::Alarm(alarm) => {
                let desk = self.desk();
                if desk.take_timer(alarm).is_some() {
                    desk.keeper.alarm(alarm, now);
                }
            }
            Word::Clear(of) if of == self.desk().incarnation => self.desk().keeper.stop(),
            Word::Abort(of) if of == self.desk().incarnation => self.desk().keeper.abort(),
            // For one that was here before.
            Word::Clear(_) | Word::Abort(_) => {}
            Word::Stop => self.desk().keeper.stop(),
            Word::Force => self.desk().keeper.abort(),
        }
        self.carry_out(cx)
    }
}

//! What actors do when a message tells them to.

use crate::book::{ACCEPTED, Alarm, Asked, Flow, Tie, locked};
use crate::debts::Owed;
use crate::full::Bound;
use crate::message::{Line, Message, Token};
use crate::node::Node;
use crate::plan::{Aim, Deed, Order, Way};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{Address, Context, Fault};

/// Whom something is about: a slot, and its address.
pub(crate) type Whom = (u32, Address<Message>);

/// Gives an order, and writes down what follows from it for what is lost.
pub(crate) fn command(book: &crate::book::Book, (slot, address): Whom, order: Order) {
    book.note(|| format!("{order:?} {slot}"));
    if matches!(order, Order::StopNow | Order::Kill) {
        book.slot(slot).cut.store(true, Ordering::Release);
    }
    if order == Order::Kill {
        book.slot(slot).doomed.store(true, Ordering::Release);
    }
    match order {
        Order::Resume => drop(book.resume((slot, address))),
        Order::Suspend => book.suspend((slot, address)),
        Order::Stop => drop(address.stop()),
        Order::StopNow => drop(address.stop_now()),
        Order::Kill => drop(address.kill()),
    }
    if matches!(order, Order::StopNow | Order::Kill) {
        book.told_to_end(slot);
    }
}

impl Node {
    fn whom(&self, aim: Aim) -> Option<Whom> {
        let book = &self.book;
        match aim {
            Aim::Me => book.found(self.slot),
            Aim::Child => book.found(self.child?),
            Aim::Anybody(cast) => book.player(cast),
            Aim::Neighbour(which) => {
                let neighbours = &book.plan.neighbours[self.cast];
                book.player(*neighbours.get(which % neighbours.len().max(1))?)
            }
        }
    }

    /// The line of a message to this one.
    fn line(&self, to: u32, urgent: bool) -> Line {
        if urgent && self.book.cast_of(to).lanes { Line::Urgent } else { Line::Normal }
    }

    /// Runs a program.
    pub(crate) fn perform(&mut self, program: u16, ttl: u8, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let book = Arc::clone(&self.book);
        let Some(ttl) = ttl.checked_sub(1) else { return Ok(()) };
        for deed in &book.plan.programs[program as usize].deeds {
            self.do_as_told(*deed, ttl, cx)?;
        }
        Ok(())
    }

    fn do_as_told(&mut self, deed: Deed, ttl: u8, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let book = Arc::clone(&self.book);
        match deed {
            Deed::Send { aim, times, way, urgent, program } => {
                if let Some(to) = self.whom(aim) {
                    for _ in 0..times {
                        self.send(to, way, urgent, (program, ttl), cx);
                    }
                }
            }
            Deed::Ask { aim, .. } => {
                if let Some(to) = self.whom(aim) {
                    self.ask(to, deed, ttl, cx);
                }
            }
            Deed::Arm { after, program } => self.arm(after, program, ttl, cx),
            Deed::CancelAlarm => self.cancel_alarm(),
            Deed::Tick { period, times } => self.start_ticking(period, times, cx),
            Deed::Unstash { all } => {
                let mut log = locked(&book.slot(self.slot).log);
                let many = if all { log.stash.len() } else { log.stash.len().min(1) };
                let back: Vec<_> = log.stash.drain(..many).collect();
                log.back.extend(back);
                drop(log);
                if all {
                    cx.unstash_all();
                } else {
                    cx.unstash();
                }
            }
            Deed::Spawn { cast, program } => self.spawn(cast, (program, ttl), cx),
            Deed::Command { aim, order } => {
                // Who comes down waits for whoever is suspended over messages.
                let late = order == Order::Suspend && book.closed.load(Ordering::Acquire);
                if let Some(whom) = self.whom(aim).filter(|_| !late) {
                    command(&book, whom, order);
                }
            }
            Deed::Watch { aim } => {
                if let Some((on, address)) = self.whom(aim) {
                    let tie = self.tie(on, Some(!address.is_alive()));
                    let token = Token::new(&book);
                    book.note(|| format!("{} watches {on} by tie {tie}", self.slot));
                    let watch = cx.watch(address, move |ended| Message::Ended { tie, ended, _token: token });
                    self.watches.push((tie, watch));
                }
            }
            Deed::Unwatch => {
                if let Some((tie, watch)) = self.watches.pop() {
                    let cancelled = watch.cancel();
                    book.note(|| format!("{} cancels tie {tie}: {cancelled}", self.slot));
                    let tied = &mut locked(&book.lists).ties[tie as usize];
                    tied.cancelled |= cancelled;
                }
            }
            Deed::Link { aim, trapped } => {
                if let Some(whom) = self.whom(aim).filter(|(slot, _)| *slot != self.slot) {
                    self.link(whom, trapped, cx);
                }
            }
            Deed::Open { aim, window } => {
                if let Some(to) = self.whom(aim).filter(|(slot, _)| *slot != self.slot) {
                    self.open(to, window, cx);
                }
            }
            Deed::Pour { items } => {
                self.quota = (self.quota + items).min(64);
                self.pour(cx);
            }
            Deed::Finish => self.finish(),
            Deed::Drain { drains } => cx.set_draining(drains),
            Deed::Leave { now } => {
                book.note(|| format!("{} is to leave, {}", self.slot, if now { "now" } else { "drained" }));
                if now {
                    book.slot(self.slot).cut.store(true, Ordering::Release);
                    cx.stop_now();
                } else {
                    cx.stop();
                }
            }
            Deed::Fail => return Err(Fault::msg("as told")),
            // As `panic!` does, without a line on stderr for each.
            Deed::Panic => resume_unwind(Box::new("as told")),
        }
        Ok(())
    }

    fn send(&self, (to, address): Whom, way: Way, urgent: bool, what: (u16, u8), cx: &mut Context<'_, Self>) {
        let (book, line) = (&self.book, self.line(to, urgent));
        let sequence = book.sequence(self.slot, line, to);
        let Some(parcel) = book.parcel(self.slot, sequence, line, to, what) else { return };
        let id = parcel.id;
        let message = Message::Parcel(parcel);
        let bound = match way {
            Way::Send => Bound::Policy,
            Way::Strictly => Bound::Capacity,
            Way::ByAddress => Bound::Outside,
        };
        let send = || match way {
            Way::Send => cx.send(address, message),
            Way::Strictly => cx.try_send(address, message),
            Way::ByAddress => address.send(message),
        };
        let sent = book.sending(id, (to, address), bound, send);
        match sent {
            Ok(()) => {
                book.mark(id, ACCEPTED);
                book.sequenced(self.slot, line, to);
                let held = book.look(to);
                if way == Way::Send {
                    book.fills(self.slot, to, held);
                }
                book.note(|| format!("{} sends {id} to {to}", self.slot));
            }
            Err(refused) => {
                book.note(|| format!("{} cannot send {id} to {to}: {}", self.slot, refused.reason()));
                book.judge_refusal(id, (to, address), refused.reason(), bound);
                book.refused(id, refused.reason(), false);
            }
        }
    }

    fn ask(&self, (to, address): Whom, deed: Deed, ttl: u8, cx: &mut Context<'_, Self>) {
        let Deed::Ask { deadline, patience, unanswered, program, then, .. } = deed else { return };
        let book = &self.book;
        let line = Line::Normal;
        let sequence = book.sequence(self.slot, line, to);
        let Some(mut parcel) = book.parcel(self.slot, sequence, line, to, (program, ttl)) else { return };
        // Where there are too many asks it is dropped here, and nobody would write down that there is none.
        parcel.bad = false;
        // Whether it was accepted its outcome tells.
        book.sequenced(self.slot, line, to);
        let debt = book.owe(cx.time(), deadline);
        let number = {
            let asks = &mut locked(&book.lists).asks;
            asks.push(Asked { by: self.who(), due: cx.time() + deadline, told: 0, debt });
            asks.len() as u32 - 1
        };
        book.note(|| format!("{} asks {to} question {number}, {} within {deadline:?}", self.slot, parcel.id));
        let token = Token::new(book);
        let id = parcel.id;
        let question = |reply| Message::Question {
            parcel,
            patience,
            unanswered,
            owed: Owed::new(book, debt, number, reply),
        };
        let then = move |outcome| Message::Outcome { number, outcome, then, ttl, _token: token };
        let asked = book.asking_by(id, (to, address), || cx.ask_within(deadline, address, question, then));
        book.asked(debt, (to, address));
        if asked.is_ok() {
            book.fills(self.slot, to, address.pending());
        } else {
            // It was not made.
            locked(&book.lists).asks[number as usize].told = 1;
        }
    }

    fn arm(&mut self, after: Duration, program: u16, ttl: u8, cx: &mut Context<'_, Self>) {
        let book = &self.book;
        if book.closed.load(Ordering::Acquire) {
            return;
        }
        let number = {
            let alarms = &mut locked(&book.lists).alarms;
            alarms.push(Alarm { by: self.who(), due: cx.time() + after, cancelled: false, told: 0 });
            alarms.len() as u32 - 1
        };
        book.note(|| format!("{} arms alarm {number} in {after:?}", self.slot));
        let message = Message::Alarm { number, program, ttl, _token: Token::new(book) };
        self.alarms.push((number, cx.after(after, message)));
    }

    fn cancel_alarm(&mut self) {
        let Some((number, timer)) = self.alarms.pop() else { return };
        let lists = &mut *locked(&self.book.lists);
        let alarm = &mut lists.alarms[number as usize];
        alarm.cancelled = timer.cancel();
        let (cancelled, told) = (alarm.cancelled, alarm.told);
        self.book.note(|| format!("{} cancels alarm {number}: {cancelled}", self.slot));
        if cancelled && told > 0 {
            self.book.wrong(|| format!("timers: alarm {number} had come, and was cancelled"));
        }
    }

    pub(crate) fn tie(&self, on: u32, late: Option<bool>) -> u32 {
        let ties = &mut locked(&self.book.lists).ties;
        ties.push(Tie { by: self.who(), on, late, cancelled: false, told: 0 });
        ties.len() as u32 - 1
    }

    fn spawn(&mut self, cast: usize, what: (u16, u8), cx: &mut Context<'_, Self>) {
        let book = Arc::clone(&self.book);
        if book.closed.load(Ordering::Acquire) {
            return;
        }
        let Some(slot) = book.seat(cast) else { return };
        let tie = self.tie(slot, None);
        let upstream = book.player(0).map(|(_, address)| address.recipient());
        let options = book.plan.casts[cast].options(upstream);
        let (child, token) = (Node::new(&book, cast, slot), Token::new(&book));
        book.note(|| format!("{} has child {slot}, told of by tie {tie}", self.slot));
        let spawned = cx.spawn_child("child", child, &options, move |ended| Message::Ended {
            tie,
            ended,
            _token: token,
        });
        match spawned {
            Ok(address) => {
                book.sums.spawned.fetch_add(1, Ordering::AcqRel);
                let _ = book.slot(slot).address.set(address);
                self.child = Some(slot);
                self.send((slot, address), Way::Send, false, what, cx);
            }
            Err(refused) => book.wrong(|| format!("a child was not spawned: {refused}")),
        }
    }

    fn open(&mut self, (to, address): Whom, window: u32, cx: &mut Context<'_, Self>) {
        if self.outlet.is_some() {
            return;
        }
        let book = Arc::clone(&self.book);
        let flow = {
            let flows = &mut locked(&book.lists).flows;
            let over = true;
            flows.push(Flow { by: self.who(), to, window, sent: 0, held: None, over, told: false });
            flows.len() as u32 - 1
        };
        let untold = &book.slot(self.slot).untold;
        untold.more();
        match cx.open_flow(address, window, move || Message::Ready { flow }) {
            Ok(outlet) => {
                book.note(|| format!("{} opens flow {flow} to {to}, window {window}", self.slot));
                locked(&book.lists).flows[flow as usize].over = false;
                self.outlet = Some((flow, outlet));
            }
            Err(refused) => {
                untold.less();
                book.note(|| format!("{} opens no flow to {to}: {refused}", self.slot));
            }
        }
    }
}

//! An actor of a scenario: its hooks, and what it does with what comes. It writes down what it sees, and sees what is wrong.

use crate::book::{ACCEPTED, Book, HANDLED, NOBODY, locked};
use crate::cast::{Cast, Post};
use crate::debts::Owed;
use crate::message::{Line, Message, Parcel, Seated, UNHEARD};
use crate::ticks::Ticker;
use crate::wards::Turn;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{
    Actor, Address, Batch, Context, Demand, Directive, Fault, FlowError, Inlet, Lane, Outlet, Timer, Watch,
};

/// What the simulation has handlers fail with.
const TRIPPED: &str = "made to fail by the simulation";
/// What its first hook fails with.
const UNSTARTED: &str = "does not start";

pub(crate) struct Node {
    pub(crate) book: Arc<Book>,
    pub(crate) cast: usize,
    /// None before its first turn, if it is a supervisor's child: whose place it takes it learns then.
    pub(crate) slot: u32,
    pub(crate) state: u32,
    /// A supervisor has made it.
    pub(crate) ward: bool,
    /// It has been in its first hook.
    begun: bool,
    /// Replies that are due once so many more messages have been handled.
    replies: Vec<(u8, Owed)>,
    pub(crate) alarms: Vec<(u32, Timer)>,
    pub(crate) ticker: Option<Ticker>,
    pub(crate) watches: Vec<(u32, Watch)>,
    pub(crate) outlet: Option<(u32, Outlet<Message>)>,
    pub(crate) quota: u32,
    pub(crate) child: Option<u32>,
    _seated: Seated,
}

impl Node {
    pub(crate) fn new(book: &Arc<Book>, cast: usize, slot: u32) -> Node {
        Node {
            book: Arc::clone(book),
            cast,
            slot,
            state: 0,
            ward: slot == NOBODY,
            begun: false,
            replies: Vec::new(),
            alarms: Vec::new(),
            ticker: None,
            watches: Vec::new(),
            outlet: None,
            quota: 0,
            child: None,
            _seated: Seated::new(book),
        }
    }

    pub(crate) fn is(&self) -> &Cast {
        &self.book.plan.casts[self.cast]
    }

    /// Who this is, for what it is to be told once: of another state nobody expects that.
    pub(crate) fn who(&self) -> (u32, u32) {
        (self.slot, self.state)
    }

    /// Takes its place, or the one of the state before it. None if no place is left.
    fn sit(&mut self, me: Address<Message>) -> Option<()> {
        if self.slot == NOBODY {
            let home = &self.book.homes[self.cast];
            let before = home.load(Ordering::Acquire);
            let same = before != NOBODY && self.book.slot(before).address.get() == Some(&me);
            self.slot = if same { before } else { self.book.seat(self.cast)? };
            // The address first: whoever finds the place uses it.
            let _ = self.book.slot(self.slot).address.set(me);
            home.store(self.slot, Ordering::Release);
            self.book.slot(self.slot).cut.store(true, Ordering::Release);
            self.book.slot(self.slot).ward.store(true, Ordering::Release);
        } else {
            let _ = self.book.slot(self.slot).address.set(me);
        }
        Some(())
    }

    /// A state has begun: what was put away is this one's now.
    fn take_over(&mut self) {
        let slot = self.book.slot(self.slot);
        self.begun = true;
        self.state = slot.states.fetch_add(1, Ordering::AcqRel);
        let mut log = locked(&slot.log);
        let stash = std::mem::take(&mut log.stash);
        if self.state > 0 && self.is().post != Post::Kept {
            // What was put away has gone the way of the mail.
            log.due.clear();
            log.back.clear();
        } else {
            // As if the next state had given it back, after all that the last one has.
            log.put_first();
            log.back.extend(stash);
            log.put_first();
        }
    }

    /// Whether it has taken its place, as it does before anything else. If there is none left it is merely there.
    fn is_in(&self) -> bool {
        if !self.begun && !self.book.crowded.load(Ordering::Acquire) {
            let (slot, cast) = (self.slot, self.cast);
            self.book
                .wrong(|| format!("hooks: {slot}, cast {cast}, handles, and its first hook has not run"));
        }
        self.begun
    }

    /// It has failed, and does not go on by itself.
    fn falls(&self, at: Duration) {
        let slot = self.book.slot(self.slot);
        slot.cut.store(true, Ordering::Release);
        slot.doomed.store(true, Ordering::Release);
        self.turned(Turn::Fallen, at);
    }

    fn take(&mut self, message: Message, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let book = Arc::clone(&self.book);
        book.sums.handled.fetch_add(1, Ordering::AcqRel);
        // With what has come by itself.
        book.look(self.slot);
        let now = cx.time();
        book.date(now);
        self.answer_what_is_due(now);
        if !matches!(message, Message::Parcel(_) | Message::Question { .. } | Message::Item { .. }) {
            book.handles_another(self.slot);
        }
        match message {
            Message::Parcel(parcel) => self.take_parcel(parcel, cx),
            Message::Question { parcel, patience, unanswered, owed } => {
                let (program, ttl) = (parcel.program, parcel.ttl);
                self.check_in(&parcel);
                match (unanswered, patience) {
                    (true, _) => drop(owed),
                    (_, 0) => owed.pay(now),
                    (_, patience) => self.replies.push((patience, owed)),
                }
                let done = self.perform(program, ttl, cx);
                drop(parcel);
                done
            }
            Message::Outcome { number, outcome, then, ttl, _token } => {
                self.hear(number, outcome, now);
                self.perform(then, ttl, cx)
            }
            Message::Item { flow, parcel } => {
                let (program, ttl) = (parcel.program, parcel.ttl);
                book.note(|| format!("{} has item {} of flow {flow}", self.slot, parcel.id));
                self.check_in(&parcel);
                let done = self.perform(program, ttl, cx);
                drop(parcel);
                done
            }
            Message::Ready { flow } => {
                self.be_told(flow);
                self.pour(cx);
                Ok(())
            }
            Message::Alarm { number, program, ttl, _token } => {
                self.ring(number, now);
                self.perform(program, ttl, cx)
            }
            Message::Tick { number } => {
                self.tick(number, now);
                Ok(())
            }
            Message::Ended { tie, ended, _token } => {
                self.learn(tie, &ended);
                Ok(())
            }
            Message::Pressed(pressed) => {
                self.feel(pressed);
                Ok(())
            }
            Message::Probe => {
                if let Some((flow, outlet)) = &self.outlet {
                    locked(&book.lists).flows[*flow as usize].held = Some(outlet.credit());
                }
                Ok(())
            }
        }
    }

    fn take_parcel(&mut self, mut parcel: Parcel, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (program, ttl) = (parcel.program, parcel.ttl);
        let book = Arc::clone(&self.book);
        if parcel.stashed {
            let (id, slot) = (parcel.id, book.slot(self.slot));
            let due = locked(&slot.log).due.front().copied();
            if !locked(&slot.log).takes_out(id, slot.tripped.load(Ordering::Acquire) > 0) {
                book.wrong(|| {
                    format!(
                        "order: message {id} came out of the stash of {}, and {due:?} was the next",
                        self.slot
                    )
                });
            }
            parcel.stashed = false;
        } else {
            self.check_in(&parcel);
            if book.plan.programs[program as usize].stashed {
                let id = parcel.id;
                parcel.stashed = true;
                match cx.stash(Message::Parcel(parcel)) {
                    Ok(()) => {
                        book.note(|| format!("{} puts {id} away", self.slot));
                        book.sums.stashed.fetch_add(1, Ordering::AcqRel);
                        locked(&book.slot(self.slot).log).stash.push_back(id);
                        return Ok(());
                    }
                    // It cannot wait.
                    Err(full) => {
                        if let Message::Parcel(mut parcel) = full.message {
                            parcel.stashed = false;
                        }
                        return self.perform(program, ttl, cx);
                    }
                }
            }
        }
        let done = self.perform(program, ttl, cx);
        // Here and not at the end, where the compiler leaks what is given back if it panics (rust-lang/rust#47949).
        drop(parcel);
        done
    }

    /// A parcel is handled for the first time.
    fn check_in(&self, parcel: &Parcel) {
        let (book, slot) = (&*self.book, self.slot);
        let (id, from) = (parcel.id, parcel.from);
        book.note(|| format!("{slot} has {id} from {from}, {:?} {}", parcel.line, parcel.sequence));
        if parcel.to != slot {
            book.wrong(|| format!("message {id} for {} was handled by {slot}", parcel.to));
        }
        book.handles(slot, parcel);
        if book.mark(id, HANDLED) & HANDLED != 0 {
            // What it holds would be dropped twice.
            crate::over::at_once(book, format!("L5: message {id} was handled twice, now by {slot}"));
        }
        if !locked(&book.slot(slot).log).is_in_order(parcel) {
            let (line, sequence) = (parcel.line, parcel.sequence);
            book.wrong(|| {
                format!("order: message {id}, number {sequence} from {from} to {slot} ({line:?}), came after a later one")
            });
        }
    }

    fn answer_what_is_due(&mut self, now: Duration) {
        let mut at = 0;
        while at < self.replies.len() {
            self.replies[at].0 -= 1;
            if self.replies[at].0 > 0 {
                at += 1;
                continue;
            }
            self.replies.remove(at).1.pay(now);
        }
    }

    /// Sends items by its flow as long as there is credit.
    pub(crate) fn pour(&mut self, cx: &mut Context<'_, Self>) {
        let book = Arc::clone(&self.book);
        while self.quota > 0 {
            let Some((flow, outlet)) = &mut self.outlet else { return };
            let (flow, to) = (*flow, locked(&book.lists).flows[*flow as usize].to);
            let sequence = book.sequence(self.slot, Line::Flow, to);
            let Some(parcel) = book.parcel(self.slot, sequence, Line::Flow, to, (0, 0)) else { return };
            let id = parcel.id;
            match outlet.send(cx, Message::Item { flow, parcel }) {
                Ok(()) => {
                    book.mark(id, ACCEPTED);
                    book.sequenced(self.slot, Line::Flow, to);
                    book.note(|| format!("{} sends item {id} to {to} by flow {flow}", self.slot));
                    locked(&book.lists).flows[flow as usize].sent += 1;
                    self.quota -= 1;
                }
                Err(refused) => {
                    book.mark(id, crate::book::REFUSED);
                    book.note(|| format!("{}: {refused}", self.slot));
                    match refused {
                        FlowError::NoCredit(_) => {}
                        FlowError::Cancelled(_) | FlowError::Closed(_) => self.finish(),
                        other => book.wrong(|| format!("flows: flow {flow} of {}: {other}", self.slot)),
                    }
                    return;
                }
            }
        }
    }

    /// A flow of this one's is told of credit: once at most when it is over, by what was on its way then.
    fn be_told(&self, flow: u32) {
        let (who, book) = (self.who(), &self.book);
        let of = &mut locked(&book.lists).flows[flow as usize];
        if of.by != who || (of.over && std::mem::replace(&mut of.told, true)) {
            let of = *of;
            book.wrong(|| format!("flows: {who:?} is told of flow {flow}, and should not be: {of:?}"));
        } else if of.over {
            book.slot(self.slot).untold.less();
        }
    }

    /// Its flow is over.
    pub(crate) fn finish(&mut self) {
        if let Some((flow, outlet)) = self.outlet.take() {
            locked(&self.book.lists).flows[flow as usize].over = true;
            drop(outlet);
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if self.begun && self.is().bad_drop && !std::thread::panicking() {
            resume_unwind(Box::new("is not dropped"));
        }
    }
}

impl Actor for Node {
    type Msg = Message;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.sit(cx.me()).is_none() {
            // There have been enough; this one is merely there, as its supervisor would bring it back for ever.
            return Ok(());
        }
        let book = Arc::clone(&self.book);
        let _inside = book.enter(self.slot);
        self.take_over();
        book.note(|| format!("{} starts, state {}", self.slot, self.state));
        self.turned(Turn::Begun, cx.time());
        let broken = &book.broken[self.cast];
        let fewer = broken.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
        if fewer.is_ok() {
            // Here, as who takes it for something else would not say so.
            book.sums.faults.fetch_add(1, Ordering::AcqRel);
            if !self.is().resumes {
                self.falls(cx.time());
            }
            if self.is().panics {
                resume_unwind(Box::new(UNSTARTED));
            }
            return Err(Fault::msg(UNSTARTED));
        }
        Ok(())
    }

    fn handle(&mut self, message: Message, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if !self.is_in() {
            self.book.sums.handled.fetch_add(1, Ordering::AcqRel);
            return Ok(());
        }
        let book = Arc::clone(&self.book);
        let _inside = book.enter(self.slot);
        book.begins(self.slot);
        locked(&book.slot(self.slot).log).put_first();
        let taken = self.take(message, cx);
        book.handler_over(self.slot);
        taken
    }

    fn handle_batch(
        &mut self,
        batch: &mut Batch<'_, Message>,
        cx: &mut Context<'_, Self>,
    ) -> Result<(), Fault> {
        if !self.is_in() {
            return Ok(());
        }
        let book = Arc::clone(&self.book);
        let _inside = book.enter(self.slot);
        let (many, most) = (batch.len(), self.is().gather.map_or(0, |(most, _)| most));
        if many > most as usize {
            book.wrong(|| {
                format!("batches: {} is given {many} messages at once, and asks for {most}", self.slot)
            });
        }
        book.begins(self.slot);
        locked(&book.slot(self.slot).log).put_first();
        for message in batch.take(self.is().takes) {
            self.take(message, cx)?;
        }
        Ok(())
    }

    fn lane(&self, message: &Message) -> Lane {
        match message {
            Message::Parcel(Parcel { line: Line::Urgent, .. }) => Lane::Urgent,
            _ => Lane::Normal,
        }
    }

    fn flow_opened(&mut self, _: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        let book = Arc::clone(&self.book);
        let _inside = (self.slot != NOBODY).then(|| book.enter(self.slot));
        Demand::Automatic
    }

    fn failed(&mut self, fault: &Fault, cx: &mut Context<'_, Self>) -> Directive {
        let words = fault.to_string();
        // What is written down already.
        let known = words.ends_with(UNSTARTED);
        self.book.sums.faults.fetch_add(u64::from(!known), Ordering::AcqRel);
        if self.slot == NOBODY {
            return Directive::Stop;
        }
        let book = Arc::clone(&self.book);
        let _inside = book.enter(self.slot);
        book.note(|| format!("{} fails: {words}", self.slot));
        // That it was given a message it does not know.
        if words.ends_with(TRIPPED) || words.ends_with(UNHEARD) {
            book.sums.handled.fetch_add(1, Ordering::AcqRel);
            book.slot(self.slot).tripped.fetch_add(1, Ordering::AcqRel);
        }
        if self.is().resumes {
            return Directive::Resume;
        }
        if !known {
            self.falls(cx.time());
        }
        *locked(&book.slot(self.slot).fallen) = Some(words);
        Directive::Stop
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        if self.slot != NOBODY {
            let book = Arc::clone(&self.book);
            let _inside = book.enter(self.slot);
            book.note(|| format!("{} stops", self.slot));
            book.slot(self.slot).bye.store(true, Ordering::Release);
            if self.is().bad_stop {
                resume_unwind(Box::new("does not stop"));
            }
        }
    }
}

//! What comes from outside: those who start it all, threads of their own where there are threads.

use crate::book::{ACCEPTED, Book, NOBODY, REFUSED, RETURNED};
use crate::cast::Post;
use crate::debts::Owed;
use crate::deeds::{Whom, command};
use crate::draw::Draw;
use crate::full::Bound;
use crate::lines::counter;
use crate::message::{Line, Message};
use crate::node::Node;
use crate::plan::{Order, Size, millis};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use throng::{Address, Ask, AskError, Backoff, Child, Mail, SendError, SendFuture, Supervisor, System, Tree};

/// Where an outsider's messages may go, and how far.
const TTL: u64 = 4;

/// A question from outside that is under way.
struct Asking {
    number: u32,
    id: u32,
    to: Whom,
    debt: u32,
    due: Duration,
    ask: Pin<Box<Ask<Message, u32>>>,
}

/// A message from outside that waits for a place.
type Sending = (u32, Whom, SendFuture<Message>);

/// Somebody outside, with a key of his own.
pub(crate) struct Outsider {
    book: Arc<Book>,
    key: u32,
    next: Vec<u32>,
    /// Where there are no threads nobody can wait for them.
    asks: Vec<Asking>,
    sends: Vec<Sending>,
    questions: u32,
    waits: bool,
}

/// Spawns the actors of the plan.
pub(crate) fn populate(book: &Arc<Book>, system: &System) -> Vec<Tree> {
    for (n, cast) in book.plan.casts.iter().enumerate() {
        if cast.tree.is_some() {
            continue;
        }
        let Some(slot) = book.seat(n) else { return Vec::new() };
        let upstream = book.player(0).map(|(_, address)| address.recipient());
        let node = Node::new(book, n, slot);
        let address =
            system.try_spawn(node, &cast.options(upstream)).unwrap_or_else(|refused| panic!("{refused}"));
        book.sums.spawned.fetch_add(1, Ordering::AcqRel);
        let _ = book.slot(slot).address.set(address);
        book.homes[n].store(slot, Ordering::Release);
    }
    (0..book.plan.trees.len()).map(|which| plant(book, system, which)).collect()
}

/// Starts a supervisor with its children.
fn plant(book: &Arc<Book>, system: &System, which: usize) -> Tree {
    let plan = &book.plan.trees[which];
    let mut root = Supervisor::new().strategy(plan.strategy).intensity(plan.most, plan.within);
    if let Some((first, most, seed)) = plan.pauses {
        root = root.backoff(Backoff::new(first, most).jitter(0.5).seed(seed));
    }
    for (n, cast) in book.plan.casts.iter().enumerate().filter(|(_, cast)| cast.tree == Some(which)) {
        let upstream = book.player(0).map(|(_, address)| address.recipient());
        let mail = match cast.post {
            Post::Kept => Mail::Keep,
            Post::Dropped => Mail::Drop,
            Post::Returned => {
                let book = Arc::downgrade(book);
                Mail::Return(Arc::new(move |message| {
                    let Some(book) = book.upgrade() else { return };
                    book.sums.returned.fetch_add(1, Ordering::AcqRel);
                    if let Message::Parcel(parcel)
                    | Message::Question { parcel, .. }
                    | Message::Item { parcel, .. } = message
                    {
                        book.mark(parcel.id, RETURNED);
                    }
                }))
            }
        };
        let of = Arc::clone(book);
        let child = Child::new(format!("child {n}"), move || Node::new(&of, n, NOBODY));
        root = root.child(child.options(cast.options(upstream)).restart(cast.restart).mail(mail));
    }
    system.supervise(root).unwrap_or_else(|wrong| panic!("the plan draws what fits: {wrong}"))
}

impl Outsider {
    /// `which` of them; `waits` says that it may block.
    pub(crate) fn new(book: &Arc<Book>, size: &Size, which: usize, waits: bool) -> Self {
        let key = (size.slots + which) as u32;
        Self {
            book: Arc::clone(book),
            key,
            next: Vec::new(),
            asks: Vec::new(),
            sends: Vec::new(),
            questions: 0,
            waits,
        }
    }

    fn whom(&self, draw: &mut impl Draw) -> Option<(u32, Address<Message>)> {
        self.book.player(draw.index(self.book.plan.casts.len()))
    }

    /// Does something.
    pub(crate) fn act(&mut self, draw: &mut impl Draw) {
        let book = Arc::clone(&self.book);
        let features = book.plan.features;
        match draw.below(16) {
            8..10 if features.waits => {
                let what = (draw.index(book.plan.programs.len()) as u16, draw.within(1, TTL) as u8);
                let (within, gives_up) = (millis(draw, 3), draw.one_in(8));
                if let Some(to) = self.whom(draw) {
                    self.wait(to, what, within);
                }
                if gives_up {
                    self.give_up();
                }
            }
            0..10 => {
                let times = if draw.one_in(4) { draw.within(1, 30) } else { draw.within(1, 3) };
                let what = (draw.index(book.plan.programs.len()) as u16, draw.within(1, TTL) as u8);
                let (urgent, strict) = (draw.one_in(3), draw.one_in(2));
                let Some(to) = self.whom(draw) else { return };
                // Urgent ones mostly have one to overtake.
                for n in 0..times {
                    self.send(to, urgent && (n > 0 || times == 1), strict, what);
                }
            }
            10..12 if features.asks => {
                let what = (draw.index(book.plan.programs.len()) as u16, draw.within(1, TTL) as u8);
                let (deadline, patience) = (millis(draw, 30), draw.below(3) as u8);
                if let Some(to) = self.whom(draw) {
                    self.ask(to, what, deadline, patience);
                }
            }
            12..14 if features.suspensions => {
                let order = draw.pick(&[Order::Resume, Order::Suspend]);
                if let Some(whom) = self.whom(draw) {
                    command(&book, whom, order);
                }
            }
            14 if features.ends => {
                let order = draw.pick(&[Order::Stop, Order::StopNow, Order::Kill]);
                if let Some(whom) = self.whom(draw) {
                    command(&book, whom, order);
                }
            }
            _ => self.look(),
        }
    }

    fn send(&mut self, (to, address): (u32, Address<Message>), urgent: bool, strict: bool, what: (u16, u8)) {
        let book = &self.book;
        let line = if urgent && book.cast_of(to).lanes { Line::Urgent } else { Line::Normal };
        let next = counter(&mut self.next, to, line);
        let Some(parcel) = book.parcel(self.key, *next, line, to, what) else { return };
        let id = parcel.id;
        let (bound, message) =
            (if strict { Bound::Capacity } else { Bound::Outside }, Message::Parcel(parcel));
        let sent = book.sending(id, (to, address), bound, || match strict {
            true => address.try_send(message),
            false => address.send(message),
        });
        match sent {
            Ok(()) => {
                *next += 1;
                book.mark(id, ACCEPTED);
                book.look(to);
                book.note(|| format!("outsider {} sends {id} to {to}", self.key));
            }
            Err(refused) => {
                book.judge_refusal(id, (to, address), refused.reason(), bound);
                self.refused(id, &refused);
            }
        }
    }

    /// The number and the line of what is to wait for a place: its thread does nothing else meanwhile, if it waits there. What was
    /// refused has had its number, and leaves a gap.
    fn place(&mut self, to: u32) -> (u32, Line) {
        if !self.waits {
            return (0, Line::Loose);
        }
        let next = counter(&mut self.next, to, Line::Normal);
        *next += 1;
        (*next - 1, Line::Normal)
    }

    /// Sends, and waits for a place: on the thread if it may block.
    fn wait(&mut self, (to, address): (u32, Address<Message>), what: (u16, u8), within: Duration) {
        let book = Arc::clone(&self.book);
        let (number, line) = self.place(to);
        let Some(parcel) = book.parcel(self.key, number, line, to, what) else { return };
        let id = parcel.id;
        book.note(|| format!("outsider {} waits to send {id} to {to}", self.key));
        if self.waits {
            self.sent(id, address.send_timeout(Message::Parcel(parcel), within));
        } else {
            self.opened(1);
            self.sends.push((id, (to, address), address.send_async(Message::Parcel(parcel))));
            self.look();
        }
    }

    /// How that went. The ledger may have counted more than one attempt.
    fn sent(&self, id: u32, sent: Result<(), SendError<Message>>) {
        let fate = if sent.is_ok() { ACCEPTED } else { REFUSED };
        self.book.mark(id, fate);
        self.book.note(|| format!("outsider {} has waited to send {id}: {sent:?}", self.key));
        if matches!(sent, Err(SendError::Full(_))) {
            self.book.wrong(|| format!("message {id} was to wait for a place, and was refused as full"));
        }
    }

    /// Waits no more for what it has begun to wait for first.
    fn give_up(&mut self) {
        if self.sends.is_empty() {
            return;
        }
        let (id, _, send) = self.sends.remove(0);
        self.opened(-1);
        self.book.mark(id, REFUSED);
        self.book.note(|| format!("outsider {} gives up {id}", self.key));
        if send.cancel().is_none() {
            self.book.wrong(|| format!("message {id} was still to be sent, and did not come back"));
        }
    }

    fn refused(&self, id: u32, refused: &SendError<Message>) {
        self.book.note(|| format!("outsider {} cannot send {id}: {}", self.key, refused.reason()));
        self.book.refused(id, refused.reason(), true);
    }

    fn ask(
        &mut self,
        (to, address): (u32, Address<Message>),
        what: (u16, u8),
        deadline: Duration,
        patience: u8,
    ) {
        let book = Arc::clone(&self.book);
        let (number, line) = self.place(to);
        let Some(mut parcel) = book.parcel(self.key, number, line, to, what) else { return };
        // Refused, it is dropped out here.
        parcel.bad = false;
        // Numbers that no actor's question has.
        self.questions += 1;
        let number = u32::MAX - self.key * 10_000 - self.questions;
        book.note(|| {
            format!("outsider {} asks {to} question {number}, {} within {deadline:?}", self.key, parcel.id)
        });
        let (id, debt) = (parcel.id, book.owe(self.now(), deadline));
        let owed = |reply| Owed::new(&book, debt, number, reply);
        let question = |reply| Message::Question { parcel, patience, unanswered: false, owed: owed(reply) };
        let begun = Instant::now();
        let asked = address.ask(question).deadline(deadline);
        if self.waits {
            let outcome = asked.wait();
            book.settle(debt, number, &outcome);
            self.judge(number, outcome, deadline, begun.elapsed());
            return;
        }
        self.opened(1);
        book.asked(debt, (to, address));
        let (due, ask) = (self.now() + deadline, Box::pin(asked));
        self.asks.push(Asking { number, id, to: (to, address), debt, due, ask });
        self.look();
    }

    /// It waits for one thing more, or less.
    fn opened(&self, by: i64) {
        self.book.outside.fetch_add(by, Ordering::AcqRel);
    }

    /// The time, where it stands still out here.
    fn now(&self) -> Duration {
        Duration::from_nanos(self.book.now.load(Ordering::Acquire))
    }

    fn judge(&self, number: u32, outcome: Result<u32, AskError>, due: Duration, now: Duration) {
        self.book.note(|| format!("question {number}: {outcome:?}"));
        if outcome == Err(AskError::Timeout) && now < due {
            self.book.wrong(|| {
                format!("asks: outsider's question {number} ended at {now:?}, and was due at {due:?}: early")
            });
        }
        if outcome.as_ref().is_ok_and(|answer| *answer != number) {
            self.book.wrong(|| format!("asks: the answer {outcome:?} reached outsider's question {number}"));
        }
    }

    /// Looks at what it has asked, and at what it waits to send.
    pub(crate) fn look(&mut self) {
        let cx = &mut std::task::Context::from_waker(Waker::noop());
        let mut at = 0;
        while at < self.asks.len() {
            let Asking { number, id, to, debt, due, ask } = &mut self.asks[at];
            let (number, debt, due) = (*number, *debt, *due);
            self.book.asking(debt);
            let polled = self.book.sending_by(*id, *to, || ask.as_mut().poll(cx));
            self.book.asked(debt, *to);
            match polled {
                Poll::Pending => at += 1,
                Poll::Ready(outcome) => {
                    drop(self.asks.swap_remove(at));
                    self.opened(-1);
                    self.book.settle(debt, number, &outcome);
                    self.judge(number, outcome, due, self.now());
                }
            }
        }
        let mut at = 0;
        while at < self.sends.len() {
            let (id, to, send) = &mut self.sends[at];
            let id = *id;
            match self.book.sending_by(id, *to, || Pin::new(send).poll(cx)) {
                Poll::Pending => at += 1,
                Poll::Ready(sent) => {
                    drop(self.sends.remove(at));
                    self.opened(-1);
                    self.sent(id, sent);
                }
            }
        }
    }

    /// Its questions that have no outcome, and what it still waits to send.
    pub(crate) fn open(&self) -> usize {
        self.asks.len() + self.sends.len()
    }

    /// A line for each of these.
    pub(crate) fn waits(&self) -> String {
        let key = self.key;
        let asks = self.asks.iter().map(|asked| {
            let (number, to) = (asked.number, asked.to.0);
            format!("\nswarm: outsider {key} waits for the answer of actor {to} to question {number}")
        });
        let sends = self.sends.iter().map(|(id, (to, _), _)| {
            format!("\nswarm: outsider {key} waits for a place with actor {to} for message {id}")
        });
        asks.chain(sends).collect()
    }
}

impl Drop for Outsider {
    fn drop(&mut self) {
        for (id, ..) in &self.sends {
            self.book.mark(*id, REFUSED);
        }
    }
}
/// Lets everybody go on who is suspended; says whether anybody was.
pub(crate) fn resume_all(book: &Book) -> bool {
    let of = (0..book.seats().len() as u32).filter_map(|slot| book.found(slot));
    // Everybody, and not up to the first.
    of.filter(|whom| book.resume(*whom)).count() > 0
}

/// Asks everybody to write down what his flow holds.
pub(crate) fn probe_all(book: &Book) {
    for address in book.seats().iter().filter_map(|slot| slot.address.get()) {
        // Refused, it has nothing to tell that could be judged.
        drop(address.try_send(Message::Probe));
    }
}

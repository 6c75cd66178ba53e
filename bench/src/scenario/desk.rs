//! Questions by a plan: each arrival is told to an asker, who asks an answerer, and is done when the answer has come back.
//!
//! Verified: each answer is the one to its question, they come in the order of the questions, and every question that was
//! accepted is answered; one that found no place ends its arrival as refused.

use super::gauge::{Gauge, Stamp};
use super::pacer::{spin, stand};
use super::plan::{Plan, Planted};
use super::tally::Alone;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use throng::{Actor, Address, AskError, Context, Fault, Options, Reason, Reply, System};

/// How long an answer may take: longer than any load waits for.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3_600);
/// Questions beyond those that are reckoned with.
const SPARE: u32 = 64;

/// What both know.
#[derive(Debug)]
pub struct Desk {
    gauge: &'static Gauge,
    service_ticks: u64,
    freeze_ticks: u64,
    fault: Option<Planted>,
    /// The next question is met by what is out of the ordinary: a stand, or a wrong.
    odd: AtomicBool,
    /// How long that stand took, in ticks.
    frozen: AtomicU64,
}

/// What the asker is told: an arrival has come, or its question has ended.
#[derive(Debug, Clone, Copy)]
pub enum Note {
    /// Ask.
    Arrived(Stamp),
    /// It was answered, with this.
    Answered(Stamp, u64),
    /// It was not.
    Unanswered(Stamp, AskError),
}

impl Desk {
    /// One asks, one answers.
    pub const ACTORS: u64 = 2;

    /// Spawns them; gives the address of the asker too.
    ///
    /// # Errors
    /// In words, when one cannot be spawned.
    pub fn build(
        system: &System,
        plan: &Plan,
        gauge: &'static Gauge,
    ) -> Result<(&'static Self, Address<Note>), String> {
        let ticks = |time: Duration| plan.clock.ticks_in(time.as_nanos() as u64);
        let desk: &'static Self = Box::leak(Box::new(Self {
            gauge,
            service_ticks: ticks(plan.service),
            freeze_ticks: ticks(plan.freeze.unwrap_or_default()),
            fault: plan.fault,
            odd: AtomicBool::new(plan.fault.is_some()),
            frozen: AtomicU64::new(0),
        }));
        // An asker who is suspended on a full answerer has as many outstanding as that holds, then asks for all arrivals in
        // its own mailbox before it sees an answer.
        let capacity = plan.options.capacity();
        let asks = plan.builder.max_asks(2 * capacity + SPARE).build().map_err(|error| error.to_string())?;
        let answerer = Answerer { desk, alone: Alone::default() };
        let to = spawn(system, answerer, &plan.options)?;
        let asker = spawn(system, Asker { desk, to, next: 0, alone: Alone::default() }, &asks)?;
        Ok((desk, asker))
    }

    /// The next question is met by a stand.
    pub fn freeze(&self) {
        // Relaxed: nothing is published by it.
        self.odd.store(true, Ordering::Relaxed);
    }

    /// How long the answerer stood still, in nanoseconds.
    pub fn frozen_ns(&self) -> u64 {
        self.gauge.tally.clock.ns_between(0, self.frozen.load(Ordering::Relaxed))
    }
}

fn spawn<A: Actor>(system: &System, actor: A, options: &Options) -> Result<Address<A::Msg>, String> {
    system.try_spawn(actor, options).map_err(|refused| refused.to_string())
}

/// A number, and where the next one is to go.
struct Question(u64, Reply<u64>);

struct Answerer {
    desk: &'static Desk,
    alone: Alone,
}

impl Answerer {
    /// Stands still, or does what a test planted; false where there is to be no answer.
    #[cold]
    #[inline(never)]
    fn odd(&self) -> bool {
        let Desk { gauge, freeze_ticks, odd, frozen, fault, .. } = self.desk;
        // Relaxed: one handler takes it, nothing is published by it.
        if !odd.swap(false, Ordering::Relaxed) {
            return true;
        }
        let clock = &gauge.tally.clock;
        let begun = clock.ticks();
        stand(clock, *freeze_ticks, || gauge.tally.is_interrupted());
        frozen.store(clock.ticks() - begun, Ordering::Relaxed);
        if *fault == Some(Planted::Overlap) {
            let _ = self.alone.enter();
        }
        *fault != Some(Planted::Lost)
    }
}

impl Actor for Answerer {
    type Msg = Question;

    fn handle(&mut self, question: Question, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Desk { gauge, service_ticks, .. } = self.desk;
        if self.alone.enter() {
            gauge.tally.overlap();
        }
        // What is left of a load that was interrupted is only looked at.
        if *service_ticks > 0 && !gauge.tally.is_interrupted() {
            spin(&gauge.tally.clock, *service_ticks);
        }
        gauge.handled(cx.worker_index());
        // Relaxed: see `odd`.
        let answers = !self.desk.odd.load(Ordering::Relaxed) || self.odd();
        let Question(number, reply) = question;
        if answers {
            reply.send(number + 1);
        }
        if self.alone.leave() {
            gauge.tally.overlap();
        }
        Ok(())
    }
}

struct Asker {
    desk: &'static Desk,
    to: Address<Question>,
    /// The least number that may be answered next.
    next: u64,
    alone: Alone,
}

impl Asker {
    fn ask(&self, stamp: Stamp, cx: &mut Context<'_, Self>) {
        let then = move |outcome: throng::Outcome<u64>| match outcome {
            Ok(answer) => Note::Answered(stamp, answer),
            Err(error) => Note::Unanswered(stamp, error),
        };
        let question = |reply| Question(stamp.number, reply);
        if let Err(error) = cx.ask_within(ANSWERED_WITHIN, self.to, question, then) {
            self.desk.gauge.tally.wrong(|| error.to_string());
        }
    }

    fn answered(&mut self, stamp: Stamp, answer: u64, worker: usize) {
        let Gauge { tally, .. } = self.desk.gauge;
        if answer != stamp.number + 1 {
            tally.wrong(|| format!("question {} got the answer to another: {answer}", stamp.number));
        }
        if stamp.number < self.next {
            tally.out_of_order(0, self.next, stamp.number);
        }
        self.next = stamp.number + 1;
        self.desk.gauge.done(worker, &stamp);
    }
}

impl Actor for Asker {
    type Msg = Note;

    fn handle(&mut self, note: Note, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let gauge = self.desk.gauge;
        if self.alone.enter() {
            gauge.tally.overlap();
        }
        let worker = cx.worker_index();
        gauge.handled(worker);
        match note {
            Note::Arrived(stamp) => self.ask(stamp, cx),
            Note::Answered(stamp, answer) => self.answered(stamp, answer, worker),
            Note::Unanswered(stamp, AskError::Refused(Reason::Full)) => gauge.refused(worker, stamp.number),
            Note::Unanswered(stamp, error) => {
                gauge.tally.wrong(|| format!("question {} ended without an answer: {error}", stamp.number));
            }
        }
        if self.alone.leave() {
            gauge.tally.overlap();
        }
        Ok(())
    }
}

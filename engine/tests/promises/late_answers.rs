//! R10: what a question is kept in serves no other one while a late answer can reach it.

use crate::executor::poll;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use throng::{Actor, Address, AskError, Context, Fault, Inline, Options, Outcome, Reply, System};

const MANY: u64 = 1_000;
const ROUNDS: u64 = 5;
const DEADLINE: Duration = Duration::from_secs(1);

enum Hoard {
    Question(u64, Reply<u64>),
    /// So many of those that have waited longest are to be answered.
    Answer(u64),
}

/// Keeps what it is asked until it is told to answer, each question with its own number.
#[derive(Default)]
struct Hoarder(VecDeque<(u64, Reply<u64>)>);

impl Actor for Hoarder {
    type Msg = Hoard;
    fn handle(&mut self, message: Hoard, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Hoard::Question(n, reply) => self.0.push_back((n, reply)),
            Hoard::Answer(many) => {
                self.0.drain(..many as usize).for_each(|(n, reply)| reply.send(n));
            }
        }
        Ok(())
    }
}

fn stage() -> (Inline, Address<Hoard>, Options) {
    let inline = System::builder().inline_virtual();
    let options = Options::builder().capacity(2 * MANY as u32).build().expect("in range");
    let hoarder = inline.system().try_spawn(Hoarder::default(), &options).expect("memory");
    (inline, hoarder, options)
}

fn answer(inline: &mut Inline, hoarder: Address<Hoard>) {
    hoarder.try_send(Hoard::Answer(MANY)).expect("room");
    inline.run_until_idle();
}

fn over(inline: &Inline) {
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.late_replies, ledger.faults), (ROUNDS * MANY, 0));
}

#[test]
fn r10_a_late_answer_reaches_no_later_question_from_outside() {
    let (mut inline, hoarder, _) = stage();
    for round in 0..ROUNDS {
        let ask = |n| {
            let mut ask = hoarder.ask(move |reply| Hoard::Question(n, reply)).deadline(DEADLINE);
            assert!(poll(&mut ask).is_pending());
            (n, ask)
        };
        let first = 2 * round * MANY;
        let early: Vec<_> = (first..first + MANY).map(ask).collect();
        inline.run_until_idle();
        inline.advance(DEADLINE);
        for (n, mut ask) in early {
            assert_eq!(poll(&mut ask), Poll::Ready(Err(AskError::Timeout)), "question {n}");
        }
        let mut later: Vec<_> = (first + MANY..first + 2 * MANY).map(ask).collect();
        inline.run_until_idle();
        answer(&mut inline, hoarder);
        assert!(later.iter_mut().all(|(_, ask)| poll(ask).is_pending()), "the answer to another");
        answer(&mut inline, hoarder);
        for (n, mut ask) in later {
            assert_eq!(poll(&mut ask), Poll::Ready(Ok(n)), "question {n}");
        }
    }
    over(&inline);
}

enum Curiosity {
    Ask(Range<u64>),
    Heard(u64, Outcome<u64>),
}

type Heard = Arc<Mutex<Vec<(u64, Outcome<u64>)>>>;

/// Asks, and writes down what it hears.
struct Curious(Address<Hoard>, Heard);

impl Actor for Curious {
    type Msg = Curiosity;
    fn handle(&mut self, message: Curiosity, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Curiosity::Ask(questions) => {
                for n in questions {
                    let question = move |reply| Hoard::Question(n, reply);
                    cx.ask_within(DEADLINE, self.0, question, move |outcome| Curiosity::Heard(n, outcome))?;
                }
            }
            Curiosity::Heard(n, outcome) => self.1.lock().expect("no panic").push((n, outcome)),
        }
        Ok(())
    }
}

#[test]
fn r10_a_late_answer_reaches_no_later_question_from_a_handler() {
    let (mut inline, hoarder, options) = stage();
    let heard = Heard::default();
    let curious = inline.system().try_spawn(Curious(hoarder, Arc::clone(&heard)), &options).expect("memory");
    for round in 0..ROUNDS {
        let first = 2 * round * MANY;
        let told = || {
            let mut told = std::mem::take(&mut *heard.lock().expect("no panic"));
            told.sort_unstable_by_key(|(n, _)| *n);
            told
        };
        curious.try_send(Curiosity::Ask(first..first + MANY)).expect("room");
        inline.run_until_idle();
        inline.advance(DEADLINE);
        assert!(told().into_iter().eq((first..first + MANY).map(|n| (n, Err(AskError::Timeout)))));
        curious.try_send(Curiosity::Ask(first + MANY..first + 2 * MANY)).expect("room");
        inline.run_until_idle();
        answer(&mut inline, hoarder);
        assert_eq!(told(), [], "the answer to another");
        answer(&mut inline, hoarder);
        assert!(told().into_iter().eq((first + MANY..first + 2 * MANY).map(|n| (n, Ok(n)))));
    }
    over(&inline);
}

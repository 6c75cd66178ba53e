//! Asking many from a handler: one message tells all outcomes, or the first answer, exactly once, whoever dies meanwhile.

use crate::keeper::{Keeper, LONGER, Msg, SOON, tell};
use crate::seed;
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{
    Actor, Address, AskError, Context, Directive, Fault, Inline, NoneAnswered, Options, Outcome, Reason,
    Reply, System,
};

/// Asks as it is told, and tells the test what comes back.
struct Asker {
    told: Sender<News>,
    /// Counted while a closure that waits for an outcome lives.
    tokens: Arc<AtomicU64>,
}

#[derive(Debug, PartialEq)]
enum News {
    All(Vec<Outcome<u64>>),
    First(Result<u64, NoneAnswered>),
}

enum Told {
    All(Duration, Vec<Address<Msg>>),
    First(Duration, Vec<Address<Msg>>),
    /// Asks all, answers those before this number itself, and panics over it.
    Panic(u64, Vec<Address<Msg>>),
    News(News),
    Stop,
    Nothing,
}

/// Counted while it lives.
struct Token(Arc<AtomicU64>);

impl Token {
    fn new(count: &Arc<AtomicU64>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Actor for Asker {
    type Msg = Told;
    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let token = Token::new(&self.tokens);
        let mut n = 0;
        let mut question = move |reply| {
            n += 1;
            Msg::Ask(n, reply)
        };
        match told {
            Told::All(deadline, targets) => cx.ask_all_within(deadline, targets, question, move |all| {
                drop(token);
                Told::News(News::All(all))
            }),
            Told::First(deadline, targets) => {
                cx.ask_first_within(deadline, targets, question, move |first| {
                    drop(token);
                    Told::News(News::First(first))
                });
            }
            Told::Panic(at, targets) => {
                let question = move |reply: Reply<u64>| match question(reply) {
                    Msg::Ask(n, _) if n == at => panic!("as told"),
                    Msg::Ask(n, reply) => {
                        reply.send(n);
                        Msg::Drop(n)
                    }
                    message => message,
                };
                cx.ask_all(targets, question, move |all| {
                    drop(token);
                    Told::News(News::All(all))
                });
            }
            Told::News(news) => self.told.send(news)?,
            Told::Stop => cx.stop_now(),
            Told::Nothing => {}
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

struct Stage {
    inline: Inline,
    asker: Address<Told>,
    keepers: Vec<Address<Msg>>,
    news: Receiver<News>,
    tokens: Arc<AtomicU64>,
}

fn stage(keepers: usize) -> Stage {
    let inline = System::builder().inline();
    let (told, news) = channel();
    let tokens = Arc::new(AtomicU64::new(0));
    let few = Options::builder().capacity(4).build().expect("in range");
    let asker = Asker { told, tokens: Arc::clone(&tokens) };
    let asker = inline.system().try_spawn(asker, &few).expect("memory");
    let keepers = (0..keepers).map(|_| inline.spawn(Keeper::default())).collect();
    Stage { inline, asker, keepers, news, tokens }
}

impl Stage {
    fn ask(&mut self, told: Told) {
        self.asker.try_send(told).expect("room");
        self.inline.run_until_idle();
    }
    fn tell(&mut self, keeper: usize, order: Msg) {
        tell(&mut self.inline, self.keepers[keeper], [order]);
    }
    fn news(&mut self) -> News {
        loop {
            self.inline.run_until_idle();
            if let Ok(news) = self.news.try_recv() {
                return news;
            }
            std::thread::yield_now();
        }
    }
    /// Ends what is left; nothing more is told, and nothing that waits is left over.
    fn end(mut self) -> throng::Ledger {
        self.inline.run_until_idle();
        assert_eq!(self.news.try_recv().ok(), None, "told once");
        assert_eq!(self.tokens.load(Ordering::SeqCst), 0, "nothing waits any more");
        let ledger = self.inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        ledger
    }
}

#[test]
fn r10_all_outcomes_in_one_message() {
    let _dog = watch("r10_all_outcomes_in_one_message");
    let mut stage = stage(6);
    stage.tell(5, Msg::Die);
    stage.ask(Told::All(LONGER, stage.keepers.clone()));
    // In another order than they were asked.
    stage.tell(3, Msg::Die);
    stage.tell(2, Msg::Fail(3));
    stage.tell(1, Msg::Drop(2));
    stage.tell(0, Msg::Answer(1));
    let dropped = Err(AskError::Dropped);
    let stale = Err(AskError::Refused(Reason::Stale));
    let wanted = vec![Ok(10), dropped, dropped, dropped, Err(AskError::Timeout), stale];
    assert_eq!(stage.news(), News::All(wanted));
    stage.tell(4, Msg::Answer(5));
    let ledger = stage.end();
    assert_eq!((ledger.late_replies, ledger.faults), (1, 1), "the keeper's fault as told");
}

#[test]
fn of_nobody_there_are_no_outcomes_and_none_is_forgotten() {
    let mut stage = stage(0);
    stage.ask(Told::All(SOON, Vec::new()));
    assert_eq!(stage.news(), News::All(Vec::new()));
    stage.ask(Told::First(SOON, Vec::new()));
    let News::First(Err(none)) = stage.news() else { panic!("nobody answers") };
    assert_eq!((none.failures.len(), none.last), (0, None));
    stage.end();
}

#[test]
fn r10_the_first_answer_or_every_failure() {
    let _dog = watch("r10_the_first_answer_or_every_failure");
    let mut stage = stage(3);
    stage.ask(Told::First(SOON, stage.keepers.clone()));
    stage.tell(0, Msg::Drop(1));
    stage.tell(2, Msg::Answer(3));
    assert_eq!(stage.news(), News::First(Ok(30)));
    stage.tell(1, Msg::Answer(2));
    stage.ask(Told::First(LONGER, stage.keepers.clone()));
    stage.tell(1, Msg::Drop(2));
    let News::First(Err(none)) = stage.news() else { panic!("nobody answers") };
    assert_eq!(none.failures, [AskError::Timeout, AskError::Dropped, AskError::Timeout]);
    assert_eq!(none.last, Some(AskError::Timeout));
    assert_eq!(stage.end().late_replies, 1);
}

/// A full mailbox refuses messages, and takes the news all the same.
#[test]
fn a_full_mailbox_takes_the_news() {
    let mut stage = stage(2);
    stage.ask(Told::All(SOON, stage.keepers.clone()));
    assert!(stage.asker.suspend());
    while stage.asker.try_send(Told::Nothing).is_ok() {}
    stage.tell(0, Msg::Answer(1));
    stage.tell(1, Msg::Answer(2));
    assert!(stage.asker.resume());
    assert_eq!(stage.news(), News::All(vec![Ok(10), Ok(20)]));
    stage.end();
}

#[test]
fn r10_an_asker_that_dies_is_told_nothing() {
    for first in [false, true] {
        let mut stage = stage(3);
        let targets = stage.keepers.clone();
        stage.ask(if first { Told::First(SOON, targets) } else { Told::All(SOON, targets) });
        stage.tell(0, Msg::Drop(1));
        stage.ask(Told::Stop);
        assert!(!stage.asker.is_alive());
        // A new tenant of the asker's cell hears nothing of it.
        let (told, heard) = channel();
        let next = stage.inline.spawn(Asker { told, tokens: Arc::default() });
        stage.tell(1, Msg::Answer(2));
        stage.tell(2, Msg::Answer(3));
        let late = if first { 2 } else { 1 };
        assert!(heard.try_recv().is_err() && next.is_alive());
        assert_eq!(stage.end().late_replies, late, "first: {first}");
    }
}

/// Also where those before it have answered already, so that nothing would be missing.
#[test]
fn a_question_that_panics_gives_up_all_of_them() {
    let mut stage = stage(4);
    stage.ask(Told::Panic(4, stage.keepers.clone()));
    stage.ask(Told::Panic(2, stage.keepers[..2].to_vec()));
    let handled = stage.inline.system().ledger().handled;
    stage.tell(1, Msg::AnswerAll);
    let ledger = stage.end();
    assert_eq!((ledger.faults, ledger.late_replies), (2, 0), "nobody was asked");
    assert_eq!((handled, ledger.handled), (2, 3));
}

/// Answers from other threads, at the deadline, before and after: told once, of each part.
#[test]
fn r10_many_at_the_deadline_on_threads() {
    let _dog = watch("r10_many_at_the_deadline_on_threads");
    const ROUNDS: u64 = 500;
    struct Slow;
    struct Question(Duration, Option<Reply<u64>>);
    impl Actor for Slow {
        type Msg = Question;
        fn handle(
            &mut self,
            Question(delay, reply): Question,
            cx: &mut Context<'_, Self>,
        ) -> Result<(), Fault> {
            match reply {
                Some(reply) if delay.is_zero() => reply.send(1),
                reply => drop(cx.after(delay, Question(Duration::ZERO, reply))),
            }
            Ok(())
        }
    }
    struct Many {
        slow: Vec<Address<Question>>,
        told: Sender<Vec<Outcome<u64>>>,
        random: seed::Random,
    }
    enum Go {
        Go,
        Told(Vec<Outcome<u64>>),
    }
    impl Actor for Many {
        type Msg = Go;
        fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match go {
                Go::Go => {
                    let random = &mut self.random;
                    let delays: Vec<_> =
                        self.slow.iter().map(|_| Duration::from_micros(random.below(5_000))).collect();
                    let mut delays = delays.into_iter();
                    let question = |reply| Question(delays.next().unwrap_or_default(), Some(reply));
                    cx.ask_all_within(Duration::from_micros(2_500), self.slow.clone(), question, Go::Told);
                }
                Go::Told(all) => self.told.send(all)?,
            }
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let (told, outcomes) = channel();
    let slow = (0..5).map(|_| system.spawn(Slow)).collect();
    let many = system.spawn(Many { slow, told, random: seed::random() });
    let mut timed_out = 0;
    for _ in 0..ROUNDS {
        many.try_send(Go::Go).expect("room");
        let all = outcomes.recv_timeout(SOON).expect("told once");
        assert_eq!(all.len(), 5);
        timed_out += all.iter().filter(|one| **one == Err(AskError::Timeout)).count() as u64;
        assert!(all.iter().all(|one| matches!(one, Ok(1) | Err(AskError::Timeout))), "{all:?}");
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert!(outcomes.try_recv().is_err(), "and not again");
    assert_eq!(ledger.late_replies, timed_out);
    println!("{timed_out} of {} not in time", ROUNDS * 5);
}

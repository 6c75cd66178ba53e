//! A circuit breaker in a handler: it opens, hands back what it rejects, lets probes through, and closes.

use crate::keeper::{Keeper, Msg, SOON, tell};
use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, AskError, Breaker, Circuit, Context, Fault, Inline, Options, Outcome, Reason, Rejected,
    Report, System,
};

const PAUSE: Duration = Duration::from_millis(200);

struct Caller {
    to: Address<Msg>,
    breaker: Breaker,
    told: Sender<News>,
}

#[derive(Debug, PartialEq)]
enum News {
    Circuit(Circuit),
    Asked,
    Rejected(Duration),
    TooMany(u32),
    Outcome(Outcome<u64>),
    Sent,
    Refused(Reason),
}

enum Told {
    Ask(u64),
    Reported(Report<u64>),
    /// What was rejected, asked all the same.
    Outcome(Outcome<u64>),
    Send(Address<Msg>),
    Look,
    /// Lets something through, and says that it was well, or not, or nothing.
    Admit(Option<bool>),
}

impl Actor for Caller {
    type Msg = Told;
    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let news = match told {
            Told::Ask(n) => {
                let question = move |reply| Msg::Ask(n, reply);
                match self.breaker.ask_within(cx, SOON, self.to, question, Told::Reported) {
                    Ok(()) => News::Asked,
                    Err(Rejected::TooManyAsks { limit, given }) => {
                        let _question = given;
                        News::TooMany(limit)
                    }
                    Err(rejected) => {
                        let Rejected::Open { wait, .. } = rejected else { return Err(rejected.into()) };
                        // It is the question itself that comes back: it can be asked.
                        cx.ask(self.to, rejected.into_inner(), Told::Outcome)?;
                        News::Rejected(wait)
                    }
                }
            }
            Told::Reported(report) => News::Outcome(self.breaker.settle(cx, report)),
            Told::Outcome(outcome) => News::Outcome(outcome),
            Told::Send(to) => match self.breaker.send(cx, to, Msg::Answer(77)) {
                Ok(()) => News::Sent,
                Err(rejected) => {
                    let news = match &rejected {
                        Rejected::Open { wait, .. } => News::Rejected(*wait),
                        Rejected::Refused(refused) => News::Refused(refused.reason()),
                        other => panic!("{other}"),
                    };
                    assert!(matches!(rejected.into_inner(), Msg::Answer(77)), "the message comes back");
                    news
                }
            },
            Told::Look => News::Circuit(self.breaker.circuit(cx)),
            Told::Admit(well) => match self.breaker.admit(cx) {
                Ok(admitted) => {
                    match well {
                        Some(true) => self.breaker.succeeded(cx, admitted),
                        Some(false) => self.breaker.failed(cx, admitted),
                        None => drop(admitted),
                    }
                    News::Asked
                }
                Err(Rejected::Open { wait, .. }) => News::Rejected(wait),
                Err(other) => return Err(other.into()),
            },
        };
        self.told.send(news)?;
        Ok(())
    }
}

struct Stage {
    inline: Inline,
    keeper: Address<Msg>,
    caller: Address<Told>,
    news: Receiver<News>,
}

fn stage(breaker: Breaker, max_asks: u32) -> Stage {
    let inline = System::builder().inline();
    let keeper = inline.spawn(Keeper::default());
    let (told, news) = channel();
    let options = Options::builder().max_asks(max_asks).build().expect("in range");
    let caller = Caller { to: keeper, breaker, told };
    let caller = inline.system().try_spawn(caller, &options).expect("memory");
    Stage { inline, keeper, caller, news }
}

fn breaker(failures: u32) -> Breaker {
    Breaker::new(failures, SOON, PAUSE).expect("in range")
}

impl Stage {
    fn tell(&mut self, told: Told) -> News {
        self.caller.try_send(told).expect("room");
        self.inline.run_until_idle();
        self.news.try_recv().expect("it says so")
    }
    fn order(&mut self, order: Msg) -> News {
        tell(&mut self.inline, self.keeper, [order]);
        self.news.try_recv().expect("it says so")
    }
    fn circuit(&mut self) -> Circuit {
        let News::Circuit(circuit) = self.tell(Told::Look) else { panic!("no circuit") };
        circuit
    }
    /// Waits until it is no longer open.
    fn wait(&mut self) {
        while self.circuit() == Circuit::Open {
            std::thread::yield_now();
        }
    }
}

const DROPPED: News = News::Outcome(Err(AskError::Dropped));

#[test]
fn it_opens_hands_questions_back_and_closes_after_a_probe() {
    let _dog = watch("it_opens_hands_questions_back_and_closes_after_a_probe");
    let mut stage = stage(breaker(3), 16);
    let opened = Instant::now();
    for n in 0..3 {
        assert_eq!(stage.circuit(), Circuit::Closed);
        assert_eq!(stage.tell(Told::Ask(n)), News::Asked);
        assert_eq!(stage.order(Msg::Drop(n)), DROPPED);
    }
    assert_eq!(stage.circuit(), Circuit::Open);
    let News::Rejected(wait) = stage.tell(Told::Ask(5)) else { panic!("it is open") };
    assert!(!wait.is_zero() && wait <= PAUSE, "{wait:?}");
    // The question that was handed back is one.
    assert_eq!(stage.order(Msg::Answer(5)), News::Outcome(Ok(50)));
    stage.wait();
    assert!(opened.elapsed() >= PAUSE, "it was open for its pause");
    // One probe, and no second beside it.
    assert_eq!(stage.circuit(), Circuit::HalfOpen);
    assert_eq!(stage.tell(Told::Ask(6)), News::Asked);
    assert!(matches!(stage.tell(Told::Ask(7)), News::Rejected(_)));
    assert_eq!(stage.order(Msg::Answer(6)), News::Outcome(Ok(60)));
    assert_eq!(stage.circuit(), Circuit::Closed);
}

#[test]
fn a_probe_that_fails_opens_it_again_for_a_pause() {
    let _dog = watch("a_probe_that_fails_opens_it_again_for_a_pause");
    let mut stage = stage(breaker(1), 16);
    assert_eq!(stage.tell(Told::Admit(Some(false))), News::Asked);
    stage.wait();
    assert_eq!(stage.tell(Told::Ask(1)), News::Asked);
    let failed = Instant::now();
    assert_eq!(stage.order(Msg::Fail(1)), DROPPED);
    let News::Rejected(wait) = stage.tell(Told::Admit(None)) else { panic!("it is open") };
    stage.wait();
    assert!(wait <= PAUSE && failed.elapsed() >= PAUSE, "a whole pause again");
    assert_eq!(stage.tell(Told::Admit(Some(true))), News::Asked);
    assert_eq!(stage.circuit(), Circuit::Closed);
}

/// A probe whose verdict never comes is given up after a pause; what was asked before it opened has no say.
#[test]
fn a_verdict_that_never_comes_holds_nothing_up() {
    let _dog = watch("a_verdict_that_never_comes_holds_nothing_up");
    let mut stage = stage(breaker(2).probes(2).expect("in range"), 16);
    assert_eq!(stage.tell(Told::Ask(1)), News::Asked);
    for _ in 0..2 {
        assert_eq!(stage.tell(Told::Admit(Some(false))), News::Asked);
    }
    stage.wait();
    assert_eq!(stage.tell(Told::Admit(None)), News::Asked);
    assert_eq!(stage.order(Msg::Answer(1)), News::Outcome(Ok(10)));
    assert_eq!(stage.circuit(), Circuit::HalfOpen, "that was an answer of before");
    assert_eq!(stage.tell(Told::Admit(Some(true))), News::Asked);
    // The first of the two is lost. After a pause two more are let through.
    while matches!(stage.tell(Told::Admit(Some(true))), News::Rejected(_)) {
        std::thread::yield_now();
    }
    assert_eq!(stage.circuit(), Circuit::HalfOpen);
    assert_eq!(stage.tell(Told::Admit(Some(true))), News::Asked);
    assert_eq!(stage.circuit(), Circuit::Closed);
}

#[test]
fn messages_come_back_from_a_mailbox_that_refuses_and_from_an_open_circuit() {
    let mut stage = stage(breaker(2), 16);
    let ended = stage.inline.spawn(Keeper::default());
    tell(&mut stage.inline, ended, [Msg::Die]);
    assert_eq!(stage.tell(Told::Send(stage.keeper)), News::Sent);
    assert_eq!(stage.tell(Told::Send(ended)), News::Refused(Reason::Stale));
    assert_eq!(stage.tell(Told::Send(ended)), News::Refused(Reason::Stale));
    let handled = stage.inline.system().ledger().handled;
    assert!(matches!(stage.tell(Told::Send(stage.keeper)), News::Rejected(_)));
    assert_eq!(stage.inline.system().ledger().handled, handled + 1, "the keeper heard nothing");
}

#[test]
fn too_many_asks_are_no_failure_of_the_partner() {
    let _dog = watch("too_many_asks_are_no_failure_of_the_partner");
    let mut stage = stage(breaker(1), 1);
    assert_eq!(stage.tell(Told::Ask(1)), News::Asked);
    assert_eq!(stage.tell(Told::Ask(2)), News::TooMany(1));
    assert_eq!(stage.circuit(), Circuit::Closed);
    // Half open, and still too many: the probe that could not be asked is free for another.
    assert_eq!(stage.tell(Told::Admit(Some(false))), News::Asked);
    stage.wait();
    assert_eq!(stage.tell(Told::Ask(2)), News::TooMany(1));
    assert_eq!(stage.order(Msg::Answer(1)), News::Outcome(Ok(10)));
    assert_eq!(stage.tell(Told::Ask(3)), News::Asked);
    assert_eq!(stage.order(Msg::Answer(3)), News::Outcome(Ok(30)));
    assert_eq!(stage.circuit(), Circuit::Closed);
    assert!(Breaker::new(0, SOON, SOON).is_err() && breaker(1).probes(0).is_err());
}

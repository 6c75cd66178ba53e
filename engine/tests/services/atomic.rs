//! F13: a handler that fails leaves the state equal to its copy, and none of what it would have sent is sent.

use crate::drawn::cases;
use crate::keeper::{Keeper, Msg as Kept, SOON, run_until, tell};
use crate::watchdog::watch;
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Address, AskError, Atomic, Context, Directive, Fault, Inline, Lane, Options, Outcome, Reason,
    Reply, SendError, System, Timer, Transaction, Transactional,
};

/// One thing that a handler does.
#[derive(Debug, Clone)]
enum Step {
    Add(u64),
    Send(u64),
    /// To one who has ended.
    SendOr(u64),
    Ask(u64),
    After(u64),
    Reply(u64),
    Stop,
    Fail,
    Panic,
}

enum Told {
    Do(Vec<Step>, Option<Reply<u64>>),
    Came(News),
}

/// What the test hears: what was received by the sink, and what came back to the actor.
#[derive(Debug, Clone, PartialEq)]
enum News {
    Sunk(u64),
    Refused(u64, Reason),
    Outcome(Outcome<u64>),
    Timer(u64),
    State(Vec<u64>),
}

#[derive(Clone)]
struct State {
    added: Vec<u64>,
    sink: Address<u64>,
    ended: Address<u64>,
    keeper: Address<Kept>,
    /// Not a part of what is rolled back: the test's.
    news: Sender<News>,
    directive: Directive,
    seen_by_failed: Arc<Mutex<Vec<u64>>>,
}

impl Transactional for State {
    type Msg = Told;
    fn handle(&mut self, told: Told, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        match told {
            Told::Do(steps, mut reply) => {
                for step in steps {
                    match step {
                        Step::Add(n) => self.added.push(n),
                        Step::Send(n) => tx.send(self.sink, n),
                        Step::SendOr(n) => tx.send_or(self.ended, n, |refused: SendError<u64>| {
                            let reason = refused.reason();
                            Told::Came(News::Refused(refused.into_inner(), reason))
                        }),
                        Step::Ask(n) => tx.ask_within(
                            SOON,
                            self.keeper,
                            |reply| Kept::Ask(n, reply),
                            |outcome| Told::Came(News::Outcome(outcome)),
                        ),
                        Step::After(n) => tx.after(Duration::ZERO, Told::Came(News::Timer(n))),
                        Step::Reply(n) => reply.take().into_iter().for_each(|reply| tx.reply(reply, n)),
                        Step::Stop => tx.stop(),
                        Step::Fail => return Err(Fault::msg("as told")),
                        Step::Panic => panic!("as told"),
                    }
                }
                self.news.send(News::State(self.added.clone()))?;
            }
            Told::Came(news) => self.news.send(news)?,
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault) -> Directive {
        self.seen_by_failed.lock().expect("no panic").clone_from(&self.added);
        self.directive
    }
}

/// Tells of what comes to it.
struct Sink(Sender<News>);

impl Actor for Sink {
    type Msg = u64;
    fn handle(&mut self, n: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(News::Sunk(n))?;
        Ok(())
    }
}

struct Stage {
    inline: Inline,
    actor: Address<Told>,
    keeper: Address<Kept>,
    news: Receiver<News>,
    seen_by_failed: Arc<Mutex<Vec<u64>>>,
}

fn stage(directive: Directive) -> Stage {
    let mut inline = System::builder().inline();
    let (out, news) = channel();
    let (sink, ended) = (inline.spawn(Sink(out.clone())), inline.spawn(Sink(out.clone())));
    let _ = ended.stop();
    inline.run_until_idle();
    let keeper = inline.spawn(Keeper::default());
    let seen_by_failed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&seen_by_failed);
    let state = State { added: Vec::new(), sink, ended, keeper, news: out, directive, seen_by_failed: seen };
    let actor = inline.spawn(Atomic::new(state));
    Stage { inline, actor, keeper, news, seen_by_failed }
}

impl Stage {
    fn tell(&mut self, steps: Vec<Step>) {
        self.actor.try_send(Told::Do(steps, None)).expect("room");
        self.inline.run_until_idle();
    }
    fn rest(&mut self) -> Vec<News> {
        // Timers that are due at once are due with the next tick.
        while self.inline.system().quiesce(Duration::ZERO).is_err() {
            self.inline.run_until_idle();
        }
        self.news.try_iter().collect()
    }
}

fn everything(n: u64) -> Vec<Step> {
    vec![
        Step::Add(n),
        Step::Send(n),
        Step::SendOr(n),
        Step::Ask(n),
        Step::Reply(n),
        Step::Send(n + 1),
        Step::After(n),
        Step::Stop,
    ]
}

#[test]
fn a_handler_that_is_well_does_all_of_it() {
    let _dog = watch("a_handler_that_is_well_does_all_of_it");
    let mut stage = stage(Directive::Resume);
    let mut steps = everything(3);
    steps.pop();
    let mut asked = stage.actor.ask(|reply| Told::Do(steps, Some(reply))).deadline(SOON);
    assert_eq!(run_until(&mut stage.inline, &mut asked), Ok(3));
    tell(&mut stage.inline, stage.keeper, [Kept::Answer(3)]);
    let news = stage.rest();
    for wanted in
        [News::State(vec![3]), News::Refused(3, Reason::Stale), News::Outcome(Ok(30)), News::Timer(3)]
    {
        assert_eq!(news.iter().filter(|one| **one == wanted).count(), 1, "{wanted:?} in {news:?}");
    }
    let sunk: Vec<_> = news.iter().filter(|one| matches!(one, News::Sunk(_))).collect();
    assert_eq!(sunk, [&News::Sunk(3), &News::Sunk(4)], "in order");
    assert_eq!(news.len(), 6, "{news:?}");
    stage.tell(vec![Step::Stop]);
    assert!(!stage.actor.is_alive());
}

#[test]
fn a_handler_that_fails_does_nothing_of_it() {
    let _dog = watch("a_handler_that_fails_does_nothing_of_it");
    for failure in [Step::Fail, Step::Panic] {
        for at in 0..=everything(0).len() {
            let mut stage = stage(Directive::Resume);
            stage.tell(vec![Step::Add(1)]);
            let before = stage.inline.system().ledger();
            let mut steps = everything(7);
            steps.insert(at, failure.clone());
            let mut asked = stage.actor.ask(|reply| Told::Do(steps, Some(reply))).deadline(SOON);
            assert_eq!(run_until(&mut stage.inline, &mut asked), Err(AskError::Dropped), "at {at}");
            tell(&mut stage.inline, stage.keeper, [Kept::AnswerAll]);
            assert!(stage.actor.is_alive());
            assert_eq!(*stage.seen_by_failed.lock().expect("no panic"), [1], "it is as it was");
            stage.tell(vec![Step::Add(2)]);
            assert_eq!(stage.rest(), [News::State(vec![1]), News::State(vec![1, 2])], "at {at}");
            let after = stage.inline.system().ledger();
            after.check().expect("the ledger adds up");
            // The two messages to it and the one to the keeper, and nothing of its own.
            assert_eq!((after.attempts - before.attempts, after.late_replies), (3, 0), "at {at}");
            assert_eq!(after.faults, 1);
        }
    }
}

#[test]
fn one_that_is_told_to_stops_with_the_state_of_before() {
    let mut stage = stage(Directive::Stop);
    stage.tell(vec![Step::Add(1)]);
    stage.tell(vec![Step::Add(2), Step::Send(2), Step::Panic]);
    assert!(!stage.actor.is_alive());
    assert_eq!(*stage.seen_by_failed.lock().expect("no panic"), [1]);
    assert_eq!(stage.rest(), [News::State(vec![1])]);
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0_u64..100).prop_map(Step::Add),
        8 => (0_u64..100).prop_map(Step::Send),
        1 => Just(Step::Fail),
        1 => Just(Step::Panic),
    ];
    proptest::collection::vec(step, 0..12)
}

proptest! {
    #![proptest_config(cases(64))]
    /// Against a model: lists of what was added and what was sent.
    #[test]
    fn whatever_it_does_it_does_wholly(turns in proptest::collection::vec(steps(), 1..12)) {
        let mut stage = stage(Directive::Resume);
        let (mut added, mut wanted) = (Vec::new(), Vec::new());
        for steps in turns {
            if !steps.iter().any(|step| matches!(step, Step::Fail | Step::Panic)) {
                added.extend(steps.iter().filter_map(|step| if let Step::Add(n) = step { Some(*n) } else { None }));
                wanted.push(News::State(added.clone()));
                wanted.extend(steps.iter().filter_map(|step| if let Step::Send(n) = step { Some(News::Sunk(*n)) } else { None }));
            }
            stage.tell(steps);
        }
        prop_assert_eq!(stage.rest(), wanted);
    }
}

/// Its copies may fall in pieces when they are dropped: that changes nothing.
#[test]
fn a_drop_that_panics_does_not_interfere() {
    struct Brittle(Arc<AtomicBool>);
    impl Clone for Brittle {
        fn clone(&self) -> Self {
            Self(Arc::clone(&self.0))
        }
    }
    impl Drop for Brittle {
        fn drop(&mut self) {
            assert!(!self.0.load(Ordering::SeqCst), "as told");
        }
    }
    #[derive(Clone)]
    struct Breaks(u64, Address<u64>, #[expect(dead_code, reason = "it is there to be dropped")] Brittle);
    impl Transactional for Breaks {
        type Msg = bool;
        fn handle(&mut self, fails: bool, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
            self.0 += 1;
            tx.send(self.1, self.0);
            if fails { Err(Fault::msg("as told")) } else { Ok(()) }
        }
    }
    let mut inline = System::builder().inline();
    let (out, news) = channel();
    let sink = inline.spawn(Sink(out));
    let breaks = Arc::new(AtomicBool::new(true));
    let actor = inline.spawn(Atomic::new(Breaks(0, sink, Brittle(Arc::clone(&breaks)))));
    for fails in [false, true, false] {
        actor.try_send(fails).expect("room");
        inline.run_until_idle();
    }
    breaks.store(false, Ordering::SeqCst);
    assert_eq!(news.try_iter().collect::<Vec<_>>(), [News::Sunk(1), News::Sunk(2)]);
    assert_eq!(inline.system().ledger().faults, 1);
}

/// The hook before the first message is one of those that do all or nothing, and urgent messages go first.
#[test]
fn its_start_is_atomic_too_and_it_has_lanes() {
    #[derive(Clone)]
    struct Starts(u64, Address<u64>, bool);
    impl Transactional for Starts {
        type Msg = u64;
        fn started(&mut self, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
            self.0 = 100;
            tx.send(self.1, 7_u64);
            if self.2 { Err(Fault::msg("as told")) } else { Ok(()) }
        }
        fn handle(&mut self, n: u64, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
            tx.send(self.1, self.0 + n);
            Ok(())
        }
        fn lane(&self, n: &u64) -> Lane {
            if *n == 1 { Lane::Urgent } else { Lane::Normal }
        }
        fn options() -> Options {
            Options::builder().lanes().build().expect("in range")
        }
    }
    for fails in [false, true] {
        let mut inline = System::builder().inline();
        let (out, news) = channel();
        let sink = inline.spawn(Sink(out));
        let actor = inline.spawn(Atomic::new(Starts(0, sink, fails)));
        for n in [2_u64, 3, 1] {
            actor.try_send(n).expect("room");
        }
        inline.run_until_idle();
        let base = if fails { 0 } else { 100 };
        let mut wanted = vec![News::Sunk(base + 1), News::Sunk(base + 2), News::Sunk(base + 3)];
        if !fails {
            wanted.insert(0, News::Sunk(7));
        }
        assert_eq!(news.try_iter().collect::<Vec<_>>(), wanted, "fails: {fails}");
    }
}

/// What it spawns, watches and arms is there if its handler was well, and else has never been.
#[test]
fn it_spawns_watches_and_ticks_wholly_or_not_at_all() {
    #[derive(Clone)]
    struct Parent {
        out: Sender<News>,
        child: Option<Address<u64>>,
        ticking: Option<Timer>,
    }
    enum Word {
        Begin(bool),
        Spawned(Address<u64>),
        Watch(bool),
        Kill,
        Ended,
        Tick,
        /// Begins to tick, and thinks better of it.
        NoTick,
        Quiet,
    }
    impl Transactional for Parent {
        type Msg = Word;
        fn handle(&mut self, word: Word, tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
            match word {
                Word::Begin(fails) => {
                    tx.spawn(Sink(self.out.clone()), Options::default(), |spawned| {
                        Word::Spawned(spawned.expect("memory"))
                    });
                    self.ticking = Some(tx.every(Duration::from_millis(10), || Word::Tick));
                    if fails {
                        return Err(Fault::msg("as told"));
                    }
                }
                Word::Spawned(child) => {
                    self.child = Some(child);
                    tx.send(child, 1_u64);
                }
                Word::Watch(fails) => {
                    self.child.into_iter().for_each(|child| tx.watch(child, |_| Word::Ended));
                    if fails {
                        return Err(Fault::msg("as told"));
                    }
                }
                Word::Kill => _ = self.child.map(|child| child.kill()),
                Word::Ended => self.out.send(News::Sunk(2))?,
                Word::Tick => self.out.send(News::Timer(0))?,
                Word::NoTick => assert!(tx.every(Duration::from_millis(1), || Word::Tick).cancel()),
                Word::Quiet => assert!(self.ticking.take().is_some_and(|timer| timer.cancel())),
            }
            Ok(())
        }
    }
    let mut inline = System::builder().inline_virtual();
    let (out, news) = channel();
    let parent = inline.spawn(Atomic::new(Parent { out, child: None, ticking: None }));
    let mut told = |words: Vec<Word>| {
        for word in words {
            assert!(parent.try_send(word).is_ok(), "room");
        }
        inline.run_until_idle();
        inline.advance(Duration::from_millis(25));
        let ledger = inline.system().ledger();
        ledger.check().expect("it adds up");
        (news.try_iter().collect::<Vec<_>>(), ledger.spawned)
    };
    assert_eq!(told(vec![Word::Begin(true), Word::NoTick]), (vec![], 1), "nothing of it");
    assert_eq!(
        told(vec![Word::Begin(false)]),
        (vec![News::Sunk(1), News::Timer(0), News::Timer(0)], 2),
        "all of it"
    );
    assert_eq!(told(vec![Word::Quiet]).0, []);
    assert_eq!(told(vec![Word::Watch(true), Word::Watch(false), Word::Kill]).0, [News::Sunk(2)], "once");
}

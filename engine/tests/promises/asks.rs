//! R10: every ask ends exactly once: answered, dropped, refused or out of time, whoever dies meanwhile.

use crate::executor::{block_on, poll};
use crate::seed;
use crate::watchdog::watch;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context as Poll0, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use throng::{Actor, AskError, Context, Fault, Options, Reason, Reply, Stopping, System};

pub(crate) const SOON: Duration = Duration::from_secs(60);

/// What a replier shall do with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Answer,
    Drop,
    Fail,
    /// Keep the reply, and end with it.
    Die,
    /// Answer after so many microseconds, by a timer.
    Later(u64),
    /// Keep it for ever.
    Keep,
}

pub(crate) enum Msg {
    Question(Course, u64, Reply<u64>),
    Due,
}

#[derive(Default)]
pub(crate) struct Replier {
    later: Vec<(Instant, u64, Reply<u64>)>,
    kept: Vec<Reply<u64>>,
}

impl Actor for Replier {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let (course, n, reply) = match message {
            Msg::Question(course, n, reply) => (course, n, reply),
            Msg::Due => {
                let now = Instant::now();
                for (_, n, reply) in self.later.extract_if(.., |(due, _, _)| *due <= now) {
                    reply.send(n + 1);
                }
                return Ok(());
            }
        };
        match course {
            Course::Answer => reply.send(n + 1),
            Course::Drop => drop(reply),
            Course::Fail => return Err(Fault::msg("as told")),
            Course::Die => {
                self.kept.push(reply);
                cx.stop();
            }
            Course::Later(micros) => {
                let delay = Duration::from_micros(micros);
                self.later.push((Instant::now() + delay, n, reply));
                cx.after(delay, Msg::Due);
            }
            Course::Keep => self.kept.push(reply),
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> throng::Directive {
        throng::Directive::Resume
    }
}

pub(crate) fn two_workers() -> System {
    System::builder().workers(2).build().expect("a system")
}

#[test]
fn r10_from_outside_each_way() {
    let _dog = watch("r10_from_outside_each_way");
    let system = two_workers();
    let short = Duration::from_millis(5);
    for waits in [true, false] {
        let ask = |course, deadline| {
            let replier = system.spawn(Replier::default());
            let ask = replier.ask(|reply| Msg::Question(course, 7, reply)).deadline(deadline);
            let began = Instant::now();
            let outcome = if waits { ask.wait() } else { block_on(ask) };
            assert!(
                outcome != Err(AskError::Timeout) || began.elapsed() >= deadline,
                "out of time too early"
            );
            outcome
        };
        for _ in 0..100 {
            assert_eq!(ask(Course::Answer, SOON), Ok(8));
            assert_eq!(ask(Course::Drop, SOON), Err(AskError::Dropped));
            assert_eq!(ask(Course::Fail, SOON), Err(AskError::Dropped));
            assert_eq!(ask(Course::Die, SOON), Err(AskError::Dropped));
            assert_eq!(ask(Course::Later(2_000), SOON), Ok(8));
        }
        for _ in 0..5 {
            assert_eq!(ask(Course::Keep, short), Err(AskError::Timeout));
            assert_eq!(ask(Course::Later(600_000), short), Err(AskError::Timeout));
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.late_replies, 10, "the ten that were answered after their deadline");
}

#[test]
fn r10_from_outside_at_the_deadline() {
    let _dog = watch("r10_from_outside_at_the_deadline");
    let mut random = seed::random();
    let system = two_workers();
    // Room for all of them: a question that finds none until its deadline is not asked, and gets no late answer.
    let options = Options::builder().capacity(8_192).build().expect("in range");
    let replier = system.try_spawn(Replier::default(), &options).expect("memory");
    let asks: Vec<_> = (0..2_000)
        .map(|n| {
            let micros = 1_000 + random.below(30_000);
            let ask = replier.ask(|reply| Msg::Question(Course::Later(micros), n, reply));
            let mut ask = ask.deadline(Duration::from_micros(micros + 1_000));
            // A busy machine may keep this thread away for as long as the shortest deadline is.
            let ended = match poll(&mut ask) {
                Poll::Ready(outcome) => Some(outcome),
                Poll::Pending => None,
            };
            (n, ask, ended)
        })
        .collect();
    let (mut answered, mut late) = (0_u64, 0_u64);
    for (n, ask, ended) in asks {
        match ended.unwrap_or_else(|| block_on(ask)) {
            Ok(answer) => {
                assert_eq!(answer, n + 1);
                answered += 1;
            }
            Err(AskError::Timeout) => late += 1,
            Err(other) => panic!("{other}"),
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!((answered + late, ledger.late_replies), (2_000, late));
}

#[test]
fn r10_an_asker_outside_that_goes_away() {
    let _dog = watch("r10_an_asker_outside_that_goes_away");
    let system = two_workers();
    let replier = system.spawn(Replier::default());
    for n in 0..1_000 {
        let mut ask = replier.ask(|reply| Msg::Question(Course::Answer, n, reply));
        if n % 2 == 0 {
            // Asked, and not waited for.
            let _ = poll(&mut ask);
        }
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.handled, 500, "what was not polled was not asked");
    assert_eq!(replier.ask(|reply| Msg::Question(Course::Answer, 1, reply)).wait(), Ok(2));
}

#[test]
fn r10_refused_questions() {
    let _dog = watch("r10_refused_questions");
    let system = two_workers();
    let replier = system.spawn(Replier::default());
    let _ = replier.stop();
    system.quiesce(SOON).expect("rest");
    let question = |reply| Msg::Question(Course::Answer, 1, reply);
    assert_eq!(replier.ask(question).wait(), Err(AskError::Refused(Reason::Stale)));
    assert_eq!(block_on(replier.ask(question)), Err(AskError::Refused(Reason::Stale)));
}

#[test]
fn r10_a_reply_that_left_its_actor() {
    let _dog = watch("r10_a_reply_that_left_its_actor");
    struct GiveAway(std::sync::mpsc::Sender<Reply<u64>>);
    impl Actor for GiveAway {
        type Msg = Reply<u64>;
        fn handle(&mut self, reply: Reply<u64>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            self.0.send(reply).map_err(|_| Fault::msg("nobody wants it"))?;
            cx.stop();
            Ok(())
        }
    }
    // Kept outside while the actor ends: the deadline holds.
    let (out, replies) = channel();
    for _ in 0..200 {
        let system = two_workers();
        let ask = system.spawn(GiveAway(out.clone())).ask(|reply| reply).deadline(Duration::from_millis(3));
        assert_eq!(block_on(ask), Err(AskError::Timeout));
        drop(replies.recv());
    }
    // Kept outside while the system ends: over at once or in time, but over.
    for _ in 0..20 {
        let system = two_workers();
        let mut ask =
            system.spawn(GiveAway(out.clone())).ask(|reply| reply).deadline(Duration::from_millis(30));
        assert!(poll(&mut ask).is_pending());
        let kept = replies.recv();
        drop(system);
        assert!(matches!(block_on(ask), Err(AskError::Timeout | AskError::Dropped)));
        drop(kept);
    }
    // Answered from outside after everything has ended.
    let system = two_workers();
    let mut ask = system.spawn(GiveAway(out)).ask(|reply| reply).deadline(Duration::MAX);
    assert!(poll(&mut ask).is_pending());
    let kept = replies.recv().expect("the reply");
    kept.send(5);
    assert_eq!(block_on(ask), Ok(5));
}

/// Hands replies out.
struct Giver(Sender<Reply<u32>>);

impl Actor for Giver {
    type Msg = Reply<u32>;
    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let _ = self.0.send(reply);
        Ok(())
    }
}

/// A task that owns the reply it waits for.
struct Owner(Mutex<Option<Reply<u32>>>);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn r10_the_last_waker_may_own_the_reply() {
    let _dog = watch("r10_the_last_waker_may_own_the_reply");
    let system = System::builder().workers(1).build().expect("a system");
    let (out, replies) = channel();
    let giver = system.spawn(Giver(out));
    for first_dropped_by_poll in [true, false] {
        let mut ask = giver.ask(|reply| reply);
        let owner = Arc::new(Owner(Mutex::new(None)));
        let waker = Waker::from(Arc::clone(&owner));
        assert!(Pin::new(&mut ask).poll(&mut Poll0::from_waker(&waker)).is_pending());
        *owner.0.lock().expect("no panic") = Some(replies.recv().expect("a reply"));
        drop((owner, waker));
        // The slot has the last one: whoever drops it there answers the ask that he is at.
        if first_dropped_by_poll {
            let _ = poll(&mut ask);
        }
        drop(ask);
    }
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

/// A question to one that has ended carries the way back of another's: each hears its own story.
#[test]
fn a_refusal_is_told_to_its_own_asker_alone() {
    struct Keeps(Arc<Mutex<Option<Reply<()>>>>);
    enum Msg {
        Keep(Reply<()>),
        Pair(#[expect(dead_code)] Reply<()>, #[expect(dead_code)] Option<Reply<()>>),
    }
    impl Actor for Keeps {
        type Msg = Msg;
        fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            if let Msg::Keep(reply) = message {
                *self.0.lock().expect("no panic") = Some(reply);
            }
            Ok(())
        }
    }
    let _dog = watch("a_refusal_is_told_to_its_own_asker_alone");
    let system = System::builder().workers(1).build().expect("a system");
    let kept = Arc::new(Mutex::new(None));
    let (lives, ended) = (system.spawn(Keeps(Arc::clone(&kept))), system.spawn(Keeps(Arc::default())));
    assert_eq!(ended.stop_now(), Stopping::Told);
    system.quiesce(SOON).expect("rest");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| lives.ask(Msg::Keep).wait());
        let reply = loop {
            if let Some(reply) = kept.lock().expect("no panic").take() {
                break reply;
            }
            std::thread::yield_now();
        };
        let own = ended.ask(|way| Msg::Pair(way, Some(reply))).wait();
        assert_eq!(own, Err(AskError::Refused(Reason::Stale)));
        assert_eq!(other.join().expect("no panic"), Err(AskError::Dropped));
    });
    system.shutdown(SOON).expect("rest");
}

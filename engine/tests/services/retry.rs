//! Asking again: in a handler and from outside, until there is an answer, or no attempt is left, or nobody wants to know.

use crate::executor::poll;
use crate::keeper::{LONGER, SHORT, SOON, run_until};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use throng::{
    Actor, Address, AskError, Asking, Backoff, Context, Dedup, Directive, Fault, GaveUp, Inline, Reason,
    Reply, Retry, Sight, System,
};

/// Drops its first questions unanswered.
struct Deaf {
    heard: Arc<AtomicU32>,
    drops: u32,
    /// Keeps them in place of dropping them.
    keeps: Option<Vec<Reply<u32>>>,
}

impl Actor for Deaf {
    type Msg = Reply<u32>;
    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let n = self.heard.fetch_add(1, Ordering::SeqCst);
        if n >= self.drops {
            reply.send(n);
        } else if let Some(kept) = &mut self.keeps {
            kept.push(reply);
        }
        Ok(())
    }
}

type Answer = Result<u32, GaveUp>;

struct Asker {
    to: Address<Reply<u32>>,
    retry: Retry,
    told: Sender<Answer>,
}

enum Told {
    Ask,
    /// Panics over its second attempt.
    Panic,
    Answer(Answer),
}

impl Actor for Asker {
    type Msg = Told;
    fn handle(&mut self, told: Told, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match told {
            Told::Ask => self.retry.ask(cx, self.to, |reply| reply, Told::Answer),
            Told::Panic => {
                let mut attempts = 0;
                let question = move |reply| {
                    attempts += 1;
                    assert!(attempts < 2, "as told");
                    reply
                };
                self.retry.ask(cx, self.to, question, Told::Answer);
            }
            Told::Answer(answer) => self.told.send(answer)?,
        }
        Ok(())
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

struct Stage {
    inline: Inline,
    deaf: Address<Reply<u32>>,
    heard: Arc<AtomicU32>,
    asker: Address<Told>,
    answers: Receiver<Answer>,
    retry: Retry,
}

/// The deadline of an attempt that is waited for.
const ATTEMPT: Duration = Duration::from_millis(100);

fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(2), Duration::from_millis(4)).jitter(0.5).seed(1)
}

fn stage(drops: u32, keeps: bool) -> Stage {
    let deadline = if keeps { ATTEMPT } else { SOON };
    stage_with(Retry::new(4, backoff()).expect("in range").deadline(deadline), drops, keeps)
}

fn stage_with(retry: Retry, drops: u32, keeps: bool) -> Stage {
    let inline = System::builder().inline();
    let heard = Arc::new(AtomicU32::new(0));
    let deaf = inline.spawn(Deaf { heard: Arc::clone(&heard), drops, keeps: keeps.then(Vec::new) });
    let (told, answers) = channel();
    let asker = inline.spawn(Asker { to: deaf, retry: retry.clone(), told });
    Stage { inline, deaf, heard, asker, answers, retry }
}

impl Stage {
    fn ask(&mut self, told: Told) -> Answer {
        self.asker.try_send(told).expect("room");
        loop {
            self.inline.run_until_idle();
            if let Ok(answer) = self.answers.try_recv() {
                self.inline.run_until_idle();
                assert!(self.answers.try_recv().is_err(), "one result");
                return answer;
            }
            std::thread::yield_now();
        }
    }
    fn ask_outside(&mut self) -> Answer {
        let mut asked = self.retry.ask_outside(self.deaf, |reply| reply);
        run_until(&mut self.inline, &mut asked)
    }
    fn heard(&self) -> u32 {
        self.heard.swap(0, Ordering::SeqCst)
    }
    fn end(self) -> throng::Ledger {
        let ledger = self.inline.system().ledger();
        ledger.check().expect("the ledger adds up");
        ledger
    }
}

fn gave_up(answer: Answer) -> (u32, AskError) {
    let gave_up = answer.expect_err("no answer");
    (gave_up.attempts, gave_up.last)
}

#[test]
fn it_asks_until_there_is_an_answer_or_no_attempt_is_left() {
    let _dog = watch("it_asks_until_there_is_an_answer_or_no_attempt_is_left");
    for outside in [false, true] {
        for (drops, keeps, last) in [
            (0, false, None),
            (3, false, None),
            (3, true, None),
            (4, false, Some(AskError::Dropped)),
            (4, true, Some(AskError::Timeout)),
        ] {
            let mut stage = stage(drops, keeps);
            let began = Instant::now();
            let answer = if outside { stage.ask_outside() } else { stage.ask(Told::Ask) };
            match last {
                None => assert_eq!(answer, Ok(drops), "outside: {outside}"),
                Some(error) => assert_eq!(gave_up(answer), (4, error), "outside: {outside}"),
            }
            assert_eq!(stage.heard(), (drops + 1).min(4));
            // Half of each wait is left to chance: 2, 4 and 4 ms at most.
            let waits = [1, 2, 2].into_iter().take(drops as usize).sum();
            let deadlines = if keeps { ATTEMPT * drops } else { Duration::ZERO };
            assert!(began.elapsed() >= Duration::from_millis(waits) + deadlines, "too early");
            let ledger = stage.end();
            assert_eq!(ledger.faults, 0);
        }
    }
}

/// What will be the same for ever is not tried again; and the asker may say what is.
#[test]
fn what_cannot_change_is_not_tried_again() {
    let _dog = watch("what_cannot_change_is_not_tried_again");
    let mut ended = stage(0, false);
    let _ = ended.deaf.stop();
    ended.inline.run_until_idle();
    let stale = (1, AskError::Refused(Reason::Stale));
    assert_eq!(gave_up(ended.ask(Told::Ask)), stale);
    assert_eq!(gave_up(ended.ask_outside()), stale);

    let mut choosy = stage(4, false);
    choosy.retry = choosy.retry.when(|error| error != AskError::Dropped);
    assert_eq!(gave_up(choosy.ask_outside()), (1, AskError::Dropped));
    assert!(Retry::new(0, backoff()).is_err());
}

#[test]
fn a_question_that_panics_is_told_as_well() {
    let _dog = watch("a_question_that_panics_is_told_as_well");
    let mut stage = stage(4, false);
    assert_eq!(gave_up(stage.ask(Told::Panic)), (2, AskError::Dropped));
    assert_eq!(stage.heard(), 1);
    assert_eq!(stage.end().faults, 1);
}

#[test]
fn nobody_is_asked_again_for_one_who_has_ended() {
    let _dog = watch("nobody_is_asked_again_for_one_who_has_ended");
    let retry = Retry::new(4, Backoff::new(LONGER, LONGER)).expect("in range");
    let mut stage = stage_with(retry, u32::MAX, false);
    stage.asker.try_send(Told::Ask).expect("room");
    stage.inline.run_until_idle();
    let first = stage.heard();
    let _ = stage.asker.kill();
    stage.inline.run_until_idle();
    assert!(!stage.asker.is_alive());
    // An armed timer is one that rest waits for: then nothing more happens.
    while stage.inline.system().quiesce(Duration::ZERO).is_err() {
        stage.inline.run_until_idle();
    }
    assert_eq!((first, stage.heard()), (1, 0));
    assert!(stage.answers.try_recv().is_err());
    let living = stage.inline.system().ledger();
    assert_eq!(living.spawned - living.stopped, 1, "the answerer: {living:?}");
}

#[test]
fn a_deadline_over_all_attempts_ends_them() {
    let _dog = watch("a_deadline_over_all_attempts_ends_them");
    // Within an attempt, and within a pause.
    for (keeps, deadline, wait) in [(true, SOON, SHORT), (false, SHORT, SOON)] {
        let mut stage = stage(u32::MAX, keeps);
        let retry = Retry::new(9, Backoff::new(wait, wait)).expect("in range").deadline(deadline);
        let began = Instant::now();
        let mut asked = retry.ask_outside(stage.deaf, |reply| reply).within(Duration::from_millis(20));
        let answer = run_until(&mut stage.inline, &mut asked);
        assert_eq!(gave_up(answer), (1, AskError::Timeout), "keeps: {keeps}");
        assert!(began.elapsed() >= Duration::from_millis(20) && began.elapsed() < SOON / 2);
        // On a thread, of a system that nobody runs.
        let waited = retry.ask_outside(stage.deaf, |reply| reply).within(Duration::from_millis(20)).wait();
        assert_eq!(gave_up(waited).1, AskError::Timeout);
        assert!(began.elapsed() < SOON / 2);
    }
}

#[test]
fn dropped_half_way_it_asks_no_more() {
    let mut stage = stage(u32::MAX, true);
    let mut asked = stage.retry.ask_outside(stage.deaf, |reply| reply);
    assert!(poll(&mut asked).is_pending());
    stage.inline.run_until_idle();
    drop(asked);
    let until = Instant::now() + ATTEMPT * 2;
    while Instant::now() < until {
        stage.inline.run_until_idle();
    }
    assert_eq!(stage.heard(), 1);
    stage.end();
}

/// An answerer that is late handles the question again; with the key in a window it does what it stands for once.
#[test]
fn with_a_window_of_keys_the_work_is_done_once() {
    let _dog = watch("with_a_window_of_keys_the_work_is_done_once");
    struct Account {
        paid: Dedup<u64>,
        balance: u32,
        lost: u32,
    }
    impl Actor for Account {
        type Msg = (u64, Reply<u32>);
        fn handle(&mut self, (key, reply): Self::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if self.paid.look(cx, key) == Sight::New {
                self.balance += 5;
            }
            // The answers are lost, and the work is done.
            if self.lost > 0 {
                self.lost -= 1;
            } else {
                reply.send(self.balance);
            }
            Ok(())
        }
    }
    let system = System::builder().workers(2).build().expect("a system");
    let paid = Dedup::new(100, SOON).expect("in range");
    let account = system.spawn(Account { paid, balance: 0, lost: 3 });
    let retry = Retry::new(5, backoff()).expect("in range");
    assert_eq!(retry.ask_outside(account, |reply| (1, reply)).wait(), Ok(5));
    assert_eq!(retry.ask_outside(account, |reply| (2, reply)).wait(), Ok(10));
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

//! A circuit breaker that threads outside share.

use crate::executor::poll;
use crate::keeper::{Keeper, Msg, SHORT, SOON, run_until, tell};
use crate::watchdog::watch;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};
use throng::{
    Actor, AskError, Asking, Breaker, Circuit, Context, Fault, Guard, Inline, Reason, Rejected, Reply,
    System, first,
};

const PAUSE: Duration = Duration::from_millis(200);

fn guard(failures: u32) -> (Inline, Guard<Msg>) {
    let inline = System::builder().inline();
    let keeper = inline.spawn(Keeper::default());
    let breaker = Breaker::new(failures, SOON, PAUSE).expect("in range");
    (inline, Guard::new(keeper, breaker))
}

fn wait(guard: &Guard<Msg>) {
    while guard.circuit() == Circuit::Open {
        std::thread::yield_now();
    }
}

#[test]
fn it_opens_hands_back_and_closes_after_a_probe() {
    let _dog = watch("it_opens_hands_back_and_closes_after_a_probe");
    let (mut inline, guard) = guard(2);
    let keeper = guard.address();
    let question = |n| move |reply: Reply<u64>| Msg::Ask(n, reply);
    for n in 0..2 {
        let mut asked = guard.ask(question(n)).expect("closed").deadline(SOON);
        assert!(poll(&mut asked).is_pending());
        inline.run_until_idle();
        tell(&mut inline, keeper, [Msg::Fail(n)]);
        assert_eq!(run_until(&mut inline, &mut asked), Err(AskError::Dropped));
    }
    // The question, and the message, come back.
    let Err(rejected) = guard.ask(question(7)) else { panic!("it is open") };
    assert!(matches!(rejected, Rejected::Open { wait, .. } if wait <= PAUSE));
    let mut asked = keeper.ask(rejected.into_inner()).deadline(SOON);
    assert!(poll(&mut asked).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(7)]);
    assert_eq!(run_until(&mut inline, &mut asked), Ok(70));
    let rejected = guard.try_send(Msg::Answer(3)).expect_err("it is open");
    assert!(matches!(rejected.into_inner(), Msg::Answer(3)));
    wait(&guard);
    // One that is dropped makes room for the next.
    drop(guard.ask(question(1)).expect("a probe"));
    let mut probe = guard.ask(question(1)).expect("a probe again").map(|answer| answer + 1);
    assert!(guard.clone().ask(question(1)).is_err(), "one at a time, whoever asks");
    assert!(poll(&mut probe).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(1)]);
    assert_eq!(run_until(&mut inline, &mut probe), Ok(11));
    assert_eq!(guard.circuit(), Circuit::Closed);
}

#[test]
fn a_deadline_is_a_failure_and_what_is_withdrawn_is_none() {
    let _dog = watch("a_deadline_is_a_failure_and_what_is_withdrawn_is_none");
    let (mut inline, guard) = guard(1);
    let keeper = guard.address();
    // The other one answers first.
    let other = keeper.ask(|reply| Msg::Ask(1, reply));
    let asked = guard.ask(|reply| Msg::Ask(2, reply)).expect("closed");
    let mut quick = first([Box::new(other) as Box<dyn Asking<Output = _>>, Box::new(asked)]);
    assert!(poll(&mut quick).is_pending());
    inline.run_until_idle();
    tell(&mut inline, keeper, [Msg::Answer(1)]);
    assert_eq!(run_until(&mut inline, &mut quick), Ok(10));
    assert_eq!(guard.circuit(), Circuit::Closed);
    let mut asked = guard.ask(|reply| Msg::Ask(3, reply)).expect("closed").within(SHORT);
    assert_eq!(run_until(&mut inline, &mut asked), Err(AskError::Timeout));
    assert_eq!(guard.circuit(), Circuit::Open);
}

/// Of an actor that has ended, questions are refused, until the circuit is open for ever.
#[test]
fn an_actor_that_has_ended_leaves_it_open() {
    let (mut inline, guard) = guard(1);
    tell(&mut inline, guard.address(), [Msg::Die]);
    let refused = guard.ask(|reply| Msg::Ask(1, reply)).expect("closed").wait();
    assert_eq!(refused, Err(AskError::Refused(Reason::Stale)));
    assert_eq!(guard.circuit(), Circuit::Open);
    assert!(guard.ask(|reply| Msg::Ask(1, reply)).is_err());
}

/// Answers while it is well, and counts what it hears.
struct Patient {
    well: Arc<AtomicBool>,
    heard: Arc<AtomicU64>,
}

impl Actor for Patient {
    type Msg = Reply<()>;
    fn handle(&mut self, reply: Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.heard.fetch_add(1, Ordering::SeqCst);
        if self.well.load(Ordering::SeqCst) {
            reply.send(());
        }
        Ok(())
    }
}

#[test]
fn threads_share_it_and_leave_a_broken_partner_alone() {
    let _dog = watch("threads_share_it_and_leave_a_broken_partner_alone");
    const THREADS: u64 = 4;
    const FAILURES: u32 = 8;
    let system = System::builder().workers(2).build().expect("a system");
    let (well, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let patient = system.spawn(Patient { well: Arc::clone(&well), heard: Arc::clone(&heard) });
    let pause = Duration::from_millis(30);
    let guard = Guard::new(patient, Breaker::new(FAILURES, SOON, pause).expect("in range"));
    let began = Instant::now();
    let rejected = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while began.elapsed() < pause * 5 {
                    match guard.ask(|reply| reply) {
                        Ok(asked) => drop(asked.within(SOON).wait()),
                        Err(_) => drop(rejected.fetch_add(1, Ordering::SeqCst)),
                    }
                }
            });
        }
    });
    // Those that were under way when it opened, and one probe for each pause.
    let pauses = began.elapsed().as_millis() / pause.as_millis() + 1;
    let most = u64::from(FAILURES) + THREADS + pauses as u64;
    let (heard, rejected) = (heard.load(Ordering::SeqCst), rejected.into_inner());
    assert!(heard <= most, "{heard} questions came to it, of {most} at most");
    assert!(rejected > heard, "{rejected} were rejected");
    well.store(true, Ordering::SeqCst);
    while guard.circuit() != Circuit::Closed {
        if let Ok(asked) = guard.ask(|reply| reply) {
            asked.wait().expect("it is well");
        }
        std::thread::yield_now();
    }
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

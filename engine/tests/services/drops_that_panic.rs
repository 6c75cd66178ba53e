//! A function actor that ends, or a transaction that fails, with several things whose `Drop` panics: each harms that actor alone, and
//! not the process.

use crate::child::{alone, words};
use crate::watchdog::watch;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll, Waker};
use throng::{
    Actor, Atomic, Context, Exit, Fault, Inbox, Options, System, Transaction, Transactional, receive,
};

/// With a number: none is 0.
struct Bad(u32);

impl Drop for Bad {
    fn drop(&mut self) {
        // As `panic!` does, without a line on stderr.
        std::panic::resume_unwind(Box::new("bad"));
    }
}

#[test]
fn r02_messages_that_were_kept_and_the_future_itself() {
    let _dog = watch("r02_messages_that_were_kept_and_the_future_itself");
    // A panic within a panic ends the process.
    let output = alone("drops_that_panic::r02_messages_that_were_kept_and_the_future_itself", || {
        for own in [false, true] {
            let mut inline = System::builder().inline();
            let (to, mut join) = inline.spawn_fn(async move |mut inbox: Inbox<Bad>| {
                let _own = own.then(|| Bad(1));
                receive!(inbox, { Bad(0) => () })
            });
            inline.run_until_idle();
            for n in 1..4 {
                to.try_send(Bad(n)).map_err(std::mem::forget).expect("room");
            }
            inline.run_until_idle();
            let _told = to.kill();
            inline.run_until_idle();
            let joined = Pin::new(&mut join).poll(&mut Poll0::from_waker(Waker::noop()));
            assert!(matches!(joined, Poll::Ready(Err(Exit::Killed))));
            let ledger = inline.system().ledger();
            ledger.check().expect("it adds up");
            assert_eq!((ledger.faults, ledger.stopped), (1, 1), "own {own}");
        }
        println!("and goes on");
    });
    assert!(words(&output).contains("and goes on"), "{}", words(&output));
}

struct Idle(#[expect(dead_code, reason = "it is there to be dropped")] Bad);

impl Actor for Idle {
    type Msg = ();
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[derive(Clone)]
struct Spawns;

impl Transactional for Spawns {
    type Msg = ();
    fn handle(&mut self, (): (), tx: &mut Transaction<'_, '_, Self>) -> Result<(), Fault> {
        let me = tx.me();
        for bad in [Bad(1), Bad(2)] {
            tx.spawn(Idle(Bad(3)), Options::default(), move |_| std::mem::forget(bad));
        }
        let other = Bad(4);
        tx.send_or(me, (), move |_| std::mem::forget(other));
        Err(Fault::msg("told to"))
    }
}

#[test]
fn r02_what_a_transaction_held_back_that_failed() {
    let _dog = watch("r02_what_a_transaction_held_back_that_failed");
    let output = alone("drops_that_panic::r02_what_a_transaction_held_back_that_failed", || {
        let mut inline = System::builder().inline();
        let to = inline.spawn(Atomic::new(Spawns));
        to.try_send(()).expect("room");
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        ledger.check().expect("it adds up");
        // The fault is the handler's, and the actor goes on as it was.
        assert_eq!((ledger.spawned, ledger.stopped, ledger.faults), (1, 0, 1));
        println!("and goes on");
    });
    assert!(words(&output).contains("and goes on"), "{}", words(&output));
}

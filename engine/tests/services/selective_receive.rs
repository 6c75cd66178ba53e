//! Selective receive: the first that matches; the others stay, in order and within the bound.

use crate::drawn::cases;
use crate::functions::{bounded, inline, joined, runs};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;
use throng::{Actor, Address, Context, Fault, Inbox, RecvError, receive};

fn send<M: Send + 'static>(to: Address<M>, messages: impl IntoIterator<Item = M>) {
    for message in messages {
        assert!(to.try_send(message).is_ok(), "there is a place");
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Msg {
    Number(u64),
    Text(String),
    Pair { left: u32, right: u32 },
    End,
}

#[test]
fn the_first_that_matches_and_the_others_stay_in_order() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u64>| {
        let even = receive!(inbox, { n if n % 2 == 0 => n });
        let saved = inbox.saved();
        let big = receive!(inbox, { n @ 9.. => n });
        let mut rest = Vec::new();
        for _ in 0..4 {
            rest.push(inbox.recv().await);
        }
        (even, saved, big, rest)
    });
    send(to, [1, 3, 4, 5, 9, 6]);
    inline.run_until_idle();
    let rest = [1, 3, 5, 6].map(Ok).to_vec();
    assert_eq!(joined(join).expect("a result"), (Ok(4), 2, Ok(9), rest));
    let ledger = inline.system().ledger();
    assert_eq!(ledger.queued, 0);
    ledger.check().expect("it adds up");
}

/// Bindings and guards by value, several patterns, blocks without commas, `await` and `?` in arms, and a value of any type.
#[test]
fn arms_are_as_those_of_a_match() {
    async fn twice(n: u64) -> u64 {
        2 * n
    }
    let mut inline = inline();
    let limit = 10;
    let (to, join) = inline.spawn_fn(async move |mut inbox: Inbox<Msg>| -> Result<Vec<String>, RecvError> {
        let mut got = Vec::new();
        let mut looked = 0;
        loop {
            let word = receive!(inbox, {
                Msg::Number(n) if n > limit => { twice(n).await.to_string() }
                Msg::Text(text) if { looked += 1; text.len() > 1 } => text,
                Msg::Pair { left, right: 0 } | Msg::Pair { left: 0, right: left } => format!("pair {left}"),
                Msg::End => {
                    got.push(format!("looked {looked}"));
                    break;
                }
            })?;
            got.push(word);
        }
        let rest = receive!(inbox, { Msg::Number(n) => n.to_string() })?;
        got.push(rest);
        // The inbox is free in an arm.
        let both = receive!(inbox, { Msg::Text(a) => (a, inbox.recv().await?) })?;
        got.push(format!("{both:?}"));
        let nothing = receive!(inbox, { _ => "something", after Duration::ZERO => "nothing" })?;
        got.push(nothing.to_string());
        Ok(got)
    });
    send(
        to,
        [
            Msg::Number(3),
            Msg::Text("a".into()),
            Msg::Pair { left: 1, right: 1 },
            Msg::Text("bc".into()),
            Msg::Number(11),
            Msg::Pair { left: 0, right: 5 },
            Msg::Pair { left: 6, right: 0 },
            Msg::End,
        ],
    );
    inline.run_until_idle();
    let got = joined(join).expect("a result").expect("nothing went wrong");
    let wanted = [
        "bc",
        "22",
        "pair 5",
        "pair 6",
        // "a" at the first receive, and again at each after it: 1 + 1, then once a receive.
        "looked 6",
        "3",
        "(\"a\", Pair { left: 1, right: 1 })",
        "nothing",
    ];
    assert_eq!(got, wanted);
}

/// What was left is looked at once by each receive, however many come while it waits.
#[test]
fn only_new_messages_are_looked_at_again() {
    let mut inline = inline();
    let looks = Arc::new(AtomicU32::new(0));
    let seen = Arc::clone(&looks);
    let (to, join) = inline.spawn_fn(async move |mut inbox: Inbox<u32>| {
        let look = |n: u32| {
            seen.fetch_add(1, Ordering::SeqCst);
            n == 100
        };
        let first = receive!(inbox, { n if look(n) => n });
        let second = receive!(inbox, { n if look(n) => n });
        (first, second)
    });
    for n in 1..=100_u32 {
        to.try_send(n).expect("there is a place");
        inline.run_until_idle();
    }
    assert_eq!(
        looks.load(Ordering::SeqCst),
        100 + 99,
        "each once by the first, and what was left once by the second"
    );
    to.try_send(100_u32).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(looks.load(Ordering::SeqCst), 200);
    assert_eq!(joined(join).expect("a result"), (Ok(100), Ok(100)));
}

#[test]
fn what_is_left_counts_against_the_bound() {
    let mut inline = inline();
    let (to, join) = inline.system().spawn_fn_with(
        async |mut inbox: Inbox<u32>| {
            let first = receive!(inbox, { 7 => () });
            let full = receive!(inbox, { 7 => () });
            let saved = inbox.saved();
            let oldest = inbox.recv().await;
            let seven = receive!(inbox, { 7 => () });
            (first, full, saved, oldest, seven, inbox.recv().await, inbox.recv().await)
        },
        &bounded(4),
    );
    send(to, [1, 2]);
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().queued, 2, "what is left is queued");
    inline.system().ledger().check().expect("it adds up");
    send(to, [3, 7]);
    assert!(to.try_send(4_u32).is_err(), "two are left and two wait");
    inline.run_until_idle();
    to.try_send(4_u32).expect("one place is left");
    inline.run_until_idle();
    // Full: it has taken the oldest, and waits for a seven.
    to.try_send(7_u32).expect("one place is left");
    assert!(to.try_send(8_u32).is_err());
    inline.run_until_idle();
    let result = joined(join).expect("a result");
    assert_eq!(result, (Ok(()), Err(RecvError::SavedFull), 4, Ok(1), Ok(()), Ok(2), Ok(3)));
    let ledger = inline.system().ledger();
    assert_eq!((ledger.dead.stopped, ledger.queued), (1, 0), "the 4 that it left");
    ledger.check().expect("it adds up");
}

#[test]
fn a_mailbox_of_one_place_is_full_at_once() {
    let mut inline = inline();
    let (to, join) = inline
        .system()
        .spawn_fn_with(async |mut inbox: Inbox<u32>| receive!(inbox, { 7 => () }), &bounded(1));
    send(to, [1]);
    inline.run_until_idle();
    assert_eq!(joined(join).expect("a result"), Err(RecvError::SavedFull));
}

/// However it ends: what is left is dead, and the system is at rest with it before.
#[test]
fn what_is_left_at_the_end_is_dead() {
    for deed in 0..4 {
        let mut inline = inline();
        let (to, join) = inline.spawn_fn(
            async move |mut inbox: Inbox<u32>| receive!(inbox, { 7 => assert!(deed != 3, "as told") }),
        );
        send(to, [1, 2, 3]);
        inline.run_until_idle();
        let rest = inline.system().quiesce(Duration::from_secs(1)).expect("what is left is no work");
        assert_eq!(rest.queued, 3);
        match deed {
            0 => drop(to.stop()),
            1 => drop(to.stop_now()),
            2 => drop(to.kill()),
            _ => send(to, [7]),
        }
        inline.run_until_idle();
        drop(joined(join));
        let ledger = inline.system().ledger();
        let dead = (ledger.dead.stopped, ledger.dead.failed);
        assert_eq!(dead, if deed == 3 { (0, 3) } else { (3, 0) });
        assert_eq!((ledger.queued, ledger.stopped), (0, 1));
        ledger.check().expect("it adds up");
    }
}

#[test]
fn stopped_it_still_takes_what_is_left() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let none = receive!(inbox, { 7 => () });
        (none, inbox.recv().await, inbox.recv().await, inbox.recv().await)
    });
    send(to, [1, 2]);
    let _ = to.stop();
    inline.run_until_idle();
    let stopped = RecvError::Stopped;
    assert_eq!(joined(join).expect("a result"), (Err(stopped), Ok(1), Ok(2), Err(stopped)));
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn time_is_up_over_what_does_not_match() {
    let mut inline = inline();
    let (to, mut join) = inline.spawn_fn(async |mut inbox: Inbox<u32>| {
        let second = Duration::from_secs(1);
        let late = receive!(inbox, { 7 => "seven", after second => "late" });
        let there = receive!(inbox, { 2 => "two", after Duration::ZERO => "late" });
        let gone = receive!(inbox, { 2 => "two", after Duration::ZERO => "late" });
        (late, there, gone)
    });
    inline.run_until_idle();
    for n in [1, 2, 3] {
        inline.advance(Duration::from_millis(300));
        send(to, [n]);
        inline.run_until_idle();
    }
    assert!(runs(&mut join));
    inline.advance(Duration::from_millis(101));
    assert_eq!(joined(join).expect("a result"), (Ok("late"), Ok("two"), Ok("late")));
}

#[test]
fn a_guard_that_panics_is_the_actors_failure_and_no_message_is_lost() {
    let mut inline = inline();
    let (to, join) = inline.spawn_fn(
        async |mut inbox: Inbox<u32>| receive!(inbox, { n if { assert!(n != 2, "two"); n == 7 } => n }),
    );
    send(to, [1, 2, 3]);
    inline.run_until_idle();
    assert!(joined(join).is_err());
    let ledger = inline.system().ledger();
    assert_eq!((ledger.faults, ledger.handled, ledger.dead.failed), (1, 2, 2));
    ledger.check().expect("it adds up");
}

/// Those that would be suspended on it might be whom it waits for.
#[test]
fn who_is_suspended_goes_on_when_something_is_left() {
    struct Producer(Address<u32>);
    impl Actor for Producer {
        type Msg = u32;
        fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            // Refused as full is as good as sent: somebody else brings the seven.
            let _ = cx.send(self.0, n);
            Ok(())
        }
    }
    let mut inline = inline();
    let (to, join) = inline.system().spawn_fn_with(
        async |mut inbox: Inbox<u32>| {
            let seven = receive!(inbox, { 7 => inbox.saved() });
            let mut rest = 0;
            while inbox.recv_within(Duration::ZERO).await.is_ok() {
                rest += 1;
            }
            (seven, rest)
        },
        &bounded(8),
    );
    assert!(to.suspend());
    inline.run_until_idle();
    let producers: Vec<_> = (0..4).map(|_| inline.spawn(Producer(to))).collect();
    assert!(to.resume());
    for producer in &producers {
        send(*producer, [1, 2]);
    }
    send(producers[0], [7]);
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().queued, 0, "nobody is held up");
    let (seven, rest) = joined(join).expect("a result");
    assert!(seven.is_ok() && rest <= 8, "{seven:?} {rest}");
    inline.system().ledger().check().expect("it adds up");
}

/// What is done to a function that receives as it is told.
#[derive(Debug, Clone)]
enum Step {
    Send(u8),
    /// Asks it to receive a message divisible by this; one is any.
    Receive(u8),
    /// The same, if one is there.
    Poll(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => any::<u8>().prop_map(Step::Send),
        2 => (1_u8..5).prop_map(Step::Receive),
        1 => (1_u8..5).prop_map(Step::Poll),
    ];
    proptest::collection::vec(step, 0..60)
}

/// The function in plain queues.
#[derive(Default)]
struct Model {
    kept: VecDeque<u8>,
    waits: Option<u8>,
    got: Vec<Result<u8, RecvError>>,
}

impl Model {
    fn receive(&mut self, by: u8, capacity: usize) -> bool {
        let found = self.kept.iter().position(|n| n % by == 0).and_then(|at| self.kept.remove(at));
        match found {
            Some(n) => self.got.push(Ok(n)),
            // A plain receive takes whatever there is.
            None if self.kept.len() >= capacity => self.got.push(Err(RecvError::SavedFull)),
            None => return false,
        }
        true
    }

    /// Receives what it waits for, if that is there or comes.
    fn look(&mut self, mailbox: &mut VecDeque<u8>, capacity: usize) {
        while let Some(by) = self.waits {
            if self.receive(by, capacity) {
                self.waits = None;
            } else if let Some(n) = mailbox.pop_front() {
                self.kept.push_back(n);
            } else {
                return;
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn as_the_reference_model_says(capacity in 1_u32..7, steps in steps()) {
        let mut inline = inline();
        let orders = Arc::new(Mutex::new(VecDeque::<(u8, bool)>::new()));
        let got = Arc::new(Mutex::new(Vec::new()));
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let (theirs, told, wakes) = (Arc::clone(&orders), Arc::clone(&got), Arc::clone(&waker));
        let (to, _join) = inline.system().spawn_fn_with(
            async move |mut inbox: Inbox<u8>| loop {
                let (by, polls) = std::future::poll_fn(|cx| {
                    *wakes.lock().expect("no panic inside") = Some(cx.waker().clone());
                    let order = theirs.lock().expect("no panic inside").pop_front();
                    order.map_or(Poll::Pending, Poll::Ready)
                })
                .await;
                let received = match (by, polls) {
                    (1, false) => inbox.recv().await,
                    (1, true) => inbox.recv_within(Duration::ZERO).await,
                    (_, false) => receive!(inbox, { n if n % by == 0 => n }),
                    (_, true) => match receive!(inbox, { n if n % by == 0 => Ok(n), after Duration::ZERO => Err(()) }) {
                        Ok(Ok(n)) => Ok(n),
                        Ok(Err(())) => Err(RecvError::Timeout),
                        Err(error) => Err(error),
                    },
                };
                told.lock().expect("no panic inside").push(received);
            },
            &bounded(capacity),
        );
        inline.run_until_idle();
        let capacity = capacity as usize;
        // What the mailbox holds, which nobody has taken.
        let mut model = Model::default();
        let mut mailbox = VecDeque::new();
        for step in steps {
            match step {
                Step::Send(n) => {
                    let is_full = mailbox.len() + model.kept.len() >= capacity;
                    prop_assert_eq!(to.try_send(n).is_err(), is_full, "a place for {}", n);
                    if !is_full {
                        mailbox.push_back(n);
                    }
                }
                Step::Receive(by) | Step::Poll(by) if model.waits.is_none() => {
                    let polls = matches!(step, Step::Poll(_));
                    orders.lock().expect("no panic inside").push_back((by, polls));
                    let wake = waker.lock().expect("no panic inside").clone();
                    wake.into_iter().for_each(Waker::wake);
                    model.waits = Some(by);
                    if polls {
                        model.look(&mut mailbox, capacity);
                        if model.waits.take().is_some() {
                            model.got.push(Err(RecvError::Timeout));
                        }
                    }
                }
                Step::Receive(_) | Step::Poll(_) => {}
            }
            model.look(&mut mailbox, capacity);
            inline.run_until_idle();
            prop_assert_eq!(&*got.lock().expect("no panic inside"), &model.got);
            let ledger = inline.system().ledger();
            prop_assert_eq!(ledger.queued as usize, mailbox.len() + model.kept.len());
            prop_assert!(ledger.check().is_ok());
        }
        let left = (mailbox.len() + model.kept.len()) as u64;
        let _ = to.kill();
        inline.run_until_idle();
        let ledger = inline.system().ledger();
        prop_assert_eq!((ledger.dead.stopped, ledger.queued), (left, 0));
        prop_assert!(ledger.check().is_ok());
    }
}

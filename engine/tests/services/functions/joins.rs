//! Its result, as a message of another, at once, never, or where it must not be waited for.

use super::{Dropped, inline, joined};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use throng::{Actor, Context, Exit, Fault, Inbox, Join, Joined};

#[test]
fn a_join_comes_as_a_message_once() {
    struct Parent(Vec<Joined<u32>>, mpsc::Sender<Vec<String>>);
    enum Msg {
        Spawn(bool),
        Joined(Joined<u32>),
    }
    impl Actor for Parent {
        type Msg = Msg;
        fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match message {
                Msg::Spawn(fails) => {
                    let (_, join) = cx.spawn_fn(async move |_: Inbox<()>| {
                        assert!(!fails, "as told");
                        7_u32
                    });
                    cx.join(join, Msg::Joined);
                }
                Msg::Joined(joined) => self.0.push(joined),
            }
            Ok(())
        }
        fn stopped(&mut self, _: &mut Context<'_, Self>) {
            let words = self.0.iter().map(|joined| match joined {
                Ok(n) => n.to_string(),
                Err(exit) => exit.to_string(),
            });
            let _ = self.1.send(words.collect());
        }
    }
    let mut inline = inline();
    let (told, words) = mpsc::channel();
    let parent = inline.spawn(Parent(Vec::new(), told));
    for fails in [false, true] {
        parent.try_send(Msg::Spawn(fails)).expect("there is a place");
        inline.run_until_idle();
    }
    let _ = parent.stop();
    inline.run_until_idle();
    assert_eq!(words.try_recv().expect("it has stopped"), ["7", "failed: panicked: as told"]);
}

/// Told at once of one that has ended before.
#[test]
fn a_join_of_one_that_has_ended_is_told_at_once() {
    struct Reader(mpsc::Sender<u32>);
    enum Msg {
        Read(Join<u32>),
        Got(Joined<u32>),
    }
    impl Actor for Reader {
        type Msg = Msg;
        fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match message {
                Msg::Read(join) => cx.join(join, Msg::Got),
                Msg::Got(joined) => self.0.send(joined?)?,
            }
            Ok(())
        }
    }
    let mut inline = inline();
    let (_, join) = inline.spawn_fn(async |_: Inbox<()>| 5_u32);
    inline.run_until_idle();
    let (tell, told) = mpsc::channel();
    let reader = inline.spawn(Reader(tell));
    reader.try_send(Msg::Read(join)).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(told.try_recv(), Ok(5));
}

#[test]
fn a_join_that_is_dropped_detaches() {
    let mut inline = inline();
    let counted = Arc::new(AtomicU32::new(0));
    let result = Dropped(Arc::clone(&counted));
    let (to, join) = inline.spawn_fn(async move |mut inbox: Inbox<()>| {
        let _ = inbox.recv().await;
        result
    });
    drop(join);
    inline.run_until_idle();
    assert!(to.is_alive());
    to.try_send(()).expect("there is a place");
    inline.run_until_idle();
    assert!(!to.is_alive());
    assert_eq!(counted.load(Ordering::SeqCst), 1);
    assert_eq!(inline.system().ledger().faults, 0);
}

#[test]
#[should_panic(expected = "would hold up other actors")]
fn to_wait_on_a_worker_is_refused() {
    let mut inline = inline();
    let (_, join) = inline.spawn_fn(async |_: Inbox<()>| ());
    let (_, outer) = inline.spawn_fn(async move |_: Inbox<()>| join.wait());
    inline.run_until_idle();
    match joined(outer) {
        Err(Exit::Failed(failure)) => panic!("{failure}"),
        other => panic!("{other:?}"),
    }
}

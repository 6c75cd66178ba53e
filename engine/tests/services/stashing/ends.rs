//! What is kept when its actor ends or fails: handled, or a dead letter.

use super::{Keeper, Msg, keeping, send, settled, told};
use crate::payload::{Book, Entry};
use throng::{Actor, Address, Context, Fault, Stopping, System};

#[test]
fn what_is_kept_at_the_end_is_dead() {
    type End = fn(Address<Msg>);
    let ends: [(End, u64); 5] = [
        (|keeper| assert_eq!(keeper.stop(), Stopping::Told), 2),
        (|keeper| assert_eq!(keeper.stop_now(), Stopping::Told), 2),
        (|keeper| assert_eq!(keeper.kill(), Stopping::Told), 2),
        (|keeper| send(keeper, [Msg::StopKeeping]), 2),
        (|keeper| send(keeper, [Msg::GiveAllBackAndStopNow]), 2),
    ];
    for (n, (end, dead)) in ends.into_iter().enumerate() {
        let (mut inline, keeper, _tells) = keeping(16);
        send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
        inline.run_until_idle();
        end(keeper);
        inline.run_until_idle();
        settled(&inline, 0);
        let ledger = inline.system().ledger();
        assert_eq!((ledger.dead.stopped, ledger.stopped), (dead, 1), "{n}");
    }
    // One that fails, and keeps one more before that.
    let (mut keeper, _tells) = Keeper::new();
    keeper.resumes = false;
    let mut inline = System::builder().inline();
    let keeper = inline.spawn(keeper);
    send(keeper, [Msg::Plain(1), Msg::Fail, Msg::Plain(2)]);
    inline.run_until_idle();
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().dead.failed, 3);
}

#[test]
fn what_is_kept_when_the_system_ends_is_dropped_once() {
    let book = Book::new(10);
    struct Hoard;
    impl Actor for Hoard {
        type Msg = Entry;
        fn handle(&mut self, entry: Entry, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            entry.handled();
            Ok(cx.stash(entry)?)
        }
    }
    let mut inline = System::builder().inline();
    let hoard = inline.spawn(Hoard);
    for id in 0..book.len() {
        hoard.try_send(book.entry(id)).expect("room");
    }
    inline.run_until_idle();
    settled(&inline, 10);
    drop(inline);
    assert!((0..book.len()).all(|id| book.fate(id) == (1, 1)), "each handled once and dropped once");
}

#[test]
fn a_stop_comes_after_what_was_given_back_with_it() {
    let (mut inline, keeper, tells) = keeping(16);
    // In place, and not.
    for others in [vec![], vec![Msg::Plain(3)]] {
        let (told_by, keeper) = if others.is_empty() {
            (None, keeper)
        } else {
            let (other, tells) = Keeper::new();
            (Some(tells), inline.spawn(other))
        };
        send(keeper, [Msg::Plain(1), Msg::Plain(2)]);
        inline.run_until_idle();
        let expected: &[&str] = if others.is_empty() { &["1", "2"] } else { &["1", "2", "3"] };
        send(keeper, [Msg::GiveAllBackAndStop]);
        send(keeper, others);
        inline.run_until_idle();
        assert_eq!(told(told_by.as_ref().unwrap_or(&tells)), expected);
    }
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().stopped, 2);
}

#[test]
fn a_failure_after_giving_back_loses_nothing() {
    let (mut inline, keeper, tells) = keeping(16);
    send(keeper, [Msg::Plain(1), Msg::Plain(2), Msg::Panic, Msg::Plain(3)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1", "2", "3"]);
    settled(&inline, 0);
    assert_eq!(inline.system().ledger().faults, 1);
}

/// The hook that hears of the failure gives back, and nothing comes after it.
#[test]
fn what_the_hook_of_a_failure_gives_back_is_handled() {
    let (mut keeper, tells) = Keeper::new();
    keeper.unstashes_when_failed = true;
    let mut inline = System::builder().inline();
    let keeper = inline.spawn(keeper);
    send(keeper, [Msg::Plain(1), Msg::Fail]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1", "99"]);
    settled(&inline, 0);
}

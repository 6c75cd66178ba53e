//! When an actor that is told to stop accepts nothing more.

use throng::{Actor, Context, Fault, Reason, Recipient, System};

/// Stops itself, says something to itself all the same, and notes what became of it.
struct Leaver {
    now: bool,
    to: Recipient<Result<(), Reason>>,
}

struct Notes(std::sync::mpsc::Sender<Result<(), Reason>>);

impl Actor for Notes {
    type Msg = Result<(), Reason>;
    fn handle(&mut self, note: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(self.0.send(note)?)
    }
}

impl Actor for Leaver {
    type Msg = u32;
    fn handle(&mut self, n: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if n == 0 {
            if self.now {
                cx.stop_now();
            } else {
                cx.stop();
            }
        }
        let me = cx.me();
        let sent = cx.send(me, n + 1).map_err(|refused| refused.reason());
        Ok(cx.send_to(self.to, sent)?)
    }
}

fn leave(now: bool) -> (Vec<Result<(), Reason>>, throng::Ledger) {
    let mut inline = System::builder().inline();
    let (sender, notes) = std::sync::mpsc::channel();
    let to = inline.spawn(Notes(sender)).recipient();
    let leaver = inline.spawn(Leaver { now, to });
    assert!(leaver.try_send(0_u32).is_ok());
    inline.run_until_idle();
    assert!(!leaver.is_alive());
    (notes.try_iter().collect(), inline.system().ledger())
}

#[test]
fn who_stops_itself_takes_messages_until_its_handler_returns() {
    let (notes, ledger) = leave(false);
    // What it said in the handler that stops it is handled; what it said in that one is refused.
    assert_eq!(notes, [Ok(()), Err(Reason::Closed)]);
    assert_eq!((ledger.dead.total(), ledger.refused.closed), (0, 1));
}

#[test]
fn who_stops_itself_at_once_leaves_what_came_until_its_handler_returned_as_dead_letters() {
    let (notes, ledger) = leave(true);
    assert_eq!(notes, [Ok(())]);
    assert_eq!((ledger.dead.stopped, ledger.refused.total()), (1, 0));
}

#[test]
fn who_is_stopped_by_its_address_takes_nothing_from_there_on() {
    struct Own;
    impl Actor for Own {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let me = cx.me();
            let _ = me.stop();
            let refused = cx.send(me, ()).expect_err("it is closed");
            assert_eq!(refused.reason(), Reason::Closed);
            Ok(())
        }
    }
    let mut inline = System::builder().inline();
    let own = inline.spawn(Own);
    assert!(own.try_send(()).is_ok());
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    assert_eq!((ledger.faults, ledger.refused.closed, own.is_alive()), (0, 1, false));
}

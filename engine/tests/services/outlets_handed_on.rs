//! An outlet that is handed on from a state to the next, which nobody would tell of its credit.

use std::sync::{Arc, Mutex};
use throng::{
    Actor, Address, Child, Context, Fault, FlowError, Inline, Options, Outlet, Supervisor, System, Tree,
};

const WINDOW: u32 = 4;

#[derive(Default)]
struct Kept {
    outlet: Option<Outlet<u64>>,
    next: u64,
    /// How many to send on the news that there is credit.
    when_ready: u64,
    /// What came of sends that were not taken.
    refused: Vec<(&'static str, u64)>,
}

type Shelf = Arc<Mutex<Kept>>;

/// Consumes, in order.
struct Sink(u64);

impl Actor for Sink {
    type Msg = u64;
    fn handle(&mut self, item: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if std::mem::replace(&mut self.0, item + 1) == item {
            Ok(())
        } else {
            Err(Fault::msg("out of order"))
        }
    }
}

/// What all its states send is on a shelf outside them, and the outlet too.
struct Source(Address<u64>, Shelf);

enum Go {
    Open,
    /// As many as that, or as can be sent.
    Send(u64),
    Ready,
    Fail,
}

impl Actor for Source {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let mut shelf = self.1.lock().expect("nobody panics over it");
        let Kept { outlet, next, when_ready, refused } = &mut *shelf;
        let (count, news) = match go {
            Go::Open => {
                // Before another is opened: its window comes back with its end.
                drop(outlet.take());
                *outlet = Some(cx.open_flow(self.0, WINDOW, || Go::Ready)?);
                return Ok(());
            }
            Go::Fail => return Err(Fault::msg("told to")),
            Go::Send(count) => (count, "sent"),
            Go::Ready => (*when_ready, "ready"),
        };
        let outlet = outlet.as_mut().ok_or_else(|| Fault::msg("there is no outlet"))?;
        for _ in 0..count.min(100 - *next) {
            let (why, item) = match outlet.send(cx, *next) {
                Ok(()) => {
                    *next += 1;
                    continue;
                }
                Err(FlowError::NoCredit(item)) => (news, item),
                Err(FlowError::NotYours(item)) => ("not yours", item),
                Err(over) => return Err(Fault::msg(over.to_string())),
            };
            refused.push((why, item));
            break;
        }
        Ok(())
    }
}

fn stage(when_ready: u64) -> (Inline, Tree, Address<Go>, Address<u64>, Shelf) {
    let mut inline = System::builder().inline_virtual();
    let options = Options::builder().flows(2 * WINDOW).build().expect("in range");
    let to = inline.system().try_spawn(Sink(0), &options).expect("memory");
    let shelf = Arc::new(Mutex::new(Kept { when_ready, ..Kept::default() }));
    let kept = Arc::clone(&shelf);
    let source = Child::new("source", move || Source(to, Arc::clone(&kept)));
    let tree = inline.system().supervise(Supervisor::new().child(source)).expect("a name");
    inline.run_until_idle();
    let source = tree.child("source").expect("it has started");
    (inline, tree, source, to, shelf)
}

fn tell(inline: &mut Inline, source: Address<Go>, all: impl IntoIterator<Item = Go>) {
    for go in all {
        source.try_send(go).expect("there is room");
        inline.run_until_idle();
    }
}

fn take(shelf: &Shelf) -> (u64, Vec<(&'static str, u64)>) {
    let mut shelf = shelf.lock().expect("nobody panics over it");
    (shelf.next, std::mem::take(&mut shelf.refused))
}

/// It has waited for credit when its state failed: the news of that is for nobody, and the next state is not told to wait for it.
#[test]
fn an_outlet_without_credit_is_none_of_the_next_state() {
    let (mut inline, _tree, source, to, shelf) = stage(u64::MAX);
    assert!(to.suspend());
    // Opened, and without credit: the consumer has not heard of it.
    tell(&mut inline, source, [Go::Open, Go::Send(1), Go::Fail]);
    assert_eq!(take(&shelf), (0, vec![("sent", 0)]));
    tell(&mut inline, source, [Go::Send(1)]);
    assert_eq!(take(&shelf), (0, vec![("not yours", 0)]), "before there is credit");
    assert!(to.resume());
    inline.run_until_idle();
    tell(&mut inline, source, [Go::Send(1)]);
    assert_eq!(take(&shelf), (0, vec![("not yours", 0)]), "and when there is");
    // One of its own goes on until all is sent.
    tell(&mut inline, source, [Go::Open]);
    let (sent, refused) = take(&shelf);
    assert!(sent == 100 && refused.iter().all(|(news, _)| *news == "ready"), "{sent}: {refused:?}");
    drop(shelf.lock().expect("nobody panics over it").outlet.take());
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    assert_eq!((ledger.check(), ledger.queued, ledger.faults), (Ok(()), 0, 1));
}

/// What the state before has fetched can be sent: nobody needs news for that.
#[test]
fn credit_that_was_fetched_is_good_in_the_next_state() {
    let (mut inline, _tree, source, to, shelf) = stage(0);
    tell(&mut inline, source, [Go::Open, Go::Send(1), Go::Fail, Go::Send(10)]);
    assert_eq!(take(&shelf), (u64::from(WINDOW), vec![("not yours", u64::from(WINDOW))]));
    assert_eq!(to.pending(), 0);
    drop(shelf.lock().expect("nobody panics over it").outlet.take());
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    assert_eq!((ledger.check(), ledger.queued, ledger.faults), (Ok(()), 0, 1));
}

//! R6: the last handle of a system may be dropped anywhere, in the system itself or in another: in a hook, with a message
//! of a timer, with what an ask keeps, with a future's waker.

use crate::watchdog::watch;
use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context as Poll0, Wake};
use std::time::{Duration, Instant};
use throng::{Actor, Address, Context, Fault, Reply, System};

const SOON: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Handler,
    Stopped,
    State,
    /// A timer's message that finds its actor gone.
    Refused,
    /// A timer's message that was cancelled, or is swept away with its system.
    Cancelled,
    /// A timer's message that never comes due.
    Armed,
    /// What an ask keeps, of an asker that ends before the answer.
    Abandoned,
    /// What an ask keeps, dropped by the answerer after the asker's mailbox was closed.
    Answered,
    /// The waker of a future that waits for an answer.
    Waker,
}

use Moment::*;
const ALL: [Moment; 9] =
    [Handler, Stopped, State, Refused, Cancelled, Armed, Abandoned, Answered, Moment::Waker];

enum Msg {
    Go(Option<System>),
    Late(#[expect(dead_code)] Option<System>),
}

struct Carrier {
    moment: Moment,
    keeper: Address<Keep>,
    carried: Option<System>,
}

impl Actor for Carrier {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Msg::Go(carried) = message else { return Ok(()) };
        match self.moment {
            Handler => drop(carried),
            Stopped | State => {
                self.carried = carried;
                cx.stop();
            }
            Refused => {
                cx.after(Duration::from_millis(1), Msg::Late(carried));
                cx.stop_now();
            }
            Cancelled => assert!(cx.after(Duration::from_millis(1), Msg::Late(carried)).cancel()),
            Armed => _ = cx.after(SOON * 60, Msg::Late(carried)),
            Abandoned => {
                cx.ask(self.keeper, Keep::Reply, move |_: throng::Outcome<()>| Msg::Late(carried))?;
                cx.stop();
            }
            Answered => {
                cx.ask(self.keeper, Keep::Answer, move |_: throng::Outcome<()>| Msg::Late(carried))?;
                cx.stop_now();
            }
            Moment::Waker => {
                let waker = std::task::Waker::from(Arc::new(Carrying(Mutex::new(carried))));
                let mut ask = self.keeper.ask(Keep::Answer);
                let _ = Pin::new(&mut ask).poll(&mut Poll0::from_waker(&waker));
            }
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        if self.moment == Stopped {
            self.carried = None;
        }
    }
}

struct Carrying(#[expect(dead_code)] Mutex<Option<System>>);

impl Wake for Carrying {
    fn wake(self: Arc<Self>) {}
}

enum Keep {
    Reply(Reply<()>),
    Answer(Reply<()>),
}

struct Keeper(Vec<Reply<()>>);

impl Actor for Keeper {
    type Msg = Keep;
    fn handle(&mut self, keep: Keep, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match keep {
            Keep::Reply(reply) => self.0.push(reply),
            Keep::Answer(reply) => reply.send(()),
        }
        Ok(())
    }
}

/// Tells by being dropped that its system has been swept.
struct Life(#[expect(dead_code)] Arc<()>, Sender<()>);

impl Actor for Life {
    type Msg = ();
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.1.send(())?;
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

fn populated(held: &Arc<()>, workers: usize) -> System {
    let system = System::builder().workers(workers).pin(throng::Pin::None).build().expect("a system");
    let (begun, has_begun) = channel();
    for _ in 0..10 {
        system.spawn(Life(Arc::clone(held), begun.clone()));
    }
    drop(begun);
    assert_eq!(has_begun.iter().take(10).count(), 10);
    system
}

fn until_gone(held: &Arc<()>, what: &str) {
    let began = Instant::now();
    while Arc::strong_count(held) > 1 {
        assert!(began.elapsed() < SOON, "{what}: {} lives left", Arc::strong_count(held) - 1);
        std::thread::yield_now();
    }
}

#[test]
fn r06_another_system_goes_at_an_odd_moment() {
    let _dog = watch("r06_another_system_goes_at_an_odd_moment");
    for moment in ALL {
        for workers in [1, 2] {
            let (inner, outer) = (Arc::new(()), Arc::new(()));
            let carrier = populated(&outer, workers);
            let keeper = carrier.spawn(Keeper(Vec::new()));
            let to = carrier.spawn(Carrier { moment, keeper, carried: None });
            to.try_send(Msg::Go(Some(populated(&inner, workers)))).expect("room");
            if moment == Armed {
                assert!(carrier.quiesce(Duration::from_millis(5)).is_err());
                drop(carrier);
            } else {
                let ledger = carrier.quiesce(SOON).expect("rest");
                ledger.check().expect("the ledger adds up");
                assert_eq!(ledger.faults, 0, "{moment:?}");
                until_gone(&inner, "the carried system");
                carrier.shutdown(SOON).expect("rest");
            }
            until_gone(&inner, &format!("{moment:?}, carried"));
            until_gone(&outer, &format!("{moment:?}, carrying"));
        }
    }
}

#[test]
fn r06_a_system_goes_at_an_odd_moment_of_its_own() {
    let _dog = watch("r06_a_system_goes_at_an_odd_moment_of_its_own");
    // What never comes due keeps its own system for ever, as anything would that holds what holds it.
    for moment in ALL.into_iter().filter(|moment| *moment != Armed) {
        for workers in [1, 2] {
            let held = Arc::new(());
            let system = populated(&held, workers);
            let keeper = system.spawn(Keeper(Vec::new()));
            let to = system.spawn(Carrier { moment, keeper, carried: None });
            to.try_send(Msg::Go(Some(system))).expect("room");
            until_gone(&held, &format!("{moment:?}"));
            while to.is_alive() || keeper.is_alive() {
                std::thread::yield_now();
            }
        }
    }
}

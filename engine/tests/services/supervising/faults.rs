//! Faults in every place there is (R2), and what becomes of messages and asks over a restart.

use super::{Log, Msg, Stage, Worker, happened};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Polling, Poll, Waker};
use throng::{
    Actor, AskError, Child, Context, Decision, Exit, Failure, Fault, Happened, Mail, Outcome, Recipient,
    Strategy, Supervisor, System, TreeEvent,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    Make,
    Start,
    Handle,
    FailedHook,
    StopHook,
    DropState,
    DropMessage,
    Return,
    Callback,
}

const SPOTS: [Spot; 9] = [
    Spot::Make,
    Spot::Start,
    Spot::Handle,
    Spot::FailedHook,
    Spot::StopHook,
    Spot::DropState,
    Spot::DropMessage,
    Spot::Return,
    Spot::Callback,
];

/// Panics once, in one place.
#[derive(Clone)]
struct Bomb(Spot, Arc<AtomicBool>);

impl Bomb {
    fn at(&self, spot: Spot) {
        if self.0 == spot && self.1.swap(false, Ordering::SeqCst) {
            panic!("in {spot:?}");
        }
    }
}

struct Faulty(Bomb);

enum Do {
    Fail,
    Hold(Loaded),
}

struct Loaded(Bomb);

impl Drop for Loaded {
    fn drop(&mut self) {
        self.0.at(Spot::DropMessage);
    }
}

impl Actor for Faulty {
    type Msg = Do;
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.at(Spot::Start);
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.0.at(Spot::StopHook);
    }
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> throng::Directive {
        self.0.at(Spot::FailedHook);
        throng::Directive::Stop
    }
    fn handle(&mut self, message: Do, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Do::Fail => {
                self.0.at(Spot::Handle);
                Err(Fault::msg("told to"))
            }
            Do::Hold(loaded) => {
                drop(loaded);
                Ok(())
            }
        }
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        self.0.at(Spot::DropState);
    }
}

/// R2: wherever it panics, its supervisor is told once, the tree goes on or gives up as it should, and nothing is left.
#[test]
fn r02_a_panic_anywhere_is_told_once() {
    for spot in SPOTS {
        let bomb = Bomb(spot, Arc::new(AtomicBool::new(false)));
        let (made, lit) = (bomb.clone(), Arc::clone(&bomb.1));
        let lit_early = matches!(spot, Spot::Make | Spot::Start);
        lit.store(lit_early, Ordering::SeqCst);
        let called = bomb.clone();
        let returned = bomb.clone();
        let mail = match spot {
            Spot::DropMessage => Mail::Drop,
            Spot::Return => Mail::Return(Arc::new(move |_: Do| returned.at(Spot::Return))),
            _ => Mail::Keep,
        };
        let mut stage = Stage::new(|root, log| {
            let child = Child::new("faulty", move || {
                made.at(Spot::Make);
                Faulty(made.clone())
            });
            root.strategy(Strategy::OneForAll)
                .on_fault(move |_, _| {
                    called.at(Spot::Callback);
                    Decision::Restart
                })
                .child(child.mail(mail))
                .child(Worker::child("other", log))
        });
        if !lit_early {
            lit.store(true, Ordering::SeqCst);
            // It ends in good order for the sake of its hook: the other one fails then.
            if spot == Spot::StopHook {
                stage.send("other", Msg::Fail);
            } else {
                let faulty = stage.tree.child::<Do>("faulty").expect("it has started");
                faulty.try_send(Do::Fail).expect("there is room");
                for _ in 0..3 {
                    faulty.try_send(Do::Hold(Loaded(bomb.clone()))).expect("there is room");
                }
                stage.inline.run_until_idle();
            }
        }
        assert!(!lit.load(Ordering::SeqCst), "{spot:?}: it has panicked");
        let told: Vec<_> = stage.events.try_iter().collect();
        let faults = told.iter().filter(|event| matches!(event.what, Happened::Failed(_))).count();
        assert_eq!(faults, 1, "{spot:?}: {told:?}");
        let gives_up = spot == Spot::Callback;
        assert_eq!(stage.tree.exit().is_some(), gives_up, "{spot:?}");
        assert_eq!(stage.tree.restarts(), u64::from(!gives_up), "{spot:?}");
        stage.tree.begin_stop();
        stage.assert_over();
    }
}

/// Its events cannot be made into what its listener understands.
#[test]
fn r02_an_event_that_panics_in_the_listener_harms_the_listener_alone() {
    struct Deaf;
    struct Never;
    impl From<TreeEvent> for Never {
        fn from(_: TreeEvent) -> Self {
            panic!("will not hear");
        }
    }
    impl Actor for Deaf {
        type Msg = Never;
        fn handle(&mut self, _: Never, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let mut inline = System::builder().inline_virtual();
    let deaf: Recipient<TreeEvent> = inline.spawn(Deaf).recipient();
    let root = Supervisor::new().events_to(deaf).child(Worker::child("a", &Log::default()));
    let tree = inline.system().supervise(root).expect("a name");
    inline.run_until_idle();
    tree.child::<Msg>("a").expect("it has started").try_send(Msg::Fail).expect("there is room");
    inline.run_until_idle();
    assert_eq!((tree.restarts(), tree.exit().is_none()), (1, true));
    tree.begin_stop();
    inline.run_until_idle();
    inline.system().ledger().check().expect("it adds up");
    assert_eq!(inline.system().ledger().spawned, inline.system().ledger().stopped);
}

/// What has come of it by now.
fn poll<T>(ask: &mut (impl Future<Output = Outcome<T>> + Unpin)) -> Option<Outcome<T>> {
    match pin!(ask).poll(&mut Polling::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

#[test]
fn what_is_in_the_mailbox_is_kept_returned_or_dropped_and_asks_end() {
    for way in ["keep", "drop", "return"] {
        let log = Log::default();
        let back = log.clone();
        let mail = match way {
            "keep" => Mail::Keep,
            "drop" => Mail::Drop,
            _ => Mail::Return(Arc::new(move |message: Msg| match message {
                Msg::Add(n) => back.note(format!("{n}")),
                Msg::Get(reply) => reply.send(77),
                _ => back.note("other"),
            })),
        };
        let mut stage = Stage::new(|root, log| root.child(Worker::child("a", log).mail(mail)));
        let a = stage.child("a");
        for message in [Msg::Add(1), Msg::Fail, Msg::Add(2), Msg::Add(3)] {
            a.try_send(message).expect("there is room");
        }
        let mut ask = a.ask(Msg::Get);
        assert!(poll(&mut ask).is_none());
        stage.inline.run_until_idle();
        let (answer, returned, dead) = match way {
            "keep" => (Ok(5), "", 0),
            "drop" => (Err(AskError::Dropped), "", 3),
            _ => (Ok(77), "2, 3", 0),
        };
        assert_eq!(poll(&mut ask), Some(answer), "{way}");
        assert_eq!(log.words(), returned, "{way}");
        let ledger = stage.inline.system().ledger();
        ledger.check().expect("it adds up");
        assert_eq!(ledger.dead.restarted, dead, "{way}");
        assert_eq!(ledger.returned.restart, if way == "return" { 3 } else { 0 });
        // And what comes then is for the new state, in each case.
        stage.send("a", Msg::Add(10));
        let mut ask = a.ask(Msg::Get);
        assert!(poll(&mut ask).is_none());
        stage.inline.run_until_idle();
        assert_eq!(poll(&mut ask), Some(Ok(if way == "keep" { 15 } else { 10 })));
        stage.tree.begin_stop();
        stage.assert_over();
    }
}

/// Keeps the right to answer in its state.
struct Debtor(Option<throng::Reply<u64>>);

enum Debt {
    Ask(throng::Reply<u64>),
    Fail,
}

impl Actor for Debtor {
    type Msg = Debt;
    fn handle(&mut self, message: Debt, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Debt::Ask(reply) => self.0 = Some(reply),
            Debt::Fail => return Err(Fault::msg("told to")),
        }
        Ok(())
    }
}

#[test]
fn an_answer_that_the_state_owed_ends_with_it() {
    let mut inline = System::builder().inline_virtual();
    let root = Supervisor::new().child(Child::new("debtor", || Debtor(None)));
    let tree = inline.system().supervise(root).expect("a name");
    inline.run_until_idle();
    let debtor = tree.child::<Debt>("debtor").expect("it has started");
    let mut ask = debtor.ask(Debt::Ask);
    assert!(poll(&mut ask).is_none());
    inline.run_until_idle();
    assert!(poll(&mut ask).is_none());
    debtor.try_send(Debt::Fail).expect("there is room");
    inline.run_until_idle();
    assert_eq!(poll(&mut ask), Some(Err(AskError::Dropped)));
    assert_eq!(tree.restarts(), 1);
}

/// One whose own `failed` lets it go on never troubles its supervisor.
#[test]
fn a_child_that_forgives_itself_is_no_fault() {
    struct Calm;
    impl Actor for Calm {
        type Msg = ();
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Err(Fault::msg("never mind"))
        }
        fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> throng::Directive {
            throng::Directive::Resume
        }
    }
    let mut stage = Stage::new(|root, _| root.child(Child::new("calm", || Calm)));
    let calm = stage.tree.child::<()>("calm").expect("it has started");
    calm.try_send(()).expect("there is room");
    stage.inline.run_until_idle();
    assert_eq!(happened(&stage.events), "calm started");
    assert_eq!((stage.inline.system().ledger().faults, stage.tree.restarts()), (1, 0));
}

/// The words of an escalation hold the words of the fault, through any number of floors.
#[test]
fn a_failure_is_told_in_its_own_words_to_the_top() {
    let seen = Log::default();
    let (log, heard) = (Log::default(), seen.clone());
    let mut stage = Stage::new(|root, _| {
        let floor = move || {
            let log = log.clone();
            let inner = move || {
                Supervisor::new().on_fault(|_, _| Decision::Escalate).child(Worker::child("leaf", &log))
            };
            Supervisor::new().on_fault(|_, _| Decision::Escalate).child(Child::supervisor("inner", inner))
        };
        root.child(Child::supervisor("floor", floor)).on_fault(move |name, failure: &Failure| {
            heard.note(format!("{name}: {failure} (panic: {})", failure.is_panic()));
            Decision::Stop
        })
    });
    stage.send("floor/inner/leaf", Msg::Panic);
    assert_eq!(
        seen.words(),
        "floor: child \"inner\" failed: child \"leaf\" failed: panicked: told to (panic: false)"
    );
    assert!(stage.tree.exit().is_none() && stage.tree.directory().paths().is_empty());
    stage.tree.begin_stop();
    stage.assert_over();
    assert!(matches!(stage.tree.exit(), Some(Exit::Stopped)));
}

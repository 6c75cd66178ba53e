//! Credit flow. The rules are those of the Reactive Streams specification (version 1.0.4), each a test named after what it says.

use crate::watchdog::watch;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{
    Actor, Address, Context, Demand, Fault, FlowError, FlowRefused, Inlet, Options, Outlet, Reason, Stopping,
    System,
};

pub(crate) const SOON: Duration = Duration::from_secs(100);

pub(crate) fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

pub(crate) fn taking(windows: u32) -> Options {
    Options::builder().capacity(windows.max(4)).flows(windows).build().expect("in range")
}

/// What both ends have seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) sent: AtomicU64,
    pub(crate) handled: AtomicU64,
    /// Items sent and not handled, at most.
    pub(crate) outstanding: AtomicU64,
    pub(crate) got: Mutex<Vec<u64>>,
    pub(crate) ended: Mutex<Option<&'static str>>,
}

impl Seen {
    fn sending(&self) {
        let sent = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        let handled = self.handled.load(Ordering::SeqCst);
        self.outstanding.fetch_max(sent.saturating_sub(handled), Ordering::SeqCst);
    }
    pub(crate) fn got(&self) -> Vec<u64> {
        self.got.lock().expect("no panic").clone()
    }
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::SeqCst)
    }
    pub(crate) fn ended(&self) -> Option<&'static str> {
        *self.ended.lock().expect("no panic")
    }
}

/// Sends its numbers as fast as credit allows.
pub(crate) struct Producer {
    pub(crate) to: Address<Take>,
    pub(crate) window: u32,
    pub(crate) left: std::ops::Range<u64>,
    pub(crate) seen: Arc<Seen>,
    pub(crate) outlet: Option<Outlet<Take>>,
}

pub(crate) enum Go {
    Open,
    Ready,
    Panic,
}

impl Actor for Producer {
    type Msg = Go;
    fn handle(&mut self, go: Go, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match go {
            Go::Open => self.outlet = Some(cx.open_flow(self.to, self.window, || Go::Ready)?),
            Go::Ready => {}
            Go::Panic => resume_unwind(Box::new("as told")),
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while let Some(n) = self.left.next() {
            // Before it is sent, unless the credit may not be there: what is refused was never outstanding.
            let counted = outlet.credit() > 0;
            if counted {
                self.seen.sending();
            }
            let sent = outlet.send(cx, Take::Item(n));
            if sent.is_ok() && !counted {
                self.seen.sending();
            }
            if let Err(refused) = sent {
                if counted {
                    self.seen.sent.fetch_sub(1, Ordering::SeqCst);
                }
                self.left.start = n;
                match refused {
                    FlowError::NoCredit(_) => {}
                    FlowError::Cancelled(_) => *self.seen.ended.lock().expect("no panic") = Some("cancelled"),
                    FlowError::Closed(_) => *self.seen.ended.lock().expect("no panic") = Some("closed"),
                    _ => unreachable!("no other refusal"),
                }
                return Ok(());
            }
        }
        self.outlet = None;
        Ok(())
    }
}

/// What a consumer does with the demand.
pub(crate) enum Take {
    Item(u64),
    Grant(u32),
    Cancel,
    Fail,
    Panic,
}

pub(crate) struct Consumer {
    demand: Demand,
    inlet: Option<Inlet>,
    seen: Arc<Seen>,
    refused: Arc<Mutex<Vec<FlowRefused>>>,
}

impl Consumer {
    pub(crate) fn new(demand: Demand, seen: &Arc<Seen>) -> Self {
        Self { demand, inlet: None, seen: Arc::clone(seen), refused: Arc::default() }
    }
}

impl Actor for Consumer {
    type Msg = Take;
    fn flow_opened(&mut self, inlet: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        self.inlet = Some(inlet.clone());
        self.demand
    }
    fn handle(&mut self, message: Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Take::Item(n) => {
                self.seen.handled.fetch_add(1, Ordering::SeqCst);
                self.seen.got.lock().expect("no panic").push(n);
            }
            Take::Grant(n) => {
                let inlet = self.inlet.as_ref().expect("a flow");
                if let Err(refused) = inlet.grant(cx, n) {
                    self.refused.lock().expect("no panic").push(refused);
                }
            }
            Take::Cancel => self.inlet.as_ref().expect("a flow").cancel(cx)?,
            Take::Fail => return Err(Fault::msg("as told")),
            Take::Panic => resume_unwind(Box::new("as told")),
        }
        Ok(())
    }
}

pub(crate) struct Stage {
    pub(crate) system: System,
    pub(crate) seen: Arc<Seen>,
    pub(crate) consumer: Address<Take>,
    pub(crate) producer: Address<Go>,
    pub(crate) refused: Arc<Mutex<Vec<FlowRefused>>>,
}

pub(crate) fn stage(workers: usize, demand: Demand, window: u32, items: u64) -> Stage {
    let (system, seen) = (system(workers), Arc::<Seen>::default());
    let consumer = Consumer::new(demand, &seen);
    let refused = Arc::clone(&consumer.refused);
    let consumer = system.try_spawn(consumer, &taking(window)).expect("memory");
    let producer = system.spawn(Producer {
        to: consumer,
        window,
        left: 0..items,
        seen: Arc::clone(&seen),
        outlet: None,
    });
    producer.try_send(Go::Open).expect("room");
    Stage { system, seen, consumer, producer, refused }
}

impl Stage {
    fn rest(&self) {
        self.system.quiesce(SOON).expect("rest").check().expect("it adds up");
    }
    /// The producer may be suspended over news of its own: then the system is not at rest.
    fn tell(&self, message: Take) {
        self.consumer.try_send(message).expect("room");
        self.consumer.barrier().wait().expect("told");
    }
}

/// Rule 1.1: the total number of items sent is at most the total demanded.
#[test]
fn rs_1_1_demand_is_never_exceeded() {
    const ITEMS: u64 = if cfg!(throng_sanitize) { 4_000 } else { 20_000 };
    let _dog = watch("rs_1_1_demand_is_never_exceeded");
    for window in [1_u32, 2, 3, 64] {
        for workers in [1, 2] {
            let stage = stage(workers, Demand::Automatic, window, ITEMS);
            stage.rest();
            assert_eq!(stage.seen.got(), (0..ITEMS).collect::<Vec<_>>(), "all, in order, once");
            // One more than the window is being handled while its credit is on its way back.
            let most = stage.seen.outstanding.load(Ordering::SeqCst);
            assert!(most <= u64::from(window) + 1, "{most} outstanding of {window}");
            stage.system.shutdown(SOON).expect("rest");
        }
    }
}

/// Rule 1.1 by hand: exactly what is granted comes, and no more.
#[test]
fn rs_1_1_without_demand_nothing_comes() {
    let _dog = watch("rs_1_1_without_demand_nothing_comes");
    let stage = stage(2, Demand::ByHand, 8, 1_000);
    stage.rest();
    assert_eq!(stage.seen.sent(), 0);
    stage.tell(Take::Grant(3));
    stage.rest();
    assert_eq!(stage.seen.got(), [0, 1, 2]);
    stage.system.shutdown(SOON).expect("rest");
}

/// What is granted while the flow opens counts; an automatic flow grants the rest.
#[test]
fn a_flow_can_be_granted_as_it_opens() {
    struct Early {
        demand: Demand,
        seen: Arc<Seen>,
        granted: Arc<Mutex<Vec<Result<(), FlowRefused>>>>,
    }
    impl Actor for Early {
        type Msg = Take;
        fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
            let granted = [3, 6].map(|n| inlet.grant(cx, n));
            self.granted.lock().expect("no panic").extend(granted);
            self.demand
        }
        fn handle(&mut self, message: Take, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            let Take::Item(n) = message else { return Err(Fault::msg("nothing else is sent")) };
            self.seen.handled.fetch_add(1, Ordering::SeqCst);
            self.seen.got.lock().expect("no panic").push(n);
            Ok(())
        }
    }
    let _dog = watch("a_flow_can_be_granted_as_it_opens");
    for (demand, items) in [(Demand::ByHand, 3), (Demand::Automatic, 1_000)] {
        let (system, seen) = (system(1), Arc::<Seen>::default());
        let granted = Arc::<Mutex<Vec<_>>>::default();
        let early = Early { demand, seen: Arc::clone(&seen), granted: Arc::clone(&granted) };
        let to = system.try_spawn(early, &taking(8)).expect("memory");
        let sender = Producer { to, window: 8, left: 0..1_000, seen: Arc::clone(&seen), outlet: None };
        system.spawn(sender).try_send(Go::Open).expect("room");
        system.quiesce(SOON).expect("rest").check().expect("it adds up");
        let too_much = Err(FlowRefused::Demand { given: 6, most: 5 });
        assert_eq!(*granted.lock().expect("no panic"), [Ok(()), too_much]);
        assert_eq!(seen.got(), (0..items).collect::<Vec<_>>(), "{demand:?}");
        // One worker: all that was granted is in the mailbox before its turn.
        assert_eq!(system.activity().fullest, items.min(8), "{demand:?}");
        let most = seen.outstanding.load(Ordering::SeqCst);
        assert!(most <= 9, "{most} outstanding of 8");
        system.shutdown(SOON).expect("rest");
    }
}

/// Rule 3.8: demand is added to what is outstanding.
#[test]
fn rs_3_8_demand_is_additive() {
    let _dog = watch("rs_3_8_demand_is_additive");
    let stage = stage(1, Demand::ByHand, 8, 1_000);
    stage.rest();
    assert!(stage.producer.suspend());
    stage.tell(Take::Grant(2));
    stage.tell(Take::Grant(3));
    assert!(stage.producer.resume());
    stage.rest();
    assert_eq!(stage.seen.got(), [0, 1, 2, 3, 4]);
    assert_eq!(*stage.refused.lock().expect("no panic"), []);
    stage.system.shutdown(SOON).expect("rest");
}

/// Rule 3.9: a demand of zero is an error; here also one beyond the window.
#[test]
fn rs_3_9_zero_is_an_error() {
    let _dog = watch("rs_3_9_zero_is_an_error");
    let stage = stage(1, Demand::ByHand, 8, 1_000);
    stage.rest();
    assert!(stage.producer.suspend());
    for n in [0, 9, 8, 1] {
        stage.tell(Take::Grant(n));
    }
    let expected = [
        FlowRefused::Demand { given: 0, most: 8 },
        FlowRefused::Demand { given: 9, most: 8 },
        FlowRefused::Demand { given: 1, most: 0 },
    ];
    assert_eq!(*stage.refused.lock().expect("no panic"), expected);
    assert!(stage.producer.resume());
    stage.rest();
    assert_eq!(stage.seen.got(), (0..8).collect::<Vec<_>>(), "what was granted, and no more");
    stage.system.shutdown(SOON).expect("rest");
}

/// Rules 1.8 and 2.8: after a cancel at most what was outstanding comes, and then nothing; the producer hears of it.
#[test]
fn rs_1_8_after_cancel_at_most_what_was_outstanding() {
    let _dog = watch("rs_1_8_after_cancel_at_most_what_was_outstanding");
    let stage = stage(2, Demand::ByHand, 8, 1_000);
    stage.rest();
    assert!(stage.producer.suspend());
    stage.tell(Take::Grant(5));
    stage.tell(Take::Cancel);
    assert!(stage.producer.resume());
    stage.rest();
    assert_eq!(stage.seen.got(), [0, 1, 2, 3, 4]);
    assert_eq!(stage.seen.ended(), Some("cancelled"));
    stage.tell(Take::Grant(1));
    assert_eq!(*stage.refused.lock().expect("no panic"), [FlowRefused::Cancelled]);
    assert_eq!(stage.seen.got().len(), 5);
    stage.system.shutdown(SOON).expect("rest");
}

/// Rule 3.3: granting from within the handler does not recurse into it, however long the flow.
#[test]
fn rs_3_3_no_unbounded_recursion() {
    struct Deep {
        inlet: Option<Inlet>,
        inside: bool,
        handled: Arc<AtomicU64>,
    }
    impl Actor for Deep {
        type Msg = Take;
        fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
            self.inlet = Some(inlet.clone());
            let me = cx.me();
            cx.send(me, Take::Grant(1)).expect("room");
            Demand::ByHand
        }
        fn handle(&mut self, _: Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            assert!(!std::mem::replace(&mut self.inside, true), "called from within itself");
            self.handled.fetch_add(1, Ordering::SeqCst);
            self.inlet.as_ref().expect("a flow").grant(cx, 1)?;
            self.inside = false;
            Ok(())
        }
    }
    let _dog = watch("rs_3_3_no_unbounded_recursion");
    const DEPTH: u64 = if cfg!(throng_sanitize) { 20_000 } else { 200_000 };
    let (system, handled) = (system(1), Arc::<AtomicU64>::default());
    let deep = Deep { inlet: None, inside: false, handled: Arc::clone(&handled) };
    let to = system.try_spawn(deep, &taking(2)).expect("memory");
    let seen = Arc::default();
    let producer = system.spawn(Producer { to, window: 2, left: 0..DEPTH, seen, outlet: None });
    producer.try_send(Go::Open).expect("room");
    system.quiesce(SOON).expect("rest");
    assert_eq!(handled.load(Ordering::SeqCst), DEPTH + 1);
    system.shutdown(SOON).expect("rest");
}

/// Several links into one actor never exceed its windows together, and each that ends makes room.
#[test]
fn links_into_one_actor_share_its_windows() {
    let _dog = watch("links_into_one_actor_share_its_windows");
    let (system, seen) = (system(2), Arc::<Seen>::default());
    let to = system.try_spawn(Consumer::new(Demand::Automatic, &seen), &taking(16)).expect("memory");
    struct Opener {
        to: Address<Take>,
        held: Vec<Outlet<Take>>,
        answers: Arc<Mutex<Vec<Result<(), FlowRefused>>>>,
    }
    enum Ask {
        Open(u32),
        Drop,
        Ready,
    }
    impl Actor for Opener {
        type Msg = Ask;
        fn handle(&mut self, ask: Ask, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            match ask {
                Ask::Open(window) => {
                    let opened = cx.open_flow(self.to, window, || Ask::Ready);
                    let answer = opened.map(|outlet| self.held.push(outlet));
                    self.answers.lock().expect("no panic").push(answer);
                }
                Ask::Drop => _ = self.held.pop(),
                Ask::Ready => {}
            }
            Ok(())
        }
    }
    let answers = Arc::<Mutex<Vec<_>>>::default();
    let opener = system.spawn(Opener { to, held: Vec::new(), answers: Arc::clone(&answers) });
    for ask in [
        Ask::Open(10),
        Ask::Open(7),
        Ask::Open(0),
        Ask::Open(6),
        Ask::Open(1),
        Ask::Drop,
        Ask::Open(6),
        Ask::Open(1),
    ] {
        opener.try_send(ask).expect("room");
        system.quiesce(SOON).expect("rest");
    }
    let window = |given, most| Err(FlowRefused::Window { given, most });
    let expected = [Ok(()), window(7, 6), window(0, 6), Ok(()), window(1, 0), Ok(()), window(1, 0)];
    assert_eq!(*answers.lock().expect("no panic"), expected);
    assert_eq!(to.stop(), Stopping::Told);
    system.quiesce(SOON).expect("rest");
    opener.try_send(Ask::Open(1)).expect("room");
    system.quiesce(SOON).expect("rest");
    assert_eq!(answers.lock().expect("no panic").pop(), Some(Err(FlowRefused::Consumer(Reason::Stale))));
    system.shutdown(SOON).expect("rest").check().expect("it adds up");
}

/// Keeps its inlet or lets it go, as told.
struct ByHand {
    kept: Option<Inlet>,
    keeps: bool,
}

impl Actor for ByHand {
    type Msg = Take;
    fn flow_opened(&mut self, inlet: &Inlet, _: &mut Context<'_, Self>) -> Demand {
        self.kept = self.keeps.then(|| inlet.clone());
        Demand::ByHand
    }
    fn handle(&mut self, _: Take, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.kept = None;
        Ok(())
    }
}

/// A flow that nobody can grant any more is cancelled: its producer hears of it.
#[test]
fn dropping_the_last_inlet_cancels_what_is_granted_by_hand() {
    for keeps in [false, true] {
        let mut inline = System::builder().inline();
        let to = inline.system().try_spawn(ByHand { kept: None, keeps }, &taking(4)).expect("memory");
        let seen = Arc::new(Seen::default());
        let producer = Producer { to, window: 4, left: 0..10, seen: Arc::clone(&seen), outlet: None };
        inline.spawn(producer).try_send(Go::Open).expect("room");
        inline.run_until_idle();
        assert_eq!(seen.ended(), (!keeps).then_some("cancelled"));
        to.try_send(Take::Fail).expect("room");
        inline.run_until_idle();
        assert_eq!(seen.ended(), Some("cancelled"));
        assert_eq!(seen.sent(), 0);
    }
}

/// An outlet that another actor uses would tell the wrong one of new credit.
#[test]
fn an_outlet_is_its_openers() {
    struct Takes(std::sync::mpsc::Sender<FlowError<Take>>);
    impl Actor for Takes {
        type Msg = Outlet<Take>;
        fn handle(&mut self, mut outlet: Outlet<Take>, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            if let Err(refused) = outlet.send(cx, Take::Item(7)) {
                drop(self.0.send(refused));
            }
            Ok(())
        }
    }
    struct Opens(Address<Take>, Address<Outlet<Take>>);
    impl Actor for Opens {
        type Msg = ();
        fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let outlet = cx.open_flow(self.0, 4, || ())?;
            cx.send(self.1, outlet)?;
            Ok(())
        }
    }
    let mut inline = System::builder().inline();
    let to = inline.system().try_spawn(ByHand { kept: None, keeps: true }, &taking(4)).expect("memory");
    let (refused, why) = std::sync::mpsc::channel();
    let takes = inline.spawn(Takes(refused));
    inline.spawn(Opens(to, takes)).try_send(()).expect("room");
    inline.run_until_idle();
    let refused = why.try_recv().expect("it is refused");
    assert!(matches!(refused, FlowError::NotYours(Take::Item(7))), "{refused}");
}

#[test]
fn no_flow_leads_into_a_line_of_its_own() {
    let options = Options::builder().capacity(8).flows(4).overflow(throng::Overflow::DropOldestExact);
    let refused = options.build().expect_err("items would overtake messages");
    assert!(refused.to_string().contains("DropOldestExact"), "{refused}");
}

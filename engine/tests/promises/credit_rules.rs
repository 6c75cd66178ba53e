//! The rules of credit against a reference model: whatever the two ends do, in whatever order, every answer and every count
//! is what a few plain numbers say it must be.

use crate::credit_reference::{Answer, Coming, End, PRODUCERS, Reference, Seen};
use crate::drawn::cases;
use crate::watchdog::watch;
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy};
use proptest::test_runner::{Config, TestRunner};
use proptest::{prop_assert, prop_assert_eq, prop_oneof};
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use throng::{
    Actor, Address, Context, Demand, Fault, FlowError, FlowRefused, Inlet, Inline, Options, Outlet, System,
};

const CASES: u32 = 500;

/// What may happen. Links are drawn as a part of those that there are by then.
#[derive(Debug, Clone)]
enum Op {
    Open {
        producer: usize,
        window: u32,
        demand: Demand,
    },
    Send {
        producer: usize,
        items: u32,
    },
    /// The consumer handles so many.
    Handle(u32),
    Grant {
        link: usize,
        n: u32,
    },
    Cancel {
        link: usize,
    },
    DropOutlet(usize),
    EndProducer(usize),
    EndConsumer(End),
    PanicProducer(usize),
    /// The consumer will, when this message's turn comes.
    PanicConsumer,
}

fn op() -> impl Strategy<Value = Op> {
    let demand = || prop_oneof![Just(Demand::Automatic), Just(Demand::ByHand)];
    let end = prop_oneof![Just(End::Stop), Just(End::StopNow), Just(End::Kill)];
    prop_oneof![
        6 => (0..PRODUCERS, 0..9_u32, demand())
            .prop_map(|(producer, window, demand)| Op::Open { producer, window, demand }),
        12 => (0..PRODUCERS, 1..8_u32).prop_map(|(producer, items)| Op::Send { producer, items }),
        12 => (1..8_u32).prop_map(Op::Handle),
        8 => (0..100_usize, 0..10_u32).prop_map(|(link, n)| Op::Grant { link, n }),
        1 => (0..100_usize).prop_map(|link| Op::Cancel { link }),
        2 => (0..PRODUCERS).prop_map(Op::DropOutlet),
        1 => (0..PRODUCERS).prop_map(Op::EndProducer),
        1 => end.prop_map(Op::EndConsumer),
        1 => (0..PRODUCERS).prop_map(Op::PanicProducer),
        1 => Just(Op::PanicConsumer),
    ]
}

type Shared = Arc<Mutex<Seen>>;

struct Producer {
    nth: usize,
    to: Address<Take>,
    outlet: Option<(usize, Outlet<Take>)>,
    sent: u32,
    seen: Shared,
}

enum Give {
    Open { link: usize, window: u32 },
    Send(u32),
    Drop,
    Look,
    Ready,
    Panic,
}

impl Actor for Producer {
    type Msg = Give;
    fn handle(&mut self, give: Give, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let answer = match (give, &mut self.outlet) {
            (Give::Open { link, window }, _) => {
                let opened = cx.open_flow(self.to, window, || Give::Ready);
                Answer::Opened(opened.map(|outlet| self.outlet = Some((link, outlet))))
            }
            (Give::Send(items), Some((link, outlet))) => {
                for _ in 0..items {
                    let answer = match outlet.send(cx, Take::Item(*link, self.sent)) {
                        Ok(()) => Answer::In,
                        Err(FlowError::NoCredit(_)) => Answer::NoCredit,
                        Err(FlowError::Cancelled(_)) => Answer::Cancelled,
                        Err(FlowError::Closed(_)) => Answer::Closed,
                        Err(other) => return Err(Fault::msg(format!("{other:?}"))),
                    };
                    self.sent += u32::from(answer == Answer::In);
                    self.seen.lock().expect("no panic").answers.push(answer);
                }
                return Ok(());
            }
            (Give::Drop, _) => {
                self.outlet = None;
                return Ok(());
            }
            (Give::Look, outlet) => {
                let credit = outlet.as_ref().map(|(_, outlet)| outlet.credit());
                self.seen.lock().expect("no panic").credit[self.nth] = credit;
                return Ok(());
            }
            (Give::Ready, _) => {
                self.seen.lock().expect("no panic").news[self.nth] += 1;
                return Ok(());
            }
            (Give::Panic, _) => resume_unwind(Box::new("as told")),
            (Give::Send(_), None) => return Ok(()),
        };
        self.seen.lock().expect("no panic").answers.push(answer);
        Ok(())
    }
}

enum Take {
    Item(usize, u32),
    Grant(usize, u32),
    Cancel(usize),
    Panic,
}

struct Consumer {
    inlets: Vec<Inlet>,
    demands: Arc<Mutex<Vec<Demand>>>,
    /// It suspends itself after so many.
    budget: Arc<AtomicU32>,
    seen: Shared,
}

impl Consumer {
    fn spend(&self, cx: &Context<'_, Self>) {
        if self.budget.fetch_sub(1, Ordering::SeqCst) == 1 {
            cx.me().suspend();
        }
    }

    /// Zero is never granted, and the refusal says how much could be.
    fn look(&self, link: usize, cx: &mut Context<'_, Self>) {
        if let Err(FlowRefused::Demand { most, .. }) = self.inlets[link].grant(cx, 0) {
            self.seen.lock().expect("no panic").free[link] = Some(most);
        }
    }
}

impl Actor for Consumer {
    type Msg = Take;
    fn flow_opened(&mut self, inlet: &Inlet, cx: &mut Context<'_, Self>) -> Demand {
        let link = self.inlets.len();
        self.inlets.push(inlet.clone());
        let demand = self.demands.lock().expect("no panic")[link];
        // Before it is said who grants, nobody can.
        let free = (demand == Demand::ByHand).then(|| inlet.window());
        self.seen.lock().expect("no panic").free.push(free);
        self.spend(cx);
        demand
    }
    fn handle(&mut self, take: Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let link = match take {
            Take::Item(link, n) => {
                self.seen.lock().expect("no panic").handled.push((link, n));
                link
            }
            Take::Grant(link, n) => {
                let granted = self.inlets[link].grant(cx, n);
                self.seen.lock().expect("no panic").granted.push((link, granted));
                link
            }
            Take::Cancel(link) => {
                self.inlets[link].cancel(cx)?;
                link
            }
            Take::Panic => resume_unwind(Box::new("as told")),
        };
        self.look(link, cx);
        self.spend(cx);
        Ok(())
    }
}

/// The real ones, and what must be.
struct Both {
    inline: Inline,
    seen: Shared,
    demands: Arc<Mutex<Vec<Demand>>>,
    budget: Arc<AtomicU32>,
    consumer: Address<Take>,
    producers: Vec<Address<Give>>,
    must: Reference,
}

impl Both {
    fn new(flows: u32) -> Self {
        let inline = System::builder().inline();
        let (seen, demands, budget) = (Shared::default(), Arc::default(), Arc::default());
        let options = Options::builder().flows(flows).build().expect("in range");
        let consumer = Consumer {
            inlets: Vec::new(),
            demands: Arc::clone(&demands),
            budget: Arc::clone(&budget),
            seen: Arc::clone(&seen),
        };
        let consumer = inline.system().try_spawn(consumer, &options).expect("memory");
        let producer = |nth| {
            let seen = Arc::clone(&seen);
            inline.spawn(Producer { nth, to: consumer, outlet: None, sent: 0, seen })
        };
        let producers = (0..PRODUCERS).map(producer).collect();
        consumer.suspend();
        let must = Reference { flows, ..Reference::default() };
        Self { inline, seen, demands, budget, consumer, producers, must }
    }

    fn tell(&mut self, producer: usize, give: Give) {
        self.producers[producer].try_send(give).expect("room");
        self.inline.run_until_idle();
    }

    fn take(&mut self, op: &Op) {
        let must = &mut self.must;
        match *op {
            Op::Open { producer, window, demand } => {
                if must.gone[producer] || must.outlets[producer].is_some() {
                    return;
                }
                let link = must.links.len();
                if must.open(producer, window, demand) {
                    self.demands.lock().expect("no panic").push(demand);
                }
                self.tell(producer, Give::Open { link, window });
            }
            Op::Send { producer, items } if !must.gone[producer] => {
                must.send(producer, items);
                self.tell(producer, Give::Send(items));
            }
            Op::Handle(budget) if !must.ended => {
                must.handle(budget);
                self.budget.store(budget, Ordering::SeqCst);
                self.consumer.resume();
                self.inline.run_until_idle();
                // If it has not done so itself.
                self.consumer.suspend();
            }
            Op::Grant { link, n } if !must.ended && !must.links.is_empty() => {
                let link = link % must.links.len();
                must.coming.push_back(Coming::Grant(link, n));
                self.consumer.try_send(Take::Grant(link, n)).expect("room");
            }
            Op::Cancel { link } if !must.ended && !must.links.is_empty() => {
                let link = link % must.links.len();
                must.coming.push_back(Coming::Cancel(link));
                self.consumer.try_send(Take::Cancel(link)).expect("room");
            }
            Op::DropOutlet(producer) if !must.gone[producer] => {
                must.drop_outlet(producer);
                self.tell(producer, Give::Drop);
            }
            Op::EndProducer(producer) if !must.gone[producer] => {
                must.drop_outlet(producer);
                must.gone[producer] = true;
                let _ = self.producers[producer].stop();
            }
            Op::PanicProducer(producer) if !must.gone[producer] => {
                must.drop_outlet(producer);
                must.gone[producer] = true;
                must.faults += 1;
                self.tell(producer, Give::Panic);
            }
            Op::PanicConsumer if !must.ended => {
                must.coming.push_back(Coming::Panic);
                self.consumer.try_send(Take::Panic).expect("room");
            }
            Op::EndConsumer(end) if !must.ended => {
                must.end(end);
                self.budget.store(u32::MAX, Ordering::SeqCst);
                let _ = match end {
                    End::Stop => self.consumer.stop(),
                    End::StopNow => self.consumer.stop_now(),
                    End::Kill => self.consumer.kill(),
                };
            }
            _ => {}
        }
        self.inline.run_until_idle();
    }

    /// Everything seen is what must be, and no credit is lost or made.
    fn agree(&mut self) -> Result<(), proptest::test_runner::TestCaseError> {
        let gone = self.must.gone;
        for producer in (0..PRODUCERS).filter(|producer| !gone[*producer]) {
            self.tell(producer, Give::Look);
        }
        let must = &mut self.must;
        let mut seen = self.seen.lock().expect("no panic").clone();
        for producer in 0..PRODUCERS {
            if must.gone[producer] {
                seen.credit[producer] = None;
            }
            let link = must.outlets[producer].map(|at| &must.links[at]);
            must.seen.credit[producer] = link.map(|link| link.held + link.waiting);
        }
        prop_assert_eq!(&seen, &must.seen);
        prop_assert!(must.taken <= must.flows);
        for (at, link) in must.links.iter().enumerate().filter(|(_, link)| !link.cancelled) {
            let granted = must.outlets[link.producer].filter(|of| *of == at).and(seen.credit[link.producer]);
            let free = seen.free.get(at).copied().unwrap_or(Some(link.window));
            if let (Some(granted), Some(free)) = (granted, free) {
                prop_assert_eq!(free + granted + link.in_flight, link.window, "free + held + in flight");
            }
        }
        let ledger = self.inline.system().ledger();
        // What says that a flow begins or ends takes a place, and is no message.
        let only_messages = must.coming.iter().all(Coming::is_message);
        prop_assert!(!only_messages || ledger.check().is_ok(), "{:?}", ledger);
        prop_assert_eq!(ledger.faults, must.faults);
        Ok(())
    }
}

#[test]
fn r09_whatever_the_ends_do_credit_is_what_it_must_be() {
    let _dog = watch("r09_whatever_the_ends_do_credit_is_what_it_must_be");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..cases(CASES) });
    let outcome = runner.run(&(1..20_u32, vec(op(), 1..60)), |(flows, ops)| {
        let mut both = Both::new(flows);
        for op in &ops {
            both.take(op);
            both.agree()?;
        }
        Ok(())
    });
    outcome.unwrap_or_else(|violation| panic!("{violation}"));
}

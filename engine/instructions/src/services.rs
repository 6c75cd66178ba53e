//! What is made of messages: actors that come and go, asks, flows, timers.

use crate::counting::{check, expect, one_done, rounds};
use crate::messages::sink;
use crate::{CHUNK, N};
use std::hint::black_box;
use std::time::Duration;
use throng::internals::{let_pass, work};
use throng::{Actor, Address, Context, Fault, FlowError, Outcome, Outlet, Reply, System};

struct Parent(u64);

/// Ends in its first turn.
struct Child;

impl Actor for Child {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.stop();
        Ok(())
    }
    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Err(Fault::msg("nobody sends to it"))
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        one_done();
    }
}

impl Actor for Parent {
    type Msg = u64;
    fn handle(&mut self, left: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..CHUNK {
            black_box(cx.spawn(Child));
        }
        self.0 += CHUNK;
        if left > CHUNK {
            let me = cx.me();
            cx.send(me, left - CHUNK)?;
        }
        Ok(())
    }
}

/// An actor from its making to its end.
pub(crate) fn spawn() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let parent = inline.spawn(Parent(0));
    inline.run_until_idle();
    rounds(|part, _| {
        expect(N);
        parent.try_send(N).expect("room");
        part(&mut || work(&mut inline));
    });
    check(&inline, 3 * N / CHUNK);
    N
}

struct Answerer;

impl Actor for Answerer {
    type Msg = Reply<u64>;
    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(1);
        Ok(())
    }
}

/// Asks as long as there is something left.
struct Asker {
    whom: Address<Reply<u64>>,
    left: u64,
}

enum ToAsker {
    Ask(u64),
    Heard(Outcome<u64>),
}

impl Actor for Asker {
    type Msg = ToAsker;
    fn handle(&mut self, message: ToAsker, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToAsker::Ask(n) => self.left = n,
            ToAsker::Heard(answer) => self.left -= answer?,
        }
        if self.left == 0 {
            one_done();
            return Ok(());
        }
        cx.ask(self.whom, |reply| reply, ToAsker::Heard)?;
        Ok(())
    }
}

/// Asked in a handler, answered, and heard.
pub(crate) fn ask() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let whom = inline.spawn(Answerer);
    let asker = inline.spawn(Asker { whom, left: 0 });
    inline.run_until_idle();
    rounds(|part, _| {
        expect(1);
        asker.try_send(ToAsker::Ask(N)).expect("room");
        part(&mut || work(&mut inline));
    });
    check(&inline, 3 * (2 * N + 1));
    N
}

/// Sends items as long as there is credit, and something left.
struct Producer {
    to: Address<u64>,
    outlet: Option<Outlet<u64>>,
    left: u64,
}

enum ToProducer {
    Produce(u64),
    Ready,
}

impl Actor for Producer {
    type Msg = ToProducer;
    fn handle(&mut self, message: ToProducer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let ToProducer::Produce(n) = message {
            self.left += n;
        }
        if self.outlet.is_none() {
            self.outlet = Some(cx.open_flow(self.to, CHUNK as u32, || ToProducer::Ready)?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.left > 0 {
            match outlet.send(cx, self.left) {
                Ok(()) => self.left -= 1,
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(over) => return Err(Fault::msg(over.to_string())),
            }
        }
        Ok(())
    }
}

/// An item of a flow, with its share of granting.
pub(crate) fn flow() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let to = sink(&inline);
    let producer = inline.spawn(Producer { to, outlet: None, left: 0 });
    inline.run_until_idle();
    rounds(|part, _| {
        expect(N);
        producer.try_send(ToProducer::Produce(N)).expect("room");
        part(&mut || work(&mut inline));
    });
    let ledger = inline.system().ledger();
    assert!(ledger.check().is_ok() && ledger.handled > 3 * N && ledger.faults == 0, "{ledger:?}");
    N
}

struct Alarm(u64);

enum ToAlarm {
    Set,
    Wake,
    Rings,
}

impl Actor for Alarm {
    type Msg = ToAlarm;
    fn handle(&mut self, message: ToAlarm, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            // Some way apart, as they are on the machine's clock: in three levels of the wheel.
            ToAlarm::Set => {
                for n in 0..CHUNK {
                    cx.after(Duration::from_nanos(1 + n * 64), ToAlarm::Rings);
                }
            }
            ToAlarm::Wake => {}
            ToAlarm::Rings => self.0 += 1,
        }
        one_done();
        Ok(())
    }
}

/// Armed and fired.
pub(crate) fn timer() -> u64 {
    let mut inline = System::builder().inline_virtual();
    let alarm = inline.spawn(Alarm(0));
    inline.run_until_idle();
    rounds(|part, _| {
        for _ in 0..N / CHUNK {
            expect(1);
            alarm.try_send(ToAlarm::Set).expect("room");
            part(&mut || work(&mut inline));
            let_pass(&inline, Duration::from_nanos(CHUNK * 64));
            // Whoever comes to work fires what is due.
            expect(1 + CHUNK);
            alarm.try_send(ToAlarm::Wake).expect("room");
            part(&mut || work(&mut inline));
        }
    });
    check(&inline, 3 * (N / CHUNK * 2 + N));
    N
}

//! Actors with a thread of their own: always that one, in which they may block; else they are as any other.

mod ends;
#[cfg(target_os = "linux")]
mod threads;
mod turns;

use crate::gate::Gate;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::ThreadId;
use std::time::Duration;
use throng::{Actor, Address, Context, Directive, Fault, Options, Outcome, Reply, System};

pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Blocks, and tells where it runs.
pub(crate) struct Blocker {
    pub(crate) log: Sender<(&'static str, ThreadId)>,
    pub(crate) resumes: bool,
}

pub(crate) enum Msg {
    Say(&'static str),
    Pass(Gate),
    Where(Reply<usize>),
    Panic,
    Ask(Address<Msg>),
    Answered(Outcome<usize>),
    Later,
    Send(Address<Msg>, u32),
    Spawn(Sender<Address<Msg>>),
    Stop,
}

impl Blocker {
    pub(crate) fn new(log: &Sender<(&'static str, ThreadId)>) -> Self {
        Blocker { log: log.clone(), resumes: false }
    }

    fn say(&self, what: &'static str) {
        let _ = self.log.send((what, std::thread::current().id()));
    }
}

impl Actor for Blocker {
    type Msg = Msg;

    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.say("started");
        Ok(())
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Say(what) => self.say(what),
            Msg::Pass(gate) => {
                self.say("at the gate");
                gate.pass();
                self.say("through");
            }
            Msg::Where(reply) => reply.send(cx.worker_index()),
            Msg::Panic => panic!("told to"),
            Msg::Ask(other) => cx.ask(other, Msg::Where, Msg::Answered)?,
            Msg::Answered(outcome) => self.say(if outcome == Ok(0) { "answered" } else { "not answered" }),
            Msg::Later => _ = cx.after(Duration::from_millis(5), Msg::Say("later")),
            Msg::Send(to, times) => {
                for _ in 0..times {
                    cx.send(to, Msg::Say("sent"))?;
                }
            }
            Msg::Spawn(tell) => tell.send(cx.try_spawn(Blocker::new(&self.log), &own())?)?,
            Msg::Stop => cx.stop(),
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.say("stopped");
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        self.say("failed");
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

pub(crate) fn own() -> Options {
    Options::builder().own_thread().build().expect("in range")
}

pub(crate) fn system(workers: usize) -> System {
    System::builder().workers(workers).build().expect("a system")
}

pub(crate) fn all(log: &Receiver<(&'static str, ThreadId)>) -> Vec<(&'static str, ThreadId)> {
    log.try_iter().collect()
}

pub(crate) fn said(log: &Receiver<(&'static str, ThreadId)>) -> Vec<&'static str> {
    log.try_iter().map(|(what, _)| what).collect()
}

pub(crate) fn gone<M: Send + 'static>(address: Address<M>) {
    while address.is_alive() {
        std::thread::yield_now();
    }
}

//! The stash against a reference model in plain queues: what comes when, what is refused, and what the ledger says, for any order of
//! sends, turns, keeping and giving back, on a system without threads.

use crate::drawn::cases;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{Actor, Address, Context, Directive, Fault, Inline, Options, System};

/// What an actor does with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Handle,
    /// Keeps it.
    Stash,
    /// Keeps it, and gives the oldest back: this one, if none was kept.
    StashAndUnstash,
    Unstash,
    UnstashAll,
    /// Gives all back, and keeps this one.
    UnstashAllAndStash,
    /// Keeps it, and fails.
    StashAndFail,
    /// Gives all back, and panics.
    UnstashAllAndPanic,
    UnstashAllAndStop,
    StopNow,
}

/// A message, what is done with it when it comes for the first time, and for the second. After that it is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Message {
    id: u32,
    deeds: [Deed; 2],
    times: usize,
}

impl Message {
    fn next(&mut self) -> Deed {
        let deed = self.deeds.get(self.times).copied().unwrap_or(Deed::Handle);
        self.times += 1;
        deed
    }
}

/// What happens from outside.
#[derive(Debug, Clone, Copy)]
enum Event {
    Send([Deed; 2]),
    Run,
    Stop,
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Handle),
        8 => Just(Deed::Stash),
        2 => Just(Deed::StashAndUnstash),
        3 => Just(Deed::Unstash),
        3 => Just(Deed::UnstashAll),
        2 => Just(Deed::UnstashAllAndStash),
        1 => Just(Deed::StashAndFail),
        1 => Just(Deed::UnstashAllAndPanic),
        1 => Just(Deed::UnstashAllAndStop),
        1 => Just(Deed::StopNow),
    ]
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => (deeds(), deeds()).prop_map(|(first, second)| Event::Send([first, second])),
        6 => Just(Event::Run),
        1 => Just(Event::Stop),
    ];
    prop::collection::vec(event, 1..60)
}

/// The mailbox and its stash, in plain queues.
struct Model {
    capacity: usize,
    queue: VecDeque<Message>,
    stash: VecDeque<Message>,
    /// Accepts nothing more; ends when its queue is empty.
    closed: bool,
    ended: bool,
    told: Vec<String>,
    handled: u64,
    kept: u64,
    dead: u64,
    faults: u64,
    accepted: u64,
    refused: u64,
}

impl Model {
    fn new(capacity: usize) -> Self {
        Model {
            capacity,
            queue: VecDeque::new(),
            stash: VecDeque::new(),
            closed: false,
            ended: false,
            told: Vec::new(),
            handled: 0,
            kept: 0,
            dead: 0,
            faults: 0,
            accepted: 0,
            refused: 0,
        }
    }

    fn send(&mut self, message: Message) -> bool {
        let accepts = !self.closed && self.queue.len() + self.stash.len() < self.capacity;
        if accepts {
            self.queue.push_back(message);
            self.accepted += 1;
        } else if !self.ended {
            self.refused += 1;
        }
        accepts
    }

    fn keep(&mut self, message: Message) {
        if self.stash.len() >= self.capacity - 1 {
            self.told.push(format!("{} refused", message.id));
            return;
        }
        self.stash.push_back(message);
        self.kept += 1;
    }

    /// In front of all, in their order.
    fn give_back(&mut self, most: usize, before: &mut VecDeque<Message>) {
        let given = most.min(self.stash.len());
        before.extend(self.stash.drain(..given));
    }

    fn end(&mut self) {
        self.dead += (self.queue.len() + self.stash.len()) as u64;
        self.queue.clear();
        self.stash.clear();
        (self.closed, self.ended) = (true, true);
    }

    fn run(&mut self) {
        if self.ended {
            return;
        }
        while let Some(mut message) = self.queue.pop_front() {
            let deed = message.next();
            self.handled += 1;
            self.told.push(format!("{} {deed:?}", message.id));
            let mut back = VecDeque::new();
            match deed {
                Deed::Handle => {}
                Deed::Stash => self.keep(message),
                Deed::StashAndUnstash => {
                    self.keep(message);
                    self.give_back(1, &mut back);
                }
                Deed::Unstash => self.give_back(1, &mut back),
                Deed::UnstashAll => self.give_back(usize::MAX, &mut back),
                Deed::UnstashAllAndStash => {
                    self.give_back(usize::MAX, &mut back);
                    self.keep(message);
                }
                Deed::StashAndFail => {
                    self.keep(message);
                    self.faults += 1;
                }
                Deed::UnstashAllAndPanic => {
                    self.give_back(usize::MAX, &mut back);
                    self.faults += 1;
                }
                Deed::UnstashAllAndStop => {
                    self.give_back(usize::MAX, &mut back);
                    self.closed = true;
                }
                Deed::StopNow => {
                    self.end();
                    return;
                }
            }
            back.extend(self.queue.drain(..));
            self.queue = back;
        }
        if self.closed {
            self.end();
        }
    }
}

/// The actor: does what its messages say.
struct Puppet(Sender<String>);

impl Puppet {
    fn keep(&self, message: Message, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Err(full) = cx.stash(message) {
            self.0.send(format!("{} refused", full.message.id))?;
        }
        Ok(())
    }
}

impl Actor for Puppet {
    type Msg = Message;

    fn handle(&mut self, mut message: Message, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let deed = message.next();
        self.0.send(format!("{} {deed:?}", message.id))?;
        match deed {
            Deed::Handle => {}
            Deed::Stash => self.keep(message, cx)?,
            Deed::StashAndUnstash => {
                self.keep(message, cx)?;
                cx.unstash();
            }
            Deed::Unstash => drop(cx.unstash()),
            Deed::UnstashAll => drop(cx.unstash_all()),
            Deed::UnstashAllAndStash => {
                cx.unstash_all();
                self.keep(message, cx)?;
            }
            Deed::StashAndFail => {
                self.keep(message, cx)?;
                return Err(Fault::msg("as asked"));
            }
            Deed::UnstashAllAndPanic => {
                cx.unstash_all();
                std::panic::resume_unwind(Box::new("as asked"));
            }
            Deed::UnstashAllAndStop => {
                cx.unstash_all();
                cx.stop();
            }
            Deed::StopNow => cx.stop_now(),
        }
        Ok(())
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

struct Play {
    inline: Inline,
    puppet: Address<Message>,
    tells: Receiver<String>,
    told: Vec<String>,
    model: Model,
}

impl Play {
    fn new(options: &Options, capacity: u32) -> Self {
        let (tell, tells) = channel();
        let inline = System::builder().inline();
        let puppet = inline.system().try_spawn(Puppet(tell), options).expect("room");
        Play { inline, puppet, tells, told: Vec::new(), model: Model::new(capacity as usize) }
    }

    fn step(&mut self, id: u32, event: Event) {
        match event {
            Event::Send(deeds) => {
                let message = Message { id, deeds, times: 0 };
                let accepted = self.model.send(message);
                assert_eq!(self.puppet.try_send(message).is_ok(), accepted, "message {id}");
            }
            Event::Run => self.run(),
            Event::Stop => {
                let _ = self.puppet.stop();
                self.model.closed = true;
            }
        }
    }

    fn run(&mut self) {
        self.inline.run_until_idle();
        self.model.run();
        self.told.extend(self.tells.try_iter());
        assert_eq!(self.told, self.model.told);
        let ledger = self.inline.system().quiesce(Duration::ZERO).expect("nothing is left to do");
        ledger.check().expect("it adds up");
        let model = &self.model;
        assert_eq!(
            (
                ledger.accepted,
                ledger.handled,
                ledger.dead.total(),
                ledger.queued,
                ledger.faults,
                ledger.stopped
            ),
            (
                model.accepted + model.kept,
                model.handled,
                model.dead,
                model.stash.len() as u64,
                model.faults,
                u64::from(model.ended)
            )
        );
        assert_eq!(ledger.refused.total(), model.refused);
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn as_the_model(capacity in 1_u32..8, turn in 1_u32..5, gathers in any::<bool>(), events in events()) {
        let mut options = Options::builder().capacity(capacity).turn(turn);
        if gathers {
            // Sorted, and handled one by one all the same: what comes when must be the same.
            options = options.gather(capacity, Duration::ZERO);
        }
        let mut play = Play::new(&options.build().expect("in range"), capacity);
        for (id, event) in events.into_iter().enumerate() {
            play.step(id as u32, event);
        }
        play.run();
    }
}

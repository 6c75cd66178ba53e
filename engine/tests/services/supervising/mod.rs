//! Supervision on the engine: who is restarted, when and in which order; what becomes of messages, asks and addresses; that
//! nobody is told twice, forgotten, or left behind. The policy itself is tested beside it (`src/supervisor/`).

mod asks;
mod beside;
mod blueprint;
mod drawn;
mod exhausted;
mod faults;
mod jitter;
mod matrix;
mod moments;
mod oracle;
mod pausing;
mod policy;
mod pooled;
mod sifted;
mod storms;
mod timers;
mod trees;
mod woods;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use throng::{
    Actor, Address, Child, Context, Fault, Happened, Inline, Recipient, Reply, Supervisor, Tree, TreeEvent,
};

/// What somebody wrote down, in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn note(&self, words: impl Into<String>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(words.into());
    }

    /// What has come since it was read last.
    pub(crate) fn read(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    pub(crate) fn words(&self) -> String {
        self.read().join(", ")
    }
}

/// Does as it is told, and writes down its hooks.
pub(crate) struct Worker {
    name: String,
    log: Log,
    sum: u64,
}

pub(crate) enum Msg {
    Add(u64),
    Get(Reply<u64>),
    Fail,
    Panic,
    Stop,
}

impl Worker {
    pub(crate) fn child(name: &str, log: &Log) -> Child<Worker> {
        let (own, log) = (name.to_string(), log.clone());
        Child::new(name, move || Worker { name: own.clone(), log: log.clone(), sum: 0 })
    }
}

impl Actor for Worker {
    type Msg = Msg;
    fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.log.note(format!("start {}", self.name));
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.log.note(format!("stop {}", self.name));
    }
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Add(n) => self.sum += n,
            Msg::Get(reply) => reply.send(self.sum),
            Msg::Fail => return Err(Fault::msg("told to")),
            // As `panic!` does, without a line on stderr for each.
            Msg::Panic => std::panic::resume_unwind(Box::new("told to")),
            Msg::Stop => cx.stop(),
        }
        Ok(())
    }
}

/// Hears the events of a tree.
pub(crate) struct Diary(Sender<TreeEvent>);

impl Actor for Diary {
    type Msg = TreeEvent;
    fn handle(&mut self, event: TreeEvent, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        // The test may have heard enough.
        let _ = self.0.send(event);
        Ok(())
    }
}

pub(crate) fn diary() -> (Diary, Receiver<TreeEvent>) {
    let (sender, events) = channel();
    (Diary(sender), events)
}

/// An event in short.
pub(crate) fn in_short(event: &TreeEvent) -> String {
    let what = match &event.what {
        Happened::Started => "started".into(),
        Happened::Failed(why) => format!("failed ({why})"),
        Happened::Restarting { after } if after.is_zero() => "down".into(),
        Happened::Restarting { after } => format!("down for {after:?}"),
        Happened::Restarted => "back".into(),
        Happened::Ended(exit) => format!("ended ({exit})"),
        Happened::Escalated => "gives up".into(),
        other => format!("{other:?}"),
    };
    format!("{} {what}", if event.path.is_empty() { "root" } else { &event.path })
}

/// What has happened since it was read last, in short.
pub(crate) fn happened(events: &Receiver<TreeEvent>) -> String {
    events.try_iter().map(|event| in_short(&event)).collect::<Vec<_>>().join(", ")
}

/// A tree on an inline system, with its events.
pub(crate) struct Stage {
    pub(crate) inline: Inline,
    pub(crate) tree: Tree,
    pub(crate) log: Log,
    pub(crate) events: Receiver<TreeEvent>,
    diary: Recipient<TreeEvent>,
}

impl Stage {
    pub(crate) fn new(build: impl FnOnce(Supervisor, &Log) -> Supervisor) -> Self {
        let inline = throng::System::builder().inline_virtual();
        let (diary, events) = diary();
        let diary: Recipient<TreeEvent> = inline.spawn(diary).recipient();
        Stage::found(inline, diary, events, build)
    }

    /// The next tree on the same system, if there is one: many small systems take their time.
    pub(crate) fn next(stage: Option<Stage>, build: impl FnOnce(Supervisor, &Log) -> Supervisor) -> Self {
        match stage {
            None => Stage::new(build),
            Some(Stage { inline, events, diary, .. }) => Stage::found(inline, diary, events, build),
        }
    }

    fn found(
        mut inline: Inline,
        diary: Recipient<TreeEvent>,
        events: Receiver<TreeEvent>,
        build: impl FnOnce(Supervisor, &Log) -> Supervisor,
    ) -> Self {
        let log = Log::default();
        let root = build(Supervisor::new(), &log).events_to(diary);
        let tree = inline.system().supervise(root).expect("names that differ");
        inline.run_until_idle();
        Stage { inline, tree, log, events, diary }
    }

    pub(crate) fn child(&self, path: &str) -> Address<Msg> {
        self.tree.child(path).unwrap_or_else(|| panic!("{path} is there"))
    }

    /// Sends, and lets everybody do what there is to do now.
    pub(crate) fn send(&mut self, path: &str, message: Msg) {
        self.child(path).try_send(message).expect("there is room");
        self.inline.run_until_idle();
    }

    pub(crate) fn happened(&self) -> String {
        happened(&self.events)
    }

    /// Everybody has ended but the diary, and every message is accounted for.
    pub(crate) fn assert_over(&mut self) {
        self.inline.run_until_idle();
        let ledger = self.inline.system().ledger();
        ledger.check().expect("it adds up");
        assert_eq!((ledger.spawned - ledger.stopped, ledger.queued), (1, 0), "{ledger:?}");
    }
}

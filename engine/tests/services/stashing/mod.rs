//! Messages that an actor keeps for later: in order, within the bound, and in the ledger.

mod bound;
mod ends;
mod order;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{Actor, Address, Context, Directive, Fault, Inline, Lane, Options, OptionsBuilder, System};

pub(crate) const SOON: Duration = Duration::from_secs(60);

/// Does what its messages say.
pub(crate) struct Keeper {
    told: Sender<String>,
    /// Keeps every plain message.
    keeps: bool,
    pub(crate) resumes: bool,
    pub(crate) unstashes_when_failed: bool,
}

pub(crate) enum Msg {
    Plain(u32),
    Urgent(u32),
    Keep(bool),
    /// Gives back so many, and then no more is kept.
    GiveBack(usize),
    GiveAllBack,
    GiveAllBackAndStop,
    GiveAllBackAndStopNow,
    StopKeeping,
    Fail,
    Panic,
    /// Keeps two messages of its own.
    Make,
    Count,
}

impl Keeper {
    pub(crate) fn new() -> (Keeper, Receiver<String>) {
        let (told, tells) = channel();
        (Keeper { told, keeps: true, resumes: true, unstashes_when_failed: false }, tells)
    }

    fn say(&self, words: impl Into<String>) {
        self.told.send(words.into()).expect("the test listens");
    }

    fn keep(&mut self, message: Msg, cx: &mut Context<'_, Self>) {
        if let Err(full) = cx.stash(message) {
            let (Msg::Plain(n) | Msg::Urgent(n)) = full.message else { panic!("only these are kept") };
            self.say(format!("{n} found {} kept", full.most));
        }
    }
}

impl Actor for Keeper {
    type Msg = Msg;

    fn lane(&self, message: &Msg) -> Lane {
        if matches!(message, Msg::Urgent(_) | Msg::GiveAllBack) { Lane::Urgent } else { Lane::Normal }
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Plain(_) | Msg::Urgent(_) if self.keeps => self.keep(message, cx),
            Msg::Plain(n) | Msg::Urgent(n) => self.say(n.to_string()),
            Msg::Keep(keeps) => self.keeps = keeps,
            Msg::GiveBack(n) => {
                self.keeps = false;
                let given = (0..n).filter(|_| cx.unstash()).count();
                self.say(format!("{given} back"));
            }
            Msg::GiveAllBack => {
                self.keeps = false;
                let given = cx.unstash_all();
                self.say(format!("{given} back"));
            }
            Msg::GiveAllBackAndStop => {
                self.keeps = false;
                cx.unstash_all();
                cx.stop();
            }
            Msg::GiveAllBackAndStopNow => {
                cx.unstash_all();
                cx.stop_now();
            }
            Msg::StopKeeping => cx.stop(),
            Msg::Fail => {
                self.keep(Msg::Plain(99), cx);
                return Err(Fault::msg("as asked"));
            }
            Msg::Panic => {
                self.keeps = false;
                cx.unstash_all();
                panic!("as asked");
            }
            Msg::Make => {
                self.keep(Msg::Plain(100), cx);
                self.keep(Msg::Plain(101), cx);
            }
            Msg::Count => self.say(format!("{} kept", cx.stashed())),
        }
        Ok(())
    }

    fn failed(&mut self, _: &Fault, cx: &mut Context<'_, Self>) -> Directive {
        if self.unstashes_when_failed {
            self.keeps = false;
            cx.unstash_all();
        }
        if self.resumes { Directive::Resume } else { Directive::Stop }
    }
}

pub(crate) fn with(options: OptionsBuilder) -> (Inline, Address<Msg>, Receiver<String>) {
    let (keeper, tells) = Keeper::new();
    let inline = System::builder().inline();
    let options = options.build().expect("in range");
    let address = inline.system().try_spawn(keeper, &options).expect("room");
    (inline, address, tells)
}

pub(crate) fn keeping(capacity: u32) -> (Inline, Address<Msg>, Receiver<String>) {
    with(Options::builder().capacity(capacity))
}

pub(crate) fn send(to: Address<Msg>, messages: impl IntoIterator<Item = Msg>) {
    for message in messages {
        to.try_send(message).expect("room");
    }
}

pub(crate) fn told(tells: &Receiver<String>) -> Vec<String> {
    tells.try_iter().collect()
}

/// At rest, with so many kept.
pub(crate) fn settled(inline: &Inline, kept: u64) {
    let ledger = inline.system().quiesce(Duration::ZERO).expect("what is kept is no work");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.queued, kept, "{ledger:?}");
}

//! Looking at a system: what it has done, what it is at, and who is told of what goes wrong.

use crate::actor::address::Recipient;
use crate::actor::dead_letter::DeadLetter;
use crate::actor::failing::{self, ActorFailed};
use crate::actor::outlook::{self, MessageDropped, Stall};
use crate::actor::post::ActorId;
use crate::actor::status::{self as of_actor, ActorStatus};
use crate::actor_tree::ActorTree;
use crate::ledger::Ledger;
use crate::quiesce;
use crate::stall::StallTimes;
use crate::status::{self, Activity, SystemStatus};
use crate::supervisor::event::{self, TreeEvent};
use crate::system::System;

impl System {
    /// Who is whose child, by a glance at each actor, in a form that can be printed. Visits every cell.
    pub fn tree(&self) -> ActorTree {
        quiesce::tree(self.shared())
    }

    /// The ledger as it stands. It need not add up while messages are on their way; after [`System::quiesce`] it does.
    /// Looks into every mailbox.
    pub fn ledger(&self) -> Ledger {
        quiesce::ledger(self.shared())
    }

    /// What the workers did so far.
    pub fn activity(&self) -> Activity {
        status::activity(self.shared())
    }

    /// Who is suspended on whose full mailbox now, and for how long: the wait-for view. Looks into every cell; each line is a
    /// glance, and they need not agree.
    pub fn stalls(&self) -> Vec<Stall> {
        quiesce::stalls(self.shared())
    }

    /// From here on tells this actor of every message that an overflow policy drops, until it ends. News for which its mailbox
    /// has no place are counted in the next that has (so of the last drops it may hear nothing; [`Ledger::dropped`](crate::Ledger) is
    /// complete), and as sends that were refused. It takes any [recipient](crate::Address::recipient) whose messages can be made
    /// [`From`] a [`MessageDropped`]. Costs each drop a message, but for those after its end, of which the
    /// first finds that it has ended.
    pub fn watch_drops(&self, watcher: Recipient<MessageDropped>) {
        self.shared().drops.watch(outlook::watcher(watcher));
    }

    /// From here on tells this actor of every dead letter (a message that was accepted and has no receiver), until it ends: for whom
    /// it was, of what type, and why. News for which its mailbox has no place are counted in the next that has, and as sends
    /// that were refused; [`Ledger::dead`](crate::Ledger) counts all, by cause. What an abort leaves is not told of, as nobody is
    /// left to hear it.
    ///
    /// News of a dead letter that becomes one itself is not told of, so that two watchers cannot tell each other for ever (but
    /// in a mailbox under [`Overflow::DropOldestExact`](crate::Overflow), where it is a message as any other). A watcher with
    /// lanes hears of them in the normal one. It takes any [recipient](crate::Address::recipient) whose messages can be made
    /// [`From`] a [`DeadLetter`]. Costs each dead letter a message; where nobody watches, a load.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, DeadCause, DeadLetter, Fault, System};
    ///
    /// struct Idler;
    ///
    /// impl Actor for Idler {
    ///     type Msg = u32;
    ///     fn handle(&mut self, _: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         cx.stop_now();
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Undertaker;
    ///
    /// impl Actor for Undertaker {
    ///     type Msg = DeadLetter;
    ///     fn handle(&mut self, letter: DeadLetter, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         assert_eq!((letter.message, letter.cause), ("u32", DeadCause::Stopped));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let undertaker = inline.spawn(Undertaker);
    /// inline.system().watch_dead_letters(undertaker.recipient());
    /// let idler = inline.spawn(Idler);
    /// for n in 0..3_u32 {
    ///     idler.try_send(n)?;
    /// }
    /// inline.run_until_idle();
    /// let ledger = inline.system().ledger();
    /// // One was handled by the idler, and the news of two.
    /// assert_eq!((ledger.handled, ledger.dead.stopped, ledger.faults), (3, 2, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_dead_letters(&self, watcher: Recipient<DeadLetter>) {
        self.shared().dead.watch(outlook::dead_watcher(watcher));
    }

    /// From here on tells this actor of every fault of a handler or hook, until it ends: whose, why, and what follows. Not of its
    /// own. News for which its mailbox has no place are counted in the next that has, and as sends that were refused;
    /// [`Ledger::faults`](crate::Ledger) counts all, and with them panics in the `Drop` of what an actor held, of which nobody is told.
    /// It takes any [recipient](crate::Address::recipient) whose messages can be made [`From`] an [`ActorFailed`]. Costs each fault
    /// a message; where nobody watches, a load. Two watchers that fail of each other's faults and go on may do so for ever.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, ActorFailed, Aftermath, Context, Fault, System};
    ///
    /// struct Parser;
    ///
    /// impl Actor for Parser {
    ///     type Msg = &'static str;
    ///     fn handle(&mut self, text: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         text.parse::<u32>()?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Nurse;
    ///
    /// impl Actor for Nurse {
    ///     type Msg = ActorFailed;
    ///     fn handle(&mut self, news: ActorFailed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         assert_eq!((&*news.cause, news.then), ("invalid digit found in string", Aftermath::Ends));
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut inline = System::builder().inline();
    /// let nurse = inline.spawn(Nurse);
    /// inline.system().watch_faults(nurse.recipient());
    /// inline.spawn(Parser).try_send("three")?;
    /// inline.run_until_idle();
    /// // The parser's message, and the news.
    /// let ledger = inline.system().ledger();
    /// assert_eq!((ledger.handled, ledger.faults), (2, 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch_faults(&self, watcher: Recipient<ActorFailed>) {
        self.shared().faults.watch(failing::watcher(watcher));
    }

    /// From here on tells this actor what happens in every tree of this system, until it ends, beside those that
    /// [`Supervisor::events_to`](crate::Supervisor::events_to) names. Events for which its mailbox has no place are counted in the next
    /// that has, and as sends that were refused. Costs each event a message; where nobody watches, a load.
    pub fn watch_trees(&self, watcher: Recipient<TreeEvent>) {
        let tell = outlook::teller(watcher, |event: TreeEvent, missed| Some(TreeEvent { missed, ..event }));
        event::watched(self.shared()).watch(tell);
    }

    /// How long actors have been suspended on full mailboxes, for each type of which one was.
    pub fn stall_times(&self) -> Vec<StallTimes> {
        self.shared().stall_times()
    }

    /// What everybody is doing, in words for a person: whom the workers run, what waits where, who sleeps. Each figure is
    /// a glance; they need not agree.
    pub fn describe(&self) -> String {
        quiesce::describe(self.shared())
    }

    /// What the system is at. Looks into every mailbox; each figure is a glance, and they need not agree.
    ///
    /// # Examples
    /// ```
    /// use throng::System;
    ///
    /// let inline = System::builder().inline();
    /// let status = inline.system().status();
    /// assert_eq!((status.living, status.pending), (0, 0));
    /// println!("{status}");
    /// ```
    pub fn status(&self) -> SystemStatus {
        status::status(&self.shared)
    }

    /// What an actor of this system is at: by the [id](crate::Address::id) that news and stalls name. None if it has ended, or lives
    /// in another system. Costs what [`Address::status`](crate::Address::status) does.
    pub fn status_of(&self, actor: ActorId) -> Option<ActorStatus> {
        of_actor::status(actor, Some(self.shared()))
    }
}

//! The log hub: one actor that hears what goes wrong anywhere in its system, and writes it down as events of the crate `tracing`.
//! Between who fails and who writes stands its mailbox, so that nobody waits for a log, and what is too much for it is counted.

use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::dead_letter::DeadLetter;
use crate::actor::failing::ActorFailed;
use crate::actor::fault::Fault;
use crate::actor::options::Options;
use crate::actor::outlook::MessageDropped;
use crate::scheduler::upsets::Aftermath;
use crate::supervisor::event::{Happened, TreeEvent};
use crate::system::System;
use tracing::dispatcher::{Dispatch, get_default, with_default};
use tracing::subscriber::NoSubscriber;
use tracing::{debug, error, info, warn};

/// What the log hub writes down; see [`System::log_to_tracing`].
#[derive(Debug)]
pub struct Logged(News);

#[derive(Debug)]
enum News {
    Failed(ActorFailed),
    Tree(TreeEvent),
    Dead(DeadLetter),
    Dropped(MessageDropped),
}

impl From<ActorFailed> for Logged {
    fn from(failed: ActorFailed) -> Self {
        Self(News::Failed(failed))
    }
}

impl From<TreeEvent> for Logged {
    fn from(event: TreeEvent) -> Self {
        Self(News::Tree(event))
    }
}

impl From<DeadLetter> for Logged {
    fn from(letter: DeadLetter) -> Self {
        Self(News::Dead(letter))
    }
}

impl From<MessageDropped> for Logged {
    fn from(dropped: MessageDropped) -> Self {
        Self(News::Dropped(dropped))
    }
}

/// Writes, for whoever was the subscriber when it was spawned; if nobody was, for whoever is by now.
struct LogHub(Option<Dispatch>);

impl Actor for LogHub {
    type Msg = Logged;

    fn handle(&mut self, Logged(news): Logged, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match &self.0 {
            Some(subscriber) => with_default(subscriber, || write(&news)),
            None => write(&news),
        }
        Ok(())
    }

    /// A subscriber's panic is no reason to fall silent.
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }

    fn options() -> Options {
        const OPTIONS: Options = match Options::builder().capacity(1_024).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

fn write(news: &News) {
    match news {
        News::Failed(ActorFailed { actor, of, cause, panicked, then, missed }) => {
            // The level is part of what is compiled, hence twice.
            if *then == Aftermath::Ends {
                error!(target: "throng", %actor, of, %cause, panicked, %then, missed, "an actor has failed");
            } else {
                warn!(target: "throng", %actor, of, %cause, panicked, %then, missed, "an actor has failed");
            }
        }
        News::Tree(TreeEvent { path, what, missed }) => tree(path, what, *missed),
        News::Dead(DeadLetter { actor, of, message: letter, cause, missed }) => {
            warn!(target: "throng", %actor, of, letter, %cause, missed, "a dead letter");
        }
        News::Dropped(MessageDropped { actor, of, cause, missed }) => {
            debug!(target: "throng", %actor, of, %cause, missed, "a message was dropped");
        }
    }
}

fn tree(path: &str, what: &Happened, missed: u64) {
    match what {
        Happened::Started => debug!(target: "throng", path, missed, "a child has started"),
        Happened::Failed(cause) => {
            let (of, panicked) = (cause.actor(), cause.is_panic());
            warn!(target: "throng", path, of, %cause, panicked, missed, "a child has failed");
        }
        Happened::Restarting { after } => {
            info!(target: "throng", path, ?after, missed, "a child is to be restarted");
        }
        Happened::Restarted => info!(target: "throng", path, missed, "a child was restarted"),
        Happened::Ended(exit) if exit.is_normal() => {
            debug!(target: "throng", path, cause = %exit, missed, "a child has ended");
        }
        Happened::Ended(exit) => warn!(target: "throng", path, cause = %exit, missed, "a child has ended"),
        Happened::Escalated => error!(target: "throng", path, missed, "a tree has given up"),
    }
}

impl System {
    /// From here on what goes wrong in this system is written down as events of the crate [`tracing`], with the target `throng`, until the
    /// hub, whose address this is, is stopped, or the system is. Needs the feature `tracing`.
    ///
    /// | event | level | fields, beside `missed` |
    /// |---|---|---|
    /// | an actor has failed | error if it ends, else warn | `actor`, `of` (its type), `cause`, `panicked`, `then` |
    /// | a child has failed | warn | `path`, `of`, `cause`, `panicked` |
    /// | a child is to be restarted | info | `path`, `after` |
    /// | a child was restarted | info | `path` |
    /// | a tree has given up | error | `path` |
    /// | a child has started | debug | `path` |
    /// | a child has ended | debug if in good order, else warn | `path`, `cause` |
    /// | a dead letter | warn | `actor`, `of`, `letter` (its type), `cause` |
    /// | a message was dropped | debug | `actor`, `of`, `cause` |
    ///
    /// The failure of a child is told twice: of the actor, and of its place in the tree. `missed` says how many of that sort
    /// found no place in the hub's mailbox, of 1,024, before this one. Events go to the subscriber of the calling thread, if it has one now, otherwise to
    /// the process's. A subscriber runs on a worker: one that blocks holds it. One that panics loses that event.
    ///
    /// Costs what [`System::watch_faults`], [`System::watch_trees`], [`System::watch_dead_letters`] and [`System::watch_drops`] cost
    /// together; called twice, everything is told twice. What an abort leaves is not told of.
    ///
    /// # Panics
    /// As [`System::spawn`].
    ///
    /// # Examples
    /// ```
    /// use throng::System;
    ///
    /// let inline = System::builder().inline();
    /// let hub = inline.system().log_to_tracing();
    /// assert_eq!(inline.system().status().living, 1);
    /// # let _told = hub.stop();
    /// ```
    pub fn log_to_tracing(&self) -> Address<Logged> {
        let here = get_default(|subscriber| (!subscriber.is::<NoSubscriber>()).then(|| subscriber.clone()));
        let hub = self.spawn(LogHub(here));
        self.watch_faults(hub.recipient());
        self.watch_trees(hub.recipient());
        self.watch_dead_letters(hub.recipient());
        self.watch_drops(hub.recipient());
        hub
    }
}

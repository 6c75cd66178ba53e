//! Collecting what a supervisor is to do.

use super::child::{Child, Planned, Supervisor};
use super::directory::Directory;
use super::event::TreeEvent;
use super::strategy::{Decision, Strategy};
use crate::actor::address::Recipient;
use crate::actor::behavior::Actor;
use crate::actor::exit::Failure;
use crate::backoff::Backoff;
use std::time::Duration;

impl Supervisor {
    /// One for one, three restarts within five seconds, no back-off, and every fault is answered with a restart.
    pub fn new() -> Self {
        Self {
            strategy: Strategy::default(),
            most: 3,
            within: Duration::from_secs(5),
            backoff: None,
            quiet: None,
            on_fault: None,
            events: None,
            directory: None,
            children: Vec::new(),
            upward: None,
            desk: None,
        }
    }

    /// Whom a restart takes along.
    #[must_use]
    pub fn strategy(self, strategy: Strategy) -> Self {
        Self { strategy, ..self }
    }

    /// So many restarts within any such time; one more, and the supervisor gives up. Each counts once, however many children it
    /// takes along. Remembers as many times as that, 8 bytes each. A time of zero would limit nothing: it is refused as
    /// [`TreeError::Intensity`](crate::TreeError::Intensity) when the tree is started, unless no restart is allowed at all; of a supervisor
    /// below it is a fault when that starts.
    #[must_use]
    pub fn intensity(self, most: u32, within: Duration) -> Self {
        Self { most, within, ..self }
    }

    /// The pause before a restart: of each child by itself under [`Strategy::OneForOne`], otherwise of all. Meanwhile their
    /// mailboxes take messages. [`System::shutdown`](crate::System::shutdown) does not wait for it.
    #[must_use]
    pub fn backoff(self, backoff: Backoff) -> Self {
        Self { backoff: Some(backoff), ..self }
    }

    /// How long it must go well until the pauses begin at the first again; by default the time of the intensity.
    #[must_use]
    pub fn quiet(self, quiet: Duration) -> Self {
        Self { quiet: Some(quiet), ..self }
    }

    /// Decides what becomes of a child, by its name, that failed. Not asked of one that ended, and not about a fault that a
    /// restart under way covers already. A panic in it counts as [`Decision::Escalate`].
    #[must_use]
    pub fn on_fault(self, decide: impl FnMut(&str, &Failure) -> Decision + Send + 'static) -> Self {
        Self { on_fault: Some(Box::new(decide)), ..self }
    }

    /// Tells this actor what happens to the children, and to those of supervisors below that name nobody else. It takes any
    /// [recipient](crate::Address::recipient) whose messages can be made [`From`] a [`TreeEvent`]. No full mailbox refuses an event.
    #[must_use]
    pub fn events_to(self, to: Recipient<TreeEvent>) -> Self {
        Self { events: Some(to), ..self }
    }

    /// Where the addresses of the tree are written down, by the root: a directory of one's own, given here, is known before the
    /// tree runs. One tree for each.
    #[must_use]
    pub fn directory(self, directory: &Directory) -> Self {
        Self { directory: Some(directory.clone()), ..self }
    }

    /// One more child, started after those before.
    #[must_use]
    pub fn child<A: Actor>(mut self, child: Child<A>) -> Self {
        self.children.push(Planned::from(child));
        self
    }
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.children.iter().map(|child| &child.name).collect();
        f.debug_struct("Supervisor")
            .field("strategy", &self.strategy)
            .field("children", &names)
            .finish_non_exhaustive()
    }
}

//! Starting a tree, and what one has in hand then.

use super::child::Supervisor;
use super::directory::Directory;
use super::error::TreeError;
use super::order::{Order, Word};
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::exit::Exit;
use crate::actor::kin::Onlooker;
use crate::actor::options::Options;
use crate::actor::outside::{is_stepped_here, wait_in_vain};
use crate::actor::spawn;
use crate::scheduler::shared::{Close, Shared};
use crate::scheduler::worker;
use crate::sync::Arc;
use std::time::Duration;

/// A tree that was started. Dropping this ends nothing; a clone is the same tree.
#[derive(Debug, Clone)]
pub struct Tree {
    directory: Directory,
    root: Address<Order>,
}

impl Tree {
    /// The address of a child by its path; see [`Directory::child`]. None also where there is one that understands something else:
    /// [`Directory::paths`] tells whether there is one at all.
    pub fn child<M: Send + 'static>(&self, path: &str) -> Option<Address<M>> {
        self.directory.child(path)
    }

    /// The addresses of the tree.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The root's address: to watch it, say. To stop this, or to kill it, kills its children; [`Tree::stop`] ends them in order.
    pub fn address(&self) -> Address<Order> {
        self.root
    }

    /// Restarts in the whole tree so far: each counted once, however many children it took along.
    pub fn restarts(&self) -> u64 {
        self.directory.restarts()
    }

    /// How the root has ended, once it has: [`Exit::Stopped`] as told, [`Exit::Failed`] if it gave up, with the reason.
    pub fn exit(&self) -> Option<Exit> {
        self.directory.0.over().clone()
    }

    /// Tells the tree to come down: each supervisor ends its children in reverse order, each as its
    /// [`Shutdown`](crate::Shutdown) says, and then itself. Does not wait.
    pub fn begin_stop(&self) {
        self.directory.0.tell_root(Word::Stop);
    }

    /// As [`Tree::begin_stop`], and waits until the root has ended, for `deadline` at most. Whoever is left by then is told to end
    /// at once, without waiting for each other. That the tree has given up meanwhile is no error.
    ///
    /// [`System::shutdown`](crate::System::shutdown) does so for every tree before it stops other actors.
    ///
    /// # Errors
    /// [`TreeError::Busy`] names those that were left; [`TreeError::WouldBlock`] on a worker thread.
    ///
    /// # Panics
    /// On the thread that steps the tree's simulation: [`Tree::begin_stop`] waits for nothing.
    #[track_caller]
    pub fn stop(&self, deadline: Duration) -> Result<(), TreeError> {
        if worker::current().is_some() {
            return Err(TreeError::WouldBlock);
        }
        if is_stepped_here(self.root.raw) && !deadline.is_zero() {
            wait_in_vain("Tree::stop", "`Tree::begin_stop`, then `Simulation::quiesce`");
        }
        self.begin_stop();
        if self.directory.0.wait(deadline) {
            return Ok(());
        }
        let left = self.directory.paths();
        self.directory.0.tell_root(Word::Force);
        Err(TreeError::Busy { waited: deadline, left })
    }
}

impl<A: Actor> Context<'_, A> {
    /// Starts a supervisor, and with it a tree, which does not depend on this actor. Its children are started in turns of their own.
    ///
    /// # Errors
    /// [`TreeError`], if the names of the root's children cannot be told apart, its intensity is no limit, its directory is taken, or
    /// there is no room; names and intensities of supervisors below are looked at when these are made.
    pub fn supervise(&mut self, root: Supervisor) -> Result<Tree, TreeError> {
        let shared = Arc::clone(self.shared());
        found(root, &shared, |root, options, seen| self.try_spawn_seen(root, options, seen).ok())
    }
}

/// Starts a tree from a thread outside.
///
/// # Errors
/// As [`Context::supervise`].
pub(crate) fn from_outside(shared: &Shared, root: Supervisor) -> Result<Tree, TreeError> {
    found(root, shared, |root, options, seen| spawn::seen_from_outside(shared, root, options, seen).ok())
}

/// `spawn` has the onlooker on the root's list before that can run: a tree may be over before this returns.
pub(crate) fn found(
    mut root: Supervisor,
    shared: &Shared,
    spawn: impl FnOnce(Supervisor, &Options, Onlooker) -> Option<Address<Order>>,
) -> Result<Tree, TreeError> {
    root.check()?;
    let directory = root.directory.get_or_insert_default().clone();
    if !directory.0.take() {
        return Err(TreeError::DirectoryTaken);
    }
    let family = Arc::clone(&directory.0);
    let over = Arc::clone(&family);
    let onlooker: Onlooker = Box::new(move |exit: &Exit| over.end(exit.clone()));
    let root = spawn(root, &Supervisor::options(), onlooker).ok_or(TreeError::NoRoom)?;
    let first = family.root.set(root).is_ok();
    debug_assert!(first, "taken above");
    let close: Arc<dyn Close> = family;
    shared.close_first(&close);
    Ok(Tree { directory, root })
}

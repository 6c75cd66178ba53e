//! Who is who in a tree, for everybody: the addresses of its children by their paths, and whether it is over.

use super::order::{Order, Word, tell};
use crate::actor::address::Address;
use crate::actor::exit::Exit;
use crate::actor::post::Raw;
use crate::scheduler::shared::Close;
use crate::sync::{Arc, AtomicBool, AtomicU64, Mutex, MutexGuard, Ordering};
use std::any::TypeId;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Condvar, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The addresses of a tree's children by name, from anywhere: in a handler, in what makes a child, and outside.
///
/// [`Tree::directory`](crate::Tree::directory) gives that of a tree that runs; one that children are to look into when they
/// are made is made first, and given to the root ([`Supervisor::directory`](crate::Supervisor::directory)). A clone is the same directory.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Address, Child, Context, Directory, Fault, Supervisor, System};
///
/// struct Log(u32);
///
/// impl Actor for Log {
///     type Msg = &'static str;
///     fn handle(&mut self, _: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.0 += 1;
///         Ok(())
///     }
/// }
///
/// /// Finds the log when it starts, and whenever it is started again.
/// struct Clerk(Directory);
///
/// impl Actor for Clerk {
///     type Msg = ();
///     fn started(&mut self, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         let log: Address<&'static str> = self.0.child("log").ok_or_else(|| Fault::msg("there is no log"))?;
///         Ok(log.try_send("a clerk is here")?)
///     }
///     fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let directory = Directory::new();
/// let known = directory.clone();
/// let root = Supervisor::new()
///     .directory(&directory)
///     .child(Child::new("log", || Log(0)))
///     .child(Child::new("clerk", move || Clerk(known.clone())));
/// let tree = system.supervise(root)?;
/// system.quiesce(Duration::from_secs(10))?;
/// assert!(tree.child::<&'static str>("log").is_some() && tree.child::<u32>("log").is_none());
/// assert_eq!(tree.restarts(), 0);
/// tree.stop(Duration::from_secs(10))?;
/// assert!(directory.child::<&'static str>("log").is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Directory(pub(super) Arc<Family>);

/// What a tree shares.
#[derive(Debug, Default)]
pub(super) struct Family {
    entries: Mutex<Entries>,
    restarts: AtomicU64,
    /// Timers of pauses before restarts that are armed, of all supervisors of the tree.
    pauses: AtomicU64,
    taken: AtomicBool,
    pub(super) root: OnceLock<Address<Order>>,
    over: Mutex<Option<Exit>>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct Entries {
    /// What each understands, and where it is.
    on: BTreeMap<Box<str>, (TypeId, Raw)>,
    /// The root has ended.
    closed: bool,
}

/// The right of one supervisor to write in the directory, until the one above says that it has ended. One that was killed beside
/// its last turn, or is below one that was, must not write over who has taken its place.
#[derive(Debug, Default)]
pub(super) struct Licence {
    above: Option<Arc<Licence>>,
    /// Changed and looked at under the lock of the entries.
    void: AtomicBool,
}

impl Licence {
    pub(super) fn below(above: &Arc<Licence>) -> Arc<Licence> {
        Arc::new(Licence { above: Some(Arc::clone(above)), void: AtomicBool::new(false) })
    }

    fn holds(&self) -> bool {
        // Relaxed: under the lock.
        !self.void.load(Ordering::Relaxed) && self.above.as_ref().is_none_or(|above| above.holds())
    }
}

impl Directory {
    /// One for a tree that is to be.
    pub fn new() -> Self {
        Self::default()
    }

    /// The address of a child that understands `M`. Its path is the names from the root's child down, with slashes between them:
    /// "storage/cache". None if there is none of that name now, and also if the one that is there understands something
    /// else than `M`: whoever has the path right and yet finds none looks at his `M`, and for the path in [`Directory::paths`]. A child that is being
    /// restarted is there, and its mailbox takes messages.
    ///
    /// Takes a lock, for a few instructions.
    pub fn child<M: Send + 'static>(&self, path: &str) -> Option<Address<M>> {
        let (understands, raw) = *self.0.entries().on.get(path)?;
        let address = Address::new(raw);
        (understands == TypeId::of::<M>() && address.is_alive()).then_some(address)
    }

    /// The paths of all children that are there, in the order of the alphabet.
    pub fn paths(&self) -> Vec<String> {
        self.0.entries().on.keys().map(|path| String::from(&**path)).collect()
    }

    /// Restarts in the whole tree so far: each counted once, however many children it took along.
    pub fn restarts(&self) -> u64 {
        // A gauge.
        self.0.restarts.load(Ordering::Relaxed)
    }
}

impl Family {
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter<M: Send + 'static>(&self, path: &str, address: Address<M>, by: &Licence) {
        let mut entries = self.entries();
        if !entries.closed && by.holds() {
            entries.on.insert(path.into(), (TypeId::of::<M>(), address.raw));
        }
    }

    /// A child of this supervisor has ended.
    pub(super) fn strike(&self, path: &str, by: &Licence) {
        let mut entries = self.entries();
        if by.holds() {
            entries.on.remove(path);
        }
    }

    /// A supervisor has ended, or lost its state: all below it goes, and nothing more is written.
    pub(super) fn revoke(&self, path: &str, of: &Licence) {
        let mut entries = self.entries();
        let held = of.holds();
        of.void.store(true, Ordering::Relaxed);
        if !held {
            return;
        }
        // From "path/" on, in the order of the alphabet; '0' comes next after the slash.
        let (first, end) = (format!("{path}/"), format!("{path}0"));
        let below = entries.on.range::<str, _>((Bound::Included(&*first), Bound::Excluded(&*end)));
        let below: Vec<_> = below.map(|(path, _)| path.clone()).collect();
        below.iter().for_each(|path| _ = entries.on.remove(path));
    }

    /// A tree makes it its own; false if one has done so before.
    #[must_use]
    pub(super) fn take(&self) -> bool {
        // Relaxed: the exchange decides by itself.
        !self.taken.swap(true, Ordering::Relaxed)
    }

    pub(super) fn restarted(&self, times: u64) {
        self.restarts.fetch_add(times, Ordering::Relaxed);
    }

    /// A pause before a restart begins. Said before its timer is armed, so that no timer is taken for something else.
    pub(super) fn pause(&self) {
        // Relaxed: quiescence looks twice, and at all else in between.
        self.pauses.fetch_add(1, Ordering::Relaxed);
    }

    /// The timer of a pause has fired, or was cancelled.
    pub(super) fn paused(&self) {
        self.pauses.fetch_sub(1, Ordering::Relaxed);
    }

    /// The root has ended.
    pub(super) fn end(&self, exit: Exit) {
        let mut entries = self.entries();
        entries.on.clear();
        entries.closed = true;
        drop(entries);
        *self.over() = Some(exit);
        self.ended.notify_all();
    }

    pub(super) fn over(&self) -> MutexGuard<'_, Option<Exit>> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the root's end; false if it has not come in time.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let until = Instant::now().checked_add(time);
        let mut over = self.over();
        while over.is_none() {
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return false;
            }
            let woken = self.ended.wait_timeout(over, left.min(Duration::from_secs(3_600)));
            over = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    pub(super) fn tell_root(&self, word: Word) {
        if let Some(root) = self.root.get() {
            tell(*root, word);
        }
    }
}

impl Close for Family {
    fn close(&self) {
        self.tell_root(Word::Stop);
    }

    fn pauses(&self) -> u64 {
        self.pauses.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(n: u32) -> Address<u32> {
        Address::new(Raw::new(7, n))
    }

    fn paths(family: &Arc<Family>) -> String {
        Directory(Arc::clone(family)).paths().join(" ")
    }

    #[test]
    fn what_is_below_goes_with_a_supervisor_and_nothing_else() {
        let (family, root) = (Arc::<Family>::default(), Arc::<Licence>::default());
        let below = Licence::below(&root);
        for path in ["a", "a-b", "a0", "ab/c", "b"] {
            family.enter(path, somebody(1), &root);
        }
        for path in ["a/b", "a/b/c", "a/zz"] {
            family.enter(path, somebody(1), &below);
        }
        family.strike("a/zz", &below);
        assert_eq!(paths(&family), "a a-b a/b a/b/c a0 ab/c b");
        family.revoke("a", &below);
        assert_eq!(paths(&family), "a a-b a0 ab/c b");
    }

    #[test]
    fn who_has_lost_its_licence_writes_nothing_and_strikes_nobody() {
        let (family, root) = (Arc::<Family>::default(), Arc::<Licence>::default());
        let (old, new) = (Licence::below(&root), Licence::below(&root));
        let deep = Licence::below(&old);
        family.revoke("a", &old);
        family.enter("a/b/c", somebody(2), &new);
        // Those that were killed beside their last turn.
        family.enter("a/b/c", somebody(1), &deep);
        family.enter("a/b", somebody(1), &old);
        family.strike("a/b/c", &deep);
        family.revoke("a/b", &deep);
        family.revoke("a", &old);
        assert_eq!(paths(&family), "a/b/c");
        assert_eq!(family.entries().on["a/b/c"].1, somebody(2).raw);
        family.end(Exit::Stopped);
        family.enter("a", somebody(3), &root);
        assert_eq!(paths(&family), "");
    }
}

//! Lists of actors that those leave by themselves who end: what registry, groups, topics and routers stand on.
//!
//! Who may touch what: a list is for everybody, behind a lock that is held for a few instructions and never over user code.
//! An actor is on the list *before* an onlooker on it is: so its end, whenever that comes, finds what to strike off. Where the
//! actor had ended before, who put it there takes it off again. The number of the onlooker is noted afterwards, if the entry still
//! stands; if not, somebody took it off meanwhile, and the onlooker is taken back too.

use crate::actor::ending::unwatch;
use crate::actor::post::ActorId;
use crate::actor::watch::enlist;
use crate::sync::{Arc, AtomicU64, Mutex, MutexGuard, Ordering};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::PoisonError;

/// A list whose entries go with their actors.
pub(crate) trait Listing: Send + Sync + 'static {
    /// Which entry: never the same for two.
    type Ticket: Clone + Send + 'static;

    /// Notes the number of the onlooker; false if the entry is gone.
    fn note(&self, ticket: &Self::Ticket, onlooker: u64) -> bool;

    /// The actor has ended.
    fn strike(&self, ticket: &Self::Ticket);
}

/// Has an entry, which stands already, go with its actor. False if that has ended: the entry is gone.
pub(crate) fn tie<L: Listing>(list: &Arc<L>, ticket: L::Ticket, actor: ActorId) -> bool {
    let (theirs, its) = (Arc::downgrade(list), ticket.clone());
    let onlooker = move |_: &_| {
        if let Some(list) = theirs.upgrade() {
            list.strike(&its);
        }
    };
    match enlist(actor.0, Box::new(onlooker)) {
        Ok(number) => {
            if !list.note(&ticket, number) {
                unwatch(actor.0, number);
            }
            true
        }
        Err(_) => {
            list.strike(&ticket);
            false
        }
    }
}

/// Members in the order in which they joined.
pub(crate) struct Roster<T> {
    /// Raised with each change, under the lock. Relaxed: whoever hears of a change hears it by a message or a lock, which
    /// order this too; whoever does not may see it later.
    version: AtomicU64,
    book: Mutex<Book<T>>,
}

struct Book<T> {
    members: BTreeMap<u64, Member<T>>,
    /// Of those that may be there once only.
    once: HashMap<ActorId, u64>,
    next: u64,
    /// All of them, until the next change.
    list: Option<Arc<[T]>>,
}

struct Member<T> {
    actor: ActorId,
    what: T,
    onlooker: Option<u64>,
}

/// How often an actor may be on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    One,
    Many,
}

/// Why an actor did not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JoinError {
    /// It is a member already.
    Already(ActorId),
    /// It has ended.
    Ended(ActorId),
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Already(actor) => {
                write!(
                    f,
                    "actor {actor} is a member already, and gets each message once: it need not join again"
                )
            }
            JoinError::Ended(actor) => write!(f, "actor {actor} has ended: only one that lives can join"),
        }
    }
}

impl std::error::Error for JoinError {}

impl<T: Clone + Send + Sync + 'static> Roster<T> {
    pub(crate) fn new() -> Arc<Self> {
        let book = Book { members: BTreeMap::new(), once: HashMap::new(), next: 0, list: None };
        Arc::new(Self { version: AtomicU64::new(0), book: Mutex::new(book) })
    }

    fn book(&self) -> MutexGuard<'_, Book<T>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an actor at the end of the list; gives its number there.
    ///
    /// # Errors
    /// It is there and may not be twice, or it has ended.
    pub(crate) fn join(self: &Arc<Self>, actor: ActorId, what: T, places: Places) -> Result<u64, JoinError> {
        let number = {
            let mut book = self.book();
            if places == Places::One && book.once.contains_key(&actor) {
                return Err(JoinError::Already(actor));
            }
            let number = book.next;
            book.next += 1;
            if places == Places::One {
                book.once.insert(actor, number);
            }
            book.members.insert(number, Member { actor, what, onlooker: None });
            self.changed(&mut book);
            number
        };
        if tie(self, number, actor) { Ok(number) } else { Err(JoinError::Ended(actor)) }
    }

    fn changed(&self, book: &mut Book<T>) {
        book.list = None;
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    fn remove(&self, number: u64) -> Option<Member<T>> {
        let mut book = self.book();
        let member = book.members.remove(&number)?;
        if book.once.get(&member.actor) == Some(&number) {
            book.once.remove(&member.actor);
        }
        self.changed(&mut book);
        Some(member)
    }

    /// Takes a member off the list; false if it was not there.
    pub(crate) fn leave(&self, number: u64) -> bool {
        let Some(member) = self.remove(number) else { return false };
        if let Some(onlooker) = member.onlooker {
            unwatch(member.actor.0, onlooker);
        }
        true
    }

    /// Takes an actor off that may be there once only; false if it was not there.
    pub(crate) fn leave_all(&self, actor: ActorId) -> bool {
        let number = self.book().once.get(&actor).copied();
        number.is_some_and(|number| self.leave(number))
    }

    /// All members. Where nothing has changed since the last time it is the same list.
    pub(crate) fn list(&self) -> Arc<[T]> {
        let book = &mut *self.book();
        let members = &book.members;
        let all = || members.values().map(|member| member.what.clone()).collect();
        Arc::clone(book.list.get_or_insert_with(all))
    }

    /// Changes whenever the members do.
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Relaxed)
    }
}

impl<T: Clone + Send + Sync + 'static> Listing for Roster<T> {
    type Ticket = u64;

    fn note(&self, ticket: &u64, onlooker: u64) -> bool {
        match self.book().members.get_mut(ticket) {
            Some(member) => {
                member.onlooker = Some(onlooker);
                true
            }
            None => false,
        }
    }

    fn strike(&self, ticket: &u64) {
        self.remove(*ticket);
    }
}

//! Members in the order in which they joined.

use super::listing::{Ends, Listing, tie};
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, PoisonError};

/// Members in the order in which they joined.
pub(crate) struct Roster<I, T> {
    /// Raised with each change, under the lock. Relaxed: whoever hears of a change hears it by a message or a lock, which
    /// order this too; whoever does not may see it later.
    version: AtomicU64,
    book: Mutex<Book<I, T>>,
}

struct Book<I, T> {
    members: BTreeMap<u64, Member<I, T>>,
    /// Of those that may be there once only.
    once: HashMap<I, u64>,
    next: u64,
    /// Places below `places` that nobody has.
    vacant: BTreeSet<u64>,
    places: u64,
    /// All of them, until the next change.
    list: Option<Arc<[T]>>,
}

struct Member<I, T> {
    actor: I,
    what: T,
    place: u64,
    onlooker: Option<u64>,
}

/// How often an actor may be on a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Places {
    One,
    Many,
}

/// Why somebody did not join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotJoined {
    /// It is a member.
    Already,
    Ended,
}

impl<I: Ends + Eq + Hash, T: Clone + Send + Sync + 'static> Roster<I, T> {
    pub(crate) fn new() -> Arc<Self> {
        let book = Book {
            members: BTreeMap::new(),
            once: HashMap::new(),
            next: 0,
            vacant: BTreeSet::new(),
            places: 0,
            list: None,
        };
        Arc::new(Self { version: AtomicU64::new(0), book: Mutex::new(book) })
    }

    fn book(&self) -> MutexGuard<'_, Book<I, T>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts an actor at the end of the list; gives its number there.
    ///
    /// # Errors
    /// It is there and may not be twice, or it has ended.
    pub(crate) fn join(self: &Arc<Self>, actor: I, what: T, places: Places) -> Result<u64, NotJoined> {
        self.join_at(actor, |_| what, places)
    }

    /// As [`Roster::join`], of what is made of its place: the lowest that no member has, and its own until it leaves. So the places are
    /// the same whenever the same number of members came and went in the same order, whoever they are.
    pub(crate) fn join_at(
        self: &Arc<Self>,
        actor: I,
        what: impl FnOnce(u64) -> T,
        places: Places,
    ) -> Result<u64, NotJoined> {
        let number = self.insert(&actor, what, places)?;
        if tie(self, &number, &actor) { Ok(number) } else { Err(NotJoined::Ended) }
    }

    fn insert(&self, actor: &I, what: impl FnOnce(u64) -> T, places: Places) -> Result<u64, NotJoined> {
        let mut book = self.book();
        if places == Places::One && book.once.contains_key(actor) {
            return Err(NotJoined::Already);
        }
        let number = book.next;
        book.next += 1;
        if places == Places::One {
            book.once.insert(actor.clone(), number);
        }
        let place = book.vacant.pop_first().unwrap_or(book.places);
        book.places = book.places.max(place + 1);
        book.members
            .insert(number, Member { actor: actor.clone(), what: what(place), place, onlooker: None });
        self.changed(&mut book);
        Ok(number)
    }

    fn changed(&self, book: &mut Book<I, T>) {
        book.list = None;
        self.version.fetch_add(1, Ordering::Relaxed);
    }

    fn remove(&self, number: u64) -> Option<Member<I, T>> {
        let mut book = self.book();
        let member = book.members.remove(&number)?;
        if book.once.get(&member.actor) == Some(&number) {
            book.once.remove(&member.actor);
        }
        book.vacant.insert(member.place);
        if book.members.is_empty() {
            (book.vacant, book.places) = (BTreeSet::new(), 0);
        }
        self.changed(&mut book);
        Some(member)
    }

    /// Takes a member off the list; false if it was not there.
    pub(crate) fn leave(&self, number: u64) -> bool {
        let Some(member) = self.remove(number) else { return false };
        if let Some(onlooker) = member.onlooker {
            member.actor.take_back(onlooker);
        }
        true
    }

    /// Takes an actor off that may be there once only; false if it was not there.
    pub(crate) fn leave_all(&self, actor: &I) -> bool {
        let number = self.book().once.get(actor).copied();
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

impl<I: Ends + Eq + Hash, T: Clone + Send + Sync + 'static> Listing for Roster<I, T> {
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

//! The table of names. Protocol: [`crate::roster::listing`].
//!
//! *Get or create.* Whether there is an actor, and making one if not, is one step under the lock. No user code runs in it: the
//! actor comes without a state, and makes that in its own turn ([`crate::actor::promised`]). So nobody waits for anybody's
//! closure, and two that ask for each other's names in theirs hold nothing up.
//!
//! *An entry is exactly as old as its actor.* Whoever ends is off the table when its onlooker has run, which is a little later;
//! until then whoever looks finds that it has ended, and takes the entry for none.

use super::error::{GetError, RegisterError, WrongType};
use crate::actor::address::Address;
use crate::actor::behavior::Actor;
use crate::actor::farewell::unwatch;
use crate::actor::options::Options;
use crate::actor::post::ActorId;
use crate::actor::promised::promise;
use crate::roster::listing::{Listing, tie};
use crate::scheduler::shared::Shared;
use crate::sync::{Arc, Mutex, MutexGuard};
use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::sync::PoisonError;

/// Under what an actor is registered.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Name(Arc<str>),
    Type(TypeId, &'static str),
}

impl Key {
    fn words(&self) -> String {
        match self {
            Key::Name(name) => String::from(&**name),
            Key::Type(_, name) => String::from(*name),
        }
    }
}

struct Entry {
    actor: ActorId,
    message: TypeId,
    message_name: &'static str,
    /// Never the same for two.
    number: u64,
    onlooker: Option<u64>,
}

impl Entry {
    fn typed<M: Send + 'static>(&self, key: &Key) -> Result<Address<M>, WrongType> {
        if self.message == TypeId::of::<M>() {
            return Ok(Address::new(self.actor.0));
        }
        Err(WrongType { name: key.words(), wanted: type_name::<M>(), found: self.message_name })
    }

    fn lives(&self) -> bool {
        Address::<()>::new(self.actor.0).is_alive()
    }
}

#[derive(Default)]
struct Table {
    entries: HashMap<Key, Entry>,
    next: u64,
}

impl Table {
    /// The entry, if its actor lives.
    fn living(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key).filter(|entry| entry.lives())
    }

    fn insert<M: 'static>(&mut self, key: Key, actor: ActorId) -> u64 {
        let number = self.next;
        self.next += 1;
        let (message, message_name) = (TypeId::of::<M>(), type_name::<M>());
        self.entries.insert(key, Entry { actor, message, message_name, number, onlooker: None });
        number
    }
}

/// The names of a system.
#[derive(Default)]
pub(super) struct Names(Mutex<Table>);

type Ticket = (Key, u64);

impl Names {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn register<M: Send + 'static>(
        self: &Arc<Self>,
        key: Key,
        address: Address<M>,
    ) -> Result<(), RegisterError> {
        let number = {
            let mut table = self.table();
            if let Some(entry) = table.living(&key) {
                return Err(RegisterError::NameTaken { name: key.words(), by: entry.actor });
            }
            table.insert::<M>(key.clone(), address.id())
        };
        if tie(self, &(key, number), &address.id()) {
            Ok(())
        } else {
            Err(RegisterError::Ended(address.id()))
        }
    }

    pub(super) fn unregister(&self, key: &Key) -> Option<ActorId> {
        let entry = self.table().entries.remove(key)?;
        if let Some(onlooker) = entry.onlooker {
            unwatch(entry.actor.0, onlooker);
        }
        entry.lives().then_some(entry.actor)
    }

    pub(super) fn find<M: Send + 'static>(&self, key: &Key) -> Result<Option<Address<M>>, WrongType> {
        self.table().living(key).map(|entry| entry.typed(key)).transpose()
    }

    pub(super) fn get_or_spawn<A, F>(
        self: &Arc<Self>,
        shared: &Shared,
        key: Key,
        options: &Options,
        make: F,
    ) -> Result<Address<A::Msg>, GetError>
    where
        A: Actor,
        F: FnOnce() -> A + Send + 'static,
    {
        let mut table = self.table();
        if let Some(entry) = table.living(&key) {
            let found = entry.typed(&key);
            // Before what was given is dropped.
            drop(table);
            return Ok(found?);
        }
        let number = table.next;
        let (names, ticket) = (Arc::downgrade(self), (key.clone(), number));
        let made = promise(shared, options, make, |_| {
            Box::new(move |_| {
                if let Some(names) = names.upgrade() {
                    names.strike(&ticket);
                }
            })
        });
        match made {
            Ok(address) => {
                let inserted = table.insert::<A::Msg>(key, address.id());
                debug_assert_eq!(inserted, number);
                Ok(address)
            }
            Err((make, why)) => {
                // What was given is user data.
                drop(table);
                drop(make);
                Err(why.into())
            }
        }
    }

    /// Entries, also by type, and those that are about to be struck off.
    pub(super) fn len(&self) -> usize {
        self.table().entries.len()
    }

    pub(super) fn names(&self) -> Vec<String> {
        let table = self.table();
        let living = table.entries.iter().filter(|(_, entry)| entry.lives());
        let mut names: Vec<_> = living
            .filter_map(|(key, _)| match key {
                Key::Name(name) => Some(String::from(&**name)),
                Key::Type(..) => None,
            })
            .collect();
        drop(table);
        names.sort_unstable();
        names
    }
}

impl Listing for Names {
    type Ticket = Ticket;

    fn note(&self, (key, number): &Ticket, onlooker: u64) -> bool {
        match self.table().entries.get_mut(key) {
            Some(entry) if entry.number == *number => {
                entry.onlooker = Some(onlooker);
                true
            }
            _ => false,
        }
    }

    fn strike(&self, (key, number): &Ticket) {
        let mut table = self.table();
        if table.entries.get(key).is_some_and(|entry| entry.number == *number) {
            table.entries.remove(key);
        }
    }
}

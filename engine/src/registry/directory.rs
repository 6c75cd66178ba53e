//! What a system keeps under names: its table of actors, and shelves of what other services keep there.

use super::error::{GetError, RegisterError, WrongType};
use super::names::{Key, Names};
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::options::Options;
use crate::actor::post::ActorId;
use crate::scheduler::shared::Shared;
use crate::sync::{Arc, Mutex};
use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::sync::PoisonError;

/// What is kept in the annex of a system.
#[derive(Default)]
struct Directory {
    names: Arc<Names>,
    shelves: Mutex<HashMap<Label, Kept>>,
}

/// Which shelf, and the name on it: a text, or a type.
#[derive(PartialEq, Eq, Hash)]
struct Label(&'static str, Result<String, TypeId>);

struct Kept {
    what: Box<dyn Any + Send + Sync>,
    of: &'static str,
}

/// The registry of a [`System`](crate::System): actors by name and by type, [groups](Registry::group) and [topics](Registry::topic).
///
/// Had by [`System::registry`](crate::System::registry) from any thread, and by [`Context::registry`] in handlers; 8 bytes, `Copy`. An entry lives as long as its
/// actor: it is never gone before the actor has ended, is never found afterwards, and its name can be taken again at once. A
/// restart by a supervisor is no end. Finding takes a lock that all callers share, for the time of one look into a hash table:
/// whoever sends often keeps the address. A system whose registry nobody asks for has none.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, Options, System};
///
/// struct Log(Vec<String>);
///
/// impl Actor for Log {
///     type Msg = String;
///     fn handle(&mut self, line: String, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         self.0.push(line);
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let registry = inline.system().registry();
/// let log = registry.get_or_spawn("log", &Options::default(), || Log(Vec::new()))?;
/// // It is there, so the closure does not run.
/// assert_eq!(registry.get_or_spawn("log", &Options::default(), || -> Log { unreachable!() })?, log);
/// assert_eq!(registry.whereis::<String>("log")?, Some(log));
/// let wrong = registry.whereis::<u32>("log").unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "`log` is for messages of type alloc::string::String, not u32: ask for that type, or take another name"
/// );
/// let _ = log.stop();
/// inline.run_until_idle();
/// assert_eq!(inline.system().registry().names(), Vec::<String>::new());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct Registry<'s> {
    shared: &'s Shared,
}

impl fmt::Debug for Registry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.directory().names.len();
        f.debug_struct("Registry").field("names", &self.names()).field("entries", &entries).finish()
    }
}

impl<A: Actor> Context<'_, A> {
    /// The registry of this actor's system.
    pub fn registry(&self) -> Registry<'_> {
        Registry { shared: self.shared() }
    }
}

impl<'s> Registry<'s> {
    pub(crate) fn new(shared: &'s Shared) -> Self {
        Self { shared }
    }

    fn directory(self) -> &'s Directory {
        let annex = self.shared.annex.get_or_init(|| Box::new(Directory::default()));
        match annex.downcast_ref() {
            Some(directory) => directory,
            None => unreachable!("the annex is the registry's"),
        }
    }

    /// Registers an actor under a name, of one character at least. An actor may have several.
    ///
    /// # Errors
    /// [`RegisterError::NameTaken`] if another one has the name and has not ended; [`RegisterError::Ended`] if this one has;
    /// [`RegisterError::Name`] if the name is empty.
    pub fn register<M: Send + 'static>(self, name: &str, address: Address<M>) -> Result<(), RegisterError> {
        if name.is_empty() {
            return Err(RegisterError::Name { given: name.into() });
        }
        self.directory().names.register(Key::Name(name.into()), address)
    }

    /// Takes a name from whoever has it; gives that one, unless nobody has. The actor lives on.
    pub fn unregister(self, name: &str) -> Option<ActorId> {
        self.directory().names.unregister(&Key::Name(name.into()))
    }

    /// The actor with this name; none if there is none that lives.
    ///
    /// # Errors
    /// [`WrongType`] if its messages are not of type `M`.
    pub fn whereis<M: Send + 'static>(self, name: &str) -> Result<Option<Address<M>>, WrongType> {
        self.directory().names.find(&Key::Name(name.into()))
    }

    /// The actor with this name, which is spawned if there is none: of all that ask at once each gets the same one, and the
    /// closure of one of them runs, once, in the first turn of the new actor. So nobody waits for it, and it may use the
    /// registry itself. If it panics the actor ends, what was sent to it is dead letters, and the name is free.
    ///
    /// An actor that is stopping is still there: sends to it are refused as closed until it has ended.
    ///
    /// Takes the registry's lock for as long as it takes to spawn; where the new actor is to have a thread of its own, until that is
    /// started.
    ///
    /// # Errors
    /// [`GetError::Name`] if the name is empty.
    /// [`GetError::WrongType`] if the messages of the one that is there are of another type; [`GetError::NoRoom`] if no memory or
    /// address range is left; [`GetError::NoThread`] if it is to have [a thread of its own](crate::OptionsBuilder::own_thread), and
    /// the system gives none, or is coming down.
    pub fn get_or_spawn<A, F>(
        self,
        name: &str,
        options: &Options,
        make: F,
    ) -> Result<Address<A::Msg>, GetError>
    where
        A: Actor,
        F: FnOnce() -> A + Send + 'static,
    {
        if name.is_empty() {
            return Err(GetError::Name { given: name.into() });
        }
        self.directory().names.get_or_spawn(self.shared, Key::Name(name.into()), options, make)
    }

    /// All names, sorted.
    pub fn names(self) -> Vec<String> {
        self.directory().names.names()
    }

    /// Registers an actor as *the* one of type `A`.
    ///
    /// # Errors
    /// As [`Registry::register`].
    pub fn register_type<A: Actor>(self, address: Address<A::Msg>) -> Result<(), RegisterError> {
        self.directory().names.register(Self::of::<A>(), address)
    }

    /// Takes the place of type `A` from whoever has it, as [`Registry::unregister`].
    pub fn unregister_type<A: Actor>(self) -> Option<ActorId> {
        self.directory().names.unregister(&Self::of::<A>())
    }

    /// The actor that is registered for type `A`.
    pub fn of_type<A: Actor>(self) -> Option<Address<A::Msg>> {
        match self.directory().names.find(&Self::of::<A>()) {
            Ok(found) => found,
            Err(_) => unreachable!("who is registered by type has its messages"),
        }
    }

    /// The actor that is registered for type `A`, spawned with the type's options if there is none, as
    /// [`Registry::get_or_spawn`].
    ///
    /// # Errors
    /// As [`Registry::get_or_spawn`], but for the type, which is the same.
    pub fn get_or_spawn_type<A, F>(self, make: F) -> Result<Address<A::Msg>, GetError>
    where
        A: Actor,
        F: FnOnce() -> A + Send + 'static,
    {
        self.directory().names.get_or_spawn(self.shared, Self::of::<A>(), &A::options(), make)
    }

    fn of<A: 'static>() -> Key {
        Key::Type(TypeId::of::<A>(), type_name::<A>())
    }

    /// What lies on a shelf under a name, or for its own type, put there if nothing does. `make` is no user code.
    pub(crate) fn kept<T: Clone + Send + Sync + 'static>(
        self,
        shelf: &'static str,
        name: Option<&str>,
        of: &'static str,
        make: impl FnOnce() -> T,
    ) -> Result<T, WrongType> {
        let key = name.map(String::from).ok_or(TypeId::of::<T>());
        let mut shelves = self.directory().shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = shelves.entry(Label(shelf, key)).or_insert_with(|| Kept { what: Box::new(make()), of });
        let wrong = || WrongType { name: name.unwrap_or(of).into(), wanted: of, found: kept.of };
        kept.what.downcast_ref::<T>().cloned().ok_or_else(wrong)
    }

    /// Takes what lies on a shelf under a name off it; false if nothing does.
    pub(crate) fn forget(self, shelf: &'static str, name: &str) -> bool {
        let label = Label(shelf, Ok(name.into()));
        let mut shelves = self.directory().shelves.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = shelves.remove(&label);
        drop(shelves);
        kept.is_some()
    }
}

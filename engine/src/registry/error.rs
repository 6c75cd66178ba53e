//! What the registry refuses.

use crate::actor::post::ActorId;
use crate::error::NoSeat;
use std::fmt;

/// Something else lives under the name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongType {
    /// Under which name, or for which type.
    pub name: String,
    /// The type that was asked for.
    pub wanted: &'static str,
    /// The one that is there.
    pub found: &'static str,
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is for messages of type {}, not {}: ask for that type, or take another name",
            self.name, self.found, self.wanted
        )
    }
}

impl std::error::Error for WrongType {}

/// Why an actor was not registered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another one has the name, and lives.
    NameTaken {
        /// The name, or the type.
        name: String,
        /// Who has it.
        by: ActorId,
    },
    /// The actor has ended.
    Ended(ActorId),
    /// It is no name.
    Name {
        /// What was given.
        given: String,
    },
}

fn no_name(given: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{given:?} is no name in the registry: a name has at least one character, so give one that has")
}

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::NameTaken { name, by } => write!(
                f,
                "`{name}` is taken by actor {by}: take another name, unregister it, or wait for that one's end"
            ),
            RegisterError::Ended(actor) => {
                write!(f, "actor {actor} has ended: only one that lives can be registered")
            }
            RegisterError::Name { given } => no_name(given, f),
        }
    }
}

impl std::error::Error for RegisterError {}

/// Why there is no actor to be had under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GetError {
    /// There is one, of another message type.
    WrongType(WrongType),
    /// It is no name.
    Name {
        /// What was given.
        given: String,
    },
    /// There was none, and no memory or address range was left for one.
    NoRoom,
    /// There was none, and no thread to be had for one that is to have [its own](crate::OptionsBuilder::own_thread).
    NoThread(std::io::ErrorKind),
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GetError::WrongType(wrong) => wrong.fmt(f),
            GetError::Name { given } => no_name(given, f),
            GetError::NoRoom => NoSeat::Memory.fmt(f),
            GetError::NoThread(why) => NoSeat::Thread(*why).fmt(f),
        }
    }
}

impl std::error::Error for GetError {}

impl From<NoSeat> for GetError {
    fn from(why: NoSeat) -> Self {
        match why {
            NoSeat::Memory => GetError::NoRoom,
            NoSeat::Thread(why) => GetError::NoThread(why),
        }
    }
}

impl From<WrongType> for GetError {
    fn from(wrong: WrongType) -> Self {
        GetError::WrongType(wrong)
    }
}

//! Why a handler failed.

use std::fmt;

/// Why a handler failed: an error of any type, or a panic.
// One pointer, so that a handler's result comes back in a register.
pub struct Fault(Box<Cause>);

enum Cause {
    Error(Box<dyn std::error::Error + Send + Sync>),
    Panic(Box<dyn std::any::Any + Send>),
}

// SAFETY: an error is Sync; a payload is only looked at as text (`Display`), which is so too, and is dropped by its owner.
unsafe impl Sync for Cause {}

impl Fault {
    pub(crate) fn from_panic(payload: Box<dyn std::any::Any + Send>) -> Self {
        Self(Box::new(Cause::Panic(payload)))
    }

    /// A fault with these words.
    pub fn msg(words: impl Into<String>) -> Self {
        Self(Box::new(Cause::Error(words.into().into())))
    }

    /// Whether the handler panicked.
    pub fn is_panic(&self) -> bool {
        matches!(*self.0, Cause::Panic(_))
    }

    /// The error, unless it was a panic.
    pub fn error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match &*self.0 {
            Cause::Error(error) => Some(&**error),
            Cause::Panic(_) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Error(error) => error.fmt(f),
            Cause::Panic(payload) => {
                let words = payload
                    .downcast_ref::<&str>()
                    .copied()
                    .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(f, "panicked: {}", words.unwrap_or("(a payload that is no text)"))
            }
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(Box::new(Cause::Error(Box::new(error))))
    }
}

const _: () = assert!(std::mem::size_of::<Result<(), Fault>>() == 8);

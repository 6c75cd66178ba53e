//! How an oracle says what is wrong.

use std::fmt::Display;

/// Refuses where what is, is not what was to be; `what` both are.
///
/// # Errors
/// With both.
pub fn same<T: PartialEq + Display>(what: impl Display, expected: T, got: T) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    Err(format!("{what}: {expected} was to be, {got} is"))
}

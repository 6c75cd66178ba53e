//! Why a measurement has no figure, and how its end is waited for.

use std::fmt::Display;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use throng::{Ledger, System};

/// How often it is looked whether an actor has failed, whose news would then never come.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A measurement that has no figure.
#[derive(Debug, PartialEq, Eq)]
pub enum Spoiled {
    /// The work was not done as it was to be: something was lost, doubled, refused or out of order.
    Wrong(String),
    /// It could not be measured.
    Failed(String),
}

impl<E: std::error::Error> From<E> for Spoiled {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Refuses where `sent` and `received` differ: `what` they count.
///
/// # Errors
/// [`Spoiled::Wrong`] with both numbers.
pub fn same(what: impl Display, sent: u64, received: u64) -> Result<(), Spoiled> {
    if sent == received {
        return Ok(());
    }
    Err(Spoiled::Wrong(format!("{what}: {sent} were to be, {received} are")))
}

/// Refuses a ledger that does not add up, or in which anything failed, was refused or dropped, or fewer than `least`
/// messages were handled.
///
/// # Errors
/// [`Spoiled::Wrong`] in words.
pub fn verified(ledger: &Ledger, least: u64) -> Result<(), Spoiled> {
    if let Err(error) = ledger.check() {
        return Err(Spoiled::Wrong(error.to_string()));
    }
    same("actors that failed", 0, ledger.faults)?;
    same("messages refused", 0, ledger.refused.total())?;
    same("messages dropped", 0, ledger.dropped.total())?;
    if ledger.handled < least {
        let handled = ledger.handled;
        return Err(Spoiled::Wrong(format!("messages: {least} or more were to be handled, {handled} are")));
    }
    Ok(())
}

/// Waits for what an actor of `system` is to tell.
///
/// # Errors
/// [`Spoiled::Wrong`] once an actor has failed, or the one that was to tell has ended.
pub fn told<T>(system: &System, news: &Receiver<T>) -> Result<T, Spoiled> {
    loop {
        match news.recv_timeout(LOOK_EVERY) {
            Ok(told) => return Ok(told),
            Err(RecvTimeoutError::Timeout) => same("actors that failed", 0, system.ledger().faults)?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Spoiled::Wrong("an actor ended before its work was done".into()));
            }
        }
    }
}

//! What actors tell the thread that waits, and what of a send may not be.

use aetherflow::{SendError, TrySendError};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;
use throng_bench::alone::spoiled::Spoiled;

/// No work takes as long, but for one beside so many actors that a look at all of them takes longer than many messages.
pub(crate) const LONGEST: Duration = Duration::from_secs(60);

/// What became of work that takes longer.
pub(crate) fn endless() -> Spoiled {
    Spoiled::Failed(format!(
        "not done after {} s: a core looks at each of its actors, idle ones too, before the next message of any of them",
        LONGEST.as_secs()
    ))
}

/// The next of the news.
pub(crate) fn heard<T>(news: &Receiver<T>) -> Result<T, Spoiled> {
    news.recv_timeout(LONGEST).map_err(|error| match error {
        RecvTimeoutError::Timeout => endless(),
        RecvTimeoutError::Disconnected => Spoiled::Wrong("an actor ended before its work was done".into()),
    })
}

/// All that is told until everybody who could tell has ended.
pub(crate) fn last_words<T>(news: &Receiver<T>, mut each: impl FnMut(T)) -> Result<(), Spoiled> {
    loop {
        match news.recv_timeout(LONGEST) {
            Ok(told) => each(told),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => return Err(endless()),
        }
    }
}

/// For a message to a mailbox that has a place for it, of an actor that has not ended. Otherwise the sender fails, and tells nothing.
#[inline(always)]
pub(crate) fn certain<T>(sent: Result<(), TrySendError<T>>) {
    assert!(sent.is_ok(), "a mailbox with a place left takes no message");
}

/// For a message from outside.
pub(crate) fn arrived<T>(sent: Result<(), SendError<T>>) -> Result<(), Spoiled> {
    sent.map_err(|SendError::Closed(_)| Spoiled::Wrong("an actor ended before its work was done".into()))
}

//! What actors tell the thread that waits.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::LONGEST;

/// All that is told until everybody who could tell has been dropped.
pub(crate) fn last_words<T>(news: &Receiver<T>, mut each: impl FnMut(T)) -> Result<(), Spoiled> {
    loop {
        match news.recv_timeout(LONGEST) {
            Ok(told) => each(told),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Err(RecvTimeoutError::Timeout) => return Err(Spoiled::Wrong("an actor does not end".into())),
        }
    }
}

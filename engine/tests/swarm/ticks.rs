//! Periodic timers: each tick in its time, and none left out that nothing kept.

use crate::book::{Book, locked};
use crate::judge::is_here;
use crate::message::Message;
use crate::node::Node;
use crate::times::SLACK;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use throng::{Context, Timer};

/// What may keep a tick at rest, where nobody is suspended: a worker that stands still, a slow handler, a batch that waits.
const AT_REST: Duration = Duration::from_millis(30);

/// The engine's shortest period, a tick of its wheel.
const SHORTEST: Duration = Duration::from_nanos(1 << 20);

/// A periodic timer, by its number.
pub(crate) struct Ticker {
    number: u32,
    timer: Timer,
}

/// The same as the book has it.
pub(crate) struct Ticking {
    pub(crate) by: (u32, u32),
    period: Duration,
    /// When the next one may come, and when it is to have come where nothing keeps it: one that is due while the one before has not
    /// been handled is left out.
    earliest: Duration,
    pub(crate) latest: Duration,
    /// Ticks that are still to come.
    pub(crate) left: u32,
}

impl Node {
    pub(crate) fn start_ticking(&mut self, period: Duration, times: u32, cx: &mut Context<'_, Self>) {
        let book = Arc::clone(&self.book);
        if self.ticker.is_some() || book.closed.load(Ordering::Acquire) {
            return;
        }
        let number = {
            let tickers = &mut locked(&book.lists).tickers;
            let period = period.max(SHORTEST);
            let first = cx.time() + period;
            tickers.push(Ticking { by: self.who(), period, earliest: first, latest: first, left: times });
            tickers.len() as u32 - 1
        };
        book.note(|| format!("{} ticks by ticker {number} each {period:?}, {times} times", self.slot));
        let timer = cx.every(period, move || Message::Tick { number });
        self.ticker = Some(Ticker { number, timer });
    }

    pub(crate) fn tick(&mut self, number: u32, now: Duration) {
        let (book, slot) = (Arc::clone(&self.book), self.slot);
        let mine = self.ticker.as_ref().is_some_and(|ticker| ticker.number == number);
        book.note(|| format!("{slot}: a tick of {number}, its own {mine}"));
        let lists = &mut *locked(&book.lists);
        let ticking = &mut lists.tickers[number as usize];
        if now < ticking.earliest {
            let due = ticking.earliest;
            book.wrong(|| {
                format!("timers: a tick of {number} came to {slot} at {now:?}, and was due at {due:?}: early")
            });
        } else if now > ticking.latest + SLACK
            && mine
            && is_here(&book, ticking.by)
            && book.is_prompt(slot, ticking.latest)
        {
            let due = ticking.latest;
            book.wrong(|| {
                format!("timers: a tick of {number} came to {slot} at {now:?}, and was due at {due:?}: late")
            });
        }
        ticking.earliest += ticking.period;
        while ticking.latest <= now {
            ticking.latest += ticking.period;
        }
        ticking.left = ticking.left.saturating_sub(1);
        if ticking.left == 0
            && let Some(ticker) = self.ticker.take_if(|_| mine)
        {
            ticker.timer.cancel();
        }
    }
}

/// Everybody has come to rest in virtual time: no tick is missing.
pub(crate) fn judge(book: &Book, tickers: &[Ticking]) {
    let now = Duration::from_nanos(book.now.load(Ordering::Acquire));
    for (n, ticking) in tickers.iter().enumerate().filter(|_| book.simulated) {
        let is_due = ticking.left > 0 && ticking.latest + AT_REST < now;
        if is_due && is_here(book, ticking.by) && !book.cast_of(ticking.by.0).loses() {
            let (by, due) = (ticking.by, ticking.latest);
            book.wrong(|| {
                format!("timers: a tick of {n} of {by:?} was due at {due:?}, and has not come at rest")
            });
        }
    }
}

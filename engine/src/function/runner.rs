//! The actor around a function's future.

use super::desk::{Desk, Timing};
use super::inbox::Inbox;
use super::join::{Joined, Teller};
use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::exit::{Exit, Failure};
use crate::actor::fault::Fault;
use crate::actor::options::Options;
use crate::actor::post::Raw;
use crate::actor::waking::{Ahead, Woken, told_to_end};
use crate::mailbox::control::Ending;
use crate::panics::{caught, contained, discard};
use crate::sync::Arc;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context as Poll0, Poll, Waker};

/// An actor that runs a function.
pub(super) struct Function<M, F, Fut, T> {
    stage: Stage<F, Fut>,
    desk: Arc<Desk<M>>,
    teller: Teller<T>,
    given: Option<Joined<T>>,
    /// Once it has begun.
    own: Option<(Raw, Waker)>,
    capacity: usize,
    /// Messages in the inbox that are counted in the mailbox.
    counted: usize,
}

/// When a function is polled.
#[derive(Clone, Copy)]
enum Moment {
    /// In the handler of a message.
    Handler,
    /// In a hook or an errand: nothing is being handled.
    Settled,
}

enum Stage<F, Fut> {
    Fresh(F),
    Running(Pin<Box<Fut>>),
    Over,
}

impl<M, F, Fut, T> Function<M, F, Fut, T> {
    pub(super) fn new(f: F, teller: Teller<T>, options: &Options) -> Self {
        Self {
            stage: Stage::Fresh(f),
            desk: Arc::new(Desk::new()),
            teller,
            given: None,
            own: None,
            capacity: options.capacity() as usize,
            counted: 0,
        }
    }
}

impl<M, F, Fut, T> Function<M, F, Fut, T>
where
    M: Send + 'static,
    F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn poll(&mut self, cx: &mut Context<'_, Self>, moment: Moment) {
        while self.poll_once(cx, moment) {}
    }

    /// True if time is up, and the function has not heard of it.
    fn poll_once(&mut self, cx: &mut Context<'_, Self>, moment: Moment) -> bool {
        let (Stage::Running(future), Some((_, waker))) = (&mut self.stage, &self.own) else { return false };
        if let Poll::Ready(given) = future.as_mut().poll(&mut Poll0::from_waker(waker)) {
            self.given = Some(Ok(given));
            self.count(self.desk.kept(), cx);
            cx.release();
            cx.stop_now();
            // User code, which may panic: what was given stands.
            self.stage = Stage::Over;
            return false;
        }
        let look = self.desk.look(|| cx.now());
        self.count(look.kept, cx);
        if look.waits {
            cx.release();
        } else {
            cx.hold();
        }
        match (look.timing, moment) {
            (Timing::Nothing, _) => {}
            (Timing::Set(due), _) => cx.set_alarm(due, Arc::clone(&self.desk)),
            // In an errand, and so before the next message.
            (Timing::End, Moment::Handler) => self.wake(),
            (Timing::End, Moment::Settled) => match cx.ahead() {
                Ahead::Message => {}
                Ahead::Nothing => {
                    self.desk.up();
                    return true;
                }
                Ahead::Unknown => self.say(cx),
            },
        }
        false
    }

    fn wake(&self) {
        if let Some((_, waker)) = &self.own {
            waker.wake_by_ref();
        }
    }

    /// Has it said that time is up, behind all that is there.
    fn say(&self, cx: &mut Context<'_, Self>) {
        let (desk, number) = (Arc::clone(&self.desk), self.desk.say());
        if cx.behind_all(Box::new(move || desk.time_is_up(number))).is_err() {
            let due = cx.now().saturating_add(1);
            self.desk.not_said(due);
            cx.set_alarm(due, Arc::clone(&self.desk));
        }
    }

    /// What is kept in the inbox counts in the mailbox, and as long as there is anything the actor does not drain.
    fn count(&mut self, kept: usize, cx: &mut Context<'_, Self>) {
        let before = self.counted;
        while self.counted < kept && cx.keep_apart() {
            self.counted += 1;
        }
        if self.counted > kept {
            cx.let_go_apart((self.counted - kept) as u32);
            self.counted = kept;
        }
        if (before == 0) != (self.counted == 0) {
            cx.set_draining(self.counted == 0);
        }
    }
}

impl<M, F, Fut, T> Actor for Function<M, F, Fut, T>
where
    M: Send + 'static,
    F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    type Msg = M;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let waker = cx.waker();
        self.own = Some((cx.me().raw, waker.clone()));
        self.desk.begin(waker);
        if let Stage::Fresh(f) = std::mem::replace(&mut self.stage, Stage::Over) {
            let inbox = Inbox {
                desk: Arc::clone(&self.desk),
                me: cx.me(),
                capacity: self.capacity,
                kept: VecDeque::new(),
            };
            self.stage = Stage::Running(Box::pin(f(inbox)));
        }
        self.poll(cx, Moment::Settled);
        Ok(())
    }

    fn handle(&mut self, message: M, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Stage::Running(_) = self.stage {
            self.desk.put(message);
            self.poll(cx, Moment::Handler);
        }
        Ok(())
    }

    /// Stopped, and nothing is left in the mailbox; or to end at once.
    fn stopped(&mut self, cx: &mut Context<'_, Self>) {
        if cx.is_to_end() {
            return;
        }
        if let Stage::Running(_) = self.stage {
            self.desk.stop();
            if let Err(payload) = caught(|| self.poll(cx, Moment::Settled)) {
                // Nobody asks `failed` about a last hook: who joins hears of it all the same.
                let fault = Fault::from_panic(payload);
                let failure = Failure::of(&fault, std::any::type_name::<F>());
                self.given = Some(Err(Exit::Failed(failure)));
                cx.count_fault();
                contained(|| drop(fault));
            }
        }
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        if self.given.is_none() {
            self.given = Some(Err(Exit::Failed(Failure::of(fault, std::any::type_name::<F>()))));
        }
        Directive::Stop
    }
}

impl<M, F, Fut, T> Woken for Function<M, F, Fut, T>
where
    M: Send + 'static,
    F: FnOnce(Inbox<M>) -> Fut + Send + 'static,
    Fut: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    fn woken(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.poll(cx, Moment::Settled);
        Ok(())
    }
}

impl<M, F, Fut, T> Drop for Function<M, F, Fut, T> {
    /// All that is dropped here is the user's, and may panic: each by itself, as a panic within a panic ends the process. What
    /// panics together in one value of the user's, two locals of a future say, is out of reach: that is Rust's own rule.
    fn drop(&mut self) {
        let ended = || {
            Err(match self.own.as_ref().and_then(|(own, _)| told_to_end(*own)) {
                Some(Ending::Killed) => Exit::Killed,
                Some(Ending::Stopped) => Exit::Stopped,
                None => Exit::Aborted,
            })
        };
        let joined = self.given.take().unwrap_or_else(ended);
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let dropped = caught(|| drop(stage));
        // The inbox went with it.
        let whole = self.desk.end();
        // What it gave may be wanted by nobody, and dropped.
        let told = caught(|| self.teller.tell(joined));
        let harm = [dropped, told].into_iter().filter_map(Result::err).reduce(|first, other| {
            discard(other);
            first
        });
        let harm = harm.or_else(|| (!whole).then(|| Box::new("the Drop of a message panicked") as _));
        if let Some(payload) = harm {
            if std::thread::panicking() {
                discard(payload);
            } else {
                // Nothing is left that could panic too. Whoever dropped the actor counts it.
                resume_unwind(payload);
            }
        }
    }
}

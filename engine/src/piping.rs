//! Futures into messages: the engine polls a future, or has a runtime of the caller's do so, and tells its actor what it gives.
//!
//! *Who may touch what.* A piped future is polled by one at a time: by a small actor of its own, or by the runtime that it was
//! given to. It shares a [`Tie`] with its owner's end, behind a lock that is held for a few instructions and never over user code:
//! whoever is told that the owner has ended wakes whoever polls, and that one drops the future.
//!
//! *Once.* The right to tell is a notice, made when the future is piped. It is used when the future is done, has panicked, or is
//! dropped by its runtime; and dropped when the owner has ended.

use crate::actor::behavior::{Actor, Context};
use crate::actor::exit::Failure;
use crate::actor::fault::Fault;
use crate::actor::notice::Notice;
use crate::actor::waking::{Woken, Work};
use crate::actor::watch::Watch;
use crate::panics::{caught, contained};
use crate::sync::{Arc, Mutex};
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::task::{Context as Poll0, Poll, Waker};

/// A future for a runtime, as [`Context::pipe_on`] makes it.
pub type PipedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<A: Actor> Context<'_, A> {
    /// Has the engine poll a future, on any worker, and tell this actor what it gives: as a message that `then` makes in this
    /// actor's turn, exactly once, and above any bound (as a [`Notice`]). A future that panics gives a [`Failure`].
    ///
    /// It is not polled here: this actor and its worker go on at once. When this actor ends, the future is dropped; one that was piped
    /// by a state that was replaced is not, but what it gives is. A future that needs a runtime (tokio's timers and sockets)
    /// goes to [`Context::pipe_on`]. [`System::quiesce`](crate::System::quiesce) waits for it.
    ///
    /// Costs an actor of its own, which the ledger counts, and a few allocations.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Failure, Fault, System};
    ///
    /// struct Reader;
    ///
    /// enum Msg {
    ///     Read,
    ///     Done(Result<String, Failure>),
    /// }
    ///
    /// async fn read() -> String {
    ///     "what was read".into()
    /// }
    ///
    /// impl Actor for Reader {
    ///     type Msg = Msg;
    ///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Read => cx.pipe(read(), Msg::Done),
    ///             Msg::Done(text) => assert_eq!(text.unwrap(), "what was read"),
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut inline = System::builder().inline();
    /// let reader = inline.spawn(Reader);
    /// assert!(reader.try_send(Msg::Read).is_ok());
    /// inline.run_until_idle();
    /// let ledger = inline.system().ledger();
    /// assert_eq!((ledger.handled, ledger.faults), (2, 0));
    /// ```
    pub fn pipe<T, Fut, F>(&mut self, future: Fut, then: F)
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        F: FnOnce(Result<T, Failure>) -> A::Msg + Send + 'static,
    {
        let piped = self.tie(future, then);
        self.spawn(Task { piped: Some(piped), waker: None });
    }

    /// As [`Context::pipe`], for a future that needs a runtime: `run` is given what that is to poll, and is called at once.
    /// With a handle to tokio's: `cx.pipe_on(|task| drop(handle.spawn(task)), future, then)`. Should the runtime drop it before
    /// it is done, this actor is told a [`Failure`]. When this actor ends, whoever polls it is woken, and drops the future.
    pub fn pipe_on<T, Fut, F>(&mut self, run: impl FnOnce(PipedFuture), future: Fut, then: F)
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        F: FnOnce(Result<T, Failure>) -> A::Msg + Send + 'static,
    {
        let piped = self.tie(future, then);
        run(Box::pin(piped));
    }

    fn tie<T, Fut, F>(&mut self, future: Fut, then: F) -> Piped<T, Fut>
    where
        T: Send + 'static,
        Fut: Future<Output = T> + Send + 'static,
        F: FnOnce(Result<T, Failure>) -> A::Msg + Send + 'static,
    {
        let notice = self.notice(then);
        let tie = Arc::new(Tie(Mutex::new(Tied::Open(None))));
        let theirs = Arc::clone(&tie);
        let watch = self.own_end(move |_| theirs.owner_has_ended());
        Piped { future: Some(Box::pin(future)), notice: Some(notice), tie, watch, _work: self.begin_work() }
    }
}

/// Between a piped future and its owner's end.
struct Tie(Mutex<Tied>);

enum Tied {
    /// Whom to wake.
    Open(Option<Waker>),
    OwnerEnded,
}

impl Tie {
    fn owner_has_ended(&self) {
        let before = {
            let mut tied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *tied, Tied::OwnerEnded)
        };
        if let Tied::Open(Some(waker)) = before {
            // A foreign runtime's code.
            contained(|| waker.wake());
        }
    }

    /// Whether the owner lives; then this is woken when it ends.
    fn holds(&self, waker: &Waker) -> bool {
        // Cloning and dropping a waker is user code: outside the lock.
        let mut waker = Some(waker.clone());
        let mut tied = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *tied {
            Tied::OwnerEnded => false,
            Tied::Open(last) => {
                std::mem::swap(last, &mut waker);
                true
            }
        }
    }
}

/// A future, and whom to tell what it gives.
struct Piped<T: Send + 'static, Fut> {
    future: Option<Pin<Box<Fut>>>,
    notice: Option<Notice<Result<T, Failure>>>,
    tie: Arc<Tie>,
    watch: Watch,
    /// Last: what is told is counted before the work is over.
    _work: Work,
}

impl<T: Send + 'static, Fut> Piped<T, Fut> {
    /// It is over: the future goes, then what it gave is told.
    fn end(&mut self, outcome: Option<Result<T, Failure>>) {
        let future = self.future.take();
        contained(|| drop(future));
        self.watch.cancel();
        let notice = self.notice.take();
        if let (Some(notice), Some(outcome)) = (notice, outcome) {
            // Refused only where nobody is left to be told; the outcome is user data.
            contained(|| drop(notice.send(outcome)));
        }
    }

    fn failure(fault: Fault) -> Failure {
        let failure = Failure::of(&fault, std::any::type_name::<Fut>());
        // A payload is user data.
        contained(|| drop(fault));
        failure
    }
}

impl<T: Send + 'static, Fut: Future<Output = T>> Future for Piped<T, Fut> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Poll0<'_>) -> Poll<()> {
        let this = self.get_mut();
        let Some(future) = &mut this.future else { return Poll::Ready(()) };
        if !this.tie.holds(cx.waker()) {
            this.end(None);
            return Poll::Ready(());
        }
        let outcome = match caught(|| future.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(given)) => Ok(given),
            Err(payload) => Err(Self::failure(Fault::from_panic(payload))),
        };
        this.end(Some(outcome));
        Poll::Ready(())
    }
}

impl<T: Send + 'static, Fut> Drop for Piped<T, Fut> {
    fn drop(&mut self) {
        if self.future.is_some() {
            let fault = Fault::msg("the future was dropped before it was done");
            self.end(Some(Err(Self::failure(fault))));
        }
    }
}

/// The actor that polls a piped future. Nobody has its address.
struct Task<P> {
    piped: Option<P>,
    waker: Option<Waker>,
}

impl<P: Future<Output = ()> + Send + Unpin + 'static> Task<P> {
    fn poll(&mut self, cx: &mut Context<'_, Self>) {
        let (Some(piped), Some(waker)) = (&mut self.piped, &self.waker) else { return };
        if Pin::new(piped).poll(&mut Poll0::from_waker(waker)).is_ready() {
            self.piped = None;
            cx.stop_now();
        }
    }
}

impl<P: Future<Output = ()> + Send + Unpin + 'static> Actor for Task<P> {
    type Msg = Infallible;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.waker = Some(cx.waker());
        self.poll(cx);
        Ok(())
    }

    fn handle(&mut self, message: Infallible, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {}
    }
}

impl<P: Future<Output = ()> + Send + Unpin + 'static> Woken for Task<P> {
    fn woken(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.poll(cx);
        Ok(())
    }
}

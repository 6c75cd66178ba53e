//! Blocking offload: work that would hold a worker runs on a thread that is none, and its outcome comes back as a message.
//!
//! Who may touch what: the errand (closure, and the right to tell the actor once) lies in the system's
//! [pool](crate::scheduler::thread_pool) until one thread takes it, and is that thread's alone from then on. The right was made
//! in the actor's turn, so nothing can refuse the outcome but the actor's end; it is told, or dropped with the errand, exactly
//! once. An errand counts in the pool until its outcome has been told *and* what was refused has been dropped: so quiescence,
//! which looks at the pool before it looks at the counters, finds all that came of it.
//!
//! A thread inherits the processors of who starts it, here a pinned worker: so each takes those that the builder of the
//! system had.

use crate::actor::behavior::{Actor, Context};
use crate::actor::fault::Fault;
use crate::actor::notice::Notice;
use crate::panics::{caught, contained};
use crate::scheduler::drops::{DeadCause, Letter};
use crate::scheduler::shared::{Errand, Errands, Shared};
use crate::scheduler::thread_pool::Put;
use crate::sync::Arc;
use std::cell::Cell;
use std::fmt;
use std::io;
use std::time::Duration;

/// The most blocking threads of a system that names no number.
pub(crate) const THREADS: usize = 512;
/// What can be asked for.
pub(crate) const THREADS_MAX: usize = 65_536;
/// How long a thread stays without work.
const KEEP: Duration = Duration::from_secs(10);

/// Why [blocking work](Context::blocking) has no result.
#[derive(Debug)]
#[non_exhaustive]
pub enum BlockingError {
    /// It panicked; with what.
    Panicked(Fault),
    /// The system gave no thread for it, and there was no other that would come to it. It was not begun.
    NoThread(io::Error),
}

impl fmt::Display for BlockingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockingError::Panicked(fault) => write!(f, "blocking work {fault}"),
            BlockingError::NoThread(error) => write!(
                f,
                "no thread for blocking work: {error}; raise the limit of the process, or lower `blocking_threads`"
            ),
        }
    }
}

impl std::error::Error for BlockingError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            BlockingError::NoThread(error) => Some(error),
            BlockingError::Panicked(_) => None,
        }
    }
}

impl<A: Actor> Context<'_, A> {
    /// Runs `work`, which may block, on a thread that is no worker, and goes on: what comes of it comes back as a message of
    /// this actor, exactly once, however full its mailbox is by then. `then` makes that message, in this actor's turn.
    ///
    /// The threads are started on demand, up to [`Builder::blocking_threads`](crate::Builder::blocking_threads), are not pinned,
    /// and end after ten seconds without work; what finds none waits in a line. Work that is under way or waits holds up
    /// [`System::quiesce`](crate::System::quiesce); a shutdown waits for it within its deadline; an abort drops what has not
    /// begun, and waits for the rest for no more than a second. Nothing stops work that has begun: if the actor has ended
    /// meanwhile, the result is dropped, on the thread that made it, and counted as a dead letter
    /// ([`Dead::closed`](crate::Dead)).
    ///
    /// Costs three allocations, a lock, and two thread switches (tens of microseconds where the threads sleep): for what takes
    /// longer than that. An actor that does nothing but block is better off with [a thread of its
    /// own](crate::OptionsBuilder::own_thread). In an [`Inline`](crate::Inline) system the work runs in
    /// [`Inline::run_until_idle`](crate::Inline::run_until_idle), when nothing else is runnable.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use throng::{Actor, BlockingError, Context, Fault, System};
    ///
    /// struct Reader;
    ///
    /// enum Msg {
    ///     Read(&'static str),
    ///     Text(Result<std::io::Result<String>, BlockingError>),
    /// }
    ///
    /// impl Actor for Reader {
    ///     type Msg = Msg;
    ///     fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Read(path) => cx.blocking(move || std::fs::read_to_string(path), Msg::Text),
    ///             // The work panicked, or found no thread; or reading failed.
    ///             Msg::Text(outcome) => assert!(!outcome??.is_empty()),
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let system = System::builder().workers(1).blocking_threads(4).build()?;
    /// system.spawn(Reader).try_send(Msg::Read("Cargo.toml"))?;
    /// let ledger = system.shutdown(Duration::from_secs(10))?;
    /// assert_eq!((ledger.handled, ledger.faults), (2, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn blocking<T, W, F>(&mut self, work: W, then: F)
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
        F: FnOnce(Result<T, BlockingError>) -> A::Msg + Send + 'static,
    {
        // Boxed, as a notice has room for little, and results may be large.
        let then = Box::new(then);
        let notice = self.notice(move |outcome: Box<Result<T, BlockingError>>| then(*outcome));
        let home = self.home();
        let letter = Letter {
            receiver: self.number(),
            actor: std::any::type_name::<A>(),
            message: std::any::type_name::<A::Msg>(),
            cause: DeadCause::Closed,
        };
        let errand = Box::new(Work { work, notice, letter, home: Arc::clone(home) });
        match home.errands.put(errand) {
            Put::Queued => {}
            Put::Start => start(home),
            // The system is coming down, and its actors with it.
            Put::Ended(errand) => _ = contained(|| drop(errand)),
        }
    }
}

/// Work, and the right to tell of it.
struct Work<T: 'static, W> {
    work: W,
    notice: Notice<Box<Result<T, BlockingError>>>,
    /// What its outcome is if the actor has ended.
    letter: Letter,
    home: Arc<Shared>,
}

fn tell<T: Send>(
    notice: Notice<Box<Result<T, BlockingError>>>,
    outcome: Result<T, BlockingError>,
    letter: Letter,
    home: &Shared,
) {
    let mut is_dead = true;
    // What nobody takes is dropped here, and so is what would have made the message of it: user code.
    let dropped = contained(|| match notice.pay(Box::new(outcome), home) {
        Ok(()) => is_dead = false,
        Err(refused) => drop(refused),
    });
    if !dropped {
        home.outside().faults.add_shared(1);
    }
    if is_dead {
        home.dead.watchers().tell(letter);
    }
}

impl<T: Send + 'static, W: FnOnce() -> T + Send> Errand for Work<T, W> {
    fn run(self: Box<Self>) {
        let Work { work, notice, letter, home } = *self;
        let outcome = caught(work).map_err(|payload| BlockingError::Panicked(Fault::from_panic(payload)));
        tell(notice, outcome, letter, &home);
    }

    fn no_thread(self: Box<Self>, error: &io::Error) {
        let Work { work, notice, letter, home } = *self;
        let same = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        if !contained(|| drop(work)) {
            home.outside().faults.add_shared(1);
        }
        tell(notice, Err(BlockingError::NoThread(same)), letter, &home);
    }
}

thread_local! {
    /// The pool whose thread this is.
    static POOL: Cell<*const Errands> = const { Cell::new(std::ptr::null()) };
}

/// Whether this thread runs this system's blocking work.
pub(crate) fn is_here(shared: &Shared) -> bool {
    std::ptr::eq(POOL.get(), &raw const *shared.errands)
}

/// Starts a thread of the pool, which counts it already.
#[cold]
fn start(shared: &Shared) {
    let pool = Arc::clone(&shared.errands);
    let mask = shared.mask;
    let thread = std::thread::Builder::new().name("throng-blocking".into()).spawn(move || {
        if let Some(mask) = mask {
            mask.wear();
        }
        POOL.set(&raw const *pool);
        while let Some(errand) = pool.take(Some(KEEP)) {
            run(&pool, errand);
        }
    });
    if let Err(error) = thread {
        for errand in shared.errands.not_started() {
            errand.no_thread(&error);
            shared.errands.done();
        }
    }
}

fn run(pool: &Errands, errand: Box<dyn Errand>) {
    // What is the user's is contained in there; should the engine itself panic, the pool still adds up.
    contained(|| errand.run());
    pool.done();
}

/// Runs what waits on the calling thread, for a system that has no others; says whether there was anything.
pub(crate) fn run_here(shared: &Shared) -> bool {
    let Some(errand) = shared.errands.take_here() else { return false };
    let outer = POOL.replace(&raw const *shared.errands);
    run(&shared.errands, errand);
    POOL.set(outer);
    true
}

/// Drops what has not begun, and waits for what has, until a time at most. True if all of it is over.
pub(crate) fn end(shared: &Shared, until: std::time::Instant) -> bool {
    drop_all(shared);
    let left = shared.errands.wait_left(until);
    if left > 0 {
        eprintln!("throng: blocking work on {left} threads has not ended; it is left to itself");
    }
    left == 0
}

/// No work begins from here on; what waits is dropped.
pub(crate) fn drop_all(shared: &Shared) {
    for errand in shared.errands.end() {
        if !contained(|| drop(errand)) {
            shared.outside().faults.add_shared(1);
        }
    }
}

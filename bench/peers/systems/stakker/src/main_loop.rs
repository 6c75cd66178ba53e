//! The thread that Stakker runs on: the main loop of its documentation, and how it is told from outside what to do.

use stakker::sync::Channel;
use stakker::{ActorOwn, Fwd, Stakker, StopCause, actor_new, ret_nop};
use stakker_mio::MioPoll;
use stakker_mio::mio::{Events, Poll};
use std::any::Any;
use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;

/// As its documentation waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
const EVENTS: usize = 1_024;
/// Of 0 to 10; nothing else is waited for.
const PRIORITY: u32 = 10;

type Order = Box<dyn FnOnce(&mut Stakker, &mut Owned) + Send>;
/// Owners of actors. Who drops them ends the actors.
pub(crate) type Owners = Box<dyn Any>;

/// Who owns the actors: nothing else ends with them.
#[derive(Default)]
struct Owned {
    /// Those of an iteration.
    stage: Vec<Owners>,
    /// Those that stay until the end.
    crowds: Vec<Owners>,
}

/// The thread, seen from outside.
pub(crate) struct MainLoop {
    orders: Channel<Order>,
    thread: JoinHandle<()>,
}

/// An actor that is ready at once, where there is no other that would have to make it.
pub(crate) fn ready<A>(stakker: &mut Stakker, state: A) -> ActorOwn<A> {
    let actor = actor_new!(stakker, A, ret_nop!());
    become_ready(stakker, &actor, state);
    actor
}

/// The same for one that others had to know before.
pub(crate) fn become_ready<A>(stakker: &mut Stakker, actor: &ActorOwn<A>, state: A) {
    actor.apply_prep(stakker, move |_| Some(state));
}

impl MainLoop {
    pub(crate) fn start() -> Result<Self, Spoiled> {
        let (begun, news) = channel();
        let run = move || {
            if let Err(error) = run(&begun) {
                // Who does not wait any more has been told why.
                let _ = begun.send(Err(error.to_string()));
            }
        };
        let thread = std::thread::Builder::new().name("stakker".into()).spawn(run)?;
        let orders = heard(&news)?.map_err(Spoiled::Failed)?;
        Ok(Self { orders, thread })
    }

    /// Has actors made that last until [`clear`](Self::clear), and the first messages sent; gives what is told of that.
    pub(crate) fn play<T: Send + 'static>(
        &self,
        make: impl FnOnce(&mut Stakker) -> (Owners, T) + Send + 'static,
    ) -> Result<T, Spoiled> {
        let (told, news) = channel();
        self.order(move |stakker, owned| {
            let (owners, of_it) = make(stakker);
            owned.stage.push(owners);
            let _ = told.send(of_it);
        })?;
        heard(&news)
    }

    /// Has actors made that last until the end; when this returns all messages that this sent are handled.
    pub(crate) fn crowd(
        &self,
        make: impl FnOnce(&mut Stakker) -> Owners + Send + 'static,
    ) -> Result<(), Spoiled> {
        self.settled(move |stakker, owned| owned.crowds.push(make(stakker)))
    }

    /// Ends the actors that [`play`](Self::play) made.
    pub(crate) fn clear(&self) -> Result<(), Spoiled> {
        self.settled(|_, owned| owned.stage.clear())
    }

    /// Gives the order, and waits until nothing is queued any more.
    fn settled(&self, order: impl FnOnce(&mut Stakker, &mut Owned) + Send + 'static) -> Result<(), Spoiled> {
        let (told, news) = channel();
        self.order(move |stakker, owned| {
            order(stakker, owned);
            // The lazy queue runs when the main queue is empty.
            stakker.lazy(move |_| {
                let _ = told.send(());
            });
        })?;
        heard(&news)
    }

    fn order(&self, order: impl FnOnce(&mut Stakker, &mut Owned) + Send + 'static) -> Result<(), Spoiled> {
        match self.orders.send(Box::new(order)) {
            true => Ok(()),
            false => Err(Spoiled::Wrong("its thread has ended".into())),
        }
    }

    pub(crate) fn end(self) -> Result<(), Spoiled> {
        self.order(|stakker, _| stakker.shutdown(StopCause::Stopped))?;
        self.thread.join().map_err(|_| Spoiled::Wrong("its thread panicked".into()))
    }
}

/// What the thread does.
fn run(begun: &Sender<Result<Channel<Order>, String>>) -> Result<(), Box<dyn Error>> {
    let stakker = &mut Stakker::new(Instant::now());
    let poll = MioPoll::new(stakker, Poll::new()?, Events::with_capacity(EVENTS), PRIORITY)?;

    let owned = Rc::new(RefCell::new(Owned::default()));
    let deferrer = stakker.deferrer();
    let obey = Fwd::new(move |order: Order| {
        let owned = owned.clone();
        deferrer.defer(move |stakker| order(stakker, &mut owned.borrow_mut()));
    });
    let (orders, _open) = Channel::new(stakker, obey);
    begun.send(Ok(orders))?;

    let mut idle_pending = stakker.run(Instant::now(), false);
    let mut io_pending = false;
    while stakker.not_shutdown() {
        let wait = stakker.next_wait_max(Instant::now(), LONGEST_WAIT, idle_pending || io_pending);
        let activity;
        (activity, io_pending) = poll.poll(wait)?;
        idle_pending = stakker.run(Instant::now(), !activity);
    }
    Ok(())
}

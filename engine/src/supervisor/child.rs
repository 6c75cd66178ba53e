//! A supervisor and its children, as data: what is to be built. What it does is in `desk.rs`.

use super::command::{Alarm, Role};
use super::courier::Courier;
use super::directory::{Directory, Licence};
use super::error::Cause;
use super::event::TreeEvent;
use super::keeper::Keeper;
use super::order::{Order, Word};
use super::strategy::{Decision, Restart, Shutdown, Strategy};
use crate::actor::address::{Address, Recipient};
use crate::actor::behavior::{Actor, Context};
use crate::actor::ending::Stopping;
use crate::actor::exit::Failure;
use crate::actor::guard::{Make, Ward};
use crate::actor::options::Options;
use crate::actor::reseat::Mail;
use crate::actor::timer::Timer;
use crate::backoff::Backoff;
use crate::error::NoSeat;
use crate::scheduler::watchers::Watched;
use crate::sync::{Arc, Mutex};
use std::any::Any;
use std::collections::HashMap;
use std::sync::PoisonError;
use std::time::Duration;

/// Asked about each fault.
pub(super) type OnFault = Box<dyn FnMut(&str, &Failure) -> Decision + Send>;

/// An actor that starts, watches, restarts and ends others: what it is to do is collected here, and
/// [`System::supervise`](crate::System::supervise) or [`Context::supervise`] starts it. As a child of another
/// ([`Child::supervisor`]) it makes a tree.
///
/// The children are started in the order in which they are given, each when the one before has started, and ended in reverse
/// order. A child that fails (and whose own [`failed`](Actor::failed) does not let it go on) is held, with its address and
/// its mailbox, until it is decided what becomes of it. By default it is restarted, at once, and a fourth restart within five
/// seconds is too much: the supervisor ends all its children, and fails itself.
///
/// A restart is in place: the address stays, what is in the mailbox stays unless [`Child::mail`] says otherwise, and who watches is
/// not told. A child that has *ended* (stopped itself, or was killed) is spawned anew, under a new address, which a
/// [`Directory`] tells.
///
/// The strategies and their words are those of J. Armstrong, "Making reliable distributed systems in the presence of software
/// errors", 2003, and of Erlang/OTP's `supervisor`.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Child, Context, Fault, Reply, Supervisor, System};
///
/// #[derive(Default)]
/// struct Counter(u64);
///
/// enum Msg {
///     Add(u64),
///     Get(Reply<u64>),
/// }
///
/// impl Actor for Counter {
///     type Msg = Msg;
///     fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         match message {
///             Msg::Add(0) => return Err(Fault::msg("nothing to add")),
///             Msg::Add(n) => self.0 += n,
///             Msg::Get(reply) => reply.send(self.0),
///         }
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let system = System::builder().workers(1).build()?;
/// let tree = system.supervise(Supervisor::new().child(Child::new("counter", Counter::default)))?;
/// system.quiesce(Duration::from_secs(10))?;
/// let counter = tree.child::<Msg>("counter").expect("it has started");
/// for n in [3, 0, 4] {
///     counter.try_send(Msg::Add(n))?;
/// }
/// // The zero was its fault: it counts from the start again, and the four was not lost.
/// assert_eq!(counter.ask(Msg::Get).wait()?, 4);
/// assert_eq!(tree.restarts(), 1);
/// tree.stop(Duration::from_secs(10))?;
/// # Ok(())
/// # }
/// ```
pub struct Supervisor {
    pub(super) strategy: Strategy,
    pub(super) most: u32,
    pub(super) within: Duration,
    pub(super) backoff: Option<Backoff>,
    pub(super) quiet: Option<Duration>,
    pub(super) on_fault: Option<OnFault>,
    pub(super) events: Option<Recipient<TreeEvent>>,
    pub(super) directory: Option<Directory>,
    pub(super) children: Vec<Planned>,
    pub(super) upward: Option<Upward>,
    /// Once it runs.
    pub(super) desk: Option<Box<Desk>>,
}

/// A child that is to be, and what its supervisor is to do about it. Made anew by the same closure each time; by default
/// permanent, with its type's options, kept messages, and five seconds to drain.
pub struct Child<A: Actor> {
    name: String,
    make: Make<A>,
    options: Options,
    mail: Mail<A::Msg>,
    role: Role,
    seat: Option<Seat>,
}

/// Where a child that is a supervisor finds what it is, when it is made.
pub(super) type Seat = Arc<Mutex<Option<Upward>>>;

/// Whose child a supervisor is.
#[derive(Clone)]
pub(super) struct Upward {
    pub(super) parent: Address<Order>,
    /// The incarnation of the parent, and its own.
    pub(super) of: u64,
    pub(super) own: u64,
    pub(super) child: usize,
    pub(super) path: Arc<str>,
    pub(super) directory: Directory,
    pub(super) licence: Arc<Licence>,
    pub(super) events: Option<Recipient<TreeEvent>>,
}

impl<A: Actor> Child<A> {
    /// A child with this name, which is unique among those of its supervisor and has no slash. `make` makes its state whenever it is
    /// started, on a worker; a panic in it is a fault of the child.
    pub fn new(name: impl Into<String>, make: impl Fn() -> A + Send + Sync + 'static) -> Self {
        let is_supervisor = std::any::TypeId::of::<A>() == std::any::TypeId::of::<Supervisor>();
        let seat = is_supervisor.then(Seat::default);
        let (resumes, adopted) = (!is_supervisor, seat.clone());
        let make: Make<A> = Arc::new(move || {
            let mut state = make();
            if let (Some(seat), Some(supervisor)) =
                (&adopted, (&mut state as &mut dyn Any).downcast_mut::<Supervisor>())
            {
                supervisor.upward = seat.lock().unwrap_or_else(PoisonError::into_inner).clone();
            }
            state
        });
        // Its own children have their time each.
        let shutdown = if is_supervisor { Shutdown::Drain(Duration::MAX) } else { Shutdown::default() };
        Self {
            name: name.into(),
            make,
            options: A::options(),
            mail: Mail::Keep,
            role: Role { restart: Restart::default(), shutdown, resumes },
            seat,
        }
    }

    /// The options it is spawned with.
    #[must_use]
    pub fn options(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// Which of its ends are answered with a restart; by default every one.
    #[must_use]
    pub fn restart(mut self, restart: Restart) -> Self {
        self.role.restart = restart;
        self
    }

    /// How it is ended. A supervisor has all the time that its children take, unless this says otherwise.
    #[must_use]
    pub fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.role.shutdown = shutdown;
        self
    }

    /// What becomes of the messages in its mailbox when it is restarted; by default they are kept. One that has ended took them along.
    #[must_use]
    pub fn mail(self, mail: Mail<A::Msg>) -> Self {
        Self { mail, ..self }
    }
}

impl Child<Supervisor> {
    /// A child that is a supervisor itself. It has started when its children have, and it ends them before it ends. One that has
    /// given up is restarted with all its children, or, decided otherwise, what [`Decision`] says; it cannot be resumed.
    pub fn supervisor(
        name: impl Into<String>,
        make: impl Fn() -> Supervisor + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, make)
    }
}

impl<A: Actor> std::fmt::Debug for Child<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Child").field("name", &self.name).field("role", &self.role).finish_non_exhaustive()
    }
}

/// A child of any type.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) seat: Option<Seat>,
    pub(super) hire: Box<dyn Hire>,
}

impl<A: Actor> From<Child<A>> for Planned {
    fn from(child: Child<A>) -> Self {
        let Child { name, make, options, mail, role, seat } = child;
        Self { name, role, seat, hire: Box::new(Post { make, options, mail }) }
    }
}

/// Spawns a child, whatever its type.
pub(super) trait Hire: Send {
    /// # Errors
    /// What was missing for it.
    fn hire(
        &self,
        cx: &mut Context<'_, Supervisor>,
        child: usize,
        path: &str,
        listed: (&Directory, &Licence),
    ) -> Result<Box<dyn Hired>, NoSeat>;
}

/// A child that is there, whatever its type. Its orders are void once it has ended.
pub(super) trait Hired: Send {
    fn resume(&self);
    fn vacate(&self);
    fn occupy(&self);
    fn drain(&self);
    fn stop_now(&self);
    fn kill(&self);
    /// It has ended.
    fn dismiss(&self, cx: &mut Context<'_, Supervisor>);
    /// Where it is, if it is a supervisor.
    fn supervisor(&self) -> Option<Address<Order>>;
}

/// A supervisor that runs.
pub(super) struct Desk {
    pub(super) keeper: Keeper,
    pub(super) places: Vec<Place>,
    pub(super) timers: HashMap<Alarm, Timer>,
    /// What its children are told to be of.
    pub(super) incarnation: u64,
    pub(super) directory: Directory,
    /// Its own, to write there.
    pub(super) licence: Arc<Licence>,
    pub(super) events: Option<Recipient<TreeEvent>>,
    /// Those who are told of every tree.
    pub(super) watched: Watched<TreeEvent>,
    /// Restarts that the directory knows of.
    pub(super) counted: u64,
}

impl Drop for Desk {
    fn drop(&mut self) {
        // One that was killed has no use for them, and quiescence waits for armed timers.
        let armed: Vec<_> = self.timers.keys().copied().collect();
        for timer in armed.into_iter().filter_map(|alarm| self.take_timer(alarm)) {
            let _fired = !timer.cancel();
        }
    }
}

impl Desk {
    /// A timer that has fired, or is to be cancelled.
    pub(super) fn take_timer(&mut self, alarm: Alarm) -> Option<Timer> {
        let timer = self.timers.remove(&alarm)?;
        if matches!(alarm, Alarm::Pause { .. }) {
            self.directory.0.paused();
        }
        Some(timer)
    }
}

/// Where a child is.
#[derive(Default)]
pub(super) struct Place {
    pub(super) hired: Option<Box<dyn Hired>>,
    /// If it is a supervisor.
    pub(super) courier: Option<Courier>,
    pub(super) incarnation: u64,
    pub(super) licence: Option<Arc<Licence>>,
    /// What was the matter last.
    pub(super) cause: Option<Cause>,
    pub(super) path: Arc<str>,
}

struct Post<A: Actor> {
    make: Make<A>,
    options: Options,
    mail: Mail<A::Msg>,
}

struct Held<M: Send + 'static> {
    ward: Ward<M>,
    mail: Mail<M>,
}

impl<A: Actor> Hire for Post<A> {
    fn hire(
        &self,
        cx: &mut Context<'_, Supervisor>,
        child: usize,
        path: &str,
        (directory, licence): (&Directory, &Licence),
    ) -> Result<Box<dyn Hired>, NoSeat> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let report = move |report| Order(Word::Report(child, report));
        let ward = cx.guard(name, Arc::clone(&self.make), &self.options, report)?;
        directory.0.enter(path, ward.address(), licence);
        Ok(Box::new(Held { ward, mail: self.mail.clone() }))
    }
}

impl<M: Send + 'static> Hired for Held<M> {
    // False means that it has ended, which it reports.
    fn resume(&self) {
        let _there: bool = self.ward.resume();
    }

    fn vacate(&self) {
        let _there: bool = self.ward.vacate();
    }

    fn occupy(&self) {
        let _there: bool = self.ward.occupy(self.mail.clone());
    }

    fn drain(&self) {
        let _: Stopping = self.ward.address().stop();
    }

    fn stop_now(&self) {
        let _: Stopping = self.ward.address().stop_now();
    }

    fn kill(&self) {
        let _: Stopping = self.ward.address().kill();
    }

    fn dismiss(&self, cx: &mut Context<'_, Supervisor>) {
        cx.unguard(&self.ward);
    }

    fn supervisor(&self) -> Option<Address<Order>> {
        (&self.ward.address() as &dyn Any).downcast_ref().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its children have their time each: who would end it meanwhile would leave them behind.
    #[test]
    fn a_supervisor_has_all_the_time_its_children_take_however_it_is_made_a_child() {
        for child in [Child::supervisor("a", Supervisor::new), Child::new("a", Supervisor::new)] {
            assert_eq!(child.role.shutdown, Shutdown::Drain(Duration::MAX));
            assert!(!child.role.resumes && child.seat.is_some());
        }
    }
}

//! A router as a value: no actor, no hop.

use super::rendezvous::{lot, weight};
use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::outlook::least_loaded;
use crate::actor::post::ActorId;
use crate::delivery::{self, Delivery};
use crate::error::SendError;
use crate::roster::members::{Places, Roster};
use crate::roster::onlookers::JoinError;
use crate::sync::{Arc, AtomicUsize, Ordering};
use std::fmt;

/// Sends each message to one of several actors, or to all, by a rule.
///
/// A value, which handlers and threads use alike ([`Context::route`], [`Router::send`]). Clones are the same router: they share members and the
/// place of a round. Members that end are left out by themselves; one that is stopping is passed over; what a member refuses for
/// another reason is handed back, and so is what finds no member. As a [`Dispatcher`](crate::Dispatcher) it is an actor, whose
/// address nobody can tell from that of a single worker.
///
/// A clone remembers the list of members, and takes a lock only after a change.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, RouteError, Router, System};
///
/// struct Worker;
///
/// impl Actor for Worker {
///     type Msg = u64;
///     fn handle(&mut self, _: u64, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let mut router = Router::round_robin();
/// assert!(matches!(router.send(7_u64), Err(RouteError::Empty(7))));
/// for _ in 0..3 {
///     router.add(inline.spawn(Worker))?;
/// }
/// for n in 0..6_u64 {
///     router.send(n)?;
/// }
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().handled, 6);
/// # Ok(())
/// # }
/// ```
pub struct Router<M> {
    core: Arc<Core<M>>,
    /// The members as of this version of the list.
    seen: u64,
    members: Arc<[Member<M>]>,
}

struct Core<M> {
    roster: Arc<Roster<ActorId, Member<M>>>,
    rule: Rule<M>,
    /// Of the round. Relaxed: the addition alone gives each message its own number.
    turn: AtomicUsize,
}

/// A member, and what its weight for a key is drawn by.
struct Member<M> {
    address: Address<M>,
    lot: u64,
}

impl<M> Clone for Member<M> {
    fn clone(&self) -> Self {
        Self { address: self.address, lot: self.lot }
    }
}

enum Rule<M> {
    RoundRobin,
    LeastLoaded,
    Hash(Box<dyn Fn(&M) -> u64 + Send + Sync>),
    Broadcast(fn(&M) -> M),
}

impl<M> Clone for Router<M> {
    fn clone(&self) -> Self {
        Self { core: Arc::clone(&self.core), seen: self.seen, members: Arc::clone(&self.members) }
    }
}

impl<M> fmt::Debug for Router<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rule = match self.core.rule {
            Rule::RoundRobin => "round robin",
            Rule::LeastLoaded => "least loaded",
            Rule::Hash(_) => "hash",
            Rule::Broadcast(_) => "broadcast",
        };
        f.debug_struct("Router").field("rule", &rule).finish_non_exhaustive()
    }
}

/// A message that was not routed. Each hands it back.
#[non_exhaustive]
pub enum RouteError<M> {
    /// There is no member that accepts anything.
    Empty(M),
    /// The member whose turn it was refused it.
    Refused(ActorId, SendError<M>),
    /// Of a router that sends to all: some refused it.
    Partly(Delivery<M>),
}

impl<M> fmt::Debug for RouteError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::Empty(_) => f.write_str("RouteError::Empty"),
            RouteError::Refused(by, error) => write!(f, "RouteError::Refused({by}, {error:?})"),
            RouteError::Partly(delivery) => write!(f, "RouteError::Partly({delivery:?})"),
        }
    }
}

impl<M> fmt::Display for RouteError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RouteError::Empty(_) => f.write_str("the router has no member: add one first"),
            RouteError::Refused(by, error) => write!(f, "by actor {by}: {error}"),
            RouteError::Partly(delivery) => delivery.fmt(f),
        }
    }
}

impl<M> std::error::Error for RouteError<M> {}

impl<M: Send + 'static> Router<M> {
    fn by(rule: Rule<M>) -> Self {
        let roster = Roster::new();
        let (seen, members) = (roster.version(), roster.list());
        Self { core: Arc::new(Core { roster, rule, turn: AtomicUsize::new(0) }), seen, members }
    }

    /// To each member in turn, in the order in which they came; one round for all clones. An atomic addition a message.
    pub fn round_robin() -> Self {
        Self::by(Rule::RoundRobin)
    }

    /// To the member in whose mailbox the fewest messages wait, what is being handled among them; to the first of several. A glance at
    /// each member's mailbox a message: what is sent at the same moment elsewhere may not be seen.
    pub fn least_loaded() -> Self {
        Self::by(Rule::LeastLoaded)
    }

    /// All messages with the same key to the same member: rendezvous hashing. When a member ends, only its own keys move; when
    /// one comes, only those that move to it. A hash of eight bytes for each member a message.
    ///
    /// A member's share goes with its place: it has the lowest that is free when it comes. So one that comes after another has
    /// gone takes over the keys of that one; and the same keys go to the same places in every run in which as many members
    /// came and went in the same order.
    pub fn by_key(key: impl Fn(&M) -> u64 + Send + Sync + 'static) -> Self {
        Self::by(Rule::Hash(Box::new(key)))
    }

    /// A copy to each.
    pub fn broadcast() -> Self
    where
        M: Clone,
    {
        Self::by(Rule::Broadcast(M::clone))
    }

    /// Adds a member, behind all others.
    ///
    /// # Errors
    /// [`JoinError`] if it is a member, or has ended.
    pub fn add(&self, member: Address<M>) -> Result<(), JoinError> {
        let of = |place| Member { address: member, lot: lot(place) };
        let joined = self.core.roster.join_at(member.id(), of, Places::One);
        joined.map(|_| ()).map_err(|why| JoinError::of(why, member.id()))
    }

    /// Leaves a member out from here on; false if it is none. What was sent to it, it still handles.
    pub fn remove(&self, member: Address<M>) -> bool {
        self.core.roster.leave_all(&member.id())
    }

    /// The members, in the order in which they came. Makes a list of them.
    pub fn members(&self) -> Arc<[Address<M>]> {
        self.core.roster.list().iter().map(|member| member.address).collect()
    }

    /// Routes, from anywhere, as the member's overflow policy says ([`Address::send`]).
    ///
    /// # Errors
    /// [`RouteError`], with the message.
    pub fn send(&mut self, message: impl Into<M>) -> Result<(), RouteError<M>> {
        self.route(message.into(), |to, message| to.send(message))
    }

    fn look(&mut self) {
        let version = self.core.roster.version();
        if version != self.seen {
            // What changes between the two is seen the next time.
            (self.seen, self.members) = (version, self.core.roster.list());
        }
    }

    fn route(
        &mut self,
        message: M,
        mut send: impl FnMut(Address<M>, M) -> Result<(), SendError<M>>,
    ) -> Result<(), RouteError<M>> {
        self.look();
        // User code below may use this router by a clone: nothing is locked.
        let (members, core) = (Arc::clone(&self.members), Arc::clone(&self.core));
        if members.is_empty() {
            return Err(RouteError::Empty(message));
        }
        if let Rule::Broadcast(clone) = &core.rule {
            let each =
                |to: &Member<M>, copy| send(to.address, copy).map_err(|refused| (to.address.id(), refused));
            let delivery = delivery::to_each(&members, message, clone, each);
            return if delivery.is_whole() { Ok(()) } else { Err(RouteError::Partly(delivery)) };
        }
        let place = match &core.rule {
            Rule::RoundRobin => core.turn.fetch_add(1, Ordering::Relaxed) as u64,
            Rule::Hash(key) => key(&message),
            Rule::LeastLoaded | Rule::Broadcast(_) => 0,
        };
        let mut message = message;
        // Those that are stopping, which their list will soon be rid of.
        let mut passed: Vec<usize> = Vec::new();
        while let Some(at) = pick(&core.rule, place, &members, &passed) {
            match send(members[at].address, message) {
                Ok(()) => return Ok(()),
                Err(SendError::Closed(back) | SendError::Stale(back)) => {
                    message = back;
                    passed.push(at);
                }
                Err(refused) => return Err(RouteError::Refused(members[at].address.id(), refused)),
            }
        }
        Err(RouteError::Empty(message))
    }
}

/// The next member to try, of those not passed over.
fn pick<M: Send + 'static>(
    rule: &Rule<M>,
    place: u64,
    members: &[Member<M>],
    passed: &[usize],
) -> Option<usize> {
    let left = || (0..members.len()).filter(|at| !passed.contains(at));
    match rule {
        Rule::RoundRobin => {
            let start = place.checked_rem(members.len() as u64)? as usize;
            left().min_by_key(|at| (at + members.len() - start) % members.len())
        }
        Rule::LeastLoaded => {
            let (nth, _) = least_loaded(left().map(|at| members[at].address.id()))?;
            left().nth(nth)
        }
        Rule::Hash(_) => left().max_by_key(|at| weight(members[*at].lot, place)),
        Rule::Broadcast(_) => None,
    }
}

impl<A: Actor> Context<'_, A> {
    /// Routes as [`Context::send`] sends: a member beyond its capacity suspends this actor after the handler.
    ///
    /// # Errors
    /// [`RouteError`], with the message.
    pub fn route<M: Send + 'static>(
        &mut self,
        router: &mut Router<M>,
        message: impl Into<M>,
    ) -> Result<(), RouteError<M>> {
        router.route(message.into(), |to, message| self.send(to, message))
    }
}

//! Groups: sets of actors that understand the same messages.

use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::post::ActorId;
use crate::delivery::{self, Delivery};
use crate::registry::directory::Registry;
use crate::registry::error::WrongType;
use crate::roster::members::{Places, Roster};
use crate::roster::onlookers::JoinError;
use crate::stop_all::StopAll;
use crate::sync::Arc;
use std::any::type_name;
use std::fmt;

/// Actors that understand `M`, in the order in which they joined. An actor is in it once, until it leaves or ends: then it is off
/// the list by itself. Cloning gives the same group; with [`Registry::group`] it is found by name. Its members may live in
/// several systems.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, Group, System};
///
/// struct Ear;
///
/// impl Actor for Ear {
///     type Msg = String;
///     fn handle(&mut self, _: String, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let ears: Group<String> = inline.system().registry().group("ears")?;
/// for _ in 0..3 {
///     ears.join(inline.spawn(Ear))?;
/// }
/// let heard = ears.broadcast("hello".to_string());
/// assert!(heard.taken == 3 && heard.is_whole());
/// let _ = ears.members()[0].stop();
/// inline.run_until_idle();
/// assert_eq!(ears.len(), 2);
/// # Ok(())
/// # }
/// ```
pub struct Group<M> {
    roster: Arc<Roster<ActorId, Address<M>>>,
}

impl<M> Clone for Group<M> {
    fn clone(&self) -> Self {
        Self { roster: Arc::clone(&self.roster) }
    }
}

impl<M: Send + 'static> fmt::Debug for Group<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("members", &self.members()).finish()
    }
}

impl<M: Send + 'static> Group<M> {
    /// A group without a name, and without members.
    #[expect(clippy::new_without_default, reason = "an empty group is made on purpose")]
    pub fn new() -> Self {
        Self { roster: Roster::new() }
    }

    /// An actor comes in, behind all others.
    ///
    /// # Errors
    /// [`JoinError`] if it is a member or has ended.
    pub fn join(&self, address: Address<M>) -> Result<(), JoinError> {
        let joined = self.roster.join(address.id(), address, Places::One);
        joined.map(|_| ()).map_err(|why| JoinError::of(why, address.id()))
    }

    /// A member goes; false if it is none.
    pub fn leave(&self, address: Address<M>) -> bool {
        self.roster.leave_all(&address.id())
    }

    /// The members, in the order in which they joined. Between two changes it is the same list; asking for it takes a lock.
    pub fn members(&self) -> Arc<[Address<M>]> {
        self.roster.list()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members().len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sends each member a copy, from anywhere, as its overflow policy says ([`Address::send`]). In a handler
    /// [`Context::broadcast`] is the one that lets back-pressure travel.
    pub fn broadcast(&self, message: M) -> Delivery<M>
    where
        M: Clone,
    {
        let send = |to: &Address<M>, copy| to.send(copy).map_err(|refused| (to.id(), refused));
        delivery::to_each(&self.members(), message, M::clone, send)
    }

    /// Stops the members one after the other, the last that joined first; see [`StopAll`]. Members that join meanwhile are
    /// not among them.
    pub fn stop_all(&self) -> StopAll {
        StopAll::reverse(self.members().iter().copied())
    }
}

impl<A: Actor> Context<'_, A> {
    /// Sends each member of a group a copy, as [`Context::send`] does: members beyond their capacity suspend this actor after
    /// the handler, one of them at a time.
    pub fn broadcast<M: Clone + Send + 'static>(&mut self, group: &Group<M>, message: M) -> Delivery<M> {
        let send = |to: &Address<M>, copy| self.send(*to, copy).map_err(|refused| (to.id(), refused));
        delivery::to_each(&group.members(), message, M::clone, send)
    }
}

/// Where named groups lie.
const SHELF: &str = "group";

impl Registry<'_> {
    /// The group with this name, made if there is none. It stays until it is [forgotten](Registry::forget_group), also without
    /// members.
    ///
    /// # Errors
    /// [`WrongType`] if it is for other messages.
    pub fn group<M: Send + 'static>(self, name: &str) -> Result<Group<M>, WrongType> {
        self.kept(SHELF, Some(name), type_name::<M>(), Group::new)
    }

    /// Takes a group off the registry; false if there is none. Whoever has it keeps it.
    pub fn forget_group(self, name: &str) -> bool {
        self.forget(SHELF, name)
    }
}

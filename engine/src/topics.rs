//! Topics: publish and subscribe, by types and by names.

use crate::actor::address::Recipient;
use crate::actor::behavior::{Actor, Context};
use crate::actor::post::ActorId;
use crate::delivery::{self, Delivery};
use crate::error::SendError;
use crate::registry::directory::Registry;
use crate::registry::error::WrongType;
use crate::roster::members::{Places, Roster};
use crate::roster::onlookers::JoinError;
use crate::sync::{Arc, AtomicU64, Ordering};
use std::any::type_name;
use std::fmt;

/// A topic: what is published in it goes to all that have subscribed, in the order in which they did.
///
/// A subscriber is any [recipient](crate::Address::recipient) of `T`, and stays one until its [`Subscription`] is cancelled or its
/// actor has ended, and for no other reason: one that refuses a message is not detached. Each takes messages as its own overflow
/// policy says; what it refuses, the publisher is told with the reason ([`Delivery`]), and is counted for it
/// ([`Topic::subscribers`]).
///
/// A publication by one publisher reaches each subscriber before the next one of that publisher.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Fault, Options, Overflow, Reason, System, Topic};
///
/// struct Reader;
///
/// impl Actor for Reader {
///     type Msg = u32;
///     fn handle(&mut self, _: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let prices: Topic<u32> = inline.system().registry().topic("prices")?;
/// let small = Options::builder().capacity(1).overflow(Overflow::Fail).build()?;
/// let slow = inline.system().try_spawn(Reader, &small)?;
/// prices.subscribe(inline.spawn(Reader).recipient())?;
/// let subscription = prices.subscribe(slow.recipient())?;
/// assert!(prices.publish(7).is_whole());
/// let second = prices.publish(8);
/// assert_eq!((second.taken, second.refused.len()), (1, 1));
/// assert_eq!((second.refused[0].0, second.refused[0].1.reason()), (slow.id(), Reason::Full));
/// // It is still there, and the refusal is counted.
/// assert_eq!((prices.subscribers()[1].taken, prices.subscribers()[1].refused), (1, 1));
/// assert!(subscription.cancel());
/// assert_eq!(prices.subscribers().len(), 1);
/// # Ok(())
/// # }
/// ```
pub struct Topic<T> {
    roster: Arc<Roster<ActorId, Entry<T>>>,
}

struct Entry<T> {
    to: Recipient<T>,
    tally: Arc<Tally>,
}

/// What became of publications, for one subscription. Relaxed: figures, which order nothing.
#[derive(Default)]
struct Tally {
    taken: AtomicU64,
    refused: AtomicU64,
}

impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { to: self.to, tally: Arc::clone(&self.tally) }
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        Self { roster: Arc::clone(&self.roster) }
    }
}

impl<T: Send + 'static> fmt::Debug for Topic<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topic").field("subscribers", &self.subscribers()).finish()
    }
}

/// What became of the publications for one subscriber since it subscribed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subscriber {
    /// Who.
    pub actor: ActorId,
    /// How many it took.
    pub taken: u64,
    /// How many it refused.
    pub refused: u64,
}

/// A subscription that is on; given by [`Topic::subscribe`]. Dropping it leaves it on.
pub struct Subscription<T> {
    roster: Arc<Roster<ActorId, Entry<T>>>,
    number: u64,
}

impl<T> Clone for Subscription<T> {
    fn clone(&self) -> Self {
        Self { roster: Arc::clone(&self.roster), number: self.number }
    }
}

impl<T> fmt::Debug for Subscription<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> Subscription<T> {
    /// Ends it, from anywhere: nothing that is published from here on goes there. False if it was over.
    pub fn cancel(&self) -> bool {
        self.roster.leave(self.number)
    }
}

impl<T: Send + 'static> Topic<T> {
    /// A topic without a name, and without subscribers.
    #[expect(clippy::new_without_default, reason = "an empty topic is made on purpose")]
    pub fn new() -> Self {
        Self { roster: Roster::new() }
    }

    /// From here on this actor gets what is published. One that subscribes twice gets it twice.
    ///
    /// # Errors
    /// [`JoinError::Ended`] if the actor has.
    pub fn subscribe(&self, to: Recipient<T>) -> Result<Subscription<T>, JoinError> {
        let entry = Entry { to, tally: Arc::default() };
        let joined = self.roster.join(to.id(), entry, Places::Many);
        let number = joined.map_err(|why| JoinError::of(why, to.id()))?;
        Ok(Subscription { roster: Arc::clone(&self.roster), number })
    }

    /// Who has subscribed, and what became of what was published since.
    pub fn subscribers(&self) -> Vec<Subscriber> {
        let figures = |entry: &Entry<T>| Subscriber {
            actor: entry.to.id(),
            taken: entry.tally.taken.load(Ordering::Relaxed),
            refused: entry.tally.refused.load(Ordering::Relaxed),
        };
        self.roster.list().iter().map(figures).collect()
    }

    /// Sends each subscriber a copy, from anywhere, as its overflow policy says ([`Recipient::send`]). In a handler
    /// [`Context::publish`] is the one that lets back-pressure travel.
    pub fn publish(&self, message: T) -> Delivery<T>
    where
        T: Clone,
    {
        self.deliver(message, |to, copy| to.send(copy))
    }

    fn deliver(
        &self,
        message: T,
        mut send: impl FnMut(Recipient<T>, T) -> Result<(), SendError<T>>,
    ) -> Delivery<T>
    where
        T: Clone,
    {
        delivery::to_each(&self.roster.list(), message, T::clone, |entry, copy| {
            let sent = send(entry.to, copy);
            let tally = if sent.is_ok() { &entry.tally.taken } else { &entry.tally.refused };
            tally.fetch_add(1, Ordering::Relaxed);
            sent.map_err(|refused| (entry.to.id(), refused))
        })
    }
}

impl<A: Actor> Context<'_, A> {
    /// Sends each subscriber a copy, as [`Context::send_to`] does: subscribers beyond their capacity whose policy is to mute suspend
    /// this actor after the handler, one of them at a time.
    pub fn publish<T: Clone + Send + 'static>(&mut self, topic: &Topic<T>, message: T) -> Delivery<T> {
        topic.deliver(message, |to, copy| self.send_to(to, copy))
    }
}

/// Where topics lie.
const SHELF: &str = "topic";

impl Registry<'_> {
    /// The topic with this name, made if there is none. It stays until it is [forgotten](Registry::forget_topic), also without
    /// subscribers.
    ///
    /// # Errors
    /// [`WrongType`] if it is for other messages.
    pub fn topic<T: Send + 'static>(self, name: &str) -> Result<Topic<T>, WrongType> {
        self.kept(SHELF, Some(name), type_name::<T>(), Topic::new)
    }

    /// The topic for messages of this type, made if there is none. It is none of those with names.
    pub fn topic_of<T: Send + 'static>(self) -> Topic<T> {
        match self.kept(SHELF, None, type_name::<T>(), Topic::new) {
            Ok(topic) => topic,
            Err(_) => unreachable!("the topic of a type is of that type"),
        }
    }

    /// Takes a topic off the registry; false if there is none. Whoever has it keeps it.
    pub fn forget_topic(self, name: &str) -> bool {
        self.forget(SHELF, name)
    }
}

//! Elastic pools: workers that come under load and go when there is none.
//!
//! Who may touch what: everything here is the pool's own, and happens in its turns. News of its members' ends and of its clock
//! come as errands, so the pool's messages are its members' alone, and no full mailbox holds the news up. A member is told to
//! stop by draining after the pool has taken it off its list; nobody else sends to it, so what it was given, it handles.

use crate::actor::address::Address;
use crate::actor::behavior::{Actor, Context};
use crate::actor::ending::Stopping;
use crate::actor::fault::Fault;
use crate::actor::options::Options;
use crate::actor::outlook::least_loaded;
use crate::actor::own_turn::OwnTurn;
use crate::actor::timer::Timer;
use crate::actor::watch::{Ended, Watch};
use crate::error::{OptionsError, SendError};
use crate::mailbox::overflow::Overflow;
use crate::panics::caught;
use crate::time::{Nanos, nanos};
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// So many members may fail within [`WITHIN`] before the pool does.
const FAILURES_MOST: usize = 32;
const WITHIN: Nanos = 1_000_000_000;

/// An actor that hands its messages to workers, of which it has as many as there is work for: a troupe.
///
/// Its address is that of an ordinary actor. Each message goes to the member with the fewest messages waiting, to the oldest of
/// several such, so that the youngest are the first that have nothing to do. When every member has as many waiting as the
/// [backlog](Pool::backlog) says, one more is spawned, up to the most. One that was given nothing for the idle time, and has nothing
/// left, is stopped, down to the least. A member that stops handles first what it was given.
///
/// The pool watches its members. One that ends by itself or fails is replaced: at once below the least, otherwise when there is work
/// for it; what was in its mailbox is dead letters, as with any actor. When more than 32 fail within a second, the pool fails
/// itself: they would fail for ever. A pool that ends, in whatever way, tells its members to stop.
///
/// Messages of one sender may overtake each other, as they go to different members. Members beyond their capacity suspend the
/// pool, which fills up in turn: back-pressure travels through it. A message costs a hop, and a glance at each member. A
/// second actor, spawned when there is first a member more than the least, keeps the time; it does not hold up
/// [quiescence](crate::System::quiesce).
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use throng::{Actor, Context, Fault, Pool, System};
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
/// let system = System::builder().workers(2).build()?;
/// let pool = system.spawn(Pool::new(1, 4, Duration::from_secs(1), || Worker)?);
/// for n in 0..100_u64 {
///     pool.try_send(n)?;
/// }
/// let ledger = system.shutdown(Duration::from_secs(10))?;
/// assert!(ledger.handled >= 200, "each by the pool, and by a member");
/// assert_eq!((ledger.dead.stopped, ledger.spawned), (0, ledger.stopped));
/// # Ok(())
/// # }
/// ```
pub struct Pool<W: Actor> {
    least: usize,
    most: usize,
    idle: Nanos,
    backlog: u64,
    options: Options,
    make: Box<dyn FnMut() -> W + Send>,
    /// The oldest first.
    members: Vec<Member<W::Msg>>,
    keeper: Option<Address<Wake>>,
    /// The keeper will call.
    armed: bool,
    /// When members have failed, of late.
    failures: VecDeque<Nanos>,
}

struct Member<M> {
    address: Address<M>,
    watch: Watch,
    /// When it was last given something, or seen to have something left.
    used: Nanos,
}

impl<W: Actor> fmt::Debug for Pool<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (&self.least, &self.most);
        let members = self.members.len();
        f.debug_struct("Pool").field("least", least).field("most", most).field("members", &members).finish()
    }
}

impl<W: Actor> Pool<W> {
    /// From `min` to `max` workers, each made by `make` in the pool's turn; those beyond `min` go after `idle`, which is a
    /// millisecond at least. With a `min` of zero the first is spawned for the first message.
    ///
    /// # Errors
    /// [`OptionsError`] if `max` is zero or below `min`.
    pub fn new(
        min: u32,
        max: u32,
        idle: Duration,
        make: impl FnMut() -> W + Send + 'static,
    ) -> Result<Self, OptionsError> {
        if max == 0 || max < min {
            let why = "as a pool has one worker at least, and no fewer than its min";
            return Err(OptionsError::new("max", max, min.max(1), u32::MAX, why));
        }
        Ok(Self {
            least: min as usize,
            most: max as usize,
            idle: nanos(idle.max(Duration::from_millis(1))),
            backlog: 1,
            options: W::options(),
            make: Box::new(make),
            members: Vec::new(),
            keeper: None,
            armed: false,
            failures: VecDeque::new(),
        })
    }

    /// A worker is added when each has so many messages waiting, the one it is at among them; 1 by default.
    ///
    /// # Errors
    /// [`OptionsError`] if it is zero.
    pub fn backlog(mut self, messages: u32) -> Result<Self, OptionsError> {
        if messages == 0 {
            return Err(OptionsError::new("backlog", 0, 1, u32::MAX, "or idle workers would call for more"));
        }
        self.backlog = u64::from(messages);
        Ok(self)
    }

    /// The options of the workers; by default those of their type.
    ///
    /// # Errors
    /// [`OptionsError`] if they refuse what they are sent when full: the pool could not hand it back to its sender.
    pub fn members(mut self, options: Options) -> Result<Self, OptionsError> {
        if matches!(options.limits.overflow, Overflow::Fail | Overflow::Signal) {
            return Err(OptionsError::rule(
                "overflow = Fail or Signal: a pool cannot hand back what its workers refuse; let them mute it, or drop",
            ));
        }
        self.options = options;
        Ok(self)
    }

    fn hire(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let worker = caught(&mut self.make).map_err(Fault::from_panic)?;
        let address = cx
            .try_spawn(worker, &self.options)
            .map_err(|refused| Fault::msg(format!("no worker for the pool: {refused}")))?;
        let watch = cx.watch_in_turn(address.id(), |pool, ended, cx| pool.member_ended(&ended, cx));
        self.members.push(Member { address, watch, used: cx.now() });
        Ok(())
    }

    /// Until there are as many as there must be.
    fn fill_up(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        while self.members.len() < self.least {
            if let Err(fault) = self.hire(cx) {
                self.note_failure(&fault, cx)?;
            }
        }
        Ok(())
    }

    fn member_ended(&mut self, ended: &Ended, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.members.retain(|member| member.address.id() != ended.actor);
        if !ended.exit.is_normal() {
            self.note_failure(&ended.exit, cx)?;
        }
        self.fill_up(cx)
    }

    fn note_failure(&mut self, why: &dyn fmt::Display, cx: &Context<'_, Self>) -> Result<(), Fault> {
        let now = cx.now();
        self.failures.push_back(now);
        while self.failures.front().is_some_and(|at| now.saturating_sub(*at) > WITHIN) {
            self.failures.pop_front();
        }
        if self.failures.len() <= FAILURES_MOST {
            return Ok(());
        }
        let words =
            format!("more than {FAILURES_MOST} workers of a pool failed within a second; the last: {why}");
        Err(Fault::msg(words))
    }

    /// Who shall have the next message; there may have to be somebody new for it.
    fn choose(&mut self, cx: &mut Context<'_, Self>) -> Result<usize, Fault> {
        let least = least_loaded(self.members.iter().map(|member| member.address.id()));
        // Where all have ended, the news of it are on their way.
        let Some((chosen, waiting)) = least else {
            return self.hire(cx).map(|()| self.members.len() - 1);
        };
        if waiting < self.backlog || self.members.len() >= self.most {
            return Ok(chosen);
        }
        match self.hire(cx) {
            Ok(()) => Ok(self.members.len() - 1),
            Err(fault) => {
                self.note_failure(&fault, cx)?;
                Ok(chosen)
            }
        }
    }

    /// Has the keeper call when the first of those that may go has been idle for long enough.
    fn arm(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.armed || self.members.len() <= self.least {
            return Ok(());
        }
        let Some(first) = self.members.iter().map(|member| member.used).min() else { return Ok(()) };
        let wait = first.saturating_add(self.idle).saturating_sub(cx.now());
        let keeper =
            *self.keeper.get_or_insert_with(|| cx.spawn(Keeper { pool: cx.own_turn(), timer: None }));
        cx.try_send(keeper, Wake::In(Duration::from_nanos(wait)))
            .map_err(|refused| Fault::msg(format!("the pool's clock is gone: {refused}")))?;
        self.armed = true;
        Ok(())
    }

    /// The keeper calls: those go that have been idle for long enough, the youngest first.
    fn tidy(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.armed = false;
        let now = cx.now();
        for at in (0..self.members.len()).rev() {
            if self.members.len() <= self.least {
                break;
            }
            let member = &mut self.members[at];
            if member.used.saturating_add(self.idle) > now {
                continue;
            }
            if least_loaded(std::iter::once(member.address.id())).is_some_and(|(_, waiting)| waiting > 0) {
                member.used = now;
                continue;
            }
            let member = self.members.remove(at);
            member.watch.cancel();
            let _: Stopping = member.address.stop();
        }
        self.arm(cx)
    }
}

impl<W: Actor> Actor for Pool<W> {
    type Msg = W::Msg;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.fill_up(cx)
    }

    fn handle(&mut self, message: W::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let mut message = message;
        loop {
            let at = self.choose(cx)?;
            let address = self.members[at].address;
            match cx.send(address, message) {
                Ok(()) => {
                    self.members[at].used = cx.now();
                    return self.arm(cx);
                }
                Err(SendError::Closed(back) | SendError::Stale(back)) => {
                    // It is on its end; the news of that count it.
                    self.members.remove(at);
                    message = back;
                }
                Err(refused) => {
                    return Err(Fault::msg(format!("a worker of a pool refused a message: {refused}")));
                }
            }
        }
    }
}

impl<W: Actor> Drop for Pool<W> {
    fn drop(&mut self) {
        for member in self.members.iter().rev() {
            let _: Stopping = member.address.stop();
        }
        if let Some(keeper) = self.keeper {
            let _: Stopping = keeper.stop();
        }
    }
}

/// Keeps the time for a pool, whose own messages are its members'.
struct Keeper<W: Actor> {
    pool: OwnTurn<Pool<W>>,
    timer: Option<Timer>,
}

enum Wake {
    In(Duration),
    Now,
}

impl<W: Actor> Actor for Keeper<W> {
    type Msg = Wake;

    fn handle(&mut self, wake: Wake, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match wake {
            // A periodic one, of which the first tick is taken: it does not hold up quiescence.
            Wake::In(after) => self.timer = Some(cx.every(after, || Wake::Now)),
            Wake::Now => {
                if let Some(timer) = self.timer.take() {
                    timer.cancel();
                }
                if !self.pool.run(Pool::tidy) {
                    cx.stop();
                }
            }
        }
        Ok(())
    }
}

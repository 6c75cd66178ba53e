//! A router as an actor, so that nobody needs to know that it is one.

use super::routes::{RouteError, Router};
use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::fault::Fault;
use std::fmt;

/// What is done with a message that no member took.
type Refused<M> = dyn FnMut(RouteError<M>) + Send;

/// An actor that routes each message it gets: its address is an ordinary one. One hop more than the [`Router`] it is made of, and
/// back-pressure travels through it: full members suspend it, and then it fills up itself.
///
/// Its senders are gone when it finds that no member takes a message. That is a fault of the dispatcher then, which the
/// ledger counts, and it goes on; or the message goes to whom [`Dispatcher::on_refused`] says.
///
/// # Examples
/// ```
/// use throng::{Actor, Context, Dispatcher, Fault, Router, System};
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
/// let router = Router::by_key(|n: &u64| n % 10);
/// for _ in 0..4 {
///     router.add(inline.spawn(Worker))?;
/// }
/// let front = inline.spawn(Dispatcher::new(router));
/// front.try_send(42_u64)?;
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().handled, 2);
/// # Ok(())
/// # }
/// ```
pub struct Dispatcher<M> {
    router: Router<M>,
    refused: Option<Box<Refused<M>>>,
}

impl<M> fmt::Debug for Dispatcher<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher").field("router", &self.router).finish_non_exhaustive()
    }
}

impl<M: Send + 'static> Dispatcher<M> {
    /// Routes by this; members are added and removed at any clone of it.
    pub fn new(router: Router<M>) -> Self {
        Self { router, refused: None }
    }

    /// Hands what no member took to this, with the reason, in the dispatcher's turn.
    #[must_use]
    pub fn on_refused(mut self, then: impl FnMut(RouteError<M>) + Send + 'static) -> Self {
        self.refused = Some(Box::new(then));
        self
    }
}

impl<M: Send + 'static> Actor for Dispatcher<M> {
    type Msg = M;

    fn handle(&mut self, message: M, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match (cx.route(&mut self.router, message), &mut self.refused) {
            (Ok(()), _) => Ok(()),
            (Err(refused), Some(then)) => {
                then(refused);
                Ok(())
            }
            (Err(refused), None) => Err(Fault::msg(format!("a message was not routed: {refused}"))),
        }
    }

    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
        Directive::Resume
    }
}

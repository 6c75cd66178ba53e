//! Actors whose behaviour for the next message is chosen by the one before: become and unbecome.

use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::fault::Fault;
use std::fmt;

/// What an actor that can become another does with one message: state and message in, and what it is for the next.
type Step<S, M> = dyn FnMut(&mut S, M, &mut Context<'_, Becoming<S, M>>) -> Result<Next<S, M>, Fault> + Send;

/// An actor whose behaviour is a function, and which may become another with each message: state machines, where what is
/// understood depends on what was heard.
///
/// A behaviour is given the state, the message and the context, and answers what handles the next message ([`Next`]). Behaviours
/// lie on a stack: the actor [becomes](Next::become_) one, which is put on top, and [unbecomes](Next::unbecome) to return to
/// the one below. A behaviour that fails stays as it is; whether the actor goes on is up to [`Becoming::on_failed`], and by
/// default it does not.
///
/// Costs a call through a pointer for each message, and an allocation for each behaviour that captures anything. The behaviours
/// of a state machine that goes round for ever [replace](Next::replace) each other, so that the stack does not grow.
///
/// # Examples
/// ```
/// use throng::{Becoming, Context, Fault, Next, System};
///
/// struct Door {
///     opened: u32,
/// }
///
/// enum Msg {
///     Push,
///     Lock,
///     Unlock,
/// }
///
/// type Cx<'a> = Context<'a, Becoming<Door, Msg>>;
///
/// fn open_to_all(door: &mut Door, message: Msg, _: &mut Cx<'_>) -> Result<Next<Door, Msg>, Fault> {
///     match message {
///         Msg::Push => door.opened += 1,
///         Msg::Lock => return Ok(Next::become_(locked)),
///         Msg::Unlock => {}
///     }
///     Ok(Next::Same)
/// }
///
/// fn locked(_: &mut Door, message: Msg, _: &mut Cx<'_>) -> Result<Next<Door, Msg>, Fault> {
///     Ok(if matches!(message, Msg::Unlock) { Next::unbecome() } else { Next::Same })
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let door = inline.spawn(Becoming::new(Door { opened: 0 }, open_to_all));
/// for message in [Msg::Push, Msg::Lock, Msg::Push, Msg::Push, Msg::Unlock, Msg::Push] {
///     door.try_send(message)?;
/// }
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().handled, 6);
/// # Ok(())
/// # }
/// ```
pub struct Becoming<S, M> {
    state: S,
    /// Never empty; the last one is in force.
    stack: Vec<Behaviour<S, M>>,
    on_failed: fn(&mut S, &Fault) -> Directive,
}

/// How an actor that can become another handles a message; see [`Becoming`].
pub struct Behaviour<S, M>(Box<Step<S, M>>);

impl<S, M> fmt::Debug for Behaviour<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Behaviour")
    }
}

/// What handles the next message.
#[derive(Debug)]
#[must_use]
pub enum Next<S, M> {
    /// The same behaviour.
    Same,
    /// This one; unbecoming returns to the one that gave it.
    Become(Behaviour<S, M>),
    /// This one, in place of the one that gave it.
    Replace(Behaviour<S, M>),
    /// The one below. The first behaviour has none below it, and stays.
    Unbecome,
}

impl<S: Send + 'static, M: Send + 'static> Next<S, M> {
    /// This behaviour, on top of the one that gives it.
    pub fn become_<F>(behaviour: F) -> Self
    where
        F: FnMut(&mut S, M, &mut Context<'_, Becoming<S, M>>) -> Result<Next<S, M>, Fault> + Send + 'static,
    {
        Next::Become(Behaviour(Box::new(behaviour)))
    }

    /// This behaviour, in place of the one that gives it.
    pub fn replace<F>(behaviour: F) -> Self
    where
        F: FnMut(&mut S, M, &mut Context<'_, Becoming<S, M>>) -> Result<Next<S, M>, Fault> + Send + 'static,
    {
        Next::Replace(Behaviour(Box::new(behaviour)))
    }

    /// The behaviour below the one that gives this. The first has none below it, and stays.
    pub fn unbecome() -> Self {
        Next::Unbecome
    }
}

impl<S: Send + 'static, M: Send + 'static> Becoming<S, M> {
    /// An actor with this state that begins with this behaviour.
    pub fn new<F>(state: S, first: F) -> Self
    where
        F: FnMut(&mut S, M, &mut Context<'_, Becoming<S, M>>) -> Result<Next<S, M>, Fault> + Send + 'static,
    {
        Self { state, stack: vec![Behaviour(Box::new(first))], on_failed: |_, _| Directive::Stop }
    }

    /// What becomes of it when a behaviour failed: by default it stops. If it goes on, it does so with the behaviour that failed.
    #[must_use]
    pub fn on_failed(mut self, directive: fn(&mut S, &Fault) -> Directive) -> Self {
        self.on_failed = directive;
        self
    }
}

impl<S: fmt::Debug, M> fmt::Debug for Becoming<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { state, stack, on_failed: _ } = self;
        f.debug_struct("Becoming").field("state", state).field("depth", &stack.len()).finish_non_exhaustive()
    }
}

impl<S: Send + 'static, M: Send + 'static> Actor for Becoming<S, M> {
    type Msg = M;

    fn handle(&mut self, message: M, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let Some(Behaviour(step)) = self.stack.last_mut() else { unreachable!("the first stays") };
        match step(&mut self.state, message, cx)? {
            Next::Same => {}
            Next::Become(next) => self.stack.push(next),
            // Dropping the one before is user code, and comes last: if it panics, this one is in force all the same.
            Next::Replace(next) => {
                let before = self.stack.pop();
                self.stack.push(next);
                drop(before);
            }
            Next::Unbecome if self.stack.len() > 1 => drop(self.stack.pop()),
            Next::Unbecome => {}
        }
        Ok(())
    }

    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        (self.on_failed)(&mut self.state, fault)
    }
}

//! Actors that need something before they can begin: they collect their start messages, keep the rest for later, and then become
//! themselves.

use crate::actor::behavior::{Actor, Context, Directive};
use crate::actor::fault::Fault;
use crate::actor::options::Options;

/// An actor that cannot begin before it has been told a few things: where to write, whom to serve, what the limits are.
///
/// Spawned as [`Initialising`]. Until it has its start messages, each message is given to [`Initialise::start`], which takes it as one of
/// them or hands it back; what it hands back is kept in the [stash](Context::stash). With the last start message
/// [`Initialise::initialised`] runs, and from then on [`Initialise::handle`] is given all that was kept, in order, and what comes.
pub trait Initialise: Send + Sized + 'static {
    /// What the actor understands, start messages included.
    type Msg: Send + 'static;

    /// Looks whether this is a start message, before all of them have come.
    ///
    /// # Errors
    /// As for [`Actor::handle`].
    fn start(
        &mut self,
        message: Self::Msg,
        cx: &mut Context<'_, Initialising<Self>>,
    ) -> Result<Start<Self::Msg>, Fault>;

    /// Runs with the last start message, in its handler; with none to wait for, before the first message.
    ///
    /// # Errors
    /// As for [`Actor::handle`]. An actor that goes on all the same has begun.
    fn initialised(&mut self, _: &mut Context<'_, Initialising<Self>>) -> Result<(), Fault> {
        Ok(())
    }

    /// Handles one message, once it has begun.
    ///
    /// # Errors
    /// As for [`Actor::handle`].
    fn handle(&mut self, message: Self::Msg, cx: &mut Context<'_, Initialising<Self>>) -> Result<(), Fault>;

    /// A message came for which the stash has no place, before all start messages have. By default that is a failure, and the
    /// message is dropped.
    ///
    /// # Errors
    /// As for [`Actor::handle`].
    fn turned_away(
        &mut self,
        message: Self::Msg,
        cx: &mut Context<'_, Initialising<Self>>,
    ) -> Result<(), Fault> {
        let kept = cx.stashed();
        drop(message);
        Err(Fault::msg(format!(
            "{kept} messages were kept before the last start message came, and there is no place for more: send the start \
             messages first, or spawn the actor with a larger capacity"
        )))
    }

    /// As [`Actor::stopped`].
    fn stopped(&mut self, _: &mut Context<'_, Initialising<Self>>) {}

    /// As [`Actor::failed`].
    fn failed(&mut self, _: &Fault, _: &mut Context<'_, Initialising<Self>>) -> Directive {
        Directive::Stop
    }

    /// As [`Actor::options`]. The capacity must hold what may come before the start messages.
    fn options() -> Options {
        Options::default()
    }
}

/// What an actor makes of a message before it has begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Start<M> {
    /// It is one of those that it waits for.
    Taken,
    /// It is for later.
    Later(M),
}

/// An actor that collects its start messages before it begins; see [`Initialise`].
///
/// # Examples
/// ```
/// use throng::{Context, Fault, Initialise, Initialising, Start, System};
///
/// #[derive(Default)]
/// struct Greeter {
///     greeting: String,
///     mark: char,
///     said: Vec<String>,
/// }
///
/// enum Msg {
///     Greeting(&'static str),
///     Mark(char),
///     Greet(&'static str),
/// }
///
/// type Cx<'a> = Context<'a, Initialising<Greeter>>;
///
/// impl Initialise for Greeter {
///     type Msg = Msg;
///     fn start(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<Start<Msg>, Fault> {
///         match message {
///             Msg::Greeting(words) => self.greeting = words.into(),
///             Msg::Mark(mark) => self.mark = mark,
///             Msg::Greet(_) => return Ok(Start::Later(message)),
///         }
///         Ok(Start::Taken)
///     }
///     fn handle(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<(), Fault> {
///         if let Msg::Greet(whom) = message {
///             self.said.push(format!("{}, {whom}{}", self.greeting, self.mark));
///         }
///         Ok(())
///     }
///     fn stopped(&mut self, _: &mut Cx<'_>) {
///         assert_eq!(self.said, ["Hello, Ada!", "Hello, Bob!"]);
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut inline = System::builder().inline();
/// let greeter = inline.spawn(Initialising::new(2, Greeter::default()));
/// for message in [Msg::Greet("Ada"), Msg::Mark('!'), Msg::Greet("Bob"), Msg::Greeting("Hello")] {
///     greeter.try_send(message)?;
/// }
/// let _ = greeter.stop();
/// inline.run_until_idle();
/// assert_eq!(inline.system().ledger().faults, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Initialising<A> {
    actor: A,
    left: usize,
}

impl<A: Initialise> Initialising<A> {
    /// An actor that begins once it has taken so many start messages. With none it begins at once.
    pub fn new(messages: usize, actor: A) -> Self {
        Self { actor, left: messages }
    }

    fn begin(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        // First: also if it fails, and goes on.
        cx.unstash_all();
        self.actor.initialised(cx)
    }
}

impl<A: Initialise> Actor for Initialising<A> {
    type Msg = A::Msg;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.left == 0 { self.begin(cx) } else { Ok(()) }
    }

    fn handle(&mut self, message: A::Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.left == 0 {
            return self.actor.handle(message, cx);
        }
        match self.actor.start(message, cx)? {
            Start::Taken => {
                self.left -= 1;
                if self.left == 0 { self.begin(cx) } else { Ok(()) }
            }
            Start::Later(message) => match cx.stash(message) {
                Ok(()) => Ok(()),
                Err(full) => self.actor.turned_away(full.message, cx),
            },
        }
    }

    fn stopped(&mut self, cx: &mut Context<'_, Self>) {
        self.actor.stopped(cx);
    }

    fn failed(&mut self, fault: &Fault, cx: &mut Context<'_, Self>) -> Directive {
        self.actor.failed(fault, cx)
    }

    fn options() -> Options {
        A::options()
    }
}

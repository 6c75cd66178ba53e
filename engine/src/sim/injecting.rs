//! Having things go wrong in a simulation, by plan or by name.

use super::cast::When;
use super::faults::Faults;
use super::simulation::Simulation;
use crate::actor::address::Address;
use crate::actor::post::ActorId;
use crate::quiesce;

impl Simulation {
    /// Has things go wrong from here on; by default nothing does.
    pub fn faults(&mut self, faults: Faults) {
        self.state(|state| {
            state.faults = faults;
            state.cast.draw_failures(faults, &mut state.choices);
        });
    }

    /// Has an actor fail at the `nth` message that it is to handle from here on, the first being 1. Its handler does not run, never sees that
    /// message, which is dropped, and has changed nothing; see [`Simulation::fail_after_at`].
    ///
    /// # Panics
    /// If `nth` is zero.
    #[track_caller]
    pub fn fail_at<M>(&mut self, actor: Address<M>, nth: u64) {
        self.have_fail(actor, When::Before, nth);
    }

    /// Has an actor fail when its handler has run for the `nth` time from here on, the first being 1: the message is seen, the state is changed,
    /// what it sends is sent; see [`Faults::panics_after`].
    ///
    /// # Panics
    /// If `nth` is zero, or the actor is of a type of the engine's, that wraps a handler or a function.
    ///
    /// # Examples
    /// ```
    /// use throng::{Actor, Context, Directive, Fault, Reply, System};
    ///
    /// #[derive(Default)]
    /// struct Account {
    ///     balance: i64,
    ///     moves: u32,
    /// }
    ///
    /// enum Msg {
    ///     Add(i64),
    ///     Look(Reply<(i64, u32)>),
    /// }
    ///
    /// impl Actor for Account {
    ///     type Msg = Msg;
    ///     fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
    ///         match message {
    ///             Msg::Add(n) => (self.balance, self.moves) = (self.balance + n, self.moves + 1),
    ///             Msg::Look(reply) => reply.send((self.balance, self.moves)),
    ///         }
    ///         Ok(())
    ///     }
    ///     fn failed(&mut self, _: &Fault, _: &mut Context<'_, Self>) -> Directive {
    ///         Directive::Resume
    ///     }
    /// }
    ///
    /// let mut sim = System::simulated(1);
    /// let account = sim.spawn(Account::default());
    /// sim.fail_at(account, 1);
    /// sim.fail_after_at(account, 1);
    /// for n in [1, 2, 4] {
    ///     account.try_send(Msg::Add(n)).expect("there is room");
    /// }
    /// let ask = account.ask(Msg::Look);
    /// // It has not seen the first, and has failed over the second when that was done.
    /// assert_eq!(sim.block_on(ask), Some(Ok((6, 2))));
    /// assert_eq!(sim.system().ledger().faults, 2);
    /// ```
    #[track_caller]
    pub fn fail_after_at<M>(&mut self, actor: Address<M>, nth: u64) {
        self.have_fail(actor, When::After, nth);
    }

    #[track_caller]
    fn have_fail<M>(&mut self, actor: Address<M>, when: When, nth: u64) {
        assert!(nth > 0, "messages are counted from 1");
        let of = quiesce::at(self.system.shared(), 0, actor.raw.cell()).actor;
        let can_fail = self.state(|state| {
            let number = state.cast.number(actor.raw, || (of, std::any::type_name::<M>()));
            // Of the engine's own actors it was always left to the test.
            let can_fail = when == When::Before || state.cast.can_fail(number, when);
            if can_fail {
                state.cast.fail_at(number, when, nth);
            }
            can_fail
        });
        assert!(
            can_fail,
            "{of} does more when the handler in it has run: `fail_at` strikes before, or fail it by a message of its own"
        );
    }

    /// Whom the [faults](Faults::stops) have told to stop so far, in that order: what is in its mailbox each of them handles first.
    pub fn stopped(&self) -> Vec<ActorId> {
        self.state(|state| state.struck.iter().filter(|(_, kill)| !kill).map(|(id, _)| *id).collect())
    }

    /// Whom they have killed so far, in that order: what is in its mailbox nobody handles.
    pub fn killed(&self) -> Vec<ActorId> {
        self.state(|state| state.struck.iter().filter(|(_, kill)| *kill).map(|(id, _)| *id).collect())
    }
}

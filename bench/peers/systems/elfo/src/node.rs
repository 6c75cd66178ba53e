//! A node of elfo on a runtime of Tokio's, and how it is told from outside what to do.

use crate::parts::{Cast, Stop};
use elfo::errors::TrySendError;
use elfo::scope::{self, Scope};
use elfo::{Addr, Blueprint, Context, Message, Topology};
use peer_runtime::Runtime;
use std::cell::Cell;
use throng_bench::alone::spoiled::Spoiled;
use tokio::runtime::Handle;

/// Made at once: their addresses come in one answer each.
const CAST: u64 = 1_000;

/// The groups.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Ping,
    Pong,
    Producer,
    Counter,
    Asker,
    Knows,
    Fork,
    Join,
    Feeder,
    Receiver,
    Maker,
    Made,
    Seat,
    Player,
    Idle,
    Records,
}

impl Part {
    const ALL: [(Self, &'static str); 16] = [
        (Self::Ping, "ping"),
        (Self::Pong, "pong"),
        (Self::Producer, "producer"),
        (Self::Counter, "counter"),
        (Self::Asker, "asker"),
        (Self::Knows, "knows"),
        (Self::Fork, "fork"),
        (Self::Join, "join"),
        (Self::Feeder, "feeder"),
        (Self::Receiver, "receiver"),
        (Self::Maker, "maker"),
        (Self::Made, "made"),
        (Self::Seat, "seat"),
        (Self::Player, "player"),
        (Self::Idle, "idle"),
        (Self::Records, "records"),
    ];
}

/// A node, and what it runs on.
pub(crate) struct Node {
    runtime: Runtime,
    outside: Sends,
    groups: Vec<Addr>,
    next_key: Cell<u64>,
}

/// What sends to actors from a thread that is none of the runtime's: as the actor that elfo starts a node with.
pub(crate) struct Sends {
    context: Context,
    scope: Scope,
    runtime: Handle,
}

impl Sends {
    /// Waits where the mailbox is full.
    pub(crate) fn send<M: Message>(&self, to: Addr, message: M) -> Result<(), Spoiled> {
        match self.scope.clone().sync_within(|| self.context.try_send_to(to, message)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(message)) => {
                let sent = self.scope.clone().within(self.context.send_to(to, message));
                Ok(self.runtime.block_on(sent)?)
            }
            Err(error @ TrySendError::Closed(_)) => Err(error.into()),
        }
    }
}

impl Node {
    /// `blueprint` says what the actors of each group do; the one that makes actors knows the address of those made.
    pub(crate) fn start(
        workers: usize,
        capacity: i64,
        blueprint: impl Fn(Part, Addr) -> Blueprint,
    ) -> Result<Self, Spoiled> {
        // Its configurer listens to signals, and waits no longer than for some time.
        let runtime = Runtime::start_with(workers, |builder| builder.enable_io().enable_time())?;
        let topology = Topology::empty();
        let configurers = topology.local("system.configurers").entrypoint();
        let locals = Part::ALL.map(|(part, name)| (part, topology.local(name)));
        let groups: Vec<_> = locals.iter().map(|(_, local)| local.addr()).collect();
        for (part, local) in locals {
            local.mount(blueprint(part, groups[Part::Made as usize]));
        }
        let config = toml::toml! { common.system.mailbox.capacity = capacity };
        configurers.mount(elfo::batteries::configurer::fixture(&topology, config));
        let started =
            elfo::_priv::do_start(topology, false, |context, _| async move { (context, scope::expose()) });
        let (context, scope) = runtime.handle().block_on(started)?;
        let outside = Sends { context, scope, runtime: runtime.handle().clone() };
        Ok(Self { runtime, outside, groups, next_key: Cell::new(0) })
    }

    /// So many keys that nobody had, from this one on: who has ended may still be known by its key for a moment.
    pub(crate) fn keys(&self, count: u64) -> u64 {
        self.next_key.replace(self.next_key.get() + count)
    }

    /// Makes so many, and gives their addresses in the order of their keys.
    pub(crate) fn cast(&self, part: Part, actors: u64) -> Result<Vec<Addr>, Spoiled> {
        let group = self.groups[part as usize];
        let mut cast = Vec::with_capacity(actors as usize);
        while (cast.len() as u64) < actors {
            let count = CAST.min(actors - cast.len() as u64);
            let first = self.keys(count);
            let told = self.outside.context.request_to(group, Cast { first, count }).all().resolve();
            let told = self.runtime.handle().block_on(self.outside.scope.clone().within(told));
            let mut told = told.into_iter().collect::<Result<Vec<_>, _>>()?;
            told.sort_unstable_by_key(|told| told.0);
            cast.extend(told.into_iter().map(|told| told.1));
        }
        Ok(cast)
    }

    /// Makes one.
    pub(crate) fn cast_one(&self, part: Part) -> Result<Addr, Spoiled> {
        let cast = self.cast(part, 1)?;
        cast.first().copied().ok_or_else(|| Spoiled::Failed("nobody was made".into()))
    }

    /// Sends from this thread.
    pub(crate) fn send<M: Message>(&self, to: Addr, message: M) -> Result<(), Spoiled> {
        self.outside.send(to, message)
    }

    /// Ends actors when they have handled what they were sent.
    pub(crate) fn stop(&self, actors: impl IntoIterator<Item = Addr>) -> Result<(), Spoiled> {
        actors.into_iter().try_for_each(|actor| self.send(actor, Stop))
    }

    /// What sends from this thread on its own.
    pub(crate) fn outside(&self) -> Sends {
        let Sends { context, scope, runtime } = &self.outside;
        Sends { context: context.pruned(), scope: scope.clone(), runtime: runtime.clone() }
    }
}

//! Big: many actors, each of which pings one that it draws, which may be itself, waits for the pong, and pings the next. Each must have got a pong
//! for every ping, and have answered as many as the others' draws say.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::seeded::Seeded;
use crate::units;
use std::sync::Arc;
use throng::{Actor, Address, Context, Fault, Reply};

/// Each actor draws from the stream of its number.
const SEED: u64 = 1;

/// Savina's `big`.
pub(super) struct Big {
    actors: u64,
    pings: u64,
}

/// Who makes the others, and gathers what they have done.
pub(super) struct Sink {
    actors: u64,
    pings: u64,
    peers: Arc<[Address<ToPeer>]>,
    /// Of how many something is still to be heard, at first that they have pinged, and then what they have done.
    missing: u64,
    done: Vec<Done>,
    reply: Option<Reply<Vec<Done>>>,
}

/// What an actor has done.
#[derive(Clone, Copy)]
pub(super) struct Done {
    pings: u64,
    pongs: u64,
    answered: u64,
}

impl Done {
    const NOTHING: Self = Self { pings: 0, pongs: 0, answered: 0 };
}

pub(super) enum ToSink {
    Begin(Reply<Vec<Done>>),
    Pinged,
    Done { number: u64, done: Done },
}

struct Peer {
    sink: Address<ToSink>,
    number: u64,
    peers: Arc<[Address<ToPeer>]>,
    draws: Seeded,
    left: u64,
    /// Who is to answer.
    pinged: u64,
    done: Done,
}

pub(super) enum ToPeer {
    Start(Arc<[Address<ToPeer>]>),
    Ping(Address<ToPeer>),
    Pong(u64),
    Finish,
}

impl Actor for Sink {
    type Msg = ToSink;

    fn handle(&mut self, message: ToSink, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToSink::Begin(reply) => {
                self.reply = Some(reply);
                let sink = cx.me();
                let peer = |number| Peer {
                    sink,
                    number,
                    peers: Arc::default(),
                    draws: Seeded::stream(SEED, number),
                    left: self.pings,
                    pinged: number,
                    done: Done::NOTHING,
                };
                self.peers = (0..self.actors).map(|number| cx.spawn(peer(number))).collect();
                self.done = vec![Done::NOTHING; self.peers.len()];
                for peer in self.peers.iter() {
                    cx.send(*peer, ToPeer::Start(Arc::clone(&self.peers)))?;
                }
            }
            ToSink::Pinged => {
                self.missing -= 1;
                if self.missing == 0 {
                    self.missing = self.actors;
                    for peer in self.peers.iter() {
                        cx.send(*peer, ToPeer::Finish)?;
                    }
                }
            }
            ToSink::Done { number, done } => {
                self.done[number as usize] = done;
                self.missing -= 1;
                if self.missing == 0 {
                    let reply = asker(&mut self.reply)?;
                    reply.send(std::mem::take(&mut self.done));
                }
            }
        }
        Ok(())
    }
}

impl Peer {
    fn ping(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.left == 0 {
            return Ok(cx.send(self.sink, ToSink::Pinged)?);
        }
        self.left -= 1;
        self.done.pings += 1;
        self.pinged = self.draws.below(self.peers.len() as u64);
        let me = cx.me();
        Ok(cx.send(self.peers[self.pinged as usize], ToPeer::Ping(me))?)
    }
}

impl Actor for Peer {
    type Msg = ToPeer;

    fn handle(&mut self, message: ToPeer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToPeer::Start(peers) => {
                self.peers = peers;
                self.ping(cx)?;
            }
            ToPeer::Ping(from) => {
                self.done.answered += 1;
                cx.send(from, ToPeer::Pong(self.number))?;
            }
            ToPeer::Pong(number) if number == self.pinged => {
                self.done.pongs += 1;
                self.ping(cx)?;
            }
            ToPeer::Pong(number) => {
                let (me, pinged) = (self.number, self.pinged);
                return Err(Fault::msg(format!("{me}: {pinged} was to answer, {number} does")));
            }
            ToPeer::Finish => {
                cx.send(self.sink, ToSink::Done { number: self.number, done: self.done })?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for Big {
    const NAME: &'static str = "big";
    const DIFFERS: &'static str = "each actor tells at last what it has done";

    type Main = Sink;
    type Answer = Vec<Done>;
    /// What each is to have answered.
    type Expected = Vec<u64>;

    fn of(size: Size) -> Self {
        let (actors, pings) = size.of((12, 200), (120, 20_000), (120, 200_000));
        Self { actors, pings }
    }

    fn words(&self) -> String {
        let (pings, actors) = (units::counted(self.pings, "ping"), units::counted(self.actors, "actor"));
        format!("{pings} of each of {actors}, to whom it draws")
    }

    fn messages(&self) -> Messages {
        // The question, a ping and a pong; and each is started, has pinged, is to finish and says what it did.
        Messages::Exactly(1 + 2 * self.actors * self.pings + 4 * self.actors)
    }

    fn expected(&self) -> Vec<u64> {
        let mut answered = vec![0; self.actors as usize];
        for number in 0..self.actors {
            let mut draws = Seeded::stream(SEED, number);
            for _ in 0..self.pings {
                answered[draws.below(self.actors) as usize] += 1;
            }
        }
        answered
    }

    fn main(&self) -> Sink {
        Sink {
            actors: self.actors,
            pings: self.pings,
            peers: Arc::default(),
            missing: self.actors,
            done: Vec::new(),
            reply: None,
        }
    }

    fn begin(&self, reply: Reply<Vec<Done>>) -> ToSink {
        ToSink::Begin(reply)
    }

    fn check(&self, expected: &Vec<u64>, answer: Vec<Done>) -> Result<(), String> {
        same("actors", expected.len(), answer.len())?;
        for (number, (expected, done)) in expected.iter().zip(answer).enumerate() {
            same(format_args!("pings of actor {number}"), self.pings, done.pings)?;
            same(format_args!("pongs to actor {number}"), self.pings, done.pongs)?;
            same(format_args!("pings that actor {number} answered"), *expected, done.answered)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pong_too_few_and_a_ping_to_another_are_seen() {
        let workload = Big { actors: 3, pings: 5 };
        let expected = workload.expected();
        assert_eq!(expected.iter().sum::<u64>(), 15);
        let with = |change: fn(&mut [Done])| {
            let mut done: Vec<_> =
                expected.iter().map(|answered| Done { pings: 5, pongs: 5, answered: *answered }).collect();
            change(&mut done);
            workload.check(&expected, done)
        };
        assert_eq!(with(|_| ()), Ok(()));
        assert_eq!(with(|done| done[2].pings = 6), Err("pings of actor 2: 5 was to be, 6 is".into()));
        assert_eq!(with(|done| done[1].pongs = 4), Err("pongs to actor 1: 5 was to be, 4 is".into()));
        let (right, wrong) = (expected[0], expected[0] + 1);
        assert_eq!(
            with(|done| done[0].answered += 1),
            Err(format!("pings that actor 0 answered: {right} was to be, {wrong} is"))
        );
        assert_eq!(workload.check(&expected, Vec::new()), Err("actors: 3 was to be, 0 is".into()));
    }
}

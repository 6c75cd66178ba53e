//! Ping-pong: two actors, one message between them at a time.

use crate::savina::oracle::same;
use crate::savina::size::Size;
use crate::savina::workload::{Messages, Workload, asker};
use crate::units;
use throng::{Actor, Address, Context, Fault, Reply};

/// Savina's `pingpong`.
pub(super) struct PingPong {
    round_trips: u64,
}

/// Who serves, and counts what comes back.
pub(super) struct Ping {
    left: u64,
    pongs: u64,
    reply: Option<Reply<Counts>>,
}

/// Balls of each side.
pub(super) struct Counts {
    pings: u64,
    pongs: u64,
}

pub(super) enum ToPing {
    Begin(Reply<Counts>),
    Pong(Address<ToPong>),
    Pings(u64),
}

struct Pong {
    ping: Address<ToPing>,
    pings: u64,
}

pub(super) enum ToPong {
    Ping,
    Stop,
}

impl Actor for Ping {
    type Msg = ToPing;

    fn handle(&mut self, message: ToPing, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToPing::Begin(reply) => {
                self.reply = Some(reply);
                let pong = cx.spawn(Pong { ping: cx.me(), pings: 0 });
                self.left -= 1;
                cx.send(pong, ToPong::Ping)?;
            }
            ToPing::Pong(pong) => {
                self.pongs += 1;
                if self.left == 0 {
                    cx.send(pong, ToPong::Stop)?;
                } else {
                    self.left -= 1;
                    cx.send(pong, ToPong::Ping)?;
                }
            }
            ToPing::Pings(pings) => {
                let reply = asker(&mut self.reply)?;
                reply.send(Counts { pings, pongs: self.pongs });
            }
        }
        Ok(())
    }
}

impl Actor for Pong {
    type Msg = ToPong;

    fn handle(&mut self, message: ToPong, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            ToPong::Ping => {
                self.pings += 1;
                let me = cx.me();
                cx.send(self.ping, ToPing::Pong(me))?;
            }
            ToPong::Stop => {
                cx.send(self.ping, ToPing::Pings(self.pings))?;
                cx.stop();
            }
        }
        Ok(())
    }
}

impl Workload for PingPong {
    const NAME: &'static str = "ping-pong";
    const DIFFERS: &'static str = "";

    type Main = Ping;
    type Answer = Counts;
    type Expected = u64;

    fn of(size: Size) -> Self {
        Self { round_trips: size.of(2_000, 40_000, 1_000_000) }
    }

    fn words(&self) -> String {
        format!("{} round trips between two actors", units::count(self.round_trips))
    }

    fn messages(&self) -> Messages {
        Messages::Exactly(2 * self.round_trips + 3)
    }

    fn expected(&self) -> u64 {
        self.round_trips
    }

    fn main(&self) -> Ping {
        Ping { left: self.round_trips, pongs: 0, reply: None }
    }

    fn begin(&self, reply: Reply<Counts>) -> ToPing {
        ToPing::Begin(reply)
    }

    fn check(&self, expected: &u64, answer: Counts) -> Result<(), String> {
        same("pings", *expected, answer.pings)?;
        same("pongs", *expected, answer.pongs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ball_too_few_and_one_too_many_are_seen() {
        let workload = PingPong { round_trips: 3 };
        let check = |pings, pongs| workload.check(&3, Counts { pings, pongs });
        assert_eq!(check(3, 3), Ok(()));
        assert_eq!(check(4, 3), Err("pings: 3 was to be, 4 is".into()));
        assert_eq!(check(3, 2), Err("pongs: 3 was to be, 2 is".into()));
    }
}

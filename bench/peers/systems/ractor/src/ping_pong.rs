//! Ping-pong: two actors, one message between them at a time.

use crate::made;
use peer_tally::own::{Tallies, Tally};
use ractor::{Actor, ActorProcessingErr, ActorRef};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;

/// Who serves.
struct Ping;

struct Serving {
    pong: ActorRef<ToPong>,
    left: u64,
    pongs: Tally<u64>,
    ended: Sender<Instant>,
}

enum ToPing {
    Begin,
    Pong,
}

impl Actor for Ping {
    type Msg = ToPing;
    type State = Serving;
    type Arguments = Serving;

    async fn pre_start(&self, _: ActorRef<ToPing>, serving: Serving) -> Result<Serving, ActorProcessingErr> {
        Ok(serving)
    }

    async fn handle(
        &self,
        _: ActorRef<ToPing>,
        message: ToPing,
        serving: &mut Serving,
    ) -> Result<(), ActorProcessingErr> {
        if let ToPing::Pong = message {
            serving.pongs.count += 1;
        }
        if serving.left == 0 {
            serving.ended.send(Instant::now())?;
        } else {
            serving.left -= 1;
            serving.pong.cast(ToPong::Ping)?;
        }
        Ok(())
    }
}

/// Who answers.
struct Pong;

struct Answering {
    ping: Option<ActorRef<ToPing>>,
    pings: Tally<u64>,
}

enum ToPong {
    Meet(ActorRef<ToPing>),
    Ping,
}

impl Actor for Pong {
    type Msg = ToPong;
    type State = Answering;
    type Arguments = Answering;

    async fn pre_start(
        &self,
        _: ActorRef<ToPong>,
        answering: Answering,
    ) -> Result<Answering, ActorProcessingErr> {
        Ok(answering)
    }

    async fn handle(
        &self,
        _: ActorRef<ToPong>,
        message: ToPong,
        answering: &mut Answering,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            ToPong::Meet(ping) => answering.ping = Some(ping),
            ToPong::Ping => {
                answering.pings.count += 1;
                answering.ping.as_ref().ok_or("a ping before they met")?.cast(ToPing::Pong)?;
            }
        }
        Ok(())
    }
}

pub(crate) fn run(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let (pongs, pings) = (tallies.tally(), tallies.tally());
    let pong = made(runtime, Pong, Answering { ping: None, pings })?;
    let ping = made(runtime, Ping, Serving { pong: pong.clone(), left: task.each(), pongs, ended })?;
    pong.cast(ToPong::Meet(ping.clone()))?;
    let began = Instant::now();
    ping.cast(ToPing::Begin)?;
    let took = heard(&news)?.duration_since(began);
    ping.stop(None);
    pong.stop(None);
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}

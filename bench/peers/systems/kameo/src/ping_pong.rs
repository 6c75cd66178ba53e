//! Ping-pong: two actors, one message between them at a time.

use crate::system::{Refused, System, tell, tell_from_outside};
use kameo::Actor;
use kameo::actor::ActorRef;
use kameo::message::{Context, Message};
use peer_tally::own::{Tallies, Tally};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;

/// Who serves.
#[derive(Actor)]
struct Ping {
    pong: ActorRef<Pong>,
    left: u64,
    pongs: Tally<u64>,
    ended: Sender<Instant>,
}

struct Begin;
struct Ball;

impl Ping {
    async fn serve(&mut self) -> Result<(), Refused> {
        self.left -= 1;
        tell(&self.pong, Ball).await
    }
}

impl Message<Begin> for Ping {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Begin, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.serve().await
    }
}

impl Message<Ball> for Ping {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Ball, context: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.pongs.count += 1;
        if self.left > 0 {
            return self.serve().await;
        }
        // Who does not wait for it has been told why.
        let _ = self.ended.send(Instant::now());
        context.stop();
        Ok(())
    }
}

/// Who answers.
#[derive(Actor)]
struct Pong {
    ping: Option<ActorRef<Ping>>,
    pings: Tally<u64>,
}

struct Meet(ActorRef<Ping>);

impl Message<Meet> for Pong {
    type Reply = ();

    async fn handle(&mut self, Meet(ping): Meet, _: &mut Context<Self, Self::Reply>) {
        self.ping = Some(ping);
    }
}

impl Message<Ball> for Pong {
    type Reply = Result<(), Refused>;

    async fn handle(&mut self, _: Ball, _: &mut Context<Self, Self::Reply>) -> Self::Reply {
        self.pings.count += 1;
        tell(self.ping.as_ref().ok_or(Refused)?, Ball).await
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let (pongs, pings) = (tallies.tally(), tallies.tally());
    let pong = system.made(Pong { ping: None, pings });
    let ping = system.made(Ping { pong: pong.clone(), left: task.each(), pongs, ended });
    tell_from_outside(&pong, Meet(ping.clone()))?;
    // It ends when nobody can send to it any more.
    drop(pong);
    let began = Instant::now();
    tell_from_outside(&ping, Begin)?;
    let took = heard(&news)?.duration_since(began);
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}

//! Ping-pong: two actors, one message between them at a time.

use crate::system::{System, tell};
use peer_tally::own::{Tallies, Tally};
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use xtra::{Address, Context, Error, Handler};

/// Who serves.
#[derive(xtra::Actor)]
struct Ping {
    pong: Address<Pong>,
    left: u64,
    pongs: Tally<u64>,
    ended: Sender<Instant>,
}

struct Begin;
struct Ball;

impl Ping {
    async fn serve(&mut self) -> Result<(), Error> {
        self.left -= 1;
        tell(&self.pong, Ball).await
    }
}

impl Handler<Begin> for Ping {
    type Return = Result<(), Error>;

    async fn handle(&mut self, _: Begin, _: &mut Context<Self>) -> Self::Return {
        self.serve().await
    }
}

impl Handler<Ball> for Ping {
    type Return = Result<(), Error>;

    async fn handle(&mut self, _: Ball, context: &mut Context<Self>) -> Self::Return {
        self.pongs.count += 1;
        if self.left > 0 {
            return self.serve().await;
        }
        // Who does not wait for it has been told why.
        let _ = self.ended.send(Instant::now());
        context.stop_self();
        Ok(())
    }
}

/// Who answers.
#[derive(xtra::Actor)]
struct Pong {
    ping: Option<Address<Ping>>,
    pings: Tally<u64>,
}

struct Meet(Address<Ping>);

impl Handler<Meet> for Pong {
    type Return = ();

    async fn handle(&mut self, Meet(ping): Meet, _: &mut Context<Self>) {
        self.ping = Some(ping);
    }
}

impl Handler<Ball> for Pong {
    type Return = Result<(), Error>;

    async fn handle(&mut self, _: Ball, _: &mut Context<Self>) -> Self::Return {
        self.pings.count += 1;
        tell(self.ping.as_ref().ok_or(Error::Disconnected)?, Ball).await
    }
}

pub(crate) fn run(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let mut tallies = Tallies::new();
    let (ended, news) = channel();
    let (pongs, pings) = (tallies.tally(), tallies.tally());
    let pong = system.made(Pong { ping: None, pings });
    let ping = system.made(Ping { pong: pong.clone(), left: task.each(), pongs, ended });
    system.tell(&pong, Meet(ping.clone()))?;
    // It ends when nobody can send to it any more.
    drop(pong);
    let began = Instant::now();
    system.tell(&ping, Begin)?;
    let took = heard(&news)?.duration_since(began);
    Ok(Iteration { took, counts: tallies.all()?, disorder: 0 })
}

//! Two actors: ping-pong, and one that asks the other.

use crate::alone::spoiled::Spoiled;
use crate::peers::latch::heard;
use crate::peers::peer::Iteration;
use crate::peers::task::Task;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use throng::{Actor, Address, Context, Fault, Outcome, Reply, System};

enum Ball {
    Serve(Address<Ball>),
    Hit,
    Over,
}

/// When the last was handled, and how many.
type Told = (Instant, u64);

struct Player {
    partner: Option<Address<Ball>>,
    /// Whether it serves, and says when it is over.
    serves: bool,
    trips: u64,
    hits: u64,
    told: Sender<Told>,
}

impl Player {
    fn hit(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let partner = self.partner.ok_or_else(|| Fault::msg("a ball, and nobody to play with"))?;
        Ok(cx.send(partner, ball)?)
    }

    fn over(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.told.send((Instant::now(), self.hits))?;
        cx.stop();
        Ok(())
    }
}

impl Actor for Player {
    type Msg = Ball;

    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ball {
            Ball::Serve(partner) => {
                self.partner = Some(partner);
                self.hit(Ball::Hit, cx)
            }
            Ball::Hit => {
                self.hits += 1;
                if self.serves && self.hits == self.trips {
                    self.over(cx)?;
                    return self.hit(Ball::Over, cx);
                }
                self.hit(Ball::Hit, cx)
            }
            Ball::Over => self.over(cx),
        }
    }
}

pub(super) fn ping_pong(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let (told, over) = channel();
    let (answered, other) = channel();
    let trips = task.each();
    let ping = system.spawn(Player { partner: None, serves: true, trips, hits: 0, told });
    let pong = system.spawn(Player { partner: Some(ping), serves: false, trips, hits: 0, told: answered });
    let begun = Instant::now();
    ping.try_send(Ball::Serve(pong))?;
    let (ended, pongs) = heard(&over)?;
    let (_, pings) = heard(&other)?;
    Ok(Iteration { took: ended - begun, counts: vec![pongs, pings], disorder: 0 })
}

enum Heard {
    Begin,
    Answer(Outcome<u64>),
}

struct Asker {
    of: Address<Question>,
    questions: u64,
    answers: u64,
    sum: u64,
    told: Sender<(Instant, u64, u64)>,
}

struct Question(u64, Reply<u64>);

struct Answerer;

impl Actor for Answerer {
    type Msg = Question;

    fn handle(&mut self, Question(n, reply): Question, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(n + 1);
        Ok(())
    }
}

impl Actor for Asker {
    type Msg = Heard;

    fn handle(&mut self, message: Heard, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Heard::Answer(answer) = message {
            self.sum += answer?;
            self.answers += 1;
        }
        if self.answers == self.questions {
            self.told.send((Instant::now(), self.answers, self.sum))?;
            cx.stop();
            return Ok(());
        }
        let n = self.answers;
        cx.ask(self.of, |reply| Question(n, reply), Heard::Answer)?;
        Ok(())
    }
}

pub(super) fn ask(system: &System, task: Task) -> Result<Iteration, Spoiled> {
    let (told, over) = channel();
    let of = system.spawn(Answerer);
    let asker = system.spawn(Asker { of, questions: task.each(), answers: 0, sum: 0, told });
    let begun = Instant::now();
    asker.try_send(Heard::Begin)?;
    let (ended, answers, sum) = heard(&over)?;
    let _ = of.stop();
    Ok(Iteration { took: ended - begun, counts: vec![answers, sum], disorder: 0 })
}

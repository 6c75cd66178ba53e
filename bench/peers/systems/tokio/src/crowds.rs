//! Works of many actors that draw or make each other: big, create, and the idle crowd.

use crate::inside::{Actor, ended, inside};
use crate::mailboxes::{Address, Mailbox, Mailboxes};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use throng_bench::seeded::Seeded;
use tokio::runtime::Handle;
use tokio::task::consume_budget;

/// What the actors of big send each other.
enum Big {
    Begin,
    /// From the one with this number.
    Ping(u32),
    Pong,
    Stop,
}

/// The one message of an actor that is made for it, or stays idle after it.
pub(crate) struct Greeting(u64);

type Addresses<M> = Arc<[<M as Mailboxes>::Address<Big>]>;

pub(crate) fn big<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let (there, all_there) = Latch::new(task.actors);
    let (done, all_done) = Latch::new(task.actors);
    let (everyone, actors) = inside(runtime, async move { Ok(acquainted::<M>(task, &there, &done)) })?;
    all_there.ended()?;
    let beginning = Arc::clone(&everyone);
    let began = inside(runtime, async move {
        let began = Instant::now();
        for one in beginning.iter() {
            one.send(Big::Begin).await?;
        }
        Ok(began)
    })?;
    let took = all_done.ended()? - began;
    let told = inside(runtime, async move {
        for one in everyone.iter() {
            one.send(Big::Stop).await?;
        }
        ended(actors).await
    })?;
    let mut counts: Vec<u64> = told.iter().map(|(pongs, _)| *pongs).collect();
    counts.push(told.iter().map(|(_, answered)| answered).sum());
    Ok(Iteration { took, counts, disorder: 0 })
}

/// All actors, each of which has the addresses of all.
fn acquainted<M: Mailboxes>(
    task: Task,
    there: &Arc<Latch>,
    done: &Arc<Latch>,
) -> (Addresses<M>, Vec<Actor<(u64, u64)>>) {
    let (addresses, mailboxes): (Vec<_>, Vec<_>) = (0..task.actors).map(|_| M::mailbox()).unzip();
    let everyone: Addresses<M> = addresses.into();
    let one = |(number, mailbox)| {
        let player = Player::<M> {
            number,
            each: task.each(),
            everyone: Arc::clone(&everyone),
            drawn: Seeded::stream(1, number),
            pongs: 0,
            answered: 0,
        };
        tokio::spawn(player.play(mailbox, Arc::clone(there), Arc::clone(done)))
    };
    let actors = (0..).zip(mailboxes).map(one).collect();
    (everyone, actors)
}

/// An actor of big.
struct Player<M: Mailboxes> {
    number: u64,
    each: u64,
    everyone: Addresses<M>,
    drawn: Seeded,
    pongs: u64,
    answered: u64,
}

impl<M: Mailboxes> Player<M> {
    /// Pongs that came, and pings that were answered, until it is stopped.
    async fn play(
        mut self,
        mut mailbox: M::Mailbox<Big>,
        there: Arc<Latch>,
        done: Arc<Latch>,
    ) -> Result<(u64, u64), Spoiled> {
        there.count_down(self.number);
        while let Some(message) = mailbox.next().await {
            match message {
                Big::Begin => self.ping().await?,
                Big::Ping(from) => {
                    self.answered += 1;
                    self.everyone[from as usize].send(Big::Pong).await?;
                }
                Big::Pong => {
                    self.pongs += 1;
                    if self.pongs == self.each {
                        done.count_down(self.number);
                    } else {
                        self.ping().await?;
                    }
                }
                Big::Stop => break,
            }
        }
        Ok((self.pongs, self.answered))
    }

    async fn ping(&mut self) -> Result<(), Spoiled> {
        let to = self.drawn.below(self.everyone.len() as u64);
        self.everyone[to as usize].send(Big::Ping(self.number as u32)).await?;
        Ok(())
    }
}

pub(crate) fn create<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let (done, all_done) = Latch::new(task.messages);
    let began = inside(runtime, maker::<M>(task.messages, Arc::clone(&done)))?;
    let took = all_done.ended()? - began;
    Ok(Iteration { took, counts: vec![done.counted()], disorder: 0 })
}

/// Makes so many, who have their turns in between: their memory is used again then, while it is near.
async fn maker<M: Mailboxes>(count: u64, done: Arc<Latch>) -> Result<Instant, Spoiled> {
    let began = Instant::now();
    for number in 0..count {
        let (address, greetings) = M::mailbox();
        tokio::spawn(greeted::<M>(greetings, Arc::clone(&done)));
        address.send(Greeting(number)).await?;
        consume_budget().await;
    }
    Ok(began)
}

/// Counts down when it is gone, with its mailbox.
async fn greeted<M: Mailboxes>(mut greetings: M::Mailbox<Greeting>, done: Arc<Latch>) {
    let Some(Greeting(number)) = greetings.next().await else { return };
    drop(greetings);
    done.count_down(number);
}

/// The addresses of so many idle actors, each of which has handled its message.
pub(crate) fn idle<M: Mailboxes>(runtime: &Handle, count: u64) -> Result<Vec<M::Address<Greeting>>, Spoiled> {
    let (done, all_done) = Latch::new(count);
    let addresses = inside(runtime, async move {
        let mut addresses = Vec::with_capacity(count as usize);
        for number in 0..count {
            let (address, greetings) = M::mailbox();
            tokio::spawn(idler::<M>(greetings, Arc::clone(&done)));
            address.send(Greeting(number)).await?;
            addresses.push(address);
        }
        Ok(addresses)
    })?;
    all_done.ended()?;
    Ok(addresses)
}

/// 16 bytes of state, and nothing to do.
async fn idler<M: Mailboxes>(mut greetings: M::Mailbox<Greeting>, done: Arc<Latch>) {
    let (mut greeted, mut last) = (0_u64, 0);
    while let Some(Greeting(number)) = greetings.next().await {
        (greeted, last) = (greeted + 1, number);
        done.count_down(number);
    }
    std::hint::black_box((greeted, last));
}

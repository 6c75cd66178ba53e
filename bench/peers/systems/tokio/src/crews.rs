//! Works of one actor and many: fork-join and fan-in.

use crate::inside::{ended, inside};
use crate::mailboxes::{Address, Mailbox, Mailboxes};
use std::sync::Arc;
use std::time::Instant;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::Latch;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;
use tokio::task::yield_now;

/// So many messages in a row each sends in fan-in before it is another's turn: what is sent takes nothing of what tokio lets a task do in
/// one turn, and would be cold when it is received. One who sends alone is not faster so.
const BURST: u64 = 128;

/// What each counts by in fork-join.
struct Increment;

/// Tells who sends in fan-in to begin.
struct Begin;

/// A message of fan-in.
struct Numbered {
    sender: u32,
    number: u32,
}

pub(crate) fn fork_join<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let each = task.each();
    let (there, all_there) = Latch::new(task.actors);
    let (done, all_done) = Latch::new(task.actors);
    let (counters, actors) = inside(runtime, async move {
        let one = |number| {
            let (address, increments) = M::mailbox();
            let (there, done) = (Arc::clone(&there), Arc::clone(&done));
            (address, tokio::spawn(counter::<M>(number, each, increments, there, done)))
        };
        let (counters, actors): (Vec<_>, Vec<_>) = (0..task.actors).map(one).unzip();
        Ok((counters, actors))
    })?;
    all_there.ended()?;
    let (began, counters) = inside(runtime, fork::<M>(each, counters))?;
    let took = all_done.ended()? - began;
    drop(counters);
    let counts = inside(runtime, ended(actors))?;
    Ok(Iteration { took, counts, disorder: 0 })
}

/// Sends `each` messages to each in turns; gives the addresses back, so that what they take to drop is not measured.
async fn fork<M: Mailboxes>(
    each: u64,
    counters: Vec<M::Address<Increment>>,
) -> Result<(Instant, Vec<M::Address<Increment>>), Spoiled> {
    let began = Instant::now();
    for _ in 0..each {
        for counter in &counters {
            counter.send(Increment).await?;
        }
    }
    Ok((began, counters))
}

async fn counter<M: Mailboxes>(
    number: u64,
    each: u64,
    mut increments: M::Mailbox<Increment>,
    there: Arc<Latch>,
    done: Arc<Latch>,
) -> Result<u64, Spoiled> {
    there.count_down(number);
    let (mut count, mut batch) = (0, Vec::new());
    while increments.batch(&mut batch).await > 0 {
        let before = count;
        for Increment in batch.drain(..) {
            count += 1;
        }
        if before < each && count >= each {
            done.count_down(number);
        }
    }
    Ok(count)
}

pub(crate) fn fan_in<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let each = task.each();
    // The receiver is there too.
    let (there, all_there) = Latch::new(task.actors + 1);
    let (senders, actors, receiver) = inside(runtime, async move {
        let (to_receiver, numbered) = M::mailbox();
        let receiver = tokio::spawn(receiver::<M>(task.actors, task.messages, numbered, Arc::clone(&there)));
        let one = |number| {
            let (address, begin) = M::mailbox();
            let sending = sender::<M>(number, each, begin, to_receiver.clone(), Arc::clone(&there));
            (address, tokio::spawn(sending))
        };
        let (senders, actors): (Vec<_>, Vec<_>) = (0..task.actors).map(one).unzip();
        Ok((senders, actors, receiver))
    })?;
    all_there.ended()?;
    inside(runtime, async move {
        let began = Instant::now();
        for sender in &senders {
            sender.send(Begin).await?;
        }
        let (counts, disorder, last) = receiver.await??;
        ended(actors).await?;
        Ok(Iteration { took: last - began, counts, disorder })
    })
}

async fn sender<M: Mailboxes>(
    sender: u64,
    each: u64,
    mut begin: M::Mailbox<Begin>,
    receiver: M::Address<Numbered>,
    there: Arc<Latch>,
) -> Result<(), Spoiled> {
    there.count_down(sender);
    if let Some(Begin) = begin.next().await {
        for number in 0..each {
            receiver.send(Numbered { sender: sender as u32, number: number as u32 }).await?;
            if (number + 1).is_multiple_of(BURST) {
                yield_now().await;
            }
        }
    }
    Ok(())
}

/// Counts what comes of each sender, and what comes after a later one; and tells when the last came.
async fn receiver<M: Mailboxes>(
    senders: u64,
    messages: u64,
    mut numbered: M::Mailbox<Numbered>,
    there: Arc<Latch>,
) -> Result<(Vec<u64>, u64, Instant), Spoiled> {
    there.count_down(senders);
    let (mut counts, mut expected) = (vec![0; senders as usize], vec![0; senders as usize]);
    let (mut handled, mut disorder, mut batch) = (0, 0, Vec::new());
    while handled < messages && numbered.batch(&mut batch).await > 0 {
        handled += batch.len() as u64;
        for Numbered { sender, number } in batch.drain(..) {
            let expected = &mut expected[sender as usize];
            disorder += u64::from(number < *expected);
            *expected = number + 1;
            counts[sender as usize] += 1;
        }
    }
    Ok((counts, disorder, Instant::now()))
}

//! Works of two actors: ping-pong, counting and ask.

use crate::inside::inside;
use crate::mailboxes::{Address, Mailbox, Mailboxes};
use std::time::{Duration, Instant};
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::peer::Iteration;
use throng_bench::peers::task::Task;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// A ball of ping-pong, with its number.
struct Ball(u64);

/// What counting counts by.
struct Increment;

/// What is asked, and where the answer goes.
struct Question {
    n: u64,
    answer: oneshot::Sender<u64>,
}

pub(crate) fn ping_pong<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let each = task.each();
    inside(runtime, async move {
        let (to_server, pongs) = M::mailbox();
        let (to_answerer, pings) = M::mailbox();
        let answerer = tokio::spawn(answerer::<M>(pings, to_server));
        let server = tokio::spawn(server::<M>(each, to_answerer, pongs));
        let (began, handled, ended) = server.await??;
        Ok(Iteration { took: ended - began, counts: vec![handled, answerer.await??], disorder: 0 })
    })
}

/// Serves, and is answered, `each` times: how many came back, between what times.
async fn server<M: Mailboxes>(
    each: u64,
    answerer: M::Address<Ball>,
    mut pongs: M::Mailbox<Ball>,
) -> Result<(Instant, u64, Instant), Spoiled> {
    let mut handled = 0;
    let began = Instant::now();
    answerer.send(Ball(0)).await?;
    while let Some(Ball(n)) = pongs.next().await {
        handled += 1;
        if handled == each {
            break;
        }
        answerer.send(Ball(n + 1)).await?;
    }
    Ok((began, handled, Instant::now()))
}

/// Sends back what comes, until nobody serves any more.
async fn answerer<M: Mailboxes>(
    mut pings: M::Mailbox<Ball>,
    server: M::Address<Ball>,
) -> Result<u64, Spoiled> {
    let mut handled = 0;
    while let Some(ball) = pings.next().await {
        handled += 1;
        server.send(ball).await?;
    }
    Ok(handled)
}

pub(crate) fn counting<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let each = task.each();
    inside(runtime, async move {
        let (to_counter, increments) = M::mailbox();
        let counter = tokio::spawn(counter::<M>(each, increments));
        let producer = tokio::spawn(producer::<M>(each, to_counter));
        let (total, ended) = counter.await??;
        let began = producer.await??;
        Ok(Iteration { took: ended - began, counts: vec![total], disorder: 0 })
    })
}

async fn producer<M: Mailboxes>(each: u64, counter: M::Address<Increment>) -> Result<Instant, Spoiled> {
    let began = Instant::now();
    for _ in 0..each {
        counter.send(Increment).await?;
    }
    Ok(began)
}

async fn counter<M: Mailboxes>(
    each: u64,
    mut increments: M::Mailbox<Increment>,
) -> Result<(u64, Instant), Spoiled> {
    let (mut total, mut batch) = (0, Vec::new());
    while total < each && increments.batch(&mut batch).await > 0 {
        for Increment in batch.drain(..) {
            total += 1;
        }
    }
    Ok((total, Instant::now()))
}

pub(crate) fn ask<M: Mailboxes>(runtime: &Handle, task: Task) -> Result<Iteration, Spoiled> {
    let each = task.each();
    inside(runtime, async move {
        let (to_asked, questions) = M::mailbox();
        let asked = tokio::spawn(asked::<M>(questions));
        let (took, answers, sum) = tokio::spawn(asker::<M>(each, to_asked)).await??;
        asked.await??;
        Ok(Iteration { took, counts: vec![answers, sum], disorder: 0 })
    })
}

async fn asker<M: Mailboxes>(
    each: u64,
    asked: M::Address<Question>,
) -> Result<(Duration, u64, u64), Spoiled> {
    let (mut answers, mut sum) = (0, 0);
    let began = Instant::now();
    for n in 0..each {
        let (answer, answered) = oneshot::channel();
        asked.send(Question { n, answer }).await?;
        sum += answered.await?;
        answers += 1;
    }
    Ok((began.elapsed(), answers, sum))
}

async fn asked<M: Mailboxes>(mut questions: M::Mailbox<Question>) -> Result<(), Spoiled> {
    while let Some(Question { n, answer }) = questions.next().await {
        // Who asked and went away is not there to be told.
        let _ = answer.send(n + 1);
    }
    Ok(())
}

//! Work on the runtime's workers, waited for by the thread that is none of them.

use std::sync::mpsc::channel;
use throng_bench::alone::spoiled::Spoiled;
use throng_bench::peers::latch::heard;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// A task that was made, and what it tells at its end.
pub(crate) type Actor<T> = JoinHandle<Result<T, Spoiled>>;

/// Does `work` on a worker, and waits for what comes of it.
pub(crate) fn inside<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = Result<T, Spoiled>> + Send + 'static,
) -> Result<T, Spoiled> {
    let (told, news) = channel();
    runtime.spawn(async move {
        // Who waits no more has been told why.
        let _ = told.send(work.await);
    });
    heard(&news)?
}

/// What each tells at its end, in their order.
pub(crate) async fn ended<T>(actors: Vec<Actor<T>>) -> Result<Vec<T>, Spoiled> {
    let mut told = Vec::with_capacity(actors.len());
    for actor in actors {
        told.push(actor.await??);
    }
    Ok(told)
}

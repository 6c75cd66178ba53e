//! What runs the tasks: tokio's workers, or, where there is to be one, a thread that runs them itself.

use std::thread::{self, JoinHandle};
use throng_bench::alone::spoiled::Spoiled;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// A runtime and the threads that it is on.
#[derive(Debug)]
pub(crate) struct Stage {
    handle: Handle,
    _threads: Threads,
}

/// Ends with what it holds.
#[derive(Debug)]
enum Threads {
    /// The runtime's own.
    Workers { _runtime: Runtime },
    /// One that has nothing else to do.
    One { _one: One },
}

#[derive(Debug)]
struct One {
    /// The runtime runs until this is dropped.
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Stage {
    pub(crate) fn start(workers: usize) -> Result<Self, Spoiled> {
        if workers == 1 {
            return Self::one();
        }
        let runtime = Builder::new_multi_thread().worker_threads(workers).build()?;
        Ok(Self { handle: runtime.handle().clone(), _threads: Threads::Workers { _runtime: runtime } })
    }

    fn one() -> Result<Self, Spoiled> {
        let runtime = Builder::new_current_thread().build()?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().spawn(move || {
            // An error is how it ends: nothing is ever sent.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _threads: Threads::One { _one: One { end: Some(end), thread: Some(thread) } } })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for One {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // Tasks catch their own panics.
            let _ = thread.join();
        }
    }
}

//! What runs the tasks of every system that is on tokio: its workers, or, where there is to be one, a thread that runs them itself.
//!
//! A current_thread runtime needs no more than one thread does: it wakes nobody for what its own tasks make, and nothing can be stolen.

use std::thread::{self, JoinHandle};
use throng_bench::alone::spoiled::Spoiled;
use tokio::runtime::{Builder, Handle, Runtime as Tokio};
use tokio::sync::oneshot;

/// A runtime and the threads that it is on.
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    _threads: Threads,
}

/// Ends with what it holds.
#[derive(Debug)]
enum Threads {
    /// The runtime's own.
    Workers { _runtime: Tokio },
    /// One that has nothing else to do.
    One { _one: One },
}

#[derive(Debug)]
struct One {
    /// The runtime runs until this is dropped.
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Runtime {
    /// With so many workers, one or more, and nothing that waits for times or for the network.
    ///
    /// # Errors
    /// [`Spoiled::Failed`] if its threads do not start.
    pub fn start(workers: usize) -> Result<Self, Spoiled> {
        Self::start_with(workers, |builder| builder)
    }

    /// The same with what `configure` adds.
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub fn start_with(
        workers: usize,
        configure: impl FnOnce(&mut Builder) -> &mut Builder,
    ) -> Result<Self, Spoiled> {
        if workers == 1 {
            return Self::one(configure(&mut Builder::new_current_thread()).build()?);
        }
        let runtime = configure(Builder::new_multi_thread().worker_threads(workers)).build()?;
        Ok(Self { handle: runtime.handle().clone(), _threads: Threads::Workers { _runtime: runtime } })
    }

    fn one(runtime: Tokio) -> Result<Self, Spoiled> {
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().spawn(move || {
            // An error is how it ends: nothing is ever sent.
            let _ = runtime.block_on(ended);
        })?;
        Ok(Self { handle, _threads: Threads::One { _one: One { end: Some(end), thread: Some(thread) } } })
    }

    /// What tasks are made by, and waited for, from threads that are not the runtime's.
    pub fn handle(&self) -> &Handle {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use throng_bench::peers::latch::heard;
    use tokio::runtime::RuntimeFlavor;

    /// Dropped by a task that never ends.
    struct Tells(std::sync::mpsc::Sender<thread::ThreadId>);

    impl Drop for Tells {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn one_worker_is_one_thread_of_its_own_and_more_are_tokios() {
        for (workers, flavor) in [(1, RuntimeFlavor::CurrentThread), (2, RuntimeFlavor::MultiThread)] {
            let runtime = Runtime::start(workers).expect("starts");
            assert_eq!(runtime.handle().runtime_flavor(), flavor);
            assert_eq!(runtime.handle().metrics().num_workers(), workers);
            let on = async { thread::current().id() };
            let on = runtime.handle().block_on(runtime.handle().spawn(on)).expect("it ends");
            assert_ne!(on, thread::current().id(), "who waits is no worker");
        }
    }

    #[test]
    fn tasks_that_are_left_are_dropped_before_it_has_ended() {
        for workers in [1, 2] {
            let runtime = Runtime::start(workers).expect("starts");
            let ((dropped, drops), (began, begins)) = (channel(), channel());
            let tells = Tells(dropped);
            runtime.handle().spawn(async move {
                let _tells = tells;
                began.send(()).expect("is waited for");
                std::future::pending::<()>().await;
            });
            heard(&begins).expect("the task began");
            assert!(drops.try_recv().is_err(), "it runs");
            drop(runtime);
            assert!(drops.try_recv().is_ok(), "{workers} workers");
        }
    }
}

//! An actor that waits for no future, and gets what each gives as a message: one that the engine polls, one that fails, and one that
//! another runtime polls (here a thread; with tokio it would be `|task| drop(handle.spawn(task))`).

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;
use throng::{Actor, Context, Failure, Fault, PipedFuture, System};

struct Reader;

enum Msg {
    Read,
    Got(&'static str, Result<String, Failure>),
}

async fn read(what: &'static str) -> String {
    assert!(what != "a bad page", "cannot read it");
    format!("the words of {what}")
}

impl Actor for Reader {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Read => {
                cx.pipe(read("a page"), |got| Msg::Got("engine", got));
            }
            Msg::Got(from, got) => {
                match got {
                    Ok(words) => println!("{from}: {words}"),
                    Err(failure) => println!("{from}: {failure}"),
                }
                match from {
                    "engine" => cx.pipe(read("a bad page"), |got| Msg::Got("failing", got)),
                    "failing" => cx.pipe_on(run, read("a socket"), |got| Msg::Got("runtime", got)),
                    _ => cx.stop(),
                }
            }
        }
        Ok(())
    }
}

/// A runtime for one future.
fn run(task: PipedFuture) {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    std::thread::spawn(move || {
        let mut task = pin!(task);
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        while task.as_mut().poll(&mut Poll::from_waker(&waker)).is_pending() {
            std::thread::park();
        }
    });
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The words of the panic are told as a message.
    std::panic::set_hook(Box::new(|_| {}));
    let system = System::builder().workers(1).build()?;
    let reader = system.spawn(Reader);
    reader.try_send(Msg::Read)?;
    let ledger = system.shutdown(Duration::from_secs(10))?;
    println!("{} messages handled, {} actors failed", ledger.handled, ledger.faults);
    Ok(())
}

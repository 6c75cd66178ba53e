//! An actor that waits for no future, and gets what each gives as a message: one that the engine polls, one that fails, and one that
//! tokio polls, as it waits for tokio's clock.

use std::time::Duration;
use throng::{Actor, Context, Failure, Fault, System};
use tokio::runtime::{Builder, Handle};

struct Reader(Handle);

enum Msg {
    Read,
    Got(&'static str, Result<String, Failure>),
}

async fn read(what: &'static str) -> String {
    assert!(what != "a bad page", "cannot read it");
    format!("the words of {what}")
}

/// Stands for a disk or a network.
async fn read_slowly(what: &'static str) -> String {
    tokio::time::sleep(Duration::from_millis(5)).await;
    read(what).await
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
                    "failing" => {
                        let run = |task| drop(self.0.spawn(task));
                        cx.pipe_on(run, read_slowly("a socket"), |got| Msg::Got("runtime", got));
                    }
                    _ => cx.stop(),
                }
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The words of the panic are told as a message.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build()?;
    let system = System::builder().workers(1).build()?;
    let reader = system.spawn(Reader(runtime.handle().clone()));
    reader.try_send(Msg::Read)?;
    let ledger = system.shutdown(Duration::from_secs(10))?;
    println!("{} messages handled, {} actors failed", ledger.handled, ledger.faults);
    Ok(())
}

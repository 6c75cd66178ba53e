//! Order processors that wait for a disk: each takes one order at a time, in their order, and while it waits it holds no thread: ten
//! thousand of them wait on one. Each order takes 10 ms, and all together as long as those of one processor. The clock is a
//! virtual one, so that the program takes no time to say so.

use std::time::Duration;
use throng::{Actor, Context, Fault, Inline, System};

const PROCESSORS: u32 = 10_000;
const ORDERS: u32 = 3;
const DISK: Duration = Duration::from_millis(10);

#[derive(Default)]
struct OrderProcessor {
    number: u32,
    /// The order that is being written.
    open: Option<u32>,
    processed: u32,
}

enum Msg {
    Order(u32),
    Written,
}

impl Actor for OrderProcessor {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            // One at a time: what comes meanwhile is kept, within the bound of the mailbox.
            Msg::Order(_) if self.open.is_some() => {
                cx.stash(message).map_err(|full| Fault::msg(full.to_string()))?;
            }
            Msg::Order(id) => {
                self.open = Some(id);
                cx.after(DISK, Msg::Written);
            }
            Msg::Written => {
                self.processed += 1;
                if let (1, Some(id)) = (self.number, self.open.take()) {
                    println!("processor 1 has processed order {id}, its number {}", self.processed);
                }
                cx.unstash();
            }
        }
        Ok(())
    }
}

/// Lets time pass until nothing is left to do.
fn finish(inline: &mut Inline) -> Duration {
    while inline.system().status().timers > 0 {
        inline.advance(Duration::from_millis(1));
    }
    inline.now()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline_virtual();
    for number in 1..=PROCESSORS {
        let processor = inline.spawn(OrderProcessor { number, ..OrderProcessor::default() });
        for n in 0..ORDERS {
            processor.try_send(Msg::Order(100 * number + n))?;
        }
    }
    inline.run_until_idle();
    let took = finish(&mut inline);
    println!("{} orders by {PROCESSORS} processors in {took:?}", PROCESSORS * ORDERS);
    Ok(())
}

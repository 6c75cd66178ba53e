//! A topic: each subscriber takes what is published as its own overflow policy says; who refuses is told to the publisher and
//! counted, and stays subscribed until it cancels or ends.

use throng::{Actor, Context, Fault, Options, Overflow, System, Topic};

#[derive(Clone, Debug)]
struct Price(u32);

struct Reader(&'static str);

impl Actor for Reader {
    type Msg = Price;
    fn handle(&mut self, Price(price): Price, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("{} reads {price}", self.0);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let prices: Topic<Price> = inline.system().registry().topic("prices")?;
    let two = Options::builder().capacity(2).overflow(Overflow::Fail).build()?;
    let fast = inline.spawn(Reader("fast"));
    let slow = inline.system().try_spawn(Reader("slow"), &two)?;
    let first = prices.subscribe(fast.recipient())?;
    prices.subscribe(slow.recipient())?;

    for price in 1..=3 {
        for (who, error) in prices.publish(Price(price)).refused {
            let name = if who == slow.id() { "slow" } else { "fast" };
            println!("{name} refused: {}; it comes back: {:?}", error.reason(), error.into_inner());
        }
    }
    inline.run_until_idle();
    for subscriber in prices.subscribers() {
        println!("{} taken, {} refused", subscriber.taken, subscriber.refused);
    }
    // With room again the slow one gets what is published; the fast one has cancelled.
    first.cancel();
    println!("{}", prices.publish(Price(4)));
    inline.run_until_idle();
    let _ = slow.stop();
    inline.run_until_idle();
    println!("{} subscribers after its end", prices.subscribers().len());
    Ok(())
}

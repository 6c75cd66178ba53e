//! Asks as values: several questions from outside are one future, or one wait; and in a handler, one message.

use std::time::Duration;
use throng::{Actor, Address, Asking, Context, Fault, Outcome, Reply, System, first, join_all, outcomes};

const SOON: Duration = Duration::from_secs(10);

/// Knows a price, or does not.
struct Shop(Option<u32>);

impl Actor for Shop {
    type Msg = Reply<u32>;

    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let Some(price) = self.0 {
            reply.send(price);
        }
        Ok(())
    }
}

/// Asks all shops when it is asked for the best price.
struct Broker(Vec<Address<Reply<u32>>>);

enum Msg {
    Best(Reply<Option<u32>>),
    Prices(Reply<Option<u32>>, Vec<Outcome<u32>>),
}

impl Actor for Broker {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Best(to) => cx.ask_all(self.0.clone(), |reply| reply, |prices| Msg::Prices(to, prices)),
            Msg::Prices(to, prices) => to.send(prices.into_iter().flatten().min()),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let shops = [Some(5), None, Some(4)].map(|price| system.spawn(Shop(price)));
    let ask = |shop: Address<Reply<u32>>| shop.ask(|reply| reply);
    let both = ask(shops[0]).join(ask(shops[2])).map(|(one, other)| one + other);
    println!("two together: {}", both.within(SOON).wait()?);
    println!("all or the first failure: {:?}", join_all(shops.map(ask)).within(SOON).wait());
    println!("all outcomes: {:?}", outcomes(shops.map(ask)).within(SOON).wait());
    println!("the first answer: {}", first([ask(shops[1]), ask(shops[2])]).within(SOON).wait()?);
    let broker = system.spawn(Broker(shops.to_vec()));
    println!("the broker's best: {:?}", broker.ask(Msg::Best).wait()?);
    system.shutdown(SOON)?.check()?;
    Ok(())
}

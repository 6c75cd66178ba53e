//! Typed proxies: methods in place of messages, from outside, from another actor, and an actor's own behind its mailbox.

use std::collections::BTreeMap;
use std::time::Duration;
use throng::{Context, Fault, Outcome, Reply, System};

/// What there is of each thing.
#[derive(Default)]
struct Stock {
    things: BTreeMap<&'static str, u64>,
    waiting: Vec<(&'static str, Reply<u64>)>,
}

#[throng::proxy]
impl Stock {
    fn put(&mut self, thing: &'static str, n: u64, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        *self.things.entry(thing).or_default() += n;
        cx.me().proxy().serve_from(cx)?;
        Ok(())
    }

    fn count(&self, thing: &'static str) -> u64 {
        self.things.get(thing).copied().unwrap_or(0)
    }

    /// Answers when there is one.
    fn take(
        &mut self,
        thing: &'static str,
        reply: Reply<u64>,
        cx: &mut Context<'_, Self>,
    ) -> Result<(), Fault> {
        self.waiting.push((thing, reply));
        cx.me().proxy().serve_from(cx)?;
        Ok(())
    }

    /// Gives everybody who waits what there is.
    fn serve(&mut self) {
        for (thing, reply) in std::mem::take(&mut self.waiting) {
            match self.things.get_mut(thing) {
                Some(left) if *left > 0 => {
                    *left -= 1;
                    reply.send(*left);
                }
                _ => self.waiting.push((thing, reply)),
            }
        }
    }
}

struct Customer(StockAddress);

#[throng::proxy]
impl Customer {
    fn shop(&mut self, thing: &'static str, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(self.0.take_from(cx, thing, CustomerMsg::Served)?)
    }

    fn served(&mut self, left: Outcome<u64>) -> Result<(), Fault> {
        println!("the customer has one, {} left", left?);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::start()?;
    let stock = system.spawn(Stock::default()).proxy();
    stock.put("apple", 3)?;
    println!("apples: {}", stock.count("apple").wait()?);
    let customer = system.spawn(Customer(stock)).proxy();
    customer.shop("pear")?;
    system.quiesce(Duration::from_secs(5))?;
    println!("pears: {}", stock.count("pear").wait()?);
    stock.put("pear", 2)?;
    system.shutdown(Duration::from_secs(5))?;
    println!("after the end: {}", stock.put("plum", 1).unwrap_err());
    Ok(())
}

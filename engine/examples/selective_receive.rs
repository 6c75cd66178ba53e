//! A function actor that takes the message it wants first: urgent orders before the others, which stay in their order, and the
//! answer of a clerk between them.

use std::time::Duration;
use throng::{Inbox, RecvError, System, receive};

enum Msg {
    Order(&'static str),
    Urgent(&'static str),
    Price(u32),
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline_virtual();
    let (shop, closed) = inline.spawn_fn(async |mut inbox: Inbox<Msg>| {
        // Nothing else is taken before the price is known.
        let price = receive!(inbox, { Msg::Price(price) => price })?;
        println!("the price is {price}; {} orders wait", inbox.saved());
        let mut sold = 0;
        loop {
            let urgent = receive!(inbox, {
                Msg::Urgent(what) => Some(what),
                after Duration::ZERO => None,
            })?;
            let what = match urgent {
                Some(what) => format!("{what} at once"),
                None => receive!(inbox, {
                    Msg::Order(what) => what.to_string(),
                    after Duration::from_secs(60) => break,
                })?,
            };
            println!("{what} for {price}");
            sold += price;
        }
        println!("nobody comes for a minute: closed");
        Ok::<_, RecvError>(sold)
    });
    for message in [
        Msg::Order("bread"),
        Msg::Order("milk"),
        Msg::Urgent("medicine"),
        Msg::Price(3),
        Msg::Urgent("bandage"),
    ] {
        shop.try_send(message)?;
    }
    inline.advance(Duration::from_secs(60));
    println!("sold for {}", closed.wait()??);
    Ok(())
}

//! Mailboxes that keep the newest: for prices, positions, frames, where the last is what counts. The cheap form drops a message
//! when its turn has come too late, and is exact as long as no more than its capacity comes in between two looks of
//! the actor at it; the exact form drops at once, whatever comes, behind a short lock.

use throng::{Actor, Context, Fault, Inline, Options, Overflow, System};

struct Screen {
    name: &'static str,
    shown: Vec<u32>,
}

enum Msg {
    Price(u32),
    Show,
}

impl Actor for Screen {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Price(price) => self.shown.push(price),
            Msg::Show => println!("{}: {:?}", self.name, std::mem::take(&mut self.shown)),
        }
        Ok(())
    }
}

/// Sends so many prices while the actor has no turn, then lets it run.
fn flood(
    inline: &mut Inline,
    name: &'static str,
    overflow: Overflow,
    prices: u32,
) -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::builder().capacity(4).overflow(overflow).build()?;
    let before = inline.system().ledger().dropped;
    let screen = inline.system().try_spawn(Screen { name, shown: Vec::new() }, &options)?;
    for price in 1..=prices {
        screen.send(Msg::Price(price))?;
    }
    inline.run_until_idle();
    screen.send(Msg::Show)?;
    inline.run_until_idle();
    let after = inline.system().ledger().dropped;
    println!("  dropped: {} oldest, {} newest", after.oldest - before.oldest, after.newest - before.newest);
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    flood(&mut inline, "oldest, 6 prices for 4 places", Overflow::DropOldest, 6)?;
    // More than it can hold before it looks: of these the newest go.
    flood(&mut inline, "oldest, 10 prices", Overflow::DropOldest, 10)?;
    flood(&mut inline, "oldest, exact, 10 prices", Overflow::DropOldestExact, 10)?;
    inline.system().ledger().check()?;
    Ok(())
}

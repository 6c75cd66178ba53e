//! A turnstile whose behaviour for the next message is chosen by the one before: locked until a coin comes, then free for one
//! push, and out of order in between, which ends where it began.

use std::time::Duration;
use throng::{Becoming, Context, Fault, Next, System};

#[derive(Debug)]
enum Msg {
    Coin,
    Push,
    Jam,
    Repair,
}

#[derive(Default)]
struct Turnstile {
    coins: u32,
    passed: u32,
}

type Cx<'a> = Context<'a, Becoming<Turnstile, Msg>>;
type Answer = Result<Next<Turnstile, Msg>, Fault>;

fn locked(stile: &mut Turnstile, message: Msg, _: &mut Cx<'_>) -> Answer {
    println!("locked: {message:?}");
    Ok(match message {
        Msg::Coin => {
            stile.coins += 1;
            // In place of this one: a turnstile goes round for ever.
            Next::replace(free)
        }
        // On top of this one, to return to it.
        Msg::Jam => Next::become_(out_of_order),
        Msg::Push | Msg::Repair => Next::Same,
    })
}

fn free(stile: &mut Turnstile, message: Msg, _: &mut Cx<'_>) -> Answer {
    println!("free: {message:?}");
    Ok(match message {
        Msg::Push => {
            stile.passed += 1;
            println!("{} passed for {} coins", stile.passed, stile.coins);
            Next::replace(locked)
        }
        Msg::Jam => Next::become_(out_of_order),
        Msg::Coin | Msg::Repair => Next::Same,
    })
}

fn out_of_order(_: &mut Turnstile, message: Msg, _: &mut Cx<'_>) -> Answer {
    println!("out of order: {message:?}");
    Ok(if matches!(message, Msg::Repair) { Next::unbecome() } else { Next::Same })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let turnstile = system.spawn(Becoming::new(Turnstile::default(), locked));
    for message in [Msg::Push, Msg::Coin, Msg::Jam, Msg::Push, Msg::Repair, Msg::Push, Msg::Push] {
        turnstile.try_send(message)?;
    }
    system.shutdown(Duration::from_secs(10))?;
    Ok(())
}

//! Actors that end by the clock: a session once nobody has used it for a minute, a ticket an hour after it was given out. In virtual
//! time, so that each moment is exact.

use std::time::Duration;
use throng::{Actor, Context, Fault, Inline, System, Timer};

const MINUTE: Duration = Duration::from_secs(60);

/// Ends when it is idle.
struct Session;

impl Actor for Session {
    type Msg = &'static str;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.exit_when_idle(MINUTE);
        Ok(())
    }

    fn handle(&mut self, page: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("the visitor looks at {page}");
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("the session is over");
    }
}

/// Ends after an hour, used or not, unless it is renewed.
struct Ticket(Option<Timer>);

impl Ticket {
    fn begin(&mut self, cx: &mut Context<'_, Self>) {
        self.0 = Some(cx.exit_after(60 * MINUTE));
    }
}

/// What a ticket understands: renew it.
struct Renew;

impl Actor for Ticket {
    type Msg = Renew;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.begin(cx);
        Ok(())
    }

    fn handle(&mut self, Renew: Renew, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let in_time = self.0.take().is_some_and(|end| end.cancel());
        println!("renewed in time: {in_time}");
        self.begin(cx);
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("the ticket has run out");
    }
}

/// Lets so many minutes pass.
fn pass(inline: &mut Inline, minutes: u32) {
    inline.advance(minutes * MINUTE);
    println!("{} min", inline.now().as_secs() / 60);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline_virtual();
    let session = inline.spawn(Session);
    let ticket = inline.spawn(Ticket(None));
    inline.run_until_idle();
    session.try_send("the first page")?;
    inline.advance(MINUTE / 2);
    session.try_send("the second page")?;
    inline.advance(MINUTE / 2);
    println!("1 min, and the session lives: {}", session.is_alive());
    pass(&mut inline, 1);
    pass(&mut inline, 57);
    ticket.try_send(Renew)?;
    inline.run_until_idle();
    pass(&mut inline, 59);
    pass(&mut inline, 1);
    println!("alive: {} {}", session.is_alive(), ticket.is_alive());
    Ok(())
}

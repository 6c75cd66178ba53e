//! Dead letters: messages that were accepted, and whose receiver ended before it came to them. An actor may watch them; the
//! ledger counts them by cause either way.

use throng::{Actor, Context, DeadLetter, Fault, System};

/// Fails at its third job.
struct Clerk(u32);

impl Actor for Clerk {
    type Msg = u32;

    fn handle(&mut self, job: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0 += 1;
        if self.0 == 3 {
            return Err(Fault::msg("too much"));
        }
        println!("job {job} is done");
        Ok(())
    }
}

/// Writes down what nobody does.
struct Undertaker;

impl Actor for Undertaker {
    type Msg = DeadLetter;

    fn handle(&mut self, letter: DeadLetter, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("a {} is left by {}: it {}", letter.message, letter.of, letter.cause);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let undertaker = inline.spawn(Undertaker);
    inline.system().watch_dead_letters(undertaker.recipient());
    let clerk = inline.spawn(Clerk(0));
    for job in 1..=5_u32 {
        clerk.try_send(job)?;
    }
    inline.run_until_idle();
    let dead = inline.system().ledger().dead;
    println!("in the ledger: {} failed, {} stopped", dead.failed, dead.stopped);
    Ok(())
}

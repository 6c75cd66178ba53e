//! Poison messages: one that makes its receiver fail comes back to who sent it, if he asked for that; here after a second attempt.

use throng::{Actor, Address, Attempts, Context, Directive, Fault, Poison, System};

#[derive(Debug, Clone)]
enum Job {
    Good(u32),
    /// Is well at the second attempt.
    Shaky(u32),
    Bad(u32),
}

/// How often it was asked to do a shaky one.
#[derive(Default)]
struct Worker(u32);

impl Actor for Worker {
    type Msg = Job;

    fn handle(&mut self, job: Job, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match job {
            Job::Bad(n) => Err(Fault::msg(format!("{n} cannot be done"))),
            Job::Shaky(n) if self.0 == 0 => {
                self.0 += 1;
                println!("job {n} has failed once");
                Err(Fault::msg("once more, please"))
            }
            Job::Good(n) | Job::Shaky(n) => {
                println!("job {n} is done");
                Ok(())
            }
        }
    }

    /// Of a first attempt nobody asks it.
    fn failed(&mut self, fault: &Fault, _: &mut Context<'_, Self>) -> Directive {
        println!("the worker goes on: {fault}");
        Directive::Resume
    }
}

struct Boss(Address<Job>);

enum Msg {
    Begin,
    Back(Poison<Job>),
}

impl Actor for Boss {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Begin => {
                for job in [Job::Good(1), Job::Shaky(2), Job::Bad(3), Job::Good(4)] {
                    cx.send_tracked(self.0, job, Attempts::Twice, Msg::Back)?;
                }
            }
            Msg::Back(Poison { message, failure, .. }) => println!("back: {message:?}, as {failure}"),
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let worker = inline.spawn(Worker::default());
    let boss = inline.spawn(Boss(worker));
    boss.try_send(Msg::Begin)?;
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    println!("in the ledger: {} returned, {} faults", ledger.returned.poison, ledger.faults);
    Ok(())
}

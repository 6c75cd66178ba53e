//! A circuit breaker in an actor: three failures open it, and it hands questions back without troubling the partner; after a
//! pause one probe goes through, and as the partner has recovered meanwhile, it closes.

use std::time::Duration;
use throng::{Actor, Address, Breaker, Circuit, Context, Fault, Reply, Report, System};

const PAUSE: Duration = Duration::from_millis(50);

/// Fails its first three questions.
struct Database {
    asked: u32,
}

impl Actor for Database {
    type Msg = Reply<u32>;

    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.asked += 1;
        if self.asked > 3 {
            reply.send(self.asked);
        }
        Ok(())
    }
}

struct Service {
    database: Address<Reply<u32>>,
    breaker: Breaker,
    number: u32,
}

enum Msg {
    Next,
    Answered(Report<u32>),
}

impl Actor for Service {
    type Msg = Msg;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.handle(Msg::Next, cx)
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Next => {
                self.number += 1;
                let n = self.number;
                if let Err(rejected) = self.breaker.ask(cx, self.database, |reply| reply, Msg::Answered) {
                    println!("question {n}: rejected, the circuit is {:?}", self.breaker.circuit(cx));
                    let _the_question = rejected.into_inner();
                    cx.after(PAUSE * 2, Msg::Next);
                }
            }
            Msg::Answered(report) => {
                let n = self.number;
                match self.breaker.settle(cx, report) {
                    Ok(answer) => println!("question {n}: answered by number {answer}"),
                    Err(error) => println!("question {n}: {error}"),
                }
                if n == 6 {
                    assert_eq!(self.breaker.circuit(cx), Circuit::Closed);
                    cx.stop();
                } else {
                    let me = cx.me();
                    cx.send(me, Msg::Next)?;
                }
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let system = System::builder().workers(1).build()?;
    let database = system.spawn(Database { asked: 0 });
    let breaker = Breaker::new(3, Duration::from_secs(60), PAUSE)?;
    system.spawn(Service { database, breaker, number: 0 });
    system.shutdown(Duration::from_secs(10))?.check()?;
    Ok(())
}

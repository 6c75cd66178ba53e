//! A calculator: requests of several forms in one enum, so that none can be forgotten. A division by zero is not checked for:
//! it is the calculator's end, whoever asked hears that there is no answer, and the system goes on.

use std::time::Duration;
use throng::{Actor, Address, AskError, Asking, Context, Fault, Reply, System};

struct Calculator;

enum Op {
    Add(i64, i64),
    Divide(i64, i64),
}

struct Request(Op, Reply<i64>);

impl Actor for Calculator {
    type Msg = Request;

    fn handle(&mut self, Request(op, reply): Request, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(match op {
            Op::Add(a, b) => a + b,
            Op::Divide(a, b) => a / b,
        });
        Ok(())
    }
}

fn calculate(calculator: Address<Request>, op: Op) -> Result<i64, AskError> {
    calculator.ask(|reply| Request(op, reply)).within(Duration::from_secs(5)).wait()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The hook prints every panic on stderr, also one that is told as an answer.
    std::panic::set_hook(Box::new(|_| {}));
    let system = System::start()?;
    let calculator = system.spawn(Calculator);
    println!("3 + 7 = {}", calculate(calculator, Op::Add(3, 7))?);
    println!("42 / 6 = {}", calculate(calculator, Op::Divide(42, 6))?);
    println!("1 / 0: {}", calculate(calculator, Op::Divide(1, 0)).unwrap_err());
    let another = system.spawn(Calculator);
    println!("20 + 1 = {}", calculate(another, Op::Add(20, 1))?);
    let ledger = system.shutdown(Duration::from_secs(5))?;
    println!("{} requests handled, {} of them failed", ledger.handled, ledger.faults);
    Ok(())
}

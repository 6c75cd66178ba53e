//! A mailbox that refuses what it has no place for: whoever sends is told at once, has its message back, and decides itself.
//! Here the source keeps what came back and offers it again.

use throng::{Actor, Address, Context, Fault, Options, Overflow, SendError, System};

struct Sink;

impl Actor for Sink {
    type Msg = String;

    fn handle(&mut self, item: String, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        println!("the sink got {item}");
        Ok(())
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().capacity(3).overflow(Overflow::Fail).build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

struct Source {
    to: Address<String>,
    kept: Vec<String>,
}

struct Offer;

impl Actor for Source {
    type Msg = Offer;

    fn handle(&mut self, _: Offer, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for item in std::mem::take(&mut self.kept) {
            match cx.send(self.to, item) {
                Ok(()) => {}
                Err(SendError::Full(item)) => self.kept.push(item),
                // The sink has ended: it would never be taken.
                Err(over) => return Err(over.into()),
            }
        }
        println!("came back: {:?}", self.kept);
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Nothing runs before it is told to: the mailbox fills.
    let mut inline = System::builder().inline();
    let to = inline.spawn(Sink);
    let kept = ["a", "b", "c", "d", "e"].map(String::from).to_vec();
    let source = inline.spawn(Source { to, kept });
    for _ in 0..2 {
        source.try_send(Offer)?;
        inline.run_until_idle();
    }
    let ledger = inline.system().ledger();
    ledger.check()?;
    println!("in the ledger: {} refused, {} dropped", ledger.refused.total(), ledger.dropped.total());
    Ok(())
}

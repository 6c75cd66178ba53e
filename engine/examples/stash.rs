//! A printer that is out of paper keeps its jobs for later, as many as its mailbox has room for less one, and prints them first once it has
//! paper again, in their order.

use throng::{Actor, Context, Fault, Options, System};

enum Msg {
    Print(&'static str),
    Paper(u32),
}

struct Printer {
    sheets: u32,
}

impl Actor for Printer {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Print(job) if self.sheets > 0 => {
                self.sheets -= 1;
                println!("printed {job}");
            }
            Msg::Print(job) => match cx.stash(message) {
                Ok(()) => println!("out of paper: {job} is number {}", cx.stashed()),
                Err(full) => println!("{job} is turned away: {} wait already", full.most),
            },
            Msg::Paper(sheets) => {
                self.sheets += sheets;
                println!("paper for {}: {} wait", self.sheets, cx.unstash_all());
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let four = Options::builder().capacity(4).build()?;
    let printer = inline.system().try_spawn(Printer { sheets: 1 }, &four)?;
    for job in ["a letter", "a poem", "a bill", "a map", "a book"] {
        printer.try_send(Msg::Print(job))?;
        inline.run_until_idle();
    }
    printer.try_send(Msg::Paper(2))?;
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    println!("{} kept in the end", ledger.queued);
    Ok(())
}

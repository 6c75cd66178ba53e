//! Two lanes, and an actor that is suspended for a while: what is sent meanwhile waits, and is handled in order when it is
//! resumed, the urgent first.

use throng::{Actor, Context, Fault, Lane, Options, System};

struct Desk;

enum Msg {
    Letter(u32),
    Alarm(u32),
}

impl Actor for Desk {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Alarm(n) => println!("alarm {n}"),
            Msg::Letter(n) => println!("letter {n}"),
        }
        Ok(())
    }

    /// After 16 urgent messages in a row one of the others has its turn: none waits for ever.
    fn lane(&self, message: &Msg) -> Lane {
        match message {
            Msg::Alarm(_) => Lane::Urgent,
            Msg::Letter(_) => Lane::Normal,
        }
    }

    fn options() -> Options {
        // Options that do not fit are found when this is compiled.
        const OPTIONS: Options = match Options::builder().capacity(8).lanes().build() {
            Ok(options) => options,
            Err(_) => panic!("these options are in range"),
        };
        OPTIONS
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let desk = inline.spawn(Desk);
    desk.suspend();
    for n in 1..=3 {
        desk.try_send(Msg::Letter(n))?;
        desk.try_send(Msg::Alarm(n))?;
    }
    inline.run_until_idle();
    println!("suspended: {} wait", inline.system().ledger().queued);
    desk.resume();
    inline.run_until_idle();
    inline.system().ledger().check()?;
    Ok(())
}

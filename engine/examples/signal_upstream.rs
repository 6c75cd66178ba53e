//! A source that is told when its sink comes under pressure and when that is over: it pauses before anything is refused. The news
//! come as notices: no full mailbox refuses them, and they are heard behind what is in it by then, here the source's next step; so
//! with eight items waiting it sends one more.

use throng::{Actor, Address, Context, Fault, Level, Options, Overflow, Pressed, System};

struct Sink {
    got: Vec<u32>,
}

impl Actor for Sink {
    type Msg = u32;

    fn handle(&mut self, item: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.got.push(item);
        Ok(())
    }
}

struct Source {
    to: Option<Address<u32>>,
    next: u32,
    paused: bool,
}

enum Msg {
    Begin(Address<u32>),
    Step,
    Pressed(Pressed),
}

impl From<Pressed> for Msg {
    fn from(news: Pressed) -> Self {
        Msg::Pressed(news)
    }
}

impl Actor for Source {
    type Msg = Msg;

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let me = cx.me();
        match message {
            Msg::Begin(to) => {
                self.to = Some(to);
                cx.send(me, Msg::Step)?;
            }
            Msg::Pressed(news) => {
                println!("{} items sent: {:?}", self.next, news.level);
                self.paused = news.level == Level::High;
                if !self.paused && self.next < 20 {
                    cx.send(me, Msg::Step)?;
                }
            }
            // One item a step, so that the news come in between.
            Msg::Step if self.paused || self.next == 20 => {}
            Msg::Step => {
                if let Some(to) = self.to {
                    cx.send(to, self.next)?;
                }
                self.next += 1;
                cx.send(me, Msg::Step)?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let source = inline.spawn(Source { to: None, next: 0, paused: false });
    let pressed = Options::builder().capacity(10).high(8).low(2).overflow(Overflow::Signal);
    let pressed = pressed.upstream(source.recipient()).build()?;
    let sink = inline.system().try_spawn(Sink { got: Vec::new() }, &pressed)?;
    source.try_send(Msg::Begin(sink))?;
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    ledger.check()?;
    println!("{} refused", ledger.refused.total());
    Ok(())
}

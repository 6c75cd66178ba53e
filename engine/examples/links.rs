//! Watches and links: who watches hears of an end once; who is linked shares it; who traps exits hears of it in place of sharing it,
//! and can start the other anew.

use throng::{Actor, Address, Context, Ended, Fault, System};

/// Fails at what is not a number.
struct Parser {
    name: &'static str,
}

impl Actor for Parser {
    type Msg = &'static str;

    fn handle(&mut self, words: &'static str, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let number: i32 = words.parse()?;
        println!("{}: {number}", self.name);
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        println!("{} stops", self.name);
    }
}

/// Goes down with its parser, having nothing to do without it.
struct Twin {
    with: Address<&'static str>,
}

impl Actor for Twin {
    type Msg = ();

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.link(self.with);
        Ok(())
    }

    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        println!("the twin is gone");
    }
}

/// Starts its parser anew whenever that fails, and watches somebody else's.
struct Keeper {
    other: Address<&'static str>,
    parser: Option<Address<&'static str>>,
}

enum Msg {
    Parse(&'static str),
    /// The other one has ended.
    Watched(Ended),
    /// Its own has.
    Trapped(Ended),
}

impl Keeper {
    fn start(&mut self, cx: &mut Context<'_, Self>) {
        let parser = cx.spawn(Parser { name: "the keeper's" });
        cx.link_trapped(parser, Msg::Trapped);
        self.parser = Some(parser);
    }
}

impl Actor for Keeper {
    type Msg = Msg;

    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.watch(self.other, Msg::Watched);
        self.start(cx);
        Ok(())
    }

    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Parse(words) => {
                if let Some(parser) = self.parser {
                    cx.send(parser, words)?;
                }
            }
            Msg::Watched(Ended { exit, .. }) => println!("watched: {exit}"),
            Msg::Trapped(Ended { exit, .. }) => {
                println!("trapped: {exit}");
                self.start(cx);
            }
        }
        Ok(())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut inline = System::builder().inline();
    let other = inline.spawn(Parser { name: "the other" });
    let twin = inline.spawn(Twin { with: other });
    let keeper = inline.spawn(Keeper { other, parser: None });
    for words in ["1", "two", "3"] {
        keeper.try_send(Msg::Parse(words))?;
        inline.run_until_idle();
    }
    for words in ["4", "five", "6"] {
        // The last one finds nobody.
        if let Err(refused) = other.try_send(words) {
            println!("{words}: {refused}");
        }
        inline.run_until_idle();
    }
    println!("alive: {} {} {}", other.is_alive(), twin.is_alive(), keeper.is_alive());

    // Who watches too late hears so at once.
    inline.spawn(Keeper { other, parser: None });
    inline.run_until_idle();
    Ok(())
}

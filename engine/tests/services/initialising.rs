//! Actors that collect their start messages first.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{Address, Context, Directive, Fault, Initialise, Initialising, Inline, Options, Start, System};

struct Shop {
    told: Sender<String>,
    fails_to_begin: bool,
}

#[derive(Clone, Copy)]
enum Msg {
    Key(u32),
    /// No start message that can be taken.
    BadKey,
    Customer(u32),
}

type Cx<'a> = Context<'a, Initialising<Shop>>;

impl Shop {
    fn say(&self, words: impl Into<String>) {
        self.told.send(words.into()).expect("the test listens");
    }
}

impl Initialise for Shop {
    type Msg = Msg;

    fn start(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<Start<Msg>, Fault> {
        match message {
            Msg::Key(n) => {
                self.say(format!("key {n}"));
                Ok(Start::Taken)
            }
            Msg::BadKey => Err(Fault::msg("bent")),
            Msg::Customer(_) => Ok(Start::Later(message)),
        }
    }

    fn initialised(&mut self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        self.say(format!("open, {} kept", cx.stashed()));
        if self.fails_to_begin { Err(Fault::msg("no light")) } else { Ok(()) }
    }

    fn handle(&mut self, message: Msg, _: &mut Cx<'_>) -> Result<(), Fault> {
        match message {
            Msg::Customer(n) => self.say(format!("served {n}")),
            Msg::Key(n) => self.say(format!("key {n} too late")),
            Msg::BadKey => {}
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Cx<'_>) {
        self.say("closed");
    }

    fn failed(&mut self, fault: &Fault, _: &mut Cx<'_>) -> Directive {
        self.say(fault.to_string());
        Directive::Resume
    }

    fn options() -> Options {
        Options::builder().capacity(8).build().expect("in range")
    }
}

fn shop(keys: usize, fails_to_begin: bool) -> (Inline, Address<Msg>, Receiver<String>) {
    let (told, tells) = channel();
    let inline = System::builder().inline();
    let shop = inline.spawn(Initialising::new(keys, Shop { told, fails_to_begin }));
    (inline, shop, tells)
}

fn run(inline: &mut Inline, to: Address<Msg>, messages: &[Msg]) {
    for message in messages {
        to.try_send(*message).expect("room");
        inline.run_until_idle();
    }
    let ledger = inline.system().quiesce(Duration::ZERO).expect("what waits to begin is no work");
    ledger.check().expect("it adds up");
}

#[test]
fn it_keeps_the_rest_until_it_has_its_start_messages() {
    let (mut inline, shop, tells) = shop(2, false);
    run(&mut inline, shop, &[Msg::Customer(1), Msg::Key(1), Msg::Customer(2)]);
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), ["key 1"]);
    assert_eq!(inline.system().ledger().queued, 2);
    run(&mut inline, shop, &[Msg::Key(2), Msg::Customer(3), Msg::Key(3)]);
    assert_eq!(
        tells.try_iter().collect::<Vec<_>>(),
        ["key 2", "open, 0 kept", "served 1", "served 2", "served 3", "key 3 too late"]
    );
    let _ = shop.stop();
    inline.run_until_idle();
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), ["closed"]);
}

#[test]
fn with_nothing_to_wait_for_it_begins_at_once() {
    let (mut inline, shop, tells) = shop(0, false);
    run(&mut inline, shop, &[Msg::Customer(1)]);
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), ["open, 0 kept", "served 1"]);
}

#[test]
fn a_start_message_that_fails_is_not_taken() {
    let (mut inline, shop, tells) = shop(1, false);
    run(&mut inline, shop, &[Msg::BadKey, Msg::Customer(1), Msg::Key(1)]);
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), ["bent", "key 1", "open, 0 kept", "served 1"]);
}

#[test]
fn one_that_fails_to_begin_and_goes_on_has_begun() {
    let (mut inline, shop, tells) = shop(1, true);
    run(&mut inline, shop, &[Msg::Customer(1), Msg::Key(1), Msg::Customer(2)]);
    assert_eq!(
        tells.try_iter().collect::<Vec<_>>(),
        ["key 1", "open, 0 kept", "no light", "served 1", "served 2"]
    );
}

#[test]
fn for_which_there_is_no_place_is_turned_away() {
    let (mut inline, shop, tells) = shop(1, false);
    run(&mut inline, shop, &(0..8).map(Msg::Customer).collect::<Vec<_>>());
    let told: Vec<_> = tells.try_iter().collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("7 messages were kept"), "{}", told[0]);
    run(&mut inline, shop, &[Msg::Key(1)]);
    assert_eq!(tells.try_iter().count(), 2 + 7);
}

#[test]
fn one_that_never_began_leaves_what_it_kept() {
    let (mut inline, shop, tells) = shop(1, false);
    run(&mut inline, shop, &[Msg::Customer(1)]);
    let _ = shop.stop();
    inline.run_until_idle();
    assert_eq!(tells.try_iter().collect::<Vec<_>>(), ["closed"]);
    assert_eq!(inline.system().ledger().dead.stopped, 1);
}

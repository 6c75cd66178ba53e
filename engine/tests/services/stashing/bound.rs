//! What is kept takes places, all but one; nobody waits for it, and it is no pressure.

use super::{Keeper, Msg, SOON, keeping, send, settled, told, with};
use crate::watchdog::watch;
use std::collections::HashSet;
use std::sync::mpsc::{Sender, channel};
use throng::{Actor, Address, Context, Fault, Level, Options, Overflow, Pressed, System};

#[test]
fn what_is_kept_takes_a_place_and_one_is_left() {
    let (mut inline, keeper, tells) = keeping(4);
    for n in 1..=3 {
        send(keeper, [Msg::Plain(n)]);
        inline.run_until_idle();
    }
    // One place: a second message finds it full, and the first no place in the stash.
    send(keeper, [Msg::Plain(4)]);
    assert!(keeper.try_send(Msg::Plain(5)).is_err(), "beyond the capacity");
    inline.run_until_idle();
    assert_eq!(told(&tells), ["4 found 3 kept"]);
    send(keeper, [Msg::Count]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 kept"]);
    settled(&inline, 3);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    send(keeper, (6..=9).map(Msg::Plain));
    inline.run_until_idle();
    assert_eq!(told(&tells), ["3 back", "1", "2", "3", "6", "7", "8", "9"]);
    settled(&inline, 0);
}

#[test]
fn with_one_place_nothing_is_kept() {
    let (mut inline, keeper, tells) = keeping(1);
    send(keeper, [Msg::Plain(1)]);
    inline.run_until_idle();
    assert_eq!(told(&tells), ["1 found 0 kept"]);
    settled(&inline, 0);
}

#[test]
fn words_say_what_to_do() {
    let full = throng::StashFull { message: (), most: 3 };
    assert_eq!(
        full.to_string(),
        "the stash keeps 3 messages, the capacity of its mailbox less one, and no more: handle this one, drop it, or spawn the \
         actor with a larger capacity"
    );
}

/// Sends numbers to one that keeps them, and is muted by that.
struct Producer(Address<Msg>, u32);

impl Actor for Producer {
    type Msg = ();
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for _ in 0..3 {
            self.1 += 1;
            cx.send(self.0, Msg::Plain(self.1))?;
        }
        Ok(())
    }
}

/// Who is muted waits for what comes before its turn, not for what is kept.
#[test]
fn nobody_is_muted_for_ever_on_what_is_kept() {
    let _dog = watch("nobody_is_muted_for_ever_on_what_is_kept");
    let (mut inline, keeper, tells) = with(Options::builder().capacity(4).low(1));
    let producer = inline.spawn(Producer(keeper, 0));
    for _ in 0..10 {
        producer.try_send(()).expect("room");
        inline.run_until_idle();
    }
    assert!(inline.system().activity().muted > 0, "nobody was muted");
    settled(&inline, 3);
    send(keeper, [Msg::GiveAllBack]);
    inline.run_until_idle();
    let told = told(&tells);
    assert_eq!(told[told.len() - 4..], ["3 back", "1", "2", "3"]);
    assert_eq!(told.iter().collect::<HashSet<_>>().len(), 31, "each of thirty once");
    settled(&inline, 0);
}

/// A thread outside waits for a place, and gets the one that is left, again and again.
#[test]
fn a_thread_outside_gets_the_place_that_is_left() {
    let _dog = watch("a_thread_outside_gets_the_place_that_is_left");
    let (keeper, tells) = Keeper::new();
    let system = System::builder().workers(2).build().expect("threads");
    let options = Options::builder().capacity(4).low(1).build().expect("in range");
    let keeper = system.try_spawn(keeper, &options).expect("room");
    let threads: Vec<_> = (0..2)
        .map(|_| {
            std::thread::spawn(move || {
                for n in 0..500 {
                    keeper.send_timeout(Msg::Plain(n), SOON).expect("a place comes free");
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.queued, 3);
    assert_eq!(tells.try_iter().filter(|words| words.ends_with("found 3 kept")).count(), 997);
    let ledger = system.shutdown(SOON).expect("comes down");
    assert_eq!(ledger.dead.stopped, 3);
}

/// Hears of pressure.
struct Upstream(Sender<Level>);

impl Actor for Upstream {
    type Msg = Pressed;
    fn handle(&mut self, pressed: Pressed, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(pressed.level)?;
        Ok(())
    }
}

/// The last news is that the pressure is low, though almost all places are taken by what is kept.
#[test]
fn what_is_kept_is_no_pressure() {
    let _dog = watch("what_is_kept_is_no_pressure");
    let (tell, told) = channel();
    let mut inline = System::builder().inline();
    let upstream = inline.spawn(Upstream(tell));
    let (keeper, _tells) = Keeper::new();
    let options = Options::builder().overflow(Overflow::Signal).capacity(8).low(2).high(6);
    let options = options.upstream(upstream.recipient()).build().expect("in range");
    let keeper = inline.system().try_spawn(keeper, &options).expect("room");
    for n in 0..20 {
        let _ = keeper.try_send(Msg::Plain(n));
        let _ = keeper.try_send(Msg::Plain(n));
        inline.run_until_idle();
    }
    settled(&inline, 7);
    assert_eq!(told.try_iter().last(), Some(Level::Low));
}

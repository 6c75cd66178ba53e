//! Who watches dead letters hears of each, with its cause, once; and never of news that became one.

use crate::gate::Gate;
use crate::gate::gate;
use crate::watchdog::watch;
use std::future::{Future, IntoFuture};
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context as Poll0, Waker};
use std::time::Duration;
use throng::{
    Actor, Address, Child, Context, DeadCause, DeadLetter, Fault, Mail, Notice, Options, Overflow, Reply,
    Supervisor, System,
};

const SOON: Duration = Duration::from_secs(60);

/// Does what it is told, and ends in several ways.
struct Mortal;

enum Order {
    Work,
    Keep,
    Pass(Gate),
    Fail,
    StopNow,
    Notice(Sender<Notice<u32>>),
    Noticed(u32),
    Ask(Address<Order>, Sender<Reply<u32>>),
    Answer(Sender<Reply<u32>>, Reply<u32>),
    Answered,
}

impl Actor for Mortal {
    type Msg = Order;
    fn handle(&mut self, order: Order, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match order {
            Order::Work | Order::Answered => {}
            Order::Keep => cx.stash(Order::Work)?,
            Order::Noticed(n) => assert_eq!(n, 7),
            Order::Pass(gate) => gate.pass(),
            Order::Fail => return Err(Fault::msg("told to")),
            Order::StopNow => cx.stop_now(),
            Order::Notice(tell) => tell.send(cx.notice(Order::Noticed))?,
            Order::Ask(to, tell) => {
                cx.ask(to, |reply| Order::Answer(tell, reply), |_| Order::Answered)?;
            }
            Order::Answer(tell, reply) => tell.send(reply)?,
        }
        Ok(())
    }
}

/// Passes on what it hears, as one of several messages.
struct Undertaker(Sender<DeadLetter>);

enum News {
    Dead(DeadLetter),
    Else(#[expect(dead_code, reason = "it is left")] u32),
}

impl From<DeadLetter> for News {
    fn from(letter: DeadLetter) -> News {
        News::Dead(letter)
    }
}

impl Actor for Undertaker {
    type Msg = News;
    fn handle(&mut self, news: News, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        if let News::Dead(letter) = news {
            self.0.send(letter)?;
        }
        Ok(())
    }
}

fn undertaker(system: &System) -> (Address<News>, Receiver<DeadLetter>) {
    let (tell, heard) = channel();
    let undertaker = system.spawn(Undertaker(tell));
    system.watch_dead_letters(undertaker.recipient());
    (undertaker, heard)
}

#[test]
fn each_is_told_of_with_its_cause() {
    let mut inline = System::builder().inline();
    let (_, heard) = undertaker(inline.system());
    // Left by a stop, by a kill, and by a failure.
    let mut all = Vec::new();
    for (end, cause) in [
        (Order::StopNow, DeadCause::Stopped),
        (Order::Fail, DeadCause::Failed),
        (Order::Work, DeadCause::Stopped),
    ] {
        let mortal = inline.spawn(Mortal);
        let kill = matches!(end, Order::Work);
        mortal.try_send(end).expect("a place");
        for _ in 0..3 {
            mortal.try_send(Order::Work).expect("a place");
        }
        if kill {
            inline.run_until_idle();
            for _ in 0..3 {
                mortal.try_send(Order::Work).expect("a place");
            }
            let _told = mortal.kill();
        }
        inline.run_until_idle();
        let letters: Vec<_> = heard.try_iter().collect();
        assert_eq!(letters.len(), 3);
        for letter in &letters {
            assert_eq!((letter.actor, letter.cause, letter.missed), (mortal.id(), cause, 0));
            assert_eq!(letter.of, std::any::type_name::<Mortal>());
            assert_eq!(letter.message, std::any::type_name::<Order>());
        }
        all.extend(letters);
    }
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    let of = |cause| all.iter().filter(|letter| letter.cause == cause).count() as u64;
    assert_eq!((ledger.dead.stopped, ledger.dead.failed), (of(DeadCause::Stopped), of(DeadCause::Failed)));
    assert_eq!(DeadCause::Failed.to_string(), "failed");
}

#[test]
fn also_of_notices_answers_barriers_and_of_what_was_owed() {
    let mut inline = System::builder().inline();
    let (_, heard) = undertaker(inline.system());
    let (mortal, answerer) = (inline.spawn(Mortal), inline.spawn(Mortal));
    let ((notices, notice), (replies, reply)) = (channel(), channel());
    mortal.try_send(Order::Notice(notices)).expect("a place");
    mortal.try_send(Order::Ask(answerer, replies)).expect("a place");
    inline.run_until_idle();
    assert!(mortal.suspend());
    inline.run_until_idle();
    notice.recv().expect("a notice").send(7).expect("it lives");
    reply.recv().expect("a reply").send(7);
    // Polled once, it is sent.
    let mut barrier = pin!(mortal.barrier().into_future());
    assert!(barrier.as_mut().poll(&mut Poll0::from_waker(Waker::noop())).is_pending());
    let _told = mortal.kill();
    inline.run_until_idle();
    let mut letters: Vec<_> = heard.try_iter().map(|letter| (letter.message, letter.cause)).collect();
    letters.sort_unstable_by_key(|(message, _)| *message);
    let order = (std::any::type_name::<Order>(), DeadCause::Stopped);
    assert_eq!(letters.len(), 3, "{letters:?}");
    assert_eq!(letters.iter().filter(|letter| **letter == order).count(), 2, "{letters:?}");
    assert!(letters.iter().any(|(message, _)| message.ends_with("Barrier")), "{letters:?}");

    /// Has work done, and ends before it is.
    struct Hasty;
    impl Actor for Hasty {
        type Msg = u8;
        fn handle(&mut self, _: u8, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            cx.blocking(|| 7, |_| 7);
            cx.stop();
            Ok(())
        }
    }
    let hasty = inline.spawn(Hasty);
    hasty.try_send(1).expect("a place");
    inline.run_until_idle();
    let letters: Vec<_> = heard.try_iter().collect();
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].actor, letters[0].message, letters[0].cause),
        (hasty.id(), "u8", DeadCause::Closed)
    );
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!((ledger.dead.stopped, ledger.dead.closed), (3, 1));
}

#[test]
fn of_what_found_its_reserved_place_closed() {
    let _dog = watch("of_what_found_its_reserved_place_closed");
    /// Ends its receiver while it is converted.
    struct Last(Address<Wide>);
    struct Wide;
    impl From<Last> for Wide {
        fn from(Last(to): Last) -> Wide {
            let _told = to.kill();
            while to.is_alive() {
                std::thread::yield_now();
            }
            Wide
        }
    }
    struct Taker;
    impl Actor for Taker {
        type Msg = Wide;
        fn handle(&mut self, _: Wide, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    for overflow in [Overflow::Fail, Overflow::DropOldestExact] {
        let system = System::builder().workers(1).build().expect("a system");
        let (_, heard) = undertaker(&system);
        let options = Options::builder().overflow(overflow).build().expect("in range");
        let taker = system.try_spawn(Taker, &options).expect("memory");
        taker.recipient::<Last>().try_send(Last(taker)).expect("accepted");
        let ledger = system.quiesce(SOON).expect("rest");
        let letter = heard.try_recv().expect("told");
        assert_eq!((letter.actor, letter.cause), (taker.id(), DeadCause::Closed));
        assert_eq!(letter.message, std::any::type_name::<Wide>());
        assert_eq!(letter.of, std::any::type_name::<Taker>());
        assert!(heard.try_recv().is_err());
        assert_eq!(ledger.dead.closed, 1);
        system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
    }
}

#[test]
fn news_that_dies_is_not_told_of() {
    let mut inline = System::builder().inline();
    let system = inline.system();
    let (first, _) = undertaker(system);
    let (_, heard) = undertaker(system);
    // The first holds news, and something else, when it ends.
    inline.run_until_idle();
    assert!(first.suspend());
    inline.run_until_idle();
    let mortal = inline.spawn(Mortal);
    for order in [Order::StopNow, Order::Work, Order::Work] {
        mortal.try_send(order).expect("a place");
    }
    first.try_send(News::Else(7)).expect("a place");
    inline.run_until_idle();
    assert_eq!(heard.try_iter().count(), 2);
    let _told = first.kill();
    inline.run_until_idle();
    let letters: Vec<_> = heard.try_iter().collect();
    assert_eq!(letters.len(), 1, "of the other message alone: {letters:?}");
    assert_eq!((letters[0].actor, letters[0].message), (first.id(), std::any::type_name::<News>()));
    let ledger = inline.system().ledger();
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.dead.stopped, 5, "all are counted");
    // The first is told no more, and refuses once.
    for _ in 0..3 {
        let mortal = inline.spawn(Mortal);
        for order in [Order::StopNow, Order::Work] {
            mortal.try_send(order).expect("a place");
        }
    }
    inline.run_until_idle();
    assert_eq!(heard.try_iter().count(), 3);
    assert!(inline.system().describe().contains("dead letters are told to 1"));
}

#[test]
fn a_full_watcher_hears_how_many_it_missed() {
    let mut inline = System::builder().inline();
    let (tell, heard) = channel();
    let narrow = Options::builder().capacity(2).build().expect("in range");
    let undertaker = inline.system().try_spawn(Undertaker(tell), &narrow).expect("memory");
    inline.system().watch_dead_letters(undertaker.recipient());
    inline.run_until_idle();
    assert!(undertaker.suspend());
    inline.run_until_idle();
    let kill = |letters: u32| {
        let mortal = inline.system().spawn(Mortal);
        for _ in 0..letters {
            mortal.try_send(Order::Work).expect("a place");
        }
        let _told = mortal.kill();
    };
    kill(10);
    inline.run_until_idle();
    assert!(undertaker.resume());
    inline.run_until_idle();
    let mortal = inline.spawn(Mortal);
    mortal.try_send(Order::Work).expect("a place");
    let _told = mortal.kill();
    inline.run_until_idle();
    let missed: Vec<_> = heard.try_iter().map(|letter| letter.missed).collect();
    assert_eq!(missed, [0, 0, 8]);
    inline.system().ledger().check().expect("the ledger adds up");
}

#[test]
fn under_load_all_are_told_or_missed() {
    let _dog = watch("under_load_all_are_told_or_missed");
    let system = System::builder().workers(2).build().expect("a system");
    let (_, heard) = undertaker(&system);
    for _ in 0..200 {
        let mortal = system.spawn(Mortal);
        let (gate, key) = gate();
        mortal.try_send(Order::Pass(gate)).expect("a place");
        key.wait();
        for _ in 0..50 {
            mortal.try_send(Order::Work).expect("a place");
        }
        let _told = mortal.stop_now();
        key.open();
    }
    let ledger = system.quiesce(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.dead.stopped, 200 * 50);
    let told: u64 = heard.try_iter().map(|letter| 1 + letter.missed).sum();
    // Of the last ones the watcher may hear nothing, if they found it full.
    assert!(told <= 200 * 50 && told + 1_024 >= 200 * 50, "{told}");
    system.shutdown(SOON).expect("rest");
}

/// What a restart drops, from the mailbox and from the stash, and what is still on its way to a state that is gone.
#[test]
fn what_a_restart_drops_is_told_of() {
    let mut inline = System::builder().inline();
    let (_, heard) = undertaker(inline.system());
    let child = Child::new("mortal", || Mortal).mail(Mail::Drop);
    let tree = inline.system().supervise(Supervisor::new().child(child)).expect("a tree");
    inline.run_until_idle();
    let mortal: Address<Order> = tree.child("mortal").expect("it has started");
    let (tell, notice) = channel();
    mortal.try_send(Order::Notice(tell)).expect("room");
    for order in [Order::Keep, Order::Fail, Order::Work, Order::Work] {
        mortal.try_send(order).expect("room");
    }
    inline.run_until_idle();
    let told = |count: usize, inline: &throng::Inline| {
        let letters: Vec<_> = heard.try_iter().map(|dead| (dead.actor, dead.message, dead.cause)).collect();
        let each = (mortal.id(), std::any::type_name::<Order>(), DeadCause::Restarted);
        assert_eq!(letters, vec![each; count]);
        inline.system().ledger().check().expect("it adds up");
        inline.system().ledger().dead.restarted
    };
    assert_eq!(told(3, &inline), 3);
    // This comes to the next state, and is not for it.
    notice.try_recv().expect("it was made").send(7).expect("it lives");
    inline.run_until_idle();
    assert_eq!(told(1, &inline), 4);
    assert_eq!(DeadCause::Restarted.to_string(), "restarted");
}

/// News of a dead letter that is lost by a restart of who was to hear of it.
#[test]
fn nobody_is_told_of_news_that_a_restart_drops() {
    struct Digger(Sender<DeadLetter>);
    enum Dig {
        Dead(DeadLetter),
        Pass(Gate),
        Fail,
    }
    impl From<DeadLetter> for Dig {
        fn from(letter: DeadLetter) -> Self {
            Dig::Dead(letter)
        }
    }
    impl Actor for Digger {
        type Msg = Dig;
        fn handle(&mut self, dig: Dig, _: &mut Context<'_, Self>) -> Result<(), Fault> {
            match dig {
                Dig::Dead(letter) => self.0.send(letter)?,
                Dig::Pass(gate) => gate.pass(),
                Dig::Fail => return Err(Fault::msg("told to")),
            }
            Ok(())
        }
    }
    let _watchdog = watch("nobody_is_told_of_news_that_a_restart_drops");
    let system = System::builder().workers(2).build().expect("workers");
    let (tell, heard) = channel();
    let child = Child::new("digger", move || Digger(tell.clone())).mail(Mail::Drop);
    let tree = system.supervise(Supervisor::new().child(child)).expect("a tree");
    system.quiesce(SOON).expect("at rest");
    let digger: Address<Dig> = tree.child("digger").expect("it has started");
    system.watch_dead_letters(digger.recipient());
    // While it is at the gate one dead letter comes behind its fault, and a plain message behind that.
    let (gate, key) = gate();
    digger.try_send(Dig::Pass(gate)).expect("room");
    key.wait();
    digger.try_send(Dig::Fail).expect("room");
    let mortal = system.spawn(Mortal);
    assert!(mortal.suspend());
    for order in [Order::StopNow, Order::Work] {
        mortal.try_send(order).expect("room");
    }
    assert!(mortal.resume());
    while mortal.is_alive() {
        std::thread::yield_now();
    }
    digger.try_send(Dig::Fail).expect("room");
    key.open();
    system.quiesce(SOON).expect("at rest");
    let letters: Vec<_> = heard.try_iter().map(|dead| (dead.actor, dead.cause)).collect();
    assert_eq!(letters, [(digger.id(), DeadCause::Restarted)], "the plain one alone");
    let ledger = system.shutdown(SOON).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.dead.stopped, ledger.dead.restarted), (1, 2));
}

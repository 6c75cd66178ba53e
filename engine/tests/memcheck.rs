//! A little of everything on two workers, small enough for valgrind: `scripts/memcheck.sh` runs it under memcheck, where what
//! is read without having been written, or is left at the end, is reported.

#[path = "promises/watchdog.rs"]
mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;
use throng::{
    Actor, Address, Asking, Context, Fault, FlowError, Options, Outlet, Pin, Reply, Supervisor, System, Timer,
};
use watchdog::watch;

const SOON: Duration = Duration::from_secs(100);
/// Messages, items and questions each.
const EACH: u64 = 200;

/// What all of them have done.
#[derive(Default)]
struct Done {
    balls: AtomicU64,
    items: AtomicU64,
    ticks: AtomicU64,
    ended: AtomicU64,
}

/// Plays with another of its kind; its messages own memory.
struct Player {
    done: Arc<Done>,
    words: String,
}

enum Ball {
    Serve(Address<Ball>, String),
    Count(Reply<u64>),
    Burst,
}

impl Actor for Player {
    type Msg = Ball;

    fn handle(&mut self, ball: Ball, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match ball {
            Ball::Serve(from, words) => {
                self.words = words;
                if self.done.balls.fetch_add(1, Ordering::Relaxed) < EACH {
                    // One of a short life may have ended already.
                    let _ =
                        cx.send(from, Ball::Serve(cx.me(), format!("{} {}", self.words.len(), "to and fro")));
                }
            }
            Ball::Count(reply) => reply.send(self.done.balls.load(Ordering::Relaxed)),
            Ball::Burst => panic!("a fault that is contained"),
        }
        Ok(())
    }

    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        self.done.ended.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes items, each in memory of its own, and has a clock.
struct Taker {
    done: Arc<Done>,
    clock: Option<Timer>,
}

enum Take {
    Item(Box<u64>),
    Tick,
    Start,
}

impl Actor for Taker {
    type Msg = Take;

    fn handle(&mut self, take: Take, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match take {
            Take::Item(item) => _ = self.done.items.fetch_add(*item, Ordering::Relaxed),
            Take::Start => {
                cx.after(Duration::from_millis(1), Take::Tick);
                let never = cx.after(SOON, Take::Tick);
                assert!(never.cancel());
                self.clock = Some(cx.every(Duration::from_millis(1), || Take::Tick));
            }
            Take::Tick => {
                if self.done.ticks.fetch_add(1, Ordering::Relaxed) == 3 {
                    _ = self.clock.take().map(|clock| clock.cancel());
                }
            }
        }
        Ok(())
    }

    fn options() -> Options {
        Options::builder().capacity(16).flows(8).build().expect("in range")
    }
}

/// Sends items as it is granted them.
struct Giver {
    to: Address<Take>,
    outlet: Option<Outlet<Take>>,
    left: u64,
}

impl Actor for Giver {
    type Msg = ();

    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        if self.outlet.is_none() {
            self.outlet = Some(cx.open_flow(self.to, 8, || ())?);
        }
        let Some(outlet) = &mut self.outlet else { return Ok(()) };
        while self.left > 0 {
            match outlet.send(cx, Take::Item(Box::new(1))) {
                Ok(()) => self.left -= 1,
                Err(FlowError::NoCredit(_)) => return Ok(()),
                Err(over) => return Err(Fault::msg(format!("the flow is over: {over}"))),
            }
        }
        Ok(())
    }
}

#[test]
fn a_little_of_everything() {
    let _watchdog = watch("a_little_of_everything");
    {
        let system = System::builder().workers(2).pin(Pin::None).build().expect("a system");
        let done = Arc::new(Done::default());
        let player = || Player { done: Arc::clone(&done), words: String::new() };
        let (one, other) = (system.spawn(player()), system.spawn(player()));
        one.try_send(Ball::Serve(other, "the first".into())).expect("room for one");
        let taker = system.spawn(Taker { done: Arc::clone(&done), clock: None });
        taker.try_send(Take::Start).expect("room for one");
        system.spawn(Giver { to: taker, outlet: None, left: EACH }).try_send(()).expect("room for one");
        // Short lives, some of which end with messages in their mailboxes, and one by a panic.
        for n in 0..EACH {
            let short = system.spawn(player());
            let _ = short.try_send(Ball::Serve(one, "unheard".repeat(n as usize % 3)));
            let _ = if n == 7 { short.try_send(Ball::Burst).map(drop) } else { Ok(()) };
            let _ = short.stop();
        }
        for _ in 0..EACH {
            one.ask(Ball::Count).within(SOON).wait().expect("an answer");
        }
        let tree = system.supervise(Supervisor::new()).expect("an empty tree");
        while done.ticks.load(Ordering::Relaxed) < 4 {
            std::thread::yield_now();
        }
        system.quiesce(SOON).expect("nothing is left to do");
        assert_eq!(done.items.load(Ordering::Relaxed), EACH);
        assert!(done.balls.load(Ordering::Relaxed) > EACH);
        drop(tree);
        let ledger = system.shutdown(SOON).expect("it drains");
        ledger.check().expect("the ledger adds up");
        assert!(done.ended.load(Ordering::Relaxed) >= EACH - 1);
    }
}

/// Keeps a question's reply for ever, and with it the memory that the answer was to come in.
struct Forgetful;

impl Actor for Forgetful {
    type Msg = Reply<u64>;

    fn handle(&mut self, reply: Reply<u64>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        std::mem::forget(reply);
        Ok(())
    }
}

#[test]
#[ignore = "must be reported: by scripts/memcheck.sh"]
fn a_reply_is_forgotten() {
    let system = System::builder().workers(1).pin(Pin::None).build().expect("a system");
    let forgetful = system.spawn(Forgetful);
    let outcome = forgetful.ask(|reply| reply).within(Duration::from_millis(1)).wait();
    println!("{outcome:?}");
    system.shutdown(SOON).expect("it drains").check().expect("the ledger adds up");
}

/// Too large for a cell: its state lies in a box, which goes when it ends.
struct Large([u64; 512]);

static STATE: AtomicPtr<u64> = AtomicPtr::new(std::ptr::null_mut());

impl Actor for Large {
    type Msg = ();

    fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
        STATE.store(self.0.as_mut_ptr(), Ordering::Relaxed);
        Ok(())
    }
}

#[test]
#[ignore = "must be reported: by scripts/memcheck.sh"]
fn a_state_is_used_after_its_actor_ended() {
    let system = System::builder().workers(1).pin(Pin::None).build().expect("a system");
    let large = system.spawn(Large([7; 512]));
    large.try_send(()).expect("room for one");
    system.quiesce(SOON).expect("one message");
    let _ = large.stop();
    system.quiesce(SOON).expect("one end");
    // SAFETY: there is none: the state is gone, as memcheck shall find.
    println!("read {}", unsafe { STATE.load(Ordering::Relaxed).read_volatile() });
}

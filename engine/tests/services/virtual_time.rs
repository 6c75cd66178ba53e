//! A clock that stands still until it is told: each timer at its very time, in order, once or cancelled.

use crate::seed::{self, Random};
use crate::watchdog::watch;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;
use throng::{Actor, AskError, Context, Fault, Inline, Options, RateLimit, Reply, System, Timer};

const MS: Duration = Duration::from_millis(1);
const YEAR: Duration = Duration::from_secs(31_557_600);

/// Arms timers, and tells which have come.
struct Alarms {
    came: Sender<usize>,
    timers: Vec<Option<Timer>>,
}

enum Msg {
    /// This one, after so long.
    Arm(usize, Duration),
    /// So many, after times drawn below this, in nanoseconds; the timers go out here.
    ArmMany(usize, Random, u64, Sender<Timer>),
    Cancel(usize),
    Came(usize),
}

/// Below a bound that may be more than the generator's 48 bits.
fn draw(random: &mut Random, below: u64) -> u64 {
    (random.below(1 << 32) << 32 | random.below(1 << 32)) % below
}

impl Alarms {
    fn spawn(inline: &Inline) -> (throng::Address<Msg>, Receiver<usize>) {
        let (came, comes) = channel();
        (inline.spawn(Alarms { came, timers: Vec::new() }), comes)
    }

    fn arm(&mut self, id: usize, after: Duration, cx: &mut Context<'_, Self>) {
        if self.timers.len() <= id {
            self.timers.resize_with(id + 1, || None);
        }
        self.timers[id] = Some(cx.after(after, Msg::Came(id)));
    }
}

impl Actor for Alarms {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Arm(id, after) => self.arm(id, after, cx),
            Msg::ArmMany(many, mut random, below, out) => {
                for id in 0..many {
                    self.arm(id, Duration::from_nanos(draw(&mut random, below)), cx);
                }
                self.timers.drain(..).flatten().for_each(|timer| out.send(timer).expect("the test listens"));
            }
            Msg::Cancel(id) => {
                let timer = self.timers[id].take().expect("armed");
                self.came.send(if timer.cancel() { 1_000 } else { 2_000 }).expect("the test listens");
            }
            Msg::Came(id) => self.came.send(id).expect("the test listens"),
        }
        Ok(())
    }
}

#[test]
fn r11_a_timer_fires_at_its_very_time() {
    let mut inline = System::builder().inline_virtual();
    let (alarms, comes) = Alarms::spawn(&inline);
    alarms.try_send(Msg::Arm(1, 5 * MS)).expect("room");
    inline.advance(Duration::ZERO);
    inline.advance(5 * MS - Duration::from_nanos(1));
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), []);
    inline.advance(Duration::from_nanos(1));
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), [1]);
    assert_eq!(inline.now(), 5 * MS);
    // Nothing passes by itself.
    std::thread::yield_now();
    assert_eq!((inline.run_until_idle(), inline.now()), (0, 5 * MS));
}

/// In one jump: those of each tick of the engine's wheel in the order of their times too, and each sees its own time.
#[test]
fn r11_a_jump_steps_from_timer_to_timer() {
    let mut inline = System::builder().inline_virtual();
    let (alarms, comes) = Alarms::spawn(&inline);
    for (id, nanos) in [(1, 900), (2, 100), (3, 5_000_000_000), (4, 500), (5, 500), (6, 70_000_000_000)] {
        alarms.try_send(Msg::Arm(id, Duration::from_nanos(nanos))).expect("room");
    }
    inline.advance(Duration::from_secs(3_600));
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), [2, 4, 5, 1, 3, 6]);
    inline.system().ledger().check().expect("it adds up");
}

/// Beats, and notes when by the clock that its limit goes by; each beat arms the next.
struct Chain {
    beats: u32,
    limit: RateLimit,
    refused: u32,
}

impl Actor for Chain {
    type Msg = ();
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.after(MS, ());
        Ok(())
    }
    fn handle(&mut self, (): (), cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.beats += 1;
        self.refused += u32::from(self.limit.take(cx, 1).is_err());
        if self.beats < 1_000 {
            cx.after(MS, ());
        }
        Ok(())
    }
    fn stopped(&mut self, _: &mut Context<'_, Self>) {
        // A thousand a second, asked each millisecond: every one is granted if each beat comes at its own time.
        assert_eq!((self.beats, self.refused), (1_000, 0));
    }
}

#[test]
fn what_a_timer_starts_comes_before_the_next_and_sees_its_time() {
    let mut inline = System::builder().inline_virtual();
    let limit = RateLimit::new(1_000, 1).expect("in range");
    let chain = inline.spawn(Chain { beats: 0, limit, refused: 0 });
    inline.advance(Duration::from_secs(2));
    assert_eq!(inline.system().ledger().handled, 1_000);
    let _ = chain.stop();
    inline.run_until_idle();
    assert_eq!(inline.system().ledger().faults, 0, "a beat came at the wrong time");
}

/// R11. Times from a nanosecond to ten years, far beyond what six levels of a wheel see in ticks of a millisecond; the
/// clock jumps by anything.
#[test]
fn r11_a_million_timers_come_once_or_are_cancelled_and_never_early() {
    let _dog = watch("r11_a_million_timers_come_once_or_are_cancelled_and_never_early");
    const MANY: usize = if cfg!(throng_sanitize) { 100_000 } else { 1_000_000 };
    let below = u64::try_from((10 * YEAR).as_nanos()).expect("it fits");
    let mut random = seed::random();
    let mut inline = System::builder().inline_virtual();
    let (alarms, comes) = Alarms::spawn(&inline);
    let mut times = random.clone();
    let (give, given) = channel();
    alarms.try_send(Msg::ArmMany(MANY, times.clone(), below, give)).expect("room");
    inline.run_until_idle();
    let due: Vec<u64> = (0..MANY).map(|_| draw(&mut times, below)).collect();
    let timers: Vec<Timer> = given.try_iter().collect();
    let (mut came, mut cancelled) = (vec![false; MANY], vec![false; MANY]);
    let mut last = 0;
    // Half are cancelled, a part of them before each jump: of some the time has passed by then.
    let mut next = MANY / 2;
    while inline.now() < 11 * YEAR {
        for id in next..(next + MANY / 20).min(MANY) {
            cancelled[id] = timers[id].cancel();
            assert_eq!(cancelled[id], !came[id], "timer {id}: cancelled or come, one of the two");
            assert!(!timers[id].cancel(), "timer {id} was cancelled twice");
        }
        next = (next + MANY / 20).min(MANY);
        inline.advance(Duration::from_nanos(draw(&mut random, below / 10)));
        let now = u64::try_from(inline.now().as_nanos()).expect("it fits");
        for id in comes.try_iter() {
            assert!(!cancelled[id], "timer {id} was cancelled, and came");
            assert!(!std::mem::replace(&mut came[id], true), "timer {id} came twice");
            assert!(due[id] <= now, "timer {id} came early");
            assert!(due[id] >= last, "timer {id} came after a later one");
            last = due[id];
        }
        let late = (0..MANY).find(|id| due[*id] <= now && !came[*id] && !cancelled[*id]);
        assert_eq!(late, None, "due, and has not come");
    }
    assert!((0..MANY).all(|id| came[id] != cancelled[id]), "neither, or both");
    let (some, all) = (cancelled.iter().filter(|yes| **yes).count(), cancelled[MANY / 2..].len());
    assert!(some > all / 5 && some < all, "{some} of {all} were cancelled in time");
    let ledger = inline.system().ledger();
    ledger.check().expect("it adds up");
    assert_eq!(ledger.handled, 1 + (MANY - some) as u64);
}

/// A timer that waits for twenty years hides none that is nearer, and a jump over all of them takes no walk.
#[test]
fn r11_what_is_far_away_hides_nothing() {
    let _dog = watch("r11_what_is_far_away_hides_nothing");
    let mut inline = System::builder().inline_virtual();
    let (alarms, comes) = Alarms::spawn(&inline);
    inline.advance(MS);
    for (id, years) in [(20, 20), (3, 3), (1, 1), (500, 500)] {
        alarms.try_send(Msg::Arm(id, years * YEAR)).expect("room");
    }
    inline.advance(2 * YEAR);
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), [1]);
    inline.advance(2 * YEAR);
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), [3]);
    alarms.try_send(Msg::Cancel(500)).expect("room");
    inline.advance(496 * YEAR + YEAR);
    assert_eq!(comes.try_iter().collect::<Vec<_>>(), [1_000, 20]);
}

/// Never answers.
struct Mute(Vec<Reply<()>>);

impl Actor for Mute {
    type Msg = Reply<()>;
    fn handle(&mut self, reply: Reply<()>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.push(reply);
        Ok(())
    }
}

/// Asks one that never answers.
struct Asker(throng::Address<Reply<()>>, Sender<&'static str>);

impl Actor for Asker {
    type Msg = Option<AskError>;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.ask_within(Duration::from_secs(60), self.0, |reply| reply, throng::Outcome::err)?;
        Ok(())
    }
    fn handle(&mut self, outcome: Option<AskError>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        let word = if outcome == Some(AskError::Timeout) { "timeout" } else { "something else" };
        self.1.send(word).expect("the test listens");
        Ok(())
    }
}

#[test]
fn an_ask_expires_at_its_deadline() {
    let mut inline = System::builder().inline_virtual();
    let mute = inline.spawn(Mute(Vec::new()));
    let (tell, told) = channel();
    inline.spawn(Asker(mute, tell));
    inline.advance(Duration::from_secs(60) - Duration::from_nanos(1));
    assert!(told.try_recv().is_err(), "early");
    inline.advance(Duration::from_nanos(1));
    assert_eq!(told.try_recv(), Ok("timeout"));
}

/// One message at a time, and a second one from a timer that finds it full until it is resumed.
struct Slow(Sender<u32>);

impl Actor for Slow {
    type Msg = u32;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.after(MS, 1_u32);
        cx.after(MS, 2_u32);
        Ok(())
    }
    fn handle(&mut self, n: u32, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        self.0.send(n).expect("the test listens");
        Ok(())
    }
}

#[test]
fn r11_a_timer_that_finds_no_place_is_tried_again() {
    let mut inline = System::builder().inline_virtual();
    let (tell, told) = channel();
    let options = Options::builder().capacity(1).hard(1).build().expect("in range");
    let slow = inline.system().try_spawn(Slow(tell), &options).expect("room");
    inline.run_until_idle();
    assert!(slow.suspend());
    inline.advance(100 * MS);
    assert!(inline.system().activity().timers_late > 10, "nobody tried again");
    assert!(slow.resume());
    inline.advance(2 * MS);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn two_runs_are_the_same() {
    let run = || {
        let mut inline = System::builder().inline_virtual();
        let (alarms, comes) = Alarms::spawn(&inline);
        let (give, given) = channel();
        alarms.try_send(Msg::ArmMany(1_000, Random::of(7), 3_000_000_000, give)).expect("room");
        inline.run_until_idle();
        assert!(given.try_iter().skip(500).all(|timer| timer.cancel()));
        let turns = inline.advance(Duration::from_secs(3));
        (turns, comes.try_iter().collect::<Vec<_>>())
    };
    let first = run();
    assert_eq!(first.1.len(), 500);
    assert_eq!(first, run());
}

#[test]
#[should_panic(expected = "inline_virtual")]
fn the_machines_clock_cannot_be_set() {
    System::builder().inline().advance(MS);
}

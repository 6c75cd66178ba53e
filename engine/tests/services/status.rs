//! What a system and its actors are at, as they say it.

use crate::gate::{Gate, gate};
use crate::watchdog::watch;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;
use throng::{Actor, Address, BlockingError, Context, Fault, Options, Outcome, Reply, System, Timer};

const SOON: Duration = Duration::from_secs(60);

/// Does what can be seen.
struct Busy(Vec<Timer>, Vec<Reply<u32>>);

enum Do {
    Nothing,
    Pass(Gate),
    Block(Gate),
    Blocked(Result<(), BlockingError>),
    Ask(Address<Do>),
    Keep(Reply<u32>),
    Answered(Outcome<u32>),
    Answer,
    Arm,
    Disarm,
    Flood(Address<Do>, u32),
    Look(Sender<String>),
}

impl Actor for Busy {
    type Msg = Do;
    fn handle(&mut self, what: Do, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match what {
            Do::Nothing => {}
            Do::Pass(gate) => gate.pass(),
            Do::Block(gate) => cx.blocking(move || gate.pass(), Do::Blocked),
            Do::Blocked(outcome) => outcome?,
            Do::Ask(other) => cx.ask(other, Do::Keep, Do::Answered)?,
            Do::Keep(reply) => self.1.push(reply),
            Do::Answered(outcome) => assert_eq!(outcome, Ok(7)),
            Do::Answer => self.1.drain(..).for_each(|reply| reply.send(7)),
            Do::Arm => {
                let hour = Duration::from_secs(3_600);
                self.0.push(cx.after(hour, Do::Nothing));
                self.0.push(cx.every(hour, || Do::Nothing));
            }
            Do::Disarm => self.0.drain(..).for_each(|timer| assert!(timer.cancel())),
            Do::Flood(to, messages) => {
                for _ in 0..messages {
                    cx.send(to, Do::Nothing)?;
                }
            }
            Do::Look(tell) => tell.send(cx.me().status().expect("it lives").to_string())?,
        }
        Ok(())
    }
}

fn busy() -> Busy {
    Busy(Vec::new(), Vec::new())
}

#[test]
fn an_actor_says_what_it_is_at() {
    let mut inline = System::builder().inline();
    let small = Options::builder().capacity(4).build().expect("in range");
    let actor = inline.system().try_spawn(busy(), &small).expect("memory");
    let other = inline.spawn(busy());
    let tell = |what| actor.try_send(what).expect("a place");
    let status = || actor.status().expect("it lives");
    inline.run_until_idle();
    let idle = status();
    assert_eq!((idle.id, idle.pending, idle.capacity, idle.asks, idle.timers), (actor.id(), 0, 4, 0, 0));
    assert_eq!((idle.suspended, idle.stopping, idle.own_thread, idle.muted), (false, false, false, None));
    assert_eq!(idle.actor, std::any::type_name::<Busy>());
    assert_eq!(idle.message, std::any::type_name::<Do>());
    assert_eq!(inline.system().status_of(actor.id()), Some(idle));

    tell(Do::Ask(other));
    tell(Do::Ask(other));
    tell(Do::Arm);
    assert_eq!(status().pending, 3);
    inline.run_until_idle();
    assert_eq!((status().asks, status().timers, status().pending), (2, 2, 0));
    other.try_send(Do::Answer).expect("a place");
    tell(Do::Disarm);
    inline.run_until_idle();
    assert_eq!((status().asks, status().timers), (0, 0));
    assert_eq!(inline.system().ledger().faults, 0);

    assert!(actor.suspend());
    inline.run_until_idle();
    tell(Do::Nothing);
    let held = status();
    assert!(held.suspended && held.pending == 1, "{held}");
    assert!(held.to_string().ends_with("1 of 4 pending, 0 asks, 0 timers, suspended"), "{held}");
    assert!(actor.resume());
    inline.run_until_idle();
    let _told = actor.stop();
    assert!(status().stopping, "{}", status());
    inline.run_until_idle();
    assert_eq!((actor.status(), inline.system().status_of(actor.id())), (None, None));
    // Of another system it says nothing.
    let elsewhere = System::builder().inline();
    assert_eq!(elsewhere.system().status_of(other.id()), None);
    assert!(inline.system().status_of(other.id()).is_some());
}

#[test]
fn who_is_muted_says_on_whom() {
    let mut inline = System::builder().inline();
    let small = Options::builder().capacity(2).build().expect("in range");
    let sink = inline.system().try_spawn(busy(), &small).expect("memory");
    assert!(!inline.system().status_of(sink.id()).expect("it lives").suspended);
    let source = inline.spawn(busy());
    let (gate, key) = gate();
    drop(key);
    sink.try_send(Do::Pass(gate)).expect("a place");
    source.try_send(Do::Flood(sink, 5)).expect("a place");
    inline.run_until_idle();
    // Drained again.
    assert_eq!(source.status().expect("it lives").muted, None);
    assert!(inline.system().ledger().mutes > 0);

    let system = System::builder().workers(2).build().expect("a system");
    let sink = system.try_spawn(busy(), &small).expect("memory");
    let source = system.spawn(busy());
    let (gate, key) = self::gate();
    sink.try_send(Do::Pass(gate)).expect("a place");
    key.wait();
    source.try_send(Do::Flood(sink, 5)).expect("a place");
    let muted = loop {
        if let Some(muted) = source.status().expect("it lives").muted {
            break muted;
        }
        std::thread::yield_now();
    };
    assert_eq!((muted.who, muted.on), (source.id(), sink.id()));
    assert_eq!(system.status().muted, 1);
    assert!(source.status().expect("it lives").to_string().contains("muted on"));
    key.open();
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn a_system_says_what_it_is_at() {
    let _dog = watch("a_system_says_what_it_is_at");
    let system = System::builder().workers(1).blocking_threads(1).build().expect("a system");
    let fresh = system.status();
    assert_eq!((fresh.workers, fresh.living, fresh.blocking_threads, fresh.own_threads), (1, 0, 0, 0));
    assert_eq!(fresh.pinned, system.pinned());
    let actors: Vec<_> = (0..3).map(|_| system.spawn(busy())).collect();
    let apart = system.spawn_on_own_thread(busy()).expect("a thread");
    let gates: Vec<_> = (0..4).map(|_| gate()).collect();
    let mut keys = Vec::new();
    for (n, (gate, key)) in gates.into_iter().enumerate() {
        let (to, what) = match n {
            0 => (actors[0], Do::Block(gate)),
            1 => (actors[1], Do::Block(gate)),
            2 => (apart, Do::Pass(gate)),
            _ => (actors[2], Do::Pass(gate)),
        };
        to.try_send(what).expect("a place");
        if n != 1 {
            key.wait();
        }
        keys.push(key);
    }
    apart.try_send(Do::Nothing).expect("a place");
    actors[2].try_send(Do::Arm).expect("a place");
    let status = system.status();
    assert_eq!((status.living, status.working, status.own_threads, status.own_threads_working), (4, 1, 1, 1));
    assert_eq!((status.blocking_threads, status.blocking_running, status.blocking_queued), (1, 1, 1));
    // Those at the gates are handled, and their credit has not come back.
    assert_eq!((status.pending, status.ledger.handled, status.timers), (4, 4, 0), "{status}");
    assert!(status.uptime > fresh.uptime);
    assert!(apart.status().expect("it lives").own_thread);
    let words = status.to_string();
    for line in
        ["1 of 1 workers at work", "4 living", "1 running, 1 waiting, 1 threads", "1 of 1 on own threads"]
    {
        assert!(words.contains(line), "{line}: {words}");
    }
    keys.iter().for_each(|key| key.open());
    for actor in &actors {
        actor.barrier().deadline(SOON).wait().expect("told");
    }
    assert_eq!(system.status().timers, 1);
    actors[2].try_send(Do::Disarm).expect("a place");
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn a_handler_may_look_at_itself() {
    let _dog = watch("a_handler_may_look_at_itself");
    let system = System::builder().workers(2).build().expect("a system");
    let (tell, told) = channel();
    for actor in [system.spawn(busy()), system.spawn_on_own_thread(busy()).expect("a thread")] {
        actor.try_send(Do::Arm).expect("a place");
        actor.try_send(Do::Look(tell.clone())).expect("a place");
        let words = told.recv_timeout(SOON).expect("a look");
        assert!(words.contains("2 timers"), "{words}");
        actor.try_send(Do::Disarm).expect("a place");
    }
    system.shutdown(SOON).expect("rest").check().expect("the ledger adds up");
}

#[test]
fn looking_while_all_runs_harms_nobody() {
    let _dog = watch("looking_while_all_runs_harms_nobody");
    let system = System::builder().workers(2).build().expect("a system");
    let small = Options::builder().capacity(8).build().expect("in range");
    let sink = system.try_spawn(busy(), &small).expect("memory");
    let sources: Vec<_> = (0..4).map(|_| system.spawn(busy())).collect();
    for source in &sources {
        for _ in 0..50 {
            source.try_send(Do::Flood(sink, 20)).expect("a place");
            source.try_send(Do::Arm).expect("a place");
        }
    }
    for _ in 0..200 {
        for source in &sources {
            let status = source.status().expect("it lives");
            assert!(status.timers <= 100 && status.pending <= 1_024, "{status}");
        }
    }
    for source in &sources {
        source.try_send(Do::Disarm).expect("a place");
    }
    let ledger = system.shutdown(SOON).expect("rest");
    ledger.check().expect("the ledger adds up");
    assert_eq!(ledger.faults, 0);
}

/// Has children.
struct Parent;

impl Actor for Parent {
    type Msg = Option<throng::Ended>;
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for name in ["a", "b", "c"] {
            cx.spawn_child(name, busy(), &Options::default(), Some)?;
        }
        Ok(())
    }
    fn handle(&mut self, _: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

#[test]
fn children_are_counted_and_what_was_handled_where_that_is_asked_for() {
    let mut inline = System::builder().inline();
    let counted = Options::builder().count_handled().build().expect("in range");
    let parent = inline.system().try_spawn(Parent, &counted).expect("memory");
    let plain = inline.spawn(Parent);
    for to in [parent, plain] {
        for _ in 0..5 {
            to.try_send(None).expect("a place");
        }
    }
    inline.run_until_idle();
    let seen = |to: Address<Option<throng::Ended>>| {
        let status = to.status().expect("it lives");
        (status.handled, status.children)
    };
    assert_eq!((seen(parent), seen(plain)), ((Some(5), 3), (None, 3)));
    let words = parent.status().expect("it lives").to_string();
    assert!(words.contains("5 handled, 3 children"), "{words}");
}

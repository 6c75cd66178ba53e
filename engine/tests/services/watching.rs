//! Watches and links: each end is told once, whatever it is, and after nothing is left; a link shares it.

use crate::watchdog::watch;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use throng::{Actor, ActorId, Address, Context, Ended, Fault, Inline, Link, Options, System, Watch};

/// What the other one does.
enum Do {
    Stop,
    StopNow,
    Fail,
    Panic,
    Link(ActorId),
    Nothing,
}

/// Somebody to be watched; says when it is gone.
struct Other(Arc<AtomicBool>);

impl Drop for Other {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Actor for Other {
    type Msg = Do;
    fn handle(&mut self, what: Do, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match what {
            Do::Stop => cx.stop(),
            Do::StopNow => cx.stop_now(),
            Do::Fail => return Err(Fault::msg("as told")),
            Do::Panic => panic!("as told"),
            Do::Link(to) => {
                let _: Link = cx.link(to);
            }
            Do::Nothing => {}
        }
        Ok(())
    }
}

fn other(system: &System) -> (Address<Do>, Arc<AtomicBool>) {
    let gone = Arc::default();
    (system.spawn(Other(Arc::clone(&gone))), gone)
}

enum Msg {
    Watch(ActorId),
    Cancel,
    LinkTrapped(ActorId),
    Ended(Ended),
    Word,
    /// How many watch it.
    Watched(Arc<AtomicU32>),
}

/// Notes what it hears, in order.
struct Watcher {
    heard: Arc<Mutex<Vec<String>>>,
    watch: Option<Watch>,
    /// Looked at when an end is told.
    gone: Arc<AtomicBool>,
}

impl Actor for Watcher {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        let note = |words: String| self.heard.lock().expect("no panic").push(words);
        match message {
            Msg::Watch(on) => self.watch = Some(cx.watch(on, Msg::Ended)),
            Msg::Cancel => {
                let watch = self.watch.expect("it watches");
                note(format!("cancelled {}", watch.cancel()));
            }
            Msg::LinkTrapped(to) => {
                let _: Link = cx.link_trapped(to, Msg::Ended);
            }
            Msg::Ended(ended) => {
                assert!(self.gone.load(Ordering::SeqCst), "told before its state was gone");
                note(format!("{}", ended.exit));
            }
            Msg::Word => note("word".into()),
            Msg::Watched(number) => number.store(cx.watchers() as u32, Ordering::SeqCst),
        }
        Ok(())
    }
}

type Heard = Arc<Mutex<Vec<String>>>;

fn watcher(system: &System, gone: &Arc<AtomicBool>, capacity: u32) -> (Address<Msg>, Heard) {
    let heard = Heard::default();
    let watcher = Watcher { heard: Arc::clone(&heard), watch: None, gone: Arc::clone(gone) };
    let options = Options::builder().capacity(capacity).build().expect("in range");
    (system.try_spawn(watcher, &options).expect("there is memory"), heard)
}

fn check(inline: &Inline) {
    inline.system().ledger().check().expect("it adds up");
}

#[test]
fn every_way_to_end_is_told_once() {
    type Way = fn(Address<Do>);
    let ways: [(&str, Way, &str); 7] = [
        (
            "stop",
            |to| {
                let _ = to.stop();
            },
            "stopped",
        ),
        (
            "stop now",
            |to| {
                let _ = to.stop_now();
            },
            "stopped",
        ),
        (
            "kill",
            |to| {
                let _ = to.kill();
            },
            "killed",
        ),
        ("by itself", |to| to.try_send(Do::Stop).expect("room"), "stopped"),
        ("by itself, now", |to| to.try_send(Do::StopNow).expect("room"), "stopped"),
        ("an error", |to| to.try_send(Do::Fail).expect("room"), "failed: as told"),
        ("a panic", |to| to.try_send(Do::Panic).expect("room"), "failed: panicked: as told"),
    ];
    for (name, end, exit) in ways {
        let mut inline = System::builder().inline();
        let (target, gone) = other(inline.system());
        let (watcher, heard) = watcher(inline.system(), &gone, 8);
        watcher.try_send(Msg::Watch(target.id())).expect("room");
        inline.run_until_idle();
        end(target);
        end(target);
        inline.run_until_idle();
        assert_eq!(*heard.lock().expect("no panic"), [exit], "{name}");
        assert!(!target.is_alive());
        check(&inline);
    }
}

#[test]
fn who_had_ended_before_is_told_of_at_once() {
    let mut inline = System::builder().inline();
    let (target, gone) = other(inline.system());
    let _ = target.stop();
    inline.run_until_idle();
    let (watcher, heard) = watcher(inline.system(), &gone, 8);
    watcher.try_send(Msg::Watch(target.id())).expect("room");
    watcher.try_send(Msg::Cancel).expect("room");
    inline.run_until_idle();
    assert_eq!(*heard.lock().expect("no panic"), ["cancelled false", "ended before it was watched"]);
}

#[test]
fn the_end_of_a_system_is_told_in_another() {
    let mut inline = System::builder().inline();
    let away = System::builder().workers(1).build().expect("a worker");
    let (target, gone) = other(&away);
    let (watcher, heard) = watcher(inline.system(), &gone, 8);
    watcher.try_send(Msg::Watch(target.id())).expect("room");
    inline.run_until_idle();
    let ledger = away.abort();
    assert_eq!((ledger.stopped, ledger.queued), (1, 0));
    inline.run_until_idle();
    assert_eq!(*heard.lock().expect("no panic"), ["aborted with its system"]);
}

#[test]
fn no_full_mailbox_holds_the_news_up_and_they_overtake_nothing() {
    let mut inline = System::builder().inline();
    let (target, gone) = other(inline.system());
    let (watcher, heard) = watcher(inline.system(), &gone, 2);
    watcher.try_send(Msg::Watch(target.id())).expect("room");
    inline.run_until_idle();
    assert!(watcher.suspend());
    while watcher.try_send(Msg::Word).is_ok() {}
    let _ = target.kill();
    inline.run_until_idle();
    assert!(watcher.resume());
    inline.run_until_idle();
    assert_eq!(*heard.lock().expect("no panic"), ["word", "word", "killed"]);
    check(&inline);
}

#[test]
fn a_cancelled_watch_tells_nothing() {
    let mut inline = System::builder().inline();
    let (target, gone) = other(inline.system());
    let (watcher, heard) = watcher(inline.system(), &gone, 8);
    for message in [Msg::Watch(target.id()), Msg::Cancel, Msg::Cancel] {
        watcher.try_send(message).expect("room");
    }
    inline.run_until_idle();
    let _ = target.stop();
    inline.run_until_idle();
    assert_eq!(*heard.lock().expect("no panic"), ["cancelled true", "cancelled false"]);
}

#[test]
fn who_watches_no_more_is_off_the_list() {
    let mut inline = System::builder().inline();
    let gone = Arc::default();
    let (target, _) = watcher(inline.system(), &gone, 8);
    let (by, _) = watcher(inline.system(), &gone, 4_096);
    for _ in 0..1_000 {
        by.try_send(Msg::Watch(target.id())).expect("room");
        by.try_send(Msg::Cancel).expect("room");
    }
    by.try_send(Msg::Watch(target.id())).expect("room");
    inline.run_until_idle();
    let watched = |inline: &mut Inline| {
        let number = Arc::new(AtomicU32::new(u32::MAX));
        target.try_send(Msg::Watched(Arc::clone(&number))).expect("room");
        inline.run_until_idle();
        number.load(Ordering::SeqCst)
    };
    assert_eq!(watched(&mut inline), 1);
    let _ = by.stop();
    inline.run_until_idle();
    assert_eq!(watched(&mut inline), 0);
}

#[test]
fn a_failure_kills_all_that_are_linked_and_good_order_does_not() {
    for (end, linked_end) in [(Do::Panic, Some("killed")), (Do::Stop, None)] {
        let mut inline = System::builder().inline();
        let ((first, _), (second, _), (third, gone)) =
            (other(inline.system()), other(inline.system()), other(inline.system()));
        second.try_send(Do::Link(first.id())).expect("room");
        second.try_send(Do::Link(third.id())).expect("room");
        let (watcher, heard) = watcher(inline.system(), &gone, 8);
        watcher.try_send(Msg::Watch(third.id())).expect("room");
        inline.run_until_idle();
        first.try_send(end).expect("room");
        inline.run_until_idle();
        assert_eq!(heard.lock().expect("no panic").first().map(String::as_str), linked_end);
        assert!(!first.is_alive());
        assert_eq!((second.is_alive(), third.is_alive()), (linked_end.is_none(), linked_end.is_none()));
        check(&inline);
    }
}

#[test]
fn a_link_to_one_that_has_ended_kills() {
    let mut inline = System::builder().inline();
    let ((gone, _), (other, _)) = (other(inline.system()), other(inline.system()));
    let _ = gone.stop();
    inline.run_until_idle();
    other.try_send(Do::Link(gone.id())).expect("room");
    other.try_send(Do::Nothing).expect("room");
    inline.run_until_idle();
    assert!(!other.is_alive());
    assert_eq!(inline.system().ledger().dead.stopped, 1);
}

#[test]
fn a_trapped_exit_is_told_and_the_trapper_is_not_killed() {
    let mut inline = System::builder().inline();
    let (target, gone) = other(inline.system());
    let (watcher, heard) = watcher(inline.system(), &gone, 8);
    watcher.try_send(Msg::LinkTrapped(target.id())).expect("room");
    inline.run_until_idle();
    target.try_send(Do::Fail).expect("room");
    inline.run_until_idle();
    assert_eq!(*heard.lock().expect("no panic"), ["failed: as told"]);
    assert!(watcher.is_alive());
    // And the other way round.
    let (target, gone) = other(inline.system());
    gone.store(true, Ordering::SeqCst);
    watcher.try_send(Msg::LinkTrapped(target.id())).expect("room");
    inline.run_until_idle();
    let _ = watcher.kill();
    inline.run_until_idle();
    assert!(!target.is_alive());
}

/// Ends while it is told that others watch.
struct Short;

impl Actor for Short {
    type Msg = u32;
    fn handle(&mut self, _: u32, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        cx.stop();
        Ok(())
    }
}

/// Watches all of them, and counts of each how often it was told.
struct Crowd {
    told: Arc<Vec<AtomicU32>>,
    on: Vec<Address<u32>>,
}

impl Actor for Crowd {
    type Msg = (usize, Ended);
    fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        for (nth, target) in self.on.iter().enumerate() {
            cx.watch(*target, move |ended| (nth, ended));
        }
        Ok(())
    }
    fn handle(&mut self, (nth, ended): Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        assert_eq!(ended.actor, self.on[nth].id(), "told of another");
        self.told[nth].fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Watches are made while those that are watched end, on other workers: each watcher is told of each end, once.
#[test]
fn many_watches_beside_many_ends() {
    let _watchdog = watch("many_watches_beside_many_ends");
    let system = System::builder().workers(3).build().expect("workers");
    let (crowds, each, rounds) = (40, 25, 20);
    for round in 0..rounds {
        let on: Vec<_> = (0..each).map(|_| system.spawn(Short)).collect();
        let none = || Arc::new((0..each).map(|_| AtomicU32::new(0)).collect::<Vec<_>>());
        let told: Vec<_> = (0..crowds).map(|_| none()).collect();
        let watchers: Vec<_> =
            told.iter().map(|told| system.spawn(Crowd { told: Arc::clone(told), on: on.clone() })).collect();
        for target in &on {
            target.try_send(0_u32).expect("room");
        }
        let ledger = system.quiesce(Duration::from_secs(60)).expect("at rest");
        ledger.check().expect("it adds up");
        assert_eq!(ledger.faults, 0, "a watcher was told of another");
        for (watcher, told) in told.iter().enumerate() {
            let told: Vec<_> = told.iter().map(|count| count.load(Ordering::Relaxed)).collect();
            assert_eq!(told, vec![1; each], "round {round}: how often watcher {watcher} was told of each");
        }
        for watcher in watchers {
            let _ = watcher.stop();
        }
    }
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!(ledger.spawned, ledger.stopped);
}

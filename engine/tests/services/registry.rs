//! The registry: an entry is exactly as old as its actor, and of all that get or create at once each gets the same one.

use crate::gate::{Gate, gate};
use crate::seed;
use crate::watchdog::watch;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::ThreadId;
use std::time::Duration;
use throng::{
    Actor, Address, Context, Exit, Fault, GetError, Options, RegisterError, Reply, StopAll, System,
};

struct Holder(Arc<AtomicU32>);

enum Msg {
    Count,
    Stop,
    Pass(Gate),
    Thread(std::sync::mpsc::Sender<ThreadId>),
    /// Asks the registry for this name, in its turn.
    Find(String, std::sync::mpsc::Sender<Option<Address<Msg>>>),
}

impl Actor for Holder {
    type Msg = Msg;
    fn handle(&mut self, message: Msg, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
        match message {
            Msg::Count => _ = self.0.fetch_add(1, Ordering::Relaxed),
            Msg::Stop => cx.stop(),
            Msg::Pass(gate) => gate.pass(),
            Msg::Thread(to) => to.send(std::thread::current().id())?,
            Msg::Find(name, to) => to.send(cx.registry().whereis(&name)?)?,
        }
        Ok(())
    }
}

struct Other;

impl Actor for Other {
    type Msg = u8;
    fn handle(&mut self, _: u8, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        Ok(())
    }
}

fn holder(system: &System) -> Address<Msg> {
    system.spawn(Holder(Arc::default()))
}

#[test]
fn a_name_is_taken_until_its_actor_has_ended_and_free_at_once() {
    let mut inline = System::builder().inline();
    let (one, two) = (holder(inline.system()), holder(inline.system()));
    let registry = inline.system().registry();
    registry.register("a", one).expect("free");
    let taken = registry.register("a", two).expect_err("taken");
    assert_eq!(taken, RegisterError::NameTaken { name: "a".into(), by: one.id() });
    // While it stops it is there.
    let _ = one.stop();
    assert_eq!(registry.whereis::<Msg>("a"), Ok(Some(one)));
    assert_eq!(registry.names(), ["a"]);
    inline.run_until_idle();
    let registry = inline.system().registry();
    assert_eq!(registry.whereis::<Msg>("a"), Ok(None));
    assert_eq!(registry.names(), [""; 0]);
    assert_eq!(registry.register("a", one), Err(RegisterError::Ended(one.id())));
    registry.register("a", two).expect("free again");
    assert_eq!(registry.whereis::<Msg>("a"), Ok(Some(two)));
    assert_eq!(registry.unregister("a"), Some(two.id()));
    assert_eq!(registry.unregister("a"), None);
    // Its end does not touch whoever has the name now.
    let three = holder(inline.system());
    registry.register("a", three).expect("free again");
    let _ = two.kill();
    inline.run_until_idle();
    assert_eq!(inline.system().registry().whereis::<Msg>("a"), Ok(Some(three)));
}

#[test]
fn a_wrong_type_names_both() {
    let inline = System::builder().inline();
    let registry = inline.system().registry();
    registry.register("a", inline.spawn(Other)).expect("free");
    let wrong = registry.whereis::<Msg>("a").expect_err("of another type");
    assert_eq!(
        wrong.to_string(),
        "`a` is for messages of type u8, not services::registry::Msg: ask for that type, or take another name"
    );
    let got = registry.get_or_spawn("a", &Options::default(), || -> Holder { unreachable!("it is there") });
    assert_eq!(got, Err(GetError::WrongType(wrong)));
}

#[test]
fn by_type() {
    let mut inline = System::builder().inline();
    let registry = inline.system().registry();
    assert_eq!(registry.of_type::<Other>(), None);
    let other = registry.get_or_spawn_type(|| Other).expect("memory");
    assert_eq!(registry.of_type::<Other>(), Some(other));
    assert_eq!(registry.names(), [""; 0]);
    assert!(registry.register_type::<Other>(inline.spawn(Other)).is_err());
    let _ = other.stop();
    inline.run_until_idle();
    let registry = inline.system().registry();
    assert_eq!(registry.of_type::<Other>(), None);
    let next = inline.spawn(Other);
    registry.register_type::<Other>(next).expect("free");
    assert_eq!(registry.unregister_type::<Other>(), Some(next.id()));
}

#[test]
fn a_handler_finds_what_was_registered_outside() {
    let mut inline = System::builder().inline();
    let one = holder(inline.system());
    inline.system().registry().register("a", one).expect("free");
    let (to, found) = std::sync::mpsc::channel();
    one.try_send(Msg::Find("a".into(), to)).expect("room");
    inline.run_until_idle();
    assert_eq!(found.recv(), Ok(Some(one)));
}

#[test]
fn a_closure_that_panics_frees_the_name_and_what_was_sent_is_dead() {
    let mut inline = System::builder().inline();
    let get = |inline: &throng::Inline, fails: bool| {
        let make = move || if fails { panic!("as told") } else { Holder(Arc::default()) };
        inline.system().registry().get_or_spawn("a", &Options::default(), make).expect("memory")
    };
    let broken = get(&inline, true);
    broken.try_send(Msg::Count).expect("it waits");
    assert_eq!(get(&inline, false), broken, "it has not ended yet");
    inline.run_until_idle();
    assert!(!broken.is_alive());
    assert_eq!(inline.system().registry().names(), [""; 0]);
    let sound = get(&inline, false);
    sound.try_send(Msg::Count).expect("room");
    inline.run_until_idle();
    let ledger = inline.system().ledger();
    assert_eq!((ledger.faults, ledger.dead.failed, ledger.handled), (1, 1, 1));
    assert_eq!(format!("{:?}", inline.system().registry()), r#"Registry { names: ["a"], entries: 1 }"#);
    let _ = sound.stop();
    inline.run_until_idle();
    assert_eq!(format!("{:?}", inline.system().registry()), "Registry { names: [], entries: 0 }");
    ledger.check().expect("it adds up");
}

#[test]
fn a_closure_may_ask_for_the_others_name() {
    struct Pair(&'static str);
    impl Actor for Pair {
        type Msg = ();
        fn started(&mut self, cx: &mut Context<'_, Self>) -> Result<(), Fault> {
            let other = if self.0 == "a" { "b" } else { "a" };
            cx.registry().get_or_spawn(other, &Options::default(), move || Pair(other))?;
            Ok(())
        }
        fn handle(&mut self, (): (), _: &mut Context<'_, Self>) -> Result<(), Fault> {
            Ok(())
        }
    }
    let mut inline = System::builder().inline();
    let _ = inline.system().registry().get_or_spawn("a", &Options::default(), || Pair("a")).expect("memory");
    inline.run_until_idle();
    assert_eq!(inline.system().registry().names(), ["a", "b"]);
    assert_eq!(inline.system().ledger().spawned, 2);
}

/// Its options hold from its first message, also before its state is there.
#[test]
fn the_capacity_holds_before_the_state_is_there() {
    let mut inline = System::builder().inline();
    let two = Options::builder().capacity(2).build().expect("in range");
    let count = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&count);
    let got = inline.system().registry().get_or_spawn("a", &two, move || Holder(counts)).expect("memory");
    let taken = (0..5).filter(|_| got.try_send(Msg::Count).is_ok()).count();
    inline.run_until_idle();
    assert_eq!((taken, count.load(Ordering::Relaxed)), (2, 2));
}

/// Whoever hears of an end first, before the registry does, finds the name free.
#[test]
fn nobody_finds_one_that_has_ended() {
    struct Look(System, std::sync::mpsc::Sender<bool>);
    impl std::task::Wake for Look {
        fn wake(self: Arc<Self>) {
            let registry = self.0.registry();
            let nobody = registry.whereis::<Msg>("a") == Ok(None) && registry.names().is_empty();
            let free = registry.register("a", holder(&self.0)).is_ok();
            self.1.send(nobody && free).expect("the test listens");
        }
    }
    let _watchdog = watch("nobody_finds_one_that_has_ended");
    let (to, told) = std::sync::mpsc::channel();
    let look = Arc::new(Look(System::builder().workers(1).build().expect("a worker"), to));
    let one = holder(&look.0);
    let (gate, key) = gate();
    one.try_send(Msg::Pass(gate)).expect("room");
    key.wait();
    let mut all = Box::pin(StopAll::reverse([one]));
    let waker = std::task::Waker::from(Arc::clone(&look));
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(std::future::Future::poll(all.as_mut(), &mut cx).is_pending());
    look.0.registry().register("a", one).expect("it is in its handler");
    key.open();
    assert!(told.recv().expect("it is told"), "the name was not free");
}

/// Of eight threads that get or create at once each gets the same actor, and one closure runs.
#[test]
fn eight_threads_get_one() {
    let _watchdog = watch("eight_threads_get_one");
    let system = System::builder().workers(3).build().expect("workers");
    let (made, counted) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let rounds = 300;
    for round in 0..rounds {
        let (name, start) = (format!("n{}", round % 7), Barrier::new(8));
        let got: Vec<Address<Msg>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        let (made, counted) = (Arc::clone(&made), Arc::clone(&counted));
                        let make = move || {
                            made.fetch_add(1, Ordering::Relaxed);
                            Holder(counted)
                        };
                        let got =
                            system.registry().get_or_spawn(&name, &Options::default(), make).expect("memory");
                        got.try_send(Msg::Count).expect("room");
                        got
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert!(got.iter().all(|one| *one == got[0]), "round {round}: {got:?}");
        let ends = StopAll::reverse([got[0]]).wait(Duration::from_secs(60)).expect("it stops");
        assert!(matches!(ends[0].exit, Exit::Stopped));
        assert_eq!(system.registry().whereis::<Msg>(&name), Ok(None));
    }
    assert_eq!((made.load(Ordering::Relaxed), counted.load(Ordering::Relaxed)), (rounds, 8 * rounds));
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.stopped), (u64::from(rounds), u64::from(rounds)));
}

/// Names come and go on several threads, beside the ends of who has them: none is left of anybody who has ended, and nobody
/// loses one to another's end.
#[test]
fn names_beside_ends() {
    let _watchdog = watch("names_beside_ends");
    let system = System::builder().workers(3).build().expect("workers");
    let random = seed::random();
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (system, mut random) = (&system, random.clone());
            scope.spawn(move || {
                for _ in 0..thread * 1_000 {
                    random.below(2);
                }
                for _ in 0..2_000 {
                    let registry = system.registry();
                    let name = format!("n{}", random.below(5));
                    let one = holder(system);
                    // Sometimes it ends beside its registration, sometimes after.
                    let early = random.below(2) == 0;
                    if early {
                        one.try_send(Msg::Stop).expect("room");
                    }
                    let registered = registry.register(&name, one).is_ok();
                    if registered && !early {
                        let found = registry.whereis::<Msg>(&name).expect("one type");
                        assert_eq!(found, Some(one), "who lives keeps its name");
                    }
                    if random.below(3) == 0 && registered && !early {
                        assert_eq!(registry.unregister(&name), Some(one.id()));
                    }
                    if !early {
                        one.try_send(Msg::Stop).expect("room");
                    }
                }
            });
        }
    });
    system.quiesce(Duration::from_secs(60)).expect("at rest");
    assert_eq!(format!("{:?}", system.registry()), "Registry { names: [], entries: 0 }");
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    assert_eq!(ledger.spawned, ledger.stopped);
}

/// Says on which thread its state was made and its message is handled.
struct Whereabouts(ThreadId);

impl Actor for Whereabouts {
    type Msg = Reply<(ThreadId, ThreadId)>;
    fn options() -> Options {
        own_thread()
    }
    fn handle(&mut self, reply: Self::Msg, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send((self.0, std::thread::current().id()));
        Ok(())
    }
}

fn own_thread() -> Options {
    Options::builder().own_thread().build().expect("in range")
}

fn whereabouts() -> Whereabouts {
    Whereabouts(std::thread::current().id())
}

/// Whether it is by name or by type, of many at once, and again once it has ended.
#[test]
fn one_that_is_to_have_a_thread_of_its_own_has_it() {
    let _watchdog = watch("one_that_is_to_have_a_thread_of_its_own_has_it");
    let system = System::builder().workers(1).build().expect("a worker");
    let worker = holder(&system);
    for round in 0..20 {
        let start = Barrier::new(4);
        let got: Vec<_> = std::thread::scope(|scope| {
            let get = || {
                let registry = system.registry();
                start.wait();
                let named = registry.get_or_spawn("a", &own_thread(), whereabouts).expect("a thread");
                (named, registry.get_or_spawn_type(whereabouts).expect("a thread"))
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(get)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        let (named, typed) = got[0];
        assert!(got.iter().all(|both| *both == (named, typed)), "round {round}: {got:?}");
        for one in [named, typed] {
            let (made, handled) = one.ask(|reply| reply).wait().expect("an answer");
            assert_eq!(made, handled, "one thread");
            let (to, worker_at) = std::sync::mpsc::channel();
            worker.try_send(Msg::Thread(to)).expect("room");
            assert_ne!(worker_at.recv().expect("told"), made, "and no worker");
        }
        assert_ne!(named.ask(|reply| reply).wait(), typed.ask(|reply| reply).wait(), "each its own");
        let _ends = StopAll::reverse([named, typed]).wait(Duration::from_secs(60)).expect("they stop");
    }
    let ledger = system.shutdown(Duration::from_secs(60)).expect("down");
    ledger.check().expect("it adds up");
    assert_eq!((ledger.spawned, ledger.stopped), (41, 41));
}

//! Spawning from inside a function; and an inbox that is where nothing can be spawned.

use super::{LONG, bounded, inline, joined};
use crate::executor::block_on;
use crate::watchdog::watch;
use std::sync::mpsc;
use throng::{Actor, Context, Exit, Fault, Inbox, Options, Reply, SendError, System};

/// Answers with what it is.
struct Plain(u32);

impl Actor for Plain {
    type Msg = Reply<u32>;
    fn handle(&mut self, reply: Reply<u32>, _: &mut Context<'_, Self>) -> Result<(), Fault> {
        reply.send(self.0);
        Ok(())
    }
}

#[test]
fn a_function_spawns_actors_and_functions() {
    let mut inline = inline();
    let (_, sum) = inline.spawn_fn(async |inbox: Inbox<()>| {
        let plain = inbox.spawn(Plain(1));
        let small = inbox.try_spawn(Plain(10), &bounded(1)).expect("there is room");
        let (to, doubled) =
            inbox.spawn_fn(async |mut inbox: Inbox<u32>| 2 * inbox.recv().await.expect("sent"));
        to.try_send(50_u32).expect("its address serves at once");
        // Its capacity is as told: it has had no turn.
        let (full, kept) = inbox.spawn_fn_with(async |mut inbox: Inbox<u32>| inbox.recv().await, &bounded(1));
        full.try_send(1_000_u32).expect("one place");
        assert!(matches!(full.try_send(2_000_u32), Err(SendError::Full(2_000))));
        let asked = [plain.ask(|reply| reply).await, small.ask(|reply| reply).await];
        let asked: u32 = asked.into_iter().map(|answer| answer.expect("an answer")).sum();
        asked + doubled.await.expect("a result") + kept.await.expect("a result").expect("sent")
    });
    inline.run_until_idle();
    assert_eq!(joined(sum).expect("a result"), 1_111);
    let ledger = inline.system().ledger();
    assert_eq!((ledger.spawned, ledger.faults), (5, 0));
    ledger.check().expect("it adds up");
}

/// On a thread of its own it is polled by a worker too.
#[test]
fn a_function_on_a_thread_of_its_own_spawns() {
    let _watchdog = watch("a_function_on_a_thread_of_its_own_spawns");
    let system = System::builder().workers(1).build().expect("a system");
    let apart = Options::builder().own_thread().build().expect("in range");
    let spawns = async |inbox: Inbox<()>| {
        let apart = Options::builder().own_thread().build().expect("in range");
        let (plain, other) = (inbox.spawn(Plain(3)), inbox.try_spawn(Plain(4), &apart).expect("a thread"));
        plain.ask(|reply| reply).await.expect("an answer")
            + other.ask(|reply| reply).await.expect("an answer")
    };
    let (_, sum) = system.spawn_fn_with(spawns, &apart);
    assert_eq!(sum.wait().expect("a result"), 7);
    system.shutdown(LONG).expect("down").check().expect("it adds up");
}

/// Nothing keeps a system from coming down while somebody outside has an inbox of it.
#[test]
fn an_inbox_on_a_thread_outside_spawns_nothing() {
    let _watchdog = watch("an_inbox_on_a_thread_outside_spawns_nothing");
    let system = System::builder().workers(1).build().expect("a system");
    let (give, given) = mpsc::channel();
    let (to, _join) = system.spawn_fn(async move |inbox: Inbox<u32>| {
        give.send(inbox).expect("the test waits");
        std::future::pending::<()>().await;
    });
    let mut inbox: Inbox<u32> = given.recv().expect("it gives it away");
    to.try_send(1_u32).expect("there is a place");
    assert_eq!(block_on(inbox.recv()), Ok(1));
    let refused = inbox.try_spawn(Plain(5), &Options::default()).expect_err("outside");
    assert!(refused.is_elsewhere() && refused.thread().is_none());
    assert_eq!(
        refused.to_string(),
        "an inbox spawns only on a worker of its actor's system and while its actor lives; spawn by the `System` instead"
    );
    // It is given back, and serves where it can be spawned.
    let plain = system.spawn(refused.into_inner());
    assert_eq!(plain.ask(|reply| reply).wait(), Ok(5));
    // Also when nothing of the system is left.
    drop(system);
    assert!(inbox.try_spawn(Plain(6), &Options::default()).expect_err("gone").is_elsewhere());
}

#[test]
fn an_inbox_of_another_system_spawns_nothing() {
    let (mut one, mut other) = (inline(), inline());
    let (give, given) = mpsc::channel();
    let (to, _join) = one.spawn_fn(async move |inbox: Inbox<u32>| {
        give.send(inbox).expect("the test waits");
        std::future::pending::<()>().await;
    });
    one.run_until_idle();
    let inbox = given.recv().expect("it gave it away");
    let (_, tried) = other.spawn_fn(async move |_: Inbox<()>| {
        let refused = inbox.try_spawn(Plain(1), &Options::default()).expect_err("another system's");
        assert!(refused.is_elsewhere());
        inbox.spawn(Plain(2));
    });
    other.run_until_idle();
    match joined(tried) {
        Err(Exit::Failed(failure)) => assert!(failure.to_string().contains("only on a worker"), "{failure}"),
        outcome => panic!("it has spawned: {outcome:?}"),
    }
    assert_eq!((one.system().ledger().spawned, other.system().ledger().spawned), (1, 1));
    assert!(to.is_alive());
}

/// In the turn of another actor of the same system it spawns as long as its own lives, and not any longer.
#[test]
fn an_inbox_spawns_until_its_actor_has_ended() {
    let mut inline = inline();
    let (give, given) = mpsc::channel();
    let (owner, _join) = inline.spawn_fn(async move |inbox: Inbox<u32>| {
        give.send(inbox).expect("the test waits");
        std::future::pending::<()>().await;
    });
    inline.run_until_idle();
    let inbox: Inbox<u32> = given.recv().expect("it gave it away");
    let (again, outcome) = inline.spawn_fn(async move |mut own: Inbox<()>| {
        let before = inbox.try_spawn(Plain(1), &Options::default()).map_err(|refused| refused.is_elsewhere());
        own.recv().await.expect("the owner has ended");
        let after = inbox.try_spawn(Plain(2), &Options::default()).map_err(|refused| refused.is_elsewhere());
        (before.is_ok(), after.err())
    });
    inline.run_until_idle();
    let _ = owner.kill();
    inline.run_until_idle();
    again.try_send(()).expect("there is a place");
    inline.run_until_idle();
    assert_eq!(joined(outcome).expect("a result"), (true, Some(true)));
    assert_eq!(inline.system().ledger().spawned, 3);
}

/// Spawns when it is dropped, if it can, and says whether.
struct Last(Option<Inbox<u32>>, mpsc::Sender<bool>);

impl Drop for Last {
    fn drop(&mut self) {
        let spawned = self.0.take().map(|inbox| inbox.try_spawn(Plain(1), &Options::default()).is_ok());
        let _ = self.1.send(spawned == Some(true));
    }
}

/// The future's own values are dropped in its last turn, or by whoever takes the system down: that one is no worker.
#[test]
fn a_drop_of_the_future_spawns_or_is_refused() {
    let mut inline = inline();
    let (tell, told) = mpsc::channel();
    let live = |tell: mpsc::Sender<bool>| {
        async move |inbox: Inbox<u32>| {
            let _last = Last(Some(inbox), tell);
            std::future::pending::<()>().await;
        }
    };
    let (stopped, _first) = inline.spawn_fn(live(tell.clone()));
    let (_, _second) = inline.spawn_fn(live(tell));
    inline.run_until_idle();
    let _ = stopped.stop_now();
    inline.run_until_idle();
    let in_its_turn = told.try_recv().expect("it was dropped");
    let ledger = inline.system().ledger();
    assert_eq!(ledger.spawned, 2 + u64::from(in_its_turn));
    drop(inline);
    assert_eq!(told.try_recv(), Ok(false));
}

/// The documents' program: one function makes all the others, and waits for what comes round.
#[test]
fn a_ring_is_built_from_inside() {
    const PLACES: u32 = 1_000;
    let _watchdog = watch("a_ring_is_built_from_inside");
    let system = System::builder().workers(2).build().expect("a system");
    let (_, came) = system.spawn_fn(async |mut inbox: Inbox<u32>| {
        let mut next = inbox.me();
        for _ in 0..PLACES {
            let to = next;
            (next, _) = inbox.spawn_fn(async move |mut inbox: Inbox<u32>| {
                to.try_send(inbox.recv().await.expect("it comes round") + 1).expect("one message");
            });
        }
        next.try_send(0_u32).expect("there is a place");
        inbox.recv().await
    });
    assert_eq!(came.wait().expect("a result"), Ok(PLACES));
    let ledger = system.shutdown(LONG).expect("down");
    assert_eq!(ledger.spawned, u64::from(PLACES) + 1);
    ledger.check().expect("it adds up");
}

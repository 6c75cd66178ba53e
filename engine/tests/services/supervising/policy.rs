//! One supervisor: strategies, kinds of children, decisions, intensity, back-off.

use super::{Msg, Stage, Worker};
use std::time::Duration;
use throng::{Backoff, Decision, Exit, Restart, Strategy, Supervisor, TreeError};

const MS: Duration = Duration::from_millis(1);

fn four(strategy: Strategy) -> Stage {
    let stage = Stage::new(|root, log| {
        ["a", "b", "c", "d"]
            .iter()
            .fold(root.strategy(strategy), |root, name| root.child(Worker::child(name, log)))
    });
    assert_eq!(stage.happened(), "a started, b started, c started, d started");
    assert_eq!(stage.log.words(), "start a, start b, start c, start d");
    stage
}

#[test]
fn strategies_restart_whom_they_say_in_order_and_stop_in_reverse() {
    let table = [
        (Strategy::OneForOne, "start b", "b failed (panicked: told to), b down, b back"),
        (
            Strategy::OneForAll,
            "stop d, stop c, stop a, start a, start b, start c, start d",
            "b failed (panicked: told to), a down, b down, c down, d down, a back, b back, c back, d back",
        ),
        (
            Strategy::RestForOne,
            "stop d, stop c, start b, start c, start d",
            "b failed (panicked: told to), b down, c down, d down, b back, c back, d back",
        ),
    ];
    for (strategy, hooks, events) in table {
        let mut stage = four(strategy);
        let before = ["a", "b", "c", "d"].map(|name| stage.child(name));
        stage.send("b", Msg::Panic);
        assert_eq!(stage.log.words(), hooks, "{strategy:?}");
        assert_eq!(stage.happened(), events);
        // In place: all addresses hold.
        assert_eq!(before, ["a", "b", "c", "d"].map(|name| stage.child(name)));
        assert_eq!(stage.tree.restarts(), 1);
        stage.tree.begin_stop();
        stage.assert_over();
        assert_eq!(stage.log.words(), "stop d, stop c, stop b, stop a");
        assert_eq!(
            stage.happened(),
            "d ended (stopped), c ended (stopped), b ended (stopped), a ended (stopped)"
        );
        assert!(matches!(stage.tree.exit(), Some(Exit::Stopped)));
        assert!(stage.tree.directory().paths().is_empty());
    }
}

#[test]
fn kinds_of_children_come_back_or_do_not() {
    for (restart, failed, stopped, killed) in [
        (Restart::Permanent, true, true, true),
        (Restart::Transient, true, false, true),
        (Restart::Temporary, false, false, false),
    ] {
        for (end, comes_back) in [(0, failed), (1, stopped), (2, killed)] {
            let mut stage = Stage::new(|root, log| root.child(Worker::child("a", log).restart(restart)));
            let before = stage.child("a");
            match end {
                0 => stage.send("a", Msg::Fail),
                1 => stage.send("a", Msg::Stop),
                _ => {
                    let _ = before.kill();
                    stage.inline.run_until_idle();
                }
            }
            let now = stage.tree.child::<Msg>("a");
            assert_eq!(now.is_some(), comes_back, "{restart:?}, {end}");
            assert_eq!(stage.tree.restarts(), u64::from(comes_back));
            // One that has ended comes back under a new address, and the old one reaches nobody.
            assert_eq!(now == Some(before), end == 0 && comes_back);
            assert_eq!(before.try_send(Msg::Add(1)).is_ok(), now == Some(before));
            stage.tree.begin_stop();
            stage.assert_over();
        }
    }
}

#[test]
fn a_callback_decides_by_name_and_failure() {
    let decide = |name: &str, failure: &throng::Failure| match (name, failure.is_panic()) {
        ("a", false) => Decision::Resume,
        ("a", true) => Decision::Restart,
        ("b", _) => Decision::Stop,
        _ => Decision::Escalate,
    };
    let mut stage = Stage::new(|root, log| {
        ["a", "b", "c"].iter().fold(root.on_fault(decide), |root, name| root.child(Worker::child(name, log)))
    });
    let sum = |stage: &mut Stage| {
        let (asked, a) = (std::sync::mpsc::channel(), stage.child("a"));
        let asking = std::thread::spawn(move || asked.0.send(a.ask(Msg::Get).wait()));
        loop {
            stage.inline.run_until_idle();
            if let Ok(answer) = asked.1.try_recv() {
                asking.join().expect("no panic").expect("heard");
                return answer.expect("an answer");
            }
        }
    };
    stage.send("a", Msg::Add(3));
    stage.send("a", Msg::Fail);
    assert_eq!(sum(&mut stage), 3, "it goes on with its state");
    stage.send("a", Msg::Panic);
    assert_eq!(sum(&mut stage), 0, "it is made anew");
    stage.send("b", Msg::Fail);
    assert!(stage.tree.child::<Msg>("b").is_none());
    assert!(stage.tree.exit().is_none());
    stage.log.read();
    stage.send("c", Msg::Fail);
    assert_eq!(stage.log.words(), "stop a", "b is gone, and c has failed");
    stage.assert_over();
    let Some(Exit::Failed(why)) = stage.tree.exit() else { panic!("{:?}", stage.tree.exit()) };
    assert_eq!(why.to_string(), "child \"c\" failed: told to");
    assert!(stage.happened().ends_with("c ended (killed), a ended (stopped), root gives up"));
}

/// R4: so many restarts within the window and no more, at exact times, and then up.
#[test]
fn r04_one_that_fails_on_every_start_escalates_after_so_many_restarts_at_their_times() {
    struct Broken;
    impl throng::Actor for Broken {
        type Msg = ();
        fn started(&mut self, _: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
            Err(throng::Fault::msg("no start"))
        }
        fn handle(&mut self, (): (), _: &mut throng::Context<'_, Self>) -> Result<(), throng::Fault> {
            Ok(())
        }
    }
    let backoff = Backoff::new(10 * MS, 40 * MS);
    let mut stage = Stage::new(|root, log| {
        root.intensity(5, Duration::from_secs(60))
            .backoff(backoff)
            .child(Worker::child("a", log))
            .child(throng::Child::new("b", || Broken))
            .child(Worker::child("c", log))
    });
    let mut times = Vec::new();
    let mut before = 0;
    for millis in 0..200 {
        let restarts = stage.events.try_iter().filter(|event| match &event.what {
            throng::Happened::Failed(_) => &*event.path == "b",
            _ => false,
        });
        let failed = restarts.count();
        if failed > 0 {
            times.push((millis - before, failed));
            before = millis;
        }
        stage.inline.advance(MS);
    }
    // The first start, then 10, 20, 40, 40, 40 milliseconds from one to the next: five restarts, six failures, and over.
    assert_eq!(times, [(0, 1), (10, 1), (20, 1), (40, 1), (40, 1), (40, 1)]);
    assert_eq!(stage.tree.restarts(), 5);
    assert_eq!(stage.log.words(), "start a, stop a", "c never starts");
    let Some(Exit::Failed(why)) = stage.tree.exit() else { panic!("it has given up") };
    assert_eq!(why.to_string(), "child \"b\" failed: no start (restarts allowed: 5 within 60s)");
    stage.assert_over();
}

#[test]
fn the_window_moves_and_a_pause_is_waited_for_by_quiesce_and_ended_by_a_stop() {
    let mut stage = Stage::new(|root, log| {
        root.intensity(2, 100 * MS).backoff(Backoff::new(30 * MS, 30 * MS)).child(Worker::child("a", log))
    });
    for _ in 0..10 {
        stage.send("a", Msg::Fail);
        stage.inline.advance(51 * MS);
    }
    assert_eq!(stage.tree.restarts(), 10, "never three within a tenth of a second");
    let _ = stage.happened();
    stage.send("a", Msg::Fail);
    assert_eq!(stage.happened(), "a failed (told to), a down for 30ms");
    assert!(stage.inline.system().quiesce(Duration::ZERO).is_err(), "its timer is pending");
    // Its mailbox takes messages meanwhile, and they are for the next state.
    stage.send("a", Msg::Add(1));
    stage.tree.begin_stop();
    stage.inline.run_until_idle();
    assert_eq!(stage.happened(), "a ended (killed)");
    stage.assert_over();
    stage.inline.system().quiesce(Duration::ZERO).expect("no timer is left");
}

#[test]
fn names_are_told_apart() {
    let inline = throng::System::builder().inline();
    let child = |name: &str| Worker::child(name, &super::Log::default());
    let twice = Supervisor::new().child(child("a")).child(child("b")).child(child("a"));
    assert_eq!(inline.system().supervise(twice).err(), Some(TreeError::Duplicate { name: "a".into() }));
    for given in ["", "a/b", "/"] {
        let odd = Supervisor::new().child(child(given));
        assert_eq!(inline.system().supervise(odd).err(), Some(TreeError::Name { given: given.into() }));
    }
    assert_eq!(inline.system().ledger().spawned, 0);
    // And each tree has a directory of its own.
    let directory = throng::Directory::new();
    let found = || inline.system().supervise(Supervisor::new().directory(&directory).child(child("a"))).err();
    assert_eq!((found(), found()), (None, Some(TreeError::DirectoryTaken)));
}

#[test]
fn an_intensity_within_no_time_is_refused_and_says_what_to_give() {
    let inline = throng::System::builder().inline();
    let start = |most| inline.system().supervise(Supervisor::new().intensity(most, Duration::ZERO));
    let refused = start(3).expect_err("it would be no limit");
    assert_eq!(refused, TreeError::Intensity { most: 3 });
    assert_eq!(
        refused.to_string(),
        "intensity = 3 restarts within 0 ns, which would limit none: give a time above zero, or 0 restarts for none"
    );
    assert!(start(0).is_ok(), "no restart within any time is a limit");
}

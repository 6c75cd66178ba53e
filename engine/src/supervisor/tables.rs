//! The machine by tables: strategy x fault x child, with the exact commands in their order. Its children obey at once.

use super::command::{Alarm, Command, Outcome, Plan, Role};
use super::keeper::Keeper;
use super::strategy::{Decision, Intensity, Restart, Shutdown, Strategy};
use crate::backoff::Backoff;
use crate::time::Nanos;
use std::collections::VecDeque;
use std::time::Duration;

const SECOND: Nanos = 1_000_000_000;

fn plan(strategy: Strategy) -> Plan {
    let intensity = Intensity { most: 3, within: 5 * SECOND };
    Plan { strategy, intensity, backoff: None, quiet: 5 * SECOND }
}

fn role(restart: Restart) -> Role {
    Role { restart, shutdown: Shutdown::Drain(Duration::from_secs(1)), resumes: true }
}

/// A supervisor whose children do at once what they are told.
struct Scene {
    keeper: Keeper,
    now: Nanos,
    /// Fails on every start.
    broken: Option<usize>,
    /// Does not answer.
    deaf: Option<usize>,
    alarms: VecDeque<(Alarm, Nanos)>,
    said: Vec<String>,
}

impl Scene {
    fn new(plan: Plan, restarts: &[Restart]) -> Self {
        let keeper = Keeper::new(plan, restarts.iter().map(|restart| role(*restart)));
        Scene { keeper, now: 0, broken: None, deaf: None, alarms: VecDeque::new(), said: Vec::new() }
    }

    /// Four that have started.
    fn four(strategy: Strategy, restart: Restart) -> Self {
        let mut scene = Scene::new(plan(strategy), &[restart; 4]);
        scene.keeper.start();
        assert_eq!(scene.told(), "make0 make1 make2 make3 ready");
        scene
    }

    /// Carries out what is commanded; the words for it.
    fn told(&mut self) -> String {
        while let Some(command) = self.keeper.command() {
            let (now, broken, deaf) = (self.now, self.broken, self.deaf);
            let answers = |child| deaf != Some(child);
            let word = match command {
                Command::Make(child) | Command::Occupy(child) => {
                    match broken == Some(child) {
                        true => self.keeper.failed(child, Decision::Restart, now),
                        false if answers(child) => self.keeper.started(child, now),
                        false => {}
                    }
                    let made = matches!(command, Command::Make(_));
                    format!("{}{child}", if made { "make" } else { "occupy" })
                }
                Command::Vacate(child) => {
                    if answers(child) {
                        self.keeper.vacated(child, now);
                    }
                    format!("vacate{child}")
                }
                Command::Resume(child) => format!("resume{child}"),
                Command::Drain(child) | Command::StopNow(child) => {
                    if answers(child) {
                        self.keeper.ended(child, true, now);
                    }
                    format!("stop{child}")
                }
                Command::Kill(child) => {
                    self.keeper.ended(child, false, now);
                    format!("kill{child}")
                }
                Command::Arm(alarm, after) => {
                    self.alarms.push_back((alarm, now + after));
                    continue;
                }
                Command::Disarm(alarm) => {
                    self.alarms.retain(|(other, _)| *other != alarm);
                    continue;
                }
                Command::Restarting(..) | Command::Up { .. } => continue,
                Command::Ready => "ready".into(),
                Command::Down(Outcome::Stopped) => "down".into(),
                Command::Down(Outcome::Escalated { child, too_often }) => {
                    format!("escalate{child}{}", if too_often { "!" } else { "" })
                }
            };
            self.said.push(word);
        }
        std::mem::take(&mut self.said).join(" ")
    }

    /// Lets time go to the next alarm.
    fn ring(&mut self) -> Nanos {
        let next = (0..self.alarms.len()).min_by_key(|n| self.alarms[*n].1).expect("an alarm");
        let (alarm, at) = self.alarms.remove(next).expect("just found");
        let before = std::mem::replace(&mut self.now, at);
        self.keeper.alarm(alarm, at);
        at - before
    }
}

#[test]
fn a_failure_restarts_whom_the_strategy_says_in_order() {
    use Strategy::{OneForAll, OneForOne, RestForOne};
    let table = [
        (OneForOne, 0, "vacate0 occupy0"),
        (OneForOne, 2, "vacate2 occupy2"),
        (OneForOne, 3, "vacate3 occupy3"),
        (OneForAll, 0, "vacate3 vacate2 vacate1 vacate0 occupy0 occupy1 occupy2 occupy3"),
        (OneForAll, 2, "vacate3 vacate2 vacate1 vacate0 occupy0 occupy1 occupy2 occupy3"),
        (OneForAll, 3, "vacate3 vacate2 vacate1 vacate0 occupy0 occupy1 occupy2 occupy3"),
        (RestForOne, 0, "vacate3 vacate2 vacate1 vacate0 occupy0 occupy1 occupy2 occupy3"),
        (RestForOne, 2, "vacate3 vacate2 occupy2 occupy3"),
        (RestForOne, 3, "vacate3 occupy3"),
    ];
    for restart in [Restart::Permanent, Restart::Transient] {
        for (strategy, child, expected) in table {
            let mut scene = Scene::four(strategy, restart);
            assert!(scene.keeper.decides(child));
            scene.keeper.failed(child, Decision::Restart, 0);
            assert_eq!(scene.told(), expected, "{strategy:?}, {child} failed, {restart:?}");
            assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (1, 0));
        }
    }
}

#[test]
fn an_end_is_answered_as_the_kind_of_child_says() {
    use Restart::{Permanent, Temporary, Transient};
    use Strategy::{OneForAll, OneForOne, RestForOne};
    let all = "vacate3 vacate2 vacate0 occupy0 make1 occupy2 occupy3";
    let table = [
        (OneForOne, Permanent, true, "make1"),
        (OneForOne, Permanent, false, "make1"),
        (OneForOne, Transient, true, ""),
        (OneForOne, Transient, false, "make1"),
        (OneForOne, Temporary, true, ""),
        (OneForOne, Temporary, false, ""),
        (OneForAll, Permanent, true, all),
        (OneForAll, Permanent, false, all),
        (OneForAll, Transient, true, ""),
        (OneForAll, Transient, false, all),
        (OneForAll, Temporary, false, ""),
        (RestForOne, Permanent, true, "vacate3 vacate2 make1 occupy2 occupy3"),
        (RestForOne, Transient, true, ""),
        (RestForOne, Transient, false, "vacate3 vacate2 make1 occupy2 occupy3"),
        (RestForOne, Temporary, true, ""),
    ];
    for (strategy, restart, good, expected) in table {
        let mut scene = Scene::four(strategy, restart);
        scene.keeper.ended(1, good, 0);
        assert_eq!(scene.told(), expected, "{strategy:?}, {restart:?}, in good order: {good}");
        assert_eq!(scene.keeper.restarts(), u64::from(!expected.is_empty()));
    }
}

#[test]
fn what_is_decided_is_done() {
    use Decision::{Escalate, Restart as Again, Resume, Stop};
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let up = "stop3 stop2 kill1 stop0 escalate1";
        let table = [
            (Restart::Permanent, Resume, "resume1"),
            (Restart::Permanent, Stop, "kill1"),
            (Restart::Permanent, Escalate, up),
            (Restart::Temporary, Resume, "resume1"),
            (Restart::Temporary, Again, "kill1"),
            (Restart::Temporary, Escalate, up),
        ];
        for (restart, decision, expected) in table {
            let mut scene = Scene::four(strategy, restart);
            scene.keeper.failed(1, decision, 0);
            assert_eq!(scene.told(), expected, "{strategy:?}, {decision:?}");
            assert_eq!(scene.keeper.restarts(), 0);
        }
    }
}

#[test]
fn a_round_takes_the_temporary_and_leaves_the_removed() {
    use Restart::{Permanent, Temporary, Transient};
    let mut scene =
        Scene::new(plan(Strategy::OneForAll), &[Permanent, Temporary, Permanent, Transient, Permanent]);
    scene.keeper.start();
    let _ = scene.told();
    // One is stopped by decision, one has done its work.
    scene.keeper.failed(2, Decision::Stop, 0);
    scene.keeper.ended(3, true, 0);
    assert_eq!(scene.told(), "kill2");
    scene.keeper.failed(4, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate4 stop1 vacate0 occupy0 make3 occupy4");
    scene.keeper.stop();
    assert_eq!(scene.told(), "stop4 stop3 stop0 down");
    // It is down once, whatever comes then.
    scene.keeper.stop();
    scene.keeper.abort();
    scene.keeper.ended(0, false, 0);
    assert_eq!(scene.told(), "");
}

#[test]
fn each_starts_when_the_one_before_has() {
    let mut scene = Scene::new(plan(Strategy::OneForOne), &[Restart::Permanent; 3]);
    scene.deaf = Some(1);
    scene.keeper.start();
    assert_eq!(scene.told(), "make0 make1");
    // Fails, is restarted, and only then it goes on.
    scene.keeper.failed(1, Decision::Resume, 0);
    assert_eq!(scene.told(), "vacate1");
    scene.keeper.vacated(1, 0);
    assert_eq!(scene.told(), "occupy1");
    scene.keeper.started(1, 0);
    assert_eq!(scene.told(), "make2 ready");
}

#[test]
fn a_fault_during_a_round_is_merged_or_counted_never_both() {
    // While it is taken down: merged.
    let mut scene = Scene::four(Strategy::OneForAll, Restart::Permanent);
    scene.deaf = Some(3);
    scene.keeper.failed(2, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate3");
    assert!(!scene.keeper.decides(0) && !scene.keeper.decides(3));
    scene.keeper.failed(0, Decision::Escalate, 0);
    scene.keeper.failed(3, Decision::Escalate, 0);
    scene.keeper.vacated(3, 0);
    scene.deaf = None;
    assert_eq!(scene.told(), "vacate2 vacate1 vacate0 occupy0 occupy1 occupy2 occupy3");
    assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (1, 2));

    // One before those that are restarted: they are more now, and none is taken down twice.
    let mut scene = Scene::four(Strategy::RestForOne, Restart::Permanent);
    scene.deaf = Some(3);
    scene.keeper.failed(2, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate3");
    scene.keeper.failed(1, Decision::Restart, 0);
    assert_eq!(scene.told(), "");
    scene.keeper.vacated(3, 0);
    scene.deaf = None;
    assert_eq!(scene.told(), "vacate2 vacate1 occupy1 occupy2 occupy3");
    assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (2, 0));

    // While they come up: a round more, of those that it takes.
    let mut scene = Scene::four(Strategy::RestForOne, Restart::Permanent);
    scene.deaf = Some(3);
    scene.keeper.failed(1, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate3");
    scene.keeper.vacated(3, 0);
    assert_eq!(scene.told(), "vacate2 vacate1 occupy1 occupy2 occupy3");
    scene.keeper.failed(2, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate3");
    // It had started before it saw that: too late.
    scene.keeper.started(3, 0);
    assert_eq!(scene.told(), "");
    scene.keeper.vacated(3, 0);
    scene.deaf = None;
    assert_eq!(scene.told(), "vacate2 occupy2 occupy3");
    assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (2, 0));

    // One for one, they do not know of each other.
    let mut scene = Scene::four(Strategy::OneForOne, Restart::Permanent);
    scene.deaf = Some(3);
    scene.keeper.failed(3, Decision::Restart, 0);
    scene.keeper.failed(1, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate3 vacate1 occupy1");
    scene.keeper.ended(3, false, 0);
    assert_eq!(scene.told(), "make3");
    assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (2, 0));
}

/// It is not for the round that was bringing it up to make it again, untold and uncounted.
#[test]
fn one_that_ends_in_good_order_while_a_round_brings_it_up_has_ended() {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        let mut scene = Scene::new(plan(strategy), &[Restart::Transient; 3]);
        scene.deaf = Some(1);
        scene.keeper.start();
        assert_eq!(scene.told(), "make0 make1");
        scene.keeper.ended(1, false, 0);
        assert!(scene.told().ends_with("make1"), "killed, it is made anew");
        scene.keeper.ended(1, true, 0);
        assert_eq!(scene.told(), "make2 ready", "{strategy:?}");
        assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (1, 0));
    }
}

#[test]
fn one_that_fails_on_every_start_is_restarted_so_often_and_then_it_escalates() {
    for strategy in [Strategy::OneForOne, Strategy::OneForAll, Strategy::RestForOne] {
        for most in [0_u32, 1, 3, 10] {
            let mut plan = plan(strategy);
            plan.intensity.most = most;
            let mut scene = Scene::new(plan, &[Restart::Permanent; 3]);
            scene.broken = Some(1);
            scene.keeper.start();
            let told = scene.told();
            assert_eq!(scene.keeper.restarts(), u64::from(most), "{strategy:?}");
            assert_eq!(told.matches("occupy1").count(), most as usize, "{told}");
            assert!(told.ends_with("kill1 stop0 escalate1!"), "{told}");
            assert!(!told.contains("make2"), "{told}");
        }
    }
}

#[test]
fn pauses_grow_to_their_most_and_begin_anew_after_a_quiet_time() {
    let mut plan = plan(Strategy::RestForOne);
    plan.intensity.most = 100;
    plan.backoff = Some(Backoff::new(Duration::from_millis(100), Duration::from_secs(1)));
    let mut scene = Scene::new(plan, &[Restart::Permanent; 2]);
    scene.keeper.start();
    assert_eq!(scene.told(), "make0 make1 ready");
    let mut pauses = Vec::new();
    let mut fail = |scene: &mut Scene| {
        scene.keeper.failed(1, Decision::Restart, scene.now);
        assert_eq!(scene.told(), "vacate1", "and nothing before the pause is over");
        pauses.push(scene.ring() / 1_000_000);
        assert_eq!(scene.told(), "occupy1");
        assert!(scene.alarms.is_empty());
    };
    (0..6).for_each(|_| fail(&mut scene));
    scene.now += 5 * SECOND - 1;
    fail(&mut scene);
    scene.now += 5 * SECOND;
    fail(&mut scene);
    assert_eq!(pauses, [100, 200, 400, 800, 1000, 1000, 1000, 100]);
}

#[test]
fn a_fault_in_the_pause_of_others_ends_it_and_a_stop_does_so_for_good() {
    let mut plan = plan(Strategy::RestForOne);
    plan.backoff = Some(Backoff::new(Duration::from_secs(1), Duration::from_secs(1)));
    let mut scene = Scene::new(plan, &[Restart::Permanent; 3]);
    scene.keeper.start();
    let _ = scene.told();
    scene.keeper.failed(2, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate2");
    let stale = scene.alarms[0].0;
    scene.keeper.failed(1, Decision::Restart, 0);
    assert_eq!(scene.told(), "vacate1");
    scene.keeper.alarm(stale, 0);
    assert_eq!(scene.told(), "", "that pause is another's");
    assert_eq!((scene.ring(), scene.told()), (SECOND, "occupy1 occupy2".into()));
    scene.keeper.failed(2, Decision::Restart, scene.now);
    assert_eq!(scene.told(), "vacate2");
    scene.keeper.stop();
    assert_eq!(scene.told(), "kill2 stop1 stop0 down");
    assert!(scene.alarms.is_empty());
}

#[test]
fn one_that_does_not_drain_in_time_is_killed_and_an_abort_waits_for_nobody() {
    let mut scene = Scene::four(Strategy::OneForOne, Restart::Permanent);
    scene.deaf = Some(2);
    scene.keeper.stop();
    assert_eq!(scene.told(), "stop3 stop2");
    assert_eq!(scene.keeper.left().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((scene.ring(), scene.told()), (SECOND, "kill2 stop1 stop0 down".into()));
    assert!(scene.alarms.is_empty());

    let mut scene = Scene::four(Strategy::OneForAll, Restart::Permanent);
    scene.deaf = Some(2);
    scene.keeper.stop();
    assert_eq!(scene.told(), "stop3 stop2");
    scene.keeper.abort();
    assert_eq!(scene.told(), "kill2 kill1 kill0 down");
}

#[test]
fn what_fails_or_ends_on_the_way_down_is_not_decided_on() {
    let mut scene = Scene::four(Strategy::OneForAll, Restart::Permanent);
    scene.deaf = Some(3);
    scene.keeper.failed(1, Decision::Escalate, 0);
    assert_eq!(scene.told(), "stop3");
    // One that waits its turn, and the one that is draining, which would be held for ever.
    scene.keeper.failed(0, Decision::Restart, 0);
    scene.keeper.ended(2, false, 0);
    scene.keeper.failed(3, Decision::Restart, 0);
    // A stop does not hide that it fails.
    scene.keeper.stop();
    assert_eq!(scene.told(), "kill3 kill1 kill0 escalate1");
    assert_eq!((scene.keeper.restarts(), scene.keeper.merged()), (0, 3));
}

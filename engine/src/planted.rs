//! Faults that programs may plant in the engine, by name. By `--cfg throng_planted` alone.

use crate::sync::{Mutant, plant_everywhere};

/// Faults of the engine's logic that a program may plant in all that runs in it, by name: for the swarm, which must find them. Nobody
/// is told what follows: it may be anything.
const PLANTABLE: [(&str, Mutant); 35] = [
    ("end-over-waiters", Mutant::EndOverWaiters),
    ("signal-owned", Mutant::SignalOwned),
    ("drain-unheard", Mutant::DrainUnheard),
    ("late-answer-next", Mutant::LateAnswerNext),
    ("order-swapped", Mutant::OrderSwapped),
    ("payload-leaked", Mutant::PayloadLeaked),
    ("payload-twice", Mutant::PayloadTwice),
    ("stop-hasty", Mutant::StopHasty),
    ("notice-lost", Mutant::NoticeLost),
    ("credit-lost", Mutant::CreditLost),
    ("told-over-end", Mutant::ToldOverEnd),
    ("mute-forgotten", Mutant::MuteForgotten),
    ("timer-early", Mutant::TimerEarly),
    ("deadline-early", Mutant::DeadlineEarly),
    ("timer-late", Mutant::TimerLate),
    ("link-untold", Mutant::LinkUntold),
    ("restart-too-many", Mutant::RestartTooMany),
    ("rest-left-out", Mutant::RestLeftOut),
    ("tick-late", Mutant::TickLate),
    ("tick-lost", Mutant::TickLost),
    ("answer-lost", Mutant::AnswerLost),
    ("suspend-ignored", Mutant::SuspendIgnored),
    ("kill-drains", Mutant::KillDrains),
    ("drop-early", Mutant::DropEarly),
    ("bound-over", Mutant::BoundOver),
    ("drop-wrong-end", Mutant::DropWrongEnd),
    ("drop-out-of-turn", Mutant::DropOutOfTurn),
    ("pressure-mute", Mutant::PressureMute),
    ("urgent-ignored", Mutant::UrgentIgnored),
    ("urgent-endless", Mutant::EndlessStreak),
    ("child-unbegun", Mutant::ChildUnbegun),
    ("hook-swallowed", Mutant::HookSwallowed),
    ("state-kept", Mutant::StateKept),
    ("exit-untrue", Mutant::ExitUntrue),
    ("batch-over", Mutant::BatchOver),
];

/// Plants the fault of this name; false, if there is none.
pub fn plant_by_name(name: &str) -> bool {
    let found = PLANTABLE.iter().find(|(other, _)| *other == name);
    found.inspect(|(_, mutant)| plant_everywhere(*mutant)).is_some()
}

/// The names of those that can be planted.
pub fn plantable() -> impl Iterator<Item = &'static str> {
    PLANTABLE.iter().map(|(name, _)| *name)
}

//! Flags that only some loads take.

use super::workload::{Mode, Workload};
use crate::dump;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Messages,
    Duration,
    Profile,
    Rate,
    Arrival,
    Warmup,
    Actors,
    Hops,
    Tokens,
    Order,
    Payload,
    Sample,
    Producers,
    Service,
    Freeze,
    Probe,
    Window,
    Users,
    Rooms,
    Turns,
    Mix,
    Period,
    Cancel,
    Repeat,
    Strategy,
    Crash,
    CrashBy,
    Backoff,
    Mail,
    Members,
    Leave,
    Burst,
    Pause,
    Topics,
    Subscribers,
    Fail,
    Drop,
    Signal,
}

impl Flag {
    pub(super) const ALL: [Flag; 38] = [
        Flag::Messages,
        Flag::Duration,
        Flag::Profile,
        Flag::Rate,
        Flag::Arrival,
        Flag::Warmup,
        Flag::Actors,
        Flag::Hops,
        Flag::Tokens,
        Flag::Order,
        Flag::Payload,
        Flag::Sample,
        Flag::Producers,
        Flag::Service,
        Flag::Freeze,
        Flag::Probe,
        Flag::Window,
        Flag::Users,
        Flag::Rooms,
        Flag::Turns,
        Flag::Mix,
        Flag::Period,
        Flag::Cancel,
        Flag::Repeat,
        Flag::Strategy,
        Flag::Crash,
        Flag::CrashBy,
        Flag::Backoff,
        Flag::Mail,
        Flag::Members,
        Flag::Leave,
        Flag::Burst,
        Flag::Pause,
        Flag::Topics,
        Flag::Subscribers,
        Flag::Fail,
        Flag::Drop,
        Flag::Signal,
    ];

    /// The flag, with its value where only that is not for everybody.
    pub(super) fn name(self) -> &'static str {
        match self {
            Flag::Messages => "--messages",
            Flag::Duration => "--duration",
            Flag::Profile => "--profile smoke|paper",
            Flag::Rate => "--rate",
            Flag::Arrival => "--arrival",
            Flag::Warmup => "--warmup",
            Flag::Actors => "--actors",
            Flag::Hops => "--hops",
            Flag::Tokens => "--tokens",
            Flag::Order => "--order",
            Flag::Payload => "--payload",
            Flag::Sample => "--sample all",
            Flag::Producers => "--producers",
            Flag::Service => "--service",
            Flag::Freeze => "--freeze",
            Flag::Probe => "--probe",
            Flag::Window => "--window",
            Flag::Users => "--users",
            Flag::Rooms => "--rooms",
            Flag::Turns => "--turns",
            Flag::Mix => "--mix",
            Flag::Period => "--period",
            Flag::Cancel => "--cancel",
            Flag::Repeat => "--repeat",
            Flag::Strategy => "--strategy",
            Flag::Crash => "--crash",
            Flag::CrashBy => "--crash-by",
            Flag::Backoff => "--backoff",
            Flag::Mail => "--mail",
            Flag::Members => "--members",
            Flag::Leave => "--leave",
            Flag::Burst => "--burst",
            Flag::Pause => "--pause",
            Flag::Topics => "--topics",
            Flag::Subscribers => "--subscribers",
            Flag::Fail => "--overflow fail",
            Flag::Drop => "--overflow drop-newest|drop-oldest|drop-oldest-exact",
            Flag::Signal => "--overflow signal",
        }
    }

    /// Whether this load takes it.
    pub(super) fn is_for(self, workload: Workload, mode: Mode) -> bool {
        // A profile is first of all a time.
        let flag = if self == Flag::Profile { Flag::Duration } else { self };
        workload.modes().contains(&mode) && taken(workload, mode).iter().any(|flags| flags.contains(&flag))
    }

    /// Whether the workload takes it in any mode.
    pub(super) fn is_ever_for(self, workload: Workload) -> bool {
        workload.modes().iter().any(|mode| self.is_for(workload, *mode))
    }
}

/// What a load takes, in two parts: what all of its kind take, and what it alone does.
fn taken(workload: Workload, mode: Mode) -> [&'static [Flag]; 2] {
    use Flag::{
        Actors, Arrival, Backoff, Burst, Cancel, Crash, CrashBy, Drop, Duration, Fail, Freeze, Hops, Leave,
        Mail, Members, Messages, Mix, Order, Pause, Payload, Period, Probe, Producers, Rate, Repeat, Rooms,
        Sample, Service, Signal, Strategy, Subscribers, Tokens, Topics, Turns, Users, Warmup, Window,
    };
    let all: &[Flag] = match (workload, mode) {
        (Workload::NoOp, Mode::Open) => &[Duration, Rate, Arrival, Warmup],
        // A question that is dropped is answered all the same: with the news that it was.
        (Workload::Ask, Mode::Open) => &[Duration, Rate, Arrival, Warmup, Sample, Service, Freeze, Fail],
        (_, Mode::Open) => &[Duration, Rate, Arrival, Warmup, Sample, Service, Freeze, Probe, Fail, Drop],
        (Workload::FanOut | Workload::Mesh | Workload::Pipeline, Mode::Closed) => {
            &[Messages, Duration, Warmup, Tokens, Sample, Service, Freeze, Probe, Fail]
        }
        (Workload::FanOut | Workload::Mesh | Workload::Pipeline, Mode::Saturate) => {
            &[Messages, Duration, Warmup, Sample, Service, Freeze, Probe, Fail, Drop]
        }
        _ => &[],
    };
    let own: &[Flag] = match (workload, mode) {
        (Workload::FanOut | Workload::Pipeline, _) => &[Actors],
        (Workload::Mesh, _) => &[Actors, Hops],
        (Workload::FanIn, Mode::Open) => &[Producers],
        (_, Mode::Open) => &[],
        (Workload::PingPong | Workload::Counting | Workload::FanIn | Workload::Pairs, _) => {
            &[Messages, Duration, Payload, Sample, Fail]
        }
        (Workload::Crowd, _) => &[Messages, Duration, Actors, Payload, Sample, Fail],
        (Workload::Bounded, _) => &[Messages, Duration, Producers, Service, Fail, Drop, Signal],
        (Workload::Flow, _) => &[Messages, Duration, Producers, Service, Window],
        (Workload::Ring, _) => &[Messages, Duration, Actors, Tokens, Order, Sample],
        (Workload::Big, _) => &[Messages, Actors, Sample],
        (Workload::Directory, _) => &[Messages, Actors, Tokens],
        (Workload::Create | Workload::Idle | Workload::Skynet, _) => &[Actors],
        (Workload::Chat, _) => &[Duration, Sample, Service, Users, Rooms, Turns, Mix],
        (Workload::Timers, _) => &[Messages, Duration, Actors, Sample, Period, Cancel, Repeat],
        (Workload::Supervise, _) => {
            &[Messages, Duration, Actors, Producers, Service, Sample, Strategy, Crash, CrashBy, Backoff, Mail]
        }
        (Workload::Pools, _) => &[Messages, Duration, Service, Sample, Members, Leave, Burst, Pause],
        (Workload::PubSub, _) => {
            &[Messages, Duration, Producers, Service, Sample, Topics, Subscribers, Fail, Drop]
        }
        (Workload::Ask, _) => &[Messages, Duration, Sample, Fail],
        (Workload::Inject, _) => &[Sample],
        (Workload::NoOp, _) => &[Messages, Duration],
    };
    [all, own]
}

/// For the end of the help: what each workload is, and who takes what.
pub(super) fn workloads_and_flags() -> String {
    let mut text = String::from("Workloads:\n");
    for workload in Workload::ALL {
        text += &format!("  {:<10} {}\n", workload.name(), workload.deed());
    }
    text += "\nFlags that not every load takes:\n";
    for workload in Workload::ALL {
        for mode in workload.modes() {
            let flags: Vec<_> = Flag::ALL.into_iter().filter(|flag| flag.is_for(workload, *mode)).collect();
            let flags: Vec<_> = flags.into_iter().map(Flag::name).collect();
            text += &format!("  {:<10} {:<9} {}\n", workload.name(), mode.name(), flags.join(", "));
        }
    }
    text + "All others are for every load.\n\n" + dump::HELP
}

//! The workloads, and which flags go with them.

/// What the actors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Two actors and one ball.
    PingPong,
    /// The same beside idle actors.
    Crowd,
    /// One producer, one counter.
    Counting,
    /// Eight producers, one sink.
    FanIn,
    /// Producers that send more than one consumer can take.
    Bounded,
    /// The same through credit links.
    Flow,
    /// Tokens that go round.
    Ring,
    /// Actors that ping random others.
    Big,
    /// Two independent ping-pongs.
    Pairs,
    /// Answers that carry addresses.
    Directory,
    /// Actors spawned, told one thing, stopped.
    Create,
    /// Asks one after the other.
    Ask,
    /// Messages from a thread outside.
    Inject,
    /// Actors at rest.
    Idle,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// So many in flight, and no more.
    Closed,
    /// As fast as back-pressure lets it.
    Saturate,
}

impl Mode {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Closed => "closed",
            Mode::Saturate => "saturate",
        }
    }
}

/// Flags that only some workloads take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Messages,
    Duration,
    Actors,
    Tokens,
    Order,
    Payload,
    Sample,
    Producers,
    Service,
    Window,
    Fail,
    Shed,
}

impl Flag {
    pub(super) const ALL: [Flag; 12] = [
        Flag::Messages,
        Flag::Duration,
        Flag::Actors,
        Flag::Tokens,
        Flag::Order,
        Flag::Payload,
        Flag::Sample,
        Flag::Producers,
        Flag::Service,
        Flag::Window,
        Flag::Fail,
        Flag::Shed,
    ];

    /// The flag, with its value where only that is not for everybody.
    pub(super) fn name(self) -> &'static str {
        match self {
            Flag::Messages => "--messages",
            Flag::Duration => "--duration",
            Flag::Actors => "--actors",
            Flag::Tokens => "--tokens",
            Flag::Order => "--order",
            Flag::Payload => "--payload",
            Flag::Sample => "--sample all",
            Flag::Producers => "--producers",
            Flag::Service => "--service",
            Flag::Window => "--window",
            Flag::Fail => "--overflow fail",
            Flag::Shed => "--overflow drop-newest|drop-oldest|drop-oldest-exact|signal",
        }
    }
}

/// For the end of the help: who takes what.
pub(super) fn flags_by_workload() -> String {
    let mut text = String::from("Flags that not every workload takes:\n");
    for workload in Workload::ALL {
        let flags: Vec<_> = Flag::ALL.into_iter().filter(|flag| workload.takes().contains(flag)).collect();
        let flags: Vec<_> = flags.into_iter().map(Flag::name).collect();
        text += &format!("  {:<10} {}\n", workload.name(), flags.join(", "));
    }
    text + "All others are for every workload."
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 14] = [
        Workload::PingPong,
        Workload::Crowd,
        Workload::Counting,
        Workload::FanIn,
        Workload::Bounded,
        Workload::Flow,
        Workload::Ring,
        Workload::Big,
        Workload::Pairs,
        Workload::Directory,
        Workload::Create,
        Workload::Ask,
        Workload::Inject,
        Workload::Idle,
    ];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Workload::PingPong => "ping-pong",
            Workload::Crowd => "crowd",
            Workload::Counting => "counting",
            Workload::FanIn => "fan-in",
            Workload::Bounded => "bounded",
            Workload::Flow => "flow",
            Workload::Ring => "ring",
            Workload::Big => "big",
            Workload::Pairs => "pairs",
            Workload::Directory => "directory",
            Workload::Create => "create",
            Workload::Ask => "ask",
            Workload::Inject => "inject",
            Workload::Idle => "idle",
        }
    }

    /// The load model that the workload is.
    pub fn mode(self) -> Mode {
        match self {
            Workload::Counting
            | Workload::FanIn
            | Workload::Bounded
            | Workload::Flow
            | Workload::Create
            | Workload::Inject
            | Workload::Idle => Mode::Saturate,
            _ => Mode::Closed,
        }
    }

    pub(super) fn takes(self) -> &'static [Flag] {
        use Flag::{
            Actors, Duration, Fail, Messages, Order, Payload, Producers, Sample, Service, Shed, Tokens,
            Window,
        };
        match self {
            Workload::PingPong | Workload::Counting | Workload::FanIn | Workload::Pairs => {
                &[Messages, Duration, Payload, Sample, Fail]
            }
            Workload::Crowd => &[Messages, Duration, Actors, Payload, Sample, Fail],
            Workload::Bounded => &[Messages, Duration, Producers, Service, Fail, Shed],
            Workload::Flow => &[Messages, Duration, Producers, Service, Window],
            Workload::Ring => &[Messages, Duration, Actors, Tokens, Order, Sample],
            Workload::Big => &[Messages, Actors, Sample],
            Workload::Directory => &[Messages, Actors, Tokens],
            Workload::Create | Workload::Idle => &[Actors],
            Workload::Ask => &[Messages, Duration, Sample, Fail],
            Workload::Inject => &[Sample],
        }
    }

    pub(super) fn parse(given: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|w| w.name() == given).ok_or_else(|| format!("takes {}", Self::names()))
    }

    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

//! The workloads, and how each offers its load.

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
    /// One source, some sinks.
    FanOut,
    /// Actors that pass on to random others.
    Mesh,
    /// Actors that each pass on to the next.
    Pipeline,
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
    /// A tree of actors whose leaves' numbers are added up.
    Skynet,
    /// Users who talk in rooms.
    Chat,
    /// Actors that each wait for a timer.
    Timers,
    /// Children that fail under load, and are restarted.
    Supervise,
    /// An elastic pool under bursts.
    Pools,
    /// Publishers, topics, subscribers.
    PubSub,
    /// No actors: the generator alone.
    NoOp,
}

/// How load is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Arrivals by a plan, whatever becomes of those before.
    Open,
    /// So many in flight, and no more.
    Closed,
    /// As fast as back-pressure lets it.
    Saturate,
}

impl Mode {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Open => "open",
            Mode::Closed => "closed",
            Mode::Saturate => "saturate",
        }
    }
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 24] = [
        Workload::PingPong,
        Workload::Crowd,
        Workload::Counting,
        Workload::FanIn,
        Workload::FanOut,
        Workload::Mesh,
        Workload::Pipeline,
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
        Workload::Skynet,
        Workload::Chat,
        Workload::Timers,
        Workload::Supervise,
        Workload::Pools,
        Workload::PubSub,
        Workload::NoOp,
    ];

    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Workload::PingPong => "ping-pong",
            Workload::Crowd => "crowd",
            Workload::Counting => "counting",
            Workload::FanIn => "fan-in",
            Workload::FanOut => "fan-out",
            Workload::Mesh => "mesh",
            Workload::Pipeline => "pipeline",
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
            Workload::Skynet => "skynet",
            Workload::Chat => "chat",
            Workload::Timers => "timers",
            Workload::Supervise => "supervise",
            Workload::Pools => "pools",
            Workload::PubSub => "pubsub",
            Workload::NoOp => "no-op",
        }
    }

    /// What its actors do, for the help: one line.
    pub(super) fn deed(self) -> &'static str {
        match self {
            Workload::PingPong => "two actors and one ball, to and fro",
            Workload::Crowd => "the same beside actors at rest",
            Workload::Counting => "one producer, one counter",
            Workload::FanIn => "eight producers, one sink",
            Workload::FanOut => "one source, several sinks",
            Workload::Mesh => "actors that pass each message on to random others, some hops far",
            Workload::Pipeline => "actors in a line that each pass on to the next",
            Workload::Bounded => {
                "producers that send more than one consumer can take: what a full mailbox does"
            }
            Workload::Flow => "the same through credit links",
            Workload::Ring => "tokens that go round",
            Workload::Big => "actors that each ping random others",
            Workload::Pairs => "two ping-pongs that share nothing",
            Workload::Directory => "answers that carry addresses, and a letter to each of them",
            Workload::Create => "actors that are spawned, told one thing and stopped",
            Workload::Ask => "asks, one after the other",
            Workload::Inject => "messages from a thread outside",
            Workload::Idle => "actors at rest: what memory one takes",
            Workload::Skynet => "a tree of actors whose leaves' numbers are added up",
            Workload::Chat => "users who talk in rooms, join, leave and compute",
            Workload::Timers => "actors that each wait for a timer, again and again",
            Workload::Supervise => "children that fail under load, and are restarted",
            Workload::Pools => "bursts of work for an elastic pool",
            Workload::PubSub => "publishers, topics, subscribers",
            Workload::NoOp => "no actors: what the generator alone does",
        }
    }

    /// The load models that the workload has, the usual one first.
    pub fn modes(self) -> &'static [Mode] {
        match self {
            Workload::Counting | Workload::FanIn | Workload::NoOp => &[Mode::Saturate, Mode::Open],
            Workload::FanOut | Workload::Mesh | Workload::Pipeline => {
                &[Mode::Saturate, Mode::Closed, Mode::Open]
            }
            Workload::PingPong | Workload::Ask => &[Mode::Closed, Mode::Open],
            Workload::Bounded
            | Workload::Flow
            | Workload::Create
            | Workload::Inject
            | Workload::Idle
            | Workload::Skynet
            | Workload::Supervise
            | Workload::PubSub => &[Mode::Saturate],
            // Each user of a chat has one action under way, each actor of timers one timer, and a pool one burst: so many in
            // flight.
            _ => &[Mode::Closed],
        }
    }

    /// The load model, where the command line names none.
    pub fn mode(self) -> Mode {
        self.modes()[0]
    }

    pub(super) fn parse(given: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|w| w.name() == given).ok_or_else(|| format!("takes {}", Self::names()))
    }

    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

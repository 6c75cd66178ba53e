//! What a system is asked to do: the work, how many actors, and how many messages.

use crate::units;
use std::fmt;
use std::time::Duration;

/// The work of an iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Two actors, one message between them at a time.
    PingPong,
    /// One actor sends, another counts and is asked at last.
    Counting,
    /// One actor sends to many in turns; each counts.
    ForkJoin,
    /// One actor makes many; each handles one message and ends.
    Create,
    /// One message round a ring of actors, in the order in which they were made.
    Ring,
    /// The same in an order that was drawn.
    RingShuffled,
    /// Each of many pings another that it draws, and waits for the pong.
    Big,
    /// Many send to one, which looks that each one's messages come in order.
    FanIn,
    /// One actor asks another by the system's own ask, one question at a time.
    Ask,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::PingPong,
        Self::Counting,
        Self::ForkJoin,
        Self::Create,
        Self::Ring,
        Self::RingShuffled,
        Self::Big,
        Self::FanIn,
        Self::Ask,
    ];

    /// Its name in tasks, rows and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::PingPong => "ping-pong",
            Self::Counting => "counting",
            Self::ForkJoin => "fork-join",
            Self::Create => "create",
            Self::Ring => "ring",
            Self::RingShuffled => "ring-shuffled",
            Self::Big => "big",
            Self::FanIn => "fan-in",
            Self::Ask => "ask",
        }
    }
}

/// An iteration's work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    /// What is done.
    pub work: Work,
    /// By how many: those that are sent to in fork-join, those that send in fan-in, the ring, the crowd of big; two in ping-pong,
    /// counting and ask, and in create as many as messages.
    pub actors: u64,
    /// What one iteration's time is divided by: messages; in create actors, in ask questions.
    pub messages: u64,
}

impl Task {
    /// With as many messages as every actor can have the same share of, and at least one share.
    pub fn new(work: Work, actors: u64, messages: u64) -> Self {
        let actors = match work {
            Work::PingPong | Work::Counting | Work::Ask => 2,
            Work::Create => messages.max(1),
            _ => actors.max(1),
        };
        let share = match work {
            Work::PingPong => 2,
            Work::Big => 2 * actors,
            Work::ForkJoin | Work::FanIn => actors,
            Work::Counting | Work::Create | Work::Ring | Work::RingShuffled | Work::Ask => 1,
        };
        Self { work, actors, messages: messages.div_ceil(share).max(1) * share }
    }

    /// What each does: messages to each in fork-join, of each in fan-in, pings of each in big, round trips in ping-pong; elsewhere
    /// all messages.
    pub fn each(&self) -> u64 {
        match self.work {
            Work::PingPong => self.messages / 2,
            Work::Big => self.messages / (2 * self.actors),
            Work::ForkJoin | Work::FanIn => self.messages / self.actors,
            _ => self.messages,
        }
    }

    /// The same work with fewer messages; in create also with fewer actors.
    pub fn with_messages(&self, messages: u64) -> Self {
        Self::new(self.work, self.actors, messages)
    }

    /// One of so many parts of it, to see how long all would take: with as many messages less, and where it is a crowd as many actors
    /// less, as to make one costs more than its messages do.
    pub fn part(&self, parts: u64) -> Self {
        let actors = if self.is_crowd() { self.actors / parts } else { self.actors };
        Self::new(self.work, actors, self.messages / parts)
    }

    /// Whether it is a ring of so many that making it takes most of the time.
    pub fn is_crowd(&self) -> bool {
        matches!(self.work, Work::Ring | Work::RingShuffled) && self.actors >= CROWD
    }

    /// What is to be counted: see [`Iteration::counts`](super::peer::Iteration).
    pub fn counts(&self) -> Vec<u64> {
        let each = self.each();
        match self.work {
            Work::PingPong => vec![each, each],
            Work::Counting | Work::Create => vec![each],
            Work::ForkJoin | Work::FanIn => vec![each; self.actors as usize],
            // The number of the last comes from how many hops there were.
            Work::Ring | Work::RingShuffled => vec![each, (each - 1) % self.actors],
            Work::Big => {
                let mut counts = vec![each; self.actors as usize];
                counts.push(each * self.actors);
                counts
            }
            Work::Ask => vec![each, each * (each + 1) / 2],
        }
    }
}

/// What a process is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Iterations.
    Work(Task),
    /// What an idle actor takes, of so many.
    Memory(u64),
    /// Latencies of messages that come from outside at a constant rate.
    Open {
        /// Who gets them, in turns.
        actors: u64,
        /// Messages a second.
        rate: u64,
    },
}

const MEMORY: &str = "memory";
const OPEN: &str = "open";
/// More of anything is a mistake.
const MOST: u64 = 1_000_000_000;
/// A ring of so many is a crowd by itself: most of its time goes to making it.
const CROWD: u64 = 100_000;
/// An open load takes so many times as long as other figures: its tail is made of few messages, and one pause at its end is to be
/// a small part of it.
const OPEN_TIMES: u32 = 4;

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Work(Task { work, actors, messages }) => write!(f, "{}:{actors}:{messages}", work.name()),
            Self::Memory(actors) => write!(f, "{MEMORY}:{actors}:1"),
            Self::Open { actors, rate } => write!(f, "{OPEN}:{actors}:{rate}"),
        }
    }
}

impl Asked {
    /// The most messages that one iteration of it is; of an open load all, where figures take so long a `time`.
    pub fn most(self, time: Duration) -> u64 {
        match self {
            Self::Work(task) => task.messages,
            Self::Memory(actors) => actors,
            Self::Open { rate, .. } => {
                (u128::from(rate) * (OPEN_TIMES * time).as_nanos() / 1_000_000_000).max(1) as u64
            }
        }
    }

    /// `NAME:ACTORS:MESSAGES`, as [`Display`](fmt::Display) writes it.
    ///
    /// # Errors
    /// What it takes, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let number = |text: &str| units::read_size(text).filter(|n| (1..=MOST).contains(n));
        let read = || {
            let mut parts = text.split(':');
            let (name, actors, messages) = (parts.next()?, number(parts.next()?)?, number(parts.next()?)?);
            if parts.next().is_some() {
                return None;
            }
            match name {
                MEMORY => Some(Self::Memory(actors)),
                OPEN => Some(Self::Open { actors, rate: messages }),
                _ => Work::ALL
                    .into_iter()
                    .find(|work| work.name() == name)
                    .map(|work| Self::Work(Task::new(work, actors, messages))),
            }
        };
        read().ok_or_else(|| {
            let names = Work::ALL.map(Work::name).join(", ");
            format!("takes NAME:ACTORS:MESSAGES with a name of {names}, {MEMORY} or {OPEN}, and numbers up to {MOST}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(text: &str) -> Task {
        match Asked::parse(text) {
            Ok(Asked::Work(task)) => task,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn what_is_asked_for_is_written_as_it_is_read() {
        for text in ["ping-pong:2:10", "big:120:240", "memory:1000:1", "open:8:100000", "ring-shuffled:7:9"] {
            assert_eq!(Asked::parse(text).map(|asked| asked.to_string()), Ok(text.to_owned()));
        }
        for text in [
            "",
            "ping-pong",
            "ping-pong:2",
            "ping-pong:2:0",
            "ping:2:2",
            "big:1:1:1",
            "open:-1:1",
            "big:1:1e9",
        ] {
            assert!(
                Asked::parse(text).is_err_and(|why| why.contains("fan-in") && why.contains("open")),
                "{text}"
            );
        }
    }

    #[test]
    fn an_open_load_is_as_many_as_fit() {
        let most = |text| Asked::parse(text).expect(text).most(Duration::from_millis(5));
        assert_eq!(
            [most("open:1:1000"), most("open:1:1"), most("ring:3:9"), most("memory:7:1")],
            [20, 1, 9, 7]
        );
    }

    #[test]
    fn everyone_has_the_same_share() {
        assert_eq!(task("ping-pong:9:7"), Task { work: Work::PingPong, actors: 2, messages: 8 });
        assert_eq!(task("big:120:1").messages, 240);
        assert_eq!(task("fork-join:60:100").each(), 2);
        assert_eq!(task("create:1:77").actors, 77);
        assert_eq!(task("fork-join:3:9").counts(), [3, 3, 3]);
        assert_eq!(task("big:3:12").counts(), [2, 2, 2, 6]);
        assert_eq!(
            task("ring:5:11").counts(),
            [11, 0],
            "five hops end at the last one, and the eleventh at the first"
        );
        assert_eq!(task("ask:2:4").counts(), [4, 10]);
    }

    #[test]
    fn a_part_of_it_is_the_same_work() {
        assert_eq!(task("ring:1000:1000000").with_messages(100), task("ring:1000:100"));
        assert_eq!(task("big:120:480000").with_messages(100), task("big:120:240"));
        assert_eq!(task("create:1:1000").with_messages(10), task("create:10:10"));
        assert_eq!(task("ring:1000:1000000").part(64), task("ring:1000:15625"));
        assert_eq!(task("create:1:6400").part(64), task("create:100:100"));
        assert_eq!(task("big:120:480000").part(4_000), task("big:120:240"), "each has one at least");
    }

    #[test]
    fn a_part_of_a_crowd_has_fewer_actors_too() {
        assert!(task("ring-shuffled:100000:9").is_crowd() && !task("ring:99999:9").is_crowd());
        assert!(!task("create:100000:100000").is_crowd());
        assert_eq!(task("ring:1000000:1000000").part(64), task("ring:15625:15625"));
        assert_eq!(task("ring-shuffled:100000:1000").part(1_000_000), task("ring-shuffled:1:1"));
    }
}
